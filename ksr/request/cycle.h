/*
 * A cycle: the slots that one request asks for.  The root's are quarters of
 * nine slots of ten days (DPS 6.6); any number of slots of any length that a
 * configuration's policies allow is one too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/base/text.h"
#include "ksr/policy/config.h"

struct cycle {
	int64_t start; /* inception of its first slot */
	size_t n_slots;
	int64_t slot_s;     /* from one inception to the next */
	int64_t validity_s; /* of each slot's signatures */
};

#define CYCLE_NAME_SIZE TIME_TEXT_SIZE

/*
 * As the configuration says: request_policy.num_bundles slots, each of slot_s,
 * valid for ksk_policy.max_signature_validity.  slot_s 0 takes the middle of
 * request_policy's bundle intervals, cut to whole days where that is within
 * them; one outside of them is E_USAGE, unless check_bundle_intervals is off.
 */
MUST_USE bool cycle_of_config(const struct config *config, int64_t start,
    int64_t slot_s, struct cycle *ret, struct err *err);

/* A day, "2027-02-01", or a time as time_parse has it.  E_USAGE. */
MUST_USE bool
cycle_start_parse(const char *text, int64_t *ret, struct err *err);

/*
 * When the cycle after it begins, and the one before it began.  One that
 * begins with a quarter and leaves less than a slot of 90 days is the whole
 * quarter: its last slot takes the spare days.
 */
int64_t cycle_next_start(const struct cycle *cycle);
int64_t cycle_before_start(const struct cycle *cycle);

/*
 * Of a cycle of this shape that begins then: "2027-q1", or its day
 * "2027-02-01", or its time where it does not begin at midnight.
 */
void
cycle_name(const struct cycle *cycle, int64_t start, char ret[CYCLE_NAME_SIZE]);
