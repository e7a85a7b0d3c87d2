/*
 * Rules as a run judges by them: those of today, or in a replay those that its
 * program had; what today's would say of the same is told beside it (today.h).
 */
#pragma once

#include "ksr/rules/check.h"
#include "signer/record/context.h"

/* checks_run, by the run's rules whatever `in` says. */
MUST_USE bool judge_checks(const struct context *context, unsigned stages,
    const struct check_input *in, const struct override *overrides, size_t n,
    struct report *report, struct err *err);

/* practice_run of the run's configuration. */
MUST_USE bool judge_practice(
    const struct context *context, struct report *report, struct err *err);

/* What today's rules say of what stands in the report from `first` on; it is taken. */
void judge_today(const struct context *context, const struct report *report,
    size_t first, struct report *now);

/* Whether the rows of a table were others for the run. */
bool judges_otherwise(
    const struct context *context, const struct check *rows, size_t n);
