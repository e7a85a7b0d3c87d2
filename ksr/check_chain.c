/*
 * KSR-CHAIN-KEYS: the request continues the previous SKR, and that SKR is
 * ours.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/check_rules.h"
#include "ksr/pubkey.h"
#include "ksr/rrset.h"

static void
judge_signature(const struct check_input *in, const struct dname *owner,
    size_t index, const struct rrsig *rrsig, struct check_result *result)
{
	const struct ksr *previous = in->previous;
	const struct bundle *bundle = &previous->bundles[index];
	const struct dnskey *key = bundle_signer(bundle, rrsig);
	struct err err;

	if (key == NULL) {
		finding_add(result, previous, index,
		    "previous SKR: a signature by key %u (%.120s), which is "
		    "not in the bundle",
		    rrsig->tag, rrsig->identifier);
		finding_required(result, "signatures by the bundle's keys");
		return;
	}
	if (config_key_of(in->config, owner, key) == NULL) {
		finding_add(result, previous, index,
		    "previous SKR: a signature by key %s, which is unknown",
		    key_text(key).s);
		finding_required(
		    result, "a KSK whose DS the configuration pins");
	}
	if (rrsig->inception != bundle->inception ||
	    rrsig->expiration != bundle->expiration) {
		finding_add(result, previous, index,
		    "previous SKR: the signature by key %s is valid from %s "
		    "to %s",
		    key_text(key).s, time_text(rrsig->inception).s,
		    time_text(rrsig->expiration).s);
		finding_required(result, "the bundle's times, %s to %s",
		    time_text(bundle->inception).s,
		    time_text(bundle->expiration).s);
	}
	if (!rrsig_verify(rrsig, key, previous->domain, bundle->keys,
		bundle->n_keys, &err)) {
		finding_add(result, previous, index,
		    "previous SKR: the signature by key %s does not verify: %s",
		    key_text(key).s, err.msg);
		finding_required(
		    result, "a valid signature over the bundle's keys");
	}
}

static void
judge_signatures(const struct check_input *in, const struct dname *owner,
    struct check_result *result)
{
	for (size_t i = 0; i < in->previous->n_bundles; i++) {
		const struct bundle *bundle = &in->previous->bundles[i];

		if (bundle->n_signatures == 0) {
			finding_add(result, in->previous, i,
			    "previous SKR: no signature");
			finding_required(result, "a signature by a known KSK");
		}
		for (size_t j = 0; j < bundle->n_signatures; j++)
			judge_signature(
			    in, owner, i, &bundle->signatures[j], result);
	}
}

static bool
holds_zsk(const struct bundle *bundle, const struct dnskey *key)
{
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *other = &bundle->keys[i];

		if (dnskey_same_key(other, key) && other->flags == key->flags &&
		    strcmp(other->identifier, key->identifier) == 0)
			return true;
	}
	return false;
}

/* A zone that changes ZSKs between two cycles has a moment without either. */
static void
judge_zsks(const struct check_input *in, struct check_result *result)
{
	size_t last_index = in->previous->n_bundles - 1;
	const struct bundle *last = &in->previous->bundles[last_index];
	const struct bundle *first = &in->request->bundles[0];

	for (size_t i = 0; i < first->n_keys; i++) {
		if (holds_zsk(last, &first->keys[i]))
			continue;
		finding_add(result, in->request, 0,
		    "key %s is not in the previous SKR's last bundle",
		    key_text(&first->keys[i]).s);
		finding_required(
		    result, "the ZSKs of the previous SKR's last bundle");
	}
	for (size_t i = 0; i < last->n_keys; i++) {
		if (is_ksk(&last->keys[i]) || holds_zsk(first, &last->keys[i]))
			continue;
		finding_add(result, in->request, 0,
		    "key %s of the previous SKR's last bundle is missing",
		    key_text(&last->keys[i]).s);
		finding_required(
		    result, "the ZSKs of the previous SKR's last bundle");
	}
}

enum verdict
check_chain_keys(const struct check_input *in, struct check_result *result)
{
	struct dname owner;
	struct err err;

	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (in->previous->n_bundles == 0 || in->request->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	if (!dname_parse(in->previous->domain, &owner, &err))
		return check_broken(result, err.msg);
	judge_signatures(in, &owner, result);
	judge_zsks(in, result);
	return VERDICT_PASS;
}

enum verdict
check_chain_keys_in_hsm(
    const struct check_input *in, struct check_result *result)
{
	const struct bundle *last;
	struct schema_slot slot;
	struct dname owner;
	struct err err;

	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (in->previous->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	if (!dname_parse(in->previous->domain, &owner, &err))
		return check_broken(result, err.msg);
	last = &in->previous->bundles[in->previous->n_bundles - 1];
	slot = bundle_slot(in->config, &owner, last);
	if (slot.sign == 0) {
		finding_add(result, in->previous, in->previous->n_bundles - 1,
		    "previous SKR: no configured KSK signed the last bundle");
		finding_required(result, "a KSK that is in the HSM");
	}
	for (size_t i = 0; i < in->config->n_keys; i++) {
		const struct config_key *key = &in->config->keys[i];

		if ((slot.sign & ~in->keys_in_hsm & UINT32_C(1) << i) == 0)
			continue;
		finding_add(result, in->previous, in->previous->n_bundles - 1,
		    "previous SKR: KSK %s (%.120s) signed the last bundle and "
		    "is not in the HSM",
		    key->name, key->label);
		finding_required(result, "a KSK that is in the HSM");
	}
	return VERDICT_PASS;
}
