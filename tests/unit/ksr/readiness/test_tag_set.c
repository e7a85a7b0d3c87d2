#include <string.h>

#include "ksr/readiness/tag_set.h"
#include "tests/support/support.h"

static void
parse_accepts_what_a_label_holds(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "4a5c", "4a5c" },
		{ "4F66-4A5C", "4a5c-4f66" },
		{ "0000-ffff-0000", "0000-ffff" },
		{ "0001-0002-0003-0004-0005-0006-0007-0008-0009-000a-000b-000c",
		    "0001-0002-0003-0004-0005-0006-0007-0008-0009-000a-000b-"
		    "000c" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tag_set set;
		char text[TAG_SET_TEXT];

		assert_true(tag_set_parse(
		    cases[i].text, strlen(cases[i].text), &set));
		tag_set_format(&set, text);
		assert_string_equal(text, cases[i].canonical);
	}
}

static void
parse_refuses_all_else(void **state)
{
	static const char thirteen[] =
	    "0001-0002-0003-0004-0005-0006-0007-0008-0009-000a-000b-000c-000d";
	static const char *const cases[] = { thirteen, "", "4a5", "4a5c-", "-4a5c",
		"4a5c4f66", "4a5c-4f6", "4a5g", "4a5c 4f66", "4a5c--4f66",
		"+a5c", "0x5c" };
	struct tag_set set;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_false(tag_set_parse(cases[i], strlen(cases[i]), &set));
}

static void
decimal_is_strict(void **state)
{
	static const char *const wrong[] = { "", "65536", "-1", "1,", ",1", "1,,2",
		"1 2", "0019036" };
	struct tag_set set;

	(void)state;
	assert_true(tag_set_parse_decimal("20326,19036", ',', &set));
	assert_int_equal(set.n, 2);
	assert_int_equal(set.tags[0], 19036);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(tag_set_parse_decimal(wrong[i], ',', &set));
}

static void
compare_orders_sets(void **state)
{
	static const char *const ascending[] = { "0001", "0001-0002", "0001-0003",
		"0002" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < ARRAY_LEN(ascending); j++) {
			struct tag_set a, b;
			int order;

			assert_true(tag_set_parse(
			    ascending[i], strlen(ascending[i]), &a));
			assert_true(tag_set_parse(
			    ascending[j], strlen(ascending[j]), &b));
			order = tag_set_compare(&a, &b);
			assert_int_equal(
			    (order > 0) - (order < 0), (i > j) - (i < j));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_accepts_what_a_label_holds),
		cmocka_unit_test(parse_refuses_all_else),
		cmocka_unit_test(decimal_is_strict),
		cmocka_unit_test(compare_orders_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
