/*
 * Words with facts of the record in them, for text and for markup alike.
 *
 *   {key.key_tag:n}     the fact, in a form: see words.c; without one a text.
 *                       {} is what the words are about, as an item of a list
 *   [name?, named]      only where the fact, in its form, is not empty
 *   [!name?unnamed]     only where it is
 *   [role=a,b?...]      only where it is one of these; with ! where it is none
 *   "x" `x` *x* ^x^ ~x~ a name, code, what matters, what people said, a badge;
 *                       text keeps the " and leaves the others out
 *   |                   divides the cells of a row
 *
 * The words are the program's; facts are never read for any of this, and
 * reach markup escaped.
 */
#pragma once

#include <jansson.h>

#include "ksr/base/bytes.h"

enum tone { PLAIN, GOOD, ATTENTION, OVERRIDDEN, BAD, HEADING };

struct medium {
	/* One of "`*^~|, which opens or closes. */
	void (*mark)(struct buf *out, char mark, bool opens, enum tone tone);
	/* A fact, NUL-terminated; form is the one that its name has. */
	void (*fact)(struct buf *out, const json_t *facts, const char *text,
	    const char *form);
};

/* Facts as they are: no markup. */
extern const struct medium medium_text;

/* Appends the words; the tone is that of the badge. */
void words_fill(const struct medium *medium, struct buf *out, enum tone tone,
    const json_t *facts, const char *words);
