#include "ksr/trust/followers.h"

struct followers_times
followers_times(uint32_t ttl_s, int64_t validity_s)
{
	return (struct followers_times){
		.refresh_s = rfc5011_refresh_s(ttl_s, validity_s),
		.hold_down_s = rfc5011_add_hold_down_s(ttl_s),
	};
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct followers_key
followers_unseen(void)
{
	return (struct followers_key){
		.since = FOLLOWERS_BEFORE,
		.ready = INT64_MAX,
		.first = FOLLOWERS_BEFORE,
	};
}

/*
 * The add hold-down runs from when the key is seen (2.4.1), and it is accepted
 * at the first RRset seen after that.
 */
void
followers_appear(struct followers_key *key, const struct followers_times *times,
    const struct followers_slot *slot)
{
	key->since = slot->start;
	if (key->first == FOLLOWERS_BEFORE &&
	    (key->flags & FOLLOWERS_SOME) == 0)
		key->first = slot->start;
	/* One that was trusted before is Missing, and still trusted (4.2). */
	if ((key->flags & FOLLOWERS_ALL) == 0)
		key->ready = later(slot->replayed_until, slot->start) +
		    times->refresh_s + times->hold_down_s + times->refresh_s;
}

void
followers_meet(struct followers_key *key, const struct followers_slot *slot)
{
	if (slot->start >= key->ready && (key->flags & FOLLOWERS_REVOKED) == 0)
		key->flags |= FOLLOWERS_ALL;
}

void
followers_leave(struct followers_key *key, const struct followers_times *times,
    const struct followers_slot *slot)
{
	if (slot->end - key->first >= times->hold_down_s)
		key->flags |= FOLLOWERS_SOME;
}

void
followers_revoke(struct followers_key *key, const struct followers_times *times,
    const struct followers_slot *slot, bool was_published)
{
	int64_t shown = was_published ? slot->replayed_until : slot->start;

	key->flags |= FOLLOWERS_REVOKED;
	key->flags &= ~(uint64_t)FOLLOWERS_ALL;
	key->revoke_until = later(slot->start + RFC5011_REMOVE_HOLD_DOWN_S,
	    later(shown, slot->start) + times->refresh_s);
}

void
followers_unrevoke(struct followers_key *key, const struct followers_slot *slot)
{
	if (slot->start >= key->revoke_until)
		key->flags |= FOLLOWERS_TOLD;
}

bool
followers_trust(const struct followers_key *key)
{
	return (key->flags & FOLLOWERS_ALL) != 0;
}
