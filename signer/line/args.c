#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "signer/line/args.h"
#include "signer/line/command.h"

#define OPTIONS_MAX 32

const struct option_row global_options[] = {
	{ "config", "FILE", "the configuration; see below", false },
	{ "ceremony", "DIR", "keep the ceremony record there", false },
	{ "zone", "NAME", "which zone, of many; init: the one to rehearse",
	    false },
	{ "json", NULL, "results as JSON on stdout", false },
	{ "at", "TIME", "act at TIME, e.g. 2027-01-01T12:00:00Z (rehearsals)",
	    false },
	{ "help", NULL, "this text; also -h", false },
	{ NULL, NULL, NULL, false },
};

static size_t
collect_rows(const struct option_row *options,
    const struct option_row **rows, struct option *longopts, size_t n)
{
	for (; options != NULL && options->name != NULL && n < OPTIONS_MAX;
	    options++, n++) {
		rows[n] = options;
		longopts[n] = (struct option){ options->name,
			options->arg == NULL ? no_argument : required_argument,
			NULL, (int)n + 256 };
	}
	return n;
}

/* getopt_long takes any unambiguous prefix; a ceremony script must not. */
static bool
is_abbreviated(const char *given, const char *name)
{
	size_t len = strlen(name);

	return strncmp(given, "--", 2) == 0 &&
	    (strncmp(given + 2, name, len) != 0 ||
	    (given[2 + len] != '\0' && given[2 + len] != '='));
}

static bool
args_add(struct args *args, const struct option_row *row, const char *value,
    struct err *err)
{
	if (!row->repeatable && args_value(args, row->name) != NULL)
		return err_set(
		    err, E_USAGE, "--%s is given twice", row->name);
	args->values[args->n_values++] = (struct option_value){ row, value };
	return true;
}

/* What was probably meant by an option that is none. */
static bool
err_set_unknown(
    const struct option *longopts, const char *given, struct err *err)
{
	char name[64];
	struct nearest nearest = { .given = name };

	err_set(err, E_USAGE, "unknown option %s", given);
	if (strncmp(given, "--", 2) != 0)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(given + 2, "="),
	    given + 2);
	for (; longopts->name != NULL; longopts++)
		nearest_try(&nearest, longopts->name);
	return nearest_say(&nearest, "--", err);
}

/* The row of an option by its name, where the command has it; else NULL. */
static const struct option_row *
named_row(const struct option_row **rows, const struct option *longopts,
    const char *name)
{
	for (size_t i = 0; longopts[i].name != NULL; i++)
		if (strcmp(longopts[i].name, name) == 0)
			return rows[i];
	return NULL;
}

static bool
err_set_abbreviated(
    const struct option_row *row, const char *given, struct err *err)
{
	return err_set(err, E_USAGE, "unknown option %s; is it --%s?", given,
	    row->name);
}

/* getopt_long takes an abbreviation for the option here as well. */
static bool
err_set_no_value(const struct option_row **rows, int option, const char *given,
    struct err *err)
{
	if (option >= 256 && is_abbreviated(given, rows[option - 256]->name))
		return err_set_abbreviated(rows[option - 256], given, err);
	return err_set(err, E_USAGE, "%s wants a value", given);
}

static bool
args_parse_all(const struct option_row **rows, const struct option *longopts,
    int argc, char **argv, struct args *args, struct err *err)
{
	/* Short forms: -o where the command has --output, and -h. */
	const struct option_row *output = named_row(rows, longopts, "output");
	const struct option_row *help = named_row(rows, longopts, "help");
	int c, at;

	optind = 0;
	opterr = 0;
	/* "-": arguments in order, those that are no options with code 1. */
	while (at = optind == 0 ? 1 : optind,
	    (c = getopt_long(argc, argv, output == NULL ? "-:h" : "-:ho:",
		 longopts, NULL)) != -1) {
		if (c == 1) {
			args->files[args->n_files++] = optarg;
			continue;
		}
		if (c == ':')
			return err_set_no_value(rows, optopt, argv[at], err);
		if (c == '?')
			return err_set_unknown(longopts, argv[at], err);
		if (c == 'o' || c == 'h') {
			if (!args_add(args, c == 'o' ? output : help,
				c == 'o' ? optarg : "", err))
				return false;
			continue;
		}
		if (is_abbreviated(argv[at], rows[c - 256]->name))
			return err_set_abbreviated(
			    rows[c - 256], argv[at], err);
		if (!args_add(args, rows[c - 256],
			optarg == NULL ? "" : optarg, err))
			return false;
	}
	while (optind < argc)
		args->files[args->n_files++] = argv[optind++];
	return true;
}

static const char *
program_of(const struct command *command)
{
	return command->program == NULL ? "anchorite" : command->program;
}

/* What is wrong, and how the command is used; false. */
static bool
err_set_misused(const struct command *command, const char *what,
    const char *wrong, struct err *err)
{
	return err_set(err, E_USAGE, "%.200s %s; usage: %s %s %s", what, wrong,
	    program_of(command), command->name, command->usage);
}

/*
 * The words of a usage that stand for files, one after the other: "[X]" may be
 * left out, and "X..." takes all that is left.  Ends at an option or at "|".
 */
static const char *
next_word(const char *files, char ret[32])
{
	size_t len;

	files += strspn(files, " ");
	len = strcspn(files, " ");
	snprintf(ret, 32, "%.*s", (int)len, files);
	if (ret[0] == '|' || ret[0] == '-' || strstr(ret, "[-") == ret)
		ret[0] = '\0';
	return files + len;
}

/* The argument that is missing behind n others, or one too many. */
static bool
check_count(const struct command *command, const char *usage, size_t min,
    size_t max, size_t n, const char *const *files, struct err *err)
{
	char word[32] = "";
	bool verb = usage == command->usage && command->verbs != NULL &&
	    !command->other_verbs;

	if (n > max)
		return err_set_misused(
		    command, files[max], "is one argument too many", err);
	if (n >= min)
		return true;
	for (size_t i = 0; i <= n; i++)
		usage = next_word(usage, word);
	/* "SKR" of "SKR[@TIME]...". */
	if (word[0] != '[')
		word[strcspn(word, "[.")] = '\0';
	return err_set_misused(command,
	    verb		  ? "a subcommand"
		: word[0] == '\0' ? "a file"
				  : word,
	    "is missing", err);
}

/* Files that may and must follow the verb, by its row. */
static bool
check_verb_files(const struct command *command, const struct verb_row *verb,
    const struct args *args, struct err *err)
{
	const char *rest = verb->files;
	size_t min = 0, max = 0;
	char word[32];

	while (rest = next_word(rest, word), word[0] != '\0') {
		max++;
		if (word[0] != '[')
			min++;
	}
	return check_count(command, verb->files, min, max, args->n_files - 1,
	    args->files + 1, err);
}

static bool
check_verb(const struct command *command, const struct args *args,
    struct err *err)
{
	const char *given = args->files[0];
	struct nearest nearest = { .given = given };

	for (const struct verb_row *verb = command->verbs; verb->name != NULL;
	     verb++) {
		nearest_try(&nearest, verb->name);
		if (strcmp(verb->name, given) != 0)
			continue;
		if (!check_verb_files(command, verb, args, err))
			return false;
		if (verb->needed == NULL ||
		    args_value(args, verb->needed) != NULL)
			return true;
		return err_set(err, E_USAGE,
		    "%s needs --%s; usage: %s %s %s", verb->name,
		    verb->needed, program_of(command), command->name,
		    command->usage);
	}
	if (command->other_verbs)
		return true;
	err_set(err, E_USAGE, "%.80s: no such subcommand", given);
	if (nearest.word != NULL)
		return nearest_say(&nearest, "", err);
	return err_set(err, E_USAGE,
	    "%.80s: no such subcommand; usage: %s %s %s", given,
	    program_of(command), command->name, command->usage);
}

/* All that the command's row says must be there is, and nothing else. */
static bool
check_complete(const struct command *command, const struct args *args,
    struct err *err)
{
	if (command->alone != NULL && args_flag(args, command->alone))
		return args->n_files == 0 ||
		    err_set_misused(command, args->files[0],
			"is one argument too many", err);
	/* A verb says how many follow it. */
	if (!check_count(command, command->usage, command->min_files,
		command->verbs == NULL ? command->max_files : SIZE_MAX,
		args->n_files, args->files, err) ||
	    (command->verbs != NULL && !check_verb(command, args, err)))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(command->needed); i++) {
		const char *name = command->needed[i];

		if (name != NULL && args_value(args, name) == NULL)
			return err_set(err, E_USAGE,
			    "--%s is missing; usage: %s %s %s", name,
			    program_of(command), command->name, command->usage);
	}
	return true;
}

bool
args_parse(const struct command *command, int argc, char **argv,
    struct args *ret, bool *ret_help, struct err *err)
{
	const struct option_row *rows[OPTIONS_MAX];
	struct option longopts[OPTIONS_MAX + 1] = { 0 };
	struct args args = { 0 };
	size_t n;

	n = collect_rows(command->globals == NULL ? global_options
						  : command->globals,
	    rows, longopts, 0);
	collect_rows(command->options, rows, longopts, n);
	args.values = calloc((size_t)argc + 1, sizeof(*args.values));
	args.files = calloc((size_t)argc + 1, sizeof(*args.files));
	if (args.values == NULL || args.files == NULL) {
		err_set(err, E_MEMORY, "out of memory");
		goto fail;
	}
	if (!args_parse_all(rows, longopts, argc, argv, &args, err))
		goto fail;
	*ret_help = args_flag(&args, "help");
	if (!*ret_help && !check_complete(command, &args, err))
		goto fail;
	*ret = args;
	return true;
fail:
	args_free(&args);
	return false;
}

void
args_free(struct args *args)
{
	free(args->values);
	free(args->files);
	*args = (struct args){ 0 };
}

const char *
args_value(const struct args *args, const char *name)
{
	for (size_t i = 0; i < args->n_values; i++)
		if (strcmp(args->values[i].row->name, name) == 0)
			return args->values[i].value;
	return NULL;
}

bool
args_flag(const struct args *args, const char *name)
{
	return args_value(args, name) != NULL;
}

static bool
is_global(const struct option_row *row)
{
	for (const struct option_row *global = global_options;
	     global->name != NULL; global++)
		if (global == row)
			return true;
	return false;
}

static bool
is_among(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

bool
args_only(const struct args *args, const char *command, const char *verb,
    const char *const *names, struct err *err)
{
	for (size_t i = 0; i < args->n_values; i++) {
		const struct option_row *row = args->values[i].row;

		if (!is_global(row) && !is_among(row->name, names))
			return err_set(err, E_USAGE,
			    "--%s has no meaning for %s %s", row->name, command,
			    verb);
	}
	return true;
}
