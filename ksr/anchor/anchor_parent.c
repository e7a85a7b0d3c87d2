#include <stdio.h>
#include <string.h>

#include "ksr/anchor/anchor_parent.h"
#include "ksr/zone/anchor.h"

static bool
is_valid(const struct config_key *key, int64_t now)
{
	return key->valid_from <= now &&
	    (!key->has_valid_until || now < key->valid_until);
}

enum parent_state
parent_state_of(
    const struct config *config, const struct config_key *key, int64_t now)
{
	if (config->trust != TRUST_PARENT_DS)
		return is_valid(key, now)   ? PARENT_HAS
		    : key->valid_from > now ? PARENT_HAS_NOT
					    : PARENT_WITHDREW;
	if (!key->has_ds_published || key->ds_published > now)
		return PARENT_HAS_NOT;
	return key->has_ds_withdrawn && key->ds_withdrawn <= now
	    ? PARENT_WITHDREW
	    : PARENT_HAS;
}

uint32_t
parent_keys(const struct config *config, int64_t now)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < config->n_keys; i++)
		if (parent_state_of(config, &config->keys[i], now) ==
		    PARENT_HAS)
			keys |= UINT32_C(1) << i;
	return keys;
}

uint32_t
parent_candidates(const struct config *config, int64_t now)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];

		if (parent_state_of(config, key, now) != PARENT_WITHDREW &&
		    (!key->has_valid_until || now < key->valid_until))
			keys |= UINT32_C(1) << i;
	}
	return keys;
}

bool
parent_exists(const struct config *config, struct err *err)
{
	return !same_domain(config->ksk_policy.signers_name, ".") ||
	    err_set(err, E_USAGE,
		"the root has no parent; its anchors are made by "
		"`trust-anchor`");
}

bool
parent_read(struct bytes text, const char *name, const char *zone,
    struct trust_anchors *ret, struct err *err)
{
	struct ds_record records[TRUST_ANCHORS_MAX];
	struct dname owner;
	size_t n = 0;

	if (!dname_parse(zone, &owner, err) ||
	    !ds_records_read(
		text, name, &owner, TRUST_ANCHORS_MAX, records, &n, err))
		return false;
	*ret = (struct trust_anchors){ .n = n };
	dname_text(&owner, ret->zone);
	for (size_t i = 0; i < n; i++) {
		struct trust_anchor *anchor = &ret->list[i];

		snprintf(anchor->id, sizeof(anchor->id), "DS %u %u %u",
		    records[i].tag, records[i].algorithm,
		    records[i].digest_type);
		anchor->tag = records[i].tag;
		anchor->algorithm = records[i].algorithm;
		anchor->digest_type = records[i].digest_type;
		anchor->digest_len = records[i].digest_len;
		memcpy(
		    anchor->digest, records[i].digest, records[i].digest_len);
	}
	return true;
}
