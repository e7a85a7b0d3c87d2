/*
 * A YAML document as a tree of maps, lists and texts, each knowing where it
 * stood.  Only what a configuration needs: anchors, aliases, tags, merge keys,
 * directives, several documents, repeated keys, values over several lines,
 * tabs and invisible characters are refused.  No value gets a meaning here.
 *
 * Every text is overwritten before it is freed: it may be a PIN.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

/* Counted from 1, columns in characters. */
struct tree_position {
	size_t line, column;
};

struct tree {
	enum tree_kind kind;
	const char *name; /* of the document, borrowed */
	struct tree_position at;
	size_t begin, end; /* of a text with its quotes, in characters from 0 */
	char *key; /* owned; NULL unless the parent is a map */
	struct tree_position key_at;
	char *text; /* owned; TREE_TEXT only */
	bool quoted;
	bool view; /* of another node, which owns the texts: tree_overlay */
	size_t n;                  /* children */
	struct tree *first, *last; /* owned, but for a view's that are none */
	struct tree *next, *parent;
};

/*
 * Reads one document whose top is a map.  E_INPUT with "name:line:column: ..."
 * or E_MEMORY.  name is borrowed as long as the tree lives.
 */
MUST_USE bool tree_read(
    struct bytes yaml, const char *name, struct tree **ret, struct err *err);

void tree_free(struct tree *tree); /* NULL does nothing */

/*
 * The map as one of its parts has it: the entries of `part`, then those of the
 * map that are not given there.  Where both have one of a key that merges, it is
 * a map of both's in the same way.  A view: it borrows all texts, and what is
 * below it, from the document, where each node keeps its place.  E_MEMORY.
 */
MUST_USE bool tree_overlay(const struct tree *map, const struct tree *part,
    bool (*merges)(const char *key), struct tree **ret, struct err *err);

/* The map's entry, or NULL; NULL too if map is NULL. */
const struct tree *tree_find(const struct tree *map, const char *key);

/* null, Null, NULL, ~ or nothing, without quotes (YAML 1.2 section 10.3.2). */
bool tree_is_null(const struct tree *tree);

/* As tree_find; NULL too where the value is null: that is left out. */
const struct tree *tree_given(const struct tree *map, const char *key);

/* E_INPUT "name:line:column: path.of.key: ..." at the value; returns false. */
bool tree_refuse(const struct tree *tree, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The same at the key. */
bool tree_refuse_key(const struct tree *tree, struct err *err, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

/* Refuses a tree of any other kind. */
MUST_USE bool
tree_expect(const struct tree *tree, enum tree_kind kind, struct err *err);
