/*
 * The register: as it was read, and what the run appended to it.
 */
#include <string.h>

#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/register_seen.h"

/* Whether the register let the response be activated. */
bool
replay_may_activate(struct rerun *rerun, struct err *err)
{
	struct document *response = &rerun->response;
	struct args args;
	struct err why;
	size_t slot;
	bool given;

	if (rerun->ledger == NULL)
		return true; /* that it was not read has been reported */
	if (!replay_arguments(rerun, &cmd_register, &args, err))
		return false;
	given = register_slot(&args, &slot, &why);
	args_free(&args);
	if (!given) {
		rerun->refusal = why;
		return true;
	}
	if (!ledger_may_activate(rerun->ledger, response, slot,
		&rerun->activation, &why)) {
		err_prefix(&why, "%s", response->path);
		rerun->refusal = why;
	}
	return true;
}

/* What the plan has for the request, or that it has nothing for it. */
static void
find_due(struct rerun *rerun)
{
	struct document *previous = &rerun->previous;
	struct err why;

	if (rerun->planned.plan == NULL || rerun->request.ksr == NULL)
		return;
	if (!plan_due_find(rerun->planned.plan, rerun->request.ksr,
		rerun->ledger, previous->ksr == NULL ? NULL : previous->sha256,
		&rerun->due, &why)) {
		err_prefix(&why, "%s", rerun->planned.path);
		rerun->refusal = why;
	}
}

/* What the record's earlier runs saw of this register. */
static void
compare_seen(
    struct rerun *rerun, const struct register_name *name, const char *path)
{
	const struct chain_line *log = rerun->replay->ceremony.log.lines;
	size_t before = rerun->run->first, last, unseen;
	struct err why;

	rerun->register_path = path;
	/* What is taken up need not extend what was seen, and is judged then. */
	if (rerun->args.n_files > 0 &&
	    strcmp(rerun->args.files[0], "adopt") == 0)
		return;
	if (!register_extends_seen(log, before, name, rerun->ledger, &why)) {
		err_prefix(&why, "%s", path);
		if (rerun->run->format < 2)
			differs(rerun, "%s", why.msg);
		else
			rerun->refusal = why;
		return;
	}
	unseen =
	    register_unseen_lines(log, before, name, rerun->ledger, &last);
	if (unseen == 0)
		return;
	if (unseen <= register_untold_lines(log, before, name, last) ||
	    args_value(&rerun->args, "register-head") != NULL)
		notes(rerun,
		    "the register has %zu lines more than the record's runs "
		    "appended since line %zu",
		    unseen, last);
	else
		differs(rerun,
		    "the register has %zu lines that no run of this record "
		    "read or appended since line %zu",
		    unseen, last);
}

/* What was written down of the register before. */
static void
compare_head(struct rerun *rerun)
{
	char head[REGISTER_HEAD_SIZE];
	const char *given;
	struct err why;

	if (rerun->refusal.code != E_NONE)
		return;
	if (!register_head_of_args(&rerun->args, head, &given, &why) ||
	    !ledger_has_head(rerun->ledger, given, &why))
		rerun->refusal = why;
}

static const struct command *
command_of(const struct rerun *rerun)
{
	const char *command = rerun->run->command;

	return strcmp(command, "sign") == 0 ? &cmd_sign
	    : strcmp(command, "check") == 0 ? &cmd_check
					    : &cmd_register;
}

static bool
take_register(struct rerun *rerun, const char *path, struct err *err)
{
	const struct register_name name = { path,
		fact_text(json_object_get(rerun->head, "configuration"),
		    "sha256") };

	if (!replay_declared(rerun, command_of(rerun), err))
		return false;
	compare_seen(rerun, &name, path);
	compare_head(rerun);
	if (rerun->request.ksr == NULL)
		return true;
	if (!ledger_history(rerun->ledger, rerun->request.ksr->domain,
		&rerun->history, err))
		return false;
	if (rerun->refusal.code == E_NONE)
		find_due(rerun);
	return true;
}

bool
replay_register(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf content = buf_new(CHAIN_FILE_MAX);
	const char *path = fact_text(line, "path");
	struct err why;
	bool there;

	if (rerun->ledger != NULL)
		return true; /* twice: its order has said so */
	if (!replay_stored(rerun, line, &content, &there, err)) {
		buf_free(&content);
		return false;
	}
	if (there &&
	    !ledger_of_bytes(buf_bytes(&content), path, &rerun->ledger, &why))
		differs(rerun, "the register is refused: %s", why.msg);
	buf_free(&content);
	return rerun->ledger == NULL || take_register(rerun, path, err);
}

bool
replay_declared(
    struct rerun *rerun, const struct command *command, struct err *err)
{
	struct err why;

	if (rerun->args.values != NULL)
		return true;
	if (!replay_arguments(rerun, command, &rerun->args, &why)) {
		if (why.code == E_MEMORY) {
			*err = why;
			return false;
		}
		differs(rerun, "%s", why.msg);
	} else if (!declared_of_args(&rerun->args, &rerun->declared, &why)) {
		rerun->refusal = why;
	}
	return true;
}

/* What signing appends for the response that was stored last. */
static bool
append_signing(struct rerun *rerun, struct err *err)
{
	size_t stored = rerun->turns[TURN_STORED];
	struct document *response;
	struct ledger_signing signing = {
		.request = &rerun->request,
		.previous_sha256 = rerun->previous.ksr == NULL
		    ? NULL
		    : rerun->previous.sha256,
	};

	if (stored == 0 || stored > rerun->asked.n)
		return err_set(err, E_REFUSED, "no response was stored before");
	response = &rerun->responses[stored - 1].document;
	if (response->ksr == NULL)
		return err_set(err, E_REFUSED, "the response is not there");
	if (rerun->n_register_lines == 2)
		return ledger_append_published(
		    rerun->ledger, rerun->now, response, err);
	signing.response = response;
	signing.schema = rerun->asked.responses[stored - 1].schema->name;
	signing.alternative = rerun->asked.responses[stored - 1].alternative;
	declared_sign(&rerun->declared, &signing);
	return ledger_append_signing(
	    rerun->ledger, rerun->now, &signing, err);
}

static bool
append_line(struct rerun *rerun, struct err *err)
{
	if (strcmp(rerun->run->command, "sign") == 0)
		return append_signing(rerun, err);
	if (rerun->activation.entry == NULL)
		return err_set(err, E_REFUSED, "nothing may be activated");
	return ledger_append_activated(rerun->ledger, rerun->now,
	    &rerun->response, &rerun->activation, err);
}

/* The line is made again, and its hash compared. */
bool
replay_register_line(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct err why;

	(void)err;
	rerun->n_register_lines++;
	if (rerun->ledger == NULL) {
		differs(rerun, "a line was appended, but no register was read");
		return true;
	}
	if (rerun->adopting.other != NULL || rerun->adopting.n > 0) {
		replay_adopted_line(rerun, line);
		return true;
	}
	if (!append_line(rerun, &why)) {
		differs(rerun, "the register's line: %s", why.msg);
		return true;
	}
	differs_unless_equal(rerun, "line", json_object_get(line, "line"),
	    json_integer((json_int_t)ledger_lines_now(rerun->ledger)));
	differs_unless_equal(rerun, "sha256", json_object_get(line, "sha256"),
	    json_string(ledger_head_now(rerun->ledger)));
	return true;
}

void
replay_compare_lines(struct rerun *rerun, size_t wanted)
{
	if (rerun->run->format >= 2 && rerun->n_register_lines != wanted)
		differs(rerun,
		    "%zu lines of the register are on record, %zu are due",
		    rerun->n_register_lines, wanted);
	rerun->n_register_lines = 0;
}

bool
replay_activation(struct rerun *rerun, const json_t *line, struct err *err)
{
	char digest[SHA256_TEXT_SIZE];

	(void)err;
	if (rerun->response.ksr == NULL)
		return true;
	sha256_text(rerun->response.sha256, digest);
	if (strcmp(digest, fact_text(line, "sha256")) != 0 ||
	    strcmp(rerun->response.ksr->id, fact_text(line, "id")) != 0)
		differs(rerun, "the response activated is not the one read");
	if (strcmp(fact_text(line, "event"), "activated") == 0)
		replay_compare_lines(rerun, 1);
	return true;
}
