/*
 * What a zone publishes at one moment: the DNSKEY RRset of one slot with its
 * signatures, so that a zone signer, and whoever breaks into it, holds the
 * signatures of that slot and not of a whole quarter.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/convert.h"
#include "ksr/policy/config.h"
#include "ksr/rules/check.h"

struct release {
	const struct ksr *response; /* borrowed */
	int64_t at;
	size_t slot;
	bool pinned; /* every KSK of the slot is one that a configuration pins */
};

/*
 * The slot is that of bundle_find_used.  Each of its signatures is verified
 * (independent.h), one of them at least by a key that is not revoked; with a
 * configuration (else NULL) each of its KSKs must be one that it pins.
 * E_REFUSED.
 */
MUST_USE bool release_make(const struct ksr *response,
    const struct config *config, int64_t at, struct release *ret,
    struct err *err);

/* The slot after this one; NULL after the last. */
const struct bundle *release_next(const struct release *release);

/*
 * The records in presentation form under comment lines: which response (by the
 * SHA-256 of its file) and slot, who verified it, what comes next and what to
 * look out for.
 */
void release_text(const struct release *release,
    const uint8_t sha256[SHA256_SIZE], struct buf *ret);

/*
 * The same slot alone, as a response of the format that the zone's signer
 * imports, and what that has no place for.  E_INPUT as ksr_convert.
 */
MUST_USE bool release_response(const struct release *release,
    enum ksr_format format, struct losses *ret_lost, struct buf *ret,
    struct err *err);

/* What to look out for: one line each. */
#define RELEASE_WARNINGS_MAX 3
struct release_warnings {
	size_t n;
	char lines[RELEASE_WARNINGS_MAX][FINDING_TEXT_MAX];
};
void release_warnings(
    const struct release *release, struct release_warnings *ret);
