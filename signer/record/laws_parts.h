/*
 * The laws, a group a file, and what they share.  Used by laws*.c only.
 */
#pragma once

#include "signer/record/laws.h"

/* One run under the laws; borrows everything. */
struct law {
	const struct ceremony *ceremony;
	const struct run *run;
	const json_t *head; /* its "run" line */
	const char *binary;
	const struct law_zones *zones; /* laws_zones.h */
	struct differences *differences, *notes;
};

/* A law for the lines of an event: i is the line's index into the chain. */
struct law_row {
	const char *event; /* NULL: every line */
	void (*holds)(const struct law *, size_t i, const json_t *line);
};

/* A difference at line i, unless replay has said the same of it. */
void law_broken(const struct law *law, size_t i, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * The run's last line of this event before line i; NULL: none.  Where line i is
 * of a zone among several, the last that is of that zone or of none.
 */
const json_t *law_last(const struct law *law, size_t i, const char *event);

/* The same of whatever zone. */
const json_t *law_last_of_any(
    const struct law *law, size_t i, const char *event);

/* The JSON of line i; NULL: torn. */
const json_t *law_line(const struct law *law, size_t i);

bool law_is(const json_t *line, const char *fact, const char *text);

/* Whether it is this program's own record, whose words are known. */
bool law_is_own(const struct law *law);

/* The value of the first "--option" among the arguments; NULL: none. */
const char *law_option(const struct law *law, const char *option);
bool law_flag(const struct law *law, const char *flag);

/* Whether the arguments have this word, or an option with this value. */
bool law_has_word(const struct law *law, const char *word);

/*
 * Whether the run's configuration, as it is stored, has this text: a name that
 * no argument gave may stand under its `filenames`.
 */
bool law_is_configured(const struct law *law, const char *text);

/* How many files the arguments of `hash` or `manifest` name. */
size_t law_count_files(const struct law *law);

/*
 * laws_zones.c: whether the path is one that the run's manifest of requests
 * names, if there is one.
 */
bool law_is_listed(const struct law *law, const char *path);

/* Which line of a run is of which zone, and the manifest that names these. */
struct law_zones;
MUST_USE bool law_zones_new(const struct ceremony *ceremony,
    const struct run *run, struct law_zones **ret);
void law_zones_free(struct law_zones *zones);

/* The last line before i that may tell of line i; run->first's or less: none. */
struct law_walk {
	size_t zone, none; /* indices of lines, plus 1; 0: none is left */
};
struct law_walk law_walk_before(const struct law *law, size_t i);
bool law_walk_next(const struct law *law, struct law_walk *walk, size_t *ret);

/* laws_runs.c, laws_arguments.c and laws_acts.c; each ends with a NULL row. */
extern const struct law_row laws_of_runs[], laws_of_arguments[], laws_of_acts[],
    laws_of_zones[];
