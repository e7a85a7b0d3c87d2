#include <stdio.h>
#include <string.h>

#include "signer/cms/log_sign.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/ceremony.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/show/log_show.h"
#include "signer/show/witness.h"
#include "signer/workshop/log_import.h"

#define OPTIONS_MAX 4

/* `anchorite log NAME ...`: files[0] is the name. */
struct subcommand {
	const char *name;
	bool (*run)(const struct context *context, const struct args *args,
	    struct err *err);
	size_t max_files; /* the name included */
	const char *options[OPTIONS_MAX + 1]; /* NULL ends them */
};

static const char *
folder_of(const struct args *args)
{
	return args->n_files > 1 ? args->files[1] : RECORD_DEFAULT;
}

static bool
print_verified(const struct context *context, const struct ceremony *ceremony,
    const struct witness *witness, const struct log_signature *signature,
    struct err *err)
{
	size_t n_interrupted = 0;

	for (size_t i = 0; i < ceremony->n_runs; i++)
		if (!ceremony->runs[i].ended)
			n_interrupted++;
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:I, s:I, s:I, s:s, s:b, s:o}", "command",
			"log verify", "accepted", 1, "lines",
			(json_int_t)ceremony->log.n, "runs",
			(json_int_t)ceremony->n_runs, "interrupted",
			(json_int_t)n_interrupted, "head", ceremony->log.head,
			"witnessed", witness->given, "signature",
			log_signature_json(signature)),
		    err);
	printf("Lines %zu, each the successor of the one before; runs %zu, "
	       "interrupted %zu\n",
	    ceremony->log.n, ceremony->n_runs, n_interrupted);
	printf("\n");
	if (signature->path != NULL) {
		log_signature_print(signature, ceremony->log.n);
		printf("\n");
	}
	witness_print(witness, ceremony->dir, &ceremony->log);
	return true;
}

static bool
verify(const struct context *context, const struct args *args, struct err *err)
{
	struct ceremony ceremony;
	struct log_signature signature;
	struct witness witness;
	bool ok;

	if (!witness_of_args(args, &witness, err) ||
	    !ceremony_read(folder_of(args), &ceremony, err))
		return false;
	ok = (witness_agrees(&witness, &ceremony.log, err) ||
		 err_prefix(err, "%s", ceremony.dir)) &&
	    log_signature_of_args(args, &ceremony.log, &signature, err) &&
	    print_verified(context, &ceremony, &witness, &signature, err);
	ceremony_clear(&ceremony);
	return ok;
}

static bool
show_json(const struct ceremony *ceremony, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ceremony->log.n; i++)
		json_array_append_new(list,
		    ceremony->log.lines[i].json == NULL
			? json_null()
			: json_incref(ceremony->log.lines[i].json));
	return json_print(list, err);
}

static bool
show(const struct context *context, const struct args *args, struct err *err)
{
	const char *format = args_value(args, "format");
	struct ceremony ceremony;
	bool ok = true;

	if (format != NULL && strcmp(format, "text") != 0)
		return err_set(
		    err, E_USAGE, "--format %s: expected text", format);
	if (format != NULL && context->json)
		return err_set(err, E_USAGE,
		    "--json and --format %s contradict each other", format);
	if (!ceremony_read(folder_of(args), &ceremony, err))
		return false;
	if (context->json)
		ok = show_json(&ceremony, err);
	else
		ok = log_show(&ceremony, args_value(args, "zone"),
		    context->colour && format == NULL, err);
	ceremony_clear(&ceremony);
	return ok;
}

static const struct subcommand subcommands[] = {
	{ "verify", verify, 2, { "head", "words", "signature", "key-sha256" } },
	{ "sign", log_sign, 2, { "key", "hsm" } },
	{ "show", show, 2, { "format" } },
	{ "import-ksrsigner", log_import, 2, { "skr" } },
};

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const struct subcommand *sub = NULL;

	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		if (strcmp(subcommands[i].name, args->files[0]) == 0)
			sub = &subcommands[i];
	if (sub == NULL)
		return err_set(err, E_USAGE,
		    "log %s: no such subcommand; `anchorite log --help` lists "
		    "them",
		    args->files[0]);
	if (args->n_files > sub->max_files)
		return err_set(
		    err, E_USAGE, "log %s: too many arguments", sub->name);
	return args_only(args, "log", sub->name, sub->options, err) &&
	    sub->run(context, args, err);
}

static const struct option_row options[] = {
	WITNESS_OPTIONS,
	{ "format", "text", "show: plain text for paper, whatever the terminal",
	    false },
	{ "skr", "SKR", "import-ksrsigner: the response to compare", false },
	{ "signature", "FILE", "verify: a signature of the record", false },
	{ "key-sha256", "HEX", "verify: the hash of the key that made it",
	    false },
	{ "key", "LABEL", "sign: the key in the token; never a KSK", false },
	{ "hsm", "NAME", "sign: which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

static const struct verb_row verbs[] = {
	{ "verify", false, RECORD_NEVER, "[DIR]", NULL, ZONE_NONE },
	{ "sign", true, RECORD_ACT, "FILE", "key", ZONE_NONE },
	{ "show", false, RECORD_NEVER, "[DIR]", NULL, ZONE_OWN },
	{ "import-ksrsigner", false, RECORD_NEVER, "FILE", NULL, ZONE_NONE },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

const struct command cmd_log = {
	.name = "log",
	.run = run,
	.usage = "verify [DIR] [--head HEX | --words \"WORDS\"] "
		 "[--signature FILE [--key-sha256 HEX]] | "
		 "sign FILE --key LABEL | "
		 "show [DIR] [--format text] | "
		 "import-ksrsigner FILE [--skr SKR]",
	.summary = "verify and read the ceremony record",
	.help =
	    "verify  each line is the successor of the one before, and the "
	    "last\n"
	    "        is the witnessed head, if --head or --words gives it;\n"
	    "        --signature: it, or it as it was, is what the key signed\n"
	    "sign    signs the record (--ceremony DIR) with a key in the token\n"
	    "        into FILE, which `openssl cms -verify -binary` checks as\n"
	    "        well: RSA or ECDSA, never a KSK; what comes on record\n"
	    "        afterwards is not signed\n"
	    "show    run by run and step by step as people read it, with the\n"
	    "        tables of the documents, in at most 80 columns\n"
	    "import-ksrsigner\n"
	    "        reads the text log that a root ceremony published: its\n"
	    "        hashes and tables, and with --skr whether the new\n"
	    "        response's table is that of the SKR\n\n"
	    "DIR is the ceremony folder; ./ceremony if it is not given.\n"
	    "`replay` derives everything in it anew.",
	.min_files = 1,
	.max_files = 2,
	.recording = RECORD_NEVER,
	.verbs = verbs,
	.options = options,
};
