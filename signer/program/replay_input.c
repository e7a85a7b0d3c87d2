#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/foresight/planned.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/json.h"

/* Every command that can be on record. */
static const struct command *const recorded[] = { &cmd_check, &cmd_hash,
	&cmd_inventory, &cmd_keydelete, &cmd_keygen, &cmd_log, &cmd_manifest,
	&cmd_plan, &cmd_register, &cmd_release, &cmd_request, &cmd_selftest,
	&cmd_show, &cmd_sign, &cmd_simulate, &cmd_step, &cmd_verify };

/* A run begins once its arguments are those of its command. */
static bool
parse_arguments(struct rerun *rerun, struct err *err)
{
	const struct command *command = NULL;
	struct args args;
	struct err why;

	for (size_t i = 0; i < ARRAY_LEN(recorded); i++)
		if (strcmp(recorded[i]->name, rerun->run->command) == 0)
			command = recorded[i];
	if (command == NULL)
		return true; /* its order says so */
	if (replay_arguments(rerun, command, &args, &why)) {
		args_free(&args);
	} else if (why.code == E_MEMORY) {
		*err = why;
		return false;
	} else if (rerun->same_program) {
		differs(rerun, "the run's arguments: %s", why.msg);
	}
	return true;
}

bool
replay_begin(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *earliest = json_object_get(line, "earliest_now");

	if (!time_parse(fact_text(line, "now"), &rerun->now))
		differs(rerun, "the run's time \"%s\" is none",
		    fact_text(line, "now"));
	if (json_is_string(earliest) &&
	    !time_parse(json_string_value(earliest), &rerun->earliest_now))
		differs(rerun, "the run's earliest time is none");
	return parse_arguments(rerun, err);
}

/* What the "run" line says of the HSMs is what the configuration says. */
static void
compare_hsms(struct rerun *rerun)
{
	const json_t *hsms = json_object_get(rerun->head, "hsms");
	const struct config *config = rerun->config;

	if (json_array_size(hsms) != config->n_hsms)
		differs(rerun, "the run names %zu HSMs, the configuration %zu",
		    json_array_size(hsms), config->n_hsms);
	for (size_t i = 0; i < config->n_hsms; i++) {
		const json_t *hsm = json_array_get(hsms, i);

		if (strcmp(fact_text(hsm, "name"), config->hsms[i].name) != 0 ||
		    strcmp(fact_text(hsm, "module"), config->hsms[i].module) !=
			0 ||
		    strcmp(fact_text(hsm, "token"), config->hsms[i].token) != 0)
			differs(rerun,
			    "HSM %zu is not the one of the configuration (%s)",
			    i + 1, config->hsms[i].name);
	}
}

bool
replay_stored(struct rerun *rerun, const json_t *line, struct buf *ret,
    bool *ret_there, struct err *err)
{
	struct err why;

	*ret_there = stored_read(&rerun->replay->ceremony, line, ret, &why);
	if (*ret_there)
		return true;
	if (why.code != E_REFUSED) {
		*err = why;
		return false;
	}
	differs(rerun, "%s", why.msg);
	return true;
}

bool
replay_configuration(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *facts = json_object_get(rerun->head, "configuration");
	struct buf yaml = buf_new(2 * CONFIG_FILE_MAX);
	struct err why;
	bool there;

	if (strcmp(fact_text(facts, "masked_sha256"),
		fact_text(line, "sha256")) != 0 ||
	    strcmp(fact_text(facts, "path"), fact_text(line, "path")) != 0)
		differs(rerun,
		    "the stored configuration is not the one that the run "
		    "names");
	if (!replay_stored(rerun, line, &yaml, &there, err)) {
		buf_free(&yaml);
		return false;
	}
	if (there &&
	    !config_read(buf_bytes(&yaml), fact_text(line, "path"),
		&rerun->config, &why))
		differs(rerun, "the configuration is refused: %s", why.msg);
	buf_free(&yaml);
	if (rerun->config != NULL) {
		rerun->config->rules = rerun->rules;
		compare_hsms(rerun);
	}
	return true;
}

/* Which document a role is, and of what kind it must be. */
static struct document *
document_of(struct rerun *rerun, const char *role, enum ksr_kind *ret_kind)
{
	*ret_kind = KSR_RESPONSE;
	if (strcmp(role, "previous response") == 0)
		return &rerun->previous;
	if (strcmp(role, "response") == 0 || strcmp(role, "document") == 0)
		return &rerun->response;
	*ret_kind = KSR_REQUEST;
	return &rerun->request;
}

/* 0.1.0 left bundles as they stood in the file; `show` does still. */
static void
order_bundles(
    const struct rerun *rerun, const char *role, struct ksr *ksr)
{
	if (rerun->rules != RULES_0_1_0 && strcmp(role, "document") != 0)
		ksr_order(ksr);
}

bool
replay_document(struct rerun *rerun, const json_t *line, struct err *err)
{
	const char *role = fact_text(line, "role");
	const char *path = fact_text(line, "path");
	enum ksr_kind kind;
	struct document *document = document_of(rerun, role, &kind);
	struct err why;
	bool there;

	if (document->ksr != NULL)
		return true; /* twice: its order has said so */
	buf_free(&document->xml);
	document->xml = buf_new(KSR_FILE_MAX);
	document->path = path;
	if (!replay_stored(rerun, line, &document->xml, &there, err) ||
	    !sha256(buf_bytes(&document->xml), document->sha256, err))
		return false;
	if (!there)
		return true;
	/* What could not be read then cannot be read now: the run stops. */
	if (!ksr_read(buf_bytes(&document->xml), path, &document->ksr, &why) ||
	    (strcmp(role, "document") != 0 &&
		!document_is(document->ksr, path, kind, &why)))
		rerun->refusal = why;
	else
		order_bundles(rerun, role, document->ksr);
	/* Under another role it is none of these: its order has said so. */
	if (rerun->refusal.code != E_NONE || document != &rerun->response)
		return true;
	if (strcmp(rerun->run->command, "register") == 0)
		return replay_may_activate(rerun, err);
	else if (strcmp(rerun->run->command, "release") == 0)
		return replay_release(rerun, err);
	else if (strcmp(rerun->run->command, "simulate") == 0)
		return replay_simulated_response(rerun, err);
	return true;
}

bool
replay_file(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	bool there, ok = replay_stored(rerun, line, &content, &there, err);

	buf_free(&content);
	return ok;
}

/* Only what is too large to be stored is not. */
bool
replay_hashed(struct rerun *rerun, const json_t *line, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	(void)err;
	if (json_integer_value(json_object_get(line, "size")) <=
	    (json_int_t)KSR_FILE_MAX)
		differs(rerun, "%.300s was hashed and is not stored",
		    fact_text(line, "path"));
	if (!hex_parse(fact_text(line, "sha256"), digest, sizeof(digest)))
		differs(rerun, "%.300s has no SHA-256", fact_text(line, "path"));
	return true;
}

bool
replay_plan(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	struct planned *planned = &rerun->planned;
	struct err why;
	bool there;

	if (rerun->config == NULL || planned->path != NULL)
		return true; /* missing, or twice: that has been reported */
	planned->path = fact_text(line, "path");
	if (!replay_stored(rerun, line, &yaml, &there, err)) {
		buf_free(&yaml);
		return false;
	}
	if (there &&
	    !plan_read(buf_bytes(&yaml), planned->path, rerun->config,
		&planned->plan, &why))
		rerun->refusal = why;
	buf_free(&yaml);
	return true;
}
