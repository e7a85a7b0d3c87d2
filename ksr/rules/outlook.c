#include <stdlib.h>
#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/document/bundle.h"
#include "ksr/rules/outlook.h"

const struct ksr *
outlook_document(const struct check_input *in)
{
	return in->response != NULL ? in->response : in->request;
}

/* A key without a pinned DS is like no other: SKR-SCHEDULE refuses it. */
static void
set_ds(const struct config *config, size_t key, uint8_t ret[DS_SHA256_SIZE])
{
	memset(ret, 0, DS_SHA256_SIZE);
	if (config->keys[key].has_ds)
		memcpy(ret, config->keys[key].ds_sha256, DS_SHA256_SIZE);
	else
		ret[0] = (uint8_t)(key + 1);
}

static void
add_key(struct rfc5011_rrset *rrset, const struct config *config, size_t key,
    bool revoked, bool signs)
{
	struct rfc5011_seen *seen = &rrset->keys[rrset->n];

	if (rrset->n == ARRAY_LEN(rrset->keys))
		return;
	*seen = (struct rfc5011_seen){
		.sep = true, .revoked = revoked, .signs = signs
	};
	set_ds(config, key, seen->ds);
	rrset->n++;
}

static struct rfc5011_rrset
rrset_of_slot(const struct check_input *in, size_t index)
{
	const struct schema_slot *slot = &in->schema->slots[index];
	const struct bundle *bundle = &in->request->bundles[index];
	struct rfc5011_rrset rrset = { .inception = bundle->inception,
		.expiration = bundle->expiration,
		.lead_s = bundle->lead_s,
		.ttl_s = config_ttl_s(in->config) };

	for (size_t i = 0; i < in->config->n_keys; i++) {
		uint32_t mask = UINT32_C(1) << i;
		bool signs = (slot->sign & mask) != 0;

		if ((slot->revoke & mask) != 0)
			add_key(&rrset, in->config, i, true, signs);
		if (((slot->publish | slot->sign) & ~slot->revoke & mask) != 0)
			add_key(&rrset, in->config, i, false, signs);
	}
	return rrset;
}

static bool
is_complete(const struct check_input *in)
{
	return in->response != NULL
	    ? in->response->n_bundles > 0
	    : in->schema != NULL && in->request->n_bundles > 0 &&
		in->schema->n_slots == in->request->n_bundles;
}

static bool
fill(const struct check_input *in, struct outlook_new *ret, struct err *err)
{
	struct dname owner;

	if (!dname_parse(
		in->response == NULL ? "." : in->response->domain, &owner, err))
		return false;
	for (size_t i = 0; i < ret->n; i++) {
		if (in->response == NULL)
			ret->rrsets[i] = rrset_of_slot(in, i);
		else if (!timeline_rrset(&in->response->bundles[i], &owner,
			     &ret->rrsets[i], err))
			return false;
		ret->rrsets[i].is_superseded = in->response != NULL &&
		    bundle_is_superseded(in->response, i);
	}
	return true;
}

bool
outlook_rrsets(
    const struct check_input *in, struct outlook_new *ret, struct err *err)
{
	struct outlook_new made = { 0 };

	if (is_complete(in)) {
		made.n = in->response != NULL ? in->response->n_bundles
					      : in->request->n_bundles;
		made.rrsets = calloc(made.n, sizeof(*made.rrsets));
		if (made.rrsets == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		if (!fill(in, &made, err)) {
			free(made.rrsets);
			return false;
		}
	}
	*ret = made;
	return true;
}

/*
 * The last slot is published until the next response's first, not until its
 * signatures expire.  That one begins a slot's length later, or as late as
 * KSR-CHAIN-OVERLAP lets it: a quarter has days to spare (DPS 6.6).
 */
static void
end_last_slot(const struct config *config, struct timeline *timeline)
{
	struct timeline_slot *last = &timeline->slots[timeline->n_slots - 1];
	int64_t until, latest;

	if (timeline->n_slots < 2)
		return;
	until = last->from + (last->from - last[-1].from);
	latest =
	    last->until - config->ksk_policy.signature.min_validity_overlap_s;
	if (until < latest)
		until = latest;
	if (until < last->until)
		last->until = until;
}

bool
outlook_make(const struct check_input *in, struct outlook *ret, struct err *err)
{
	struct outlook outlook = { 0 };
	struct timeline_part parts[2] = { 0 };
	size_t n = 0;

	if (!outlook_rrsets(in, &outlook.made, err))
		return false;
	if (outlook.made.rrsets == NULL)
		return err_set(err, E_INPUT, "there are no slots");
	if (in->previous != NULL)
		parts[n++] = (struct timeline_part){ .response = in->previous,
			.name = "the previous SKR" };
	parts[n++] = (struct timeline_part){ .n_rrsets = outlook.made.n,
		.rrsets = outlook.made.rrsets,
		.name = "the new response",
		.takes_over = true,
		.from = outlook.made.rrsets[0].inception +
		    outlook.made.rrsets[0].lead_s,
		.may_gap = true };
	if (!timeline_make(parts, n, &outlook.timeline, err)) {
		free(outlook.made.rrsets);
		return false;
	}
	end_last_slot(in->config, &outlook.timeline);
	while (outlook.timeline.slots[outlook.first].part + 1 < n)
		outlook.first++;
	if (in->config->trust == TRUST_PARENT_DS)
		outlook.parent = config_parent_ds(in->config);
	*ret = outlook;
	return true;
}

void
outlook_clear(struct outlook *outlook)
{
	timeline_clear(&outlook->timeline);
	free(outlook->made.rrsets);
	*outlook = (struct outlook){ 0 };
}

struct text
outlook_key_text(const struct check_input *in, const uint8_t ds[DS_SHA256_SIZE],
    uint16_t tag)
{
	struct text text = { 0 };

	for (size_t i = 0; i < in->config->n_keys; i++) {
		const struct config_key *key = &in->config->keys[i];
		uint8_t own[DS_SHA256_SIZE];

		set_ds(in->config, i, own);
		if (memcmp(own, ds, DS_SHA256_SIZE) != 0)
			continue;
		text_add(&text, "KSK %s", key->name);
		if (key->has_tag)
			text_add(&text, " (%u)", key->tag);
		return text;
	}
	text_add(&text, "KSK %u", tag);
	return text;
}

/* A follower in the making. */
struct candidate {
	struct resolver resolver;
	const char *kind;
};

enum part { PUBLISHED, SIGNING };

static void
add_anchors(struct resolver *resolver, const struct rfc5011_rrset *rrset,
    enum part part)
{
	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];

		if (seen->revoked || (part == SIGNING && !seen->signs) ||
		    resolver->n_anchors == RESOLVER_ANCHORS_MAX)
			continue;
		memcpy(resolver->anchors[resolver->n_anchors++], seen->ds,
		    DS_SHA256_SIZE);
	}
}

/*
 * RFC 5011: one that was there all the time; one that is set up as the new
 * response takes over, with what signed until then; and one that never learns.
 * What the first slot publishes may have been published for long.
 */
static size_t
rfc5011_kinds(const struct timeline *timeline, size_t first,
    struct candidate ret[OUTLOOK_FOLLOWERS_MAX])
{
	const struct timeline_slot *slots = timeline->slots;
	size_t before = first == 0 ? 0 : first - 1;

	ret[0].kind = "follows";
	ret[0].resolver.follows = true;
	ret[0].resolver.start = slots[0].from;
	add_anchors(&ret[0].resolver, &slots[0].rrset, PUBLISHED);
	ret[1].kind = "starts now";
	ret[1].resolver.follows = true;
	ret[1].resolver.start = slots[first].from;
	add_anchors(&ret[1].resolver, &slots[before].rrset, SIGNING);
	ret[2].kind = "static";
	ret[2].resolver.start = slots[0].from;
	add_anchors(&ret[2].resolver, &slots[0].rrset, SIGNING);
	return 3;
}

/* A parent: one that has its DS of now, one of any that may be in caches. */
static size_t
parent_kinds(const struct outlook *outlook, struct parent_ds *now,
    struct candidate ret[OUTLOOK_FOLLOWERS_MAX])
{
	const struct timeline_slot *slots = outlook->timeline.slots;

	*now = outlook->parent;
	now->lag_s = 0;
	ret[0].kind = "asks for DS";
	ret[0].resolver.parent = now;
	ret[1].kind = "caches DS";
	ret[1].resolver.parent = &outlook->parent;
	ret[2].kind = "static";
	add_anchors(&ret[2].resolver, &slots[0].rrset, SIGNING);
	for (size_t i = 0; i < 3; i++)
		ret[i].resolver.start = slots[0].from;
	return 3;
}

static void
set_trusts(const struct outlook *outlook, const struct resolver *resolver,
    const struct check_input *in, struct text *ret)
{
	if (resolver->parent != NULL) {
		text_add(ret, "the parent's DS");
		return;
	}
	for (size_t i = 0; i < resolver->n_anchors; i++) {
		size_t key =
		    timeline_find_key(&outlook->timeline, resolver->anchors[i]);

		text_add(ret, "%s%s", i == 0 ? "" : ", ",
		    outlook_key_text(in, resolver->anchors[i],
			outlook->timeline.keys[key].tag)
			.s);
	}
	if (resolver->n_anchors == 0)
		text_add(ret, "no key");
}

/* The first failure that the new response has a part in. */
static void
find_failure(const struct outlook *outlook, const struct validator_run *run,
    struct outlook_follower *ret)
{
	const struct timeline_slot *slots = outlook->timeline.slots;

	for (size_t i = outlook->first; i < outlook->timeline.n_slots; i++) {
		if (run->outcomes[i] != OUTCOME_FAILS)
			continue;
		ret->fails = true;
		ret->slot = i - outlook->first;
		ret->fails_at = slots[i].from;
		for (size_t j = 0; j < run->n_failures; j++)
			if (run->failures[j].slot == i)
				ret->fails_at = run->failures[j].at;
		return;
	}
}

bool
outlook_judge(const struct check_input *in, const struct outlook *outlook,
    struct outlook_followers *ret, struct err *err)
{
	struct candidate candidates[OUTLOOK_FOLLOWERS_MAX] = { 0 };
	struct outlook_followers judged = { 0 };
	struct parent_ds now;

	judged.n = in->config->trust == TRUST_PARENT_DS
	    ? parent_kinds(outlook, &now, candidates)
	    : rfc5011_kinds(&outlook->timeline, outlook->first, candidates);
	for (size_t i = 0; i < judged.n; i++) {
		const struct resolver *resolver = &candidates[i].resolver;
		struct outlook_follower *one = &judged.followers[i];
		struct validator_run run;

		one->kind = candidates[i].kind;
		one->start = resolver->start;
		set_trusts(outlook, resolver, in, &one->trusts);
		if (!validator_run(&outlook->timeline, resolver, &run, err))
			return false;
		find_failure(outlook, &run, one);
		validator_run_clear(&run);
	}
	*ret = judged;
	return true;
}

bool
outlook_of(const struct check_input *in, struct outlook_followers *ret,
    struct err *err)
{
	struct outlook outlook;
	bool ok;

	*ret = (struct outlook_followers){ 0 };
	if (!is_complete(in))
		return true;
	if (!outlook_make(in, &outlook, err))
		return err->code != E_MEMORY;
	ok = outlook_judge(in, &outlook, ret, err);
	outlook_clear(&outlook);
	return ok;
}
