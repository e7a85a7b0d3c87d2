/*
 * From then on this process may read what lies below a few paths, and neither
 * change nor run anything: a replay, whose record drives commands, and who reads
 * what strangers sent.
 */
#pragma once

#include <stddef.h>

#include "ksr/base/err.h"

/*
 * By Landlock, for the rest of the process: folders with what is below them,
 * and single files, may be read; new files may get a name in `makes`, if that is
 * not NULL.  A path that is not there is for its reader to tell.  A kernel
 * without Landlock, or one that does not offer it, confines nothing, which is no
 * error.  Files that are open stay what they are.
 */
MUST_USE bool confine_to(size_t n, const char *const *paths,
    const char *makes, struct err *err);
