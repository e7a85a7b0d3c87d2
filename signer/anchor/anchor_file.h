/*
 * A file of trust anchors, read and on record under its role before it is
 * parsed, with the hash of the very bytes.
 */
#pragma once

#include "ksr/anchor/trust_anchor.h"
#include "ksr/dns/sha256.h"
#include "signer/record/context.h"

#define ANCHOR_FILE_ROLE "trust anchor"

struct anchor_file {
	const char *path; /* borrowed */
	struct buf xml;   /* owned */
	uint8_t sha256[SHA256_SIZE];
	struct trust_anchors *anchors; /* owned */
};

MUST_USE bool anchor_file_load(const struct context *context, const char *path,
    struct anchor_file *ret, struct err *err);
void anchor_file_free(struct anchor_file *file);

/* "Trust anchors PATH", its SHA-256 in hex and words. */
void
anchor_file_print_hash(const char *path, const uint8_t sha256[SHA256_SIZE]);
