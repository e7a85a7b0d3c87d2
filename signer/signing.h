/*
 * The main job, in the order that makes it safe:
 *
 *   inputs read -> output path proven writable -> checks -> token opened, KSKs
 *   compared with their pins -> response built and shown -> confirmed ->
 *   signed, each signature verified -> written under a temporary name, read
 *   back, verified by the second implementation -> in the register as signed
 *   -> published -> in the register as published.
 *
 * The register is locked all the while.
 *
 * Nothing is published unless every step before it succeeded.
 */
#pragma once

#include "ksr/check.h"
#include "signer/command.h"

/* The answer that lets a response be signed, and what any other one means. */
#define SIGNING_CONFIRMED "Yes"
#define SIGNING_NOT_DONE  "nothing was signed"

struct signing_request {
	const char *ksr_path;
	const char *skr_path;
	const char *previous_path; /* NULL: this is the first response */
	const char *schema;
	const char *alternative; /* NULL: the request was never signed */
	const char *hsm; /* NULL: the only one configured */
	bool batch;	 /* confirms by itself */
	size_t jobs;	 /* sessions that sign at once, 1 or more */
	size_t n_overrides;
	const struct override *overrides;
};

MUST_USE bool signing_run(const struct context *context,
    const struct signing_request *request, struct err *err);
