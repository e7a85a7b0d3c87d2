/*
 * Nothing is left of a PIN where it stood, whether it was taken or refused.
 * That it stands nowhere else is for cmd_pin_memory.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/live/pin.h"
#include "tests/support/support.h"

/* What is locked in memory; the calls are ours here. */
static struct {
	const void *at;
	size_t size;
	bool refused;
} locked;

int
mlock(const void *at, size_t size)
{
	if (locked.refused) {
		errno = ENOMEM;
		return -1;
	}
	locked.at = at;
	locked.size = size;
	return 0;
}

int
munlock(const void *at, size_t size)
{
	if (at == locked.at && size == locked.size)
		locked.at = NULL;
	return 0;
}

static bool
is_locked(const struct secret *pin)
{
	return locked.at == pin && locked.size == sizeof(*pin);
}

static bool
is_blank(const struct secret *pin)
{
	for (size_t i = 0; i < sizeof(pin->text); i++)
		if (pin->text[i] != '\0')
			return false;
	return true;
}

/* The file of the configuration holds these octets and has that mode. */
static bool
obtain_of_mode(mode_t mode, struct config *config, struct bytes content, struct secret *ret,
    struct err *err)
{
	static struct config_hsm hsm[1];
	char *folder = scratch_new();
	FILE *file;
	bool ok;

	config->hsms = hsm;
	snprintf(hsm->pin_file, sizeof(hsm->pin_file), "%s/pin", folder);
	file = fopen(hsm->pin_file, "w");
	assert_non_null(file);
	assert_int_equal(
	    fwrite(content.data, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(hsm->pin_file, mode), 0);
	ok = pin_obtain(config, hsm, "token", ret, err);
	scratch_remove(folder);
	return ok;
}

static bool
obtain(struct config *config, struct bytes content, struct secret *ret,
    struct err *err)
{
	return obtain_of_mode(0600, config, content, ret, err);
}

static void
pin_wipe_leaves_nothing(void **state)
{
	static struct config config;
	struct secret pin = { "" };
	struct err err;

	(void)state;
	assert_ok(
	    obtain(&config, bytes_of_string("13572468\n"), &pin, &err), &err);
	assert_string_equal(pin.text, "13572468");
	assert_true(is_locked(&pin));
	secret_wipe(&pin);
	assert_true(is_blank(&pin));
	assert_false(is_locked(&pin));
}

/* A rehearsal's PIN is no secret. */
static void
pin_obtain_where_nothing_can_be_locked_is_refused(void **state)
{
	static struct config config;
	struct secret pin = { "" };
	struct err err;

	(void)state;
	locked.refused = true;
	assert_false(
	    obtain(&config, bytes_of_string("13572468\n"), &pin, &err));
	assert_message_has(&err, "the memory for the PIN cannot be locked");
	assert_true(is_blank(&pin));
	config.rehearsal = true;
	assert_ok(
	    obtain(&config, bytes_of_string("13572468\n"), &pin, &err), &err);
	config.rehearsal = false;
	locked.refused = false;
	secret_wipe(&pin);
}

static void
pin_obtain_from_what_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601 };
	static struct config config;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct secret pin = { "" };

		assert_false(obtain_of_mode(modes[i], &config,
		    bytes_of_string("13572468\n"), &pin, &err));
		assert_message_has(&err, "expected that its owner alone");
		assert_true(is_blank(&pin));
	}
}

/* In the configuration it stands for everyone to read. */
static void
pin_obtain_from_the_configuration_is_for_rehearsals(void **state)
{
	static struct config_hsm hsms[1];
	static struct config config = { .hsms = hsms };
	struct config_hsm *hsm = &config.hsms[0];
	struct secret pin = { "" };
	struct err err;

	(void)state;
	hsm->has_pin = true;
	snprintf(hsm->pin, sizeof(hsm->pin), "13572468");
	assert_false(pin_obtain(&config, hsm, "token", &pin, &err));
	assert_message_has(&err, "is for rehearsals");
	assert_true(is_blank(&pin));
	config.rehearsal = true;
	assert_ok(pin_obtain(&config, hsm, "token", &pin, &err), &err);
	assert_string_equal(pin.text, "13572468");
	secret_wipe(&pin);
}

static void
pin_obtain_refused_leaves_nothing(void **state)
{
	char longest[PIN_MAX + 3], two_lines[PIN_MAX + 2];
	const struct bytes cases[] = {
		bytes_of_string("1357\n2468\n"),
		bytes_of_string("13572468\n\n"),
		bytes_of_string("\n"),
		bytes_of_string(""),
		{ (const uint8_t *)"1357\0", 5 },
		{ (const uint8_t *)longest, PIN_MAX + 1 },
		{ (const uint8_t *)longest, PIN_MAX + 2 },
		{ (const uint8_t *)two_lines, PIN_MAX + 2 },
	};
	static struct config config;
	struct err err;

	(void)state;
	memset(longest, '7', sizeof(longest));
	memset(two_lines, '7', sizeof(two_lines));
	two_lines[PIN_MAX] = '\n';
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret pin = { "" };

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
		struct secret pin = { "" };

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
	struct secret pin = { "" };
	struct err err;

	(void)state;
	memset(longest, '7', PIN_MAX);
	longest[PIN_MAX] = '\n';
	assert_ok(obtain(&config,
		      (struct bytes){ (const uint8_t *)longest, PIN_MAX + 1 },
		      &pin, &err),
	    &err);
	assert_int_equal(strlen(pin.text), PIN_MAX);
	secret_wipe(&pin);
	assert_true(is_blank(&pin));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_wipe_leaves_nothing),
		cmocka_unit_test(
		    pin_obtain_where_nothing_can_be_locked_is_refused),
		cmocka_unit_test(
		    pin_obtain_from_what_others_can_read_is_refused),
		cmocka_unit_test(
		    pin_obtain_from_the_configuration_is_for_rehearsals),
		cmocka_unit_test(pin_obtain_refused_leaves_nothing),
		cmocka_unit_test(pin_obtain_with_strangers_round_it_refused),
		cmocka_unit_test(pin_obtain_longest_with_its_newline_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
