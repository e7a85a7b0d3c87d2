#include <stdlib.h>

#include "ksr/plan/plan_walk.h"

/* A word of struct plan_zsks; a number of 0 makes none. */
enum { ALGORITHM_SHIFT = 24, BITS_SHIFT = 8, NUMBER_MASK = 255 };

static struct key_count
count_of(uint32_t kind)
{
	return (struct key_count){ .algorithm = (uint8_t)(kind >> ALGORITHM_SHIFT),
		.bits = (uint16_t)(kind >> BITS_SHIFT) };
}

static int
compare(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

struct plan_zsks
plan_zsks(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot)
{
	const struct key_counts *counts =
	    plan_key_counts(quarter, response, config);
	struct plan_zsks zsks = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->per_bundle[slot] > 0)
			zsks.kinds[n++] =
			    (uint32_t)count->algorithm << ALGORITHM_SHIFT |
			    (uint32_t)count->bits << BITS_SHIFT |
			    count->per_bundle[slot];
	}
	qsort(zsks.kinds, n, sizeof(zsks.kinds[0]), compare);
	return zsks;
}

/* Whether a count says less of its keys: no algorithm, or no size. */
static bool
is_vaguer(struct key_count count, struct key_count than)
{
	return count.algorithm == 0 ||
	    (count.algorithm == than.algorithm && count.bits == 0);
}

/* Of the kind; where a's or b's counts say less than it, of all like it. */
static unsigned
number_of(const struct plan_zsks *zsks, struct key_count kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < KEY_COUNTS_MAX; i++) {
		struct key_count own = count_of(zsks->kinds[i]);

		if (kind.algorithm == 0 ||
		    (own.algorithm == kind.algorithm &&
			(kind.bits == 0 || own.bits == kind.bits)))
			n += zsks->kinds[i] & NUMBER_MASK;
	}
	return n;
}

/* The vaguest kind of either that covers this one. */
static struct key_count
vaguest(const struct plan_zsks *a, const struct plan_zsks *b,
    struct key_count kind)
{
	const struct plan_zsks *both[] = { a, b };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < KEY_COUNTS_MAX; i++) {
			struct key_count own = count_of(both[k]->kinds[i]);

			if ((both[k]->kinds[i] & NUMBER_MASK) != 0 &&
			    is_vaguer(own, kind))
				kind = own;
		}
	return kind;
}

static bool
covers(const struct plan_zsks *a, const struct plan_zsks *b)
{
	for (size_t i = 0; i < KEY_COUNTS_MAX; i++) {
		struct key_count kind;

		if ((a->kinds[i] & NUMBER_MASK) == 0)
			continue;
		kind = vaguest(a, b, count_of(a->kinds[i]));
		if (number_of(a, kind) != number_of(b, kind))
			return false;
	}
	return true;
}

bool
plan_zsks_agree(const struct plan_zsks *a, const struct plan_zsks *b)
{
	return covers(a, b) && covers(b, a);
}

struct text
plan_zsks_text(const struct plan_zsks *zsks)
{
	char name[KEY_COUNT_TEXT_SIZE];
	struct text text = { 0 };

	for (size_t i = 0; i < KEY_COUNTS_MAX; i++) {
		struct key_count kind = count_of(zsks->kinds[i]);
		unsigned n = zsks->kinds[i] & NUMBER_MASK;

		if (n > 0)
			text_add(&text, "%s%u%s%s ZSK%s",
			    text.len == 0 ? "" : ", ", n,
			    kind.algorithm == 0 ? "" : " ",
			    key_count_text(&kind, name), n == 1 ? "" : "s");
	}
	if (text.len == 0)
		text_add(&text, "no ZSKs");
	return text;
}
