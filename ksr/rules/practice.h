/*
 * The root's KSK practice statement, clause by clause, as far as a
 * configuration can meet it or depart from it: another table of rules, over
 * the configuration alone, with the same verdicts and the same report.
 */
#pragma once

#include "ksr/rules/check.h"

extern const struct check practice[];
extern const size_t n_practice;

/*
 * Runs every clause that is in force by `rules`; one that is departed from
 * refuses.
 */
MUST_USE bool practice_run(const struct config *config, enum rules rules,
    struct report *report, struct err *err);
