/*
 * What one validating resolver makes of a zone's timeline: which keys it
 * trusts, when it comes to trust them, and when it can no longer validate.
 * Pure; the model is in docs/simulate.md.
 */
#pragma once

#include "ksr/trust/parent_ds.h"
#include "ksr/trust/timeline.h"

#define RESOLVER_ANCHORS_MAX 16u
#define RESOLVER_OFF_MAX     16u

/* While it is switched off: from is in it, until is not. */
struct resolver_off {
	int64_t from, until;
};

struct resolver {
	bool follows; /* RFC 5011; else its anchors stay what they are */
	/* Algorithms that it does not know, bit i being number i. */
	uint32_t lacks;
	/*
	 * All that go by a parent's DS, in the place of anchors; borrowed.
	 * NULL: none of them.
	 */
	const struct parent_ds *parent;
	int64_t start;
	size_t n_anchors;
	uint8_t anchors[RESOLVER_ANCHORS_MAX][DS_SHA256_SIZE];
	size_t n_off; /* in order of time, apart from each other */
	struct resolver_off off[RESOLVER_OFF_MAX];
};

/* A key's transition at a poll. */
struct validator_event {
	int64_t at;
	size_t key; /* of the timeline */
	enum rfc5011_state from, to;
};

/*
 * From a moment on no signature that is published is by a trusted key.
 * Whoever asked just before may answer from his cache until hidden_until.
 */
struct validator_failure {
	int64_t at;
	size_t slot; /* of the timeline */
	bool hidden;
	int64_t hidden_until;
	bool recovers;
	int64_t recovers_at;
};

enum validator_outcome {
	OUTCOME_OFF, /* not started yet, or switched off, all through the slot
		      */
	OUTCOME_OK,
	OUTCOME_FAILS, /* at some time in the slot */
};

struct validator_run {
	size_t n_keys; /* the timeline's */
	size_t n_events;
	struct validator_event *events; /* owned */
	size_t n_failures;
	struct validator_failure *failures; /* owned */
	enum validator_outcome *outcomes;   /* owned; one a slot */
	/* owned; by slot, then by key: what it believes as the slot ends */
	enum rfc5011_state *states;
	/* With a parent: Valid where all hold the key's DS, AddPend where some.
	 */
};

/* E_INPUT for a start outside of the timeline, E_MEMORY. */
MUST_USE bool
validator_run(const struct timeline *timeline, const struct resolver *resolver,
    struct validator_run *ret, struct err *err);
void validator_run_clear(struct validator_run *run);

/* "off", "ok", "FAILS" */
const char *validator_outcome_text(enum validator_outcome outcome);

enum rfc5011_state
validator_state(const struct validator_run *run, size_t slot, size_t key);
