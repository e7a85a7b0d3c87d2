/*
 * The question before an act that cannot be undone.  Prompt and answer are on
 * record before anything else happens.
 */
#pragma once

#include "ksr/base/err.h"
#include "signer/record/context.h"

struct confirmation {
	const char *prompt;
	const char *wanted;   /* the one answer that is a yes */
	const char *not_done; /* "nothing was signed" */
	bool batch;	      /* confirmed in advance, by --batch */
};

/* E_USAGE if there is nobody to ask: before any work is done in vain. */
MUST_USE bool confirm_possible(
    const struct context *context, bool batch, struct err *err);

/* E_REFUSED unless the answer is the one wanted, and Enter. */
MUST_USE bool confirm(const struct context *context,
    const struct confirmation *confirmation, struct err *err);
