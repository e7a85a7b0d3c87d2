/*
 * Key pairs that tests sign with, and documents of the corpus.
 */
#pragma once

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "tests/support/support.h"

struct keypair {
	EVP_PKEY *pkey;
	struct dnskey dnskey;
};

static inline struct ksr *
corpus_ksr(const char *name)
{
	struct buf xml = read_whole(corpus_path(name));
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(buf_bytes(&xml), name, &ksr, &err), &err);
	buf_free(&xml);
	return ksr;
}

static inline EVP_PKEY *
pkey_generate(uint8_t algorithm, unsigned rsa_bits)
{
	switch (algorithm) {
	case ALGORITHM_RSASHA256:
	case ALGORITHM_RSASHA512:
		return EVP_RSA_gen(rsa_bits);
	case ALGORITHM_ECDSAP256SHA256:
		return EVP_EC_gen("P-256");
	case ALGORITHM_ECDSAP384SHA384:
		return EVP_EC_gen("P-384");
	case ALGORITHM_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	}
}

/* The configuration's key of that number, 0 or 1, is this one. */
static inline void
pin_ksk(struct config *config, size_t i, const struct dnskey *key)
{
	struct config_key *pinned = &config->keys[i];
	struct dname zone;
	struct err err;

	assert_ok(
	    dname_parse(config->ksk_policy.signers_name, &zone, &err), &err);
	assert_ok(dnskey_ds(&zone, key, pinned->ds_sha256, &err), &err);
	pinned->has_ds = true;
	pinned->algorithm = key->algorithm;
	strcpy(pinned->name, i == 0 ? "ksk_old" : "ksk_new");
	strcpy(pinned->label, key->identifier);
}

/* Whose modulus has a prime of the pair's, and another that is its own. */
static inline struct dnskey
dnskey_sharing_a_prime(const struct keypair *pair, const char *identifier)
{
	BIGNUM *p = NULL, *q = BN_new(), *n = BN_new();
	uint8_t modulus[PUBLIC_KEY_MAX], exponent[] = { 1, 0, 1 };
	struct dnskey key = pair->dnskey;
	BN_CTX *ctx = BN_CTX_new();
	struct err err;

	assert_true(EVP_PKEY_get_bn_param(pair->pkey, "rsa-factor1", &p));
	do {
		assert_true(BN_generate_prime_ex(
		    q, BN_num_bits(p), 0, NULL, NULL, NULL));
		assert_true(BN_mul(n, p, q, ctx));
	} while (BN_num_bits(n) != 2 * BN_num_bits(p));
	assert_ok(pubkey_encode_rsa(
		      (struct bytes){ modulus, (size_t)BN_bn2bin(n, modulus) },
		      (struct bytes){ exponent, sizeof(exponent) }, &key, &err),
	    &err);
	key.tag = dnskey_tag(&key);
	snprintf(key.identifier, sizeof(key.identifier), "%s", identifier);
	BN_CTX_free(ctx);
	BN_free(n);
	BN_free(q);
	BN_free(p);
	return key;
}

static inline void
encode_rsa(const EVP_PKEY *pkey, struct dnskey *ret)
{
	uint8_t n[PUBLIC_KEY_MAX], e[PUBLIC_KEY_MAX];
	BIGNUM *number = NULL;
	struct bytes modulus = { n, 0 }, exponent = { e, 0 };
	struct err err;

	assert_true(EVP_PKEY_get_bn_param(pkey, "n", &number));
	modulus.len = (size_t)BN_bn2bin(number, n);
	assert_true(EVP_PKEY_get_bn_param(pkey, "e", &number));
	exponent.len = (size_t)BN_bn2bin(number, e);
	BN_free(number);
	assert_ok(pubkey_encode_rsa(modulus, exponent, ret, &err), &err);
}

/* X || Y of the uncompressed point, or the raw key. */
static inline void
encode_point(const EVP_PKEY *pkey, struct dnskey *ret)
{
	uint8_t point[1 + 96];
	size_t len = sizeof(ret->public_key);

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC) {
		assert_true(EVP_PKEY_get_octet_string_param(
		    pkey, "pub", point, sizeof(point), &len));
		len--;
		memcpy(ret->public_key, point + 1, len);
	} else {
		assert_true(
		    EVP_PKEY_get_raw_public_key(pkey, ret->public_key, &len));
	}
	ret->public_key_len = (uint16_t)len;
}

static inline struct keypair
keypair_new(const char *identifier, uint16_t flags, uint8_t algorithm,
    unsigned rsa_bits)
{
	struct keypair pair = {
		.pkey = pkey_generate(algorithm, rsa_bits),
		.dnskey = {
			.ttl_s = 172800,
			.flags = flags,
			.protocol = DNSKEY_PROTOCOL,
			.algorithm = algorithm,
		},
	};

	assert_non_null(pair.pkey);
	strncpy(pair.dnskey.identifier, identifier, ID_MAX);
	if (algorithm_of_number(algorithm)->family == FAMILY_RSA)
		encode_rsa(pair.pkey, &pair.dnskey);
	else
		encode_point(pair.pkey, &pair.dnskey);
	pair.dnskey.tag = dnskey_tag(&pair.dnskey);
	return pair;
}

static inline void
keypair_free(struct keypair *pair)
{
	EVP_PKEY_free(pair->pkey);
}

/* r || s of the DER form. */
static inline void
ecdsa_flatten(struct rrsig *sig, int half)
{
	const uint8_t *at = sig->signature;
	ECDSA_SIG *der = d2i_ECDSA_SIG(NULL, &at, sig->signature_len);

	assert_non_null(der);
	assert_int_equal(
	    half, BN_bn2binpad(ECDSA_SIG_get0_r(der), sig->signature, half));
	assert_int_equal(half,
	    BN_bn2binpad(ECDSA_SIG_get0_s(der), sig->signature + half, half));
	sig->signature_len = (uint16_t)(2 * half);
	ECDSA_SIG_free(der);
}

static inline void
keypair_sign(const struct keypair *pair, struct bytes data, struct rrsig *ret)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t algorithm = pair->dnskey.algorithm;
	const char *digest = algorithm == ALGORITHM_RSASHA512 ? "SHA512"
	    : algorithm == ALGORITHM_ECDSAP384SHA384          ? "SHA384"
							      : "SHA256";
	size_t len = sizeof(ret->signature);

	if (algorithm_of_number(algorithm)->family == FAMILY_EDDSA)
		digest = NULL;
	assert_int_equal(1,
	    EVP_DigestSignInit_ex(
		ctx, NULL, digest, NULL, NULL, pair->pkey, NULL));
	assert_int_equal(
	    1, EVP_DigestSign(ctx, ret->signature, &len, data.data, data.len));
	EVP_MD_CTX_free(ctx);
	ret->signature_len = (uint16_t)len;
	if (algorithm_of_number(algorithm)->family == FAMILY_ECDSA)
		ecdsa_flatten(ret, pair->dnskey.public_key_len / 2);
}

/* Fills rrsig as a correct signature of these keys by one of them. */
static inline void
rrset_sign(const struct keypair *pair, const char *domain,
    const struct dnskey *keys, size_t n_keys, int64_t inception,
    int64_t expiration, struct rrsig *ret)
{
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct dname owner;
	struct err err;

	assert_ok(dname_parse(domain, &owner, &err), &err);
	*ret = (struct rrsig){
		.ttl_s = pair->dnskey.ttl_s,
		.algorithm = pair->dnskey.algorithm,
		.labels = dname_labels(&owner),
		.original_ttl_s = pair->dnskey.ttl_s,
		.inception = inception,
		.expiration = expiration,
		.tag = dnskey_tag(&pair->dnskey),
	};
	memcpy(
	    ret->identifier, pair->dnskey.identifier, sizeof(ret->identifier));
	dname_text(&owner, ret->signers_name);
	assert_ok(
	    rrset_to_be_signed(&owner, ret, keys, n_keys, &tbs, &err), &err);
	keypair_sign(pair, buf_bytes(&tbs), ret);
	buf_free(&tbs);
}
