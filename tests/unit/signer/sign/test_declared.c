/* What a signing is declared to be, by its arguments or the configuration. */
#include <string.h>

#include "ksr/rules/history.h"
#include "signer/sign/declared.h"
#include "tests/support/fixture.h"

#define ROUTINE "request_policy:\n  routine_replacement: true\n"

static const uint8_t hashes[4][SHA256_SIZE] = { { 1 }, { 2 }, { 3 }, { 4 } };

/* Nine slots of ten days, not known one by one. */
static struct history_response
response(size_t i, int64_t start)
{
	return (struct history_response){
		.request_id = "request",
		.request_sha256 = hashes[3],
		.response_sha256 = hashes[i],
		.schema = "normal",
		.state = HISTORY_PUBLISHED,
		.inception = start,
		.expiration = start + 101 * DAY_S,
		.n_slots = 9,
		.line = 2 * i + 2,
	};
}

/* Two quarters; the request begins so many days after the second. */
struct scene {
	struct config *config;
	struct fixture *fixture;
	struct history *history;
	struct declared declared;
};

static struct scene
scene_new(const char *more, int days)
{
	struct scene s = { .config = fixture_config(0, 1, more),
		.fixture = fixture_new() };
	int64_t start = s.fixture->request->bundles[0].inception - days * DAY_S;
	const struct history_response list[] = { response(0, start - CYCLE_S),
		response(1, start) };
	struct err err;

	assert_ok(history_new(".", list, 2, NULL, 0, &s.history, &err), &err);
	s.fixture->in.config = s.config;
	s.fixture->in.history = s.history;
	return s;
}

static void
scene_end(struct scene *s)
{
	history_free(s->history);
	fixture_free(s->fixture);
	config_free(s->config);
}

/* What the zone uses when the request begins, from the first second on. */
static void
declared_complete_replaces_what_is_used(void **state)
{
	static const int days[] = { 0, 1, 40 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct scene s = scene_new(ROUTINE, days[i]);

		declared_complete(&s.declared, &s.fixture->in);
		assert_true(s.declared.has_replaces);
		assert_true(s.declared.is_routine);
		assert_memory_equal(
		    s.declared.replaces, hashes[1], SHA256_SIZE);
		assert_non_null(strstr(s.declared.reason, "routine"));
		scene_end(&s);
	}
}

static void
declared_complete_declares_nothing_unasked(void **state)
{
	static const struct {
		const char *more;
		int days;
		const char *fallback;
		bool replaces, same_request;
	} cases[] = {
		{ "", 40, NULL, false, false },
		{ ROUTINE, 100, NULL, false, false }, /* it is the next one */
		{ ROUTINE, 40, "fallback", false, false },
		{ ROUTINE, 40, NULL, true, false },
		{ ROUTINE, 40, NULL, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene s = scene_new(cases[i].more, cases[i].days);

		s.declared.fallback = cases[i].fallback;
		s.declared.has_replaces = cases[i].replaces;
		if (cases[i].same_request)
			memcpy(s.fixture->in.request_sha256, hashes[3],
			    SHA256_SIZE);
		declared_complete(&s.declared, &s.fixture->in);
		assert_int_equal(s.declared.has_replaces, cases[i].replaces);
		assert_false(s.declared.is_routine);
		assert_string_equal(s.declared.reason, "");
		scene_end(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declared_complete_replaces_what_is_used),
		cmocka_unit_test(declared_complete_declares_nothing_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
