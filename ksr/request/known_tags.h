/*
 * The tags that a new key must not have: a validator finds a signature's key by
 * algorithm and tag (KSR-TAG-CLASH).  A KSK has a second tag waiting, the one
 * that it gets when it is revoked (RFC 5011 section 7).
 */
#pragma once

#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"

struct known_tag {
	char identifier[ID_MAX + 1];
	uint8_t algorithm;
	uint16_t tag;
	struct dnskey key; /* without public key where only its tag is known */
};

struct known_tags {
	size_t n, room;
	struct known_tag *tags; /* owned */
};

/* The key's tag, and a KSK's once revoked; nothing if it is there.  E_MEMORY.
 */
MUST_USE bool known_tags_add(
    struct known_tags *known, const struct dnskey *key, struct err *err);

/* Every key of the document.  NULL adds nothing. */
MUST_USE bool known_tags_add_document(
    struct known_tags *known, const struct ksr *ksr, struct err *err);

/*
 * The configuration's KSKs that are pinned by tag.  Without the public key the
 * revoked tag is the tag plus 128 or 129 (RFC 4034 appendix B adds the carry),
 * so both are taken.
 */
MUST_USE bool known_tags_add_config(
    struct known_tags *known, const struct config *config, struct err *err);

/*
 * The known tag of another key that this one has, or would have once revoked;
 * NULL if there is none.
 */
const struct known_tag *
known_tags_clash(const struct known_tags *known, const struct dnskey *key);

/* The tag of the key as a revoked KSK; its own if it is no KSK. */
uint16_t dnskey_revoked_tag(const struct dnskey *key);

void known_tags_clear(struct known_tags *known);
