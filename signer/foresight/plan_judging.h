/*
 * A plan proved by the rules, on record: the same for whoever asks.
 */
#pragma once

#include "ksr/plan/plan_check.h"
#include "signer/foresight/planned.h"
#include "signer/record/context.h"

/* The report has the plan's rows alone, and *ret_reach what they looked at. */
MUST_USE bool plan_judge(const struct context *context,
    const struct planned *planned, struct report *report,
    struct plan_reach *ret_reach, struct err *err);
