#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey_fields.h"
#include "ksr/rules/key_tests.h"

struct tested {
	uint8_t algorithm;
	uint16_t public_key_len;
	uint8_t public_key[PUBLIC_KEY_MAX];
	struct err *refusal; /* owned; NULL: the key is valid */
};

/* More sets than a ceremony's documents make. */
enum { SETS_MAX = 64 };

struct key_tests {
	const struct key_limits *limits;
	struct small_primes *primes; /* NULL until an RSA key needs them */
	size_t n;
	struct tested **tested; /* sorted */
	/* Digests of sets of moduli without a prime in common, the last ones. */
	size_t n_sets;
	uint8_t sets[SETS_MAX][SHA256_SIZE];
};

bool
key_tests_new(
    const struct key_limits *limits, struct key_tests **ret, struct err *err)
{
	struct key_tests *tests = calloc(1, sizeof(*tests));

	if (tests == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	tests->limits = limits;
	*ret = tests;
	return true;
}

static void
tested_free(struct tested *tested)
{
	if (tested == NULL)
		return;
	free(tested->refusal);
	free(tested);
}

void
key_tests_free(struct key_tests *tests)
{
	if (tests == NULL)
		return;
	for (size_t i = 0; i < tests->n; i++)
		tested_free(tests->tested[i]);
	free(tests->tested);
	small_primes_free(tests->primes);
	free(tests);
}

static int
compare(const struct tested *tested, const struct dnskey *key)
{
	if (tested->algorithm != key->algorithm)
		return tested->algorithm < key->algorithm ? -1 : 1;
	return bytes_compare(
	    (struct bytes){ tested->public_key, tested->public_key_len },
	    (struct bytes){ key->public_key, key->public_key_len });
}

/* The first place whose key is not before this one. */
static size_t
place_of(const struct key_tests *tests, const struct dnskey *key)
{
	size_t low = 0, high = tests->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(tests->tested[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
insert(struct key_tests *tests, size_t at, struct tested *tested)
{
	size_t n = tests->n;

	/* The array doubles when its size is full. */
	if ((n & (n - 1)) == 0) {
		struct tested **more = realloc(tests->tested,
		    (n == 0 ? 1 : 2 * n) * sizeof(tests->tested[0]));

		if (more == NULL)
			return false;
		tests->tested = more;
	}
	memmove(&tests->tested[at + 1], &tests->tested[at],
	    (n - at) * sizeof(tests->tested[0]));
	tests->tested[at] = tested;
	tests->n++;
	return true;
}

/* Keeps what was found: why is NULL if nothing was. */
static bool
remember(struct key_tests *tests, size_t at, const struct dnskey *key,
    const struct err *why, struct err *err)
{
	struct tested *tested = calloc(1, sizeof(*tested));
	bool ok = tested != NULL;

	if (ok) {
		tested->algorithm = key->algorithm;
		tested->public_key_len = key->public_key_len;
		memcpy(
		    tested->public_key, key->public_key, key->public_key_len);
	}
	if (ok && why != NULL) {
		tested->refusal = malloc(sizeof(*why));
		ok = tested->refusal != NULL;
		if (ok)
			*tested->refusal = *why;
	}
	if (ok && insert(tests, at, tested))
		return true;
	tested_free(tested);
	return err_set(err, E_MEMORY, "out of memory");
}

static bool
is_rsa(const struct dnskey *key)
{
	const struct algorithm *algorithm = algorithm_of_number(key->algorithm);

	return algorithm != NULL && algorithm->supported &&
	    algorithm->family == FAMILY_RSA;
}

bool
key_tests_valid(
    struct key_tests *tests, const struct dnskey *key, struct err *err)
{
	size_t at = place_of(tests, key);
	bool valid;

	if (at < tests->n && compare(tests->tested[at], key) == 0) {
		if (tests->tested[at]->refusal == NULL)
			return true;
		*err = *tests->tested[at]->refusal;
		return false;
	}
	if (tests->primes == NULL && tests->limits->small_primes &&
	    is_rsa(key) && !small_primes_new(&tests->primes, err))
		return false;
	valid = pubkey_valid(key, tests->limits, tests->primes, err);
	if (!valid && err->code != E_REFUSED)
		return false;
	if (valid)
		return remember(tests, at, key, NULL, err);
	return remember(tests, at, key, err, err) && false;
}

/* One modulus of those asked about, and the keys that have it. */
struct modulus {
	struct bytes octets;
	size_t key; /* the index of one of them */
};

static int
by_modulus(const void *left, const void *right)
{
	const struct modulus *a = left, *b = right;
	int order = bytes_compare(a->octets, b->octets);

	return order != 0 ? order : (a->key > b->key) - (a->key < b->key);
}

static bool
modulus_of(const struct dnskey *key, struct bytes *ret)
{
	struct pubkey_fields fields;
	struct err ignored;

	if (!is_rsa(key) || !pubkey_fields_read(key, &fields, &ignored))
		return false;
	*ret = fields.modulus;
	return true;
}

/* The distinct moduli, sorted; returns how many. */
static size_t
list_moduli(const struct dnskey *const *keys, size_t n, struct modulus *ret)
{
	size_t n_all = 0, n_distinct = 0;

	for (size_t i = 0; i < n; i++)
		if (modulus_of(keys[i], &ret[n_all].octets))
			ret[n_all++].key = i;
	qsort(ret, n_all, sizeof(ret[0]), by_modulus);
	for (size_t i = 0; i < n_all; i++)
		if (n_distinct == 0 ||
		    !bytes_equal(
			ret[n_distinct - 1].octets, ret[i].octets))
			ret[n_distinct++] = ret[i];
	return n_distinct;
}

/* Each with its length, so that no two sets are one text. */
static bool
digest_set(const struct modulus *moduli, size_t n, uint8_t ret[SHA256_SIZE],
    struct err *err)
{
	struct buf buf = buf_new(n * (PUBLIC_KEY_MAX + 2));
	bool ok;

	for (size_t i = 0; i < n; i++) {
		buf_u16(&buf, (uint16_t)moduli[i].octets.len);
		buf_put(&buf, moduli[i].octets.data, moduli[i].octets.len);
	}
	ok = buf.failed ? err_set(err, E_MEMORY, "out of memory")
			: sha256(buf_bytes(&buf), ret, err);
	buf_free(&buf);
	return ok;
}

static bool
is_known(const struct key_tests *tests, const uint8_t set[SHA256_SIZE])
{
	for (size_t i = 0; i < SETS_MAX && i < tests->n_sets; i++)
		if (memcmp(tests->sets[i], set, SHA256_SIZE) == 0)
			return true;
	return false;
}

/* As shared_primes, of moduli that are still octets. */
static bool
find_partners(const struct modulus *moduli, size_t n, size_t *ret,
    struct err *err)
{
	BIGNUM **numbers = calloc(n + 1, sizeof(numbers[0]));
	bool ok = numbers != NULL;

	for (size_t i = 0; ok && i < n; i++) {
		numbers[i] = BN_bin2bn(moduli[i].octets.data,
		    (int)moduli[i].octets.len, NULL);
		ok = numbers[i] != NULL;
	}
	ok = ok ? shared_primes(numbers, n, ret, err)
		: err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; numbers != NULL && i < n; i++)
		BN_free(numbers[i]);
	free(numbers);
	return ok;
}

/* The place of a modulus that is among them. */
static size_t
find_modulus(const struct modulus *moduli, size_t n, struct bytes octets)
{
	size_t low = 0, high = n;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (bytes_compare(moduli[middle].octets, octets) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* From partners of moduli to those of keys; returns whether there are any. */
static bool
place_partners(const struct modulus *moduli, const size_t *partners,
    size_t n_moduli, const struct dnskey *const *keys, size_t n, size_t *ret)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct bytes octets;
		size_t at;

		if (!modulus_of(keys[i], &octets))
			continue;
		at = find_modulus(moduli, n_moduli, octets);
		if (partners[at] == NO_PARTNER)
			continue;
		ret[i] = moduli[partners[at]].key;
		any = true;
	}
	return any;
}

static bool
share_primes(struct key_tests *tests, const struct dnskey *const *keys,
    size_t n, struct modulus *moduli, size_t *partners, size_t *ret,
    struct err *err)
{
	size_t n_moduli = list_moduli(keys, n, moduli);
	uint8_t set[SHA256_SIZE];

	if (!digest_set(moduli, n_moduli, set, err))
		return false;
	if (n_moduli < 2 || is_known(tests, set))
		return true;
	if (!find_partners(moduli, n_moduli, partners, err))
		return false;
	if (!place_partners(moduli, partners, n_moduli, keys, n, ret))
		memcpy(tests->sets[tests->n_sets++ % SETS_MAX], set,
		    SHA256_SIZE);
	return true;
}

bool
key_tests_share_primes(struct key_tests *tests,
    const struct dnskey *const *keys, size_t n, size_t *ret, struct err *err)
{
	struct modulus *moduli = calloc(n + 1, sizeof(moduli[0]));
	size_t *partners = calloc(n + 1, sizeof(partners[0]));
	bool ok;

	for (size_t i = 0; i < n; i++)
		ret[i] = NO_PARTNER;
	if (moduli == NULL || partners == NULL)
		ok = err_set(err, E_MEMORY, "out of memory");
	else
		ok = share_primes(
		    tests, keys, n, moduli, partners, ret, err);
	free(partners);
	free(moduli);
	return ok;
}
