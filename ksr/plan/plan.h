/*
 * A plan: one declared rollover.  A YAML file that says for each quarter which
 * schema is signed, and which others are signed beside it as fallbacks, in
 * case the zone's operator has to wait or to go back.
 *
 *   description: "KSK-2017 to KSK-2024"
 *   old: ksk_current            # keys of the configuration
 *   new: ksk_next
 *   delays: 3                   # quarters that all fallbacks together may cost
 *   max_response_size: 4096     # octets of a DNSKEY response; the default
 *   order: together             # or signatures-first: RFC 6781 4.1.4
 *   schemas: { ... }            # the plan's own, as in the configuration
 *   quarters:
 *     2027-q1:
 *       schema: rollover        # the name is d_to_e unless one is given
 *       fallbacks:
 *         d_to_d: {schema: publish+, resume: 2027-q1}
 *     2027-q2:
 *       schema: revoke
 *       fallbacks:
 *         e_to_e: {schema: rollover+, until: 2}
 *     2027-q3:
 *       schema: normal
 *       old: ksk_next           # the key that has become the old one
 *       num_keys_per_bundle: ...                # for this quarter's request,
 *       num_different_keys_in_all_bundles: ...  # as in request_policy
 *       zone_signatures: {5-9: ECDSAP256SHA256} # no ZSK of it in the set yet
 *
 * A fallback that has counts of its own answers a request of its own, with
 * other ZSKs for the same slots; the others answer the planned one's.
 *
 * A quarter is the root's or begins on any day ("2027-02-01").  A schema is the
 * plan's own; else the standard one of that name, made for the quarter's two
 * keys; else the configuration's.  A plan is read against a configuration:
 * masks in it are over the configuration's keys.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/policy/config.h"
#include "ksr/policy/schema.h"

#define PLAN_QUARTERS_MAX  64u
#define PLAN_RESPONSES_MAX 8u /* the planned one and its fallbacks */
#define PLAN_DELAYS_MAX	   16u
/* The EDNS size that resolvers advertised for long; beyond it all use TCP. */
#define PLAN_RESPONSE_SIZE_DEFAULT 4096
#define PLAN_QUARTER_NAME_SIZE 16

/* One response that is made to a quarter's request. */
struct plan_response {
	char name[NAME_MAX_LEN + 1]; /* "d_to_e": in file names and register */
	struct schema schema;	     /* owned */
	/*
	 * The quarter's step, as an index into the plan's quarters, that comes
	 * next if this response is the one that the zone uses: at most one more
	 * than the quarter's own, or n_quarters where the plan ends with it.
	 */
	size_t next;
	/* A fallback: the last slot, from 1, at which it may still be taken. */
	size_t until;
	/*
	 * Of the planned one: in the place of the configuration's for the
	 * quarter's request.  Of a fallback: those of a request of its own.
	 * Owned; NULL: the configuration's, the planned one's.
	 */
	struct key_counts *key_counts;
	/*
	 * By slot: the algorithms that sign the zone's data beside those of the
	 * slot's ZSKs.  Owned; NULL: none.
	 */
	uint32_t *zone_signatures;
};

struct plan_quarter {
	char name[PLAN_QUARTER_NAME_SIZE]; /* "2027-q1", "2027-02-01" */
	int64_t start; /* inception of its first slot */
	size_t n_responses;
	struct plan_response *responses; /* owned; the planned one first */
	struct proceed *proceed; /* owned; NULL: nothing is asked (proceed.h) */
};

/* When an algorithm's signatures over the zone's data come and go. */
enum plan_order {
	ORDER_TOGETHER,	/* with its keys */
	ORDER_SIGNATURES_FIRST, /* a slot before they come, one after they left */
};

struct plan {
	enum plan_order order;
	char description[ID_MAX + 1];
	uint8_t delays;
	uint16_t max_response_size;
	size_t n_slots; /* of every quarter */
	int64_t slot_s; /* of each but the last, which ends with the quarter */
	size_t n_quarters; /* at least one, in the order of their starts */
	struct plan_quarter *quarters; /* owned */
};

/*
 * Reads and checks the form, not the safety: plan_check does that.  E_INPUT
 * with "name:line:column: path.of.key: ...".  Owned by the caller.
 */
MUST_USE bool plan_read(struct bytes yaml, const char *name,
    const struct config *config, struct plan **ret, struct err *err);

void plan_free(struct plan *plan); /* NULL does nothing */

/*
 * When quarter i, and its slot, begins.  Beyond the plan's last quarter, where
 * delays lead, come the root's next ones if that was one of them, else such
 * that are as long as the last.
 */
int64_t plan_start(const struct plan *plan, size_t i);
int64_t plan_slot_start(const struct plan *plan, size_t i, size_t slot);
/* "2027-q1"; beyond the plan's last quarter too. */
void plan_quarter_name(
    const struct plan *plan, size_t i, char ret[PLAN_QUARTER_NAME_SIZE]);

/* The quarter whose first slot begins then; NULL if the plan has none. */
const struct plan_quarter *plan_quarter_at(
    const struct plan *plan, int64_t start);

/* The fallback of that name; 0 if there is none. */
size_t plan_fallback(const struct plan_quarter *quarter, const char *name);

/* The response whose request it answers: itself, or the planned one. */
size_t plan_request_of(const struct plan_quarter *quarter, size_t response);

/* How many ZSKs the request of that response holds. */
const struct key_counts *plan_key_counts(const struct plan_quarter *quarter,
    size_t response, const struct config *config);

/*
 * Sets of algorithms: bit i is number i.  Those of a slot's ZSKs, and those
 * that sign the zone's data then.  Where the counts do not tell, ZSKs are of
 * the one algorithm that is approved, or of none.
 */
uint32_t plan_zsk_algorithms(const struct plan_quarter *quarter,
    size_t response, const struct config *config, size_t slot);
uint32_t plan_zone_algorithms(const struct plan_quarter *quarter,
    size_t response, const struct config *config, size_t slot);

/*
 * "skr-root-2027-q1-0-d_to_e.xml": zone, quarter, index of the response and its
 * name, and the suffix of the format that it is in.  The zone is as dname_file_text has it without the last dot, "root" for
 * the root.
 */
#define PLAN_FILE_NAME_SIZE (DNAME_TEXT_MAX + NAME_MAX_LEN + 48)
void plan_file_name(const struct plan_quarter *quarter, size_t response,
    const char *zone, const char *suffix, char ret[PLAN_FILE_NAME_SIZE]);
