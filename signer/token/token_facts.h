/*
 * What goes on record of a token: what is about to be opened, the code that is
 * then in memory, the token, and the KSKs found in it.
 */
#pragma once

#include <jansson.h>

#include "hsm/hsm.h"
#include "ksr/policy/config.h"
#include "signer/record/record.h"
#include "signer/token/tokens.h"

/*
 * "hsm": which module and token are about to be opened; sha256 is of the file
 * that will be loaded; NULL for one that has no hash, which is not loaded.
 */
MUST_USE bool facts_hsm(struct record *record, const struct config_hsm *hsm,
    const uint8_t sha256[SHA256_SIZE], struct err *err);

/*
 * "mapped": the files whose code is in memory, with their hashes, as far as they are not
 * in token->mapped, to which they are added; no line where none is new.  With the loader's variables, and how many others there are beyond what
 * is allowed.
 */
MUST_USE bool facts_mapped(
    struct record *record, struct token *token, struct err *err);

/*
 * "token": label, serial, manufacturer, model, slot of the one logged in to,
 * and how.
 */
MUST_USE bool facts_token(
    struct record *record, const struct token *token, struct err *err);

/*
 * "ksks": the configured KSKs found in the tokens, as DNSKEYs; of several
 * tokens in which, and what comes from the configuration.
 */
MUST_USE bool facts_ksks(struct record *record, const struct config *config,
    const struct tokens *tokens, const struct ksk ksks[CONFIG_KEYS_MAX],
    struct err *err);
