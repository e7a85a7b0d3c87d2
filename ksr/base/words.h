/*
 * PGP words: octets spoken as words, so that a hash read aloud in a ceremony
 * survives the ear.  Even positions take a two-syllable word, odd positions a
 * three-syllable one, so that a dropped or swapped word is noticed.
 * Source: P. Juola and P. Zimmermann, PGPfone word list, 1996.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

/*
 * How many stand on a line where people read them: pairs, and three of the
 * longest pairs with an indentation are not wider than a screen.
 */
#define WORDS_A_LINE 6u

/* Appends the words of bytes, separated by one space. */
void words_format(struct bytes bytes, struct buf *ret);

/* The same, WORDS_A_LINE a line, each line behind `margin` and with its end. */
void words_format_lines(
    struct bytes bytes, const char *margin, struct buf *ret);

/*
 * Exactly `size` words, separated by white space, in any case, each from the
 * list of its place.  E_USAGE names the first that is not; ret is then
 * undefined.
 */
MUST_USE bool words_parse(
    const char *text, uint8_t *ret, size_t size, struct err *err);
