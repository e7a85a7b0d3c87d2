#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/workshop/selftest.h"
#include "tests/support/support.h"

static void
selftest_every_case_passes(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < selftest_n_cases; i++)
		assert_ok(selftest_run(&selftest_cases[i], &err), &err);
}

static void
selftest_cases_are_named_and_sourced(void **state)
{
	struct buf doc = read_whole("docs/selftest.md");

	(void)state;
	for (size_t i = 0; i < selftest_n_cases; i++) {
		const struct selftest_case *self = &selftest_cases[i];
		char row[64];

		assert_true(strlen(self->title) > 5);
		assert_true(strlen(self->source) > 5);
		assert_non_null(self->texts[0]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
			    self->id, selftest_cases[k].id);
		snprintf(row, sizeof(row), "| `%s` |", self->id);
		if (strstr((const char *)doc.data, row) == NULL)
			fail_msg("docs/selftest.md has no row %s", row);
	}
	buf_free(&doc);
}

/* Some characters of a long text, each of a short one. */
static size_t
step_of(size_t len)
{
	return len > 400 ? 7 : 1;
}

/* Each known answer is looked at: another character anywhere is a failure. */
static void
selftest_changed_vector_fails(void **state)
{
	size_t n_changes = 0;

	(void)state;
	for (size_t i = 0; i < selftest_n_cases; i++) {
		for (size_t t = 0; t < SELFTEST_TEXTS_MAX; t++) {
			struct selftest_case changed = selftest_cases[i];
			char *text;
			size_t len;

			if (changed.texts[t] == NULL)
				continue;
			text = strdup(changed.texts[t]);
			assert_non_null(text);
			changed.texts[t] = text;
			len = strlen(text);
			for (size_t at = 0; at < len; at += step_of(len)) {
				char was = text[at];
				struct err err;

				text[at] = was == '0' ? '1' : '0';
				if (selftest_run(&changed, &err))
					fail_msg("%s: text %zu, character %zu",
					    changed.id, t, at);
				assert_message_has(&err, changed.id);
				text[at] = was;
				n_changes++;
			}
			text[len - 1] = '\0';
			{
				struct err err;

				assert_false(selftest_run(&changed, &err));
			}
			free(text);
		}
	}
	assert_true(n_changes > 4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selftest_every_case_passes),
		cmocka_unit_test(selftest_cases_are_named_and_sourced),
		cmocka_unit_test(selftest_changed_vector_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
