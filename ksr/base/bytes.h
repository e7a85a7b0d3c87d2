/*
 * struct bytes borrows memory; struct buf owns it, grows up to a cap and
 * remembers the first failure, so that a sequence of puts needs one check at
 * its end.  Also the text forms of bytes: hex and base64, read strictly.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/macros.h"

struct bytes {
	const uint8_t *data;
	size_t len;
};

struct buf {
	uint8_t *data; /* owned; buf_free releases it */
	size_t len;
	size_t size; /* allocated */
	size_t cap;  /* never grows beyond */
	bool failed; /* a put did not fit or memory ran out */
};

bool bytes_equal(struct bytes a, struct bytes b);

/* Shorter is smaller where one is the other's prefix (RFC 4034 6.3). */
int bytes_compare(struct bytes a, struct bytes b);

struct bytes bytes_of_string(const char *s);

/* An empty buffer that never holds more than cap octets.  Allocates nothing. */
struct buf buf_new(size_t cap);
void buf_free(struct buf *buf); /* overwrites what it held */
struct bytes buf_bytes(const struct buf *buf);

void buf_put(struct buf *buf, const void *data, size_t len);
void buf_u8(struct buf *buf, uint8_t v);
void buf_u16(struct buf *buf, uint16_t v); /* big-endian */
void buf_u32(struct buf *buf, uint32_t v); /* big-endian */
void buf_puts(struct buf *buf, const char *s);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Upper-case hex, no separators. */
void buf_hex(struct buf *buf, struct bytes bytes);

/* RFC 4648 section 4, padded, on one line. */
void buf_base64(struct buf *buf, struct bytes bytes);

/* Of a hex digit of either case; -1: it is none. */
int hex_value(char c);

/*
 * Exactly 2 * size hex digits of either case; anything else is false and
 * leaves ret untouched.
 */
MUST_USE bool hex_parse(const char *text, uint8_t *ret, size_t size);

/*
 * RFC 4648 section 4 with XML white space anywhere between characters;
 * padding required, unused bits zero.  At most size octets, at least one.  On
 * false the content of ret is undefined.
 */
MUST_USE bool
base64_parse(const char *text, uint8_t *ret, size_t size, size_t *ret_len);
