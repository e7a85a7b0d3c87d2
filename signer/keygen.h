/*
 * Generating a KSK, for the commands that do it: keygen and init.
 */
#pragma once

#include "signer/keyinfo.h"
#include "signer/token.h"

struct keygen {
	const char *label; /* borrowed */
	uint8_t algorithm;
	enum hsm_key_type type;
	unsigned rsa_bits;
};

/* Option values to a request; size may be NULL.  E_USAGE. */
MUST_USE bool keygen_parse(const char *label, const char *algorithm,
    const char *size, struct keygen *ret, struct err *err);

/* Generates in the opened token and describes the key. */
MUST_USE bool keygen_run(struct token *token, const struct keygen *what,
    const char *zone, uint32_t ttl_s, struct hsm_key *ret_key,
    struct keyinfo *ret_info, struct err *err);
