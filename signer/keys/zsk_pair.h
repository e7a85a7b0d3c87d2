/*
 * A ZSK made in software, for rehearsals without a token.  A KSK never is.
 */
#pragma once

#include <openssl/evp.h>

#include "ksr/document/ksr.h"

/*
 * Of any supported algorithm.  bits is of an RSA key, whose exponent is 65537.
 * ret_key gets algorithm and public key alone.  Freed with EVP_PKEY_free, which
 * overwrites it.
 */
MUST_USE bool zsk_pair_make(uint8_t algorithm, unsigned bits,
    struct dnskey *ret_key, EVP_PKEY **ret, struct err *err);

/*
 * Signs data and verifies the result with dnskey before returning it.
 * E_REFUSED if the two are no pair.
 */
MUST_USE bool zsk_pair_sign(EVP_PKEY *pkey, const struct dnskey *dnskey,
    struct bytes data, struct rrsig *ret, struct err *err);

/*
 * The names that "Private-key-format: v1.3" and OpenSSL have for a number; an
 * Edwards key's are octets (RFC 8032 5.1.5).
 */
struct zsk_part {
	const char *name, *param;
};

/* The numbers of a private key of the family; the list ends with NULL. */
const struct zsk_part *zsk_parts(enum algorithm_family family);
