/*
 * Versions of the rules: which rows judge by which version, and that the rows
 * of a version that records were made by stay as they were.
 */
#include <string.h>

#include "ksr/plan/plan_check.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/practice.h"
#include "tests/support/support.h"

static void
rules_of_version_are_the_newest_not_newer(void **state)
{
	static const struct {
		const char *version;
		enum rules rules;
	} cases[] = {
		{ "0.1.0", RULES_0_1_0 },
		{ "0.1.1", RULES_0_1_0 },
		{ "0.1.65535", RULES_0_1_0 },
		{ "0.2.0", RULES_0_2_0 },
		{ "0.2.9", RULES_0_2_0 },
		{ "9.0.0", RULES_NEWEST },
		{ ANCHORITE_VERSION, RULES_NEWEST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum rules rules = RULES_TODAY;

		if (!rules_of_version(cases[i].version, &rules) ||
		    rules != cases[i].rules)
			fail_msg("%s has rules %d", cases[i].version,
			    (int)rules);
	}
}

static void
rules_of_what_is_no_version_are_none(void **state)
{
	static const char *const cases[] = { "", "0", "0.1", "0.1.", "0.1.0.",
		"0.1.0.0", ".1.0", "0..0", "v0.1.0", "0.1.0-rc1", "0.1.0 ",
		" 0.1.0", "+0.1.0", "0.1.65536", "0.1.00000000", "0.0.9" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum rules rules = RULES_0_2_0;

		if (rules_of_version(cases[i], &rules))
			fail_msg("\"%s\" has rules", cases[i]);
		assert_int_equal(rules, RULES_0_2_0);
	}
}

static void
rules_text_is_the_version(void **state)
{
	(void)state;
	for (enum rules rules = RULES_0_1_0; rules < RULES_END; rules++) {
		enum rules same;

		assert_true(rules_of_version(rules_text(rules), &same));
		assert_int_equal(same, rules);
	}
	assert_string_equal(rules_text(RULES_TODAY), rules_text(RULES_NEWEST));
}

/* A row that began with no version would judge what it did not know. */
static void
rules_of_every_table_have_versions_in_order(void **state)
{
	const struct {
		const struct check *rows;
		size_t n;
	} tables[] = {
		{ checks, n_checks },
		{ practice, n_practice },
		{ plan_rules, n_plan_rules },
	};

	(void)state;
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct check *row = &tables[t].rows[i];

			if (row->since <= RULES_TODAY ||
			    row->since >= RULES_END)
				fail_msg("%s (\"%s\") is since no version",
				    row->id, row->title);
			if (row->until != RULES_TODAY &&
			    (row->until <= row->since ||
				row->until >= RULES_END))
				fail_msg("%s (\"%s\") was never in force",
				    row->id, row->title);
		}
}

static enum verdict
find(const struct check_input *in, struct check_result *result)
{
	(void)in;
	finding_add(result, NULL, NO_BUNDLE, "something");
	return VERDICT_PASS;
}

static enum verdict
pass(const struct check_input *in, struct check_result *result)
{
	(void)in;
	(void)result;
	return VERDICT_PASS;
}

/* clang-format off */
static const struct check rows[] = {
	{ "KSR-ONE", "1", "kept", "x", STAGE_REQUEST, true, NULL, pass,
	  .since = RULES_0_1_0 },
	{ "KSR-TWO", "1", "changed", "x", STAGE_REQUEST, true, NULL, find,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-TWO", "1", "after the change", "x", STAGE_REQUEST, false, NULL,
	  find,
	  .since = RULES_0_2_0 },
	{ "KSR-THREE", "1", "new", "x", STAGE_REQUEST, true, NULL, find,
	  .since = RULES_0_2_0 },
	{ "KSR-FOUR", "1", "dropped", "x", STAGE_REQUEST, true, NULL, pass,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
};
/* clang-format on */

/* "kept pass, changed overridden" */
static void
outcome_of(enum rules rules, struct buf *ret)
{
	static const struct override overrides[] = { { "KSR-TWO", "because" } };
	const struct check_input in = { .rules = rules };
	struct report report = { 0 };
	struct err err;

	assert_ok(check_rows_run(rows, ARRAY_LEN(rows), STAGE_REQUEST, &in,
		      overrides, 1, &report, &err),
	    &err);
	for (size_t i = 0; i < report.n_results; i++)
		buf_printf(ret, "%s%s %s", i == 0 ? "" : ", ",
		    report.results[i].check->title,
		    verdict_text(report.results[i].verdict));
	buf_u8(ret, 0);
	assert_false(ret->failed);
	report_clear(&report);
}

static void
check_rows_run_judges_by_the_version_asked_for(void **state)
{
	static const struct {
		enum rules rules;
		const char *outcome;
	} cases[] = {
		{ RULES_0_1_0, "kept pass, changed overridden, dropped pass" },
		{ RULES_0_2_0,
		    "kept pass, after the change REFUSE, new REFUSE" },
		{ RULES_TODAY,
		    "kept pass, after the change REFUSE, new REFUSE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf outcome = buf_new(1024);

		outcome_of(cases[i].rules, &outcome);
		assert_string_equal(
		    (const char *)outcome.data, cases[i].outcome);
		buf_free(&outcome);
	}
}

#define ALL_HISTORY (STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE)
#define AND_CHAIN   (STAGE_REQUEST | STAGE_CHAIN)

/*
 * The rows that judge records of 0.1.0.  They are never changed: a rule that
 * changes gets a row more, and its old row an `until`.
 */
static const struct {
	const char *id;
	unsigned stages;
	bool may_override, has_switch;
} rows_0_1_0[] = {
	{ "KSR-DOMAIN", STAGE_REQUEST, true, false },
	{ "KSR-ID", ALL_HISTORY, true, false },
	{ "KSR-BUNDLE-UNIQUE", ALL_HISTORY, true, false },
	{ "KSR-BUNDLE-KEYS", STAGE_REQUEST, true, false },
	{ "KSR-BUNDLE-KEYS", STAGE_REQUEST, true, true },
	{ "KSR-BUNDLE-KEYS", STAGE_REQUEST, true, true },
	{ "KSR-BUNDLE-POP", STAGE_REQUEST, false, true },
	{ "KSR-BUNDLE-COUNT", STAGE_REQUEST, true, false },
	{ "KSR-BUNDLE-CYCLE-DURATION", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-KEYS", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-ALG", STAGE_REQUEST, true, false },
	{ "KSR-POLICY-ALG", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-SIG-VALIDITY", STAGE_REQUEST, true, false },
	{ "KSR-POLICY-SIG-VALIDITY", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-SIG-HORIZON", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-CLOCK", STAGE_REQUEST, true, false },
	{ "KSR-POLICY-SIG-OVERLAP", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-BUNDLE-INTERVAL", STAGE_REQUEST, true, true },
	{ "KSR-POLICY-SAFETY", ALL_HISTORY, true, true },
	{ "KSR-POLICY-SAFETY", ALL_HISTORY, true, true },
	{ "KSR-CHAIN-KEYS", AND_CHAIN, false, true },
	{ "KSR-CHAIN-KEYS", STAGE_TOKEN, false, true },
	{ "KSR-CHAIN-OVERLAP", AND_CHAIN, true, true },
	{ "KSR-TAG-CLASH", STAGE_REQUEST, false, false },
	{ "KSR-TAG-CLASH", STAGE_RESPONSE, false, false },
	{ "KSR-KEY-VALID", STAGE_REQUEST, false, false },
	{ "KSR-KEY-VALID", STAGE_RESPONSE, false, false },
	{ "SKR-SCHEDULE", STAGE_REQUEST | STAGE_SCHEDULE, false, false },
	{ "SKR-VERIFY", STAGE_RESPONSE, false, false },
	{ "SKR-MATCH", STAGE_RESPONSE, false, false },
	{ "SKR-PAIR", STAGE_RESPONSE, false, false },
};

static void
checks_of_0_1_0_are_as_they_were(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < n_checks; i++) {
		const struct check *row = &checks[i];

		if (!check_in_force(row, RULES_0_1_0))
			continue;
		assert_true(n < ARRAY_LEN(rows_0_1_0));
		assert_string_equal(row->id, rows_0_1_0[n].id);
		if (row->stages != rows_0_1_0[n].stages ||
		    row->may_override != rows_0_1_0[n].may_override ||
		    (row->enabled != NULL) != rows_0_1_0[n].has_switch)
			fail_msg("%s (\"%s\") is not what it was in 0.1.0",
			    row->id, row->title);
		n++;
	}
	assert_int_equal(n, ARRAY_LEN(rows_0_1_0));
}

/* What was overridden by the rules of its day stays overridden. */
static void
override_allowed_goes_by_the_rules_of_its_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows_0_1_0); i++) {
		const struct override override = { rows_0_1_0[i].id, "why" };
		struct err err;

		assert_true(override_allowed(&override, RULES_0_1_0, &err) ==
		    rows_0_1_0[i].may_override);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_version_are_the_newest_not_newer),
		cmocka_unit_test(rules_of_what_is_no_version_are_none),
		cmocka_unit_test(rules_text_is_the_version),
		cmocka_unit_test(rules_of_every_table_have_versions_in_order),
		cmocka_unit_test(
		    check_rows_run_judges_by_the_version_asked_for),
		cmocka_unit_test(checks_of_0_1_0_are_as_they_were),
		cmocka_unit_test(override_allowed_goes_by_the_rules_of_its_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
