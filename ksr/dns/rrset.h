/*
 * The bytes that are signed: DNSKEY RDATA, key tags, DS digests and the
 * to-be-signed form of a DNSKEY RRset, built here and nowhere else.
 * No cryptography: pubkey.h verifies what this builds.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/dnskey.h"

#define DNSKEY_RDATA_MAX (4 + PUBLIC_KEY_MAX)
#define DS_SHA256_SIZE	 32

/* RFC 4034 2.1: flags, protocol, algorithm, public key. */
void dnskey_rdata(const struct dnskey *key, struct buf *ret);

/* RFC 4034 appendix B, computed from the RDATA. */
uint16_t dnskey_tag(const struct dnskey *key);

/* The key as it is without its REVOKE flag (RFC 5011 section 2.1). */
struct dnskey dnskey_unrevoked(const struct dnskey *key);

/*
 * RFC 4509: SHA-256 over owner name and RDATA.  A revoked key gives the digest
 * of the key before revocation, since that is what trust anchors name.
 */
MUST_USE bool dnskey_ds(const struct dname *owner, const struct dnskey *key,
    uint8_t ret[DS_SHA256_SIZE], struct err *err);

/*
 * A DS's digest of that type (RFC 4034 5.1.4), over the key as it is.  E_INPUT
 * for a type that is neither DS_DIGEST_SHA256 nor DS_DIGEST_SHA384.
 */
#define DS_DIGEST_MAX 48
MUST_USE bool dnskey_digest(const struct dname *owner,
    const struct dnskey *key, uint8_t type, uint8_t ret[DS_DIGEST_MAX],
    size_t *ret_len, struct err *err);

/* Same algorithm and public key: one key, whatever its flags and names. */
bool dnskey_same_key(const struct dnskey *a, const struct dnskey *b);

/* Same RDATA, tag as declared, TTL and identifier. */
bool dnskey_equal(const struct dnskey *a, const struct dnskey *b);

/*
 * RFC 4034 3.1.8.1: RRSIG RDATA without the signature, then each RR as owner,
 * type, class, original TTL, RDATA length, RDATA; RRs in canonical order, no
 * duplicates.  Takes its values from rrsig as they are, right or wrong: the
 * times are cut to 32 bits here (RFC 1982).  keys in any order.
 */
MUST_USE bool rrset_to_be_signed(const struct dname *owner,
    const struct rrsig *rrsig, const struct dnskey *keys, size_t n_keys,
    struct buf *ret, struct err *err);

/*
 * The same of n records of another type whose RDATA has no names: CDNSKEY, CDS.
 * rdata in any order; at most BUNDLE_KEYS_MAX.
 */
MUST_USE bool rdata_to_be_signed(const struct dname *owner, uint16_t type,
    const struct rrsig *rrsig, const struct bytes *rdata, size_t n,
    struct buf *ret, struct err *err);

/* What rrset_to_be_signed can need at most. */
#define TO_BE_SIGNED_MAX                                                       \
	(18 + DNAME_WIRE_MAX +                                                 \
	    BUNDLE_KEYS_MAX * (DNAME_WIRE_MAX + 10 + DNSKEY_RDATA_MAX))
