/*
 * Full public-key validation, KSR-KEY-VALID: NIST SP 800-89 section 5.3.3 for
 * RSA, SP 800-56A section 5.6.2.3 for curves, and the weak forms of RSA moduli
 * that anyone can recognise.
 */
#include <inttypes.h>

#include <openssl/bn.h>

#include "ksr/dns/edwards.h"
#include "ksr/dns/evp.h"
#include "ksr/dns/key_valid.h"
#include "ksr/dns/near_factors.h"
#include "ksr/dns/pubkey_fields.h"

enum {
	/* SP 800-89 5.3.3 asks for 752; so far one division each is quickest. */
	TRIAL_MAX = 1000,
	ROCA_GENERATOR = 65537,
};

const struct key_limits key_limits_full = {
	.small_primes = true,
	.fermat_steps = UINT64_C(1) << 24,
	.ratio_max = 1024,
	.ratio_steps = UINT64_C(1) << 10,
};

const struct key_limits key_limits_quick = { .fermat_steps = 100 };

struct rsa {
	const BIGNUM *n;
	const BIGNUM *e;
	const struct key_limits *limits;
	const struct small_primes *primes;
	BN_CTX *ctx;
};

static bool
out_of_memory(struct err *err)
{
	return evp_fail(err, E_MEMORY, "cannot examine an RSA key");
}

static bool
check_exponent(const struct rsa *rsa, struct err *err)
{
	if (!BN_is_odd(rsa->e) || BN_is_one(rsa->e))
		return err_set(err, E_REFUSED,
		    "RSA exponent is even or 1 (SP 800-89 section 5.3.3)");
	if (BN_cmp(rsa->e, rsa->n) >= 0)
		return err_set(
		    err, E_REFUSED, "RSA exponent is not below the modulus");
	return true;
}

static bool
divisible(uint32_t divisor, struct err *err)
{
	return err_set(err, E_REFUSED,
	    "RSA modulus is divisible by %" PRIu32
	    " (SP 800-89 section 5.3.3)",
	    divisor);
}

/* The smallest divisor found is a prime, so every odd number may be tried. */
static bool
check_small_factors(const struct rsa *rsa, struct err *err)
{
	uint32_t divisor = 0;

	if (!BN_is_odd(rsa->n))
		return err_set(err, E_REFUSED, "RSA modulus is even");
	for (uint32_t d = 3; d <= TRIAL_MAX; d += 2)
		if (BN_mod_word(rsa->n, d) == 0)
			return divisible(d, err);
	if (!rsa->limits->small_primes)
		return true;
	if (!small_primes_divisor(rsa->primes, rsa->n, &divisor, rsa->ctx))
		return out_of_memory(err);
	return divisor == 0 || divisible(divisor, err);
}

static bool
is_power_of_generator(BN_ULONG residue, unsigned prime)
{
	BN_ULONG power = 1;

	do {
		if (power == residue)
			return true;
		power = power * ROCA_GENERATOR % prime;
	} while (power != 1);
	return false;
}

/*
 * CVE-2017-15361 (Nemec, Sys, Svenda, Klinec, Matyas, "The Return of
 * Coppersmith's Attack", CCS 2017): the weak library's primes, and so its
 * moduli, are powers of 65537 modulo each of these primes.  Other moduli are
 * with a probability below 2^-27.
 */
static bool
check_roca(const struct rsa *rsa, struct err *err)
{
	static const uint8_t primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31,
		37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163,
		167 };

	for (size_t i = 0; i < ARRAY_LEN(primes); i++)
		if (!is_power_of_generator(
			BN_mod_word(rsa->n, primes[i]), primes[i]))
			return true;
	return err_set(err, E_REFUSED,
	    "RSA modulus has the ROCA fingerprint (CVE-2017-15361)");
}

static bool
check_close_factors(const struct rsa *rsa, struct err *err)
{
	const struct key_limits *limits = rsa->limits;
	bool found;
	uint32_t k = 0;

	if (!near_factors_fermat(
		rsa->n, limits->fermat_steps, &found, rsa->ctx))
		return out_of_memory(err);
	if (found)
		return err_set(err, E_REFUSED,
		    "RSA modulus is a square or the product of two numbers "
		    "close to each other (CVE-2022-26320)");
	if (limits->ratio_max > 0 &&
	    !near_factors_lehman(rsa->n, limits->ratio_max,
		limits->ratio_steps, &k, rsa->ctx))
		return out_of_memory(err);
	if (k != 0)
		return err_set(err, E_REFUSED,
		    "RSA modulus is the product of two numbers nearly in a "
		    "ratio a:b with ab = %" PRIu32 " (Lehman)",
		    k);
	return true;
}

/*
 * A prime p divides 2^(p^k) - 2 for every k, by Fermat's little theorem.  So if
 * n is p or a power of it, p divides both n and 2^n - 2; where these have no
 * divisor in common, n is composite and no power of a prime.  Two primes
 * chosen at random have one with a probability that does not matter.
 */
static bool
check_composite(const struct rsa *rsa, struct err *err)
{
	BIGNUM *power, *divisor;
	bool ok, coprime = false;

	BN_CTX_start(rsa->ctx);
	power = BN_CTX_get(rsa->ctx);
	divisor = BN_CTX_get(rsa->ctx);
	ok = divisor != NULL &&
	    BN_mod_exp_mont_word(power, 2, rsa->n, rsa->n, rsa->ctx, NULL) ==
		1 &&
	    BN_sub_word(power, 2) == 1 &&
	    BN_gcd(divisor, power, rsa->n, rsa->ctx) == 1;
	if (ok)
		coprime = BN_is_one(divisor);
	BN_CTX_end(rsa->ctx);
	if (!ok)
		return out_of_memory(err);
	if (!coprime)
		return err_set(err, E_REFUSED,
		    "RSA modulus is prime or a power of a prime (SP 800-89 "
		    "section 5.3.3)");
	return true;
}

static bool
check_rsa(const struct pubkey_fields *fields, const struct key_limits *limits,
    const struct small_primes *primes, struct err *err)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n =
	    BN_bin2bn(fields->modulus.data, (int)fields->modulus.len, NULL);
	BIGNUM *e =
	    BN_bin2bn(fields->exponent.data, (int)fields->exponent.len, NULL);
	struct rsa rsa = { n, e, limits, primes, ctx };
	bool ok;

	if (ctx == NULL || n == NULL || e == NULL)
		ok = out_of_memory(err);
	else
		ok = check_exponent(&rsa, err) &&
		    check_roca(&rsa, err) && check_small_factors(&rsa, err) &&
		    check_close_factors(&rsa, err) &&
		    check_composite(&rsa, err);
	BN_free(e);
	BN_free(n);
	BN_CTX_free(ctx);
	return ok;
}

/* On the curve, of its order, not the point at infinity. */
static bool
check_ecdsa(const struct pubkey_fields *fields, struct err *err)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx;
	bool ok = true;

	if (!evp_of_fields(fields, &pkey, err))
		return err_prefix(
		    err, "%s public key", fields->algorithm->mnemonic);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL)
		ok = evp_fail(err, E_MEMORY, "cannot examine an EC key");
	else if (EVP_PKEY_public_check(ctx) != 1)
		ok = evp_fail(err, E_REFUSED,
		    "EC public key is invalid (SP 800-56A section 5.6.2.3)");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

bool
pubkey_valid(const struct dnskey *key, const struct key_limits *limits,
    const struct small_primes *primes, struct err *err)
{
	struct pubkey_fields fields;

	if (!pubkey_fields_read(key, &fields, err))
		return false;
	switch (fields.algorithm->family) {
	case FAMILY_RSA:
		return check_rsa(&fields, limits, primes, err);
	case FAMILY_ECDSA:
		return check_ecdsa(&fields, err);
	case FAMILY_EDDSA:
		return edwards_valid(fields.algorithm, fields.point, err);
	}
	return err_set(
	    err, E_INTERNAL, "algorithm %u has no family", key->algorithm);
}
