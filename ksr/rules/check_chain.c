/*
 * KSR-CHAIN-KEYS: the request continues the previous SKR, and that SKR is
 * ours.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"

/*
 * One that begins at the same moment is replaced, and the one before it
 * followed; but a record that changes keys then, as the request does, is how
 * the zone comes to these keys.
 */
static bool
is_followed(const struct check_input *in, const struct bundle *bundle)
{
	const struct bundle *first = &in->request->bundles[0];

	if (bundle_begins(bundle) != bundle_begins(first))
		return bundle_begins(bundle) < bundle_begins(first);
	return (ksr_lacks(in->request) & ksr_lacks(in->previous) &
		   LACKS_SLOTS) != 0 &&
	    bundle_has_zsks(bundle, first);
}

/* Where it is routine for requests to begin within what is signed. */
static bool
may_begin_within(const struct check_input *in)
{
	return in->fallback != NULL || in->replaces != NULL ||
	    ((ksr_lacks(in->request) & LACKS_SLOTS) != 0 &&
		in->config->request_policy.routine_replacement);
}

size_t
bundles_followed(const struct check_input *in)
{
	size_t n = in->previous == NULL ? 0 : in->previous->n_bundles;

	if (!may_begin_within(in))
		return n;
	while (n > 1 && in->request->n_bundles > 0 &&
	    !is_followed(in, &in->previous->bundles[n - 1]))
		n--;
	return n;
}

const struct bundle *
bundle_followed(const struct check_input *in)
{
	return &in->previous->bundles[bundles_followed(in) - 1];
}

struct text
bundle_followed_text(const struct check_input *in)
{
	size_t n = bundles_followed(in);
	struct text text = { 0 };

	if (n == in->previous->n_bundles)
		text_add(&text, "last bundle");
	else
		text_add(&text, "bundle %zu", n);
	return text;
}

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

/* RFC 4034 3.1.4: the RRset has the TTL that its signature covers. */
static void
judge_ttls(const struct check_input *in, size_t index,
    const struct rrsig *rrsig, struct check_result *result)
{
	const struct bundle *bundle = &in->previous->bundles[index];
	uint32_t ttl_s = rrsig->original_ttl_s;

	if (rrsig->ttl_s != ttl_s) {
		finding_add(result, in->previous, index,
		    "previous SKR: the signature by key %u (%.120s) has TTL "
		    "%" PRIu32,
		    rrsig->tag, rrsig->identifier, rrsig->ttl_s);
		finding_required(result, "its original TTL, %" PRIu32, ttl_s);
	}
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];

		if (key->ttl_s == ttl_s)
			continue;
		finding_add(result, in->previous, index,
		    "previous SKR: key %s has TTL %" PRIu32, key_text(key).s,
		    key->ttl_s);
		finding_required(
		    result, "the signature's original TTL, %" PRIu32, ttl_s);
	}
}

/* What no signature covers: declared tags, and what stands twice. */
static void
judge_keys(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *bundle = &in->previous->bundles[index];

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		size_t n = bundle_signatures_by(bundle, key);

		if (key->tag != dnskey_tag(key)) {
			finding_add(result, in->previous, index,
			    "previous SKR: key %s declares tag %u",
			    key_text(key).s, key->tag);
			finding_required(result,
			    "tag %u, computed from the key", dnskey_tag(key));
		}
		if (n > 1) {
			finding_add(result, in->previous, index,
			    "previous SKR: key %s has %zu signatures",
			    key_text(key).s, n);
			finding_required(
			    result, "one signature by each signing key");
		}
		for (size_t j = 0; j < i; j++) {
			if (!dnskey_same_key(key, &bundle->keys[j]))
				continue;
			finding_add(result, in->previous, index,
			    "previous SKR: key %s stands twice in the bundle",
			    key_text(key).s);
			finding_required(result, "each key once in a bundle");
		}
	}
}

/* A bundle twice, or two exchanged: each signature is good, the SKR is not. */
static void
judge_order(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *bundles = in->previous->bundles;

	if (index == 0 ||
	    bundles[index].inception > bundles[index - 1].inception ||
	    bundle_is_superseded(in->previous, index - 1))
		return;
	finding_add(result, in->previous, index,
	    "previous SKR: inception %s is not after that of the bundle "
	    "before, %s",
	    time_text(bundles[index].inception).s,
	    time_text(bundles[index - 1].inception).s);
	finding_required(result, "inceptions in order");
}

static void
judge_bundle(const struct check_input *in, const struct dname *owner,
    size_t index, struct check_result *result)
{
	const struct bundle *bundle = &in->previous->bundles[index];

	if (bundle->n_signatures == 0) {
		finding_add(
		    result, in->previous, index, "previous SKR: no signature");
		finding_required(result, "a signature by a known KSK");
	}
	for (size_t i = 0; i < bundle->n_signatures; i++) {
		judge_signature(
		    in, owner, index, &bundle->signatures[i], result);
		judge_ttls(in, index, &bundle->signatures[i], result);
	}
	judge_keys(in, index, result);
	judge_order(in, index, result);
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
	const struct bundle *last = bundle_followed(in);
	const struct bundle *first = &in->request->bundles[0];

	for (size_t i = 0; i < first->n_keys; i++) {
		if (holds_zsk(last, &first->keys[i]))
			continue;
		finding_add(result, in->request, 0,
		    "key %s is not in the previous SKR's %s",
		    key_text(&first->keys[i]).s, bundle_followed_text(in).s);
		finding_required(result, "the ZSKs of the previous SKR's %s",
		    bundle_followed_text(in).s);
	}
	for (size_t i = 0; i < last->n_keys; i++) {
		if (is_ksk(&last->keys[i]) || holds_zsk(first, &last->keys[i]))
			continue;
		finding_add(result, in->request, 0,
		    "key %s of the previous SKR's %s is missing",
		    key_text(&last->keys[i]).s, bundle_followed_text(in).s);
		finding_required(result, "the ZSKs of the previous SKR's %s",
		    bundle_followed_text(in).s);
	}
}

static bool
judge_bundles(
    const struct check_input *in, struct check_result *result, struct err *err)
{
	struct dname owner;

	if (!dname_parse(in->previous->domain, &owner, err))
		return false;
	for (size_t i = 0; i < in->previous->n_bundles; i++)
		judge_bundle(in, &owner, i, result);
	return true;
}

enum verdict
check_previous_signed(const struct check_input *in, struct check_result *result)
{
	struct err err;

	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (in->previous->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	if (!judge_bundles(in, result, &err))
		return check_broken(result, err.msg);
	return VERDICT_PASS;
}

enum verdict
check_chain_keys(const struct check_input *in, struct check_result *result)
{
	struct err err;

	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (in->previous->n_bundles == 0 || in->request->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	if (!judge_bundles(in, result, &err))
		return check_broken(result, err.msg);
	judge_zsks(in, result);
	return VERDICT_PASS;
}

enum verdict
check_chain_keys_in_hsm(
    const struct check_input *in, struct check_result *result)
{
	size_t followed;
	struct schema_slot slot;
	struct dname owner;
	struct err err;

	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (in->previous->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	if (!dname_parse(in->previous->domain, &owner, &err))
		return check_broken(result, err.msg);
	followed = bundles_followed(in) - 1;
	slot = bundle_slot(in->config, &owner, bundle_followed(in));
	if (slot.sign == 0) {
		finding_add(result, in->previous, followed,
		    "previous SKR: no configured KSK signed the %s",
		    bundle_followed_text(in).s);
		finding_required(result, "a KSK that is in the HSM");
	}
	for (size_t i = 0; i < in->config->n_keys; i++) {
		const struct config_key *key = &in->config->keys[i];

		if ((slot.sign & ~in->keys_in_hsm & UINT32_C(1) << i) == 0)
			continue;
		finding_add(result, in->previous, followed,
		    "previous SKR: KSK %s (%.120s) signed the %s and is not in "
		    "the HSM",
		    key->name, key->label, bundle_followed_text(in).s);
		finding_required(result, "a KSK that is in the HSM");
	}
	return VERDICT_PASS;
}
