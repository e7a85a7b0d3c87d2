/*
 * An officer's component of a key: 64 hex digits, in groups or not, from a file
 * of its officer's or from the terminal without echo (secret.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ksr/policy/config.h"
#include "signer/live/secret.h"

/*
 * number of n, from the file, or typed where path is NULL.  On success the
 * first COMPONENT_SIZE octets of ret's text are the component, and
 * secret_wipe is due.  E_INPUT for what is none; nothing of it is said.
 */
MUST_USE bool component_obtain(const struct config *config, size_t number,
    size_t n, const char *path, struct secret *ret, struct err *err);

const uint8_t *component_octets(const struct secret *component);
