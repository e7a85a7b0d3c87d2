/*
 * What followers make of the previous and the new response together
 * (outlook.h), told on the screen and to scripts.
 */
#pragma once

#include <jansson.h>

#include "signer/record/context.h"

/* Nothing where no schema is named.  E_MEMORY. */
MUST_USE bool followers_print(const struct context *context,
    const struct check_input *in, struct err *err);

/* A list; empty where no schema is named.  NULL when out of memory. */
json_t *json_of_followers(const struct check_input *in);
