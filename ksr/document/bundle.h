/*
 * What a bundle's keys and signatures are to each other, and which bundle of a
 * response is the one for a moment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/document/ksr.h"

bool is_ksk(const struct dnskey *key); /* has the SEP flag */
bool is_revoked(const struct dnskey *key);

/*
 * The key of the bundle that the signature names: its identifier, algorithm
 * and true tag.  NULL if there is none.
 */
const struct dnskey *
bundle_signer(const struct bundle *bundle, const struct rrsig *rrsig);

/* The number of signatures that name the key. */
size_t
bundle_signatures_by(const struct bundle *bundle, const struct dnskey *key);

/* The type of the RRset that a signature of the bundle covers. */
extern const uint16_t child_rrtypes[CHILD_TYPES];

/* All signatures: of the DNSKEYs, then of each child set. */
size_t bundle_count_signatures(const struct bundle *bundle);

/* One of these by its number from 0, and its set; NULL: the DNSKEYs. */
struct rrsig *bundle_signature(const struct bundle *bundle, size_t index,
    const struct child_set **ret_set, uint16_t *ret_type);

/* Whether the response's bundle has the ZSKs of the request's and no other. */
bool bundle_has_zsks(
    const struct bundle *response, const struct bundle *request);

/*
 * Whether the bundle behind it is used from the same moment on: this one is of
 * no use then.  BIND signs the keys before once more where others begin.
 */
bool bundle_is_superseded(const struct ksr *ksr, size_t bundle);
#define BUNDLE_AGAIN "-again" /* ends its id, which is else the other's */

/* The signatures of a key that was named so have its other identifier. */
void bundle_rename(struct bundle *bundle, const char *from, const char *to);

/*
 * The response's last bundle that is used at that time, from 0.  E_REFUSED where
 * it has expired, where none has begun, or where bundles are not in order of
 * time.
 */
MUST_USE bool bundle_find_used(
    const struct ksr *response, int64_t at, size_t *ret, struct err *err);
