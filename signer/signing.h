/*
 * The main job, for one response or for all that a plan has for the request's
 * quarter, in the order that makes it safe:
 *
 *   inputs read -> output paths proven writable -> checks -> token opened, KSKs
 *   compared with their pins -> responses built and shown, every rule for them
 *   but that their signatures verify -> confirmed, once -> all signed, each
 *   signature cleared before and verified behind -> all written under temporary names,
 *   read back, verified by the second implementation -> each response, the
 *   planned one first: in the register as signed -> published -> in the
 *   register as published.
 *
 * The register is locked all the while.
 *
 * Nothing is published unless every step before it succeeded, for every
 * response.  What was interrupted between two publications the same request
 * again brings to its end: what is in place is not signed again.
 */
#pragma once

#include "ksr/rules/check.h"
#include "signer/command.h"
#include "signer/declared.h"

/* The answer that lets a response be signed, and what any other one means. */
#define SIGNING_CONFIRMED "Yes"
#define SIGNING_NOT_DONE  "nothing was signed"

struct signing_request {
	const char *ksr_path;
	const char *previous_path; /* NULL: this is the first response */
	const char *plan_path;	   /* NULL: one response, of a schema */
	const char *folder;	   /* of a plan's responses */
	const char *skr_path;	   /* of the one response */
	const char *schema;
	const char *alternative; /* NULL: the request was never signed */
	struct declared declared;
	const char *register_head; /* in hex, as it was written down; or NULL */
	const char *hsm; /* NULL: the only one configured */
	bool batch;	 /* confirms by itself */
	size_t jobs;	 /* sessions that sign at once, 1 or more */
	size_t n_overrides;
	const struct override *overrides;
};

MUST_USE bool signing_run(const struct context *context,
    const struct signing_request *request, struct err *err);
