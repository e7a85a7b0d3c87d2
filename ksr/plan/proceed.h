/*
 * When a quarter's planned response may be used: what a plan declares under
 * `proceed`, and what it comes to on the signals of validators.
 *
 *   proceed:
 *     days: 14                    # whole days before the decision
 *     min_sources: 1000           # distinct sources with either key in them
 *     max_old_only: 1             # percent of them that trust the old key alone
 *     no_rise_after: 2017-09-01   # that share, against the days from then on
 *     otherwise: d_to_d           # the response that follows a hold
 *     deciders: [policy board]    # who may decide against the measures
 *
 * Old and new are the quarter's two keys, by the key tags of the configuration.
 * Nothing here is lenient: what is not known lets nothing go on.
 */
#pragma once

#include "ksr/plan/plan.h"
#include "ksr/policy/tree.h"
#include "ksr/readiness/classes.h"

#define DECIDERS_MAX 8u

struct proceed {
	uint16_t old_tag, new_tag;
	uint32_t days;
	uint64_t min_sources;
	uint32_t max_old_only; /* SHARE_WHOLE is all */
	bool has_no_rise;
	int32_t no_rise_after; /* a day */
	size_t otherwise;      /* index of the fallback that follows a hold */
	size_t n_deciders;
	char deciders[DECIDERS_MAX][NAME_MAX_LEN + 1];
};

/*
 * Reads the map of a quarter whose responses are there; old and new are masks of
 * the two keys.  Owned by the caller, who frees it with free.
 */
MUST_USE bool proceed_read(const struct tree *map, const struct config *config,
    const struct plan_quarter *quarter, uint32_t old, uint32_t new,
    struct proceed **ret, struct err *err);

enum measured {
	MEASURED_UNKNOWN, /* too little is known */
	MEASURED_MET,
	MEASURED_MISSED,
};

enum measure {
	MEASURE_DAYS, /* each of the days has signals */
	MEASURE_SOURCES,
	MEASURE_OLD_ONLY,
	MEASURE_NO_RISE,
	MEASURES,
};

struct measure_row {
	bool asked; /* the plan asks for it */
	enum measured result;
	char seen[128], wanted[128];
};

extern const char *const measure_ids[MEASURES];

enum verdict_to_proceed {
	PROCEED_UNKNOWN, /* not enough data */
	PROCEED_GO,
	PROCEED_HOLD,
};

struct proceed_verdict {
	enum verdict_to_proceed verdict;
	int32_t from, until; /* the days that were looked at */
	struct measure_row rows[MEASURES];
};

/*
 * What the signals say at that time.  Reorders the tally's rows, to which
 * nothing may be added from then on.
 *
 * PROCEED_UNKNOWN where days or sources are too few, whatever the others say;
 * then PROCEED_HOLD if a measure is missed; PROCEED_GO if each is met.  A
 * sample's share counts with its error: met and missed are certain 95 times in
 * 100.
 */
MUST_USE bool proceed_judge(const struct proceed *proceed, int64_t now,
    struct tally *tally, struct proceed_verdict *ret, struct err *err);

/*
 * When it is too late: the first slot in which the planned response and the one
 * that follows a hold are not the same begins.  The quarter's step comes `late`
 * quarters after its own, since holds have cost so many.
 */
int64_t proceed_until(const struct plan *plan, size_t quarter, size_t late);

/* How many quarters a hold costs all steps that follow. */
size_t proceed_delay(const struct plan *plan, size_t quarter);

/* The first quarter that declares it and is not too late; n_quarters: none. */
size_t proceed_next(const struct plan *plan, int64_t now, size_t late);
