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

bool is_step(const json_t *line);

/* A whole run that did nothing but put one step on record. */
bool run_is_step(const struct ceremony *ceremony, const struct run *run);

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
