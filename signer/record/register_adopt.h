/*
 * Taking up what the register lacks: another site's register that extends ours,
 * or an archive of requests with their responses.
 */
#pragma once

#include "signer/record/context.h"

/* `register adopt PATH`: a register's file, or a folder of pairs. */
MUST_USE bool register_adopt(
    const struct context *context, const char *path, struct err *err);

/* `register recover SHA256 SKR`: a response out of the record's outputs. */
MUST_USE bool register_recover(const struct context *context, const char *hash,
    const char *path, struct err *err);
