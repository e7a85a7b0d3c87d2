/*
 * What a new key pair goes through, generated or restored (keygen.c).
 */
#pragma once

#include "hsm/internal.h"

/* Logged in, the token takes objects, and none has this label or this id. */
MUST_USE bool pair_prepare(struct hsm *hsm, const char *label,
    const uint8_t id[HSM_ID_SIZE], struct err *err);

/* Its test signature verifies with its public numbers. */
MUST_USE bool pair_signs(struct hsm *hsm, struct hsm_key *key, struct err *err);
