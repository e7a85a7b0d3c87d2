/*
 * A text taken apart into lines and words, each with its place.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"

struct place {
	size_t line, column; /* from 1 */
};

struct word {
	struct place place;
	bool ends; /* the record; there is no text */
	char text[TEXT_LINE_MAX + 1];
};

struct scan {
	const char *name; /* of the file, in messages */
	struct bytes rest;
	struct place place;
	bool parens; /* whether there may be any, and comments */
	bool open;   /* within parentheses */
};

/* "name:line:column: ..."; E_INPUT, false. */
bool scan_refuse(const struct scan *scan, struct place place, struct err *err,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The octet that is next; -1 at the end. */
int scan_peek(const struct scan *scan);

/* The rest of the line, printable ASCII and spaces, without its end. */
MUST_USE bool scan_line(struct scan *scan, struct word *ret, struct err *err);

/* The next word of a record, or its end. */
MUST_USE bool scan_word(struct scan *scan, struct word *ret, struct err *err);
