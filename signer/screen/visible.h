/*
 * Which octets of a line a screen is sent as they are: the one place that knows
 * the locale, and no more of it than LC_CTYPE.  The program itself stays in the
 * C locale, so that nothing that reads a document, a configuration or a record
 * depends on where it runs.
 *
 * Where LC_CTYPE is UTF-8 a well-formed, printable character of one column or
 * two is visible.  All other octets appear as \xNN: what is malformed, controls
 * of both kinds, what turns the direction of writing, what has no width or no
 * shape, private use; in any other locale all that is not ASCII.  A sequence
 * that sets a colour passes; it is ours, for text_printable lets none into a
 * text.
 */
#pragma once

#include "ksr/base/bytes.h"

/* Asks for the locale; without it nothing but ASCII is visible. */
void visible_open(void);

/* Appends the text, which has no end of line, as it is to be sent. */
void visible_put(struct bytes text, struct buf *ret);

/* Columns of one character that visible_put left as it was. */
size_t visible_columns(const uint8_t *character, size_t len);

/* Columns of a text that visible_put has still to see, for a table's cell. */
size_t visible_width(const char *text);
