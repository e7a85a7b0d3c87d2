#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "ksr/rules/key_tests.h"
#include "signer/cms/seal.h"
#include "signer/line/args.h"
#include "signer/program/commands.h"
#include "signer/program/replay.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/laws.h"
#include "signer/record/publishing.h"
#include "signer/record/recorded.h"
#include "signer/record/zones.h"
#include "signer/screen/screen.h"
#include "signer/show/telling.h"

/* One run that is made again. */
struct rerun {
	struct replay *replay;
	struct recorded recorded;
	struct record *record; /* owned */
	struct config *config; /* owned; NULL: the run had none */
	struct zones *zones;   /* owned; NULL: there are not many */
	uint8_t config_sha256[SHA256_SIZE];
	struct args args; /* owned */
	struct published published;
};

/* --- What the run was given. */

static bool
parse_arguments(
    struct rerun *rerun, const struct command *command, struct err *err)
{
	const json_t *list =
	    json_object_get(rerun->recorded.head, "arguments"), *text;
	char **argv = calloc(json_array_size(list) + 2, sizeof(*argv));
	bool help, ok = true;
	int argc = 1;
	size_t i;

	if (argv == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	json_array_foreach(list, i, text)
	{
		ok = ok && json_is_string(text);
		/* getopt takes what it does not write to as writable. */
		argv[argc++] = (char *)json_string_value(text);
	}
	ok = ok ? args_parse(command, argc, argv, &rerun->args, &help, err)
		: err_set(err, E_REFUSED, "they are none");
	free(argv);
	return ok;
}

/* What the "run" line says of the HSMs is what the configuration says. */
static void
compare_hsms(struct recorded *recorded, const struct config *config)
{
	const json_t *hsms = json_object_get(recorded->head, "hsms");

	if (json_array_size(hsms) != config->n_hsms)
		recorded_differs(recorded,
		    "the run names %zu HSMs, the configuration %zu",
		    json_array_size(hsms), config->n_hsms);
	for (size_t i = 0; i < config->n_hsms; i++) {
		const json_t *hsm = json_array_get(hsms, i);

		if (strcmp(fact_text(hsm, "name"), config->hsms[i].name) != 0 ||
		    strcmp(fact_text(hsm, "module"), config->hsms[i].module) !=
			0 ||
		    strcmp(fact_text(hsm, "token"), config->hsms[i].token) != 0)
			recorded_differs(recorded,
			    "HSM %zu is not the one of the configuration (%s)",
			    i + 1, config->hsms[i].name);
	}
}

static bool
read_configuration(struct rerun *rerun, const char *path, struct err *err)
{
	struct recorded *recorded = &rerun->recorded;
	struct buf yaml = buf_new(2 * CONFIG_FILE_MAX);
	bool ok = record_read(rerun->record, "configuration", path,
	    2 * CONFIG_FILE_MAX, &yaml, err);

	if (ok && !config_read(buf_bytes(&yaml), path, &rerun->config, err)) {
		recorded_differs(
		    recorded, "the configuration is refused: %s", err->msg);
		recorded->state = RECORDED_OVER;
		ok = false;
	}
	buf_free(&yaml);
	if (!ok)
		return false;
	rerun->config->rules = recorded->rules;
	compare_hsms(recorded, rerun->config);
	return zones_new(rerun->config, &rerun->zones, err);
}

/* Where the run could not load one, it had none, and ended. */
static bool
take_configuration(struct rerun *rerun, const struct command *command,
    struct context *context, struct err *err)
{
	struct recorded *recorded = &rerun->recorded;
	const json_t *facts = json_object_get(recorded->head, "configuration");
	const json_t *line = recorded_if(recorded, "input configuration");
	const char *path = fact_text(facts, "path");

	if (facts == NULL)
		return !command->needs_config || recorded_fails(recorded, err);
	if (line != NULL &&
	    strcmp(fact_text(facts, "masked_sha256"),
		fact_text(line, "sha256")) != 0)
		recorded_differs(recorded,
		    "the stored configuration is not the one that the run "
		    "names");
	if (!read_configuration(rerun, path, err))
		return false;
	if (!hex_parse(fact_text(facts, "sha256"), rerun->config_sha256,
		SHA256_SIZE))
		recorded_differs(recorded, "the configuration has no SHA-256");
	context->config = rerun->config;
	context->zones = rerun->zones;
	context->config_path = path;
	context->config_sha256 = rerun->config_sha256;
	return !context->at_given || rerun->config->rehearsal ||
	    recorded_fails(recorded, err);
}

static void
fill_context(struct rerun *rerun, const struct command *command,
    struct context *ret)
{
	struct recorded *recorded = &rerun->recorded;
	const json_t *head = recorded->head;
	const json_t *earliest = json_object_get(head, "earliest_now");

	*ret = (struct context){
		.json = args_flag(&rerun->args, "json"),
		.format = document_format(command, &rerun->args),
		.at_given = json_is_true(json_object_get(head, "rehearsal_time")),
		.rules = recorded->rules,
		.record = rerun->record,
		.published = &rerun->published,
		.record_dir = recorded->ceremony->dir,
		.key_tests = rerun->replay->key_tests,
	};
	if (!time_parse(fact_text(head, "now"), &ret->now))
		recorded_differs(recorded, "the run's time \"%s\" is none",
		    fact_text(head, "now"));
	if (json_is_string(earliest) &&
	    !time_parse(json_string_value(earliest), &ret->earliest_now))
		recorded_differs(recorded, "the run's earliest time is none");
}

/* --- The run. */

static bool
run_command(struct rerun *rerun, const struct command *command,
    struct err *outcome)
{
	struct context context;
	bool ok;

	fill_context(rerun, command, &context);
	screen_mute(true);
	ok = take_configuration(rerun, command, &context, outcome) &&
	    zones_choose(&context, command, &rerun->args, outcome) &&
	    command->run(&context, &rerun->args, outcome);
	if (!ok && outcome->code != E_REFUSED)
		publishing_say(&context, outcome);
	screen_mute(false);
	return ok;
}

/* The command, if such runs are kept on record. */
static bool
find_recorded(struct rerun *rerun, struct command *ret, struct err *err)
{
	const char *name = rerun->recorded.run->command;
	const struct command *command = command_of_name(name);

	if (command == NULL)
		return err_set(
		    err, E_REFUSED, "there is no command \"%.60s\"", name);
	if (!parse_arguments(rerun, command, err))
		return err_prefix(err, "the run's arguments");
	*ret = command_as_asked(command, &rerun->args);
	return ret->recording == RECORD_ACT || ret->recording == RECORD_ASKED ||
	    err_set(err, E_REFUSED, "a run of %s is never recorded", name);
}

static bool
make_again(struct rerun *rerun, struct err *err)
{
	struct recorded *recorded = &rerun->recorded;
	struct err outcome = { 0 };
	struct command command;
	bool ok;

	if (!record_again(recorded, &rerun->record, err))
		return false;
	if (!find_recorded(rerun, &command, &outcome)) {
		recorded_differs(recorded, "%s", outcome.msg);
	} else {
		ok = run_command(rerun, &command, &outcome);
		recorded_end(recorded, ok, &outcome);
	}
	if (outcome.code == E_MEMORY)
		*err = outcome;
	return outcome.code != E_MEMORY;
}

/* How the run ended, for the verdict. */
static void
describe(const struct recorded *recorded, char *ret, size_t size)
{
	const struct run *run = recorded->run;
	const struct chain_line *lines = recorded->ceremony->log.lines;
	const char *message = "", *certain;
	char step[STEP_TEXT_SIZE];

	for (size_t i = run->first; i < run->first + run->n; i++)
		if (lines[i].json != NULL)
			message = fact_text(lines[i].json, "message");
	certain = run_interrupted(recorded->ceremony, run, step);
	if (!run->ended)
		snprintf(ret, size, "interrupted after \"%s\": %s", step,
		    certain);
	else if (strcmp(step, SEAL_EVENT) == 0)
		snprintf(ret, size, "closed the record to be signed");
	else if (run->status == 0)
		snprintf(ret, size, "succeeded");
	else
		snprintf(ret, size, "%s: %.400s",
		    run->status == 1 ? "refused" : "failed", message);
}

static void
rerun_clear(struct rerun *rerun)
{
	record_close(rerun->record);
	zones_free(rerun->zones);
	config_free(rerun->config);
	args_free(&rerun->args);
}

/* A run is judged by the rules that its program had. */
static void
find_rules(struct recorded *recorded)
{
	const char *version = fact_text(recorded->head, "version");

	if (!rules_of_version(version, &recorded->rules)) {
		recorded_differs(recorded,
		    "no rules are known of version \"%.40s\"", version);
		recorded->rules = RULES_TODAY;
	}
	if (recorded->same_program && strcmp(version, ANCHORITE_VERSION) != 0)
		recorded_differs(recorded,
		    "the run is of this program, but claims version \"%.40s\" "
		    "instead of %s",
		    version, ANCHORITE_VERSION);
}

static void
compare_programs(struct replay *replay, const struct run *run)
{
	const struct chain_line *lines = replay->ceremony.log.lines;
	const json_t *head = lines[run->first].json;

	for (size_t i = run->first; i < run->first + run->n; i++)
		if (lines[i].json != NULL &&
		    (strcmp(fact_text(lines[i].json, "binary"),
			 fact_text(head, "binary")) != 0 ||
			strcmp(fact_text(lines[i].json, "version"),
			    fact_text(head, "version")) != 0))
			differences_add(&replay->differences, i + 1,
			    "the line is another program's than its run's");
}

static bool
replay_run(struct replay *replay, size_t i, struct err *err)
{
	const struct run *run = &replay->ceremony.runs[i];
	const json_t *head = replay->ceremony.log.lines[run->first].json;
	struct rerun rerun = {
		.replay = replay,
		.recorded = { .ceremony = &replay->ceremony,
		    .run = run,
		    .head = head,
		    .same_program =
			strcmp(fact_text(head, "binary"), replay->binary) == 0,
		    .differences = &replay->differences,
		    .notes = &replay->notes,
		    .today = &replay->today },
	};
	size_t before = replay->differences.n;
	char outcome[ERR_MSG_MAX];
	bool ok;

	recorded_begin(&rerun.recorded);
	find_rules(&rerun.recorded);
	compare_programs(replay, run);
	ok = make_again(&rerun, err);
	describe(&rerun.recorded, outcome, sizeof(outcome));
	text_printable(
	    replay->runs[i].outcome, sizeof(replay->runs[i].outcome), outcome);
	replay->runs[i].n_differences = replay->differences.n - before;
	rerun_clear(&rerun);
	return ok;
}

/* What may not change from one run of a ceremony to the next. */
static void
compare_runs(struct replay *replay)
{
	const struct ceremony *ceremony = &replay->ceremony;
	const json_t *configured = NULL;

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		size_t line = ceremony->runs[i].first;
		const json_t *head = ceremony->log.lines[line].json;
		const json_t *first =
		    ceremony->log.lines[ceremony->runs[0].first].json;

		if (strcmp(fact_text(head, "binary"),
			fact_text(first, "binary")) != 0)
			differences_add(&replay->differences, line + 1,
			    "the program changed: run %zu is version %s with "
			    "SHA-256 %s, run 1 version %s with %s",
			    i + 1, fact_text(head, "version"),
			    fact_text(head, "binary"),
			    fact_text(first, "version"),
			    fact_text(first, "binary"));
		if (json_object_get(head, "configuration") == NULL)
			continue;
		if (configured == NULL)
			configured = head;
		if (strcmp(fact_text(json_object_get(head, "configuration"),
			       "sha256"),
			fact_text(json_object_get(configured, "configuration"),
			    "sha256")) != 0)
			differences_add(&replay->differences, line + 1,
			    "the configuration changed: run %zu has another "
			    "than the run of line %lld",
			    i + 1,
			    (long long)json_integer_value(
				json_object_get(configured, "seq")));
		else if (!json_equal(json_object_get(head, "hsms"),
			     json_object_get(configured, "hsms")))
			differences_add(&replay->differences, line + 1,
			    "a PKCS#11 module changed: run %zu has another "
			    "than the run of line %lld",
			    i + 1,
			    (long long)json_integer_value(
				json_object_get(configured, "seq")));
	}
}

static bool
is_named(const struct ceremony *ceremony, const char *folder, const char *name)
{
	for (size_t i = 0; i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;
		const char *event = fact_text(line, "event");

		if ((strcmp(event, "input") == 0 ||
			strcmp(event, "output") == 0) &&
		    strcmp(stored_folder(line), folder) == 0 &&
		    strcmp(fact_text(line, "sha256"), name) == 0)
			return true;
	}
	return false;
}

/* A run that was interrupted, or that could not go on: no refusal. */
static bool
was_cut_short(const struct ceremony *ceremony)
{
	for (size_t i = 0; i < ceremony->n_runs; i++)
		if (!ceremony->runs[i].ended || ceremony->runs[i].status > 1)
			return true;
	return false;
}

/* The file is what its name says: a SHA-256, and that of its content. */
static bool
is_stored_file(const char *path, const char *name)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	char seen[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct err ignored;
	bool ok = file_read(path, KSR_FILE_MAX, &content, &ignored) &&
	    sha256(buf_bytes(&content), digest, &ignored);

	buf_free(&content);
	if (ok)
		sha256_text(digest, seen);
	return ok && strcmp(seen, name) == 0;
}

/* What a run is killed over where files have names before they are whole. */
static bool
is_temporary(const char *name)
{
	return strspn(name, "0123456789abcdef") == 2 * SHA256_SIZE &&
	    name[2 * SHA256_SIZE] == '.';
}

/*
 * A file is stored before its line is written: a run that was killed in
 * between, or whose disk did not take the line, leaves it without one.  It is
 * whole even so, and nothing rests on it.
 */
static void
report_extra(struct replay *replay, const char *path, const char *name)
{
	if (was_cut_short(&replay->ceremony) &&
	    (is_stored_file(path, name) || is_temporary(name)))
		differences_add(&replay->notes, 0,
		    "%s: no line names it; a run that was interrupted, or "
		    "could not write its record, leaves such a file",
		    path);
	else
		differences_add(&replay->differences, 0,
		    "%s: is not part of the record", path);
}

/* The folder holds these entries; folder "" is the record's own. */
static bool
compare_folder(struct replay *replay, const char *folder, struct err *err)
{
	const struct ceremony *ceremony = &replay->ceremony;
	char path[PATH_MAX_LEN + 512];
	struct dirent *entry;
	struct stat st;
	bool named;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", ceremony->dir, folder);
	if (folder[0] != '\0' && lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		differences_add(&replay->differences, 0,
		    "%s: is a symbolic link, which has no place here", path);
		return true;
	}
	dir = opendir(path);
	if (dir == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_set_errno(err, "%s", path);
		differences_add(
		    &replay->differences, 0, "%s: is missing", path);
		return true;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s%s%.255s", ceremony->dir,
		    folder, folder[0] == '\0' ? "" : "/", name);
		named = folder[0] != '\0' ? is_named(ceremony, folder, name)
					  : strcmp(name, RECORD_LOG) == 0 ||
			strcmp(name, RECORD_INPUTS) == 0 ||
			strcmp(name, RECORD_OUTPUTS) == 0;
		if (!named)
			report_extra(replay, path, name);
		else if (folder[0] != '\0' &&
		    (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)))
			differences_add(&replay->differences, 0,
			    "%s: is not a regular file", path);
	}
	closedir(dir);
	return true;
}

static void
note_programs(struct replay *replay)
{
	const struct ceremony *ceremony = &replay->ceremony;
	const json_t *first;

	if (ceremony->n_runs == 0)
		return;
	first = ceremony->log.lines[ceremony->runs[0].first].json;
	if (strcmp(fact_text(first, "binary"), replay->binary) != 0)
		differences_add(&replay->notes, 0,
		    "the record was written by version %s, SHA-256 %s; it is "
		    "replayed by version %s, SHA-256 %s",
		    fact_text(first, "version"), fact_text(first, "binary"),
		    ANCHORITE_VERSION, replay->binary);
}

static bool
replay_all(struct replay *replay, struct err *err)
{
	static const char *const folders[] = { "", RECORD_INPUTS,
		RECORD_OUTPUTS };

	replay->runs =
	    calloc(replay->ceremony.n_runs + 1, sizeof(*replay->runs));
	if (replay->runs == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	note_programs(replay);
	for (size_t i = 0; i < replay->ceremony.n_runs; i++)
		if (!replay_run(replay, i, err))
			return false;
	compare_runs(replay);
	laws_judge(&replay->ceremony, replay->binary, &replay->differences,
	    &replay->notes);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (!compare_folder(replay, folders[i], err))
			return false;
	if (replay->differences.failed || replay->notes.failed ||
	    replay->today.failed)
		return err_set(err, E_MEMORY, "out of memory");
	return true;
}

bool
replay_ceremony(const char *dir, struct replay *ret, struct err *err)
{
	struct replay replay = { 0 };

	if (!record_binary(replay.binary, err) ||
	    !ceremony_read(dir, &replay.ceremony, err))
		return false;
	if (!key_tests_new(&key_limits_full, &replay.key_tests, err) ||
	    !replay_all(&replay, err)) {
		replay_clear(&replay);
		return false;
	}
	*ret = replay;
	return true;
}

void
replay_clear(struct replay *replay)
{
	today_clear(&replay->today);
	differences_clear(&replay->notes);
	differences_clear(&replay->differences);
	free(replay->runs);
	ceremony_clear(&replay->ceremony);
	key_tests_free(replay->key_tests);
	*replay = (struct replay){ 0 };
}
