#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check.h"
#include "signer/script/steps_record.h"
#include "signer/show/page_parts.h"

/*
 * The list at the top: departures from a ceremony in which everything passed,
 * each with the runs it belongs to.
 */
struct attention {
	json_t *verdicts; /* row without findings -> runs; owned */
	json_t *other;    /* text -> runs; owned */
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

/* What departs from the script, in the words of those who were there. */
static void
add_step(struct attention *list, const json_t *line, const struct run *run)
{
	static const enum step_event departures[] = { STEP_FAILED,
		STEP_REPEATED, STEP_BACK, STEP_SKIPPED, STEP_ABORTED };
	const char *number = fact_text(line, "number");
	const char *separator = number[0] == '\0' ? "" : " at step ";
	const char *told = fact_text(line, "text");
	json_t *text = NULL;

	if (is_step_of(line, STEP_EXCEPTION))
		text = json_sprintf(
		    "EXCEPTION%s%s. Expected: %s. Happened: %s. Decided: %s.",
		    separator, number, fact_text(line, "expected"),
		    fact_text(line, "happened"), fact_text(line, "decided"));
	for (size_t i = 0; i < ARRAY_LEN(departures); i++)
		if (is_step_of(line, departures[i]))
			text = json_sprintf("Script %s%s%s%s%s",
			    step_event_text(departures[i]), separator, number,
			    told[0] == '\0' ? "" : ": ", told);
	if (text != NULL)
		add(list->other, json_string_value(text), run);
	json_decref(text);
}

/* What a signing was declared to be. */
static void
add_declared(struct attention *list, const json_t *line, const struct run *run)
{
	const json_t *replaces = json_object_get(line, "replaces");
	const char *names[] = { "alternative", "fallback" };
	json_t *text;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (fact_text(line, names[i])[0] == '\0')
			continue;
		text = json_sprintf("Declared: %s \"%s\", for slots that were "
				    "signed before.",
		    i == 0 ? "alternative" : "fallback request",
		    fact_text(line, names[i]));
		add(list->other, json_string_value(text), run);
		json_decref(text);
	}
	if (!json_is_object(replaces))
		return;
	text = json_sprintf("Declared: replacement of response %s, because: %s",
	    fact_text(replaces, "response_sha256"),
	    fact_text(replaces, "reason"));
	add(list->other, json_string_value(text), run);
	json_decref(text);
}

static void
add_line(struct attention *list, const json_t *line, const struct run *run)
{
	const char *event = fact_text(line, "event");

	if (line == NULL)
		add(list->other,
		    "A line of the record was torn: power or the program went "
		    "while it was written.",
		    run);
	if (strcmp(event, "run") == 0 &&
	    json_is_true(json_object_get(line, "rehearsal_time")))
		add(list->other,
		    "Rehearsal: decisions were made as of a time that --at "
		    "gave, not as of the clock's.",
		    run);
	if (strcmp(event, "asked") == 0 &&
	    json_is_true(json_object_get(line, "batch")))
		add(list->other,
		    "Confirmed in advance by --batch: nobody was asked before "
		    "the KSK was used.",
		    run);
	if (strcmp(event, "asked") == 0 &&
	    json_is_true(json_object_get(line, "first")))
		add(list->other,
		    "Signed as the first response: there was no previous one "
		    "to chain to.",
		    run);
	if (strcmp(event, "input") == 0 &&
	    strcmp(fact_text(line, "role"), "response in place") == 0)
		add(list->other,
		    "A response that an interrupted run had published before "
		    "was found in place and not signed again.",
		    run);
	if (strcmp(event, "asked") == 0 &&
	    json_is_true(json_object_get(line, "other_active")))
		add(list->other,
		    "The previous response was not the one that the register "
		    "had as active.",
		    run);
	if (strcmp(event, "asked") == 0)
		add_declared(list, line, run);
	if (strcmp(event, "adopted") == 0)
		add(list->other,
		    "The register took up lines that were not written by this "
		    "ceremony.",
		    run);
	if (strcmp(event, "unused overrides") == 0)
		add(list->other,
		    "An override was given that let no finding pass.", run);
	if (is_step(line))
		add_step(list, line, run);
	if (strcmp(event, "checks") == 0)
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
		    verdict_class(text[0]), text[0], text[1], text[2], text[3]);
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
	struct attention list = { json_object(), json_object() };

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		for (size_t k = run->first; k < run->first + run->n; k++)
			add_line(&list, ceremony->log.lines[k].json, run);
		add_outcome(&list, run);
	}
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
