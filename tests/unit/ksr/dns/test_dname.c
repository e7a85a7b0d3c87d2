#include <stdio.h>
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
		{ "a\\.b.se", { (const uint8_t *)"\3a.b\2se\0", 8 }, 2,
		    "a\\.b.se." },
		{ "a\\046B.se.", { (const uint8_t *)"\3a.b\2se\0", 8 }, 2,
		    "a\\.b.se." },
		{ "\\065\\B.se", { (const uint8_t *)"\2ab\2se\0", 7 }, 2,
		    "ab.se." },
		{ "\\000\\255\\032", { (const uint8_t *)"\3\0\377 \0", 5 }, 1,
		    "\\000\\255\\032." },
		{ "\\\\.se", { (const uint8_t *)"\1\\\2se\0", 6 }, 2,
		    "\\\\.se." },
		{ "\\$\\@\\;\\(\\)\\\"", { (const uint8_t *)"\6$@;()\"\0", 8 },
		    1, "\\$\\@\\;\\(\\)\\\"." },
		{ "2/8.IN-addr.arpa",
		    { (const uint8_t *)"\0032/8\7in-addr\4arpa\0", 18 }, 3,
		    "2/8.in-addr.arpa." },
		{ "!#%&'+,:<=>?[]^`{|}~",
		    { (const uint8_t *)"\24!#%&'+,:<=>?[]^`{|}~\0", 22 }, 1,
		    "!#%&'+,:<=>?[]^`{|}~." },
		{ "a*.*b", { (const uint8_t *)"\2a*\2*b\0", 7 }, 2,
		    "a*.*b." },
		{ "XN--4GBRIM.", { (const uint8_t *)"\12xn--4gbrim\0", 12 }, 1,
		    "xn--4gbrim." },
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
		{ "*.se", "a wildcard" },
		{ "\\042.se", "a wildcard" },
		{ "a@b.se", "character '@'" },
		{ "$a.se", "character '$'" },
		{ "a;b", "character ';'" },
		{ "(a", "character '('" },
		{ "\"a\"", "character '\"'" },
		{ "a\\", "three digits" },
		{ "a\\ b", "three digits" },
		{ "a\\\xc3\xa5", "three digits" },
		{ "a\\256.se", "\"\\256\" is no octet" },
		{ "a\\25", "\"\\25\" is no octet" },
		{ "a\\2x5", "\"\\2x5\" is no octet" },
		{ "\xc3\xa5.se", "character '\\xc3' here: an internationalized "
				"one is written in its A-labels" },
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

/* What it is in a file's name is what dnssec-keygen makes of it. */
static void
dname_file_text_is_no_path(void **state)
{
	static const struct {
		const char *text, *file;
	} cases[] = {
		{ ".", "." },
		{ "Example", "example." },
		{ "a\\.b.example", "a%2Eb.example." },
		{ "A/b.example", "a%2Fb.example." },
		{ "\\.\\.", "%2E%2E." },
		{ "x\\032y\\000.example", "x%20y%00.example." },
		{ "\\200q.Example", "%C8q.example." },
		{ "a+b\\$c\\@d%_-", "a%2Bb%24c%40d%25_-." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[DNAME_TEXT_MAX + 1];
		struct dname name;
		struct err err;

		assert_ok(dname_parse(cases[i].text, &name, &err), &err);
		dname_file_text(&name, text);
		assert_string_equal(text, cases[i].file);
	}
}

/* Every octet, as text and back. */
static void
dname_text_of_any_octet_is_read_back(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		char given[] = "x\\000.example", text[DNAME_TEXT_MAX + 1];
		struct dname name, back;
		struct err err;

		snprintf(given + 2, 4, "%03u", octet);
		given[5] = '.';
		assert_ok(dname_parse(given, &name, &err), &err);
		assert_int_equal(name.wire[2],
		    octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
		dname_text(&name, text);
		assert_ok(dname_parse(text, &back, &err), &err);
		assert_true(dname_equal(&name, &back));
	}
}

/* At four characters an octet. */
static void
dname_text_of_255_octets_fits(void **state)
{
	char text[DNAME_TEXT_MAX + 1], file[DNAME_TEXT_MAX + 1];
	struct dname name = { .len = 0 }, back;
	struct err err;

	(void)state;
	for (size_t label = 0; label < 4; label++) {
		size_t len = label < 3 ? 63 : 61;

		name.wire[name.len++] = (uint8_t)len;
		memset(name.wire + name.len, 0xff, len);
		name.len += len;
	}
	name.wire[name.len++] = 0;
	assert_int_equal(name.len, 255);
	dname_text(&name, text);
	assert_int_equal(strlen(text), 4 * 250 + 4);
	assert_ok(dname_parse(text, &back, &err), &err);
	assert_true(dname_equal(&name, &back));
	dname_file_text(&name, file);
	assert_int_equal(strlen(file), 3 * 250 + 4);
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
		cmocka_unit_test(dname_file_text_is_no_path),
		cmocka_unit_test(dname_text_of_any_octet_is_read_back),
		cmocka_unit_test(dname_text_of_255_octets_fits),
		cmocka_unit_test(dname_parse_255_octets_is_the_longest),
		cmocka_unit_test(dname_parse_most_labels_are_counted),
		cmocka_unit_test(dname_equal_looks_at_case_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
