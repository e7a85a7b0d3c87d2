/*
 * Which source said which sets of tags on which day: rows in a table that never
 * outgrows its limit.
 *
 * Beyond the limit it keeps a sample of the sources: those whose rank, a hash
 * that is the same everywhere, begins with `level` zero bits.  One more bit
 * drops half of the sources, each with all its days.  So tallies of several
 * servers, sampled differently, merge to the very sample of all that they saw;
 * a share in it has a sampling error and no bias (classes.h).
 *
 * A source that says more than SETS_MAX sets in a day keeps the smallest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/readiness/source.h"
#include "ksr/readiness/tag_set.h"

#define TALLY_SETS_MAX	    4u
#define TALLY_LEVEL_MAX	    32u
#define TALLY_LIMIT_DEFAULT (1u << 20) /* rows: some 80 MB while it grows */

struct tally_row {
	int32_t day; /* since 1970-01-01 */
	struct source source;
	struct tag_set set;
	uint8_t ordinal; /* of the sets of this source and day */
};

struct tally {
	struct tally_row *rows; /* owned */
	size_t n, size, limit;
	uint32_t *index; /* owned: a row's place + 1, open addressing */
	size_t index_size; /* a power of two */
	unsigned level;
	uint64_t key[2]; /* secret: where rows stand in the index */
};

enum tally_added {
	TALLY_ADDED, /* or known, or outside the sample */
	TALLY_MORE_SETS,
	TALLY_NO_ROOM, /* at the deepest level, or out of memory */
};

/* key may be anything that senders cannot know.  tally_free(NULL) is fine. */
void tally_init(struct tally *tally, size_t limit, const uint64_t key[2]);
void tally_free(struct tally *tally);

enum tally_added tally_add(struct tally *tally, int32_t day,
    const struct source *source, const struct tag_set *set);

/* Drops what another sample of this level would not have. */
void tally_deepen(struct tally *tally, unsigned level);

/* By source, set and day.  Nothing may be added from then on. */
void tally_sort(struct tally *tally);
