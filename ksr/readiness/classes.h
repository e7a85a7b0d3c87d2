/*
 * What signals say about a rollover: the class of what a source trusts, and how
 * many sources of each there are, in a stretch of days and on each of its days.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/readiness/tally.h"

enum class {
	CLASS_NEW,	/* the new key, and not the old one */
	CLASS_BOTH,
	CLASS_OLD,	/* the old key, and not the new one */
	CLASS_NEITHER,
	CLASS_COMPILED_IN, /* a set that software sends whatever it trusts */
	CLASS_CONTRADICTORY, /* sets of different classes within a day */
	CLASSES,
};

/*
 * How a source behaves over all days that are looked at.  On a single day every
 * source counts, and its kind is not asked.
 */
enum kind {
	KIND_STEADY,
	KIND_ONCE,	/* on one day only: perhaps an address that comes once */
	KIND_FORWARDER, /* contradictory on FORWARDER_DAYS days or more */
	KINDS,
};

#define FORWARDER_DAYS	 2u
#define COMPILED_SETS_MAX 16u
#define SHARE_WHOLE	 1000000u /* shares are in millionths */

extern const char *const class_names[CLASSES];
extern const char *const kind_names[KINDS];

struct question {
	uint16_t old_tag, new_tag;
	size_t n_compiled;
	struct tag_set compiled[COMPILED_SETS_MAX];
	int32_t from, until; /* days; both count */
};

struct day_shares {
	int32_t day;
	uint64_t n[CLASSES];
};

struct readiness {
	uint64_t n[KINDS][CLASSES]; /* sources, each once */
	size_t n_days;
	struct day_shares *days; /* owned; ascending, those with a signal */
	unsigned level;		 /* of the sample that these are of */
};

enum class class_of(const struct question *question, const struct tag_set *set);

/*
 * Reorders the tally's rows; nothing may be added to it from then on.  A
 * source's class over all days is that of its last day; a forwarder's is
 * CLASS_CONTRADICTORY.  E_MEMORY.
 */
MUST_USE bool readiness_measure(struct tally *tally,
    const struct question *question, struct readiness *ret, struct err *err);
void readiness_free(struct readiness *readiness);

/* All sources of a day; those of a kind, or of all kinds with KINDS. */
uint64_t day_sources(const struct day_shares *day);
uint64_t kind_sources(const struct readiness *readiness, enum kind kind);

/* What a sample of this level stands for, and the 95 % error of that. */
uint64_t estimate(uint64_t n, unsigned level);
uint64_t estimate_error(uint64_t n, unsigned level);

/*
 * A share in millionths, and the half width of its 95 % interval (Wilson, with
 * the correction for a sample of half, a quarter, ... of all); 0 at level 0,
 * where nothing is sampled.
 */
uint32_t share(uint64_t n, uint64_t of);
uint32_t share_error(uint64_t n, uint64_t of, unsigned level);
