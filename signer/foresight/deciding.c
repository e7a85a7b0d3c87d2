#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/plan/proceed.h"
#include "ksr/readiness/day.h"
#include "ksr/readiness/summary.h"
#include "signer/foresight/deciding.h"
#include "signer/foresight/decision.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

#define READINESS_ROLE	   "readiness"
#define READINESS_FILE_MAX (256u * 1024 * 1024)
#define REASON_TEXT_MAX	   1000u

static const char *const verdict_texts[] = {
	[PROCEED_UNKNOWN] = "not enough data",
	[PROCEED_GO] = "go",
	[PROCEED_HOLD] = "hold",
};

static const char *const measured_texts[] = {
	[MEASURED_UNKNOWN] = "not known",
	[MEASURED_MET] = "met",
	[MEASURED_MISSED] = "MISSED",
};

/* What is decided, where, by what, and who said so. */
struct deciding {
	const struct plan *plan;
	size_t quarter, late;
	const struct proceed *proceed;
	struct proceed_verdict verdict;
	bool go;
	const char *by, *reason; /* NULL: nobody has, the measures decide */
};

/* Every summary is on record before it is parsed. */
static bool
load_signals(const struct context *context, const struct args *args,
    struct summary *summary, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < args->n_values; i++) {
		const struct option_value *value = &args->values[i];
		struct buf text;
		bool ok;

		if (strcmp(value->row->name, "readiness") != 0)
			continue;
		any = true;
		text = buf_new(READINESS_FILE_MAX);
		ok = record_read(context->record, READINESS_ROLE, value->value,
			 READINESS_FILE_MAX, &text, err) &&
		    (summary_read(summary, buf_bytes(&text), err) ||
			err_prefix(err, "%s", value->value));
		buf_free(&text);
		if (!ok)
			return false;
	}
	return any ||
	    err_set(err, E_USAGE, "plan decide needs --readiness FILE");
}

/* The signals must be about the zone of the configuration. */
static bool
check_zone(const struct context *context, const struct summary *summary,
    struct err *err)
{
	return same_domain(
		   summary->zone, context->config->ksk_policy.signers_name) ||
	    err_set(err, E_REFUSED,
		"the signals are about the keys of %s, the plan about those "
		"of %s",
		summary->zone, context->config->ksk_policy.signers_name);
}

static bool
is_decider(const struct proceed *proceed, const char *name)
{
	for (size_t i = 0; i < proceed->n_deciders; i++)
		if (strcmp(proceed->deciders[i], name) == 0)
			return true;
	return false;
}

/* What the measures alone come to: what is not known lets nothing go on. */
static bool
measures_go(const struct deciding *deciding)
{
	return deciding->verdict.verdict == PROCEED_GO;
}

static bool
read_person(const struct args *args, struct deciding *ret, struct err *err)
{
	const char *decide = args_value(args, "decide");

	ret->by = args_value(args, "by");
	ret->reason = args_value(args, "reason");
	ret->go = measures_go(ret);
	if (decide == NULL)
		return (ret->by == NULL && ret->reason == NULL) ||
		    err_set(err, E_USAGE,
			"--by and --reason have no meaning without --decide");
	if (strcmp(decide, "go") != 0 && strcmp(decide, "hold") != 0)
		return err_set(err, E_USAGE,
		    "--decide %.40s: expected go or hold", decide);
	ret->go = strcmp(decide, "go") == 0;
	if (ret->by == NULL || ret->by[0] == '\0')
		return err_set(err, E_USAGE, "--decide needs --by NAME");
	if (ret->reason != NULL && strlen(ret->reason) > REASON_TEXT_MAX)
		return err_set(err, E_USAGE,
		    "--reason: is longer than %u octets", REASON_TEXT_MAX);
	return true;
}

/* Against the measures: only who may, and with a reason. */
static bool
check_person(const struct deciding *deciding, struct err *err)
{
	if (deciding->go == measures_go(deciding))
		return true;
	if (!is_decider(deciding->proceed, deciding->by))
		return err_set(err, E_REFUSED,
		    "\"%.63s\" is none of the plan's deciders of %s, who "
		    "alone may decide against its measures",
		    deciding->by, deciding->plan->quarters[deciding->quarter].name);
	return (deciding->reason != NULL && deciding->reason[0] != '\0') ||
	    err_set(err, E_USAGE,
		"a decision against the measures needs --reason TEXT");
}

static const struct plan_response *
decided_response(const struct deciding *deciding)
{
	const struct plan_quarter *quarter =
	    &deciding->plan->quarters[deciding->quarter];

	return &quarter->responses[deciding->go ? 0
						: deciding->proceed->otherwise];
}

/* The quarter that the decision is about: the step's own, or later. */
static void
decided_quarter(
    const struct deciding *deciding, char ret[PLAN_QUARTER_NAME_SIZE])
{
	plan_quarter_name(
	    deciding->plan, deciding->quarter + deciding->late, ret);
}

static int64_t
decided_until(const struct deciding *deciding)
{
	return proceed_until(
	    deciding->plan, deciding->quarter, deciding->late);
}

static json_t *
json_of_measures(const struct deciding *deciding)
{
	json_t *list = json_array();

	for (size_t i = 0; i < MEASURES; i++) {
		const struct measure_row *row = &deciding->verdict.rows[i];

		if (row->asked)
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:s, s:s}", "id",
				measure_ids[i], "result",
				measured_texts[row->result], "seen", row->seen,
				"wanted", row->wanted));
	}
	return list;
}

static json_t *
json_of_deciding(const struct deciding *deciding)
{
	char from[DAY_TEXT], until[DAY_TEXT], quarter[PLAN_QUARTER_NAME_SIZE];
	size_t cycle = deciding->quarter + deciding->late;

	day_format(deciding->verdict.from, from);
	day_format(deciding->verdict.until, until);
	decided_quarter(deciding, quarter);
	return json_pack(
	    "{s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:b, s:s, s:I, s:o, "
	    "s:o}",
	    "quarter", quarter, "step",
	    deciding->plan->quarters[deciding->quarter].name, "inception",
	    json_of_time(plan_start(deciding->plan, cycle)), "until",
	    json_of_time(decided_until(deciding)),
	    "from_day", from, "until_day", until, "measures",
	    json_of_measures(deciding), "verdict",
	    verdict_texts[deciding->verdict.verdict], "decision",
	    deciding->go ? "go" : "hold", "planned", deciding->go, "response",
	    decided_response(deciding)->name, "delay",
	    (json_int_t)proceed_delay(deciding->plan, deciding->quarter), "by",
	    deciding->by == NULL ? json_null() : json_of_text(deciding->by),
	    "reason",
	    deciding->reason == NULL ? json_null()
				     : json_of_text(deciding->reason));
}

static void
print_measures(const struct deciding *deciding)
{
	char from[DAY_TEXT], until[DAY_TEXT];

	day_format(deciding->verdict.from, from);
	day_format(deciding->verdict.until, until);
	printf("Signals of %s to %s, old key %u, new key %u\n\n", from, until,
	    deciding->proceed->old_tag, deciding->proceed->new_tag);
	for (size_t i = 0; i < MEASURES; i++) {
		const struct measure_row *row = &deciding->verdict.rows[i];

		if (row->asked)
			printf("  %-10s %-14s %s; wanted: %s\n",
			    measured_texts[row->result], measure_ids[i],
			    row->seen, row->wanted);
	}
	printf("\nThe measures say: %s\n",
	    verdict_texts[deciding->verdict.verdict]);
}

/* What waiting costs; the step itself comes again. */
static void
print_cost(const struct deciding *deciding)
{
	const struct plan *plan = deciding->plan;
	size_t delay = proceed_delay(plan, deciding->quarter);
	char last[PLAN_QUARTER_NAME_SIZE];

	plan_quarter_name(
	    plan, plan->n_quarters - 1 + deciding->late + delay, last);
	printf("A hold costs %zu %s (%zu of the plan's %u are used): its last "
	       "step, %s, then comes in %s\n",
	    delay, delay == 1 ? "quarter" : "quarters", deciding->late,
	    plan->delays, plan->quarters[plan->n_quarters - 1].name, last);
	if (deciding->late + delay > plan->delays)
		printf("WARNING: the plan has no more of them: a hold needs "
		       "another plan\n");
}

static void
print_decision(const struct deciding *deciding)
{
	char quarter[PLAN_QUARTER_NAME_SIZE];
	char time[TIME_TEXT_SIZE], safe[4 * REASON_TEXT_MAX + 1];

	print_measures(deciding);
	if (deciding->by != NULL) {
		text_printable(safe, sizeof(safe), deciding->by);
		printf("Decided by %s: %s%s\n", safe,
		    deciding->go ? "go" : "hold",
		    deciding->go == measures_go(deciding)
			? ""
			: ", AGAINST THE MEASURES");
	}
	if (deciding->reason != NULL) {
		text_printable(safe, sizeof(safe), deciding->reason);
		printf("Because: %s\n", safe);
	}
	decided_quarter(deciding, quarter);
	printf("\nDecision for %s: %s; the response that follows is %s\n",
	    quarter, deciding->go ? "go" : "hold",
	    decided_response(deciding)->name);
	print_cost(deciding);
	time_format(decided_until(deciding), time);
	printf("It can be taken until %s, when the two responses part\n", time);
}

static bool
read_late(const struct args *args, struct deciding *ret, struct err *err)
{
	const char *text = args_value(args, "late");
	uint64_t late = 0;

	if (text != NULL && !number_parse(text, ret->plan->delays, &late))
		return err_set(err, E_USAGE,
		    "--late %.40s: expected a number of quarters, at most the "
		    "%u of the plan's delays",
		    text, ret->plan->delays);
	ret->late = (size_t)late;
	return true;
}

static bool
find_quarter(const struct context *context, const struct args *args,
    const struct planned *planned, struct deciding *ret, struct err *err)
{
	char now[TIME_TEXT_SIZE];

	ret->plan = planned->plan;
	if (!read_late(args, ret, err))
		return false;
	ret->quarter = proceed_next(planned->plan, context->now, ret->late);
	if (ret->quarter == planned->plan->n_quarters) {
		time_format(context->now, now);
		return err_set(err, E_REFUSED,
		    "%s: no quarter of it declares `proceed` and can still be "
		    "decided at %s",
		    planned->path, now);
	}
	ret->proceed = planned->plan->quarters[ret->quarter].proceed;
	return true;
}

static bool
decide(const struct context *context, const struct args *args,
    const struct planned *planned, struct summary *summary, struct err *err)
{
	struct deciding deciding = { 0 };

	if (!find_quarter(context, args, planned, &deciding, err) ||
	    !load_signals(context, args, summary, err) ||
	    !check_zone(context, summary, err) ||
	    !proceed_judge(deciding.proceed, context->now, &summary->tally,
		&deciding.verdict, err) ||
	    !read_person(args, &deciding, err) ||
	    !check_person(&deciding, err) ||
	    !record_event(context->record, DECIDED_EVENT,
		json_of_deciding(&deciding), err))
		return false;
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o}", "command", "plan decide",
			"decision", json_of_deciding(&deciding)),
		    err);
	print_digest("Plan", planned->path, planned->sha256);
	printf("\n");
	print_decision(&deciding);
	return true;
}

bool
plan_decide(const struct context *context, const struct args *args,
    const struct planned *planned, struct err *err)
{
	/* The order of rows decides nothing: any key does, and a replay's. */
	static const uint64_t key[2] = { 0, 0 };
	struct summary summary = { 0 };
	bool ok;

	tally_init(&summary.tally, TALLY_LIMIT_DEFAULT, key);
	ok = decide(context, args, planned, &summary, err);
	tally_free(&summary.tally);
	return ok;
}
