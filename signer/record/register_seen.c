#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/record/adopting.h"
#include "signer/record/ceremony.h"
#include "signer/record/ledger_parts.h"
#include "signer/record/register_seen.h"

/* One run's part of the log: lines [first, end). */
struct part {
	size_t first, end;
	const json_t *input; /* its "input register"; NULL: it read none */
	bool appended;
	bool succeeded;
	bool stopped; /* failed, or was interrupted before it could say so */
};

static bool
is_event(const json_t *line, const char *event)
{
	return strcmp(fact_text(line, "event"), event) == 0;
}

static json_int_t
fact_status(const json_t *line)
{
	return json_integer_value(json_object_get(line, "status"));
}

static bool
is_input(const json_t *line, const struct register_name *name,
    const char *configuration)
{
	return is_event(line, "input") &&
	    strcmp(fact_text(line, "role"), "register") == 0 &&
	    (strcmp(fact_text(line, "path"), name->path) == 0 ||
		(configuration[0] != '\0' &&
		    strcmp(configuration, name->configuration_sha256) == 0));
}

/* The run that ends before `end`; false where there is none. */
static bool
part_before(const struct chain_line *log, size_t end,
    const struct register_name *name, struct part *ret)
{
	struct part part = { .first = end, .end = end, .stopped = true };
	const char *configuration;

	while (part.first > 0 && !is_event(log[part.first - 1].json, "run"))
		part.first--;
	if (part.first == 0)
		return false;
	part.first--;
	configuration = fact_text(
	    json_object_get(log[part.first].json, "configuration"), "sha256");
	for (size_t i = part.first; i < end; i++) {
		const json_t *line = log[i].json;

		if (is_input(line, name, configuration))
			part.input = line;
		part.appended |= is_event(line, "register line");
		if (is_event(line, "end")) {
			part.succeeded = fact_status(line) == 0;
			part.stopped = fact_status(line) == 2;
		}
	}
	*ret = part;
	return true;
}

/* The last run that used the register; false where there is none. */
static bool
find_last(const struct chain_line *log, size_t n,
    const struct register_name *name, struct part *ret)
{
	for (size_t end = n; part_before(log, end, name, ret);
	     end = ret->first)
		if (ret->input != NULL && (ret->appended || ret->succeeded))
			return true;
	return false;
}

/* The number of the register's lines that begin within the first octets. */
static size_t
lines_within(const struct chain_lines *lines, size_t size)
{
	size_t n = 0, seen = 0;

	while (n < lines->n && seen < size)
		seen += lines->lines[n++].raw.len;
	return n;
}

static bool
has_prefix(const struct ledger *ledger, const json_t *input)
{
	struct bytes content = ledger_content(ledger);
	json_int_t size = json_integer_value(json_object_get(input, "size"));
	char hash[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct err err;

	if (size < 0 || (size_t)size > content.len ||
	    !sha256((struct bytes){ content.data, (size_t)size }, digest, &err))
		return false;
	sha256_text(digest, hash);
	return strcmp(hash, fact_text(input, "sha256")) == 0;
}

/*
 * Each line that the run appended, in its order, from line *at on.  *at becomes
 * the line after them; *ret_between counts others among them.
 */
static bool
has_appended(const struct chain_line *log, const struct part *part,
    const struct chain_lines *lines, size_t *at, size_t *ret_between)
{
	for (size_t i = part->first; i < part->end; i++) {
		const char *hash = fact_text(log[i].json, "sha256");

		if (!is_event(log[i].json, "register line"))
			continue;
		while (*at < lines->n &&
		    strcmp(lines->lines[*at].hash, hash) != 0) {
			/* Torn lines stay, and say nothing. */
			*ret_between += lines->lines[*at].json != NULL;
			(*at)++;
		}
		if (*at == lines->n)
			return false;
		(*at)++;
	}
	return true;
}

static bool
is_published(const struct adopting *adopting, const struct ledger *ledger,
    const char *hash)
{
	uint8_t digest[SHA256_SIZE];
	const struct ledger_entry *entry;

	if (!hex_parse(hash, digest, SHA256_SIZE))
		return true;
	if (adopting != NULL)
		return adopting_has(adopting, ledger, digest);
	entry = ledger_response(ledger, digest);
	return entry != NULL && entry->state == LEDGER_PUBLISHED;
}

static bool
part_is_published(const struct chain_line *log, const struct part *part,
    const struct adopting *adopting, const struct ledger *ledger,
    struct err *err)
{
	bool signs =
	    strcmp(fact_text(log[part->first].json, "command"), "sign") == 0;

	for (size_t i = part->first; signs && i < part->end; i++)
		if (is_event(log[i].json, "published") &&
		    !is_published(
			adopting, ledger, fact_text(log[i].json, "sha256")))
			return err_set(err, E_REFUSED,
			    "the register lacks a response that this record "
			    "published (its line %zu): %s; `register adopt` "
			    "takes up what is missing",
			    i + 1, fact_text(log[i].json, "sha256"));
	return true;
}

bool
register_keeps_published(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct adopting *adopting,
    const struct ledger *ledger, struct err *err)
{
	struct part part;

	for (size_t end = n; part_before(log, end, name, &part);
	     end = part.first)
		if (part.input != NULL &&
		    !part_is_published(log, &part, adopting, ledger, err))
			return false;
	return true;
}

bool
register_extends_seen(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct ledger *ledger,
    struct err *err)
{
	const struct chain_lines *lines = chain_found(ledger->chain);
	size_t at, between = 0;
	struct part part;

	if (!register_keeps_published(log, n, name, NULL, ledger, err))
		return false;
	if (!find_last(log, n, name, &part))
		return true;
	at = lines_within(lines,
	    (size_t)json_integer_value(json_object_get(part.input, "size")));
	return (has_prefix(ledger, part.input) &&
		   has_appended(log, &part, lines, &at, &between)) ||
	    err_set(err, E_REFUSED,
		"the register does not extend the one that this record saw "
		"last (the run of its line %zu): it was cut short or "
		"exchanged; `register adopt` takes up what is missing",
		part.first + 1);
}

size_t
register_untold_lines(const struct chain_line *log, size_t n,
    const struct register_name *name, size_t since)
{
	size_t untold = 0;
	struct part part;

	for (size_t end = n; part_before(log, end, name, &part) &&
	     part.first + 1 >= since;
	     end = part.first)
		untold += part.input != NULL && part.stopped;
	return untold;
}

size_t
register_unseen_lines(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct ledger *ledger,
    size_t *ret_last)
{
	const struct chain_lines *lines = chain_found(ledger->chain);
	size_t at, unseen = 0;
	struct part part;

	if (!find_last(log, n, name, &part) ||
	    json_integer_value(
		json_object_get(log[part.first].json, "format")) < 2)
		return 0;
	*ret_last = part.first + 1;
	at = lines_within(lines,
	    (size_t)json_integer_value(json_object_get(part.input, "size")));
	if (!has_appended(log, &part, lines, &at, &unseen))
		return 0; /* it is not even that register */
	for (; at < lines->n; at++)
		unseen += lines->lines[at].json != NULL;
	return unseen;
}
