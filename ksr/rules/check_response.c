/*
 * SKR-VERIFY and SKR-MATCH: the response as it stands on disk is signed by our
 * KSKs and answers the request.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/independent.h"

static void
judge_signature(const struct check_input *in, const struct dname *owner,
    size_t index, size_t signature, struct check_result *result)
{
	const struct ksr *response = in->response;
	const struct bundle *bundle = &response->bundles[index];
	const struct child_set *set;
	uint16_t type;
	const struct rrsig *rrsig =
	    bundle_signature(bundle, signature, &set, &type);
	const struct dnskey *key = bundle_signer(bundle, rrsig);
	struct err err;

	if (key == NULL || config_key_of(in->config, owner, key) == NULL) {
		finding_add(result, response, index,
		    "a signature by key %u (%.120s), which is unknown",
		    rrsig->tag, rrsig->identifier);
		finding_required(
		    result, "a KSK whose DS the configuration pins");
	}
	if (!independent_verify(response, index, signature, &err)) {
		finding_add(result, response, index,
		    "the signature by key %u (%.120s) does not verify: %s",
		    rrsig->tag, rrsig->identifier, err.msg);
		finding_required(result, "a valid signature over the bundle's %s",
		    set == NULL ? "keys" : "CDNSKEY or CDS records");
	}
}

/*
 * DPS 6.8: every signature is verified, here through ldns.  in->response was
 * read from the bytes that leave the ceremony.
 */
enum verdict
check_skr_verify(const struct check_input *in, struct check_result *result)
{
	const struct ksr *response = in->response;
	struct dname owner;
	struct err err;

	if (!dname_parse(response->domain, &owner, &err))
		return check_broken(result, err.msg);
	for (size_t i = 0; i < response->n_bundles; i++) {
		size_t n = response->bundles[i].n_signatures;

		if (n == 0) {
			finding_add(result, response, i, "no signature");
			finding_required(result, "a signature by a known KSK");
		}
		n = bundle_count_signatures(&response->bundles[i]);
		for (size_t j = 0; j < n; j++)
			judge_signature(in, &owner, i, j, result);
	}
	return VERDICT_PASS;
}

static bool
algorithm_in(
    const struct signature_algorithm *a, const struct signature_policy *policy)
{
	for (size_t i = 0; i < policy->n_algorithms; i++) {
		const struct signature_algorithm *b = &policy->algorithms[i];

		if (a->algorithm == b->algorithm && a->family == b->family &&
		    a->size == b->size && a->exponent == b->exponent)
			return true;
	}
	return false;
}

static bool
same_algorithms(
    const struct signature_policy *a, const struct signature_policy *b)
{
	for (size_t i = 0; i < a->n_algorithms; i++)
		if (!algorithm_in(&a->algorithms[i], b))
			return false;
	for (size_t i = 0; i < b->n_algorithms; i++)
		if (!algorithm_in(&b->algorithms[i], a))
			return false;
	return a->n_algorithms == b->n_algorithms;
}

static void
judge_names(const struct check_input *in, struct check_result *result)
{
	const struct ksr *request = in->request, *response = in->response;

	if (strcmp(response->id, request->id) != 0) {
		finding_add(result, response, NO_BUNDLE, "id %s", response->id);
		finding_required(result, "the request's id, %s", request->id);
	}
	if (response->serial != request->serial) {
		finding_add(result, response, NO_BUNDLE, "serial %" PRIu64,
		    response->serial);
		finding_required(
		    result, "the request's serial, %" PRIu64, request->serial);
	}
}

static void
judge_kind(const struct check_input *in, struct check_result *result)
{
	if (in->response->kind == KSR_RESPONSE)
		return;
	finding_add(result, in->response, NO_BUNDLE, "not a response");
	finding_required(result, "a response");
}

static void
judge_zone(const struct check_input *in, struct check_result *result)
{
	const struct ksr *request = in->request, *response = in->response;

	if (!same_domain(response->domain, request->domain)) {
		finding_add(result, response, NO_BUNDLE, "domain \"%s\"",
		    response->domain);
		finding_required(
		    result, "the request's domain, \"%s\"", request->domain);
	}
	if (response->n_bundles != request->n_bundles) {
		finding_add(result, response, NO_BUNDLE, "%zu bundles",
		    response->n_bundles);
		finding_required(result, "as many as the request has, %zu",
		    request->n_bundles);
	}
}

static void
judge_bundle_id(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *asked = &in->request->bundles[index];
	const struct bundle *given = &in->response->bundles[index];

	if (strcmp(given->id, asked->id) == 0)
		return;
	finding_add(result, in->response, index, "id %s", given->id);
	finding_required(result, "the request's id, %s", asked->id);
}

static void
judge_bundle_times(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *asked = &in->request->bundles[index];
	const struct bundle *given = &in->response->bundles[index];

	if (given->inception != asked->inception ||
	    given->expiration != asked->expiration) {
		finding_add(result, in->response, index, "from %s to %s",
		    time_text(given->inception).s,
		    time_text(given->expiration).s);
		finding_required(result, "the request's times, %s to %s",
		    time_text(asked->inception).s,
		    time_text(asked->expiration).s);
	}
}

static void
judge_durations(const struct check_input *in, const char *section,
    const struct signature_policy *given, const struct signature_policy *asked,
    const char *whose, struct check_result *result)
{
	const struct {
		const char *name;
		int64_t given_s, asked_s;
	} rows[] = {
		{ "PublishSafety", given->publish_safety_s,
		    asked->publish_safety_s },
		{ "RetireSafety", given->retire_safety_s,
		    asked->retire_safety_s },
		{ "MaxSignatureValidity", given->max_signature_validity_s,
		    asked->max_signature_validity_s },
		{ "MinSignatureValidity", given->min_signature_validity_s,
		    asked->min_signature_validity_s },
		{ "MaxValidityOverlap", given->max_validity_overlap_s,
		    asked->max_validity_overlap_s },
		{ "MinValidityOverlap", given->min_validity_overlap_s,
		    asked->min_validity_overlap_s },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].given_s == rows[i].asked_s)
			continue;
		finding_add(result, in->response, NO_BUNDLE,
		    "%s of the %s policy is %s", rows[i].name, section,
		    duration_text(rows[i].given_s).s);
		finding_required(result, "%s by %s",
		    duration_text(rows[i].asked_s).s, whose);
	}
}

static struct text
algorithms_text(const struct signature_policy *policy)
{
	struct text text = { 0 };

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		const struct signature_algorithm *a = &policy->algorithms[i];

		text_add(&text, "%s%s of %u bits", i == 0 ? "" : ", ",
		    algorithm_name(a->algorithm).s, a->size);
		if (a->family == FAMILY_RSA)
			text_add(&text, " with exponent %" PRIu64, a->exponent);
	}
	if (policy->n_algorithms == 0)
		text_add(&text, "nothing");
	return text;
}

static void
judge_algorithms(const struct check_input *in, const char *section,
    const struct signature_policy *given, const struct signature_policy *asked,
    const char *whose, struct check_result *result)
{
	if (same_algorithms(given, asked))
		return;
	finding_add(result, in->response, NO_BUNDLE,
	    "the %s policy declares %s", section, algorithms_text(given).s);
	finding_required(
	    result, "exactly %s by %s", algorithms_text(asked).s, whose);
}

/* The algorithms of the KSKs in the response, each once, into *ret. */
static bool
collect_algorithms(
    const struct ksr *response, struct signature_policy *ret, struct err *err)
{
	struct key_list list = { 0 };
	bool ok = key_list_by_key(response, &list, err);

	key_list_distinct(&list);
	for (size_t i = 0; ok && i < list.n; i++) {
		const struct dnskey *key = list.keys[i].key;
		struct signature_algorithm a = { 0 };
		struct pubkey_info info;

		if (!is_ksk(key))
			continue;
		ok = pubkey_info(key, &info, err);
		if (!ok)
			break;
		a = (struct signature_algorithm){ key->algorithm, info.family,
			info.bits, info.exponent };
		if (algorithm_in(&a, ret))
			continue;
		if (ret->n_algorithms == POLICY_ALGS_MAX)
			ok = err_set(err, E_REFUSED,
			    "KSKs of more than %u kinds", POLICY_ALGS_MAX);
		else
			ret->algorithms[ret->n_algorithms++] = a;
	}
	key_list_clear(&list);
	return ok;
}

/* Each of the KSKs', each once, and nothing else but of the request's ZSKs. */
static bool
lists_ksks(const struct signature_policy *given,
    const struct signature_policy *ksks, const struct signature_policy *zsks)
{
	for (size_t i = 0; i < ksks->n_algorithms; i++)
		if (!algorithm_in(&ksks->algorithms[i], given))
			return false;
	for (size_t i = 0; i < given->n_algorithms; i++) {
		const struct signature_algorithm *a = &given->algorithms[i];
		struct signature_policy before = *given;

		before.n_algorithms = i;
		if (algorithm_in(a, &before) ||
		    (!algorithm_in(a, ksks) && !algorithm_in(a, zsks)))
			return false;
	}
	return true;
}

static void
judge_listing(const struct check_input *in,
    const struct signature_policy *ksks, struct check_result *result)
{
	const struct signature_policy *given = &in->response->ksk_policy;
	const struct signature_policy *zsks = &in->request->zsk_policy;

	if (lists_ksks(given, ksks, zsks))
		return;
	finding_add(result, in->response, NO_BUNDLE,
	    "the KSK policy declares %s", algorithms_text(given).s);
	finding_required(result,
	    "%s by the KSKs in the response, and beside it at most the ZSKs' "
	    "by the request, %s",
	    algorithms_text(ksks).s, algorithms_text(zsks).s);
}

/*
 * An exponent that no key had stood in the policy sections until 2016.  0.1.0
 * asked for the KSKs' parameters and nothing else, which a signer that lists
 * the ZSKs' beside them does not meet.
 */
enum listing { KSKS_ALONE, KSKS_AND_ZSKS };

static void
judge_ksk_algorithms(const struct check_input *in, enum listing listing,
    struct check_result *result)
{
	struct signature_policy actual = { 0 };
	struct err err;

	if (collect_algorithms(in->response, &actual, &err)) {
		if (listing == KSKS_ALONE)
			judge_algorithms(in, "KSK", &in->response->ksk_policy,
			    &actual, "the KSKs in the response", result);
		else
			judge_listing(in, &actual, result);
		return;
	}
	finding_add(result, in->response, NO_BUNDLE,
	    "the KSKs' algorithms cannot be told: %s", err.msg);
	finding_required(result, "KSKs whose parameters can be read");
}

static enum verdict
judge_match(const struct check_input *in, enum listing listing,
    struct check_result *result)
{
	const struct ksr *request = in->request, *response = in->response;

	judge_kind(in, result);
	judge_names(in, result);
	judge_zone(in, result);
	for (size_t i = 0; i < request->n_bundles && i < response->n_bundles;
	     i++) {
		judge_bundle_id(in, i, result);
		judge_bundle_times(in, i, result);
	}
	judge_durations(in, "ZSK", &response->zsk_policy, &request->zsk_policy,
	    "the request", result);
	judge_algorithms(in, "ZSK", &response->zsk_policy, &request->zsk_policy,
	    "the request", result);
	judge_durations(in, "KSK", &response->ksk_policy,
	    &in->config->ksk_policy.signature, "ksk_policy", result);
	judge_ksk_algorithms(in, listing, result);
	return VERDICT_PASS;
}

enum verdict
check_skr_match(const struct check_input *in, struct check_result *result)
{
	return judge_match(in, KSKS_AND_ZSKS, result);
}

enum verdict
check_skr_match_0_1_0(const struct check_input *in, struct check_result *result)
{
	return judge_match(in, KSKS_ALONE, result);
}

/* Its header says from when on. */
static void
judge_use(const struct check_input *in, size_t index,
    struct check_result *result)
{
	const struct bundle *asked = &in->request->bundles[index];
	const struct bundle *given = &in->response->bundles[index];

	if (bundle_begins(given) == bundle_begins(asked))
		return;
	finding_add(result, in->response, index, "used from %s",
	    time_text(bundle_begins(given)).s);
	finding_required(result, "from %s, as the request has it",
	    time_text(bundle_begins(asked)).s);
}

/* Of a format that has neither ids nor serial nor policies. */
enum verdict
check_skr_match_records(
    const struct check_input *in, struct check_result *result)
{
	const struct ksr *request = in->request, *response = in->response;

	judge_kind(in, result);
	judge_zone(in, result);
	for (size_t i = 0; i < request->n_bundles && i < response->n_bundles;
	     i++) {
		judge_bundle_times(in, i, result);
		judge_use(in, i, result);
	}
	return VERDICT_PASS;
}
