/*
 * SKR-TRUST, SKR-FOLLOWERS: what the followers of the previous response can
 * make of the new one.  Judged by the schema before the HSM is touched, and by
 * the response once there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "ksr/rules/history.h"
#include "ksr/rules/outlook.h"
#include "ksr/trust/followers.h"

/* A key's part in an RRset. */
struct part {
	bool published, revoked, signs; /* published and signs: unrevoked */
};

static struct part
part_of(const struct rfc5011_rrset *rrset, const uint8_t ds[DS_SHA256_SIZE])
{
	struct part part = { false, false, false };

	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];

		if (memcmp(seen->ds, ds, DS_SHA256_SIZE) != 0)
			continue;
		part.revoked |= seen->revoked;
		part.published |= !seen->revoked;
		part.signs |= !seen->revoked && seen->signs;
	}
	return part;
}

/* The walk through the timeline's slots. */
struct trust_walk {
	const struct check_input *in;
	const struct outlook *outlook;
	struct check_result *result;
	const struct rfc5011_rrset *last; /* of the previous SKR; or NULL */
	struct followers_key keys[RFC5011_KEYS_MAX];
	/* What was published before the slot that comes next. */
	bool begun;
	struct part before[RFC5011_KEYS_MAX];
	int64_t expiration;
};

/* In the first slot that is known, what is published may long have been. */
static void
begin_key(struct followers_key *key, struct part part)
{
	*key = followers_unseen();
	if (part.published)
		key->flags = FOLLOWERS_ALL | FOLLOWERS_SOME;
	if (part.revoked)
		key->flags = FOLLOWERS_REVOKED | FOLLOWERS_SOME;
}

static void
pass_key(struct followers_key *key, const struct followers_times *times,
    const struct followers_slot *at, struct part before, struct part now)
{
	if (now.published && !before.published)
		followers_appear(key, times, at);
	if (now.published)
		followers_meet(key, at);
	if (now.revoked && !before.revoked)
		followers_revoke(key, times, at, before.published);
}

/* The next slot: its keys' parts in it are in the timeline's order. */
static void
pass_slot(struct trust_walk *walk, const struct part *now, int64_t from,
    int64_t until, const struct rfc5011_rrset *rrset)
{
	struct followers_times times =
	    followers_times(rrset->ttl_s, rrset->expiration - rrset->inception);
	struct followers_slot at = { from, until, walk->expiration };

	for (size_t i = 0; i < walk->outlook->timeline.n_keys; i++) {
		if (walk->begun)
			pass_key(&walk->keys[i], &times, &at, walk->before[i],
			    now[i]);
		else
			begin_key(&walk->keys[i], now[i]);
		walk->before[i] = now[i];
	}
	walk->begun = true;
	walk->expiration = rrset->expiration;
}

/* A slot of the responses at hand. */
static void
pass_published(struct trust_walk *walk, const struct timeline_slot *slot)
{
	const struct timeline *timeline = &walk->outlook->timeline;
	struct part now[RFC5011_KEYS_MAX];

	for (size_t i = 0; i < timeline->n_keys; i++)
		now[i] = part_of(&slot->rrset, timeline->keys[i].ds);
	pass_slot(walk, now, slot->from, slot->until, &slot->rrset);
}

static struct part
part_in_history(
    const struct history_slot *slot, const uint8_t ds[DS_SHA256_SIZE])
{
	struct part part = { false, false, false };

	for (size_t i = 0; i < slot->n_ksks; i++) {
		const struct history_ksk *ksk = &slot->ksks[i];

		if (memcmp(ksk->ds_sha256, ds, DS_SHA256_SIZE) != 0)
			continue;
		part.revoked |= ksk->revoked;
		part.published |= ksk->published;
		part.signs |= ksk->signs && !ksk->revoked;
	}
	return part;
}

/*
 * A slot that the register has.  Behind a hole, or where the slots are not
 * known, it is as if nothing had been known before.
 */
static bool
pass_used(void *arg, const struct history_slot *slot, int64_t gives_way)
{
	struct trust_walk *walk = arg;
	struct part now[RFC5011_KEYS_MAX];
	struct rfc5011_rrset rrset = {
		.ttl_s = walk->in->config->ksk_policy.ttl_s,
	};

	if (slot == NULL || slot->inception > walk->expiration)
		walk->begun = false;
	if (slot == NULL)
		return true;
	for (size_t i = 0; i < walk->outlook->timeline.n_keys; i++)
		now[i] =
		    part_in_history(slot, walk->outlook->timeline.keys[i].ds);
	rrset.inception = slot->inception;
	rrset.expiration = slot->expiration;
	pass_slot(walk, now, slot->inception, gives_way, &rrset);
	return true;
}

/*
 * What came before the new response: by the register, which knows more than the
 * previous response does, if it has that one; else by the previous response.
 */
static void
pass_before(struct trust_walk *walk)
{
	const struct timeline *timeline = &walk->outlook->timeline;
	const struct history *history = walk->in->history;
	/* The register has slots by their inceptions. */
	int64_t start = timeline->slots[walk->outlook->first].rrset.inception;
	const struct history_use *use =
	    history == NULL ? NULL : history_before(history, start);

	if (walk->last != NULL && use != NULL && use->response->slots != NULL &&
	    same_sha256(
		use->response->response_sha256, walk->in->previous_sha256) &&
	    history_walk(history, start, pass_used, walk))
		return;
	for (size_t i = 0; i < walk->outlook->first; i++)
		pass_published(walk, &timeline->slots[i]);
}

/* Why the key cannot sign alone; NULL if it can. */
static const char *
objection(const struct trust_walk *walk, size_t key, struct text *ret)
{
	const uint8_t *ds = walk->outlook->timeline.keys[key].ds;
	const struct followers_key *state = &walk->keys[key];

	if (walk->last != NULL && !part_of(walk->last, ds).published)
		text_add(ret, "is not in the previous SKR's %s",
		    bundle_followed_text(walk->in).s);
	else if ((state->flags & FOLLOWERS_REVOKED) != 0)
		text_add(ret, "was revoked");
	else if (!followers_trust(state))
		text_add(ret,
		    "is published since %s and trusted by every follower from "
		    "%s",
		    time_text(state->since).s, time_text(state->ready).s);
	else
		return NULL;
	return ret->s;
}

static void
judge_slot(const struct trust_walk *walk, size_t index, struct text *ret)
{
	const struct timeline *timeline = &walk->outlook->timeline;
	const struct rfc5011_rrset *rrset = &timeline->slots[index].rrset;

	for (size_t i = 0; i < timeline->n_keys; i++) {
		const struct timeline_key *key = &timeline->keys[i];
		struct text why = { 0 };

		if (!part_of(rrset, key->ds).signs)
			continue;
		if (objection(walk, i, &why) == NULL) {
			*ret = (struct text){ 0 };
			return;
		}
		text_add(ret, "%s%s signs and %s", ret->len == 0 ? "" : "; ",
		    outlook_key_text(walk->in, key->ds, key->tag).s, why.s);
	}
	/* SKR-SCHEDULE wants a signature by an unrevoked key. */
	if (ret->len == 0)
		text_add(ret, "no KSK signs that is not revoked");
}

static void
judge_rfc5011(struct trust_walk *walk)
{
	const struct outlook *outlook = walk->outlook;
	const struct timeline *timeline = &outlook->timeline;
	struct text told = { 0 };

	pass_before(walk);
	for (size_t i = outlook->first; i < timeline->n_slots; i++) {
		const struct timeline_slot *slot = &timeline->slots[i];
		struct text found = { 0 };

		pass_published(walk, slot);
		judge_slot(walk, i, &found);
		/* What the slot before said need not be said again. */
		if (found.len > 0 && strcmp(found.s, told.s) != 0) {
			finding_add(walk->result, outlook_document(walk->in),
			    i - outlook->first, "%s", found.s);
			finding_required(walk->result,
			    "a signature by a KSK that was in the previous "
			    "SKR's %s and that every follower trusts by then "
			    "(RFC 5011 section 2.4.1)",
			    walk->last == NULL
				? "last bundle"
				: bundle_followed_text(walk->in).s);
		}
		told = found;
	}
}

static struct text
signers_text(const struct check_input *in, const struct timeline *timeline,
    const struct rfc5011_rrset *rrset)
{
	struct text text = { 0 };

	for (size_t i = 0; i < timeline->n_keys; i++)
		if (part_of(rrset, timeline->keys[i].ds).signs)
			text_add(&text, "%s%s", text.len == 0 ? "" : ", ",
			    outlook_key_text(
				in, timeline->keys[i].ds, timeline->keys[i].tag)
				.s);
	if (text.len == 0)
		text_add(&text, "no KSK that is not revoked");
	return text;
}

static void
judge_parent(const struct trust_walk *walk)
{
	const struct outlook *outlook = walk->outlook;
	const struct timeline *timeline = &outlook->timeline;
	bool told = false;

	for (size_t i = outlook->first; i < timeline->n_slots; i++) {
		const struct timeline_slot *slot = &timeline->slots[i];
		int64_t at = 0;
		bool found = parent_ds_fails(&outlook->parent, &slot->rrset,
		    slot->from, slot->until, &at);

		if (found && !told) {
			finding_add(walk->result, outlook_document(walk->in),
			    i - outlook->first,
			    "%s signs, and at %s not every follower holds its "
			    "DS",
			    signers_text(walk->in, timeline, &slot->rrset).s,
			    time_text(at).s);
			finding_required(walk->result,
			    "a signature by a KSK whose DS the parent has "
			    "published for its TTL and propagation, %s, and "
			    "publishes still (RFC 7583 section 2.2)",
			    duration_text(outlook->parent.lag_s).s);
		}
		told = found;
	}
}

static enum verdict
judge_trust(const struct check_input *in, const struct outlook *outlook,
    struct check_result *result)
{
	struct trust_walk *walk = calloc(1, sizeof(*walk));
	struct rfc5011_rrset last;
	struct dname owner;
	struct err err;
	enum verdict verdict = VERDICT_PASS;

	if (walk == NULL)
		return check_broken(result, "out of memory");
	walk->in = in;
	walk->outlook = outlook;
	walk->result = result;
	if (in->config->trust == TRUST_PARENT_DS) {
		judge_parent(walk);
	} else if (in->previous == NULL) {
		judge_rfc5011(walk);
	} else if (dname_parse(in->previous->domain, &owner, &err) &&
	    timeline_rrset(bundle_followed(in), &owner, &last, &err)) {
		walk->last = &last;
		judge_rfc5011(walk);
	} else {
		verdict = check_broken(result, err.msg);
	}
	free(walk);
	return verdict;
}

static void
judge_followers(const struct check_input *in,
    const struct outlook_followers *followers, struct check_result *result)
{
	const struct outlook_follower *last = NULL;
	struct text kinds = { 0 };

	for (size_t i = 0; i < followers->n; i++) {
		const struct outlook_follower *one = &followers->followers[i];

		if (!one->fails)
			return;
		text_add(&kinds, "%s\"%s\" at %s", i == 0 ? "" : ", ",
		    one->kind, time_text(one->fails_at).s);
		if (last == NULL || one->slot > last->slot)
			last = one;
	}
	if (last == NULL)
		return;
	finding_add(result, outlook_document(in), last->slot,
	    "every kind of follower fails: %s", kinds.s);
	finding_required(
	    result, "a response that some follower can validate throughout");
}

/* What cannot be put in order of time cannot be followed. */
static enum verdict
with_outlook(const struct check_input *in, struct check_result *result,
    enum verdict (*judge)(const struct check_input *, const struct outlook *,
	struct check_result *))
{
	struct outlook_new made = { 0 };
	struct outlook outlook;
	enum verdict verdict;
	bool slot_by_slot;
	struct err err;

	if (!outlook_rrsets(in, &made, &err))
		return check_broken(result, err.msg);
	slot_by_slot = made.rrsets != NULL;
	free(made.rrsets);
	if (!slot_by_slot)
		return check_not_run(result, NOT_SLOT_BY_SLOT);
	if (!outlook_make(in, &outlook, &err)) {
		if (err.code == E_MEMORY)
			return check_broken(result, err.msg);
		finding_add(result, NULL, NO_BUNDLE, "%s", err.msg);
		finding_required(result,
		    "slots in order of time, after those "
		    "of the previous SKR");
		return VERDICT_PASS;
	}
	verdict = judge(in, &outlook, result);
	outlook_clear(&outlook);
	return verdict;
}

enum verdict
check_trust(const struct check_input *in, struct check_result *result)
{
	return with_outlook(in, result, judge_trust);
}

static enum verdict
simulate(const struct check_input *in, const struct outlook *outlook,
    struct check_result *result)
{
	struct outlook_followers followers;
	struct err err;

	if (!outlook_judge(in, outlook, &followers, &err))
		return check_broken(result, err.msg);
	judge_followers(in, &followers, result);
	return VERDICT_PASS;
}

enum verdict
check_followers(const struct check_input *in, struct check_result *result)
{
	return with_outlook(in, result, simulate);
}
