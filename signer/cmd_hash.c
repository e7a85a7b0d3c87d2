#include <limits.h>

#include "ksr/base/file.h"
#include "signer/command.h"
#include "signer/json.h"
#include "signer/print.h"
#include "signer/record.h"

static bool
hash_one(struct record *record, const char *path, json_t *list,
    struct err *err)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_TEXT_SIZE], safe[4 * PATH_MAX_LEN];
	bool ok = file_read(path, KSR_FILE_MAX, &content, err) &&
	    sha256(buf_bytes(&content), digest, err) &&
	    record_input(record, "file", path, buf_bytes(&content), err);

	buf_free(&content);
	if (!ok)
		return false;
	if (list == NULL) {
		print_digest("File", path, digest);
		return true;
	}
	sha256_text(digest, hex);
	text_printable(safe, sizeof(safe), path);
	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:o}", "file", safe, "sha256", hex, "words",
		json_of_words((struct bytes){ digest, sizeof(digest) })));
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	json_t *list = context->json ? json_array() : NULL;

	for (size_t i = 0; i < args->n_files; i++) {
		if (!hash_one(context->record, args->files[i], list, err)) {
			json_decref(list);
			return false;
		}
	}
	return !context->json || json_print(list, err);
}

const struct command cmd_hash = {
	.name = "hash",
	.run = run,
	.usage = "FILE...",
	.summary = "print the SHA-256 of files in hex and PGP words",
	.help = "Each file's SHA-256 as sha256sum prints it, and as 32 PGP "
		"words to be read\naloud: two people compare a document over a "
		"telephone or across a room.",
	.min_files = 1,
	.max_files = INT_MAX,
	.recording = RECORD_IF_THERE,
};
