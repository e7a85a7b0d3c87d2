/*
 * The recorded world: what a run on record had of the world, given to the same
 * command when it runs again, and what it wrote, held against what the command
 * writes now.
 *
 * A command asks in its own order.  Whatever it puts on record is compared with
 * the run's next line; what only the world could tell (a file's content, an
 * answer, a token's key or signature) is taken from the run's lines and files.
 * Where the run has no answer, it ended there:
 *
 *   RECORDED_GOES_ON  so far all was answered
 *   RECORDED_FAILED   what was asked of the world did not succeed then either:
 *                     only the end is left, or what tells of the failure
 *   RECORDED_LEFT     what comes depends on what no record holds
 *   RECORDED_OVER     the run's lines are used up, or are of another run than
 *                     the command's; nothing is compared any more
 */
#pragma once

#include <jansson.h>

#include "ksr/policy/rules.h"
#include "signer/record/ceremony.h"
#include "signer/record/differences.h"
#include "signer/record/today.h"

enum recorded_state {
	RECORDED_GOES_ON,
	RECORDED_FAILED,
	RECORDED_LEFT,
	RECORDED_OVER,
};

/* One run that is replayed; borrows everything. */
struct recorded {
	const struct ceremony *ceremony;
	const struct run *run;
	const json_t *head;	  /* its "run" line */
	bool same_program;	  /* the one that replays wrote it */
	enum rules rules;	  /* those that its program judged by */
	struct differences *differences, *notes;
	struct today *today;
	struct chain_lines before; /* the lines of earlier runs */
	size_t next;		   /* index into the log of the line at hand */
	enum recorded_state state;
	bool may_refuse; /* the failure may be a refusal for what a token had */
	const char *zone; /* of which the lines are (record_scope); or NULL */
	const json_t *excused; /* of a zone the failure that was handed on */
};

/* Begins behind the "run" line. */
void recorded_begin(struct recorded *recorded);

/*
 * The record so far, which is the lines before the one at hand; released by
 * free(ret->runs) and nothing else.
 */
MUST_USE bool recorded_history(
    const struct recorded *recorded, struct ceremony *ret, struct err *err);

/* A difference, or a note, at the line at hand. */
void recorded_differs(struct recorded *recorded, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void recorded_notes(struct recorded *recorded, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* A difference for each fact that is not the same on both sides. */
void recorded_compare(struct recorded *recorded, const char *name,
    const json_t *was, const json_t *is);

/* The run's next line; NULL: there is none.  Torn lines are noted, and skipped. */
const json_t *recorded_line(struct recorded *recorded);

/* The next line if it is this step (ceremony.h); NULL if it is another. */
const json_t *recorded_if(struct recorded *recorded, const char *step);

/* The i-th line that is still to come, from 0; NULL: none, or torn. */
const json_t *recorded_ahead(
    const struct recorded *recorded, size_t i, bool *ret_last);

/* The run's first line of this step that is still to come; NULL: none. */
const json_t *recorded_later(const struct recorded *recorded, const char *step);

/* The line at hand was used. */
void recorded_took(struct recorded *recorded);

/*
 * What was asked of the world has no answer: returns false with the error that
 * the run ended with, as far as it is on record; or, of several zones, that this
 * one did.
 */
bool recorded_fails(struct recorded *recorded, struct err *err);

/* The same of a token, which may have been the cause of a refusal. */
bool recorded_refuses(struct recorded *recorded, struct err *err);

/*
 * The key of that label was found, and no line tells which it was: a note, and
 * nothing of what comes is compared but by the laws.
 */
bool recorded_loses(
    struct recorded *recorded, const char *label, struct err *err);

/* The record has an answer that cannot be one: err says why; returns false. */
bool recorded_contradicts(struct recorded *recorded, struct err *err);

/*
 * What the command writes, facts with their "event", is what the next line has;
 * facts are taken over.  False where the run had ended, or did something else.
 */
MUST_USE bool recorded_event(struct recorded *recorded, json_t *facts,
    struct err *err);

/* recorded_rows.c: the same of rows; what the program had not is dropped. */
void recorded_rows(struct recorded *recorded, const json_t *line,
    struct report *report, size_t first);

/* The same of a "checks" line, with the rows of the report from `first` on. */
MUST_USE bool recorded_report(struct recorded *recorded, json_t *facts,
    struct report *report, size_t first, struct err *err);

/* The content of the file that the next line has under this role and path. */
MUST_USE bool recorded_input(struct recorded *recorded, const char *role,
    const char *path, struct buf *ret, struct err *err);

/*
 * The content of the file that the next line of this step stored, which stays at
 * hand.
 */
MUST_USE bool recorded_stored(struct recorded *recorded, const char *step,
    struct buf *ret, struct err *err);

/*
 * A file that is not on record may have been there where the run ended without
 * a verdict: what the command comes to without it is none either.
 */
void recorded_may_end(struct recorded *recorded);

/* Whether it has one there. */
bool recorded_has_input(
    struct recorded *recorded, const char *role, const char *path);

/* What is to be published under this role and path. */
MUST_USE bool recorded_output(struct recorded *recorded, const char *role,
    const char *path, struct bytes content, struct err *err);

/* The run's end is what the command came to; then no line is left. */
void recorded_end(
    struct recorded *recorded, bool ok, const struct err *outcome);
