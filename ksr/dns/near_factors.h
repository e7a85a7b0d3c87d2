/*
 * Whether a number is the product of two whose ratio is near to a ratio of
 * small numbers, as Fermat (1:1) and Lehman (a:b) find out: 4ab times n is then
 * the difference of two squares, the larger of them just above it.  Candidates
 * for its root are sieved by small moduli, in which only half of the residues
 * are squares; what remains is tried.
 */
#pragma once

#include <stdint.h>

#include <openssl/bn.h>

#include "ksr/base/err.h"

/*
 * Whether n = x^2 - y^2 with x among the first so many numbers from the square
 * root of n upwards, that one included; y may be 0.  Two primes of 1,024 bits
 * that are 2^525 apart take less than 2^24.  False: out of memory.
 */
MUST_USE bool near_factors_fermat(
    const BIGNUM *n, uint64_t steps, bool *ret, BN_CTX *ctx);

/*
 * The same of 4kn for each k from 2 up to max: factors p and q with p/q near to
 * a/b for some ab = k.  *ret is that k, or 0.
 */
MUST_USE bool near_factors_lehman(const BIGNUM *n, uint32_t max,
    uint64_t steps, uint32_t *ret, BN_CTX *ctx);
