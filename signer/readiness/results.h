/*
 * What the commands tell, as JSON for other programs: numbers, days and a few
 * words, so that it takes no library.  docs/readiness.md has the keys.
 */
#pragma once

#include "ksr/readiness/classes.h"
#include "ksr/readiness/summary.h"

/* What is in a summary that was written. */
void results_print_summary(const struct summary *summary);

/* What `show` tells of it. */
void results_print_shown(const struct summary *summary,
    const struct question *question, const struct readiness *readiness);
