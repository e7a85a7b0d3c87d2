/*
 * How a run begins, on record.
 */
#pragma once

#include "signer/record/context.h"
#include "signer/record/input.h"

/*
 * "run": the arguments, the configuration's path and hash, each HSM's module
 * with its hash and token URI, the time decisions are made at, host, clock and
 * time zone.  configuration is NULL where there is none.
 */
MUST_USE bool facts_run(const struct context *context, int argc, char **argv,
    const char *command, const struct configuration *configuration,
    struct err *err);
