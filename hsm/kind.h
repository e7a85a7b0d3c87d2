/*
 * What there is to know of a type of key: a row a type (kind.c).
 */
#pragma once

#include <openssl/evp.h>

#include "hsm/internal.h"

/* Spellings of one curve that tokens take or give in CKA_EC_PARAMS. */
#define CURVE_NAMES_MAX 4

struct kind {
	enum hsm_key_type type;
	CK_KEY_TYPE key_type;
	CK_MECHANISM_TYPE generate;
	enum hsm_mechanism sign; /* what a new key is tried with */
	/* Of a curve; an RSA key has its own. */
	unsigned bits;
	struct bytes params[CURVE_NAMES_MAX]; /* in DER; the first is asked for */
	size_t point_len;     /* octets, as DNSSEC has the public key */
	size_t signature_len; /* octets */
	const char *group;    /* OpenSSL's name of it */
	bool wrapped;         /* tokens are known that wrap and unwrap it */
};

/* NULL if it is none (HSM_OTHER). */
const struct kind *kind_of_type(enum hsm_key_type type);

/* How a token signs. */
struct mechanism {
	/* Over a digest that is made here, and over data that it hashes. */
	CK_MECHANISM_TYPE type, hashed;
	const char *name, *hashed_name;
	enum hsm_key_type key_type;
	const EVP_MD *(*digest)(void); /* NULL: the algorithm's own (EdDSA) */
	struct bytes prefix;	/* RFC 8017 section 9.2 note 1: DigestInfo */
	struct bytes parameter; /* of the mechanism */
};

/* NULL if it is none. */
const struct mechanism *mechanism_row(enum hsm_mechanism mechanism);

/* The one on that curve, whatever its CKA_KEY_TYPE; NULL if none is. */
const struct kind *kind_of_curve(struct bytes params);

/*
 * CKA_EC_POINT: in DER's OCTET STRING (PKCS#11 2.40 2.3.3) or BIT STRING (3.0
 * for Edwards keys), or without; a point of SEC 1 compressed or not.  False
 * if it is no point of the curve; then key->point_len stays.
 */
bool point_read(
    const struct kind *kind, struct bytes value, struct hsm_key *key);
