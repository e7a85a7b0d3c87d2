/*
 * All that leaves the program for people passes here: the one place that says
 * how wide a line is, and in which order standard output and standard error
 * reach whoever reads both in one file.
 *
 * - Text is folded as ksr/base/fold.h has it, wherever it goes.
 * - A row of a table is folded on a terminal.  In a pipe or a file it is one
 *   line, as logs of the field have it.
 * - Data, which other programs read, leaves as it is.
 * - An error is a line of its own, behind all that was printed before it; on a
 *   terminal it is folded.
 */
#pragma once

#include <stdarg.h>

#include "ksr/base/err.h"

enum screen_kind {
	SCREEN_TEXT,
	SCREEN_ROWS,
	SCREEN_PAPER, /* rows that are folded wherever they go */
	SCREEN_DATA,
};

/*
 * From now on stdout, for whoever prints to it, is the screen of this program.
 * Without this call, as in tests of parts of the program, it stays what it is.
 * It is the first thing that opens a file: whichever of descriptors 0 to 2 the
 * caller has closed gets no other.
 */
MUST_USE bool screen_open(const char *program, struct err *err);

/* What is printed from now on; returns what was printed until now. */
enum screen_kind screen_set(enum screen_kind kind);

/*
 * Whether all that is printed and complained of from now on goes nowhere: what
 * runs again has been seen.
 */
void screen_mute(bool muted);

/*
 * Fails unless all that was printed so far has arrived: what people could not
 * see must not be acted on.
 */
MUST_USE bool screen_flush(struct err *err);

/*
 * In a process that is others' code's from now on: what it prints on standard
 * output goes to standard error, for it is none of ours.
 */
void screen_leave(void);

/* Enter, typed behind a question, has ended its line. */
void screen_answered(void);

/* A line on standard error, the program's name before it. */
void screen_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Whether somebody watches: standard error is a terminal, and not muted. */
bool screen_is_watched(void);

/* How far a long act has come, in a line that each call overwrites. */
void screen_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);
void screen_progress_done(void);
