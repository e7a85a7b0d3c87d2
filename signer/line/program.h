/*
 * A program of commands, and what it says of itself: which of them is meant,
 * help and version wherever they are asked for, and what was probably meant by
 * a word that is none.
 */
#pragma once

#include "signer/line/command.h"

struct program {
	const char *name;
	const char *usage; /* what follows the name */
	size_t n_commands;
	const struct command *const *commands;
	const struct option_row *globals;
	const char *exit_status; /* "Exit status: ..." */
	/* Prints what ends each command's help; or NULL. */
	void (*help_end)(const struct command *command);
};

/* What is asked of the program itself, if anything is. */
enum asked {
	ASKED_COMMAND, /* nothing: the command line is a command's affair */
	ASKED_VERSION, /* the caller's to say */
	ASKED_HELP,    /* is printed */
	ASKED_FAILED,  /* help on what is no command: E_USAGE */
};

enum asked program_asked(const struct program *program, int argc, char **argv,
    struct err *err);

/*
 * Finds the command among argv, global options before it included, and takes
 * it out, so that global options may stand on either side of it.  NULL: E_USAGE.
 */
const struct command *program_take_command(const struct program *program,
    int *argc, char **argv, struct err *err);

void program_print_help(
    const struct program *program, const struct command *command);
