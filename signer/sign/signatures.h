/*
 * Every signature of a response, made with one or several sessions at once.
 *
 * The result does not depend on the number of jobs: each signature has its
 * place before the first is made.  The first failure stops all; of several at
 * once the one that comes first in the response is reported.
 */
#pragma once

#include "signer/token/tokens.h"

#define JOBS_MAX 64

/* Called after each signature, by one thread at a time; may be NULL. */
struct signatures_progress {
	void (*report)(size_t done, size_t total);
};

/* What is signed with what; everything is borrowed. */
struct signatures_job {
	const struct config *config;
	const struct schema *schema; /* the response's slots */
	const struct ksr *request;   /* that it answers */
	const struct ksk *ksks;      /* CONFIG_KEYS_MAX of them */
	int64_t now;
	size_t jobs;
	const struct signatures_progress *progress; /* or NULL */
};

/*
 * Each signature's octets are cleared (clear.h) against the job, not against
 * the response, before the token is asked.  After a failure those that were
 * made are in the response.
 */
MUST_USE bool signatures_make(struct tokens *tokens,
    const struct signatures_job *job, struct ksr *response, struct err *err);

/* How many signatures the response has room for. */
size_t signatures_count(const struct ksr *response);

/* How many of them were made. */
size_t signatures_made(const struct ksr *response);
