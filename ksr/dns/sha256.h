/*
 * SHA-256 (FIPS 180-4), of documents and lines of a record as of keys.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

#define SHA256_SIZE 32

/* E_MEMORY or E_INTERNAL if the library cannot. */
MUST_USE bool sha256(
    struct bytes data, uint8_t ret[SHA256_SIZE], struct err *err);
/*
 * Of what is left to read of a file, however large: *ret_size octets.  E_IO with
 * its name if it cannot be read.
 */
MUST_USE bool sha256_fd(int fd, const char *name, uint64_t *ret_size,
    uint8_t ret[SHA256_SIZE], struct err *err);
bool same_sha256(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE]);

/* SHA-384, of a DS's digest type 4 (RFC 6605). */
#define SHA384_SIZE 48
MUST_USE bool sha384(
    struct bytes data, uint8_t ret[SHA384_SIZE], struct err *err);

/* Lower-case hex, as sha256sum prints it. */
#define SHA256_TEXT_SIZE (2 * SHA256_SIZE + 1)
void sha256_text(const uint8_t digest[SHA256_SIZE], char ret[SHA256_TEXT_SIZE]);
