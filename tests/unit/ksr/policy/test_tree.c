#include <stdio.h>
#include <string.h>

#include "ksr/base/limits.h"
#include "ksr/policy/tree.h"
#include "tests/support/support.h"

struct refusal {
	const char *yaml;
	const char *message; /* part of it */
};

static bool
read_text(const char *yaml, size_t len, struct tree **ret, struct err *err)
{
	struct bytes bytes = { (const uint8_t *)yaml, len };

	*err = (struct err){ 0 };
	return tree_read(bytes, "t.yaml", ret, err);
}

static void
assert_refused(const char *yaml, size_t len, const char *message)
{
	struct tree *tree = NULL;
	struct err err;

	if (read_text(yaml, len, &tree, &err))
		fail_msg("accepted: %s", yaml);
	assert_null(tree);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
}

static struct tree *
accept(const char *yaml)
{
	struct tree *tree = NULL;
	struct err err;

	assert_ok(read_text(yaml, strlen(yaml), &tree, &err), &err);
	return tree;
}

static void
tree_read_nested_keeps_places(void **state)
{
	struct tree *tree =
	    accept("a:\n  b: [x, \"y z\"]\n\"c\": {d: 'e'}   # f\n");
	const struct tree *b = tree_find(tree_find(tree, "a"), "b");
	const struct tree *d = tree_find(tree_find(tree, "c"), "d");

	(void)state;
	assert_int_equal(b->kind, TREE_LIST);
	assert_int_equal(b->n, 2);
	assert_int_equal(b->key_at.line, 2);
	assert_int_equal(b->key_at.column, 3);
	assert_string_equal(b->first->text, "x");
	assert_false(b->first->quoted);
	assert_string_equal(b->last->text, "y z");
	assert_true(b->last->quoted);
	assert_int_equal(b->last->at.line, 2);
	assert_int_equal(b->last->at.column, 10);
	assert_string_equal(d->text, "e");
	assert_int_equal(d->at.line, 3);
	assert_int_equal(d->at.column, 10);
	assert_null(tree_find(tree, "d"));
	assert_null(tree_find(NULL, "d"));
	tree_free(tree);
	tree_free(NULL);
}

static void
tree_read_markers_crlf_and_utf8_comment_accepted(void **state)
{
	(void)state;
	tree_free(accept("---\na: b\n...\n"));
	tree_free(accept("a: b\r\nc: d\r\n"));
	tree_free(accept("a: b # gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91\n"));
}

static void
tree_read_feature_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "", "t.yaml:1:1: there is nothing in it" },
		{ "# only this\n", "there is nothing in it" },
		{ "- a\n", "t.yaml:1:1: is a list (expected a map" },
		{ "text\n", "t.yaml:1:1: is a single value (expected a map" },
		{ "a: &x b\n", "t.yaml:1:4: an anchor is not accepted" },
		{ "a: &x [b]\n", "t.yaml:1:4: an anchor is not accepted" },
		{ "a: &x {b: c}\n", "t.yaml:1:4: an anchor is not accepted" },
		{ "&x a: b\n", "t.yaml:1:1: an anchor is not accepted" },
		{ "a: b\nc: *x\n", "t.yaml:2:4: an alias is not accepted" },
		{ "*x : b\n", "t.yaml:1:1: an alias is not accepted" },
		{ "a: [*x]\n", "t.yaml:1:5: an alias is not accepted" },
		{ "a: !!str b\n", "t.yaml:1:4: a tag is not accepted" },
		{ "a: ! b\n", "t.yaml:1:4: a tag is not accepted" },
		{ "a: !!map {}\n", "t.yaml:1:4: a tag is not accepted" },
		{ "a: !x []\n", "t.yaml:1:4: a tag is not accepted" },
		{ "!!str a: b\n", "t.yaml:1:1: a tag is not accepted" },
		{ "a:\n  <<: {b: c}\n", "t.yaml:2:3: a merge key" },
		{ "a: b\n---\nc: d\n", "t.yaml:2:1: a second document" },
		{ "a: b\n...\n---\nc: d\n", "t.yaml:3:1: a second document" },
		{ "%YAML 1.1\n---\na: b\n", "t.yaml:1:1: a directive" },
		{ "%TAG ! x\n---\na: b\n", "t.yaml:1:1: a directive" },
		{ "? [a]\n: b\n", "t.yaml:1:3: a key is not a text" },
		{ "? {a: b}\n: b\n", "t.yaml:1:3: a key is not a text" },
		{ "{}: b\n", "t.yaml:1:1: a key is not a text" },
		{ ": b\n", "t.yaml:1:1: did not find expected key" },
		{ "? \n: b\n", "a key is empty" },
		{ "\"\": b\n", "t.yaml:1:1: a key is empty" },
		{ "a: |\n  b\n  c\n", "t.yaml:1:4: text goes over several" },
		{ "a: >-\n  b\n", "t.yaml:1:4: text goes over several" },
		{ "a: b\n  c\n", "t.yaml:1:4: text goes over several" },
		{ "a: \"b\n  c\"\n", "t.yaml:1:4: text goes over several" },
		{ "a: \"b\\0c\"\n", "t.yaml:1:4: text holds a NUL" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(
		    cases[i].yaml, strlen(cases[i].yaml), cases[i].message);
}

static void
tree_read_repeated_key_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "a: b\nc: d\na: e\n",
		    "t.yaml:3:1: a: is given twice (first in line 1)" },
		{ "a:\n  b: c\n  b: d\n",
		    "t.yaml:3:3: a.b: is given twice (first in line 2)" },
		{ "a: {b: {c: 1, \"c\": 1}}\n",
		    "t.yaml:1:15: a.b.c: is given twice" },
		{ "a: [{b: 1, b: 2}]\n", "t.yaml:1:12: a.b: is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(
		    cases[i].yaml, strlen(cases[i].yaml), cases[i].message);
}

static void
tree_read_malformed_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "a: \"b\n",
		    "found unexpected end of stream (while scanning "
		    "a quoted scalar from 1:4)" },
		{ "a: 'b", "t.yaml:1:6: found unexpected end of stream" },
		{ "a: [b\n", "t.yaml:2:1: did not find expected ',' or ']'" },
		{ "a: {b: c\n", "t.yaml:2:1: did not find expected ',' or" },
		{ "a: b: c\n", "t.yaml:1:5: mapping values are not allowed" },
		{ "a: b\n c: d\n", "t.yaml:1:4: text goes over several" },
		{ "a: b\nc\n", "could not find expected ':'" },
		{ "a: @b\n", "cannot start any token" },
		{ "a: b]\n]\n", "t.yaml:2:1: did not find expected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(
		    cases[i].yaml, strlen(cases[i].yaml), cases[i].message);
}

static void
tree_read_character_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "a:\tb\n", "t.yaml:1:3: character U+0009 (a tab)" },
		{ "a:\n\tb: c\n", "t.yaml:2:1: character U+0009 (a tab)" },
		{ "a: b # \t\n", "t.yaml:1:8: character U+0009 (a tab)" },
		{ "\xef\xbb\xbf"
		  "a: b\n",
		    "t.yaml:1:1: character U+FEFF" },
		{ "a: b\rc: d\n", "t.yaml:1:5: character U+000D" },
		{ "# x\xc2\x85pin: y\n", "t.yaml:1:4: character U+0085" },
		{ "# x\xe2\x80\xa8pin: y\n", "t.yaml:1:4: character U+2028" },
		{ "a: \xe2\x80\xaex\n", "t.yaml:1:4: character U+202E" },
		{ "a: \xe2\x81\xa6x\n", "t.yaml:1:4: character U+2066" },
		{ "a: \x1b[2J\n", "t.yaml:1:4: character U+001B" },
		{ "a: \x7f\n", "t.yaml:1:4: character U+007F" },
		{ "a: \xef\xbf\xbf\n", "t.yaml:1:4: character U+FFFF" },
		{ "a: \xff\n", "t.yaml:1:4: not UTF-8 (octet 0xff)" },
		{ "\xc3\xbc\xe9\n", "t.yaml:1:2: not UTF-8 (octet 0xe9)" },
		{ "a: \xc0\xaf\n", "t.yaml:1:4: not UTF-8 (octet 0xc0)" },
		{ "a: \xe0\x80\xaf\n", "t.yaml:1:4: not UTF-8" },
		{ "a: \xed\xa0\x80\n", "t.yaml:1:4: not UTF-8" },
		{ "a: \xf4\x90\x80\x80\n", "t.yaml:1:4: not UTF-8" },
		{ "a: \xe2\x82", "t.yaml:1:4: not UTF-8" },
		{ "\xfe\xff\0a", "t.yaml:1:1: not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(
		    cases[i].yaml, strlen(cases[i].yaml), cases[i].message);
	assert_refused("a: b\0c\n", 7, "t.yaml:1:5: character U+0000");
}

/* "a: " and n times what, then the end. */
static void
assert_repeated_refused(const char *begin, const char *what, size_t n,
    const char *end, const char *message)
{
	struct buf yaml = buf_new(4 * CONFIG_FILE_MAX);

	buf_puts(&yaml, begin);
	for (size_t i = 0; i < n; i++)
		buf_puts(&yaml, what);
	buf_puts(&yaml, end);
	buf_u8(&yaml, 0);
	assert_false(yaml.failed);
	assert_refused((const char *)yaml.data, yaml.len - 1, message);
	buf_free(&yaml);
}

static void
tree_read_beyond_limit_refused(void **state)
{
	struct tree *tree;

	(void)state;
	tree = accept("a: [[[[[[[[[[[[[[x]]]]]]]]]]]]]]\n");
	tree_free(tree);
	assert_refused("a: [[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]\n", 35,
	    "t.yaml:1:19: nested too deeply");
	assert_repeated_refused("a: ", "[", 500000, "\n", "nested too deeply");
	assert_repeated_refused("a: ", "x", YAML_TEXT_MAX + 1, "\n",
	    "t.yaml:1:4: text is longer than 4096 octets");
	assert_repeated_refused("a: \"", "x", 500000, "\"\n",
	    "t.yaml:1:4: text is longer than 4096 octets");
	assert_repeated_refused(
	    "a:\n", "- x\n", YAML_ITEMS_MAX + 1, "", "t.yaml:4098:3: too many");
	assert_repeated_refused("a: [", "[x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x],",
	    YAML_ITEMS_MAX, "]\n", "too many entries");
	assert_repeated_refused("a: b\n", "# padding that says nothing\n",
	    CONFIG_FILE_MAX / 28 + 1, "", "t.yaml: longer than 1048576 octets");
}

static void
tree_refuse_hostile_key_shows_no_control(void **state)
{
	struct tree *tree = accept("a: {\"b\\e[2J\": c, \"pin:1234\": d}\n");
	const struct tree *a = tree_find(tree, "a");
	struct err err;

	(void)state;
	assert_false(tree_refuse_key(a->first, &err, "why"));
	assert_string_equal(err.msg, "t.yaml:1:5: a.b\\x1b[2J: why");
	assert_false(tree_refuse(a->last, &err, "why"));
	assert_string_equal(err.msg, "t.yaml:1:30: a.pin: why");
	tree_free(tree);
}

/* What YAML 1.2's core schema reads as null, and no text in quotes. */
static void
tree_given_leaves_out_what_is_null(void **state)
{
	static const char yaml[] = "a:\nb: ~\nc: null\nd: Null\ne: NULL\n"
				   "f: \"null\"\ng: ''\nh: nULL\ni: []\n";
	static const char *const given[] = { "f", "g", "h", "i" };
	struct tree *tree;
	size_t n = 0;
	struct err err;

	(void)state;
	assert_ok(tree_read(bytes_of_string(yaml), "y", &tree, &err), &err);
	for (const struct tree *entry = tree->first; entry != NULL;
	     entry = entry->next) {
		assert_non_null(tree_find(tree, entry->key));
		if (tree_given(tree, entry->key) == NULL)
			continue;
		assert_ptr_equal(tree_given(tree, entry->key), entry);
		assert_string_equal(entry->key, given[n++]);
	}
	assert_int_equal(n, ARRAY_LEN(given));
	assert_null(tree_given(tree, "z"));
	assert_null(tree_given(NULL, "a"));
	tree_free(tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_read_nested_keeps_places),
		cmocka_unit_test(
		    tree_read_markers_crlf_and_utf8_comment_accepted),
		cmocka_unit_test(tree_read_feature_refused),
		cmocka_unit_test(tree_read_repeated_key_refused),
		cmocka_unit_test(tree_read_malformed_refused),
		cmocka_unit_test(tree_read_character_refused),
		cmocka_unit_test(tree_read_beyond_limit_refused),
		cmocka_unit_test(tree_refuse_hostile_key_shows_no_control),
		cmocka_unit_test(tree_given_leaves_out_what_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
