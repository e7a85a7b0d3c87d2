/*
 * Lines for people: none is wider than 80 columns, and none breaks inside of
 * a word.  What does not fit goes on under the column that it belongs to.
 *
 * A column begins behind two or more spaces, unless those end a sentence.  A
 * word that is wider than its column moves to the left until it fits; one that
 * is wider than a line stands on a line alone, whole.
 */
#pragma once

#include "ksr/base/bytes.h"

#define FOLD_COLUMNS 80u

enum fold {
	FOLD_WORDS,
	FOLD_LISTS, /* behind commas too: cells of a table hold lists */
};

/*
 * Appends the line, which holds no end of line, in as many lines as it needs,
 * without the end of the last; the first begins at column `start`.  Escape
 * sequences for colours have no width; a character of UTF-8 has as many columns
 * as `columns` says, or one where that is NULL.  Returns the column behind the
 * last character.
 */
size_t fold_line(struct bytes line, size_t start, enum fold how,
    size_t (*columns)(const uint8_t *character, size_t len), struct buf *ret);
