/*
 * The key tags that a validator says it trusts, in one signal of RFC 8145: a
 * query name "_ta-4a5c-4f66" (section 5.1) or the EDNS option edns-key-tag
 * (section 4).  A set, whatever the order that it came in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/macros.h"

#define TAG_SET_MAX  12u /* as many as one label of 63 octets holds */
#define TAG_SET_TEXT (TAG_SET_MAX * 5u)

/* Never empty once it is filled; what is behind `n` is zero. */
struct tag_set {
	uint16_t tags[TAG_SET_MAX]; /* ascending, each once */
	uint16_t n;
};

/* False where the set is full. */
MUST_USE bool tag_set_add(struct tag_set *set, uint16_t tag);
bool tag_set_has(const struct tag_set *set, uint16_t tag);
int tag_set_compare(const struct tag_set *a, const struct tag_set *b);

/*
 * "4a5c-4f66": each tag four hex digits of either case, in any order.  A tag
 * that comes twice is one.
 */
MUST_USE bool tag_set_parse(const char *text, size_t len, struct tag_set *ret);

/* "19036,20326": as people and BIND write tags, with any one separator. */
MUST_USE bool tag_set_parse_decimal(
    const char *text, char separator, struct tag_set *ret);

void tag_set_format(const struct tag_set *set, char ret[TAG_SET_TEXT]);
