/*
 * KSR-POLICY-SAFETY: a key signs only after caches can have it, and stays
 * until they need it no more (RFC 6781 4.1.1.1, RFC 7583 3.2.1).
 *
 * ZSKs change roles at a cycle's edge only (DPS 6.6): those that sign the zone
 * in a cycle are in its slots between the first and the last, which belong to
 * the keys before and after as well.  KSKs sign where the schema says so.
 * What happened before the first document at hand is unknown, and what is
 * unknown is not a finding.
 */
#include "ksr/check_rules.h"

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

/* What is known of one KSK up to the slot that is looked at. */
struct ksk_history {
	bool in_rrset;
	bool since_known;
	int64_t since; /* first inception of the unbroken publication */
	bool signs;    /* unrevoked: a revoked key only signs itself away */
	bool has_signed_before;
	bool retired;
	int64_t retired_at; /* inception of the first slot without it signing */
};

static void
history_advance(struct ksk_history *history, const struct schema_slot *slot,
    uint32_t bit, int64_t inception, bool is_first)
{
	bool in_rrset = ((slot->publish | slot->revoke) & bit) != 0;
	bool signs = (slot->sign & ~slot->revoke & bit) != 0;

	if (in_rrset && !history->in_rrset) {
		history->since = inception;
		history->since_known = !is_first;
	}
	if (history->signs) {
		history->has_signed_before = true;
		history->retired = !signs;
		history->retired_at = inception;
	} else if (signs) {
		history->retired = false;
	}
	history->in_rrset = in_rrset;
	history->signs = signs;
}

enum safety { SAFETY_PUBLISH, SAFETY_RETIRE };

static void
judge_ksk(const struct check_input *in, size_t slot,
    const struct config_key *key, const struct ksk_history *history,
    enum safety safety, struct check_result *result)
{
	const struct signature_policy *policy =
	    &in->config->ksk_policy.signature;
	int64_t inception = in->request->bundles[slot].inception;

	if (safety == SAFETY_PUBLISH && history->signs &&
	    !history->has_signed_before && history->since_known &&
	    inception - history->since < policy->publish_safety_s) {
		finding_add(result, in->request, slot,
		    "KSK %s signs from %s and is published since %s, %s before",
		    key->name, time_text(inception).s,
		    time_text(history->since).s,
		    duration_text(inception - history->since).s);
		finding_required(result,
		    "published for publish_safety of ksk_policy, %s, before",
		    duration_text(policy->publish_safety_s).s);
	}
	if (safety == SAFETY_RETIRE && history->retired && !history->in_rrset &&
	    inception - history->retired_at < policy->retire_safety_s) {
		finding_add(result, in->request, slot,
		    "KSK %s is not in the bundle and signed until %s, %s "
		    "before",
		    key->name, time_text(history->retired_at).s,
		    duration_text(inception - history->retired_at).s);
		finding_required(result,
		    "published for retire_safety of ksk_policy, %s, after",
		    duration_text(policy->retire_safety_s).s);
	}
}

/* Goes through the previous SKR's slots, then judges those of the schema. */
static enum verdict
judge_ksks(const struct check_input *in, enum safety safety,
    struct check_result *result)
{
	struct ksk_history histories[CONFIG_KEYS_MAX] = { 0 };
	size_t n_before = in->previous == NULL ? 0 : in->previous->n_bundles;
	struct dname owner;
	struct err err;

	if (!dname_parse(in->request->domain, &owner, &err))
		return check_broken(result, err.msg);
	for (size_t i = 0; i < n_before; i++) {
		const struct bundle *bundle = &in->previous->bundles[i];
		struct schema_slot slot =
		    bundle_slot(in->config, &owner, bundle);

		for (size_t k = 0; k < in->config->n_keys; k++)
			history_advance(&histories[k], &slot, UINT32_C(1) << k,
			    bundle->inception, i == 0);
	}
	for (size_t i = 0;
	     i < in->request->n_bundles && i < in->schema->n_slots; i++)
		for (size_t k = 0; k < in->config->n_keys; k++) {
			history_advance(&histories[k], &in->schema->slots[i],
			    UINT32_C(1) << k, in->request->bundles[i].inception,
			    n_before == 0 && i == 0);
			judge_ksk(in, i, &in->config->keys[k], &histories[k],
			    safety, result);
		}
	return VERDICT_PASS;
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
		verdict = judge_ksks(in, safety, result);
	return verdict;
}

enum verdict
check_publish_safety(const struct check_input *in, struct check_result *result)
{
	return judge_all(in, SAFETY_PUBLISH, result);
}

enum verdict
check_retire_safety(const struct check_input *in, struct check_result *result)
{
	if (in->previous == NULL && in->schema == NULL)
		return check_not_run(
		    result, "neither a previous SKR nor a schema was given");
	return judge_all(in, SAFETY_RETIRE, result);
}
