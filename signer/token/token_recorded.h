/*
 * The token of a run on record: its lines and files say which one it was, which
 * keys it showed and made, and what it signed.  Used by token.c only.
 */
#pragma once

#include "signer/token/token.h"

/*
 * What token_open would open, as the run did.  What the lines say of code in memory and of the token is held
 * against configuration and program.
 */
MUST_USE bool token_open_again(const struct context *context,
    const struct config_hsm *config, struct token *ret, struct err *err);

/* Of a key that is known and was found, or else the run ended there. */
MUST_USE bool token_has_again(struct token *token,
    const struct dnskey *dnskey, struct hsm_key *ret, struct err *err);

/* Whether the run found a key of that label, which it did not make. */
bool token_shows_again(struct token *token, const char *label);

MUST_USE bool token_find_again(struct token *token, const char *label,
    struct hsm_key *ret, struct err *err);
MUST_USE bool token_keygen_again(struct token *token,
    const struct hsm_keygen *what, struct hsm_key *ret, struct err *err);

/* A signature of the octets by the key, not verified yet; E_REFUSED: none. */
MUST_USE bool token_sign_again(struct token *token,
    const struct dnskey *dnskey, struct bytes octets,
    uint8_t ret[SIGNATURE_MAX], size_t *ret_len, struct err *err);
