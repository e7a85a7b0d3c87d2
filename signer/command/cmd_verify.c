#include <stdio.h>

#include "ksr/policy/records.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/judging.h"
#include "signer/record/zones.h"
#include "signer/screen/print.h"

struct verifying {
	struct document request, response, previous;
	struct schema schema; /* stretched to the request */
	struct report report;
};

static bool
load(const struct context *context, const struct args *args,
    struct verifying *verifying, struct err *err)
{
	const char *previous = args_value(args, "previous-skr");

	return document_load_kind(context, "request", args->files[0],
		   KSR_REQUEST, &verifying->request, err) &&
	    document_load_kind(context, "response", args->files[1],
		KSR_RESPONSE, &verifying->response, err) &&
	    (previous == NULL ||
	    document_load_kind(context, "previous response", previous,
		KSR_RESPONSE, &verifying->previous, err));
}

static bool
print(const struct context *context, const struct verifying *verifying,
    struct err *err)
{
	const struct document *response = &verifying->response;

	if (context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "command",
			"verify", "accepted",
			report_accepted(&verifying->report), "request",
			json_of_document(&verifying->request), "response",
			json_of_document(response), "previous",
			json_of_document(&verifying->previous), "checks",
			json_of_report(&verifying->report, 0)),
		    err);
	print_digest("Request", verifying->request.path,
	    verifying->request.sha256);
	print_digest("Response", response->path, response->sha256);
	if (!print_table("", response->ksr, err))
		return false;
	printf("\n");
	print_report(context->colour, &verifying->report, 0);
	return true;
}

static bool
verify(const struct context *context, const struct args *args,
    struct verifying *verifying, struct err *err)
{
	const char *schema = args_value(args, "schema");
	struct check_input in = { .now = context->now,
		.key_tests = context->key_tests };
	unsigned stages = STAGE_RESPONSE;
	struct context zoned;

	if (!load(context, args, verifying, err) ||
	    !context_of_zone(
		context, verifying->request.ksr->domain, &zoned, err))
		return false;
	context = &zoned;
	in.config = context->config;
	if (!records_meet(
		verifying->response.ksr, verifying->request.ksr, err))
		return false;
	in.request = verifying->request.ksr;
	in.response = verifying->response.ksr;
	in.previous = verifying->previous.ksr;
	if (in.previous != NULL)
		stages |= STAGE_CHAIN;
	if (!schema_of_document(in.config, schema, in.request, &verifying->schema,
		&in.schema, err))
		return false;
	if (!judge_checks(
		context, stages, &in, NULL, 0, &verifying->report, err) ||
	    !facts_report(
		context->record, stages, &verifying->report, 0, err) ||
	    !print(context, verifying, err))
		return false;
	if (!report_accepted(&verifying->report))
		return err_set_report(err, args->files[1], &verifying->report);
	if (!context->json)
		printf("\nverified\n");
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct verifying verifying = { 0 };
	bool ok = verify(context, args, &verifying, err);

	report_clear(&verifying.report);
	schema_clear(&verifying.schema);
	document_free(&verifying.previous);
	document_free(&verifying.response);
	document_free(&verifying.request);
	return ok;
}

static const struct option_row options[] = {
	{ "previous-skr", "SKR", "also verify the chain from this response",
	    false },
	{ "schema", "NAME", "require exactly the KSKs of this schema", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_verify = {
	.name = "verify",
	.run = run,
	.usage = "KSR SKR [--previous-skr SKR] [--schema NAME]",
	.summary = "verify a response against its request; no HSM",
	.help =
	    "The zone operator's and the auditor's side: every signature,\n"
	    "verified through a second implementation with the KSKs that the\n"
	    "configuration pins; every field against the request.  Nothing\n"
	    "here depends on the time of day.",
	.min_files = 2,
	.max_files = 2,
	.needs_config = true,
	.zone = ZONE_READ,
	.recording = RECORD_ASKED,
	.options = options,
};
