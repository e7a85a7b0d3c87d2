/*
 * The content of a file that is code: hashed by descriptor, and compared with
 * what is in memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hsm/hsm.h"
#include "ksr/base/err.h"

/* SHA-256 of all of a regular file of at most CODE_FILE_MAX octets. */
MUST_USE bool octets_hash(int fd, const char *name,
    uint8_t ret[HSM_SHA256_SIZE], struct err *err);

/* True if memory holds what the file holds at the offset; zeros past its end. */
bool octets_are(int fd, const uint8_t *memory, size_t len, uint64_t offset);
