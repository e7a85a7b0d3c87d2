/*
 * Trust anchors of a zone as a document, RFC 9718 (and RFC 7958 before it):
 * which keys the world is to trust, by their digests, since when and until
 * when.  Read strictly, whoever wrote it: what contradicts itself is refused.
 * Pure.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/dnskey.h"
#include "ksr/dns/rrset.h"

#define TRUST_ANCHORS_MAX     64u
#define TRUST_ANCHOR_FILE_MAX (256u * 1024)

/* One KeyDigest element. */
struct trust_anchor {
	char id[ID_MAX + 1]; /* of this digest; ours is the key's label */
	int64_t valid_from;
	bool has_valid_until;
	int64_t valid_until; /* is not in it */
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type; /* DS_DIGEST_SHA256 or DS_DIGEST_SHA384 */
	uint16_t digest_len;
	uint8_t digest[DS_DIGEST_MAX];
	/* The key, which RFC 7958 had not: both or neither. */
	bool has_flags;
	uint16_t flags;
	uint16_t public_key_len; /* 0: not given */
	uint8_t public_key[PUBLIC_KEY_MAX];
};

struct trust_anchors {
	char id[ID_MAX + 1];     /* of this set */
	char source[ID_MAX + 1]; /* where it is published */
	char zone[DNAME_TEXT_MAX + 1];
	size_t n;
	struct trust_anchor list[TRUST_ANCHORS_MAX];
};

/*
 * RFC 9718 section 2.1.1 in XML; docs/trust-anchor.rnc says it in RELAX NG.
 * E_INPUT with "name:line:column: ..." for what is not in it, for a digest
 * that is not of its type, for a public key whose tag or digest is another, for
 * a validity that ends before it begins, and for what stands there twice.
 * Owned by the caller, who frees it with free.
 */
MUST_USE bool trust_anchors_read(struct bytes xml, const char *name,
    struct trust_anchors **ret, struct err *err);

/* As it is published for the root: four spaces, times with "+00:00". */
void trust_anchors_write(const struct trust_anchors *anchors, struct buf *ret);

/*
 * The id of a set that was given none: a UUID (RFC 9562, version 8) of the
 * SHA-256 of the document without it, so that the same anchors have the same.
 */
MUST_USE bool
trust_anchors_identify(struct trust_anchors *anchors, struct err *err);

bool trust_anchor_is_valid(const struct trust_anchor *anchor, int64_t now);

/* The key, where it is known; its identifier is the anchor's id. */
bool trust_anchor_key(const struct trust_anchor *anchor, struct dnskey *ret);

/*
 * Whether tag, algorithm and digest are of one key; digests of two types are
 * compared by the public key of either, and without one they are not.
 */
MUST_USE bool trust_anchor_same(const char *zone, const struct trust_anchor *a,
    const struct trust_anchor *b, bool *ret, struct err *err);
