/*
 * anchorite-readiness: which keys of a rollover validators say they trust, from
 * what servers have logged and captured.
 *
 * A program of its own, since it reads what strangers sent, with libraries for
 * that: nothing of it stands near a key.
 */
#include <signal.h>

#include "signer/program/version.h"
#include "signer/readiness/commands.h"
#include "signer/screen/screen.h"

static bool (*const runs[READINESS_COMMANDS])(
    const struct args *args, struct err *err) = {
	[READINESS_READ] = readiness_read,
	[READINESS_MERGE] = readiness_merge,
	[READINESS_SHOW] = readiness_show,
};

static bool
run(int argc, char **argv, struct err *err)
{
	const struct command *command = program_take_command(
	    &readiness_program, &argc, argv, err);
	struct args args;
	bool help, ok = true;

	if (command == NULL)
		return false;
	if (!args_parse(command, argc, argv, &args, &help, err))
		return err_prefix(err, "%s", command->name);
	if (help)
		program_print_help(&readiness_program, command);
	else
		ok = runs[command - readiness_commands](&args, err);
	args_free(&args);
	return ok;
}

static bool
run_asked(int argc, char **argv, struct err *err)
{
	switch (program_asked(&readiness_program, argc, argv, err)) {
	case ASKED_COMMAND:
		return run(argc, argv, err);
	case ASKED_VERSION:
		version_print(READINESS_PROGRAM);
		return true;
	case ASKED_HELP:
		return true;
	case ASKED_FAILED:
		break;
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };

	/* A file that grows beyond its limit is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (screen_open(READINESS_PROGRAM, &err) &&
	    run_asked(argc, argv, &err) && screen_flush(&err))
		return 0;
	screen_complain("%s", err.msg);
	return err_exit_status(&err);
}
