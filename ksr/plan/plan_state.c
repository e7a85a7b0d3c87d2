/*
 * What validators and caches hold of each KSK, slot by slot, in the worst
 * case, and what follows for the slot at hand.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/plan/plan_walk.h"

#define DAY_S INT64_C(86400)

/* Of a key, besides what followers make of it. */
enum {
	HAS_SIGNED = 1,
	SIGNS_EARLY = 2, /* has been found */
	REVOKED_MUTELY = 4,
};

/* Of the whole. */
enum { FOLLOWERS_LOST = 1 };

/* What a finding about an algorithm is about, beside plan_slots.c's. */
enum { KEYS_COME = 1024, KEYS_GO = 2048, ZSKS = 4096 };

/* What happens to one key between two slots. */
struct change {
	struct plan_proof *proof;
	const struct plan_place *place;
	const struct schema_slot *before, *now;
	size_t key;
	uint32_t mask;
	struct followers_slot slot; /* the one at hand */
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

static struct followers_slot
slot_of(const struct plan_proof *proof, const struct plan_place *place)
{
	const struct plan *plan = proof->plan;

	return (struct followers_slot){
		.start = plan_slot_start(plan, place->cycle, place->slot),
		.end = plan_slot_start(plan, place->cycle, place->slot + 1),
		.replayed_until =
		    slot_before(plan, place) + proof->times.validity_s,
	};
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool
some_trust(const struct key_state *state)
{
	return (state->trust.flags & FOLLOWERS_SOME) != 0;
}

static bool
was_revoked(const struct key_state *state)
{
	return (state->trust.flags & FOLLOWERS_REVOKED) != 0;
}

/* Followers of RFC 5011, not of a parent. */
static bool
by_rfc5011(const struct plan_proof *proof)
{
	return proof->config->trust == TRUST_RFC5011;
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

	if (was_revoked(state))
		plan_find(change->proof, RULE_REVOKE, change->place,
		    change->key,
		    "no unrevoked publication of a key that was revoked: "
		    "validators distrust it for ever (RFC 5011 section 2.1)",
		    "%s returns unrevoked",
		    plan_key_text(proof, change->key).s);
	if (by_rfc5011(proof) && !is_in(change, change->before->revoke) &&
	    state->left == change->place->cycle + 1)
		plan_find(change->proof, RULE_CHAIN, change->place, change->key,
		    "a published key in each slot: a follower that misses it "
		    "in one begins its add hold-down anew (RFC 5011 section "
		    "2.2)",
		    "%s returns after it was missing in this quarter",
		    plan_key_text(proof, change->key).s);
	followers_appear(&state->trust, &proof->times.followers, &change->slot);
}

static void
find_early_signature(const struct change *change)
{
	const struct plan_times *times = &change->proof->times;
	const struct key_state *state = change->state;
	int64_t needed = later(times->publish_safety_s,
	    followers_trust(&state->trust)
		? 0
		: state->trust.ready - state->trust.since);
	struct text required = { 0 };

	if (!by_rfc5011(change->proof))
		text_add(&required,
		    "published without a break for PublishSafety, %s, before",
		    duration_text(times->publish_safety_s).s);
	else
		text_add(&required,
		    "published without a break for %s before: PublishSafety, "
		    "%s; for "
		    "followers the time that the set before can be replayed, "
		    "%" PRId64 " d of add hold-down and two refreshes (RFC "
			       "5011 sections 2.3, "
		    "2.4.1)",
		    duration_text(needed).s,
		    duration_text(times->publish_safety_s).s,
		    times->followers.hold_down_s / DAY_S);
	plan_find(change->proof, RULE_HOLD_DOWN, change->place, change->key,
	    required.s, "%s signs from %s, published since %s",
	    plan_key_text(change->proof, change->key).s,
	    time_text(change->slot.start).s, time_text(state->trust.since).s);
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
		    !followers_trust(&state->keys[i].trust))
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
	    ((by_rfc5011(change->proof) && !followers_trust(&key->trust)) ||
		change->slot.start - key->trust.since <
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

	followers_unrevoke(&state->trust, &change->slot);
	if (!by_rfc5011(change->proof) ||
	    (state->trust.flags & FOLLOWERS_TOLD) != 0 || !some_trust(state))
		return;
	plan_find(change->proof, RULE_REVOKE, change->place, change->key,
	    "published revoked for the remove hold-down of 30 d (RFC 5011 "
	    "section 6.2), and until the set in which it was not can no longer "
	    "be replayed and a refresh has passed (2.3)",
	    "%s is no longer published revoked, %s before %s",
	    plan_key_text(change->proof, change->key).s,
	    duration_text(state->trust.revoke_until - change->slot.start).s,
	    time_text(state->trust.revoke_until).s);
}

/* Only a key that somebody may trust is missed. */
static void
leave(struct change *change)
{
	struct key_state *state = change->state;
	int64_t safety_s = change->proof->times.retire_safety_s;
	int64_t idle_s = change->slot.start - state->unsigned_since;

	state->left = (uint32_t)change->place->cycle + 1;
	if ((state->flags & HAS_SIGNED) == 0 ||
	    (by_rfc5011(change->proof) && !some_trust(state)))
		return;
	if (by_rfc5011(change->proof) && is_in(change, change->before->publish))
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
	if (is_in(change, change->now->publish))
		followers_meet(&key->trust, &change->slot);
}

static void
judge_key(struct change *change, const struct plan_state *state)
{
	const struct schema_slot *before = change->before, *now = change->now;

	judge_signature(change, state);
	if (is_in(change, before->revoke & ~now->revoke))
		judge_end_of_revocation(change);
	if (is_in(change, now->revoke & ~before->revoke))
		followers_revoke(&change->state->trust,
		    &change->proof->times.followers, &change->slot,
		    is_in(change, before->publish));
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
		key->unsigned_since = change->slot.end;
	}
	if (is_in(change, now->publish))
		followers_leave(&key->trust, &change->proof->times.followers,
		    &change->slot);
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

/*
 * A request begins with the ZSKs that the response before ends with (KSR-CHAIN-
 * KEYS), and where a fallback takes over in mid-quarter the requests of both
 * have the same in the slot before.
 */
static void
judge_zsks(struct plan_proof *proof, const struct plan_place *place,
    const struct plan_zsks *before)
{
	const struct plan_quarter *quarter =
	    &proof->plan->quarters[place->step];
	struct plan_zsks now = plan_zsks(quarter, place->response,
	    proof->config, place->switched ? place->slot - 1 : place->slot);

	if (plan_zsks_agree(before, &now))
		return;
	plan_find(proof, RULE_CHAIN, place, ZSKS,
	    place->switched
		? "a request with the ZSKs that the slot before the switch has"
		: "a request that begins with the ZSKs that the response "
		  "before ends with",
	    "%s by num_keys_per_bundle, %s before", plan_zsks_text(&now).s,
	    plan_zsks_text(before).s);
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

static struct rfc5011_rrset
rrset_of(const struct config *config, const struct schema_slot *now)
{
	struct rfc5011_rrset rrset = { .n = 0 };

	for (size_t i = 0; i < config->n_keys; i++) {
		uint32_t mask = UINT32_C(1) << i;
		struct rfc5011_seen *seen = &rrset.keys[rrset.n];

		if (((now->publish | now->revoke) & mask) == 0)
			continue;
		*seen = (struct rfc5011_seen){ .sep = true,
			.revoked = (now->revoke & mask) != 0,
			.signs = (now->sign & mask) != 0 };
		memcpy(seen->ds, config->keys[i].ds_sha256, DS_SHA256_SIZE);
		rrset.n++;
	}
	return rrset;
}

/* Slots follow each other: what one found the next need not say again. */
static void
judge_parent(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *now, struct plan_state *state)
{
	struct rfc5011_rrset rrset = rrset_of(proof->config, now);
	struct followers_slot slot = slot_of(proof, place);
	struct text text = { 0 };
	int64_t at = 0;

	if (!parent_ds_fails(
		&proof->parent, &rrset, slot.start, slot.end, &at)) {
		state->flags &= ~(uint32_t)FOLLOWERS_LOST;
		return;
	}
	if ((state->flags & FOLLOWERS_LOST) != 0)
		return;
	state->flags |= FOLLOWERS_LOST;
	add_names(proof, "signs revoked", now->sign & now->revoke, &text);
	add_names(proof, "signs", now->sign & now->publish, &text);
	text_add(&text, ", and at %s not every follower holds its DS",
	    time_text(at).s);
	plan_find(proof, RULE_TRUST, place, NOTHING,
	    "a signature by a KSK whose DS the parent has published for its "
	    "TTL and propagation, and publishes still (ds_published, "
	    "ds_withdrawn; RFC 7583 section 2.2)",
	    "%s", text.s);
}

static void
judge_trust(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *now, struct plan_state *state)
{
	struct text text = { 0 };

	for (size_t i = 0; i < proof->config->n_keys; i++)
		if ((now->sign & now->publish & (UINT32_C(1) << i)) != 0 &&
		    followers_trust(&state->keys[i].trust)) {
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

/* The algorithms of all keys of the slot, and of the zone's signatures. */
static void
algorithms_of(const struct plan_proof *proof, const struct plan_place *place,
    struct plan_state *state)
{
	const struct plan_quarter *quarter =
	    &proof->plan->quarters[place->step];
	const struct schema_slot *now = slot_at(proof->plan, place);

	state->key_algorithms =
	    plan_ksk_algorithms(proof->config, now->publish | now->revoke) |
	    plan_zsk_algorithms(
		quarter, place->response, proof->config, place->slot);
	state->zone_algorithms = plan_zone_algorithms(
	    quarter, place->response, proof->config, place->slot);
	state->zsks = plan_zsks(
	    quarter, place->response, proof->config, place->slot);
}

static void
find_out_of_order(struct plan_proof *proof, const struct plan_place *place,
    uint32_t algorithms, size_t of, const char *required, const char *seen)
{
	for (uint8_t i = 0; i < 32; i++)
		if ((algorithms >> i & 1) != 0)
			plan_find(proof, RULE_ALGORITHM, place, of + i,
			    required, "keys of %s %s", algorithm_name(i).s,
			    seen);
}

/*
 * RFC 6781 section 4.1.4: who has an RRset from before in a cache finds no
 * signature of the new algorithm with it, and who has the DNSKEY RRset from
 * before expects one of the old.  A slot is longer than either lives.
 */
static void
judge_order(struct plan_proof *proof, const struct plan_place *place,
    struct plan_state *state)
{
	const struct plan_state before = *state;

	algorithms_of(proof, place, state);
	if (proof->plan->order != ORDER_SIGNATURES_FIRST)
		return;
	find_out_of_order(proof, place,
	    state->key_algorithms & ~before.key_algorithms &
		~before.zone_algorithms,
	    KEYS_COME,
	    "the zone's data signed with an algorithm for a slot before its "
	    "keys come (order: signatures-first; RFC 6781 section 4.1.4)",
	    "come, and in the slot before no zone_signatures are of it");
	find_out_of_order(proof, place,
	    before.key_algorithms & ~state->key_algorithms &
		~state->zone_algorithms,
	    KEYS_GO,
	    "the zone's data signed with an algorithm for a slot after its "
	    "keys left (order: signatures-first; RFC 6781 section 4.1.4)",
	    "left, and no zone_signatures are of it");
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
		.slot = slot_of(proof, place),
	};

	proof->reach.n_slots++;
	if (place->switched || (place->slot == 0 && place->cycle > 0))
		judge_zsks(proof, place, &state->zsks);
	if (place->slot == 0)
		judge_edge(proof, place, &before, now);
	else if (place->switched && by_rfc5011(proof))
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
	if (by_rfc5011(proof))
		judge_trust(proof, place, now, state);
	else
		judge_parent(proof, place, now, state);
	judge_order(proof, place, state);
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
	const struct plan_place place = { 0 };
	const struct schema_slot *first = slot_at(proof->plan, &place);
	const struct followers_times *times = &proof->times.followers;
	struct followers_slot slot = slot_of(proof, &place);

	memset(ret, 0, sizeof(*ret));
	ret->before = *first;
	algorithms_of(proof, &place, ret);
	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++) {
		struct key_state *key = &ret->keys[i];
		uint32_t mask = UINT32_C(1) << i;

		key->trust = followers_unseen();
		key->unsigned_since = FOLLOWERS_BEFORE;
		if (((first->publish | first->revoke) & mask) == 0)
			continue;
		key->flags = HAS_SIGNED;
		key->trust.flags = FOLLOWERS_SOME;
		key->unsigned_since = slot.start;
		if ((first->sign & first->publish & mask) != 0) {
			key->trust.flags |= FOLLOWERS_ALL;
			continue;
		}
		followers_appear(&key->trust, times, &slot);
		if ((first->revoke & mask) != 0)
			followers_revoke(&key->trust, times, &slot, true);
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

		bool trusted = followers_trust(&key->trust);

		if (!published ||
		    (trusted &&
			start - key->trust.since >=
			    proof->times.publish_safety_s))
			key->trust.since = FOLLOWERS_BEFORE;
		if (!published || trusted)
			key->trust.ready = INT64_MAX;
		if (some_trust(key))
			key->trust.first = FOLLOWERS_BEFORE;
		if (start - key->unsigned_since >= proof->times.retire_safety_s)
			key->unsigned_since = FOLLOWERS_BEFORE;
		if ((state->before.revoke & mask) == 0 ||
		    start >= key->trust.revoke_until)
			key->trust.revoke_until = FOLLOWERS_BEFORE;
		key->left = 0;
	}
}
