#include <string.h>

#include "signer/show/page_parts.h"
#include "signer/show/teller.h"

static void
put_mark(struct buf *out, char mark, bool opens, enum tone tone)
{
	static const struct {
		char mark;
		const char *opens, *closes;
	} marks[] = {
		{ '"', "<b>", "</b>" },
		{ '`', "<code>", "</code>" },
		{ '*', "<strong>", "</strong>" },
		{ '^', "<q>", "</q>" },
		{ '|', "</td><td>", "</td><td>" },
		{ '~', NULL, "</span>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (marks[i].mark != mark)
			continue;
		if (opens && marks[i].opens == NULL)
			HTML(out, "<span class=\"badge $\">", tone_class(tone));
		else
			buf_puts(out, opens ? marks[i].opens : marks[i].closes);
	}
}

/* The forms that only a page has; all others are texts. */
static void
put_fact(
    struct buf *out, const json_t *facts, const char *text, const char *form)
{
	if (strcmp(form, "file") == 0)
		html_file_link(out, facts);
	else if (strcmp(form, "hash") == 0)
		html_digest(out, text, false);
	else if (strcmp(form, "time") == 0)
		HTML(out, "<time>$</time>", html_recorded_time(text).s);
	else if (strcmp(form, "told") == 0)
		html_told(out, text);
	else
		html_text(out, text);
}

static const struct medium html = { put_mark, put_fact };

static void
put_line(struct teller *teller, enum tone tone, const char *first, size_t left,
    const json_t *facts, const char *words)
{
	(void)first;
	(void)left;
	words_fill(&html, teller->out, tone, facts, words);
}

static void
put_part(struct teller *teller, enum tone tone, const char *class,
    const json_t *facts, const char *words)
{
	if (class == NULL)
		buf_puts(teller->out, "<div>");
	else
		HTML(teller->out, "<div class=\"$\">", class);
	words_fill(&html, teller->out, tone, facts, words);
	buf_puts(teller->out, "</div>");
}

static void
put_hash(struct teller *teller, const char *hex, bool words)
{
	buf_puts(teller->out, "<div>");
	html_digest(teller->out, hex, words);
	buf_puts(teller->out, "</div>");
}

/* The page has a part for the files themselves, with all their words. */
static void
put_file(struct teller *teller, const json_t *facts)
{
	put_hash(teller, fact_text(facts, "sha256"), false);
}

static size_t
put_heads(struct buf *out, const char *heads)
{
	size_t n = 0;

	while (*heads != '\0') {
		size_t len = strcspn(heads, "|");

		buf_puts(out, "<th>");
		buf_put(out, heads, len);
		buf_puts(out, "</th>");
		heads += len + (heads[len] == '|' ? 1 : 0);
		n++;
	}
	return n;
}

static void
put_table(struct teller *teller, const json_t *list, const char *heads,
    const char *cells,
    void (*tell_item)(struct teller *teller, const json_t *item, size_t i))
{
	struct buf *out = teller->out;
	const json_t *item;
	size_t i, columns;

	(void)tell_item;
	buf_puts(out, "<table class=\"covered\"><thead><tr>");
	columns = put_heads(out, heads);
	buf_puts(out, "</tr></thead><tbody>\n");
	json_array_foreach(list, i, item)
	{
		buf_puts(out, "<tr><td>");
		words_fill(&html, out, PLAIN, item, cells);
		buf_puts(out, "</td></tr>\n");
	}
	if (json_array_size(list) == 0)
		HTML(out, "<tr><td colspan=\"$\">none</td></tr>",
		    html_number(columns).s);
	buf_puts(out, "</tbody></table>");
}

static void
put_checks(struct teller *teller, const json_t *facts)
{
	html_checks(teller->out, facts);
}

static const struct verbs verbs = {
	.line = put_line,
	.part = put_part,
	.hash = put_hash,
	.file = put_file,
	.table = put_table,
	.checks = put_checks,
};

struct teller
teller_html(const struct ceremony *ceremony, struct buf *out)
{
	return (struct teller){
		.verbs = &verbs,
		.ceremony = ceremony,
		.clock = "",
		.first = "",
		.out = out,
	};
}
