/*
 * What the caller's environment may say to this program and to a PKCS#11
 * module: next to nothing.
 *
 * Variables that make libraries load code or read configurations of their own
 * are taken out before any library looks.  What the dynamic loader has acted
 * upon by then is told.
 */
#pragma once

#include <jansson.h>

#include "ksr/policy/config.h"

/* At the very start of main, while there is one thread and no library's state. */
void environment_start(void);

/*
 * What modules see, from now on: LANG and its like, and in a rehearsal whatever
 * else the caller has set.  Outside one a variable of the dynamic loader
 * (LD_PRELOAD ...) is an error.
 */
MUST_USE bool environment_for_modules(bool rehearsal, struct err *err);

/* In a module's process: and the configuration's env. */
MUST_USE bool environment_of_module(
    const struct config_hsm *hsm, struct err *err);

/* Names of the loader's variables that were set at the start; a new list. */
json_t *environment_loader(void);

/* How many variables are set beyond what is allowed outside a rehearsal. */
size_t environment_further(const struct config_hsm *hsm);
