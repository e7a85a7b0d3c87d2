/*
 * Every key of a document in one sorted list, so that a rule about keys across
 * bundles looks at neighbours and never compares all with all.
 */
#pragma once

#include "ksr/document/ksr.h"

/* A key and where it stands.  Borrowed from the document. */
struct placed_key {
	size_t bundle;
	const struct dnskey *key;
};

struct key_list {
	size_t n;
	struct placed_key *keys; /* owned */
};

/* By identifier, then by place.  E_MEMORY. */
MUST_USE bool key_list_by_identifier(
    const struct ksr *ksr, struct key_list *ret, struct err *err);

/* By algorithm and public key, then by place.  E_MEMORY. */
MUST_USE bool
key_list_by_key(const struct ksr *ksr, struct key_list *ret, struct err *err);

/* Of a list by key: leaves each key's first place only, by place. */
void key_list_distinct(struct key_list *list);

/* Of a list by key: the places of the key at the front of the rest. */
struct key_list key_list_run(const struct key_list *list, size_t from);

/* Of a list by key: the places of that key; none if it is not there. */
struct key_list
key_list_find(const struct key_list *list, const struct dnskey *key);

void key_list_clear(struct key_list *list);
