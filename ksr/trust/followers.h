/*
 * What all followers of RFC 5011 together make of one key, slot by slot: from
 * when on even the slowest trusts it, from when on the fastest may, and when
 * its revocation has reached everybody.  Pure; plans and rules ask the same.
 *
 * The slowest follower is shown the RRset from before a change for as long as
 * its signatures are valid, by a cache or by an attacker; it sees the change
 * only then, or at its next refresh (section 2.3).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/trust/rfc5011.h"

#define FOLLOWERS_BEFORE (INT64_MIN / 4) /* before all that is known */

/* What followers make of time where RRsets have that TTL and validity. */
struct followers_times {
	int64_t refresh_s;   /* RFC 5011 section 2.3 */
	int64_t hold_down_s; /* section 2.4.1 */
};

struct followers_times followers_times(uint32_t ttl_s, int64_t validity_s);

enum {
	FOLLOWERS_ALL = 1,     /* every follower trusts it */
	FOLLOWERS_SOME = 2,    /* one that saw it as early as can be may */
	FOLLOWERS_REVOKED = 4, /* was published revoked */
	FOLLOWERS_TOLD = 8,    /* for long enough for all to know */
};

/* Of one key.  No member leaves a gap: plans compare states by octets. */
struct followers_key {
	int64_t since; /* published without a break; FOLLOWERS_BEFORE: always */
	int64_t ready; /* every follower trusts it from then on */
	int64_t first; /* published for the first time */
	int64_t revoke_until; /* the revocation may not end before */
	uint64_t flags;
};

/* A slot, and until when the RRset of the one before can be shown. */
struct followers_slot {
	int64_t start, end;
	int64_t replayed_until;
};

/* Never published, as far as anybody knows. */
struct followers_key followers_unseen(void);

/* It begins to be published unrevoked with the slot. */
void followers_appear(struct followers_key *key,
    const struct followers_times *times, const struct followers_slot *slot);

/* It is published unrevoked in the slot: whether all trust it by then. */
void
followers_meet(struct followers_key *key, const struct followers_slot *slot);

/* It was so all through the slot: whether some may trust it now. */
void followers_leave(struct followers_key *key,
    const struct followers_times *times, const struct followers_slot *slot);

/*
 * It begins to be published revoked with the slot.  was_published: the slot
 * before had it unrevoked.  Section 6.2: for at least the remove hold-down
 * time, and until each follower has seen it in the place of what was before.
 */
void
followers_revoke(struct followers_key *key, const struct followers_times *times,
    const struct followers_slot *slot, bool was_published);
/* It is no longer published revoked: whether all know by then. */
void followers_unrevoke(
    struct followers_key *key, const struct followers_slot *slot);

bool followers_trust(const struct followers_key *key); /* all of them */
