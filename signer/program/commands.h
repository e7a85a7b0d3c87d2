/*
 * The table of commands, and what is said of all of them: --help and the
 * manual's pages have it from here.
 */
#pragma once

#include <stddef.h>

#include "signer/line/command.h"

extern const struct command *const commands[];
extern const size_t n_commands;

extern const char usage_text[]; /* what follows the program's name */
extern const char exit_status_text[];
extern const char configuration_text[]; /* where it is looked for */

/* Whether a command is recorded, as the end of a sentence about it. */
const char *recording_text(enum recording recording);
