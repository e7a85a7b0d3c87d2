/*
 * Rules about when: the cycle, the distance between bundles, how long their
 * signatures are valid and how far they overlap.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/rules/check_rules.h"

/* A row of neighbours that had none to look at says so. */
static bool
is_alone(const struct check_input *in)
{
	return in->request->n_bundles == 1;
}

#define ONE_BUNDLE "the request has one bundle alone"

enum verdict
check_cycle_duration(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;
	const struct ksr *ksr = in->request;
	int64_t min_s = policy->min_cycle_inception_length_s;
	int64_t max_s = policy->max_cycle_inception_length_s;
	int64_t cycle_s = 0;

	if (ksr->n_bundles > 0)
		cycle_s = ksr->bundles[ksr->n_bundles - 1].inception -
		    ksr->bundles[0].inception;
	if (!in_range(cycle_s, min_s, max_s)) {
		finding_add(result, ksr, NO_BUNDLE,
		    "%s from the first to the last inception",
		    duration_text(cycle_s).s);
		finding_required(result, "%s", range_text(min_s, max_s).s);
	}
	return VERDICT_PASS;
}

/* Slots follow each other in time, or the zone's signer goes back in it. */
enum verdict
check_inceptions(const struct check_input *in, struct check_result *result)
{
	const struct bundle *bundles = in->request->bundles;

	if (is_alone(in))
		return check_not_run(result, ONE_BUNDLE);
	for (size_t i = 1; i < in->request->n_bundles; i++) {
		if (bundles[i].inception > bundles[i - 1].inception)
			continue;
		finding_add(result, in->request, i,
		    "inception %s is not after that of the bundle before, %s",
		    time_text(bundles[i].inception).s,
		    time_text(bundles[i - 1].inception).s);
		finding_required(result, "inceptions in order");
	}
	return VERDICT_PASS;
}

enum verdict
check_bundle_distance(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;
	const struct bundle *bundles = in->request->bundles;
	int64_t min_s = policy->min_bundle_interval_s;
	int64_t max_s = policy->max_bundle_interval_s;

	if (is_alone(in))
		return check_not_run(result, ONE_BUNDLE);
	for (size_t i = 1; i < in->request->n_bundles; i++) {
		int64_t interval_s =
		    bundles[i].inception - bundles[i - 1].inception;

		if (in_range(interval_s, min_s, max_s))
			continue;
		finding_add(result, in->request, i,
		    "inception %s is %s after that of the bundle before",
		    time_text(bundles[i].inception).s,
		    duration_text(interval_s).s);
		finding_required(result, "%s", range_text(min_s, max_s).s);
	}
	return VERDICT_PASS;
}

void
judge_validity(const struct ksr *ksr, const struct signature_policy *policy,
    const char *whose, unsigned ends, struct check_result *result)
{
	int64_t min_s = policy->min_signature_validity_s;
	int64_t max_s = policy->max_signature_validity_s;

	for (size_t i = 0; i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];
		int64_t validity_s = bundle->expiration - bundle->inception;

		if (((ends & TOO_SHORT) == 0 || validity_s >= min_s) &&
		    ((ends & TOO_LONG) == 0 || validity_s <= max_s))
			continue;
		finding_add(result, ksr, i, "valid for %s, from %s to %s",
		    duration_text(validity_s).s, time_text(bundle->inception).s,
		    time_text(bundle->expiration).s);
		finding_required(
		    result, "%s by %s", range_text(min_s, max_s).s, whose);
	}
}

void
judge_expirations(const struct ksr *ksr, struct check_result *result)
{
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];

		if (bundle->expiration > bundle->inception)
			continue;
		finding_add(result, ksr, i, "expires %s, incepted %s",
		    time_text(bundle->expiration).s,
		    time_text(bundle->inception).s);
		finding_required(result, "an expiration after the inception");
	}
}

#define OWN_POLICY "the request's own policy"

enum verdict
check_own_validity(const struct check_input *in, struct check_result *result)
{
	judge_validity(in->request, &in->request->zsk_policy, OWN_POLICY,
	    TOO_SHORT | TOO_LONG, result);
	return VERDICT_PASS;
}

/* The request's shortest validity may be another than the KSK operator's. */
struct signature_policy
operator_policy(const struct check_input *in)
{
	struct signature_policy policy = in->config->ksk_policy.signature;

	if (in->config->request_policy.min_signature_validity_s != 0)
		policy.min_signature_validity_s =
		    in->config->request_policy.min_signature_validity_s;
	return policy;
}

/*
 * DPS 5.1.4: no RRSIG made by the KSK is valid for more than 21 days.  Each
 * bundle's validity becomes that of the RRSIG made for it.
 */
enum verdict
check_validity_max(const struct check_input *in, struct check_result *result)
{
	const struct signature_policy policy = operator_policy(in);

	judge_expirations(in->request, result);
	judge_validity(in->request, &policy, OPERATOR_POLICY, TOO_LONG, result);
	return VERDICT_PASS;
}

enum verdict
check_validity_min(const struct check_input *in, struct check_result *result)
{
	const struct signature_policy policy = operator_policy(in);

	judge_validity(
	    in->request, &policy, OPERATOR_POLICY, TOO_SHORT, result);
	return VERDICT_PASS;
}

/*
 * RFC 4034 3.1.5: the times of an RRSIG are 32 bits, read as within 2^31 s of
 * the reader's now; others would be signed as times that nobody asked for.
 */
enum verdict
check_wire_time(const struct check_input *in, struct check_result *result)
{
	const int64_t reach_s = INT64_C(1) << 31;

	for (size_t i = 0; i < in->request->n_bundles; i++) {
		const struct bundle *bundle = &in->request->bundles[i];

		if (in_range(bundle->inception, in->now - reach_s + 1,
			in->now + reach_s - 1) &&
		    in_range(bundle->expiration, in->now - reach_s + 1,
			in->now + reach_s - 1))
			continue;
		finding_add(result, in->request, i,
		    "from %s to %s, now it is %s",
		    time_text(bundle->inception).s,
		    time_text(bundle->expiration).s, time_text(in->now).s);
		finding_required(result,
		    "times that 32 bits mean: less than 2^31 s (68 years) "
		    "from now");
	}
	return VERDICT_PASS;
}

/* The file's order, not that of time, in which rules see the bundles. */
enum verdict
check_bundle_order(const struct check_input *in, struct check_result *result)
{
	for (size_t i = 0; i < in->request->n_bundles; i++) {
		size_t place = in->request->bundles[i].place;

		if (place == 0 || place == i + 1)
			continue;
		finding_add(result, in->request, i,
		    "stands at place %zu in the file", place);
		finding_required(result, "place %zu, in order of time", i + 1);
	}
	return VERDICT_PASS;
}

#define DAY_S    86400
#define DAYS_MAX (DURATION_MAX_S / DAY_S)

/* DPS 5.1.4: no RRSIG made by the KSK expires more than 180 days ahead. */
enum verdict
check_horizon(const struct check_input *in, struct check_result *result)
{
	uint64_t days = in->config->request_policy.signature_horizon_days;
	int64_t limit =
	    in->now + (days < DAYS_MAX ? (int64_t)days : DAYS_MAX) * DAY_S;

	for (size_t i = 0; i < in->request->n_bundles; i++) {
		int64_t expiration = in->request->bundles[i].expiration;

		if (expiration > limit) {
			finding_add(result, in->request, i,
			    "expires %s, %s after now (%s)",
			    time_text(expiration).s,
			    duration_text(expiration - in->now).s,
			    time_text(in->now).s);
			finding_required(result,
			    "not after %s, %" PRIu64 " days from now",
			    time_text(limit).s, days);
		} else if (expiration <= in->now) {
			finding_add(result, in->request, i,
			    "expired %s, now it is %s", time_text(expiration).s,
			    time_text(in->now).s);
			finding_required(result, "an expiration after now");
		}
	}
	return VERDICT_PASS;
}

/* Then the register's last line says better when it cannot have been yet. */
static bool
previous_is_registered(const struct check_input *in)
{
	for (size_t i = 0; i < in->n_processed; i++)
		if (strcmp(in->processed[i].request_id, in->previous->id) == 0)
			return true;
	return false;
}

void
judge_clock(const struct check_input *in, struct check_result *result)
{
	uint64_t days = in->config->request_policy.signature_horizon_days;
	int64_t begins;

	if (in->now < in->earliest_now) {
		finding_add(result, NULL, NO_BUNDLE, "the clock says %s",
		    time_text(in->now).s);
		finding_required(result,
		    "not before %s, when this program or the register's last "
		    "line was made",
		    time_text(in->earliest_now).s);
	}
	if (in->previous == NULL || previous_is_registered(in))
		return;
	/* It cannot have been signed longer ahead than the horizon allows. */
	begins = in->previous->bundles[0].inception;
	if (in->now <
	    begins - (days < DAYS_MAX ? (int64_t)days : DAYS_MAX) * DAY_S) {
		finding_add(result, NULL, NO_BUNDLE,
		    "the clock says %s, the previous SKR begins %s",
		    time_text(in->now).s, time_text(begins).s);
		finding_required(result,
		    "at most %" PRIu64 " days before the previous SKR", days);
	}
}

enum verdict
check_clock(const struct check_input *in, struct check_result *result)
{
	if (in->earliest_now == 0 && in->previous == NULL)
		return check_not_run(result,
		    "there is neither a previous SKR nor a register to compare "
		    "the clock with");
	judge_clock(in, result);
	return VERDICT_PASS;
}

/* How a bundle of the request meets the one published before it. */
static void
judge_overlap(const struct check_input *in, size_t index,
    const struct bundle *before, struct check_result *result)
{
	const struct bundle *bundle = &in->request->bundles[index];
	int64_t overlap_s = before->expiration - bundle->inception;
	bool own = (ksr_lacks(in->request) & LACKS_POLICY) == 0;
	const struct {
		const struct signature_policy *policy;
		const char *whose;
	} sides[] = { { &in->request->zsk_policy, OWN_POLICY },
		{ &in->config->ksk_policy.signature, OPERATOR_POLICY } };

	if (overlap_s < 0) {
		finding_add(result, in->request, index,
		    "a gap of %s: inception %s, the bundle before expires %s",
		    duration_text(-overlap_s).s, time_text(bundle->inception).s,
		    time_text(before->expiration).s);
		finding_required(result, "no gap");
	}
	for (size_t i = own ? 0 : 1; i < ARRAY_LEN(sides); i++) {
		int64_t min_s = sides[i].policy->min_validity_overlap_s;
		int64_t max_s = sides[i].policy->max_validity_overlap_s;

		if (in_range(overlap_s, min_s, max_s))
			continue;
		finding_add(result, in->request, index,
		    "overlaps the bundle before by %s, from %s to %s",
		    duration_text(overlap_s).s, time_text(bundle->inception).s,
		    time_text(before->expiration).s);
		finding_required(result, "%s by %s", range_text(min_s, max_s).s,
		    sides[i].whose);
	}
}

void
judge_overlaps(const struct check_input *in, struct check_result *result)
{
	for (size_t i = 1; i < in->request->n_bundles; i++)
		judge_overlap(in, i, &in->request->bundles[i - 1], result);
}

enum verdict
check_overlap(const struct check_input *in, struct check_result *result)
{
	if (is_alone(in))
		return check_not_run(result, ONE_BUNDLE);
	judge_overlaps(in, result);
	return VERDICT_PASS;
}

enum verdict
check_chain_overlap(const struct check_input *in, struct check_result *result)
{
	const struct ksr *previous = in->previous;

	if (previous == NULL)
		return check_not_run(result, NO_PREVIOUS);
	if (previous->n_bundles == 0 || in->request->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	judge_overlap(in, 0, bundle_followed(in), result);
	return VERDICT_PASS;
}
