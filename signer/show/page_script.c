#include <string.h>

#include "signer/script/steps_record.h"
#include "signer/show/page_parts.h"
#include "signer/show/telling.h"

/* Octets of one value of a script; run takes no longer one. */
#define SCRIPT_VALUE_MAX 4096u

/* A run that did nothing else has its place here: links to it lead here. */
static void
put_row(struct page *page, const struct run *run, const json_t *line)
{
	struct teller teller = teller_html(page->ceremony, page->out);
	struct html_value number = html_number(run->number);

	buf_puts(page->out, "<tr");
	if (run_is_step(page->ceremony, run))
		HTML(page->out, " id=\"run-$\"", number.s);
	HTML(page->out,
	    "><td>$</td><td><time>$</time></td><td>$</td><td><span class=\"badge $\">$"
	    "</span></td><td>",
	    number.s, html_recorded_time(fact_text(line, "time")).s,
	    fact_text(line, "number"), tone_class(step_tone(line)),
	    fact_text(line, "step"));
	tell_step_facts(&teller, line);
	HTML(page->out, "</td><td>$</td><td>$</td></tr>\n",
	    fact_text(line, "initials"), fact_text(line, "role"));
}

/* The value of a line NAME=VALUE of the text, or nothing. */
static struct bytes
value_of(struct bytes text, const char *name)
{
	size_t len = strlen(name);

	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t line = end == NULL ? text.len : (size_t)(end - text.data);

		if (line > len && memcmp(text.data, name, len) == 0 &&
		    text.data[len] == '=')
			return (struct bytes){ text.data + len + 1,
				line - len - 1 };
		line += end == NULL ? 0 : 1;
		text.data += line;
		text.len -= line;
	}
	return (struct bytes){ NULL, 0 };
}

static void
put_named(struct page *page, struct bytes values, const char *title,
    const char *name)
{
	struct bytes value = value_of(values, name);
	char text[SCRIPT_VALUE_MAX + 1];

	if (value.len == 0 || value.len > SCRIPT_VALUE_MAX)
		return;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	HTML(page->out, "<tr><th scope=\"row\">$</th><td>$</td><td></td></tr>\n",
	    title, text);
}

bool
page_ceremony(struct page *page, struct err *err)
{
	static const char *const rows[][2] = {
		{ "Ceremony", "CEREMONY_NAME" },
		{ "Date", "CEREMONY_DATE" },
		{ "Place", "CEREMONY_PLACE" },
	};
	const struct ceremony *ceremony = page->ceremony;
	bool ok = true;

	for (size_t i = 0; ok && i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;
		struct buf values = buf_new(CONFIG_FILE_MAX);

		if (strcmp(fact_text(line, "event"), "input") == 0 &&
		    strcmp(fact_text(line, "role"), VALUES_ROLE) == 0) {
			ok = stored_read(ceremony, line, &values, err);
			for (size_t k = 0; ok && k < ARRAY_LEN(rows); k++)
				put_named(page, buf_bytes(&values), rows[k][0],
				    rows[k][1]);
		}
		buf_free(&values);
	}
	return ok;
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
	    "<table class=\"script\">\n<thead><tr><th>Run</th><th>Time</th>"
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
