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
 * RFC 1035 5.1: labels of 1 to 63 octets, each printable ASCII but for what
 * presentation form reads otherwise, or escaped: "\." or "\046".  No zone is
 * called "*" and something: its signatures would be a wildcard's.
 */
MUST_USE bool dname_parse(const char *text, struct dname *ret, struct err *err);

bool dname_equal(const struct dname *a, const struct dname *b);

/* Equal as domain names; a text that is none equals nothing. */
bool same_domain(const char *a, const char *b);

/* Labels without the root, as in RFC 4034 3.1.3; the first is never "*". */
uint8_t dname_labels(const struct dname *name);

/*
 * The canonical text: lower case, final dot; the root is ".".  Escaped is what
 * must be, with digits what is not printable.
 */
void dname_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1]);

/*
 * The same in names of files, as BIND has it: what is no letter, digit, '-' or
 * '_' is "%2F".
 */
void dname_file_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1]);
