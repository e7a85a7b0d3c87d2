#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "ksr/dns/evp.h"

#define POINT_SIZE_MAX     96   /* P-384, X || Y */
#define POINT_UNCOMPRESSED 0x04 /* SEC 1 section 2.3.3 */

bool
evp_fail(struct err *err, enum err_code code, const char *text)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	if (reason == NULL)
		return err_set(err, code, "%s", text);
	return err_set(err, code, "%s (OpenSSL: %s)", text, reason);
}

static bool
key_of_params(
    const char *type, OSSL_PARAM params[], EVP_PKEY **ret, struct err *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;
	bool ready = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1;
	bool made = ready &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;

	EVP_PKEY_CTX_free(ctx);
	if (!ready)
		return evp_fail(err, E_INTERNAL, "OpenSSL cannot take a key");
	if (!made)
		return evp_fail(err, E_REFUSED, "not a public key");
	*ret = pkey;
	return true;
}

static bool
evp_of_rsa(const struct pubkey_fields *fields, EVP_PKEY **ret, struct err *err)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n =
	    BN_bin2bn(fields->modulus.data, (int)fields->modulus.len, NULL);
	BIGNUM *e =
	    BN_bin2bn(fields->exponent.data, (int)fields->exponent.len, NULL);
	OSSL_PARAM *params = NULL;
	bool ok;

	if (builder != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL)
		ok = evp_fail(err, E_MEMORY, "cannot hold an RSA key");
	else
		ok = key_of_params("RSA", params, ret, err);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(e);
	BN_free(n);
	return ok;
}

static bool
evp_of_ecdsa(
    const struct pubkey_fields *fields, EVP_PKEY **ret, struct err *err)
{
	uint8_t point[1 + POINT_SIZE_MAX] = { POINT_UNCOMPRESSED };
	OSSL_PARAM params[3];

	memcpy(point + 1, fields->point.data, fields->point.len);
	/* It is only read, though the parameter cannot say so. */
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
	    (char *)(uintptr_t)fields->algorithm->curve, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + fields->point.len);
	params[2] = OSSL_PARAM_construct_end();
	return key_of_params("EC", params, ret, err);
}

static bool
evp_of_eddsa(
    const struct pubkey_fields *fields, EVP_PKEY **ret, struct err *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL,
	    fields->algorithm->curve, NULL, fields->point.data,
	    fields->point.len);

	if (pkey == NULL)
		return evp_fail(err, E_REFUSED, "not a public key");
	*ret = pkey;
	return true;
}

bool
evp_of_fields(
    const struct pubkey_fields *fields, EVP_PKEY **ret, struct err *err)
{
	switch (fields->algorithm->family) {
	case FAMILY_RSA:
		return evp_of_rsa(fields, ret, err);
	case FAMILY_ECDSA:
		return evp_of_ecdsa(fields, ret, err);
	case FAMILY_EDDSA:
		return evp_of_eddsa(fields, ret, err);
	}
	return err_set(err, E_INTERNAL, "algorithm %u has no family",
	    fields->algorithm->number);
}

int
evp_no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}
