/*
 * Many zones as commands come to act on them: each is read from the
 * configuration when it is first asked for, once, and kept.  Without them, where
 * the configuration is of one zone, nothing here does anything.
 */
#pragma once

#include "ksr/policy/config.h"
#include "signer/record/context.h"

struct zones; /* opaque; borrows from the configuration */
struct args;
struct command;

/* *ret is NULL where the configuration is of one zone.  NULL is freed, too. */
MUST_USE bool zones_new(
    const struct config *config, struct zones **ret, struct err *err);
void zones_free(struct zones *zones);

/*
 * Makes the context that of the command's zone: of --zone, or of the only one
 * there is.  E_USAGE where the command needs to be told which, or where --zone
 * is none of the configuration.
 */
MUST_USE bool zones_choose(struct context *context,
    const struct command *command, const struct args *args, struct err *err);

/* Whether the context is one zone's; E_USAGE where it has to be. */
bool zone_is_known(const struct context *context);
MUST_USE bool zone_require(const struct context *context, struct err *err);

/*
 * For each zone, the command's first, until one fails; a configuration of one
 * zone is that.
 */
MUST_USE bool zones_each(const struct context *context,
    bool (*each)(const struct context *zone, const void *arg, struct err *err),
    const void *arg, struct err *err);

/*
 * The context of a document's zone, which is the same one where the
 * configuration is of one zone.  E_REFUSED where it has none of that name, E_USAGE where --zone
 * chose another.
 */
MUST_USE bool context_of_zone(const struct context *context, const char *zone,
    struct context *ret, struct err *err);
