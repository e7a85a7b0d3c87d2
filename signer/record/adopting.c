#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/bundle.h"
#include "ksr/policy/records.h"
#include "ksr/rules/check_rules.h"
#include "signer/record/adopting.h"
#include "signer/record/input.h"
#include "signer/record/ledger_parts.h"

void
adopting_clear(struct adopting *adopting)
{
	ledger_close(adopting->other);
	for (size_t i = 0; i < adopting->n; i++)
		document_free(&adopting->documents[i]);
	free(adopting->documents);
	free(adopting->pairs);
	*adopting = (struct adopting){ 0 };
}

struct document *
adopting_add(struct adopting *adopting)
{
	struct document *grown = realloc(adopting->documents,
	    (adopting->n + 1) * sizeof(adopting->documents[0]));

	if (grown == NULL)
		return NULL;
	adopting->documents = grown;
	grown[adopting->n] = (struct document){ 0 };
	return &grown[adopting->n++];
}

/* What a line says, without what its place in the chain says. */
static json_t *
content_of_line(const json_t *json)
{
	static const char *const links[] = { "seq", "prev", "after_torn" };
	json_t *content = json_copy((json_t *)json);

	for (size_t i = 0; content != NULL && i < ARRAY_LEN(links); i++)
		json_object_del(content, links[i]);
	return content;
}

/* Every line beyond ours, made again, is the line that it was. */
static bool
lines_fit(const struct ledger *other, const struct ledger *ledger,
    struct err *err)
{
	const struct chain_lines *ours = chain_found(ledger->chain);
	const struct chain_lines *lines = chain_found(other->chain);
	struct chain *chain;
	bool ok = true;

	if (!chain_imagine(ledger_content(ledger), "register", &chain, err))
		return false;
	for (size_t i = ours->n; ok && i < lines->n; i++)
		ok = (lines->lines[i].json != NULL ||
			 err_set(err, E_REFUSED,
			     "its line %zu was cut off", i + 1)) &&
		    chain_append(
			chain, content_of_line(lines->lines[i].json), err) &&
		    (strcmp(chain_head(chain), lines->lines[i].hash) == 0 ||
			err_set(err, E_REFUSED,
			    "its line %zu is not written as this program "
			    "writes it",
			    i + 1));
	chain_close(chain);
	return ok;
}

static bool
judge_other(const struct ledger *other, const struct ledger *ledger,
    struct err *err)
{
	struct bytes ours = ledger_content(ledger);
	struct bytes theirs = ledger_content(other);

	if (theirs.len < ours.len ||
	    (ours.len > 0 && memcmp(theirs.data, ours.data, ours.len) != 0))
		return err_set(err, E_REFUSED,
		    "it does not extend this configuration's register, whose "
		    "%zu lines it must begin with",
		    ledger->n_lines);
	return lines_fit(other, ledger, err);
}

/* The request's record at a time; its first before it. */
static const struct bundle *
record_at(const struct ksr *request, int64_t at)
{
	size_t i = request->n_bundles - 1;

	while (i > 0 && bundle_begins(&request->bundles[i]) > at)
		i--;
	return &request->bundles[i];
}

/* By the id that it names; where there are none, by times and ZSKs. */
static bool
answers(const struct ksr *response, const struct ksr *request)
{
	if (((ksr_lacks(response) | ksr_lacks(request)) & LACKS_ID) == 0)
		return strcmp(request->id, response->id) == 0;
	if (response->format != request->format ||
	    !same_domain(response->domain, request->domain) ||
	    bundle_begins(&response->bundles[0]) !=
		bundle_begins(&request->bundles[0]))
		return false;
	for (size_t i = 0; i < response->n_bundles; i++) {
		const struct bundle *bundle = &response->bundles[i];

		if (!bundle_is_superseded(response, i) &&
		    !bundle_has_zsks(
			bundle, record_at(request, bundle_begins(bundle))))
			return false;
	}
	return true;
}

static bool
find_pair(const struct adopting *adopting, const struct document *response,
    struct adopting_pair *ret, struct err *err)
{
	for (size_t i = 0; i < adopting->n; i++) {
		const struct document *request = &adopting->documents[i];

		if (request->ksr->kind != KSR_REQUEST ||
		    !answers(response->ksr, request->ksr))
			continue;
		if (!records_meet(response->ksr, request->ksr, err))
			return false;
		*ret = (struct adopting_pair){ .request = request,
			.response = response };
		return true;
	}
	if ((ksr_lacks(response->ksr) & LACKS_ID) != 0)
		return err_set(err, E_REFUSED,
		    "%s: no request with its times and ZSKs is in the archive",
		    response->path);
	return err_set(err, E_REFUSED,
	    "%s: answers request %s, which is not in the archive",
	    response->path, response->ksr->id);
}

static int64_t
start_of(const struct adopting_pair *pair)
{
	return pair->response->ksr->n_bundles == 0
	    ? 0
	    : pair->response->ksr->bundles[0].inception;
}

static int
by_start(const void *left, const void *right)
{
	const struct adopting_pair *a = left, *b = right;

	if (start_of(a) != start_of(b))
		return start_of(a) > start_of(b) ? 1 : -1;
	return strcmp(a->response->path, b->response->path);
}

static bool
has_response(const struct adopting *adopting, const struct document *request)
{
	for (size_t i = 0; i < adopting->n_pairs; i++)
		if (adopting->pairs[i].request == request)
			return true;
	return false;
}

static bool
find_pairs(struct adopting *adopting, struct err *err)
{
	free(adopting->pairs);
	adopting->n_pairs = 0;
	adopting->pairs = calloc(adopting->n + 1, sizeof(adopting->pairs[0]));
	if (adopting->pairs == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < adopting->n; i++)
		if (adopting->documents[i].ksr->kind == KSR_RESPONSE &&
		    !find_pair(adopting, &adopting->documents[i],
			&adopting->pairs[adopting->n_pairs++], err))
			return false;
	for (size_t i = 0; i < adopting->n; i++)
		if (adopting->documents[i].ksr->kind == KSR_REQUEST &&
		    !has_response(adopting, &adopting->documents[i]))
			return err_set(err, E_REFUSED,
			    "%s: no response to this request is in the "
			    "archive",
			    adopting->documents[i].path);
	qsort(adopting->pairs, adopting->n_pairs, sizeof(adopting->pairs[0]),
	    by_start);
	return adopting->n_pairs > 0 ||
	    err_set(err, E_REFUSED, "the archive has no response");
}

/* A second response to a request gets a name of its own. */
static void
name_pairs(struct adopting *adopting)
{
	for (size_t i = 0; i < adopting->n_pairs; i++) {
		struct adopting_pair *pair = &adopting->pairs[i];
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += adopting->pairs[k].request == pair->request;
		if (before > 0)
			snprintf(pair->name, sizeof(pair->name),
			    "adopted-%zu", before + 1);
	}
}

/* The rows of the table that say whether a pair is one. */
static bool
verify_pair(const struct adopting_pair *pair, const struct config *config,
    const struct document *previous, struct report *report, struct err *err)
{
	static const char *const ids[] = { "KSR-BUNDLE-POP", "SKR-VERIFY",
		"SKR-MATCH", "SKR-PAIR", "KSR-CHAIN-KEYS" };
	struct check_input in = {
		.config = config,
		.request = pair->request->ksr,
		.response = pair->response->ksr,
		.previous = previous == NULL ? NULL : previous->ksr,
	};

	for (size_t i = 0; i < n_checks; i++)
		for (size_t k = 0; k < ARRAY_LEN(ids); k++)
			if (strcmp(checks[i].id, ids[k]) == 0 &&
			    !check_rows_run(&checks[i], 1,
				STAGE_REQUEST | STAGE_RESPONSE, &in, NULL, 0,
				report, err))
				return false;
	return true;
}

/* With this one before it, or without any. */
static bool
pair_holds(const struct adopting_pair *pair, const struct config *config,
    const struct document *previous, struct err *err)
{
	struct report report = { 0 };
	bool ok = verify_pair(pair, config, previous, &report, err) &&
	    (report_accepted(&report) ||
		err_set_report(err, pair->response->path, &report));

	report_clear(&report);
	return ok;
}

/* The start of the newest pairs that begin before this one; or itself. */
static size_t
group_before(const struct adopting *adopting, size_t i)
{
	size_t first;

	while (i > 0 &&
	    start_of(&adopting->pairs[i - 1]) == start_of(&adopting->pairs[i]))
		i--;
	if (i == 0)
		return SIZE_MAX;
	first = i - 1;
	while (first > 0 &&
	    start_of(&adopting->pairs[first - 1]) ==
		start_of(&adopting->pairs[i - 1]))
		first--;
	return first;
}

static bool
judge_pair(struct adopting *adopting, size_t i, const struct config *config,
    struct err *err)
{
	struct adopting_pair *pair = &adopting->pairs[i];
	size_t before = group_before(adopting, i);

	if (before == SIZE_MAX)
		return pair_holds(pair, config, NULL, err);
	for (size_t k = before;
	     start_of(&adopting->pairs[k]) == start_of(&adopting->pairs[before]);
	     k++) {
		pair->previous = adopting->pairs[k].response;
		if (pair_holds(pair, config, pair->previous, err))
			return true;
		if (err->code != E_REFUSED)
			return false;
	}
	return false;
}

static bool
has_response_of(
    const struct adopting *adopting, const uint8_t sha256[SHA256_SIZE])
{
	for (size_t i = 0; i < adopting->n_pairs; i++)
		if (same_sha256(
			adopting->pairs[i].response->sha256, sha256))
			return true;
	return false;
}

/* Of what was not taken up from this very archive, in a run cut short. */
static int64_t
last_start(const struct adopting *adopting, const struct ledger *ledger,
    const char *zone)
{
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < ledger->n_entries; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];

		if (same_domain(entry->domain, zone) &&
		    entry->state != LEDGER_REPEATED &&
		    entry->inception > last &&
		    !(entry->adopted &&
			has_response_of(adopting, entry->response_sha256)))
			last = entry->inception;
	}
	return last;
}

static bool
is_there(const struct ledger *ledger, const uint8_t sha256[SHA256_SIZE])
{
	const struct ledger_entry *entry = ledger_response(ledger, sha256);

	return entry != NULL && entry->state == LEDGER_PUBLISHED;
}

static bool
judge_archive(struct adopting *adopting, const struct config *config,
    const struct ledger *ledger, struct err *err)
{
	const char *zone = config->ksk_policy.signers_name;
	int64_t last;

	if (!find_pairs(adopting, err))
		return false;
	name_pairs(adopting);
	last = last_start(adopting, ledger, zone);
	for (size_t i = 0; i < adopting->n_pairs; i++) {
		struct adopting_pair *pair = &adopting->pairs[i];
		const struct document *response = pair->response;

		if (!same_domain(response->ksr->domain, zone))
			return err_set(err, E_REFUSED,
			    "%s: is for the zone \"%s\", not for \"%s\"",
			    response->path, response->ksr->domain, zone);
		if (!judge_pair(adopting, i, config, err))
			return false;
		pair->is_there = is_there(ledger, response->sha256);
		if (!pair->is_there && start_of(pair) <= last)
			return err_set(err, E_REFUSED,
			    "%s: begins before the register's last response "
			    "does; an archive is taken up by a register that "
			    "has nothing later",
			    response->path);
	}
	return true;
}

bool
adopting_judge(struct adopting *adopting, const struct config *config,
    const struct ledger *ledger, struct err *err)
{
	return adopting->other != NULL
	    ? judge_other(adopting->other, ledger, err)
	    : judge_archive(adopting, config, ledger, err);
}

bool
adopting_has(const struct adopting *adopting, const struct ledger *ledger,
    const uint8_t sha256[SHA256_SIZE])
{
	if (adopting->other != NULL)
		return is_there(adopting->other, sha256);
	return has_response_of(adopting, sha256) || is_there(ledger, sha256);
}

size_t
adopting_lines(const struct adopting *adopting, const struct ledger *ledger)
{
	size_t n = 0;

	if (adopting->other != NULL)
		return adopting->other->n_lines - ledger->n_lines;
	for (size_t i = 0; i < adopting->n_pairs; i++)
		n += !adopting->pairs[i].is_there;
	return n;
}

static bool
append_other(
    const struct ledger *other, struct ledger *ledger, struct err *err)
{
	const struct chain_lines *lines = chain_found(other->chain);

	for (size_t i = ledger->n_lines; i < lines->n; i++)
		if (!ledger_append_line(
			ledger, content_of_line(lines->lines[i].json), err))
			return false;
	return true;
}

bool
adopting_append(const struct adopting *adopting, struct ledger *ledger,
    int64_t now, struct err *err)
{
	if (adopting->other != NULL)
		return append_other(adopting->other, ledger, err);
	for (size_t i = 0; i < adopting->n_pairs; i++) {
		const struct adopting_pair *pair = &adopting->pairs[i];
		const struct ledger_signing line = {
			.request = pair->request,
			.response = pair->response,
			.previous_sha256 = pair->previous == NULL
			    ? NULL
			    : pair->previous->sha256,
			.alternative = pair->name[0] == '\0' ? NULL : pair->name,
		};

		if (!pair->is_there &&
		    !ledger_append_adopted(ledger, now, &line, err))
			return false;
	}
	return true;
}
