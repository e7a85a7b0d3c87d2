#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/judging.h"
#include "signer/record/publishing.h"
#include "signer/record/register_open.h"
#include "signer/record/zones.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"
#include "signer/sign/followers_show.h"
#include "signer/sign/signatures.h"
#include "signer/sign/signing_facts.h"
#include "signer/sign/signing_parts.h"
#include "signer/token/token_facts.h"

size_t
signing_count_due(const struct signing *signing)
{
	size_t n = 0;

	for (size_t i = 0; i < signing->asked.n; i++)
		if (!signing->asked.responses[i].in_place)
			n++;
	return n;
}

bool
signing_has_pages(const struct signing *signing)
{
	return signing->row == NULL && !signing->context->json;
}

/* KSKs that the schemas publish, sign with or revoke. */
struct ksks_wanted
signing_wanted(const struct signing *signing)
{
	struct ksks_wanted wanted = { .config = signing->config };

	for (size_t i = 0; i < signing->asked.n; i++) {
		const struct schema *schema =
		    signing->asked.responses[i].schema;

		wanted.all |= schema_keys(schema);
		wanted.signing |= schema_signers(schema);
	}
	return wanted;
}

static bool
read_inputs(struct signing *signing, struct err *err)
{
	const struct signing_request *request = signing->request;
	struct context meant = *signing->context;

	meant.wanted_sha256 = request->sha256;
	return document_load_kind(&meant, "request", request->ksr_path,
		   KSR_REQUEST, &signing->ksr, err) &&
	    (request->previous_path == NULL ||
		document_load_kind(signing->context,
		    "previous response", request->previous_path, KSR_RESPONSE,
		    &signing->previous, err));
}

/* Before the HSM is touched, and until the end no other run may sign. */
static bool
open_register(struct signing *signing, struct err *err)
{
	const struct context *context = signing->context;

	return (signing->sitting->ledger != NULL ||
		   register_open(context, signing->request->register_head,
		       &signing->sitting->ledger, err)) &&
	    ledger_history(signing->sitting->ledger, signing->ksr.ksr->domain,
		&signing->history, err);
}

/* What the request needs to be, if the configuration says it by itself. */
static void
complete_declared(struct signing *signing)
{
	struct check_input in = {
		.config = signing->config,
		.history = signing->history,
		.request = signing->ksr.ksr,
	};

	memcpy(in.request_sha256, signing->ksr.sha256, SHA256_SIZE);
	signing->declared = signing->request->declared;
	declared_complete(&signing->declared, &in);
}

/*
 * A request with a record for each change has as many as there are changes: its
 * schemas are stretched to that.
 */
static bool
fit_schemas(struct signing *signing, struct err *err)
{
	const struct ksr *request = signing->ksr.ksr;

	if ((ksr_lacks(request) & LACKS_SLOTS) == 0)
		return true;
	for (size_t i = 0; i < signing->asked.n; i++) {
		struct asked_response *asked = &signing->asked.responses[i];
		struct schema *fitted = &signing->responses[i].schema;

		if (!schema_fit(
			asked->schema, request->n_bundles, fitted, err))
			return false;
		asked->schema = fitted;
	}
	return true;
}

/* Those that an earlier run was cut short after count as this run's. */
static bool
find_in_place(struct signing *signing, struct err *err)
{
	struct asked *asked = &signing->asked;

	for (size_t i = 0; i < asked->n; i++)
		if (!response_find(signing, &asked->responses[i],
			&signing->responses[i], err))
			return false;
	if (!asked_processed(asked, signing->sitting->ledger,
		signing->ksr.sha256, &signing->own_processed,
		&signing->n_processed, err))
		return false;
	signing->processed = signing->own_processed != NULL
	    ? signing->own_processed
	    : ledger_processed(signing->sitting->ledger, &signing->n_processed);
	return true;
}

static bool
is_published(const struct asked *asked)
{
	for (size_t i = 0; i < asked->n; i++)
		if (!asked->responses[i].published)
			return false;
	return true;
}

/* A run that would do nothing is not one that succeeds. */
static bool
has_work(const struct signing *signing, struct err *err)
{
	const struct asked *asked = &signing->asked;

	return !is_published(asked) ||
	    err_set(err, E_IO,
		"%s: already exists and is never overwritten: it is the "
		"response that the register has as published%s",
		asked->responses[0].path,
		asked->n == 1 ? "" : "; so are the others");
}

static bool
open_outputs(struct signing *signing, struct err *err)
{
	const char *temporary[ASKED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < signing->asked.n; i++) {
		struct signing_response *response = &signing->responses[i];

		if (response->output == NULL &&
		    !response_open(signing, response, err))
			return false;
		if (response->output != NULL &&
		    output_temporary(response->output) != NULL)
			temporary[n++] = output_temporary(response->output);
		interrupt_guard_files(temporary, n);
	}
	return true;
}

/*
 * Of many, none keeps its file open till its turn comes: that its path is free
 * and writable is known then.
 */
static void
close_outputs(struct signing *signing)
{
	for (size_t i = 0; i < signing->asked.n; i++) {
		output_free(signing->responses[i].output);
		signing->responses[i].output = NULL;
	}
	interrupt_guard_files(NULL, 0);
}

/* By which the rules judge: a plan's quarter may have its own. */
static const struct config *
policy_of(const struct signing *signing)
{
	return signing->basis == NULL || signing->basis->policy == NULL
	    ? signing->config
	    : signing->basis->policy;
}

/* Runs one stage for the response and prints its rows. */
static bool
run_checks(struct signing *signing, enum check_stage stage,
    struct signing_response *response, struct err *err)
{
	const struct context *context = signing->context;
	bool foresees = stage == STAGE_REQUEST || stage == STAGE_SCHEDULE;
	const char *name = stage == STAGE_TOKEN ? NULL : response->asked->name;
	struct check_input in = {
		.config = policy_of(signing),
		.now = context->now,
		.earliest_now =
		    ledger_floor(signing->sitting->ledger, context->earliest_now),
		.request = signing->ksr.ksr,
		.alternative = response->asked->alternative,
		.processed = signing->processed,
		.n_processed = signing->n_processed,
		.history = signing->history,
		.previous = signing->previous.ksr,
		.schema = response->asked->schema,
		.response = stage == STAGE_BUILT ? response->built
						 : response->written.ksr,
		.key_tests = context->key_tests,
	};
	size_t first = signing->report.n_results;

	memcpy(in.request_sha256, signing->ksr.sha256, SHA256_SIZE);
	memcpy(in.previous_sha256, signing->previous.sha256, SHA256_SIZE);
	declared_put(&signing->declared, &in);
	for (size_t i = 0; i < signing->config->n_keys; i++)
		if (signing->ksks[i].present &&
		    signing->ksks[i].key.has_private)
			in.keys_in_hsm |= UINT32_C(1) << i;
	if (!judge_checks(context, stage, &in, signing->request->overrides,
		signing->request->n_overrides, &signing->report, err))
		return false;
	asked_name_rows(&signing->report, first, name);
	if (!facts_report_of(
		context->record, stage, name, &signing->report, first, err))
		return false;
	if (!signing_has_pages(signing)) {
		if (signing->row == NULL && foresees &&
		    response->followers == NULL)
			response->followers = json_of_followers(&in);
		return true;
	}
	show_checks_title(signing, stage, response);
	print_report(context->colour, &signing->report, first);
	return !foresees || followers_print(context, &in, err);
}

static bool
refuse_if_refused(const struct signing *signing, struct err *err)
{
	return report_accepted(&signing->report) ||
	    err_set_report(err, signing->request->ksr_path, &signing->report);
}

static bool
judge_basis(struct signing *signing, struct err *err)
{
	const struct signing_basis *basis = signing->basis;

	return basis == NULL ||
	    basis->judge(basis->of, signing->context, &signing->report, err);
}

/*
 * What depends on schema and alternative is judged for each response.  Only
 * these rules may be overridden, and here they have all run.
 */
static bool
check_request(struct signing *signing, struct err *err)
{
	const struct signing_request *request = signing->request;

	for (size_t i = 0; i < signing->asked.n; i++)
		if (!run_checks(signing,
			i == 0 ? STAGE_REQUEST : STAGE_SCHEDULE,
			&signing->responses[i], err))
			return false;
	if (!refuse_if_refused(signing, err))
		return false;
	if (signing_has_pages(signing))
		print_unused_overrides(
		    request->overrides, request->n_overrides, &signing->report);
	return facts_unused_overrides(signing->context->record,
	    request->overrides, request->n_overrides, &signing->report, err);
}

static bool
check_token(struct signing *signing, struct err *err)
{
	return run_checks(signing, STAGE_TOKEN, &signing->responses[0], err) &&
	    refuse_if_refused(signing, err);
}

/*
 * All that can be said of the responses but that their signatures verify:
 * nobody is asked, and nothing is signed, for a response that would be refused.
 */
static bool
check_built(struct signing *signing, struct err *err)
{
	for (size_t i = 0; i < signing->asked.n; i++)
		if (signing->responses[i].built != NULL &&
		    !run_checks(
			signing, STAGE_BUILT, &signing->responses[i], err))
			return false;
	return refuse_if_refused(signing, err);
}

static bool
check_responses(struct signing *signing, struct err *err)
{
	for (size_t i = 0; i < signing->asked.n; i++)
		if (!run_checks(
			signing, STAGE_RESPONSE, &signing->responses[i], err) ||
		    !refuse_if_refused(signing, err))
			return false;
	return true;
}

/* What is wanted is there, and is what is pinned, before anybody is asked. */
static bool
find_keys(struct signing *signing, struct err *err)
{
	const struct config *config = signing->config;
	const struct ksks_wanted wanted = signing_wanted(signing);
	struct tokens *tokens = &signing->sitting->tokens;

	if (!tokens_find_ksks(tokens, &wanted, signing->ksks, err))
		return false;
	show_tokens(signing);
	return facts_ksks(
	    signing->context->record, config, tokens, signing->ksks, err);
}

static bool
build_responses(struct signing *signing, struct err *err)
{
	struct dnskey *ksks = calloc(CONFIG_KEYS_MAX, sizeof(*ksks));
	bool ok = true;

	if (ksks == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < CONFIG_KEYS_MAX; i++)
		ksks[i] = signing->ksks[i].dnskey;
	for (size_t i = 0; ok && i < signing->asked.n; i++)
		ok = response_prepare(
		    signing, &signing->responses[i], ksks, err);
	free(ksks);
	return ok;
}

/* All are signed before one is written, all are written before one leaves. */
static bool
sign_and_write(struct signing *signing, struct err *err)
{
	for (size_t i = 0; i < signing->asked.n; i++)
		if (!response_sign(signing, &signing->responses[i], err))
			return false;
	for (size_t i = 0; i < signing->asked.n; i++)
		if (!response_write(
			signing, &signing->responses[i], err))
			return false;
	return true;
}

static bool
publish(struct signing *signing, struct err *err)
{
	/* White space before the result: is there anybody who takes it? */
	if (signing->row == NULL && signing->context->json)
		printf("\n");
	if (!screen_flush(err))
		return false;
	for (size_t i = 0; i < signing->asked.n; i++)
		if (!response_publish(signing, &signing->responses[i], err))
			return publishing_say(signing->context, err);
	interrupt_guard_files(NULL, 0);
	return true;
}

bool
signing_judge(struct signing *signing, struct err *err)
{
	struct record *record = signing->context->record;
	bool done;

	if (!fit_schemas(signing, err) || !find_in_place(signing, err))
		return false;
	done = signing->row != NULL && is_published(&signing->asked);
	if (!done && (!has_work(signing, err) || !open_outputs(signing, err)))
		return false;
	if (!facts_asked(record, signing->request, &signing->asked,
		&signing->declared, err))
		return false;
	if (done) {
		signing->state = SIGNING_WAS_DONE;
		return true;
	}
	if (signing->row != NULL)
		close_outputs(signing);
	return show_inputs(signing, err) && judge_basis(signing, err) &&
	    check_request(signing, err);
}

bool
signing_build(struct signing *signing, struct err *err)
{
	return find_keys(signing, err) && check_token(signing, err) &&
	    build_responses(signing, err) && check_built(signing, err);
}

bool
signing_finish(struct signing *signing, struct err *err)
{
	if (!open_outputs(signing, err) || !sign_and_write(signing, err) ||
	    !check_responses(signing, err) || !publish(signing, err))
		return false;
	signing->state = SIGNING_DONE;
	return signing->row != NULL || show_published(signing, err);
}

bool
signing_discard(struct signing *signing, struct err *err)
{
	const struct signing_response *unfinished = NULL;
	size_t made = 0, due = 0;
	bool published = false;
	struct err ignored;

	for (size_t i = 0; i < signing->asked.n; i++) {
		const struct signing_response *response =
		    &signing->responses[i];

		published = published || response->published;
		if (response->built == NULL)
			continue;
		due += signatures_count(response->built);
		if (response->stored)
			continue;
		made += signatures_made(response->built);
		if (!response->signed_whole && unfinished == NULL)
			unfinished = response;
	}
	if (made == 0)
		return true;
	err_prefix_discarded(err, made, due, published);
	if (signing->context->record == NULL ||
	    facts_discarded_signatures(signing->context->record,
		unfinished == NULL ? NULL : unfinished->asked->name,
		unfinished == NULL ? NULL : unfinished->built, made, due,
		&ignored))
		return true;
	return err_prefix(err, "%s", ignored.msg);
}

/* What is judged from here on is the zone's. */
static bool
enter_zone(struct signing *signing, struct err *err)
{
	const struct request_row *row = signing->row;
	const char *domain = signing->ksr.ksr->domain;

	if (row != NULL && !same_domain(row->zone, domain))
		return err_set(err, E_REFUSED,
		    "%s: is of zone %.255s, the manifest has it for %.255s",
		    signing->request->ksr_path, domain, row->zone);
	if (!context_of_zone(signing->context, domain, &signing->zoned, err))
		return err_prefix(err, "%s", signing->request->ksr_path);
	signing->context = &signing->zoned;
	signing->config = signing->zoned.config;
	return true;
}

static bool
read_all(struct signing *signing, struct err *err)
{
	if (!read_inputs(signing, err) || !enter_zone(signing, err) ||
	    !open_register(signing, err))
		return false;
	complete_declared(signing);
	return true;
}

/* KSR-ID: what is not in the register yet has an id of its own, too. */
static bool
has_own_id(const struct signing *signing, struct err *err)
{
	const char *id = signing->ksr.ksr->id;

	for (struct signing **other = signing->sitting->signings;
	     *other != signing; other++)
		if ((*other)->ksr.ksr != NULL &&
		    strcmp((*other)->ksr.ksr->id, id) == 0)
			return err_set(err, E_REFUSED,
			    "%s: KSR-ID: its id %s is that of the request of "
			    "zone %.255s, too",
			    signing->request->ksr_path, id,
			    (*other)->row->zone);
	return true;
}

bool
signing_begin(struct signing *signing, struct err *err)
{
	const struct request_row *row = signing->row;

	return (read_all(signing, err) && has_own_id(signing, err) &&
		   asked_one(signing->config, row->schema, row->alternative,
		       row->response, &signing->asked, err)) ||
	    err_prefix(err, "%s:%zu:%zu", signing->sitting->list->path,
		row->line, row->column);
}

bool
signing_read(const struct context *context,
    const struct signing_request *request, struct signing **ret,
    struct err *err)
{
	struct signing *signing = calloc(1, sizeof(*signing));

	if (signing == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*signing = (struct signing){ .self = signing,
		.context = context,
		.request = request,
		.config = context->config };
	signing->sitting = &signing->alone;
	signing->alone = (struct sitting){ .context = context,
		.request = request,
		.n = 1,
		.signings = &signing->self };
	if (!read_all(signing, err)) {
		signing_close(signing);
		return false;
	}
	*ret = signing;
	return true;
}

const struct config *
signing_config(const struct signing *signing)
{
	return signing->config;
}

struct signing_inputs
signing_inputs(const struct signing *signing)
{
	return (struct signing_inputs){ .request = &signing->ksr,
		.previous = &signing->previous,
		.ledger = signing->sitting->ledger,
		.fallback = signing->declared.fallback };
}

bool
signing_carry_out(struct signing *signing, struct asked *asked,
    const struct signing_basis *basis, struct err *err)
{
	struct err ignored;

	signing->asked = *asked;
	signing->basis = basis;
	*asked = (struct asked){ 0 };
	if (sitting_run(&signing->alone, err))
		return true;
	(void)signing_discard(signing, err);
	if (signing->context->json && err->code == E_REFUSED &&
	    signing->report.n_results > 0 &&
	    !show_refusal(signing, err->msg, &ignored))
		err_prefix(err, "%s", ignored.msg);
	return false;
}

void
signing_release(struct signing *signing)
{
	interrupt_guard_files(NULL, 0);
	for (size_t i = 0; i < signing->asked.n; i++) {
		response_clear(&signing->responses[i]);
		signing->responses[i] = (struct signing_response){ 0 };
	}
	free(signing->own_processed);
	signing->own_processed = NULL;
	history_free(signing->history);
	signing->history = NULL;
	report_clear(&signing->report);
	document_free(&signing->previous);
	document_free(&signing->ksr);
	asked_clear(&signing->asked);
}

void
signing_close(struct signing *signing)
{
	if (signing == NULL)
		return;
	tokens_close(&signing->alone.tokens);
	signing_release(signing);
	ledger_close(signing->alone.ledger);
	free(signing);
}
