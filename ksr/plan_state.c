/*
 * What validators and caches hold of each KSK, slot by slot, in the worst
 * case, and what follows for the slot at hand.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/plan_walk.h"
#include "ksr/trust/rfc5011.h"

#define DAY_S INT64_C(86400)

/* Of a key. */
enum {
	TRUSTED = 1,        /* by every follower */
	MAY_BE_TRUSTED = 2, /* by one that saw it as early as can be */
	HAS_SIGNED = 4,
	WAS_REVOKED = 8,
	REVOCATION_SEEN = 16, /* was revoked for long enough */
	SIGNS_EARLY = 32,     /* has been found */
	REVOKED_MUTELY = 64,
};

/* Of the whole. */
enum { FOLLOWERS_LOST = 1 };

/* What happens to one key between two slots. */
struct change {
	struct plan_proof *proof;
	const struct plan_place *place;
	const struct schema_slot *before, *now;
	size_t key;
	uint32_t mask;
	int64_t start, end;     /* of the slot at hand */
	int64_t replayed_until; /* the RRset of the slot before */
	struct key_state *state;
};

static const struct schema_slot *
slot_at(const struct plan *plan, const struct plan_place *place)
{
	return &plan->quarters[place->step]
		    .responses[place->response]
		    .schema.slots[place->slot];
}

static int64_t
slot_before(const struct plan *plan, const struct plan_place *place)
{
	if (place->slot > 0)
		return plan_slot_start(plan, place->cycle, place->slot - 1);
	if (place->cycle > 0)
		return plan_slot_start(
		    plan, place->cycle - 1, plan->n_slots - 1);
	return plan_start(plan, 0) - plan->slot_s;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * From when on every follower trusts a key first published at that time.  One
 * that is shown the old RRset as long as its signatures are valid, by a cache
 * or by an attacker, sees the key only then, or at its next refresh (RFC 5011
 * section 2.3); the add hold-down runs (2.4.1), and the key is accepted at the
 * first RRset seen after it.
 */
static int64_t
ready_time(const struct plan_times *times, int64_t replayed_until, int64_t time)
{
	return later(replayed_until, time) + times->refresh_s +
	    times->hold_down_s + times->refresh_s;
}

/*
 * RFC 5011 section 6.2: a revoked key stays for at least the remove hold-down
 * time; and until each follower has seen it instead of the old RRset.
 */
static int64_t
revoke_end(const struct plan_times *times, int64_t replayed_until, int64_t time)
{
	return later(time + RFC5011_REMOVE_HOLD_DOWN_S,
	    later(replayed_until, time) + times->refresh_s);
}

static bool
is_in(const struct change *change, uint32_t mask)
{
	return (mask & change->mask) != 0;
}

static void
appear(struct change *change)
{
	struct key_state *state = change->state;
	const struct plan_proof *proof = change->proof;

	if ((state->flags & WAS_REVOKED) != 0)
		plan_find(change->proof, RULE_REVOKE, change->place,
		    change->key,
		    "no unrevoked publication of a key that was revoked: "
		    "validators distrust it for ever (RFC 5011 section 2.1)",
		    "%s returns unrevoked",
		    plan_key_text(proof, change->key).s);
	if (!is_in(change, change->before->revoke) &&
	    state->left == change->place->cycle + 1)
		plan_find(change->proof, RULE_CHAIN, change->place, change->key,
		    "a published key in each slot: a follower that misses it "
		    "in one begins its add hold-down anew (RFC 5011 section "
		    "2.2)",
		    "%s returns after it was missing in this quarter",
		    plan_key_text(proof, change->key).s);
	state->since = change->start;
	if (state->first == TIME_BEFORE && (state->flags & MAY_BE_TRUSTED) == 0)
		state->first = change->start;
	if ((state->flags & TRUSTED) == 0)
		state->ready = ready_time(
		    &proof->times, change->replayed_until, change->start);
}

static void
find_early_signature(const struct change *change)
{
	const struct plan_times *times = &change->proof->times;
	const struct key_state *state = change->state;
	int64_t needed = later(times->publish_safety_s,
	    (state->flags & TRUSTED) != 0 ? 0 : state->ready - state->since);
	struct text required = { 0 };

	text_add(&required,
	    "published without a break for %s before: PublishSafety, %s; for "
	    "followers the time that the set before can be replayed, %" PRId64
	    " d of add hold-down and two refreshes (RFC 5011 sections 2.3, "
	    "2.4.1)",
	    duration_text(needed).s, duration_text(times->publish_safety_s).s,
	    times->hold_down_s / DAY_S);
	plan_find(change->proof, RULE_HOLD_DOWN, change->place, change->key,
	    required.s, "%s signs from %s, published since %s",
	    plan_key_text(change->proof, change->key).s,
	    time_text(change->start).s, time_text(state->since).s);
}

/*
 * A key of another algorithm cannot be published without signing (RFC 6840
 * section 5.11): it may sign early where a trusted key of the algorithm that
 * followers know signs beside it.
 */
static bool
must_sign(const struct change *change, const struct plan_state *state)
{
	const struct config *config = change->proof->config;
	const struct schema_slot *now = change->now;
	bool beside = false;

	for (size_t i = 0; i < config->n_keys; i++) {
		uint32_t mask = UINT32_C(1) << i;

		if (i == change->key ||
		    (now->sign & now->publish & mask) == 0 ||
		    (state->keys[i].flags & TRUSTED) == 0)
			continue;
		if (config->keys[i].algorithm ==
		    config->keys[change->key].algorithm)
			return false;
		beside = true;
	}
	return beside;
}

static void
judge_signature(struct change *change, const struct plan_state *state)
{
	struct key_state *key = change->state;
	bool early = is_in(change, change->now->sign & change->now->publish) &&
	    ((key->flags & TRUSTED) == 0 ||
		change->start - key->since <
		    change->proof->times.publish_safety_s) &&
	    !must_sign(change, state);

	if (!early) {
		key->flags &= ~(uint32_t)SIGNS_EARLY;
	} else if ((key->flags & SIGNS_EARLY) == 0) {
		key->flags |= SIGNS_EARLY;
		find_early_signature(change);
	}
}

static void
revoke(struct change *change)
{
	struct key_state *state = change->state;

	state->flags |= WAS_REVOKED;
	state->flags &= ~(uint32_t)TRUSTED;
	state->revoke_until = revoke_end(&change->proof->times,
	    is_in(change, change->before->publish) ? change->replayed_until
						   : change->start,
	    change->start);
}

static void
judge_revocation(struct change *change)
{
	struct key_state *state = change->state;
	bool mute = is_in(change, change->now->revoke & ~change->now->sign);

	if (!mute) {
		state->flags &= ~(uint32_t)REVOKED_MUTELY;
	} else if ((state->flags & REVOKED_MUTELY) == 0) {
		state->flags |= REVOKED_MUTELY;
		plan_find(change->proof, RULE_REVOKE, change->place,
		    change->key,
		    "its own signature in every slot in which it is revoked: "
		    "without it nobody heeds the flag (RFC 5011 section 2.1)",
		    "%s is published revoked and does not sign",
		    plan_key_text(change->proof, change->key).s);
	}
}

/* A revocation that was too short; once it was long enough it stays seen. */
static void
judge_end_of_revocation(struct change *change)
{
	struct key_state *state = change->state;

	if (change->start >= state->revoke_until)
		state->flags |= REVOCATION_SEEN;
	if ((state->flags & REVOCATION_SEEN) != 0 ||
	    (state->flags & MAY_BE_TRUSTED) == 0)
		return;
	plan_find(change->proof, RULE_REVOKE, change->place, change->key,
	    "published revoked for the remove hold-down of 30 d (RFC 5011 "
	    "section 6.2), and until the set in which it was not can no longer "
	    "be replayed and a refresh has passed (2.3)",
	    "%s is no longer published revoked, %s before %s",
	    plan_key_text(change->proof, change->key).s,
	    duration_text(state->revoke_until - change->start).s,
	    time_text(state->revoke_until).s);
}

/* Only a key that somebody may trust is missed. */
static void
leave(struct change *change)
{
	struct key_state *state = change->state;
	int64_t safety_s = change->proof->times.retire_safety_s;
	int64_t idle_s = change->start - state->unsigned_since;

	state->left = (uint32_t)change->place->cycle + 1;
	if ((state->flags & MAY_BE_TRUSTED) == 0 ||
	    (state->flags & HAS_SIGNED) == 0)
		return;
	if (is_in(change, change->before->publish))
		plan_find(change->proof, RULE_RETIRE, change->place,
		    change->key,
		    "revoked before it leaves: a key that has signed and that "
		    "followers trust stays their anchor otherwise (RFC 5011 "
		    "sections 4.2 and 6.2)",
		    "%s leaves unrevoked",
		    plan_key_text(change->proof, change->key).s);
	else if (idle_s < safety_s)
		plan_find(change->proof, RULE_RETIRE, change->place,
		    change->key,
		    "published, revoked or not, for RetireSafety after its "
		    "last unrevoked signature",
		    "%s leaves %s after it last signed unrevoked, RetireSafety "
		    "is %s",
		    plan_key_text(change->proof, change->key).s,
		    duration_text(idle_s).s, duration_text(safety_s).s);
}

/* What the key is in this slot, before any key is judged. */
static void
arrive(struct change *change)
{
	struct key_state *key = change->state;

	if (is_in(change, change->now->publish & ~change->before->publish))
		appear(change);
	if (is_in(change, change->now->publish) &&
	    change->start >= key->ready && (key->flags & WAS_REVOKED) == 0)
		key->flags |= TRUSTED;
}

static void
judge_key(struct change *change, const struct plan_state *state)
{
	const struct schema_slot *before = change->before, *now = change->now;

	judge_signature(change, state);
	if (is_in(change, before->revoke & ~now->revoke))
		judge_end_of_revocation(change);
	if (is_in(change, now->revoke & ~before->revoke))
		revoke(change);
	judge_revocation(change);
	if (is_in(change,
		(before->publish | before->revoke) &
		    ~(now->publish | now->revoke)))
		leave(change);
}

/* What the slot leaves behind when it ends. */
static void
pass(struct change *change)
{
	const struct schema_slot *now = change->now;
	struct key_state *key = change->state;

	if (is_in(change, now->sign & now->publish)) {
		key->flags |= HAS_SIGNED;
		key->unsigned_since = change->end;
	}
	if (is_in(change, now->publish) &&
	    change->end - key->first >= change->proof->times.hold_down_s)
		key->flags |= MAY_BE_TRUSTED;
}

static void
add_names(const struct plan_proof *proof, const char *what, uint32_t mask,
    struct text *text)
{
	for (size_t i = 0; i < proof->config->n_keys; i++)
		if ((mask & (UINT32_C(1) << i)) != 0)
			text_add(text, "%s%s %s", text->len == 0 ? "" : ", ",
			    plan_key_text(proof, i).s, what);
}

/*
 * The schemas' contract: a first slot continues the quarter before, whose last
 * slot's signatures are still valid beside it.
 */
static void
judge_edge(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *before, const struct schema_slot *now)
{
	struct text text = { 0 };

	add_names(proof, "appears", now->publish & ~before->publish, &text);
	add_names(proof, "is missing",
	    before->publish & ~(now->publish | now->revoke), &text);
	add_names(proof, "is revoked", now->revoke & ~before->revoke, &text);
	add_names(proof, "is no longer published revoked",
	    before->revoke & ~now->revoke, &text);
	add_names(proof, "begins to sign", now->sign & ~before->sign, &text);
	add_names(proof, "no longer signs", before->sign & ~now->sign, &text);
	if (text.len > 0)
		plan_find(proof, RULE_CHAIN, place, NOTHING,
		    "a first slot whose KSKs do what they did in the last slot "
		    "of the quarter before",
		    "%s", text.s);
}

/* In mid-quarter only what was published before can sign. */
static void
judge_switch(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *before, const struct schema_slot *now)
{
	struct text text = { 0 };

	add_names(proof, "signs and was not published before",
	    now->sign & now->publish & ~before->publish, &text);
	if (text.len > 0)
		plan_find(proof, RULE_CHAIN, place, NOTHING,
		    "signers that the slot before published, unrevoked", "%s",
		    text.s);
}

static void
judge_trust(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *now, struct plan_state *state)
{
	struct text text = { 0 };

	for (size_t i = 0; i < proof->config->n_keys; i++)
		if ((now->sign & now->publish & (UINT32_C(1) << i)) != 0 &&
		    (state->keys[i].flags & TRUSTED) != 0) {
			state->flags &= ~(uint32_t)FOLLOWERS_LOST;
			return;
		}
	if ((state->flags & FOLLOWERS_LOST) != 0)
		return;
	state->flags |= FOLLOWERS_LOST;
	add_names(proof, "signs revoked", now->sign & now->revoke, &text);
	add_names(proof, "signs and is not trusted by all",
	    now->sign & now->publish, &text);
	plan_find(proof, RULE_TRUST, place, NOTHING,
	    "a signature by a key that every follower trusts by then (RFC "
	    "5011)",
	    "%s", text.s);
}

static void
set_key(struct change *change, struct plan_state *state, size_t i)
{
	change->key = i;
	change->mask = UINT32_C(1) << i;
	change->state = &state->keys[i];
}

void
plan_state_slot(struct plan_proof *proof, const struct plan_place *place,
    struct plan_state *state)
{
	const struct plan *plan = proof->plan;
	const struct schema_slot before = state->before;
	const struct schema_slot *now = slot_at(plan, place);
	struct change change = {
		.proof = proof,
		.place = place,
		.before = &before,
		.now = now,
		.start = plan_slot_start(plan, place->cycle, place->slot),
		.end = plan_slot_start(plan, place->cycle, place->slot + 1),
		.replayed_until =
		    slot_before(plan, place) + proof->times.validity_s,
	};

	proof->reach.n_slots++;
	if (place->slot == 0)
		judge_edge(proof, place, &before, now);
	else if (place->switched)
		judge_switch(proof, place, &before, now);
	for (size_t i = 0; i < proof->config->n_keys; i++) {
		set_key(&change, state, i);
		arrive(&change);
	}
	for (size_t i = 0; i < proof->config->n_keys; i++) {
		set_key(&change, state, i);
		judge_key(&change, state);
		pass(&change);
	}
	judge_trust(proof, place, now, state);
	state->before = *now;
}

/*
 * Before the first slot is a quarter that ended as this one begins.  Its
 * signers are trusted.  Of other keys nothing good is known: they are published
 * from now on only, but may have signed until now, and be trusted by some.
 */
void
plan_state_begin(const struct plan_proof *proof, struct plan_state *ret)
{
	const struct plan *plan = proof->plan;
	const struct plan_place place = { 0 };
	const struct schema_slot *first = slot_at(plan, &place);
	int64_t start = plan_start(plan, 0);
	int64_t replayed = slot_before(plan, &place) + proof->times.validity_s;

	memset(ret, 0, sizeof(*ret));
	ret->before = *first;
	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++) {
		struct key_state *key = &ret->keys[i];
		uint32_t mask = UINT32_C(1) << i;

		key->first = TIME_BEFORE;
		key->ready = INT64_MAX;
		key->since = TIME_BEFORE;
		key->unsigned_since = TIME_BEFORE;
		if (((first->publish | first->revoke) & mask) == 0)
			continue;
		key->flags = MAY_BE_TRUSTED | HAS_SIGNED;
		key->unsigned_since = start;
		if ((first->sign & first->publish & mask) != 0) {
			key->flags |= TRUSTED;
			continue;
		}
		key->since = start;
		key->ready = ready_time(&proof->times, replayed, start);
		if ((first->revoke & mask) != 0)
			key->flags |= WAS_REVOKED;
		key->revoke_until = revoke_end(&proof->times, replayed, start);
	}
}

/* What has become so long ago that no rule asks for it any more. */
void
plan_state_settle(
    const struct plan_proof *proof, size_t cycle, struct plan_state *state)
{
	int64_t start = plan_start(proof->plan, cycle);

	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++) {
		struct key_state *key = &state->keys[i];
		uint32_t mask = UINT32_C(1) << i;
		bool published = (state->before.publish & mask) != 0;

		bool trusted = (key->flags & TRUSTED) != 0;

		if (!published ||
		    (trusted &&
			start - key->since >= proof->times.publish_safety_s))
			key->since = TIME_BEFORE;
		if (!published || trusted)
			key->ready = INT64_MAX;
		if ((key->flags & MAY_BE_TRUSTED) != 0)
			key->first = TIME_BEFORE;
		if (start - key->unsigned_since >= proof->times.retire_safety_s)
			key->unsigned_since = TIME_BEFORE;
		if ((state->before.revoke & mask) == 0 ||
		    start >= key->revoke_until)
			key->revoke_until = TIME_BEFORE;
		key->left = 0;
	}
}
