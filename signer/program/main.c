/*
 * anchorite: from a Key Signing Request to a Signed Key Response.
 *
 * The one place that reads the clock, prints errors and decides the exit
 * status: 0 accepted, 1 refused, 2 could not run.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ksr/base/nearest.h"
#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/rules/key_tests.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/live/environment.h"
#include "signer/program/commands.h"
#include "signer/program/run_facts.h"
#include "signer/program/version.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"

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
print_usage(FILE *out)
{
	fprintf(out, "usage: anchorite %s\n\n", usage_text);
	for (size_t i = 0; i < n_commands; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name,
		    commands[i]->summary);
	fprintf(out,
	    "\n`anchorite help COMMAND` explains one command; "
	    "`anchorite version` says which this is.\n"
	    "%s\n",
	    exit_status_text);
}

static void
print_recording(const struct command *command)
{
	printf("\n`%s` %s.\n", command->name,
	    recording_text(command->recording));
	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++)
		printf("`%s %s` %s.\n", command->name, verb->name,
		    recording_text(verb->recording));
}

static void
print_help(const struct command *command)
{
	printf("usage: anchorite %s %s\n\n%s\n\n%s\n", command->name,
	    command->usage, command->summary, command->help);
	if (command->options != NULL && command->options[0].name != NULL) {
		printf("\nOptions:\n");
		print_options(command->options);
	}
	printf("\nGlobal options:\n");
	print_options(global_options);
	print_recording(command);
	printf("\n%s\n", configuration_text);
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
find_command(const char *name, struct err *err)
{
	struct nearest nearest = { .given = name };

	for (size_t i = 0; i < n_commands; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		nearest_try(&nearest, commands[i]->name);
	}
	for (size_t i = 0; i < ARRAY_LEN(about_words); i++)
		if (about_words[i].word[0] != '-' &&
		    strcmp(about_words[i].word, name) != 0)
			nearest_try(&nearest, about_words[i].word);
	err_set(err, E_USAGE, "unknown command \"%.200s\"", name);
	nearest_say(&nearest, "", err);
	err_append(err, "; `anchorite help` lists them");
	return NULL;
}

/* NULL: it is no global option. */
static const struct option_row *
global_row(const char *arg)
{
	const struct option_row *row = global_options;
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
takes_value(const char *arg)
{
	const struct option_row *row = global_row(arg);

	return row != NULL && row->arg != NULL && strchr(arg, '=') == NULL;
}

/*
 * Why there is no such command may be a mistyped option before it, whose value
 * was taken for the command; false where there is none.
 */
static bool
say_near_option(int n, char **args, struct err *err)
{
	char name[64];

	for (int i = 1; i < n; i++) {
		struct nearest nearest = { .given = name };

		if (takes_value(args[i]))
			i++;
		else if (strncmp(args[i], "--", 2) == 0 &&
		    global_row(args[i]) == NULL) {
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(args[i] + 2, "="), args[i] + 2);
			for (const struct option_row *row = global_options;
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

/*
 * Finds the command among argv, global options before it included, and takes
 * it out, so that global options may stand on either side of it.
 */
static const struct command *
take_command(int *argc, char **argv, struct err *err)
{
	const struct command *command;

	for (int i = 1; i < *argc; i++) {
		if (argv[i][0] == '-') {
			if (takes_value(argv[i]))
				i++;
			continue;
		}
		command = find_command(argv[i], err);
		if (command == NULL) {
			(void)say_near_option(i, argv, err);
			return NULL;
		}
		memmove(&argv[i], &argv[i + 1],
		    (size_t)(*argc - i) * sizeof(*argv));
		(*argc)--;
		return command;
	}
	if (!say_near_option(*argc, argv, err))
		err_set(err, E_USAGE,
		    "no command; `anchorite help` lists them");
	return NULL;
}

static bool
fill_context(const struct command *command, const struct args *args,
    struct context *ret, struct err *err)
{
	const char *at = args_value(args, "at");
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	*ret = (struct context){
		.json = args_flag(args, "json"),
		.at_given = at != NULL && !command->asks_time,
		.colour = isatty(STDOUT_FILENO) && term != NULL &&
		    strcmp(term, "dumb") != 0 &&
		    (no_color == NULL || no_color[0] == '\0'),
		.now = (int64_t)time(NULL),
	};
	if (at == NULL)
		return time_parse(ANCHORITE_RELEASED, &ret->earliest_now) ||
		    err_set(err, E_INTERNAL, "the release date is no date");
	return time_parse(at, &ret->now) ||
	    err_set(err, E_USAGE,
		"--at %s: expected a time such as 2027-01-01T12:00:00Z", at);
}

/*
 * The configuration, if the command needs one or may have one and there is
 * one; a pretended clock only in rehearsals.
 */
static bool
load_configuration(const struct command *command, const struct args *args,
    struct context *context, struct configuration *ret, struct err *err)
{
	const char *path = args_value(args, "config");

	if (!command->needs_config &&
	    !(command->may_have_config && configuration_is_there(path)))
		return true;
	if (!configuration_load(path, ret, err))
		return false;
	context->config = ret->config;
	context->config_path = ret->path;
	context->config_sha256 = ret->sha256;
	if (context->at_given && !ret->config->rehearsal)
		return err_set(err, E_USAGE,
		    "--at is for rehearsals: %s does not say "
		    "`rehearsal: true`",
		    ret->path);
	return true;
}

static bool
open_record(const struct command *command, const struct args *args,
    struct context *context, struct err *err)
{
	const char *dir = args_value(args, "ceremony");

	context->record_dir = dir == NULL ? RECORD_DEFAULT : dir;
	if (command->recording == RECORD_READ)
		return true;
	if (command->recording == RECORD_NEVER) {
		if (dir == NULL)
			return true;
		return err_set(err, E_USAGE,
		    "--ceremony has no meaning for %s", command->name);
	}
	if (dir != NULL)
		return record_open(dir, &context->record, err);
	return command->recording == RECORD_ASKED ||
	    record_open_waiting(context->record_dir, &context->record, err);
}

/* The head goes on paper: that makes truncation and rewriting detectable. */
static void
print_head(const struct command *command, const struct context *context)
{
	uint8_t digest[SHA256_SIZE];

	if (context->json ||
	    !hex_parse(record_head(context->record), digest, sizeof(digest)))
		return;
	printf("\n");
	print_record_head(command->remark, record_dir(context->record), digest);
}

/*
 * Runs the command and puts its end on record, which says what the screen was
 * shown: all of it has arrived, or that is the run's failure.  A failure after
 * a publication says so; a refusal says what is refused.
 */
static bool
run_to_end(const struct command *command, const struct args *args,
    const struct context *context, bool ready, struct err *err)
{
	bool ok = ready && command->run(context, args, err) && screen_flush(err);
	struct err first, late;

	if (!ok && err->code != E_REFUSED)
		publishing_say(context, err);
	if (facts_end(context->record, ok, err, &late))
		return ok;
	if (ok) {
		*err = late;
		return publishing_say(context, err);
	}
	first = *err;
	return err_set(err, first.code, "%.600s; nor is this on record: %.300s",
	    first.msg, late.msg);
}

static bool
run_recorded(const struct command *command, const struct args *args, int argc,
    char **argv, struct context *context, struct err *err)
{
	struct configuration configuration = { 0 };
	struct published published = { 0 };
	struct err late;
	bool ok;

	context->published = &published;
	if (!open_record(command, args, context, err))
		return false;
	ok = load_configuration(command, args, context, &configuration, err);
	if (!facts_run(context, argc, argv, command->name,
		configuration.config == NULL ? NULL : &configuration, &late)) {
		*err = late;
		ok = false;
	} else {
		ok = run_to_end(command, args, context, ok, err);
	}
	if (record_has_begun(context->record) && !command->headless)
		print_head(command, context);
	if (ok && !screen_flush(err))
		ok = publishing_say(context, err);
	configuration_free(&configuration);
	record_close(context->record);
	return ok;
}

static bool
run(int argc, char **argv, struct err *err)
{
	const struct command *command = take_command(&argc, argv, err);
	struct command asked;
	struct context context;
	struct args args;
	bool help, ok = false;

	if (command == NULL)
		return false;
	if (!args_parse(command, argc, argv, &args, &help, err))
		return err_prefix(err, "%s", command->name);
	if (help) {
		print_help(command);
		ok = true;
	} else if (fill_context(command, &args, &context, err) &&
	    key_tests_new(&key_limits_full, &context.key_tests, err)) {
		asked = command_as_asked(command, &args);
		ok = run_recorded(&asked, &args, argc, argv, &context, err);
		key_tests_free(context.key_tests);
	}
	args_free(&args);
	return ok;
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

/* `anchorite help COMMAND`, and a verb of it where somebody says that too. */
static bool
help_on(int argc, char **argv, struct err *err)
{
	const struct command *command;

	if (argc == 3 && find_about(argv[2]) != NULL) {
		print_usage(stdout);
		return true;
	}
	command = find_command(argv[2], err);
	if (command == NULL)
		return false;
	if (argc > 4 || (argc == 4 && !has_verb(command, argv[3])))
		return err_set(err, E_USAGE,
		    "help: %.200s is one argument too many; usage: anchorite "
		    "help [COMMAND]",
		    argv[argc > 4 ? 4 : 3]);
	print_help(command);
	return true;
}

/* Global options, with their values, before the first other argument. */
static int
options_before(int argc, char **argv)
{
	int at = 1;

	while (at < argc && global_row(argv[at]) != NULL &&
	    find_about(argv[at]) == NULL)
		at += takes_value(argv[at]) ? 2 : 1;
	return (at < argc ? at : argc) - 1;
}

/* What is asked of the program itself; -1 if that is a command's affair. */
static int
about_itself(int argc, char **argv, struct err *err)
{
	int before = options_before(argc, argv);
	const struct about *about;

	argc -= before;
	argv += before;
	about = argc < 2 ? NULL : find_about(argv[1]);
	if (argc > 2 && strcmp(argv[1], "help") == 0)
		return help_on(argc, argv, err);
	if (argc != 2 || about == NULL)
		return -1;
	if (about->version)
		version_print();
	else
		print_usage(stdout);
	return true;
}

/*
 * A PIN in memory must not reach a core file or a debugger.  A core file that
 * is piped to a program ignores the limit, hence the second call; it also
 * shuts out the leak checker, which attaches as a debugger does.
 */
static void
forbid_core_files(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef ANCHORITE_SANITIZED
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

/*
 * Descriptors 0 to 2, where the caller closed one, would go to the next files
 * that are opened, and what is meant for the screen into a response.  They
 * become files that nothing can be written to.
 */
static bool
open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	int about;
	bool ok;

	environment_start();
	if (!open_standard_files())
		return 2;
	forbid_core_files();
	/* What is stored is as readable as its writer means it to be. */
	umask(022);
	/* A file that grows beyond its limit is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	about = screen_open(&err) ? about_itself(argc, argv, &err) : 0;
	ok = about < 0 ? run(argc, argv, &err) : about > 0;
	if (ok)
		ok = screen_flush(&err);
	if (ok)
		return 0;
	screen_complain(
	    "%s%s", err.code == E_REFUSED ? "refused: " : "", err.msg);
	return err_exit_status(&err);
}
