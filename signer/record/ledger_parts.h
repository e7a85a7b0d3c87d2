/*
 * The parts of the register, used by ledger*.c and register_open.c only.
 */
#pragma once

#include "signer/record/ledger.h"
#include "signer/record/ledger_line.h"

struct ledger {
	struct chain *chain;   /* without a file where it was only read */
	struct record *record; /* where appended lines are told; or NULL */
	size_t n_entries;
	struct ledger_entry *entries;
	json_t *zones; /* owned: canonical name to its last entry, from 1 */
	size_t n_interrupted; /* entries of that state */
	struct processed *processed;
	size_t n_processed;
	size_t n_activations; /* slots from 0, as history.h has them */
	struct history_activation *activations;
	size_t n_lines; /* as they were read */
	size_t n_appended;
	int format;	  /* of the last line */
	bool publishable; /* the last line is the last entry's "signing" */
	bool has_newest;
	int64_t newest;
};

bool ledger_same_response(
    const struct ledger_entry *entry, const uint8_t sha256[SHA256_SIZE]);

/*
 * The zone's entries, from the last one back, so that what many zones have is
 * not looked through for each: i counts from 1, and is 0 where there is none.
 */
size_t ledger_last_of(const struct ledger *ledger, const char *zone);

/* The published entry with this response, or else an interrupted one. */
const struct ledger_entry *
ledger_response(const struct ledger *ledger, const uint8_t sha256[SHA256_SIZE]);

/* The same of that zone's. */
const struct ledger_entry *ledger_response_of(const struct ledger *ledger,
    const char *zone, const uint8_t sha256[SHA256_SIZE]);

/*
 * ledger_take.c: what a line means after those before it.  Takes over what
 * the line's entry owns.
 */
MUST_USE bool ledger_take_line(
    struct ledger *ledger, struct ledger_line *line, struct err *err);

/* ledger_append.c: a line as it is, which is taken over. */
MUST_USE bool ledger_append_line(
    struct ledger *ledger, json_t *line, struct err *err);

/* Whether the first entry may be taken as used where the second one is. */
bool ledger_same_time(
    const struct ledger_entry *one, const struct ledger_entry *other);
