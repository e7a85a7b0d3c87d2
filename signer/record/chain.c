#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/sha256.h"
#include "signer/record/chain.h"

#define NO_HASH                                                                \
	"0000000000000000000000000000000000000000000000000000000000000000"

struct chain {
	char *path;
	int fd;		 /* negative: there is no file, or not yet */
	bool imagined;	 /* there never will be one */
	bool lacks_end;	 /* the torn last line gets its end with the next */
	struct chain_lines found;
	size_t n;
	char head[CHAIN_HASH_SIZE];
	off_t whole;	 /* the file's size behind its last whole line */
	bool is_whole;	 /* the file ends there, on disk as well */
	bool after_torn; /* the last line is one that was never finished */
};

static bool
hash_line(struct bytes raw, char ret[CHAIN_HASH_SIZE], struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (!sha256(raw, digest, err))
		return false;
	sha256_text(digest, ret);
	return true;
}

static bool
is_printable(struct bytes raw)
{
	for (size_t i = 0; i + 1 < raw.len; i++)
		if (raw.data[i] < 0x20 || raw.data[i] > 0x7e)
			return false;
	return raw.len > 0 && raw.data[raw.len - 1] == '\n';
}

static bool
is_printable_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/*
 * Every string in it, names of facts included, can be shown as it is: a line is
 * printable, but JSON's escapes stand for what may not be.
 */
static bool
has_printable_texts(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		return is_printable_text(
		    json_string_value(json), json_string_length(json));
	json_array_foreach(json, i, value)
		if (!has_printable_texts(value))
			return false;
	json_object_foreach((json_t *)json, key, value)
		if (!is_printable_text(key, strlen(key)) ||
		    !has_printable_texts(value))
			return false;
	return true;
}

/* NULL for a line that is not one printable JSON object. */
static json_t *
parse_line(struct bytes raw)
{
	json_t *json;

	if (!is_printable(raw))
		return NULL;
	json = json_loadb((const char *)raw.data, raw.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

/* Line i, whose predecessor's hash is prev, is what chain_append writes. */
static bool
check_line(const struct chain_lines *lines, size_t i, const char *prev,
    const char *path, struct err *err)
{
	const json_t *json = lines->lines[i].json;
	const char *seen = json_string_value(json_object_get(json, "prev"));
	bool before_torn = i > 0 && lines->lines[i - 1].json == NULL;

	if (json == NULL) {
		/* The last may be torn; others must be owned up to. */
		if (i + 1 == lines->n)
			return true;
		if (json_is_true(json_object_get(
			lines->lines[i + 1].json, "after_torn")))
			return true;
		return err_set(err, E_REFUSED,
		    "%s:%zu: is not one JSON object in printable ASCII", path,
		    i + 1);
	}
	/* No line that was cut short is one JSON object: this is no torn one. */
	if (!has_printable_texts(json))
		return err_set(err, E_REFUSED,
		    "%s:%zu: holds a text that cannot be printed", path, i + 1);
	if (json_integer_value(json_object_get(json, "seq")) !=
	    (json_int_t)i + 1)
		return err_set(err, E_REFUSED,
		    "%s:%zu: its \"seq\" is not %zu", path, i + 1, i + 1);
	if (seen == NULL || strcmp(seen, prev) != 0)
		return err_set(err, E_REFUSED,
		    "%s:%zu: its \"prev\" is %s, the line before has SHA-256 "
		    "%s",
		    path, i + 1, seen == NULL ? "missing" : seen, prev);
	if (json_is_true(json_object_get(json, "after_torn")) != before_torn)
		return err_set(err, E_REFUSED,
		    "%s:%zu: its \"after_torn\" is wrong", path, i + 1);
	return true;
}

static bool
split_lines(struct chain_lines *lines, struct err *err)
{
	struct bytes rest = buf_bytes(&lines->content);
	size_t size = 0;

	while (rest.len > 0) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t len =
		    end == NULL ? rest.len : (size_t)(end - rest.data) + 1;
		struct chain_line *line;

		if (lines->n == size) {
			void *grown;

			size = size == 0 ? 64 : 2 * size;
			grown = realloc(
			    lines->lines, size * sizeof(*lines->lines));
			if (grown == NULL)
				return err_set(err, E_MEMORY, "out of memory");
			lines->lines = grown;
		}
		line = &lines->lines[lines->n++];
		*line = (struct chain_line){ .raw = { rest.data, len } };
		line->json = parse_line(line->raw);
		if (!hash_line(line->raw, line->hash, err))
			return false;
		rest.data += len;
		rest.len -= len;
	}
	return true;
}

/* Everything about a chain but where it came from. */
static bool
parse_lines(struct chain_lines *lines, const char *path, struct err *err)
{
	const char *prev = NO_HASH;

	if (!split_lines(lines, err))
		return false;
	for (size_t i = 0; i < lines->n; i++) {
		if (!check_line(lines, i, prev, path, err))
			return false;
		prev = lines->lines[i].hash;
	}
	memcpy(lines->head, prev, CHAIN_HASH_SIZE);
	return true;
}

bool
chain_read(const char *path, struct chain_lines *ret, struct err *err)
{
	struct chain_lines lines = { .content = buf_new(CHAIN_FILE_MAX) };

	if (!file_read_no_link(path, CHAIN_FILE_MAX, &lines.content, err) ||
	    !parse_lines(&lines, path, err)) {
		chain_lines_clear(&lines);
		return false;
	}
	*ret = lines;
	return true;
}

bool
chain_of_bytes(struct bytes content, const char *name,
    struct chain_lines *ret, struct err *err)
{
	struct chain_lines lines = { .content = buf_new(CHAIN_FILE_MAX) };

	buf_put(&lines.content, content.data, content.len);
	if (lines.content.failed) {
		chain_lines_clear(&lines);
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	}
	if (!parse_lines(&lines, name, err)) {
		chain_lines_clear(&lines);
		return false;
	}
	*ret = lines;
	return true;
}

void
chain_lines_clear(struct chain_lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		json_decref(lines->lines[i].json);
	free(lines->lines);
	buf_free(&lines->content);
	*lines = (struct chain_lines){ 0 };
}

/*
 * After a failed append: the file ends with its last whole line again, and
 * that is on disk.  Nothing else is appended before it does: the next line
 * would follow one that nobody was told of.  What is cut off was never the
 * head that anybody was shown.
 */
static bool
make_whole(struct chain *chain, struct err *err)
{
	if (ftruncate(chain->fd, chain->whole) != 0 || fsync(chain->fd) != 0)
		return err_set_errno(err, "%s", chain->path);
	chain->is_whole = true;
	return true;
}

/* Says what became of the file too: *err is why the append failed. */
static bool
take_back(struct chain *chain, struct err *err)
{
	struct err why;

	if (!make_whole(chain, &why))
		err_prefix(err,
		    "a line is left unfinished (%s), nothing more is written",
		    why.msg);
	return false;
}

static bool
write_all(struct chain *chain, struct bytes data, struct err *err)
{
	while (data.len > 0) {
		ssize_t n = write(chain->fd, data.data, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "%s", chain->path);
		data.data += n;
		data.len -= (size_t)n;
	}
	if (fsync(chain->fd) != 0)
		return err_set_errno(err, "%s", chain->path);
	return true;
}

/* Whoever wrote without the lock did not write the next line. */
static bool
is_as_left(const struct chain *chain, struct err *err)
{
	struct stat now;

	if (fstat(chain->fd, &now) != 0)
		return err_set_errno(err, "%s", chain->path);
	return now.st_size == chain->whole ||
	    err_set(err, E_IO,
		"%s: has %lld octets, this run left it with %lld: another "
		"program wrote to it",
		chain->path, (long long)now.st_size, (long long)chain->whole);
}

static bool
lock(struct chain *chain, struct err *err)
{
	if (flock(chain->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(err, E_IO,
		    "%s: another run is writing it; wait for its end",
		    chain->path);
	return err_set_errno(err, "%s", chain->path);
}

/* Of two runs that found no file only one makes it. */
static bool
create(struct chain *chain, struct err *err)
{
	chain->fd = open(chain->path,
	    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0644);
	if (chain->fd < 0 && errno == EEXIST)
		return err_set(err, E_IO,
		    "%s: another run began it meanwhile; start again",
		    chain->path);
	if (chain->fd < 0)
		return err_set_errno(err, "%s", chain->path);
	return lock(chain, err);
}

bool
chain_begin(struct chain *chain, struct err *err)
{
	return chain->imagined ||
	    ((chain->fd >= 0 || create(chain, err)) &&
		file_sync_folder_of(chain->path, err));
}

/* All of data at the end of the file and on disk, or the file as it was. */
static bool
append(struct chain *chain, struct bytes data, struct err *err)
{
	if (chain->imagined)
		return true;
	if (chain->fd < 0 && !chain_begin(chain, err))
		return false;
	if (!chain->is_whole && !make_whole(chain, err))
		return err_prefix(
		    err, "an unfinished line cannot be taken back");
	if (!is_as_left(chain, err))
		return false;
	chain->is_whole = false;
	if (!write_all(chain, data, err))
		return take_back(chain, err);
	chain->whole += (off_t)data.len;
	chain->is_whole = true;
	return true;
}

/*
 * A torn last line has an end from here on, so that the next is a line of its
 * own: in the file only when that is written.  The hash is over the line with
 * its end.
 */
static bool
end_torn_line(struct chain *chain, struct err *err)
{
	struct chain_lines *found = &chain->found, ended;
	struct buf content = buf_new(CHAIN_FILE_MAX);
	const struct chain_line *last;
	bool ok;

	if (found->n == 0)
		return true;
	last = &found->lines[found->n - 1];
	if (last->raw.data[last->raw.len - 1] != '\n') {
		buf_put(&content, found->content.data, found->content.len);
		buf_u8(&content, '\n');
		ok = content.failed ?
		    err_set(err, E_MEMORY, "out of memory") :
		    chain_of_bytes(
			buf_bytes(&content), chain->path, &ended, err);
		buf_free(&content);
		if (!ok)
			return false;
		chain_lines_clear(found);
		*found = ended;
		chain->lacks_end = true;
		last = &found->lines[found->n - 1];
	}
	/* If it lacked its end only, it is whole now. */
	chain->after_torn = last->json == NULL;
	return true;
}

static bool
lock_and_read(struct chain *chain, struct err *err)
{
	if (!lock(chain, err) ||
	    !chain_read(chain->path, &chain->found, err))
		return false;
	chain->whole = (off_t)chain->found.content.len;
	if (!end_torn_line(chain, err))
		return false;
	chain->n = chain->found.n;
	memcpy(chain->head, chain->found.head, CHAIN_HASH_SIZE);
	return true;
}

bool
chain_open(const char *path, struct chain **ret, struct err *err)
{
	struct chain *chain = calloc(1, sizeof(*chain));

	if (chain == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	chain->path = strdup(path);
	chain->is_whole = true;
	memcpy(chain->head, NO_HASH, CHAIN_HASH_SIZE);
	memcpy(chain->found.head, NO_HASH, CHAIN_HASH_SIZE);
	chain->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (chain->path == NULL || (chain->fd < 0 && errno != ENOENT)) {
		err_set_errno(err, "%s", path);
		chain_close(chain);
		return false;
	}
	if (chain->fd >= 0 && !lock_and_read(chain, err)) {
		chain_close(chain);
		return false;
	}
	*ret = chain;
	return true;
}

bool
chain_imagine(struct bytes content, const char *name, struct chain **ret,
    struct err *err)
{
	struct chain *chain = calloc(1, sizeof(*chain));
	const struct chain_lines *found;

	if (chain == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	chain->fd = -1;
	chain->imagined = true;
	chain->path = strdup(name);
	if (chain->path == NULL ||
	    !chain_of_bytes(content, name, &chain->found, err)) {
		if (chain->path == NULL)
			err_set(err, E_MEMORY, "out of memory");
		chain_close(chain);
		return false;
	}
	found = &chain->found;
	chain->n = found->n;
	chain->after_torn =
	    found->n > 0 && found->lines[found->n - 1].json == NULL;
	memcpy(chain->head, found->head, CHAIN_HASH_SIZE);
	*ret = chain;
	return true;
}

/* {"seq": n, "prev": "...", then what the caller has to say}. */
static char *
format_line(const struct chain *chain, const json_t *object)
{
	json_t *line = json_pack("{s:I, s:s}", "seq", (json_int_t)chain->n + 1,
	    "prev", chain->head);
	char *text = NULL;

	if (line != NULL &&
	    (!chain->after_torn ||
	    json_object_set_new(line, "after_torn", json_true()) == 0) &&
	    json_object_update(line, (json_t *)object) == 0)
		text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(line);
	return text;
}

bool
chain_append(struct chain *chain, json_t *object, struct err *err)
{
	struct buf line = buf_new(CHAIN_LINE_MAX);
	bool printable = object == NULL || has_printable_texts(object);
	char *text = object == NULL ? NULL : format_line(chain, object);
	size_t end = chain->lacks_end ? 1 : 0; /* of the line before */
	bool ok;

	json_decref(object);
	if (text != NULL)
		buf_printf(&line, "%s%s\n", end > 0 ? "\n" : "", text);
	if (!printable)
		ok = err_set(err, E_INTERNAL,
		    "%s: a line would hold a text that cannot be printed",
		    chain->path);
	else if (text == NULL || line.failed)
		ok = err_set(err, E_MEMORY, "%s: a line does not fit",
		    chain->path);
	else
		ok = append(chain, buf_bytes(&line), err) &&
		    hash_line((struct bytes){ line.data + end,
				  line.len - end },
			chain->head, err);
	if (ok) {
		chain->n++;
		chain->after_torn = false;
		chain->lacks_end = false;
	}
	free(text);
	buf_free(&line);
	return ok;
}

const struct chain_lines *
chain_found(const struct chain *chain)
{
	return &chain->found;
}

const char *
chain_head(const struct chain *chain)
{
	return chain->head;
}

void
chain_close(struct chain *chain)
{
	if (chain == NULL)
		return;
	chain_lines_clear(&chain->found);
	if (chain->fd >= 0)
		close(chain->fd);
	free(chain->path);
	free(chain);
}
