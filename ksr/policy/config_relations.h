/*
 * What the configuration's values must be to each other: each may be right
 * alone and wrong beside another.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/policy/config.h"
#include "ksr/policy/tree.h"

/* E_INPUT at the value in the file that breaks the relation. */
MUST_USE bool config_relations_check(
    const struct tree *root, const struct config *config, struct err *err);

/* Those of the HSMs alone, which zones do not have. */
MUST_USE bool config_hsms_check(
    const struct tree *root, const struct config *config, struct err *err);
