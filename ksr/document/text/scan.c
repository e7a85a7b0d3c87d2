#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ksr/document/text/scan.h"

bool
scan_refuse(const struct scan *scan, struct place place, struct err *err,
    const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(what, sizeof(what), fmt, ap) < 0)
		what[0] = '\0';
	va_end(ap);
	return err_set(err, E_INPUT, "%s:%zu:%zu: %s", scan->name, place.line,
	    place.column, what);
}

int
scan_peek(const struct scan *scan)
{
	return scan->rest.len == 0 ? -1 : scan->rest.data[0];
}

static void
advance(struct scan *scan)
{
	if (scan->rest.data[0] == '\n')
		scan->place = (struct place){ scan->place.line + 1, 1 };
	else
		scan->place.column++;
	scan->rest.data++;
	scan->rest.len--;
}

static bool
refuse_octet(const struct scan *scan, struct err *err)
{
	int c = scan_peek(scan);

	if (c == -1)
		return scan_refuse(scan, scan->place, err,
		    "the file is cut off: its last line has no end");
	return scan_refuse(scan, scan->place, err,
	    c > 0x20 && c < 0x7f ? "'%c' may not be here" : "octet 0x%02x", c);
}

static bool
append(struct scan *scan, struct word *word, size_t *len, struct err *err)
{
	if (*len == TEXT_LINE_MAX)
		return scan_refuse(scan, word->place, err,
		    "more than %u octets", TEXT_LINE_MAX);
	word->text[(*len)++] = (char)scan->rest.data[0];
	word->text[*len] = '\0';
	advance(scan);
	return true;
}

bool
scan_line(struct scan *scan, struct word *ret, struct err *err)
{
	size_t len = 0;

	ret->place = scan->place;
	ret->ends = false;
	ret->text[0] = '\0';
	while (scan_peek(scan) != '\n') {
		if (scan_peek(scan) < 0x20 || scan_peek(scan) > 0x7e)
			return refuse_octet(scan, err);
		if (!append(scan, ret, &len, err))
			return false;
	}
	advance(scan);
	return true;
}

/* To the end of the line, which stays. */
static bool
skip_comment(struct scan *scan, struct err *err)
{
	while (scan_peek(scan) != '\n') {
		if ((scan_peek(scan) < 0x20 && scan_peek(scan) != '\t') ||
		    scan_peek(scan) > 0x7e)
			return refuse_octet(scan, err);
		advance(scan);
	}
	return true;
}

static bool
is_of_word(int c)
{
	return c > 0x20 && c < 0x7f && strchr("();\"$@\\", c) == NULL;
}

/* A backslash, and a character that means itself behind it (RFC 1035 5.1). */
static bool
take_escaped(struct scan *scan, struct word *ret, size_t *len, struct err *err)
{
	if (!append(scan, ret, len, err))
		return false;
	return scan_peek(scan) > 0x20 && scan_peek(scan) < 0x7f
	    ? append(scan, ret, len, err)
	    : refuse_octet(scan, err);
}

static bool
take_word(struct scan *scan, struct word *ret, struct err *err)
{
	size_t len = 0;

	while (is_of_word(scan_peek(scan)) || scan_peek(scan) == '\\')
		if (scan_peek(scan) == '\\'
			? !take_escaped(scan, ret, &len, err)
			: !append(scan, ret, &len, err))
			return false;
	return true;
}

/* White space, an end of line within parentheses, a parenthesis, a comment. */
static bool
skip(struct scan *scan, bool *ret_skipped, struct err *err)
{
	int c = scan_peek(scan);

	*ret_skipped = true;
	if (c == ' ' || c == '\t' || (c == '\n' && scan->open)) {
		advance(scan);
	} else if (scan->parens && c == ';') {
		return skip_comment(scan, err);
	} else if (scan->parens && c == (scan->open ? ')' : '(')) {
		scan->open = !scan->open;
		advance(scan);
	} else {
		*ret_skipped = false;
	}
	return true;
}

bool
scan_word(struct scan *scan, struct word *ret, struct err *err)
{
	bool skipped = true;

	while (skipped)
		if (!skip(scan, &skipped, err))
			return false;
	ret->place = scan->place;
	ret->text[0] = '\0';
	ret->ends = scan_peek(scan) == '\n';
	if (ret->ends) {
		advance(scan);
		return true;
	}
	return is_of_word(scan_peek(scan)) || scan_peek(scan) == '\\'
	    ? take_word(scan, ret, err)
	    : refuse_octet(scan, err);
}
