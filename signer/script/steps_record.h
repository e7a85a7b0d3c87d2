/*
 * The steps of ceremony scripts in the ceremony record.
 */
#pragma once

#include <jansson.h>

#include "signer/record/ceremony.h"
#include "signer/script/steps.h"

/* The role of a script among a record's inputs. */
#define SCRIPT_ROLE "script"

/* The role of the values that its inputs were given. */
#define VALUES_ROLE "script values"

/* The facts of a "step" line, all in printable ASCII; NULL: out of memory. */
json_t *json_of_step(const struct step *step);

/* E_USAGE if the line tells no step_check'ed event.  Borrows from the line. */
MUST_USE bool
step_of_json(const json_t *line, struct step *ret, struct err *err);

bool is_step(const json_t *line);
bool is_step_of(const json_t *line, enum step_event event);
bool is_script(const json_t *line); /* an "input" of a script */

/* A whole run that did nothing but put one step on record. */
bool run_is_step(const struct ceremony *ceremony, const struct run *run);

/*
 * Applies the line's event; input is the last line before it that stored a
 * script, which is read if the event begins it.  E_USAGE: may not come now.
 * E_REFUSED: the stored script is not there or not what the lines say.
 */
MUST_USE bool steps_apply_line(struct steps *steps,
    const struct ceremony *ceremony, const json_t *input, const json_t *line,
    struct err *err);

/* Where the record's last script stands. */
struct steps_found {
	struct steps steps;
	const json_t *begin; /* the script's first line; NULL: none */
	const json_t *last;  /* its last one */
	size_t n_exceptions; /* since its beginning */
};

/* E_REFUSED, with its line, for a step that may not come where it stands. */
MUST_USE bool steps_find(const struct ceremony *ceremony,
    struct steps_found *ret, struct err *err);
