#include <string.h>

#include "signer/show/page_parts.h"
#include "signer/show/teller.h"

static void
put_finding(struct buf *out, const json_t *finding)
{
	json_int_t bundle =
	    json_integer_value(json_object_get(finding, "bundle"));

	buf_puts(
	    out, "<tr class=\"finding\"><td></td><td colspan=\"3\">");
	if (bundle > 0)
		HTML(out, "<div>Bundle $ <code>$</code></div>",
		    html_integer(finding, "bundle").s,
		    fact_text(finding, "bundle_id"));
	HTML(out,
	    "<div><b>Seen</b> $</div><div><b>Required</b> $</div></td></tr>\n",
	    fact_text(finding, "seen"), fact_text(finding, "required"));
}

static void
put_row(struct buf *out, const json_t *row)
{
	const char *verdict = fact_text(row, "verdict");
	const char *note = fact_text(row, "note");
	const char *reason = fact_text(row, "reason");
	const json_t *list = json_object_get(row, "findings"), *finding;
	size_t i;

	HTML(out,
	    "<tbody><tr><td><span class=\"badge $\">$</span></td>"
	    "<td><code>$</code></td><td>$</td><td>$",
	    tone_class(verdict_tone(verdict)), verdict, fact_text(row, "id"),
	    fact_text(row, "clause"), fact_text(row, "title"));
	if (note[0] != '\0')
		HTML(out, "<div class=\"note\">$</div>", note);
	if (reason[0] != '\0')
		HTML(out,
		    "<div class=\"reason\">Overridden because: $</div>",
		    reason);
	buf_puts(out, "</td></tr>\n");
	json_array_foreach(list, i, finding)
	{
		put_finding(out, finding);
	}
	if (json_integer_value(json_object_get(row, "more_findings")) > 0)
		HTML(out,
		    "<tr class=\"finding\"><td></td><td colspan=\"3\">and $ "
		    "more findings, not recorded</td></tr>\n",
		    html_integer(row, "more_findings").s);
	buf_puts(out, "</tbody>\n");
}

void
html_checks(struct buf *out, const json_t *line)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i;

	buf_puts(out,
	    "<table class=\"checks\">\n<thead><tr><th>Verdict</th>"
	    "<th>Check</th><th>Clause</th><th>What must "
	    "hold</th></tr></thead>\n");
	json_array_foreach(rows, i, row)
	{
		put_row(out, row);
	}
	/* A table without a row would be no table. */
	if (json_array_size(rows) == 0)
		buf_puts(out,
		    "<tbody><tr><td colspan=\"4\">none</td></tr></tbody>\n");
	buf_puts(out, "</table>\n");
}
