#include <string.h>

#include "signer/show/lanes.h"
#include "tests/support/support.h"

/* A tenth of the drawing's unit is one of time. */
static void
begin(struct lanes *lanes, const char *name, const char *note)
{
	lanes_begin(lanes, 100, 1000, 0, 10000, name, note);
}

static char *
end(struct lanes *lanes, const struct lanes_item *legend, size_t n)
{
	static struct buf out;

	buf_free(&out);
	out = buf_new(65536);
	lanes_end(lanes, legend, n, &out);
	buf_u8(&out, 0);
	assert_false(out.failed);
	return (char *)out.data;
}

static void
assert_has(const char *drawing, const char *text, bool wanted)
{
	if ((strstr(drawing, text) != NULL) != wanted)
		fail_msg(
		    "%s \"%s\" in:\n%s", wanted ? "no" : "a", text, drawing);
}

static void
lanes_text_of_an_edge_needs_room(void **state)
{
	/* "SKR 1" has 40, "2027-01-01" 60, behind 4. */
	static const struct {
		int64_t at;
		bool heading, date;
	} cases[] = { { 390, false, false }, { 400, true, false },
		{ 590, true, false }, { 600, true, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lanes lanes;
		const char *drawing;

		begin(&lanes, NULL, NULL);
		lanes_edge(&lanes, 0, "SKR 1", 1798761600);
		lanes_edge(&lanes, cases[i].at, "other", 1806537600);
		lanes_edge(&lanes, 10000, NULL, 0);
		drawing = end(&lanes, NULL, 0);
		assert_has(
		    drawing, "\"heading\" x=\"104\" y=\"12\">SKR 1<", true);
		assert_has(
		    drawing, "\"date\" x=\"104\" y=\"27\">2027-01-01<", true);
		assert_has(drawing, ">other<", cases[i].heading);
		assert_has(drawing, ">2027-04-01<", cases[i].date);
		assert_has(drawing, "<line class=\"edge\" x1=\"1100\"", true);
	}
}

static void
lanes_edges_are_behind_the_bars_and_reach_the_last_row(void **state)
{
	struct lanes lanes;
	const char *drawing;

	(void)state;
	begin(&lanes, NULL, NULL);
	lanes_row(&lanes, "one");
	lanes_bar(&lanes, "signs", 0, 5000, "S", "first");
	lanes_gap(&lanes);
	lanes_line(&lanes, "");
	lanes_row(&lanes, "two");
	lanes_edge(&lanes, 1000, NULL, 0);
	drawing = end(&lanes, NULL, 0);
	assert_has(drawing, "x1=\"200\" y1=\"0\" x2=\"200\" y2=\"103\"", true);
	assert_has(drawing, "\"title\" x=\"92\" y=\"46\">one<", true);
	assert_has(drawing, "\"title\" x=\"92\" y=\"97\">two<", true);
	assert_true(strstr(drawing, "<line") < strstr(drawing, "first"));
}

static void
lanes_word_needs_room_in_its_bar(void **state)
{
	/* Six for each character: "RS 13029", "RS", nothing. */
	static const struct {
		int64_t until;
		const char *word;
	} cases[] = { { 480, ">RS 13029<" }, { 470, ">RS<" }, { 120, ">RS<" },
		{ 110, NULL }, { 0, NULL }, { -10, NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lanes lanes;
		const char *drawing;

		begin(&lanes, NULL, NULL);
		lanes_row(&lanes, "");
		lanes_bar(&lanes, "revoked", 0, cases[i].until, "RS 13029",
		    "what it is");
		drawing = end(&lanes, NULL, 0);
		assert_has(drawing,
		    cases[i].word == NULL ? "RS" : cases[i].word,
		    cases[i].word != NULL);
		assert_has(drawing, "what it is", cases[i].until > 0);
	}
}

static void
lanes_texts_are_cut_where_they_do_not_fit(void **state)
{
	struct lanes lanes;
	const char *drawing;

	(void)state;
	begin(&lanes,
	    "1---------2---------3---------4---------5---------"
	    "6---------7---------8---------9---------10---------",
	    "note");
	lanes_row(&lanes, "thirteen char");
	lanes_row(&lanes, "fourteen chars");
	lanes_line(&lanes, "");
	lanes_note(&lanes, "date", 0, 600, "ten letter");
	lanes_note(&lanes, "date", 600, 1200, "ten letters");
	lanes_note(&lanes, "date", 1200, 1210, "no room");
	drawing = end(&lanes, NULL, 0);
	assert_has(drawing, ">thirteen char<", true);
	assert_has(drawing, ">fourteen c...<", true);
	assert_has(drawing, "-9---------10----...<", true);
	assert_has(drawing, ">ten letter<", true);
	assert_has(drawing, ">ten let...<", true);
	assert_has(drawing, "no room", false);
}

static void
lanes_of_a_page_have_no_name(void **state)
{
	static const struct lanes_item legend[] = { { "zsk", "a & b" } };
	struct lanes lanes;
	const char *drawing;

	(void)state;
	begin(&lanes, NULL, NULL);
	drawing = end(&lanes, legend, 1);
	assert_int_equal(strncmp(drawing, "<svg ", 5), 0);
	assert_has(drawing, "<style>", false);
	assert_has(drawing, "\"legend\" x=\"31\" y=\"56\">a &amp; b<", true);
	begin(&lanes, "<name>", "note");
	drawing = end(&lanes, NULL, 0);
	assert_int_equal(strncmp(drawing, "<?xml ", 6), 0);
	assert_has(drawing, "\"name\" x=\"10\" y=\"28\">&lt;name&gt;<", true);
	assert_has(drawing, ">note<", true);
}

static void
lanes_legend_is_within_the_drawing(void **state)
{
	static const struct lanes_item legend[] = {
		{ "signs", "a text of this length" },
		{ "valid", "and another one" },
	};
	struct lanes lanes;

	(void)state;
	lanes_begin(&lanes, 100, 20, 0, 10, NULL, NULL);
	assert_has(end(&lanes, legend, 2), "viewBox=\"0 0 308 70\"", true);
	lanes_begin(&lanes, 100, 400, 0, 10, NULL, NULL);
	assert_has(end(&lanes, legend, 2), "viewBox=\"0 0 510 70\"", true);
}

static void
lanes_without_room_fail_their_buffer(void **state)
{
	struct buf small = buf_new(64);
	struct lanes lanes;

	(void)state;
	begin(&lanes, NULL, NULL);
	lanes_end(&lanes, NULL, 0, &small);
	assert_true(small.failed);
	buf_free(&small);
}

static void
lanes_class_is_the_parts(void **state)
{
	(void)state;
	assert_string_equal(lanes_class("P"), "published");
	assert_string_equal(lanes_class("S"), "signs");
	assert_string_equal(lanes_class("R"), "revoked");
	assert_string_equal(lanes_class("RS"), "revoked");
	assert_null(lanes_class(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_text_of_an_edge_needs_room),
		cmocka_unit_test(
		    lanes_edges_are_behind_the_bars_and_reach_the_last_row),
		cmocka_unit_test(lanes_word_needs_room_in_its_bar),
		cmocka_unit_test(lanes_texts_are_cut_where_they_do_not_fit),
		cmocka_unit_test(lanes_of_a_page_have_no_name),
		cmocka_unit_test(lanes_legend_is_within_the_drawing),
		cmocka_unit_test(lanes_without_room_fail_their_buffer),
		cmocka_unit_test(lanes_class_is_the_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
