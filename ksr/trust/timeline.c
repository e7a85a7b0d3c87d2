#include <stdlib.h>
#include <string.h>

#include "ksr/document/bundle.h"
#include "ksr/document/message.h"
#include "ksr/document/wording.h"
#include "ksr/trust/timeline.h"

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

static size_t
part_slots(const struct timeline_part *part)
{
	return part->response != NULL ? part->response->n_bundles
				      : part->n_rrsets;
}

static int64_t
part_begins(const struct timeline_part *part, size_t slot)
{
	return part->response != NULL
	    ? bundle_begins(&part->response->bundles[slot])
	    : part->rrsets[slot].inception + part->rrsets[slot].lead_s;
}

static int64_t
part_expiration(const struct timeline_part *part, size_t slot)
{
	return part->response != NULL ? part->response->bundles[slot].expiration
				      : part->rrsets[slot].expiration;
}

/* No follower ever sees it. */
static bool
part_is_superseded(const struct timeline_part *part, size_t slot)
{
	return part->response != NULL
	    ? bundle_is_superseded(part->response, slot)
	    : part->rrsets[slot].is_superseded;
}

/* key is NULL where it stands in no document. */
static bool
add_key(struct timeline *timeline, const struct dnskey *key,
    const uint8_t ds[DS_SHA256_SIZE], struct err *err)
{
	size_t found = timeline_find_key(timeline, ds);
	struct timeline_key *added = &timeline->keys[found];
	struct dnskey unrevoked;

	if (found == RFC5011_KEYS_MAX)
		return err_set(err, E_INPUT, "more than %u different KSKs",
		    RFC5011_KEYS_MAX);
	if (found == timeline->n_keys) {
		*added = (struct timeline_key){ 0 };
		memcpy(added->ds, ds, DS_SHA256_SIZE);
		timeline->n_keys++;
	}
	if (key == NULL || added->key != NULL)
		return true;
	unrevoked = dnskey_unrevoked(key);
	added->key = key;
	added->tag = dnskey_tag(&unrevoked);
	return true;
}

bool
timeline_rrset(const struct bundle *bundle, const struct dname *owner,
    struct rfc5011_rrset *ret, struct err *err)
{
	struct rfc5011_rrset rrset = { .inception = bundle->inception,
		.expiration = bundle->expiration,
		.lead_s = bundle->lead_s };

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		struct rfc5011_seen *seen = &rrset.keys[rrset.n];

		seen->sep = is_ksk(key);
		seen->revoked = is_revoked(key);
		seen->signs = bundle_signatures_by(bundle, key) > 0;
		rrset.ttl_s = key->ttl_s;
		if (!seen->sep && !seen->signs)
			continue;
		if (!dnskey_ds(owner, key, seen->ds, err))
			return false;
		rrset.n++;
	}
	*ret = rrset;
	return true;
}

static bool
see_bundle(struct timeline *timeline, struct timeline_slot *slot,
    const struct bundle *bundle, struct err *err)
{
	uint8_t ds[DS_SHA256_SIZE];

	if (!timeline_rrset(bundle, &timeline->owner, &slot->rrset, err))
		return false;
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];

		if ((is_ksk(key) || bundle_signatures_by(bundle, key) > 0) &&
		    (!dnskey_ds(&timeline->owner, key, ds, err) ||
			!add_key(timeline, key, ds, err)))
			return false;
	}
	slot->bundle = bundle;
	slot->octets = message_octets(&timeline->owner, bundle);
	return true;
}

static bool
see_keys(struct timeline *timeline, struct timeline_slot *slot,
    const struct timeline_part *part, struct err *err)
{
	if (part->response != NULL)
		return see_bundle(
		    timeline, slot, &part->response->bundles[slot->slot], err);
	slot->rrset = part->rrsets[slot->slot];
	for (size_t i = 0; i < slot->rrset.n; i++)
		if (!add_key(timeline, NULL, slot->rrset.keys[i].ds, err))
			return false;
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
	if (from > last->rrset.expiration && !part->may_gap)
		return err_set(err, E_INPUT,
		    "%s: begins at %s, but the last slot before it expired at "
		    "%s: a response is missing between them",
		    part->name, time_text(from).s,
		    time_text(last->rrset.expiration).s);
	return true;
}

static bool
add_slots(struct timeline *timeline, size_t index,
    const struct timeline_part *part, size_t first, struct err *err)
{
	for (size_t i = first; i < part_slots(part); i++) {
		struct timeline_slot *slot =
		    &timeline->slots[timeline->n_slots];

		if (part_is_superseded(part, i))
			continue;
		*slot = (struct timeline_slot){ .part = index,
			.slot = i,
			.from = i == first && part->takes_over
			    ? part->from
			    : part_begins(part, i),
			.until = part_expiration(part, i) };
		if (timeline->n_slots > 0)
			slot[-1].until = slot->from;
		timeline->n_slots++;
		if (!see_keys(timeline, slot, part, err))
			return err_prefix(err, "%s", part->name);
	}
	return true;
}

static bool
slots_in_order(const struct timeline_part *part, struct err *err)
{
	for (size_t i = 1; i < part_slots(part); i++)
		if (part_begins(part, i) <= part_begins(part, i - 1) &&
		    !part_is_superseded(part, i - 1))
			return err_set(err, E_INPUT,
			    "slot %zu begins at %s, not after the one before "
			    "it",
			    i + 1, time_text(part_begins(part, i)).s);
	return true;
}

/* The slot that the part begins with. */
static bool
first_slot(const struct timeline_part *part, int64_t from, size_t *ret,
    struct err *err)
{
	size_t first = 0;
	bool ok = slots_in_order(part, err);

	/* Of a document, the one that it has for the moment. */
	if (ok && part->response != NULL)
		ok = bundle_find_used(part->response, from, &first, err);
	if (!ok) {
		err->code = E_INPUT;
		return err_prefix(err, "%s", part->name);
	}
	*ret = first;
	return true;
}

static bool
add_part(struct timeline *timeline, size_t index,
    const struct timeline_part *part, struct err *err)
{
	size_t first = 0;
	int64_t from;

	if (part_slots(part) == 0)
		return err_set(err, E_INPUT, "%s: has no slots", part->name);
	from = part->takes_over ? part->from : part_begins(part, 0);
	if (!first_slot(part, from, &first, err) ||
	    (part->takes_over && index > 0 && !make_way(timeline, part, err)))
		return false;
	return (timeline->n_slots == 0 ||
		   part_follows(timeline, part, from, err)) &&
	    add_slots(timeline, index, part, first, err);
}

/* All are for the zone of the first that says so. */
static bool
find_zone(const struct timeline_part *parts, size_t n, struct dname *ret,
    struct err *err)
{
	const struct timeline_part *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct timeline_part *part = &parts[i];

		if (part->response == NULL)
			continue;
		if (first == NULL)
			first = part;
		else if (!same_domain(
			     part->response->domain, first->response->domain))
			return err_set(err, E_INPUT,
			    "%s: is for zone %s, %s for %s", part->name,
			    part->response->domain, first->name,
			    first->response->domain);
	}
	return dname_parse(
	    first == NULL ? "." : first->response->domain, ret, err);
}

static bool
fill(struct timeline *timeline, const struct timeline_part *parts, size_t n,
    struct err *err)
{
	if (!find_zone(parts, n, &timeline->owner, err))
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
timeline_make(const struct timeline_part *parts, size_t n, struct timeline *ret,
    struct err *err)
{
	struct timeline timeline = { 0 };
	size_t n_slots = 0;

	for (size_t i = 0; i < n; i++)
		n_slots += part_slots(&parts[i]);
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
