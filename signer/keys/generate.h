/*
 * Generating a key, for the commands that do it: keygen and init.
 */
#pragma once

#include "signer/keys/keyinfo.h"
#include "signer/token/token.h"

struct keygen {
	const char *label; /* borrowed */
	uint8_t algorithm;
	enum hsm_key_type type;
	unsigned rsa_bits;
	enum key_purpose purpose; /* keygen_parse leaves it a KSK's */
};

/* E_USAGE: --algorithm is none that keys are made for; false. */
bool err_set_algorithm(const char *given, struct err *err);

/* Option values to a request; size may be NULL.  E_USAGE. */
MUST_USE bool keygen_parse(const char *label, const char *algorithm,
    const char *size, struct keygen *ret, struct err *err);

/* As a DNSKEY the key has these flags; an audit key, which is none, 0. */
uint16_t purpose_flags(enum key_purpose purpose);

/* Generates in the opened token, marks for its purpose, describes the key. */
MUST_USE bool keygen_run(struct token *token, const struct keygen *what,
    const char *zone, uint32_t ttl_s, struct hsm_key *ret_key,
    struct keyinfo *ret_info, struct err *err);
