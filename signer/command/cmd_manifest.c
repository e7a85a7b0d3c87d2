#include <stdio.h>
#include <string.h>

#include "ksr/base/file.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/print.h"
#include "signer/workshop/manifest.h"

#define REMARK "# "

struct result {
	const char *dir;
	const char *path;  /* where the text is written; NULL: stdout */
	const char *other; /* what it is compared with; or NULL */
	struct manifest manifest, was;
	struct buf text;
	uint8_t digest[SHA256_SIZE];
	json_t *differences; /* owned; NULL: nothing was compared */
};

static void
result_clear(struct result *result)
{
	manifest_clear(&result->manifest);
	manifest_clear(&result->was);
	buf_free(&result->text);
	json_decref(result->differences);
}

static bool
read_other(struct record *record, struct result *result, struct err *err)
{
	struct buf text = buf_new(MANIFEST_FILE_MAX);
	bool ok = record_read(record, "manifest", result->other,
		      MANIFEST_FILE_MAX, &text, err) &&
	    manifest_parse(buf_bytes(&text), result->other, &result->was, err);

	buf_free(&text);
	return ok;
}

/*
 * The text in its file, if one was named; on record either way.  The file is
 * begun after the folder was read, where it may lie.
 */
static bool
put_text(const struct context *context, const struct result *result,
    struct err *err)
{
	struct bytes text = buf_bytes(&result->text);
	struct output *output;
	bool ok;

	if (result->path == NULL)
		return record_output(
		    context->record, "manifest", result->dir, text, err);
	if (!publishing_open(context, result->path, &output, err))
		return false;
	ok = publishing_text(
	    context, output, "manifest", result->path, text, err);
	output_free(output);
	return ok;
}

static bool
compare(struct record *record, struct result *result, struct err *err)
{
	result->differences =
	    manifest_compare(&result->was, &result->manifest);
	if (result->differences == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return record_event(record, "compared",
	    json_pack("{s:O}", "differences", result->differences), err);
}

/* The folder; in a replay what the run found there, as its text has it. */
static bool
walk(struct record *record, struct result *result, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	struct buf text = buf_new(MANIFEST_FILE_MAX);
	bool ok;

	if (recorded == NULL)
		return manifest_of_folder(
		    result->dir, &result->manifest, err);
	ok = recorded_stored(recorded, "output manifest", &text, err) &&
	    manifest_parse(
		buf_bytes(&text), result->dir, &result->manifest, err);
	buf_free(&text);
	return ok;
}

/* All that is to be known, before anything of it is shown. */
static bool
find_out(const struct context *context, struct result *result, struct err *err)
{
	struct record *record = context->record;

	return (result->other == NULL || read_other(record, result, err)) &&
	    walk(record, result, err) &&
	    manifest_format(&result->manifest, &result->text, err) &&
	    sha256(buf_bytes(&result->text), result->digest, err) &&
	    put_text(context, result, err) &&
	    (result->other == NULL || compare(record, result, err));
}

static const char *
text_of(const json_t *value, char *buffer, size_t size)
{
	if (json_is_string(value))
		return json_string_value(value);
	snprintf(buffer, size, "%lld", (long long)json_integer_value(value));
	return buffer;
}

static void
print_difference(const json_t *difference)
{
	const char *what =
	    json_string_value(json_object_get(difference, "what"));
	const char *name =
	    json_string_value(json_object_get(difference, "name"));
	const json_t *was = json_object_get(difference, "was");
	const json_t *is = json_object_get(difference, "is");
	char old[24], new[24];

	if (json_is_null(was) || json_is_null(is))
		printf("  %-8s %s (%s)\n", what, name,
		    text_of(json_is_null(was) ? is : was, old, sizeof(old)));
	else
		printf("  %-8s %s\n             was %s\n             is  %s\n",
		    what, name, text_of(was, old, sizeof(old)),
		    text_of(is, new, sizeof(new)));
}

static void
print_compared(const struct result *result)
{
	const json_t *difference;
	char other[4 * PATH_MAX_LEN];
	size_t i;

	text_printable(other, sizeof(other), result->other);
	if (json_array_size(result->differences) == 0)
		printf("\nThe same as the manifest %s\n", other);
	else
		printf("\nDifferences from the manifest %s\n", other);
	json_array_foreach(result->differences, i, difference)
	{
		print_difference(difference);
	}
}

/* Text alone is data: what is said of it stands in remarks behind it. */
static void
print_text(const struct result *result)
{
	struct buf digest = buf_new(DIGEST_TEXT_MAX);

	print_data(buf_bytes(&result->text));
	digest_text("Manifest of", result->dir, result->digest, &digest);
	print_remark(REMARK, buf_bytes(&digest));
	buf_free(&digest);
}

static bool
show_json(const struct result *result, struct err *err)
{
	json_t *root;

	root = json_pack("{s:s, s:o, s:o, s:o, s:I, s:s#, s:O?}", "command",
	    "manifest", "folder", json_of_text(result->dir), "sha256",
	    json_of_sha256(result->digest), "words",
	    json_of_words(
		(struct bytes){ result->digest, sizeof(result->digest) }),
	    "entries", (json_int_t)result->manifest.n, "text",
	    (const char *)result->text.data, (int)result->text.len,
	    "differences", result->differences);
	return json_print(root, err);
}

static bool
show(const struct context *context, const struct result *result,
    struct err *err)
{
	if (context->json)
		return show_json(result, err);
	if (result->path != NULL || result->other != NULL)
		print_digest("Manifest of", result->dir, result->digest);
	else
		print_text(result);
	if (result->other != NULL)
		print_compared(result);
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct result result = {
		.dir = args->files[0],
		.path = args->n_files > 1 ? args->files[1] : NULL,
		.other = args_value(args, "compare"),
		.text = buf_new(MANIFEST_FILE_MAX),
	};
	bool ok = find_out(context, &result, err) &&
	    show(context, &result, err) &&
	    (result.differences == NULL ||
		manifest_judge(result.differences, result.other, err));

	result_clear(&result);
	return ok;
}

static const struct option_row options[] = {
	{ "compare", "FILE", "an earlier manifest; status 1 if it differs",
	    false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_manifest = {
	.name = "manifest",
	.run = run,
	.usage = "DIR [FILE] [--compare FILE]",
	.summary = "what a medium holds, as text for paper and comparison",
	.help =
	    "Every entry below DIR with type, mode, size and SHA-256, sorted "
	    "by name;\n"
	    "hidden ones, empty folders and symbolic links included.  Links "
	    "are not\n"
	    "followed, other file systems not entered.  What cannot be read, "
	    "and what is\n"
	    "neither file, folder nor link, is an error: nothing is left "
	    "out.\n\n"
	    "Without FILE the text goes to stdout.  Then its hash, in hex and "
	    "PGP words.\n"
	    "--compare lists every difference from an earlier manifest "
	    "instead.\n",
	.min_files = 1,
	.max_files = 2,
	.remark = REMARK,
	.recording = RECORD_ASKED,
	.options = options,
};
