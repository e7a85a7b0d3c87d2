/*
 * The responses that a plan asks for, in the quarter that is due.  Signing and
 * replay derive them from the same inputs.
 */
#pragma once

#include "signer/foresight/plan_due.h"
#include "signer/sign/asked.h"

/*
 * Of the responses that answer the request those that the plan's delays still
 * allow, the planned one and its fallbacks or a fallback with a request of its
 * own, each a file of plan_file_name in the folder, of the request's format.
 * Texts and schemas are borrowed.  E_INPUT if the zone's name cannot be part of
 * a file's.
 */
MUST_USE bool asked_of_plan(const struct plan *plan, const struct plan_due *due,
    const struct ksr *request, const char *zone, const char *folder,
    struct asked *ret, struct err *err);
