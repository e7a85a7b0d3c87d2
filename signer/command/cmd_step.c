#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/base/nearest.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/script/steps_record.h"

#define SCRIPT_SUFFIX ".act"

/* The command line as a step; the texts are made printable, so owned. */
struct asked {
	struct step step;
	size_t n_texts;
	char **texts;
};

static void
asked_free(struct asked *asked)
{
	for (size_t i = 0; i < asked->n_texts; i++)
		free(asked->texts[i]);
	free(asked->texts);
}

/* NULL if memory ran out. */
static const char *
keep(struct asked *asked, const char *text)
{
	size_t size = 4 * strlen(text) + 1; /* \xNN for each octet */
	char *safe = malloc(size);

	if (safe == NULL)
		return NULL;
	text_ascii(safe, size, text);
	asked->texts[asked->n_texts++] = safe;
	return safe;
}

/* The k-th --prompt is what the k-th --answer answers. */
static bool
add_answer(struct step *step, bool prompt, size_t *n_prompts, const char *text,
    struct err *err)
{
	size_t *n = prompt ? n_prompts : &step->n_answers;

	if (*n == STEP_ANSWERS_MAX)
		return err_set(
		    err, E_USAGE, "more than %u answers", STEP_ANSWERS_MAX);
	if (prompt)
		step->prompts[*n] = text;
	else
		step->answers[*n] = text;
	(*n)++;
	return true;
}

static bool
add_option(struct asked *asked, const struct option_value *option,
    size_t *n_prompts, struct err *err)
{
	const char *name = option->row->name;
	const char *text = keep(asked, option->value);
	bool prompt = strcmp(name, "prompt") == 0;

	if (text == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (prompt || strcmp(name, "answer") == 0)
		return add_answer(&asked->step, prompt, n_prompts, text, err);
	for (unsigned i = 0; i < STEP_FACTS; i++)
		if (i != STEP_SCRIPT && i != STEP_VALUES &&
		    strcmp(step_fact_text(i), name) == 0)
			asked->step.facts[i] = text;
	return true;
}

/* It is no event; what was probably meant. */
static bool
err_set_event(const char *given, struct err *err)
{
	struct nearest nearest = { .given = given };

	for (int event = 0; event < STEP_EVENTS; event++)
		nearest_try(
		    &nearest, step_event_text((enum step_event)event));
	nearest_try(&nearest, "status");
	err_set(err, E_USAGE, "\"%.60s\" is no event", given);
	nearest_say(&nearest, "", err);
	return err_append(err, "; `anchorite help step` lists them");
}

static bool
fill(struct asked *asked, const struct args *args, struct err *err)
{
	size_t n_prompts = 0;

	if (!step_event_parse(args->files[0], &asked->step.event))
		return err_set_event(args->files[0], err);
	for (size_t i = 0; i < args->n_values; i++)
		if (!add_option(asked, &args->values[i], &n_prompts, err))
			return false;
	return n_prompts == asked->step.n_answers ||
	    err_set(err, E_USAGE,
		"%zu --prompt and %zu --answer: each answers one", n_prompts,
		asked->step.n_answers);
}

/* The script's kind is its file's name without folder and ".act". */
static bool
name_kind(struct asked *asked, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *kind = strdup(slash == NULL ? path : slash + 1);
	size_t len, suffix = strlen(SCRIPT_SUFFIX);

	if (kind == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	len = strlen(kind);
	if (len > suffix && strcmp(kind + len - suffix, SCRIPT_SUFFIX) == 0)
		kind[len - suffix] = '\0';
	asked->step.facts[STEP_KIND] = keep(asked, kind);
	free(kind);
	return asked->step.facts[STEP_KIND] != NULL ||
	    err_set(err, E_MEMORY, "out of memory");
}

/* Reads a file and stores it under its role; its SHA-256 is the fact. */
static bool
load_file(struct record *record, struct asked *asked, const char *path,
    const char *role, enum step_fact fact, struct buf *content, struct err *err)
{
	char hex[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (!record_read(record, role, path, CONFIG_FILE_MAX, content, err) ||
	    !sha256(buf_bytes(content), digest, err))
		return false;
	sha256_text(digest, hex);
	asked->step.facts[fact] = keep(asked, hex);
	return asked->step.facts[fact] != NULL ||
	    err_set(err, E_MEMORY, "out of memory");
}

static bool
load_script(struct record *record, struct asked *asked, const char *path,
    struct script *ret, struct err *err)
{
	struct buf content = buf_new(CONFIG_FILE_MAX);
	bool ok = load_file(record, asked, path, SCRIPT_ROLE, STEP_SCRIPT,
		      &content, err) &&
	    script_read(buf_bytes(&content), path, ret, err) &&
	    name_kind(asked, path, err);

	buf_free(&content);
	return ok;
}

/* What the script's inputs stand for in this ceremony: stored, not read. */
static bool
load_values(struct record *record, struct asked *asked, const char *path,
    struct err *err)
{
	struct buf content = buf_new(CONFIG_FILE_MAX);
	bool ok = load_file(record, asked, path, VALUES_ROLE, STEP_VALUES,
	    &content, err);

	buf_free(&content);
	return ok;
}

/* The same judgement as replay's, before anything about it is written. */
static bool
may_come(const struct context *context, const struct asked *asked,
    const struct script *script, struct err *err)
{
	struct ceremony ceremony = { 0 };
	struct steps_found found;
	bool ok;

	if (!step_check(&asked->step, err) ||
	    (!record_is_empty(context->record) &&
		!record_history(context->record, &ceremony, err)))
		return false;
	ok = steps_find(&ceremony, &found, err);
	if (ok)
		ok = steps_apply(&found.steps, &asked->step, script, err);
	else if (err->code == E_REFUSED)
		/* A replay has told of the step that may not come there. */
		ok = record_recorded(context->record) != NULL;
	record_history_clear(context->record, &ceremony);
	return ok;
}

static bool
print_recorded(
    const struct context *context, const struct step *step, struct err *err)
{
	json_t *json = json_of_step(step);

	if (json == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	json_object_set_new(json, "command", json_string("step"));
	json_object_set_new(
	    json, "line_sha256", json_string(record_head(context->record)));
	return json_print(json, err);
}

static bool
put_on_record(const struct context *context, const struct args *args,
    struct asked *asked, struct err *err)
{
	const char *path = args_value(args, "script");
	const char *values = args_value(args, "values");
	struct script script = { 0 };

	if ((path != NULL) != (asked->step.event == STEP_BEGIN))
		return err_set(err, E_USAGE,
		    path == NULL ? "step begin needs --script"
				 : "--script is for step begin");
	if (values != NULL && path == NULL)
		return err_set(
		    err, E_USAGE, "--values has no meaning without --script");
	return (path == NULL ||
		   load_script(context->record, asked, path, &script, err)) &&
	    (values == NULL ||
		load_values(context->record, asked, values, err)) &&
	    may_come(context, asked, &script, err) &&
	    record_event(
		context->record, "step", json_of_step(&asked->step), err) &&
	    (!context->json || print_recorded(context, &asked->step, err));
}

/* null where the text is empty. */
static json_t *
json_of_number(const struct steps *steps, bool holds)
{
	char number[STEP_NUMBER_SIZE] = "";

	if (holds)
		script_number(&steps->script, steps->at, number);
	return number[0] == '\0' ? json_null() : json_string(number);
}

static bool
is_open(const struct steps *steps)
{
	return steps->state == STEPS_READY || steps->state == STEPS_RUNNING ||
	    steps->state == STEPS_STOPPED;
}

static bool
status_json(const struct steps_found *found, struct err *err)
{
	const struct steps *steps = &found->steps;
	json_t *last = found->last == NULL
	    ? json_null()
	    : json_pack("{s:s, s:s?, s:s}", "event",
		  fact_text(found->last, "step"), "number",
		  json_string_value(json_object_get(found->last, "number")),
		  "time", fact_text(found->last, "time"));

	return json_print(
	    json_pack("{s:s, s:s, s:b, s:s?, s:s?, s:s?, s:s?, s:I, s:o, s:o, s:o, "
		      "s:I}",
		"command", "step status", "state",
		steps_state_text(steps->state), "paused", steps->paused,
		"kind",
		json_string_value(json_object_get(found->begin, "kind")),
		"title",
		json_string_value(json_object_get(found->begin, "title")),
		"script",
		json_string_value(json_object_get(found->begin, "script")),
		"values",
		json_string_value(json_object_get(found->begin, "values")),
		"steps", (json_int_t)steps->script.n, "next",
		json_of_number(steps, is_open(steps)), "unfinished",
		json_of_number(steps, steps->state == STEPS_RUNNING), "last",
		last, "exceptions", (json_int_t)found->n_exceptions),
	    err);
}

static void
status_text(const struct steps_found *found)
{
	const struct steps *steps = &found->steps;
	char at[STEP_NUMBER_SIZE];

	if (found->begin == NULL) {
		printf("No script was begun on this record\n");
		return;
	}
	script_number(&steps->script, steps->at, at);
	printf("Script      %s, %zu steps, SHA-256\n            %s\n",
	    fact_text(found->begin, "kind"), steps->script.n,
	    fact_text(found->begin, "script"));
	printf("Last event  %s%s%s at %s\n", fact_text(found->last, "step"),
	    fact_text(found->last, "number")[0] == '\0' ? "" : " ",
	    fact_text(found->last, "number"), fact_text(found->last, "time"));
	printf("Exceptions  %zu\n", found->n_exceptions);
	printf("Stands      %s", steps->paused ? "paused, " : "");
	if (steps->state == STEPS_RUNNING)
		printf("step %s was started and is not done\n", at);
	else if (steps->state == STEPS_STOPPED)
		printf("step %s failed\n", at);
	else if (steps->state != STEPS_READY)
		printf("%s\n", steps_state_text(steps->state));
	else if (at[0] == '\0')
		printf("every step is done; the script is not ended\n");
	else
		printf("step %s comes next\n", at);
}

static bool
status(const struct context *context, const struct args *args, struct err *err)
{
	struct steps_found found;
	struct ceremony ceremony;
	bool ok;

	for (size_t i = 0; i < args->n_values; i++)
		if (strcmp(args->values[i].row->name, "ceremony") != 0 &&
		    strcmp(args->values[i].row->name, "json") != 0)
			return err_set(err, E_USAGE,
			    "--%s has no meaning for step status",
			    args->values[i].row->name);
	if (!ceremony_read(context->record_dir, &ceremony, err))
		return false;
	ok = steps_find(&ceremony, &found, err);
	if (ok && context->json)
		ok = status_json(&found, err);
	else if (ok)
		status_text(&found);
	ceremony_clear(&ceremony);
	return ok;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct asked asked = { 0 };
	bool ok;

	if (strcmp(args->files[0], "status") == 0)
		return status(context, args, err);
	/* Each option, and what begin adds: kind, script and values. */
	asked.texts = calloc(args->n_values + 3, sizeof(*asked.texts));
	if (asked.texts == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = fill(&asked, args, err) &&
	    put_on_record(context, args, &asked, err);
	asked_free(&asked);
	return ok;
}

static const struct verb_row verbs[] = {
	{ "status", false, RECORD_READ, "", NULL, ZONE_NONE },
	{ "begin", false, RECORD_ACT, "", "script", ZONE_NONE },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

static const struct option_row options[] = {
	{ "script", "FILE", "begin: the act file", false },
	{ "values", "FILE", "begin: what its inputs stand for", false },
	{ "number", "ACT.STEP", "which step, e.g. 2.3", false },
	{ "title", "TEXT", "of the script or step, as shown", false },
	{ "initials", "XX", "who answers for it", false },
	{ "role", "ROLE", "whose initials they are, e.g. IW", false },
	{ "prompt", "TEXT", "what was asked; one for each --answer", true },
	{ "answer", "TEXT", "what was answered", true },
	{ "text", "TEXT", "what was seen, or why", false },
	{ "expected", "TEXT", "exception: what the script has", false },
	{ "happened", "TEXT", "exception: what happened instead", false },
	{ "decided", "TEXT", "exception: what was decided", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_step = {
	.name = "step",
	.run = run,
	.usage = "EVENT [options] | status",
	.summary = "put a ceremony script's steps on record",
	.help =
	    "begin      --script FILE [--values FILE] [--title]: a script is "
	    "begun\n"
	    "start      --number [--title]: the next step is being done\n"
	    "done       --number [--initials [--role]] [--text]\n"
	    "           [--prompt --answer]...: it is done\n"
	    "failed     --number --text [--prompt --answer]...: it failed, or "
	    "its\n"
	    "           conditions do not hold; repeat, back, skip or abort "
	    "follows\n"
	    "repeated   --number: it, or the step just done, comes once more\n"
	    "back       --number: an earlier step comes next\n"
	    "skipped    --number --text: it is left out, and why\n"
	    "paused, resumed, aborted\n"
	    "           [--text]; resumed also follows an interruption\n"
	    "end        every step is done or skipped\n"
	    "exception  --expected --happened --decided [--number]\n\n"
	    "All but start take [--initials XX [--role ROLE]], and most "
	    "[--text TEXT].\n"
	    "One call is one run in the record.  Steps come in the script's "
	    "order: an\n"
	    "event that may not come is refused, and replay judges by the "
	    "same rules.\n"
	    "Nothing is printed but errors, and with --json the facts.\n\n"
	    "status     where the record's last script stands; only reads\n",
	.min_files = 1,
	.max_files = 1,
	.recording = RECORD_ACT,
	.headless = true,
	.verbs = verbs,
	.other_verbs = true, /* each event */
	.options = options,
};
