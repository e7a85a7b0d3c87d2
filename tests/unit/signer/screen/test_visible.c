#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/fold.h"
#include "signer/screen/visible.h"
#include "tests/support/support.h"

static const struct {
	const char *text, *utf8, *ascii;
} cases[] = {
	{ "plain ~ \\x41", "plain ~ \\x41", "plain ~ \\x41" },
	{ "Schl\303\274ssel", "Schl\303\274ssel", "Schl\\xc3\\xbcssel" },
	{ "\320\272\320\273\321\216\321\207",
	    "\320\272\320\273\321\216\321\207",
	    "\\xd0\\xba\\xd0\\xbb\\xd1\\x8e\\xd1\\x87" },
	{ "\345\220\215", "\345\220\215", "\\xe5\\x90\\x8d" },
	{ "\360\237\224\221", "\360\237\224\221", "\\xf0\\x9f\\x94\\x91" },
};

/* What is hidden wherever it is shown; all its octets are escaped. */
static const char *const hidden[] = {
	"\xff",
	"\x80",
	"\xc3",
	"\xc3(",
	"\xe5\x90",
	"\xf0\x9f\x94", /* torn */
	"\xc0\xaf",
	"\xe0\x80\xaf",
	"\xf0\x80\x80\xaf", /* too long */
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xf8\x88\x80\x80\x80",
	"\xc2\x80",
	"\xc2\x85",
	"\xc2\x9b",
	"\xc2\xa0",
	"\xc2\xad",
	"\xcc\x88", /* U+0308 */
	"\xd8\x9c",
	"\xe1\x85\x9f",
	"\xe1\xa0\x8e",
	"\xe2\x80\x82",
	"\xe2\x80\x8b",
	"\xe2\x80\x8c",
	"\xe2\x80\x8d",
	"\xe2\x80\x8e",
	"\xe2\x80\x8f",
	"\xe2\x80\xa8",
	"\xe2\x80\xa9",
	"\xe2\x80\xaa",
	"\xe2\x80\xab",
	"\xe2\x80\xac",
	"\xe2\x80\xad",
	"\xe2\x80\xae",
	"\xe2\x81\xa0",
	"\xe2\x81\xa6",
	"\xe2\x81\xa7",
	"\xe2\x81\xa8",
	"\xe2\x81\xa9",
	"\xe3\x80\x80",
	"\xe3\x85\xa4",
	"\xee\x80\x80",
	"\xef\xa3\xbf",
	"\xef\xbb\xbf",
	"\xef\xbf\xbe",
	"\xf0\x9f\xbf\xbe",
	"\xf3\xa0\x80\x81",
	"\xf3\xb0\x80\x80",
	"\x01",
	"\x7f",
	"\x1b",
	"\x1b[2J",
	"\x1b[31",
	"\x1b]0;x\x07",
	"\x1bm",
};

static char *
shown(const char *text)
{
	struct buf buf = buf_new(1024);

	visible_put(bytes_of_string(text), &buf);
	return text_of_buf(&buf);
}

static void
shows(const char *text, const char *wanted)
{
	char *seen = shown(text);

	assert_string_equal(seen, wanted);
	assert_int_equal(visible_width(wanted), visible_width(text));
	free(seen);
}

static void
hides_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
		char wanted[64];
		size_t at = 0;

		for (const char *c = hidden[i]; *c != '\0'; c++)
			at += (size_t)snprintf(wanted + at, sizeof(wanted) - at,
			    *c > 0x20 && *c < 0x7f ? "%c" : "\\x%02x",
			    (unsigned char)*c);
		shows(hidden[i], wanted);
	}
}

static void
visible_ascii_alone_before_the_locale_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		shows(cases[i].text, cases[i].ascii);
	hides_all();
}

static void
visible_other_locales_show_ascii_alone(void **state)
{
	static const char *const locales[] = { "C", "POSIX", "none.UTF-8",
		"../../tmp", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(locales); i++) {
		setenv("LC_ALL", locales[i], 1);
		visible_open();
		for (size_t k = 0; k < ARRAY_LEN(cases); k++)
			shows(cases[k].text, cases[k].ascii);
	}
}

/* From here on, for a screen is opened once. */
static void
visible_utf8_shows_what_is_well_formed_and_has_a_shape(void **state)
{
	(void)state;
	setenv("LC_ALL", "C.UTF-8", 1);
	visible_open();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		shows(cases[i].text, cases[i].utf8);
	hides_all();
	/* The program itself stays where it was. */
	assert_string_equal(setlocale(LC_ALL, NULL), "C");
}

static void
visible_colours_pass(void **state)
{
	(void)state;
	shows("\x1b[1;31mREFUSE\x1b[0m", "\x1b[1;31mREFUSE\x1b[0m");
}

static void
visible_wide_characters_fold_as_they_are_seen(void **state)
{
	struct buf buf = buf_new(1024), line = buf_new(1024);
	size_t column;
	char *text;

	(void)state;
	/* 79 columns, and a word that would end in the 82nd. */
	buf_printf(&line, "%076d \345\220\215 \345\220\215", 0);
	column =
	    fold_line(buf_bytes(&line), 0, FOLD_WORDS, visible_columns, &buf);
	text = text_of_buf(&buf);
	assert_int_equal(column, 4);
	assert_string_equal(text + 76, " \345\220\215\n  \345\220\215");
	assert_int_equal(visible_width("a\345\220\215\303\274"), 4);
	free(text);
	buf_free(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    visible_ascii_alone_before_the_locale_is_known),
		cmocka_unit_test(visible_other_locales_show_ascii_alone),
		cmocka_unit_test(
		    visible_utf8_shows_what_is_well_formed_and_has_a_shape),
		cmocka_unit_test(visible_colours_pass),
		cmocka_unit_test(visible_wide_characters_fold_as_they_are_seen),
	};

	unsetenv("LC_ALL");
	unsetenv("LC_CTYPE");
	unsetenv("LANG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
