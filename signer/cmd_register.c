#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/command.h"
#include "signer/facts.h"
#include "signer/json.h"
#include "signer/print.h"
#include "ksr/quarter.h"
#include "signer/register.h"

static const char *
state_text(const struct ledger_entry *entry)
{
	switch (entry->state) {
	case LEDGER_PUBLISHED:
		return entry->active ? "ACTIVE" : "published";
	case LEDGER_REPEATED:
		return "interrupted, then signed again";
	case LEDGER_INTERRUPTED:
		break;
	}
	return "INTERRUPTED before it was published";
}

static void
print_entry(const struct ledger_entry *entry)
{
	char quarter[QUARTER_TEXT_SIZE], hash[SHA256_TEXT_SIZE];
	char time[TIME_TEXT_SIZE];

	quarter_format(quarter_of_time(entry->inception), quarter);
	printf("\n%s  schema %s", quarter, entry->schema);
	if (entry->alternative != NULL)
		printf(", alternative %s", entry->alternative);
	printf(": %s\n", state_text(entry));
	printf("  request    %s, serial %" PRIu64 ", domain %s\n",
	    entry->request_id, entry->serial, entry->domain);
	sha256_text(entry->request_sha256, hash);
	printf("             SHA-256 %s\n", hash);
	sha256_text(entry->response_sha256, hash);
	printf("  response   SHA-256 %s\n", hash);
	time_format(entry->signed_at, time);
	printf("  signed     %s\n", time);
	if (entry->state == LEDGER_PUBLISHED) {
		time_format(entry->published_at, time);
		printf("  published  %s\n", time);
	}
	if (entry->active) {
		time_format(entry->activated_at, time);
		printf("  activated  %s\n", time);
	}
}

static json_t *
json_of_entry(const struct ledger_entry *entry)
{
	static const char *const states[] = {
		[LEDGER_INTERRUPTED] = "interrupted",
		[LEDGER_REPEATED] = "repeated",
		[LEDGER_PUBLISHED] = "published",
	};
	bool published = entry->state == LEDGER_PUBLISHED;
	char quarter[QUARTER_TEXT_SIZE];
	json_t *ids = json_array();

	quarter_format(quarter_of_time(entry->inception), quarter);
	for (size_t i = 0; i < entry->n_bundle_ids; i++)
		json_array_append_new(ids, json_string(entry->bundle_ids[i]));
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:I, s:o, s:o, s:s, s:s?, "
			 "s:o, s:s, s:b, s:o, s:o, s:o, s:o}",
	    "line", (json_int_t)entry->line, "quarter", quarter, "request_id",
	    entry->request_id, "request_sha256",
	    json_of_sha256(entry->request_sha256), "domain", entry->domain,
	    "serial", (json_int_t)entry->serial, "inception",
	    json_of_time(entry->inception), "expiration",
	    json_of_time(entry->expiration), "schema", entry->schema,
	    "alternative", entry->alternative, "response_sha256",
	    json_of_sha256(entry->response_sha256), "state",
	    states[entry->state], "active", entry->active, "signed",
	    json_of_time(entry->signed_at), "published",
	    published ? json_of_time(entry->published_at) : json_null(),
	    "activated",
	    entry->active ? json_of_time(entry->activated_at) : json_null(),
	    "bundles", ids);
}

static bool
list_json(const char *path, const struct ledger *ledger, struct err *err)
{
	char safe[4 * REGISTER_PATH_SIZE];
	json_t *list = json_array();
	size_t n;
	const struct ledger_entry *entries = ledger_entries(ledger, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_of_entry(&entries[i]));
	text_printable(safe, sizeof(safe), path);
	return json_print(
	    json_pack("{s:s, s:s, s:s?, s:o}", "command", "register list",
		"file", safe, "head",
		ledger == NULL ? NULL : ledger_head(ledger), "entries", list),
	    err);
}

static bool
list(const struct context *context, const char *path, struct err *err)
{
	char safe[4 * REGISTER_PATH_SIZE];
	struct ledger *ledger;
	const struct ledger_entry *entries;
	size_t n;
	bool ok;

	if (!ledger_read(path, &ledger, err))
		return false;
	entries = ledger_entries(ledger, &n);
	ok = ledger == NULL ||
	    record_input(
		context->record, "register", path, ledger_content(ledger), err);
	if (ok && context->json) {
		ok = list_json(path, ledger, err);
	} else if (ok) {
		text_printable(safe, sizeof(safe), path);
		printf("Register %s: %s\n", safe,
		    ledger == NULL ? "there is none, nothing was signed"
			: n == 0   ? "nothing was signed"
				   : "whole and in order");
		if (ledger != NULL)
			printf("  head %s\n", ledger_head(ledger));
		for (size_t i = 0; i < n; i++)
			print_entry(&entries[i]);
	}
	ledger_close(ledger);
	return ok;
}

static bool
activate_now(const struct context *context, struct ledger *ledger,
    const struct document *response, struct err *err)
{
	return facts_activation(context->record, "activating", response, err) &&
	    ledger_append_activated(
		ledger, context->now, response->sha256, err) &&
	    facts_activation(context->record, "activated", response, err);
}

static bool
show_activation(const struct context *context, const struct document *response,
    const struct ledger_entry *entry, struct err *err)
{
	int64_t since = entry->active ? entry->activated_at : context->now;
	char time[TIME_TEXT_SIZE];

	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:b, s:o}", "command",
			"register activate", "response",
			json_of_document(response), "changed", !entry->active,
			"activated", json_of_time(since)),
		    err);
	time_format(since, time);
	print_digest("Response", response->path, response->sha256);
	printf("%s%s, in answer to request %s (schema %s%s%s)\n",
	    entry->active ? "has been active since " : "is active from ", time,
	    entry->request_id, entry->schema,
	    entry->alternative == NULL ? "" : ", alternative ",
	    entry->alternative == NULL ? "" : entry->alternative);
	return true;
}

/* The register must be there: opening it for writing would create it. */
static bool
open_existing(const struct context *context, const char *path,
    struct ledger **ret, struct err *err)
{
	struct ledger *there;

	if (!ledger_read(path, &there, err))
		return false;
	if (there == NULL)
		return err_set(err, E_REFUSED,
		    "%s: there is no register, nothing was signed", path);
	ledger_close(there);
	return ledger_open(path, ret, err) &&
	    record_input(
		context->record, "register", path, ledger_content(*ret), err);
}

static bool
activate(const struct context *context, const char *path, const char *skr,
    struct err *err)
{
	const struct ledger_entry *entry = NULL;
	struct document response = { 0 };
	struct ledger *ledger = NULL;
	bool ok;

	ok = open_existing(context, path, &ledger, err) &&
	    document_load_kind(context->record, "response", skr, KSR_RESPONSE,
		&response, err) &&
	    (ledger_may_activate(ledger, response.sha256, &entry, err) ||
		err_prefix(err, "%s", skr)) &&
	    (entry->active || activate_now(context, ledger, &response, err)) &&
	    show_activation(context, &response, entry, err);
	document_free(&response);
	ledger_close(ledger);
	return ok;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *verb = args->files[0];
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	if (strcmp(verb, "list") == 0 && args->n_files == 1)
		return list(context, path, err);
	if (strcmp(verb, "activate") == 0 && args->n_files == 2)
		return activate(context, path, args->files[1], err);
	return err_set(err, E_USAGE,
	    "usage: anchorite register list, or anchorite register activate "
	    "SKR");
}

const struct command cmd_register = {
	.name = "register",
	.run = run,
	.usage = "list | activate SKR",
	.summary = "what was signed, and which response the zone uses",
	.help =
	    "`sign` keeps a register, " REGISTER_FILE
	    " beside the configuration:\n"
	    "each request that was signed, each response's hash, and whether "
	    "it\n"
	    "was published.  No request is signed twice but as a declared\n"
	    "alternative (`sign --alternative NAME`).\n\n"
	    "`list` shows it.  `activate SKR` says that the zone uses this\n"
	    "response; of the responses to one request only one can be active.",
	.min_files = 1,
	.max_files = 2,
	.needs_config = true,
	.recording = RECORD_IF_THERE,
};
