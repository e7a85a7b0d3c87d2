/*
 * The anchors that the configuration declares: of each pinned KSK its digest,
 * its validity, and its public half where somebody has it.  Pure.
 */
#pragma once

#include "ksr/anchor/trust_anchor.h"
#include "ksr/plan/plan.h"
#include "ksr/policy/config.h"

/* What they are made of; everything is borrowed. */
struct anchors_wanted {
	const struct config *config;
	uint32_t keys; /* a mask over the configuration's */
	/* Public halves, which are those that are pinned; NULL: not known. */
	const struct dnskey *known[CONFIG_KEYS_MAX];
	const struct plan *plan; /* or NULL */
	bool timeless;    /* a key without `valid_from` is always valid */
	size_t n_digests; /* one anchor for each; 0: SHA-256 */
	uint8_t digests[CDS_DIGESTS_MAX];
};

/*
 * In the order of valid_from.  An anchor begins with its key's `valid_from`,
 * and ends with its `valid_until` or, by the plan, where that revokes the key
 * or publishes it no more.  The set has zone and source, and no id.  E_REFUSED
 * for a key without `ds_sha256`, `key_tag` or `valid_from`, where plan and
 * configuration have other ends, and for a digest that nobody can compute.
 */
MUST_USE bool anchors_declared(const struct anchors_wanted *wanted,
    struct trust_anchors *ret, struct err *err);
