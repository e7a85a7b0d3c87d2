/*
 * Nothing is left of a PIN where it stood, whether it was taken or refused.
 * That it stands nowhere else is for cmd_pin_memory.sh.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/live/pin.h"
#include "tests/support/support.h"

static bool
is_blank(const struct pin *pin)
{
	for (size_t i = 0; i < sizeof(pin->text); i++)
		if (pin->text[i] != '\0')
			return false;
	return true;
}

/* The file of the configuration holds these octets. */
static bool
obtain(struct config *config, struct bytes content, struct pin *ret,
    struct err *err)
{
	char *folder = scratch_new();
	struct config_hsm *hsm = &config->hsms[0];
	FILE *file;
	bool ok;

	snprintf(hsm->pin_file, sizeof(hsm->pin_file), "%s/pin", folder);
	file = fopen(hsm->pin_file, "w");
	assert_non_null(file);
	assert_int_equal(
	    fwrite(content.data, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(hsm->pin_file, 0600), 0);
	ok = pin_obtain(config, hsm, "token", ret, err);
	scratch_remove(folder);
	return ok;
}

static void
pin_wipe_leaves_nothing(void **state)
{
	static struct config config;
	struct pin pin = { "" };
	struct err err;

	(void)state;
	assert_ok(
	    obtain(&config, bytes_of_string("13572468\n"), &pin, &err), &err);
	assert_string_equal(pin.text, "13572468");
	pin_wipe(&pin);
	assert_true(is_blank(&pin));
}

static void
pin_obtain_refused_leaves_nothing(void **state)
{
	char longest[PIN_MAX + 3];
	const struct bytes cases[] = {
		bytes_of_string("1357\n2468\n"),
		bytes_of_string("13572468\n\n"),
		bytes_of_string("\n"),
		bytes_of_string(""),
		{ (const uint8_t *)"1357\0", 5 },
		{ (const uint8_t *)longest, PIN_MAX + 1 },
		{ (const uint8_t *)longest, PIN_MAX + 2 },
	};
	static struct config config;
	struct err err;

	(void)state;
	memset(longest, '7', sizeof(longest));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pin pin = { "" };

		assert_false(obtain(&config, cases[i], &pin, &err));
		assert_message_has(&err, "expected one line of 1 to 255");
		assert_true(is_blank(&pin));
	}
}

/* They would cost a try each. */
static void
pin_obtain_with_strangers_round_it_refused(void **state)
{
	static const struct {
		const char *file, *message;
	} cases[] = {
		{ "13572468\r\n", "holds a carriage return beside the PIN" },
		{ "13572468\r", "a carriage return" },
		{ "\xef\xbb\xbf" "13572468\n", "a byte order mark" },
		{ " 13572468\n", "a blank at an end" },
		{ "13572468 \n", "a blank at an end" },
		{ "13572468\t", "a blank at an end" },
	};
	static struct config config;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pin pin = { "" };

		assert_false(obtain(
		    &config, bytes_of_string(cases[i].file), &pin, &err));
		assert_message_has(&err, cases[i].message);
		assert_message_has(&err, "the token was not asked");
		assert_true(is_blank(&pin));
	}
}

static void
pin_obtain_longest_with_its_newline_works(void **state)
{
	static struct config config;
	char longest[PIN_MAX + 1];
	struct pin pin = { "" };
	struct err err;

	(void)state;
	memset(longest, '7', PIN_MAX);
	longest[PIN_MAX] = '\n';
	assert_ok(obtain(&config,
		      (struct bytes){ (const uint8_t *)longest, PIN_MAX + 1 },
		      &pin, &err),
	    &err);
	assert_int_equal(strlen(pin.text), PIN_MAX);
	pin_wipe(&pin);
	assert_true(is_blank(&pin));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_wipe_leaves_nothing),
		cmocka_unit_test(pin_obtain_refused_leaves_nothing),
		cmocka_unit_test(pin_obtain_with_strangers_round_it_refused),
		cmocka_unit_test(pin_obtain_longest_with_its_newline_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
