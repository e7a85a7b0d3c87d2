#include <stdio.h>
#include <string.h>

#include "ksr/request/cycle.h"
#include "ksr/request/quarter.h"
#include "tests/support/support.h"

#define DAY_S INT64_C(86400)

static struct config *
config_of(const char *yaml)
{
	struct config *config = NULL;
	struct err err;

	assert_ok(
	    config_read(bytes_of_string(yaml), "c.yaml", &config, &err), &err);
	return config;
}

static int64_t
time_of(const char *text)
{
	int64_t time = 0;

	assert_true(time_parse(text, &time));
	return time;
}

static struct cycle
cycle_at(const char *yaml, const char *start)
{
	struct config *config = config_of(yaml);
	struct cycle cycle = { 0 };
	struct err err;

	assert_ok(
	    cycle_of_config(config, time_of(start), 0, &cycle, &err), &err);
	config_free(config);
	return cycle;
}

static void
assert_cycle(const struct cycle *cycle, const char *name, const char *before,
    const char *next)
{
	char text[CYCLE_NAME_SIZE];

	cycle_name(cycle, cycle->start, text);
	assert_string_equal(text, name);
	cycle_name(cycle, cycle_before_start(cycle), text);
	assert_string_equal(text, before);
	cycle_name(cycle, cycle_next_start(cycle), text);
	assert_string_equal(text, next);
}

static void
cycle_of_config_defaults_are_the_root_s(void **state)
{
	struct cycle cycle = cycle_at("{}", "2027-01-01T00:00:00Z");

	(void)state;
	assert_int_equal(cycle.n_slots, 9);
	assert_int_equal(cycle.slot_s, 10 * DAY_S);
	assert_int_equal(cycle.validity_s, 21 * DAY_S);
}

static void
cycle_of_config_takes_the_middle_of_a_range(void **state)
{
	static const struct {
		const char *min, *max;
		int64_t slot_s;
	} cases[] = { { "P7D", "P7D", 7 * DAY_S }, { "P6D", "P9D", 7 * DAY_S },
		{ "P10DT1H", "P11D", 10 * DAY_S + 45000 },
		{ "PT6H", "PT12H", 9 * 3600 }, { "PT0S", "P2D", DAY_S } };
	char yaml[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(yaml, sizeof(yaml),
		    "request_policy: {min_bundle_interval: %s, "
		    "max_bundle_interval: %s}\n",
		    cases[i].min, cases[i].max);
		assert_int_equal(cycle_at(yaml, "2027-01-01T00:00:00Z").slot_s,
		    cases[i].slot_s);
	}
}

static void
cycle_of_config_refuses_what_no_request_can_have(void **state)
{
	static const struct {
		const char *yaml;
		const char *start;
		int64_t slot_s;
		const char *message;
	} cases[] = {
		{ "{}", "2027-01-01T00:00:00Z", 8 * DAY_S,
		    "slots of P8D (expected more than nothing, and "
		    "min_bundle_interval P9D to max_bundle_interval P11D)" },
		{ "{}", "2027-01-01T00:00:00Z", 11 * DAY_S + 1, "P11DT1S" },
		{ "request_policy: {min_bundle_interval: PT0S, "
		  "max_bundle_interval: PT0S}\n",
		    "2027-01-01T00:00:00Z", 0, "slots of PT0S" },
		{ "request_policy: {check_bundle_intervals: false, "
		  "min_bundle_interval: PT0S, max_bundle_interval: PT0S}\n",
		    "2027-01-01T00:00:00Z", 0, "slots of PT0S" },
		{ "{}", "1989-12-31T23:59:59Z", 0, "1990 to 2100" },
		{ "{}", "2101-01-01T00:00:00Z", 0, "1990 to 2100" },
		{ "request_policy: {max_bundle_interval: P36525D}\n",
		    "2027-01-01T00:00:00Z", 0, "10 years at most" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config *config = config_of(cases[i].yaml);
		struct cycle cycle;
		struct err err;

		assert_false(cycle_of_config(config, time_of(cases[i].start),
		    cases[i].slot_s, &cycle, &err));
		assert_int_equal(err.code, E_USAGE);
		assert_message_has(&err, cases[i].message);
		config_free(config);
	}
}

static void
cycle_of_config_takes_any_slot_where_intervals_are_not_checked(void **state)
{
	struct config *config =
	    config_of("request_policy: {check_bundle_intervals: false}\n");
	struct cycle cycle;
	struct err err;

	(void)state;
	assert_ok(cycle_of_config(config, time_of("2027-01-01T00:00:00Z"),
		      8 * DAY_S, &cycle, &err),
	    &err);
	assert_int_equal(cycle.slot_s, 8 * DAY_S);
	config_free(config);
}

/* Three quarters of 90, 91 and 92 days: the last slot takes the spare days. */
static void
cycle_names_follow_quarters(void **state)
{
	struct cycle cycle = cycle_at("{}", "2027-01-01T00:00:00Z");

	(void)state;
	assert_cycle(&cycle, "2027-q1", "2026-q4", "2027-q2");
	cycle.start = time_of("2027-04-01T00:00:00Z");
	assert_cycle(&cycle, "2027-q2", "2027-q1", "2027-q3");
	cycle.start = time_of("2027-10-01T00:00:00Z");
	assert_cycle(&cycle, "2027-q4", "2027-q3", "2028-q1");
}

static void
cycle_names_follow_days(void **state)
{
	struct cycle cycle = cycle_at("{}", "2027-02-01T00:00:00Z");

	(void)state;
	assert_cycle(&cycle, "2027-02-01", "2026-11-03", "2027-05-02");
	cycle.start += 3600;
	assert_cycle(&cycle, "2027-02-01T01:00:00", "2026-11-03T01:00:00",
	    "2027-05-02T01:00:00");
	/* It begins with a quarter, and another one follows long before the
	 * next. */
	cycle = cycle_at("request_policy: {num_bundles: 4, "
			 "min_bundle_interval: P7D, max_bundle_interval: P7D, "
			 "num_keys_per_bundle: [2, 1, 1, 2]}\n",
	    "2027-01-01T00:00:00Z");
	assert_cycle(&cycle, "2027-01-01", "2026-12-04", "2027-01-29");
	/* Thirteen weeks are a day more than the quarter has. */
	cycle.n_slots = 13;
	assert_cycle(&cycle, "2027-01-01", "2026-10-02", "2027-04-02");
	/* Twelve leave six days of 90, and eight of the 92 from October on. */
	cycle.n_slots = 12;
	assert_cycle(&cycle, "2027-q1", "2026-q4", "2027-q2");
	cycle.start = time_of("2027-10-01T00:00:00Z");
	assert_cycle(&cycle, "2027-q4", "2027-q3", "2028-q1");
	cycle.n_slots = 11;
	assert_cycle(&cycle, "2027-10-01", "2027-07-16", "2027-12-17");
}

static void
cycle_start_parse_takes_days_and_times(void **state)
{
	static const char *const bad[] = { "", "2027", "2027-q1", "2027-2-1",
		"2027-02-30", "2027-02-01T", "2027-02-01 ", "27-02-01",
		"2027-02-01T24:00:00", "2027-02-01T00:00:00Zx", "+027-02-01" };
	struct err err;
	int64_t start;

	(void)state;
	assert_ok(cycle_start_parse("2027-02-01", &start, &err), &err);
	assert_int_equal(start, time_of("2027-02-01T00:00:00Z"));
	assert_ok(
	    cycle_start_parse("2027-02-01T12:00:00+01:00", &start, &err), &err);
	assert_int_equal(start, time_of("2027-02-01T11:00:00Z"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (cycle_start_parse(bad[i], &start, &err))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.code, E_USAGE);
		assert_message_has(&err, "expected a day such as 2027-02-01");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycle_of_config_defaults_are_the_root_s),
		cmocka_unit_test(cycle_of_config_takes_the_middle_of_a_range),
		cmocka_unit_test(
		    cycle_of_config_refuses_what_no_request_can_have),
		cmocka_unit_test(
		    cycle_of_config_takes_any_slot_where_intervals_are_not_checked),
		cmocka_unit_test(cycle_names_follow_quarters),
		cmocka_unit_test(cycle_names_follow_days),
		cmocka_unit_test(cycle_start_parse_takes_days_and_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
