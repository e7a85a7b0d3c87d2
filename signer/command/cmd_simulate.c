#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ksr/base/file.h"
#include "ksr/rules/independent.h"
#include "signer/foresight/simulating.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/screen/interrupt.h"

/* A response whose signatures do not all verify says nothing about anybody. */
static bool
load_response(const struct context *context, const char *argument,
    struct simulating *simulating, char **ret_path, struct err *err)
{
	struct document *document =
	    &simulating->documents[simulating->n_documents];
	struct timeline_part part;

	if (!simulating_path(argument, ret_path, &part, err) ||
	    !document_load_kind(context, "response", *ret_path,
		KSR_RESPONSE, document, err))
		return false;
	simulating->n_documents++;
	return independent_verify_all(document->ksr, err) ||
	    err_prefix(err, "%s", document->path);
}

static bool
load_anchors(const struct context *context, const char *path,
    struct simulating *simulating, struct err *err)
{
	struct buf *file =
	    &simulating->anchor_files[simulating->n_anchor_files++];

	*file = buf_new(ANCHOR_FILE_MAX);
	return record_read(context->record, "trust anchors", path,
	    ANCHOR_FILE_MAX, file, err);
}

/* The resolvers are parsed before anything is read: a slip shows at once. */
static bool
load(const struct context *context, const struct args *args,
    struct simulating *simulating, char **paths, struct err *err)
{
	struct simulated *resolvers;
	size_t n;
	bool ok = true;

	if (!simulating_resolvers(args, &resolvers, &n, err))
		return false;
	for (size_t i = 0; ok && i < args->n_files; i++)
		ok = load_response(
		    context, args->files[i], simulating, &paths[i], err);
	for (size_t i = 0; ok && i < n; i++)
		if (resolvers[i].args.anchor_file[0] != '\0')
			ok = load_anchors(context,
			    resolvers[i].args.anchor_file, simulating, err);
	free(resolvers);
	return ok;
}

static bool
draw(const struct context *context, const struct simulating *simulating,
    const char *path, struct output *output, struct err *err)
{
	struct buf svg = buf_new(SIMULATE_SVG_MAX);
	bool ok;

	simulate_svg(simulating, &svg);
	ok = svg.failed
	    ? err_set(err, E_MEMORY, "the drawing does not fit")
	    : publishing_text(
		  context, output, "drawing", path, buf_bytes(&svg), err);
	buf_free(&svg);
	return ok;
}

/* What each resolver came to. */
static bool
facts_simulated(struct record *record, const struct simulating *simulating,
    struct err *err)
{
	if (record == NULL)
		return true;
	return record_event(record, "simulated",
	    json_pack("{s:o}", "resolvers", simulate_json_results(simulating)),
	    err);
}

static bool
simulate(const struct context *context, const struct args *args,
    struct output *output, struct simulating *simulating, char **paths,
    struct err *err)
{
	if (!load(context, args, simulating, paths, err) ||
	    !simulating_run(simulating, args, err) ||
	    !facts_simulated(context->record, simulating, err))
		return false;
	if (output != NULL &&
	    !draw(context, simulating, args_value(args, "svg"), output, err))
		return false;
	if (context->json)
		return json_print(simulate_json(simulating), err);
	simulate_print(simulating, context);
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct simulating simulating = { 0 };
	char **paths = calloc(args->n_files + 1, sizeof(*paths));
	const char *svg = args_value(args, "svg");
	struct output *output = NULL;
	bool ok;

	simulating.documents =
	    calloc(args->n_files + 1, sizeof(*simulating.documents));
	ok = (paths != NULL && simulating.documents != NULL) ||
	    err_set(err, E_MEMORY, "out of memory");
	ok = ok && (svg == NULL || publishing_open(context, svg, &output, err));
	if (output != NULL)
		interrupt_guard_file(output_temporary(output));
	ok = ok && simulate(context, args, output, &simulating, paths, err);
	interrupt_guard_file(NULL);
	output_free(output);
	simulating_clear(&simulating);
	for (size_t i = 0; paths != NULL && i < args->n_files; i++)
		free(paths[i]);
	free(paths);
	return ok;
}

static const struct option_row options[] = {
	{ "resolver", "KIND[,...]", "a resolver to follow; see above", true },
	{ "svg", "FILE", "also draw it; never overwritten", false },
	{ "format", "FORMAT", "of the files: xml, bind or knot; default: as they "
			      "begin", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_simulate = {
	.name = "simulate",
	.run = run,
	.usage = "SKR[@TIME]... [--resolver KIND[,KEY=VALUE]...]... "
		 "[--svg FILE]",
	.summary = "what resolvers trust, and when they fail, slot by slot",
	.help =
	    "The responses that were activated, or may be, in order of time.\n"
	    "SKR@TIME takes over at TIME from whatever came before: a fallback\n"
	    "in mid-quarter.  Every signature is verified first.  Needs no\n"
	    "configuration; the model is in docs/simulate.md.\n\n"
	    "--resolver, any number of times, is one of\n"
	    "  follower  trusts new keys as RFC 5011 says\n"
	    "  static    trusts its anchors and nothing else, for ever\n"
	    "  late      a follower from start=TIME on\n"
	    "  absent    a follower that is switched off, off=TIME/DURATION\n"
	    "  ds        all that go by the parent's DS, ds=TAG@TIME[/TIME],\n"
	    "            repeated, and lag=DURATION: the DS TTL and propagation\n"
	    "Each may have lacks=ALGORITHM, repeated: it cannot verify these.\n"
	    "with any of these behind it, separated by commas:\n"
	    "  anchor=TAG        a KSK of the responses, by tag or\n"
	    "                    keyIdentifier; may be repeated\n"
	    "  anchor-file=FILE  DS or DNSKEY records\n"
	    "  start=TIME        when it begins (default: with the first slot)\n"
	    "  off=TIME/DURATION off, as in 2027-01-01T00:00:00Z/P30D; may be\n"
	    "                    repeated\n"
	    "  name=NAME         what to call it\n"
	    "Without an anchor it begins with the KSKs that sign the first\n"
	    "slot; without --resolver there are a follower and a static one.",
	.min_files = 1,
	.max_files = INT_MAX,
	.recording = RECORD_ASKED,
	.options = options,
};
