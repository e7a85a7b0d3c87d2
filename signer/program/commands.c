#include <stdio.h>
#include <string.h>

#include "ksr/base/macros.h"
#include "signer/program/commands.h"

static const struct command *const commands[] = {
	&cmd_init,
	&cmd_keygen,
	&cmd_inventory,
	&cmd_keydelete,
	&cmd_transport,
	&cmd_backup,
	&cmd_restore,
	&cmd_handover,
	&cmd_request,
	&cmd_check,
	&cmd_sign,
	&cmd_verify,
	&cmd_release,
	&cmd_trust_anchor,
	&cmd_parent,
	&cmd_simulate,
	&cmd_plan,
	&cmd_show,
	&cmd_convert,
	&cmd_hash,
	&cmd_register,
	&cmd_log,
	&cmd_replay,
	&cmd_report,
	&cmd_manifest,
	&cmd_selftest,
	&cmd_step,
};

const char configuration_text[] =
    "The configuration is the first of --config FILE, $ANCHORITE_CONFIG,\n"
    "./anchorite.yaml and /etc/anchorite/anchorite.yaml.";

const char *
recording_text(enum recording recording)
{
	static const char *const texts[] = {
		[RECORD_NEVER] = "keeps no ceremony record",
		[RECORD_READ] = "reads the ceremony record, ./ceremony or "
				"--ceremony DIR",
		[RECORD_ASKED] = "leaves no trace, unless --ceremony DIR keeps "
				 "a record",
		[RECORD_ACT] = "is an act: recorded in ./ceremony, or in "
			       "--ceremony DIR",
	};

	return texts[recording];
}

static void
print_help_end(const struct command *command)
{
	printf("\n`%s` %s.\n", command->name,
	    recording_text(command->recording));
	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++)
		printf("`%s %s` %s.\n", command->name, verb->name,
		    recording_text(verb->recording));
	printf("\n%s\n", configuration_text);
}

const struct program anchorite_program = {
	.name = "anchorite",
	.usage = "[--config FILE] [--json] [--at TIME] COMMAND ...",
	.n_commands = ARRAY_LEN(commands),
	.commands = commands,
	.globals = global_options,
	.exit_status = "Exit status: 0 accepted, 1 refused, 2 could not run.",
	.help_end = print_help_end,
};

const struct command *
command_of_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

struct command
command_as_asked(const struct command *command, const struct args *args)
{
	struct command asked = *command;

	if (command->zone_unless != NULL &&
	    args_flag(args, command->zone_unless))
		asked.zone = ZONE_NAMED;
	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++) {
		if (args->n_files > 0 &&
		    strcmp(verb->name, args->files[0]) == 0) {
			asked.needs_config = verb->needs_config;
			asked.recording = verb->recording;
			asked.zone = verb->zone;
		}
	}
	return asked;
}
