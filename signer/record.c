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
#include "ksr/pubkey.h"
#include "signer/chain.h"
#include "signer/json.h"
#include "signer/print.h"
#include "signer/record.h"

#define RECORD_PATH_SIZE (PATH_MAX_LEN + 128)
#define STORED_MODE	 0644
#define BINARY_MAX	 (256u * 1024 * 1024)

struct record {
	char dir[PATH_MAX_LEN + 1];
	char binary[SHA256_TEXT_SIZE]; /* of this program's own file */
	struct chain *chain;
	bool sealed;
};

/* The program as it runs, not as its path may be by now. */
bool
record_binary(char ret[SHA256_TEXT_SIZE], struct err *err)
{
	struct buf content = buf_new(BINARY_MAX);
	uint8_t digest[SHA256_SIZE];
	bool ok = file_read("/proc/self/exe", BINARY_MAX, &content, err) &&
	    sha256(buf_bytes(&content), digest, err);

	buf_free(&content);
	if (ok)
		sha256_text(digest, ret);
	return ok;
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
	path_in(record, RECORD_LOG, path);
	return chain_open(path, &record->chain, err) &&
	    file_sync_folder_of(path, err);
}

bool
record_open(const char *dir, struct record **ret, struct err *err)
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
	if (!record_binary(record->binary, err) || !open_folders(record, err)) {
		record_close(record);
		return err_prefix(err, "ceremony record");
	}
	*ret = record;
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
	line = json_pack("{s:o, s:s, s:s, s:s}", "time",
	    json_of_time((int64_t)time(NULL)), "event", event, "version",
	    ANCHORITE_VERSION, "binary", record->binary);
	if (line != NULL &&
	    json_object_update_missing(line, facts) != 0) {
		json_decref(line);
		line = NULL;
	}
	json_decref(facts);
	return chain_append(record->chain, line, err) ||
	    err_prefix(err, "ceremony record");
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

static bool
record_file(struct record *record, const char *event, const char *folder,
    const char *role, const char *path, struct bytes content, struct err *err)
{
	char hash[SHA256_TEXT_SIZE], safe[4 * PATH_MAX_LEN];
	uint8_t digest[SHA256_SIZE];

	if (record == NULL)
		return true;
	if (!sha256(content, digest, err))
		return false;
	sha256_text(digest, hash);
	text_printable(safe, sizeof(safe), path);
	return (store(record, folder, hash, content, err) ||
		   err_prefix(err, "ceremony record")) &&
	    record_event(record, event,
		json_pack("{s:s, s:s, s:s, s:I}", "role", role, "path", safe,
		    "sha256", hash, "size", (json_int_t)content.len),
		err);
}

bool
record_input(struct record *record, const char *role, const char *path,
    struct bytes content, struct err *err)
{
	return record_file(
	    record, "input", RECORD_INPUTS, role, path, content, err);
}

bool
record_output(struct record *record, const char *role, const char *path,
    struct bytes content, struct err *err)
{
	return record_file(
	    record, "output", RECORD_OUTPUTS, role, path, content, err);
}

const char *
record_head(const struct record *record)
{
	return chain_head(record->chain);
}

const struct chain_lines *
record_found(const struct record *record)
{
	return chain_found(record->chain);
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
	chain_close(record->chain);
	free(record);
}
