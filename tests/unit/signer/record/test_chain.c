#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/record/chain.h"
#include "tests/support/support.h"

#define PATH_SIZE 512
#define ZEROS     "0000000000000000000000000000000000000000000000000000000000000000"

struct place {
	char *dir;
	char path[PATH_SIZE];
};

static struct place
place_new(void)
{
	struct place place = { .dir = scratch_new() };

	snprintf(place.path, sizeof(place.path), "%.400s/log", place.dir);
	return place;
}

static void
put(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Three lines with the fact "n". */
static void
put_three(const char *path)
{
	struct chain *chain;
	struct err err;

	assert_ok(chain_open(path, &chain, &err), &err);
	for (int n = 1; n <= 3; n++)
		assert_ok(chain_append(chain, json_pack("{s:i}", "n", n), &err),
		    &err);
	chain_close(chain);
}

static void
chain_append_then_read_agrees(void **state)
{
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct err err;

	(void)state;
	put_three(place.path);
	assert_ok(chain_read(place.path, &lines, &err), &err);
	assert_int_equal(lines.n, 3);
	for (size_t i = 0; i < lines.n; i++) {
		const json_t *json = lines.lines[i].json;

		assert_int_equal(
		    json_integer_value(json_object_get(json, "seq")), i + 1);
		assert_string_equal(
		    json_string_value(json_object_get(json, "prev")),
		    i == 0 ? ZEROS : lines.lines[i - 1].hash);
	}
	assert_string_equal(lines.head, lines.lines[2].hash);
	assert_ok(chain_open(place.path, &chain, &err), &err);
	assert_string_equal(chain_head(chain), lines.head);
	assert_int_equal(chain_found(chain)->n, 3);
	chain_close(chain);
	chain_lines_clear(&lines);
	scratch_remove(place.dir);
}

static void
chain_open_second_is_refused(void **state)
{
	struct place place = place_new();
	struct chain *first, *second;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &first, &err), &err);
	assert_ok(chain_begin(first, &err), &err);
	assert_false(chain_open(place.path, &second, &err));
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "another run is writing it");
	chain_close(first);
	assert_ok(chain_open(place.path, &second, &err), &err);
	chain_close(second);
	scratch_remove(place.dir);
}

/* Two that found no file: whoever appends first has it. */
static void
chain_append_begun_by_another_is_refused(void **state)
{
	struct place place = place_new();
	struct chain *first, *second;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &first, &err), &err);
	assert_ok(chain_open(place.path, &second, &err), &err);
	assert_ok(chain_append(first, json_pack("{s:i}", "n", 1), &err), &err);
	assert_false(chain_append(second, json_pack("{s:i}", "n", 2), &err));
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "another run began it meanwhile");
	chain_close(first);
	chain_close(second);
	scratch_remove(place.dir);
}

/* Whoever only looks leaves what a power cut left, and makes no file. */
static void
chain_open_and_close_changes_nothing(void **state)
{
	static const char *const torn[] = { "{\"seq\":1", "half a line" };
	struct place place = place_new();
	struct chain *chain;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &chain, &err), &err);
	chain_close(chain);
	assert_int_not_equal(access(place.path, F_OK), 0);
	for (size_t i = 0; i < ARRAY_LEN(torn); i++) {
		struct buf content = buf_new(64);

		put(place.path, "w", torn[i]);
		assert_ok(chain_open(place.path, &chain, &err), &err);
		chain_close(chain);
		assert_ok(file_read(place.path, 64, &content, &err), &err);
		assert_int_equal(content.len, strlen(torn[i]));
		buf_free(&content);
	}
	scratch_remove(place.dir);
}

/* A name that leads elsewhere is not the log. */
static void
chain_open_link_is_refused(void **state)
{
	struct place place = place_new();
	char other[PATH_SIZE];
	struct chain *chain;
	struct err err;

	(void)state;
	snprintf(other, sizeof(other), "%.400s/other", place.dir);
	assert_int_equal(symlink(other, place.path), 0);
	assert_false(chain_open(place.path, &chain, &err));
	assert_int_equal(err.code, E_IO);
	assert_int_not_equal(access(other, F_OK), 0);
	scratch_remove(place.dir);
}

/* Whoever makes a line makes its texts printable first (json_of_text). */
static void
chain_append_unprintable_text_is_refused(void **state)
{
	static const char *const texts[] = { "\n{\"seq\":2}\n", "\r", "\x1b[2J",
		"\x7f", "\xc2\x85", "\xe2\x80\xae" };
	struct place place = place_new();
	struct stat st;
	struct chain *chain;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &chain, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_false(chain_append(
		    chain, json_pack("{s:[s, s]}", "a", "b", texts[i]), &err));
		assert_int_equal(err.code, E_INTERNAL);
		assert_message_has(&err, "a text that cannot be printed");
		assert_false(chain_append(
		    chain, json_pack("{s:{s:i}}", "a", texts[i], 1), &err));
		assert_message_has(&err, "a text that cannot be printed");
	}
	chain_close(chain);
	assert_int_not_equal(stat(place.path, &st), 0);
	scratch_remove(place.dir);
}

/* A text that JSON escapes is no other text: it would be shown as it is. */
static void
chain_read_unprintable_text_is_refused(void **state)
{
	static const char *const texts[] = { "\"a\":\"\\u001b[2J\"",
		"\"a\":\"\\n\"", "\"a\":\"\\u007f\"", "\"a\":\"\\u00e9\"",
		"\"a\":[1,{\"b\":\"\\u202e\"}]", "\"a\\tb\":1" };
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct err err;
	char line[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		/* Even as the last line it is not taken for a torn one. */
		snprintf(line, sizeof(line),
		    "{\"seq\":1,\"prev\":\"" ZEROS "\",%s}\n", texts[i]);
		put(place.path, "w", line);
		assert_false(chain_read(place.path, &lines, &err));
		assert_int_equal(err.code, E_REFUSED);
		assert_message_has(
		    &err, "log:1: holds a text that cannot be printed");
		assert_false(chain_open(place.path, &chain, &err));
	}
	scratch_remove(place.dir);
}

static void
chain_append_quoted_text_stays_one_line(void **state)
{
	static const char text[] = "{\"seq\":2,\"prev\":\"" ZEROS "\"}\\n";
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &chain, &err), &err);
	assert_ok(
	    chain_append(chain, json_pack("{s:s}", "text", text), &err), &err);
	chain_close(chain);
	assert_ok(chain_read(place.path, &lines, &err), &err);
	assert_int_equal(lines.n, 1);
	for (size_t i = 0; i + 1 < lines.content.len; i++)
		assert_in_range(lines.content.data[i], 0x20, 0x7e);
	assert_string_equal(
	    json_string_value(json_object_get(lines.lines[0].json, "text")),
	    text);
	chain_lines_clear(&lines);
	scratch_remove(place.dir);
}

static void
chain_append_nothing_is_refused(void **state)
{
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct err err;

	(void)state;
	assert_ok(chain_open(place.path, &chain, &err), &err);
	assert_ok(chain_begin(chain, &err), &err);
	assert_false(chain_append(chain, NULL, &err));
	assert_int_equal(err.code, E_MEMORY);
	chain_close(chain);
	assert_ok(chain_read(place.path, &lines, &err), &err);
	assert_int_equal(lines.n, 0);
	assert_string_equal(lines.head, ZEROS);
	chain_lines_clear(&lines);
	scratch_remove(place.dir);
}

/* What a power cut leaves: half a line, kept, ended and owned up to. */
static void
chain_open_torn_line_is_kept(void **state)
{
	static const char *const torn[] = { "{\"seq\":4,\"pr", "{\"seq\":4}x\n",
		"x", "\n" };
	struct chain_lines lines;
	struct chain *chain;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(torn); i++) {
		struct place place = place_new();

		put_three(place.path);
		put(place.path, "a", torn[i]);
		assert_ok(chain_read(place.path, &lines, &err), &err);
		assert_int_equal(lines.n, 4);
		assert_null(lines.lines[3].json);
		chain_lines_clear(&lines);

		assert_ok(chain_open(place.path, &chain, &err), &err);
		assert_ok(chain_append(chain, json_pack("{s:i}", "n", 5), &err),
		    &err);
		chain_close(chain);
		assert_ok(chain_read(place.path, &lines, &err), &err);
		assert_int_equal(lines.n, 5);
		assert_null(lines.lines[3].json);
		assert_true(json_is_true(
		    json_object_get(lines.lines[4].json, "after_torn")));
		assert_memory_equal(
		    lines.lines[3].raw.data, torn[i], strcspn(torn[i], "\n"));
		chain_lines_clear(&lines);
		scratch_remove(place.dir);
	}
}

/* Whoever reads takes it for cut off; whoever goes on writes gives it its end. */
static void
chain_open_line_without_its_end_is_ended(void **state)
{
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct stat st;
	struct err err;

	(void)state;
	put_three(place.path);
	assert_int_equal(stat(place.path, &st), 0);
	assert_int_equal(truncate(place.path, st.st_size - 1), 0);
	assert_ok(chain_read(place.path, &lines, &err), &err);
	assert_int_equal(lines.n, 3);
	assert_non_null(lines.lines[1].json);
	assert_null(lines.lines[2].json);
	chain_lines_clear(&lines);

	assert_ok(chain_open(place.path, &chain, &err), &err);
	assert_non_null(chain_found(chain)->lines[2].json);
	assert_ok(chain_append(chain, json_pack("{s:i}", "n", 4), &err), &err);
	chain_close(chain);
	assert_ok(chain_read(place.path, &lines, &err), &err);
	assert_int_equal(lines.n, 4);
	for (size_t i = 0; i < lines.n; i++)
		assert_non_null(lines.lines[i].json);
	assert_null(json_object_get(lines.lines[3].json, "after_torn"));
	chain_lines_clear(&lines);
	scratch_remove(place.dir);
}

static void
chain_read_broken_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "{\"seq\":2,\"prev\":\"" ZEROS "\"}\n{}\n",
		    "log:1: its \"seq\" is not 1" },
		{ "{\"seq\":1}\n{}\n", "log:1: its \"prev\" is missing" },
		{ "{\"seq\":1,\"prev\":\"00\"}\n{}\n",
		    "log:1: its \"prev\" is 00" },
		{ "{\"seq\":1,\"prev\":\"" ZEROS "\"}\n"
		  "{\"seq\":2,\"prev\":\"" ZEROS "\"}\n",
		    "log:2: its \"prev\" is " ZEROS },
		{ "[]\n{}\n", "log:1: is not one JSON object" },
		{ "{\"seq\":1,\"seq\":1,\"prev\":\"" ZEROS "\"}\n{}\n",
		    "log:1: is not one JSON object" },
		{ "{\"seq\":1,\"prev\":\"" ZEROS "\"} {}\n{}\n",
		    "log:1: is not one JSON object" },
		{ "{\"seq\":1,\t\"prev\":\"" ZEROS "\"}\n{}\n",
		    "log:1: is not one JSON object" },
		{ "\n\n", "log:1: is not one JSON object" },
		{ "{\"seq\":1,\"prev\":\"" ZEROS "\",\"after_torn\":true}\n",
		    "log:1: its \"after_torn\" is wrong" },
	};
	struct place place = place_new();
	struct chain_lines lines;
	struct chain *chain;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(place.path, "w", cases[i].text);
		assert_false(chain_read(place.path, &lines, &err));
		assert_int_equal(err.code, E_REFUSED);
		assert_message_has(&err, cases[i].says);
		assert_false(chain_open(place.path, &chain, &err));
		assert_message_has(&err, cases[i].says);
	}
	scratch_remove(place.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_append_then_read_agrees),
		cmocka_unit_test(chain_open_second_is_refused),
		cmocka_unit_test(chain_append_begun_by_another_is_refused),
		cmocka_unit_test(chain_open_and_close_changes_nothing),
		cmocka_unit_test(chain_open_link_is_refused),
		cmocka_unit_test(chain_append_unprintable_text_is_refused),
		cmocka_unit_test(chain_read_unprintable_text_is_refused),
		cmocka_unit_test(chain_append_quoted_text_stays_one_line),
		cmocka_unit_test(chain_append_nothing_is_refused),
		cmocka_unit_test(chain_open_torn_line_is_kept),
		cmocka_unit_test(chain_open_line_without_its_end_is_ended),
		cmocka_unit_test(chain_read_broken_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
