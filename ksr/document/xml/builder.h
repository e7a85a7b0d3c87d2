/*
 * A document while it is read: which part of the model each element stands
 * for.  The grammar is the caller's business; within it no array overflows.
 */
#pragma once

#include "ksr/document/xml/grammar.h"
#include "ksr/document/ksr.h"

struct builder {
	struct ksr *ksr;     /* owned, until the caller takes it */
	size_t bundles_size; /* allocated; ksr->n_bundles are in use */

	/* The open bundle's, copied to arrays of the right size at its end. */
	struct dnskey keys[BUNDLE_KEYS_MAX];
	struct rrsig signatures[BUNDLE_SIGS_MAX];
	size_t n_keys, n_signatures;
	char signer[ID_MAX + 1];
};

/*
 * The object that a new element's fields are part of; parent is that of the
 * element around it.  NULL if there is no memory for it.
 */
void *builder_open(struct builder *b, enum object object, void *parent);

/* The element ends; E_MEMORY. */
MUST_USE bool builder_close(
    struct builder *b, enum object object, void *what, struct err *err);

/* Gives back what the growth of arrays took too much. */
void builder_fit(struct builder *b);
