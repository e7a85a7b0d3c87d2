/*
 * docs/assurance.md: every claim has evidence, and what is named as evidence
 * is there and is run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glob.h>

#include "ksr/base/macros.h"
#include "tests/support/support.h"

#define DOCUMENT "docs/assurance.md"

/* The source of every unit test, in one text. */
static struct buf
read_unit_tests(void)
{
	struct buf all = buf_new(64u * 1024 * 1024);
	glob_t files;

	static const char *const folders[] = { "unit/*", "unit/*/*", "attack",
		"house" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char pattern[64];

		snprintf(pattern, sizeof(pattern), "tests/%s/test_*.c",
		    folders[i]);
		assert_int_equal(glob(pattern, i == 0 ? 0 : GLOB_APPEND, NULL,
				     &files),
		    0);
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct buf one = read_whole(files.gl_pathv[i]);

		buf_put(&all, one.data, one.len);
		buf_free(&one);
	}
	globfree(&files);
	buf_u8(&all, 0);
	assert_false(all.failed);
	return all;
}

/* Whether the function stands in a list of tests, by whatever macro. */
static bool
is_registered(const char *name, const char *sources)
{
	size_t len = strlen(name);

	for (const char *at = sources + 1; (at = strstr(at, name)) != NULL;
	     at++)
		if (strchr("( \t", at[-1]) != NULL &&
		    (at[len] == ')' || at[len] == ','))
			return true;
	return false;
}

static bool
is_script(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, R_OK) == 0;
}

/* A script that can be read, or a function that is defined and registered. */
static bool
is_test(const char *name, const char *sources)
{
	char text[256];

	if (strncmp(name, "cmd_", 4) == 0) {
		return strstr(name, ".sh") != NULL &&
		    (is_script("tests/command", name) ||
			is_script("tests/scripts", name) ||
			is_script("tests/house", name) ||
			is_script("tests/attack", name));
	}
	snprintf(text, sizeof(text), "\n%s(void **state)\n{", name);
	return strstr(sources, text) != NULL && is_registered(name, sources);
}

static void
assurance_evidence_is_a_test(void **state)
{
	struct buf document = read_whole(DOCUMENT);
	struct buf sources = read_unit_tests();
	const char *at = (const char *)document.data;
	size_t n = 0, n_missing = 0;

	(void)state;
	while ((at = strstr(at, "\n| `")) != NULL) {
		char name[128];

		at += strlen("\n| `");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "`"), at);
		n++;
		if (is_test(name, (const char *)sources.data))
			continue;
		print_error("%s: there is no test %s\n", DOCUMENT, name);
		n_missing++;
	}
	assert_int_equal(n_missing, 0);
	assert_true(n > 50);
	buf_free(&sources);
	buf_free(&document);
}

static void
assurance_claims_are_numbered_and_have_evidence(void **state)
{
	struct buf document = read_whole(DOCUMENT);
	const char *at = (const char *)document.data;
	size_t n = 0;

	(void)state;
	while ((at = strstr(at, "\n## C")) != NULL) {
		const char *end, *evidence = strstr(at, "\n| `");
		char heading[32], branch[32];

		snprintf(heading, sizeof(heading), "\n## C%zu: ", ++n);
		if (strncmp(at, heading, strlen(heading)) != 0)
			fail_msg("%s: C%zu is not in its place", DOCUMENT, n);
		snprintf(branch, sizeof(branch), "── C%-2zu  ", n);
		if (strstr((const char *)document.data, branch) == NULL)
			fail_msg("%s: C%zu is not in the tree", DOCUMENT, n);
		end = strstr(++at, "\n## ");
		if (evidence == NULL || (end != NULL && evidence > end))
			fail_msg("%s: C%zu has no evidence", DOCUMENT, n);
	}
	assert_true(n > 10);
	buf_free(&document);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assurance_evidence_is_a_test),
		cmocka_unit_test(
		    assurance_claims_are_numbered_and_have_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
