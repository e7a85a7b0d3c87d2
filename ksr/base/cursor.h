/*
 * A reader over borrowed bytes.  After a read beyond the end the cursor has
 * failed for good: every later read returns zero or nothing, so that one look
 * at `failed` after a sequence of reads is enough.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"

struct cursor {
	struct bytes rest;
	bool failed;
};

struct cursor cursor_new(struct bytes bytes);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor); /* big-endian */
struct bytes cursor_take(struct cursor *cursor, size_t len);
struct bytes cursor_rest(struct cursor *cursor);

/* True if nothing failed and nothing is left. */
bool cursor_done(const struct cursor *cursor);
