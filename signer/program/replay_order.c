/*
 * The legal order of a run: intent before act, confirmation before signing,
 * the record of an output before its publication.
 */
#include <stdio.h>
#include <string.h>

#include "signer/program/replay_steps.h"
#include "signer/sign/signing_facts.h"

#define AFTER_MAX 6

struct order {
	const char *command;
	const char *step;
	const char *after[AFTER_MAX]; /* the steps it may follow */
	bool last;                    /* a run that succeeds may end after it */
};

static const struct order orders[] = {
	{ "hash", "input file", { "run", "input file", "hashed" }, true },
	{ "hash", "hashed", { "run", "input file", "hashed" }, true },
	{ "show", "input document", { "run" }, true },

	{ "check", "input configuration", { "run" }, false },
	{ "check", "input request", { "input configuration" }, false },
	{ "check", "input previous response", { "input request" }, false },
	{ "check", "input register",
	    { "input request", "input previous response" }, false },
	{ "check", "checks request",
	    { "input request", "input previous response", "input register" },
	    true },
	{ "check", "checks config", { "input configuration" }, true },

	{ "verify", "input configuration", { "run" }, false },
	{ "verify", "input request", { "input configuration" }, false },
	{ "verify", "input response", { "input request" }, false },
	{ "verify", "input previous response", { "input response" }, false },
	{ "verify", "checks response", { "input response" }, true },
	{ "verify", "checks response+chain", { "input previous response" },
	    true },

	{ "release", "input configuration", { "run" }, false },
	{ "release", "input response", { "run", "input configuration" }, true },
	{ "release", "output records", { "input response" }, false },
	{ "release", "published", { "output records" }, true },

	{ "simulate", "input response", { "run", "input response" }, false },
	{ "simulate", "input trust anchors",
	    { "input response", "input trust anchors" }, false },
	{ "simulate", "simulated", { "input response", "input trust anchors" },
	    true },
	{ "simulate", "output drawing", { "simulated" }, false },
	{ "simulate", "published", { "output drawing" }, true },

	{ "plan", "input configuration", { "run" }, false },
	{ "plan", "input plan", { "input configuration" }, true },
	{ "plan", "checks plan", { "input plan" }, true },
	{ "plan", "output plan drawing", { "input plan" }, false },
	{ "plan", "published", { "output plan drawing" }, true },

	{ "register", "input configuration", { "run" }, true },
	{ "register", "input register", { "input configuration" }, true },
	{ "register", "input response", { "input register" }, true },
	{ "register", "activating", { "input response" }, false },
	{ "register", "input archive", { "input register", "input archive" },
	    false },
	{ "register", "input register to adopt", { "input register" }, false },
	{ "register", "adopting",
	    { "input archive", "input register to adopt" }, false },
	{ "register", "adopted", { "adopting", "register line" }, true },
	{ "register", "output response", { "input register" }, false },
	{ "register", "published", { "output response" }, true },
	{ "register", "register line",
	    { "activating", "adopting", "register line" }, false },
	{ "register", "activated", { "activating", "register line" }, true },

	{ "manifest", "input manifest", { "run" }, false },
	{ "manifest", "output manifest", { "run", "input manifest" }, true },
	{ "manifest", "published", { "output manifest" }, true },
	{ "manifest", "compared", { "output manifest", "published" }, true },

	{ "log", "input configuration", { "run" }, false },
	{ "log", "hsm", { "input configuration" }, false },
	{ "log", "mapped", { "hsm", "mapped" }, false },
	{ "log", "token", { "hsm", "mapped" }, false },
	{ "log", "signing record", { "token" }, false },

	{ "selftest", "selftest", { "run" }, true },

	{ "step", "input script", { "run" }, false },
	{ "step", "input script values", { "input script" }, false },
	{ "step", "step", { "run", "input script", "input script values" },
	    true },

	{ "inventory", "input configuration", { "run" }, false },
	{ "inventory", "hsm", { "input configuration" }, false },
	{ "inventory", "mapped", { "hsm", "mapped" }, false },
	{ "inventory", "token", { "hsm", "mapped" }, true },

	{ "keygen", "input configuration", { "run" }, false },
	{ "keygen", "hsm", { "input configuration" }, false },
	{ "keygen", "mapped", { "hsm", "mapped" }, false },
	{ "keygen", "token", { "hsm", "mapped" }, false },
	{ "keygen", "generating", { "token", "discarded" }, false },
	{ "keygen", "key", { "generating" }, true },
	{ "keygen", "discarding", { "key" }, false },
	{ "keygen", "discarded", { "discarding" }, false },
	{ "keygen", "output certificate request", { "key" }, false },
	{ "keygen", "published", { "output certificate request" }, true },

	{ "keydelete", "input configuration", { "run" }, false },
	{ "keydelete", "hsm", { "input configuration" }, false },
	{ "keydelete", "mapped", { "hsm", "mapped" }, false },
	{ "keydelete", "token", { "hsm", "mapped" }, false },
	{ "keydelete", "key to delete", { "token" }, false },
	{ "keydelete", "prompt", { "key to delete" }, false },
	{ "keydelete", "answer", { "key to delete", "prompt" }, false },
	{ "keydelete", "deleting", { "answer" }, false },
	{ "keydelete", "deleted", { "deleting" }, true },

	{ "request", "input configuration", { "run" }, false },
	{ "request", "input previous response", { "input configuration" },
	    false },
	{ "request", "checks previous", { "input previous response" }, false },
	{ "request", "input plan",
	    { "input configuration", "input previous response",
		"checks previous" },
	    false },
	{ "request", "hsm",
	    { "input configuration", "input previous response",
		"checks previous", "input plan" },
	    false },
	{ "request", "mapped", { "hsm", "mapped" }, false },
	{ "request", "token", { "hsm", "mapped" }, false },
	{ "request", "zsk files",
	    { "input configuration", "input previous response",
		"checks previous", "input plan" },
	    false },
	{ "request", "generating",
	    { "token", "zsk files", "key", "discarded" }, false },
	{ "request", "key", { "generating" }, false },
	{ "request", "discarding", { "key" }, false },
	{ "request", "discarded", { "discarding" }, false },
	{ "request", "output request", { "token", "zsk files", "key" },
	    false },
	{ "request", "published", { "output request" }, true },

	{ "sign", "input configuration", { "run" }, false },
	{ "sign", "input plan", { "input configuration" }, false },
	{ "sign", "input request", { "input configuration", "input plan" },
	    false },
	{ "sign", "input previous response", { "input request" }, false },
	{ "sign", "input register",
	    { "input request", "input previous response" }, false },
	{ "sign", "input response in place",
	    { "input register", "input response in place" }, false },
	{ "sign", "asked",
	    { "input request", "input previous response", "input register",
		"input response in place" },
	    false },
	{ "sign", "checks plan", { "asked" }, false },
	{ "sign", "checks request", { "asked", "checks plan" }, false },
	{ "sign", "checks schedule", { "checks request", "checks schedule" },
	    false },
	{ "sign", "unused overrides", { "checks request", "checks schedule" },
	    false },
	{ "sign", "hsm",
	    { "checks request", "checks schedule", "unused overrides" },
	    false },
	{ "sign", "mapped", { "hsm", "mapped" }, false },
	{ "sign", "token", { "hsm", "mapped" }, false },
	{ "sign", "ksks", { "token" }, false },
	{ "sign", "checks token", { "ksks" }, false },
	{ "sign", "checks built", { "checks token", "checks built" }, false },
	/* Right after the token's in records of 0.1.0, and if all is in place. */
	{ "sign", "prompt", { "checks token", "checks built" }, false },
	{ "sign", "answer", { "checks token", "checks built", "prompt" },
	    false },
	{ "sign", "signing", { "answer", "signed" }, false },
	{ "sign", "signed", { "signing" }, false },
	/* Without a signature where all is in place. */
	{ "sign", "checks response",
	    { "answer", "signed", "checks response" }, false },
	{ "sign", DISCARDED_EVENT,
	    { "signing", "signed", "checks response", "output response",
		"register line", "published" },
	    false },
	{ "sign", "output response", { "checks response", "published" },
	    false },
	{ "sign", "register line", { "output response", "register line" },
	    false },
	/* Records of format 1 have no lines of the register. */
	{ "sign", "published", { "output response", "register line" }, true },
};

static bool
is_known_command(const char *command)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (strcmp(orders[i].command, command) == 0)
			return true;
	return false;
}

static const struct order *
find_order(const char *command, const char *step)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (strcmp(orders[i].command, command) == 0 &&
		    strcmp(orders[i].step, step) == 0)
			return &orders[i];
	return NULL;
}

static bool
may_follow(const struct order *order, const char *before)
{
	for (size_t i = 0; i < AFTER_MAX && order->after[i] != NULL; i++)
		if (strcmp(order->after[i], before) == 0)
			return true;
	return false;
}

/* A failure may end a run anywhere, success only at its end. */
static void
check_end(struct rerun *rerun, const json_t *line, const char *before)
{
	const struct order *order = find_order(rerun->run->command, before);
	json_int_t status = json_integer_value(json_object_get(line, "status"));

	if (strcmp(before, "end") == 0)
		differs(rerun, "the run ends twice");
	else if (status == 0 && (order == NULL || !order->last))
		differs(rerun,
		    "the run claims success after \"%s\": steps are missing",
		    before);
	else if (status == 0 && strcmp(rerun->run->command, "plan") == 0)
		replay_plan_end(rerun, before);
}

static void
check_step(struct rerun *rerun, const json_t *line, const char *step,
    const char *before)
{
	const struct order *order = find_order(rerun->run->command, step);

	if (strcmp(step, "end") == 0)
		check_end(rerun, line, before);
	else if (order == NULL)
		differs(rerun, "\"%s\" is no step of %s", step,
		    rerun->run->command);
	else if (!may_follow(order, before))
		differs(rerun, "\"%s\" may not follow \"%s\"", step, before);
}

void
replay_order(struct rerun *rerun)
{
	const struct run *run = rerun->run;
	const struct chain_line *lines = rerun->replay->ceremony.log.lines;
	char step[STEP_TEXT_SIZE], before[STEP_TEXT_SIZE] = "run";

	rerun->line = run->first + 1;
	if (!is_known_command(run->command)) {
		differs(rerun, "this program cannot replay the command \"%s\"",
		    run->command);
		return;
	}
	for (size_t i = run->first + 1; i < run->first + run->n; i++) {
		if (lines[i].json == NULL)
			continue;
		rerun->line = i + 1;
		step_text(lines[i].json, step);
		check_step(rerun, lines[i].json, step, before);
		memcpy(before, step, sizeof(before));
	}
}
