#include <string.h>

#include "signer/report_parts.h"
#include "signer/steps_record.h"

static const char *
class_of(const json_t *line)
{
	static const struct {
		enum step_event event;
		const char *class;
	} classes[] = {
		{ STEP_DONE, "pass" },
		{ STEP_END, "pass" },
		{ STEP_FAILED, "refuse" },
		{ STEP_ABORTED, "refuse" },
		{ STEP_EXCEPTION, "refuse" },
		{ STEP_REPEATED, "waived" },
		{ STEP_BACK, "waived" },
		{ STEP_SKIPPED, "waived" },
		{ STEP_PAUSED, "waived" },
		{ STEP_RESUMED, "waived" },
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (is_step_of(line, classes[i].event))
			return classes[i].class;
	return "not-run";
}

static void
put_fact(struct page *page, const char *what, const json_t *line,
    const char *key)
{
	if (fact_text(line, key)[0] != '\0')
		HTML(page->out, "<div>$$</div>", what, fact_text(line, key));
}

/* All that was told of the step, each fact on a line of its own. */
static void
put_facts(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "answers"), *item;
	size_t i;

	put_fact(page, "", line, "kind");
	put_fact(page, "", line, "title");
	json_array_foreach(list, i, item)
	{
		HTML(page->out, "<div>asked: <q>$</q> answer: <q>$</q></div>",
		    fact_text(item, "prompt"), fact_text(item, "answer"));
	}
	put_fact(page, "", line, "text");
	put_fact(page, "expected: ", line, "expected");
	put_fact(page, "happened: ", line, "happened");
	put_fact(page, "decided: ", line, "decided");
}

void
page_step(struct page *page, const json_t *line)
{
	HTML(page->out, "script $ <span class=\"badge $\">$</span>",
	    fact_text(line, "number"), class_of(line),
	    fact_text(line, "step"));
	put_facts(page, line);
}

/* A run that did nothing else has its place here: links to it lead here. */
static void
put_row(struct page *page, const struct run *run, const json_t *line)
{
	struct html_value number = html_number(run->number);

	buf_puts(page->out, "<tr");
	if (run_is_step(page->ceremony, run))
		HTML(page->out, " id=\"run-$\"", number.s);
	HTML(page->out,
	    "><td>$</td><td>$</td><td>$</td><td><span class=\"badge $\">$"
	    "</span></td><td>",
	    number.s, html_recorded_time(fact_text(line, "time")).s,
	    fact_text(line, "number"), class_of(line),
	    fact_text(line, "step"));
	put_facts(page, line);
	HTML(page->out, "</td><td>$</td><td>$</td></tr>\n",
	    fact_text(line, "initials"), fact_text(line, "role"));
}

static bool
has_steps(const struct ceremony *ceremony)
{
	for (size_t i = 0; i < ceremony->log.n; i++)
		if (is_step(ceremony->log.lines[i].json))
			return true;
	return false;
}

void
page_script(struct page *page)
{
	const struct ceremony *ceremony = page->ceremony;

	if (!has_steps(ceremony))
		return;
	buf_puts(page->out,
	    "<section id=\"script\">\n<h2>Script</h2>\n"
	    "<p>The steps of the ceremony's script as they were put on "
	    "record, with the host's time and the initials given.</p>\n"
	    "<table class=\"runs\">\n<thead><tr><th>Run</th><th>Time</th>"
	    "<th>Step</th><th>Event</th><th>What was told</th>"
	    "<th>Initials</th><th>Role</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		for (size_t k = run->first; k < run->first + run->n; k++)
			if (is_step(ceremony->log.lines[k].json))
				put_row(
				    page, run, ceremony->log.lines[k].json);
	}
	buf_puts(page->out, "</tbody>\n</table>\n</section>\n");
}
