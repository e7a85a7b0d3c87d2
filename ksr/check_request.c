/*
 * Rules about what the request as a whole is: which zone, whether it is new,
 * how many bundles.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/check_rules.h"

static bool
domain_acceptable(const struct request_policy *policy, const char *domain)
{
	for (size_t i = 0; i < policy->n_domains; i++)
		if (same_domain(policy->domains[i], domain))
			return true;
	return false;
}

static struct text
acceptable_domains(const struct request_policy *policy)
{
	struct text text = { 0 };

	for (size_t i = 0; i < policy->n_domains; i++)
		text_add(
		    &text, "%s\"%s\"", i == 0 ? "" : ", ", policy->domains[i]);
	return text;
}

/*
 * The KSK signs one zone's apex DNSKEY RRset (DPS 5.1.4): the policy's, and
 * the same as last time.
 */
enum verdict
check_domain(const struct check_input *in, struct check_result *result)
{
	const struct config *config = in->config;
	const char *domain = in->request->domain;

	if (!domain_acceptable(&config->request_policy, domain)) {
		finding_add(
		    result, in->request, NO_BUNDLE, "domain \"%s\"", domain);
		finding_required(result, "one of acceptable_domains: %s",
		    acceptable_domains(&config->request_policy).s);
	}
	if (!same_domain(domain, config->ksk_policy.signers_name)) {
		finding_add(
		    result, in->request, NO_BUNDLE, "domain \"%s\"", domain);
		finding_required(result, "signers_name of ksk_policy: \"%s\"",
		    config->ksk_policy.signers_name);
	}
	if (in->previous != NULL &&
	    !same_domain(domain, in->previous->domain)) {
		finding_add(
		    result, in->request, NO_BUNDLE, "domain \"%s\"", domain);
		finding_required(result, "the previous SKR's domain: \"%s\"",
		    in->previous->domain);
	}
	return VERDICT_PASS;
}

enum verdict
check_id(const struct check_input *in, struct check_result *result)
{
	if (in->previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (strcmp(in->request->id, in->previous->id) == 0) {
		finding_add(result, in->request, NO_BUNDLE,
		    "id %s, which is the previous SKR's", in->request->id);
		finding_required(
		    result, "an id that was never processed before");
	}
	return VERDICT_PASS;
}

struct bundle_id {
	const char *id;
	bool requested; /* the request's, not the previous SKR's */
	size_t bundle;
};

static int
by_id(const void *left, const void *right)
{
	const struct bundle_id *a = left, *b = right;
	int order = strcmp(a->id, b->id);

	if (order != 0)
		return order;
	if (a->requested != b->requested)
		return a->requested ? 1 : -1;
	return (a->bundle > b->bundle) - (a->bundle < b->bundle);
}

static size_t
list_ids(const struct ksr *ksr, bool requested, struct bundle_id *ret)
{
	for (size_t i = 0; ksr != NULL && i < ksr->n_bundles; i++)
		ret[i] = (struct bundle_id){ ksr->bundles[i].id, requested, i };
	return ksr == NULL ? 0 : ksr->n_bundles;
}

enum verdict
check_bundle_unique(const struct check_input *in, struct check_result *result)
{
	size_t n = in->request->n_bundles +
	    (in->previous == NULL ? 0 : in->previous->n_bundles);
	struct bundle_id *ids = calloc(n + 1, sizeof(ids[0]));

	if (ids == NULL)
		return check_broken(result, "out of memory");
	n = list_ids(in->previous, false, ids);
	n += list_ids(in->request, true, ids + n);
	qsort(ids, n, sizeof(ids[0]), by_id);
	for (size_t i = 1; i < n; i++) {
		const struct bundle_id *first = &ids[i - 1], *again = &ids[i];

		if (!again->requested || strcmp(first->id, again->id) != 0)
			continue;
		finding_add(result, in->request, again->bundle,
		    "the id is also that of bundle %zu of the %s",
		    first->bundle + 1,
		    first->requested ? "request" : "previous SKR");
		finding_required(result, "a bundle id that was never used");
	}
	free(ids);
	return VERDICT_PASS;
}

enum verdict
check_bundle_count(const struct check_input *in, struct check_result *result)
{
	uint64_t required = in->config->request_policy.num_bundles;

	if (in->request->n_bundles != required) {
		finding_add(result, in->request, NO_BUNDLE, "%zu bundles",
		    in->request->n_bundles);
		finding_required(result, "%" PRIu64 " bundles", required);
	}
	required = in->config->response_policy.num_bundles;
	if (in->previous != NULL && in->previous->n_bundles != required) {
		finding_add(result, in->previous, NO_BUNDLE,
		    "%zu bundles in the previous SKR", in->previous->n_bundles);
		finding_required(result, "%" PRIu64 " bundles", required);
	}
	return VERDICT_PASS;
}
