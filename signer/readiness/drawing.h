/*
 * Shares over time, as SVG: a line a class that there is.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/readiness/classes.h"

/* title is one line. */
void drawing_put(
    const struct readiness *readiness, const char *title, struct buf *out);
