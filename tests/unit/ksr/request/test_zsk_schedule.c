#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/request/zsk_schedule.h"
#include "tests/support/support.h"

/* "211112" and how many keys that makes. */
static struct key_count
count_of(const char *digits, uint64_t different)
{
	struct key_count count = { .algorithm = ALGORITHM_RSASHA256,
		.n_per_bundle = strlen(digits),
		.different = different };

	for (size_t i = 0; i < count.n_per_bundle; i++)
		count.per_bundle[i] = (uint8_t)(digits[i] - '0');
	return count;
}

/* Each slot's keys as a letter: o old, c current, n next. */
static void
zsk_schedule_of_assigns_roles(void **state)
{
	static const struct {
		const char *digits;
		uint64_t different;
		const char *old, *current, *next;
	} cases[] = {
		{ "211111112", 3, "o........", "ccccccccc", "........n" },
		{ "000000001", 1, ".........", ".........", "........n" },
		{ "111111112", 2, ".........", "ccccccccc", "........n" },
		{ "211111111", 2, "o........", "ccccccccc", "........." },
		{ "111111111", 1, ".........", "ccccccccc", "........." },
		{ "100000000", 1, "o........", ".........", "........." },
		{ "200000000", 2, "o........", "c........", "........." },
		{ "000000002", 2, ".........", "........c", "........n" },
		{ "211000000", 2, "o........", "ccc......", "........." },
		{ "000001112", 2, ".........", ".....cccc", "........n" },
		{ "221111122", 3, "oo.......", "ccccccccc", ".......nn" },
		{ "22", 3, "o.", "cc", ".n" },
		{ "222", 3, "o..", "ccc", ".nn" },
		{ "1", 1, ".", "c", "." },
		{ "2", 2, "o", "c", "." },
		{ "0000", 0, "....", "....", "...." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct key_count count =
		    count_of(cases[i].digits, cases[i].different);
		const char *const wanted[] = { cases[i].old, cases[i].current,
			cases[i].next };
		struct zsk_schedule schedule;
		struct err err;

		if (!zsk_schedule_of(&count, &schedule, &err))
			fail_msg("%s: %s", cases[i].digits, err.msg);
		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			for (size_t s = 0; s < count.n_per_bundle; s++)
				if (zsk_stands(&schedule, role, s) !=
				    (wanted[role][s] != '.'))
					fail_msg("%s: role %d in slot %zu",
					    cases[i].digits, (int)role, s + 1);
	}
}

static void
zsk_schedule_of_refuses_other_rows(void **state)
{
	static const struct {
		const char *digits;
		uint64_t different;
		const char *message;
	} cases[] = {
		{ "311", 3,
		    "of RSASHA256, bundle 1: a request is made with at "
		    "most 2 keys" },
		{ "1021", 3, "bundle 3: keys after slots without any" },
		{ "12111", 3, "bundle 2: 2 keys that are neither" },
		{ "0211", 2, "bundle 2: 2 keys that are neither" },
		{ "1120", 2, "bundle 3: 2 keys that are neither" },
		{ "211111112", 2,
		    "num_different_keys_in_all_bundles is 2, "
		    "where num_keys_per_bundle makes a request "
		    "with 3" },
		{ "111111111", 3, "makes a request with 1" },
		{ "2222", 2, "makes a request with 3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct key_count count =
		    count_of(cases[i].digits, cases[i].different);
		struct zsk_schedule schedule;
		struct err err;

		if (zsk_schedule_of(&count, &schedule, &err))
			fail_msg("accepted: %s", cases[i].digits);
		assert_int_equal(err.code, E_INPUT);
		assert_message_has(&err, cases[i].message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zsk_schedule_of_assigns_roles),
		cmocka_unit_test(zsk_schedule_of_refuses_other_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
