/*
 * The record's signature: a detached CMS signature (RFC 5652) by a key in the
 * token over the octets of log.jsonl, without signed attributes, so that what
 * is signed is the file itself and `openssl cms -verify -binary` checks it.
 * Its certificate is made for the key and signed by it; nothing in it but the
 * key is new.
 *
 * The key is for this alone: a KSK signs the zone's DNSKEY RRset and nothing
 * else (DPS 5.1.4).
 */
#pragma once

#include "ksr/dns/pubkey.h"
#include "signer/cms/cms_encode.h"
#include "signer/keys/keyinfo.h"
#include "signer/record/ceremony.h"
#include "signer/token/token.h"

#define SEAL_EVENT RECORD_SEALED_BY

/*
 * E_REFUSED if the key is a configured KSK, by its label or its DS, or one that
 * the record's first n_lines know as a KSK: in a response, or found in the
 * token for signing.  config may be NULL.
 */
MUST_USE bool seal_may_sign(const struct config *config,
    const struct ceremony *ceremony, size_t n_lines, const struct dnskey *key,
    struct err *err);

/* SHA-256 of the public key as a SubjectPublicKeyInfo (RFC 5280 4.1) in DER. */
MUST_USE bool seal_key_sha256(
    const struct dnskey *key, uint8_t ret[SHA256_SIZE], struct err *err);

/* Signs the content and appends the CMS structure in DER. */
MUST_USE bool seal_make(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes content, struct buf *ret,
    struct err *err);

struct seal; /* opaque: a signature as read */

/*
 * E_REFUSED unless it is such a signature: one signer, no attributes, nothing
 * inside, one certificate that its own key signed, and no octet more.
 */
MUST_USE bool seal_read(
    struct bytes der, const char *name, struct seal **ret, struct err *err);
void seal_free(struct seal *seal);

/* As seal_key_sha256. */
const uint8_t *seal_key(const struct seal *seal);

/* Whether it signs exactly this. */
bool seal_covers(const struct seal *seal, struct bytes content);

/*
 * How many of the log's lines it signs: all up to a "signing record" that names
 * this key.  E_REFUSED if there are none such.
 */
MUST_USE bool seal_find(const struct seal *seal, const struct chain_lines *log,
    size_t *ret_n_lines, struct err *err);
