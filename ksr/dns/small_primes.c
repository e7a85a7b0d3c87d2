#include <stdlib.h>
#include <string.h>

#include "ksr/dns/small_primes.h"

enum {
	PRODUCT_BITS = 16384,
	/* 1.44 bits for each number below the end, and one product begun. */
	PRODUCTS_MAX = 3 * (1 << 20) / 2 / PRODUCT_BITS + 1,
};

struct small_primes {
	size_t n;
	BIGNUM *products[PRODUCTS_MAX];
};

/* Eratosthenes, over odd numbers: ret[i] is whether 2i + 1 is composite. */
static uint8_t *
composites_new(void)
{
	uint8_t *composite = calloc(SMALL_PRIMES_END / 2, 1);

	if (composite == NULL)
		return NULL;
	composite[0] = 1;
	for (size_t p = 3; p * p < SMALL_PRIMES_END; p += 2)
		for (size_t q = p * p;
		    composite[p / 2] == 0 && q < SMALL_PRIMES_END; q += 2 * p)
			composite[q / 2] = 1;
	return composite;
}

/* Multiplies the last product, or begins another where that one is full. */
static bool
append(struct small_primes *primes, BN_ULONG factor)
{
	BIGNUM **last;

	if (primes->n == 0 ||
	    BN_num_bits(primes->products[primes->n - 1]) >= PRODUCT_BITS) {
		if (primes->n == PRODUCTS_MAX)
			return false;
		last = &primes->products[primes->n];
		*last = BN_new();
		if (*last == NULL)
			return false;
		primes->n++;
		return BN_set_word(*last, factor) == 1;
	}
	last = &primes->products[primes->n - 1];
	return BN_mul_word(*last, factor) == 1;
}

/* Three primes of 20 bits are one factor of a word. */
static bool
fill(struct small_primes *primes, const uint8_t *composite)
{
	BN_ULONG factor = 1;

	for (size_t i = 0; i < SMALL_PRIMES_END / 2; i++) {
		BN_ULONG prime = 2 * i + 1;

		if (composite[i] != 0)
			continue;
		if (factor > (BN_ULONG)-1 / prime) {
			if (!append(primes, factor))
				return false;
			factor = 1;
		}
		factor *= prime;
	}
	return append(primes, factor);
}

bool
small_primes_new(struct small_primes **ret, struct err *err)
{
	struct small_primes *primes = calloc(1, sizeof(*primes));
	uint8_t *composite = composites_new();
	bool ok = primes != NULL && composite != NULL;

	ok = ok && fill(primes, composite);
	free(composite);
	if (!ok) {
		small_primes_free(primes);
		return err_set(err, E_MEMORY, "out of memory");
	}
	*ret = primes;
	return true;
}

void
small_primes_free(struct small_primes *primes)
{
	if (primes == NULL)
		return;
	for (size_t i = 0; i < primes->n; i++)
		BN_free(primes->products[i]);
	free(primes);
}

bool
common_divisor(BIGNUM *ret, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	BIGNUM *x, *y, *swap;
	bool ok;

	BN_CTX_start(ctx);
	x = BN_CTX_get(ctx);
	y = BN_CTX_get(ctx);
	ok = y != NULL && BN_copy(x, a) != NULL && BN_copy(y, b) != NULL;
	while (ok && !BN_is_zero(y)) {
		ok = BN_mod(x, x, y, ctx) == 1;
		swap = x;
		x = y;
		y = swap;
	}
	ok = ok && BN_copy(ret, x) != NULL;
	BN_CTX_end(ctx);
	return ok;
}

/* The smallest divisor of n, which has one, is a prime. */
static uint32_t
smallest_divisor(const BIGNUM *n)
{
	uint32_t d = 3;

	while (d < SMALL_PRIMES_END && BN_mod_word(n, d) != 0)
		d += 2;
	return d;
}

bool
small_primes_divisor(const struct small_primes *primes, const BIGNUM *n,
    uint32_t *ret, BN_CTX *ctx)
{
	BIGNUM *all, *one, *divisor;
	bool ok;

	BN_CTX_start(ctx);
	all = BN_CTX_get(ctx);
	one = BN_CTX_get(ctx);
	divisor = BN_CTX_get(ctx);
	ok = divisor != NULL && BN_one(all) == 1;
	for (size_t i = 0; ok && i < primes->n; i++)
		ok = BN_mod(one, primes->products[i], n, ctx) == 1 &&
		    BN_mod_mul(all, all, one, n, ctx) == 1;
	ok = ok && common_divisor(divisor, all, n, ctx);
	if (ok)
		*ret = BN_is_one(divisor) ? 0 : smallest_divisor(n);
	BN_CTX_end(ctx);
	return ok;
}
