/*
 * Which of many RSA moduli have a divisor in common (Heninger, Durumeric,
 * Wustrow, Halderman, "Mining Your Ps and Qs", 2012), by a tree of products:
 * each modulus is held against the product of all others, which comes down the
 * tree as a remainder.  For 10 keys of 2,048 bits a fraction of a millisecond;
 * with OpenSSL's division it grows as the square of their number, and stays
 * below what each key's own test takes up to some thousand keys.
 */
#pragma once

#include <stddef.h>

#include <openssl/bn.h>

#include "ksr/base/err.h"

#define NO_PARTNER SIZE_MAX

/*
 * ret[i], one for each of n, is the index of a modulus with which the i-th has
 * a divisor in common, or NO_PARTNER.  All are above 1; equal ones are a
 * caller's mistake and have all in common.  E_MEMORY.
 */
MUST_USE bool shared_primes(
    BIGNUM *const *moduli, size_t n, size_t *ret, struct err *err);
