#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/policy/purpose.h"
#include "signer/script/steps_record.h"
#include "signer/show/page_parts.h"

const char *
run_outcome(const struct run *run)
{
	if (!run->ended)
		return "interrupted";
	if (run->status == 0)
		return "completed";
	return run->status == 1 ? "refused" : "failed";
}

static void
put_run(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "arguments"), *argument;
	bool at = json_is_true(json_object_get(line, "rehearsal_time"));
	const char *text;
	size_t i;

	buf_puts(page->out, "began: <code>anchorite");
	HTML(page->out, " $", fact_text(line, "command"));
	json_array_foreach(list, i, argument)
	{
		text = json_string_value(argument);
		HTML(page->out, " $", text == NULL ? "" : text);
	}
	HTML(page->out, "</code><div>decides as of <time>$</time>$</div>",
	    html_recorded_time(fact_text(line, "now")).s,
	    at ? ", given by --at (rehearsal)" : "");
}

static void
put_file(struct page *page, const json_t *line)
{
	bool input = strcmp(fact_text(line, "event"), "input") == 0;

	HTML(page->out, "$ $ ", input ? "read" : "stored",
	    fact_text(line, "role"));
	page_file_link(page, line);
	buf_puts(page->out, "<div>");
	html_digest(page->out, fact_text(line, "sha256"), false);
	buf_puts(page->out, "</div>");
}

static void
put_in_place(struct page *page, const json_t *due)
{
	if (json_is_true(json_object_get(due, "in_place")))
		buf_puts(page->out, ", found in place and not signed again");
}

/* Whatever a plan has for the quarter, a row a response. */
static void
put_planned(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "responses"), *due;
	const char *quarter = fact_text(line, "quarter");
	const char *step = fact_text(line, "step");
	size_t i;

	HTML(page->out, ": the plan's $ responses for <b>$</b>",
	    html_number(json_array_size(list)).s, quarter);
	if (strcmp(quarter, step) != 0)
		HTML(page->out, ", later than planned, by the step of <b>$</b>",
		    step);
	buf_puts(page->out,
	    "<table class=\"covered\"><thead><tr><th>Name</th>"
	    "<th>Schema</th><th>Alternative</th><th>Into</th></tr></thead>"
	    "<tbody>\n");
	json_array_foreach(list, i, due)
	{
		const char *alternative = fact_text(due, "alternative");

		HTML(page->out,
		    "<tr><td><b>$</b></td><td>$</td><td>$</td>"
		    "<td><code>$</code>",
		    fact_text(due, "name"), fact_text(due, "schema"),
		    alternative[0] == '\0' ? "none: as planned" : alternative,
		    fact_text(due, "response"));
		put_in_place(page, due);
		buf_puts(page->out, "</td></tr>\n");
	}
	if (json_array_size(list) == 0)
		buf_puts(page->out, "<tr><td colspan=\"4\">none</td></tr>");
	buf_puts(page->out, "</tbody></table>");
}

static void
put_due(struct page *page, const json_t *line)
{
	const char *alternative = fact_text(line, "alternative");

	HTML(page->out, " into <code>$</code>, schema <b>$</b>",
	    fact_text(line, "response"), fact_text(line, "schema"));
	if (alternative[0] != '\0')
		HTML(page->out, ", as the alternative <b>$</b>", alternative);
	put_in_place(page, line);
}

static void
put_asked(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "overrides"), *override;
	bool first = json_is_true(json_object_get(line, "first"));
	bool batch = json_is_true(json_object_get(line, "batch"));
	size_t i;

	HTML(page->out, "asked to sign <code>$</code>$$",
	    fact_text(line, "request"), first ? ", as the first response" : "",
	    batch ? ", confirmed in advance (--batch)" : "");
	if (json_object_get(line, "responses") != NULL)
		put_planned(page, line);
	else
		put_due(page, line);
	json_array_foreach(list, i, override)
	{
		HTML(page->out,
		    "<div class=\"reason\">overriding <code>$</code> because: "
		    "$</div>",
		    fact_text(override, "id"), fact_text(override, "reason"));
	}
}

static void
put_unused(struct page *page, const json_t *line)
{
	const json_t *ids = json_object_get(line, "ids"), *id;
	size_t i;

	buf_puts(page->out, "overrides that let nothing pass:");
	json_array_foreach(ids, i, id)
	{
		const char *text = json_string_value(id);

		HTML(page->out, " <code>$</code>", text == NULL ? "" : text);
	}
}

static void
put_checks(struct page *page, const json_t *line)
{
	bool accepted = json_is_true(json_object_get(line, "accepted"));
	const char *name = fact_text(line, "name");
	char step[STEP_TEXT_SIZE];

	step_text(line, step);
	HTML(page->out, "$", step);
	if (name[0] != '\0')
		HTML(page->out, " of <b>$</b>", name);
	HTML(page->out, ": <span class=\"badge $\">$</span>",
	    accepted ? "pass" : "refuse", accepted ? "accepted" : "REFUSED");
	page_checks(page, line);
}

static void
put_hsm(struct page *page, const json_t *line)
{
	HTML(page->out,
	    "about to open HSM <b>$</b>, module <code>$</code>, token "
	    "<code>$</code>",
	    fact_text(line, "name"), fact_text(line, "module"),
	    fact_text(line, "token"));
}

static void
put_mapped(struct page *page, const json_t *line)
{
	const json_t *objects = json_object_get(line, "objects"), *object;
	const json_t *name;
	size_t i;

	HTML(page->out, "code of $ files is in memory:",
	    html_number(json_array_size(objects)).s);
	json_array_foreach(objects, i, object)
	{
		HTML(page->out, "$ <code>$</code> $", i == 0 ? "" : ",",
		    fact_text(object, "path"), fact_text(object, "sha256"));
	}
	json_array_foreach(json_object_get(line, "loader"), i, name)
	{
		HTML(page->out, "; the loader was given <code>$</code>",
		    json_is_string(name) ? json_string_value(name) : "?");
	}
}

static void
put_token(struct page *page, const json_t *line)
{
	HTML(page->out, "logged in to token <b>$</b>, serial $, $, $, slot $",
	    fact_text(line, "label"), fact_text(line, "serial"),
	    fact_text(line, "manufacturer"), fact_text(line, "model"),
	    html_integer(line, "slot").s);
}

static void
put_dnskey(struct page *page, const char *name, const json_t *key)
{
	HTML(page->out,
	    "<div>$ <b>$</b>, key tag $, flags $, algorithm $</div>", name,
	    fact_text(key, "key_identifier"), html_integer(key, "key_tag").s,
	    html_integer(key, "flags").s, html_integer(key, "algorithm").s);
}

static void
put_ksks(struct page *page, const json_t *line)
{
	const json_t *ksks = json_object_get(line, "ksks"), *ksk;
	size_t i;

	buf_puts(page->out, "KSKs found in the token");
	json_array_foreach(ksks, i, ksk)
	{
		put_dnskey(
		    page, fact_text(ksk, "name"), json_object_get(ksk, "key"));
	}
}

static void
put_key(struct page *page, const json_t *line)
{
	put_dnskey(page, "made key", json_object_get(line, "key"));
}

static void
put_deletion(struct page *page, const json_t *line)
{
	put_dnskey(page, fact_text(line, "event"),
	    json_object_get(line, "key"));
}

static void
put_discarding(struct page *page, const json_t *line)
{
	const json_t *clash = json_object_get(line, "clashes_with");

	put_dnskey(page, "about to discard", json_object_get(line, "key"));
	HTML(page->out,
	    ", because of its tag: <b>$</b> has or will have key tag $",
	    fact_text(clash, "key_identifier"),
	    html_integer(clash, "key_tag").s);
}

static void
put_zsk_files(struct page *page, const json_t *line)
{
	HTML(page->out, "ZSKs in the files of $", fact_text(line, "path"));
}

static void
put_generating(struct page *page, const json_t *line)
{
	enum key_purpose purpose;
	bool said = purpose_of_name(fact_text(line, "purpose"), &purpose);

	HTML(page->out, "about to make $, <b>$</b>, $, $ bits",
	    said ? purpose_text(purpose) : "a key", fact_text(line, "label"), fact_text(line, "algorithm"),
	    html_integer(line, "bits").s);
}

static void
put_prompt(struct page *page, const json_t *line)
{
	HTML(
	    page->out, "asked the operator: <q>$</q>", fact_text(line, "text"));
}

static void
put_answer(struct page *page, const json_t *line)
{
	HTML(page->out, "answer, by $: <q>$</q>", fact_text(line, "by"),
	    fact_text(line, "text"));
}

/* Which of several responses the line is about. */
static void
put_name(struct page *page, const json_t *line)
{
	if (fact_text(line, "name")[0] != '\0')
		HTML(page->out, "<b>$</b>: ", fact_text(line, "name"));
}

static void
put_signing(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "signatures"), *item;
	size_t i;

	put_name(page, line);
	HTML(page->out,
	    "about to make $ signatures<table class=\"covered\"><thead>"
	    "<tr><th>Slot</th><th>KSK</th><th>SHA-256 of what the signature "
	    "covers</th></tr></thead><tbody>\n",
	    html_number(json_array_size(list)).s);
	json_array_foreach(list, i, item)
	{
		HTML(page->out, "<tr><td>$</td><td>$($)</td><td>",
		    html_integer(item, "bundle").s,
		    html_integer(item, "key_tag").s, fact_text(item, "key"));
		html_digest(
		    page->out, fact_text(item, "to_be_signed_sha256"), false);
		buf_puts(page->out, "</td></tr>\n");
	}
	if (json_array_size(list) == 0)
		buf_puts(page->out, "<tr><td colspan=\"3\">none</td></tr>");
	buf_puts(page->out, "</tbody></table>");
}

static void
put_signed(struct page *page, const json_t *line)
{
	put_name(page, line);
	HTML(page->out,
	    "$ signatures made, each verified in software before the next",
	    html_number(json_array_size(json_object_get(line, "signatures")))
		.s);
}

static void
put_discarded_signatures(struct page *page, const json_t *line)
{
	HTML(page->out,
	    "<strong>$ of $ signatures were made in the token and "
	    "discarded</strong>",
	    html_integer(line, "made").s, html_integer(line, "due").s);
}

static void
put_published(struct page *page, const json_t *line)
{
	buf_puts(page->out, "published ");
	page_file_link(page, line);
	buf_puts(page->out, "<div>");
	html_digest(page->out, fact_text(line, "sha256"), false);
	buf_puts(page->out, "</div>");
}

static void
put_hashed(struct page *page, const json_t *line)
{
	HTML(page->out, "hashed, not stored: <code>$</code><div>",
	    fact_text(line, "path"));
	html_digest(page->out, fact_text(line, "sha256"), false);
	buf_puts(page->out, "</div>");
}

static void
put_activation(struct page *page, const json_t *line)
{
	bool done = strcmp(fact_text(line, "event"), "activated") == 0;

	HTML(page->out, "$ the response to <code>$</code><div>",
	    done ? "activated" : "about to activate", fact_text(line, "id"));
	html_digest(page->out, fact_text(line, "sha256"), false);
	buf_puts(page->out, "</div>");
}

static void
put_adoption(struct page *page, const json_t *line)
{
	json_int_t n = json_integer_value(json_object_get(line, "lines"));

	HTML(page->out, "$ lines of the register",
	    strcmp(fact_text(line, "event"), "adopted") == 0
		? "took up"
		: "about to take up");
	HTML(page->out, ": $", html_number((size_t)n).s);
}

static void
put_register_line(struct page *page, const json_t *line)
{
	json_int_t number = json_integer_value(json_object_get(line, "line"));

	HTML(page->out, "line $ of the register<div>",
	    html_number((size_t)number).s);
	html_digest(page->out, fact_text(line, "sha256"), false);
	buf_puts(page->out, "</div>");
}

static void
put_simulated(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "resolvers"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *fails = fact_text(one, "fails_at");

		HTML(page->out, "<div>simulated <code>$</code>: $$</div>",
		    fact_text(one, "name"),
		    fails[0] == '\0' ? "validates throughout" : "fails at ",
		    fails);
	}
}

static void
put_seal(struct page *page, const json_t *line)
{
	HTML(page->out,
	    "about to sign this record, up to this line, into <code>$</code>, "
	    "with key <b>$</b>, SHA-256<div>",
	    fact_text(line, "path"),
	    fact_text(json_object_get(line, "key"), "key_identifier"));
	html_digest(page->out, fact_text(line, "key_sha256"), true);
	buf_puts(page->out, "</div>");
}

static void
put_selftest(struct page *page, const json_t *line)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i;

	HTML(page->out, "self-test of $ cases; what did not pass:",
	    html_number(json_array_size(rows)).s);
	json_array_foreach(rows, i, row)
	{
		if (strcmp(fact_text(row, "result"), "pass") != 0)
			HTML(page->out,
			    "<div><span class=\"badge $\">$</span> $ $</div>",
			    strcmp(fact_text(row, "result"), "FAIL") == 0
				? "refuse"
				: "not-run",
			    fact_text(row, "result"), fact_text(row, "id"),
			    fact_text(row, "note"));
	}
}

static void
put_compared(struct page *page, const json_t *line)
{
	const json_t *list = json_object_get(line, "differences"), *item;
	size_t i;

	HTML(page->out, "compared manifests: $ differences",
	    html_number(json_array_size(list)).s);
	json_array_foreach(list, i, item)
	{
		HTML(page->out, "<div>$ <code>$</code></div>",
		    fact_text(item, "what"), fact_text(item, "name"));
	}
}

static void
put_end(struct page *page, const json_t *line)
{
	HTML(page->out, "ended with status $", html_integer(line, "status").s);
	if (fact_text(line, "message")[0] != '\0')
		HTML(page->out, ": $", fact_text(line, "message"));
}

static const struct {
	const char *event;
	void (*put)(struct page *page, const json_t *line);
} events[] = {
	{ "run", put_run },
	{ "input", put_file },
	{ "output", put_file },
	{ "asked", put_asked },
	{ "unused overrides", put_unused },
	{ "checks", put_checks },
	{ "hsm", put_hsm },
	{ "mapped", put_mapped },
	{ "token", put_token },
	{ "ksks", put_ksks },
	{ "generating", put_generating },
	{ "key", put_key },
	{ "key to delete", put_deletion },
	{ "deleting", put_deletion },
	{ "deleted", put_deletion },
	{ "discarding", put_discarding },
	{ "discarded", put_deletion },
	{ "zsk files", put_zsk_files },
	{ "prompt", put_prompt },
	{ "answer", put_answer },
	{ "signing", put_signing },
	{ "signed", put_signed },
	{ "signatures discarded", put_discarded_signatures },
	{ "published", put_published },
	{ "hashed", put_hashed },
	{ "simulated", put_simulated },
	{ "step", page_step },
	{ "selftest", put_selftest },
	{ "signing record", put_seal },
	{ "compared", put_compared },
	{ "register line", put_register_line },
	{ "adopting", put_adoption },
	{ "adopted", put_adoption },
	{ "activating", put_activation },
	{ "activated", put_activation },
	{ "end", put_end },
};

static void
put_event(struct page *page, const json_t *line)
{
	const char *event = fact_text(line, "event");
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (strcmp(events[i].event, event) == 0) {
			events[i].put(page, line);
			return;
		}
	}
	/* What a newer program may have written is shown as it stands. */
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	HTML(page->out, "<code>$</code>", text == NULL ? "" : text);
	free(text);
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

	HTML(page->out,
	    "<li><span class=\"number\">$</span><time datetime=\"$\">$</time>"
	    "<div>",
	    html_number(index + 1).s, fact_text(line, "time"),
	    clock_of(fact_text(line, "time")).s);
	if (line != NULL)
		put_event(page, line);
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
		put_step(page, i);
	buf_puts(page->out, "</ol>\n");
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
