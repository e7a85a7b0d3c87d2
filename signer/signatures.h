/*
 * Every signature of a response, made with one or several sessions at once.
 *
 * The result does not depend on the number of jobs: each signature has its
 * place before the first is made.  The first failure stops all; of several at
 * once the one that comes first in the response is reported.
 */
#pragma once

#include "signer/token.h"

#define JOBS_MAX 64

/* Called after each signature, by one thread at a time; may be NULL. */
struct signatures_progress {
	void (*report)(size_t done, size_t total);
};

MUST_USE bool signatures_make(struct token *token, const struct config *config,
    const struct ksk ksks[CONFIG_KEYS_MAX], struct ksr *response, size_t jobs,
    const struct signatures_progress *progress, struct err *err);

/* How many signatures the response has room for. */
size_t signatures_count(const struct ksr *response);
