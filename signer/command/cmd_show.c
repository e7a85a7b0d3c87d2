#include <stdio.h>
#include <string.h>

#include "ksr/document/presentation.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

static bool
show_table(const struct document *document, struct err *err)
{
	const struct ksr *ksr = document->ksr;

	print_digest(ksr->kind == KSR_REQUEST ? "Request" : "Response",
	    document->path, document->sha256);
	printf("  id %s, serial %llu, domain %s, %zu bundles\n", ksr->id,
	    (unsigned long long)ksr->serial, ksr->domain, ksr->n_bundles);
	return print_table("", ksr, err);
}

static bool
show_dns(const struct ksr *ksr, struct err *err)
{
	struct buf text = buf_new(2 * (size_t)KSR_FILE_MAX);
	bool ok = true;

	ksr_dns(ksr, &text);
	if (text.failed)
		ok = err_set(err, E_MEMORY, "out of memory");
	else
		print_data(buf_bytes(&text));
	buf_free(&text);
	return ok;
}

static bool
show_json(const struct document *document, struct err *err)
{
	json_t *root = json_of_ksr(document->ksr);

	if (root != NULL)
		json_object_set_new(root, "file", json_of_document(document));
	return json_print(root, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *format = args_value(args, "format");
	struct document document = { 0 };
	bool ok;

	if (format == NULL)
		format = context->json ? "json" : "table";
	if (strcmp(format, "table") != 0 && strcmp(format, "dns") != 0 &&
	    strcmp(format, "json") != 0)
		return err_set(err, E_USAGE,
		    "--format %s: expected table, dns or json", format);
	if (context->json && strcmp(format, "json") != 0)
		return err_set(err, E_USAGE,
		    "--json and --format %s contradict each other", format);
	if (!document_load(
		context, "document", args->files[0], &document, err))
		return false;
	if (strcmp(format, "table") == 0)
		ok = show_table(&document, err);
	else if (strcmp(format, "dns") == 0)
		ok = show_dns(document.ksr, err);
	else
		ok = show_json(&document, err);
	document_free(&document);
	return ok;
}

static const struct option_row options[] = {
	{ "format", "FORMAT", "table (the default), dns or json", false },
	{ "from", "FORMAT", "of the file: xml, bind or knot; default: as it begins",
	    false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_show = {
	.name = "show",
	.run = run,
	.usage = "FILE [--format table|dns|json] [--from FORMAT]",
	.summary = "look at a request or response",
	.help =
	    "table  hash, id and the operator's table: one row a slot; S signs,\n"
	    "       P published only, R revoked, RS revoked and signing\n"
	    "dns    every slot's DNSKEY and RRSIG records in presentation form\n"
	    "json   everything in the document\n\n"
	    "Reads the document strictly, checks nothing else and needs no\n"
	    "configuration.",
	.min_files = 1,
	.max_files = 1,
	.recording = RECORD_ASKED,
	.options = options,
};
