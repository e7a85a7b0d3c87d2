/*
 * What the commands share: a summary that is begun, an output that appears
 * whole or not at all, and no more rights than reading takes from there on.
 */
#pragma once

#include "ksr/base/file.h"
#include "ksr/readiness/summary.h"
#include "signer/line/args.h"

/* By --limit, with a secret order of rows. */
MUST_USE bool running_tally(
    const struct args *args, struct tally *ret, struct err *err);

/* --from and --until; where one is not given, all days. */
MUST_USE bool running_days(const struct args *args, int32_t *ret_from,
    int32_t *ret_until, struct err *err);

/*
 * Opens the output, which may be none (NULL), and from then on reads only the
 * files behind the first `skip`.
 */
MUST_USE bool running_confined(const struct args *args, size_t skip,
    const char *output, struct output **ret, struct err *err);

/* Adds the summaries that are the files behind the first `skip`. */
MUST_USE bool running_summaries(const struct args *args, size_t skip,
    struct summary *summary, struct err *err);

/* Writes it whole, and says on standard output what is in it. */
MUST_USE bool running_publish(const struct args *args, struct output *output,
    struct summary *summary, struct err *err);

/* What was skipped, and why, in lines; nothing where nothing was. */
void running_say_skipped(const struct counts *counts);
