#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/format.h"
#include "signer/record/adopting.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/record/register_adopt.h"
#include "signer/record/register_open.h"
#include "signer/record/register_seen.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"

#define ARCHIVE_MAX  4096u /* files */
#define ARCHIVE_ROLE "archive"
#define OTHER_ROLE   "register to adopt"

/* Names of an archive's documents, in order, so that a record is in order. */
struct names {
	size_t n;
	char *paths[ARCHIVE_MAX];
};

/* What is called so was meant to be one, whatever became of it. */
static bool
is_called_xml(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".xml") == 0;
}

/* Whether a file is a document by what is in it; else it is named. */
static bool
is_document(const char *path, bool *ret, struct err *err)
{
	struct buf octets = buf_new(KSR_FILE_MAX);
	struct stat st;
	struct err why;

	*ret = false;
	if (stat(path, &st) != 0)
		return err_set_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return true;
	if (st.st_size > (off_t)KSR_FILE_MAX) {
		screen_complain("note: %s is passed over: it is larger than "
				"any request or response", path);
		return true;
	}
	if (!file_read(path, KSR_FILE_MAX, &octets, err))
		return false;
	*ret = format_begins(buf_bytes(&octets), path, &why);
	buf_free(&octets);
	if (!*ret)
		screen_complain("note: passed over: %s", why.msg);
	return true;
}

static int
by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool
add_name(struct names *names, const char *dir, const char *name,
    struct err *err)
{
	size_t size = strlen(dir) + strlen(name) + 2;

	if (names->n == ARCHIVE_MAX)
		return err_set(err, E_INPUT,
		    "%s: holds more than %u documents", dir, ARCHIVE_MAX);
	names->paths[names->n] = malloc(size);
	if (names->paths[names->n] == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	snprintf(names->paths[names->n++], size, "%s/%s", dir, name);
	return true;
}

/* The last name goes again where it is no document's. */
static bool
keep_document(struct names *names, struct err *err)
{
	char *path = names->paths[names->n - 1];
	bool keep = is_called_xml(path);
	bool ok = keep || is_document(path, &keep, err);

	if (!keep) {
		free(path);
		names->n--;
	}
	return ok;
}

static bool
list_archive(const char *path, struct names *ret, struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool ok = true;

	if (dir == NULL)
		return err_set_errno(err, "%s", path);
	while (ok && (entry = readdir(dir)) != NULL)
		ok = add_name(ret, path, entry->d_name, err) &&
		    keep_document(ret, err);
	closedir(dir);
	qsort(ret->paths, ret->n, sizeof(ret->paths[0]), by_text);
	return ok;
}

/* The documents that a run on record found, in the order of its lines. */
static bool
list_again(struct recorded *recorded, const char *path,
    struct names *ret, struct err *err)
{
	struct recorded ahead = *recorded;
	size_t len = strlen(path);
	const json_t *line;
	bool ok = true;

	while (ok &&
	    (line = recorded_if(&ahead, "input " ARCHIVE_ROLE)) != NULL) {
		const char *name = fact_text(line, "path");

		ok = strncmp(name, path, len) == 0 && name[len] == '/'
		    ? add_name(ret, path, name + len + 1, err)
		    : err_set(err, E_INPUT, "%.300s: is not in %s", name, path);
		recorded_took(&ahead);
	}
	recorded_may_end(&ahead);
	recorded->state = ahead.state;
	return ok;
}

/* A folder, whose documents are listed, or another register. */
static bool
find_names(struct record *record, const char *path, bool *ret_is_folder,
    struct names *ret, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	struct stat st;

	if (recorded != NULL) {
		*ret_is_folder =
		    !recorded_has_input(recorded, OTHER_ROLE, path);
		return !*ret_is_folder ||
		    list_again(recorded, path, ret, err);
	}
	if (stat(path, &st) != 0)
		return err_set_errno(err, "%s", path);
	*ret_is_folder = S_ISDIR(st.st_mode);
	return !*ret_is_folder || list_archive(path, ret, err);
}

static bool
load_archive(const struct context *context, const struct names *names,
    struct adopting *adopting, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct document *document = adopting_add(adopting);

		if (document == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		if (!document_load(context, ARCHIVE_ROLE, names->paths[i],
			document, err))
			return false;
	}
	return true;
}

static bool
load_other(const struct context *context, const char *path,
    struct adopting *adopting, struct err *err)
{
	struct buf content = buf_new(CHAIN_FILE_MAX);
	bool ok = record_read(context->record, OTHER_ROLE, path,
		      CHAIN_FILE_MAX, &content, err) &&
	    ledger_of_bytes(
		buf_bytes(&content), path, &adopting->other, err);

	buf_free(&content);
	return ok;
}

/* Whatever this record published must be there afterwards. */
static bool
keeps_published(const struct context *context, const char *path,
    const struct adopting *adopting, const struct ledger *ledger,
    struct err *err)
{
	char safe[4 * REGISTER_PATH_SIZE], configuration[SHA256_TEXT_SIZE];
	const struct register_name name = { safe, configuration };
	const struct chain_lines *log = record_found(context->record);

	text_ascii(safe, sizeof(safe), path);
	sha256_text(context->config_sha256, configuration);
	return register_keeps_published(
	    log->lines, log->n, &name, adopting, ledger, err);
}

static bool
adopt(const struct context *context, struct ledger *ledger,
    const char *register_path, const char *path, struct adopting *adopting,
    struct err *err)
{
	size_t n;

	if (!adopting_judge(adopting, context->config, ledger, err) ||
	    !keeps_published(context, register_path, adopting, ledger, err))
		return err_prefix(err, "%s", path);
	n = adopting_lines(adopting, ledger);
	if (!record_event(context->record, "adopting",
		json_pack("{s:I}", "lines", (json_int_t)n), err) ||
	    !adopting_append(adopting, ledger, context->now, err) ||
	    !record_event(context->record, "adopted",
		json_pack("{s:I, s:s}", "lines", (json_int_t)n, "head",
		    ledger_head_now(ledger)),
		err))
		return false;
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:I, s:s}", "command", "register adopt",
			"lines", (json_int_t)n, "head",
			ledger_head_now(ledger)),
		    err);
	printf("%zu lines taken up%s\n  head %s\n", n,
	    n == 0 ? ": the register has all of it" : "",
	    ledger_head_now(ledger));
	return true;
}

bool
register_adopt(const struct context *context, const char *path, struct err *err)
{
	char register_path[REGISTER_PATH_SIZE];
	struct names *names = calloc(1, sizeof(*names));
	struct adopting adopting = { 0 };
	struct ledger *ledger = NULL;
	bool ok, is_folder = false;

	ledger_path(context->config_path, register_path);
	ok = (names != NULL || err_set(err, E_MEMORY, "out of memory")) &&
	    register_open_to_adopt(context, &ledger, err) &&
	    find_names(context->record, path, &is_folder, names, err) &&
	    (is_folder
		    ? load_archive(context, names, &adopting, err)
		    : load_other(context, path, &adopting, err)) &&
	    adopt(context, ledger, register_path, path, &adopting, err);
	adopting_clear(&adopting);
	ledger_close(ledger);
	for (size_t i = 0; names != NULL && i < names->n; i++)
		free(names->paths[i]);
	free(names);
	return ok;
}

/* What the record stored when the response was signed. */
static bool
read_stored(const struct context *context, const char *hash, struct buf *ret,
    struct err *err)
{
	char path[PATH_MAX_LEN + 128], seen[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];

	snprintf(path, sizeof(path), "%s/" RECORD_OUTPUTS "/%s",
	    context->record_dir, hash);
	if (!file_read(path, KSR_FILE_MAX, ret, err) ||
	    !sha256(buf_bytes(ret), digest, err))
		return err_prefix(err, "the record's copy");
	sha256_text(digest, seen);
	/* No rule says so, and replay finds none: the disk or somebody did it. */
	return strcmp(seen, hash) == 0 ||
	    err_set(err, E_INPUT, "%s: was changed: its SHA-256 is %s", path,
		seen);
}

static bool
write_recovered(const struct context *context, const char *path,
    struct bytes content, struct err *err)
{
	struct output *output = NULL;
	bool ok = publishing_open(context, path, &output, err) &&
	    publishing_text(context, output, "response", path, content, err);

	output_free(output);
	return ok;
}

bool
register_recover(const struct context *context, const char *hash,
    const char *path, struct err *err)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	struct ledger *ledger = NULL;
	char lower[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	bool ok;

	if (!hex_parse(hash, digest, sizeof(digest)))
		return err_set(err, E_USAGE,
		    "%.80s: expected the 64 hex digits of a SHA-256", hash);
	sha256_text(digest, lower);
	ok = register_read(context, &ledger, err) &&
	    ledger_may_recover(ledger, digest, err) &&
	    read_stored(context, lower, &content, err) &&
	    write_recovered(context, path, buf_bytes(&content), err);
	buf_free(&content);
	ledger_close(ledger);
	if (!ok)
		return false;
	if (context->json)
		return json_print(json_pack("{s:s, s:s, s:o}", "command",
				      "register recover", "response", lower,
				      "path", json_of_text(path)),
		    err);
	print_digest("Response", path, digest);
	printf("had back from the record; nothing was signed\n");
	return true;
}
