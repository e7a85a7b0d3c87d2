/*
 * What sign was asked for, and whose turn it is: which of the responses that
 * are due a line speaks of.
 */
#include <stdlib.h>
#include <string.h>

#include "signer/foresight/plan_asked.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"

/* The step that must be done for every response before one has this turn. */
static const enum turn turns_before[TURNS] = {
	[TURN_JUDGED] = TURN_JUDGED,
	[TURN_BUILT] = TURN_JUDGED,
	[TURN_SIGNING] = TURN_JUDGED,
	[TURN_SIGNED] = TURN_JUDGED,
	[TURN_VERIFIED] = TURN_SIGNED,
	[TURN_STORED] = TURN_VERIFIED,
	[TURN_PUBLISHED] = TURN_VERIFIED,
};

/* What is in place is not signed, what is published not published again. */
static bool
is_passed_over(const struct asked_response *response, enum turn turn)
{
	switch (turn) {
	case TURN_BUILT:
	case TURN_SIGNING:
	case TURN_SIGNED:
		return response->in_place;
	case TURN_STORED:
	case TURN_PUBLISHED:
		return response->published;
	case TURN_JUDGED:
	case TURN_VERIFIED:
	case TURNS:
		break;
	}
	return false;
}

static size_t
next_at(const struct rerun *rerun, enum turn turn)
{
	size_t i = rerun->turns[turn];

	while (i < rerun->asked.n &&
	    is_passed_over(&rerun->asked.responses[i], turn))
		i++;
	return i;
}

bool
replay_turns_done(const struct rerun *rerun, enum turn turn)
{
	return next_at(rerun, turn) >= rerun->asked.n;
}

bool
replay_turn(struct rerun *rerun, const json_t *line, enum turn turn, bool named,
    size_t *ret)
{
	size_t i = next_at(rerun, turn);
	const char *name = fact_text(line, "name"), *wanted;

	if (rerun->asked.n == 0)
		return false; /* its order has said so */
	if (i >= rerun->asked.n) {
		differs(rerun, "\"%s\" for a response more than was asked for",
		    fact_text(line, "event"));
		return false;
	}
	if (turn != TURN_JUDGED &&
	    !replay_turns_done(rerun, turns_before[turn])) {
		differs(rerun,
		    "\"%s\", although the step before it is not done for "
		    "every response",
		    fact_text(line, "event"));
		return false;
	}
	wanted = rerun->asked.responses[i].name;
	if (named && strcmp(name, wanted == NULL ? "" : wanted) != 0)
		differs(rerun,
		    "\"%s\" is of response \"%s\", it is the turn of \"%s\"",
		    fact_text(line, "event"), name,
		    wanted == NULL ? "" : wanted);
	rerun->turns[turn] = i + 1;
	*ret = i;
	return true;
}

static bool
read_overrides(struct rerun *rerun, const json_t *list, struct err *err)
{
	const json_t *item;
	size_t i;

	rerun->overrides =
	    calloc(json_array_size(list) + 1, sizeof(*rerun->overrides));
	if (rerun->overrides == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	json_array_foreach(list, i, item)
	{
		struct override *override = &rerun->overrides[i];
		struct err why;

		*override = (struct override){ fact_text(item, "id"),
			fact_text(item, "reason") };
		if (!override_allowed(override, rerun->rules, &why))
			differs(rerun, "%s", why.msg);
	}
	rerun->n_overrides = json_array_size(list);
	return true;
}

/* An option as the arguments have it; "" and *ret NULL where they have none. */
static bool
read_option(struct rerun *rerun, const char *option, char **ret, bool *ret_read,
    struct err *err)
{
	*ret = NULL;
	*ret_read = replay_argument(rerun, &cmd_sign, option, ret, err);
	if (*ret_read)
		return true;
	if (err->code == E_MEMORY)
		return false;
	differs(rerun, "%s", err->msg);
	return true;
}

/* The schema in the arguments is the one that was asked. */
static bool
compare_schema(struct rerun *rerun, const char *asked, struct err *err)
{
	char *given;
	bool read;

	if (!read_option(rerun, "schema", &given, &read, err))
		return false;
	if (read && strcmp(given == NULL ? "normal" : given, asked) != 0)
		differs(rerun, "the schema is \"%s\", the arguments say \"%s\"",
		    asked, given == NULL ? "normal" : given);
	free(given);
	return true;
}

static bool
compare_alternative(struct rerun *rerun, const char *asked, struct err *err)
{
	const char *given;
	bool read;

	if (!read_option(rerun, "alternative", &rerun->alternative, &read, err))
		return false;
	given = rerun->alternative == NULL ? "" : rerun->alternative;
	if (read && strcmp(given, asked) != 0)
		differs(rerun, "the alternative is \"%s\", not \"%s\"", asked,
		    given);
	return true;
}

static bool
derive_one(struct rerun *rerun, const json_t *line, struct err *err)
{
	const char *schema = fact_text(line, "schema");

	if (!compare_schema(rerun, schema, err) ||
	    !compare_alternative(rerun, fact_text(line, "alternative"), err))
		return false;
	if (asked_one(rerun->config, schema, rerun->alternative,
		fact_text(line, "response"), &rerun->asked, err))
		return true;
	if (err->code == E_MEMORY)
		return false;
	differs(rerun, "the configuration has no schema \"%s\"", schema);
	return true;
}

/* Where the arguments have no plan none was read, and the same one is asked. */
static bool
compare_plan(struct rerun *rerun, struct err *err)
{
	const char *path = rerun->planned.path;
	char *given;
	bool read;

	if (!read_option(rerun, "plan", &given, &read, err))
		return false;
	if (read &&
	    strcmp(given == NULL ? "" : given, path == NULL ? "" : path) != 0)
		differs(rerun, "the plan is \"%s\", the arguments say \"%s\"",
		    path == NULL ? "" : path, given == NULL ? "" : given);
	free(given);
	return true;
}

static bool
derive_planned(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct err why;

	if (rerun->planned.plan == NULL)
		return true; /* that has been reported */
	if (rerun->ledger == NULL) {
		differs(rerun, "no register was read");
		return true;
	}
	if (!replay_prove_plan(rerun, err))
		return false;
	if (!plan_due_policy(rerun->planned.plan, &rerun->due, rerun->config,
		&rerun->policy, err))
		return false;
	if (!asked_of_plan(rerun->planned.plan, &rerun->due,
		rerun->config->ksk_policy.signers_name,
		fact_text(line, "folder"), &rerun->asked, &why)) {
		if (why.code == E_MEMORY) {
			*err = why;
			return false;
		}
		differs(rerun, "%s", why.msg);
	}
	return true;
}

/* The response that was found at this path, if one was. */
static struct document *
found_at(struct rerun *rerun, const char *path)
{
	for (size_t i = 0; i < rerun->n_in_place; i++)
		if (rerun->in_place[i].path != NULL &&
		    strcmp(rerun->in_place[i].path, path) == 0)
			return &rerun->in_place[i];
	return NULL;
}

static void
take_in_place(struct rerun *rerun, size_t i)
{
	struct asked_response *response = &rerun->asked.responses[i];
	struct document *found = found_at(rerun, response->path);

	if (found == NULL || found->ksr == NULL)
		return;
	asked_take_in_place(
	    response, rerun->ledger, rerun->request.sha256, found->sha256);
	if (!response->in_place)
		differs(rerun,
		    "%s was found in place, but is not what the register has",
		    found->path);
	rerun->responses[i].document = *found;
	*found = (struct document){ 0 };
}

static bool
take_all_in_place(struct rerun *rerun, struct err *err)
{
	for (size_t i = 0; i < rerun->asked.n; i++)
		take_in_place(rerun, i);
	for (size_t i = 0; i < rerun->n_in_place; i++)
		if (rerun->in_place[i].ksr != NULL)
			differs(rerun,
			    "%s was found in place, but was not asked for",
			    rerun->in_place[i].path);
	return asked_processed(&rerun->asked, rerun->ledger,
	    rerun->request.sha256, &rerun->processed, &rerun->n_processed, err);
}

/* The fact is there only where it is true, and in no old record. */
static void
compare_in_place(struct rerun *rerun, const json_t *line)
{
	bool recorded = json_is_true(json_object_get(line, "in_place"));

	if (recorded != rerun->asked.responses[0].in_place)
		differs(rerun, "the response was %sfound in place",
		    recorded ? "not " : "");
}

/* What was declared, as recorded and as the same inputs give it. */
static bool
compare_declared(struct rerun *rerun, const json_t *line, struct err *err)
{
	static const char *const facts[] = { "fallback", "replaces" };
	json_t *derived = json_object();
	struct check_input in = {
		.config = rerun->config,
		.history = rerun->history,
		.request = rerun->request.ksr,
	};

	memcpy(in.request_sha256, rerun->request.sha256, SHA256_SIZE);
	if (!replay_declared(rerun, &cmd_sign, err)) {
		json_decref(derived);
		return false;
	}
	declared_complete(&rerun->declared, &in);
	declared_facts(&rerun->declared, derived);
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (json_object_get(derived, facts[i]) != NULL ||
		    json_object_get(line, facts[i]) != NULL)
			differs_unless_equal(rerun, facts[i],
			    json_object_get(line, facts[i]),
			    json_incref(json_object_get(derived, facts[i])));
	json_decref(derived);
	return true;
}

/* Every response that is due, as recorded and as derived. */
static void
compare_responses(struct rerun *rerun, const json_t *line)
{
	json_t *derived = json_of_asked(&rerun->asked), *value;
	const char *key;

	json_object_foreach(derived, key, value)
	{
		differs_unless_equal(
		    rerun, key, json_object_get(line, key), json_incref(value));
	}
	json_decref(derived);
}

bool
replay_asked(struct rerun *rerun, const json_t *line, struct err *err)
{
	bool first = json_is_true(json_object_get(line, "first"));

	if (rerun->config == NULL || rerun->overrides != NULL)
		return true;
	if (first == (rerun->previous.path != NULL))
		differs(rerun,
		    first ? "it claims to be the first, but a previous "
			    "response was read"
			  : "no previous response was read, but it does not "
			    "claim to be the first");
	if (strcmp(fact_text(line, "request"),
		rerun->request.path == NULL ? "" : rerun->request.path) != 0)
		differs(rerun, "another request was asked for than was read");
	if (!compare_declared(rerun, line, err) || !compare_plan(rerun, err) ||
	    !(rerun->planned.path == NULL ? derive_one(rerun, line, err)
					  : derive_planned(rerun, line, err)))
		return false;
	if (rerun->asked.n > 0) {
		if (!take_all_in_place(rerun, err))
			return false;
		if (rerun->asked.folder == NULL)
			compare_in_place(rerun, line);
		else
			compare_responses(rerun, line);
	}
	return read_overrides(rerun, json_object_get(line, "overrides"), err);
}

bool
replay_in_place(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct document *found = &rerun->in_place[rerun->n_in_place];
	struct err why;
	bool there;

	if (rerun->n_in_place == PLAN_RESPONSES_MAX) {
		differs(rerun, "more responses were found than can be due");
		return true;
	}
	rerun->n_in_place++;
	found->xml = buf_new(KSR_FILE_MAX);
	found->path = fact_text(line, "path");
	if (!replay_stored(rerun, line, &found->xml, &there, err))
		return false;
	if (there &&
	    !ksr_read(buf_bytes(&found->xml), found->path, &found->ksr, &why))
		rerun->refusal = why;
	return sha256(buf_bytes(&found->xml), found->sha256, err);
}
