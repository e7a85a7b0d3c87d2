#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/show/telling.h"
#include "tests/support/support.h"

/* What each line has, whatever its event. */
#define ANY_LINE "seq prev time event version binary after_torn zone"

static bool
has_word(const char *list, const char *word, size_t len)
{
	for (; *list != '\0'; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");

		if (n == len && memcmp(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

static void
each_event_has_one_row_that_tells(void **state)
{
	(void)state;
	assert_true(n_tellings >= 36);
	for (size_t i = 0; i < n_tellings; i++) {
		const struct telling *row = &tellings[i];
		json_t *line = json_pack("{s:s}", "event", row->event);

		assert_ptr_equal(telling_of(line), row);
		assert_non_null(row->facts);
		assert_true((row->text == NULL) != (row->tell == NULL));
		json_decref(line);
	}
}

/* Every fact that the words name. */
static void
assert_facts(const struct telling *row, const char *words)
{
	if (words == NULL)
		return;
	for (; (words = strpbrk(words, "{[")) != NULL; words++) {
		const char *name = words + 1 + (words[1] == '!' ? 1 : 0);
		size_t len = strcspn(name, ".:=?}");

		if (!has_word(row->facts, name, len) &&
		    !has_word(ANY_LINE, name, len))
			fail_msg(
			    "%s has no fact %.*s", row->event, (int)len, name);
	}
}

static void
words_name_facts_of_their_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_tellings; i++) {
		const char *const *remark = tellings[i].remarks;

		assert_facts(&tellings[i], tellings[i].text);
		assert_facts(&tellings[i], tellings[i].html);
		for (; remark != NULL && *remark != NULL; remark++)
			assert_facts(&tellings[i], *remark);
	}
}

static void
assert_row_has(const json_t *line, const char *where)
{
	const struct telling *row = telling_of(line);
	json_t *copy = json_copy((json_t *)(uintptr_t)line), *value;
	const char *key;

	if (row == NULL)
		fail_msg("%s: no row for %s", where, fact_text(line, "event"));
	json_object_foreach(copy, key, value)
	{
		if (!has_word(row->facts, key, strlen(key)) &&
		    !has_word(ANY_LINE, key, strlen(key)))
			fail_msg(
			    "%s: %s has a fact %s", where, row->event, key);
	}
	json_decref(copy);
}

static void
records_have_no_other_events_and_facts(void **state)
{
	static const char *const records[] = { "0.1.0-algorithms",
		"0.1.0-commands", "0.1.0-plan", "0.1.0-requests",
		"0.1.0-rollover", "0.1.0-waived", "ecdsa", "rollover",
		"signed" };
	size_t n_lines = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		struct ceremony ceremony;
		char dir[128];
		struct err err;

		snprintf(dir, sizeof(dir), "tests/data/records/%s", records[i]);
		assert_ok(ceremony_read(dir, &ceremony, &err), &err);
		for (size_t k = 0; k < ceremony.log.n; k++)
			if (ceremony.log.lines[k].json != NULL)
				assert_row_has(ceremony.log.lines[k].json, dir);
		n_lines += ceremony.log.n;
		ceremony_clear(&ceremony);
	}
	assert_true(n_lines > 100);
}

/* In which words a fact, a condition and a mark come out as what. */
static const struct {
	const char *words, *text, *html;
} fillings[] = {
	{ "a {t} {none}.", "a <i>{n}. .", "a &lt;i&gt;{n}. ." },
	{ "{n:n} {none:n} {t:n}", "7 0 0", NULL },
	{ "{l:count} {none:count}", "2 0", NULL },
	{ "{l:list}; {l:words}", "x, ?; x ", NULL },
	{ "{o.t}{o.none.t}{none.t}", "in", NULL },
	{ "{p:purpose}, {t:purpose}", "a ZSK, a key", NULL },
	{ "[t?yes][!t?no][none?yes][!none?no]", "yesno", NULL },
	{ "[y:yes?a][n:yes?b][l:some?c][o:some?d][o:object?e]", "ace", NULL },
	{ "[p=ksk,zsk?a][p=ksk?b][!p=ksk?c][p=zs?d][p=zskx?e]", "ac", NULL },
	{ "[t?[none?a][!none?b]c]d", "bcd", NULL },
	{ "[none?[t?a]b]c", "c", NULL },
	{ "\"{p}\" `{p}` *x* ^y^", "\"zsk\" zsk x y",
	    "<b>zsk</b> <code>zsk</code> <strong>x</strong> <q>y</q>" },
	{ "~{t}~", "<i>{n}.",
	    "<span class=\"badge refuse\">&lt;i&gt;{n}.</span>" },
	{ "[t?a", "a", NULL }, /* words that do not end are read to the end */
	{ "{p", "zsk", NULL },
};

static void
words_are_filled(void **state)
{
	json_t *facts =
	    json_pack("{s:s, s:i, s:[s, i], s:{s:s}, s:s, s:b}", "t", "<i>{n}.",
		"n", 7, "l", "x", 3, "o", "t", "in", "p", "zsk", "y", 1);

	(void)state;
	assert_non_null(facts);
	for (size_t i = 0; i < ARRAY_LEN(fillings); i++) {
		struct buf text = buf_new(1024), html = buf_new(1024);
		struct teller teller = teller_html(NULL, &html);
		const char *wanted = fillings[i].html;

		words_fill(
		    &medium_text, &text, PLAIN, facts, fillings[i].words);
		say(&teller, BAD, facts, NULL, fillings[i].words);
		buf_u8(&text, 0);
		buf_u8(&html, 0);
		assert_string_equal(
		    (const char *)text.data, fillings[i].text);
		assert_string_equal((const char *)html.data,
		    wanted == NULL ? fillings[i].text : wanted);
		buf_free(&text);
		buf_free(&html);
	}
	json_decref(facts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_has_one_row_that_tells),
		cmocka_unit_test(words_name_facts_of_their_row),
		cmocka_unit_test(records_have_no_other_events_and_facts),
		cmocka_unit_test(words_are_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
