#include <stdio.h>

#include "ksr/base/file.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/show/page.h"
#include "signer/show/witness.h"

static bool
write_page(const struct context *context, const char *path, struct bytes page,
    struct err *err)
{
	struct output *output;
	bool ok;

	if (!output_open(path, &output, err))
		return false;
	ok = output_write(output, page, err) &&
	    publishing_name(context, output, path, err);
	output_free(output);
	return ok;
}

static bool
print(const struct context *context, const struct witness *witness,
    const struct ceremony *ceremony, const char *path, size_t size,
    struct err *err)
{
	char safe[4 * PATH_MAX_LEN];

	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:I, s:I, s:s, s:b}", "command",
			"report", "output", json_of_text(path), "size", (json_int_t)size,
			"runs", (json_int_t)ceremony->n_runs, "head",
			ceremony->log.head, "witnessed", witness->given),
		    err);
	text_printable(safe, sizeof(safe), path);
	printf("Report %s, %zu octets, of %zu runs\n\n", safe, size,
	    ceremony->n_runs);
	witness_print(witness, ceremony->dir, &ceremony->log);
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *path = args_value(args, "output");
	struct ceremony ceremony;
	struct witness witness;
	struct buf page = buf_new(REPORT_PAGE_MAX);
	bool ok;

	if (path == NULL)
		return err_set(err, E_USAGE, "where to? give -o FILE");
	if (!witness_of_args(args, &witness, err) ||
	    !ceremony_read(args->files[0], &ceremony, err))
		return false;
	ok = (witness_agrees(&witness, &ceremony.log, err) &&
		 report_page(&ceremony, &page, err)) ||
	    err_prefix(err, "%s", ceremony.dir);
	ok = ok && write_page(context, path, buf_bytes(&page), err) &&
	    print(context, &witness, &ceremony, path, page.len, err);
	buf_free(&page);
	ceremony_clear(&ceremony);
	return ok;
}

static const struct option_row options[] = {
	{ "output", "FILE", "the page (short: -o); never overwritten", false },
	WITNESS_OPTIONS,
	{ NULL, NULL, NULL, false },
};

const struct command cmd_report = {
	.name = "report",
	.run = run,
	.usage = "DIR -o FILE [--head HEX | --words \"WORDS\"]",
	.summary = "make one page for auditors from a ceremony record",
	.help =
	    "One HTML page without scripts, that loads nothing and prints on\n"
	    "A4: who, what and when; waivers and overrides; every request and\n"
	    "response with its table, each response with a timeline; every\n"
	    "check; every step; the record's head.  The same record gives the\n"
	    "same bytes.\n\n"
	    "A record whose chain or stored files are not as recorded, or "
	    "whose\n"
	    "head is not the witnessed one, gets no page.  `replay` verifies\n"
	    "what the page shows.",
	.min_files = 1,
	.max_files = 1,
	.needed = { "output" },
	.recording = RECORD_NEVER,
	.options = options,
};
