/*
 * Kinds of keys on both sides of the wall: a DNSSEC algorithm, the type that
 * its keys have in a token, and how the token signs with them.
 */
#pragma once

#include "hsm/hsm.h"

struct token_kind {
	uint8_t algorithm;
	enum hsm_key_type type;
	const char *type_name; /* "EC P-256" */
	enum hsm_mechanism mechanism;
};

/* NULL for an algorithm that no token's key can have. */
const struct token_kind *token_kind_of(uint8_t algorithm);

/*
 * The algorithm that keys of this type have unless something says otherwise:
 * RSASHA256 for RSA.  0 for none.
 */
uint8_t token_algorithm_of(enum hsm_key_type type);

/* "other type" for one that is none here. */
const char *token_type_name(enum hsm_key_type type);
