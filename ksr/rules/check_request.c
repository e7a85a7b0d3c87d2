/*
 * Rules about what the request as a whole is: which zone, whether it is new,
 * how many bundles.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"

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

static bool
same_alternative(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_request(const struct check_input *in, const struct processed *processed)
{
	return memcmp(in->request_sha256, processed->request_sha256,
		   SHA256_SIZE) == 0;
}

/*
 * What was signed may be signed once more only byte for byte: as a declared
 * alternative with a name of its own, or, where the run was interrupted before
 * its response was published, in the same way again and in no other.
 */
static bool
may_repeat(const struct check_input *in, const struct processed *processed)
{
	if (!same_request(in, processed))
		return false;
	if (same_alternative(in->alternative, processed->alternative))
		return !processed->published && in->schema != NULL &&
		    strcmp(in->schema->name, processed->schema) == 0;
	return processed->published && in->alternative != NULL;
}

/* "schema "rollover", alternative "fallback"" */
static struct text
manner_text(const struct processed *processed)
{
	struct text text = { 0 };

	text_add(&text, "schema \"%s\"", processed->schema);
	if (processed->alternative == NULL)
		text_add(&text, ", no alternative");
	else
		text_add(&text, ", alternative \"%s\"", processed->alternative);
	return text;
}

static void
find_processed(const struct check_input *in, const struct processed *processed,
    struct check_result *result)
{
	finding_add(result, in->request, NO_BUNDLE,
	    "id %s, which was signed before (%s%s)", in->request->id,
	    manner_text(processed).s,
	    processed->published ? "" : ", interrupted before publication");
	if (!same_request(in, processed))
		finding_required(
		    result, "an id that no other request was signed with");
	else if (processed->published)
		finding_required(result,
		    "an alternative name under which this request was never "
		    "signed");
	else
		finding_required(result,
		    "that the interrupted run is repeated as it was: %s",
		    manner_text(processed).s);
}

enum verdict
check_id(const struct check_input *in, struct check_result *result)
{
	const char *id = in->request->id;

	if (in->previous == NULL && in->processed == NULL)
		return check_not_run(result, NO_HISTORY);
	if (in->previous != NULL && strcmp(id, in->previous->id) == 0) {
		finding_add(result, in->request, NO_BUNDLE,
		    "id %s, which is the previous SKR's", id);
		finding_required(
		    result, "an id that was never processed before");
	}
	for (size_t i = 0; i < in->n_processed; i++)
		if (strcmp(id, in->processed[i].request_id) == 0 &&
		    !may_repeat(in, &in->processed[i]))
			find_processed(in, &in->processed[i], result);
	return VERDICT_PASS;
}

/* In this order: of two documents with an id the later is named. */
enum bundle_source { FROM_REGISTER, FROM_PREVIOUS, FROM_REQUEST };

struct bundle_id {
	const char *id;
	enum bundle_source source;
	const char *request_id; /* of the document it stands in */
	size_t bundle;
};

static int
by_id(const void *left, const void *right)
{
	const struct bundle_id *a = left, *b = right;
	int order = strcmp(a->id, b->id);

	if (order != 0)
		return order;
	if (a->source != b->source)
		return a->source > b->source ? 1 : -1;
	order = strcmp(a->request_id, b->request_id);
	if (order != 0)
		return order;
	return (a->bundle > b->bundle) - (a->bundle < b->bundle);
}

static struct text
source_text(const struct bundle_id *id)
{
	struct text text = { 0 };

	if (id->source == FROM_REGISTER)
		text_add(&text, "request %s, signed before", id->request_id);
	else
		text_add(&text, "the %s",
		    id->source == FROM_REQUEST ? "request" : "previous SKR");
	return text;
}

static size_t
list_ids(
    const struct ksr *ksr, enum bundle_source source, struct bundle_id *ret)
{
	for (size_t i = 0; ksr != NULL && i < ksr->n_bundles; i++)
		ret[i] = (struct bundle_id){ ksr->bundles[i].id, source,
			ksr->id, i };
	return ksr == NULL ? 0 : ksr->n_bundles;
}

static int
by_text(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

/*
 * Those that the request has, too: of a register of many zones that is next to
 * nothing, and the rest need not be put in order.
 */
static size_t
list_processed_ids(
    const struct check_input *in, const char **own, struct bundle_id *ret)
{
	size_t n = 0, n_own = in->request->n_bundles;

	for (size_t i = 0; i < n_own; i++)
		own[i] = in->request->bundles[i].id;
	qsort(own, n_own, sizeof(own[0]), by_text);
	for (size_t i = 0; i < in->n_processed; i++) {
		const struct processed *processed = &in->processed[i];

		if (may_repeat(in, processed))
			continue;
		for (size_t j = 0; j < processed->n_bundle_ids; j++)
			if (bsearch(&processed->bundle_ids[j], own, n_own,
				sizeof(own[0]), by_text) != NULL)
				ret[n++] = (struct bundle_id){
					processed->bundle_ids[j], FROM_REGISTER,
					processed->request_id, j
				};
	}
	return n;
}

static size_t
count_ids(const struct check_input *in)
{
	size_t n = in->request->n_bundles;

	if (in->previous != NULL)
		n += in->previous->n_bundles;
	for (size_t i = 0; i < in->n_processed; i++)
		n += in->processed[i].n_bundle_ids;
	return n;
}

/* ret[i] becomes where else the id of the request's bundle i stands, or NULL.
 */
static void
find_repeated(struct bundle_id *ids, size_t n, const struct bundle_id **ret)
{
	qsort(ids, n, sizeof(ids[0]), by_id);
	for (size_t i = 1; i < n; i++)
		if (ids[i].source == FROM_REQUEST &&
		    strcmp(ids[i - 1].id, ids[i].id) == 0)
			ret[ids[i].bundle] = &ids[i - 1];
}

static void
judge_bundle_ids(const struct check_input *in, struct bundle_id *ids,
    const char **own, const struct bundle_id **repeated,
    struct check_result *result)
{
	size_t n = list_processed_ids(in, own, ids);

	n += list_ids(in->previous, FROM_PREVIOUS, ids + n);
	n += list_ids(in->request, FROM_REQUEST, ids + n);
	find_repeated(ids, n, repeated);
	for (size_t i = 0; i < in->request->n_bundles; i++) {
		if (repeated[i] == NULL)
			continue;
		finding_add(result, in->request, i,
		    "the id is also that of bundle %zu of %s",
		    repeated[i]->bundle + 1, source_text(repeated[i]).s);
		finding_required(result, "a bundle id that was never used");
	}
}

enum verdict
check_bundle_unique(const struct check_input *in, struct check_result *result)
{
	struct bundle_id *ids = calloc(count_ids(in) + 1, sizeof(ids[0]));
	const struct bundle_id **repeated =
	    calloc(in->request->n_bundles + 1, sizeof(repeated[0]));
	const char **own = calloc(in->request->n_bundles + 1, sizeof(own[0]));
	enum verdict verdict = VERDICT_PASS;

	if (ids == NULL || repeated == NULL || own == NULL)
		verdict = check_broken(result, "out of memory");
	else
		judge_bundle_ids(in, ids, own, repeated, result);
	free(own);
	free(repeated);
	free(ids);
	return verdict;
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
