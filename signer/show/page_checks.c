#include <string.h>

#include "ksr/rules/check.h"
#include "signer/show/page_parts.h"

const char *
verdict_class(const char *verdict)
{
	static const struct {
		enum verdict verdict;
		const char *class;
	} classes[] = {
		{ VERDICT_PASS, "pass" },
		{ VERDICT_WAIVED, "waived" },
		{ VERDICT_OVERRIDDEN, "overridden" },
		{ VERDICT_NOT_RUN, "not-run" },
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strcmp(verdict, verdict_text(classes[i].verdict)) == 0)
			return classes[i].class;
	return "refuse";
}

static void
put_finding(struct page *page, const json_t *finding)
{
	json_int_t bundle =
	    json_integer_value(json_object_get(finding, "bundle"));

	buf_puts(
	    page->out, "<tr class=\"finding\"><td></td><td colspan=\"3\">");
	if (bundle > 0)
		HTML(page->out, "<div>Bundle $ <code>$</code></div>",
		    html_integer(finding, "bundle").s,
		    fact_text(finding, "bundle_id"));
	HTML(page->out,
	    "<div><b>Seen</b> $</div><div><b>Required</b> $</div></td></tr>\n",
	    fact_text(finding, "seen"), fact_text(finding, "required"));
}

static void
put_row(struct page *page, const json_t *row)
{
	const char *verdict = fact_text(row, "verdict");
	const char *note = fact_text(row, "note");
	const char *reason = fact_text(row, "reason");
	const json_t *list = json_object_get(row, "findings"), *finding;
	size_t i;

	HTML(page->out,
	    "<tbody><tr><td><span class=\"badge $\">$</span></td>"
	    "<td><code>$</code></td><td>$</td><td>$",
	    verdict_class(verdict), verdict, fact_text(row, "id"),
	    fact_text(row, "clause"), fact_text(row, "title"));
	if (note[0] != '\0')
		HTML(page->out, "<div class=\"note\">$</div>", note);
	if (reason[0] != '\0')
		HTML(page->out,
		    "<div class=\"reason\">Overridden because: $</div>",
		    reason);
	buf_puts(page->out, "</td></tr>\n");
	json_array_foreach(list, i, finding)
	{
		put_finding(page, finding);
	}
	if (json_integer_value(json_object_get(row, "more_findings")) > 0)
		HTML(page->out,
		    "<tr class=\"finding\"><td></td><td colspan=\"3\">and $ "
		    "more findings, not recorded</td></tr>\n",
		    html_integer(row, "more_findings").s);
	buf_puts(page->out, "</tbody>\n");
}

void
page_checks(struct page *page, const json_t *line)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i;

	buf_puts(page->out,
	    "<table class=\"checks\">\n<thead><tr><th>Verdict</th>"
	    "<th>Check</th><th>Clause</th><th>What must "
	    "hold</th></tr></thead>\n");
	json_array_foreach(rows, i, row)
	{
		put_row(page, row);
	}
	/* A table without a row would be no table. */
	if (json_array_size(rows) == 0)
		buf_puts(page->out,
		    "<tbody><tr><td colspan=\"4\">none</td></tr></tbody>\n");
	buf_puts(page->out, "</table>\n");
}
