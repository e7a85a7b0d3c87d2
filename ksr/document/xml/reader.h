/*
 * XML by a grammar (grammar.h), strictly: the first thing that is not in it is
 * refused with its line and column, and so are a DOCTYPE, entities, processing
 * instructions and any encoding but UTF-8 and US-ASCII.  What the elements
 * stand for is the caller's model.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/document/xml/grammar.h"

struct xml_model {
	const struct element *document; /* its one particle is the root */
	size_t max;			/* octets of a file */
	void *arg; /* of open and close, and the object around the root */
	/*
	 * The object that a new element's fields are part of; parent is that
	 * of the element around it.  Not called for OBJECT_OF_PARENT.  NULL if
	 * there is no memory for it.
	 */
	void *(*open)(void *arg, int object, void *parent);
	/* The element ends.  E_MEMORY, or E_INPUT: what is wrong with it. */
	bool (*close)(void *arg, int object, void *what, struct err *err);
};

/* E_INPUT with "name:line:column: ...", E_MEMORY. */
MUST_USE bool xml_parse(struct bytes xml, const char *name,
    const struct xml_model *model, struct err *err);
