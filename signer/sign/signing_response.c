#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/policy/records.h"
#include "ksr/response/response.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/screen/screen.h"
#include "signer/sign/signatures.h"
#include "signer/sign/signing_facts.h"
#include "signer/sign/signing_parts.h"

#define IN_PLACE_ROLE "response in place"

void
response_clear(struct signing_response *response)
{
	schema_clear(&response->schema);
	output_free(response->output);
	ksr_free(response->built);
	document_free(&response->written);
	json_decref(response->followers);
}

bool
response_find(struct signing *signing, struct asked_response *asked,
    struct signing_response *response, struct err *err)
{
	const uint8_t *request = signing->ksr.sha256;
	struct document *found = &response->written;
	struct buf content = buf_new(KSR_FILE_MAX);
	uint8_t sha256_of_it[SHA256_SIZE];
	struct err absent;

	response->asked = asked;
	/* What is another file, or none, is for response_open to say. */
	if (record_look(signing->context->record, IN_PLACE_ROLE, asked->path,
		KSR_FILE_MAX, &content, &absent) &&
	    sha256(buf_bytes(&content), sha256_of_it, &absent))
		asked_take_in_place(
		    asked, signing->sitting->ledger, request, sha256_of_it);
	buf_free(&content);
	if (!asked->in_place)
		return true;
	if (!document_load_kind(signing->context, IN_PLACE_ROLE, asked->path,
		KSR_RESPONSE, found, err))
		return false;
	records_take_ids(found->ksr, signing->ksr.ksr);
	return true;
}

bool
response_open(const struct signing *signing, struct signing_response *response,
    struct err *err)
{
	return response->asked->in_place ||
	    publishing_open(signing->context, response->asked->path,
		&response->output, err);
}

bool
response_prepare(struct signing *signing, struct signing_response *response,
    const struct dnskey *ksks, struct err *err)
{
	if (response->asked->in_place)
		return true;
	if (!response_build(signing->config, response->asked->schema,
		signing->ksr.ksr, ksks, &response->built, err))
		return false;
	/* The line that closes a text says when it was made. */
	if (response->built->format != KSR_XML) {
		response->built->has_timestamp = true;
		response->built->timestamp = signing->context->now;
	}
	return true;
}

static void
show_progress(size_t done, size_t total)
{
	screen_progress("signed %zu of %zu", done, total);
	if (done == total)
		screen_progress_done();
}

bool
response_sign(
    struct signing *signing, struct signing_response *response, struct err *err)
{
	static const struct signatures_progress progress = { show_progress };
	const struct context *context = signing->context;
	const char *name = response->asked->name;
	struct ksr *built = response->built;
	bool watched = screen_is_watched() && signing_has_pages(signing);
	const struct signatures_job job = { .config = signing->config,
		.schema = response->asked->schema,
		.request = signing->ksr.ksr,
		.ksks = signing->ksks,
		.now = context->now,
		.jobs = signing->request->jobs,
		.progress = watched ? &progress : NULL };

	if (response->asked->in_place)
		return true;
	if (!facts_signatures(context->record, "signing", name, built, err) ||
	    !signatures_make(&signing->sitting->tokens, &job, built, err))
		return false;
	for (size_t i = 0; i < built->n_bundles; i++)
		bundle_sort(&built->bundles[i]);
	if (signing_has_pages(signing))
		printf("\n%s%s%zu signatures made, each verified in software "
		       "with the pinned key\n",
		    name == NULL ? "" : name, name == NULL ? "" : ": ",
		    signatures_count(built));
	response->signed_whole =
	    facts_signatures(context->record, "signed", name, built, err);
	return response->signed_whole;
}

bool
response_write(const struct signing *signing,
    struct signing_response *response, struct err *err)
{
	struct buf octets = buf_new(KSR_FILE_MAX);
	bool ok;

	if (response->asked->in_place)
		return true;
	ksr_write(response->built, &octets);
	if (octets.failed)
		ok = err_set(err, E_MEMORY, "the response does not fit");
	else
		ok = output_write(response->output, buf_bytes(&octets), err);
	buf_free(&octets);
	ok = ok &&
	    document_read_back(signing->context, response->output,
		response->asked->path, KSR_RESPONSE, &response->written, err);
	if (ok)
		records_take_ids(response->written.ksr, signing->ksr.ksr);
	return ok;
}

/* The name is there already, perhaps only until the power fails. */
static bool
give_name(const struct signing *signing,
    const struct signing_response *response, struct err *err)
{
	const char *path = response->asked->path;

	return response->asked->in_place
	    ? publishing_keep(signing->context, path, err)
	    : publishing_name(signing->context, response->output, path, err);
}

/* Nothing is published after what the register did not take. */
static bool
register_fails(struct signing *signing)
{
	signing->sitting->register_failed = true;
	return false;
}

/* Each step is on disk before the next: the response never lacks its trace. */
bool
response_publish(
    struct signing *signing, struct signing_response *response, struct err *err)
{
	const struct asked_response *asked = response->asked;
	struct document *written = &response->written;
	struct record *record = signing->context->record;
	struct bytes octets = buf_bytes(&written->octets);
	struct ledger_signing line = {
		.request = &signing->ksr,
		.response = written,
		.previous_sha256 = signing->previous.ksr == NULL
		    ? NULL
		    : signing->previous.sha256,
		.schema = asked->schema->name,
		.alternative = asked->alternative,
	};
	int64_t now = signing->context->now;

	written->path = asked->path;
	declared_sign(&signing->declared, &line);
	if (asked->in_place)
		publishing_note(signing->context, asked->path);
	if (asked->published)
		return true;
	response->stored =
	    record_output(record, "response", asked->path, octets, err);
	response->published = response->stored &&
	    (ledger_append_signing(
		 signing->sitting->ledger, now, &line, err) ||
		register_fails(signing)) &&
	    give_name(signing, response, err);
	return response->published &&
	    (ledger_append_published(
		 signing->sitting->ledger, now, written, err) ||
		register_fails(signing)) &&
	    facts_published(record, asked->path, octets, err);
}
