/*
 * What KSR-KEY-VALID costs, beside what a signature does: a table of processor
 * time, for docs/checks.md.  No test asserts a time.
 */
#include <stdio.h>
#include <time.h>

#include "ksr/dns/near_factors.h"
#include "ksr/rules/key_tests.h"
#include "tests/support/keys.h"

enum { ROUNDS = 10 };

static double
now_ms(void)
{
	struct timespec time;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void
report(const char *what, double begun, int rounds)
{
	printf("  %-46s %9.3f ms\n", what, (now_ms() - begun) / rounds);
}

static void
reference(const struct keypair *pair)
{
	uint8_t data[500] = { 0 };
	double begun = now_ms();

	for (int i = 0; i < ROUNDS; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		uint8_t signature[SIGNATURE_MAX];
		size_t len = sizeof(signature);

		assert_true(EVP_DigestSignInit(
				ctx, NULL, EVP_sha256(), NULL, pair->pkey) &&
		    EVP_DigestSign(ctx, signature, &len, data, sizeof(data)));
		EVP_MD_CTX_free(ctx);
	}
	report("reference: one signature by OpenSSL", begun, ROUNDS);
}

static void
parts(const struct keypair *pair)
{
	struct small_primes *primes = NULL;
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = NULL;
	uint32_t divisor, k;
	struct err err;
	double begun;
	bool found;

	assert_true(EVP_PKEY_get_bn_param(pair->pkey, "n", &n));
	begun = now_ms();
	assert_ok(small_primes_new(&primes, &err), &err);
	report("once: the primes below 2^20", begun, 1);
	begun = now_ms();
	for (int i = 0; i < ROUNDS; i++)
		assert_true(small_primes_divisor(primes, n, &divisor, ctx));
	report("their common divisor with the modulus", begun, ROUNDS);
	begun = now_ms();
	for (int i = 0; i < ROUNDS; i++)
		assert_true(near_factors_fermat(
		    n, key_limits_full.fermat_steps, &found, ctx));
	report("Fermat, 2^24 steps", begun, ROUNDS);
	begun = now_ms();
	for (int i = 0; i < ROUNDS; i++)
		assert_true(near_factors_lehman(n, key_limits_full.ratio_max,
		    key_limits_full.ratio_steps, &k, ctx));
	report("ratios a:b with ab up to 1,024, 2^10 steps each", begun,
	    ROUNDS);
	begun = now_ms();
	for (int i = 0; i < ROUNDS; i++)
		assert_ok(pubkey_valid(
			      &pair->dnskey, &key_limits_full, primes, &err),
		    &err);
	report("the whole test of one key", begun, ROUNDS);
	begun = now_ms();
	for (int i = 0; i < ROUNDS; i++)
		assert_ok(pubkey_valid(
			      &pair->dnskey, &key_limits_quick, NULL, &err),
		    &err);
	report("that of version 0.1.0", begun, ROUNDS);
	small_primes_free(primes);
	BN_CTX_free(ctx);
	BN_free(n);
}

static void
many(size_t n)
{
	BIGNUM **moduli = calloc(n, sizeof(moduli[0]));
	size_t *partners = calloc(n, sizeof(partners[0]));
	char what[64];
	struct err err;
	double begun;

	assert_true(moduli != NULL && partners != NULL);
	for (size_t i = 0; i < n; i++) {
		moduli[i] = BN_new();
		assert_true(BN_rand(
		    moduli[i], 2048, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	}
	begun = now_ms();
	assert_ok(shared_primes(moduli, n, partners, &err), &err);
	snprintf(what, sizeof(what), "primes in common among %zu moduli", n);
	report(what, begun, 1);
	for (size_t i = 0; i < n; i++)
		BN_free(moduli[i]);
	free(partners);
	free(moduli);
}

int
main(void)
{
	static const unsigned bits[] = { 1024, 2048, 4096 };

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct keypair pair =
		    keypair_new("k", 256, ALGORITHM_RSASHA256, bits[i]);

		printf("RSA-%u\n", bits[i]);
		reference(&pair);
		parts(&pair);
		keypair_free(&pair);
	}
	printf("RSA-2048\n");
	many(5);
	many(100);
	many(1000);
	return 0;
}
