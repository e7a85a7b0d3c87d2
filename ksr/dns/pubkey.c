#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/pubkey_fields.h"

/* DER of two integers below 2^384: SEQUENCE, 2 x (tag, length, 0, 48). */
#define ECDSA_DER_MAX 128

/* RFC 8017 8.2.2: as long as the modulus; of other families one length. */
static size_t
signature_size(const struct pubkey_fields *fields)
{
	return fields->algorithm->family == FAMILY_RSA
	    ? fields->modulus.len
	    : fields->algorithm->sig_len;
}

/* OpenSSL wants the DER form of what DNSSEC has as r || s. */
static bool
der_of_ecdsa(struct bytes signature, uint8_t ret[ECDSA_DER_MAX],
    struct bytes *ret_der, struct err *err)
{
	int half = (int)(signature.len / 2), len = -1;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature.data, half, NULL);
	BIGNUM *s = BN_bin2bn(signature.data + half, half, NULL);
	uint8_t *at = ret;

	if (sig != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* the signature owns them */
		if (i2d_ECDSA_SIG(sig, NULL) <= ECDSA_DER_MAX)
			len = i2d_ECDSA_SIG(sig, &at);
	}
	BN_free(s);
	BN_free(r);
	ECDSA_SIG_free(sig);
	if (len <= 0)
		return evp_fail(err, E_MEMORY, "cannot encode a signature");
	*ret_der = (struct bytes){ ret, (size_t)len };
	return true;
}

static bool
evp_verify(EVP_PKEY *pkey, const char *digest, struct bytes signed_data,
    struct bytes signature, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	if (ctx == NULL ||
	    EVP_DigestVerifyInit_ex(
		ctx, NULL, digest, NULL, NULL, pkey, NULL) != 1)
		ok = evp_fail(err, E_INTERNAL, "OpenSSL cannot verify");
	else if (EVP_DigestVerify(ctx, signature.data, signature.len,
		     signed_data.data, signed_data.len) != 1)
		ok = evp_fail(err, E_REFUSED, "signature does not verify");
	else
		ok = true;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
pubkey_verify(const struct dnskey *key, struct bytes signed_data,
    struct bytes signature, struct err *err)
{
	struct pubkey_fields fields;
	uint8_t der[ECDSA_DER_MAX];
	EVP_PKEY *pkey = NULL;
	bool ok;

	if (!pubkey_fields_read(key, &fields, err))
		return false;
	if (signature.len != signature_size(&fields))
		return err_set(err, E_REFUSED,
		    "%s signature has %zu octets, not %zu",
		    fields.algorithm->mnemonic, signature.len,
		    signature_size(&fields));
	if (fields.algorithm->family == FAMILY_ECDSA &&
	    !der_of_ecdsa(signature, der, &signature, err))
		return false;
	if (!evp_of_fields(&fields, &pkey, err))
		return false;
	ok = evp_verify(
	    pkey, fields.algorithm->digest, signed_data, signature, err);
	EVP_PKEY_free(pkey);
	return ok;
}
