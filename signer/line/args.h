/*
 * What stands on the command line behind the command's name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/err.h"

struct option_row {
	const char *name; /* without "--"; NULL ends the list */
	const char *arg;  /* what its value is called; NULL: takes none */
	const char *help;
	bool repeatable;
};

struct option_value {
	const struct option_row *row;
	const char *value; /* NULL for a flag; borrowed from argv */
};

struct args {
	size_t n_values; /* in the order of the command line */
	struct option_value *values;
	size_t n_files; /* arguments that are not options */
	const char **files;
};

struct command;

/*
 * Parses argv[0..argc-1], which holds no command name, against the command's
 * and the global options.  Sets *ret_help on --help and then checks nothing
 * else.  Abbreviated options are refused.  E_USAGE.
 */
MUST_USE bool args_parse(const struct command *command, int argc, char **argv,
    struct args *ret, bool *ret_help, struct err *err);
void args_free(struct args *args);

/* The option's value, "" for a flag that is there; NULL if it was not given. */
const char *args_value(const struct args *args, const char *name);
bool args_flag(const struct args *args, const char *name);

/*
 * E_USAGE unless each option given is a global one or one of these names, which
 * NULL ends: those that have a meaning for this verb.
 */
MUST_USE bool args_only(const struct args *args, const char *command,
    const char *verb, const char *const *names, struct err *err);
