#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "ksr/rules/check_rules.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/ledger_parts.h"

void
ledger_path(const char *configuration, char ret[REGISTER_PATH_SIZE])
{
	const char *slash = strrchr(configuration, '/');

	snprintf(ret, REGISTER_PATH_SIZE, "%.*s%s",
	    slash == NULL ? 0 : (int)(slash - configuration) + 1, configuration,
	    REGISTER_FILE);
}

static const struct chain_lines *
lines_of(const struct ledger *ledger)
{
	return chain_found(ledger->chain);
}

static bool
has_manner(const struct ledger_entry *entry,
    const uint8_t request_sha256[SHA256_SIZE], const char *schema,
    const char *alternative)
{
	if (memcmp(entry->request_sha256, request_sha256, SHA256_SIZE) != 0 ||
	    strcmp(entry->schema, schema) != 0)
		return false;
	if (entry->alternative == NULL || alternative == NULL)
		return entry->alternative == alternative;
	return strcmp(entry->alternative, alternative) == 0;
}

/* All interrupted runs but those that were repeated count, and the rest. */
static bool
list_processed(struct ledger *ledger, struct err *err)
{
	ledger->processed =
	    calloc(ledger->n_entries + 1, sizeof(ledger->processed[0]));
	if (ledger->processed == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < ledger->n_entries; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];

		if (entry->state == LEDGER_REPEATED)
			continue;
		ledger->processed[ledger->n_processed++] = (struct processed){
			.request_id = entry->request_id,
			.request_sha256 = entry->request_sha256,
			.schema = entry->schema,
			.alternative = entry->alternative,
			.published = entry->state == LEDGER_PUBLISHED,
			.n_bundle_ids = entry->n_bundle_ids,
			.bundle_ids = entry->bundle_ids,
		};
	}
	return true;
}

static bool
take_lines(struct ledger *ledger, const char *path, struct err *err)
{
	const struct chain_lines *lines = lines_of(ledger);

	for (size_t i = 0; i < lines->n; i++) {
		struct ledger_line line;
		bool taken;

		/* A torn line was never finished: what it says was not done. */
		if (lines->lines[i].json == NULL)
			continue;
		if (!ledger_line_read(
			lines->lines[i].json, i + 1, &line, err))
			return err_prefix(err, "%s:%zu", path, i + 1);
		taken = ledger_take_line(ledger, &line, err);
		ledger_entry_clear(&line.entry); /* unless it was taken over */
		if (!taken)
			return err_prefix(err, "%s:%zu", path, i + 1);
	}
	ledger->n_lines = lines->n;
	return list_processed(ledger, err);
}

static bool
finish_open(struct ledger *ledger, const char *path, bool ok,
    struct ledger **ret, struct err *err)
{
	if (!ok || !take_lines(ledger, path, err)) {
		ledger_close(ledger);
		return err_prefix(err, "register");
	}
	*ret = ledger;
	return true;
}

bool
ledger_open(const char *path, struct record *record, struct ledger **ret,
    struct err *err)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ledger->record = record;
	return finish_open(
	    ledger, path, chain_open(path, &ledger->chain, err), ret, err);
}

bool
ledger_begin(struct ledger *ledger, struct err *err)
{
	return chain_begin(ledger->chain, err) || err_prefix(err, "register");
}

bool
ledger_read(const char *path, struct ledger **ret, struct err *err)
{
	struct buf content = buf_new(CHAIN_FILE_MAX);
	bool ok;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*ret = NULL;
		return true;
	}
	ok = file_read(path, CHAIN_FILE_MAX, &content, err);
	if (!ok)
		err_prefix(err, "register");
	ok = ok && ledger_of_bytes(buf_bytes(&content), path, ret, err);
	buf_free(&content);
	return ok;
}

bool
ledger_of_bytes(struct bytes content, const char *name, struct ledger **ret,
    struct err *err)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return finish_open(ledger, name,
	    chain_imagine(content, name, &ledger->chain, err), ret, err);
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	for (size_t i = 0; i < ledger->n_entries; i++)
		ledger_entry_clear(&ledger->entries[i]);
	free(ledger->entries);
	json_decref(ledger->zones);
	free(ledger->activations);
	free(ledger->processed);
	chain_close(ledger->chain);
	free(ledger);
}

struct bytes
ledger_content(const struct ledger *ledger)
{
	if (ledger == NULL)
		return (struct bytes){ 0 };
	return buf_bytes(&lines_of(ledger)->content);
}

const char *
ledger_head(const struct ledger *ledger)
{
	return ledger == NULL ? "" : lines_of(ledger)->head;
}

bool
ledger_has_head(const struct ledger *ledger, const char *head, struct err *err)
{
	const struct chain_lines *lines = lines_of(ledger);

	if (head == NULL)
		return true;
	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->lines[i].hash, head) == 0)
			return true;
	return err_set(err, E_REFUSED,
	    "the register has no line with the head that was written down, "
	    "%s: it was cut short or exchanged; `register adopt` takes up "
	    "what is missing",
	    head);
}

int64_t
ledger_floor(const struct ledger *ledger, int64_t earliest_now)
{
	if (earliest_now == 0 || ledger == NULL || !ledger->has_newest ||
	    ledger->newest < earliest_now)
		return earliest_now;
	return ledger->newest;
}

const struct ledger_entry *
ledger_entries(const struct ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger == NULL ? 0 : ledger->n_entries;
	return ledger == NULL ? NULL : ledger->entries;
}

const struct ledger_entry *
ledger_find(const struct ledger *ledger,
    const uint8_t request_sha256[SHA256_SIZE], const char *schema,
    const char *alternative)
{
	for (size_t i = ledger == NULL ? 0 : ledger->n_entries; i-- > 0;)
		if (has_manner(&ledger->entries[i], request_sha256, schema,
			alternative))
			return &ledger->entries[i];
	return NULL;
}

const struct processed *
ledger_processed(const struct ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger == NULL ? 0 : ledger->n_processed;
	return ledger == NULL ? NULL : ledger->processed;
}

bool
ledger_same_response(
    const struct ledger_entry *entry, const uint8_t sha256[SHA256_SIZE])
{
	return memcmp(entry->response_sha256, sha256, SHA256_SIZE) == 0;
}

const struct ledger_entry *
ledger_response(const struct ledger *ledger, const uint8_t sha256[SHA256_SIZE])
{
	const struct ledger_entry *found = NULL;

	for (size_t i = 0; i < ledger->n_entries; i++)
		if (ledger_same_response(&ledger->entries[i], sha256) &&
		    (found == NULL || found->state != LEDGER_PUBLISHED))
			found = &ledger->entries[i];
	return found;
}

const struct ledger_entry *
ledger_response_of(const struct ledger *ledger, const char *zone,
    const uint8_t sha256[SHA256_SIZE])
{
	const struct ledger_entry *found = NULL;

	for (size_t i = ledger_last_of(ledger, zone); i > 0;
	     i = ledger->entries[i - 1].before)
		if (ledger_same_response(&ledger->entries[i - 1], sha256) &&
		    (found == NULL ||
			ledger->entries[i - 1].state == LEDGER_PUBLISHED))
			found = &ledger->entries[i - 1];
	return found;
}

bool
ledger_may_recover(const struct ledger *ledger,
    const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	const struct ledger_entry *entry =
	    ledger == NULL ? NULL : ledger_response(ledger, sha256);

	if (entry == NULL)
		return err_set(err, E_REFUSED,
		    "no response with this SHA-256 is in the register");
	return entry->state == LEDGER_PUBLISHED ||
	    err_set(err, E_REFUSED,
		"the run that signed this response (line %zu) was interrupted "
		"before it was published; give the same command again",
		entry->line);
}

static struct history_response
history_of_entry(const struct ledger_entry *entry)
{
	static const enum history_state states[] = {
		[LEDGER_INTERRUPTED] = HISTORY_INTERRUPTED,
		[LEDGER_REPEATED] = HISTORY_REPEATED,
		[LEDGER_PUBLISHED] = HISTORY_PUBLISHED,
	};

	return (struct history_response){
		.request_id = entry->request_id,
		.request_sha256 = entry->request_sha256,
		.response_sha256 = entry->response_sha256,
		.previous_sha256 =
		    entry->has_previous ? entry->previous_sha256 : NULL,
		.schema = entry->schema,
		.alternative = entry->alternative,
		.fallback = entry->fallback,
		.replaces = entry->has_replaces ? entry->replaces : NULL,
		.state = states[entry->state],
		.inception = entry->inception,
		.expiration = entry->expiration,
		.n_slots = entry->n_bundle_ids,
		.slots = entry->slots.slots,
		.line = entry->published_line,
	};
}

/* Of one zone: entries, and where each went. */
struct zone_entries {
	size_t n;
	struct history_response *responses;
	size_t n_activations;
	struct history_activation *activations;
	size_t *index; /* of each entry of the ledger among the responses */
};

static void
pick_zone(const struct ledger *ledger, const char *zone,
    struct zone_entries *ret)
{
	for (size_t i = 0; i < ledger->n_entries; i++)
		ret->index[i] = SIZE_MAX;
	for (size_t i = ledger_last_of(ledger, zone); i > 0;
	     i = ledger->entries[i - 1].before)
		ret->index[i - 1] = 0;
	for (size_t i = 0; i < ledger->n_entries; i++) {
		if (ret->index[i] == SIZE_MAX)
			continue;
		ret->index[i] = ret->n;
		ret->responses[ret->n++] =
		    history_of_entry(&ledger->entries[i]);
	}
	for (size_t i = 0; i < ledger->n_activations; i++) {
		struct history_activation activation = ledger->activations[i];

		activation.response = ret->index[activation.response];
		if (activation.response != SIZE_MAX)
			ret->activations[ret->n_activations++] = activation;
	}
}

bool
ledger_history(const struct ledger *ledger, const char *zone,
    struct history **ret, struct err *err)
{
	struct zone_entries picked = { 0 };
	bool ok;

	if (ledger == NULL) {
		*ret = NULL;
		return true;
	}
	picked.responses =
	    calloc(ledger->n_entries + 1, sizeof(picked.responses[0]));
	picked.activations =
	    calloc(ledger->n_activations + 1, sizeof(picked.activations[0]));
	picked.index = calloc(ledger->n_entries + 1, sizeof(picked.index[0]));
	ok = picked.responses != NULL && picked.activations != NULL &&
	    picked.index != NULL;
	if (!ok) {
		err_set(err, E_MEMORY, "out of memory");
	} else {
		pick_zone(ledger, zone, &picked);
		ok = history_new(zone, picked.responses, picked.n,
		    picked.activations, picked.n_activations, ret, err);
	}
	free(picked.index);
	free(picked.activations);
	free(picked.responses);
	return ok;
}

static bool
err_set_active(struct err *err, const struct ledger_entry *active)
{
	char since[TIME_TEXT_SIZE], hash[SHA256_TEXT_SIZE];

	time_format(active->activated_at, since);
	sha256_text(active->response_sha256, hash);
	return err_set(err, E_REFUSED,
	    "of the responses to request %s another is active since %s: %s "
	    "(schema %s%s%s); from which slot on this one takes its place is "
	    "for --from-slot N to say",
	    active->request_id, since, hash,
	    active->schema[0] == '\0' ? "not known" : active->schema,
	    active->alternative == NULL ? "" : ", alternative ",
	    active->alternative == NULL ? "" : active->alternative);
}

/* The active one for the same time, unless it is this very response. */
static const struct ledger_entry *
find_other_active(const struct ledger *ledger, const struct ledger_entry *found)
{
	for (size_t i = 0; i < ledger->n_entries; i++)
		if (ledger->entries[i].active &&
		    ledger_same_time(&ledger->entries[i], found) &&
		    !ledger_same_response(
			&ledger->entries[i], found->response_sha256))
			return &ledger->entries[i];
	return NULL;
}

static bool
replaces(const struct ledger_entry *entry, const struct ledger_entry *other)
{
	return entry->has_replaces &&
	    memcmp(entry->replaces, other->response_sha256, SHA256_SIZE) == 0;
}

bool
ledger_may_activate(const struct ledger *ledger,
    const struct document *response, size_t slot,
    struct ledger_activation *ret, struct err *err)
{
	const struct ledger_entry *found =
	    ledger_response(ledger, response->sha256);
	const struct ledger_entry *active;
	size_t from = slot == 0 ? 1 : slot;

	if (found == NULL)
		return err_set(err, E_REFUSED,
		    "no response with this SHA-256 is in the register");
	if (found->state != LEDGER_PUBLISHED)
		return err_set(err, E_REFUSED,
		    "the run that signed this response (line %zu) was "
		    "interrupted before it was published; sign the request "
		    "once more",
		    found->line);
	if (from > response->ksr->n_bundles)
		return err_set(err, E_REFUSED,
		    "it has no slot %zu: its slots are 1 to %zu", from,
		    response->ksr->n_bundles);
	active = find_other_active(ledger, found);
	if (active != NULL && slot == 0 && !replaces(found, active))
		return err_set_active(err, active);
	*ret = (struct ledger_activation){ found, from,
		response->ksr->bundles[from - 1].inception,
		found->active && found->active_from_slot <= from };
	return true;
}
