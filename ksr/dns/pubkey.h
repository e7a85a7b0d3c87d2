/*
 * Public keys as DNSSEC encodes them, and verification with OpenSSL.
 * Supported: RSASHA256 (8), RSASHA512 (10), ECDSAP256SHA256 (13),
 * ECDSAP384SHA384 (14), ED25519 (15), ED448 (16).  Holds no private key ever.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/dnskey.h"
#include "ksr/dns/sha256.h"

enum {
	ALGORITHM_RSASHA256 = 8,      /* RFC 5702 */
	ALGORITHM_RSASHA512 = 10,     /* RFC 5702 */
	ALGORITHM_ECDSAP256SHA256 = 13, /* RFC 6605 */
	ALGORITHM_ECDSAP384SHA384 = 14, /* RFC 6605 */
	ALGORITHM_ED25519 = 15,	      /* RFC 8080 */
	ALGORITHM_ED448 = 16,	      /* RFC 8080 */
};

/* What is known of an algorithm number; the IANA registry's names. */
struct algorithm {
	uint8_t number;
	const char *mnemonic; /* "RSASHA256" */
	bool deprecated;      /* RFC 8624: MUST NOT or NOT RECOMMENDED to sign */
	bool supported;	      /* verified here */
	/* If supported: */
	enum algorithm_family family;
	uint16_t size;	     /* bits; 0 where keys differ in size (RSA) */
	uint8_t key_len;     /* octets of the public key field; 0: RSA's */
	uint8_t sig_len;     /* octets of a signature; 0: as the modulus */
	const char *digest;  /* OpenSSL's name; NULL: the algorithm's own */
	const char *curve;   /* OpenSSL's name of the group; NULL: RSA */
};

/* NULL if unknown. */
const struct algorithm *algorithm_of_number(uint8_t number);
const struct algorithm *algorithm_of_mnemonic(const char *mnemonic);

/* The supported ones, "A, B or C". */
#define ALGORITHM_NAMES_SIZE 128
void algorithm_names(char ret[ALGORITHM_NAMES_SIZE]);

/* Appends which of them was probably meant by what is none; false. */
bool algorithm_suggest(const char *given, struct err *err);

/* "RSASHA256", or "algorithm 99"; static or in the caller's buffer. */
#define ALGORITHM_TEXT_SIZE 24
const char *algorithm_text(uint8_t number, char buf[ALGORITHM_TEXT_SIZE]);

/* The parameters of a public key field. */
struct pubkey_info {
	enum algorithm_family family;
	uint16_t bits;	   /* of the RSA modulus; of the curve */
	uint64_t exponent; /* RSA; 0 otherwise; UINT64_MAX if it does not fit */
};

/* RFC 3110, RFC 6605, RFC 8080; refuses a field that is not in their form. */
MUST_USE bool pubkey_info(
    const struct dnskey *key, struct pubkey_info *ret, struct err *err);

/* RFC 3110 section 2: exponent and modulus, big-endian, leading zeros cut. */
MUST_USE bool pubkey_encode_rsa(struct bytes modulus, struct bytes exponent,
    struct dnskey *ret, struct err *err);

/*
 * Verifies one signature over the bytes.  E_REFUSED if it does not verify or
 * the algorithm is unsupported, E_INTERNAL if OpenSSL itself fails.
 */
MUST_USE bool pubkey_verify(const struct dnskey *key, struct bytes signed_data,
    struct bytes signature, struct err *err);

/*
 * Builds the to-be-signed bytes of the bundle's keys as rrsig describes them
 * and verifies with key, which must have rrsig's tag and algorithm.
 */
MUST_USE bool rrsig_verify(const struct rrsig *rrsig, const struct dnskey *key,
    const char *owner, const struct dnskey *keys, size_t n_keys,
    struct err *err);
