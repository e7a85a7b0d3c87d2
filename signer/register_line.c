#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/register_line.h"

bool
alternative_is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= NAME_MAX_LEN &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

bool
err_set_alternative(struct err *err)
{
	return err_set(err, E_USAGE,
	    "--alternative: a name is 1 to %u of a-z, 0-9, _ and -",
	    NAME_MAX_LEN);
}

/* Printable ASCII, and not too much of it. */
static bool
is_text(const json_t *json, size_t max)
{
	const char *text = json_string_value(json);
	size_t len = text == NULL ? 0 : strlen(text);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/* A line's values, borrowed from its JSON. */
struct values {
	json_int_t seq, format, serial;
	int after_torn;
	const char *prev, *time, *event;
	const char *request_sha256, *response_sha256;
	const char *inception, *expiration;
	json_t *request_id, *domain, *schema, *alternative, *bundles;
};

/* The '!' at the end of a format: nothing else is in the line. */
#define EVERY_LINE "{s:I, s:s, s?b, s:I, s:s, s:s, s:s"

static bool
unpack_signing(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0,
		   EVERY_LINE ", s:o, s:s, s:o, s:I, s:s, s:s, s:o, s:o, s:o "
			      "!}",
		   "seq", &values->seq, "prev", &values->prev, "after_torn",
		   &values->after_torn, "format", &values->format, "time",
		   &values->time, "event", &values->event, "response_sha256",
		   &values->response_sha256, "request_id", &values->request_id,
		   "request_sha256", &values->request_sha256, "domain",
		   &values->domain, "serial", &values->serial, "inception",
		   &values->inception, "expiration", &values->expiration,
		   "schema", &values->schema, "alternative",
		   &values->alternative, "bundles", &values->bundles) == 0;
}

static bool
unpack_other(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0, EVERY_LINE " !}", "seq",
		   &values->seq, "prev", &values->prev, "after_torn",
		   &values->after_torn, "format", &values->format, "time",
		   &values->time, "event", &values->event, "response_sha256",
		   &values->response_sha256) == 0;
}

static bool
read_texts(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	if (!is_text(values->request_id, ID_MAX))
		return err_set(err, E_REFUSED, "its \"request_id\" is no id");
	if (!is_text(values->domain, DNAME_TEXT_MAX))
		return err_set(err, E_REFUSED, "its \"domain\" is no name");
	if (!is_text(values->schema, NAME_MAX_LEN))
		return err_set(err, E_REFUSED, "its \"schema\" is no name");
	if (!json_is_null(values->alternative) &&
	    (!json_is_string(values->alternative) ||
		!alternative_is_name(json_string_value(values->alternative))))
		return err_set(err, E_REFUSED,
		    "its \"alternative\" is neither null nor a name");
	ret->request_id = json_string_value(values->request_id);
	ret->domain = json_string_value(values->domain);
	ret->schema = json_string_value(values->schema);
	ret->alternative = json_string_value(values->alternative);
	return true;
}

static bool
read_numbers(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	if (values->serial < 0)
		return err_set(err, E_REFUSED, "its \"serial\" is negative");
	if (!time_parse(values->inception, &ret->inception))
		return err_set(
		    err, E_REFUSED, "its \"inception\" is not a time");
	if (!time_parse(values->expiration, &ret->expiration))
		return err_set(
		    err, E_REFUSED, "its \"expiration\" is not a time");
	if (!hex_parse(
		values->request_sha256, ret->request_sha256, SHA256_SIZE))
		return err_set(
		    err, E_REFUSED, "its \"request_sha256\" is not a SHA-256");
	ret->serial = (uint64_t)values->serial;
	return true;
}

static bool
read_bundle_ids(const json_t *list, struct ledger_entry *ret, struct err *err)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n == 0 || n > BUNDLES_MAX)
		return err_set(err, E_REFUSED,
		    "its \"bundles\" are not a list of 1 to %u ids",
		    BUNDLES_MAX);
	for (size_t i = 0; i < n; i++)
		if (!is_text(json_array_get(list, i), ID_MAX))
			return err_set(err, E_REFUSED,
			    "item %zu of its \"bundles\" is no id", i + 1);
	ret->bundle_ids = calloc(n, sizeof(ret->bundle_ids[0]));
	if (ret->bundle_ids == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		ret->bundle_ids[i] = json_string_value(json_array_get(list, i));
	ret->n_bundle_ids = n;
	return true;
}

static bool
read_event(const json_t *json, enum ledger_event *ret, struct err *err)
{
	static const char *const names[] = {
		[LEDGER_SIGNING] = "signing",
		[LEDGER_PUBLISH] = "published",
		[LEDGER_ACTIVATE] = "activated",
	};
	const char *event = json_string_value(json_object_get(json, "event"));

	for (size_t i = 0; event != NULL && i < ARRAY_LEN(names); i++) {
		if (strcmp(event, names[i]) == 0) {
			*ret = (enum ledger_event)i;
			return true;
		}
	}
	return err_set(err, E_REFUSED,
	    "its \"event\" is not signing, published or activated");
}

/* What every line has. */
static bool
read_start(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	if (values->format != REGISTER_FORMAT)
		return err_set(err, E_REFUSED,
		    "its \"format\" is not %d, which is all that this program "
		    "knows",
		    REGISTER_FORMAT);
	if (!time_parse(values->time, &ret->time))
		return err_set(err, E_REFUSED, "its \"time\" is not a time");
	if (!hex_parse(
		values->response_sha256, ret->response_sha256, SHA256_SIZE))
		return err_set(
		    err, E_REFUSED, "its \"response_sha256\" is not a SHA-256");
	return true;
}

bool
ledger_line_read(
    json_t *json, size_t number, struct ledger_line *ret, struct err *err)
{
	struct ledger_line line = { .entry.line = number };
	struct values values = { 0 };
	json_error_t error;
	bool unpacked;

	if (!read_event(json, &line.event, err))
		return false;
	unpacked = line.event == LEDGER_SIGNING
	    ? unpack_signing(json, &values, &error)
	    : unpack_other(json, &values, &error);
	if (!unpacked)
		return err_set(
		    err, E_REFUSED, "is no line of a register: %s", error.text);
	if (!read_start(&values, &line, err))
		return false;
	line.entry.signed_at = line.time;
	memcpy(line.entry.response_sha256, line.response_sha256, SHA256_SIZE);
	if (line.event == LEDGER_SIGNING &&
	    (!read_texts(&values, &line.entry, err) ||
		!read_numbers(&values, &line.entry, err) ||
		!read_bundle_ids(values.bundles, &line.entry, err)))
		return false;
	*ret = line;
	return true;
}
