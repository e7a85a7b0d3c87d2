#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "signer/cms/asn1.h"
#include "signer/cms/detached.h"

#define AUTH_LEVEL 2 /* 112 bits: RSA of 2048, SHA-256 (OpenSSL's scale) */

static bool
algorithm_of(const struct dnskey *key, enum cms_algorithm *ret, struct err *err)
{
	return cms_algorithm_of(key->algorithm, ret) ||
	    err_set(err, E_USAGE,
		"a certificate's key signs with RSASHA256, ECDSAP256SHA256 or "
		"ECDSAP384SHA384");
}

bool
detached_attributes(const struct dnskey *key, struct bytes content,
    int64_t time, struct buf *ret, struct err *err)
{
	enum cms_algorithm algorithm = CMS_RSA_SHA256;
	uint8_t digest[SHA384_SIZE];
	size_t len = SHA256_SIZE;

	if (!algorithm_of(key, &algorithm, err))
		return false;
	if (algorithm == CMS_ECDSA_SHA384) {
		len = SHA384_SIZE;
		if (!sha384(content, digest, err))
			return false;
	} else if (!sha256(content, digest, err)) {
		return false;
	}
	cms_attributes((struct bytes){ digest, len }, time, ret);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}

bool
detached_encode(const struct dnskey *key,
    const struct certificates *certificates, struct bytes attributes,
    const struct rrsig *made, struct buf *ret, struct err *err)
{
	ASN1_BIT_STRING *bits = asn1_bits_of_signature(made, key->algorithm);
	struct cms_signed cms = { .certificates = certificates->list,
		.n_certificates = certificates->n,
		.attributes = attributes };
	bool ok;

	if (bits == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	cms.signature = (struct bytes){ ASN1_STRING_get0_data(bits),
		(size_t)ASN1_STRING_length(bits) };
	ok = algorithm_of(key, &cms.algorithm, err) &&
	    cms_encode(&cms, ret, err);
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static bool
bad_form(struct err *err, const char *why)
{
	ERR_clear_error();
	return err_set(err, E_REFUSED, "is no detached signature: %s", why);
}

/* The digest that the signer names. */
static bool
is_strong(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest;
	const ASN1_OBJECT *id;
	int nid;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&id, NULL, NULL, digest);
	nid = OBJ_obj2nid(id);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

static bool
check_form(CMS_ContentInfo *cms, CMS_SignerInfo **ret, struct err *err)
{
	STACK_OF(CMS_SignerInfo) * signers;
	ASN1_OCTET_STRING **content;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return bad_form(err, "it is no SignedData");
	content = CMS_get0_content(cms);
	if (content == NULL || *content != NULL)
		return bad_form(err, "it has a content of its own");
	signers = CMS_get0_SignerInfos(cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return bad_form(err, "it has not one signer");
	*ret = sk_CMS_SignerInfo_value(signers, 0);
	return is_strong(*ret) ||
	    bad_form(err, "its digest is not SHA-256, 384 or 512");
}

static bool
fill_store(X509_STORE *store, const struct detached_trust *trust)
{
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

	X509_VERIFY_PARAM_set_time(param, (time_t)trust->now);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	if (X509_VERIFY_PARAM_set_flags(
		param, X509_V_FLAG_CHECK_SS_SIGNATURE) != 1)
		return false;
	for (size_t i = 0; trust->ca != NULL && i < trust->ca->n; i++)
		if (X509_STORE_add_cert(store, trust->ca->list[i]) != 1)
			return false;
	return true;
}

static bool
verify_signature(CMS_ContentInfo *cms, struct bytes content,
    const struct detached_trust *trust, struct err *err)
{
	BIO *data = BIO_new_mem_buf(content.data, (int)content.len);
	X509_STORE *store = X509_STORE_new();
	unsigned flags = CMS_BINARY;
	bool ok;

	if (trust->ca == NULL)
		flags |= CMS_NO_SIGNER_CERT_VERIFY;
	ERR_clear_error();
	ok = data != NULL && store != NULL && fill_store(store, trust) &&
	    CMS_verify(cms, NULL, store, data, NULL, flags) == 1;
	BIO_free(data);
	X509_STORE_free(store);
	return ok || evp_fail(err, E_REFUSED, "the signature does not verify");
}

static bool
take_time(CMS_SignerInfo *signer, struct detached_signer *ret)
{
	const ASN1_OBJECT *id = OBJ_nid2obj(NID_pkcs9_signingTime);
	ASN1_TIME *time =
	    CMS_signed_get0_data_by_OBJ(signer, id, -3, V_ASN1_UTCTIME);

	if (time == NULL)
		time = CMS_signed_get0_data_by_OBJ(
		    signer, id, -3, V_ASN1_GENERALIZEDTIME);
	ret->has_time = time != NULL;
	return time == NULL || certificate_time(time, &ret->signed_at);
}

/* The one that the verification has found and used. */
static bool
take_signer(CMS_ContentInfo *cms, CMS_SignerInfo *signer,
    const struct detached_trust *trust, struct detached_signer *ret,
    struct err *err)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	X509 *certificate =
	    sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
	struct dnskey key;
	bool ok;

	if (certificate == NULL || !take_time(signer, ret))
		ok = bad_form(err, "its signer or time is none");
	else
		ok = certificate_check(certificate, trust->now, err) &&
		    certificate_dnskey(certificate, &key, err) &&
		    certificate_facts_of(certificate, &ret->certificate, err);
	if (ok && trust->email != NULL &&
	    X509_check_email(certificate, trust->email, 0, 0) != 1)
		ok = err_set(err, E_REFUSED,
		    "the certificate is of %.200s: expected the address %.200s",
		    ret->certificate.subject, trust->email);
	sk_X509_free(signers);
	return ok;
}

bool
detached_verify(struct bytes der, struct bytes content,
    const struct detached_trust *trust, struct detached_signer *ret,
    struct err *err)
{
	const unsigned char *at = der.data;
	struct detached_signer found = { .has_time = false };
	CMS_SignerInfo *signer = NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
	bool ok;

	if (cms == NULL)
		return bad_form(err, "it is no CMS structure in DER");
	ok = at == der.data + der.len ||
	    bad_form(err, "something stands behind it");
	ok = ok && check_form(cms, &signer, err) &&
	    verify_signature(cms, content, trust, err) &&
	    take_signer(cms, signer, trust, &found, err);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	if (ok)
		*ret = found;
	return ok;
}
