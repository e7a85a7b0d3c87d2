/*
 * Rules on documents whose format lacks proofs, ids and policies: real requests
 * and responses of BIND and Knot, completed by a policy that is theirs.
 */
#include "tests/support/text_scene.h"

/* What we would sign for their request is what they signed, but for the KSK. */
static void
check_skr_match_passes_their_responses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
		struct text_scene s =
		    text_scene_of(signers[i].signer, signers[i].policy);

		assert_int_equal(s.request->n_bundles, s.response->n_bundles);
		for (size_t j = 0; j < s.request->n_bundles; j++) {
			const struct bundle *a = &s.request->bundles[j];
			const struct bundle *b = &s.response->bundles[j];

			assert_int_equal(a->inception, b->inception);
			assert_int_equal(a->expiration, b->expiration);
			assert_int_equal(a->lead_s, b->lead_s);
			if (s.response->format == KSR_BIND)
				assert_int_equal(a->refreshes, b->refreshes);
		}
		assert_refusing_ids(
		    &s.in, STAGE_REQUEST | STAGE_RESPONSE, "");
		text_scene_free(&s);
	}
}

static void
check_ksr_bundle_pop_passes_text_by_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
		struct text_scene s =
		    text_scene_of(signers[i].signer, signers[i].policy);
		struct report report = { 0 };
		size_t waived = 0;
		struct err err;

		assert_ok(checks_run(STAGE_REQUEST, &s.in, NULL, 0, &report,
			      &err),
		    &err);
		for (size_t j = 0; j < report.n_results; j++)
			waived += report.results[j].verdict == VERDICT_WAIVED;
		assert_int_equal(waived, 1);
		assert_true(report_accepted(&report));
		report_clear(&report);
		text_scene_free(&s);
	}
}

static void
check_ksr_bundle_pop_refuses_text_without_policy(void **state)
{
	struct text_scene s = text_scene_of("bind/9.20.30-example", "");
	const struct override override = { "KSR-BUNDLE-POP", "because" };
	struct err err;

	(void)state;
	assert_refuses(&s.in, STAGE_REQUEST, "KSR-BUNDLE-POP", 0,
	    "proves possession of none of its ZSKs: BIND's text has no",
	    "proof_of_possession: none");
	assert_false(override_allowed(&override, RULES_TODAY, &err));
	text_scene_free(&s);
}

static void
check_skr_match_refuses_other_records(void **state)
{
	struct text_scene s = text_scene_of(signers[0].signer, signers[0].policy);

	(void)state;
	s.response->bundles[1].lead_s += 60;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-MATCH", 2,
	    "used from 2027-01-15T00:01:00", "from 2027-01-15T00:00:00");
	s.response->bundles[1].lead_s -= 60;
	s.response->bundles[1].expiration++;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-MATCH", 2,
	    "to 2027-02-05T00:00:01", "the request's times");
	s.response->bundles[1].expiration--;
	s.response->n_bundles--;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-MATCH", 0, "8 bundles",
	    "as many as the request has, 9");
	s.response->n_bundles++;
	snprintf(s.response->domain, sizeof(s.response->domain), "example.net.");
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "domain \"example.net.\"", "the request's domain");
	text_scene_free(&s);
}

static void
check_skr_child_passes_what_the_policy_asks_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
		struct text_scene s =
		    text_scene_of(signers[i].signer, signers[i].policy);
		size_t n = s.response->format == KSR_BIND;

		for (size_t j = 0; j < s.response->n_bundles; j++) {
			const struct bundle *b = &s.response->bundles[j];

			assert_int_equal(b->child[CHILD_CDNSKEY].n_records, n);
			assert_int_equal(b->child[CHILD_CDS].n_signatures, n);
		}
		assert_verdict(
		    &s.in, STAGE_RESPONSE, "SKR-CHILD", VERDICT_PASS);
		text_scene_free(&s);
	}
}

/* Theirs, by policies that ask for other records. */
static void
check_skr_child_refuses_anything_else(void **state)
{
	static const struct {
		const char *cds, *seen, *required;
	} cases[] = {
		{ "", "1 CDNSKEY records, of which 0", "exactly 0" },
		{ "cds: {cdnskey: true}\n", "1 CDS records, of which 0",
		    "exactly 0" },
		{ "cds: {digests: [SHA256]}\n",
		    "1 CDNSKEY records, of which 0", "exactly 0" },
		{ "cds: {cdnskey: true, digests: [SHA384]}\n",
		    "1 CDS records, of which 0", "exactly 1" },
		{ "cds: {cdnskey: true, digests: [SHA256, SHA384]}\n",
		    "1 CDS records, of which 1", "exactly 2" },
		{ "cds: {delete: true}\n", "1 CDNSKEY records, of which 0",
		    "exactly 1" },
	};
	struct text_scene s = text_scene_of(signers[0].signer, signers[0].policy);
	struct child_set *set = &s.response->bundles[2].child[CHILD_CDS];

	(void)state;
	/* A digest, a signature, and one that nobody made. */
	set->records[0].octets[8] ^= 1;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-CHILD", 3,
	    "1 CDS records, of which 0", "exactly 1");
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-VERIFY", 3,
	    "does not verify", "over the bundle's CDNSKEY or CDS records");
	set->records[0].octets[8] ^= 1;
	set->signatures[0].signature[5] ^= 1;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-VERIFY", 3,
	    "does not verify", "over the bundle's CDNSKEY or CDS records");
	set->signatures[0].signature[5] ^= 1;
	set->n_signatures = 0;
	assert_refuses(&s.in, STAGE_RESPONSE, "SKR-CHILD", 3,
	    "0 signatures of the CDS records by key", "one by each KSK");
	set->n_signatures = 1;
	text_scene_free(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char policy[256];

		snprintf(policy, sizeof(policy), "%s%sP13DT3H}\n%s", NO_PROOF,
		    RECORDS, cases[i].cds);
		s = text_scene_of(signers[0].signer, policy);
		assert_refuses(&s.in, STAGE_RESPONSE, "SKR-CHILD", 1,
		    cases[i].seen, cases[i].required);
		text_scene_free(&s);
	}
}

/* What a format has no place for is no pass. */
static void
checks_of_what_text_lacks_do_not_run(void **state)
{
	static const char *const notes[] = {
		"the request's format has no policy section",
		"the request's format has no signatures of ZSKs",
		("the request's format has a record for each change of keys, "
		 "not slots at set times"),
		"the format has neither ids nor serial nor policy",
	};
	struct text_scene s = text_scene_of(signers[2].signer, signers[2].policy);
	size_t n[ARRAY_LEN(notes)] = { 0 };
	struct report report = { 0 };
	struct err err;

	(void)state;
	assert_ok(checks_run(STAGE_REQUEST | STAGE_RESPONSE, &s.in, NULL, 0,
		      &report, &err),
	    &err);
	for (size_t i = 0; i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];

		if (result->check->needs == 0)
			continue;
		assert_int_equal(result->verdict, VERDICT_NOT_RUN);
		for (size_t j = 0; j < ARRAY_LEN(notes); j++)
			n[j] += strcmp(result->note, notes[j]) == 0;
	}
	assert_int_equal(n[0], 5);
	assert_int_equal(n[1], 1);
	assert_int_equal(n[2], 3);
	assert_int_equal(n[3], 1);
	report_clear(&report);
	text_scene_free(&s);
}

static void
records_refuse_a_refresh_without_time(void **state)
{
	struct ksr *response = read_signers(signers[0].signer, "skr.txt");
	struct ksr *request = read_signers(signers[0].signer, "ksr.txt");
	struct config *config = config_of(
	    response, "records: {validity: P7D, refresh: P7D}\n");
	struct err err;

	(void)state;
	assert_false(records_complete(config, request, &err));
	assert_message_has(&err, "leaves no time before a refresh");
	config_free(config);
	ksr_free(request);
	ksr_free(response);
}

static void
records_refuse_more_than_a_response_holds(void **state)
{
	struct ksr *response = read_signers(signers[0].signer, "skr.txt");
	struct ksr *request = read_signers(signers[0].signer, "ksr.txt");
	struct config *config = config_of(response,
	    "records: {validity: PT2H, refresh: PT1H59M}\n");
	struct err err;

	(void)state;
	assert_false(records_complete(config, request, &err));
	assert_message_has(&err, "are more than 4096");
	config_free(config);
	ksr_free(request);
	ksr_free(response);
}

/* By the policy's longest validity, where `records` says nothing. */
static void
records_begin_as_their_signer_wants_it(void **state)
{
	static const struct {
		const char *signer, *policy;
		int64_t lead_s;
	} cases[] = {
		{ "bind/9.20.30-small", "", 3600 },
		{ "knot/3.2.6-small", "", 5400 },
		{ "knot/3.2.6-small", "records: {inception_before: PT5M}\n",
		    300 },
		{ "bind/9.20.30-small", "records: {inception_before: PT0S}\n",
		    0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct text_scene s = text_scene_of(cases[i].signer, cases[i].policy);
		const struct bundle *b = &s.request->bundles[0];

		assert_int_equal(b->lead_s, cases[i].lead_s);
		assert_int_equal(bundle_begins(b), 1798761600);
		assert_int_equal(b->expiration - b->inception,
		    21 * DAY_S + 7200);
		text_scene_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_skr_match_passes_their_responses),
		cmocka_unit_test(check_ksr_bundle_pop_passes_text_by_policy),
		cmocka_unit_test(
		    check_ksr_bundle_pop_refuses_text_without_policy),
		cmocka_unit_test(check_skr_match_refuses_other_records),
		cmocka_unit_test(
		    check_skr_child_passes_what_the_policy_asks_for),
		cmocka_unit_test(check_skr_child_refuses_anything_else),
		cmocka_unit_test(checks_of_what_text_lacks_do_not_run),
		cmocka_unit_test(records_refuse_a_refresh_without_time),
		cmocka_unit_test(records_refuse_more_than_a_response_holds),
		cmocka_unit_test(records_begin_as_their_signer_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
