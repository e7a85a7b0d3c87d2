/*
 * The full test of one public key, KSR-KEY-VALID, which holds what it was asked
 * about against nothing but itself.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/dns/dnskey.h"
#include "ksr/dns/small_primes.h"

/* How far the tests of an RSA modulus go. */
struct key_limits {
	bool small_primes;	/* all below 2^20; otherwise below 1,000 */
	uint64_t fermat_steps;
	uint32_t ratio_max; /* of products ab of ratios a:b; 0: none */
	uint64_t ratio_steps;
};

/* What docs/checks.md says, with what it costs. */
extern const struct key_limits key_limits_full;
/*
 * A millisecond: those of version 0.1.0, for records of its day, for ZSKs that
 * a request is yet to be made of, and for tests whose point is another.
 */
extern const struct key_limits key_limits_quick;

/*
 * RSA modulus odd, positive, its size as encoded without leading zeros, not
 * divisible by a small prime, composite, not a perfect square or a prime's
 * power, not the product of two numbers that are close to each other
 * (CVE-2022-26320) or nearly in a ratio of small numbers, without the ROCA
 * fingerprint (CVE-2017-15361); exponent odd, above 1 and below the modulus;
 * EC point on its curve; EdDSA point canonical and not of small order.  NIST SP
 * 800-89 5.3.3, SP 800-56A 5.6.2.3.  E_REFUSED says why it is not.  primes may
 * be NULL if the limits do not ask for them.
 */
MUST_USE bool pubkey_valid(const struct dnskey *key,
    const struct key_limits *limits, const struct small_primes *primes,
    struct err *err);
