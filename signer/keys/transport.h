/*
 * The public half of a transport key as a file: for it a backup is wrapped.
 * PEM of a SubjectPublicKeyInfo (RFC 7468 section 13), in one form only, so
 * that the SHA-256 of the file is that of the key.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/ksr.h"

#define TRANSPORT_FILE_MAX 2048u
#define TRANSPORT_BITS_MIN 2048u
#define TRANSPORT_BITS_MAX 4096u

/* As a DNSKEY it has flags 0 and the algorithm RSASHA256, which it never uses.
 */
MUST_USE bool
transport_format(const struct dnskey *key, struct buf *ret, struct err *err);

/*
 * E_INPUT for any file that transport_format would not write so, or an RSA key
 * of other than TRANSPORT_BITS_MIN to TRANSPORT_BITS_MAX bits.
 */
MUST_USE bool
transport_parse(struct bytes pem, struct dnskey *ret, struct err *err);

/* Of the file that transport_format writes. */
MUST_USE bool transport_hash(
    const struct dnskey *key, uint8_t ret[SHA256_SIZE], struct err *err);
