/*
 * The table of commands, and what is said of all of them: dispatch, --help, the
 * manual's pages and replay, which runs them again, have it from here.
 */
#pragma once

#include "signer/line/program.h"

extern const struct program anchorite_program;

/* NULL: there is none of that name. */
const struct command *command_of_name(const char *name);

/* The command's row with the needs of what it is asked to do. */
struct command command_as_asked(
    const struct command *command, const struct args *args);

extern const char configuration_text[]; /* where it is looked for */

/* Whether a command is recorded, as the end of a sentence about it. */
const char *recording_text(enum recording recording);
