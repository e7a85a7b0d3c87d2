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

/* The key of a line that has one, as it stood there; E_INPUT for none. */
MUST_USE bool
token_dnskey_of_line(const json_t *line, struct dnskey *ret, struct err *err);

/*
 * By the line of the purpose, "transport key" or "anchor key": that it is one
 * no record says but by what was done with it.
 */
MUST_USE bool token_find_for_again(struct token *token,
    enum key_purpose purpose, struct hsm_key *ret, struct err *err);

/* Whether a copy was made; of it nothing is on record but what its line says.
 */
/* The check values that the next line tells. */
MUST_USE bool token_component_again(struct token *token,
    uint8_t ret[HSM_CHECK_SIZE], uint8_t ret_whole[HSM_CHECK_SIZE],
    struct err *err);

MUST_USE bool token_backup_again(struct token *token, struct err *err);

/* The key of these numbers, if it was restored, as it was found then. */
MUST_USE bool token_restore_again(struct token *token,
    const struct hsm_key *numbers, struct hsm_key *ret, struct err *err);

/* A signature of the octets by the key, not verified yet; E_REFUSED: none. */
MUST_USE bool token_sign_again(struct token *token,
    const struct dnskey *dnskey, struct bytes octets,
    uint8_t ret[SIGNATURE_MAX], size_t *ret_len, struct err *err);
