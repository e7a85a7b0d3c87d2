#include <inttypes.h>
#include <stdio.h>

#include "ksr/base/text.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/program/confine.h"
#include "signer/program/replay.h"
#include "signer/program/replay_identity.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/show/witness.h"

static const json_t *
head_of(const struct replay *replay, const struct run *run)
{
	return replay->ceremony.log.lines[run->first].json;
}

static void
print_runs(const struct context *context, const struct replay *replay)
{
	const char *good = context->colour ? "\033[32m" : "";
	const char *bad = context->colour ? "\033[1;31m" : "";
	const char *off = context->colour ? "\033[0m" : "";

	for (size_t i = 0; i < replay->ceremony.n_runs; i++) {
		const struct run *run = &replay->ceremony.runs[i];
		size_t n = replay->runs[i].n_differences;
		char command[64];

		text_ascii(command, sizeof(command), run->command);
		printf("  %3zu  %-9s  %.19s  %s%s%s  %s\n", run->number,
		    command, fact_text(head_of(replay, run), "time"),
		    n == 0 ? good : bad, n == 0 ? "replayed" : "DIFFERS ", off,
		    replay->runs[i].outcome);
	}
}

static void
print_list(const char *title, const struct differences *list)
{
	if (list->n == 0)
		return;
	printf("\n%s\n", title);
	for (size_t i = 0; i < list->n; i++) {
		if (list->list[i].line > 0)
			printf("  line %zu: ", list->list[i].line);
		else
			printf("  ");
		printf("%s\n", list->list[i].text);
	}
}

static void
print(const struct context *context, const struct replay *replay,
    const struct witness *witness, const struct identity_given *given)
{
	const struct ceremony *ceremony = &replay->ceremony;

	printf("Runs\n");
	print_runs(context, replay);
	if (ceremony->n_runs == 0)
		printf("  none\n");
	identity_print(given, ceremony);
	print_list("Notes", &replay->notes);
	print_list("Differences", &replay->differences);
	today_print(&replay->today, context);
	printf("\n");
	witness_print(witness, ceremony->dir, &ceremony->log);
	if (replay->differences.n == 0)
		printf("\nreplayed: %zu run%s, every conclusion and every byte "
		       "the same\n",
		    ceremony->n_runs, ceremony->n_runs == 1 ? "" : "s");
}

static json_t *
json_of_list(const struct differences *list)
{
	json_t *json = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(json,
		    json_pack("{s:I, s:o}", "line",
			(json_int_t)list->list[i].line, "text",
			json_of_text(list->list[i].text)));
	return json;
}

static json_t *
json_of_runs(const struct replay *replay)
{
	json_t *json = json_array();

	for (size_t i = 0; i < replay->ceremony.n_runs; i++) {
		const struct run *run = &replay->ceremony.runs[i];

		json_array_append_new(json,
		    json_pack("{s:I, s:s, s:s, s:b, s:i, s:b, s:o}", "run",
			(json_int_t)run->number, "command", run->command,
			"time", fact_text(head_of(replay, run), "time"),
			"ended", run->ended, "status", run->status, "replayed",
			replay->runs[i].n_differences == 0, "outcome",
			json_of_text(replay->runs[i].outcome)));
	}
	return json;
}

static bool
print_json(const struct replay *replay, const struct witness *witness,
    const struct identity_given *given, struct err *err)
{
	return json_print(
	    json_pack("{s:s, s:b, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "command",
		"replay", "identical", replay->differences.n == 0, "head",
		replay->ceremony.log.head, "witnessed", witness->given, "runs",
		json_of_runs(replay), "at_work",
		identity_json(given, &replay->ceremony), "differences",
		json_of_list(&replay->differences), "notes",
		json_of_list(&replay->notes), "today",
		json_of_today(&replay->today)),
	    err);
}

static bool
judge(const struct context *context, struct replay *replay,
    const struct witness *witness, const struct identity_given *given,
    struct err *err)
{
	const struct differences *found = &replay->differences;
	struct err why;

	if (!witness_agrees(witness, &replay->ceremony.log, &why))
		differences_add(&replay->differences, 0, "%s", why.msg);
	identity_compare(given, replay);
	if (!context->json)
		print(context, replay, witness, given);
	else if (!print_json(replay, witness, given, err))
		return false;
	if (found->n == 0)
		return true;
	if (found->list[0].line == 0)
		return err_set(err, E_REFUSED, "%s differs: %s",
		    replay->ceremony.dir, found->list[0].text);
	return err_set(err, E_REFUSED, "%s differs, first at line %zu: %s",
	    replay->ceremony.dir, found->list[0].line, found->list[0].text);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct identity_given given;
	struct witness witness;
	struct replay replay;
	char binary[CHAIN_HASH_SIZE];
	bool ok;

	if (!witness_of_args(args, &witness, err) ||
	    !identity_of_args(args, &given, err) ||
	    /* Its own file is read while that is possible. */
	    !record_binary(binary, err) ||
	    !confine_to(1, args->files, NULL, err) ||
	    !replay_ceremony(args->files[0], &replay, err))
		return false;
	ok = judge(context, &replay, &witness, &given, err);
	replay_clear(&replay);
	return ok;
}

static const struct option_row options[] = {
	WITNESS_OPTIONS,
	IDENTITY_OPTIONS,
	{ NULL, NULL, NULL, false },
};

const struct command cmd_replay = {
	.name = "replay",
	.run = run,
	.usage = "DIR [--head HEX | --words \"WORDS\"] [--config-sha256 HEX] "
		 "[--program-sha256 HEX] [--module-sha256 HEX]...",
	.summary = "derive a ceremony anew from its record; no HSM",
	.help =
	    "Reads the record in DIR and nothing else: no HSM, no network, no\n"
	    "configuration but the recorded one.  Every check runs again at\n"
	    "the recorded time, every byte that was signed is built again,\n"
	    "every signature verified, every response derived byte for byte.\n"
	    "Whatever is not as recorded is a difference; all are listed and\n"
	    "the exit status is 1.\n\n"
	    "A run of an older version is judged by the rules of that version;\n"
	    "what today's would say otherwise stands apart and changes nothing.\n\n"
	    "--head or --words is what a witness wrote down at the ceremony's\n"
	    "end.  Only with it is it certain that no run is missing.\n\n"
	    "Program, configuration and opened PKCS#11 modules are shown by\n"
	    "their SHA-256; --program-sha256, --config-sha256 and\n"
	    "--module-sha256 say which they had to be.  Another is a\n"
	    "difference.",
	.min_files = 1,
	.max_files = 1,
	.recording = RECORD_NEVER,
	.options = options,
};
