#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "tests/attack/mutation_xml.h"
#include "tests/support/support.h"

#define CHILDREN_MAX 256

/*
 * Reading.
 */

struct parsing {
	struct xml *xml;
	size_t open; /* the element whose end has not come */
	struct buf text;
};

static void *
grown(void *array, size_t n, size_t *size, size_t item_size)
{
	if (n < *size)
		return array;
	*size = *size == 0 ? 64 : 2 * *size;
	array = realloc(array, *size * item_size);
	assert_non_null(array);
	return array;
}

static size_t
new_element(struct xml *xml, struct xml_element element)
{
	xml->elements =
	    grown(xml->elements, xml->n, &xml->size, sizeof(xml->elements[0]));
	xml->elements[xml->n] = element;
	return xml->n++;
}

const char *
xml_text(struct xml *xml, const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	xml->texts =
	    realloc(xml->texts, (xml->n_texts + 1) * sizeof(xml->texts[0]));
	assert_non_null(xml->texts);
	return xml->texts[xml->n_texts++] = copy;
}

static void
append_child(struct xml *xml, size_t element, size_t parent)
{
	size_t *link = &xml->elements[parent].child;

	while (*link != 0)
		link = &xml->elements[*link].next;
	*link = element;
	xml->elements[element].parent = parent;
}

static void XMLCALL
on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct parsing *parsing = context;
	struct xml *xml = parsing->xml;
	struct xml_element element = { .name = xml_text(xml, name),
		.text = "" };
	size_t index;

	for (; *attributes != NULL; attributes += 2) {
		assert_true(element.n_attributes < XML_ATTRIBUTES_MAX);
		element.attributes[element.n_attributes++] =
		    (struct xml_attribute){ xml_text(xml, attributes[0]),
			    xml_text(xml, attributes[1]) };
	}
	index = new_element(xml, element);
	append_child(xml, index, parsing->open);
	parsing->open = index;
	parsing->text.len = 0;
}

static void XMLCALL
on_text(void *context, const XML_Char *text, int len)
{
	struct parsing *parsing = context;

	buf_put(&parsing->text, text, (size_t)len);
}

static void XMLCALL
on_end(void *context, const XML_Char *name)
{
	struct parsing *parsing = context;
	struct xml *xml = parsing->xml;
	struct xml_element *element = &xml->elements[parsing->open];

	(void)name;
	if (element->child == 0 && parsing->text.len > 0) {
		buf_u8(&parsing->text, 0);
		element->text = xml_text(xml, (char *)parsing->text.data);
	}
	parsing->text.len = 0;
	parsing->open = element->parent;
}

struct xml *
xml_tree_of(struct bytes document)
{
	struct xml *xml = calloc(1, sizeof(*xml));
	struct parsing parsing = { .xml = xml, .text = buf_new(1u << 20) };
	XML_Parser parser = XML_ParserCreate(NULL);

	assert_true(xml != NULL && parser != NULL);
	new_element(xml, (struct xml_element){ .name = "", .text = "" });
	XML_SetUserData(parser, &parsing);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	assert_int_equal(XML_STATUS_OK,
	    XML_Parse(
		parser, (const char *)document.data, (int)document.len, 1));
	XML_ParserFree(parser);
	buf_free(&parsing.text);
	return xml;
}

struct xml *
xml_clone(const struct xml *origin)
{
	struct xml *xml = calloc(1, sizeof(*xml));

	assert_non_null(xml);
	xml->n = origin->n;
	xml->size = 2 * origin->n;
	xml->elements = calloc(xml->size, sizeof(xml->elements[0]));
	assert_non_null(xml->elements);
	memcpy(xml->elements, origin->elements,
	    origin->n * sizeof(xml->elements[0]));
	return xml;
}

void
xml_free(struct xml *xml)
{
	if (xml == NULL)
		return;
	for (size_t i = 0; i < xml->n_texts; i++)
		free(xml->texts[i]);
	free(xml->texts);
	free(xml->elements);
	free(xml);
}

/*
 * Writing.
 */

static void
put_escaped(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++)
		if (strchr("&<>\"'", *text) != NULL)
			buf_printf(buf, "&#%d;", *text);
		else
			buf_put(buf, text, 1);
}

static void
put_attribute(struct buf *buf, const struct xml_attribute *attribute,
    const struct xml_style *style)
{
	buf_printf(buf, " %s=%c", attribute->name, style->quote);
	put_escaped(buf, attribute->value);
	buf_put(buf, &style->quote, 1);
}

static void
put_element(const struct xml *xml, size_t index, const struct xml_style *style,
    struct buf *buf)
{
	const struct xml_element *element = &xml->elements[index];
	size_t n = element->n_attributes;

	buf_printf(buf, "<%s", element->name);
	for (size_t i = 0; i < n; i++)
		put_attribute(buf,
		    &element->attributes[style->reverse_attributes ? n - 1 - i
								   : i],
		    style);
	buf_puts(buf, ">");
	put_escaped(buf, element->text);
	for (size_t i = element->child; i != 0; i = xml->elements[i].next) {
		buf_puts(buf, style->between);
		put_element(xml, i, style, buf);
	}
	if (element->child != 0)
		buf_puts(buf, style->between);
	buf_printf(buf, "</%s>", element->name);
}

void
xml_write(const struct xml *xml, const struct xml_style *style, struct buf *ret)
{
	static const struct xml_style plain = { "\n", '"', false, "" };

	if (style == NULL)
		style = &plain;
	buf_puts(ret, style->head);
	for (size_t i = xml->elements[0].child; i != 0;
	     i = xml->elements[i].next)
		put_element(xml, i, style, ret);
	buf_puts(ret, "\n");
}

/*
 * Questions and changes.
 */

bool
xml_is(const struct xml *xml, size_t element, const char *name)
{
	return strcmp(xml->elements[element].name, name) == 0;
}

size_t
xml_child(const struct xml *xml, size_t element, const char *name)
{
	size_t child = xml->elements[element].child;

	while (child != 0 && !xml_is(xml, child, name))
		child = xml->elements[child].next;
	return child;
}

bool
xml_is_below(const struct xml *xml, size_t element, size_t ancestor)
{
	while (element != 0 && element != ancestor)
		element = xml->elements[element].parent;
	return element == ancestor;
}

/* The link in the tree that leads to the element, or NULL. */
static size_t *
link_to(struct xml *xml, size_t element)
{
	size_t *link = &xml->elements[xml->elements[element].parent].child;

	while (*link != 0 && *link != element)
		link = &xml->elements[*link].next;
	return *link == element ? link : NULL;
}

bool
xml_attached(const struct xml *xml, size_t element)
{
	while (element != 0) {
		size_t parent = xml->elements[element].parent;
		size_t i = xml->elements[parent].child;

		while (i != 0 && i != element)
			i = xml->elements[i].next;
		if (i == 0)
			return false;
		element = parent;
	}
	return true;
}

void
xml_remove(struct xml *xml, size_t element)
{
	size_t *link = link_to(xml, element);

	assert_non_null(link);
	*link = xml->elements[element].next;
	xml->elements[element].next = 0;
}

void
xml_insert_after(struct xml *xml, size_t element, size_t after)
{
	struct xml_element *e = &xml->elements[element];

	e->parent = xml->elements[after].parent;
	e->next = xml->elements[after].next;
	xml->elements[after].next = element;
}

size_t
xml_adopt(struct xml *xml, const struct xml *from, size_t element)
{
	struct xml_element copy = from->elements[element];
	size_t child = copy.child, index;

	copy.parent = copy.child = copy.next = 0;
	index = new_element(xml, copy);
	while (child != 0) {
		size_t next = from->elements[child].next;

		append_child(xml, xml_adopt(xml, from, child), index);
		child = next;
	}
	return index;
}

size_t
xml_copy(struct xml *xml, size_t element)
{
	return xml_adopt(xml, xml, element);
}

static void
own_children(struct xml *xml, size_t element)
{
	for (size_t i = xml->elements[element].child; i != 0;
	     i = xml->elements[i].next)
		xml->elements[i].parent = element;
}

/* The places keep their numbers and what is in them is exchanged. */
void
xml_exchange(struct xml *xml, size_t a, size_t b)
{
	struct xml_element left = xml->elements[a], right = xml->elements[b];

	xml->elements[a] = right;
	xml->elements[a].parent = left.parent;
	xml->elements[a].next = left.next;
	xml->elements[b] = left;
	xml->elements[b].parent = right.parent;
	xml->elements[b].next = right.next;
	own_children(xml, a);
	own_children(xml, b);
}

/*
 * Comparing.
 */

struct comparing {
	const struct xml *before, *after;
	struct xml_differences *found;
};

/* Children in the order of comparison. */
struct children {
	size_t n;
	struct child {
		const char *name;
		const char *order[2]; /* among those of the name */
		size_t group;         /* where the name comes first */
		size_t place, element;
	} at[CHILDREN_MAX];
};

static const char *
text_of(const struct xml *xml, size_t element, const char *child)
{
	size_t i = xml_child(xml, element, child);

	return i == 0 ? "" : xml->elements[i].text;
}

static void
set_order(const struct xml *xml, struct child *child)
{
	child->order[0] = child->order[1] = "";
	if (xml_is(xml, child->element, "Key")) {
		child->order[0] = text_of(xml, child->element, "Flags");
		child->order[1] = text_of(xml, child->element, "PublicKey");
	}
	if (xml_is(xml, child->element, "Signature"))
		child->order[0] = text_of(xml, child->element, "KeyTag");
}

static int
by_group(const void *left, const void *right)
{
	const struct child *a = left, *b = right;
	int order = strcmp(a->order[0], b->order[0]);

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (order == 0)
		order = strcmp(a->order[1], b->order[1]);
	if (order != 0)
		return order;
	return (a->place > b->place) - (a->place < b->place);
}

static void
list_children(const struct xml *xml, size_t element, struct children *ret)
{
	ret->n = 0;
	for (size_t i = xml->elements[element].child; i != 0;
	     i = xml->elements[i].next) {
		struct child *child = &ret->at[ret->n];

		assert_true(ret->n < CHILDREN_MAX);
		*child = (struct child){ .name = xml->elements[i].name,
			.group = ret->n,
			.place = ret->n,
			.element = i };
		set_order(xml, child);
		for (size_t j = ret->n; j-- > 0;)
			if (strcmp(ret->at[j].name, child->name) == 0)
				child->group = ret->at[j].group;
		ret->n++;
	}
	qsort(ret->at, ret->n, sizeof(ret->at[0]), by_group);
}

/* kind is "", "@name" or "#". */
static void
found(struct comparing *c, const char *path, const char *kind, size_t bundle,
    const char *before, const char *after)
{
	struct xml_differences *all = c->found;
	struct xml_difference *difference;

	all->at = grown(all->at, all->n, &all->size, sizeof(all->at[0]));
	difference = &all->at[all->n++];
	*difference = (struct xml_difference){
		.bundle = bundle, .before = before, .after = after
	};
	snprintf(difference->path, XML_PATH_MAX, "%s%s", path, kind);
}

static const char *
attribute_value(const struct xml_element *element, const char *name)
{
	for (size_t i = 0; i < element->n_attributes; i++)
		if (strcmp(element->attributes[i].name, name) == 0)
			return element->attributes[i].value;
	return NULL;
}

static void
compare_attributes(struct comparing *c, const struct xml_element *a,
    const struct xml_element *b, const char *path, size_t bundle)
{
	const struct xml_element *both[] = { a, b };
	char kind[XML_PATH_MAX];

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < both[side]->n_attributes; i++) {
			const char *name = both[side]->attributes[i].name;
			const char *before = attribute_value(a, name);
			const char *after = attribute_value(b, name);

			/* What both have was seen with the first. */
			if (side == 1 && before != NULL)
				continue;
			if (before != NULL && after != NULL &&
			    strcmp(before, after) == 0)
				continue;
			snprintf(kind, sizeof(kind), "@%s", name);
			found(c, path, kind, bundle, before ? before : "(none)",
			    after ? after : "(none)");
		}
}

static bool
is_bundle(const char *name)
{
	return strcmp(name, "RequestBundle") == 0 ||
	    strcmp(name, "ResponseBundle") == 0;
}

static void compare_elements(
    struct comparing *c, size_t a, size_t b, const char *path, size_t bundle);

static bool
occurs(const struct children *list, size_t from, const char *name)
{
	for (size_t i = from; i < list->n; i++)
		if (strcmp(list->at[i].name, name) == 0)
			return true;
	return false;
}

/* Compares the two, or reports the one that the other list does not have. */
static void
compare_pair(struct comparing *c, const struct child *left,
    const struct child *right, const char *path, size_t bundle)
{
	const struct child *child = left != NULL ? left : right;
	char below[XML_PATH_MAX];

	snprintf(below, sizeof(below), "%.90s%s%.30s", path,
	    *path == '\0' ? "" : "/", child->name);
	if (left != NULL && right != NULL)
		compare_elements(
		    c, left->element, right->element, below, bundle);
	else
		found(c, below, "#", bundle, left != NULL ? "one" : "none",
		    left != NULL ? "none" : "one");
}

static void
compare_children(
    struct comparing *c, size_t a, size_t b, const char *path, size_t bundle)
{
	struct children *lists = calloc(2, sizeof(*lists));
	struct children *left = &lists[0], *right = &lists[1];
	size_t i = 0, j = 0, n_bundles = 0;

	assert_non_null(lists);
	list_children(c->before, a, left);
	list_children(c->after, b, right);
	while (i < left->n || j < right->n) {
		const struct child *l = i < left->n ? &left->at[i] : NULL;
		const struct child *r = j < right->n ? &right->at[j] : NULL;

		if (l != NULL && !occurs(right, j, l->name))
			r = NULL;
		else if (r != NULL && l != NULL &&
		    strcmp(l->name, r->name) != 0)
			l = NULL;
		if (is_bundle((l != NULL ? l : r)->name))
			bundle = ++n_bundles;
		compare_pair(c, l, r, path, bundle);
		i += l != NULL;
		j += r != NULL;
	}
	free(lists);
}

static void
compare_elements(
    struct comparing *c, size_t a, size_t b, const char *path, size_t bundle)
{
	const struct xml_element *left = &c->before->elements[a];
	const struct xml_element *right = &c->after->elements[b];

	compare_attributes(c, left, right, path, bundle);
	if (strcmp(left->text, right->text) != 0)
		found(c, path, "", bundle, left->text, right->text);
	compare_children(c, a, b, path, bundle);
}

void
xml_compare(const struct xml *before, const struct xml *after,
    struct xml_differences *ret)
{
	struct comparing c = { before, after, ret };

	compare_elements(&c, 0, 0, "", 0);
}

void
xml_differences_clear(struct xml_differences *differences)
{
	free(differences->at);
	*differences = (struct xml_differences){ 0 };
}
