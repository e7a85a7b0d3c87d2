/*
 * A detached signature by a certificate, as the root's anchors have one
 * (root-anchors.p7s): SignedData of CMS (RFC 5652) in DER with signed
 * attributes, the signer's certificate and what leads to it.  Made by
 * cms_encode.h, verified by OpenSSL's CMS_verify, which shares nothing with it.
 */
#pragma once

#include "signer/cms/certificate.h"

/* What is to be signed of this content by such a key. */
MUST_USE bool detached_attributes(const struct dnskey *key,
    struct bytes content, int64_t time, struct buf *ret, struct err *err);

/* Appends the structure. */
MUST_USE bool detached_encode(const struct dnskey *key,
    const struct certificates *certificates, struct bytes attributes,
    const struct rrsig *made, struct buf *ret, struct err *err);

struct detached_trust {
	const struct certificates *ca; /* NULL: whose it is, is not asked */
	int64_t now;
	const char *email; /* that the certificate must have; or NULL */
};

struct detached_signer {
	struct certificate_facts certificate;
	bool has_time;
	int64_t signed_at; /* as the signer says */
};

/*
 * E_REFUSED unless the octets, from the first to the last, are one signature
 * over this content by one signer, with SHA-256, 384 or 512, whose certificate
 * leads to one of the CA's with keys of 2048 bits or their like, all valid at
 * that time, and passes certificate_check.
 */
MUST_USE bool detached_verify(struct bytes der, struct bytes content,
    const struct detached_trust *trust, struct detached_signer *ret,
    struct err *err);
