#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "ksr/base/limits.h"
#include "ksr/policy/tree.h"

struct reader {
	yaml_parser_t parser;
	const char *name;
	size_t n_nodes;
};

static bool
out_of_memory(const char *name, struct err *err)
{
	return err_set(err, E_MEMORY, "%s: out of memory", name);
}

/* Octets of the character that in begins with; 0 if it is not UTF-8. */
static size_t
utf8_decode(struct bytes in, uint32_t *ret)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t min; /* below it the form is over-long */
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		uint32_t c = in.data[0] & (uint8_t)~forms[i].mask;

		if ((in.data[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (i >= in.len)
			return 0;
		for (size_t k = 1; k <= i; k++) {
			if ((in.data[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (in.data[k] & 0x3f);
		}
		if (c < forms[i].min || c > 0x10ffff || c >> 11 == 0x1b)
			return 0;
		*ret = c;
		return i + 1;
	}
	return 0;
}

/*
 * Characters that a reader on a screen would not see as what they do: libyaml
 * ends a line, and so a comment, at U+0085, U+2028 and U+2029; tabs are white
 * space in some places only; bidirectional controls reorder what is shown.
 */
static bool
is_deceptive(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\r') ||
	    (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0xfffe ||
	    c == 0xffff;
}

static bool
check_characters(struct bytes yaml, const char *name, struct err *err)
{
	struct tree_position at = { 1, 1 };

	for (size_t i = 0; i < yaml.len;) {
		struct bytes rest = { yaml.data + i, yaml.len - i };
		uint32_t c = 0;
		size_t len = utf8_decode(rest, &c);

		if (len == 0)
			return err_set(err, E_INPUT,
			    "%s:%zu:%zu: not UTF-8 (octet 0x%02x)", name,
			    at.line, at.column, rest.data[0]);
		if (is_deceptive(c) ||
		    (c == '\r' && (rest.len < 2 || rest.data[1] != '\n')))
			return err_set(err, E_INPUT,
			    "%s:%zu:%zu: character U+%04X%s is not accepted",
			    name, at.line, at.column, c,
			    c == '\t'		? " (a tab)"
				: c == 0xfeff ? " (a byte order mark)"
					      : "");
		if (c == '\n')
			at = (struct tree_position){ at.line + 1, 1 };
		else
			at.column++;
		i += len;
	}
	return true;
}

static struct tree_position
position_of(const yaml_mark_t *mark)
{
	return (struct tree_position){ mark->line + 1, mark->column + 1 };
}

static bool
refuse_event(const struct reader *reader, const yaml_event_t *event,
    struct err *err, const char *why)
{
	struct tree_position at = position_of(&event->start_mark);

	return err_set(err, E_INPUT, "%s:%zu:%zu: %s", reader->name, at.line,
	    at.column, why);
}

static bool
next_event(struct reader *reader, yaml_event_t *event, struct err *err)
{
	const yaml_parser_t *parser = &reader->parser;
	struct tree_position at, begin;

	if (yaml_parser_parse(&reader->parser, event) != 0)
		return true;
	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(reader->name, err);
	at = position_of(&parser->problem_mark);
	begin = position_of(&parser->context_mark);
	if (parser->context == NULL)
		return err_set(err, E_INPUT, "%s:%zu:%zu: %s", reader->name,
		    at.line, at.column, parser->problem);
	return err_set(err, E_INPUT, "%s:%zu:%zu: %s (%s from %zu:%zu)",
	    reader->name, at.line, at.column, parser->problem, parser->context,
	    begin.line, begin.column);
}

static void
release_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		explicit_bzero(
		    event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

/* Anchor and tag, which every node can have. */
static bool
check_plain_node(
    const struct reader *reader, const yaml_event_t *event, struct err *err)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		return refuse_event(reader, event, err,
		    "an alias is not accepted; write the value out");
	}
	if (anchor != NULL)
		return refuse_event(
		    reader, event, err, "an anchor is not accepted");
	if (tag != NULL)
		return refuse_event(
		    reader, event, err, "a tag is not accepted");
	return true;
}

static bool
take_text(const struct reader *reader, const yaml_event_t *event, char **ret,
    struct err *err)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	if (len > YAML_TEXT_MAX)
		return refuse_event(
		    reader, event, err, "text is longer than 4096 octets");
	if (memchr(value, '\0', len) != NULL)
		return refuse_event(reader, event, err, "text holds a NUL");
	if (event->start_mark.line != event->end_mark.line)
		return refuse_event(
		    reader, event, err, "text goes over several lines");
	*ret = strndup(value, len);
	if (*ret == NULL)
		return out_of_memory(reader->name, err);
	return true;
}

static struct tree *
add_child(struct reader *reader, struct tree *parent, const yaml_event_t *event,
    struct err *err)
{
	struct tree *child;

	if (parent->n >= YAML_ITEMS_MAX || reader->n_nodes >= YAML_NODES_MAX) {
		refuse_event(reader, event, err, "too many entries");
		return NULL;
	}
	child = calloc(1, sizeof(*child));
	if (child == NULL) {
		out_of_memory(reader->name, err);
		return NULL;
	}
	reader->n_nodes++;
	child->name = reader->name;
	child->parent = parent;
	if (parent->last == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->n++;
	return child;
}

static bool read_node(struct reader *reader, const yaml_event_t *event,
    size_t depth, struct tree *node, struct err *err);

static bool
read_list(
    struct reader *reader, size_t depth, struct tree *list, struct err *err)
{
	for (;;) {
		yaml_event_t event;
		struct tree *item;
		bool end, ok = true;

		if (!next_event(reader, &event, err))
			return false;
		end = event.type == YAML_SEQUENCE_END_EVENT;
		if (!end) {
			item = add_child(reader, list, &event, err);
			ok = item != NULL &&
			    read_node(reader, &event, depth + 1, item, err);
		}
		release_event(&event);
		if (end || !ok)
			return ok;
	}
}

static bool
read_key(struct reader *reader, const yaml_event_t *event, struct tree *map,
    struct tree **ret, struct err *err)
{
	struct tree *entry;
	char *key = NULL;
	const struct tree *first;

	if (!check_plain_node(reader, event, err))
		return false;
	if (event->type != YAML_SCALAR_EVENT)
		return refuse_event(reader, event, err, "a key is not a text");
	if (!take_text(reader, event, &key, err))
		return false;
	first = tree_find(map, key);
	entry = add_child(reader, map, event, err);
	if (entry == NULL) {
		free(key);
		return false;
	}
	entry->key = key;
	entry->key_at = position_of(&event->start_mark);
	if (first != NULL)
		return tree_refuse_key(entry, err,
		    "is given twice (first in line %zu)", first->key_at.line);
	if (key[0] == '\0')
		return refuse_event(reader, event, err, "a key is empty");
	if (strcmp(key, "<<") == 0)
		return refuse_event(
		    reader, event, err, "a merge key is not accepted");
	*ret = entry;
	return true;
}

static bool
read_map(struct reader *reader, size_t depth, struct tree *map, struct err *err)
{
	for (;;) {
		yaml_event_t event;
		struct tree *entry = NULL;
		bool end, ok;

		if (!next_event(reader, &event, err))
			return false;
		end = event.type == YAML_MAPPING_END_EVENT;
		ok = end || read_key(reader, &event, map, &entry, err);
		release_event(&event);
		if (end || !ok)
			return ok;
		if (!next_event(reader, &event, err))
			return false;
		ok = read_node(reader, &event, depth + 1, entry, err);
		release_event(&event);
		if (!ok)
			return false;
	}
}

static bool
read_node(struct reader *reader, const yaml_event_t *event, size_t depth,
    struct tree *node, struct err *err)
{
	if (!check_plain_node(reader, event, err))
		return false;
	if (depth > YAML_DEPTH_MAX)
		return refuse_event(reader, event, err, "nested too deeply");
	node->at = position_of(&event->start_mark);
	node->begin = event->start_mark.index;
	node->end = event->end_mark.index;
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		node->kind = TREE_LIST;
		return read_list(reader, depth, node, err);
	case YAML_MAPPING_START_EVENT:
		node->kind = TREE_MAP;
		return read_map(reader, depth, node, err);
	default:
		node->kind = TREE_TEXT;
		node->quoted =
		    event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		return take_text(reader, event, &node->text, err);
	}
}

/* Reads an event of this type and nothing of interest in it. */
static bool
expect_event(struct reader *reader, yaml_event_type_t type,
    const char *else_why, struct err *err)
{
	yaml_event_t event;
	bool ok;

	if (!next_event(reader, &event, err))
		return false;
	ok = event.type == type || refuse_event(reader, &event, err, else_why);
	if (ok && type == YAML_DOCUMENT_START_EVENT &&
	    (event.data.document_start.version_directive != NULL ||
		event.data.document_start.tag_directives.start !=
		    event.data.document_start.tag_directives.end))
		ok = refuse_event(
		    reader, &event, err, "a directive is not accepted");
	release_event(&event);
	return ok;
}

static bool
read_stream(struct reader *reader, struct tree *root, struct err *err)
{
	yaml_event_t event;
	bool ok;

	if (!expect_event(reader, YAML_STREAM_START_EVENT, "no YAML", err) ||
	    !expect_event(reader, YAML_DOCUMENT_START_EVENT,
		"there is nothing in it", err) ||
	    !next_event(reader, &event, err))
		return false;
	ok = read_node(reader, &event, 1, root, err);
	release_event(&event);
	return ok && tree_expect(root, TREE_MAP, err) &&
	    expect_event(reader, YAML_DOCUMENT_END_EVENT, "no end", err) &&
	    expect_event(
		reader, YAML_STREAM_END_EVENT, "a second document begins", err);
}

/* libyaml frees its copies of the input as they are. */
static void
delete_parser(yaml_parser_t *parser)
{
	explicit_bzero(parser->raw_buffer.start,
	    (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	explicit_bzero(parser->buffer.start,
	    (size_t)(parser->buffer.end - parser->buffer.start));
	yaml_parser_delete(parser);
}

bool
tree_read(
    struct bytes yaml, const char *name, struct tree **ret, struct err *err)
{
	struct reader reader = { .name = name };
	struct tree *root;
	bool ok;

	if (yaml.len > CONFIG_FILE_MAX)
		return err_set(err, E_INPUT, "%s: longer than %u octets", name,
		    CONFIG_FILE_MAX);
	/* libyaml aborts the program where nothing has no address. */
	if (yaml.len == 0)
		return err_set(
		    err, E_INPUT, "%s:1:1: there is nothing in it", name);
	if (!check_characters(yaml, name, err))
		return false;
	root = calloc(1, sizeof(*root));
	if (root == NULL)
		return out_of_memory(name, err);
	root->name = name;
	if (yaml_parser_initialize(&reader.parser) == 0) {
		tree_free(root);
		return out_of_memory(name, err);
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, yaml.data, yaml.len);
	ok = read_stream(&reader, root, err);
	delete_parser(&reader.parser);
	if (ok)
		*ret = root;
	else
		tree_free(root);
	return ok;
}

void
tree_free(struct tree *tree)
{
	struct tree *child, *next;

	if (tree == NULL)
		return;
	for (child = tree->first; child != NULL; child = next) {
		next = child->next;
		if (tree->view && !child->view)
			break; /* another's, as all of them are */
		tree_free(child);
	}
	if (tree->text != NULL && !tree->view) {
		explicit_bzero(tree->text, strlen(tree->text));
		free(tree->text);
	}
	if (!tree->view)
		free(tree->key);
	free(tree);
}

/* A view of the node; with its children, or as a map that gets its own. */
static struct tree *
view_of(const struct tree *node, bool whole)
{
	struct tree *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return NULL;
	*view = *node;
	view->view = true;
	view->next = NULL;
	if (!whole) {
		view->n = 0;
		view->first = view->last = NULL;
	}
	return view;
}

/* NULL is none, for want of memory. */
static bool
take_child(struct tree *map, struct tree *child)
{
	if (child == NULL)
		return false;
	if (map->last == NULL)
		map->first = child;
	else
		map->last->next = child;
	map->last = child;
	map->n++;
	return true;
}

static bool
no_key_merges(const char *key)
{
	(void)key;
	return false;
}

/* The entry as the part has it, or as both have. */
static struct tree *
overlay_entry(const struct tree *map, const struct tree *entry,
    bool (*merges)(const char *key))
{
	const struct tree *whole = tree_given(map, entry->key);
	struct tree *merged = NULL;
	struct err err;

	if (whole == NULL || !merges(entry->key) || whole->kind != TREE_MAP ||
	    entry->kind != TREE_MAP)
		return view_of(entry, true);
	return tree_overlay(whole, entry, no_key_merges, &merged, &err)
	    ? merged
	    : NULL;
}

bool
tree_overlay(const struct tree *map, const struct tree *part,
    bool (*merges)(const char *key), struct tree **ret, struct err *err)
{
	struct tree *view = view_of(map, false);
	bool ok = view != NULL;

	for (const struct tree *entry = part->first; ok && entry != NULL;
	     entry = entry->next)
		if (!tree_is_null(entry))
			ok = take_child(
			    view, overlay_entry(map, entry, merges));
	for (const struct tree *entry = map->first; ok && entry != NULL;
	     entry = entry->next)
		if (tree_given(part, entry->key) == NULL)
			ok = take_child(view, view_of(entry, true));
	if (!ok) {
		tree_free(view);
		return out_of_memory(map->name, err);
	}
	*ret = view;
	return true;
}

const struct tree *
tree_find(const struct tree *map, const char *key)
{
	const struct tree *entry = map == NULL ? NULL : map->first;

	while (entry != NULL && strcmp(entry->key, key) != 0)
		entry = entry->next;
	return entry;
}

/*
 * "request_policy.num_bundles"; an item of a list goes by its list's path.  A
 * key is cut at ':': where a space is missing, as in {pin:1234}, the rest is
 * what nobody should see.
 */
static void
put_path(const struct tree *tree, struct buf *path)
{
	size_t len = tree->key == NULL ? 0 : strcspn(tree->key, ":");

	if (tree->parent == NULL)
		return;
	put_path(tree->parent, path);
	if (tree->key == NULL)
		return;
	buf_printf(path, "%s%.*s", path->len == 0 ? "" : ".",
	    (int)(len < NAME_MAX_LEN ? len : NAME_MAX_LEN), tree->key);
}

static bool refuse_at(const struct tree *tree, struct tree_position at,
    struct err *err, const char *fmt, va_list ap) PRINTF_LIKE(4, 0);

static bool
refuse_at(const struct tree *tree, struct tree_position at, struct err *err,
    const char *fmt, va_list ap)
{
	char message[ERR_MSG_MAX / 2];
	struct buf path = buf_new(ERR_MSG_MAX / 4);

	vsnprintf(message, sizeof(message), fmt, ap);
	put_path(tree, &path);
	err_set(err, E_INPUT, "%s:%zu:%zu: %.*s%s%s", tree->name, at.line,
	    at.column, (int)path.len,
	    path.len == 0 ? "" : (const char *)path.data,
	    path.len == 0 ? "" : ": ", message);
	buf_free(&path);
	return false;
}

bool
tree_refuse(const struct tree *tree, struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse_at(tree, tree->at, err, fmt, ap);
	va_end(ap);
	return false;
}

bool
tree_refuse_key(const struct tree *tree, struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse_at(tree, tree->key_at, err, fmt, ap);
	va_end(ap);
	return false;
}

bool
tree_is_null(const struct tree *tree)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (tree->kind != TREE_TEXT || tree->quoted)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(tree->text, words[i]) == 0)
			return true;
	return false;
}

const struct tree *
tree_given(const struct tree *map, const char *key)
{
	const struct tree *entry = tree_find(map, key);

	return entry == NULL || tree_is_null(entry) ? NULL : entry;
}

bool
tree_expect(const struct tree *tree, enum tree_kind kind, struct err *err)
{
	static const char *const names[] = {
		[TREE_TEXT] = "a single value",
		[TREE_LIST] = "a list",
		[TREE_MAP] = "a map of keys and values",
	};
	bool empty =
	    tree->kind == TREE_TEXT && !tree->quoted && tree->text[0] == '\0';

	if (tree->kind == kind)
		return true;
	return tree_refuse(tree, err, "is %s (expected %s)",
	    empty ? "empty" : names[tree->kind], names[kind]);
}
