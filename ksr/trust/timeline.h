/*
 * What a zone publishes over time: the slots of the responses that were
 * activated, one after the other, each until the next begins.
 */
#pragma once

#include "ksr/dns/dname.h"
#include "ksr/document/ksr.h"
#include "ksr/trust/rfc5011.h"

/* One response.  Borrowed. */
struct timeline_part {
	const struct ksr *response; /* NULL: one of which only this is known */
	size_t n_rrsets;            /* its slots, in order of time */
	const struct rfc5011_rrset *rrsets;
	const char *name; /* in messages */
	/*
	 * Takes over at that time, with the slot that has begun then, from
	 * whatever came before; else with its first slot.
	 */
	bool takes_over;
	int64_t from;
	/* It may begin after what came before has expired: that is judged
	 * elsewhere. */
	bool may_gap;
};

struct timeline_slot {
	size_t part, slot;           /* from 0 */
	const struct bundle *bundle; /* NULL without a response */
	int64_t from, until; /* while it is published; until is not in it */
	struct rfc5011_rrset rrset;
	size_t octets; /* of the answer to a query: message.h; or 0 */
};

/* A KSK, or another key that signs, once whatever its flags. */
struct timeline_key {
	const struct dnskey *key; /* where it stands first; NULL: nowhere */
	uint16_t tag;             /* of the key before it is revoked; or 0 */
	uint8_t ds[DS_SHA256_SIZE];
};

struct timeline {
	struct dname owner; /* the responses'; the root's where there is none */
	size_t n_slots, n_keys;
	struct timeline_slot *slots; /* owned */
	struct timeline_key *keys;   /* owned; as they appear */
};

/*
 * E_INPUT where the parts are of several zones, overlap without one taking
 * over, leave a hole between them, or span more than DURATION_MAX_S.  Every
 * response must have passed independent_verify_all: a signature counts here as
 * made.
 */
MUST_USE bool timeline_make(const struct timeline_part *parts, size_t n,
    struct timeline *ret, struct err *err);
void timeline_clear(struct timeline *timeline);

/* What followers see of a bundle: its KSKs and whatever else signs. */
MUST_USE bool timeline_rrset(const struct bundle *bundle,
    const struct dname *owner, struct rfc5011_rrset *ret, struct err *err);

int64_t timeline_begin(const struct timeline *timeline);
int64_t timeline_end(const struct timeline *timeline);

/* n_keys if it is none of them. */
size_t timeline_find_key(
    const struct timeline *timeline, const uint8_t ds[DS_SHA256_SIZE]);
