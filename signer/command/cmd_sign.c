#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/foresight/plan_signing.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/live/confirm.h"
#include "signer/record/context.h"
#include "signer/record/record.h"
#include "signer/record/register_open.h"
#include "signer/record/zones.h"
#include "signer/sign/signatures.h"
#include "signer/sign/sitting.h"

/*
 * Each --override is followed by its --reason, so that a reason cannot end up
 * with another finding than the one it was given for.
 */
static bool
collect_overrides(const struct args *args, enum rules rules,
    struct override *ret, size_t *ret_n, struct err *err)
{
	size_t n = 0;
	bool waiting = false;
	bool declares = false; /* the reason is that of --replaces */

	for (size_t i = 0; i < args->n_values; i++) {
		const struct option_value *v = &args->values[i];

		if (strcmp(v->row->name, "override") == 0) {
			if (waiting)
				break;
			ret[n] = (struct override){ v->value, "" };
			waiting = true;
			declares = false;
		} else if (strcmp(v->row->name, "replaces") == 0) {
			if (waiting)
				break;
			declares = true;
		} else if (strcmp(v->row->name, "reason") == 0 && declares) {
			declares = false;
		} else if (strcmp(v->row->name, "reason") == 0) {
			if (!waiting)
				return err_set(err, E_USAGE,
				    "--reason without an --override or a "
				    "--replaces before it");
			ret[n].reason = v->value;
			if (!override_allowed(&ret[n], rules, err))
				return false;
			n++;
			waiting = false;
		}
	}
	if (waiting)
		return err_set(err, E_USAGE,
		    "--override %s: has no --reason behind it", ret[n].id);
	*ret_n = n;
	return true;
}

/* The argument, or the configuration's file name, or an error. */
static bool
choose_path(const struct args *args, size_t i, const char *configured,
    const char *what, const char **ret, struct err *err)
{
	if (i < args->n_files)
		*ret = args->files[i];
	else if (configured[0] != '\0')
		*ret = configured;
	else
		return err_set(err, E_USAGE,
		    "no %s: give it as an argument or under `filenames:` in "
		    "the configuration",
		    what);
	return true;
}

static bool
choose_previous(const struct args *args, const struct config *config,
    const char **ret, struct err *err)
{
	const char *previous = args_value(args, "previous-skr");
	bool first = args_flag(args, "first");

	if (first && previous != NULL)
		return err_set(err, E_USAGE,
		    "--first and --previous-skr contradict each other");
	if (first && config->filenames.previous_skr[0] != '\0')
		return err_set(err, E_USAGE,
		    "--first contradicts filenames.previous_skr of the "
		    "configuration, %s",
		    config->filenames.previous_skr);
	if (previous == NULL && config->filenames.previous_skr[0] != '\0')
		previous = config->filenames.previous_skr;
	if (first)
		previous = NULL;
	else if (previous == NULL)
		return err_set(err, E_USAGE,
		    "no previous response: give --previous-skr SKR, or --first "
		    "if there has never been one");
	*ret = previous;
	return true;
}

/* One response of a schema, or a plan's into a folder. */
struct responses {
	const char *plan_path; /* NULL: one response */
	const char *folder;    /* of a plan's responses */
	const char *skr_path;  /* of the one response */
	const char *schema;
	const char *alternative; /* NULL: the request was never signed */
};

static bool
choose_responses(const struct args *args, const struct config *config,
    struct responses *ret, struct err *err)
{
	const char *schema = args_value(args, "schema");

	ret->plan_path = args_value(args, "plan");
	ret->alternative = args_value(args, "alternative");
	if (ret->plan_path == NULL) {
		ret->schema = schema == NULL ? "normal" : schema;
		if (ret->alternative != NULL &&
		    !alternative_is_name(ret->alternative))
			return err_set_alternative(err);
		return choose_path(args, 1, config->filenames.output_skr,
		    "response path", &ret->skr_path, err);
	}
	if (schema != NULL || ret->alternative != NULL)
		return err_set(err, E_USAGE,
		    "--%s and --plan contradict each other: a plan has schemas "
		    "and names of its own",
		    schema != NULL ? "schema" : "alternative");
	if (args->n_files < 2)
		return err_set(err, E_USAGE,
		    "--plan makes one file or several: give the request and "
		    "the folder that they go into");
	ret->folder = args->files[1];
	return true;
}

static bool
read_jobs(const struct args *args, size_t *ret, struct err *err)
{
	const char *given = args_value(args, "jobs");
	uint64_t jobs = 1;

	if (given != NULL &&
	    (!number_parse(given, JOBS_MAX, &jobs) || jobs < 1))
		return err_set(err, E_USAGE,
		    "--jobs %s: expected a number from 1 to %d", given,
		    JOBS_MAX);
	*ret = (size_t)jobs;
	return true;
}

static bool
ask_one(const struct config *config, const struct responses *responses,
    struct asked *ret, struct err *err)
{
	return asked_one(config, responses->schema, responses->alternative,
	    responses->skr_path, ret, err);
}

/* A schema that there is not is said before anything is read, where it can. */
static bool
sign_one(const struct context *context, const struct signing_request *request,
    const struct responses *responses, struct err *err)
{
	bool known = zone_is_known(context);
	struct signing *signing = NULL;
	struct asked asked = { 0 };
	bool ok =
	    (!known || ask_one(context->config, responses, &asked, err)) &&
	    signing_read(context, request, &signing, err) &&
	    (known ||
		ask_one(signing_config(signing), responses, &asked, err)) &&
	    signing_carry_out(signing, &asked, NULL, err);

	asked_clear(&asked);
	signing_close(signing);
	return ok;
}

static bool
sign_responses(const struct context *context,
    const struct signing_request *request, const struct responses *responses,
    struct err *err)
{
	/* Before anything else: nobody could be asked later. */
	if (!confirm_possible(context, request->batch, err))
		return false;
	if (responses->plan_path == NULL)
		return sign_one(context, request, responses, err);
	return zone_require(context, err) &&
	    plan_signing_run(context, request, responses->plan_path,
		responses->folder, err);
}

/* What says of one request what a manifest says of each. */
static bool
is_all_in_manifest(const struct args *args, struct err *err)
{
	static const char *const others[] = { "previous-skr", "first", "schema",
		"alternative", "fallback", "replaces", "plan", "override",
		"reason", "zone" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (args_value(args, others[i]) != NULL ||
		    args_flag(args, others[i]))
			return err_set(err, E_USAGE,
			    "--%s and --manifest contradict each other: "
			    "the manifest says it of each request, or the "
			    "request is signed by itself",
			    others[i]);
	return args->n_files < 2 ||
	    err_set(err, E_USAGE,
		"--manifest names the requests: give no more than the folder "
		"that the responses go into");
}

static bool
sign_list(const struct context *context, const struct args *args,
    const struct signing_request *request, struct err *err)
{
	struct context plain = *context;
	const char *path = args_value(args, "manifest");
	const char *into = args->n_files > 0 ? args->files[0] : NULL;
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	struct request_list list = { 0 };
	bool ok = confirm_possible(context, request->batch, err) &&
	    record_read(context->record, "signing manifest", path,
		CONFIG_FILE_MAX, &yaml, err) &&
	    request_list_read(buf_bytes(&yaml), path, into, &list, err);

	plain.no_links = true;
	ok = ok &&
	    sitting_of_list(&plain, request, &list,
		args_flag(args, "stop-at-failure"), err);
	request_list_clear(&list);
	buf_free(&yaml);
	return ok;
}

static bool
sign(const struct context *context, const struct args *args,
    struct override *overrides, struct err *err)
{
	const struct config *config = context->config;
	struct signing_request request = {
		.hsm = args_value(args, "hsm"),
		.batch = args_flag(args, "batch"),
		.jobs = 1,
		.overrides = overrides,
	};
	struct responses responses = { 0 };
	char head[REGISTER_HEAD_SIZE];

	if (args_value(args, "manifest") != NULL)
		return is_all_in_manifest(args, err) &&
		    read_jobs(args, &request.jobs, err) &&
		    register_head_of_args(
			args, head, &request.register_head, err) &&
		    sign_list(context, args, &request, err);
	if (args_flag(args, "stop-at-failure"))
		return err_set(err, E_USAGE,
		    "--stop-at-failure has a meaning only with --manifest");
	return read_jobs(args, &request.jobs, err) &&
	    collect_overrides(args, context->rules, overrides,
		&request.n_overrides, err) &&
	    declared_of_args(args, &request.declared, err) &&
	    register_head_of_args(args, head, &request.register_head, err) &&
	    choose_path(args, 0, config->filenames.input_ksr, "request",
		&request.ksr_path, err) &&
	    choose_responses(args, config, &responses, err) &&
	    choose_previous(args, config, &request.previous_path, err) &&
	    sign_responses(context, &request, &responses, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct override *overrides =
	    calloc(args->n_values + 1, sizeof(*overrides));
	bool ok;

	if (overrides == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = sign(context, args, overrides, err);
	free(overrides);
	return ok;
}

static const struct option_row options[] = {
	{ "previous-skr", "SKR", "the response before this one", false },
	{ "first", NULL, "there has never been a response", false },
	{ "schema", "NAME", "which KSKs sign in which slot (default: normal)",
	    false },
	{ "alternative", "NAME",
	    "the request is signed once more, under this name", false },
	{ "fallback", "NAME",
	    "another request for slots that are signed, with other ZSKs",
	    false },
	{ "replaces", "SHA256",
	    "the request takes this response's place; needs a reason", false },
	{ "register-head", "HASH",
	    "the register's head as it was written down, hex or words", false },
	{ "plan", "FILE",
	    "sign what this plan has for the quarter, fallbacks included",
	    false },
	{ "manifest", "FILE",
	    "sign all requests that it names, with one confirmation", false },
	{ "stop-at-failure", NULL,
	    "of a manifest: begin no zone behind one that fails", false },
	{ "hsm", "NAME", "this HSM alone, of several", false },
	{ "override", "ID", "let this check's findings pass; needs a reason",
	    true },
	{ "reason", "TEXT", "why the --override or --replaces before it",
	    true },
	{ "jobs", "N", "sign with N sessions at once (default: 1)", false },
	{ "batch", NULL, "confirm without a terminal", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_sign = {
	.name = "sign",
	.run = run,
	.usage = "[KSR [SKR]] --previous-skr SKR|--first [--schema NAME] "
		 "[--alternative NAME] [--fallback NAME | --replaces SHA256 "
		 "--reason TEXT] [--batch] ... | "
		 "KSR DIR --plan FILE --previous-skr SKR|--first | "
		 "--manifest FILE [--stop-at-failure] ... [DIR]",
	.summary = "sign a request with the KSK in the HSM",
	.help =
	    "Reads the request and the previous response, shows their hashes in\n"
	    "hex and PGP words and both tables, runs every check, opens the\n"
	    "token, compares its KSKs with the configuration, shows what will\n"
	    "be signed and asks for `Yes`.  Each signature is verified before\n"
	    "the next is made; the response is read back from disk and verified\n"
	    "by a second implementation before it gets its name.  An existing\n"
	    "file is never overwritten, and after any error there is none.\n\n"
	    "A request is signed once; what was signed is in " REGISTER_FILE "\n"
	    "beside the configuration.  Fallback responses to the very same\n"
	    "file each have a name of their own: --alternative NAME.  Another\n"
	    "request for slots that are signed is declared: --fallback NAME\n"
	    "beside them, with other ZSKs, or --replaces SHA256 --reason TEXT in\n"
	    "a response's place.  The previous response is the one that the\n"
	    "zone uses, as the register has it; a register that was lost or cut\n"
	    "short is taken up by `register adopt`.\n\n"
	    "--plan FILE signs the planned response and all fallbacks that the\n"
	    "plan has for the request's quarter, in one run with one\n"
	    "confirmation, into DIR, as skr-ZONE-QUARTER-NUMBER-NAME.xml, or .txt\n"
	    "where the request is text.  None is published before all are signed\n"
	    "and verified.  The same command again finishes what was interrupted.\n\n"
	    "--manifest FILE signs many requests, of any format and zone, with\n"
	    "one login and one confirmation, which is of the manifest's own\n"
	    "SHA-256: it names each request with its hash.  Responses go where\n"
	    "it says, below its folder or DIR.  Each zone is by itself: one that\n"
	    "is refused or fails is told, in one line and on record, and the\n"
	    "others are signed.  The same command again signs what is missing.\n\n"
	    "Files that are not given come from `filenames:` in the\n"
	    "configuration.",
	.max_files = 2,
	.needs_config = true,
	.zone = ZONE_READ,
	.recording = RECORD_ACT,
	.options = options,
};
