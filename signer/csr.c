#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

#include "ksr/evp.h"
#include "signer/csr.h"

#define RESOURCE_RECORD_OID "1.3.6.1.4.1.1000.53"
#define CSR_MAX		    16384

static bool
set_subject(X509_REQ *req, const struct keyinfo *info)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);
	ASN1_OBJECT *record_type = OBJ_txt2obj(RESOURCE_RECORD_OID, 1);
	char text[2 * DNAME_TEXT_MAX];
	struct buf record = buf_new(2 * DNAME_TEXT_MAX);
	bool ok;

	snprintf(text, sizeof(text), "KSK %s", info->dnskey.identifier);
	buf_printf(&record, "%s IN DS %u %u 2 ", info->zone, info->dnskey.tag,
	    info->dnskey.algorithm);
	buf_hex(&record, (struct bytes){ info->ds_sha256, DS_SHA256_SIZE });
	ok = !record.failed && record_type != NULL &&
	    /* ub-common-name is 64 (RFC 5280 appendix A): longer names fail. */
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)text, -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_OBJ(name, record_type, MBSTRING_ASC,
		record.data, (int)record.len, -1, 0) == 1;
	ASN1_OBJECT_free(record_type);
	buf_free(&record);
	return ok;
}

static int
signature_nid(uint8_t algorithm)
{
	switch (algorithm) {
	case ALGORITHM_RSASHA256:
		return NID_sha256WithRSAEncryption;
	case ALGORITHM_RSASHA512:
		return NID_sha512WithRSAEncryption;
	case ALGORITHM_ECDSAP256SHA256:
		return NID_ecdsa_with_SHA256;
	default:
		return NID_ecdsa_with_SHA384;
	}
}

/* X.509 wants r and s as an ASN.1 SEQUENCE (RFC 3279 2.2.3). */
static ASN1_BIT_STRING *
bits_of_signature(const struct rrsig *made, bool ecdsa)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	unsigned char *der = NULL;
	int half = made->signature_len / 2, len;
	ECDSA_SIG *sig;
	bool ok = false;

	if (bits == NULL || !ecdsa) {
		if (bits != NULL)
			ok = ASN1_BIT_STRING_set(bits,
				 (unsigned char *)made->signature,
				 made->signature_len) == 1;
	} else {
		sig = ECDSA_SIG_new();
		if (sig != NULL &&
		    ECDSA_SIG_set0(sig,
			BN_bin2bn(made->signature, half, NULL),
			BN_bin2bn(made->signature + half, half, NULL)) == 1) {
			len = i2d_ECDSA_SIG(sig, &der);
			ok = len > 0 && ASN1_BIT_STRING_set(bits, der, len) == 1;
		}
		OPENSSL_free(der);
		ECDSA_SIG_free(sig);
	}
	if (!ok) {
		ASN1_BIT_STRING_free(bits);
		return NULL;
	}
	/* A signature has no unused bits (RFC 2986 4.2). */
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return bits;
}

static bool
sign_request(struct token *token, const struct hsm_key *key,
    const struct keyinfo *info, X509_REQ *req, struct err *err)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	bool ecdsa = key->type != HSM_RSA;
	unsigned char *der = NULL;
	ASN1_BIT_STRING *bits;
	struct rrsig made = { 0 };
	bool ok = false;
	int len;

	if (algorithm == NULL ||
	    X509_ALGOR_set0(algorithm,
		OBJ_nid2obj(signature_nid(info->dnskey.algorithm)),
		ecdsa ? V_ASN1_UNDEF : V_ASN1_NULL, NULL) != 1 ||
	    X509_REQ_set1_signature_algo(req, algorithm) != 1 ||
	    (len = i2d_re_X509_REQ_tbs(req, &der)) <= 0) {
		err_set(err, E_INTERNAL, "certificate request: OpenSSL failed");
		goto out;
	}
	if (!token_sign(token, key, &info->dnskey,
		(struct bytes){ der, (size_t)len }, &made, err))
		goto out;
	bits = bits_of_signature(&made, ecdsa);
	if (bits == NULL) {
		err_set(err, E_MEMORY, "out of memory");
		goto out;
	}
	X509_REQ_set0_signature(req, bits);
	ok = true;
out:
	OPENSSL_free(der);
	X509_ALGOR_free(algorithm);
	return ok;
}

static bool
write_pem(X509_REQ *req, struct buf *ret, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;
	bool ok = bio != NULL && PEM_write_bio_X509_REQ(bio, req) == 1;

	if (ok) {
		len = BIO_get_mem_data(bio, &data);
		buf_put(ret, data, (size_t)len);
		ok = !ret->failed && len > 0 && len <= CSR_MAX;
	}
	BIO_free(bio);
	return ok || err_set(err, E_INTERNAL, "certificate request: no PEM");
}

static bool
make_request(struct token *token, const struct hsm_key *key,
    const struct keyinfo *info, EVP_PKEY *pkey, X509_REQ *req, struct buf *ret,
    struct err *err)
{
	if (X509_REQ_set_version(req, 0) != 1 || !set_subject(req, info) ||
	    X509_REQ_set_pubkey(req, pkey) != 1)
		return err_set(err, E_INTERNAL,
		    "certificate request for \"%s\": OpenSSL refused it",
		    info->dnskey.identifier);
	if (!sign_request(token, key, info, req, err))
		return false;
	if (X509_REQ_verify(req, pkey) != 1)
		return err_set(err, E_INTERNAL,
		    "certificate request: its signature does not verify");
	return write_pem(req, ret, err);
}

bool
csr_make(struct token *token, const struct hsm_key *key,
    const struct keyinfo *info, struct buf *ret, struct err *err)
{
	X509_REQ *req = X509_REQ_new();
	struct pubkey_fields fields;
	EVP_PKEY *pkey = NULL;
	bool ok;

	if (req == NULL)
		ok = err_set(err, E_MEMORY, "out of memory");
	else
		ok = pubkey_fields_read(&info->dnskey, &fields, err) &&
		    evp_of_fields(&fields, &pkey, err) &&
		    make_request(token, key, info, pkey, req, ret, err);
	ERR_clear_error();
	X509_REQ_free(req);
	EVP_PKEY_free(pkey);
	return ok;
}
