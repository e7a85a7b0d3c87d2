#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/words.h"
#include "signer/record/ceremony.h"
#include "signer/record/json.h"
#include "signer/show/witness.h"
#include "tests/support/support.h"

#define PATH_SIZE 512
#define HELLO_SHA256 \
	"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void
begin_run(struct record *record, int format)
{
	struct err err;

	assert_ok(
	    record_event(record, "run",
		json_pack("{s:i, s:s}", "format", format, "command", "hash"),
		&err),
	    &err);
}

static void
record_input_is_stored_under_its_hash(void **state)
{
	char *dir = scratch_new(), path[PATH_SIZE];
	struct ceremony ceremony;
	struct record *record;
	struct buf content = buf_new(64);
	struct err err;
	const json_t *line;

	(void)state;
	assert_ok(record_open(dir, &record, &err), &err);
	begin_run(record, RECORD_FORMAT);
	/* Twice: the second finds the first. */
	for (int i = 0; i < 2; i++)
		assert_ok(record_input(record, "file", "a\nb\x1b.txt",
			      bytes_of_string("hello"), &err),
		    &err);
	record_close(record);
	assert_ok(ceremony_read(dir, &ceremony, &err), &err);
	assert_int_equal(ceremony.log.n, 3);
	assert_int_equal(ceremony.n_runs, 1);
	assert_false(ceremony.runs[0].ended);
	line = ceremony.log.lines[1].json;
	assert_string_equal(fact_text(line, "path"), "a\\x0ab\\x1b.txt");
	assert_string_equal(fact_text(line, "sha256"), HELLO_SHA256);
	assert_ok(stored_read(&ceremony, line, &content, &err), &err);
	assert_true(bytes_equal(buf_bytes(&content), bytes_of_string("hello")));
	snprintf(path, sizeof(path), "%.300s/inputs/%s", dir, HELLO_SHA256);
	assert_int_equal(unlink(path), 0);
	assert_false(stored_read(&ceremony, line, &content, &err));
	assert_message_has(&err, "is missing");
	buf_free(&content);
	ceremony_clear(&ceremony);
	scratch_remove(dir);
}

/* Whatever a caller puts into an event, the record holds ASCII. */
static void
record_event_texts_are_made_ascii(void **state)
{
	char *dir = scratch_new();
	struct ceremony ceremony;
	struct record *record;
	const json_t *line;
	struct err err;

	(void)state;
	assert_ok(record_open(dir, &record, &err), &err);
	begin_run(record, RECORD_FORMAT);
	assert_ok(record_event(record, "answer",
		      json_pack("{s:s, s:[s, {s:s}], s:o}", "by",
			  "Schl\303\274ssel", "list", "a", "b", "\303\274",
			  "text", json_of_text("\xff\xe2\x80\xae")),
		      &err),
	    &err);
	record_close(record);
	assert_ok(ceremony_read(dir, &ceremony, &err), &err);
	line = ceremony.log.lines[1].json;
	assert_string_equal(fact_text(line, "by"), "Schl\\xc3\\xbcssel");
	assert_string_equal(
	    fact_text(json_array_get(json_object_get(line, "list"), 1), "b"),
	    "\\xc3\\xbc");
	assert_string_equal(
	    fact_text(line, "text"), "\\xff\\xe2\\x80\\xae");
	ceremony_clear(&ceremony);
	scratch_remove(dir);
}

/* A file that stands there already must be what its name says. */
static void
record_input_foreign_content_is_refused(void **state)
{
	char *dir = scratch_new(), path[PATH_SIZE];
	struct record *record;
	struct err err;
	FILE *file;

	(void)state;
	assert_ok(record_open(dir, &record, &err), &err);
	snprintf(path, sizeof(path), "%.300s/inputs/%s", dir, HELLO_SHA256);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("other", file);
	fclose(file);
	assert_false(record_input(
	    record, "file", "hello", bytes_of_string("hello"), &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "its content is not what its name says");
	record_close(record);
	scratch_remove(dir);
}

static void
record_open_unusable_folder_is_refused(void **state)
{
	char *dir = scratch_new(), path[PATH_SIZE], deep[PATH_SIZE + 8];
	struct record *record;
	struct err err;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%.300s/file", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_false(record_open(path, &record, &err));
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "is not a folder");
	snprintf(deep, sizeof(deep), "%s/deep", path);
	assert_false(record_open(deep, &record, &err));
	assert_int_equal(err.code, E_IO);
	assert_false(record_open("", &record, &err));
	assert_int_equal(err.code, E_USAGE);
	scratch_remove(dir);
}

static void
record_open_second_is_refused(void **state)
{
	char *dir = scratch_new();
	struct record *first, *second;
	struct err err;

	(void)state;
	assert_ok(record_open(dir, &first, &err), &err);
	assert_false(record_open(dir, &second, &err));
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "another run is writing it");
	record_close(first);
	scratch_remove(dir);
}

static void
record_event_without_record_does_nothing(void **state)
{
	struct err err;

	(void)state;
	assert_ok(record_event(NULL, "answer", json_object(), &err), &err);
	assert_ok(
	    record_input(NULL, "file", "hello", bytes_of_string("hello"), &err),
	    &err);
	record_close(NULL);
}

static void
ceremony_read_newer_format_is_refused(void **state)
{
	char *dir = scratch_new();
	struct ceremony ceremony;
	struct record *record;
	struct err err;

	(void)state;
	assert_ok(record_open(dir, &record, &err), &err);
	begin_run(record, RECORD_FORMAT + 1);
	record_close(record);
	assert_false(ceremony_read(dir, &ceremony, &err));
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, "use the program that wrote it or a newer");
	scratch_remove(dir);
}

static void
ceremony_read_without_run_is_refused(void **state)
{
	char *dir = scratch_new();
	struct ceremony ceremony;
	struct record *record;
	struct err err;

	(void)state;
	assert_ok(record_open(dir, &record, &err), &err);
	assert_ok(record_event(record, "answer", json_object(), &err), &err);
	record_close(record);
	assert_false(ceremony_read(dir, &ceremony, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "log.jsonl:1: the record does not begin");
	scratch_remove(dir);
}

static void
step_text_names_roles_and_stages(void **state)
{
	static const struct {
		const char *json, *step;
	} cases[] = {
		{ "{\"event\":\"run\",\"role\":\"x\"}", "run" },
		{ "{\"event\":\"input\",\"role\":\"request\"}",
		    "input request" },
		{ "{\"event\":\"output\"}", "output " },
		{ "{\"event\":\"checks\",\"stages\":[\"response\",\"chain\"]}",
		    "checks response+chain" },
		{ "{\"event\":\"checks\",\"stages\":[1]}", "checks" },
		{ "{}", "" },
	};
	char step[STEP_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *json = json_loads(cases[i].json, 0, NULL);

		step_text(json, step);
		assert_string_equal(step, cases[i].step);
		json_decref(json);
	}
}

static void
step_text_long_facts_are_cut(void **state)
{
	json_t *names = json_array(), *line;
	char step[STEP_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		json_array_append_new(names, json_string("a stage of a check"));
	line = json_pack("{s:s, s:o}", "event", "checks", "stages", names);
	step_text(line, step);
	assert_true(strlen(step) < STEP_TEXT_SIZE);
	json_decref(line);
}

static void
words_parse_reads_what_words_format_writes(void **state)
{
	uint8_t bytes[512], back[512];
	struct buf words = buf_new(16384);
	struct err err;

	(void)state;
	/* Each octet at an even place and at an odd one. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / 2);
	words_format((struct bytes){ bytes, sizeof(bytes) }, &words);
	buf_u8(&words, 0);
	for (char *c = (char *)words.data; *c != '\0'; c++)
		if (c[0] >= 'a' && c[0] <= 'c')
			*c = (char)(*c - 'a' + 'A');
	assert_ok(
	    words_parse((const char *)words.data, back, sizeof(back), &err),
	    &err);
	assert_memory_equal(bytes, back, sizeof(bytes));
	buf_free(&words);
}

static void
words_parse_other_words_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "aardvark", "expected 2 words, not 1" },
		{ "", "expected 2 words, not 0" },
		{ "aardvark adroitness absurd", "expected 2 words, not more" },
		{ "adroitness aardvark",
		    "word 1, \"adroitness\", is not a two-syllable" },
		{ "aardvark absurd",
		    "word 2, \"absurd\", is not a three-syllable" },
		{ "aardvar adroitness", "word 1, \"aardvar\"" },
		{ "aardvark\x1b[2J adroitness",
		    "word 1, \"aardvark\\x1b[2J\"" },
	};
	uint8_t ret[2];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(
		    words_parse(cases[i].text, ret, sizeof(ret), &err));
		assert_int_equal(err.code, E_USAGE);
		assert_message_has(&err, cases[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_input_is_stored_under_its_hash),
		cmocka_unit_test(record_event_texts_are_made_ascii),
		cmocka_unit_test(record_input_foreign_content_is_refused),
		cmocka_unit_test(record_open_unusable_folder_is_refused),
		cmocka_unit_test(record_open_second_is_refused),
		cmocka_unit_test(record_event_without_record_does_nothing),
		cmocka_unit_test(ceremony_read_newer_format_is_refused),
		cmocka_unit_test(ceremony_read_without_run_is_refused),
		cmocka_unit_test(step_text_names_roles_and_stages),
		cmocka_unit_test(step_text_long_facts_are_cut),
		cmocka_unit_test(words_parse_reads_what_words_format_writes),
		cmocka_unit_test(words_parse_other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
