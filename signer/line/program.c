#include <stdio.h>
#include <string.h>

#include "ksr/base/macros.h"
#include "ksr/base/nearest.h"
#include "signer/line/program.h"

static void
print_options(const struct option_row *row)
{
	char head[64];

	for (; row != NULL && row->name != NULL; row++) {
		snprintf(head, sizeof(head), "--%s%s%s", row->name,
		    row->arg == NULL ? "" : " ", row->arg == NULL ? "" : row->arg);
		printf("  %-24s %s\n", head, row->help);
	}
}

static void
print_usage(const struct program *program)
{
	printf("usage: %s %s\n\n", program->name, program->usage);
	for (size_t i = 0; i < program->n_commands; i++)
		printf("  %-12s  %s\n", program->commands[i]->name,
		    program->commands[i]->summary);
	printf("\n`%s help COMMAND` explains one command,\n"
	       "`%s version` says which this is.\n"
	       "%s\n",
	    program->name, program->name, program->exit_status);
}

void
program_print_help(
    const struct program *program, const struct command *command)
{
	printf("usage: %s %s %s\n\n%s\n\n%s\n", program->name, command->name,
	    command->usage, command->summary, command->help);
	if (command->options != NULL && command->options[0].name != NULL) {
		printf("\nOptions:\n");
		print_options(command->options);
	}
	printf("\nGlobal options:\n");
	print_options(program->globals);
	if (program->help_end != NULL)
		program->help_end(command);
}

/* What is asked of the program itself; a word of it is no command's name. */
static const struct about {
	const char *word;
	bool version;
} about_words[] = {
	{ "--version", true },
	{ "-V", true },
	{ "version", true },
	{ "--help", false },
	{ "-h", false },
	{ "help", false },
};

static const struct command *
find_command(
    const struct program *program, const char *name, struct err *err)
{
	struct nearest nearest = { .given = name };

	for (size_t i = 0; i < program->n_commands; i++) {
		if (strcmp(program->commands[i]->name, name) == 0)
			return program->commands[i];
		nearest_try(&nearest, program->commands[i]->name);
	}
	for (size_t i = 0; i < ARRAY_LEN(about_words); i++)
		if (about_words[i].word[0] != '-' &&
		    strcmp(about_words[i].word, name) != 0)
			nearest_try(&nearest, about_words[i].word);
	err_set(err, E_USAGE, "unknown command \"%.200s\"", name);
	nearest_say(&nearest, "", err);
	err_append(err, "; `%s help` lists them", program->name);
	return NULL;
}

/* NULL: it is no global option. */
static const struct option_row *
global_row(const struct program *program, const char *arg)
{
	const struct option_row *row = program->globals;
	size_t len = strcspn(arg, "=");

	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	while (row->name != NULL &&
	    (strlen(row->name) != len - 2 ||
	    strncmp(arg + 2, row->name, len - 2) != 0))
		row++;
	return row->name == NULL ? NULL : row;
}

/* True for a global option whose value is the next argument. */
static bool
takes_value(const struct program *program, const char *arg)
{
	const struct option_row *row = global_row(program, arg);

	return row != NULL && row->arg != NULL && strchr(arg, '=') == NULL;
}

/*
 * Why there is no such command may be a mistyped option before it, whose value
 * was taken for the command; false where there is none.
 */
static bool
say_near_option(
    const struct program *program, int n, char **args, struct err *err)
{
	char name[64];

	for (int i = 1; i < n; i++) {
		struct nearest nearest = { .given = name };

		if (takes_value(program, args[i]))
			i++;
		else if (strncmp(args[i], "--", 2) == 0 &&
		    global_row(program, args[i]) == NULL) {
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(args[i] + 2, "="), args[i] + 2);
			for (const struct option_row *row = program->globals;
			     row->name != NULL; row++)
				nearest_try(&nearest, row->name);
			nearest_try(&nearest, "version");
			if (nearest.word == NULL || nearest.distance == 0)
				continue; /* nor is it "--version" */
			err_set(err, E_USAGE, "unknown option %s", args[i]);
			nearest_say(&nearest, "--", err);
			return true;
		}
	}
	return false;
}

const struct command *
program_take_command(const struct program *program, int *argc, char **argv,
    struct err *err)
{
	const struct command *command;

	for (int i = 1; i < *argc; i++) {
		if (argv[i][0] == '-') {
			if (takes_value(program, argv[i]))
				i++;
			continue;
		}
		command = find_command(program, argv[i], err);
		if (command == NULL) {
			(void)say_near_option(program, i, argv, err);
			return NULL;
		}
		memmove(&argv[i], &argv[i + 1],
		    (size_t)(*argc - i) * sizeof(*argv));
		(*argc)--;
		return command;
	}
	if (!say_near_option(program, *argc, argv, err))
		err_set(err, E_USAGE, "no command; `%s help` lists them",
		    program->name);
	return NULL;
}

static const struct about *
find_about(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(about_words); i++)
		if (strcmp(about_words[i].word, word) == 0)
			return &about_words[i];
	return NULL;
}

static bool
has_verb(const struct command *command, const char *name)
{
	const struct verb_row *verb = command->verbs;

	while (verb != NULL && verb->name != NULL && strcmp(verb->name, name))
		verb++;
	return verb != NULL && verb->name != NULL;
}

/* `help COMMAND`, and a verb of it where somebody says that too. */
static bool
help_on(const struct program *program, int argc, char **argv, struct err *err)
{
	const struct command *command;

	if (argc == 3 && find_about(argv[2]) != NULL) {
		print_usage(program);
		return true;
	}
	command = find_command(program, argv[2], err);
	if (command == NULL)
		return false;
	if (argc > 4 || (argc == 4 && !has_verb(command, argv[3])))
		return err_set(err, E_USAGE,
		    "help: %.200s is one argument too many; usage: %s help "
		    "[COMMAND]",
		    argv[argc > 4 ? 4 : 3], program->name);
	program_print_help(program, command);
	return true;
}

/* Global options, with their values, before the first other argument. */
static int
options_before(const struct program *program, int argc, char **argv)
{
	int at = 1;

	while (at < argc && global_row(program, argv[at]) != NULL &&
	    find_about(argv[at]) == NULL)
		at += takes_value(program, argv[at]) ? 2 : 1;
	return (at < argc ? at : argc) - 1;
}

enum asked
program_asked(
    const struct program *program, int argc, char **argv, struct err *err)
{
	int before = options_before(program, argc, argv);
	const struct about *about;

	argc -= before;
	argv += before;
	about = argc < 2 ? NULL : find_about(argv[1]);
	if (argc > 2 && strcmp(argv[1], "help") == 0)
		return help_on(program, argc, argv, err) ? ASKED_HELP
							 : ASKED_FAILED;
	if (argc != 2 || about == NULL)
		return ASKED_COMMAND;
	if (about->version)
		return ASKED_VERSION;
	print_usage(program);
	return ASKED_HELP;
}
