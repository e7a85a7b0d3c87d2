/*
 * RFC 5011 as a validator runs it: when it looks at a zone's DNSKEY RRset, and
 * what it comes to believe of each key (section 4, the state table).  Pure:
 * the caller says what was seen, and which keys' signatures verify.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/rrset.h"

#define RFC5011_ADD_HOLD_DOWN_S	   (30 * INT64_C(86400)) /* section 2.4.1 */
#define RFC5011_REMOVE_HOLD_DOWN_S (30 * INT64_C(86400)) /* section 2.4.2 */

/*
 * Section 2.4.1: the add hold-down time, or the TTL of the RRset that the key
 * was first seen in, whichever is longer.
 */
int64_t rfc5011_add_hold_down_s(uint32_t ttl_s);

/*
 * Section 2.3, active refresh: a validator asks anew after
 * max(1 h, min(15 d, TTL / 2, expiration interval / 2)).  That interval runs
 * from the retrieval of the RRSIG to its expiration.
 */
int64_t rfc5011_refresh_s(uint32_t ttl_s, int64_t validity_s);

/*
 * Section 2.3: after a query that failed, or whose answer did not validate,
 * max(1 h, min(1 d, TTL / 10, expiration interval / 10)).
 */
int64_t rfc5011_retry_s(uint32_t ttl_s, int64_t validity_s);

/* Section 4.2. */
enum rfc5011_state {
	RFC5011_START,
	RFC5011_ADDPEND, /* seen, and waiting for its hold-down to end */
	RFC5011_VALID,
	RFC5011_MISSING, /* still trusted */
	RFC5011_REVOKED,
	RFC5011_REMOVED,
};

/* "Start", "AddPend", "Valid", "Missing", "Revoked", "Removed". */
const char *rfc5011_state_text(enum rfc5011_state state);

/* One key of an RRset as it was seen. */
struct rfc5011_seen {
	uint8_t ds[DS_SHA256_SIZE]; /* see dnskey_ds: the same once revoked */
	bool sep;     /* only such a key can become an anchor (section 2) */
	bool revoked; /* has its REVOKE bit set */
	bool signs;   /* a signature by it over this very RRset verifies */
};

/* A DNSKEY RRset with signatures of one validity. */
struct rfc5011_rrset {
	int64_t inception, expiration;
	int64_t lead_s; /* how long after its inception it is published */
	uint32_t ttl_s;
	size_t n;
	struct rfc5011_seen keys[BUNDLE_KEYS_MAX];
	bool is_superseded; /* as it begins: no follower ever sees it */
};

struct rfc5011_key {
	uint8_t ds[DS_SHA256_SIZE];
	enum rfc5011_state state;
	/* Of a pending key: when it may be trusted (AddTime). */
	int64_t trusted_from;
	/* Of a revoked key that is gone: when it may be forgotten (RemTime). */
	bool gone;
	int64_t removed_from;
};

#define RFC5011_KEYS_MAX 256u

/* One validator's view of one trust point.  All zero: it trusts nothing. */
struct rfc5011 {
	size_t n;
	struct rfc5011_key keys[RFC5011_KEYS_MAX];
};

/* The key is Valid from the beginning: a configured anchor. */
MUST_USE bool rfc5011_anchor(struct rfc5011 *view,
    const uint8_t ds[DS_SHA256_SIZE], struct err *err);

/* Start for a key that was never seen. */
enum rfc5011_state rfc5011_state(
    const struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE]);

/* Valid or Missing (section 4.2). */
bool rfc5011_trusts(
    const struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE]);

/*
 * Whether the RRset validates at that time: a trusted key that is not revoked
 * in it signs it.
 */
bool rfc5011_validates(const struct rfc5011 *view,
    const struct rfc5011_rrset *rrset, int64_t now);

/*
 * The RRset was seen: every key makes the transition of section 4.1 that is
 * due.  One that does not validate says nothing, save that a trusted key whose
 * own signature is under its REVOKE bit is revoked (section 2.1).  Times must
 * not go back from call to call.  E_INPUT beyond RFC5011_KEYS_MAX keys.
 */
MUST_USE bool rfc5011_see(struct rfc5011 *view,
    const struct rfc5011_rrset *rrset, int64_t now, struct err *err);
