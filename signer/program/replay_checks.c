#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/practice.h"
#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/record/json.h"

#define STAGE_LAST    STAGE_PREVIOUS

bool
replay_arguments(const struct rerun *rerun, const struct command *command,
    struct args *ret, struct err *err)
{
	const json_t *list = json_object_get(rerun->head, "arguments"), *text;
	char **argv = calloc(json_array_size(list) + 2, sizeof(*argv));
	size_t i;
	int argc = 1;
	bool help, ok;

	if (argv == NULL)
		return err_set(err, E_MEMORY, "out of memory");

	json_array_foreach(list, i, text)
	{
		if (!json_is_string(text)) {
			free(argv);
			return err_set(err, E_REFUSED,
			    "the run's arguments are not those of a run");
		}
		/* getopt takes what it does not write to as writable. */
		argv[argc++] = (char *)json_string_value(text);
	}
	ok = args_parse(command, argc, argv, ret, &help, err);
	free(argv);
	return ok;
}

bool
replay_argument(const struct rerun *rerun, const struct command *command,
    const char *option, char **ret, struct err *err)
{
	const char *value;
	struct args args;
	bool ok;

	*ret = NULL;
	if (!replay_arguments(rerun, command, &args, err))
		return false;
	value = args_value(&args, option);
	if (value != NULL)
		*ret = strdup(value);
	ok = value == NULL || *ret != NULL ||
	    err_set(err, E_MEMORY, "out of memory");
	args_free(&args);
	return ok;
}

static bool
find_schema(struct rerun *rerun, const char *name)
{
	rerun->schema = config_schema(rerun->config, name);
	if (rerun->schema == NULL)
		differs(rerun, "the configuration has no schema \"%s\"", name);
	return rerun->schema != NULL;
}

/* What check and verify were asked for stands in their arguments alone. */
static bool
read_arguments(
    struct rerun *rerun, const struct command *command, struct err *err)
{
	char *schema = NULL;

	free(rerun->alternative);
	if (!replay_argument(rerun, command, "schema", &schema, err) ||
	    !replay_argument(
		rerun, command, "alternative", &rerun->alternative, err)) {
		free(schema);
		if (err->code == E_MEMORY)
			return false;
		differs(rerun, "%s", err->msg);
		return true;
	}
	if (schema != NULL)
		find_schema(rerun, schema);
	free(schema);
	return true;
}

/* The stages of a "checks" line; 0 if it names none or others. */
static unsigned
stages_of(const json_t *line)
{
	const json_t *recorded = json_object_get(line, "stages");

	for (unsigned stages = 1; stages < 2 * STAGE_LAST; stages++) {
		json_t *names = json_of_stages(stages);
		bool same = json_equal(names, recorded);

		json_decref(names);
		if (same)
			return stages;
	}
	return 0;
}

static size_t
rows_before(const json_t *rows, size_t n, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(fact_text(json_array_get(rows, i), "id"), id) == 0)
			count++;
	return count;
}

static size_t
rows_with(const json_t *rows, const char *id)
{
	return rows_before(rows, json_array_size(rows), id);
}

/*
 * The row that is rows[i] of the other list: the one with its id and title, or,
 * where both have as many rows of the id and a title was reworded since, the
 * one in its place among them.
 */
static json_t *
find_row(const json_t *list, const json_t *rows, size_t i)
{
	const json_t *wanted = json_array_get(rows, i);
	const char *id = fact_text(wanted, "id");
	bool by_place = rows_with(list, id) == rows_with(rows, id);
	size_t nth = rows_before(rows, i, id), seen = 0, k;
	json_t *row, *found = NULL;

	json_array_foreach(list, k, row)
	{
		if (strcmp(fact_text(row, "id"), id) != 0)
			continue;
		if (strcmp(fact_text(row, "title"),
			fact_text(wanted, "title")) == 0)
			return row;
		if (seen++ == nth && by_place)
			found = row;
	}
	return found;
}

/* What a row comes to; wording may differ between versions. */
static void
compare_row(struct rerun *rerun, const json_t *recorded, json_t *replayed)
{
	static const char *const facts[] = { "verdict", "reason", "note",
		"findings", "more_findings" };
	const char *id = fact_text(recorded, "id");
	char name[128];

	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		/* Why a rule did not run is told in other words some day. */
		if (!rerun->same_program && strcmp(facts[i], "note") == 0)
			continue;
		snprintf(name, sizeof(name), "check %.60s (\"%.40s\"): %s", id,
		    fact_text(recorded, "title"), facts[i]);
		differs_unless_equal(rerun, name,
		    json_object_get(recorded, facts[i]),
		    json_incref(json_object_get(replayed, facts[i])));
	}
	if (rerun->same_program && !json_equal(recorded, replayed) &&
	    json_equal(json_object_get(recorded, "findings"),
		json_object_get(replayed, "findings")) &&
	    strcmp(fact_text(recorded, "verdict"),
		fact_text(replayed, "verdict")) == 0)
		differs(rerun,
		    "check %s: its clause, title or reason is not the rule's",
		    id);
}

/*
 * A rule that the record's program had not is no fault as long as it has
 * nothing to say; one that would refuse may have been left out.
 */
static void
report_unrecorded(struct rerun *rerun, const json_t *row)
{
	const char *id = fact_text(row, "id");
	const char *title = fact_text(row, "title");
	const char *verdict = fact_text(row, "verdict");

	if (rerun->same_program ||
	    (strcmp(verdict, verdict_text(VERDICT_PASS)) != 0 &&
		strcmp(verdict, verdict_text(VERDICT_NOT_RUN)) != 0))
		differs(rerun, "check %s (\"%s\") is not recorded; it says: %s",
		    id, title, verdict);
	else
		notes(rerun,
		    "check %s (\"%s\") is newer than the record; it says: %s",
		    id, title, verdict);
}

/* Both ways: a row that one side lacks is not a row that agrees. */
static void
compare_rows(
    struct rerun *rerun, const json_t *recorded, const json_t *replayed)
{
	const json_t *row;
	size_t i;

	json_array_foreach(recorded, i, row)
	{
		json_t *other = find_row(replayed, recorded, i);

		if (other == NULL)
			differs(rerun,
			    "check %s: this program has no such rule",
			    fact_text(row, "id"));
		else
			compare_row(rerun, row, other);
	}
	json_array_foreach(replayed, i, row)
	{
		if (find_row(recorded, replayed, i) == NULL)
			report_unrecorded(rerun, row);
	}
}

static bool
is_done_or_not_begun(const struct rerun *rerun, enum turn turn)
{
	return rerun->turns[turn] == 0 || replay_turns_done(rerun, turn);
}

/*
 * What a refusal says: the rows that the record has, as replayed.  A request
 * is refused when it has been judged for each response, and so are responses
 * that are not signed yet; a plan before.
 */
static void
refuse_if_refused(struct rerun *rerun, const json_t *line, size_t first,
    const char *subject)
{
	differs_unless_equal(rerun, "accepted",
	    json_object_get(line, "accepted"),
	    json_boolean(report_accepted_from(&rerun->report, first)));
	if (!report_accepted(&rerun->report) &&
	    is_done_or_not_begun(rerun, TURN_JUDGED) &&
	    is_done_or_not_begun(rerun, TURN_BUILT))
		err_set_report(&rerun->refusal, subject, &rerun->report);
}

/* Rules that the record's program had not decide nothing about it. */
static void
drop_newer(struct report *report, size_t first, const json_t *recorded,
    const json_t *replayed)
{
	size_t kept = first;

	for (size_t i = first; i < report->n_results; i++) {
		if (find_row(recorded, replayed, i - first) == NULL)
			free(report->results[i].findings);
		else
			report->results[kept++] = report->results[i];
	}
	report->n_results = kept;
}

void
replay_compare_report(
    struct rerun *rerun, const json_t *line, size_t first, const char *subject)
{
	const json_t *recorded = json_object_get(line, "rows");
	json_t *rows = json_of_report(&rerun->report, first);

	compare_rows(rerun, recorded, rows);
	if (!rerun->same_program)
		drop_newer(&rerun->report, first, recorded, rows);
	json_decref(rows);
	refuse_if_refused(rerun, line, first, subject);
}

bool
replay_unused_overrides(
    struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	differs_unless_equal(rerun, "unused overrides",
	    json_object_get(line, "ids"),
	    json_unused_overrides(
		rerun->overrides, rerun->n_overrides, &rerun->report));
	return true;
}

bool
replay_policy(struct rerun *rerun, const json_t *line, struct err *err)
{
	if (rerun->config == NULL)
		return true;
	if (!practice_run(rerun->config, rerun->rules, &rerun->report, err) ||
	    !replay_practice_today(rerun, err))
		return false;
	replay_compare_report(rerun, line, 0, "the configuration departs from");
	return true;
}

/* What a signing's rules look at: the response whose turn it is. */
static bool
look_at_turn(struct rerun *rerun, const json_t *line, unsigned stages,
    struct check_input *in, const char **ret_name)
{
	const struct asked_response *asked;
	size_t i = 0;

	if ((stages & STAGE_TOKEN) == 0 &&
	    !replay_turn(rerun, line,
		(stages & STAGE_RESPONSE) != 0 ? TURN_VERIFIED
		    : (stages & STAGE_BUILT) != 0 ? TURN_BUILT : TURN_JUDGED,
		true, &i))
		return false;
	if (rerun->asked.n == 0)
		return false;
	if (stages == STAGE_REQUEST && rerun->plan_proved &&
	    !rerun->plan_compared)
		differs(rerun, "the plan was not checked before");
	asked = &rerun->asked.responses[i];
	if ((stages & (STAGE_REQUEST | STAGE_SCHEDULE)) != 0 &&
	    (i == 0) != (stages == STAGE_REQUEST))
		differs(rerun, "these checks are not those of response %zu",
		    i + 1);
	in->response = (stages & STAGE_BUILT) != 0
	    ? rerun->responses[i].built
	    : rerun->responses[i].document.ksr;
	in->schema = asked->schema;
	in->alternative = asked->alternative;
	declared_put(&rerun->declared, in);
	in->processed = rerun->processed;
	in->n_processed = rerun->n_processed;
	*ret_name = (stages & STAGE_TOKEN) != 0 ? NULL : asked->name;
	return true;
}

/* What check and verify look at. */
static bool
look_at_arguments(
    struct rerun *rerun, struct check_input *in, struct err *err)
{
	bool verifies = strcmp(rerun->run->command, "verify") == 0;

	if (!read_arguments(rerun, verifies ? &cmd_verify : &cmd_check, err))
		return false;
	in->response = rerun->response.ksr;
	in->schema = rerun->schema;
	in->alternative = rerun->alternative;
	in->processed = ledger_processed(rerun->ledger, &in->n_processed);
	if (!verifies) {
		if (!replay_declared(rerun, &cmd_check, err))
			return false;
		declared_complete(&rerun->declared, in);
		declared_put(&rerun->declared, in);
	}
	if (verifies)
		in->earliest_now = 0;
	return true;
}

static bool
has_documents(const struct rerun *rerun, unsigned stages)
{
	if (stages == STAGE_PREVIOUS)
		return rerun->config != NULL && rerun->previous.ksr != NULL;
	return rerun->config != NULL && rerun->request.ksr != NULL &&
	    (rerun->previous.path == NULL || rerun->previous.ksr != NULL);
}

/* Before a request is made: the previous response by itself. */
static bool
replay_previous(struct rerun *rerun, const json_t *line,
    const struct check_input *in, struct err *err)
{
	size_t first = rerun->report.n_results;

	if (!checks_run(STAGE_PREVIOUS, in, NULL, 0, &rerun->report, err))
		return false;
	replay_compare_report(rerun, line, first, rerun->previous.path);
	return true;
}

bool
replay_checks(struct rerun *rerun, const json_t *line, struct err *err)
{
	bool signs = strcmp(rerun->run->command, "sign") == 0;
	bool verifies = strcmp(rerun->run->command, "verify") == 0;
	unsigned stages = stages_of(line);
	size_t first = rerun->report.n_results;
	const char *name = NULL;
	struct check_input in = {
		.rules = rerun->rules,
		.config = rerun->policy == NULL ? rerun->config : rerun->policy,
		.now = rerun->now,
		.earliest_now =
		    ledger_floor(rerun->ledger, rerun->earliest_now),
		.request = rerun->request.ksr,
		.history = verifies ? NULL : rerun->history,
		.previous = rerun->previous.ksr,
		.keys_in_hsm = rerun->keys_in_hsm,
		.key_tests = rerun->replay->key_tests,
	};

	if (!has_documents(rerun, stages))
		return true; /* what is missing has been reported */
	if (stages == STAGE_PREVIOUS)
		return replay_previous(rerun, line, &in, err);
	memcpy(in.request_sha256, rerun->request.sha256, SHA256_SIZE);
	if (rerun->previous.ksr != NULL)
		memcpy(in.previous_sha256, rerun->previous.sha256, SHA256_SIZE);
	if (!signs && !look_at_arguments(rerun, &in, err))
		return false;
	if ((signs && !look_at_turn(rerun, line, stages, &in, &name)) ||
	    ((stages & (STAGE_BUILT | STAGE_RESPONSE)) != 0 &&
		in.response == NULL))
		return true;
	if (!checks_run(stages, &in, rerun->overrides, rerun->n_overrides,
		&rerun->report, err) ||
	    !replay_checks_today(rerun, stages, &in, first, err))
		return false;
	asked_name_rows(&rerun->report, first, name);
	replay_compare_report(rerun, line, first,
	    verifies ? rerun->response.path : rerun->request.path);
	/* The responses were built before the operator was asked anything. */
	return !signs || (stages & STAGE_TOKEN) == 0 ||
	    rerun->refusal.code != E_NONE || replay_build(rerun, err);
}
