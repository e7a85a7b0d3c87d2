#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/workshop/manifest.h"

#define HEADER "anchorite manifest 1\n"
#define INDENT "      "
#define MODE_MASK 07777u

static const char *const types[] = {
	[MANIFEST_FILE] = "file",
	[MANIFEST_DIR] = "dir",
	[MANIFEST_LINK] = "link",
	[MANIFEST_MOUNT] = "mount",
};

static void
entry_clear(struct manifest_entry *entry)
{
	free(entry->name);
	free(entry->target);
	*entry = (struct manifest_entry){ 0 };
}

void
manifest_clear(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->n; i++)
		entry_clear(&manifest->entries[i]);
	free(manifest->entries);
	*manifest = (struct manifest){ 0 };
}

bool
manifest_add(struct manifest *manifest, struct manifest_entry *entry,
    struct err *err)
{
	if (manifest->n == manifest->size) {
		size_t size = manifest->size == 0 ? 64 : 2 * manifest->size;
		void *grown = realloc(
		    manifest->entries, size * sizeof(*manifest->entries));

		if (grown == NULL) {
			entry_clear(entry);
			return err_set(err, E_MEMORY, "out of memory");
		}
		manifest->entries = grown;
		manifest->size = size;
	}
	manifest->entries[manifest->n++] = *entry;
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	const struct manifest_entry *x = a, *y = b;

	return strcmp(x->name, y->name); /* as unsigned octets (C11 7.24.4) */
}

void
manifest_sort(struct manifest *manifest)
{
	if (manifest->n > 0)
		qsort(manifest->entries, manifest->n,
		    sizeof(*manifest->entries), compare_names);
}

static void
put_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (c > 0x20 && c < 0x7f && c != '\\')
			buf_u8(out, c);
		else
			buf_printf(out, "\\x%02x", c);
	}
}

static void
put_entry(struct buf *out, const struct manifest_entry *entry)
{
	char hex[SHA256_TEXT_SIZE], mode[8] = "-", size[24] = "-";

	if (entry->type != MANIFEST_LINK)
		snprintf(mode, sizeof(mode), "%04o", entry->mode & MODE_MASK);
	if (entry->type == MANIFEST_FILE || entry->type == MANIFEST_LINK)
		snprintf(size, sizeof(size), "%" PRIu64, entry->size);
	buf_printf(out, "%-5s %4s %12s ", types[entry->type], mode, size);
	put_name(out, entry->name);
	if (entry->type == MANIFEST_FILE) {
		sha256_text(entry->sha256, hex);
		buf_printf(out, "\n" INDENT "%s", hex);
	} else if (entry->type == MANIFEST_LINK) {
		buf_puts(out, "\n" INDENT "-> ");
		put_name(out, entry->target);
	}
	buf_puts(out, "\n");
}

bool
manifest_format(
    const struct manifest *manifest, struct buf *ret, struct err *err)
{
	uint64_t octets = 0;

	buf_puts(ret, HEADER);
	for (size_t i = 0; i < manifest->n; i++) {
		put_entry(ret, &manifest->entries[i]);
		if (manifest->entries[i].type == MANIFEST_FILE)
			octets += manifest->entries[i].size;
	}
	buf_printf(ret, "total %zu entries, %" PRIu64 " octets\n", manifest->n,
	    octets);
	return !ret->failed ||
	    err_set(err, E_INPUT, "the manifest is larger than %zu octets",
		ret->cap);
}

/* A text being read, line by line; the lines are cut in place. */
struct reader {
	const char *name;
	size_t line;
	char *rest;
};

static bool
bad_line(const struct reader *reader, const char *what, struct err *err)
{
	return err_set(
	    err, E_INPUT, "%s:%zu: %s", reader->name, reader->line, what);
}

/* NULL at the end; a last line without its newline counts as none. */
static char *
next_line(struct reader *reader)
{
	char *line = reader->rest;
	char *end = strchr(line, '\n');

	reader->line++;
	if (end == NULL)
		return NULL;
	*end = '\0';
	reader->rest = end + 1;
	return line;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* NULL for what put_name does not write, or without memory. */
static char *
parse_name(const char *text)
{
	char *name = malloc(strlen(text) + 1), *out = name;

	if (name == NULL || text[0] == '\0')
		goto bad;
	while (*text != '\0') {
		int high, low;

		if (*text != '\\') {
			*out++ = *text++;
			continue;
		}
		if (text[1] != 'x')
			goto bad;
		high = hex_digit(text[2]);
		low = high < 0 ? -1 : hex_digit(text[3]);
		if (low < 0 || (high == 0 && low == 0))
			goto bad;
		*out++ = (char)(16 * high + low);
		text += 4;
	}
	*out = '\0';
	return name;
bad:
	free(name);
	return NULL;
}

/* The next word of the line, which it ends; "" at the end. */
static char *
word(char **line)
{
	char *text = *line + strspn(*line, " ");
	size_t len = strcspn(text, " ");

	*line = text + len;
	if (**line != '\0')
		*(*line)++ = '\0';
	return text;
}

static bool
parse_mode(const char *text, unsigned *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '7')
		return false;
	*ret = (unsigned)strtoul(text, &end, 8) & MODE_MASK;
	return *end == '\0';
}

/* The line or lines of one entry; false leaves what to free in *ret. */
static bool
parse_entry(struct reader *reader, char *line, struct manifest_entry *ret,
    struct err *err)
{
	const char *type = word(&line), *mode = word(&line);
	const char *size = word(&line), *name = word(&line);
	unsigned i = 0;

	while (i < ARRAY_LEN(types) && strcmp(types[i], type) != 0)
		i++;
	if (i == ARRAY_LEN(types))
		return bad_line(reader, "is no entry of a manifest", err);
	ret->type = i;
	if (strcmp(mode, "-") != 0 && !parse_mode(mode, &ret->mode))
		return bad_line(reader, "its mode is not octal", err);
	if (strcmp(size, "-") != 0 &&
	    !number_parse(size, INT64_MAX, &ret->size))
		return bad_line(reader, "its size is no number", err);
	ret->name = parse_name(name);
	if (ret->name == NULL)
		return bad_line(reader, "its name is not as written", err);
	if (ret->type != MANIFEST_FILE && ret->type != MANIFEST_LINK)
		return true;
	line = next_line(reader);
	if (line == NULL)
		return bad_line(reader, "the entry is cut off", err);
	if (ret->type == MANIFEST_FILE)
		return hex_parse(
			   word(&line), ret->sha256, sizeof(ret->sha256)) ||
		    bad_line(reader, "expected the file's SHA-256", err);
	(void)word(&line); /* the arrow */
	ret->target = parse_name(word(&line));
	return ret->target != NULL ||
	    bad_line(reader, "expected the link's target", err);
}

static bool
parse_lines(struct reader *reader, struct manifest *ret, struct err *err)
{
	char *line = next_line(reader);

	if (line == NULL || strncmp(line, HEADER, strlen(line)) != 0 ||
	    strlen(line) + 1 != strlen(HEADER))
		return bad_line(reader, "is no manifest of this form", err);
	while ((line = next_line(reader)) != NULL) {
		struct manifest_entry entry = { 0 };

		if (strncmp(line, "total ", 6) == 0)
			return true; /* compared as a whole below */
		if (ret->n == MANIFEST_ENTRIES_MAX)
			return bad_line(reader, "too many entries", err);
		if (!parse_entry(reader, line, &entry, err)) {
			entry_clear(&entry);
			return false;
		}
		if (!manifest_add(ret, &entry, err))
			return false;
		if (ret->n > 1 &&
		    compare_names(&ret->entries[ret->n - 2],
			&ret->entries[ret->n - 1]) >= 0)
			return bad_line(reader, "is out of order", err);
	}
	return bad_line(reader, "the manifest is cut off: no total", err);
}

/* Nothing but remarks may follow the manifest. */
static bool
only_remarks(struct bytes rest)
{
	bool begins = true, remark = false;

	for (size_t i = 0; i < rest.len; i++) {
		if (begins)
			remark = rest.data[i] == '#';
		if (!remark && rest.data[i] != '\n')
			return false;
		begins = rest.data[i] == '\n';
	}
	return true;
}

/* What was understood must be written the very same way. */
static bool
check_form(const struct manifest *manifest, struct bytes text,
    const char *name, struct err *err)
{
	struct buf again = buf_new(MANIFEST_FILE_MAX);
	size_t line = 1, i = 0;
	bool ok;

	if (!manifest_format(manifest, &again, err)) {
		buf_free(&again);
		return err_prefix(err, "%s", name);
	}
	while (i < again.len && i < text.len && again.data[i] == text.data[i])
		if (text.data[i++] == '\n')
			line++;
	ok = i == again.len &&
	    only_remarks((struct bytes){ text.data + i, text.len - i });
	buf_free(&again);
	return ok ||
	    err_set(err, E_INPUT, "%s:%zu: is not as a manifest is written",
		name, line);
}

bool
manifest_parse(struct bytes text, const char *name, struct manifest *ret,
    struct err *err)
{
	struct manifest manifest = { 0 };
	struct reader reader = { .name = name };
	char *copy;
	bool ok;

	if (text.len > MANIFEST_FILE_MAX ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
		return err_set(err, E_INPUT, "%s: is no manifest", name);
	copy = malloc(text.len + 1);
	if (copy == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	reader.rest = copy;
	ok = parse_lines(&reader, &manifest, err) &&
	    check_form(&manifest, text, name, err);
	free(copy);
	if (!ok) {
		manifest_clear(&manifest);
		return false;
	}
	*ret = manifest;
	return true;
}

static json_t *
json_of_name(const char *name)
{
	struct buf text = buf_new(4 * (strlen(name) + 1));
	json_t *json;

	put_name(&text, name);
	json = json_stringn((const char *)text.data, text.len);
	buf_free(&text);
	return json;
}

/* Takes was and is over. */
static void
add_difference(json_t *list, const struct manifest_entry *entry,
    const char *what, json_t *was, json_t *is)
{
	json_array_append_new(list,
	    json_pack("{s:o, s:s, s:o, s:o}", "name", json_of_name(entry->name),
		"what", what, "was", was, "is", is));
}

static json_t *
json_of_mode(unsigned mode)
{
	char text[8];

	snprintf(text, sizeof(text), "%04o", mode & MODE_MASK);
	return json_string(text);
}

static json_t *
json_of_digest(const uint8_t digest[SHA256_SIZE])
{
	char hex[SHA256_TEXT_SIZE];

	sha256_text(digest, hex);
	return json_string(hex);
}

/* Two entries of the same name. */
static void
compare_entries(json_t *list, const struct manifest_entry *was,
    const struct manifest_entry *is)
{
	if (was->type != is->type) {
		add_difference(list, is, "type", json_string(types[was->type]),
		    json_string(types[is->type]));
		return;
	}
	if (was->mode != is->mode)
		add_difference(list, is, "mode", json_of_mode(was->mode),
		    json_of_mode(is->mode));
	if (is->type == MANIFEST_FILE && was->size != is->size)
		add_difference(list, is, "size",
		    json_integer((json_int_t)was->size),
		    json_integer((json_int_t)is->size));
	if (memcmp(was->sha256, is->sha256, SHA256_SIZE) != 0)
		add_difference(list, is, "content", json_of_digest(was->sha256),
		    json_of_digest(is->sha256));
	if (is->type == MANIFEST_LINK && strcmp(was->target, is->target) != 0)
		add_difference(list, is, "target", json_of_name(was->target),
		    json_of_name(is->target));
}

json_t *
manifest_compare(const struct manifest *was, const struct manifest *is)
{
	json_t *list = json_array();
	size_t i = 0, k = 0;

	while (i < was->n || k < is->n) {
		int order = i == was->n ? 1
		    : k == is->n
		    ? -1
		    : compare_names(&was->entries[i], &is->entries[k]);

		if (order < 0) {
			add_difference(list, &was->entries[i], "missing",
			    json_string(types[was->entries[i].type]),
			    json_null());
			i++;
		} else if (order > 0) {
			add_difference(list, &is->entries[k], "added",
			    json_null(),
			    json_string(types[is->entries[k].type]));
			k++;
		} else {
			compare_entries(
			    list, &was->entries[i++], &is->entries[k++]);
		}
	}
	return list;
}

bool
manifest_judge(const json_t *differences, const char *path, struct err *err)
{
	size_t n = json_array_size(differences);

	return n == 0 ||
	    err_set(err, E_REFUSED, "%zu difference%s from the manifest %s", n,
		n == 1 ? "" : "s", path);
}
