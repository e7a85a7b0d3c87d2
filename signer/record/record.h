/*
 * The ceremony record: a folder that holds all that happened.
 *
 *   log.jsonl         a hash-chained line an event (chain.h)
 *   inputs/SHA256     every file that was read, under its hash
 *   outputs/SHA256    every file that was written, under its hash
 *
 * One run appends at a time.  Every act is on disk before it is done; a record
 * that cannot be written stops the run.  A PIN is never handed to this part.
 * Time in a line is the host's clock, whatever --at says.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "signer/record/chain.h"

/* The format of lines and folders; replay reads this and older ones. */
#define RECORD_FORMAT 2

#define RECORD_DEFAULT "ceremony" /* the folder, where none is named */
#define RECORD_LOG     "log.jsonl"
#define RECORD_INPUTS  "inputs"
#define RECORD_OUTPUTS "outputs"

struct record; /* opaque: an open, locked ceremony folder */

/*
 * Opens or creates the folder, locks it and verifies its chain.  E_IO if
 * another run holds it, E_REFUSED for a broken chain.
 */
MUST_USE bool record_open(
    const char *dir, struct record **ret, struct err *err);

/*
 * The same, but nothing is created or written before the act begins: what only
 * prepares it ("run", "input", "asked") waits in memory, and the first other
 * event puts it on disk before itself.
 */
MUST_USE bool record_open_waiting(
    const char *dir, struct record **ret, struct err *err);

/*
 * The record of a run that is replayed: nothing is written, all is held against
 * what was (recorded.h), which is borrowed.
 */
struct recorded;
MUST_USE bool record_again(
    struct recorded *recorded, struct record **ret, struct err *err);

/* Of such a record; NULL: of a run that acts, or that keeps none. */
struct recorded *record_recorded(const struct record *record);

/* False while all that happened still waits.  NULL: false. */
bool record_has_begun(const struct record *record);

/* There is no line on disk, neither of this run nor of an earlier one. */
bool record_is_empty(const struct record *record);

/*
 * Appends a line {"seq","prev","time","event","version","binary"} and the
 * facts, which are taken over; NULL means that they could not be made and is
 * E_MEMORY.  On disk when it returns true.
 * A NULL record, for commands that keep none, does nothing and succeeds.
 */
MUST_USE bool record_event(struct record *record, const char *event,
    json_t *facts, struct err *err);

/*
 * From here on each line says of which zone it is; NULL: of none.  The name is
 * borrowed.
 */
void record_scope(struct record *record, const char *zone);

/*
 * Appends "signing record": the last line of a run that succeeds, so that it is
 * the last of what is signed.
 */
#define RECORD_SEALED_BY "signing record"
MUST_USE bool
record_seal(struct record *record, json_t *facts, struct err *err);
bool record_is_sealed(const struct record *record);

/*
 * Appends the file's content, at most max octets, to *ret, and puts it on record
 * under the role; in a replay, what the run had read.
 */
MUST_USE bool record_read(struct record *record, const char *role,
    const char *path, size_t max, struct buf *ret, struct err *err);

/* The same of a file that no symbolic link stands for. */
MUST_USE bool record_read_no_link(struct record *record, const char *role,
    const char *path, size_t max, struct buf *ret, struct err *err);

/*
 * What lies there, before it is decided whether that is put on record under the
 * role: nothing is yet.
 */
MUST_USE bool record_look(struct record *record, const char *role,
    const char *path, size_t max, struct buf *ret, struct err *err);

/*
 * What the run was given a file for, if it is there: a regular file; in a replay, one that
 * comes next on record under the role.
 */
bool record_finds(
    const struct record *record, const char *role, const char *path);

/* A file of `backup`, as it begins. */
#define NEVER_KEPT "{\n  \"anchorite_backup\": "

/*
 * Stores what was read or is about to be published, then appends "input" or
 * "output" with role, path, sha256 and size.  E_REFUSED for an input that is a
 * backup of a key.
 */
MUST_USE bool record_input(struct record *record, const char *role,
    const char *path, struct bytes content, struct err *err);
MUST_USE bool record_output(struct record *record, const char *role,
    const char *path, struct bytes content, struct err *err);

/* The lines as they were when the record was opened: all earlier runs. */
const struct chain_lines *record_found(const struct record *record);

/* The record so far as an auditor would read it; released by record_history_clear. */
struct ceremony;
MUST_USE bool record_history(
    const struct record *record, struct ceremony *ret, struct err *err);
void record_history_clear(
    const struct record *record, struct ceremony *history);

/* The SHA-256 of this program's own file, in lower-case hex. */
MUST_USE bool record_binary(char ret[CHAIN_HASH_SIZE], struct err *err);

/* The last line's hash, to be written on paper. */
const char *record_head(const struct record *record);
const char *record_dir(const struct record *record);

/* NULL does nothing. */
void record_close(struct record *record);
