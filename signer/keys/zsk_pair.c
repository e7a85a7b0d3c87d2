#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "signer/keys/zsk_pair.h"

static const struct zsk_part rsa_parts[] = {
	{ "Modulus", OSSL_PKEY_PARAM_RSA_N },
	{ "PublicExponent", OSSL_PKEY_PARAM_RSA_E },
	{ "PrivateExponent", OSSL_PKEY_PARAM_RSA_D },
	{ "Prime1", OSSL_PKEY_PARAM_RSA_FACTOR1 },
	{ "Prime2", OSSL_PKEY_PARAM_RSA_FACTOR2 },
	{ "Exponent1", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
	{ "Exponent2", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
	{ "Coefficient", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
	{ NULL, NULL },
};

static const struct zsk_part curve_parts[] = {
	{ "PrivateKey", OSSL_PKEY_PARAM_PRIV_KEY },
	{ NULL, NULL },
};

const struct zsk_part *
zsk_parts(enum algorithm_family family)
{
	return family == FAMILY_RSA ? rsa_parts : curve_parts;
}

static EVP_PKEY *
generate(const struct algorithm *algorithm, unsigned bits)
{
	switch (algorithm->family) {
	case FAMILY_RSA:
		return EVP_RSA_gen(bits);
	case FAMILY_ECDSA:
		return EVP_EC_gen(algorithm->curve);
	case FAMILY_EDDSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, algorithm->curve);
	}
	return NULL;
}

static bool
encode_rsa(const EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	uint8_t modulus[PUBLIC_KEY_MAX], exponent[PUBLIC_KEY_MAX];
	BIGNUM *n = NULL, *e = NULL;
	bool ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    BN_num_bytes(n) <= (int)sizeof(modulus) &&
	    BN_num_bytes(e) <= (int)sizeof(exponent);

	if (!ok)
		evp_fail(err, E_INTERNAL, "OpenSSL gives no public key");
	else
		ok = pubkey_encode_rsa(
		    (struct bytes){ modulus, (size_t)BN_bn2bin(n, modulus) },
		    (struct bytes){ exponent, (size_t)BN_bn2bin(e, exponent) },
		    ret, err);
	BN_free(n);
	BN_free(e);
	return ok;
}

/* SEC 1 2.3.3 without its first octet: X || Y (RFC 6605 section 4). */
static bool
encode_point(const EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	uint8_t point[PUBLIC_KEY_MAX];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		point, sizeof(point), &len) != 1 ||
	    len < 2 || point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return evp_fail(err, E_INTERNAL, "OpenSSL gives no point");
	memcpy(ret->public_key, point + 1, len - 1);
	ret->public_key_len = (uint16_t)(len - 1);
	return true;
}

/* RFC 8080 section 3: the octets of RFC 8032. */
static bool
encode_edwards(const EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	size_t len = sizeof(ret->public_key);

	if (EVP_PKEY_get_raw_public_key(pkey, ret->public_key, &len) != 1)
		return evp_fail(err, E_INTERNAL, "OpenSSL gives no point");
	ret->public_key_len = (uint16_t)len;
	return true;
}

static bool
encode(const EVP_PKEY *pkey, enum algorithm_family family, struct dnskey *ret,
    struct err *err)
{
	switch (family) {
	case FAMILY_RSA:
		return encode_rsa(pkey, ret, err);
	case FAMILY_ECDSA:
		return encode_point(pkey, ret, err);
	case FAMILY_EDDSA:
		break;
	}
	return encode_edwards(pkey, ret, err);
}

bool
zsk_pair_make(uint8_t algorithm, unsigned bits, struct dnskey *ret_key,
    EVP_PKEY **ret, struct err *err)
{
	const struct algorithm *known = algorithm_of_number(algorithm);
	EVP_PKEY *pkey = generate(known, bits);
	struct dnskey key = { .algorithm = algorithm };

	if (pkey == NULL)
		return evp_fail(err, E_INTERNAL, "OpenSSL makes no key");
	if (!encode(pkey, known->family, &key, err)) {
		EVP_PKEY_free(pkey);
		return false;
	}
	*ret_key = key;
	*ret = pkey;
	return true;
}

/* RFC 6605 section 4: r || s, each as long as the curve's order. */
static bool
flatten(uint8_t *signature, size_t *len, size_t half)
{
	const uint8_t *at = signature;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)*len);
	bool ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, (int)half) ==
		(int)half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + half, (int)half) ==
		(int)half;

	ECDSA_SIG_free(sig);
	*len = 2 * half;
	return ok;
}

bool
zsk_pair_sign(EVP_PKEY *pkey, const struct dnskey *dnskey, struct bytes data,
    struct rrsig *ret, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_MAX];
	size_t len = sizeof(signature);
	bool ok = ctx != NULL &&
	    EVP_DigestSignInit_ex(ctx, NULL,
		algorithm_of_number(dnskey->algorithm)->digest, NULL, NULL,
		pkey, NULL) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, data.data, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	if (ok && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		ok = flatten(signature, &len, dnskey->public_key_len / 2u);
	if (!ok)
		return evp_fail(err, E_REFUSED, "the private key cannot sign");
	if (!pubkey_verify(dnskey, data, (struct bytes){ signature, len }, err))
		return err_prefix(err, "private and public key are no pair");
	memcpy(ret->signature, signature, len);
	ret->signature_len = (uint16_t)len;
	return true;
}
