/*
 * A ZSK made in software, for rehearsals without a token.  A KSK never is.
 */
#pragma once

#include <openssl/evp.h>

#include "ksr/document/ksr.h"

/*
 * RSASHA256, RSASHA512 (with exponent 65537), ECDSAP256SHA256 or
 * ECDSAP384SHA384.  bits is of an RSA key.  ret_key gets algorithm and public
 * key alone.  Freed with EVP_PKEY_free, which overwrites it.
 */
MUST_USE bool zsk_pair_make(uint8_t algorithm, unsigned bits,
    struct dnskey *ret_key, EVP_PKEY **ret, struct err *err);

/*
 * Signs data and verifies the result with dnskey before returning it.
 * E_REFUSED if the two are no pair.
 */
MUST_USE bool zsk_pair_sign(EVP_PKEY *pkey, const struct dnskey *dnskey,
    struct bytes data, struct rrsig *ret, struct err *err);

/* The names that "Private-key-format: v1.3" and OpenSSL have for a number. */
struct zsk_part {
	const char *name, *param;
};

/* The numbers of a private key of the family; the list ends with NULL. */
const struct zsk_part *zsk_parts(enum algorithm_family family);
