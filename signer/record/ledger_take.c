#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "signer/record/ledger_parts.h"

/* Room for one more: an array doubles when its size is full. */
static bool
make_room(void **array, size_t n, size_t size, struct err *err)
{
	void *grown;

	if ((n & (n - 1)) != 0)
		return true;
	grown = realloc(*array, (n == 0 ? 1 : 2 * n) * size);
	if (grown == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*array = grown;
	return true;
}

/* As canonical text; false for a name that is none, which is no zone's. */
static bool
zone_key(const char *zone, char ret[DNAME_TEXT_MAX + 1])
{
	struct dname dname;
	struct err ignored;

	if (!dname_parse(zone, &dname, &ignored))
		return false;
	dname_text(&dname, ret);
	return true;
}

size_t
ledger_last_of(const struct ledger *ledger, const char *zone)
{
	char key[DNAME_TEXT_MAX + 1];

	return zone_key(zone, key)
	    ? (size_t)json_integer_value(json_object_get(ledger->zones, key))
	    : 0;
}

/* The last entry becomes the first of its zone's. */
static bool
link_entry(struct ledger *ledger, struct err *err)
{
	struct ledger_entry *entry = &ledger->entries[ledger->n_entries - 1];
	char key[DNAME_TEXT_MAX + 1];

	if (ledger->zones == NULL)
		ledger->zones = json_object();
	if (!zone_key(entry->domain, key))
		return true;
	entry->before = ledger_last_of(ledger, key);
	return json_object_set_new(ledger->zones, key,
		   json_integer((json_int_t)ledger->n_entries)) == 0 ||
	    err_set(err, E_MEMORY, "out of memory");
}

static bool
add_entry(
    struct ledger *ledger, struct ledger_line *line, struct err *err)
{
	void *entries = ledger->entries;

	if (!make_room(&entries, ledger->n_entries, sizeof(ledger->entries[0]),
		err))
		return false;
	ledger->entries = entries;
	ledger->entries[ledger->n_entries++] = line->entry;
	line->entry = (struct ledger_entry){ 0 };
	return link_entry(ledger, err);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_manner(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return memcmp(a->request_sha256, b->request_sha256, SHA256_SIZE) == 0 &&
	    strcmp(a->schema, b->schema) == 0 &&
	    same_text(a->alternative, b->alternative);
}

static bool
take_signing(
    struct ledger *ledger, struct ledger_line *line, struct err *err)
{
	struct ledger_entry *entry;

	if (!add_entry(ledger, line, err))
		return false;
	entry = &ledger->entries[ledger->n_entries - 1];
	for (size_t i = 0;
	     ledger->n_interrupted > 0 && i + 1 < ledger->n_entries; i++) {
		if (ledger->entries[i].state != LEDGER_INTERRUPTED ||
		    !same_manner(&ledger->entries[i], entry))
			continue;
		ledger->entries[i].state = LEDGER_REPEATED;
		ledger->n_interrupted--;
	}
	ledger->n_interrupted++;
	ledger->publishable = true;
	return true;
}

/* The same response signed or taken up once more is as active as it was. */
static void
mark_published(
    struct ledger *ledger, const struct ledger_line *line, size_t number)
{
	struct ledger_entry *last = &ledger->entries[ledger->n_entries - 1];

	if (!last->adopted)
		ledger->n_interrupted--;
	last->state = LEDGER_PUBLISHED;
	last->published_at = line->time;
	last->published_line = number;
	for (size_t i = last->before; i > 0;
	     i = ledger->entries[i - 1].before) {
		const struct ledger_entry *entry = &ledger->entries[i - 1];

		if (!entry->active ||
		    !ledger_same_response(entry, last->response_sha256))
			continue;
		last->active = true;
		last->active_from_slot = entry->active_from_slot;
		last->activated_at = entry->activated_at;
	}
}

static bool
take_published(struct ledger *ledger, const struct ledger_line *line,
    size_t number, struct err *err)
{
	const struct ledger_entry *last;

	if (!ledger->publishable)
		return err_set(err, E_REFUSED,
		    "it says \"published\", but the line before does not say "
		    "\"signing\"");
	last = &ledger->entries[ledger->n_entries - 1];
	if (!ledger_same_response(last, line->response_sha256) ||
	    (line->domain != NULL && !same_domain(line->domain, last->domain)))
		return err_set(err, E_REFUSED,
		    "it publishes another response than line %zu signed",
		    last->line);
	mark_published(ledger, line, number);
	ledger->publishable = false;
	return true;
}

static bool
take_adopted(struct ledger *ledger, struct ledger_line *line, size_t number,
    struct err *err)
{
	ledger->publishable = false;
	if (!add_entry(ledger, line, err))
		return false;
	mark_published(ledger, line, number);
	return true;
}

bool
ledger_same_time(
    const struct ledger_entry *one, const struct ledger_entry *other)
{
	return (one->inception == other->inception ||
		   strcmp(one->request_id, other->request_id) == 0) &&
	    same_domain(one->domain, other->domain);
}

static bool
add_activation(struct ledger *ledger, const struct ledger_entry *entry,
    const struct ledger_line *line, size_t number, struct err *err)
{
	void *activations = ledger->activations;

	if (!make_room(&activations, ledger->n_activations,
		sizeof(ledger->activations[0]), err))
		return false;
	ledger->activations = activations;
	ledger->activations[ledger->n_activations++] =
	    (struct history_activation){
		    .response = (size_t)(entry - ledger->entries),
		    .slot = line->slot - 1,
		    .from = line->format == 1 ? entry->inception : line->from,
		    .line = number,
	    };
	return true;
}

/* Byte for byte the same response under two names is one response. */
static void
activate_entries(struct ledger *ledger, const struct ledger_entry *found,
    const struct ledger_line *line)
{
	for (size_t i = ledger_last_of(ledger, found->domain); i > 0;
	     i = ledger->entries[i - 1].before) {
		struct ledger_entry *entry = &ledger->entries[i - 1];

		if (entry != found && ledger_same_time(entry, found))
			entry->active = false;
		if (entry->state != LEDGER_PUBLISHED ||
		    !ledger_same_response(entry, line->response_sha256))
			continue;
		entry->active = true;
		entry->active_from_slot = line->slot;
		entry->activated_at = line->time;
	}
}

static bool
is_slot(const struct ledger_entry *entry, const struct ledger_line *line)
{
	if (line->format == 1)
		return true;
	if (line->slot > entry->n_bundle_ids ||
	    !same_domain(line->domain, entry->domain))
		return false;
	return entry->slots.n == 0 ||
	    entry->slots.slots[line->slot - 1].inception == line->from;
}

static bool
take_activated(struct ledger *ledger, const struct ledger_line *line,
    size_t number, struct err *err)
{
	const struct ledger_entry *found = line->domain == NULL
	    ? ledger_response(ledger, line->response_sha256)
	    : ledger_response_of(
		  ledger, line->domain, line->response_sha256);

	if (found == NULL || found->state != LEDGER_PUBLISHED)
		return err_set(err, E_REFUSED,
		    "it activates a response that is not published");
	if (!is_slot(found, line))
		return err_set(err, E_REFUSED,
		    "it activates a response from a slot that it has not");
	if (found->active && found->active_from_slot <= line->slot)
		return err_set(
		    err, E_REFUSED, "it activates what is active already");
	for (size_t i = 0; line->format == 1 && i < ledger->n_entries; i++)
		if (ledger->entries[i].active &&
		    strcmp(ledger->entries[i].request_id, found->request_id) ==
			0)
			return err_set(err, E_REFUSED,
			    "of the responses to request %s another is active",
			    found->request_id);
	if (!add_activation(ledger, found, line, number, err))
		return false;
	activate_entries(ledger, found, line);
	ledger->publishable = false;
	return true;
}

bool
ledger_take_line(
    struct ledger *ledger, struct ledger_line *line, struct err *err)
{
	size_t number = line->number;

	if (line->format < ledger->format)
		return err_set(err, E_REFUSED,
		    "its \"format\" is %d, the line before has %d",
		    line->format, ledger->format);
	ledger->format = line->format;
	if (!ledger->has_newest || line->time > ledger->newest)
		ledger->newest = line->time;
	ledger->has_newest = true;
	switch (line->event) {
	case LEDGER_SIGNING:
		return take_signing(ledger, line, err);
	case LEDGER_PUBLISH:
		return take_published(ledger, line, number, err);
	case LEDGER_ADOPT:
		return take_adopted(ledger, line, number, err);
	case LEDGER_ACTIVATE:
		break;
	}
	return take_activated(ledger, line, number, err);
}
