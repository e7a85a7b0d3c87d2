#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/anchor/anchor_compare.h"
#include "ksr/anchor/anchor_forms.h"
#include "signer/anchor/anchor_file.h"
#include "signer/anchor/anchor_show.h"
#include "signer/anchor/anchor_sign.h"
#include "signer/anchor/anchoring.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

#define DOCUMENT_FORM "xml"

/* All keys, and each at its times. */
static const struct anchoring_wish all_keys = { .ask_tokens = true };

/* What `make` makes: the document, or a form of others. */
struct making {
	const struct context *context;
	const struct anchor_form *form; /* NULL: the document */
	const char *path;
	struct anchoring *anchoring;
	struct buf text;
	uint8_t sha256[SHA256_SIZE];
};

static bool
choose_form(
    const struct args *args, const struct anchor_form **ret, struct err *err)
{
	const char *given = args_value(args, "format");
	char names[ANCHOR_FORM_NAMES_SIZE];

	*ret = NULL;
	if (given == NULL || strcmp(given, DOCUMENT_FORM) == 0)
		return true;
	*ret = anchor_form_of(resolver_forms, n_resolver_forms, given);
	anchor_form_names(resolver_forms, n_resolver_forms, names);
	return *ret != NULL ||
	    err_set(err, E_USAGE,
		"--format %.40s: expected " DOCUMENT_FORM ", %s", given, names);
}

/* RFC 9718 2.1.1: a document says where it is published, and has an id. */
static bool
name_document(
    const struct args *args, struct trust_anchors *anchors, struct err *err)
{
	const char *id = args_value(args, "id");

	if (anchors->source[0] == '\0')
		return err_set(err, E_USAGE,
		    "the configuration has no trust_anchor.source: a published "
		    "set of anchors says where it is published");
	if (id == NULL)
		return true;
	if (id[0] == '\0' || strlen(id) > ID_MAX ||
	    id[strspn(id,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_.")] != '\0')
		return err_set(err, E_USAGE,
		    "--id %.60s: expected 1 to %u letters, digits, '-', '_' "
		    "and '.'",
		    id, ID_MAX);
	snprintf(anchors->id, sizeof(anchors->id), "%s", id);
	return true;
}

/* What is written is read again before anybody gets it. */
static bool
fill_document(struct making *m, const struct args *args, struct err *err)
{
	struct trust_anchors *again;

	if (!name_document(args, &m->anchoring->declared, err))
		return false;
	trust_anchors_write(&m->anchoring->declared, &m->text);
	if (m->text.failed)
		return err_set(err, E_MEMORY, "out of memory");
	if (!trust_anchors_read(buf_bytes(&m->text), m->path, &again, err))
		return false;
	free(again);
	return true;
}

static bool
fill(struct making *m, const struct args *args, struct err *err)
{
	if (m->form == NULL)
		return fill_document(m, args, err);
	if (args_value(args, "id") != NULL)
		return err_set(err, E_USAGE,
		    "--id has no meaning for --format %s", m->form->name);
	anchors_keep_valid(&m->anchoring->declared, m->context->now);
	return anchor_form_put(m->form, &m->anchoring->declared, &m->text, err);
}

static bool
print_made(const struct making *m, struct err *err)
{
	if (m->context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:s, s:o, s:o}", "command",
			"trust-anchor make", "path", json_of_text(m->path),
			"format",
			m->form == NULL ? DOCUMENT_FORM : m->form->name,
			"sha256", json_of_sha256(m->sha256), "set",
			json_of_anchors(
			    &m->anchoring->declared, m->context->now)),
		    err);
	anchors_print(&m->anchoring->declared, m->context->now);
	printf("\n");
	anchor_file_print_hash(m->path, m->sha256);
	return true;
}

static bool
make_into(struct making *m, const struct args *args, struct output *output,
    struct err *err)
{
	bool ok =
	    anchoring_load(m->context, args, &all_keys, &m->anchoring, err) &&
	    fill(m, args, err) && sha256(buf_bytes(&m->text), m->sha256, err) &&
	    publishing_text(m->context, output, ANCHOR_FILE_ROLE, m->path,
		buf_bytes(&m->text), err) &&
	    print_made(m, err);

	buf_free(&m->text);
	anchoring_free(m->anchoring);
	return ok;
}

static bool
make(const struct context *context, const struct args *args, struct err *err)
{
	struct making m = { .context = context,
		.path = args->files[1],
		.text = buf_new(TRUST_ANCHOR_FILE_MAX) };
	struct output *output = NULL;
	bool ok;

	if (!choose_form(args, &m.form, err) ||
	    !publishing_open(context, m.path, &output, err))
		return false;
	interrupt_guard_file(output_temporary(output));
	ok = make_into(&m, args, output, err);
	interrupt_guard_file(NULL);
	output_free(output);
	return ok;
}

static bool
print_file(const struct context *context, const struct anchor_file *file,
    struct err *err)
{
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:o, s:o}", "command",
			"trust-anchor show", "path", json_of_text(file->path),
			"sha256", json_of_sha256(file->sha256), "set",
			json_of_anchors(file->anchors, context->now)),
		    err);
	anchors_print(file->anchors, context->now);
	printf("\n");
	anchor_file_print_hash(file->path, file->sha256);
	printf("\nWho made it, only its signature says: `trust-anchor "
	       "verify`.\n");
	return true;
}

static bool
show(const struct context *context, const struct args *args, struct err *err)
{
	struct anchor_file file;
	bool ok;

	if (!anchor_file_load(context, args->files[1], &file, err))
		return false;
	ok = print_file(context, &file, err);
	anchor_file_free(&file);
	return ok;
}

static bool
print_compared(const struct context *context, const struct anchor_file *file,
    const struct anchor_comparisons *comparisons, struct err *err)
{
	if (context->json)
		return json_print(json_pack("{s:s, s:o, s:o, s:b, s:o}",
				      "command", "trust-anchor compare", "path",
				      json_of_text(file->path), "sha256",
				      json_of_sha256(file->sha256), "same",
				      comparisons->n_wrong == 0, "anchors",
				      json_of_comparisons(comparisons)),
		    err);
	printf("Trust anchors of %s, set %s, against what is declared\n",
	    file->anchors->zone, file->anchors->id);
	comparisons_print(comparisons);
	return true;
}

static bool
compare(const struct context *context, const struct args *args, struct err *err)
{
	struct anchor_comparisons comparisons;
	struct anchoring *a = NULL;
	struct anchor_file file;
	bool ok;

	if (!anchor_file_load(context, args->files[1], &file, err))
		return false;
	ok = anchoring_load(context, args, &all_keys, &a, err) &&
	    (anchors_compare(&a->declared, file.anchors, context->now, true,
		 &comparisons, err) ||
		err_prefix(err, "%s", file.path)) &&
	    comparisons_fact(context->record, ANCHORS_COMPARED, file.path,
		&comparisons, err) &&
	    print_compared(context, &file, &comparisons, err) &&
	    comparisons_judge(file.path, &comparisons, err);
	anchoring_free(a);
	anchor_file_free(&file);
	return ok;
}

/* `anchorite trust-anchor NAME ...`: files[0] is the name. */
#define OF_KEYS "key", "plan", "offline", "hsm"
static const struct subcommand {
	const char *name;
	bool (*run)(const struct context *context, const struct args *args,
	    struct err *err);
	const char *options[9]; /* NULL ends them */
} subcommands[] = {
	{ "make", make, { OF_KEYS, "format", "id" } },
	{ "show", show, { NULL } },
	{ "compare", compare, { OF_KEYS } },
	{ "sign", anchor_sign,
	    { "certificate", "label", "hsm", "key-file", "passphrase-file",
		"key", "plan", "batch" } },
	{ "verify", anchor_verify, { "signer" } },
};

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		if (strcmp(subcommands[i].name, args->files[0]) == 0)
			return args_only(args, "trust-anchor",
				   subcommands[i].name, subcommands[i].options,
				   err) &&
			    subcommands[i].run(context, args, err);
	return err_set(err, E_USAGE, "trust-anchor %s: no such subcommand",
	    args->files[0]);
}

static const struct option_row options[] = {
	{ "format", "FORMAT",
	    "make: xml (the default), ds, dnskey, unbound, "
	    "bind, ...",
	    false },
	{ "id", "TEXT", "make: of the document; default: of its content",
	    false },
	{ "certificate", "PEM",
	    "sign: the signer's, then those that lead to "
	    "it",
	    false },
	{ "label", "LABEL", "sign: the anchor key in the token", false },
	{ "key-file", "PEM", "sign: the private key in a file", false },
	{ "passphrase-file", "FILE", "sign: of the key file; default: asks",
	    false },
	{ "batch", NULL, "sign: confirm in advance", false },
	{ "signer", "ADDRESS", "verify: the certificate's e-mail address",
	    false },
	ANCHORING_OPTIONS,
	{ NULL, NULL, NULL, false },
};

static const struct verb_row verbs[] = {
	{ "make", true, RECORD_ACT, "FILE", NULL, ZONE_NAMED },
	{ "show", false, RECORD_ASKED, "FILE", NULL, ZONE_NONE },
	{ "compare", true, RECORD_ASKED, "FILE", NULL, ZONE_NAMED },
	{ "sign", true, RECORD_ACT, "XML P7S", "certificate", ZONE_NAMED },
	{ "verify", false, RECORD_ASKED, "XML P7S CA", NULL, ZONE_NONE },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

const struct command cmd_trust_anchor = {
	.name = "trust-anchor",
	.run = run,
	.usage = "make FILE [--format FORMAT] [--id TEXT] | show FILE | "
		 "compare FILE | "
		 "sign XML P7S --certificate PEM [--label LABEL] "
		 "[--key-file PEM] | verify XML P7S CA",
	.summary = "the anchors that the world trusts: make, sign, verify",
	.help =
	    "A zone's trust anchors are its KSKs as the configuration pins "
	    "them:\n"
	    "each DS, valid from `valid_from` until `valid_until`, or until a\n"
	    "--plan revokes the key or publishes it no more.  Public halves\n"
	    "come from the tokens, where each key must be the pinned one, or\n"
	    "from `public_key`.\n\n"
	    "make     writes them into FILE: the document of RFC 9718 (xml),\n"
	    "         published at `trust_anchor.source`; or, of the keys "
	    "that\n"
	    "         are valid now, ds, dnskey, unbound (a "
	    "trust-anchor-file),\n"
	    "         bind (trust-anchors with initial-ds), bind-static "
	    "(static-ds)\n"
	    "         or knot-resolver\n"
	    "show     a document's anchors, and its SHA-256\n"
	    "compare  a document with tokens and configuration: each anchor "
	    "is\n"
	    "         the same, missing, unknown, of another digest or of "
	    "another\n"
	    "         validity; status 1 unless all are the same\n"
	    "sign     a document that compares as the same, with a certificate "
	    "and\n"
	    "         its key, which is an anchor key in the token or in a "
	    "file:\n"
	    "         a detached CMS signature, as `openssl cms` and\n"
	    "         `unbound-anchor` verify it; a KSK never signs one\n"
	    "verify   that P7S signs XML, by a certificate that leads to one "
	    "of\n"
	    "         CA (PEM) and is valid now\n\n"
	    "A document whose parts contradict each other is refused whoever\n"
	    "made it: a digest that is not the key's, a validity that ends\n"
	    "before it begins, a key that stands there twice.",
	.min_files = 1,
	.max_files = 4,
	.recording = RECORD_ASKED,
	.verbs = verbs,
	.options = options,
};
