/* An officer's component: what is read, and that nothing of it is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "signer/live/component.h"
#include "tests/support/support.h"

/* 00 01 ... 1f, by its digits. */
static const char digits[] = "000102030405060708090a0b0c0d0e0f"
			     "101112131415161718191a1b1c1d1e1f";

static bool
obtain(const char *content, mode_t mode, struct secret *ret, struct err *err)
{
	struct config *config = calloc(1, sizeof(*config));
	char *folder = scratch_new();
	char path[512];
	FILE *f;
	bool ok;

	assert_non_null(config);
	config->rehearsal = true;
	snprintf(path, sizeof(path), "%s/component", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	ok = component_obtain(config, 1, 2, path, ret, err);
	scratch_remove(folder);
	free(config);
	return ok;
}

static bool
is_blank(const struct secret *secret)
{
	for (size_t i = 0; i < sizeof(*secret); i++)
		if (((const uint8_t *)secret)[i] != 0)
			return false;
	return true;
}

static void
component_obtain_each_spelling_is_the_octets(void **state)
{
	static const char *const spellings[] = {
		"000102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f",
		"00010203 04050607 08090A0B 0C0D0E0F "
		"10111213 14151617 18191A1B 1C1D1E1F\n",
		"0-001-02030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		struct secret secret = { "" };
		struct err err;

		assert_ok(obtain(spellings[i], 0600, &secret, &err), &err);
		for (size_t k = 0; k < COMPONENT_SIZE; k++)
			assert_int_equal(component_octets(&secret)[k], k);
		secret_wipe(&secret);
		assert_true(is_blank(&secret));
	}
}

static void
component_obtain_refused_leaves_and_tells_nothing(void **state)
{
	static const struct {
		const char *content;
		mode_t mode;
	} cases[] = {
		{ "000102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1",
		    0600 },
		{ "000102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1f0",
		    0600 },
		{ "000102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1g",
		    0600 },
		{ "000102030405060708090a0b0c0d0e0f\n"
		  "101112131415161718191a1b1c1d1e1f\n",
		    0600 },
		{ "", 0600 },
		{ digits, 0640 },
		{ digits, 0604 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret secret = { "" };
		struct err err;

		assert_false(
		    obtain(cases[i].content, cases[i].mode, &secret, &err));
		assert_message_has(&err, "component 1 of 2: ");
		assert_null(strstr(err.msg, "0405"));
		assert_true(is_blank(&secret));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(component_obtain_each_spelling_is_the_octets),
		cmocka_unit_test(
		    component_obtain_refused_leaves_and_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
