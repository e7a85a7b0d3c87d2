/*
 * The schedule applied: a request, a schema and the public KSKs give the
 * response to be signed, complete but for its signatures.  Pure.
 */
#pragma once

#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "ksr/policy/schema.h"

/*
 * Builds the response.  ksks[i] is the DNSKEY of configuration key i as it
 * stands unrevoked (flags 257); only keys that the schema uses are read.
 *
 * Each bundle has the request's id and times; its ZSKs and the slot's KSKs,
 * sorted, all with the policy's TTL; and, for each signing KSK, a signature
 * whose every field is set but signature_len, which is 0.  A KSK's identifier
 * is its label; a revoked one has flags 385 and its tag recomputed.  CDNSKEY and
 * CDS are those of child.h, signed by the KSKs that sign and are not revoked.
 *
 * The legality of the schedule is the check SKR-SCHEDULE; this refuses only
 * what cannot be built (E_REFUSED): a slot count unlike the request's, a key
 * twice in a slot, a signing key that is not in the RRset.
 */
MUST_USE bool response_build(const struct config *config,
    const struct schema *schema, const struct ksr *request,
    const struct dnskey ksks[CONFIG_KEYS_MAX], struct ksr **ret,
    struct err *err);

/*
 * The bytes that signature `index` of the bundle covers, counted as
 * bundle_signature does.  Appends at most TO_BE_SIGNED_MAX octets.
 */
MUST_USE bool response_to_be_signed(const struct ksr *response,
    size_t bundle, size_t signature, struct buf *ret, struct err *err);
