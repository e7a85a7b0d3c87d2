/*
 * SKR-PAIR: bundle by bundle, the response holds the request's ZSKs, the KSKs
 * of the schedule, and nothing else.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"

static bool
holds_key(const struct bundle *bundle, const struct dnskey *key)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (dnskey_same_key(&bundle->keys[i], key) &&
		    strcmp(bundle->keys[i].identifier, key->identifier) == 0)
			return true;
	return false;
}

static void
judge_zsks(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *asked = &in->request->bundles[index];
	const struct bundle *given = &in->response->bundles[index];

	for (size_t i = 0; i < asked->n_keys; i++) {
		if (holds_key(given, &asked->keys[i]))
			continue;
		finding_add(result, in->response, index,
		    "key %s is not in the bundle", key_text(&asked->keys[i]).s);
		finding_required(result, "every ZSK of the request");
	}
	for (size_t i = 0; i < given->n_keys; i++) {
		if (is_ksk(&given->keys[i]) ||
		    holds_key(asked, &given->keys[i]))
			continue;
		finding_add(result, in->response, index,
		    "key %s is not in the request's bundle",
		    key_text(&given->keys[i]).s);
		finding_required(result, "no ZSK but the request's");
	}
}

static bool
flags_right(const struct dnskey *key)
{
	return key->flags == DNSKEY_FLAGS_ZSK ||
	    key->flags == DNSKEY_FLAGS_KSK ||
	    key->flags == DNSKEY_FLAGS_KSK_REVOKED;
}

/* RFC 4034 2.1; DPS 6.9: the TTL. */
static void
judge_fields(const struct check_input *in, size_t index,
    const struct dnskey *key, struct check_result *result)
{
	uint32_t ttl_s = config_ttl_s(in->config);
	uint16_t tag = dnskey_tag(key);

	if (!flags_right(key)) {
		finding_add(result, in->response, index, "key %s has flags %u",
		    key_text(key).s, key->flags);
		finding_required(result,
		    "flags %d of a ZSK, %d of a KSK or %d of a revoked KSK",
		    DNSKEY_FLAGS_ZSK, DNSKEY_FLAGS_KSK,
		    DNSKEY_FLAGS_KSK_REVOKED);
	}
	if (key->protocol != DNSKEY_PROTOCOL) {
		finding_add(result, in->response, index,
		    "key %s has protocol %u", key_text(key).s, key->protocol);
		finding_required(result, "protocol %d", DNSKEY_PROTOCOL);
	}
	if (key->tag != tag) {
		finding_add(result, in->response, index,
		    "key %s declares tag %u", key_text(key).s, key->tag);
		finding_required(result, "tag %u, computed from the key", tag);
	}
	if (key->ttl_s != ttl_s) {
		finding_add(result, in->response, index,
		    "key %s has TTL %" PRIu32, key_text(key).s, key->ttl_s);
		finding_required(result, "TTL %" PRIu32, ttl_s);
	}
}

static void
judge_keys(const struct check_input *in, const struct dname *owner,
    size_t index, struct check_result *result)
{
	const struct bundle *bundle = &in->response->bundles[index];

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		size_t n = bundle_signatures_by(bundle, key);

		judge_fields(in, index, key, result);
		if (is_ksk(key) &&
		    config_key_of(in->config, owner, key) == NULL) {
			finding_add(result, in->response, index,
			    "KSK %s is unknown", key_text(key).s);
			finding_required(
			    result, "a KSK whose DS the configuration pins");
		}
		for (size_t j = 0; j < i; j++) {
			if (!dnskey_same_key(key, &bundle->keys[j]))
				continue;
			finding_add(result, in->response, index,
			    "key %s stands twice in the bundle",
			    key_text(key).s);
			finding_required(result, "each key once in a bundle");
		}
		if (n > 1) {
			finding_add(result, in->response, index,
			    "key %s has %zu signatures", key_text(key).s, n);
			finding_required(
			    result, "one signature by each signing key");
		}
	}
}

/* What a slot makes of one KSK, as the operator's table would say it. */
static const char *
part_text(const struct schema_slot *slot, uint32_t bit)
{
	static const char *const texts[2][2][2] = {
		{ { "absent", "absent and signs" },
		    { "revoked and does not sign", "revoked and signs" } },
		{ { "published", "published and signs" },
		    { "published and revoked",
			"published, revoked and signs" } },
	};

	return texts[(slot->publish & bit) != 0][(slot->revoke & bit) != 0]
		    [(slot->sign & bit) != 0];
}

static void
judge_schedule(const struct check_input *in, size_t index,
    const struct schema_slot *slot, struct check_result *result)
{
	const struct schema_slot *ordered = &in->schema->slots[index];

	for (size_t i = 0; i < in->config->n_keys; i++) {
		uint32_t bit = UINT32_C(1) << i;
		const char *seen = part_text(slot, bit);
		const char *required = part_text(ordered, bit);

		if (strcmp(seen, required) == 0)
			continue;
		finding_add(result, in->response, index, "KSK %s is %s",
		    in->config->keys[i].name, seen);
		finding_required(
		    result, "%s by schema %s", required, in->schema->name);
	}
}

/* What every schedule has in common, where none is named. */
static void
judge_signers(const struct check_input *in, size_t index,
    const struct schema_slot *slot, struct check_result *result)
{
	if ((slot->sign & ~slot->revoke) == 0) {
		finding_add(result, in->response, index,
		    "no KSK signs that is not revoked");
		finding_required(result, "at least one signing KSK");
	}
	for (size_t i = 0; i < in->config->n_keys; i++) {
		if ((slot->revoke & ~slot->sign & UINT32_C(1) << i) == 0)
			continue;
		finding_add(result, in->response, index,
		    "KSK %s is revoked and does not sign",
		    in->config->keys[i].name);
		finding_required(result,
		    "a revoked key signs itself (RFC 5011 section 2.1)");
	}
}

static void
judge_times(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *asked = &in->request->bundles[index];
	const struct bundle *given = &in->response->bundles[index];

	if (given->inception <= asked->inception &&
	    given->expiration >= asked->expiration)
		return;
	finding_add(result, in->response, index, "from %s to %s",
	    time_text(given->inception).s, time_text(given->expiration).s);
	finding_required(result, "covers the request's %s to %s",
	    time_text(asked->inception).s, time_text(asked->expiration).s);
}

enum verdict
check_skr_pair(const struct check_input *in, struct check_result *result)
{
	size_t n = in->response->n_bundles;
	struct dname owner;
	struct err err;

	if (!dname_parse(in->response->domain, &owner, &err))
		return check_broken(result, err.msg);
	if (in->schema != NULL && in->schema->n_slots != n) {
		finding_add(result, in->response, NO_BUNDLE, "%zu bundles", n);
		finding_required(result, "%zu slots of schema %s",
		    in->schema->n_slots, in->schema->name);
	}
	for (size_t i = 0; i < n; i++) {
		struct schema_slot slot =
		    bundle_slot(in->config, &owner, &in->response->bundles[i]);

		judge_keys(in, &owner, i, result);
		if (in->schema == NULL)
			judge_signers(in, i, &slot, result);
		else if (i < in->schema->n_slots)
			judge_schedule(in, i, &slot, result);
		if (i < in->request->n_bundles) {
			judge_zsks(in, i, result);
			judge_times(in, i, result);
		}
	}
	return VERDICT_PASS;
}
