/*
 * Many zones in one configuration: each is read as the file would be if it had
 * that zone alone, its own sections in place of, or over, those outside of
 * `zones`.  Used by config*.c only.
 */
#pragma once

#include "ksr/policy/config.h"
#include "ksr/policy/tree.h"

#define ZONES_KEY "zones"

/*
 * Reads all of them and keeps none: what is wrong with one is said when the
 * file is read.  A KSK that two zones pin is shared by declaration of both, or
 * refused.
 */
MUST_USE bool config_zones_read(
    const struct tree *root, struct config *config, struct err *err);

/* config_read.c: the overlaid tree into *ret, which is all zero. */
MUST_USE bool config_zone_read(const struct tree *root,
    const struct config *whole, const char *name, struct config *ret,
    struct err *err);

/*
 * A shared key that is pinned by its public half alone has the digest that
 * this makes in the zone.
 */
void config_shared_derive(struct config *config);
