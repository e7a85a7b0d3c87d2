#include <stdio.h>

#include "ksr/base/file.h"
#include "ksr/document/format.h"
#include "ksr/policy/records.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/zones.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

struct converting {
	struct document document;
	enum ksr_format from, to;
	struct losses losses;
	struct buf octets; /* as they are to be written */
};

/*
 * As the file has it: a policy completes it only where the new format has what
 * the old one lacks.
 */
static bool
load(const struct context *context, const struct args *args,
    struct converting *c, struct err *err)
{
	struct context plain = *context, zoned;

	plain.config = NULL;
	plain.zones = NULL;
	if (!document_load(
		&plain, "document", args->files[0], &c->document, err))
		return false;
	c->from = c->document.ksr->format;
	return (ksr_lacks(c->document.ksr) & LACKS_POLICY &
		   ~format_of(c->to)->lacks) == 0 ||
	    (context_of_zone(context, c->document.ksr->domain, &zoned, err) &&
		records_complete(zoned.config, c->document.ksr, err));
}

/* What was written must be what its reader takes. */
static bool
render(struct converting *c, struct err *err)
{
	struct ksr *again;

	ksr_write(c->document.ksr, &c->octets);
	if (c->octets.failed)
		return err_set(err, E_MEMORY, "the document does not fit");
	if (!ksr_read_as(c->to, buf_bytes(&c->octets), "converted", &again,
		err))
		return err_prefix(err, "%s cannot be written as %s",
		    c->document.path, format_of(c->to)->title);
	ksr_free(again);
	return true;
}

static bool
show(const struct context *context, const struct converting *c,
    const char *path, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (context->json)
		return json_print(json_pack("{s:s, s:o, s:s, s:s, s:o}",
				      "command", "convert", "document",
				      json_of_document(&c->document), "from",
				      format_of(c->from)->name, "to",
				      format_of(c->to)->name, "lost",
				      json_of_losses(&c->losses)),
		    err);
	if (!sha256(buf_bytes(&c->octets), digest, err))
		return false;
	print_digest("Converted", path, digest);
	printf("  from %s to %s\n", format_of(c->from)->title,
	    format_of(c->to)->title);
	print_losses(&c->losses);
	return true;
}

static bool
convert(const struct context *context, const struct args *args,
    struct converting *c, struct output *output, struct err *err)
{
	const char *path = args->files[1];

	return load(context, args, c, err) &&
	    (ksr_convert(c->document.ksr, c->to, &c->losses, err) ||
		err_prefix(err, "%s", c->document.path)) &&
	    render(c, err) &&
	    publishing_text(context, output, "document", path,
		buf_bytes(&c->octets), err) &&
	    show(context, c, path, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct converting c = { .octets = buf_new(KSR_FILE_MAX) };
	struct output *output = NULL;
	bool ok = format_named(args_value(args, "into"), &c.to, err) &&
	    publishing_open(context, args->files[1], &output, err);

	if (output != NULL)
		interrupt_guard_file(output_temporary(output));
	ok = ok && convert(context, args, &c, output, err);
	interrupt_guard_file(NULL);
	output_free(output);
	buf_free(&c.octets);
	document_free(&c.document);
	return ok;
}

static const struct option_row options[] = {
	{ "into", "FORMAT", "xml, bind or knot", false },
	{ "from", "FORMAT", "of the file; default: as it begins", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_convert = {
	.name = "convert",
	.run = run,
	.usage = "FILE NEW --into xml|bind|knot [--from FORMAT]",
	.summary = "write a request or response in another signer's format",
	.help =
	    "xml    the root zone's requests and responses\n"
	    "bind   those of BIND 9.20 and later\n"
	    "knot   those of Knot DNS, by its keymgr\n\n"
	    "What the new format has no place for is named.  The root's XML has\n"
	    "policy sections: for a response of another format they are the\n"
	    "configuration's.  A request that proves possession of nothing is\n"
	    "never one in XML.  Checks nothing else; NEW is never overwritten.",
	.min_files = 2,
	.max_files = 2,
	.may_have_config = true,
	.zone = ZONE_READ,
	.needed = { "into" },
	.recording = RECORD_ASKED,
	.options = options,
};
