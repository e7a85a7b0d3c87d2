/*
 * Which word was probably meant: for a command, option, name or key that is
 * none.  Case does not matter, nor whether "_" or "-" was written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/err.h"

struct nearest {
	const char *given;
	const char *word; /* borrowed; NULL: none is near */
	size_t distance;
};

/* {given}, then each word that would have been one. */
void nearest_try(struct nearest *nearest, const char *word);

/* Appends "; is it PREFIXword?" to the message where one is near; false. */
bool nearest_say(
    const struct nearest *nearest, const char *prefix, struct err *err);
