#include <stdio.h>
#include <string.h>

#include "ksr/anchor/anchor_declared.h"
#include "ksr/document/wording.h"

/* What the plan's own path says of a key. */
struct planned_validity {
	bool is_published, signs, ends;
	int64_t from; /* of is_published */
	int64_t signs_from;
	int64_t until; /* of ends: revoked, or published no more */
};

static bool
has(uint32_t mask, size_t key)
{
	return (mask >> key & 1) != 0;
}

static void
pass_slot(const struct schema_slot *slot, size_t key, int64_t at,
    struct planned_validity *v)
{
	bool published = has(slot->publish, key) && !has(slot->revoke, key);

	if (v->ends)
		return;
	if (published && !v->is_published) {
		v->is_published = true;
		v->from = at;
	}
	if (published && has(slot->sign, key) && !v->signs) {
		v->signs = true;
		v->signs_from = at;
	}
	if (has(slot->revoke, key) || (v->is_published && !published)) {
		v->ends = true;
		v->until = at;
	}
}

static struct planned_validity
validity_of_plan(const struct plan *plan, size_t key)
{
	struct planned_validity v = { 0 };

	for (size_t q = 0; plan != NULL && q < plan->n_quarters; q++) {
		const struct schema *schema =
		    &plan->quarters[q].responses[0].schema;

		for (size_t s = 0; s < schema->n_slots; s++)
			pass_slot(&schema->slots[s], key,
			    plan_slot_start(plan, q, s), &v);
	}
	return v;
}

static bool
set_validity(const struct anchors_wanted *wanted, size_t i,
    struct trust_anchor *anchor, struct err *err)
{
	const struct config_key *key = &wanted->config->keys[i];
	struct planned_validity planned = validity_of_plan(wanted->plan, i);

	anchor->valid_from =
	    key->valid_from != 0 ? key->valid_from : planned.from;
	anchor->has_valid_until = key->has_valid_until || planned.ends;
	anchor->valid_until =
	    key->has_valid_until ? key->valid_until : planned.until;
	if (key->valid_from == 0 && !planned.is_published && !wanted->timeless)
		return err_set(err, E_REFUSED,
		    "it has no valid_from: an anchor says since when it is "
		    "valid");
	if (planned.signs && planned.signs_from < anchor->valid_from)
		return err_set(err, E_REFUSED,
		    "the plan signs with it from %s, before its valid_from, %s",
		    time_text(planned.signs_from).s,
		    time_text(anchor->valid_from).s);
	if (key->has_valid_until && planned.ends &&
	    key->valid_until != planned.until)
		return err_set(err, E_REFUSED,
		    "its valid_until is %s, by the plan it ends at %s",
		    time_text(key->valid_until).s, time_text(planned.until).s);
	return !anchor->has_valid_until ||
	    anchor->valid_from < anchor->valid_until ||
	    err_set(err, E_REFUSED, "it ends at %s, before it begins at %s",
		time_text(anchor->valid_until).s,
		time_text(anchor->valid_from).s);
}

/* Of a key that is known; else the digest is the one that is pinned. */
static bool
set_digest(const struct anchors_wanted *wanted, size_t i, uint8_t type,
    struct trust_anchor *anchor, struct err *err)
{
	const struct config_key *pinned = &wanted->config->keys[i];
	struct dname owner;
	struct dnskey key;
	size_t len;

	anchor->digest_type = type;
	if (trust_anchor_key(anchor, &key)) {
		if (!dname_parse(
			wanted->config->ksk_policy.signers_name, &owner, err) ||
		    !dnskey_digest(
			&owner, &key, type, anchor->digest, &len, err))
			return false;
		anchor->digest_len = (uint16_t)len;
		return true;
	}
	if (type != DS_DIGEST_SHA256)
		return err_set(err, E_REFUSED,
		    "its SHA-384 is unknown: neither a token nor the "
		    "configuration has its public key");
	memcpy(anchor->digest, pinned->ds_sha256, DS_SHA256_SIZE);
	anchor->digest_len = DS_SHA256_SIZE;
	return true;
}

/* The key, held against its pin again, whoever has found it. */
static bool
set_key(const struct anchors_wanted *wanted, size_t i,
    struct trust_anchor *anchor, struct err *err)
{
	const struct config_key *pinned = &wanted->config->keys[i];
	const struct dnskey *known = wanted->known[i];

	anchor->algorithm = pinned->algorithm;
	anchor->tag = pinned->tag;
	if (!pinned->has_ds)
		return err_set(err, E_REFUSED,
		    "it has no ds_sha256: an anchor is a key that is pinned");
	if (known == NULL)
		return pinned->has_tag ||
		    err_set(err, E_REFUSED,
			"it has no key_tag, and neither a token nor the "
			"configuration has its public key");
	if (!config_key_check(
		wanted->config, pinned, "its public half", known, err))
		return false;
	anchor->tag = dnskey_tag(known);
	anchor->has_flags = true;
	anchor->flags = known->flags;
	anchor->public_key_len = known->public_key_len;
	memcpy(anchor->public_key, known->public_key, known->public_key_len);
	return true;
}

/* In the order of their beginnings. */
static bool
insert(struct trust_anchors *anchors, const struct trust_anchor *anchor,
    struct err *err)
{
	size_t at = anchors->n;

	if (at == TRUST_ANCHORS_MAX)
		return err_set(
		    err, E_REFUSED, "more than %u anchors", TRUST_ANCHORS_MAX);
	while (
	    at > 0 && anchors->list[at - 1].valid_from > anchor->valid_from) {
		anchors->list[at] = anchors->list[at - 1];
		at--;
	}
	anchors->list[at] = *anchor;
	anchors->n++;
	return true;
}

/* The label; of a second digest of the same key with the digest's type. */
static void
set_id(const struct config_key *key, size_t nth, uint8_t type,
    struct trust_anchor *anchor)
{
	if (nth == 0)
		snprintf(anchor->id, sizeof(anchor->id), "%s", key->label);
	else
		snprintf(anchor->id, sizeof(anchor->id), "%.240s-%u",
		    key->label, type);
}

static bool
add_key(const struct anchors_wanted *wanted, size_t i,
    struct trust_anchors *anchors, struct err *err)
{
	static const uint8_t usual[] = { DS_DIGEST_SHA256 };
	const uint8_t *types = wanted->n_digests == 0 ? usual : wanted->digests;
	size_t n = wanted->n_digests == 0 ? 1 : wanted->n_digests;

	for (size_t d = 0; d < n; d++) {
		struct trust_anchor anchor = { 0 };

		set_id(&wanted->config->keys[i], d, types[d], &anchor);
		if (!set_key(wanted, i, &anchor, err) ||
		    !set_validity(wanted, i, &anchor, err) ||
		    !set_digest(wanted, i, types[d], &anchor, err) ||
		    !insert(anchors, &anchor, err))
			return err_prefix(
			    err, "keys.%s", wanted->config->keys[i].name);
	}
	return true;
}

bool
anchors_declared(const struct anchors_wanted *wanted, struct trust_anchors *ret,
    struct err *err)
{
	const struct config *config = wanted->config;
	struct dname owner;

	ret->n = 0;
	ret->id[0] = '\0';
	snprintf(ret->source, sizeof(ret->source), "%s",
	    config->trust_anchor.source);
	if (!dname_parse(config->ksk_policy.signers_name, &owner, err))
		return false;
	dname_text(&owner, ret->zone);
	for (size_t i = 0; i < config->n_keys; i++)
		if (has(wanted->keys, i) && !add_key(wanted, i, ret, err))
			return false;
	return ret->n > 0 ||
	    err_set(err, E_REFUSED, "the configuration has no such KSK");
}
