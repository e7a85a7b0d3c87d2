/*
 * The second opinion: a response verified with ldns from the bytes on disk.
 *
 * Shares nothing with rrset.c and pubkey.c: the RRs are made by ldns from their
 * presentation-neutral fields, sorted, canonicalised and verified there.  ldns
 * is trusted with cryptography and canonical form only; it accepts a clear ZONE
 * flag, protocol 2 and foreign signer names, so every field is compared here.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/document/ksr.h"

/*
 * Verifies signature `index` of the bundle, counted as bundle_signature does,
 * over the bundle's keys, or its CDNSKEY or CDS records, made by one of the
 * keys.  E_REFUSED with what does not hold.
 */
MUST_USE bool independent_verify(const struct ksr *response, size_t bundle,
    size_t signature, struct err *err);

/* Every signature of the response. */
MUST_USE bool independent_verify_all(
    const struct ksr *response, struct err *err);
