#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/response.h"
#include "signer/confirm.h"
#include "signer/facts.h"
#include "signer/input.h"
#include "signer/interrupt.h"
#include "signer/json.h"
#include "signer/print.h"
#include "signer/register.h"
#include "signer/signatures.h"
#include "signer/signing.h"
#include "signer/token.h"

/* All that one run holds; zero is empty, signing_clear releases it. */
struct signing {
	const struct context *context;
	const struct signing_request *asked;
	const struct config *config;
	const struct schema *schema;
	struct document request, previous, written;
	struct ledger *ledger;
	struct report report;
	struct output *output;
	struct token token;
	struct ksk ksks[CONFIG_KEYS_MAX];
	struct ksr *response;
};

static void
signing_clear(struct signing *signing)
{
	token_close(&signing->token);
	interrupt_guard_file(NULL);
	output_free(signing->output);
	ledger_close(signing->ledger);
	ksr_free(signing->response);
	report_clear(&signing->report);
	document_free(&signing->written);
	document_free(&signing->previous);
	document_free(&signing->request);
}

/* KSKs that the schema publishes, signs with or revokes. */
static uint32_t
keys_of_schema(const struct schema *schema)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < schema->n_slots; i++)
		keys |= schema->slots[i].publish | schema->slots[i].sign |
		    schema->slots[i].revoke;
	return keys;
}

static bool
read_inputs(struct signing *signing, struct err *err)
{
	const struct signing_request *asked = signing->asked;

	signing->schema = config_schema(signing->config, asked->schema);
	if (signing->schema == NULL)
		return err_set(err, E_USAGE,
		    "schema \"%s\" is neither in the configuration nor a "
		    "standard one whose keys are configured (they are named "
		    ROLE_CURRENT " and " ROLE_NEXT ")",
		    asked->schema);
	if (!document_load_kind(signing->context->record, "request",
		asked->ksr_path, KSR_REQUEST, &signing->request, err))
		return false;
	return asked->previous_path == NULL ||
	    document_load_kind(signing->context->record, "previous response",
		asked->previous_path, KSR_RESPONSE, &signing->previous, err);
}

/* Before the HSM is touched, and until the end no other run may sign. */
static bool
open_register(struct signing *signing, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(signing->context->config_path, path);
	return ledger_open(path, &signing->ledger, err) &&
	    record_input(signing->context->record, "register", path,
		ledger_content(signing->ledger), err);
}

/* Runs one stage and prints its rows; a refusal is an error. */
static bool
check(struct signing *signing, enum check_stage stage, const char *title,
    struct err *err)
{
	struct check_input in = {
		.config = signing->config,
		.now = signing->context->now,
		.earliest_now = ledger_floor(
		    signing->ledger, signing->context->earliest_now),
		.request = signing->request.ksr,
		.alternative = signing->asked->alternative,
		.previous = signing->previous.ksr,
		.schema = signing->schema,
		.response = signing->written.ksr,
	};
	size_t first = signing->report.n_results;

	memcpy(in.request_sha256, signing->request.sha256, SHA256_SIZE);
	in.processed = ledger_processed(signing->ledger, &in.n_processed);
	for (size_t i = 0; i < signing->config->n_keys; i++)
		if (signing->ksks[i].present)
			in.keys_in_hsm |= UINT32_C(1) << i;
	if (!checks_run(stage, &in, signing->asked->overrides,
		signing->asked->n_overrides, &signing->report, err) ||
	    !facts_report(signing->context->record, stage, &signing->report,
		first, err))
		return false;
	if (!signing->context->json) {
		printf("\n%s\n", title);
		print_report(signing->context, &signing->report, first);
	}
	if (!report_accepted(&signing->report))
		return err_set_report(
		    err, signing->asked->ksr_path, &signing->report);
	return true;
}

/* Only rules of the request may be overridden, and those have all run. */
static bool
check_request(struct signing *signing, struct err *err)
{
	const struct signing_request *asked = signing->asked;

	if (!check(signing, STAGE_REQUEST, "Checks of the request", err))
		return false;
	if (!signing->context->json)
		print_unused_overrides(
		    asked->overrides, asked->n_overrides, &signing->report);
	return facts_unused_overrides(signing->context->record,
	    asked->overrides, asked->n_overrides, &signing->report, err);
}

static bool
show_inputs(const struct signing *signing, struct err *err)
{
	const struct document *request = &signing->request;
	const struct document *previous = &signing->previous;

	if (signing->context->json)
		return true;
	if (previous->ksr != NULL) {
		print_digest("Previous response", previous->path,
		    previous->sha256);
		if (!print_table("", previous->ksr, err))
			return false;
		printf("\n");
	} else {
		printf("Previous response: none, this is the first\n\n");
	}
	print_digest("Request", request->path, request->sha256);
	return print_table("", request->ksr, err);
}

static bool
open_token(struct signing *signing, struct err *err)
{
	const struct config *config = signing->config;
	uint32_t wanted = keys_of_schema(signing->schema);
	const struct hsm_token *token;
	struct err absent;

	if (!token_open(signing->context, signing->asked->hsm, wanted,
		&signing->token, err) ||
	    !token_find_ksks(
		&signing->token, config, wanted, signing->ksks, err))
		return false;
	/* Others that the token has: what is missing KSR-CHAIN-KEYS says. */
	for (size_t i = 0; i < config->n_keys; i++)
		if (!signing->ksks[i].present)
			signing->ksks[i].present =
			    token_find_ksks(&signing->token, config,
				UINT32_C(1) << i, signing->ksks, &absent);
	token = hsm_selected(signing->token.hsm);
	if (!signing->context->json) {
		char label[4 * sizeof(token->label)];
		char serial[4 * sizeof(token->serial)];

		text_printable(label, sizeof(label), token->label);
		text_printable(serial, sizeof(serial), token->serial);
		printf("\nToken %s, serial %s\n", label, serial);
	}
	return facts_ksks(
	    signing->context->record, config, signing->ksks, err);
}

static bool
build_response(struct signing *signing, struct err *err)
{
	static const char title[] = "\nResponse to be signed";
	struct dnskey *ksks = calloc(CONFIG_KEYS_MAX, sizeof(*ksks));
	bool ok;

	if (ksks == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++)
		ksks[i] = signing->ksks[i].dnskey;
	ok = response_build(signing->config, signing->schema,
	    signing->request.ksr, ksks, &signing->response, err);
	free(ksks);
	if (!ok || signing->context->json)
		return ok;
	printf("%s, schema %s", title, signing->schema->name);
	return print_table("", signing->response, err);
}

static bool
confirm_signing(const struct signing *signing, struct err *err)
{
	const struct confirmation confirmation = {
		.prompt = "Sign this response? Type Yes to sign, anything else "
			  "to stop: ",
		.wanted = SIGNING_CONFIRMED,
		.not_done = SIGNING_NOT_DONE,
		.batch = signing->asked->batch,
	};

	return confirm(signing->context, &confirmation, err);
}

static void
show_progress(size_t done, size_t total)
{
	fprintf(stderr, "\rsigned %zu of %zu", done, total);
	if (done == total)
		fprintf(stderr, "\r%*s\r", 60, "");
}

static bool
sign_all(struct signing *signing, struct err *err)
{
	static const struct signatures_progress progress = { show_progress };
	struct record *record = signing->context->record;
	struct ksr *response = signing->response;
	bool watched = isatty(STDERR_FILENO) && !signing->context->json;

	if (!facts_signatures(record, "signing", response, err) ||
	    !signatures_make(&signing->token, signing->config, signing->ksks,
		response, signing->asked->jobs, watched ? &progress : NULL,
		err))
		return false;
	for (size_t i = 0; i < response->n_bundles; i++)
		bundle_sort(&response->bundles[i]);
	if (!signing->context->json)
		printf("\n%zu signatures made, each verified in software with "
		       "the pinned key\n",
		    signatures_count(response));
	return facts_signatures(record, "signed", response, err);
}

static bool
write_and_read_back(struct signing *signing, struct err *err)
{
	struct buf xml = buf_new(KSR_FILE_MAX);
	bool ok;

	ksr_write(signing->response, &xml);
	if (xml.failed)
		ok = err_set(err, E_MEMORY, "the response does not fit");
	else
		ok = output_write(signing->output, buf_bytes(&xml), err);
	buf_free(&xml);
	return ok &&
	    document_load_kind(NULL, "", output_temporary(signing->output),
		KSR_RESPONSE, &signing->written, err);
}

/* Each step is on disk before the next: the response never lacks its trace. */
static bool
publish(struct signing *signing, struct err *err)
{
	const struct signing_request *asked = signing->asked;
	const struct document *written = &signing->written;
	struct record *record = signing->context->record;
	struct bytes xml = buf_bytes(&written->xml);
	const struct ledger_signing line = { &signing->request, written,
		asked->schema, asked->alternative };
	int64_t now = signing->context->now;

	return print_flush(err) &&
	    record_output(record, "response", asked->skr_path, xml, err) &&
	    ledger_append_signing(signing->ledger, now, &line, err) &&
	    output_publish(signing->output, err) &&
	    ledger_append_published(
		signing->ledger, now, written->sha256, err) &&
	    facts_published(record, asked->skr_path, xml, err);
}

static bool
show_published(struct signing *signing, struct err *err)
{
	const struct signing_request *asked = signing->asked;
	struct document *written = &signing->written;

	interrupt_guard_file(NULL);
	written->path = asked->skr_path;
	if (signing->context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:o, s:s, s:s?, s:o, s:o, s:o, s:o, "
			      "s:o}",
			"command", "sign", "accepted", 1, "time",
			json_of_time(signing->context->now), "schema",
			signing->schema->name, "alternative",
			asked->alternative, "request",
			json_of_document(&signing->request), "previous",
			json_of_document(&signing->previous), "response",
			json_of_document(written), "checks",
			json_of_report(&signing->report, 0),
			"unused_overrides",
			json_unused_overrides(asked->overrides,
			    asked->n_overrides, &signing->report)),
		    err);
	printf("\n");
	print_digest("Response", written->path, written->sha256);
	return print_table("", written->ksr, err);
}

static bool
run_steps(struct signing *signing, struct err *err)
{
	if (!confirm_possible(
		signing->context, signing->asked->batch, err) ||
	    !read_inputs(signing, err) ||
	    !open_register(signing, err) ||
	    !output_open(signing->asked->skr_path, &signing->output, err))
		return false;
	interrupt_guard_file(output_temporary(signing->output));
	return facts_asked(signing->context->record, signing->asked, err) &&
	    show_inputs(signing, err) &&
	    check_request(signing, err) &&
	    open_token(signing, err) &&
	    check(signing, STAGE_TOKEN, "Checks of the token", err) &&
	    build_response(signing, err) && confirm_signing(signing, err) &&
	    sign_all(signing, err) && write_and_read_back(signing, err) &&
	    check(signing, STAGE_RESPONSE,
		"Checks of the response, read back from disk", err) &&
	    publish(signing, err) && show_published(signing, err);
}

bool
signing_run(const struct context *context,
    const struct signing_request *request, struct err *err)
{
	struct signing signing = { .context = context,
		.asked = request,
		.config = context->config };
	bool ok = run_steps(&signing, err);

	if (!ok && context->json && err->code == E_REFUSED &&
	    signing.report.n_results > 0) {
		struct err ignored;
		json_t *root = json_pack("{s:s, s:b, s:s, s:o, s:o}",
		    "command", "sign", "accepted", 0, "error", err->msg,
		    "request", json_of_document(&signing.request), "checks",
		    json_of_report(&signing.report, 0));

		if (!json_print(root, &ignored))
			err_prefix(err, "%s", ignored.msg);
	}
	signing_clear(&signing);
	return ok;
}
