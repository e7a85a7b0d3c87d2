/*
 * The main job, for one response or for all that a plan has for the request's
 * quarter, in the order that makes it safe:
 *
 *   inputs read -> what is due -> output paths proven writable -> checks -> token opened, KSKs
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
#include "signer/record/context.h"
#include "signer/sign/asked.h"
#include "signer/sign/declared.h"

/* The answer that lets a response be signed, and what any other one means. */
#define SIGNING_CONFIRMED "Yes"
#define SIGNING_NOT_DONE  "nothing was signed"

struct signing_request {
	const char *ksr_path;
	const uint8_t *sha256; /* that the request must have; or NULL */
	const char *previous_path; /* NULL: this is the first response */
	struct declared declared;
	const char *register_head; /* in hex, as it was written down; or NULL */
	const char *hsm; /* NULL: the only one configured */
	bool batch;	 /* confirms by itself */
	size_t jobs;	 /* sessions that sign at once, 1 or more */
	size_t n_overrides;
	const struct override *overrides;
};

struct signing; /* opaque: a run, from its first input to its last output */

/*
 * The first door: request, previous response and register are read and on
 * record, and the register is locked until signing_close.  *ret is the
 * caller's; it borrows from context and request.
 */
MUST_USE bool signing_read(const struct context *context,
    const struct signing_request *request, struct signing **ret,
    struct err *err);

/* Of the request's zone; borrowed. */
const struct config *signing_config(const struct signing *signing);

/* What was read, for whoever finds out what is due; borrowed. */
struct signing_inputs {
	const struct document *request;
	const struct document *previous; /* its ksr is NULL: there is none */
	const struct ledger *ledger;
	const char *fallback; /* what the request is declared as; or NULL */
};
struct signing_inputs signing_inputs(const struct signing *signing);

/* What the responses are asked for by, where it is more than a schema. */
struct signing_basis {
	const void *of; /* what is handed to its functions */
	const struct config *policy; /* for the checks; NULL: configuration's */
	void (*show)(const void *of, const struct asked *asked);
	/* Its rows, the first of the report: on record and on the screen. */
	bool (*judge)(const void *of, const struct context *context,
	    struct report *report, struct err *err);
	json_t *(*facts)(const void *of, const struct asked *asked);
};

/*
 * The second door: all the rest, in the order above.  What was asked is taken
 * over, whatever comes of it; basis is NULL for one response of a schema.
 */
MUST_USE bool signing_carry_out(struct signing *signing, struct asked *asked,
    const struct signing_basis *basis, struct err *err);

/* NULL does nothing. */
void signing_close(struct signing *signing);
