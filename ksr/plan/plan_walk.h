/*
 * The parts of a plan's proof.  Used by plan_*.c only.
 */
#pragma once

#include "ksr/plan/plan_check.h"
#include "ksr/rules/check_rules.h"

/* In the order of the table. */
enum plan_rule {
	RULE_HOLD_DOWN,
	RULE_RETIRE,
	RULE_REVOKE,
	RULE_CHAIN,
	RULE_TRUST,
	RULE_ALGORITHM,
	RULE_SIZE,
	PLAN_RULES,
};

/* A slot of one path. */
struct plan_place {
	size_t cycle;	 /* the quarter it is in, from the plan's first */
	size_t step;	 /* the plan's quarter that it takes */
	size_t response; /* of that step */
	size_t slot;	 /* from 0 */
	bool switched;	 /* the slot before was another response's */
};

#define NOTHING SIZE_MAX /* a finding that is about no key */

struct plan_finding {
	enum plan_rule rule;
	struct plan_place place;
	size_t key; /* of the configuration */
	struct finding finding;
};

/* One quarter of the path at hand. */
struct plan_turn {
	size_t step, response;
	size_t from; /* the first slot of that response; before: the planned */
};

/* How often delays can lengthen a plan is limited, and so is a path. */
#define TURNS_MAX (PLAN_QUARTERS_MAX + PLAN_DELAYS_MAX + 1)

struct plan_proof {
	const struct plan *plan;
	const struct config *config;
	struct plan_times times;
	struct parent_ds parent; /* TRUST_PARENT_DS */
	struct plan_reach reach;
	size_t n_turns; /* of the path at hand */
	struct plan_turn turns[TURNS_MAX];
	size_t n_findings, n_more;
	struct plan_finding *findings; /* owned */
};

/*
 * Adds the finding unless there is one of its rule, step, response, slot and
 * key: other paths repeat it.  The one of the earliest cycle, which has the
 * fewest delays behind it, is kept.
 */
void plan_find(struct plan_proof *proof, enum plan_rule rule,
    const struct plan_place *place, size_t key, const char *required,
    const char *fmt, ...) PRINTF_LIKE(6, 7);

/* "KSK ksk_next (38696)" */
struct text plan_key_text(const struct plan_proof *proof, size_t key);

/* No member leaves a gap: states are compared octet by octet. */
struct key_state {
	struct followers_key trust;
	int64_t unsigned_since; /* the end of its last unrevoked signature */
	uint32_t flags;
	uint32_t left; /* the cycle in which it left, from 1; 0: in none */
};

/*
 * How many ZSKs of which kind a slot has: algorithm, RSA bits and number in one
 * word each, in the order of the words, what there is none of left out.
 */
struct plan_zsks {
	uint32_t kinds[KEY_COUNTS_MAX];
};

struct plan_zsks plan_zsks(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot);
/* As far as both say of which algorithm and size they are. */
bool plan_zsks_agree(const struct plan_zsks *a, const struct plan_zsks *b);
/* "1 RSASHA256:2048, 1 RSASHA256:1536" */
struct text plan_zsks_text(const struct plan_zsks *zsks);

struct plan_state {
	struct schema_slot before; /* the last slot */
	/* In it: of the keys, and of the signatures over the zone's data. */
	uint32_t key_algorithms, zone_algorithms;
	uint32_t flags;
	struct plan_zsks zsks;
	struct key_state keys[CONFIG_KEYS_MAX];
};

/* plan_state.c: before the plan's first slot, and on to the next slot. */
void plan_state_begin(const struct plan_proof *proof, struct plan_state *ret);
void plan_state_slot(struct plan_proof *proof, const struct plan_place *place,
    struct plan_state *state);
/* Forgets what makes no difference from the cycle's start on. */
void plan_state_settle(const struct plan_proof *proof, size_t cycle,
    struct plan_state *state);

/* plan_walk.c: every path.  E_MEMORY, E_REFUSED. */
MUST_USE bool plan_walk(struct plan_proof *proof, struct err *err);

/* The algorithms of these keys of the configuration: bit i is number i. */
uint32_t plan_ksk_algorithms(const struct config *config, uint32_t keys);

/* plan_slots.c: what no path changes: algorithms and sizes. */
void plan_judge_slots(struct plan_proof *proof);
