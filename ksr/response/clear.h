/*
 * The boundary: what a KSK may sign.  Pure, and the first file to read.
 *
 * The octets about to be signed are taken apart here by a reader that shares
 * nothing with rrset.c, which put them together: neither names nor key tags nor
 * canonical order.  What comes out as `struct cleared` is one DNSKEY RRset of
 * the policy's zone, as this slot of this request wants it and nothing else.
 * There is no other way to make one, and nothing else can be handed to the one
 * call that signs an RRset with a KSK (token_sign_rrset).
 *
 * What this file looks at is the configuration, the schema's slot and the
 * request; never the response that the octets were built from.
 */
#pragma once

#include "ksr/policy/config.h"

/* What one signature is made for; everything is borrowed. */
struct clear_wanted {
	const struct config *config;    /* zone, TTL, pins, longest validity */
	const struct schema_slot *slot; /* the slot's KSKs */
	const struct bundle *request;   /* its ZSKs and times */
	size_t signer;                  /* which of config->keys signs */
	int64_t now;
	uint16_t covers; /* the type; 0: DNSKEY */
	/* CDNSKEY and CDS: the public KSKs as far as they are known; each is
	 * held against its pin. */
	const struct dnskey *ksks[CONFIG_KEYS_MAX];
};

struct cleared; /* opaque: octets, and the key that is to sign them */

/*
 * RFC 4034 3.1.8.1, 3.1.5 and 6; RFC 5011 2.1.  Clears only octets that are,
 * from the first to the last:
 *
 * - RRSIG RDATA without a signature: type covered DNSKEY; algorithm and tag of
 *   the signer as it stands in the RRset (a revoked key has another tag);
 *   labels of the zone; the policy's TTL; expiration and inception as the
 *   request has them, which the 32 bits on the wire mean only within 2^31
 *   seconds of now, in order, no further apart than the policy's maximum; the
 *   zone as signer's name, in canonical form;
 * - then DNSKEY RRs: owner the zone, in canonical form; class IN; the same TTL;
 *   protocol 3; sorted, none twice; keys with flags 256 exactly the request's,
 *   with flags 257 and 385 exactly those that the slot publishes and revokes,
 *   each the key that the configuration pins; nobody in two parts.
 *
 * Or, where the policy asks a child zone for them (`cds`) and `covers` says so, a
 * CDNSKEY or CDS RRset (RFC 7344): the head as above, with that type covered and
 * the policy's TTL or none, by a KSK that the slot signs with and does not
 * revoke; records exactly one for each KSK that the slot publishes (of CDS one
 * for each digest type), or the one form that deletes (RFC 8078 4).  For the root
 * never.
 *
 * Anything else is E_REFUSED, with what was seen and what is wanted.  E_MEMORY
 * and E_INTERNAL (OpenSSL) as ever.  The result owns a copy of the octets.
 */
MUST_USE bool clear_rrset(struct bytes octets,
    const struct clear_wanted *wanted, struct cleared **ret, struct err *err);
void cleared_free(struct cleared *cleared); /* NULL does nothing */

struct bytes cleared_octets(const struct cleared *cleared);

/* The signer as the octets have it; its identifier is the pinned label. */
const struct dnskey *cleared_key(const struct cleared *cleared);

/*
 * A ZSK's proof of possession (KSR-BUNDLE-POP): a DNSKEY RRset in canonical
 * form of keys with flags 256 alone, signed by this one of them.  No KSK's
 * signature is ever of this form.  E_REFUSED otherwise.
 */
MUST_USE bool
clear_proof(struct bytes octets, const struct dnskey *zsk, struct err *err);

/*
 * What else is signed (certificate requests, certificates, records) must not
 * read as a signature of records: E_REFUSED if the octets are RRSIG RDATA of
 * any type covered with RRs of that type behind it.
 */
MUST_USE bool clear_no_rrset(struct bytes octets, struct err *err);
