/*
 * A DNSKEY and an RRSIG record (RFC 4034 sections 2 and 3), with the names that
 * their owner gave them.  Plain data: whether it is right others say.
 */
#pragma once

#include <stdint.h>

#include "ksr/base/limits.h"

enum {
	DNSKEY_FLAG_ZONE = 0x0100,   /* RFC 4034 2.1.1 */
	DNSKEY_FLAG_REVOKE = 0x0080, /* RFC 5011 3 */
	DNSKEY_FLAG_SEP = 0x0001,    /* RFC 4034 2.1.1 */
	DNSKEY_FLAGS_ZSK = 256,
	DNSKEY_FLAGS_KSK = 257,
	DNSKEY_FLAGS_KSK_REVOKED = 385,
	DNSKEY_PROTOCOL = 3, /* RFC 4034 2.1.2 */
	DS_DIGEST_SHA256 = 2, /* RFC 4509 */
	DS_DIGEST_SHA384 = 4, /* RFC 6605 */
	RRTYPE_RRSIG = 46,
	RRTYPE_DNSKEY = 48,
	RRTYPE_CDS = 59,     /* RFC 7344 3.1 */
	RRTYPE_CDNSKEY = 60, /* RFC 7344 3.2 */
};

/* One Key element of a document. */
struct dnskey {
	char identifier[ID_MAX + 1]; /* a KSK's is its HSM label */
	uint16_t tag;		     /* as declared; dnskey_tag() is the truth */
	uint32_t ttl_s;
	uint16_t flags;
	uint8_t protocol;
	uint8_t algorithm; /* IANA DNSSEC algorithm number */
	uint16_t public_key_len;
	uint8_t public_key[PUBLIC_KEY_MAX]; /* RFC 3110, RFC 6605 form */
};

/* One Signature element, over the bundle's DNSKEY RRset. */
struct rrsig {
	char identifier[ID_MAX + 1]; /* of the key that made it */
	uint32_t ttl_s;
	uint8_t algorithm;
	uint8_t labels;
	uint32_t original_ttl_s;
	int64_t expiration;
	int64_t inception;
	uint16_t tag;
	char signers_name[DNAME_TEXT_MAX + 1];
	uint16_t signature_len;
	uint8_t signature[SIGNATURE_MAX];
};

enum algorithm_family { FAMILY_RSA, FAMILY_ECDSA, FAMILY_EDDSA };
