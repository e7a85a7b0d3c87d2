/*
 * The token's PIN: from a file, from the configuration (rehearsals only) or
 * from the terminal without echo (secret.h).
 */
#pragma once

#include "ksr/policy/config.h"
#include "signer/live/secret.h"

/*
 * token names the token in the prompt.  E_IO where a PIN must be typed and
 * there is no terminal; E_USAGE for a PIN in the file without `rehearsal`.
 */
MUST_USE bool pin_obtain(const struct config *config,
    const struct config_hsm *hsm, const char *token, struct secret *ret,
    struct err *err);
