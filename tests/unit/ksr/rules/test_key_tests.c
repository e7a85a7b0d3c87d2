#include "ksr/rules/key_tests.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

static struct key_tests *
tests_new(const struct key_limits *limits)
{
	struct key_tests *tests = NULL;
	struct err err;

	assert_ok(key_tests_new(limits, &tests, &err), &err);
	return tests;
}

/* It is told again from memory, word for word, whatever its name and flags. */
static void
key_tests_valid_remembers(void **state)
{
	struct key_tests *tests = tests_new(&key_limits_full);
	struct dnskey good = *fixture_zsk(1), bad = *fixture_zsk(2);
	struct err err, again;

	(void)state;
	bad.public_key[bad.public_key_len - 1] &= 0xfe;
	for (int i = 0; i < 2; i++) {
		assert_ok(key_tests_valid(tests, &good, &err), &err);
		assert_false(key_tests_valid(tests, &bad, i == 0 ? &err : &again));
		good.flags = 385;
		good.identifier[0] ^= 1;
	}
	assert_int_equal(err.code, E_REFUSED);
	assert_int_equal(again.code, E_REFUSED);
	assert_string_equal(err.msg, again.msg);
	key_tests_free(tests);
	key_tests_free(NULL);
}

/* Keys of many kinds, in any order: each has its own answer. */
static void
key_tests_valid_keeps_keys_apart(void **state)
{
	struct key_tests *tests = tests_new(&key_limits_quick);
	struct dnskey keys[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		keys[i] = *fixture_zsk(1 + i % 3);
		keys[i].algorithm = i % 2 == 0 ? ALGORITHM_RSASHA256
					       : ALGORITHM_RSASHA512;
		if (i % 4 == 0)
			keys[i].public_key[keys[i].public_key_len - 1] =
			    (uint8_t)(2 * i);
	}
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
			size_t at = i * 7 % ARRAY_LEN(keys);
			struct err err;

			assert_int_equal(
			    key_tests_valid(tests, &keys[at], &err),
			    at % 4 != 0);
		}
	key_tests_free(tests);
}

static void
assert_partners(struct key_tests *tests, const struct dnskey *const *keys,
    size_t n, const size_t *expected)
{
	size_t partners[16];
	struct err err;

	/* The second time from memory, where that knows. */
	for (int i = 0; i < 2; i++) {
		assert_ok(
		    key_tests_share_primes(tests, keys, n, partners, &err),
		    &err);
		for (size_t j = 0; j < n; j++)
			assert_int_equal(partners[j], expected[j]);
	}
}

static void
key_tests_share_primes_finds_the_pair(void **state)
{
	struct key_tests *tests = tests_new(&key_limits_full);
	struct dnskey shared = dnskey_sharing_a_prime(
	    fixture_key("zsk-1", 256, ALGORITHM_RSASHA256, 2048), "x");
	struct dnskey ec =
	    fixture_key("ec", 256, ALGORITHM_ECDSAP256SHA256, 0)->dnskey;
	const struct dnskey *keys[9];
	size_t expected[9] = { 0 };

	(void)state;
	for (size_t n = 0; n <= ARRAY_LEN(keys); n++) {
		for (size_t i = 0; i < n; i++) {
			keys[i] = fixture_zsk(1 + i);
			expected[i] = NO_PARTNER;
		}
		assert_partners(tests, keys, n, expected);
		if (n > 3)
			keys[2] = &ec;
		if (n > 4)
			keys[4] = keys[3]; /* no partner of itself */
		assert_partners(tests, keys, n, expected);
		if (n < 2)
			continue;
		keys[n - 1] = &shared;
		expected[n - 1] = 0;
		expected[0] = n - 1;
		assert_partners(tests, keys, n, expected);
	}
	key_tests_free(tests);
}

/* A modulus whose two primes are two others': both know it. */
static void
shared_primes_of_three_are_found(void **state)
{
	BIGNUM *primes[4], *moduli[3];
	BN_CTX *ctx = BN_CTX_new();
	size_t partners[3];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(primes); i++) {
		primes[i] = BN_new();
		assert_true(BN_generate_prime_ex(
		    primes[i], 256, 0, NULL, NULL, NULL));
	}
	for (size_t i = 0; i < ARRAY_LEN(moduli); i++) {
		moduli[i] = BN_new();
		assert_true(
		    BN_mul(moduli[i], primes[i], primes[i + 1], ctx));
	}
	assert_ok(shared_primes(moduli, 3, partners, &err), &err);
	assert_int_equal(partners[0], 1);
	assert_true(partners[1] == 0 || partners[1] == 2);
	assert_int_equal(partners[2], 1);
	for (size_t i = 0; i < ARRAY_LEN(moduli); i++)
		BN_free(moduli[i]);
	for (size_t i = 0; i < ARRAY_LEN(primes); i++)
		BN_free(primes[i]);
	BN_CTX_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_tests_valid_remembers),
		cmocka_unit_test(key_tests_valid_keeps_keys_apart),
		cmocka_unit_test(key_tests_share_primes_finds_the_pair),
		cmocka_unit_test(shared_primes_of_three_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
