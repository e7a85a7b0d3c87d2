#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"

#define CHUNK	       (1024u * 1024)
#define STDIN_NAME     "-"
#define WATCHED_OCTETS (64u * CHUNK) /* between two words of progress */

/* What is read of a file, or of standard input. */
struct hashing {
	const char *path;
	int fd;
	uint64_t size;	    /* as the system has it; 0 where it does not know */
	uint64_t done;
	uint64_t next;	    /* how much is done when the next word is due */
	struct buf content; /* for the record; failed: too large for that */
	bool watched;	    /* somebody waits at a terminal */
	uint8_t digest[SHA256_SIZE];
};

static bool
is_stdin(const char *path)
{
	return strcmp(path, STDIN_NAME) == 0;
}

static bool
open_file(struct hashing *h, struct err *err)
{
	struct stat st;

	h->fd = is_stdin(h->path)
	    ? dup(STDIN_FILENO)
	    : open(h->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (h->fd < 0 || fstat(h->fd, &st) != 0)
		return err_set_errno(err, "%s", h->path);
	if (S_ISREG(st.st_mode))
		h->size = (uint64_t)st.st_size;
	else if (!is_stdin(h->path))
		return err_set(err, E_IO, "%s: not a regular file", h->path);
	return true;
}

static void
show_progress(struct hashing *h)
{
	if (!h->watched || h->done < h->next)
		return;
	h->next += WATCHED_OCTETS;
	if (h->size > 0)
		screen_progress("read %" PRIu64 " of %" PRIu64 " MiB",
		    h->done / CHUNK, h->size / CHUNK);
	else
		screen_progress("read %" PRIu64 " MiB", h->done / CHUNK);
}

static bool
read_all(struct hashing *h, EVP_MD_CTX *ctx, uint8_t *chunk, struct err *err)
{
	ssize_t n;

	while ((n = read(h->fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "%s", h->path);
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			return err_set(err, E_MEMORY, "out of memory");
		h->done += (uint64_t)n;
		if (!h->content.failed)
			buf_put(&h->content, chunk, (size_t)n);
		show_progress(h);
	}
	if (h->watched)
		screen_progress_done();
	/* A half is no file: whoever hashes it must know. */
	return h->size == 0 || h->done == h->size ||
	    err_set(err, E_IO, "%s: changed while it was read", h->path);
}

static bool
hash(struct hashing *h, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *chunk = malloc(CHUNK);
	bool ok;

	if (ctx == NULL || chunk == NULL ||
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		ok = err_set(err, E_MEMORY, "out of memory");
	else
		ok = read_all(h, ctx, chunk, err) &&
		    (EVP_DigestFinal_ex(ctx, h->digest, NULL) == 1 ||
			err_set(err, E_MEMORY, "out of memory"));
	EVP_MD_CTX_free(ctx);
	free(chunk);
	ERR_clear_error();
	return ok;
}

static bool
show(const struct hashing *h, json_t *list)
{
	char hex[SHA256_TEXT_SIZE];

	if (list == NULL) {
		print_digest("File",
		    is_stdin(h->path) ? "(standard input)" : h->path,
		    h->digest);
		return true;
	}
	sha256_text(h->digest, hex);
	json_array_append_new(list,
	    json_pack("{s:o, s:s, s:o}", "file", json_of_text(h->path),
		"sha256", hex, "words",
		json_of_words(
		    (struct bytes){ h->digest, sizeof(h->digest) })));
	return true;
}

/* A file that is too large to be stored was read. */
static bool
facts_hashed(struct record *record, const char *path,
    const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *err)
{
	if (record == NULL)
		return true;
	return record_event(record, "hashed",
	    json_pack("{s:o, s:o, s:I}", "path", json_of_text(path), "sha256",
		json_of_sha256(sha256), "size", (json_int_t)size),
	    err);
}

/* The record keeps the file; of one that is too large for it the hash. */
static bool
put_on_record(struct record *record, const struct hashing *h, struct err *err)
{
	if (h->content.failed)
		return facts_hashed(record, h->path, h->digest, h->done, err);
	return record_input(
	    record, "file", h->path, buf_bytes(&h->content), err);
}

/* Of what was too large the record has the hash alone. */
static bool
hash_again(struct hashing *h, struct record *record, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	const json_t *line = recorded_if(recorded, "hashed");
	bool ok;

	if (line == NULL) {
		ok = record_read(
		    record, "file", h->path, KSR_FILE_MAX, &h->content, err);
		buf_free(&h->content);
		return ok;
	}
	h->done = (uint64_t)json_integer_value(json_object_get(line, "size"));
	if (h->done <= KSR_FILE_MAX)
		recorded_differs(recorded, "%.300s was hashed and is not stored",
		    h->path);
	if (!hex_parse(fact_text(line, "sha256"), h->digest, SHA256_SIZE))
		recorded_differs(recorded, "%.300s has no SHA-256", h->path);
	return facts_hashed(record, h->path, h->digest, h->done, err);
}

static bool
hash_one(const struct context *context, const char *path, json_t *list,
    struct err *err)
{
	struct hashing h = { .path = path,
		.content = buf_new(KSR_FILE_MAX),
		.next = WATCHED_OCTETS,
		.watched = screen_is_watched() && !context->json };
	bool ok;

	if (record_recorded(context->record) != NULL)
		return hash_again(&h, context->record, err);
	/* Nothing is kept where there is no record. */
	h.content.failed = context->record == NULL;
	ok = open_file(&h, err) && hash(&h, err) &&
	    put_on_record(context->record, &h, err) && show(&h, list);
	if (h.fd >= 0)
		close(h.fd);
	buf_free(&h.content);
	return ok;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	static const char *const input[] = { STDIN_NAME };
	const char *const *paths = args->n_files == 0 ? input : args->files;
	size_t n = args->n_files == 0 ? 1 : args->n_files;
	json_t *list = context->json ? json_array() : NULL;

	for (size_t i = 0; i < n; i++) {
		if (!hash_one(context, paths[i], list, err)) {
			json_decref(list);
			return false;
		}
	}
	return !context->json || json_print(list, err);
}

const struct command cmd_hash = {
	.name = "hash",
	.run = run,
	.usage = "[FILE]...",
	.summary = "print the SHA-256 of files in hex and PGP words",
	.help = "Each file's SHA-256 as sha256sum prints it, and as 32 PGP "
		"words to be read\naloud: two people compare a document over a "
		"telephone or across a room.\nWithout FILE, or where it is -, "
		"standard input is read.  A file may have any\nsize; a record "
		"(--ceremony) stores what has up to 32 MiB.",
	.max_files = INT_MAX,
	.recording = RECORD_ASKED,
};
