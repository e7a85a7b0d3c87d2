#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

#include "ksr/dns/evp.h"
#include "signer/cms/asn1.h"
#include "signer/cms/csr.h"
#include "signer/record/recorded.h"

#define RESOURCE_RECORD_OID "1.3.6.1.4.1.1000.53"
#define CSR_MAX		    16384

/* A CA makes the name of the certificate; this one says what is asked for. */
static bool
set_anchor_subject(X509_REQ *req, const struct keyinfo *info)
{
	char text[ID_MAX + 32];

	snprintf(text, sizeof(text), "Trust anchors %s",
	    info->dnskey.identifier);
	return X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
		   MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) == 1;
}

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

/* In a replay: that of the stored request, which must verify as a new one. */
static ASN1_BIT_STRING *
signature_then(struct recorded *recorded, struct err *err)
{
	struct buf pem = buf_new(CSR_MAX);
	const ASN1_BIT_STRING *stored = NULL;
	ASN1_BIT_STRING *copy = NULL;
	X509_REQ *req = NULL;
	BIO *bio = NULL;

	if (recorded_stored(
		recorded, "output certificate request", &pem, err)) {
		bio = BIO_new_mem_buf(pem.data, (int)pem.len);
		req = PEM_read_bio_X509_REQ(
		    bio, NULL, evp_no_passphrase, NULL);
		if (req != NULL)
			X509_REQ_get0_signature(req, &stored, NULL);
		copy = stored == NULL ? NULL : ASN1_STRING_dup(stored);
		if (copy == NULL)
			err_set(err, E_REFUSED,
			    "the stored certificate request is none");
	}
	X509_REQ_free(req);
	BIO_free(bio);
	buf_free(&pem);
	return copy;
}

static bool
sign_request(struct token *token, const struct hsm_key *key,
    const struct keyinfo *info, X509_REQ *req, struct err *err)
{
	X509_ALGOR *algorithm =
	    asn1_signature_algorithm(info->dnskey.algorithm);
	unsigned char *der = NULL;
	ASN1_BIT_STRING *bits;
	struct rrsig made = { 0 };
	bool ok = false;
	int len;

	if (algorithm == NULL ||
	    X509_REQ_set1_signature_algo(req, algorithm) != 1 ||
	    (len = i2d_re_X509_REQ_tbs(req, &der)) <= 0) {
		err_set(err, E_INTERNAL, "certificate request: OpenSSL failed");
		goto out;
	}
	if (token->recorded == NULL &&
	    !token_sign_der(token, key, &info->dnskey,
		(struct bytes){ der, (size_t)len }, &made, err))
		goto out;
	bits = token->recorded != NULL
	    ? signature_then(token->recorded, err)
	    : asn1_bits_of_signature(&made, info->dnskey.algorithm);
	if (bits == NULL && token->recorded == NULL)
		err_set(err, E_MEMORY, "out of memory");
	if (bits == NULL)
		goto out;
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
	bool named = info->purpose == PURPOSE_ANCHOR
	    ? set_anchor_subject(req, info)
	    : set_subject(req, info);

	if (X509_REQ_set_version(req, 0) != 1 || !named ||
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
