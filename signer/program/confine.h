/*
 * What a record says drives commands in a replay: from then on this process may
 * read what lies below the record's folder, and neither write nor run anything.
 */
#pragma once

#include "ksr/base/err.h"

/*
 * By Landlock, for the rest of the process.  A kernel without it, or one that
 * does not offer it, confines nothing, which is no error.
 */
MUST_USE bool confine_to_folder(const char *dir, struct err *err);
