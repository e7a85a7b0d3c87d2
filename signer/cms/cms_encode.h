/*
 * SignedData of CMS (RFC 5652) in DER: one signer, the content elsewhere.  The
 * same facts give the same octets, so that one that was read can be compared
 * with what it should have been, and a replay comes to the same file.
 */
#pragma once

#include <openssl/x509.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

#define CMS_MAX              65536u /* octets of the structure */
#define CMS_CERTIFICATES_MAX 8u

enum cms_algorithm {
	CMS_RSA_SHA256,   /* PKCS#1 v1.5 */
	CMS_ECDSA_SHA256, /* P-256 */
	CMS_ECDSA_SHA384, /* P-384 */
};

/* What keys of a DNSSEC algorithm sign with; false for others. */
bool cms_algorithm_of(uint8_t algorithm, enum cms_algorithm *ret);

/* Everything is borrowed. */
struct cms_signed {
	enum cms_algorithm algorithm;
	X509 *const *certificates; /* the signer's first */
	size_t n_certificates;
	struct bytes attributes; /* of cms_attributes; or none */
	struct bytes signature;
};

MUST_USE bool
cms_encode(const struct cms_signed *cms, struct buf *ret, struct err *err);

/*
 * Appends the signed attributes (RFC 5652 11): content type, signing time, and
 * the digest of the content.
 */
void cms_attributes(struct bytes digest, int64_t time, struct buf *ret);

/* RFC 5652 5.4: what the signature covers where there are attributes. */
void cms_to_be_signed(struct bytes attributes, struct buf *ret);
