/*
 * A DNSKEY's public key field taken apart, within this library.  The parts
 * point into the key they were read from.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"

struct pubkey_fields {
	const struct algorithm *algorithm; /* a supported one */
	struct bytes exponent, modulus;    /* RSA, RFC 3110 section 2 */
	struct bytes point;                /* ECDSA, RFC 6605 section 4: X || Y;
					      EdDSA, RFC 8080 section 3: y and x's sign */
};

/*
 * E_REFUSED if the algorithm is unsupported or the field not in its form:
 * lengths, leading zeros, size of the modulus.
 */
MUST_USE bool pubkey_fields_read(
    const struct dnskey *key, struct pubkey_fields *ret, struct err *err);

/* Bits in a big-endian number without leading zeros. */
size_t bits_of_number(struct bytes number);
