#include <string.h>

#include "ksr/base/macros.h"
#include "signer/program/commands.h"

const struct command *const commands[] = {
	&cmd_init,
	&cmd_keygen,
	&cmd_inventory,
	&cmd_keydelete,
	&cmd_request,
	&cmd_check,
	&cmd_sign,
	&cmd_verify,
	&cmd_release,
	&cmd_simulate,
	&cmd_plan,
	&cmd_show,
	&cmd_hash,
	&cmd_register,
	&cmd_log,
	&cmd_replay,
	&cmd_report,
	&cmd_manifest,
	&cmd_selftest,
	&cmd_step,
};
const size_t n_commands = ARRAY_LEN(commands);

const char usage_text[] = "[--config FILE] [--json] [--at TIME] COMMAND ...";

const char exit_status_text[] =
    "Exit status: 0 accepted, 1 refused, 2 could not run.";

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

const struct command *
command_of_name(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

struct command
command_as_asked(const struct command *command, const struct args *args)
{
	struct command asked = *command;

	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++) {
		if (args->n_files > 0 &&
		    strcmp(verb->name, args->files[0]) == 0) {
			asked.needs_config = verb->needs_config;
			asked.recording = verb->recording;
		}
	}
	return asked;
}
