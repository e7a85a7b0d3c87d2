/* The passphrase of a private key in a file (secret.h). */
#pragma once

#include "ksr/policy/config.h"
#include "signer/live/secret.h"

/*
 * That of `key`, a path for the prompt: from the file that is named, or typed
 * where that is NULL.  On success secret_wipe is due.
 */
MUST_USE bool passphrase_obtain(const struct config *config, const char *key,
    const char *file, struct secret *ret, struct err *err);
