/*
 * What today's rules say of what older ones judged: all that is otherwise, and
 * nothing that is not.
 */
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "signer/record/today.h"
#include "tests/support/support.h"

static enum verdict
find(const struct check_input *in, struct check_result *result)
{
	(void)in;
	finding_add(result, NULL, NO_BUNDLE, "something");
	finding_required(result, "nothing");
	return VERDICT_PASS;
}

static enum verdict
find_more(const struct check_input *in, struct check_result *result)
{
	(void)find(in, result);
	return find(in, result);
}

static enum verdict
pass(const struct check_input *in, struct check_result *result)
{
	(void)in;
	(void)result;
	return VERDICT_PASS;
}

static enum verdict
lack(const struct check_input *in, struct check_result *result)
{
	(void)in;
	return check_not_run(result, "the history is not on record");
}

#define OLD .since = RULES_0_1_0, .until = RULES_0_2_0
#define NEW .since = RULES_0_2_0

/* clang-format off */
static const struct check rows[] = {
	{ "KEPT", "1", "finds", "x", STAGE_REQUEST, true, NULL, find,
	  .since = RULES_0_1_0 },
	{ "SAME", "1", "old", "x", STAGE_REQUEST, true, NULL, find, OLD },
	{ "SAME", "1", "reworded", "x", STAGE_REQUEST, true, NULL, find, NEW },
	{ "LAX", "1", "old", "x", STAGE_REQUEST, true, NULL, pass, OLD },
	{ "LAX", "1", "stricter", "x", STAGE_REQUEST, true, NULL, find, NEW },
	{ "STRICT", "1", "old", "x", STAGE_REQUEST, true, NULL, find, OLD },
	{ "STRICT", "1", "laxer", "x", STAGE_REQUEST, true, NULL, pass, NEW },
	{ "RIGHT", "1", "old", "x", STAGE_REQUEST, true, NULL, find, OLD },
	{ "RIGHT", "1", "no right", "x", STAGE_REQUEST, false, NULL, find,
	  NEW },
	{ "MORE", "1", "old", "x", STAGE_REQUEST, true, NULL, find, OLD },
	{ "MORE", "1", "finds more", "x", STAGE_REQUEST, true, NULL, find_more,
	  NEW },
	{ "QUIET", "1", "old", "x", STAGE_REQUEST, true, NULL, pass, OLD },
	{ "QUIET", "1", "as quiet", "x", STAGE_REQUEST, true, NULL, pass,
	  NEW },
	{ "NEW", "1", "finds", "x", STAGE_REQUEST, true, NULL, find, NEW },
	{ "CONTENT", "1", "passes", "x", STAGE_REQUEST, true, NULL, pass,
	  NEW },
	{ "LACK", "1", "lacks", "x", STAGE_REQUEST, true, NULL, lack, NEW },
	{ "GONE", "1", "found", "x", STAGE_REQUEST, true, NULL, find, OLD },
	{ "LOST", "1", "passed", "x", STAGE_REQUEST, true, NULL, pass, OLD },
	{ "OTHER", "1", "stage", "x", STAGE_TOKEN, true, NULL, find, NEW },
};
/* clang-format on */

static void
judge(enum rules rules, enum rules except, struct report *ret)
{
	static const struct override overrides[] = { { "RIGHT", "because" } };
	const struct check_input in = { .rules = rules, .except = except };
	struct err err;

	assert_ok(check_rows_run(rows, ARRAY_LEN(rows), STAGE_REQUEST, &in,
		      overrides, 1, ret, &err),
	    &err);
}

/* All rows of `then`'s rules against today's, as line 7 of run 3. */
static void
compare(enum rules then, enum rules except, struct today *ret)
{
	struct report old = { 0 }, now = { 0 };

	judge(then, RULES_TODAY, &old);
	judge(RULES_TODAY, except, &now);
	today_compare(ret, 3, 7, then, &old, 0, &now);
	report_clear(&old);
	report_clear(&now);
	assert_false(ret->failed);
}

static json_t *
json_of(enum rules then, enum rules except)
{
	struct today today = { 0 };
	json_t *json;

	compare(then, except, &today);
	json = json_of_today(&today);
	assert_non_null(json);
	today_clear(&today);
	return json;
}

static const char *
text(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return json_is_string(value) ? json_string_value(value) : "none";
}

static const char *const told[] = {
	"GONE none, then REFUSE, 0 findings",
	"LAX REFUSE, then pass, 1 findings",
	"STRICT pass, then REFUSE, 0 findings",
	"RIGHT REFUSE, then overridden, 1 findings",
	"MORE REFUSE, then REFUSE, 2 findings",
	"NEW REFUSE, then none, 1 findings",
	"LACK not run, then none, 0 findings",
};

static void
assert_told(const json_t *json)
{
	const json_t *list = json_object_get(json, "rows"), *row;
	size_t i;

	assert_string_equal(text(json, "rules"), "0.2.0");
	assert_int_equal(json_integer_value(json_object_get(json, "checks")), 1);
	json_array_foreach(list, i, row)
	{
		struct buf line = buf_new(256);

		buf_printf(&line, "%s %s, then %s, %zu findings",
		    text(row, "id"), text(row, "verdict"), text(row, "then"),
		    json_array_size(json_object_get(row, "findings")));
		buf_u8(&line, 0);
		if (i == ARRAY_LEN(told))
			fail_msg("told too much: %s", line.data);
		assert_string_equal((const char *)line.data, told[i]);
		assert_int_equal(
		    json_integer_value(json_object_get(row, "run")), 3);
		assert_int_equal(
		    json_integer_value(json_object_get(row, "line")), 7);
		buf_free(&line);
	}
	assert_int_equal(json_array_size(list), ARRAY_LEN(told));
}

/* Whether the rows of the old rules are run again is all the same. */
static void
today_tells_all_that_is_otherwise(void **state)
{
	const enum rules except[] = { RULES_0_1_0, RULES_TODAY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(except); i++) {
		json_t *json = json_of(RULES_0_1_0, except[i]);

		assert_told(json);
		json_decref(json);
	}
}

static void
today_says_what_an_input_is_missing_for(void **state)
{
	json_t *json = json_of(RULES_0_1_0, RULES_0_1_0);
	const json_t *rows_told = json_object_get(json, "rows");
	const json_t *last =
	    json_array_get(rows_told, json_array_size(rows_told) - 1);

	(void)state;
	assert_string_equal(text(last, "id"), "LACK");
	assert_string_equal(
	    text(last, "note"), "the history is not on record");
	json_decref(json);
}

static void
today_is_silent_about_its_own_rules(void **state)
{
	json_t *json = json_of(RULES_NEWEST, RULES_TODAY);

	(void)state;
	assert_int_equal(
	    json_array_size(json_object_get(json, "rows")), 0);
	json_decref(json);
}

static void
today_differs_where_a_row_came_or_went(void **state)
{
	(void)state;
	assert_false(today_differs(rows, 1, RULES_0_1_0));
	assert_false(today_differs(rows, ARRAY_LEN(rows), RULES_NEWEST));
	for (size_t i = 1; i < ARRAY_LEN(rows); i++)
		assert_true(today_differs(&rows[i], 1, RULES_0_1_0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(today_tells_all_that_is_otherwise),
		cmocka_unit_test(today_says_what_an_input_is_missing_for),
		cmocka_unit_test(today_is_silent_about_its_own_rules),
		cmocka_unit_test(today_differs_where_a_row_came_or_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
