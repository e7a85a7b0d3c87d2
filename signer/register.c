#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "signer/json.h"
#include "signer/print.h"
#include "signer/register.h"
#include "signer/register_line.h"

struct ledger {
	struct chain *chain;      /* NULL: read only */
	struct chain_lines lines; /* empty where a chain holds them */
	size_t n_entries;
	struct ledger_entry *entries;
	struct processed *processed;
	size_t n_processed;
	bool publishable; /* the last line is the last entry's "signing" */
	bool has_newest;
	int64_t newest;
};

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
	return ledger->chain == NULL ? &ledger->lines
				     : chain_found(ledger->chain);
}

/* Room for one more: the array doubles when its size is full. */
static struct ledger_entry *
entry_new(struct ledger *ledger, struct err *err)
{
	size_t n = ledger->n_entries;
	struct ledger_entry *entries;

	if ((n & (n - 1)) == 0) {
		entries = realloc(
		    ledger->entries, (n == 0 ? 1 : 2 * n) * sizeof(entries[0]));
		if (entries == NULL) {
			err_set(err, E_MEMORY, "out of memory");
			return NULL;
		}
		ledger->entries = entries;
	}
	ledger->n_entries++;
	ledger->entries[n] = (struct ledger_entry){ 0 };
	return &ledger->entries[n];
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

static bool
same_manner(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return has_manner(a, b->request_sha256, b->schema, b->alternative);
}

static bool
take_signing(
    struct ledger *ledger, const struct ledger_line *line, struct err *err)
{
	struct ledger_entry *entry = entry_new(ledger, err);

	if (entry == NULL) {
		free(line->entry.bundle_ids);
		return false;
	}
	*entry = line->entry;
	for (size_t i = 0; i + 1 < ledger->n_entries; i++)
		if (ledger->entries[i].state == LEDGER_INTERRUPTED &&
		    same_manner(&ledger->entries[i], entry))
			ledger->entries[i].state = LEDGER_REPEATED;
	ledger->publishable = true;
	return true;
}

static bool
same_response(
    const struct ledger_entry *entry, const uint8_t sha256[SHA256_SIZE])
{
	return memcmp(entry->response_sha256, sha256, SHA256_SIZE) == 0;
}

/* Byte for byte the same response under two names is one response. */
static void
activate_entries(
    struct ledger *ledger, const uint8_t sha256[SHA256_SIZE], int64_t since)
{
	for (size_t i = 0; i < ledger->n_entries; i++) {
		struct ledger_entry *entry = &ledger->entries[i];

		if (entry->state != LEDGER_PUBLISHED ||
		    !same_response(entry, sha256))
			continue;
		entry->active = true;
		entry->activated_at = since;
	}
}

static const struct ledger_entry *
find_active(const struct ledger *ledger, const char *request_id)
{
	for (size_t i = 0; i < ledger->n_entries; i++)
		if (ledger->entries[i].active &&
		    strcmp(ledger->entries[i].request_id, request_id) == 0)
			return &ledger->entries[i];
	return NULL;
}

static bool
take_published(
    struct ledger *ledger, const struct ledger_line *line, struct err *err)
{
	const struct ledger_entry *active;
	struct ledger_entry *last;

	if (!ledger->publishable)
		return err_set(err, E_REFUSED,
		    "it says \"published\", but the line before does not say "
		    "\"signing\"");
	last = &ledger->entries[ledger->n_entries - 1];
	if (!same_response(last, line->response_sha256))
		return err_set(err, E_REFUSED,
		    "it publishes another response than line %zu signed",
		    last->line);
	last->state = LEDGER_PUBLISHED;
	last->published_at = line->time;
	ledger->publishable = false;
	active = find_active(ledger, last->request_id);
	if (active != NULL && same_response(active, line->response_sha256))
		activate_entries(
		    ledger, line->response_sha256, active->activated_at);
	return true;
}

static bool
take_activated(
    struct ledger *ledger, const struct ledger_line *line, struct err *err)
{
	const struct ledger_entry *found;

	if (!ledger_may_activate(ledger, line->response_sha256, &found, err))
		return false;
	if (found->active)
		return err_set(
		    err, E_REFUSED, "it activates what is active already");
	activate_entries(ledger, line->response_sha256, line->time);
	ledger->publishable = false;
	return true;
}

static bool
take_line(
    struct ledger *ledger, const struct ledger_line *line, struct err *err)
{
	if (!ledger->has_newest || line->time > ledger->newest)
		ledger->newest = line->time;
	ledger->has_newest = true;
	switch (line->event) {
	case LEDGER_SIGNING:
		return take_signing(ledger, line, err);
	case LEDGER_PUBLISH:
		return take_published(ledger, line, err);
	case LEDGER_ACTIVATE:
		break;
	}
	return take_activated(ledger, line, err);
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

		/* A torn line was never finished: what it says was not done. */
		if (lines->lines[i].json == NULL)
			continue;
		if (!ledger_line_read(
			lines->lines[i].json, i + 1, &line, err) ||
		    !take_line(ledger, &line, err))
			return err_prefix(err, "%s:%zu", path, i + 1);
	}
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
ledger_open(const char *path, struct ledger **ret, struct err *err)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return finish_open(ledger, path,
	    chain_open(path, &ledger->chain, err) &&
		file_sync_folder_of(path, err),
	    ret, err);
}

bool
ledger_read(const char *path, struct ledger **ret, struct err *err)
{
	struct ledger *ledger;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*ret = NULL;
		return true;
	}
	ledger = calloc(1, sizeof(*ledger));
	if (ledger == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return finish_open(
	    ledger, path, chain_read(path, &ledger->lines, err), ret, err);
}

bool
ledger_of_bytes(struct bytes content, const char *name, struct ledger **ret,
    struct err *err)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return finish_open(ledger, name,
	    chain_of_bytes(content, name, &ledger->lines, err), ret, err);
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	for (size_t i = 0; i < ledger->n_entries; i++)
		free(ledger->entries[i].bundle_ids);
	free(ledger->entries);
	free(ledger->processed);
	chain_lines_clear(&ledger->lines);
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

/* The published entry with this response, or else an interrupted one. */
static const struct ledger_entry *
find_response(const struct ledger *ledger, const uint8_t sha256[SHA256_SIZE])
{
	const struct ledger_entry *found = NULL;

	for (size_t i = 0; i < ledger->n_entries; i++)
		if (same_response(&ledger->entries[i], sha256) &&
		    (found == NULL || found->state != LEDGER_PUBLISHED))
			found = &ledger->entries[i];
	return found;
}

static bool
err_set_active(struct err *err, const struct ledger_entry *active)
{
	char since[TIME_TEXT_SIZE], hash[SHA256_TEXT_SIZE];

	time_format(active->activated_at, since);
	sha256_text(active->response_sha256, hash);
	return err_set(err, E_REFUSED,
	    "of the responses to request %s another is active since %s: %s "
	    "(schema %s%s%s)",
	    active->request_id, since, hash, active->schema,
	    active->alternative == NULL ? "" : ", alternative ",
	    active->alternative == NULL ? "" : active->alternative);
}

bool
ledger_may_activate(const struct ledger *ledger,
    const uint8_t response_sha256[SHA256_SIZE], const struct ledger_entry **ret,
    struct err *err)
{
	const struct ledger_entry *found =
	    find_response(ledger, response_sha256);
	const struct ledger_entry *active;

	if (found == NULL)
		return err_set(err, E_REFUSED,
		    "no response with this SHA-256 is in the register");
	if (found->state != LEDGER_PUBLISHED)
		return err_set(err, E_REFUSED,
		    "the run that signed this response (line %zu) was "
		    "interrupted before it was published; sign the request "
		    "once more",
		    found->line);
	active = find_active(ledger, found->request_id);
	if (active != NULL && !same_response(active, response_sha256))
		return err_set_active(err, active);
	*ret = found;
	return true;
}

static bool
append(struct ledger *ledger, json_t *line, struct err *err)
{
	return chain_append(ledger->chain, line, err) ||
	    err_prefix(err, "register");
}

bool
ledger_append_signing(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err)
{
	const struct ksr *response = signing->response->ksr;
	size_t n = response->n_bundles;
	json_t *bundles = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    bundles, json_string(response->bundles[i].id));
	return append(ledger,
	    json_pack("{s:i, s:o, s:s, s:s, s:o, s:s, s:I, s:o, s:o, s:s, "
		      "s:s?, s:o, s:o}",
		"format", REGISTER_FORMAT, "time", json_of_time(now), "event",
		"signing", "request_id", response->id, "request_sha256",
		json_of_sha256(signing->request->sha256), "domain",
		response->domain, "serial", (json_int_t)response->serial,
		"inception", json_of_time(response->bundles[0].inception),
		"expiration", json_of_time(response->bundles[n - 1].expiration),
		"schema", signing->schema, "alternative", signing->alternative,
		"response_sha256", json_of_sha256(signing->response->sha256),
		"bundles", bundles),
	    err);
}

static bool
append_hash(struct ledger *ledger, const char *event, int64_t now,
    const uint8_t response_sha256[SHA256_SIZE], struct err *err)
{
	return append(ledger,
	    json_pack("{s:i, s:o, s:s, s:o}", "format", REGISTER_FORMAT, "time",
		json_of_time(now), "event", event, "response_sha256",
		json_of_sha256(response_sha256)),
	    err);
}

bool
ledger_append_published(struct ledger *ledger, int64_t now,
    const uint8_t response_sha256[SHA256_SIZE], struct err *err)
{
	return append_hash(ledger, "published", now, response_sha256, err);
}

bool
ledger_append_activated(struct ledger *ledger, int64_t now,
    const uint8_t response_sha256[SHA256_SIZE], struct err *err)
{
	return append_hash(ledger, "activated", now, response_sha256, err);
}
