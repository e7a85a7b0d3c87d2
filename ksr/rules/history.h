/*
 * What the register knows of one zone, as plain data: every response that was
 * signed or taken up, in the register's order, and which of them the zone uses
 * in which slots.  Rules judge a request by it (KSR-ONCE, KSR-CHAIN-PREVIOUS),
 * and trust is reckoned from it.  Everything but the uses is borrowed.
 *
 * What the zone uses: of responses with the same first inception the newest that
 * was declared neither an alternative nor a fallback, until another is declared
 * to replace it or is activated.  The later decision counts, from the slot that
 * it is for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"

/* A KSK in one slot; tag and digest are those of the key without REVOKE. */
struct history_ksk {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t ds_sha256[SHA256_SIZE]; /* RFC 4509 */
	bool published;			/* in the RRset, not revoked */
	bool signs;
	bool revoked; /* in the RRset, with the REVOKE flag */
};

struct history_zsk {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t sha256[SHA256_SIZE]; /* as a KSK's digest is made */
};

struct history_slot {
	const char *bundle_id;
	int64_t inception, expiration;
	size_t n_ksks, n_zsks;
	const struct history_ksk *ksks;
	const struct history_zsk *zsks;
};

enum history_state {
	HISTORY_INTERRUPTED, /* nobody knows whether it left the ceremony */
	HISTORY_REPEATED,    /* interrupted, and signed again later */
	HISTORY_PUBLISHED,
};

struct history_response {
	const char *request_id;
	const uint8_t *request_sha256, *response_sha256; /* SHA256_SIZE */
	const uint8_t *previous_sha256; /* NULL: the first, or not known */
	const char *schema;		/* "": taken up, its schema unknown */
	const char *alternative;	/* NULL: none was declared */
	const char *fallback;		/* NULL: none was declared */
	const uint8_t *replaces;	/* a response's SHA-256; NULL: none */
	enum history_state state;
	int64_t inception, expiration; /* of the first slot, of the last */
	/* Registers of form 1 know the number of slots alone: then NULL. */
	size_t n_slots;
	const struct history_slot *slots;
	size_t line; /* of its publication; orders it among activations */
};

/* The zone was said to use the response from this slot on. */
struct history_activation {
	size_t response; /* its index */
	size_t slot;	 /* from 0 */
	int64_t from;	 /* the slot's inception */
	size_t line;
};

/*
 * The zone uses the response from one of its slots on, up to the next use's
 * first inception.
 */
struct history_use {
	const struct history_response *response;
	size_t first_slot;    /* from 0 */
	int64_t from;	      /* that slot's inception */
	int64_t until;	      /* the next use's; INT64_MAX: there is none */
	bool active;	      /* it was activated, and not just the newest */
	size_t line;	      /* of the decision; 0: there was none */
};

struct history {
	const char *zone;
	size_t n_responses;
	struct history_response *responses; /* owned */
	size_t n_uses;
	struct history_use *uses; /* owned, in order of time */
};

/*
 * Copies the responses, which stay borrowed in what they point to, and finds
 * the uses.  E_MEMORY.
 */
MUST_USE bool history_new(const char *zone,
    const struct history_response *responses, size_t n_responses,
    const struct history_activation *activations, size_t n_activations,
    struct history **ret, struct err *err);
void history_free(struct history *history); /* NULL does nothing */

/*
 * The use in the last slot that begins before the time; NULL if there is none.
 */
const struct history_use *
history_before(const struct history *history, int64_t time);

/*
 * The inception of the response's last slot.  Where the slots are not known, a
 * time that it cannot be before: neighbours are min_interval_s apart.
 */
int64_t history_last_inception(
    const struct history_response *response, int64_t min_interval_s);

/* The response with this SHA-256, a published one first; or NULL. */
const struct history_response *history_find(
    const struct history *history, const uint8_t response_sha256[SHA256_SIZE]);

/*
 * The slots that the zone has published up to that time, in order: of each use
 * those that begin before the next use does.  Calls visit for each, with the
 * time at which it gives way; false where visit returned that, and stops there.
 * A response whose slots are not known is visited once, with slot NULL.
 */
MUST_USE bool history_walk(const struct history *history, int64_t until,
    bool (*visit)(
	void *arg, const struct history_slot *slot, int64_t gives_way),
    void *arg);

/* The published response that was declared to replace this one; or NULL. */
const struct history_response *history_replacement(
    const struct history *history, const struct history_response *response);
