/*
 * A copy of a KSK on its way to another token, or a ZSK's to its signer, as a file: what it is a copy of,
 * for whom it is wrapped, and the wrapped octets.
 *
 * On record is everything of it but those octets, and the file's hash: an
 * auditor follows the copy, and whoever has the record has no copy.  So a
 * replay has no octets either.
 */
#pragma once

#include "ksr/base/file.h"
#include "ksr/dns/rrset.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "signer/token/components.h"
#include "signer/token/token.h"

#define BACKUP_FILE_MAX 32768u

struct backup {
	char zone[DNAME_TEXT_MAX + 1]; /* canonical */
	/* Flags 257, or 256 of a ZSK; its identifier is the label. */
	struct dnskey dnskey;
	uint8_t ds_sha256[DS_SHA256_SIZE];
	/* Of the transport key's file, or of the list of components. */
	uint8_t recipient_sha256[SHA256_SIZE];
	struct components components; /* none: by a transport key */
	struct hsm_wrapped wrapped;
	/* Of the file: */
	uint8_t sha256[SHA256_SIZE];
	size_t size;
};

/* A copy that is about to be made: all but what the token gives. */
MUST_USE bool backup_begin(const struct config *config,
    const struct dnskey *ksk, const uint8_t recipient_sha256[SHA256_SIZE],
    struct backup *ret, struct err *err);

/* The file: JSON in one form only. */
MUST_USE bool
backup_format(const struct backup *backup, struct buf *ret, struct err *err);

/*
 * Strict: E_INPUT with line and column, or the member that is wrong; any file
 * that backup_format would not write so is refused.
 */
MUST_USE bool backup_parse(struct bytes text, const char *path,
    const struct config *config, struct backup *ret, struct err *err);

/* The file, and "backup": what is in it, on record before anything is done. */
MUST_USE bool backup_read(const struct context *context, const char *path,
    struct backup *ret, struct err *err);

/*
 * The event ("backed up"; of a ZSK "handed over"), then the file gets its name,
 * then "published".  Sets hash and size.
 */
MUST_USE bool
backup_publish(const struct context *context, const char *event,
    struct output *output, const char *path, struct backup *backup,
    struct err *err);
