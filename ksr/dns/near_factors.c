#include "ksr/base/bytes.h"
#include "ksr/dns/near_factors.h"

enum { WORD = 64 };

/*
 * Pairwise without a common divisor, and none too large for its residues to
 * stand in a word and their repetition in a second.
 */
static const uint8_t moduli[] = { 64, 63, 65, 11, 17, 19, 23, 29, 31, 37, 41,
	43, 47, 53, 59, 61 };
enum { N_MODULI = ARRAY_LEN(moduli) };

/* The two products of moduli, by which large numbers are reduced. */
static const uint64_t halves[2] = {
	UINT64_C(64) * 63 * 65 * 11 * 17 * 19 * 23 * 29 * 31,
	UINT64_C(37) * 41 * 43 * 47 * 53 * 59 * 61,
};
enum { FIRST_HALF = 9 };

struct residues {
	uint8_t of[N_MODULI];
};

/* Bit i of pattern is whether (first + i)^2 - n may be a square mod modulus. */
struct sieve {
	uint64_t low[N_MODULI], high[N_MODULI];
	uint8_t first[N_MODULI];
};

static bool
reduce(const BIGNUM *number, struct residues *ret)
{
	BN_ULONG half[2];

	for (size_t i = 0; i < ARRAY_LEN(half); i++) {
		half[i] = BN_mod_word(number, (BN_ULONG)halves[i]);
		if (half[i] == (BN_ULONG)-1)
			return false;
	}
	for (size_t i = 0; i < N_MODULI; i++)
		ret->of[i] = (uint8_t)(half[i >= FIRST_HALF] % moduli[i]);
	return true;
}

/* The residues of squares, as bits. */
static void
squares_of(uint8_t modulus, uint64_t ret[2])
{
	ret[0] = ret[1] = 0;
	for (unsigned i = 0; i < modulus; i++) {
		unsigned square = i * i % modulus;

		ret[square / WORD] |= UINT64_C(1) << square % WORD;
	}
}

/* Bits 0 to 127 of the pattern of a modulus, from x = 0 on. */
static void
pattern_of(uint8_t modulus, uint8_t n, uint64_t ret[2])
{
	uint64_t squares[2];
	bool may[UINT8_MAX + 1];

	squares_of(modulus, squares);
	for (unsigned x = 0; x < modulus; x++) {
		unsigned rest = (x * x + modulus - n) % modulus;

		may[x] = (squares[rest / WORD] >> rest % WORD & 1) != 0;
	}
	ret[0] = ret[1] = 0;
	for (unsigned i = 0, x = 0; i < 2 * WORD; i++) {
		ret[i / WORD] |= (uint64_t)may[x] << i % WORD;
		x = x + 1 == modulus ? 0 : x + 1;
	}
}

static void
sieve_begin(struct sieve *sieve, const struct residues *n,
    const struct residues *first)
{
	for (size_t i = 0; i < N_MODULI; i++) {
		uint64_t pattern[2];

		pattern_of(moduli[i], n->of[i], pattern);
		sieve->low[i] = pattern[0];
		sieve->high[i] = pattern[1];
		sieve->first[i] = first->of[i];
	}
}

/* The 64 candidates from first + 64 * word on. */
static uint64_t
sieve_word(const struct sieve *sieve, uint32_t word)
{
	uint64_t candidates = UINT64_MAX;

	for (size_t i = 0; i < N_MODULI && candidates != 0; i++) {
		unsigned modulus = moduli[i];
		unsigned shift = (sieve->first[i] +
				     WORD % modulus * (word % modulus)) %
		    modulus;
		uint64_t low = sieve->low[i], high = sieve->high[i];

		if (shift == WORD)
			candidates &= high;
		else if (shift != 0)
			candidates &= low >> shift | high << (WORD - shift);
		else
			candidates &= low;
	}
	return candidates;
}

/*
 * The integer part of n's square root, by Newton's method from above: root
 * holds a number that is not below it.
 */
static bool
square_root_from(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *next;
	bool ok;

	BN_CTX_start(ctx);
	next = BN_CTX_get(ctx);
	ok = next != NULL && BN_copy(next, root) != NULL;
	do {
		ok = ok && BN_copy(root, next) != NULL &&
		    BN_div(next, NULL, n, root, ctx) == 1 &&
		    BN_add(next, next, root) == 1 &&
		    BN_rshift1(next, next) == 1;
	} while (ok && BN_cmp(next, root) < 0);
	BN_CTX_end(ctx);
	return ok;
}

static bool
square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BN_zero(root);
	return BN_set_bit(root, (BN_num_bits(n) + 1) / 2) == 1 &&
	    square_root_from(root, n, ctx);
}

/* Whether (first + offset)^2 - n is a square. */
static bool
try_candidate(const BIGNUM *n, const BIGNUM *first, uint64_t offset, bool *ret,
    BN_CTX *ctx)
{
	BIGNUM *rest, *root;
	bool ok;

	BN_CTX_start(ctx);
	rest = BN_CTX_get(ctx);
	root = BN_CTX_get(ctx);
	ok = root != NULL && BN_copy(rest, first) != NULL &&
	    BN_add_word(rest, (BN_ULONG)offset) == 1 &&
	    BN_sqr(rest, rest, ctx) == 1 && BN_sub(rest, rest, n) == 1;
	/* The root of nothing would be looked for by dividing by it. */
	if (ok && !BN_is_zero(rest))
		ok = square_root(root, rest, ctx) &&
		    BN_sqr(root, root, ctx) == 1;
	if (ok)
		*ret = BN_is_zero(rest) || BN_cmp(root, rest) == 0;
	BN_CTX_end(ctx);
	return ok;
}

/* Among first, first + 1, ...; their number is rounded up to whole words. */
static bool
search(const BIGNUM *n, const struct residues *n_residues, const BIGNUM *first,
    uint64_t steps, bool *ret, BN_CTX *ctx)
{
	struct residues residues;
	struct sieve sieve;
	bool found = false;

	if (!reduce(first, &residues))
		return false;
	sieve_begin(&sieve, n_residues, &residues);
	for (uint32_t word = 0; !found && word < (steps + WORD - 1) / WORD;
	     word++) {
		uint64_t candidates = sieve_word(&sieve, word);

		for (unsigned i = 0; !found && candidates >> i != 0; i++) {
			if ((candidates >> i & 1) != 0 &&
			    !try_candidate(n, first,
				UINT64_C(64) * word + i, &found, ctx))
				return false;
			if (i == WORD - 1)
				break;
		}
	}
	*ret = found;
	return true;
}

/* From the integer part of a square root to the least x with x^2 >= n. */
static bool
round_up(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *square;
	bool ok;

	BN_CTX_start(ctx);
	square = BN_CTX_get(ctx);
	ok = square != NULL && BN_sqr(square, root, ctx) == 1 &&
	    (BN_cmp(square, n) >= 0 || BN_add_word(root, 1) == 1);
	BN_CTX_end(ctx);
	return ok;
}

bool
near_factors_fermat(const BIGNUM *n, uint64_t steps, bool *ret, BN_CTX *ctx)
{
	struct residues residues;
	BIGNUM *first;
	bool ok;

	BN_CTX_start(ctx);
	first = BN_CTX_get(ctx);
	ok = first != NULL && reduce(n, &residues) &&
	    square_root(first, n, ctx) && round_up(first, n, ctx) &&
	    search(n, &residues, first, steps, ret, ctx);
	BN_CTX_end(ctx);
	return ok;
}

/* What follows from multiplying by k. */
static struct residues
residues_times(const struct residues *residues, uint32_t k)
{
	struct residues times;

	for (size_t i = 0; i < N_MODULI; i++)
		times.of[i] = (uint8_t)(k % moduli[i] * residues->of[i] %
		    moduli[i]);
	return times;
}

/*
 * root goes from that of 4(k - 1)n to that of 4kn: the square root of
 * k / (k - 1) is below 1 + 1 / (2k - 2), and near to it.
 */
static bool
next_root(BIGNUM *root, uint32_t k, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *more;
	bool ok;

	BN_CTX_start(ctx);
	more = BN_CTX_get(ctx);
	ok = more != NULL && BN_copy(more, root) != NULL &&
	    BN_div_word(more, 2 * k - 2) != (BN_ULONG)-1 &&
	    BN_add(root, root, more) == 1 && BN_add_word(root, 2) == 1 &&
	    square_root_from(root, n, ctx);
	BN_CTX_end(ctx);
	return ok;
}

bool
near_factors_lehman(const BIGNUM *n, uint32_t max, uint64_t steps,
    uint32_t *ret, BN_CTX *ctx)
{
	BIGNUM *four_n, *multiple, *root, *first;
	struct residues residues;
	bool ok, found = false;
	uint32_t k = 2;

	BN_CTX_start(ctx);
	four_n = BN_CTX_get(ctx);
	multiple = BN_CTX_get(ctx);
	root = BN_CTX_get(ctx);
	first = BN_CTX_get(ctx);
	ok = first != NULL && BN_lshift(four_n, n, 2) == 1 &&
	    reduce(four_n, &residues) && square_root(root, four_n, ctx) &&
	    BN_copy(multiple, four_n) != NULL;
	for (; ok && !found && k <= max; k++) {
		struct residues times = residues_times(&residues, k);

		ok = BN_add(multiple, multiple, four_n) == 1 &&
		    next_root(root, k, multiple, ctx) &&
		    BN_copy(first, root) != NULL &&
		    round_up(first, multiple, ctx) &&
		    search(multiple, &times, first, steps, &found, ctx);
	}
	if (ok)
		*ret = found ? k - 1 : 0;
	BN_CTX_end(ctx);
	return ok;
}
