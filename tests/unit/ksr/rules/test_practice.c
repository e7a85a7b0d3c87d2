/*
 * The practice statement: the shipped root configuration meets every clause,
 * and each departure, one at a time, is found under its clause and no other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/practice.h"
#include "tests/support/support.h"

#define ROOT_CONFIG "docs/examples/root.yaml"

/* The shipped file with the first `from` replaced by `to`. */
static struct buf
root_with(const char *from, const char *to)
{
	struct buf file = read_whole(ROOT_CONFIG);
	struct buf changed = buf_new(file.cap);
	const char *text = (const char *)file.data;
	const char *at = strstr(text, from);

	if (at == NULL)
		fail_msg("%s has no \"%s\"", ROOT_CONFIG, from);
	buf_put(&changed, text, (size_t)(at - text));
	buf_puts(&changed, to);
	buf_puts(&changed, at + strlen(from));
	assert_false(changed.failed);
	buf_free(&file);
	return changed;
}

static void
judge(struct buf *yaml, struct report *ret)
{
	struct config *config;
	struct err err;

	assert_ok(
	    config_read(buf_bytes(yaml), "root.yaml", &config, &err), &err);
	assert_ok(practice_run(config, RULES_TODAY, ret, &err), &err);
	config_free(config);
	buf_free(yaml);
}

static void
practice_root_configuration_meets_every_clause(void **state)
{
	struct buf yaml = read_whole(ROOT_CONFIG);
	struct report report = { 0 };

	(void)state;
	judge(&yaml, &report);
	assert_int_equal(report.n_results, n_practice);
	assert_true(report_accepted(&report));
	for (size_t i = 0; i < report.n_results; i++)
		assert_true(report.results[i].verdict == VERDICT_PASS ||
		    strcmp(report.results[i].check->id, "DPS-5.6") == 0);
	report_clear(&report);
}

static const struct {
	const char *from, *to;
	const char *id;
	const char *seen;
} departures[] = {
	{ "validate_signatures: true", "validate_signatures: false",
	    "DPS-5.1.2", "request_policy.validate_signatures is false" },
	{ "check_declarations_once: true", "check_declarations_once: false",
	    "DPS-5.1.3", "check_declarations_once is false" },
	{ "  keys_match_zsk_policy: true", "  keys_match_zsk_policy: false",
	    "DPS-5.1.3", "request_policy.keys_match_zsk_policy is false" },
	{ "rsa_exponent_match_zsk_policy: true",
	    "rsa_exponent_match_zsk_policy: false", "DPS-5.1.3",
	    "rsa_exponent_match_zsk_policy is false" },
	{ "enable_unsupported_ecdsa: false", "enable_unsupported_ecdsa: true",
	    "DPS-5.1.3", "enable_unsupported_ecdsa is true" },
	{ "enable_unsupported_edwards_dsa: false",
	    "enable_unsupported_edwards_dsa: true", "DPS-5.1.3",
	    "enable_unsupported_edwards_dsa is true" },
	{ "rsa_approved_key_sizes: [2048]",
	    "rsa_approved_key_sizes: [1024, 2048]", "DPS-5.1.3",
	    "rsa_approved_key_sizes has 1024" },
	{ "rsa_approved_exponents: [65537]",
	    "rsa_approved_exponents: [3, 65537]", "DPS-5.1.3",
	    "rsa_approved_exponents has 3" },
	{ "acceptable_domains: [\".\"]",
	    "acceptable_domains: [\".\", \"example\"]", "DPS-5.1.4",
	    "acceptable_domains has \"example\"" },
	{ "signers_name: \".\"", "signers_name: \"example.\"", "DPS-5.1.4",
	    "signers_name is \"example.\"" },
	{ "  max_signature_validity: P21D", "  max_signature_validity: P22D",
	    "DPS-5.1.4", "ksk_policy.max_signature_validity is P22D" },
	{ "signature_validity_match_zsk_policy: true",
	    "signature_validity_match_zsk_policy: false", "DPS-5.1.4",
	    "signature_validity_match_zsk_policy is false" },
	{ "signature_check_expire_horizon: true",
	    "signature_check_expire_horizon: false", "DPS-5.1.4",
	    "signature_check_expire_horizon is false" },
	{ "signature_horizon_days: 180", "signature_horizon_days: 181",
	    "DPS-5.1.4", "signature_horizon_days is 181" },
	{ "request_policy:", "rehearsal: true\nrequest_policy:", "DPS-5.7",
	    "rehearsal is true" },
	{ "rsa_size: 2048", "rsa_size: 4096", "DPS-6.1",
	    "keys.ksk_current is RSASHA256, rsa_size 4096" },
	{ "rsa_exponent: 65537", "rsa_exponent: 3", "DPS-6.1",
	    "rsa_exponent 3" },
	{ "algorithm: RSASHA256", "algorithm: RSASHA512", "DPS-6.1",
	    "keys.ksk_current is RSASHA512" },
	{ "    key_tag: 20326\n", "", "DPS-6.1",
	    "keys.ksk_current has no key_tag" },
	{ "    ds_sha256: "
	  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n",
	    "", "DPS-6.1", "keys.ksk_current has no ds_sha256" },
	{ "approved_algorithms: [RSASHA256]",
	    "approved_algorithms: [RSASHA256, RSASHA512]", "DPS-6.6",
	    "approved_algorithms has RSASHA512" },
	{ "num_keys_per_bundle: [2, 1, 1,", "num_keys_per_bundle: [2, 1, 2,",
	    "DPS-6.6", "num_keys_per_bundle has 2 for slot 3" },
	{ "num_keys_per_bundle: [2, 1,", "num_keys_per_bundle: [1, 1,",
	    "DPS-6.6", "num_keys_per_bundle has 1 for slot 1" },
	{ "num_different_keys_in_all_bundles: 3",
	    "num_different_keys_in_all_bundles: 4", "DPS-6.6",
	    "num_different_keys_in_all_bundles is 4" },
	{ "num_keys_per_bundle: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n"
	  "  num_different_keys_in_all_bundles: 3",
	    "num_keys_per_bundle: {RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2], "
	    "ECDSAP256SHA256: [0, 0, 0, 0, 0, 0, 0, 0, 1]}\n"
	    "  num_different_keys_in_all_bundles: {RSASHA256: 3, "
	    "ECDSAP256SHA256: 1}",
	    "DPS-6.6", "num_keys_per_bundle names ECDSAP256SHA256" },
	{ "num_keys_per_bundle: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n"
	  "  num_different_keys_in_all_bundles: 3",
	    "num_keys_per_bundle: {RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 3]}\n"
	    "  num_different_keys_in_all_bundles: {RSASHA256: 3}",
	    "DPS-6.6", "num_keys_per_bundle has 3 for slot 9" },
	{ "min_cycle_inception_length: P79D",
	    "min_cycle_inception_length: P78D", "DPS-6.6",
	    "min_cycle_inception_length is P78D" },
	{ "max_cycle_inception_length: P81D",
	    "max_cycle_inception_length: P82D", "DPS-6.6",
	    "max_cycle_inception_length is P82D" },
	{ "min_bundle_interval: P9D", "min_bundle_interval: P8D", "DPS-6.6",
	    "min_bundle_interval is P8D" },
	{ "max_bundle_interval: P11D", "max_bundle_interval: P12D", "DPS-6.6",
	    "max_bundle_interval is P12D" },
	{ "check_cycle_length: true", "check_cycle_length: false", "DPS-6.6",
	    "check_cycle_length is false" },
	{ "check_bundle_intervals: true", "check_bundle_intervals: false",
	    "DPS-6.6", "check_bundle_intervals is false" },
	{ "check_bundle_overlap: true", "check_bundle_overlap: false",
	    "DPS-6.6", "check_bundle_overlap is false" },
	{ "check_keys_match_ksk_operator_policy: true",
	    "check_keys_match_ksk_operator_policy: false", "DPS-6.6",
	    "check_keys_match_ksk_operator_policy is false" },
	{ "signature_algorithms_match_zsk_policy: true",
	    "signature_algorithms_match_zsk_policy: false", "DPS-6.6",
	    "signature_algorithms_match_zsk_policy is false" },
	{ "check_chain_keys: true", "check_chain_keys: false", "DPS-6.6",
	    "check_chain_keys is false" },
	{ "check_chain_keys_in_hsm: true", "check_chain_keys_in_hsm: false",
	    "DPS-6.6", "check_chain_keys_in_hsm is false" },
	{ "check_chain_overlap: true", "check_chain_overlap: false", "DPS-6.6",
	    "check_chain_overlap is false" },
	{ "check_keys_publish_safety: true", "check_keys_publish_safety: false",
	    "DPS-6.6", "check_keys_publish_safety is false" },
	{ "check_keys_retire_safety: true", "check_keys_retire_safety: false",
	    "DPS-6.6", "check_keys_retire_safety is false" },
	{ "response_policy:\n  num_bundles: 9\n  validate_signatures: true",
	    "response_policy:\n  num_bundles: 9\n  validate_signatures: false",
	    "DPS-6.8", "response_policy.validate_signatures is false" },
	{ "ttl: 172800", "ttl: 86400", "DPS-6.9", "the TTL is 86400" },
	{ "dns_ttl: 0", "dns_ttl: 3600", "DPS-6.9",
	    "request_policy.dns_ttl is 3600" },
};

/* Exactly one row refuses, it has the clause's id and says what it saw. */
static void
assert_departs(const struct report *report, const char *id, const char *seen)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_results; i++) {
		const struct check_result *result = &report->results[i];

		if (result->verdict != VERDICT_REFUSE)
			continue;
		n++;
		assert_string_equal(result->check->id, id);
		assert_int_equal(result->n_findings, 1);
		if (strstr(result->findings[0].seen, seen) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", id,
			    result->findings[0].seen, seen);
		assert_true(strlen(result->findings[0].required) > 0);
	}
	if (n != 1)
		fail_msg("%s (%s): %zu clauses refuse, not 1", id, seen, n);
}

static void
practice_one_departure_names_its_clause(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(departures); i++) {
		struct buf yaml =
		    root_with(departures[i].from, departures[i].to);
		struct report report = { 0 };

		judge(&yaml, &report);
		assert_false(report_accepted(&report));
		assert_departs(&report, departures[i].id, departures[i].seen);
		report_clear(&report);
	}
}

/* What the configuration permits by a line of its own is no departure. */
static void
practice_extractable_keys_are_waived(void **state)
{
	static const char *const lines[] = { "any", "true" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char policy[80];
		struct buf yaml;
		struct report report = { 0 };
		size_t n = 0;

		snprintf(policy, sizeof(policy),
		    "key_policy:\n  extractable: %s\nksk_policy:", lines[i]);
		yaml = root_with("ksk_policy:", policy);
		judge(&yaml, &report);
		assert_true(report_accepted(&report));
		for (size_t k = 0; k < report.n_results; k++) {
			if (report.results[k].verdict != VERDICT_WAIVED)
				continue;
			n++;
			assert_string_equal(
			    report.results[k].check->id, "DPS-5.2");
			assert_non_null(
			    strstr(report.results[k].findings[0].seen,
				"key_policy.extractable is "));
		}
		assert_int_equal(n, 1);
		report_clear(&report);
	}
}

/* A clause without a departure in the table above would be untested. */
static void
practice_every_clause_has_a_departure(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_practice; i++) {
		bool found = strcmp(practice[i].id, "DPS-5.6") == 0 ||
		    strcmp(practice[i].id, "DPS-5.2") == 0;

		for (size_t j = 0; j < ARRAY_LEN(departures); j++)
			if (strcmp(departures[j].id, practice[i].id) == 0)
				found = true;
		if (!found)
			fail_msg("%s has no departure", practice[i].id);
	}
}

/* The rows of docs/checks.md are those of the table, in its order. */
static void
practice_every_clause_is_documented(void **state)
{
	struct buf docs = read_whole("docs/checks.md");
	const char *at = (const char *)docs.data;

	(void)state;
	for (size_t i = 0; i < n_practice; i++) {
		const struct check *clause = &practice[i];
		struct buf row = buf_new(1024);

		buf_printf(&row, "\n| %s | %s | %s | ", clause->id,
		    clause->title, clause->reason);
		buf_u8(&row, 0);
		at = strstr(at, "\n| DPS-");
		if (at == NULL ||
		    strncmp(at, (const char *)row.data, row.len - 1) != 0)
			fail_msg("docs/checks.md lacks %s", row.data + 1);
		at++;
		buf_free(&row);
	}
	assert_null(strstr(at, "\n| DPS-"));
	buf_free(&docs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    practice_root_configuration_meets_every_clause),
		cmocka_unit_test(practice_one_departure_names_its_clause),
		cmocka_unit_test(practice_extractable_keys_are_waived),
		cmocka_unit_test(practice_every_clause_has_a_departure),
		cmocka_unit_test(practice_every_clause_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
