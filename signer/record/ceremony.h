/*
 * A ceremony record as an auditor gets it: the verified chain cut into runs,
 * and the files stored with it.  Only reads; trusts nothing but the chain, and
 * that only as far as a witnessed head goes (witness.h).
 */
#pragma once

#include "signer/record/chain.h"
#include "signer/record/record.h"

/* One run of the program: its "run" line and all up to the next one. */
struct run {
	size_t number;       /* from 1 */
	size_t first, n;     /* its lines: indexes into the chain */
	const char *command; /* borrowed from the "run" line */
	int format;
	bool ended; /* has an "end"; otherwise it was interrupted */
	int status; /* of the "end" */
};

struct ceremony {
	const char *dir; /* borrowed */
	struct chain_lines log;
	size_t n_runs;
	struct run *runs; /* owned */
};

/*
 * E_REFUSED for a broken chain or a line without its event, time or program;
 * E_INPUT for a format that is newer than this program.
 */
MUST_USE bool
ceremony_read(const char *dir, struct ceremony *ret, struct err *err);
void ceremony_clear(struct ceremony *ceremony);

/* The line's text under the key; "" where there is none. */
const char *fact_text(const json_t *line, const char *key);

/*
 * What a line is a step of: its event, for files with the role ("input
 * request"), for checks with the stages ("checks response+chain").
 */
#define STEP_TEXT_SIZE 96
void step_text(const json_t *line, char ret[STEP_TEXT_SIZE]);

/* Of a stored file that is a request or a response. */
bool is_document_role(const char *role);

/* inputs/ or outputs/, by an "input" or "output" line. */
const char *stored_folder(const json_t *line);

/*
 * Appends the stored file that an "input" or "output" line names.  E_REFUSED
 * if it is missing or has not the line's hash and size.
 */
MUST_USE bool stored_read(const struct ceremony *ceremony, const json_t *line,
    struct buf *ret, struct err *err);
