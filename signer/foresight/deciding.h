/*
 * `plan decide`: whether a rollover goes on, by the plan's own criteria and the
 * signals of validators; and the decision on record, which `register activate`
 * asks for (decision.h).
 */
#pragma once

#include "signer/foresight/planned.h"
#include "signer/line/args.h"
#include "signer/record/context.h"

#define DECIDING_OPTIONS                                                     \
	{ "readiness", "FILE",                                               \
	    "decide: a summary of signals, of anchorite-readiness", true },  \
	{ "late", "N",                                                       \
	    "decide: so many quarters have holds cost so far", false },      \
	{ "decide", "go|hold", "decide: a person's own decision", false },   \
	{ "by", "NAME", "decide: whose decision that is", false },           \
	{ "reason", "TEXT",                                                  \
	    "decide: why, where it is not what the measures say", false }

MUST_USE bool plan_decide(const struct context *context,
    const struct args *args, const struct planned *planned, struct err *err);
