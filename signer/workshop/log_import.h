/*
 * `log import-ksrsigner`: what a published log says, and whether an SKR says
 * the same.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"

/* args->files[1] is the log; --skr names the response.  E_REFUSED: differs. */
MUST_USE bool log_import(
    const struct context *context, const struct args *args, struct err *err);
