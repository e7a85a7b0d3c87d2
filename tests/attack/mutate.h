/*
 * Every single structural change to a document, as a list, and each of them
 * done to a tree.  What a change means is not known here.
 */
#pragma once

#include "tests/attack/mutation_xml.h"

enum document {
	DOCUMENT_REQUEST,
	DOCUMENT_PREVIOUS,
	DOCUMENT_RESPONSE,
	DOCUMENTS,
};

enum change {
	ELEMENT_REMOVED,
	ELEMENT_REPEATED,
	ELEMENT_EMPTIED,
	ELEMENT_SWAPPED, /* with the next */
	ATTRIBUTE_REMOVED,
	ATTRIBUTE_REPEATED,
	ATTRIBUTE_SWAPPED, /* its value with the next one's */
	VALUE_EMPTIED,
	VALUE_CHANGED,     /* mutation_value.h */
	VALUE_EXCHANGED,   /* with the next of its name */
	VALUE_TAKEN,       /* from the other document */
	EXCHANGED,         /* keys, signatures or bundles, with `other` */
	CONTENT_EXCHANGED, /* the keys and signatures of two bundles */
	COPIED,            /* a key or signature, into bundle `other` */
	ADOPTED,           /* from the other document, in place of its own */
	BUNDLE_MOVED,      /* both its times */
	KEY_RENAMED,       /* it and its signatures, wherever they are */
	SIGNER_ADDED,
	VALUE_RESPELLED, /* from here on the meaning stays */
	DOCUMENT_RESPELLED,
	KEYS_REORDERED,
	SIGNATURES_REORDERED,
};

#define TEXT_OF_ELEMENT SIZE_MAX

struct mutation {
	enum document document;
	enum change change;
	size_t element;
	size_t attribute; /* or TEXT_OF_ELEMENT */
	size_t other, variant;
};

struct mutations {
	size_t n, size;
	struct mutation *at; /* owned */
};

/* Those of one document; the other one's values are taken from `other`. */
void mutations_list(const struct xml *const originals[DOCUMENTS],
    enum document document, enum document other, struct mutations *ret);
void mutations_clear(struct mutations *mutations);

/*
 * Does it to the clones; false where it is not possible any more, after
 * another one, or makes no change to a value.
 */
bool mutation_apply(const struct mutation *mutation,
    const struct xml *const originals[DOCUMENTS],
    struct xml *const clones[DOCUMENTS]);

/* The meaning stays: the answer must as well. */
bool mutation_is_spelling(const struct mutation *mutation);
/* The style that it asks for; NULL for most. */
const struct xml_style *mutation_style(const struct mutation *mutation);

/* "request: value changed (3): KSR/Request/RequestBundle 2/Inception" */
void mutation_describe(const struct mutation *mutation,
    const struct xml *const originals[DOCUMENTS], struct buf *ret);
