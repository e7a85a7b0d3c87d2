#include <inttypes.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "ksr/dns/key_valid.h"
#include "ksr/dns/near_factors.h"
#include "ksr/dns/pubkey.h"
#include "tests/support/keys.h"

static const uint8_t supported[] = { ALGORITHM_RSASHA256, ALGORITHM_RSASHA512,
	ALGORITHM_ECDSAP256SHA256, ALGORITHM_ECDSAP384SHA384, ALGORITHM_ED25519,
	ALGORITHM_ED448 };

static const int64_t slot_inception = 1491868800;
static const int64_t slot_expiration = 1493683200;

/* --- algorithms -------------------------------------------------------- */

static void
algorithm_of_number_iana_names_are_known(void **state)
{
	static const struct {
		uint8_t number;
		const char *mnemonic;
		bool deprecated, supported;
	} cases[] = {
		{ 1, "RSAMD5", true, false },
		{ 2, "DH", false, false },
		{ 3, "DSA", true, false },
		{ 5, "RSASHA1", true, false },
		{ 6, "DSA-NSEC3-SHA1", true, false },
		{ 7, "RSASHA1-NSEC3-SHA1", true, false },
		{ 8, "RSASHA256", false, true },
		{ 10, "RSASHA512", false, true },
		{ 12, "ECC-GOST", true, false },
		{ 13, "ECDSAP256SHA256", false, true },
		{ 14, "ECDSAP384SHA384", false, true },
		{ 15, "ED25519", false, true },
		{ 16, "ED448", false, true },
		{ 17, "SM2SM3", false, false },
		{ 23, "ECC-GOST12", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct algorithm *a =
		    algorithm_of_number(cases[i].number);

		assert_non_null(a);
		assert_string_equal(a->mnemonic, cases[i].mnemonic);
		assert_int_equal(a->deprecated, cases[i].deprecated);
		assert_int_equal(a->supported, cases[i].supported);
		assert_ptr_equal(a, algorithm_of_mnemonic(cases[i].mnemonic));
	}
}

static void
algorithm_unknown_is_null(void **state)
{
	static const uint8_t unknown[] = { 0, 4, 9, 11, 18, 22, 24, 255 };
	char buf[ALGORITHM_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		assert_null(algorithm_of_number(unknown[i]));
	assert_null(algorithm_of_mnemonic("rsasha256"));
	assert_null(algorithm_of_mnemonic("8"));
	assert_null(algorithm_of_mnemonic(""));
	assert_string_equal(algorithm_text(8, buf), "RSASHA256");
	assert_string_equal(algorithm_text(255, buf), "algorithm 255");
}

/* --- RSA keys made for a purpose --------------------------------------- */

static BIGNUM *
random_prime(int bits)
{
	BIGNUM *p = BN_new();

	assert_true(BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL));
	return p;
}

/* The primes' product is made once for all tests. */
static bool
valid(const struct dnskey *key, struct err *err)
{
	static struct small_primes *primes;

	if (primes == NULL)
		assert_ok(small_primes_new(&primes, err), err);
	return pubkey_valid(key, &key_limits_full, primes, err);
}

static BIGNUM *
product(const BIGNUM *a, const BIGNUM *b)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new();

	assert_true(BN_mul(n, a, b, ctx));
	BN_CTX_free(ctx);
	return n;
}

static struct dnskey
rsa_key(const BIGNUM *n, const BIGNUM *e)
{
	uint8_t n_octets[1024], e_octets[1024];
	struct bytes modulus = { n_octets, (size_t)BN_bn2bin(n, n_octets) };
	struct bytes exponent = { e_octets, (size_t)BN_bn2bin(e, e_octets) };
	struct dnskey key = { .flags = 256, .protocol = 3, .algorithm = 8 };
	struct err err;

	assert_ok(pubkey_encode_rsa(modulus, exponent, &key, &err), &err);
	return key;
}

/* Takes n. */
static struct dnskey
rsa_key_of(BIGNUM *n)
{
	BIGNUM *e = BN_new();
	struct dnskey key;

	assert_true(BN_set_word(e, 65537));
	key = rsa_key(n, e);
	BN_free(e);
	BN_free(n);
	return key;
}

static struct dnskey
key_of_field(uint8_t algorithm, const void *field, size_t len)
{
	struct dnskey key = { .flags = 256,
		.protocol = 3,
		.algorithm = algorithm,
		.public_key_len = (uint16_t)len };

	memcpy(key.public_key, field, len);
	return key;
}

/* --- the public key field ---------------------------------------------- */

static void
pubkey_info_parameters_are_read(void **state)
{
	static const struct {
		uint8_t algorithm;
		unsigned rsa_bits;
		enum algorithm_family family;
		uint16_t bits;
		uint64_t exponent;
	} cases[] = {
		{ 8, 1024, FAMILY_RSA, 1024, 65537 },
		{ 8, 2048, FAMILY_RSA, 2048, 65537 },
		{ 10, 1536, FAMILY_RSA, 1536, 65537 },
		{ 13, 0, FAMILY_ECDSA, 256, 0 },
		{ 14, 0, FAMILY_ECDSA, 384, 0 },
		{ 15, 0, FAMILY_EDDSA, 256, 0 },
		{ 16, 0, FAMILY_EDDSA, 448, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct keypair pair = keypair_new(
		    "k", 256, cases[i].algorithm, cases[i].rsa_bits);
		struct pubkey_info info;
		struct err err;

		assert_ok(pubkey_info(&pair.dnskey, &info, &err), &err);
		assert_int_equal(info.family, cases[i].family);
		assert_int_equal(info.bits, cases[i].bits);
		assert_int_equal(info.exponent, cases[i].exponent);
		keypair_free(&pair);
	}
}

static void
pubkey_info_bits_count_from_the_highest(void **state)
{
	static const struct {
		int highest;
		bool ok;
	} cases[] = { { 510, false }, { 511, true }, { 512, true },
		{ 1023, true }, { 4095, true }, { 4096, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BIGNUM *n = BN_new();
		struct dnskey key;
		struct pubkey_info info;
		struct err err;

		assert_true(BN_set_bit(n, cases[i].highest));
		key = rsa_key_of(n);
		assert_int_equal(pubkey_info(&key, &info, &err), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(info.bits, cases[i].highest + 1);
		else
			assert_message_has(&err, "not 512 to 4096");
	}
}

/* Lengths of RFC 3110: one octet up to 255, then zero and two octets. */
static void
pubkey_encode_rsa_exponent_length_has_both_forms(void **state)
{
	static const struct {
		int exponent_bits;
		size_t exponent_len;
		uint8_t head[4];
		uint64_t exponent;
	} cases[] = {
		{ 2, 1, { 1, 3 }, 3 },
		{ 64, 8, { 8, 0x80, 0, 0 }, UINT64_C(0x8000000000000001) },
		{ 65, 9, { 9, 1, 0, 0 }, UINT64_MAX },
		{ 8 * 255, 255, { 255, 0x80, 0, 0 }, UINT64_MAX },
		{ 8 * 255 + 1, 256, { 0, 1, 0, 1 }, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BIGNUM *n = BN_new(), *e = BN_new();
		struct pubkey_info info;
		struct dnskey key;
		struct err err;

		assert_true(BN_set_bit(n, 2047));
		assert_true(BN_set_bit(e, cases[i].exponent_bits - 1));
		assert_true(BN_set_bit(e, 0));
		key = rsa_key(n, e);
		assert_int_equal(key.public_key_len,
		    (cases[i].exponent_len > 255 ? 3 : 1) +
			cases[i].exponent_len + 256);
		assert_memory_equal(key.public_key, cases[i].head, 2);
		assert_ok(pubkey_info(&key, &info, &err), &err);
		assert_int_equal(info.bits, 2048);
		assert_true(info.exponent == cases[i].exponent);
		BN_free(e);
		BN_free(n);
	}
}

static void
pubkey_encode_rsa_impossible_is_refused(void **state)
{
	static const uint8_t zeros[4], some[600] = { 0, 0, 1 };
	static const struct {
		struct bytes modulus, exponent;
		const char *message;
	} cases[] = {
		{ { zeros, 4 }, { some, 3 }, "is zero" },
		{ { some, 64 }, { zeros, 0 }, "is zero" },
		{ { some, 600 }, { some, 3 }, "does not fit 520 octets" },
		{ { some, 520 }, { some, 3 }, NULL },
		{ { some, 521 }, { some, 3 }, "does not fit 520 octets" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = { .public_key_len = 7 };
		bool ok = pubkey_encode_rsa(
		    cases[i].modulus, cases[i].exponent, &key, &err);

		assert_int_equal(ok, cases[i].message == NULL);
		if (ok) {
			/* Leading zeros were cut. */
			assert_int_equal(key.public_key_len, 520);
			assert_int_equal(key.public_key[2], 1);
			continue;
		}
		assert_message_has(&err, cases[i].message);
		assert_int_equal(key.public_key_len, 7);
	}
}

static void
pubkey_info_malformed_is_refused(void **state)
{
	uint8_t modulus_zero[4 + 256] = { 3, 1, 0, 1, 0, 0x80 };
	uint8_t exponent_zero[5 + 256] = { 4, 0, 1, 0, 1, 0x80 };
	uint8_t long_form[6 + 256] = { 0, 0, 3, 1, 0, 1, 0x80 };
	uint8_t point[100] = { 1 };
	const struct {
		uint8_t algorithm;
		const void *field;
		size_t len;
		const char *message;
	} cases[] = {
		{ 8, "", 0, "cut off" },
		{ 8, "\0", 1, "cut off" },
		{ 8, "\0\1", 2, "cut off" },
		{ 8, "\0\1\0", 3, "cut off" },
		{ 8, "\3\1\0", 3, "cut off" },
		{ 8, "\3\1\0\1", 4, "cut off" },
		{ 8, "\xff\1\0\1", 4, "cut off" },
		{ 8, "\0\0\0\1", 4, "three-octet length" },
		{ 8, long_form, sizeof(long_form), "three-octet length" },
		{ 8, modulus_zero, sizeof(modulus_zero),
		    "modulus has a leading zero" },
		{ 8, exponent_zero, sizeof(exponent_zero),
		    "exponent has a leading zero" },
		{ 8, "\1\3\x80", 3, "8 bits, not 512 to 4096" },
		{ 13, point, 63, "ECDSAP256SHA256 public key has 63 octets" },
		{ 13, point, 65, "65 octets, not 64" },
		{ 13, point, 96, "96 octets, not 64" },
		{ 14, point, 64, "64 octets, not 96" },
		{ 15, point, 31, "31 octets, not 32" },
		{ 16, point, 56, "56 octets, not 57" },
		{ 15, "", 0, "0 octets, not 32" },
		{ 5, modulus_zero, 100, "RSASHA1 is not supported" },
		{ 0, point, 32, "algorithm 0 is not supported" },
		{ 253, point, 32, "algorithm 253 is not supported" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = key_of_field(
		    cases[i].algorithm, cases[i].field, cases[i].len);
		struct pubkey_info info;
		struct err err;

		assert_false(pubkey_info(&key, &info, &err));
		assert_message_has(&err, cases[i].message);
		assert_int_equal(err.code, E_REFUSED);
		assert_false(valid(&key, &err));
		assert_message_has(&err, cases[i].message);
		assert_false(pubkey_verify(
		    &key, bytes_of_string("x"), bytes_of_string("y"), &err));
		assert_message_has(&err, cases[i].message);
	}
}

/* --- KSR-KEY-VALID ----------------------------------------------------- */

static void
pubkey_valid_generated_keys_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(supported); i++) {
		struct keypair pair = keypair_new("k", 256, supported[i], 2048);
		struct err err;

		assert_ok(valid(&pair.dnskey, &err), &err);
		keypair_free(&pair);
	}
}

static void
pubkey_valid_corpus_keys_pass(void **state)
{
	static const char *const corpus[] = {
		"root/ksr-root-2016-q3-0.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml",
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(corpus); f++) {
		struct ksr *ksr = corpus_ksr(corpus[f]);

		for (size_t i = 0; i < ksr->n_bundles; i++)
			for (size_t j = 0; j < ksr->bundles[i].n_keys; j++) {
				struct err err;

				assert_ok(
				    valid(&ksr->bundles[i].keys[j], &err),
				    &err);
			}
		ksr_free(ksr);
	}
}

static void
assert_invalid(const struct dnskey *key, const char *message)
{
	struct err err;

	assert_false(valid(key, &err));
	assert_message_has(&err, message);
	assert_int_equal(err.code, E_REFUSED);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
pubkey_valid_small_factors_are_refused(void **state)
{
	static const struct {
		BN_ULONG factor;
		const char *message;
	} cases[] = {
		{ 2, "modulus is even" },
		{ 3, "divisible by 3 " },
		{ 15, "divisible by 3 " },
		{ 751, "divisible by 751 " },
		{ 997, "divisible by 997 " },
		{ 1009, "divisible by 1009 " },
		{ 1009 * 1013, "divisible by 1009 " },
		{ 786433, "divisible by 786433 " },
		{ 1048573, "divisible by 1048573 " }, /* the last below 2^20 */
	};
	BIGNUM *p = random_prime(1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BIGNUM *n = BN_dup(p);
		struct dnskey key;

		assert_true(BN_mul_word(n, cases[i].factor));
		key = rsa_key_of(n);
		assert_invalid(&key, cases[i].message);
	}
	BN_free(p);
}

/* 2^20 + 7 is the first prime that nobody looks for. */
static void
pubkey_valid_factor_beyond_the_small_ones_passes(void **state)
{
	BIGNUM *p = random_prime(2028), *q = BN_new();
	struct dnskey key;
	struct err err;

	(void)state;
	assert_true(BN_set_word(q, (1 << 20) + 7));
	key = rsa_key_of(product(p, q));
	assert_ok(valid(&key, &err), &err);
	BN_free(q);
	BN_free(p);
}

/* Records of version 0.1.0 are judged as that version judged. */
static void
pubkey_valid_quick_limits_see_less(void **state)
{
	static const struct {
		BN_ULONG factor;
		bool refused;
	} cases[] = { { 997, true }, { 1009, false }, { 1048573, false } };
	BIGNUM *p = random_prime(1024);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BIGNUM *n = BN_dup(p);
		struct dnskey key;
		struct err err;

		assert_true(BN_mul_word(n, cases[i].factor));
		key = rsa_key_of(n);
		assert_int_equal(
		    pubkey_valid(&key, &key_limits_quick, NULL, &err),
		    !cases[i].refused);
	}
	BN_free(p);
}

static void
pubkey_valid_prime_modulus_is_refused(void **state)
{
	struct dnskey key = rsa_key_of(random_prime(1024));

	(void)state;
	assert_invalid(&key, "prime or a power of a prime");
}

static void
pubkey_valid_power_of_prime_is_refused(void **state)
{
	BIGNUM *p = random_prime(400), *square = product(p, p);
	struct dnskey key = rsa_key_of(product(square, p));

	(void)state;
	assert_invalid(&key, "prime or a power of a prime");
	key = rsa_key_of(square);
	assert_invalid(&key, "square or the product of two numbers close");
	BN_free(p);
}

static void
pubkey_valid_square_of_composite_is_refused(void **state)
{
	BIGNUM *p = random_prime(256), *q = random_prime(256);
	BIGNUM *pq = product(p, q);
	struct dnskey key = rsa_key_of(product(pq, pq));

	(void)state;
	assert_invalid(&key, "square or the product of two numbers close");
	BN_free(pq);
	BN_free(q);
	BN_free(p);
}

static void
pubkey_valid_close_factors_are_refused(void **state)
{
	BN_ULONG steps[] = { 0, 2, 1000002, UINT32_MAX - 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		BIGNUM *p = random_prime(1024), *q = BN_dup(p);
		BN_CTX *ctx = BN_CTX_new();
		struct dnskey key;

		assert_true(BN_add_word(q, steps[i]));
		while (!BN_check_prime(q, ctx, NULL))
			assert_true(BN_add_word(q, 2));
		key = rsa_key_of(product(p, q));
		assert_invalid(&key, "CVE-2022-26320");
		BN_CTX_free(ctx);
		BN_free(q);
		BN_free(p);
	}
}

/* The first prime from number * times / over + 2^distance on. */
static BIGNUM *
prime_near(const BIGNUM *number, BN_ULONG times, BN_ULONG over, int distance)
{
	BIGNUM *q = BN_dup(number), *far = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	assert_true(BN_mul_word(q, times) && BN_set_bit(far, distance));
	assert_true(BN_div_word(q, over) != (BN_ULONG)-1);
	assert_true(BN_add(q, q, far) && BN_set_bit(q, 0));
	while (BN_check_prime(q, ctx, NULL) != 1)
		assert_true(BN_add_word(q, 2));
	BN_CTX_free(ctx);
	BN_free(far);
	return q;
}

/* random_prime's two highest bits are set: 2^525 apart is within 2^24 steps. */
static void
pubkey_valid_factors_some_way_apart_are_refused(void **state)
{
	static const int refused[] = { 300, 511, 516, 520, 525 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		BIGNUM *p = random_prime(1024);
		BIGNUM *q = prime_near(p, 1, 1, refused[i]);
		struct dnskey key = rsa_key_of(product(p, q));

		assert_invalid(&key, "CVE-2022-26320");
		BN_free(q);
		BN_free(p);
	}
}

static void
pubkey_valid_factors_in_a_small_ratio_are_refused(void **state)
{
	static const struct {
		BN_ULONG times, over;
		int distance;
		const char *message; /* NULL: it is too far away */
	} cases[] = {
		{ 2, 1, 10, "ab = 2 " },
		{ 3, 2, 500, "ab = 6 " },
		/* 2^(2 * 517) / 3p steps: 341 to 455; of the next 1365 at least. */
		{ 3, 2, 517, "ab = 6 " },
		{ 3, 2, 518, NULL },
		{ 7, 5, 510, "ab = 35 " },
		{ 31, 32, 510, "ab = 992 " },
		{ 1000, 1, 510, "ab = 1000 " },
		{ 1024, 1, 510, "ab = 1024 " },
		{ 3, 2, 540, NULL },
		{ 41, 25, 10, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BIGNUM *p = random_prime(1024);
		BIGNUM *q = prime_near(
		    p, cases[i].times, cases[i].over, cases[i].distance);
		struct dnskey key = rsa_key_of(product(p, q));
		struct err err;

		if (cases[i].message == NULL)
			assert_ok(valid(&key, &err), &err);
		else
			assert_invalid(&key, cases[i].message);
		BN_free(q);
		BN_free(p);
	}
}

/*
 * The sieve loses no solution, wherever in a word it stands: p and p + 2d are
 * x^2 - d^2 with x = p + d, and the root of their product is close below.
 */
static void
near_factors_fermat_finds_every_distance(void **state)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = random_prime(40), *q = BN_new(), *n = BN_new();
	uint64_t low;

	(void)state;
	assert_non_null(BN_copy(q, p));
	low = BN_get_word(p);
	for (uint64_t d = 0; d < 3000; d++) {
		uint64_t distance = d * d * 37;
		/* d^2 / 2x: never more than this. */
		uint64_t steps = distance * distance / (2 * low) + 1;
		bool found;

		assert_true(BN_set_word(q, low + 2 * distance) &&
		    BN_mul(n, p, q, ctx));
		assert_true(near_factors_fermat(n, steps, &found, ctx));
		if (!found)
			fail_msg("%" PRIu64 " and %" PRIu64 " apart", low,
			    2 * distance);
	}
	BN_free(n);
	BN_free(q);
	BN_free(p);
	BN_CTX_free(ctx);
}

/* k * M + 65537^a mod M, M the product of the first 39 primes. */
static BIGNUM *
roca_number(void)
{
	static const uint8_t primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29,
		31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163,
		167 };
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_new(), *k = BN_new(), *n = BN_new(), *a = BN_new();

	assert_true(BN_one(m) && BN_set_word(n, 65537));
	for (size_t i = 0; i < ARRAY_LEN(primes); i++)
		assert_true(BN_mul_word(m, primes[i]));
	assert_true(BN_rand(a, 60, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
	    BN_mod_exp(n, n, a, m, ctx) &&
	    BN_rand(k, 600, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_mul(k, k, m, ctx) && BN_add(n, n, k));
	BN_free(a);
	BN_free(k);
	BN_free(m);
	BN_CTX_free(ctx);
	return n;
}

static bool
has_factor_below_1000(const BIGNUM *n)
{
	for (BN_ULONG d = 3; d < 1000; d += 2)
		if (BN_mod_word(n, d) == 0)
			return true;
	return false;
}

static void
pubkey_valid_roca_modulus_is_refused(void **state)
{
	BIGNUM *n = roca_number();
	struct dnskey key;

	(void)state;
	while (has_factor_below_1000(n)) {
		BN_free(n);
		n = roca_number();
	}
	key = rsa_key_of(n);
	assert_invalid(&key, "ROCA fingerprint (CVE-2017-15361)");
}

static void
pubkey_valid_bad_exponent_is_refused(void **state)
{
	static const char *const exponents[] = { "1", "2", "10000" };
	struct keypair pair = keypair_new("k", 256, 8, 1024);
	BIGNUM *n = NULL, *e = BN_new();
	struct dnskey key;

	(void)state;
	assert_true(EVP_PKEY_get_bn_param(pair.pkey, "n", &n));
	for (size_t i = 0; i < ARRAY_LEN(exponents); i++) {
		assert_true(BN_hex2bn(&e, exponents[i]) > 0);
		key = rsa_key(n, e);
		assert_invalid(&key, "exponent is even or 1");
	}
	assert_non_null(BN_copy(e, n));
	key = rsa_key(n, e);
	assert_invalid(&key, "exponent is not below the modulus");
	BN_free(e);
	BN_free(n);
	keypair_free(&pair);
}

static void
pubkey_valid_point_off_its_curve_is_refused(void **state)
{
	static const uint8_t algorithms[] = { 13, 14 };
	static const uint8_t zeros[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		struct keypair pair = keypair_new("k", 256, algorithms[i], 0);
		struct dnskey key = pair.dnskey;

		key.public_key[key.public_key_len - 1] ^= 1;
		assert_invalid(&key, "not a public key");
		memset(key.public_key, 0xff, key.public_key_len);
		assert_invalid(&key, "not a public key");
		memcpy(key.public_key, zeros, key.public_key_len);
		assert_invalid(&key, "not a public key");
		keypair_free(&pair);
	}
}

/* RFC 8032, section 5.1: p = 2^255 - 19; little-endian, x's sign on top. */
static void
pubkey_valid_weak_ed25519_is_refused(void **state)
{
	static const struct {
		const char *hex, *message;
	} cases[] = {
		/* y = 0, 1, -1, and the two of order 8, with both signs */
		{ "00000000000000000000000000000000"
		  "00000000000000000000000000000000",
		    "small order" },
		{ "00000000000000000000000000000000"
		  "00000000000000000000000000000080",
		    "small order" },
		{ "01000000000000000000000000000000"
		  "00000000000000000000000000000000",
		    "small order" },
		{ "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
		  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
		    "small order" },
		{ "26E8958FC2B227B045C3F489F2EF98F0"
		  "D5DFAC05D3C63339B13802886D53FC05",
		    "small order" },
		{ "26E8958FC2B227B045C3F489F2EF98F0"
		  "D5DFAC05D3C63339B13802886D53FC85",
		    "small order" },
		{ "C7176A703D4DD84FBA3C0B760D10670F"
		  "2A2053FA2C39CCC64EC7FD7792AC037A",
		    "small order" },
		{ "C7176A703D4DD84FBA3C0B760D10670F"
		  "2A2053FA2C39CCC64EC7FD7792AC03FA",
		    "small order" },
		/* x = 0 has no sign; y = p, p + 1, 2^255 - 1 */
		{ "01000000000000000000000000000000"
		  "00000000000000000000000000000080",
		    "not canonical" },
		{ "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
		  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		    "not canonical" },
		{ "EDFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
		  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
		    "not canonical" },
		{ "EEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
		  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
		    "not canonical" },
		{ "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
		  "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		    "not canonical" },
		/* y = 2 has no x */
		{ "02000000000000000000000000000000"
		  "00000000000000000000000000000000",
		    "not on its curve" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = { .algorithm = ALGORITHM_ED25519,
			.public_key_len = 32 };

		assert_true(hex_parse(cases[i].hex, key.public_key, 32));
		assert_invalid(&key, cases[i].message);
	}
}

/* RFC 8032, section 5.2: p = 2^448 - 2^224 - 1 */
static void
pubkey_valid_weak_ed448_is_refused(void **state)
{
	struct dnskey key = { .algorithm = ALGORITHM_ED448,
		.public_key_len = 57 };

	(void)state;
	assert_invalid(&key, "small order"); /* y = 0 */
	key.public_key[0] = 1;
	assert_invalid(&key, "small order");
	key.public_key[56] = 0x80;
	assert_invalid(&key, "not canonical");
	key.public_key[56] = 0x01; /* y is beyond 2^448 */
	assert_invalid(&key, "not canonical");
	memset(key.public_key, 0xff, 56);
	key.public_key[28] = 0xfe;
	key.public_key[56] = 0;
	key.public_key[0] = 0xfe; /* -1 */
	assert_invalid(&key, "small order");
	key.public_key[0] = 0xff; /* p */
	assert_invalid(&key, "not canonical");
}

/* --- signatures --------------------------------------------------------- */

static void
pubkey_verify_every_algorithm_verifies(void **state)
{
	struct bytes data = bytes_of_string("the signed bytes");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(supported); i++) {
		struct keypair pair = keypair_new("k", 256, supported[i], 1024);
		struct keypair other =
		    keypair_new("o", 256, supported[i], 1024);
		struct rrsig sig;
		struct bytes bytes = { sig.signature, 0 };
		struct err err;

		keypair_sign(&pair, data, &sig);
		bytes.len = sig.signature_len;
		assert_ok(pubkey_verify(&pair.dnskey, data, bytes, &err), &err);
		assert_false(pubkey_verify(&other.dnskey, data, bytes, &err));
		assert_message_has(&err, "does not verify");
		assert_int_equal(err.code, E_REFUSED);
		assert_false(pubkey_verify(
		    &pair.dnskey, bytes_of_string("others"), bytes, &err));
		assert_message_has(&err, "does not verify");
		for (size_t octet = 0; octet < bytes.len; octet += 7) {
			sig.signature[octet] ^= 0x10;
			assert_false(
			    pubkey_verify(&pair.dnskey, data, bytes, &err));
			sig.signature[octet] ^= 0x10;
		}
		assert_int_equal(ERR_peek_error(), 0);
		keypair_free(&other);
		keypair_free(&pair);
	}
}

/* Shorter, and longer by a zero in front or behind. */
static void
pubkey_verify_wrong_length_is_refused(void **state)
{
	static const struct {
		size_t start;
		int longer;
	} cases[] = { { 1, -1 }, { 1, 1 }, { 0, 1 }, { 2, -1 } };
	struct bytes data = bytes_of_string("the signed bytes");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(supported); i++) {
		struct keypair pair = keypair_new("k", 256, supported[i], 1024);
		uint8_t octets[SIGNATURE_MAX + 2] = { 0 };
		struct rrsig sig;
		struct err err;

		keypair_sign(&pair, data, &sig);
		memcpy(octets + 1, sig.signature, sig.signature_len);
		for (size_t j = 0; j < ARRAY_LEN(cases); j++) {
			struct bytes bytes = { octets + cases[j].start,
				(size_t)(sig.signature_len + cases[j].longer) };

			assert_false(
			    pubkey_verify(&pair.dnskey, data, bytes, &err));
			assert_message_has(&err, "octets, not");
		}
		assert_false(pubkey_verify(
		    &pair.dnskey, data, (struct bytes){ octets, 0 }, &err));
		assert_message_has(&err, "has 0 octets, not");
		keypair_free(&pair);
	}
}

static void
pubkey_verify_ecdsa_zero_is_refused(void **state)
{
	static const uint8_t zeros[64];
	struct keypair pair = keypair_new("k", 256, 13, 0);
	struct err err;

	(void)state;
	assert_false(pubkey_verify(&pair.dnskey, bytes_of_string("x"),
	    (struct bytes){ zeros, sizeof(zeros) }, &err));
	assert_message_has(&err, "does not verify");
	keypair_free(&pair);
}

static const struct dnskey *
signer_of(const struct bundle *bundle, const struct rrsig *sig)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (strcmp(bundle->keys[i].identifier, sig->identifier) == 0)
			return &bundle->keys[i];
	fail_msg("%s is not in bundle %s", sig->identifier, bundle->id);
	return NULL;
}

static void
rrsig_verify_corpus_verifies(void **state)
{
	static const struct {
		const char *name;
		size_t n_signatures;
	} cases[] = {
		{ "root/ksr-root-2016-q3-0.xml", 11 },
		{ "root/ksr-root-2017-q2-0.xml", 11 },
		{ "root/ksr-root-2018-q1-0-d_to_e.xml", 11 },
		{ "root/skr-root-2017-q1-0.xml", 9 },
		{ "root/skr-root-2017-q2-0.xml", 9 },
		{ "root/skr-root-2018-q1-0-d_to_e.xml", 9 },
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(cases); f++) {
		struct ksr *ksr = corpus_ksr(cases[f].name);
		size_t n = 0;

		for (size_t i = 0; i < ksr->n_bundles; i++) {
			const struct bundle *b = &ksr->bundles[i];

			for (size_t j = 0; j < b->n_signatures; j++, n++) {
				const struct rrsig *sig = &b->signatures[j];
				struct err err;

				assert_ok(
				    rrsig_verify(sig, signer_of(b, sig),
					ksr->domain, b->keys, b->n_keys, &err),
				    &err);
			}
		}
		assert_int_equal(n, cases[f].n_signatures);
		ksr_free(ksr);
	}
}

/* A signed RRset of a ZSK and a KSK in "se". */
struct signed_rrset {
	struct keypair pair;
	struct dnskey keys[2];
	struct rrsig sig;
};

static struct signed_rrset
signed_rrset_new(uint16_t flags, uint8_t protocol)
{
	struct signed_rrset s = {
		.pair = keypair_new("Ksk", flags, 13, 0),
	};
	struct keypair zsk = keypair_new("zsk", 256, 13, 0);

	s.pair.dnskey.protocol = protocol;
	s.pair.dnskey.tag = dnskey_tag(&s.pair.dnskey);
	while (zsk.dnskey.tag == s.pair.dnskey.tag) {
		keypair_free(&zsk);
		zsk = keypair_new("zsk", 256, 13, 0);
	}
	s.keys[0] = zsk.dnskey;
	s.keys[1] = s.pair.dnskey;
	rrset_sign(
	    &s.pair, "se", s.keys, 2, slot_inception, slot_expiration, &s.sig);
	keypair_free(&zsk);
	return s;
}

static bool
signed_rrset_verify(const struct signed_rrset *s, const char *owner,
    const struct dnskey *key, struct err *err)
{
	return rrsig_verify(&s->sig, key, owner, s->keys, 2, err);
}

static void
rrsig_verify_correct_signature_passes(void **state)
{
	static const char *const owners[] = { "se", "se.", "SE" };
	struct signed_rrset s = signed_rrset_new(257, 3);
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(owners); i++)
		assert_ok(
		    signed_rrset_verify(&s, owners[i], &s.pair.dnskey, &err),
		    &err);
	keypair_free(&s.pair);
}

static void
rrsig_verify_wrong_field_is_refused(void **state)
{
	struct signed_rrset good = signed_rrset_new(257, 3);
	struct signed_rrset s;
	struct err err;

	(void)state;
#define REFUSED(change, owner, message)                                    \
	do {                                                               \
		s = good;                                                  \
		change;                                                    \
		assert_false(                                              \
		    signed_rrset_verify(&s, owner, &s.pair.dnskey, &err)); \
		assert_message_has(&err, message);                         \
	} while (0)
	REFUSED(s.sig.algorithm = 8, "se", "algorithm 8, its key Ksk has 13");
	REFUSED(s.sig.tag++, "se", "has key tag");
	REFUSED(s.sig.labels = 0, "se", "has 0 labels, its owner has 1");
	REFUSED(s.sig.labels = 2, "se", "has 2 labels, its owner has 1");
	REFUSED(strcpy(s.sig.signers_name, "."), "se", "signer's name is .");
	REFUSED(strcpy(s.sig.signers_name, "no"), "se", "not the owner's");
	REFUSED(strcpy(s.sig.signers_name, "s e"), "se", "signer's name: ");
	REFUSED((void)0, "no", "signer's name is se.");
	REFUSED((void)0, "", "owner: a domain name is empty");
	REFUSED(s.sig.original_ttl_s++, "se", "does not verify");
	REFUSED(s.sig.inception++, "se", "does not verify");
	REFUSED(s.sig.expiration--, "se", "does not verify");
	REFUSED(s.sig.signature[5] ^= 1, "se", "does not verify");
	REFUSED(s.sig.signature_len = 0, "se", "has 0 octets, not 64");
	REFUSED(s.keys[0].flags = 257, "se", "does not verify");
	REFUSED(s.keys[1] = s.keys[0], "se", "not in the RRset");
	REFUSED(s.keys[1].flags = 385, "se", "not in the RRset");
	assert_false(signed_rrset_verify(&good, "se", &good.keys[0], &err));
	assert_message_has(&err, "has key tag");
	keypair_free(&good.pair);
}

static void
rrsig_verify_signed_by_no_zone_key_is_refused(void **state)
{
	static const struct {
		uint16_t flags;
		uint8_t protocol;
		const char *message;
	} cases[] = {
		{ 0, 3, "flags 0, which is no zone key" },
		{ 1, 3, "flags 1, which is no zone key" },
		{ 257, 2, "protocol 2, not 3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct signed_rrset s =
		    signed_rrset_new(cases[i].flags, cases[i].protocol);
		struct err err;

		assert_false(
		    signed_rrset_verify(&s, "se", &s.pair.dnskey, &err));
		assert_message_has(&err, cases[i].message);
		keypair_free(&s.pair);
	}
}

static void
sha256_fips_180_examples_agree(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		    "7852b855" },
		{ "abc",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
		    "f20015ad" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t expected[SHA256_SIZE], digest[SHA256_SIZE];
		struct err err;

		assert_true(hex_parse(cases[i].hex, expected, SHA256_SIZE));
		assert_ok(
		    sha256(bytes_of_string(cases[i].text), digest, &err), &err);
		assert_memory_equal(digest, expected, SHA256_SIZE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithm_of_number_iana_names_are_known),
		cmocka_unit_test(algorithm_unknown_is_null),
		cmocka_unit_test(pubkey_info_parameters_are_read),
		cmocka_unit_test(pubkey_info_bits_count_from_the_highest),
		cmocka_unit_test(
		    pubkey_encode_rsa_exponent_length_has_both_forms),
		cmocka_unit_test(pubkey_encode_rsa_impossible_is_refused),
		cmocka_unit_test(pubkey_info_malformed_is_refused),
		cmocka_unit_test(pubkey_valid_generated_keys_pass),
		cmocka_unit_test(pubkey_valid_corpus_keys_pass),
		cmocka_unit_test(pubkey_valid_small_factors_are_refused),
		cmocka_unit_test(
		    pubkey_valid_factor_beyond_the_small_ones_passes),
		cmocka_unit_test(pubkey_valid_quick_limits_see_less),
		cmocka_unit_test(pubkey_valid_prime_modulus_is_refused),
		cmocka_unit_test(pubkey_valid_power_of_prime_is_refused),
		cmocka_unit_test(pubkey_valid_square_of_composite_is_refused),
		cmocka_unit_test(pubkey_valid_close_factors_are_refused),
		cmocka_unit_test(
		    pubkey_valid_factors_some_way_apart_are_refused),
		cmocka_unit_test(
		    pubkey_valid_factors_in_a_small_ratio_are_refused),
		cmocka_unit_test(near_factors_fermat_finds_every_distance),
		cmocka_unit_test(pubkey_valid_roca_modulus_is_refused),
		cmocka_unit_test(pubkey_valid_bad_exponent_is_refused),
		cmocka_unit_test(pubkey_valid_point_off_its_curve_is_refused),
		cmocka_unit_test(pubkey_valid_weak_ed25519_is_refused),
		cmocka_unit_test(pubkey_valid_weak_ed448_is_refused),
		cmocka_unit_test(pubkey_verify_every_algorithm_verifies),
		cmocka_unit_test(pubkey_verify_wrong_length_is_refused),
		cmocka_unit_test(pubkey_verify_ecdsa_zero_is_refused),
		cmocka_unit_test(rrsig_verify_corpus_verifies),
		cmocka_unit_test(rrsig_verify_correct_signature_passes),
		cmocka_unit_test(rrsig_verify_wrong_field_is_refused),
		cmocka_unit_test(rrsig_verify_signed_by_no_zone_key_is_refused),
		cmocka_unit_test(sha256_fips_180_examples_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
