#include <stdio.h>
#include <string.h>

#include "signer/script/steps_record.h"
#include "signer/show/page_parts.h"
#include "signer/show/telling.h"
#include "signer/show/zones_told.h"

const char *
run_outcome(const struct run *run)
{
	if (!run->ended)
		return "interrupted";
	if (run->status == 0)
		return "completed";
	return run->status == 1 ? "refused" : "failed";
}

/* The time of day; the run's heading has the date. */
static struct html_value
clock_of(const char *time)
{
	static const size_t at = sizeof("2027-01-01 ") - 1;
	struct html_value whole = html_recorded_time(time), value;

	snprintf(value.s, sizeof(value.s), "%s",
	    strlen(whole.s) > at ? whole.s + at : "");
	return value;
}

static void
put_step(struct page *page, size_t index)
{
	const json_t *line = page->ceremony->log.lines[index].json;
	struct teller teller = teller_html(page->ceremony, page->out);

	HTML(page->out,
	    "<li><span class=\"number\">$</span><time datetime=\"$\">$</time>"
	    "<div>",
	    html_number(index + 1).s, fact_text(line, "time"),
	    clock_of(fact_text(line, "time")).s);
	if (line != NULL)
		tell(&teller, "", line);
	else
		buf_puts(page->out,
		    "<span class=\"badge refuse\">torn line</span> power or "
		    "the program went while it was written");
	buf_puts(page->out, "</div></li>\n");
}

static void
put_interruption(struct page *page, const struct run *run)
{
	char step[STEP_TEXT_SIZE];
	const char *certain = run_interrupted(page->ceremony, run, step);

	HTML(page->out,
	    "<p><span class=\"badge refuse\">interrupted</span> after $: "
	    "$</p>\n",
	    step, certain);
}

static void
put_zone(struct page *page, const struct zone_told *zone)
{
	HTML(page->out,
	    "<tr><td>$</td><td><code>$</code></td><td><span class=\"badge "
	    "$\">$</span>$$</td><td>$</td><td><code>$</code><br/>"
	    "<code>$</code></td></tr>\n",
	    html_number(zone->first + 1).s, zone->zone,
	    zone->why == NULL && zone->response[0] != '\0' ? "pass" : "refuse",
	    zone_outcome(zone), zone->why == NULL ? "" : " ",
	    zone->why == NULL ? "" : zone->why, zone->schema, zone->request,
	    zone->response);
}

/* A row a zone, where the run had several. */
static void
put_zones(struct page *page, const struct run *run)
{
	struct zones_told zones;

	if (!zones_told_of(page->ceremony, run, &zones)) {
		page->out->failed = true;
		return;
	}
	if (zones.n > 0)
		buf_puts(page->out,
		    "<table class=\"zones\">\n<thead><tr><th>Line</th>"
		    "<th>Zone</th><th>Outcome</th><th>Schema</th>"
		    "<th>SHA-256 of request and response</th></tr></thead>\n"
		    "<tbody>\n");
	for (size_t i = 0; i < zones.n; i++)
		put_zone(page, &zones.list[i]);
	if (zones.n > 0)
		buf_puts(page->out, "</tbody>\n</table>\n");
	zones_told_free(&zones);
}

static void
put_details(struct page *page, const struct run *run)
{
	const json_t *head = page->ceremony->log.lines[run->first].json;

	HTML(page->out,
	    "<section id=\"run-$\" class=\"run\">\n<h3>Run $: $, <time>$</time> <span "
	    "class=\"badge $\">$</span></h3>\n<ol class=\"steps\">\n",
	    html_number(run->number).s, html_number(run->number).s,
	    run->command, html_recorded_time(fact_text(head, "time")).s,
	    run_outcome(run), run_outcome(run));
	for (size_t i = run->first; i < run->first + run->n; i++)
		if (!is_of_zone(page->ceremony->log.lines[i].json))
			put_step(page, i);
	buf_puts(page->out, "</ol>\n");
	put_zones(page, run);
	if (!run->ended)
		put_interruption(page, run);
	buf_puts(page->out, "</section>\n");
}

void
page_run_details(struct page *page)
{
	buf_puts(page->out,
	    "<section id=\"steps\">\n<h2>Step by step</h2>\n"
	    "<p>Each step with the number of its line in the "
	    "record and the host's time.</p>\n");
	for (size_t i = 0; i < page->ceremony->n_runs; i++)
		if (!run_is_step(page->ceremony, &page->ceremony->runs[i]))
			put_details(page, &page->ceremony->runs[i]);
	buf_puts(page->out, "</section>\n");
}
