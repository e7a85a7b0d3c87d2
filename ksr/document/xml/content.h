/*
 * How far the content of an open element has come in the grammar: which child
 * may be next, and whether the element may end.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/document/xml/grammar.h"

struct content {
	const struct element *element;
	size_t particle; /* the one that the last child matched */
	size_t count;    /* children that matched it */
};

/*
 * Moves behind a child of that name and returns its row.  E_INPUT says why it
 * may not be here and what may.
 */
MUST_USE bool content_child(struct content *content, const char *name,
    const struct element **ret, struct err *err);

/* Number of the last child among its siblings, or 0 if it can have none. */
size_t content_index(const struct content *content);

/* E_INPUT says what is missing before the end tag. */
MUST_USE bool content_complete(const struct content *content, struct err *err);
