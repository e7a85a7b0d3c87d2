/*
 * What a key of the token is for.  A key has one purpose: a KSK signs its
 * zone's DNSKEY RRset and its own proof of ownership and nothing else (DPS
 * 5.1.4), a ZSK its zone, an audit key ceremony records, an anchor key the
 * documents that publish the zone's trust anchors; a transport key signs
 * nothing: it unwraps copies of KSKs.
 *
 * The purpose is bound to the key by a mark, which `keygen` and `request` make
 * when they make the key, or by the configuration: `keys` are KSKs,
 * `other_keys` are not.  A key with neither counts as a KSK, so that what
 * nobody has said anything about signs nothing else.  Pure.
 *
 * The mark is the key's CKA_ID: four letters and the first 16 octets of the
 * SHA-256 over zone and label, so that a renamed key bears no mark.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

struct config;
struct config_key;
struct dnskey;

enum key_purpose {
	PURPOSE_KSK, /* also what is not known to be anything else */
	PURPOSE_ZSK,
	PURPOSE_AUDIT,
	PURPOSE_TRANSPORT, /* unwraps copies of KSKs, signs nothing */
	PURPOSE_ANCHOR,	   /* signs documents of trust anchors */
};

/* "a KSK", "a ZSK", "an audit key", "a transport key", "an anchor key". */
const char *purpose_text(enum key_purpose purpose);

/* As configuration, arguments and record have it: "ksk", "zsk", "audit",
 * "transport", "anchor". */
const char *purpose_name(enum key_purpose purpose);
bool purpose_of_name(const char *name, enum key_purpose *ret);

#define PURPOSE_MARK_SIZE 20u

/* The CKA_ID of a new key.  Of keys that are no zone's it is not read. */
MUST_USE bool purpose_mark(enum key_purpose purpose, const char *zone,
    const char *label, uint8_t ret[PURPOSE_MARK_SIZE], struct err *err);

/*
 * The purpose of a key of the token; key->identifier is its label, id its
 * CKA_ID.  E_REFUSED where mark and configuration contradict each other.
 */
MUST_USE bool purpose_of(const struct config *config, const struct dnskey *key,
    struct bytes id, enum key_purpose *ret, struct err *err);

/*
 * E_REFUSED unless the key is for this: a KSK that is marked must be marked for
 * the configuration's zone.
 */
MUST_USE bool purpose_require(const struct config *config,
    const struct dnskey *key, struct bytes id, enum key_purpose wanted,
    struct err *err);

/* The KSK that the configuration pins by this label or this DS; or NULL. */
MUST_USE bool purpose_pinned(const struct config *config,
    const struct dnskey *key, const struct config_key **ret, struct err *err);
