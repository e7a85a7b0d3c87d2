#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check.h"
#include "signer/show/page_parts.h"
#include "signer/show/telling.h"

/*
 * The list at the top: departures from a ceremony in which everything passed,
 * each with the runs it belongs to.
 */
struct attention {
	json_t *verdicts; /* row without findings -> runs; owned */
	json_t *other;    /* text -> runs; owned */
	bool failed;      /* memory ran out */
};

static void
add(json_t *list, const char *key, const struct run *run)
{
	json_t *runs = json_object_get(list, key);

	if (runs == NULL) {
		runs = json_array();
		json_object_set_new(list, key, runs);
	}
	if (json_integer_value(json_array_get(
		runs, json_array_size(runs) - 1)) != (json_int_t)run->number)
		json_array_append_new(
		    runs, json_integer((json_int_t)run->number));
}

/* Only what is shown of the row is in the key: the same row comes but once. */
static void
add_row(struct attention *list, const json_t *row, const struct run *run)
{
	json_t *shown = json_pack("[s, s, s, s, s]", fact_text(row, "verdict"),
	    fact_text(row, "id"), fact_text(row, "clause"),
	    fact_text(row, "title"), fact_text(row, "reason"));
	char *key = json_dumps(shown, JSON_COMPACT);

	if (key != NULL)
		add(list->verdicts, key, run);
	free(key);
	json_decref(shown);
}

static void
add_rows(struct attention *list, const json_t *rows, const struct run *run)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *verdict = fact_text(row, "verdict");

		if (strcmp(verdict, verdict_text(VERDICT_PASS)) != 0 &&
		    strcmp(verdict, verdict_text(VERDICT_NOT_RUN)) != 0)
			add_row(list, row, run);
	}
}

/* What the event's row remarks of the line. */
static void
add_remark(struct attention *list, const char *remark, const json_t *line,
    const struct run *run)
{
	struct buf text = buf_new(CHAIN_LINE_MAX);

	words_fill(&medium_text, &text, PLAIN, line, remark);
	buf_u8(&text, 0);
	if (text.failed)
		list->failed = true;
	else if (text.len > 1)
		add(list->other, (const char *)text.data, run);
	buf_free(&text);
}

static void
add_line(struct attention *list, const json_t *line, const struct run *run)
{
	const struct telling *row = telling_of(line);
	const char *const *remark = row == NULL ? NULL : row->remarks;

	if (line == NULL)
		add(list->other,
		    "A line of the record was torn: power or the program went "
		    "while it was written.",
		    run);
	for (; remark != NULL && *remark != NULL; remark++)
		add_remark(list, *remark, line, run);
	if (strcmp(fact_text(line, "event"), "checks") == 0)
		add_rows(list, json_object_get(line, "rows"), run);
}

static void
add_outcome(struct attention *list, const struct run *run)
{
	if (!run->ended)
		add(list->other,
		    "Interrupted: the run did not come to its end.", run);
	else if (run->status == 1)
		add(list->other, "The run ended with a refusal.", run);
	else if (run->status != 0)
		add(list->other, "The run failed.", run);
}

static void
put_verdicts(struct page *page, json_t *verdicts)
{
	const char *key;
	json_t *runs;

	buf_puts(page->out,
	    "<table class=\"checks\">\n<thead><tr><th>Verdict</th>"
	    "<th>Check</th><th>Clause</th><th>What must hold</th><th>In</th>"
	    "</tr></thead>\n<tbody>\n");
	json_object_foreach(verdicts, key, runs)
	{
		json_t *row = json_loads(key, 0, NULL);
		const char *text[5];

		for (size_t i = 0; i < ARRAY_LEN(text); i++) {
			text[i] = json_string_value(json_array_get(row, i));
			if (text[i] == NULL)
				text[i] = "";
		}
		HTML(page->out,
		    "<tr><td><span class=\"badge $\">$</span></td>"
		    "<td><code>$</code></td><td>$</td><td>$",
		    tone_class(verdict_tone(text[0])), text[0], text[1],
		    text[2], text[3]);
		if (text[4][0] != '\0')
			HTML(page->out,
			    "<div class=\"reason\">Overridden because: "
			    "$</div>",
			    text[4]);
		buf_puts(page->out, "</td><td>");
		page_runs(page, runs);
		buf_puts(page->out, "</td></tr>\n");
		json_decref(row);
	}
	buf_puts(page->out, "</tbody>\n</table>\n");
}

static void
put_other(struct page *page, json_t *other)
{
	const char *key;
	json_t *runs;

	buf_puts(page->out, "<ul>\n");
	json_object_foreach(other, key, runs)
	{
		HTML(page->out, "<li>$ (", key);
		page_runs(page, runs);
		buf_puts(page->out, ")</li>\n");
	}
	buf_puts(page->out, "</ul>\n");
}

void
page_attention(struct page *page)
{
	const struct ceremony *ceremony = page->ceremony;
	struct attention list = { json_object(), json_object(), false };

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		for (size_t k = run->first; k < run->first + run->n; k++)
			add_line(&list, ceremony->log.lines[k].json, run);
		add_outcome(&list, run);
	}
	page->out->failed |= list.failed;
	buf_puts(page->out,
	    "<section id=\"attention\">\n"
	    "<h2>Waivers, overrides, exceptions</h2>\n");
	if (json_object_size(list.verdicts) > 0)
		put_verdicts(page, list.verdicts);
	else
		buf_puts(page->out,
		    "<p>No check was refused, waived or overridden.</p>\n");
	if (json_object_size(list.other) > 0)
		put_other(page, list.other);
	buf_puts(page->out, "</section>\n");
	json_decref(list.verdicts);
	json_decref(list.other);
}
