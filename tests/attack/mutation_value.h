/*
 * What may be done to one value of a document: numbers go up and down and to
 * their limits, times and durations move, one bit of a public key or signature
 * flips, names change by a letter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/bytes.h"

enum value_kind {
	VALUE_NONE, /* not a name that the documents have */
	VALUE_NUMBER,
	VALUE_TIME,
	VALUE_DURATION,
	VALUE_BASE64,
	VALUE_NAME,
};

/* By the name of the element or attribute. */
enum value_kind value_kind(const char *name);

/*
 * Appends the value changed in the variant's way, from 0, and a NUL; false if
 * there are no more ways.
 */
bool value_change(
    enum value_kind kind, const char *value, size_t variant, struct buf *ret);

/* As value_change, but what is appended means the same as before. */
bool value_respell(
    enum value_kind kind, const char *value, size_t variant, struct buf *ret);
