#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "tests/attack/mutate.h"
#include "tests/attack/mutation_value.h"
#include "tests/support/support.h"

#define DAY_S     INT64_C(86400)
#define VALUE_MAX (1u << 16)

static const char *const change_names[] = {
	[ELEMENT_REMOVED] = "element removed",
	[ELEMENT_REPEATED] = "element repeated",
	[ELEMENT_EMPTIED] = "element emptied",
	[ELEMENT_SWAPPED] = "element swapped",
	[ATTRIBUTE_REMOVED] = "attribute removed",
	[ATTRIBUTE_REPEATED] = "attribute repeated",
	[ATTRIBUTE_SWAPPED] = "attribute swapped",
	[VALUE_EMPTIED] = "value emptied",
	[VALUE_CHANGED] = "value changed",
	[VALUE_EXCHANGED] = "value exchanged",
	[VALUE_TAKEN] = "value taken from the other document",
	[EXCHANGED] = "exchanged",
	[CONTENT_EXCHANGED] = "bundles' content exchanged",
	[COPIED] = "copied into another bundle",
	[ADOPTED] = "taken from the other document",
	[BUNDLE_MOVED] = "bundle moved in time",
	[KEY_RENAMED] = "key renamed",
	[SIGNER_ADDED] = "Signer added",
	[VALUE_RESPELLED] = "value respelled",
	[DOCUMENT_RESPELLED] = "document respelled",
	[KEYS_REORDERED] = "keys reordered",
	[SIGNATURES_REORDERED] = "signatures reordered",
};

static const char *const document_names[] = {
	[DOCUMENT_REQUEST] = "request",
	[DOCUMENT_PREVIOUS] = "previous",
	[DOCUMENT_RESPONSE] = "response",
};

/* Each is a mutation of its own. */
static const struct xml_style styles[] = {
	{ "", '"', false, "" },
	{ "\r\n\t", '"', false, "" },
	{ "\n", '\'', false, "" },
	{ "\n", '"', true, "" },
	{ "<!-- <Key/> -->", '"', false, "<!-- a -->" },
	{ " ", '\'', true, "<?xml version='1.0'?>\n" },
	{ "\n", '"', false,
	    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>" },
};

static const int64_t bundle_moves_s[] = { 1, -1, DAY_S, -DAY_S, 365 * DAY_S,
	-365 * DAY_S };

/*
 * Listing.
 */

struct listing {
	const struct xml *xml;
	const struct xml *other;
	enum document document;
	struct mutations *list;
};

static void
add(struct listing *l, struct mutation mutation)
{
	struct mutations *list = l->list;

	if (list->n == list->size) {
		list->size = list->size == 0 ? 1024 : 2 * list->size;
		list->at = realloc(list->at, list->size * sizeof(list->at[0]));
		assert_non_null(list->at);
	}
	mutation.document = l->document;
	list->at[list->n++] = mutation;
}

static bool
is_bundle(const struct xml *xml, size_t i)
{
	return xml_is(xml, i, "RequestBundle") ||
	    xml_is(xml, i, "ResponseBundle");
}

static bool
is_in_bundle(const struct xml *xml, size_t i)
{
	return xml_is(xml, i, "Key") || xml_is(xml, i, "Signature");
}

static const char *
value_of(const struct xml *xml, size_t element, size_t attribute)
{
	const struct xml_element *e = &xml->elements[element];

	return attribute == TEXT_OF_ELEMENT ? e->text
					    : e->attributes[attribute].value;
}

static enum value_kind
kind_of(const struct xml *xml, size_t element, size_t attribute)
{
	const struct xml_element *e = &xml->elements[element];

	return value_kind(attribute == TEXT_OF_ELEMENT
		? e->name
		: e->attributes[attribute].name);
}

static void
list_value(struct listing *l, size_t element, size_t attribute)
{
	enum value_kind kind = kind_of(l->xml, element, attribute);
	const char *value = value_of(l->xml, element, attribute);
	struct mutation m = { .element = element, .attribute = attribute };
	struct buf changed = buf_new(VALUE_MAX);

	m.change = VALUE_CHANGED;
	while (value_change(kind, value, m.variant, &changed)) {
		add(l, m);
		m.variant++;
	}
	m.change = VALUE_RESPELLED;
	for (m.variant = 0; value_respell(kind, value, m.variant, &changed);
	     m.variant++)
		add(l, m);
	m.variant = 0;
	m.change = VALUE_EMPTIED;
	add(l, m);
	m.change = VALUE_EXCHANGED;
	add(l, m);
	m.change = VALUE_TAKEN;
	add(l, m);
	buf_free(&changed);
}

static void
list_attributes(struct listing *l, size_t element)
{
	for (size_t i = 0; i < l->xml->elements[element].n_attributes; i++) {
		struct mutation m = { .element = element, .attribute = i };

		list_value(l, element, i);
		m.change = ATTRIBUTE_REMOVED;
		add(l, m);
		m.change = ATTRIBUTE_REPEATED;
		add(l, m);
		m.change = ATTRIBUTE_SWAPPED;
		add(l, m);
	}
}

static void
list_bundle(struct listing *l, size_t element)
{
	struct mutation m = { .element = element };

	m.change = SIGNER_ADDED;
	add(l, m);
	m.change = KEYS_REORDERED;
	add(l, m);
	m.change = SIGNATURES_REORDERED;
	add(l, m);
	m.change = BUNDLE_MOVED;
	for (; m.variant < ARRAY_LEN(bundle_moves_s); m.variant++)
		add(l, m);
}

/* With every later one of its name; a key or signature into every bundle. */
static void
list_exchanges(struct listing *l, size_t element)
{
	const struct xml *xml = l->xml;

	for (size_t i = 1; i < xml->n; i++) {
		struct mutation m = { .element = element, .other = i };

		if (is_in_bundle(xml, element) && is_bundle(xml, i)) {
			m.change = COPIED;
			add(l, m);
		}
		if (i <= element ||
		    strcmp(xml->elements[i].name,
			xml->elements[element].name) != 0)
			continue;
		m.change = EXCHANGED;
		add(l, m);
		m.change = CONTENT_EXCHANGED;
		if (is_bundle(xml, element))
			add(l, m);
	}
}

/* What the other document has of that kind, in the element's place. */
static void
list_adoptions(struct listing *l, size_t element)
{
	struct mutation m = { .change = ADOPTED, .element = element };

	for (size_t i = 1; i < l->other->n; i++) {
		m.other = i;
		if (strcmp(l->other->elements[i].name,
			l->xml->elements[element].name) == 0)
			add(l, m);
	}
}

static void
list_element(struct listing *l, size_t element)
{
	struct mutation m = { .element = element };

	m.change = ELEMENT_REMOVED;
	add(l, m);
	m.change = ELEMENT_REPEATED;
	add(l, m);
	m.change = ELEMENT_EMPTIED;
	add(l, m);
	m.change = ELEMENT_SWAPPED;
	add(l, m);
	list_attributes(l, element);
	if (l->xml->elements[element].child == 0)
		list_value(l, element, TEXT_OF_ELEMENT);
	if (is_bundle(l->xml, element))
		list_bundle(l, element);
	if (is_bundle(l->xml, element) || is_in_bundle(l->xml, element))
		list_exchanges(l, element);
	if (is_in_bundle(l->xml, element))
		list_adoptions(l, element);
	m.change = KEY_RENAMED;
	if (xml_is(l->xml, element, "Key"))
		add(l, m);
}

void
mutations_list(const struct xml *const originals[DOCUMENTS],
    enum document document, enum document other, struct mutations *ret)
{
	struct listing l = { originals[document], originals[other], document,
		ret };
	struct mutation m = { .change = DOCUMENT_RESPELLED };

	for (; m.variant < ARRAY_LEN(styles); m.variant++)
		add(&l, m);
	for (size_t i = 1; i < l.xml->n; i++)
		list_element(&l, i);
}

void
mutations_clear(struct mutations *mutations)
{
	free(mutations->at);
	*mutations = (struct mutations){ 0 };
}

/*
 * Doing.
 */

struct doing {
	const struct mutation *mutation;
	struct xml *xml;
	const struct xml *other; /* the other document as it was */
};

static void
set_value(const struct doing *d, size_t element, const char *value)
{
	struct xml_element *e = &d->xml->elements[element];

	if (d->mutation->attribute == TEXT_OF_ELEMENT)
		e->text = value;
	else
		e->attributes[d->mutation->attribute].value = value;
}

static bool
change_value(const struct doing *d,
    bool (*change)(enum value_kind kind, const char *value, size_t variant,
	struct buf *ret))
{
	const struct mutation *m = d->mutation;
	struct buf buf = buf_new(VALUE_MAX);
	const char *value = value_of(d->xml, m->element, m->attribute);
	bool changed = change(
	    kind_of(d->xml, m->element, m->attribute), value, m->variant, &buf);

	changed = changed && strcmp((const char *)buf.data, value) != 0;
	if (changed)
		set_value(
		    d, m->element, xml_text(d->xml, (const char *)buf.data));
	buf_free(&buf);
	return changed;
}

/* The next that has the name, in the order of the document, or 0. */
static size_t
next_of_name(const struct xml *xml, size_t element)
{
	for (size_t i = element + 1; i < xml->n; i++)
		if (strcmp(xml->elements[i].name,
			xml->elements[element].name) == 0 &&
		    xml_attached(xml, i))
			return i;
	return 0;
}

static bool
exchange_values(const struct doing *d)
{
	const struct mutation *m = d->mutation;
	size_t next = next_of_name(d->xml, m->element);
	const char *value = value_of(d->xml, m->element, m->attribute);

	if (next == 0 ||
	    strcmp(value, value_of(d->xml, next, m->attribute)) == 0)
		return false;
	set_value(d, m->element, value_of(d->xml, next, m->attribute));
	set_value(d, next, value);
	return true;
}

static size_t
rank_of_name(const struct xml *xml, size_t element)
{
	size_t rank = 0;

	for (size_t i = 1; i < element; i++)
		if (strcmp(xml->elements[i].name,
			xml->elements[element].name) == 0)
			rank++;
	return rank;
}

/* Bundles and what holds the policies have two names. */
static bool
names_alike(const char *a, const char *b)
{
	static const char response[] = "Response", request[] = "Request";

	if (strncmp(a, response, strlen(response)) == 0)
		a += strlen(response);
	else if (strncmp(a, request, strlen(request)) == 0)
		a += strlen(request);
	if (strncmp(b, response, strlen(response)) == 0)
		b += strlen(response);
	else if (strncmp(b, request, strlen(request)) == 0)
		b += strlen(request);
	return strcmp(a, b) == 0;
}

static bool
take_value(const struct doing *d)
{
	const struct mutation *m = d->mutation;
	const struct xml_element *e = &d->xml->elements[m->element];
	size_t rank = rank_of_name(d->xml, m->element);

	for (size_t i = 1; i < d->other->n; i++) {
		const struct xml_element *from = &d->other->elements[i];
		const char *value;

		if (!names_alike(from->name, e->name) || rank-- > 0)
			continue;
		if (m->attribute != TEXT_OF_ELEMENT &&
		    m->attribute >= from->n_attributes)
			return false;
		value = value_of(d->other, i, m->attribute);
		if (strcmp(value, value_of(d->xml, m->element, m->attribute)) ==
		    0)
			return false;
		set_value(d, m->element, value);
		return true;
	}
	return false;
}

static bool
change_attributes(const struct doing *d)
{
	struct xml_element *e = &d->xml->elements[d->mutation->element];
	size_t i = d->mutation->attribute;
	const char *value = e->attributes[i].value;

	switch (d->mutation->change) {
	case ATTRIBUTE_REMOVED:
		for (e->n_attributes--; i < e->n_attributes; i++)
			e->attributes[i] = e->attributes[i + 1];
		return true;
	case ATTRIBUTE_REPEATED:
		if (e->n_attributes == XML_ATTRIBUTES_MAX)
			return false;
		e->attributes[e->n_attributes++] = e->attributes[i];
		return true;
	default:
		if (i + 1 >= e->n_attributes)
			return false;
		e->attributes[i].value = e->attributes[i + 1].value;
		e->attributes[i + 1].value = value;
		return true;
	}
}

static bool
exchange(struct xml *xml, size_t a, size_t b)
{
	if (a == 0 || b == 0 || !xml_attached(xml, b) ||
	    xml_is_below(xml, a, b) || xml_is_below(xml, b, a))
		return false;
	xml_exchange(xml, a, b);
	return true;
}

/* All but the times: the elements behind the Expiration change places. */
static bool
exchange_contents(struct xml *xml, size_t a, size_t b)
{
	size_t left = xml_child(xml, a, "Expiration");
	size_t right = xml_child(xml, b, "Expiration");
	size_t rest;

	if (!xml_attached(xml, b) || left == 0 || right == 0 || left == right)
		return false;
	rest = xml->elements[left].next;
	xml->elements[left].next = xml->elements[right].next;
	xml->elements[right].next = rest;
	for (size_t i = xml->elements[left].next; i != 0;
	     i = xml->elements[i].next)
		xml->elements[i].parent = a;
	for (size_t i = rest; i != 0; i = xml->elements[i].next)
		xml->elements[i].parent = b;
	return true;
}

static bool
copy_into(struct xml *xml, size_t element, size_t bundle)
{
	size_t last = xml_child(xml, bundle, xml->elements[element].name);

	if (last == 0 || !xml_attached(xml, bundle))
		return false;
	while (xml->elements[last].next != 0 &&
	    xml_is(xml, xml->elements[last].next, xml->elements[last].name))
		last = xml->elements[last].next;
	xml_insert_after(xml, xml_copy(xml, element), last);
	return true;
}

static bool
adopt(const struct doing *d)
{
	size_t element = d->mutation->element;
	size_t adopted = xml_adopt(d->xml, d->other, d->mutation->other);

	xml_insert_after(d->xml, adopted, element);
	xml_remove(d->xml, element);
	return true;
}

static bool
move_bundle(struct xml *xml, size_t bundle, int64_t by_s)
{
	static const char *const names[] = { "Inception", "Expiration" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t at = xml_child(xml, bundle, names[i]);
		char text[TIME_TEXT_SIZE];
		int64_t time;

		if (at == 0 || !time_parse(xml->elements[at].text, &time))
			return false;
		time_format_utc(time + by_s, text);
		xml->elements[at].text = xml_text(xml, text);
	}
	return true;
}

static bool
rename_key(struct xml *xml, size_t key)
{
	const char *name = xml->elements[key].n_attributes == 0
	    ? ""
	    : xml->elements[key].attributes[0].value;

	for (size_t i = 1; i < xml->n; i++) {
		struct xml_element *e = &xml->elements[i];

		if (is_in_bundle(xml, i) && e->n_attributes > 0 &&
		    strcmp(e->attributes[0].value, name) == 0)
			e->attributes[0].value = "renamed";
	}
	return true;
}

static bool
add_signer(struct xml *xml, size_t bundle)
{
	size_t expiration = xml_child(xml, bundle, "Expiration");
	size_t signer;

	if (expiration == 0)
		return false;
	signer = xml_copy(xml, expiration);
	xml->elements[signer].name = "Signer";
	xml->elements[signer].text = "";
	xml->elements[signer].n_attributes = 1;
	xml->elements[signer].attributes[0] =
	    (struct xml_attribute){ "keyIdentifier", "ksk-0" };
	xml_insert_after(xml, signer, expiration);
	return true;
}

/* The first and the last of the name change places. */
static bool
reorder(struct xml *xml, size_t bundle, const char *name)
{
	size_t first = xml_child(xml, bundle, name), last = first;

	for (size_t i = first; i != 0; i = xml->elements[i].next)
		if (xml_is(xml, i, name))
			last = i;
	return first != last && exchange(xml, first, last);
}

static bool
change_element(const struct doing *d)
{
	const struct mutation *m = d->mutation;
	struct xml_element *e = &d->xml->elements[m->element];

	switch (m->change) {
	case ELEMENT_REMOVED:
		xml_remove(d->xml, m->element);
		return true;
	case ELEMENT_REPEATED:
		xml_insert_after(
		    d->xml, xml_copy(d->xml, m->element), m->element);
		return true;
	case ELEMENT_EMPTIED:
		if (e->child == 0) /* as VALUE_EMPTIED */
			return false;
		e->child = 0;
		return true;
	case ELEMENT_SWAPPED:
		return exchange(d->xml, m->element, e->next);
	case EXCHANGED:
		return exchange(d->xml, m->element, m->other);
	case CONTENT_EXCHANGED:
		return exchange_contents(d->xml, m->element, m->other);
	case COPIED:
		return copy_into(d->xml, m->element, m->other);
	case ADOPTED:
		return adopt(d);
	case BUNDLE_MOVED:
		return move_bundle(
		    d->xml, m->element, bundle_moves_s[m->variant]);
	case KEY_RENAMED:
		return rename_key(d->xml, m->element);
	case SIGNER_ADDED:
		return add_signer(d->xml, m->element);
	case KEYS_REORDERED:
		return reorder(d->xml, m->element, "Key");
	case SIGNATURES_REORDERED:
		return reorder(d->xml, m->element, "Signature");
	default:
		return change_attributes(d);
	}
}

static bool
change_one_value(const struct doing *d)
{
	const struct mutation *m = d->mutation;

	switch (m->change) {
	case VALUE_EMPTIED:
		if (value_of(d->xml, m->element, m->attribute)[0] == '\0')
			return false;
		set_value(d, m->element, "");
		return true;
	case VALUE_CHANGED:
		return change_value(d, value_change);
	case VALUE_RESPELLED:
		return change_value(d, value_respell);
	case VALUE_EXCHANGED:
		return exchange_values(d);
	default:
		return take_value(d);
	}
}

bool
mutation_apply(const struct mutation *m,
    const struct xml *const originals[DOCUMENTS],
    struct xml *const clones[DOCUMENTS])
{
	struct doing d = {
		.mutation = m,
		.xml = clones[m->document],
		.other = originals[m->document == DOCUMENT_PREVIOUS
			? DOCUMENT_REQUEST
			: DOCUMENT_PREVIOUS],
	};

	if (m->change == DOCUMENT_RESPELLED)
		return true;
	if (!xml_attached(d.xml, m->element))
		return false;
	switch (m->change) {
	case VALUE_EMPTIED:
	case VALUE_CHANGED:
	case VALUE_EXCHANGED:
	case VALUE_TAKEN:
	case VALUE_RESPELLED:
		return (m->attribute == TEXT_OF_ELEMENT ||
			   m->attribute <
			       d.xml->elements[m->element].n_attributes) &&
		    change_one_value(&d);
	case ATTRIBUTE_REMOVED:
	case ATTRIBUTE_REPEATED:
	case ATTRIBUTE_SWAPPED:
		return m->attribute <
		    d.xml->elements[m->element].n_attributes &&
		    change_attributes(&d);
	default:
		return change_element(&d);
	}
}

bool
mutation_is_spelling(const struct mutation *mutation)
{
	return mutation->change >= VALUE_RESPELLED;
}

const struct xml_style *
mutation_style(const struct mutation *mutation)
{
	return mutation->change == DOCUMENT_RESPELLED
	    ? &styles[mutation->variant]
	    : NULL;
}

/* "KSR/Request/RequestBundle 2/Key 1", with numbers among siblings. */
static void
put_place(const struct xml *xml, size_t element, struct buf *ret)
{
	const struct xml_element *e = &xml->elements[element];
	size_t rank = 1;

	if (element == 0)
		return;
	put_place(xml, e->parent, ret);
	for (size_t i = xml->elements[e->parent].child; i != element;
	     i = xml->elements[i].next)
		if (strcmp(xml->elements[i].name, e->name) == 0)
			rank++;
	buf_printf(ret, "/%s %zu", e->name, rank);
}

void
mutation_describe(const struct mutation *m,
    const struct xml *const originals[DOCUMENTS], struct buf *ret)
{
	const struct xml *xml = originals[m->document];

	buf_printf(ret, "%s: %s, variant %zu: ", document_names[m->document],
	    change_names[m->change], m->variant);
	put_place(xml, m->element, ret);
	if ((m->change >= ATTRIBUTE_REMOVED && m->change <= VALUE_TAKEN) ||
	    m->change == VALUE_RESPELLED) {
		if (m->attribute != TEXT_OF_ELEMENT)
			buf_printf(ret, "@%s",
			    xml->elements[m->element]
				.attributes[m->attribute]
				.name);
		buf_printf(
		    ret, " \"%.60s\"", value_of(xml, m->element, m->attribute));
	}
	if (m->other != 0) {
		buf_puts(ret, " and ");
		put_place(m->change == ADOPTED
			? originals[m->document == DOCUMENT_PREVIOUS
				  ? DOCUMENT_REQUEST
				  : DOCUMENT_PREVIOUS]
			: xml,
		    m->other, ret);
	}
}
