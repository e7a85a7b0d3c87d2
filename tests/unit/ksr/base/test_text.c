#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ksr/base/limits.h"
#include "ksr/base/text.h"
#include "tests/support/support.h"

#define UNTOUCHED 42

static void
number_parse_of_decimal_gives_its_value(void **state)
{
	static const struct {
		const char *text;
		uint64_t max, value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "7", 10, 7 },
		{ "10", 10, 10 },
		{ "05017", UINT16_MAX, 5017 }, /* decimal, not octal */
		{ "00000000000000000000", 0, 0 },
		{ "65535", UINT16_MAX, 65535 },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t v = UNTOUCHED;

		if (!number_parse(cases[i].text, cases[i].max, &v))
			fail_msg("%s is refused", cases[i].text);
		assert_int_equal(v, cases[i].value);
	}
}

static void
number_parse_of_anything_else_is_refused(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
	} cases[] = {
		{ "", UINT64_MAX }, { " 1", UINT64_MAX }, { "1 ", UINT64_MAX },
		{ "1\n", UINT64_MAX }, { "+1", UINT64_MAX },
		{ "-1", UINT64_MAX }, { "-0", UINT64_MAX },
		{ "0x10", UINT64_MAX }, { "1e3", UINT64_MAX },
		{ "1.0", UINT64_MAX }, { "1,000", UINT64_MAX },
		{ "\xd9\xa1", UINT64_MAX }, /* a digit elsewhere in Unicode */
		{ "11", 10 }, { "65536", UINT16_MAX },
		{ "18446744073709551616", UINT64_MAX },
		{ "18446744073709551625", UINT64_MAX },
		{ "99999999999999999999", UINT64_MAX },
		{ "000000000000000000001", UINT64_MAX }, /* 21 digits */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t v = UNTOUCHED;

		if (number_parse(cases[i].text, cases[i].max, &v))
			fail_msg("\"%s\" is accepted", cases[i].text);
		assert_int_equal(v, UNTOUCHED);
	}
}

static void
time_parse_of_real_time_gives_its_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{ "1970-01-01T00:00:00", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00-00:01", 60 },
		{ "1970-01-01T14:00:00+14:00", 0 },
		{ "1970-01-01T00:00:00-14:00", 14 * 3600 },
		{ "2018-01-01T00:00:00+00:00", 1514764800 },
		{ "2018-01-01T00:00:00-00:00", 1514764800 },
		{ "2018-01-01T01:30:00+01:30", 1514764800 },
		{ "2017-12-31T23:59:59", 1514764799 },
		{ "2000-02-29T00:00:00", 951782400 },
		{ "2016-02-29T12:34:56", 1456749296 },
		{ "2038-01-19T03:14:08", INT64_C(2147483648) },
		{ "2106-02-07T06:28:16", INT64_C(4294967296) },
		{ "2400-02-29T00:00:00", INT64_C(13574563200) },
		{ "9999-12-31T23:59:59", INT64_C(253402300799) },
		{ "9999-12-31T23:59:59+14:00", INT64_C(253402250399) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t t = UNTOUCHED;

		if (!time_parse(cases[i].text, &t))
			fail_msg("%s is refused", cases[i].text);
		assert_true(t == cases[i].time);
	}
}

static void
time_parse_of_anything_else_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"2018",
		"2018-01-01",
		"2018-01-01T00:00",
		"2018-01-01 00:00:00",
		"2018-01-01t00:00:00",
		"2018-01-01T00:00:00z",
		"2018-1-01T00:00:00",
		"18-01-01T00:00:00",
		"12018-01-01T00:00:00",
		"-2018-01-01T00:00:00",
		"+2018-01-01T00:00:00",
		" 2018-01-01T00:00:00",
		"2018-01-01T00:00:00 ",
		"2018-01-01T00:00:00ZZ",
		"2018-01-01T00:00:00.0",
		"2018-01-01T00:00:00.000Z",
		/* dates and times that there are not */
		"2018-00-01T00:00:00",
		"2018-13-01T00:00:00",
		"2018-01-00T00:00:00",
		"2018-01-32T00:00:00",
		"2018-04-31T00:00:00",
		"2018-02-29T00:00:00",
		"2018-02-30T00:00:00",
		"2016-02-30T00:00:00",
		"1900-02-29T00:00:00",
		"2100-02-29T00:00:00",
		"2018-01-01T24:00:00",
		"2018-01-01T23:60:00",
		"2016-12-31T23:59:60", /* a leap second that there was */
		/* offsets */
		"2018-01-01T00:00:00+",
		"2018-01-01T00:00:00+00",
		"2018-01-01T00:00:00+0000",
		"2018-01-01T00:00:00+1:00",
		"2018-01-01T00:00:00+00:60",
		"2018-01-01T00:00:00+14:01",
		"2018-01-01T00:00:00-14:01",
		"2018-01-01T00:00:00+99:00",
		"2018-01-01T00:00:00Z+00:00",
		"2018-01-01T00:00:00+00:00Z",
		/* out of range, by themselves or by their offset */
		"1969-12-31T23:59:59",
		"0000-01-01T00:00:00",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t t = UNTOUCHED;

		if (time_parse(cases[i], &t))
			fail_msg("\"%s\" is accepted", cases[i]);
		assert_int_equal(t, UNTOUCHED);
	}
}

/* Every prefix of a good time is cut short somewhere. */
static void
time_parse_of_truncated_time_is_refused(void **state)
{
	static const char whole[] = "2018-01-01T00:00:00+00:00";
	char text[sizeof(whole)];

	(void)state;
	for (size_t len = 0; len < strlen(whole); len++) {
		int64_t t;

		if (len == strlen("2018-01-01T00:00:00"))
			continue; /* no offset means UTC */
		memcpy(text, whole, len);
		text[len] = '\0';
		if (time_parse(text, &t))
			fail_msg("\"%s\" is accepted", text);
	}
}

static void
time_format_has_three_forms(void **state)
{
	static const struct {
		int64_t time;
		const char *plain, *utc, *rrsig;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00", "1970-01-01T00:00:00+00:00",
		    "19700101000000" },
		{ 1514764800, "2018-01-01T00:00:00",
		    "2018-01-01T00:00:00+00:00", "20180101000000" },
		{ 1456749296, "2016-02-29T12:34:56",
		    "2016-02-29T12:34:56+00:00", "20160229123456" },
		{ INT64_C(253402300799), "9999-12-31T23:59:59",
		    "9999-12-31T23:59:59+00:00", "99991231235959" },
		{ -1, "1969-12-31T23:59:59", "1969-12-31T23:59:59+00:00",
		    "19691231235959" },
	};
	char text[TIME_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		time_format(cases[i].time, text);
		assert_string_equal(text, cases[i].plain);
		time_format_utc(cases[i].time, text);
		assert_string_equal(text, cases[i].utc);
		time_format_rrsig(cases[i].time, text);
		assert_string_equal(text, cases[i].rrsig);
	}
}

/* The C library's calendar agrees, a day and a bit at a time until 2500. */
static void
time_format_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t t = 0; t < INT64_C(16725225600); t += 86400 + 3607) {
		char ours[TIME_TEXT_SIZE], theirs[TIME_TEXT_SIZE];
		time_t seconds = t;
		struct tm tm;
		int64_t back;

		assert_non_null(gmtime_r(&seconds, &tm));
		assert_int_not_equal(
		    strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm),
		    0);
		time_format(t, ours);
		assert_string_equal(ours, theirs);
		assert_true(time_parse(ours, &back));
		assert_true(back == t);
	}
}

static void
time_format_of_absurd_time_stays_in_its_buffer(void **state)
{
	static const int64_t cases[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX,
		INT64_C(253402300800) };
	char text[TIME_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		time_format_utc(cases[i], text);
		assert_true(strlen(text) < sizeof(text));
	}
}

static void
duration_parse_of_fixed_length_gives_its_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "PT0S", 0 },
		{ "P0D", 0 },
		{ "P21D", 21 * 86400 },
		{ "P021D", 21 * 86400 },
		{ "P14DT23H59M59S", 15 * 86400 - 1 },
		{ "PT1H", 3600 },
		{ "PT1M", 60 },
		{ "PT36H", 36 * 3600 },
		{ "PT999999999S", 999999999 },
		{ "P1DT1S", 86401 },
		{ "P36525D", DURATION_MAX_S },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t s = UNTOUCHED;

		if (!duration_parse(cases[i].text, &s))
			fail_msg("%s is refused", cases[i].text);
		assert_true(s == cases[i].seconds);
	}
}

static void
duration_parse_of_anything_else_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"P",
		"PT",
		"P1",
		"1D",
		"PD",
		"PTS",
		"P1DT",
		"P1D ",
		" P1D",
		"p1d",
		"P1S",
		"P1H",
		"PT1D",
		"PT1S1M",
		"PT1M1H",
		"P1DT1H1H",
		"P1D1D",
		"-P1D",
		"P-1D",
		"P+1D",
		"P1.5D",
		"PT1.5S",
		"P1W",
		/* as long as the calendar makes them */
		"P1Y",
		"P1M",
		"P1M1D",
		"P1Y2M3D",
		/* over the limits */
		"P1234567890D",
		"PT0000000001S",
		"P36525DT1S",
		"P36526D",
		"P999999999DT999999999H999999999M999999999S",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t s = UNTOUCHED;

		if (duration_parse(cases[i], &s))
			fail_msg("\"%s\" is accepted", cases[i]);
		assert_int_equal(s, UNTOUCHED);
	}
}

static void
duration_format_is_the_shortest_form(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "PT0S" },
		{ 1, "PT1S" },
		{ 60, "PT1M" },
		{ 3600, "PT1H" },
		{ 3601, "PT1H1S" },
		{ 86400, "P1D" },
		{ 86401, "P1DT1S" },
		{ 21 * 86400, "P21D" },
		{ 15 * 86400 - 1, "P14DT23H59M59S" },
		{ DURATION_MAX_S, "P36525D" },
		{ -86400, "-P1D" },
		{ -1, "-PT1S" },
		{ INT64_MAX, "P106751991167300DT15H30M7S" },
		{ INT64_MIN, "-P106751991167300DT15H30M8S" },
	};
	char text[DURATION_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t back;

		duration_format(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
		if (cases[i].seconds < 0 || cases[i].seconds > DURATION_MAX_S)
			continue;
		assert_true(duration_parse(text, &back));
		assert_true(back == cases[i].seconds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_parse_of_decimal_gives_its_value),
		cmocka_unit_test(number_parse_of_anything_else_is_refused),
		cmocka_unit_test(time_parse_of_real_time_gives_its_seconds),
		cmocka_unit_test(time_parse_of_anything_else_is_refused),
		cmocka_unit_test(time_parse_of_truncated_time_is_refused),
		cmocka_unit_test(time_format_has_three_forms),
		cmocka_unit_test(time_format_agrees_with_the_c_library),
		cmocka_unit_test(
		    time_format_of_absurd_time_stays_in_its_buffer),
		cmocka_unit_test(
		    duration_parse_of_fixed_length_gives_its_seconds),
		cmocka_unit_test(duration_parse_of_anything_else_is_refused),
		cmocka_unit_test(duration_format_is_the_shortest_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
