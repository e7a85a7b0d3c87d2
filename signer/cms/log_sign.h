/*
 * `log sign` and what `log verify --signature` does.
 */
#pragma once

#include "signer/cms/seal.h"
#include "signer/line/args.h"
#include "signer/record/context.h"

MUST_USE bool
log_sign(const struct context *context, const struct args *args,
    struct err *err);

/* --signature and --key-sha256 as given and found; path NULL: not given. */
struct log_signature {
	const char *path;
	size_t n_lines; /* that it signs */
	uint8_t key_sha256[SHA256_SIZE];
	bool key_given; /* and the same */
};

/* E_REFUSED unless it signs the log, or the log as it was. */
MUST_USE bool log_signature_of_args(const struct args *args,
    const struct chain_lines *log, struct log_signature *ret, struct err *err);

void log_signature_print(
    const struct log_signature *signature, size_t n_lines);
json_t *log_signature_json(const struct log_signature *signature);
