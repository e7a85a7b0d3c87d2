/*
 * The memory of a run for KSR-KEY-VALID: what was tested is not tested again.
 * Whoever runs rules hands it in; it holds the public keys that were asked
 * about, what was found of them, and the product of the small primes once an
 * RSA key needs it.
 */
#pragma once

#include "ksr/dns/key_valid.h"
#include "ksr/dns/shared_primes.h"

struct key_tests;

/* The limits are borrowed.  E_MEMORY. */
MUST_USE bool key_tests_new(
    const struct key_limits *limits, struct key_tests **ret, struct err *err);
void key_tests_free(struct key_tests *tests);

/* pubkey_valid, once for each algorithm and public key. */
MUST_USE bool key_tests_valid(
    struct key_tests *tests, const struct dnskey *key, struct err *err);

/*
 * For each of n keys the index of one whose RSA modulus is another and has a
 * prime in common, or NO_PARTNER; a set of moduli that has none is remembered.
 * Keys that are not of RSA or cannot be read have none.  E_MEMORY.
 */
MUST_USE bool key_tests_share_primes(struct key_tests *tests,
    const struct dnskey *const *keys, size_t n, size_t *ret, struct err *err);
