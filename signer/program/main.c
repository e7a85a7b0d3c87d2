/*
 * anchorite: from a Key Signing Request to a Signed Key Response.
 *
 * The one place that reads the clock, prints errors and decides the exit
 * status: 0 accepted, 1 refused, 2 could not run.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
#include "signer/record/zones.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"

static bool
fill_context(const struct command *command, const struct args *args,
    struct context *ret, struct err *err)
{
	const char *at = args_value(args, "at");
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	*ret = (struct context){
		.json = args_flag(args, "json"),
		.format = document_format(command, args),
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
		return zones_choose(context, command, args, err);
	if (!configuration_load(path, ret, err))
		return false;
	context->config = ret->config;
	context->zones = ret->zones;
	context->config_path = ret->path;
	context->config_sha256 = ret->sha256;
	if (context->at_given && !ret->config->rehearsal)
		return err_set(err, E_USAGE,
		    "--at is for rehearsals: %s does not say "
		    "`rehearsal: true`",
		    ret->path);
	return zones_choose(context, command, args, err);
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
	const struct command *command = program_take_command(
	    &anchorite_program, &argc, argv, err);
	struct command asked;
	struct context context;
	struct args args;
	bool help, ok = false;

	if (command == NULL)
		return false;
	if (!args_parse(command, argc, argv, &args, &help, err))
		return err_prefix(err, "%s", command->name);
	if (help) {
		program_print_help(&anchorite_program, command);
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

static bool
run_asked(int argc, char **argv, struct err *err)
{
	switch (program_asked(&anchorite_program, argc, argv, err)) {
	case ASKED_COMMAND:
		return run(argc, argv, err);
	case ASKED_VERSION:
		version_print(anchorite_program.name);
		return true;
	case ASKED_HELP:
		return true;
	case ASKED_FAILED:
		break;
	}
	return false;
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

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	bool ok;

	environment_start();
	forbid_core_files();
	/* What is stored is as readable as its writer means it to be. */
	umask(022);
	/* A file that grows beyond its limit is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	ok = screen_open(anchorite_program.name, &err) &&
	    run_asked(argc, argv, &err) && screen_flush(&err);
	if (ok)
		return 0;
	screen_complain(
	    "%s%s", err.code == E_REFUSED ? "refused: " : "", err.msg);
	return err_exit_status(&err);
}
