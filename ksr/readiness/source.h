/*
 * Who sent a signal, as a summary tells it: an address; the prefix that it is
 * in; or a keyed hash of it, from which nobody comes back to the address
 * without the key.  Summaries merge only where they name sources alike.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/macros.h"

#define SOURCE_OCTETS	16u
#define SOURCE_KEY_ID	4u /* octets that tell one hash key from another */
#define SOURCE_TEXT	64u
#define SOURCE_NAMING_TEXT 32u

enum source_form {
	SOURCE_ADDRESS,
	SOURCE_PREFIX,
	SOURCE_HASH,
};

struct source_naming {
	enum source_form form;
	uint8_t prefix4, prefix6; /* bits, of SOURCE_PREFIX; else 0 */
	uint8_t key_id[SOURCE_KEY_ID]; /* of SOURCE_HASH; else zero */
};

struct source {
	uint8_t octets[SOURCE_OCTETS]; /* an IPv4 address has four of them */
	uint8_t family;		       /* 4, 6; 0: hashed */
};

/* "address", "prefix 24 48", "hash 1f3a5c77". */
void source_naming_format(
    const struct source_naming *naming, char ret[SOURCE_NAMING_TEXT]);
MUST_USE bool source_naming_parse(const char *text, struct source_naming *ret);
bool source_naming_equal(
    const struct source_naming *a, const struct source_naming *b);

/* Octets behind the prefix's end become zero; not for hashes. */
void source_mask(const struct source_naming *naming, struct source *source);

/* "192.0.2.1", "2001:db8::1"; hashed: 32 hex digits.  Parsed as formatted. */
void source_format(const struct source *source, char ret[SOURCE_TEXT]);
MUST_USE bool source_parse(const struct source_naming *naming, const char *text,
    struct source *ret);

int source_compare(const struct source *a, const struct source *b);
