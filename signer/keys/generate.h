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
	const struct config *config; /* borrowed: its key_policy; or NULL */
};

/* What the configuration's key_policy, if any, wants of such a key. */
struct hsm_wishes keygen_wishes(
    const struct config *config, enum key_purpose purpose);

/* For what a new key can leave its token, as records tell it; NULL: it cannot. */
const char *keygen_leaves(
    const struct config *config, enum key_purpose purpose);

/* E_USAGE: --algorithm is none that keys are made for; false. */
bool err_set_algorithm(const char *given, struct err *err);

/* Option values to a request; size may be NULL.  E_USAGE. */
MUST_USE bool keygen_parse(const char *label, const char *algorithm,
    const char *size, struct keygen *ret, struct err *err);

/* As a DNSKEY the key has these flags; what is none, 0. */
uint16_t purpose_flags(enum key_purpose purpose);

/* Generates in the opened token, marks for its purpose, describes the key. */
MUST_USE bool keygen_run(struct token *token, const struct keygen *what,
    const char *zone, uint32_t ttl_s, struct hsm_key *ret_key,
    struct keyinfo *ret_info, struct err *err);
