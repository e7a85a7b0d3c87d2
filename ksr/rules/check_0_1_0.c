/*
 * Rules as version 0.1.0 had them, for the records of its ceremonies.
 */
#include "ksr/dns/key_valid.h"
#include "ksr/rules/check_rules.h"

/*
 * KSR-POLICY-SAFETY: ZSKs change roles at a cycle's edge only (DPS 6.6): those
 * that sign the zone in a cycle are in its slots between the first and the
 * last, which belong to the keys before and after as well.
 */
static bool
is_edge(const struct ksr *ksr, size_t bundle)
{
	return ksr->n_bundles >= 3 &&
	    (bundle == 0 || bundle == ksr->n_bundles - 1);
}

/* run: the places of one key in the document. */
static bool
signs_in_cycle(const struct ksr *ksr, struct key_list run)
{
	for (size_t i = 0; i < run.n; i++)
		if (!is_edge(ksr, run.keys[i].bundle))
			return true;
	return false;
}

/* Reports where the key is missing from the first n bundles of the request. */
static void
report_missing(const struct ksr *request, const struct dnskey *key,
    struct key_list run, size_t n, const char *required,
    struct check_result *result)
{
	size_t next = 0; /* the bundle that should hold the key */

	for (size_t i = 0; i <= run.n && next < n; i++) {
		size_t held = i < run.n ? run.keys[i].bundle : n;

		if (held > n)
			held = n;
		if (held > next) {
			finding_add(result, request, next,
			    "key %s is not in bundles %zu to %zu",
			    key_text(key).s, next + 1, held);
			finding_required(result, "%s", required);
		}
		next = held + 1;
	}
}

/*
 * Since when the previous SKR has published the key without a break to its
 * end, or the time itself if it does not.
 */
static int64_t
published_since(const struct ksr *previous, struct key_list run, int64_t time)
{
	size_t first = previous->n_bundles; /* of the unbroken run */

	for (size_t i = run.n; i-- > 0;) {
		if (run.keys[i].bundle + 1 < first)
			break;
		first = run.keys[i].bundle;
	}
	return first < previous->n_bundles ? previous->bundles[first].inception
					   : time;
}

/*
 * A key that the whole of the previous SKR holds signed in it: a history that
 * reaches back further need not be known.
 */
static void
judge_zsk_publication(const struct check_input *in, const struct dnskey *key,
    struct key_list before, struct check_result *result)
{
	int64_t safety_s = in->request->zsk_policy.publish_safety_s;
	int64_t start = in->request->bundles[0].inception;
	int64_t since = published_since(in->previous, before, start);

	if (signs_in_cycle(in->previous, before) || start - since >= safety_s)
		return;
	finding_add(result, in->request, 0,
	    "key %s signs from %s and is published since %s, %s before",
	    key_text(key).s, time_text(start).s, time_text(since).s,
	    duration_text(start - since).s);
	finding_required(result, "published for PublishSafety, %s, before",
	    duration_text(safety_s).s);
}

static void
judge_zsk_publications(const struct check_input *in, const struct key_list *now,
    const struct key_list *before, struct check_result *result)
{
	struct key_list run;

	for (size_t i = 0; i < now->n; i += run.n) {
		const struct dnskey *key = now->keys[i].key;

		run = key_list_run(now, i);
		if (!signs_in_cycle(in->request, run))
			continue;
		report_missing(in->request, key, run, in->request->n_bundles,
		    "a ZSK that signs is in every bundle of its cycle", result);
		if (in->previous != NULL)
			judge_zsk_publication(
			    in, key, key_list_find(before, key), result);
	}
}

/* The number of bundles up to the last one that begins before the time. */
static size_t
bundles_until(const struct ksr *ksr, int64_t time)
{
	size_t n = ksr->n_bundles;

	while (n > 0 && ksr->bundles[n - 1].inception >= time)
		n--;
	return n;
}

static void
judge_zsk_retirements(const struct check_input *in, const struct key_list *now,
    const struct key_list *before, struct check_result *result)
{
	int64_t safety_s = in->request->zsk_policy.retire_safety_s;
	int64_t until = in->request->bundles[0].inception + safety_s;
	size_t n = bundles_until(in->request, until);
	struct text required = { 0 };
	struct key_list run;

	text_add(&required,
	    "a ZSK that signed the cycle before is published for "
	    "RetireSafety, %s, until %s",
	    duration_text(safety_s).s, time_text(until).s);
	for (size_t i = 0; i < before->n; i += run.n) {
		const struct dnskey *key = before->keys[i].key;
		struct key_list still = key_list_find(now, key);

		run = key_list_run(before, i);
		if (!is_ksk(key) && signs_in_cycle(in->previous, run) &&
		    !signs_in_cycle(in->request, still))
			report_missing(
			    in->request, key, still, n, required.s, result);
	}
}

static enum verdict
judge_zsks(const struct check_input *in, enum safety safety,
    struct check_result *result)
{
	struct key_list now = { 0 }, before = { 0 };
	enum verdict verdict = VERDICT_PASS;
	struct err err;

	if (in->request->n_bundles == 0)
		return check_broken(result, "a request without bundles");
	if (!key_list_by_key(in->request, &now, &err) ||
	    (in->previous != NULL &&
		!key_list_by_key(in->previous, &before, &err)))
		verdict = check_broken(result, err.msg);
	else if (safety == SAFETY_PUBLISH)
		judge_zsk_publications(in, &now, &before, result);
	else if (in->previous != NULL)
		judge_zsk_retirements(in, &now, &before, result);
	key_list_clear(&now);
	key_list_clear(&before);
	return verdict;
}

static enum verdict
judge_all(const struct check_input *in, enum safety safety,
    struct check_result *result)
{
	enum verdict verdict = judge_zsks(in, safety, result);

	if (verdict == VERDICT_PASS && in->schema != NULL)
		verdict = safety_of_ksks(in, safety, false, result);
	return verdict;
}

enum verdict
check_publish_safety_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return judge_all(in, SAFETY_PUBLISH, result);
}

enum verdict
check_retire_safety_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	if (in->previous == NULL && in->schema == NULL)
		return check_not_run(
		    result, "neither a previous SKR nor a schema was given");
	return judge_all(in, SAFETY_RETIRE, result);
}

enum key_role { ANY_KEY, KSK_ONLY };

static enum verdict
judge_soundness(
    const struct ksr *ksr, enum key_role role, struct check_result *result)
{
	struct key_list list;
	struct err err;

	if (!key_list_by_key(ksr, &list, &err))
		return check_broken(result, err.msg);
	key_list_distinct(&list);
	for (size_t i = 0; i < list.n; i++) {
		const struct dnskey *key = list.keys[i].key;

		if ((role == KSK_ONLY && !is_ksk(key)) ||
		    pubkey_valid(key, &key_limits_quick, NULL, &err))
			continue;
		finding_add(result, ksr, list.keys[i].bundle, "key %s: %s",
		    key_text(key).s, err.msg);
		finding_required(result, "a sound public key");
	}
	key_list_clear(&list);
	return VERDICT_PASS;
}

enum verdict
check_request_key_valid_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return judge_soundness(in->request, ANY_KEY, result);
}

enum verdict
check_response_key_valid_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return judge_soundness(in->response, KSK_ONLY, result);
}

/* What had nothing to look at passed. */
enum verdict
check_clock_0_1_0(const struct check_input *in, struct check_result *result)
{
	judge_clock(in, result);
	return VERDICT_PASS;
}

enum verdict
check_overlap_0_1_0(const struct check_input *in, struct check_result *result)
{
	judge_overlaps(in, result);
	return VERDICT_PASS;
}

enum verdict
check_bundle_interval_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;
	const struct bundle *bundles = in->request->bundles;
	int64_t min_s = policy->min_bundle_interval_s;
	int64_t max_s = policy->max_bundle_interval_s;

	for (size_t i = 1; i < in->request->n_bundles; i++) {
		int64_t interval_s =
		    bundles[i].inception - bundles[i - 1].inception;

		if (interval_s <= 0) {
			finding_add(result, in->request, i,
			    "inception %s is not after that of the bundle "
			    "before, %s",
			    time_text(bundles[i].inception).s,
			    time_text(bundles[i - 1].inception).s);
			finding_required(result, "inceptions in order");
		}
		if (!in_range(interval_s, min_s, max_s)) {
			finding_add(result, in->request, i,
			    "inception %s is %s after that of the bundle "
			    "before",
			    time_text(bundles[i].inception).s,
			    duration_text(interval_s).s);
			finding_required(
			    result, "%s", range_text(min_s, max_s).s);
		}
	}
	return VERDICT_PASS;
}

/* DPS 5.1.4, the longest and the shortest validity in one rule. */
enum verdict
check_validity_0_1_0(const struct check_input *in, struct check_result *result)
{
	const struct signature_policy policy = operator_policy(in);

	judge_expirations(in->request, result);
	judge_validity(in->request, &policy, OPERATOR_POLICY,
	    TOO_SHORT | TOO_LONG, result);
	return VERDICT_PASS;
}

/* Every clash in one rule. */
enum verdict
check_request_tag_clash_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return check_tags(in, in->request, "request", TAGS_ALL, result);
}

enum verdict
check_response_tag_clash_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return check_tags(in, in->response, "response", TAGS_ALL, result);
}
