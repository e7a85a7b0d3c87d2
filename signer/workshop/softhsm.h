/*
 * SoftHSM, for rehearsals and the self-test: where it is, PINs for it, and
 * folders of ours to take away again.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/base/macros.h"

/* The module's path where Debian and its relatives have it; NULL: nowhere. */
const char *softhsm_module(void);

/* Removes a folder that this run made, with all in it. */
void folder_remove(const char *path);
