#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/base/text.h"
#include "ksr/policy/tree.h"
#include "signer/record/ledger.h"
#include "signer/sign/request_list.h"

static const char *const row_keys[] = { "request", "sha256", "previous_skr",
	"first", "response", "schema", "alternative" };

static bool
refuse_unknown(const struct tree *entry, const char *const *keys, size_t n,
    struct err *err)
{
	struct nearest nearest = { .given = entry->key };

	for (size_t i = 0; i < n; i++)
		nearest_try(&nearest, keys[i]);
	tree_refuse_key(entry, err, "is not a known key");
	return nearest_say(&nearest, "", err);
}

static bool
check_keys(const struct tree *map, const char *const *keys, size_t n,
    struct err *err)
{
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		size_t i = 0;

		while (i < n && strcmp(keys[i], entry->key) != 0)
			i++;
		if (i == n)
			return refuse_unknown(entry, keys, n, err);
	}
	return true;
}

/* NULL where it is left out; *ret is untouched on failure. */
static bool
read_text(const struct tree *row, const char *key, const char **ret,
    struct err *err)
{
	const struct tree *entry = tree_given(row, key);

	if (entry == NULL) {
		*ret = NULL;
		return true;
	}
	if (!tree_expect(entry, TREE_TEXT, err))
		return false;
	if (entry->text[0] == '\0')
		return tree_refuse(entry, err, "is empty");
	*ret = entry->text;
	return true;
}

/* No component leads anywhere but down. */
static bool
stays_below(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}

static bool
read_path(const struct tree *row, const char *key, const char *folder,
    char **ret, struct err *err)
{
	const struct tree *entry = tree_given(row, key);
	const char *text = NULL;
	struct buf path = buf_new(PATH_MAX_LEN + 1);

	if (!read_text(row, key, &text, err))
		return false;
	if (text == NULL)
		return tree_refuse_key(row, err, "has no key \"%s\"", key);
	if (!stays_below(text))
		return tree_refuse(entry, err,
		    "\"%.200s\" is no path below the folder (expected one "
		    "without a / before it and without . and ..)",
		    text);
	buf_printf(&path, "%s%s", folder, text);
	buf_put(&path, "", 1);
	*ret = path.failed ? NULL : strdup((const char *)path.data);
	buf_free(&path);
	return *ret != NULL ||
	    tree_refuse(entry, err, "is longer than %u octets with its folder",
		PATH_MAX_LEN);
}

static bool
read_sha256(
    const struct tree *row, uint8_t ret[SHA256_SIZE], struct err *err)
{
	const struct tree *entry = tree_given(row, "sha256");
	const char *text = NULL;

	if (!read_text(row, "sha256", &text, err))
		return false;
	if (text == NULL)
		return tree_refuse_key(
		    row, err, "has no key \"sha256\", the request's");
	return hex_parse(text, ret, SHA256_SIZE) ||
	    tree_refuse(entry, err,
		"\"%.70s\" is not a SHA-256 digest (expected exactly 64 "
		"hexadecimal digits)",
		text);
}

/* The response before, or that there is none. */
static bool
read_previous(const struct tree *map, const char *folder,
    struct request_row *row, struct err *err)
{
	const struct tree *first = tree_given(map, "first");
	const char *text = NULL;

	if (!read_text(map, "first", &text, err))
		return false;
	if (text != NULL && (first->quoted || strcmp(text, "true") != 0))
		return tree_refuse(
		    first, err, "\"%.60s\" (expected true)", text);
	if (text != NULL && tree_given(map, "previous_skr") != NULL)
		return tree_refuse_key(first, err,
		    "contradicts previous_skr");
	if (text == NULL && tree_given(map, "previous_skr") == NULL)
		return tree_refuse_key(map, err,
		    "has no previous response (expected previous_skr, or "
		    "`first: true` if there has never been one)");
	return text != NULL ||
	    read_path(map, "previous_skr", folder, &row->previous, err);
}

static bool
read_manner(const struct tree *map, struct request_row *row, struct err *err)
{
	if (!read_text(map, "schema", &row->schema, err) ||
	    !read_text(map, "alternative", &row->alternative, err))
		return false;
	if (row->schema == NULL)
		row->schema = "normal";
	return row->alternative == NULL ||
	    alternative_is_name(row->alternative) ||
	    tree_refuse(tree_given(map, "alternative"), err,
		"\"%.60s\" is not a name (expected 1 to %u of a-z, 0-9, _ "
		"and -)",
		row->alternative, NAME_MAX_LEN);
}

static bool
read_row(const struct tree *map, const char *from, const char *into,
    struct request_row *row, struct err *err)
{
	struct err why;

	row->zone = map->key;
	row->line = map->key_at.line;
	row->column = map->key_at.column;
	if (!dname_parse(map->key, &row->dname, &why))
		return tree_refuse_key(
		    map, err, "%.300s (expected a domain name)", why.msg);
	return check_keys(map, row_keys, ARRAY_LEN(row_keys), err) &&
	    read_path(map, "request", from, &row->request, err) &&
	    read_sha256(map, row->sha256, err) &&
	    read_previous(map, from, row, err) &&
	    read_path(map, "response", into, &row->response, err) &&
	    read_manner(map, row, err);
}

/* --- Nothing stands twice. */

static int
compare_zones(const void *a, const void *b)
{
	const struct request_row *const *x = a, *const *y = b;
	const struct dname *n = &(*x)->dname, *m = &(*y)->dname;

	if (n->len != m->len)
		return n->len < m->len ? -1 : 1;
	return memcmp(n->wire, m->wire, n->len);
}

static int
compare_requests(const void *a, const void *b)
{
	const struct request_row *const *x = a, *const *y = b;

	return strcmp((*x)->request, (*y)->request);
}

static int
compare_responses(const void *a, const void *b)
{
	const struct request_row *const *x = a, *const *y = b;

	return strcmp((*x)->response, (*y)->response);
}

static bool
check_once(const struct request_list *list, const struct request_row **sorted,
    struct err *err)
{
	static const struct {
		int (*compare)(const void *, const void *);
		const char *what;
	} rows[] = {
		{ compare_zones, "zone" },
		{ compare_requests, "request" },
		{ compare_responses, "response" },
	};

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		qsort(sorted, list->n, sizeof(*sorted), rows[r].compare);
		for (size_t i = 1; i < list->n; i++) {
			const struct request_row *one = sorted[i - 1];
			const struct request_row *other = sorted[i];
			const struct request_row *last =
			    one->line > other->line ? one : other;

			if (rows[r].compare(&sorted[i - 1], &sorted[i]) == 0)
				return err_set(err, E_INPUT,
				    "%s:%zu:%zu: requests.%.255s: its %s is "
				    "that of line %zu too",
				    list->path, last->line, last->column,
				    last->zone, rows[r].what,
				    last == one ? other->line : one->line);
		}
	}
	return true;
}

static bool
nothing_stands_twice(const struct request_list *list, struct err *err)
{
	const struct request_row **sorted =
	    calloc(list->n + 1, sizeof(*sorted));
	bool ok;

	if (sorted == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < list->n; i++)
		sorted[i] = &list->rows[i];
	ok = check_once(list, sorted, err);
	free(sorted);
	return ok;
}

/* --- The whole. */

#define FOLDER_SIZE (PATH_MAX_LEN + 2)

/* "a/b/" of "a/b/c"; "" of "c". */
static bool
folder_of(const char *path, const char *into, char from[FOLDER_SIZE],
    char to[2 * FOLDER_SIZE], struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = into == NULL ? 0 : strlen(into);

	if (strlen(path) > PATH_MAX_LEN || len > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "a path is longer than %u octets", PATH_MAX_LEN);
	snprintf(from, FOLDER_SIZE, "%.*s",
	    slash == NULL ? 0 : (int)(slash - path) + 1, path);
	snprintf(to, 2 * FOLDER_SIZE, "%s%s", into == NULL ? from : into,
	    len == 0 || into[len - 1] == '/' ? "" : "/");
	return true;
}

static bool
read_rows(struct request_list *list, const char *into, struct err *err)
{
	static const char *const top[] = { "requests" };
	const struct tree *requests = tree_given(list->tree, "requests");
	char from[FOLDER_SIZE], to[2 * FOLDER_SIZE];

	if (!check_keys(list->tree, top, ARRAY_LEN(top), err) ||
	    !folder_of(list->path, into, from, to, err))
		return false;
	if (requests == NULL)
		return tree_refuse(list->tree, err,
		    "has no key \"requests\": it is no manifest of requests");
	if (!tree_expect(requests, TREE_MAP, err))
		return false;
	if (requests->n == 0)
		return tree_refuse(requests, err, "names no request");
	list->rows = calloc(requests->n, sizeof(*list->rows));
	if (list->rows == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (const struct tree *map = requests->first; map != NULL;
	     map = map->next)
		if (!read_row(map, from, to, &list->rows[list->n++], err))
			return false;
	return nothing_stands_twice(list, err);
}

bool
request_list_read(struct bytes yaml, const char *path, const char *into,
    struct request_list *ret, struct err *err)
{
	struct request_list list = { .path = path };

	if (!sha256(yaml, list.sha256, err) ||
	    !tree_read(yaml, path, &list.tree, err))
		return false;
	if (!read_rows(&list, into, err)) {
		request_list_clear(&list);
		return false;
	}
	*ret = list;
	return true;
}

void
request_list_clear(struct request_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->rows[i].request);
		free(list->rows[i].previous);
		free(list->rows[i].response);
	}
	free(list->rows);
	tree_free(list->tree);
	*list = (struct request_list){ 0 };
}
