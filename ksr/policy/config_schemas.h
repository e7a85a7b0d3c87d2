/*
 * The configuration's schemas: those of the file, then the standard ones.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/policy/config.h"
#include "ksr/policy/tree.h"

/*
 * Reads the map (NULL: none in the file) into config, whose keys and number of
 * bundles are already there, and adds each standard schema that the file does
 * not replace and whose keys exist.
 */
MUST_USE bool config_schemas_read(
    const struct tree *map, struct config *config, struct err *err);

/*
 * One schema: a map from slots to keys, its key the schema's name.  Owned by
 * the caller.  A plan's own schemas have this form too.
 */
MUST_USE bool config_schema_read(const struct tree *map,
    const struct config *config, struct schema *ret, struct err *err);

/* The slots that an entry's key names: "3", or "2-8", smaller number first. */
MUST_USE bool config_slots_read(const struct tree *slot, size_t n_slots,
    size_t *ret_first, size_t *ret_last, struct err *err);

/* Adds the key that the text names to the mask; a key named twice is refused. */
MUST_USE bool config_key_name_read(const struct tree *tree,
    const struct config *config, uint32_t *mask, struct err *err);
