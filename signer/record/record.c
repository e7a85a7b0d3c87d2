#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/limits.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/sha256.h"
#include "signer/record/chain.h"
#include "signer/record/ceremony.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"

#define RECORD_PATH_SIZE (PATH_MAX_LEN + 128)
#define STORED_MODE	 0644

/* A line that waits, or a file that its line will name. */
struct waiting {
	json_t *line;	    /* NULL: a file */
	const char *folder; /* where that goes */
	char hash[SHA256_TEXT_SIZE];
	struct buf content;
};

struct record {
	char dir[PATH_MAX_LEN + 1];
	char binary[SHA256_TEXT_SIZE]; /* of this program's own file */
	struct chain *chain;
	struct recorded *recorded; /* of a replay, which has no chain; or NULL */
	const char *zone; /* borrowed: of which the lines are; or NULL */
	bool begun;
	bool sealed;
	size_t n_waiting, n_written; /* the first of them are on disk */
	struct waiting *waiting;     /* owned */
};

/* The program as it runs, not as its path may be by now. */
bool
record_binary(char ret[SHA256_TEXT_SIZE], struct err *err)
{
	/* It stays the same for as long as the program runs. */
	static char known[SHA256_TEXT_SIZE];

	if (known[0] == '\0') {
		static const char path[] = "/proc/self/exe";
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		uint8_t digest[SHA256_SIZE];
		uint64_t size;
		bool ok;

		if (fd < 0)
			return err_set_errno(err, "%s", path);
		ok = sha256_fd(fd, path, &size, digest, err);
		close(fd);
		if (!ok)
			return false;
		sha256_text(digest, known);
	}
	memcpy(ret, known, sizeof(known));
	return true;
}

/* Makes a folder unless it is there, and makes sure that it stays. */
static bool
make_folder(const char *path, bool link_is_fine, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0755) == 0) {
		if (file_sync_folder_of(path, err))
			return true;
		/* The next run shall make it, and sync it, again. */
		rmdir(path);
		return false;
	}
	if (errno != EEXIST)
		return err_set_errno(err, "%s", path);
	if ((link_is_fine ? stat(path, &st) : lstat(path, &st)) != 0)
		return err_set_errno(err, "%s", path);
	if (S_ISLNK(st.st_mode))
		return err_set(err, E_REFUSED,
		    "%s: is a symbolic link, which has no place here", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, E_IO, "%s: is not a folder", path);
	return true;
}

static void
path_in(const struct record *record, const char *name,
    char ret[RECORD_PATH_SIZE])
{
	snprintf(ret, RECORD_PATH_SIZE, "%s/%s", record->dir, name);
}

static bool
open_folders(struct record *record, struct err *err)
{
	static const char *const names[] = { "", RECORD_INPUTS,
		RECORD_OUTPUTS };
	char path[RECORD_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path_in(record, names[i], path);
		/* The record may be reached by a link, and holds none. */
		if (!make_folder(i == 0 ? record->dir : path, i == 0, err))
			return false;
	}
	return chain_begin(record->chain, err);
}

/* A file under its hash; one that is there must be that file. */
static bool
store(const struct record *record, const char *folder, const char *hash,
    struct bytes content, struct err *err)
{
	char path[RECORD_PATH_SIZE];
	struct buf there = buf_new(KSR_FILE_MAX);
	struct output *output;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s/%s", record->dir, folder, hash);
	if (access(path, F_OK) == 0) {
		ok = file_read_no_link(path, KSR_FILE_MAX, &there, err) &&
		    (bytes_equal(buf_bytes(&there), content) ||
		    err_set(err, E_REFUSED,
			"%s: its content is not what its name says", path)) &&
		    /* Perhaps a run put it there that failed to do this. */
		    file_sync_folder_of(path, err);
		buf_free(&there);
		return ok;
	}
	if (!output_open_mode(path, STORED_MODE, &output, err))
		return false;
	ok = output_write(output, content, err) && output_publish(output, err);
	output_free(output);
	return ok;
}

/* A place for what waits, at the end. */
static bool
add_waiting(struct record *record, struct err *err)
{
	struct waiting *grown = realloc(record->waiting,
	    (record->n_waiting + 1) * sizeof(*record->waiting));

	if (grown == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	record->waiting = grown;
	grown[record->n_waiting++] = (struct waiting){
		.content = buf_new(KSR_FILE_MAX)
	};
	return true;
}

static bool
write_waiting(
    const struct record *record, const struct waiting *waiting, struct err *err)
{
	if (waiting->line != NULL)
		return chain_append(
		    record->chain, json_incref(waiting->line), err);
	return store(record, waiting->folder, waiting->hash,
	    buf_bytes(&waiting->content), err);
}

/*
 * What waited is on disk, in the order in which it happened.  Where the disk
 * did not take all of it nothing follows before it does.
 */
static bool
begin(struct record *record, struct err *err)
{
	if (!record->begun && !open_folders(record, err))
		return false;
	record->begun = true;
	for (; record->n_written < record->n_waiting; record->n_written++)
		if (!write_waiting(
			record, &record->waiting[record->n_written], err))
			return false;
	return true;
}

static bool
open_chain(struct record *record, struct err *err)
{
	char path[RECORD_PATH_SIZE];
	struct stat st;

	if (stat(record->dir, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(err, E_IO, "%s: is not a folder", record->dir);
	path_in(record, RECORD_LOG, path);
	return chain_open(path, &record->chain, err);
}

bool
record_open_waiting(const char *dir, struct record **ret, struct err *err)
{
	struct record *record;

	if (dir[0] == '\0' || strlen(dir) > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "the ceremony folder's path is empty or longer than %u "
		    "octets",
		    PATH_MAX_LEN);
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	snprintf(record->dir, sizeof(record->dir), "%s", dir);
	if (!record_binary(record->binary, err) || !open_chain(record, err)) {
		record_close(record);
		return err_prefix(err, "ceremony record");
	}
	*ret = record;
	return true;
}

bool
record_open(const char *dir, struct record **ret, struct err *err)
{
	struct record *record;

	if (!record_open_waiting(dir, &record, err))
		return false;
	if (!begin(record, err)) {
		record_close(record);
		return err_prefix(err, "ceremony record");
	}
	*ret = record;
	return true;
}

bool
record_again(struct recorded *recorded, struct record **ret, struct err *err)
{
	struct record *record = calloc(1, sizeof(*record));

	if (record == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	snprintf(record->dir, sizeof(record->dir), "%s",
	    recorded->ceremony->dir);
	record->recorded = recorded;
	record->begun = true;
	*ret = record;
	return true;
}

struct recorded *
record_recorded(const struct record *record)
{
	return record == NULL ? NULL : record->recorded;
}

bool
record_has_begun(const struct record *record)
{
	return record != NULL && record->begun;
}

bool
record_is_empty(const struct record *record)
{
	return (!record->begun || record->recorded != NULL) &&
	    record_found(record)->n == 0;
}

/* What prepares an act is none yet. */
static bool
is_preparation(const char *event)
{
	static const char *const events[] = { "run", "input", "asked" };

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (strcmp(events[i], event) == 0)
			return true;
	return false;
}

/* The line, behind what came before it; it is taken over. */
static bool
put(struct record *record, const char *event, json_t *line, struct err *err)
{
	if (record->begun || !is_preparation(event)) {
		if (begin(record, err))
			return chain_append(record->chain, line, err);
		json_decref(line);
		return false;
	}
	if (line == NULL || !add_waiting(record, err)) {
		json_decref(line);
		return err_set(err, E_MEMORY, "out of memory");
	}
	record->waiting[record->n_waiting - 1].line = line;
	return true;
}

bool
record_event(struct record *record, const char *event, json_t *facts,
    struct err *err)
{
	json_t *line;

	if (record == NULL) {
		json_decref(facts);
		return true;
	}
	if (facts == NULL)
		return err_set(err, E_MEMORY, "ceremony record: out of memory");
	if (record->zone != NULL)
		json_object_set_new(facts, "zone", json_of_text(record->zone));
	if (record->recorded != NULL) {
		json_make_ascii(facts);
		json_object_set_new(facts, "event", json_string(event));
		return recorded_event(record->recorded, facts, err);
	}
	line = json_pack("{s:o, s:s, s:s, s:s}", "time",
	    json_of_time((int64_t)time(NULL)), "event", event, "version",
	    ANCHORITE_VERSION, "binary", record->binary);
	if (line != NULL &&
	    json_object_update_missing(line, facts) != 0) {
		json_decref(line);
		line = NULL;
	}
	json_decref(facts);
	json_make_ascii(line);
	return put(record, event, line, err) ||
	    err_prefix(err, "ceremony record");
}

void
record_scope(struct record *record, const char *zone)
{
	if (record == NULL)
		return;
	record->zone = zone;
	if (record->recorded != NULL)
		record->recorded->zone = zone;
}

bool
record_seal(struct record *record, json_t *facts, struct err *err)
{
	record->sealed = record_event(record, RECORD_SEALED_BY, facts, err);
	return record->sealed;
}

bool
record_is_sealed(const struct record *record)
{
	return record != NULL && record->sealed;
}

/* Stores the file, or lets it wait as its line will. */
static bool
keep(struct record *record, const char *event, const char *folder,
    const char *hash, struct bytes content, struct err *err)
{
	struct waiting *waiting;

	if (record->begun || !is_preparation(event))
		return begin(record, err) &&
		    store(record, folder, hash, content, err);
	if (!add_waiting(record, err))
		return false;
	waiting = &record->waiting[record->n_waiting - 1];
	waiting->folder = folder;
	snprintf(waiting->hash, sizeof(waiting->hash), "%s", hash);
	buf_put(&waiting->content, content.data, content.len);
	return !waiting->content.failed ||
	    err_set(err, E_MEMORY, "out of memory");
}

static bool
record_file(struct record *record, const char *event, const char *folder,
    const char *role, const char *path, struct bytes content, struct err *err)
{
	char hash[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (record == NULL)
		return true;
	if (!sha256(content, digest, err))
		return false;
	sha256_text(digest, hash);
	return (keep(record, event, folder, hash, content, err) ||
		   err_prefix(err, "ceremony record")) &&
	    record_event(record, event,
		json_pack("{s:s, s:o, s:s, s:I}", "role", role, "path",
		    json_of_text(path), "sha256", hash, "size", (json_int_t)content.len),
		err);
}

/*
 * A wrapped key: a record goes to auditors, who need its hash and no more, and
 * may be kept until its transport key is broken.
 */
static bool
check_kept(const char *path, struct bytes content, struct err *err)
{
	static const char backup[] = NEVER_KEPT;

	return content.len < sizeof(backup) - 1 ||
	    memcmp(content.data, backup, sizeof(backup) - 1) != 0 ||
	    err_set(err, E_REFUSED,
		"%s: is a backup of a key, which no ceremony record holds; "
		"sha256sum shows its hash",
		path);
}

bool
record_input(struct record *record, const char *role, const char *path,
    struct bytes content, struct err *err)
{
	return (record == NULL || check_kept(path, content, err)) &&
	    record_file(
		record, "input", RECORD_INPUTS, role, path, content, err);
}

static bool
read_by(bool (*by)(const char *, size_t, struct buf *, struct err *),
    struct record *record, const char *role, const char *path, size_t max,
    struct buf *ret, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	size_t before = ret->len;

	if (recorded != NULL)
		return recorded_input(recorded, role, path, ret, err);
	return by(path, max, ret, err) &&
	    record_input(record, role, path,
		(struct bytes){ ret->data + before, ret->len - before }, err);
}

bool
record_read(struct record *record, const char *role, const char *path,
    size_t max, struct buf *ret, struct err *err)
{
	return read_by(file_read, record, role, path, max, ret, err);
}

/* That it is a link is no verdict: nothing was read that a replay could judge. */
static bool
read_no_link(
    const char *path, size_t max, struct buf *ret, struct err *err)
{
	if (file_read_no_link(path, max, ret, err))
		return true;
	if (err->code == E_REFUSED)
		err->code = E_IO;
	return false;
}

bool
record_read_no_link(struct record *record, const char *role, const char *path,
    size_t max, struct buf *ret, struct err *err)
{
	return read_by(read_no_link, record, role, path, max, ret, err);
}

bool
record_look(struct record *record, const char *role, const char *path,
    size_t max, struct buf *ret, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	char step[STEP_TEXT_SIZE];

	if (recorded == NULL)
		return file_read(path, max, ret, err);
	snprintf(step, sizeof(step), "input %.40s", role);
	return recorded_has_input(recorded, role, path)
	    ? recorded_stored(recorded, step, ret, err)
	    : err_set(err, E_IO, "%s: is not there", path);
}

bool
record_finds(const struct record *record, const char *role, const char *path)
{
	struct recorded *recorded = record_recorded(record);

	return recorded != NULL ? recorded_has_input(recorded, role, path)
				: access(path, F_OK) == 0 || errno != ENOENT;
}

bool
record_output(struct record *record, const char *role, const char *path,
    struct bytes content, struct err *err)
{
	struct recorded *recorded = record_recorded(record);

	if (recorded != NULL)
		return recorded_output(recorded, role, path, content, err);
	return record_file(
	    record, "output", RECORD_OUTPUTS, role, path, content, err);
}

const char *
record_head(const struct record *record)
{
	const struct recorded *recorded = record->recorded;

	return recorded == NULL
	    ? chain_head(record->chain)
	    : recorded->ceremony->log.lines[recorded->next - 1].hash;
}

const struct chain_lines *
record_found(const struct record *record)
{
	return record->recorded != NULL ? &record->recorded->before
					: chain_found(record->chain);
}

bool
record_history(
    const struct record *record, struct ceremony *ret, struct err *err)
{
	return record->recorded != NULL
	    ? recorded_history(record->recorded, ret, err)
	    : ceremony_read(record->dir, ret, err);
}

void
record_history_clear(const struct record *record, struct ceremony *history)
{
	if (record->recorded == NULL)
		ceremony_clear(history);
	else
		free(history->runs);
}

const char *
record_dir(const struct record *record)
{
	return record->dir;
}

void
record_close(struct record *record)
{
	if (record == NULL)
		return;
	for (size_t i = 0; i < record->n_waiting; i++) {
		json_decref(record->waiting[i].line);
		buf_free(&record->waiting[i].content);
	}
	free(record->waiting);
	chain_close(record->chain);
	free(record);
}
