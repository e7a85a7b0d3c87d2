/*
 * The responses that one run of sign was asked for: one by a schema of the
 * configuration, or all that a plan has for a quarter.  Signing and replay
 * derive them from the same inputs.
 */
#pragma once

#include <jansson.h>

#include "ksr/policy/config.h"
#include "signer/record/ledger.h"

#define ASKED_MAX	   8u /* responses of one run */
#define ASKED_STEP_SIZE 16 /* "2027-q1", "2027-02-01" */

struct asked_response {
	const char *name;            /* "d_to_e"; NULL for one without a plan */
	const struct schema *schema; /* borrowed */
	const char *alternative; /* in the register; or NULL */
	bool planned; /* of a plan's: not a fallback */
	char *path;              /* where it is published; owned */
	/*
	 * Found under its name as the register has it: an earlier run of the
	 * same command was cut short.  It is not signed again.
	 */
	bool in_place;
	bool published; /* and the register says that it was published */
};

struct asked {
	const char *folder; /* of a plan's responses; NULL: there is no plan */
	char quarter[ASKED_STEP_SIZE]; /* the request's */
	char step[ASKED_STEP_SIZE];    /* the plan's that is due in it */
	/* The register has another response as active than the previous one. */
	bool other_active;
	size_t n;
	struct asked_response responses[ASKED_MAX];
};

/* E_USAGE if the configuration has no such schema.  Texts are borrowed. */
MUST_USE bool asked_one(const struct config *config, const char *schema,
    const char *alternative, const char *path, struct asked *ret,
    struct err *err);

void asked_clear(struct asked *asked);

/*
 * Whether the file with this hash, found at the response's path, is the one
 * that the register has; then the response is in place.
 */
void asked_take_in_place(struct asked_response *response,
    const struct ledger *ledger, const uint8_t request_sha256[SHA256_SIZE],
    const uint8_t sha256[SHA256_SIZE]);

/*
 * What the register holds for the checks, without what this very run finds in
 * place or repeats after an interruption, which is the caller's to free.  NULL
 * where nothing is left out: that is ledger_processed.
 */
MUST_USE bool asked_processed(const struct asked *asked,
    const struct ledger *ledger, const uint8_t request_sha256[SHA256_SIZE],
    struct processed **ret, size_t *ret_n, struct err *err);

/* Rows from `first` on that judge what is signed are those of one response. */
void asked_name_rows(struct report *report, size_t first, const char *name);

/* The facts of an "asked" line that say what is due. */
json_t *json_of_asked(const struct asked *asked);
