/*
 * The Markdown of docs/: headings, paragraphs, lists of one level, tables and
 * code.  A table becomes a list: its first column is the tag.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/bytes.h"
#include "signer/manual/manual.h"
#include "signer/manual/page.h"

#define COLUMNS_MAX 8
#define CODE_MAX    65536

struct guide {
	struct page page;
	char **lines; /* the last is NULL */
	size_t at;
	bool listed; /* within a list */
};

static size_t
indent(const char *line)
{
	return strspn(line, " ");
}

static bool
is_blank(const char *line)
{
	return line[indent(line)] == '\0';
}

static bool
is_item(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return strncmp(line, "- ", 2) == 0 ||
	    (digits > 0 && strncmp(line + digits, ". ", 2) == 0);
}

static bool
begins_block(const char *line)
{
	return is_blank(line) || is_item(line) || strchr("#|", line[0]) ||
	    strncmp(line, "```", 3) == 0;
}

static void
end_list(struct guide *guide)
{
	if (guide->listed)
		page_line(&guide->page, ".El");
	if (guide->listed)
		guide->page.fresh = false;
	guide->listed = false;
}

/* Lines to the end of a paragraph, as text. */
static void
put_lines(struct guide *guide, const char *first)
{
	page_text(&guide->page, first);
	while (guide->lines[++guide->at] != NULL &&
	    !begins_block(guide->lines[guide->at]))
		page_text(&guide->page, guide->lines[guide->at]);
}

static void
put_item(struct guide *guide)
{
	const char *line = guide->lines[guide->at];

	if (!guide->listed)
		page_line(
		    &guide->page, ".Bl -%s", *line == '-' ? "bullet" : "enum");
	guide->listed = true;
	page_line(&guide->page, ".It");
	put_lines(guide, strchr(line, ' ') + 1);
}

/* Lines of code, without what they are all indented by. */
static void
put_code(struct guide *guide, size_t margin, size_t end)
{
	struct buf code = buf_new(CODE_MAX);

	for (; guide->at < end; guide->at++) {
		const char *line = guide->lines[guide->at];
		size_t skip = strspn(line, " ");

		buf_puts(&code, line + (skip < margin ? skip : margin));
		buf_puts(&code, "\n");
	}
	buf_u8(&code, 0);
	if (code.failed)
		abort();
	page_literal(&guide->page, (const char *)code.data);
	buf_free(&code);
}

static void
put_fenced(struct guide *guide)
{
	size_t end = ++guide->at;

	while (guide->lines[end] != NULL &&
	    strncmp(guide->lines[end], "```", 3) != 0)
		end++;
	put_code(guide, 0, end);
	guide->at += guide->lines[end] != NULL;
}

static void
put_indented(struct guide *guide)
{
	size_t margin = indent(guide->lines[guide->at]), end = guide->at;

	for (size_t i = end; guide->lines[i] != NULL &&
	     (is_blank(guide->lines[i]) || indent(guide->lines[i]) >= margin);
	     i++)
		if (!is_blank(guide->lines[i]))
			end = i + 1;
	put_code(guide, margin, end);
}

/* A row's cells, their blanks cut off, in row itself; how many they are. */
static size_t
split_row(char *row, char *cells[COLUMNS_MAX])
{
	bool code = false;
	size_t n = 0;

	for (char *c = row; *c != '\0'; c++) {
		code ^= *c == '`';
		if (*c != '|' || code)
			continue;
		for (char *end = c; end > row && end[-1] == ' '; end--)
			end[-1] = '\0';
		*c = '\0';
		if (n < COLUMNS_MAX)
			cells[n++] = c + 1 + indent(c + 1);
	}
	return n == 0 ? 0 : n - 1;
}

/* The column that the others only specify; 0 where there is none. */
static size_t
meaning_of(size_t n, char **heads)
{
	size_t i = n - 1;

	while (n > 2 && i > 0 && strcmp(heads[i], "meaning") != 0)
		i--;
	return i;
}

/* "type: number; default: `9`", and what it means. */
static void
put_cells(struct page *page, size_t n, char **heads, char **cells)
{
	size_t meaning = meaning_of(n, heads);
	char text[PAGE_WORD_MAX] = "";

	for (size_t i = 1; i < n; i++) {
		size_t len = strlen(text);

		if (cells[i][0] != '\0' && i != meaning)
			snprintf(text + len, sizeof(text) - len, "%s%s: %s",
			    len == 0 ? "" : "; ", heads[i], cells[i]);
	}
	page_text(page, text);
	if (meaning == 0 || cells[meaning][0] == '\0')
		return;
	if (text[0] != '\0')
		page_paragraph(page);
	page_text(page, cells[meaning]);
}

static void
put_table(struct guide *guide)
{
	char *heads[COLUMNS_MAX], *cells[COLUMNS_MAX];
	size_t n = split_row(guide->lines[guide->at], heads);

	page_line(&guide->page, ".Bl -tag -width Ds");
	guide->at += 2; /* behind what is under the heads */
	for (; guide->lines[guide->at] != NULL &&
	     guide->lines[guide->at][0] == '|';
	     guide->at++) {
		if (split_row(guide->lines[guide->at], cells) != n)
			abort();
		page_tag(&guide->page, cells[0]);
		put_cells(&guide->page, n, heads, cells);
	}
	page_line(&guide->page, ".El");
	guide->page.fresh = false;
}

static void
put_heading(struct guide *guide)
{
	const char *line = guide->lines[guide->at++];
	size_t level = strspn(line, "#");

	if (level > 1)
		page_heading(
		    &guide->page, level == 2 ? "Sh" : "Ss", line + level + 1);
	else
		page_heading(&guide->page, "Sh", "DESCRIPTION");
}

static void
put_block(struct guide *guide)
{
	const char *line = guide->lines[guide->at];
	bool inside = guide->listed && indent(line) > 0;

	if (is_item(line)) {
		put_item(guide);
		return;
	}
	if (!inside)
		end_list(guide);
	if (line[0] == '#') {
		put_heading(guide);
	} else if (line[0] == '|') {
		put_table(guide);
	} else if (strncmp(line, "```", 3) == 0) {
		put_fenced(guide);
	} else if (indent(line) >= (inside ? 6U : 4U)) {
		put_indented(guide);
	} else {
		page_paragraph(&guide->page);
		put_lines(guide, line);
	}
}

/* The document's lines, each ended; ends the program where there is none. */
static char **
read_lines(const char *path)
{
	FILE *in = fopen(path, "r");
	char **lines = NULL, *line = NULL;
	size_t n = 0, size = 0;

	if (in == NULL) {
		perror(path);
		exit(2);
	}
	do {
		lines = reallocarray(lines, n + 1, sizeof(*lines));
		if (lines == NULL)
			abort();
		lines[n] = NULL;
		if (getline(&line, &size, in) >= 0) {
			line[strcspn(line, "\n")] = '\0';
			lines[n] = line;
			line = NULL;
			size = 0;
		}
	} while (lines[n++] != NULL);
	free(line);
	fclose(in);
	return lines;
}

void
guide_page(
    FILE *out, const char *name, const char *summary, const char *document)
{
	struct guide guide = { .lines = read_lines(document) };

	page_begin(&guide.page, out, name, 5, summary);
	guide.page.markdown = true;
	while (guide.lines[guide.at] != NULL) {
		if (is_blank(guide.lines[guide.at]))
			guide.at++;
		else
			put_block(&guide);
	}
	end_list(&guide);
	page_line(&guide.page, ".Sh SEE ALSO\n.Xr anchorite 1");
	for (size_t i = 0; guide.lines[i] != NULL; i++)
		free(guide.lines[i]);
	free(guide.lines);
}
