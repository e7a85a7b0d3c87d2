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

/*
 * The response's last bundle that has begun at that time, from 0.  E_REFUSED
 * where it has expired, where none has begun, or where bundles are not in
 * order of time.
 */
MUST_USE bool bundle_find_at(
    const struct ksr *response, int64_t at, size_t *ret, struct err *err);
