#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "ksr/request/quarter.h"
#include "signer/foresight/decision.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/register_adopt.h"
#include "signer/record/register_open.h"
#include "signer/screen/print.h"

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

/* "schema rollover, alternative roll" */
static void
print_manner(const struct ledger_entry *entry)
{
	if (entry->schema[0] == '\0')
		printf("taken up");
	else
		printf("schema %s", entry->schema);
	if (entry->alternative != NULL)
		printf(", alternative %s", entry->alternative);
	if (entry->fallback != NULL)
		printf(", fallback request %s", entry->fallback);
}

static void
print_entry(const struct ledger_entry *entry)
{
	char quarter[QUARTER_TEXT_SIZE], hash[SHA256_TEXT_SIZE];
	char time[TIME_TEXT_SIZE];

	quarter_format(quarter_of_time(entry->begins), quarter);
	printf("\n%s  ", quarter);
	print_manner(entry);
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
	if (entry->has_replaces) {
		sha256_text(entry->replaces, hash);
		printf("  replaces   SHA-256 %s\n", hash);
		printf("             because: %s\n", entry->reason);
	}
	if (entry->active_from_slot == 0)
		return;
	time_format(entry->activated_at, time);
	printf("  activated  %s", time);
	if (entry->active_from_slot > 1)
		printf(", from slot %zu on", entry->active_from_slot);
	printf("%s\n", entry->active ? "" : ", until another was");
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

	quarter_format(quarter_of_time(entry->begins), quarter);
	for (size_t i = 0; i < entry->n_bundle_ids; i++)
		json_array_append_new(ids, json_string(entry->bundle_ids[i]));
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:I, s:o, s:o, s:s?, s:s?, "
			 "s:s?, s:o, s:s?, s:o, s:s, s:b, s:I, s:o, s:o, s:o, "
			 "s:o}",
	    "line", (json_int_t)entry->line, "quarter", quarter, "request_id",
	    entry->request_id, "request_sha256",
	    json_of_sha256(entry->request_sha256), "domain", entry->domain,
	    "serial", (json_int_t)entry->serial, "inception",
	    json_of_time(entry->inception), "expiration",
	    json_of_time(entry->expiration), "schema",
	    entry->schema[0] == '\0' ? NULL : entry->schema, "alternative",
	    entry->alternative, "fallback", entry->fallback, "replaces",
	    entry->has_replaces ? json_of_sha256(entry->replaces) : json_null(),
	    "reason", entry->reason, "response_sha256",
	    json_of_sha256(entry->response_sha256), "state",
	    states[entry->state], "active", entry->active, "from_slot",
	    (json_int_t)entry->active_from_slot, "signed",
	    json_of_time(entry->signed_at), "published",
	    published ? json_of_time(entry->published_at) : json_null(),
	    "activated",
	    entry->active_from_slot > 0 ? json_of_time(entry->activated_at)
					: json_null(),
	    "bundles", ids);
}

static bool
list_json(const char *path, const struct ledger *ledger, struct err *err)
{
	json_t *list = json_array();
	size_t n;
	const struct ledger_entry *entries = ledger_entries(ledger, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_of_entry(&entries[i]));
	return json_print(
	    json_pack("{s:s, s:o, s:s?, s:o}", "command", "register list",
		"file", json_of_text(path), "head",
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
	bool ok = true;

	if (!register_read(context, &ledger, err))
		return false;
	entries = ledger_entries(ledger, &n);
	if (context->json) {
		ok = list_json(path, ledger, err);
	} else {
		text_printable(safe, sizeof(safe), path);
		printf("Register %s: %s\n", safe,
		    ledger == NULL ? "there is none, nothing was signed"
			: n == 0   ? "nothing was signed"
				   : "whole and in order");
		for (size_t i = 0; i < n; i++)
			print_entry(&entries[i]);
		if (ledger != NULL)
			register_print_head(ledger_head(ledger));
	}
	ledger_close(ledger);
	return ok;
}

/* "activating" before the register's line, "activated" after it. */
static bool
facts_activation(struct record *record, const char *event,
    const struct document *response, struct err *err)
{
	return record_event(record, event,
	    json_pack("{s:s, s:o}", "id", response->ksr->id, "sha256",
		json_of_sha256(response->sha256)),
	    err);
}

static bool
activate_now(const struct context *context, struct ledger *ledger,
    const struct document *response, const struct ledger_activation *activation,
    struct err *err)
{
	return facts_activation(context->record, "activating", response, err) &&
	    ledger_append_activated(
		ledger, context->now, response, activation, err) &&
	    facts_activation(context->record, "activated", response, err);
}

static bool
show_activation(const struct context *context, const struct document *response,
    const struct ledger_activation *activation, struct err *err)
{
	const struct ledger_entry *entry = activation->entry;
	int64_t since =
	    activation->is_so ? entry->activated_at : context->now;
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
	printf("%s%s, in answer to request %s (",
	    activation->is_so ? "has been active since " : "is active from ",
	    time, entry->request_id);
	print_manner(entry);
	printf(")\n");
	if (activation->slot > 1) {
		time_format(activation->from, time);
		printf("from slot %zu on, which begins %s\n",
		    activation->slot, time);
	}
	return true;
}

/* The register must be there: opening it for writing would create it. */
static bool
open_existing(const struct context *context, const char *path,
    struct ledger **ret, struct err *err)
{
	if (!record_finds(context->record, "register", path))
		return err_set(err, E_REFUSED,
		    "%s: there is no register, nothing was signed", path);
	return register_open(context, NULL, ret, err);
}

/* What --from-slot says, from 1; 0 if it was not given. */
static bool
slot_of_args(const struct args *args, size_t *ret, struct err *err)
{
	const char *given = args_value(args, "from-slot");
	uint64_t slot = 0;

	if (given != NULL &&
	    (!number_parse(given, BUNDLES_MAX, &slot) || slot == 0))
		return err_set(err, E_USAGE,
		    "--from-slot %s: expected a number from 1 to %u", given,
		    BUNDLES_MAX);
	*ret = (size_t)slot;
	return true;
}

static bool
activate(const struct context *context, const char *path,
    const struct args *args, struct err *err)
{
	const char *skr = args->files[1];
	struct ledger_activation activation;
	size_t slot = 0;
	struct document response = { 0 };
	struct ledger *ledger = NULL;
	bool ok;

	ok = slot_of_args(args, &slot, err) &&
	    open_existing(context, path, &ledger, err) &&
	    document_load_kind(context, "response", skr, KSR_RESPONSE,
		&response, err) &&
	    (ledger_may_activate(ledger, &response, slot, &activation, err) ||
		err_prefix(err, "%s", skr)) &&
	    (activation.is_so ||
		decision_check(context->record, activation.entry,
		    args_value(args, "override-decision"), err)) &&
	    (activation.is_so ||
		activate_now(context, ledger, &response, &activation, err)) &&
	    show_activation(context, &response, &activation, err);
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
		return activate(context, path, args, err);
	if (strcmp(verb, "adopt") == 0 && args->n_files == 2)
		return register_adopt(context, args->files[1], err);
	if (strcmp(verb, "recover") == 0 && args->n_files == 3)
		return register_recover(
		    context, args->files[1], args->files[2], err);
	return err_set(err, E_USAGE,
	    "usage: anchorite register list, or anchorite register activate "
	    "SKR [--from-slot N], or adopt REGISTER|DIR, or recover SHA256 SKR");
}

static const struct option_row options[] = {
	{ "from-slot", "N", "activate: the zone uses it from this slot on",
	    false },
	{ "override-decision", "REASON",
	    "activate: another response than the one that `plan decide` came "
	    "to", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

/* What changes the register, or gives a response out, is on record always. */
static const struct verb_row verbs[] = {
	{ "list", true, RECORD_ASKED, "", NULL, ZONE_NONE },
	{ "activate", true, RECORD_ACT, "SKR", NULL, ZONE_READ },
	{ "adopt", true, RECORD_ACT, "REGISTER|DIR", NULL, ZONE_NAMED },
	{ "recover", true, RECORD_ACT, "SHA256 SKR", NULL, ZONE_NONE },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

const struct command cmd_register = {
	.name = "register",
	.run = run,
	.usage = "list | activate SKR [--from-slot N] [--override-decision "
		 "REASON] | adopt REGISTER|DIR | recover SHA256 SKR",
	.summary = "what was signed, and which response the zone uses",
	.help =
	    "`sign` keeps a register, " REGISTER_FILE
	    " beside the configuration:\n"
	    "each request that was signed, each response's hash, and whether "
	    "it\n"
	    "was published.  No request is signed twice but as a declared\n"
	    "alternative (`sign --alternative NAME`).\n\n"
	    "`list` shows it.  `activate SKR` says that the zone uses this\n"
	    "response; of the responses for one time only one is active.  With\n"
	    "--from-slot N it takes the active one's place from its slot N on.\n"
	    "Where this ceremony's record holds a decision (`plan decide`) "
	    "about its\n"
	    "quarter, any other response needs --override-decision.\n\n"
	    "`adopt` takes up what the register lacks: another site's register\n"
	    "that extends it, or a folder of requests and responses of any\n"
	    "format, each pair verified.  `recover` writes a lost response\n"
	    "again, as the record stored it; nothing is signed and nothing\n"
	    "overwritten.",
	.min_files = 1,
	.max_files = 3,
	.needs_config = true,
	.recording = RECORD_ASKED,
	.verbs = verbs,
	.options = options,
};
