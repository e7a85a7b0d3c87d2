/*
 * A hash-chained file of JSON lines: the ceremony record and the register.
 *
 * Each line is one JSON object in printable ASCII.  "seq" counts from 1,
 * "prev" is the SHA-256 of the line before, newline included, in lower-case
 * hex (64 zeros in the first): sha256sum and jq are enough to check it.  Lines
 * are appended with one write and are on disk before chain_append returns.
 *
 * A line that a power cut left without its end is kept, ended, and the line
 * after it says "after_torn": true.  No whole line is ever changed or removed.
 * Every text in a line is printable ASCII, behind JSON's escapes as well.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

#define CHAIN_HASH_SIZE 65 /* 64 hex digits and a NUL */
#define CHAIN_FILE_MAX	(256u * 1024 * 1024)
#define CHAIN_LINE_MAX	(64u * 1024 * 1024)

struct chain_line {
	struct bytes raw; /* newline included, unless torn at the very end */
	json_t *json;	  /* NULL: torn */
	char hash[CHAIN_HASH_SIZE];
};

/* A chain as read: owns everything. */
struct chain_lines {
	struct buf content;
	size_t n;
	struct chain_line *lines;
	char head[CHAIN_HASH_SIZE]; /* the last line's hash; zeros if none */
};

/*
 * Reads and verifies: E_REFUSED with "path:line: ..." at the first line that
 * is not the successor of the one before.  A file cut at a line's end cannot
 * be told from a shorter one: for that the head is compared with a witness.
 */
MUST_USE bool chain_read(
    const char *path, struct chain_lines *ret, struct err *err);

/* The same of a chain's content, which is copied; name is used in messages. */
MUST_USE bool chain_of_bytes(struct bytes content, const char *name,
    struct chain_lines *ret, struct err *err);
void chain_lines_clear(struct chain_lines *lines);

struct chain; /* opaque: open for appending, locked against other runs */

/*
 * Opens, locks, verifies, and changes nothing.  A file that is not there is
 * made by the first line, or by chain_begin.  E_IO if another run holds the
 * lock; E_REFUSED for a broken chain.
 */
MUST_USE bool chain_open(
    const char *path, struct chain **ret, struct err *err);

/*
 * Makes the file unless it is there, and makes sure that it stays.  E_IO if
 * another run made it meanwhile.
 */
MUST_USE bool chain_begin(struct chain *chain, struct err *err);

/*
 * A chain without a file, to see what appending makes of this content, which is
 * copied; name is used in messages.  E_REFUSED for a broken chain.
 */
MUST_USE bool chain_imagine(struct bytes content, const char *name,
    struct chain **ret, struct err *err);

/*
 * Appends the object, which is taken over, with "seq" and "prev" in front.
 * E_INTERNAL for a text that cannot be printed.  On failure the file is cut
 * back to what it was; where that fails too the message says so, and nothing
 * more is appended until it succeeds: the next append tries first.
 */
MUST_USE bool chain_append(
    struct chain *chain, json_t *object, struct err *err);

/* What chain_open found; borrowed, without the lines appended since. */
const struct chain_lines *chain_found(const struct chain *chain);

/* The last line's hash. */
const char *chain_head(const struct chain *chain);
void chain_close(struct chain *chain);
