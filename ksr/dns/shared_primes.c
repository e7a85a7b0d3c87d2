#include <stdint.h>
#include <stdlib.h>

#include "ksr/dns/shared_primes.h"
#include "ksr/dns/small_primes.h"

/*
 * Node 1 is the root, 2v and 2v + 1 are v's children, and modulus i is the leaf
 * n + i.  A node's product is that of its leaves; its rest is the product of all
 * leaves that are not below it, modulo its own product.
 */
struct tree {
	size_t n;
	BIGNUM **product; /* 2n of each; the first is not used */
	BIGNUM **rest;
	BN_CTX *ctx;
};

static void
free_numbers(BIGNUM **numbers, size_t n)
{
	for (size_t i = 0; numbers != NULL && i < n; i++)
		BN_free(numbers[i]);
	free(numbers);
}

static BIGNUM **
new_numbers(size_t n)
{
	BIGNUM **numbers = calloc(n, sizeof(numbers[0]));

	for (size_t i = 0; numbers != NULL && i < n; i++) {
		numbers[i] = BN_new();
		if (numbers[i] == NULL) {
			free_numbers(numbers, n);
			return NULL;
		}
	}
	return numbers;
}

static bool
multiply_up(struct tree *tree, BIGNUM *const *moduli)
{
	for (size_t i = 0; i < tree->n; i++)
		if (BN_copy(tree->product[tree->n + i], moduli[i]) == NULL)
			return false;
	for (size_t v = tree->n; v-- > 1;)
		if (BN_mul(tree->product[v], tree->product[2 * v],
			tree->product[2 * v + 1], tree->ctx) != 1)
			return false;
	return true;
}

/* What is not below a child: what is not below its parent, and its sibling. */
static bool
reduce_down(struct tree *tree)
{
	if (BN_one(tree->rest[1]) != 1)
		return false;
	for (size_t v = 2; v < 2 * tree->n; v++) {
		const BIGNUM *product = tree->product[v];

		if (BN_mod(tree->rest[v], tree->product[v ^ 1], product,
			tree->ctx) != 1 ||
		    BN_mod_mul(tree->rest[v], tree->rest[v], tree->rest[v / 2],
			product, tree->ctx) != 1)
			return false;
	}
	return true;
}

static bool
has_common(const struct tree *tree, const BIGNUM *number, const BIGNUM *modulus,
    bool *ret)
{
	BIGNUM *divisor;
	bool ok;

	BN_CTX_start(tree->ctx);
	divisor = BN_CTX_get(tree->ctx);
	ok = divisor != NULL &&
	    common_divisor(divisor, number, modulus, tree->ctx);
	if (ok)
		*ret = !BN_is_one(divisor);
	BN_CTX_end(tree->ctx);
	return ok;
}

/* The leaf that has a divisor in common with `leaf`, which some other has. */
static bool
find_partner(const struct tree *tree, size_t leaf, size_t *ret)
{
	const BIGNUM *modulus = tree->product[leaf];
	bool found = false;
	size_t v = leaf;

	/* Up to where the sibling's leaves hold it, then down to it. */
	for (; v > 1 && !found; v /= 2)
		if (!has_common(tree, tree->product[v ^ 1], modulus, &found))
			return false;
		else if (found)
			break;
	if (!found) {
		*ret = leaf;
		return true;
	}
	for (v ^= 1; v < tree->n;) {
		v *= 2;
		if (!has_common(tree, tree->product[v], modulus, &found))
			return false;
		if (!found)
			v++;
	}
	*ret = v;
	return true;
}

static bool
find_partners(const struct tree *tree, size_t *ret)
{
	for (size_t i = 0; i < tree->n; i++) {
		size_t leaf = tree->n + i, partner;
		bool shares;

		if (!has_common(tree, tree->rest[leaf], tree->product[leaf],
			&shares))
			return false;
		ret[i] = NO_PARTNER;
		if (!shares)
			continue;
		if (!find_partner(tree, leaf, &partner))
			return false;
		ret[i] = partner - tree->n;
	}
	return true;
}

bool
shared_primes(BIGNUM *const *moduli, size_t n, size_t *ret, struct err *err)
{
	struct tree tree = { .n = n };
	bool ok;

	if (n < 2) {
		for (size_t i = 0; i < n; i++)
			ret[i] = NO_PARTNER;
		return true;
	}
	tree.product = new_numbers(2 * n);
	tree.rest = new_numbers(2 * n);
	tree.ctx = BN_CTX_new();
	ok = tree.product != NULL && tree.rest != NULL && tree.ctx != NULL &&
	    multiply_up(&tree, moduli) && reduce_down(&tree) &&
	    find_partners(&tree, ret);
	BN_CTX_free(tree.ctx);
	free_numbers(tree.rest, 2 * n);
	free_numbers(tree.product, 2 * n);
	return ok || err_set(err, E_MEMORY, "out of memory");
}
