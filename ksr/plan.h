/*
 * A plan: one declared rollover.  A YAML file that says for each quarter which
 * schema is signed, and which others are signed beside it as fallbacks, in
 * case the zone's operator has to wait or to go back.
 *
 *   description: "KSK-2017 to KSK-2024"
 *   old: ksk_current            # keys of the configuration
 *   new: ksk_next
 *   delays: 3                   # quarters that all fallbacks together may cost
 *   schemas: { ... }            # the plan's own, as in the configuration
 *   quarters:
 *     2027-q1:
 *       schema: rollover        # the name is d_to_e unless one is given
 *       fallbacks:
 *         d_to_d: {schema: publish+, resume: 2027-q1}
 *     2027-q2:
 *       schema: revoke
 *     2027-q3:
 *       schema: normal
 *       old: ksk_next           # the key that has become the old one
 *
 * The standard schemas are made for this plan's two keys.  A plan is read
 * against a configuration: masks in it are over the configuration's keys.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/config.h"
#include "ksr/schema.h"

#define PLAN_QUARTERS_MAX  64u
#define PLAN_RESPONSES_MAX 8u /* the planned one and its fallbacks */

/* One response that is made to a quarter's request. */
struct plan_response {
	char name[NAME_MAX_LEN + 1]; /* "d_to_e": in file names and register */
	struct schema schema;	     /* owned */
	/*
	 * The quarter's step, as an index into the plan's quarters, that comes
	 * next if this response is the one that the zone uses.
	 */
	size_t next;
};

struct plan_quarter {
	char name[16];	/* "2027-q1", or the date that it starts on */
	int64_t start;	/* inception of its first slot */
	size_t n_responses;
	struct plan_response *responses; /* owned; the planned one first */
};

struct plan {
	char description[ID_MAX + 1];
	unsigned delays;
	size_t n_quarters; /* in the order of their starts */
	struct plan_quarter *quarters; /* owned */
};

/*
 * Reads and checks the form, not the safety: plan_check does that.  E_INPUT
 * with "name:line:column: path.of.key: ...".  Owned by the caller.
 */
MUST_USE bool plan_read(struct bytes yaml, const char *name,
    const struct config *config, struct plan **ret, struct err *err);

void plan_free(struct plan *plan); /* NULL does nothing */

/* The quarter whose first slot begins then; NULL if the plan has none. */
const struct plan_quarter *plan_quarter_at(
    const struct plan *plan, int64_t start);

/*
 * "skr-root-2027-q1-0-d_to_e.xml": zone, quarter, index of the response and its
 * name.  The zone is its presentation form without the last dot, "root" for
 * the root.
 */
#define PLAN_FILE_NAME_SIZE (DNAME_TEXT_MAX + NAME_MAX_LEN + 48)
void plan_file_name(const struct plan_quarter *quarter, size_t response,
    const char *zone, char ret[PLAN_FILE_NAME_SIZE]);
