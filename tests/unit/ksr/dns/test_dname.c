#include <string.h>

#include "ksr/dns/dname.h"
#include "tests/support/support.h"

/* Labels of 63, 63, 63 and n octets: 194 + n octets with the root label. */
static void
long_name(char ret[DNAME_TEXT_MAX + 1], size_t n)
{
	memset(ret, 'a', 3 * 64 + n);
	for (size_t dot = 63; dot < 3 * 64; dot += 64)
		ret[dot] = '.';
	ret[3 * 64 + n] = '\0';
}

static void
dname_parse_name_gives_canonical_wire(void **state)
{
	static const struct {
		const char *text;
		struct bytes wire;
		uint8_t labels;
		const char *canonical;
	} cases[] = {
		{ ".", { (const uint8_t *)"\0", 1 }, 0, "." },
		{ "se", { (const uint8_t *)"\2se\0", 4 }, 1, "se." },
		{ "SE.", { (const uint8_t *)"\2se\0", 4 }, 1, "se." },
		{ "A-1.Example.", { (const uint8_t *)"\3a-1\7example\0", 13 },
		    2, "a-1.example." },
		{ "_x.Z9", { (const uint8_t *)"\2_x\2z9\0", 7 }, 2, "_x.z9." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[DNAME_TEXT_MAX + 1];
		struct dname name;
		struct err err;

		assert_ok(dname_parse(cases[i].text, &name, &err), &err);
		assert_int_equal(name.len, cases[i].wire.len);
		assert_memory_equal(
		    name.wire, cases[i].wire.data, cases[i].wire.len);
		assert_int_equal(dname_labels(&name), cases[i].labels);
		dname_text(&name, text);
		assert_string_equal(text, cases[i].canonical);
	}
}

static void
dname_parse_malformed_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "is empty" },
		{ "..", "empty label" },
		{ ".se", "empty label" },
		{ "a..se", "empty label" },
		{ "se..", "empty label" },
		{ " se", "character ' '" },
		{ "se\n", "character '\\x0a'" },
		{ "a b.se", "character ' '" },
		{ "*.se", "character '*'" },
		{ "a\\.b.se", "character '\\'" },
		{ "a\\046b", "character '\\'" },
		{ "\xc3\xa5.se", "character '\\xc3'" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaa.se",
		    "label of 64 octets" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dname name = { .len = 77 };
		struct err err;

		assert_false(dname_parse(cases[i].text, &name, &err));
		assert_message_has(&err, cases[i].message);
		assert_int_equal(err.code, E_INPUT);
		assert_int_equal(name.len, 77);
	}
}

static void
dname_parse_255_octets_is_the_longest(void **state)
{
	char text[DNAME_TEXT_MAX + 1], back[DNAME_TEXT_MAX + 1];
	struct dname name;
	struct err err;

	(void)state;
	long_name(text, 61);
	assert_ok(dname_parse(text, &name, &err), &err);
	assert_int_equal(name.len, 255);
	assert_int_equal(dname_labels(&name), 4);
	dname_text(&name, back);
	assert_int_equal(strlen(back), strlen(text) + 1);
	long_name(text, 62);
	assert_false(dname_parse(text, &name, &err));
	assert_message_has(&err, "longer than 255 octets");
}

static void
dname_parse_most_labels_are_counted(void **state)
{
	char text[DNAME_TEXT_MAX + 1];
	struct dname name;
	struct err err;

	(void)state;
	memset(text, 0, sizeof(text));
	for (size_t i = 0; i < 127; i++)
		memcpy(text + 2 * i, "x.", 2);
	assert_ok(dname_parse(text, &name, &err), &err);
	assert_int_equal(dname_labels(&name), 127);
}

static void
dname_equal_looks_at_case_no_more(void **state)
{
	struct dname a, b, c;
	struct err err;

	(void)state;
	assert_ok(dname_parse("Example.NET", &a, &err), &err);
	assert_ok(dname_parse("eXAMPLE.net.", &b, &err), &err);
	assert_ok(dname_parse("example.ne", &c, &err), &err);
	assert_true(dname_equal(&a, &b));
	assert_false(dname_equal(&a, &c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dname_parse_name_gives_canonical_wire),
		cmocka_unit_test(dname_parse_malformed_is_refused),
		cmocka_unit_test(dname_parse_255_octets_is_the_longest),
		cmocka_unit_test(dname_parse_most_labels_are_counted),
		cmocka_unit_test(dname_equal_looks_at_case_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
