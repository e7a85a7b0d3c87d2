#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/document/format.h"
#include "ksr/zone/release.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/zones.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

static json_t *
json_of_warnings(const struct release *release)
{
	struct release_warnings warnings;
	json_t *list = json_array();

	release_warnings(release, &warnings);
	for (size_t i = 0; i < warnings.n; i++)
		json_array_append_new(list, json_string(warnings.lines[i]));
	return list;
}

/* The records of a text in presentation form, without its comments. */
static json_t *
json_of_records(struct bytes text)
{
	const char *line = (const char *)text.data;
	const char *end = line + text.len;
	json_t *list = json_array();

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((eol == NULL ? end : eol) - line);

		if (len > 0 && line[0] != ';')
			json_array_append_new(list, json_stringn(line, len));
		line += len + 1;
	}
	return list;
}

/* What goes out: records, or a response of the format that was asked for. */
struct handing {
	struct document document;
	struct release made;
	bool imported;
	enum ksr_format format; /* if it is */
	struct losses losses;
	struct buf records, response;
};

static bool
print_json(const struct context *context, const struct handing *h,
    struct err *err)
{
	const struct document *document = &h->document;
	const struct release *release = &h->made;
	const struct bundle *slot = &document->ksr->bundles[release->slot];
	const struct bundle *next = release_next(release);

	return json_print(
	    json_pack("{s:s, s:o, s:o, s:I, s:s, s:o, s:o, s:o, s:o?, s:o, "
		      "s:o, s:o}",
		"command", "release", "at", json_of_time(release->at),
		"response", json_of_document(document), "slot",
		(json_int_t)release->slot + 1, "bundle_id", slot->id,
		"inception", json_of_time(slot->inception), "expiration",
		json_of_time(slot->expiration), "next_inception",
		next == NULL ? json_null() : json_of_time(bundle_begins(next)),
		"pinned_by", 
		release->pinned ? json_of_text(context->config_path) : NULL,
		"warnings", json_of_warnings(release), "records",
		json_of_records(buf_bytes(&h->records)), "lost",
		json_of_losses(&h->losses)),
	    err);
}

/* What stays on the screen where the records went into a file. */
static void
print_summary(const struct handing *h, const char *path)
{
	const struct release *release = &h->made;
	struct release_warnings warnings;
	char safe[4 * PATH_MAX_LEN];

	text_printable(safe, sizeof(safe), path);
	release_warnings(release, &warnings);
	printf("Slot %zu of %zu in %s\n", release->slot + 1,
	    release->response->n_bundles, safe);
	if (!release->pinned)
		printf("The keys are the response's own: no configuration says "
		       "which KSKs to expect\n");
	for (size_t i = 0; i < warnings.n; i++)
		printf("WARNING: %s\n", warnings.lines[i]);
	print_losses(&h->losses);
}

static struct bytes
handed_over(const struct handing *h)
{
	return buf_bytes(h->imported ? &h->response : &h->records);
}

static bool
make(const struct context *context, const struct args *args, struct handing *h,
    struct err *err)
{
	const char *into = args_value(args, "into");
	struct context zoned;

	h->imported = into != NULL;
	if ((into != NULL && !format_named(into, &h->format, err)) ||
	    !document_load_kind(context, "response", args->files[0],
		KSR_RESPONSE, &h->document, err) ||
	    !context_of_zone(context, h->document.ksr->domain, &zoned, err))
		return false;
	if (!release_make(h->document.ksr, zoned.config, zoned.now, &h->made,
		err) ||
	    (h->imported &&
		!release_response(&h->made, h->format, &h->losses,
		    &h->response, err)))
		return err_prefix(err, "%s", h->document.path);
	release_text(&h->made, h->document.sha256, &h->records);
	return !h->records.failed || err_set(err, E_MEMORY, "out of memory");
}

static bool
release(const struct context *context, const struct args *args,
    struct output *output, struct handing *h, struct err *err)
{
	const char *path = args_value(args, "output");

	if (!make(context, args, h, err) ||
	    (output != NULL &&
		!publishing_text(context, output, "records", path,
		    handed_over(h), err)))
		return false;
	if (context->json)
		return print_json(context, h, err);
	if (output == NULL)
		print_data(handed_over(h));
	else
		print_summary(h, path);
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *path = args_value(args, "output");
	struct output *output = NULL;
	struct handing h = { .records = buf_new(KSR_FILE_MAX),
		.response = buf_new(KSR_FILE_MAX) };
	bool ok;

	if (path != NULL && !publishing_open(context, path, &output, err))
		return false;
	if (output != NULL)
		interrupt_guard_file(output_temporary(output));
	ok = release(context, args, output, &h, err);
	interrupt_guard_file(NULL);
	output_free(output);
	buf_free(&h.response);
	buf_free(&h.records);
	document_free(&h.document);
	return ok;
}

static const struct option_row options[] = {
	{ "output", "FILE", "where to (short: -o); never overwritten", false },
	{ "into", "FORMAT", "xml, bind or knot: a response of that slot; default: "
			    "records", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_release = {
	.name = "release",
	.run = run,
	.usage = "SKR --at TIME [-o FILE]",
	.summary = "print what the zone publishes at a time; no HSM",
	.help =
	    "One slot's DNSKEY RRset with its signatures, in presentation form:\n"
	    "the last slot that has begun at TIME.  A zone signer that is given\n"
	    "these alone does not lose a quarter of signatures with its ZSK.\n"
	    "Before the first slot, after the last and in a gap nothing is\n"
	    "released (status 1).\n\n"
	    "Every signature of the slot is verified first, through a second\n"
	    "implementation; where there is a configuration, every KSK must be\n"
	    "one that it pins.  Without one the keys are the file's own, and a\n"
	    "comment line says so.  Comment lines also tell which slot comes\n"
	    "next, and warn where that, or the signatures' end, is less than a\n"
	    "TTL away.\n\n"
	    "With --into it is a response with that slot alone, as BIND or Knot\n"
	    "import it.",
	.min_files = 1,
	.max_files = 1,
	.may_have_config = true,
	.zone = ZONE_READ,
	.asks_time = true,
	.remark = "; ",
	.needed = { "at" },
	.recording = RECORD_ASKED,
	.options = options,
};
