/*
 * An XML document as a tree that tests may change: elements by number, their
 * attributes and text.  It follows no grammar, so that it can hold and write
 * what the reader must refuse.  White space between elements is not kept.
 *
 * A number stays an element's for ever, also when it is taken out of the tree,
 * so that several changes can be made one after the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/bytes.h"

#define XML_ATTRIBUTES_MAX 6
#define XML_PATH_MAX       128

struct xml_attribute {
	const char *name;
	const char *value;
};

struct xml_element {
	const char *name;
	const char *text; /* "" if it has none */
	size_t n_attributes;
	struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
	size_t parent, child, next; /* 0: none */
};

struct xml {
	size_t n, size;
	struct xml_element *elements; /* owned; 0 stands for the document */
	size_t n_texts;
	char **texts; /* owned; what elements point to */
};

/* How a document is spelled; all of it means the same. */
struct xml_style {
	const char *between; /* between two tags */
	char quote;
	bool reverse_attributes;
	const char *head; /* before the document element */
};

struct xml *xml_tree_of(struct bytes document);
struct xml *xml_clone(const struct xml *origin); /* borrows its texts */
void xml_free(struct xml *xml);

/* Appends the document; style NULL: as ksr_write, without indentation. */
void xml_write(
    const struct xml *xml, const struct xml_style *style, struct buf *ret);

bool xml_is(const struct xml *xml, size_t element, const char *name);
/* The first child of that name, or 0. */
size_t xml_child(const struct xml *xml, size_t element, const char *name);
/* Is in the tree, at whatever depth. */
bool xml_attached(const struct xml *xml, size_t element);
bool xml_is_below(const struct xml *xml, size_t element, size_t ancestor);

/* A copy of text that lives as long as the tree. */
const char *xml_text(struct xml *xml, const char *text);

void xml_remove(struct xml *xml, size_t element);
void xml_insert_after(struct xml *xml, size_t element, size_t after);
/* A copy with all below it, in no place. */
size_t xml_copy(struct xml *xml, size_t element);
/* As xml_copy, of an element of another tree. */
size_t xml_adopt(struct xml *xml, const struct xml *from, size_t element);
/* Each stands where the other stood; neither is below the other. */
void xml_exchange(struct xml *xml, size_t a, size_t b);

/*
 * Where two documents differ: "Request/RequestBundle/Key/TTL",
 * "Request/RequestBundle@id", or "Request/RequestBundle#" for another number
 * of elements, and in which bundle, from 1; 0 outside of bundles.  Keys are
 * compared by public key and signatures by tag, in whatever order they stand.
 */
struct xml_difference {
	char path[XML_PATH_MAX];
	size_t bundle;
	const char *before, *after; /* borrowed from the documents */
};

struct xml_differences {
	size_t n, size;
	struct xml_difference *at; /* owned */
};

void xml_compare(const struct xml *before, const struct xml *after,
    struct xml_differences *ret);
void xml_differences_clear(struct xml_differences *differences);
