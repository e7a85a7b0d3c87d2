/*
 * The private half of a ZSK file: "Private-key-format: v1.3".  Used by
 * zsk_file.c, and by its tests.
 */
#pragma once

#include <openssl/evp.h>

#include "ksr/document/ksr.h"
#include "signer/keys/zsk_file.h"

/* The file's text; overwritten by its owner when it was used. */
MUST_USE bool
zsk_text_read(const char *path, char ret[ZSK_FILE_MAX + 1], struct err *err);

MUST_USE bool zsk_private_format(const struct dnskey *key, const EVP_PKEY *pkey,
    struct buf *ret, struct err *err);

/* text is taken apart in place.  "path:line: ...", no value of a number. */
MUST_USE bool zsk_private_parse(char *text, const char *path,
    const struct dnskey *key, EVP_PKEY **ret, struct err *err);
