/*
 * The product of all primes below 2^20, against which a modulus is held.  It
 * is kept as some ninety numbers of 16,384 bits, since that is as good for
 * OpenSSL's division as one number is and takes a twentieth of the time to
 * make: 82,025 primes, about 5 ms, then about 1 ms for each RSA-2048 modulus.
 */
#pragma once

#include <stdint.h>

#include <openssl/bn.h>

#include "ksr/base/err.h"

#define SMALL_PRIMES_END (UINT32_C(1) << 20)

struct small_primes; /* immutable once made */

/* E_MEMORY. */
MUST_USE bool small_primes_new(struct small_primes **ret, struct err *err);
void small_primes_free(struct small_primes *primes);

/*
 * The smallest prime below 2^20 that divides n, an odd number above 2^20; 0 if
 * there is none.  False: out of memory, as OpenSSL says it.
 */
MUST_USE bool small_primes_divisor(const struct small_primes *primes,
    const BIGNUM *n, uint32_t *ret, BN_CTX *ctx);

/* The greatest common divisor, by Euclid.  False: out of memory. */
MUST_USE bool common_divisor(
    BIGNUM *ret, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx);
