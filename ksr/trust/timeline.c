#include <stdlib.h>
#include <string.h>

#include "ksr/bundle.h"
#include "ksr/message.h"
#include "ksr/trust/timeline.h"
#include "ksr/wording.h"

size_t
timeline_find_key(
    const struct timeline *timeline, const uint8_t ds[DS_SHA256_SIZE])
{
	size_t i = 0;

	while (i < timeline->n_keys &&
	    memcmp(timeline->keys[i].ds, ds, DS_SHA256_SIZE) != 0)
		i++;
	return i;
}

int64_t
timeline_begin(const struct timeline *timeline)
{
	return timeline->slots[0].from;
}

int64_t
timeline_end(const struct timeline *timeline)
{
	return timeline->slots[timeline->n_slots - 1].until;
}

static bool
add_key(struct timeline *timeline, const struct dnskey *key,
    const uint8_t ds[DS_SHA256_SIZE], struct err *err)
{
	struct timeline_key *added = &timeline->keys[timeline->n_keys];
	struct dnskey unrevoked = *key;

	if (timeline_find_key(timeline, ds) < timeline->n_keys)
		return true;
	if (timeline->n_keys == RFC5011_KEYS_MAX)
		return err_set(err, E_INPUT,
		    "more than %u different KSKs", RFC5011_KEYS_MAX);
	unrevoked.flags &= (uint16_t)~DNSKEY_FLAG_REVOKE;
	added->key = key;
	added->tag = dnskey_tag(&unrevoked);
	memcpy(added->ds, ds, DS_SHA256_SIZE);
	timeline->n_keys++;
	return true;
}

static bool
see_keys(struct timeline *timeline, struct timeline_slot *slot, struct err *err)
{
	const struct bundle *bundle = slot->bundle;
	struct rfc5011_rrset *rrset = &slot->rrset;

	rrset->inception = bundle->inception;
	rrset->expiration = bundle->expiration;
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		struct rfc5011_seen *seen = &rrset->keys[rrset->n];

		seen->sep = is_ksk(key);
		seen->revoked = is_revoked(key);
		seen->signs = bundle_signatures_by(bundle, key) > 0;
		rrset->ttl_s = key->ttl_s;
		if (!seen->sep && !seen->signs)
			continue;
		if (!dnskey_ds(&timeline->owner, key, seen->ds, err) ||
		    !add_key(timeline, key, seen->ds, err))
			return false;
		rrset->n++;
	}
	slot->octets = message_octets(&timeline->owner, bundle);
	return true;
}

/* The slots that are published from that time on make way. */
static bool
make_way(struct timeline *timeline, const struct timeline_part *part,
    struct err *err)
{
	while (timeline->n_slots > 0 &&
	    timeline->slots[timeline->n_slots - 1].from >= part->from)
		timeline->n_slots--;
	return timeline->n_slots > 0 ||
	    err_set(err, E_INPUT,
		"%s: takes over at %s, before anything else was published",
		part->name, time_text(part->from).s);
}

/* The part's first slot follows what is published before it. */
static bool
part_follows(const struct timeline *timeline, const struct timeline_part *part,
    int64_t from, struct err *err)
{
	const struct timeline_slot *last =
	    &timeline->slots[timeline->n_slots - 1];

	if (from <= last->from)
		return err_set(err, E_INPUT,
		    "%s: begins at %s, when slot %zu of the response before "
		    "it, from %s, has begun; one that takes over in its "
		    "course is given as SKR@TIME",
		    part->name, time_text(from).s, last->slot + 1,
		    time_text(last->from).s);
	if (from > last->bundle->expiration)
		return err_set(err, E_INPUT,
		    "%s: begins at %s, but the last slot before it expired at "
		    "%s: a response is missing between them",
		    part->name, time_text(from).s,
		    time_text(last->bundle->expiration).s);
	return true;
}

static bool
add_slots(struct timeline *timeline, size_t index,
    const struct timeline_part *part, size_t first, struct err *err)
{
	const struct ksr *response = part->response;

	for (size_t i = first; i < response->n_bundles; i++) {
		const struct bundle *bundle = &response->bundles[i];
		struct timeline_slot *slot =
		    &timeline->slots[timeline->n_slots];

		*slot = (struct timeline_slot){ .part = index,
			.slot = i,
			.bundle = bundle,
			.from = i == first && part->takes_over
			    ? part->from
			    : bundle->inception,
			.until = bundle->expiration };
		if (timeline->n_slots > 0)
			slot[-1].until = slot->from;
		timeline->n_slots++;
		if (!see_keys(timeline, slot, err))
			return err_prefix(err, "%s", part->name);
	}
	return true;
}

static bool
add_part(struct timeline *timeline, size_t index,
    const struct timeline_part *part, struct err *err)
{
	const struct ksr *response = part->response;
	size_t first = 0, last;
	int64_t from;

	if (response->n_bundles == 0)
		return err_set(err, E_INPUT, "%s: has no slots", part->name);
	from = part->takes_over ? part->from : response->bundles[0].inception;
	/* Asked for its last slot too: that tells whether all are in order. */
	if (!bundle_find_at(response, from, &first, err) ||
	    !bundle_find_at(response,
		response->bundles[response->n_bundles - 1].inception, &last,
		err)) {
		err->code = E_INPUT;
		return err_prefix(err, "%s", part->name);
	}
	if (part->takes_over && index > 0 && !make_way(timeline, part, err))
		return false;
	return (timeline->n_slots == 0 ||
		   part_follows(timeline, part, from, err)) &&
	    add_slots(timeline, index, part, first, err);
}

static bool
same_zones(const struct timeline_part *parts, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		if (!same_domain(parts[i].response->domain,
			parts[0].response->domain))
			return err_set(err, E_INPUT,
			    "%s: is for zone %s, %s for %s", parts[i].name,
			    parts[i].response->domain, parts[0].name,
			    parts[0].response->domain);
	return true;
}

static bool
fill(struct timeline *timeline, const struct timeline_part *parts, size_t n,
    struct err *err)
{
	if (!dname_parse(parts[0].response->domain, &timeline->owner, err) ||
	    !same_zones(parts, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add_part(timeline, i, &parts[i], err))
			return false;
	if (timeline_end(timeline) - timeline_begin(timeline) > DURATION_MAX_S)
		return err_set(err, E_INPUT,
		    "the responses span more than a hundred years");
	return true;
}

bool
timeline_make(const struct timeline_part *parts, size_t n,
    struct timeline *ret, struct err *err)
{
	struct timeline timeline = { 0 };
	size_t n_slots = 0;

	for (size_t i = 0; i < n; i++)
		n_slots += parts[i].response->n_bundles;
	timeline.slots = calloc(n_slots + 1, sizeof(*timeline.slots));
	timeline.keys = calloc(RFC5011_KEYS_MAX, sizeof(*timeline.keys));
	if (timeline.slots == NULL || timeline.keys == NULL) {
		timeline_clear(&timeline);
		return err_set(err, E_MEMORY, "out of memory");
	}
	if (!fill(&timeline, parts, n, err)) {
		timeline_clear(&timeline);
		return false;
	}
	*ret = timeline;
	return true;
}

void
timeline_clear(struct timeline *timeline)
{
	free(timeline->slots);
	free(timeline->keys);
	*timeline = (struct timeline){ 0 };
}
