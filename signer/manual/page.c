#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ksr/base/text.h"
#include "signer/manual/page.h"

#define PAGE_WIDTH 78

static void
end_line(struct page *page)
{
	if (page->column > 0)
		fputc('\n', page->out);
	page->column = 0;
}

void
page_line(struct page *page, const char *format, ...)
{
	va_list args;

	end_line(page);
	va_start(args, format);
	vfprintf(page->out, format, args);
	va_end(args);
	fputc('\n', page->out);
	page->fresh = true;
}

void
page_begin(struct page *page, FILE *out, const char *name, int section,
    const char *summary)
{
	char title[64] = "", day[64] = "";
	int64_t released = 0;
	time_t date;

	*page = (struct page){ .out = out };
	for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof(title); i++)
		title[i] = (char)toupper((unsigned char)name[i]);
	if (!time_parse(ANCHORITE_RELEASED, &released))
		abort();
	date = (time_t)released;
	strftime(day, sizeof(day), "%B %e, %Y", gmtime(&date));
	page_line(page, ".Dd %s", day);
	page_line(page, ".Dt %s %d", title, section);
	page_line(page, ".Os");
	page_line(page, ".Sh NAME\n.Nm %s\n.Nd %s", name, summary);
}

static void
put(struct page *page, const char *text)
{
	size_t len = strlen(text);

	if (page->len + len >= sizeof(page->word))
		abort(); /* no word of the documents is so long */
	memcpy(page->word + page->len, text, len + 1);
	page->len += len;
}

/* A character as roff has it: what is code is for copying. */
static void
put_char(struct page *page, char c)
{
	static const struct {
		char c;
		const char *code, *text;
	} names[] = {
		{ '\\', "\\e", "\\e" },
		{ '-', "\\-", "-" },
		{ '\'', "\\(aq", "'" },
		{ '~', "\\(ti", "\\(ti" },
		{ '^', "\\(ha", "\\(ha" },
		{ '"', "\\(dq", "\\(dq" },
	};
	const char plain[2] = { c, '\0' };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].c == c) {
			put(page, page->code ? names[i].code : names[i].text);
			return;
		}
	put(page, plain);
}

static void
put_font(struct page *page)
{
	put(page,
	    page->code || page->bold ? "\\fB"
		: page->italic       ? "\\fI"
				     : "\\fR");
}

/* True where the word ends a sentence, in whatever font; "e.g." does not. */
static bool
ends_sentence(const struct page *page)
{
	size_t len = page->len;

	while (len > 0) {
		char c = page->word[len - 1];

		if (len >= 3 && strncmp(page->word + len - 3, "\\f", 2) == 0)
			len -= 3;
		else if (c == ')')
			len--;
		else
			return strchr("!?", c) != NULL ||
			    (c == '.' &&
				(len < 3 || page->word[len - 3] != '.'));
	}
	return false;
}

/* What is not to be divided: code, and the names of files. */
static bool
is_prose(const char *word)
{
	return strpbrk(word, "/_") == NULL && strstr(word, "\\fB") == NULL;
}

static void
put_word(struct page *page)
{
	if (page->len == 0)
		return;
	if (page->column > 0 && page->column + 1 + page->len > PAGE_WIDTH)
		end_line(page);
	if (page->column > 0)
		page->column += (size_t)fprintf(page->out, " ");
	else if (strchr(".'", page->word[0]) != NULL)
		page->column += (size_t)fprintf(page->out, "\\&");
	page->column += (size_t)fprintf(
	    page->out, "%s%s", is_prose(page->word) ? "" : "\\%", page->word);
	if (ends_sentence(page))
		end_line(page);
	page->len = 0;
	page->fresh = false;
}

/* Markdown's marks at text; how many characters they are, 0 for none. */
static size_t
put_mark(struct page *page, const char *text)
{
	const char *end;

	if (strncmp(text, "**", 2) == 0) {
		page->bold = !page->bold;
		put_font(page);
		return 2;
	}
	if (*text == '*' && (page->italic || isalpha((unsigned char)text[1]))) {
		page->italic = !page->italic;
		put_font(page);
		return 1;
	}
	if (strncmp(text, "](", 2) == 0) {
		end = strchr(text, ')');
		return end == NULL ? 0 : (size_t)(end - text) + 1;
	}
	end = *text == '[' ? strchr(text, ']') : NULL;
	return end != NULL && end[1] == '(' ? 1 : 0;
}

static void
put_marked(struct page *page, const char *text)
{
	while (*text != '\0') {
		size_t len = 0;

		if (page->markdown && !page->code)
			len = put_mark(page, text);
		if (len > 0) {
			text += len;
			continue;
		}
		if (*text == '`') {
			page->code = !page->code;
			put_font(page);
		} else if (isspace((unsigned char)*text)) {
			put_word(page);
		} else {
			put_char(page, *text);
		}
		text++;
	}
}

void
page_text(struct page *page, const char *text)
{
	put_marked(page, text);
	put_word(page);
}

void
page_heading(struct page *page, const char *macro, const char *title)
{
	char plain[128];
	size_t len = 0;

	for (; *title != '\0' && len + 1 < sizeof(plain); title++)
		if (*title != '`')
			plain[len++] = *title;
	plain[len] = '\0';
	page_line(page, ".%s %s", macro, plain);
}

/* One word to mdoc, in which no part is taken for a macro. */
void
page_tag(struct page *page, const char *text)
{
	put(page, "");
	for (; *text != '\0'; text++) {
		if (*text == ' ')
			put(page, " ");
		else
			put_marked(page, (const char[]){ *text, '\0' });
	}
	page_line(page, ".It \"\\&%s\"", page->word);
	page->len = 0;
}

void
page_paragraph(struct page *page)
{
	if (!page->fresh)
		page_line(page, ".Pp");
}

void
page_literal(struct page *page, const char *text)
{
	page_line(page, ".Bd -literal");
	while (*text != '\0') {
		page->code = true;
		if (strchr(".'", *text) != NULL)
			put(page, "\\&");
		for (; *text != '\0' && *text != '\n'; text++)
			put_char(page, *text);
		fprintf(page->out, "%s\n", page->len == 0 ? "" : page->word);
		page->len = 0;
		page->code = false;
		text += *text == '\n';
	}
	page_line(page, ".Ed");
	page->fresh = false;
}

void
page_help(struct page *page, const char *text)
{
	while (*text != '\0') {
		const char *end = strstr(text, "\n\n");
		size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
		char *part = strndup(text, len);

		if (part == NULL)
			abort();
		/* Two blanks within a line, or before it, are columns. */
		if (strstr(part, "\n ") != NULL) {
			page_literal(page, part);
		} else {
			page_paragraph(page);
			page_text(page, part);
		}
		free(part);
		text += len;
		text += strspn(text, "\n");
	}
}
