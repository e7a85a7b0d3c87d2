#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/command.h"

#define OPTIONS_MAX 32

const struct option_row global_options[] = {
	{ "config", "FILE", "the configuration; see below", false },
	{ "ceremony", "DIR", "the ceremony record (default: ./ceremony)", false },
	{ "json", NULL, "results as JSON on stdout", false },
	{ "at", "TIME", "act at TIME, e.g. 2027-01-01T12:00:00Z (rehearsals)",
	    false },
	{ "help", NULL, "this text", false },
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

/* -o is short for --output, where the command has that; else NULL. */
static const struct option_row *
output_row(const struct option_row **rows, const struct option *longopts)
{
	for (size_t i = 0; longopts[i].name != NULL; i++)
		if (strcmp(longopts[i].name, "output") == 0)
			return rows[i];
	return NULL;
}

static bool
args_parse_all(const struct option_row **rows, const struct option *longopts,
    int argc, char **argv, struct args *args, struct err *err)
{
	const struct option_row *output = output_row(rows, longopts);
	int c, at;

	optind = 0;
	opterr = 0;
	/* "-": arguments in order, those that are no options with code 1. */
	while (at = optind == 0 ? 1 : optind,
	    (c = getopt_long(argc, argv, output == NULL ? "-:" : "-:o:",
		 longopts, NULL)) != -1) {
		if (c == 1) {
			args->files[args->n_files++] = optarg;
			continue;
		}
		if (c == ':')
			return err_set(
			    err, E_USAGE, "%s wants a value", argv[at]);
		if (c == '?')
			return err_set(
			    err, E_USAGE, "unknown option %s", argv[at]);
		if (c == 'o') {
			if (!args_add(args, output, optarg, err))
				return false;
			continue;
		}
		if (is_abbreviated(argv[at], rows[c - 256]->name))
			return err_set(err, E_USAGE,
			    "unknown option %s; is it --%s?", argv[at],
			    rows[c - 256]->name);
		if (!args_add(args, rows[c - 256],
			optarg == NULL ? "" : optarg, err))
			return false;
	}
	while (optind < argc)
		args->files[args->n_files++] = argv[optind++];
	return true;
}

static bool
has_its_files(const struct command *command, const struct args *args)
{
	if (command->alone != NULL && args_flag(args, command->alone))
		return args->n_files == 0;
	return args->n_files >= command->min_files &&
	    args->n_files <= command->max_files;
}

bool
args_parse(const struct command *command, int argc, char **argv,
    struct args *ret, bool *ret_help, struct err *err)
{
	const struct option_row *rows[OPTIONS_MAX];
	struct option longopts[OPTIONS_MAX + 1] = { 0 };
	struct args args = { 0 };
	size_t n;

	n = collect_rows(global_options, rows, longopts, 0);
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
	if (!*ret_help && !has_its_files(command, &args)) {
		err_set(err, E_USAGE, "usage: anchorite %s %s", command->name,
		    command->usage);
		goto fail;
	}
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
