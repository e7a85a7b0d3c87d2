/*
 * The configuration's schemas: those of the file, then the standard ones.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/config.h"
#include "ksr/tree.h"

/*
 * Reads the map (NULL: none in the file) into config, whose keys and number of
 * bundles are already there, and adds each standard schema that the file does
 * not replace and whose keys exist.
 */
MUST_USE bool config_schemas_read(
    const struct tree *map, struct config *config, struct err *err);
