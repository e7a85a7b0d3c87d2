#include <errno.h>
#include <string.h>

#include "tests/support/support.h"

static void
err_set_fills_code_and_message_and_is_false(void **state)
{
	struct err err;

	(void)state;
	assert_false(err_set(&err, E_INPUT, "bundle %d (%s)", 3, "abc"));
	assert_int_equal(err.code, E_INPUT);
	assert_string_equal(err.msg, "bundle 3 (abc)");
}

static void
err_set_with_own_message_as_argument_works(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, E_INPUT, "inner");
	err_set(&err, E_REFUSED, "outer: %s", err.msg);
	assert_int_equal(err.code, E_REFUSED);
	assert_string_equal(err.msg, "outer: inner");
}

static void
err_set_errno_appends_the_systems_reason(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	assert_false(err_set_errno(&err, "%s", "ksr.xml"));
	assert_int_equal(err.code, E_IO);
	assert_string_equal(err.msg, "ksr.xml: No such file or directory");
}

static void
err_prefix_adds_context_in_front_and_keeps_the_code(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, E_HSM, "wrong PIN");
	assert_false(err_prefix(&err, "token %s", "KSK1"));
	assert_false(err_prefix(&err, "sign"));
	assert_int_equal(err.code, E_HSM);
	assert_string_equal(err.msg, "sign: token KSK1: wrong PIN");
}

static void
err_set_escapes_what_a_terminal_would_obey(void **state)
{
	static const struct {
		const char *input;
		const char *shown;
	} cases[] = {
		{ "plain ~ text", "plain ~ text" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f" },
		/* Whoever shows them knows what they are. */
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\x9b"
		  "31m",
		    "\x9b"
		    "31m" },
		{ "", "" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		err_set(&err, E_INPUT, "%s", cases[i].input);
		assert_string_equal(err.msg, cases[i].shown);
		err_set(&err, E_INPUT, "x");
		err_prefix(&err, "%s", cases[i].input);
		assert_int_equal(
		    strncmp(err.msg, cases[i].shown, strlen(cases[i].shown)),
		    0);
		assert_null(strchr(err.msg, '\x1b'));
	}
}

static void
fill(char *text, size_t size, char c)
{
	memset(text, c, size - 1);
	text[size - 1] = '\0';
}

static void
err_set_with_long_text_is_cut_and_terminated(void **state)
{
	char text[4 * ERR_MSG_MAX];
	struct err err;

	(void)state;
	fill(text, sizeof(text), 'a');
	err_set(&err, E_INPUT, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	fill(text, sizeof(text), '\n');
	err_set(&err, E_INPUT, "%s", text);
	assert_int_equal(strlen(err.msg) % strlen("\\x0a"), 0);
	assert_true(strlen(err.msg) > ERR_MSG_MAX - 5);
}

/* A path may be as long as a message; what went wrong must still be read. */
static void
err_reason_survives_a_long_context(void **state)
{
	char text[2 * ERR_MSG_MAX];
	struct err err;

	(void)state;
	fill(text, sizeof(text), 'p');
	errno = EACCES;
	err_set_errno(&err, "%s", text);
	assert_message_has(&err, "pppp: Permission denied");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);

	err_set(&err, E_HSM, "wrong PIN");
	err_prefix(&err, "%s", text);
	assert_message_has(&err, "pppp: wrong PIN");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);

	err_set(&err, E_INPUT, "line 7 %s", text);
	err_prefix(&err, "ksr.xml");
	assert_message_has(&err, "ksr.xml: line 7 ppp");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_prefix(&err, "%s", text);
	assert_message_has(&err, "ppp: ksr.xml: line 7 ppp");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

static void
err_exit_status_is_one_for_a_refusal_only(void **state)
{
	static const struct {
		enum err_code code;
		int status;
	} cases[] = {
		{ E_NONE, 2 },
		{ E_USAGE, 2 },
		{ E_INPUT, 2 },
		{ E_IO, 2 },
		{ E_HSM, 2 },
		{ E_REFUSED, 1 },
		{ E_MEMORY, 2 },
		{ E_INTERNAL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { .code = cases[i].code };

		assert_int_equal(err_exit_status(&err), cases[i].status);
	}
}

static void
text_printable_cuts_at_a_whole_escape(void **state)
{
	static const struct {
		size_t size;
		const char *src;
		const char *dst;
	} cases[] = {
		{ 1, "abc", "" },
		{ 3, "abc", "ab" },
		{ 4, "abc", "abc" },
		{ 5, "a\n", "a" },
		{ 6, "a\n", "a\\x0a" },
		{ 4, "\n", "" },
		{ 5, "\n", "\\x0a" },
	};
	char dst[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memset(dst, '#', sizeof(dst));
		text_printable(dst, cases[i].size, cases[i].src);
		assert_string_equal(dst, cases[i].dst);
		for (size_t at = cases[i].size; at < sizeof(dst); at++)
			assert_int_equal(dst[at], '#');
	}
	dst[0] = '#';
	text_printable(dst, 0, "abc");
	assert_int_equal(dst[0], '#');
}

static void
text_ascii_escapes_all_but_printable_ascii(void **state)
{
	static const struct {
		size_t size;
		const char *src;
		const char *dst;
	} cases[] = {
		{ 32, "caf\xc3\xa9 ~", "caf\\xc3\\xa9 ~" },
		{ 32, "\x9b"
		      "31m",
		    "\\x9b31m" },
		{ 32, "\x1b[2J\x7f", "\\x1b[2J\\x7f" },
		{ 11, "caf\xc3\xa9", "caf\\xc3" },
		{ 12, "caf\xc3\xa9", "caf\\xc3\\xa9" },
		{ 5, "\xc3\xa9", "\\xc3" },
		{ 4, "\xc3\xa9", "" },
	};
	char dst[32], printable[32], again[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		text_ascii(dst, cases[i].size, cases[i].src);
		assert_string_equal(dst, cases[i].dst);
		/* Both forms end at the same place. */
		text_printable(printable, cases[i].size, cases[i].src);
		text_ascii(again, sizeof(again), printable);
		assert_string_equal(again, cases[i].dst);
	}
}

/* A record holds a whole message, whatever is in it. */
static void
err_ascii_form_fits_a_message(void **state)
{
	char text[4 * ERR_MSG_MAX], ascii[4 * ERR_MSG_MAX];
	struct err err;

	(void)state;
	fill(text, sizeof(text), '\xc3');
	err_set(&err, E_INPUT, "%s", text);
	text_ascii(ascii, sizeof(ascii), err.msg);
	assert_int_equal(strlen(ascii), ERR_MSG_MAX - 4);
	err_append(&err, "%s", text);
	text_ascii(ascii, sizeof(ascii), err.msg);
	assert_int_equal(strlen(ascii), ERR_MSG_MAX - 4);
	err_set(&err, E_HSM, "wrong PIN");
	err_prefix(&err, "%s", text);
	text_ascii(ascii, sizeof(ascii), err.msg);
	assert_true(strlen(ascii) < ERR_MSG_MAX);
	assert_true(strlen(ascii) > ERR_MSG_MAX - 5);
	assert_message_has(&err, "\\xc3\\xc3: wrong PIN");
	errno = EACCES;
	err_set_errno(&err, "%s", text);
	assert_message_has(&err, "\\xc3\\xc3: Permission denied");
	err_prefix(&err, "%s", text);
	text_ascii(ascii, sizeof(ascii), err.msg);
	assert_true(strlen(ascii) < ERR_MSG_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_fills_code_and_message_and_is_false),
		cmocka_unit_test(err_set_with_own_message_as_argument_works),
		cmocka_unit_test(err_set_errno_appends_the_systems_reason),
		cmocka_unit_test(
		    err_prefix_adds_context_in_front_and_keeps_the_code),
		cmocka_unit_test(err_set_escapes_what_a_terminal_would_obey),
		cmocka_unit_test(err_set_with_long_text_is_cut_and_terminated),
		cmocka_unit_test(err_reason_survives_a_long_context),
		cmocka_unit_test(err_exit_status_is_one_for_a_refusal_only),
		cmocka_unit_test(text_printable_cuts_at_a_whole_escape),
		cmocka_unit_test(text_ascii_escapes_all_but_printable_ascii),
		cmocka_unit_test(err_ascii_form_fits_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
