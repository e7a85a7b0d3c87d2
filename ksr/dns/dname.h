/*
 * Domain names: text to canonical wire form (RFC 1035 3.1, lower case as
 * RFC 4034 6.2) and the two questions asked of them.  A name without its
 * final dot is taken as absolute.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/base/limits.h"

struct dname {
	uint8_t wire[DNAME_WIRE_MAX];
	size_t len; /* octets of wire, root label included; 1 to 255 */
};

/*
 * Letters, digits, '-' and '_' in labels of 1 to 63 octets; no escapes: no
 * zone that has a key ceremony needs one.
 */
MUST_USE bool dname_parse(const char *text, struct dname *ret, struct err *err);

bool dname_equal(const struct dname *a, const struct dname *b);

/* Equal as domain names; a text that is none equals nothing. */
bool same_domain(const char *a, const char *b);

/* Labels without the root, as in RFC 4034 3.1.3; a leading '*' is impossible.
 */
uint8_t dname_labels(const struct dname *name);

/* The canonical text: lower case, final dot; the root is ".". */
void dname_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1]);
