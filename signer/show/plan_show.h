/*
 * A plan as people and scripts read it.
 */
#pragma once

#include <jansson.h>

#include "ksr/policy/config.h"
#include "signer/foresight/planned.h"
#include "signer/record/input.h"

void plan_print(const struct plan *plan, const struct config *config);

/* path, sha256, description, delays. */
json_t *plan_json_head(const struct planned *planned);
json_t *plan_json(const struct planned *planned, const struct config *config);
