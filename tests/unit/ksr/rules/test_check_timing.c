/* Rules about when: each at its bounds and a second beyond. */
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "tests/support/fixture.h"

static void
shift(struct bundle *bundle, int64_t by_s)
{
	bundle->inception += by_s;
	bundle->expiration += by_s;
}

static void
check_ksr_bundle_cycle_duration_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	shift(&f->request->bundles[8], -DAY_S);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-CYCLE-DURATION", VERDICT_PASS);
	shift(&f->request->bundles[8], 2 * DAY_S);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-CYCLE-DURATION", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_cycle_duration_refuses_a_second_beyond(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	shift(&f->request->bundles[8], -DAY_S - 1);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-CYCLE-DURATION", 0,
	    "P78DT23H59M59S (6825599 s) from the first to the last inception",
	    "P79D to P81D (6825600 to 6998400 s)");
	shift(&f->request->bundles[8], 2 * DAY_S + 2);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-CYCLE-DURATION", 0,
	    "P81DT1S (6998401 s)", "P79D to P81D (6825600 to 6998400 s)");
	fixture_free(f);
}

static void
check_ksr_policy_bundle_interval_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	shift(&f->request->bundles[4], DAY_S);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_bundle_interval_refuses_a_second_beyond(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	shift(&f->request->bundles[4], DAY_S + 1);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 5,
	    "P11DT1S (950401 s) after that of the bundle before",
	    "P9D to P11D (777600 to 950400 s)");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 6,
	    "P8DT23H59M59S (777599 s) after", "P9D to P11D");
	fixture_free(f);
}

static void
check_ksr_policy_bundle_interval_refuses_disorder(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->request_policy.min_bundle_interval_s = 0;
	f->config->request_policy.max_bundle_interval_s = 20 * DAY_S;
	f->request->bundles[4].inception = f->request->bundles[3].inception;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 5,
	    "inception 2026-01-31T00:00:00 is not after",
	    "inceptions in order");
	fixture_free(f);
}

/* Whatever the switch says: it is about distances. */
static void
check_ksr_policy_bundle_interval_refuses_disorder_switched_off(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->request_policy.check_bundle_intervals = false;
	f->request->bundles[4].inception = f->request->bundles[2].inception;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 5,
	    "is not after that of the bundle before, 2026-01-31T00:00:00",
	    "inceptions in order");
	fixture_free(f);
}

static void
assert_wire_time_passes(const struct fixture *f)
{
	struct check_result result = { 0 };

	assert_int_equal(check_wire_time(&f->in, &result), VERDICT_PASS);
	assert_int_equal(result.n_findings, 0);
}

/* RFC 4034 3.1.5: at 2^31 s, on both sides of now. */
static void
check_ksr_policy_sig_horizon_refuses_another_wire_time(void **state)
{
	const int64_t reach = INT64_C(1) << 31;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct fixture *f = fixture_new();
		struct bundle *bundle = &f->request->bundles[8];
		int64_t edge_s = i % 2 == 0 ? reach : -reach;

		f->config->request_policy.signature_check_expire_horizon =
		    false;
		if (i < 2)
			bundle->expiration = f->in.now + edge_s;
		else
			bundle->inception = f->in.now + edge_s;
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-HORIZON",
		    9, "now it is 2025-11-17T00:00:00",
		    "less than 2^31 s (68 years) from now");
		bundle->expiration -= i < 2 ? edge_s / reach : 0;
		bundle->inception -= i < 2 ? 0 : edge_s / reach;
		assert_wire_time_passes(f);
		fixture_free(f);
	}
}

static void
check_ksr_policy_sig_validity_passes(void **state)
{
	struct fixture *f = fixture_new();
	struct signature_policy *own = &f->request->zsk_policy;
	struct signature_policy *limits = &f->config->ksk_policy.signature;

	(void)state;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", VERDICT_PASS);
	own->min_signature_validity_s = 20 * DAY_S;
	own->max_signature_validity_s = 22 * DAY_S;
	limits->min_signature_validity_s = 20 * DAY_S;
	limits->max_signature_validity_s = 22 * DAY_S;
	f->request->bundles[2].expiration -= DAY_S;
	f->request->bundles[3].expiration += DAY_S;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", VERDICT_PASS);
	fixture_free(f);
}

/*
 * With a minimum below the maximum, or a lower bound that is compared with the
 * maximum goes unnoticed.
 */
static void
check_ksr_policy_sig_validity_refuses_a_second_beyond(void **state)
{
	static const char own[] = "P20D to P22D (1728000 to 1900800 s) by the "
				  "request's own policy";
	static const char operators[] = "P19D to P23D (1641600 to 1987200 s) "
					"by the KSK operator's policy";
	static const struct {
		int64_t by_s;
		const char *seen, *required;
	} cases[] = {
		{ -DAY_S - 1, "P19DT23H59M59S (1727999 s)", own },
		{ DAY_S + 1, "P22DT1S (1900801 s)", own },
		{ -2 * DAY_S - 1, "P18DT23H59M59S (1641599 s)", operators },
		{ 2 * DAY_S + 1, "P23DT1S (1987201 s)", operators },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = fixture_new();
		struct signature_policy *policy =
		    &f->config->ksk_policy.signature;

		f->request->zsk_policy.min_signature_validity_s = 20 * DAY_S;
		f->request->zsk_policy.max_signature_validity_s = 22 * DAY_S;
		policy->min_signature_validity_s = 19 * DAY_S;
		policy->max_signature_validity_s = 23 * DAY_S;
		f->request->bundles[4].expiration += cases[i].by_s;
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY",
		    5, cases[i].seen, cases[i].required);
		fixture_free(f);
	}
}

/* What is too short may be overridden, what is too long may not. */
static void
check_ksr_policy_sig_validity_refuses_too_long_overridden(void **state)
{
	static const struct override override = { "KSR-POLICY-SIG-VALIDITY",
		"why" };

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		struct fixture *f = fixture_new();
		struct report report = { 0 };
		size_t n_overridden = 0, n_refused = 0;
		struct err err;

		f->request->bundles[4].expiration += sign;
		assert_ok(checks_run(STAGE_REQUEST, &f->in, &override, 1,
			      &report, &err),
		    &err);
		for (size_t i = 0; i < report.n_results; i++) {
			if (strcmp(report.results[i].check->id, override.id) !=
			    0)
				continue;
			n_overridden +=
			    report.results[i].verdict == VERDICT_OVERRIDDEN;
			n_refused +=
			    report.results[i].verdict == VERDICT_REFUSE;
		}
		/* The request's own range is an agreement. */
		assert_int_equal(n_overridden, sign < 0 ? 2 : 1);
		assert_int_equal(n_refused, sign < 0 ? 0 : 1);
		report_clear(&report);
		fixture_free(f);
	}
}

static void
check_ksr_policy_sig_validity_refuses_expiry_before_inception(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->ksk_policy.signature.min_signature_validity_s = 0;
	f->request->bundles[4].expiration = f->request->bundles[4].inception;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", 5,
	    "expires 2026-02-10T00:00:00, incepted 2026-02-10T00:00:00",
	    "an expiration after the inception");
	fixture_free(f);
}

static void
check_ksr_policy_clock_passes(void **state)
{
	static const uint8_t other[32];
	struct processed known = { .request_sha256 = other,
		.schema = "normal",
		.published = true };
	struct fixture *f = fixture_new();

	(void)state;
	f->in.earliest_now = f->in.now;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", VERDICT_PASS);
	f->in.earliest_now = 0;
	f->in.now = f->in.previous->bundles[0].inception - 180 * DAY_S;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", VERDICT_PASS);
	/* A response that the register knows was signed, however far ahead. */
	f->in.now -= DAY_S;
	f->in.processed = &known;
	f->in.n_processed = 1;
	known.request_id = f->in.previous->id;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", VERDICT_PASS);
	f->in.n_processed = 0;
	f->in.previous = NULL;
	f->in.now = 0;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", VERDICT_NOT_RUN);
	f->in.rules = RULES_0_1_0;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", VERDICT_PASS);
	fixture_free(f);
}

/* What has no neighbour was not compared with one. */
static void
check_rows_of_neighbours_say_that_there_is_none(void **state)
{
	static const char *const ids[] = { "KSR-POLICY-SIG-OVERLAP",
		"KSR-POLICY-BUNDLE-INTERVAL" };
	struct fixture *f = fixture_new();
	size_t all = f->request->n_bundles;

	(void)state;
	f->request->n_bundles = 1;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		f->in.rules = RULES_TODAY;
		assert_verdict(
		    &f->in, STAGE_REQUEST, ids[i], VERDICT_NOT_RUN);
		f->in.rules = RULES_0_1_0;
		assert_verdict(&f->in, STAGE_REQUEST, ids[i], VERDICT_PASS);
	}
	f->request->n_bundles = all;
	fixture_free(f);
}

static void
check_ksr_policy_clock_refuses_a_clock_behind(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.earliest_now = f->in.now + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", 0,
	    "the clock says ", "not before ");
	f->in.earliest_now = 0;
	f->in.now = f->in.previous->bundles[0].inception - 180 * DAY_S - 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", 0,
	    "the previous SKR begins ",
	    "at most 180 days before the previous SKR");
	fixture_free(f);
}

static void
check_ksr_policy_clock_refuses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->in.earliest_now = f->in.now + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-CLOCK", 0,
	    "the clock says ", "not before ");
	fixture_free(f);
}

static void
check_ksr_policy_sig_horizon_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.now = f->request->bundles[8].expiration - 180 * DAY_S;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SIG-HORIZON", VERDICT_PASS);
	f->in.now = f->request->bundles[0].expiration - 1;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SIG-HORIZON", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_sig_horizon_refuses_a_second_beyond(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.now = f->request->bundles[8].expiration - 180 * DAY_S - 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-HORIZON", 9,
	    "expires 2026-04-12T00:00:00, P180DT1S (15552001 s) after now",
	    "not after 2026-04-11T23:59:59, 180 days from now");
	f->in.now = f->request->bundles[0].expiration;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-HORIZON", 1,
	    "expired 2026-01-22T00:00:00, now it is 2026-01-22T00:00:00",
	    "an expiration after now");
	fixture_free(f);
}

static void
check_ksr_policy_sig_overlap_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[2].expiration -= 2 * DAY_S; /* 9 days */
	f->request->bundles[4].expiration += DAY_S;     /* 12 days */
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_sig_overlap_refuses_a_second_beyond(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[2].expiration -= 2 * DAY_S + 1;
	f->request->bundles[4].expiration += DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 4,
	    "by P8DT23H59M59S (777599 s), from 2026-01-31T00:00:00 to "
	    "2026-02-08T23:59:59",
	    "P9D to P12D (777600 to 1036800 s) by the request's own policy");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 4,
	    "by P8DT23H59M59S",
	    "P9D to P16D (777600 to 1382400 s) by the KSK "
	    "operator's policy");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 6,
	    "by P12DT1S (1036801 s)", "P9D to P12D");
	f->request->bundles[4].expiration += 4 * DAY_S;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 6,
	    "by P16DT1S (1382401 s)", "P9D to P16D");
	fixture_free(f);
}

static void
check_ksr_policy_sig_overlap_refuses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->bundles[2].expiration -= 2 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 4,
	    "by P8DT23H59M59S (777599 s)", "P9D to P12D");
	fixture_free(f);
}

static void
check_ksr_policy_sig_overlap_refuses_a_gap(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[2].expiration -= 12 * DAY_S;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 4,
	    "a gap of P1D (86400 s): inception 2026-01-31T00:00:00, the bundle "
	    "before expires 2026-01-30T00:00:00",
	    "no gap");
	fixture_free(f);
}

static void
check_ksr_chain_overlap_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-OVERLAP", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-OVERLAP", VERDICT_NOT_RUN);
	fixture_free(f);
}

static void
check_ksr_chain_overlap_refuses_a_second_beyond(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *last = &f->previous->bundles[8];

	(void)state;
	last->expiration -= 2 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-OVERLAP", 1,
	    "by P8DT23H59M59S (777599 s), from 2026-01-01T00:00:00 to "
	    "2026-01-09T23:59:59",
	    "P9D to P12D (777600 to 1036800 s) by the request's own policy");
	last->expiration += 7 * DAY_S + 2;
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-CHAIN-OVERLAP", 1,
	    "by P16DT1S (1382401 s)",
	    "P9D to P16D (777600 to 1382400 s) by "
	    "the KSK operator's policy");
	last->expiration -= 17 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-OVERLAP", 1,
	    "a gap of P1D (86400 s)", "no gap");
	fixture_free(f);
}

static void
check_ksr_bundle_order_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->request_policy.check_bundle_order = true;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-ORDER", VERDICT_PASS);
	ksr_order(f->request);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-ORDER", VERDICT_PASS);
	fixture_free(f);
}

/* Put in order nothing else minds them, and by default this is waived. */
static void
check_ksr_bundle_order_refuses_another_order(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle second = f->request->bundles[1];

	(void)state;
	f->request->bundles[1] = f->request->bundles[5];
	f->request->bundles[5] = second;
	ksr_order(f->request);
	assert_string_equal(f->request->bundles[1].id, second.id);
	assert_refusing_ids(&f->in, STAGE_REQUEST, "");
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-ORDER", VERDICT_WAIVED);
	f->config->request_policy.check_bundle_order = true;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-ORDER", 2,
	    "stands at place 6 in the file", "place 2, in order of time");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-ORDER", 6,
	    "stands at place 2 in the file", "place 6, in order of time");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ksr_bundle_cycle_duration_passes),
		cmocka_unit_test(
		    check_ksr_bundle_cycle_duration_refuses_a_second_beyond),
		cmocka_unit_test(check_ksr_policy_bundle_interval_passes),
		cmocka_unit_test(
		    check_ksr_policy_bundle_interval_refuses_a_second_beyond),
		cmocka_unit_test(
		    check_ksr_policy_bundle_interval_refuses_disorder),
		cmocka_unit_test(
		    check_ksr_policy_bundle_interval_refuses_disorder_switched_off),
		cmocka_unit_test(
		    check_ksr_policy_sig_horizon_refuses_another_wire_time),
		cmocka_unit_test(
		    check_ksr_policy_sig_validity_refuses_too_long_overridden),
		cmocka_unit_test(check_ksr_policy_sig_validity_passes),
		cmocka_unit_test(
		    check_ksr_policy_sig_validity_refuses_a_second_beyond),
		cmocka_unit_test(
		    check_ksr_policy_sig_validity_refuses_expiry_before_inception),
		cmocka_unit_test(check_ksr_policy_clock_passes),
		cmocka_unit_test(
		    check_rows_of_neighbours_say_that_there_is_none),
		cmocka_unit_test(
		    check_ksr_policy_clock_refuses_a_clock_behind),
		cmocka_unit_test(check_ksr_policy_clock_refuses_by_0_1_0),
		cmocka_unit_test(check_ksr_policy_sig_horizon_passes),
		cmocka_unit_test(
		    check_ksr_policy_sig_horizon_refuses_a_second_beyond),
		cmocka_unit_test(check_ksr_policy_sig_overlap_passes),
		cmocka_unit_test(
		    check_ksr_policy_sig_overlap_refuses_a_second_beyond),
		cmocka_unit_test(check_ksr_policy_sig_overlap_refuses_by_0_1_0),
		cmocka_unit_test(check_ksr_policy_sig_overlap_refuses_a_gap),
		cmocka_unit_test(check_ksr_chain_overlap_passes),
		cmocka_unit_test(
		    check_ksr_chain_overlap_refuses_a_second_beyond),
		cmocka_unit_test(check_ksr_bundle_order_passes),
		cmocka_unit_test(check_ksr_bundle_order_refuses_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
