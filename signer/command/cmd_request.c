#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/document/format.h"
#include "ksr/request/quarter.h"
#include "signer/foresight/planned.h"
#include "signer/keys/requesting.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/judging.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

/* --start, --quarter, or what follows the previous response, or now. */
static bool
choose_start(const struct context *context, const struct args *args,
    const struct ksr *previous, int64_t slot_s, int64_t *ret, struct err *err)
{
	const char *start = args_value(args, "start");
	const char *quarter = args_value(args, "quarter");
	struct quarter chosen = quarter_next(quarter_of_time(context->now));
	struct cycle before;

	if (start != NULL && quarter != NULL)
		return err_set(err, E_USAGE,
		    "--start and --quarter: give one of the two");
	if (start != NULL)
		return cycle_start_parse(start, ret, err);
	if (quarter != NULL && !quarter_parse(quarter, &chosen, err))
		return false;
	*ret = quarter_start(chosen);
	if (quarter != NULL || previous == NULL)
		return true;
	if (!cycle_of_config(context->config,
		bundle_begins(&previous->bundles[0]), slot_s, &before, err))
		return err_prefix(err, "the previous response");
	*ret = cycle_next_start(&before);
	return true;
}

static bool
choose_cycle(struct requesting *r, const struct context *context,
    const struct args *args, struct err *err)
{
	const char *length = args_value(args, "slot-length");
	int64_t slot_s = 0, start = 0;

	if (length != NULL && (!duration_parse(length, &slot_s) || slot_s == 0))
		return err_set(err, E_USAGE,
		    "--slot-length %.60s: expected a duration such as P10D",
		    length);
	return choose_start(
		   context, args, r->previous.ksr, slot_s, &start, err) &&
	    cycle_of_config(context->config, start, slot_s, &r->cycle, err);
}

/* The plan's quarter of that name. */
static const struct plan_quarter *
quarter_of_name(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_quarters; i++)
		if (strcmp(plan->quarters[i].name, name) == 0)
			return &plan->quarters[i];
	return NULL;
}

/* The step that is due: the one given, or that of the request's quarter. */
static bool
choose_step(const struct requesting *r, const char *plan, const char *step,
    const struct plan_quarter **ret, struct err *err)
{
	char start[TIME_TEXT_SIZE];

	*ret = step == NULL
	    ? plan_quarter_at(r->planned.plan, r->cycle.start)
	    : quarter_of_name(r->planned.plan, step);
	if (*ret != NULL)
		return true;
	if (step != NULL)
		return err_set(err, E_INPUT, "%s: --step %.60s: has no such quarter",
		    plan, step);
	time_format(r->cycle.start, start);
	return err_set(err, E_INPUT,
	    "%s: has no quarter that begins at %s, as the request does", plan,
	    start);
}

/* The counts of the plan's step, for its planned response or a fallback. */
static bool
choose_counts(struct requesting *r, const struct context *context,
    const struct args *args, struct err *err)
{
	const char *plan = args_value(args, "plan");
	const char *step = args_value(args, "step");
	const char *fallback = args_value(args, "fallback");
	const struct plan_quarter *quarter;
	size_t response = 0;

	r->counts = &r->config->request_policy.key_counts;
	if (plan == NULL)
		return (step == NULL && fallback == NULL) ||
		    err_set(err, E_USAGE, "--step and --fallback are a plan's: "
					  "give --plan");
	if (!planned_load(context->record, plan, r->config, &r->planned, err) ||
	    !choose_step(r, plan, step, &quarter, err))
		return false;
	if (fallback != NULL)
		response = plan_fallback(quarter, fallback);
	if (fallback != NULL &&
	    (response == 0 || plan_request_of(quarter, response) == 0))
		return err_set(err, E_INPUT,
		    "%s: --fallback %.60s: %s has no fallback of that name with "
		    "a request of its own",
		    plan, fallback, quarter->name);
	r->counts = plan_key_counts(quarter, response, r->config);
	return true;
}

static bool
choose_algorithms(
    struct requesting *r, const struct args *args, struct err *err)
{
	const char *given[KEY_COUNTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < args->n_values; i++) {
		if (strcmp(args->values[i].row->name, "algorithm") != 0)
			continue;
		if (n == KEY_COUNTS_MAX)
			return err_set(err, E_USAGE,
			    "--algorithm: more than %u", KEY_COUNTS_MAX);
		given[n++] = args->values[i].value;
	}
	return requesting_algorithms(r, given, n, err);
}

/* A key that was made where one was thought to be is noticed here. */
static void
show_zsks(const struct requesting *r)
{
	for (size_t i = 0; i < r->n_algorithms; i++) {
		const struct zsk *zsks = r->algorithms[i].zsks;

		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			if (zsks[role].dnskey.identifier[0] != '\0')
				printf("ZSK %-24s key tag %5u, %s\n",
				    zsks[role].dnskey.identifier,
				    zsks[role].dnskey.tag,
				    zsks[role].is_new ? "made now" : "there");
	}
	printf("\n");
}

static bool
show(const struct requesting *r, const struct context *context,
    struct document *written, const char *path, struct err *err)
{
	if (context->json)
		return json_print(json_pack("{s:s, s:o, s:o}", "command",
				      "request", "request",
				      json_of_document(written), "lost",
				      json_of_losses(&r->losses)),
		    err);
	show_zsks(r);
	print_digest("Request", path, written->sha256);
	print_losses(&r->losses);
	return print_table("", written->ksr, err);
}

static bool
write(const struct requesting *r, const struct context *context,
    const char *path, struct output *output, struct err *err)
{
	struct document written = { 0 };
	struct buf octets = buf_new(KSR_FILE_MAX);
	struct context as_written = *context;
	bool ok;

	/* Nothing of the policy comes to what is in the file. */
	as_written.format = format_of(r->format)->name;
	as_written.config = NULL;
	ksr_write(r->request, &octets);
	ok = octets.failed ? err_set(err, E_MEMORY, "the request does not fit") :
			  output_write(output, buf_bytes(&octets), err);
	buf_free(&octets);
	if (!ok ||
	    !document_read_back(
		&as_written, output, path, KSR_REQUEST, &written, err))
		return false;
	ok = record_output(context->record, "request", path,
		 buf_bytes(&written.octets), err) &&
	    publishing_finish(
		context, output, path, buf_bytes(&written.octets), err);
	interrupt_guard_file(NULL);
	ok = ok && show(r, context, &written, path, err);
	document_free(&written);
	return ok;
}

/*
 * A key is not asked to sign because a forged response names it.  Version 0.1.0
 * did not look.
 */
static bool
check_previous(const struct requesting *r, const struct context *context,
    struct err *err)
{
	const struct check_input in = {
		.config = context->config,
		.now = context->now,
		.previous = r->previous.ksr,
	};
	struct report report = { 0 };
	bool ok;

	if (context->rules == RULES_0_1_0)
		return true;
	ok = judge_checks(
		 context, STAGE_PREVIOUS, &in, NULL, 0, &report, err) &&
	    facts_report(context->record, STAGE_PREVIOUS, &report, 0, err);

	if (ok && !report_accepted(&report)) {
		if (!context->json)
			print_report(context->colour, &report, 0);
		ok = err_set_report(err, r->previous.path, &report);
	}
	report_clear(&report);
	return ok;
}

/* --into, or the root's. */
static bool
choose_format(
    struct requesting *r, const struct args *args, struct err *err)
{
	const char *into = args_value(args, "into");

	r->format = KSR_XML;
	return into == NULL || format_named(into, &r->format, err);
}

static bool
load_previous(struct requesting *r, const struct context *context,
    const char *path, struct err *err)
{
	return path == NULL ||
	    (document_load_kind(context, "previous response", path,
		 KSR_RESPONSE, &r->previous, err) &&
		check_previous(r, context, err));
}

static bool
request(struct requesting *r, const struct context *context,
    const struct args *args, struct output **output, struct err *err)
{
	const char *path = args->files[0];

	if (!choose_format(r, args, err) ||
	    !load_previous(r, context, args_value(args, "previous-skr"), err) ||
	    !choose_cycle(r, context, args, err) ||
	    !choose_counts(r, context, args, err) ||
	    !choose_algorithms(r, args, err) ||
	    !publishing_open(context, path, output, err))
		return false;
	interrupt_guard_file(output_temporary(*output));
	return zsk_store_open(context, args_value(args, "zsk-dir"),
		   args_value(args, "hsm"), &r->store, err) &&
	    requesting_keys(r, err) && requesting_build(r, err) &&
	    write(r, context, path, *output, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct requesting *r = calloc(1, sizeof(*r));
	struct output *output = NULL;
	bool ok;

	if (r == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	r->config = context->config;
	ok = request(r, context, args, &output, err);
	requesting_clear(r);
	interrupt_guard_file(NULL);
	output_free(output);
	free(r);
	return ok;
}

static const struct option_row options[] = {
	{ "quarter", "QUARTER", "such as 2027-q1; default: the next one", false },
	{ "start", "DAY", "any first day, such as 2027-02-01", false },
	{ "slot-length", "DURATION",
	    "such as P10D; default: the middle of the policy's", false },
	{ "previous-skr", "SKR", "the response that this request follows",
	    false },
	{ "plan", "PLAN", "the key counts of this plan's quarter", false },
	{ "step", "QUARTER",
	    "the plan's quarter that is due, where fallbacks delayed it",
	    false },
	{ "fallback", "NAME",
	    "for the plan's fallback of this name, a request of its own",
	    false },
	{ "algorithm", "NAME[:BITS]",
	    "of the ZSKs; default the one approved; once for each", true },
	{ "zsk-dir", "DIR", "ZSKs in files instead of the HSM; rehearsals only",
	    false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ "into", "FORMAT", "xml, bind or knot; default: xml", false },
	{ "from", "FORMAT", "of the previous response; default: as it begins",
	    false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_request = {
	.name = "request",
	.run = run,
	.usage = "KSR [--quarter 2027-q1 | --start DAY] [--previous-skr SKR] "
		 "[--zsk-dir DIR]",
	.summary = "make a request, as the ZSK operator does",
	.help =
	    "Slots and their validity are the configuration's: for the root,\n"
	    "nine slots of ten days.  num_keys_per_bundle says how many ZSKs a\n"
	    "slot has, of each algorithm where it counts them so: with 2 in\n"
	    "slot 1 the last cycle's and this one's, with 2 in the last slot\n"
	    "this one's and the next one's.  A plan may have other counts for\n"
	    "a quarter.  Every ZSK proves possession.\n\n"
	    "The ZSKs are in the token, or in the files of --zsk-dir, as\n"
	    "zsk-2027-q1 by the cycle in which they sign; what is missing is\n"
	    "made.  After --previous-skr the first slot has the ZSKs of that\n"
	    "response's last; the response must be signed by configured KSKs.\n"
	    "A key that is not marked or declared a ZSK signs nothing here.\n"
	    "The same RSA keys and slots give the same request.\n\n"
	    "With --into it is written as BIND's or Knot's signers have theirs:\n"
	    "what such a request has no place for, the proofs above all, is\n"
	    "named.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.recording = RECORD_ACT,
	.options = options,
};
