#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/format.h"
#include "signer/record/ledger_line.h"

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
	json_int_t seq, format, serial, slot;
	int after_torn;
	const char *prev, *time, *event;
	const char *request_sha256, *response_sha256;
	const char *inception, *expiration, *from;
	json_t *request_id, *domain, *schema, *alternative, *bundles;
	json_t *fallback, *previous, *replaces, *ksks, *zsks, *slots;
};

/* The '!' at the end of a format: nothing else is in the line. */
#define EVERY_LINE "{s:I, s:s, s?b, s:I, s:s, s:s, s:s"
#define EVERY_VALUE                                                         \
	"seq", &values->seq, "prev", &values->prev, "after_torn",           \
	    &values->after_torn, "format", &values->format, "time",         \
	    &values->time, "event", &values->event, "response_sha256",      \
	    &values->response_sha256

static bool
unpack_signing_1(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0,
		   EVERY_LINE ", s:o, s:s, s:o, s:I, s:s, s:s, s:o, s:o, s:o "
			      "!}",
		   EVERY_VALUE, "request_id", &values->request_id,
		   "request_sha256", &values->request_sha256, "domain",
		   &values->domain, "serial", &values->serial, "inception",
		   &values->inception, "expiration", &values->expiration,
		   "schema", &values->schema, "alternative",
		   &values->alternative, "bundles", &values->bundles) == 0;
}

static bool
unpack_other_1(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0, EVERY_LINE " !}", EVERY_VALUE) ==
	    0;
}

static bool
unpack_signing(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0,
		   EVERY_LINE ", s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, "
			      "s:o, s:o, s:o !}",
		   EVERY_VALUE, "domain", &values->domain, "request_id",
		   &values->request_id, "request_sha256",
		   &values->request_sha256, "serial", &values->serial, "schema",
		   &values->schema, "alternative", &values->alternative,
		   "fallback", &values->fallback, "previous_sha256",
		   &values->previous, "replaces", &values->replaces, "ksks",
		   &values->ksks, "zsks", &values->zsks, "slots",
		   &values->slots) == 0;
}

static bool
unpack_published(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0, EVERY_LINE ", s:o !}",
		   EVERY_VALUE, "domain", &values->domain) == 0;
}

static bool
unpack_activated(json_t *json, struct values *values, json_error_t *error)
{
	return json_unpack_ex(json, error, 0, EVERY_LINE ", s:o, s:I, s:s !}",
		   EVERY_VALUE, "domain", &values->domain, "slot",
		   &values->slot, "from", &values->from) == 0;
}

/* Null, or a name. */
static bool
read_name(const json_t *json, const char *what, const char **ret,
    struct err *err)
{
	if (!json_is_null(json) &&
	    (!json_is_string(json) ||
		!alternative_is_name(json_string_value(json))))
		return err_set(err, E_REFUSED,
		    "its \"%s\" is neither null nor a name", what);
	*ret = json_string_value(json);
	return true;
}

static bool
read_texts(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	bool unknown = values->slots != NULL && json_is_null(values->schema);

	if (!is_text(values->request_id, ID_MAX))
		return err_set(err, E_REFUSED, "its \"request_id\" is no id");
	if (!is_text(values->domain, DNAME_TEXT_MAX))
		return err_set(err, E_REFUSED, "its \"domain\" is no name");
	if (!unknown && !is_text(values->schema, NAME_MAX_LEN))
		return err_set(err, E_REFUSED, "its \"schema\" is no name");
	ret->request_id = json_string_value(values->request_id);
	ret->domain = json_string_value(values->domain);
	ret->schema = unknown ? "" : json_string_value(values->schema);
	return read_name(
	    values->alternative, "alternative", &ret->alternative, err);
}

static bool
read_numbers(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	if (values->serial < 0)
		return err_set(err, E_REFUSED, "its \"serial\" is negative");
	if (!hex_parse(
		values->request_sha256, ret->request_sha256, SHA256_SIZE))
		return err_set(
		    err, E_REFUSED, "its \"request_sha256\" is not a SHA-256");
	ret->serial = (uint64_t)values->serial;
	return true;
}

static bool
read_times(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	if (!time_parse(values->inception, &ret->inception))
		return err_set(
		    err, E_REFUSED, "its \"inception\" is not a time");
	if (!time_parse(values->expiration, &ret->expiration))
		return err_set(
		    err, E_REFUSED, "its \"expiration\" is not a time");
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

/* {"response_sha256", "reason"}, or null. */
static bool
read_replaces(json_t *json, struct ledger_entry *ret, struct err *err)
{
	const char *hash;
	json_t *reason;

	if (json_is_null(json))
		return true;
	if (json_unpack(json, "{s:s, s:o !}", "response_sha256", &hash,
		"reason", &reason) != 0 ||
	    !hex_parse(hash, ret->replaces, SHA256_SIZE) ||
	    !is_text(reason, REASON_MAX))
		return err_set(err, E_REFUSED,
		    "its \"replaces\" is neither null nor a SHA-256 with its "
		    "reason");
	ret->has_replaces = true;
	ret->reason = json_string_value(reason);
	return true;
}

static bool
read_previous(const json_t *json, struct ledger_entry *ret, struct err *err)
{
	if (json_is_null(json))
		return true;
	if (!json_is_string(json) ||
	    !hex_parse(json_string_value(json), ret->previous_sha256,
		SHA256_SIZE))
		return err_set(err, E_REFUSED,
		    "its \"previous_sha256\" is neither null nor a SHA-256");
	ret->has_previous = true;
	return true;
}

/* What the slots tell, as a line of form 1 tells it. */
static bool
take_slots(struct ledger_entry *ret, struct err *err)
{
	const struct ledger_slots *slots = &ret->slots;

	ret->inception = slots->slots[0].inception;
	ret->expiration = slots->slots[slots->n - 1].expiration;
	ret->bundle_ids = calloc(slots->n, sizeof(ret->bundle_ids[0]));
	if (ret->bundle_ids == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < slots->n; i++)
		ret->bundle_ids[i] = slots->slots[i].bundle_id;
	ret->n_bundle_ids = slots->n;
	return true;
}

static bool
read_signing_1(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	return read_texts(values, ret, err) &&
	    read_numbers(values, ret, err) && read_times(values, ret, err) &&
	    read_bundle_ids(values->bundles, ret, err);
}

static bool
read_signing(
    const struct values *values, struct ledger_entry *ret, struct err *err)
{
	return read_texts(values, ret, err) &&
	    read_numbers(values, ret, err) &&
	    read_name(values->fallback, "fallback", &ret->fallback, err) &&
	    read_previous(values->previous, ret, err) &&
	    read_replaces(values->replaces, ret, err) &&
	    ledger_slots_read(values->ksks, values->zsks, values->slots,
		&ret->slots, err) &&
	    take_slots(ret, err);
}

static bool
read_domain(const json_t *json, struct ledger_line *ret, struct err *err)
{
	if (!is_text(json, DNAME_TEXT_MAX))
		return err_set(err, E_REFUSED, "its \"domain\" is no name");
	ret->domain = json_string_value(json);
	return true;
}

static bool
read_activated(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	if (values->slot < 1 || values->slot > BUNDLES_MAX)
		return err_set(err, E_REFUSED, "its \"slot\" is none");
	if (!time_parse(values->from, &ret->from))
		return err_set(err, E_REFUSED, "its \"from\" is not a time");
	ret->slot = (size_t)values->slot;
	return read_domain(values->domain, ret, err);
}

static bool
read_published(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	return read_domain(values->domain, ret, err);
}

static bool
read_signed(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	ret->entry.adopted = ret->event == LEDGER_ADOPT;
	return read_domain(values->domain, ret, err) &&
	    read_signing(values, &ret->entry, err);
}

static bool
read_signed_1(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	return read_domain(values->domain, ret, err) &&
	    read_signing_1(values, &ret->entry, err);
}

static bool
read_other_1(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	(void)values;
	(void)err;
	ret->slot = 1;
	return true;
}

/* How a line of each form and event is taken apart, and then read. */
static const struct form {
	int format;
	const char *name;
	enum ledger_event event;
	bool (*unpack)(json_t *, struct values *, json_error_t *);
	bool (*read)(
	    const struct values *, struct ledger_line *, struct err *);
} forms[] = {
	{ 1, "signing", LEDGER_SIGNING, unpack_signing_1, read_signed_1 },
	{ 1, "published", LEDGER_PUBLISH, unpack_other_1, read_other_1 },
	{ 1, "activated", LEDGER_ACTIVATE, unpack_other_1, read_other_1 },
	{ 2, "signing", LEDGER_SIGNING, unpack_signing, read_signed },
	{ 2, "published", LEDGER_PUBLISH, unpack_published, read_published },
	{ 2, "activated", LEDGER_ACTIVATE, unpack_activated, read_activated },
	{ 2, "adopted", LEDGER_ADOPT, unpack_signing, read_signed },
};

static bool
is_event(const char *name)
{
	for (size_t i = 0; name != NULL && i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return true;
	return false;
}

static bool
find_form(const json_t *json, const struct form **ret, struct err *err)
{
	const char *event = json_string_value(json_object_get(json, "event"));
	const json_t *format = json_object_get(json, "format");

	if (!is_event(event))
		return err_set(err, E_REFUSED,
		    "its \"event\" is not signing, published, activated or "
		    "adopted");
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (json_is_integer(format) &&
		    json_integer_value(format) == forms[i].format &&
		    strcmp(forms[i].name, event) == 0) {
			*ret = &forms[i];
			return true;
		}
	}
	return err_set(err, E_REFUSED,
	    "its \"format\" is none in which this program knows \"%s\": 1 to "
	    "%d",
	    event, REGISTER_FORMAT);
}

/* What every line has. */
static bool
read_start(
    const struct values *values, struct ledger_line *ret, struct err *err)
{
	if (!time_parse(values->time, &ret->time))
		return err_set(err, E_REFUSED, "its \"time\" is not a time");
	if (!hex_parse(
		values->response_sha256, ret->response_sha256, SHA256_SIZE))
		return err_set(
		    err, E_REFUSED, "its \"response_sha256\" is not a SHA-256");
	return true;
}

/*
 * A line has no more than inceptions.  A record of another signer's request says
 * by its id when it is used, which is after its signatures begin.
 */
static void
set_begins(struct ledger_entry *entry)
{
	int64_t begins;

	entry->begins = entry->inception;
	if (entry->n_bundle_ids > 0 &&
	    format_begins_by_id(
		entry->bundle_ids[0], entry->request_sha256, &begins) &&
	    begins > entry->inception)
		entry->begins = begins;
}

bool
ledger_line_read(
    json_t *json, size_t number, struct ledger_line *ret, struct err *err)
{
	struct ledger_line line = { .number = number, .entry.line = number };
	struct values values = { 0 };
	const struct form *form = NULL;
	json_error_t error;

	if (!find_form(json, &form, err))
		return false;
	if (!form->unpack(json, &values, &error))
		return err_set(
		    err, E_REFUSED, "is no line of a register: %s", error.text);
	line.event = form->event;
	line.format = form->format;
	if (!read_start(&values, &line, err))
		return false;
	line.entry.signed_at = line.time;
	memcpy(line.entry.response_sha256, line.response_sha256, SHA256_SIZE);
	if (!form->read(&values, &line, err)) {
		ledger_entry_clear(&line.entry);
		return false;
	}
	set_begins(&line.entry);
	*ret = line;
	return true;
}

void
ledger_entry_clear(struct ledger_entry *entry)
{
	free(entry->bundle_ids);
	entry->bundle_ids = NULL;
	ledger_slots_clear(&entry->slots);
}
