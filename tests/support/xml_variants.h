/*
 * Variants of a small XML document, thousands of them: each element and
 * attribute removed, repeated, emptied, swapped, renamed and moved, each value
 * replaced, text put where none may be.  Deterministic.
 *
 * The document must have no declaration, comment, CDATA or entity, and double
 * quotes around attribute values.
 */
#pragma once

#include "ksr/base/bytes.h"

/* kind says what was done, and is static; document is valid in the call only.
 */
struct variant_sink {
	void (*take)(void *context, const char *kind, struct bytes document);
	void *context;
};

void xml_variants(const char *document, const struct variant_sink *sink);
