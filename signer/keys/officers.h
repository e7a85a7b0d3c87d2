/*
 * Officers give their components to the token, one after the other; each one's
 * check value is shown, to be read aloud, and on record ("component"), and
 * nothing else of it.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/token/components.h"

#define OFFICERS_OPTION                                                 \
	{ "component-file", "FILE",                                         \
	    "an officer's component; what is in no file is typed", true }

/*
 * The components: new ones, whose number is in *components, or those of a list,
 * to which each is compared at once.  Before anybody is asked the token was
 * tried.  E_REFUSED where one is another than the list's.
 */
MUST_USE bool officers_give(const struct context *context,
    const struct args *args, struct token *token, enum hsm_side side,
    bool listed, struct components *components, struct err *err);

/* E_USAGE: more files than there are components. */
MUST_USE bool officers_check_files(
    const struct args *args, size_t n, struct err *err);

/* The list on the screen. */
void officers_print(const struct components *components);
