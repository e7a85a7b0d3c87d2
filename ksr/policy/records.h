/*
 * What the text of other signers leaves to the policy: a record has no
 * expiration, no policy section, and names none of its keys.
 */
#pragma once

#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"

/*
 * Completes a document of a format that lacks these, once; others stay as they
 * are.
 *
 * - Its policy sections are the configuration's.
 * - A KSK that the configuration pins has its label as identifier.
 * - A request's record begins as long before it is used as the signer's
 *   followers want it, is valid as `records` says, and is followed by further
 *   ones that sign the same keys again, until the next begins: each `refresh`
 *   before the one before it expires.
 *
 * E_INPUT where validity and refresh leave no time between two records,
 * E_REFUSED for more than BUNDLES_MAX.
 */
MUST_USE bool records_complete(
    const struct config *config, struct ksr *ksr, struct err *err);

/*
 * The configuration's schema of that name, in *ret stretched to the request
 * where its format has a record for each change; name NULL: no schema.
 * *stretched is the caller's to clear, whatever comes of it.
 */
MUST_USE bool schema_of_document(const struct config *config,
    const char *name, const struct ksr *request, struct schema *stretched,
    const struct schema **ret, struct err *err);

/* A response without ids has those of the request that it answers. */
void records_take_ids(struct ksr *response, const struct ksr *request);

/*
 * The same of somebody else's response, where the completed request gets what
 * only some signers write: a record that signs once more at the moment at which
 * the next begins (bundle_is_superseded).  So each record is held against one.
 * E_MEMORY.
 */
MUST_USE bool records_meet(
    struct ksr *response, struct ksr *request, struct err *err);
