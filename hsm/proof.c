#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "hsm/kind.h"

static EVP_PKEY *
pkey_from_params(const char *name, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	EVP_PKEY *pkey = NULL;

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
rsa_pkey(const struct hsm_key *key)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
	BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
	EVP_PKEY *pkey = NULL;

	if (build != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		pkey = pkey_from_params("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static EVP_PKEY *
ec_pkey(const struct hsm_key *key, const char *group)
{
	uint8_t point[1 + sizeof(key->point)] = { 0x04 };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;

	memcpy(point + 1, key->point, key->point_len);
	if (build != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(
		build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_PUB_KEY, point, key->point_len + 1) == 1)
		pkey = pkey_from_params("EC", build);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* r || s as the token gives it, in the DER that OpenSSL verifies. */
static unsigned char *
ecdsa_der(struct bytes sig, int *ret_len)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int half = (int)(sig.len / 2);
	BIGNUM *r = BN_bin2bn(sig.data, half, NULL);
	BIGNUM *s = BN_bin2bn(sig.data + half, half, NULL);
	unsigned char *der = NULL;

	if (pair != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* now pair's */
		*ret_len = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return der;
}

static bool
verify(EVP_PKEY *pkey, const EVP_MD *md, struct bytes data, struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig.data, sig.len, data.data, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *
pkey_of(const struct hsm_key *key)
{
	const struct kind *kind = kind_of_type(key->type);

	switch (kind->key_type) {
	case CKK_RSA:
		return rsa_pkey(key);
	case CKK_EC:
		return ec_pkey(key, kind->group);
	default:
		return EVP_PKEY_new_raw_public_key_ex(
		    NULL, kind->group, NULL, key->point, key->point_len);
	}
}

bool
proof_verify(const struct hsm_key *key, enum hsm_mechanism mechanism,
    struct bytes data, struct bytes sig, struct err *err)
{
	const struct mechanism *how = mechanism_row(mechanism);
	const EVP_MD *md = how->digest == NULL ? NULL : how->digest();
	EVP_PKEY *pkey = pkey_of(key);
	unsigned char *der = NULL;
	int der_len = 0;
	bool ok = false;

	if (kind_of_type(key->type)->key_type == CKK_EC) {
		der = ecdsa_der(sig, &der_len);
		sig = (struct bytes){ der, der_len > 0 ? (size_t)der_len : 0 };
	}
	if (pkey == NULL)
		err_set(err, E_HSM, "its public key is not valid");
	else if (!verify(pkey, md, data, sig))
		err_set(err, E_HSM,
		    "its test signature does not verify with its public key");
	else
		ok = true;
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ok;
}
