#include <stdio.h>
#include <string.h>

#include "ksr/policy/records.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/judging.h"
#include "signer/record/register_open.h"
#include "signer/record/zones.h"
#include "signer/screen/print.h"
#include "signer/sign/declared.h"
#include "signer/sign/followers_show.h"

struct checking {
	struct document request, previous;
	struct ledger *ledger; /* NULL: there is no register */
	struct history *history;
	struct declared declared;
	struct schema schema; /* stretched to the request */
	struct report report;
};

static bool
load(const struct context *context, const struct args *args,
    struct checking *checking, struct err *err)
{
	const char *previous = args_value(args, "previous-skr");

	return document_load_kind(context, "request", args->files[0],
		   KSR_REQUEST, &checking->request, err) &&
	    (previous == NULL ||
	    document_load_kind(context, "previous response", previous,
		KSR_RESPONSE, &checking->previous, err)) &&
	    register_read(context, &checking->ledger, err) &&
	    ledger_history(checking->ledger, checking->request.ksr->domain,
		&checking->history, err);
}

static bool
print(const struct context *context, const struct checking *checking,
    const struct check_input *in, struct err *err)
{
	const struct document *request = &checking->request;

	if (context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "command",
			"check", "accepted",
			report_accepted(&checking->report), "time",
			json_of_time(context->now), "request",
			json_of_document(request), "previous",
			json_of_document(&checking->previous), "checks",
			json_of_report(&checking->report, 0), "followers",
			json_of_followers(in)),
		    err);
	print_digest("Request", request->path, request->sha256);
	if (!print_table("", request->ksr, err))
		return false;
	printf("\n");
	print_report(context->colour, &checking->report, 0);
	return followers_print(context, in, err);
}

static bool
check(const struct context *context, const struct args *args,
    struct checking *checking, struct err *err)
{
	const char *schema = args_value(args, "schema");
	struct check_input in = { .now = context->now,
		.key_tests = context->key_tests,
		.alternative = args_value(args, "alternative") };
	struct context zoned;

	if (in.alternative != NULL && !alternative_is_name(in.alternative))
		return err_set_alternative(err);
	if (!declared_of_args(args, &checking->declared, err))
		return false;
	if (!load(context, args, checking, err) ||
	    !context_of_zone(
		context, checking->request.ksr->domain, &zoned, err))
		return false;
	context = &zoned;
	in.config = context->config;
	in.request = checking->request.ksr;
	memcpy(in.request_sha256, checking->request.sha256, SHA256_SIZE);
	in.earliest_now =
	    ledger_floor(checking->ledger, context->earliest_now);
	in.processed = ledger_processed(checking->ledger, &in.n_processed);
	in.previous = checking->previous.ksr;
	memcpy(in.previous_sha256, checking->previous.sha256, SHA256_SIZE);
	in.history = checking->history;
	declared_complete(&checking->declared, &in);
	declared_put(&checking->declared, &in);
	if (!schema_of_document(in.config, schema, in.request, &checking->schema,
		&in.schema, err))
		return false;
	if (!judge_checks(context, STAGE_REQUEST, &in, NULL, 0,
		&checking->report, err) ||
	    !facts_report(context->record, STAGE_REQUEST, &checking->report, 0,
		err) ||
	    !print(context, checking, &in, err))
		return false;
	if (!report_accepted(&checking->report))
		return err_set_report(err, args->files[0], &checking->report);
	if (!context->json)
		printf("\naccepted\n");
	return true;
}

/* The configuration alone, against the root's practice statement. */
static bool
check_policy(const struct context *context, struct report *report,
    struct err *err)
{
	if (!judge_practice(context, report, err) ||
	    !facts_report(context->record, STAGE_CONFIG, report, 0, err))
		return false;
	if (!context->json) {
		printf("The configuration and the root's KSK practice "
		       "statement\n");
		print_report(context->colour, report, 0);
	} else if (!json_print(json_pack("{s:s, s:b, s:o}", "command",
				   "check", "accepted",
				   report_accepted(report), "clauses",
				   json_of_report(report, 0)),
		       err)) {
		return false;
	}
	if (!report_accepted(report))
		return err_set_report(
		    err, "the configuration departs from", report);
	if (!context->json)
		printf("\nmeets every clause\n");
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct checking checking = { 0 };
	bool policy = args_flag(args, "policy");
	bool ok;

	ok = policy ? check_policy(context, &checking.report, err) :
		      check(context, args, &checking, err);

	report_clear(&checking.report);
	schema_clear(&checking.schema);
	history_free(checking.history);
	ledger_close(checking.ledger);
	document_free(&checking.previous);
	document_free(&checking.request);
	return ok;
}

static const struct option_row options[] = {
	{ "previous-skr", "SKR", "the response before this request", false },
	{ "policy", NULL, "judge the configuration by the practice statement",
	    false },
	{ "schema", "NAME", "also judge the slots of this schema", false },
	{ "alternative", "NAME", "judge it as signed once more by this name",
	    false },
	{ "fallback", "NAME", "judge it as a fallback request", false },
	{ "replaces", "SHA256", "judge it as in this response's place", false },
	{ "reason", "TEXT", "why it replaces", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_check = {
	.name = "check",
	.run = run,
	.usage = "KSR [--previous-skr SKR] [--schema NAME] "
		 "[--alternative NAME] [--fallback NAME | --replaces SHA256 "
		 "--reason TEXT] | --policy",
	.summary = "run every check on a request; no HSM",
	.help =
	    "Every check runs and every finding is reported: the bundle, the\n"
	    "value seen and the value required.  A check that the configuration\n"
	    "switches off still runs; what it finds is shown as waived.  A\n"
	    "check that lacks its input (no previous response, no schema) says\n"
	    "that it did not run.  What was signed before is read from\n"
	    REGISTER_FILE " beside the configuration.\n\n"
	    "--policy says, clause by clause, whether the configuration meets\n"
	    "the root's KSK practice statement, and names each departure.",
	.min_files = 1,
	.max_files = 1,
	.alone = "policy",
	.needs_config = true,
	.zone = ZONE_READ,
	.zone_unless = "policy",
	.recording = RECORD_ASKED,
	.options = options,
};
