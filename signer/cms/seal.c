#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/sha256.h"
#include "signer/cms/asn1.h"
#include "signer/cms/seal.h"
#include "signer/cms/seal_parts.h"

#define SEAL_RSA_BITS_MIN 2048

struct seal {
	X509 *certificate;
	EVP_PKEY *pkey;
	const EVP_MD *digest;
	uint8_t key_sha256[SHA256_SIZE];
	uint8_t signature[SIGNATURE_MAX + 64]; /* of ECDSA in DER */
	size_t signature_len;
};

static bool
openssl_failed(struct err *err, const char *what)
{
	return evp_fail(err, E_INTERNAL, what);
}

bool
seal_spki_sha256(EVP_PKEY *pkey, uint8_t ret[SHA256_SIZE], struct err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	bool ok = len > 0 &&
	    sha256((struct bytes){ der, (size_t)len }, ret, err);

	OPENSSL_free(der);
	return ok || openssl_failed(err, "a public key cannot be encoded");
}

bool
seal_pkey(const struct dnskey *key, EVP_PKEY **ret, struct err *err)
{
	struct pubkey_fields fields;

	return pubkey_fields_read(key, &fields, err) &&
	    evp_of_fields(&fields, ret, err);
}

bool
seal_key_sha256(
    const struct dnskey *key, uint8_t ret[SHA256_SIZE], struct err *err)
{
	EVP_PKEY *pkey = NULL;
	bool ok = seal_pkey(key, &pkey, err) &&
	    seal_spki_sha256(pkey, ret, err);

	EVP_PKEY_free(pkey);
	return ok;
}

static bool
algorithm_of(
    const struct dnskey *key, enum cms_algorithm *ret, struct err *err)
{
	return cms_algorithm_of(key->algorithm, ret) ||
	    err_set(err, E_USAGE,
		"key \"%s\": a record is signed with RSASHA256, "
		"ECDSAP256SHA256 or ECDSAP384SHA384",
		key->identifier);
}

/* Without attributes: the signature is over the record itself. */
static bool
encode(enum cms_algorithm algorithm, X509 *certificate, struct bytes signature,
    struct buf *ret, struct err *err)
{
	const struct cms_signed cms = { algorithm, &certificate, 1,
		{ NULL, 0 }, signature };

	return cms_encode(&cms, ret, err);
}

static bool
sign_content(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes content,
    enum cms_algorithm algorithm, X509 *certificate, struct buf *ret,
    struct err *err)
{
	struct rrsig made = { 0 };
	ASN1_BIT_STRING *bits;
	bool ok;

	if (!token_sign_record(token, key, dnskey, content, &made, err))
		return false;
	bits = asn1_bits_of_signature(&made, dnskey->algorithm);
	ok = bits == NULL
	    ? err_set(err, E_MEMORY, "out of memory")
	    : encode(algorithm, certificate,
		  (struct bytes){ ASN1_STRING_get0_data(bits),
		      (size_t)ASN1_STRING_length(bits) },
		  ret, err);
	ASN1_BIT_STRING_free(bits);
	return ok;
}

bool
seal_make(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes content, struct buf *ret,
    struct err *err)
{
	enum cms_algorithm algorithm = CMS_RSA_SHA256;
	X509 *certificate = NULL;
	EVP_PKEY *pkey = NULL;
	bool ok = algorithm_of(dnskey, &algorithm, err) &&
	    seal_pkey(dnskey, &pkey, err) &&
	    seal_certificate(token, key, dnskey, pkey, &certificate, err) &&
	    sign_content(token, key, dnskey, content, algorithm, certificate,
		ret, err);

	X509_free(certificate);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ok;
}

void
seal_free(struct seal *seal)
{
	if (seal == NULL)
		return;
	X509_free(seal->certificate);
	EVP_PKEY_free(seal->pkey);
	free(seal);
}

const uint8_t *
seal_key(const struct seal *seal)
{
	return seal->key_sha256;
}

static bool
bad_form(struct err *err, const char *why)
{
	ERR_clear_error();
	return err_set(
	    err, E_REFUSED, "is no signature of a record: %s", why);
}

/* The certificate, borrowed from the stack; NULL unless it is the only one. */
static X509 *
only_certificate(STACK_OF(X509) *certificates, CMS_SignerInfo *signer)
{
	X509 *certificate;

	if (sk_X509_num(certificates) != 1)
		return NULL;
	certificate = sk_X509_value(certificates, 0);
	return CMS_SignerInfo_cert_cmp(signer, certificate) == 0 ? certificate
								 : NULL;
}

static bool
take_certificate(CMS_ContentInfo *cms, CMS_SignerInfo *signer,
    struct seal *seal, struct err *err)
{
	STACK_OF(X509) *certificates = CMS_get1_certs(cms);
	X509 *certificate = only_certificate(certificates, signer);

	if (certificate != NULL && X509_up_ref(certificate) == 1)
		seal->certificate = certificate;
	sk_X509_pop_free(certificates, X509_free);
	if (seal->certificate == NULL)
		return bad_form(err, "it has not the one certificate");
	seal->pkey = X509_get_pubkey(seal->certificate);
	if (seal->pkey == NULL ||
	    X509_verify(seal->certificate, seal->pkey) != 1)
		return bad_form(
		    err, "its certificate is not signed by its own key");
	return seal_spki_sha256(seal->pkey, seal->key_sha256, err);
}

/* What a key of this kind signs with, and nothing else. */
static bool
take_algorithm(
    struct seal *seal, enum cms_algorithm *ret, struct err *err)
{
	char curve[32] = "";

	if (EVP_PKEY_is_a(seal->pkey, "EC") &&
	    EVP_PKEY_get_group_name(
		seal->pkey, curve, sizeof(curve), NULL) != 1)
		return bad_form(err, "its key's curve has no name");
	seal->digest = EVP_sha256();
	if (EVP_PKEY_is_a(seal->pkey, "RSA") &&
	    EVP_PKEY_get_bits(seal->pkey) >= SEAL_RSA_BITS_MIN) {
		*ret = CMS_RSA_SHA256;
	} else if (strcmp(curve, SN_X9_62_prime256v1) == 0) {
		*ret = CMS_ECDSA_SHA256;
	} else if (strcmp(curve, SN_secp384r1) == 0) {
		*ret = CMS_ECDSA_SHA384;
		seal->digest = EVP_sha384();
	} else {
		return bad_form(err, "its key is neither RSA of 2048 bits or "
				     "more, P-256 nor P-384");
	}
	return true;
}

static bool
take_signature(CMS_SignerInfo *signer, struct seal *seal, struct err *err)
{
	const ASN1_OCTET_STRING *octets =
	    CMS_SignerInfo_get0_signature(signer);
	int len = ASN1_STRING_length(octets);

	if (len <= 0 || (size_t)len > sizeof(seal->signature))
		return bad_form(err, "its signature is too long");
	memcpy(seal->signature, ASN1_STRING_get0_data(octets), (size_t)len);
	seal->signature_len = (size_t)len;
	return true;
}

static bool
take(CMS_ContentInfo *cms, struct seal *seal, struct err *err)
{
	STACK_OF(CMS_SignerInfo) *signers;
	CMS_SignerInfo *signer;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return bad_form(err, "it is no SignedData");
	signers = CMS_get0_SignerInfos(cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return bad_form(err, "it has not one signer");
	signer = sk_CMS_SignerInfo_value(signers, 0);
	return take_certificate(cms, signer, seal, err) &&
	    take_signature(signer, seal, err);
}

/* Written anew from what was taken it must be the same: nothing is unseen. */
static bool
is_all(struct seal *seal, struct bytes der, struct err *err)
{
	enum cms_algorithm algorithm = CMS_RSA_SHA256;
	struct buf again = buf_new(CMS_MAX);
	bool ours = false;
	bool ok = take_algorithm(seal, &algorithm, err) &&
	    seal_certificate_is_ours(
		seal->certificate, seal->pkey, algorithm, &ours, err) &&
	    (ours ||
		bad_form(err, "its certificate says more or other than the "
			      "key")) &&
	    encode(algorithm, seal->certificate,
		(struct bytes){ seal->signature, seal->signature_len }, &again,
		err) &&
	    (bytes_equal(buf_bytes(&again), der) ||
		bad_form(err, "it holds more or other than such a one"));

	buf_free(&again);
	return ok;
}

bool
seal_read(
    struct bytes der, const char *name, struct seal **ret, struct err *err)
{
	const unsigned char *at = der.data;
	struct seal *seal = calloc(1, sizeof(*seal));
	CMS_ContentInfo *cms;
	bool ok;

	if (seal == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
	ok = cms == NULL
	    ? bad_form(err, "it is no CMS structure in DER")
	    : take(cms, seal, err) && is_all(seal, der, err);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	if (!ok) {
		seal_free(seal);
		return err_prefix(err, "%s", name);
	}
	*ret = seal;
	return true;
}

bool
seal_covers(const struct seal *seal, struct bytes content)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, seal->digest, NULL, seal->pkey) ==
		1 &&
	    EVP_DigestVerify(ctx, seal->signature, seal->signature_len,
		content.data, content.len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

bool
seal_find(const struct seal *seal, const struct chain_lines *log,
    size_t *ret_n_lines, struct err *err)
{
	struct bytes content = buf_bytes(&log->content);
	char key[SHA256_TEXT_SIZE];

	sha256_text(seal->key_sha256, key);
	for (size_t i = log->n; i-- > 0;) {
		const struct chain_line *line = &log->lines[i];
		const uint8_t *end = line->raw.data + line->raw.len;

		if (strcmp(fact_text(line->json, "event"), SEAL_EVENT) != 0 ||
		    strcmp(fact_text(line->json, "key_sha256"), key) != 0)
			continue;
		if (seal_covers(seal,
			(struct bytes){ content.data,
			    (size_t)(end - content.data) })) {
			*ret_n_lines = i + 1;
			return true;
		}
	}
	return err_set(err, E_REFUSED,
	    "the signature, by the key with SHA-256 %s, is of no state that "
	    "this record had",
	    key);
}
