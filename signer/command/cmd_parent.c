#include <stdio.h>
#include <string.h>

#include "ksr/anchor/anchor_compare.h"
#include "ksr/anchor/anchor_forms.h"
#include "ksr/anchor/anchor_parent.h"
#include "ksr/document/wording.h"
#include "signer/anchor/anchor_show.h"
#include "signer/anchor/anchoring.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

#define PARENT_ROLE        "parent's DS"
#define RECORDS_ROLE       "records for the parent"
#define PARENT_RECORDS_MAX (256u * 1024)

static const struct {
	const char *name;
	uint8_t type;
} digest_names[] = {
	{ "SHA256", DS_DIGEST_SHA256 },
	{ "SHA384", DS_DIGEST_SHA384 },
};

static bool
has_digest(const struct anchoring_wish *wish, uint8_t type)
{
	for (size_t i = 0; i < wish->n_digests; i++)
		if (wish->digests[i] == type)
			return true;
	return false;
}

static bool
add_digest(const char *name, struct anchoring_wish *wish, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(digest_names); i++) {
		if (strcmp(digest_names[i].name, name) != 0)
			continue;
		if (!has_digest(wish, digest_names[i].type))
			wish->digests[wish->n_digests++] = digest_names[i].type;
		return true;
	}
	return err_set(
	    err, E_USAGE, "--digest %.40s: expected SHA256 or SHA384", name);
}

/* Those of --digest, or that the zone's CDS have, or SHA-256. */
static bool
choose_digests(const struct config *config, const struct args *args,
    struct anchoring_wish *wish, struct err *err)
{
	for (size_t i = 0; i < args->n_values; i++)
		if (strcmp(args->values[i].row->name, "digest") == 0 &&
		    !add_digest(args->values[i].value, wish, err))
			return false;
	if (wish->n_digests == 0) {
		wish->n_digests = config->cds.n_digests;
		memcpy(
		    wish->digests, config->cds.digests, sizeof(wish->digests));
	}
	if (wish->n_digests == 0)
		wish->digests[wish->n_digests++] = DS_DIGEST_SHA256;
	return true;
}

/* The keys are named, or there is one that is meant. */
static bool
are_there(
    const struct args *args, uint32_t keys, const char *what, struct err *err)
{
	return keys != 0 || args_value(args, "key") != NULL ||
	    err_set(err, E_REFUSED, "the configuration has no key %s", what);
}

/* --- show */

struct showing {
	const struct context *context;
	const struct anchor_form *form; /* NULL: told, not in a form */
	struct anchoring *anchoring;
	struct buf text;
};

static bool
choose_form(
    const struct args *args, const struct anchor_form **ret, struct err *err)
{
	const char *given = args_value(args, "format");
	char names[ANCHOR_FORM_NAMES_SIZE];

	*ret = NULL;
	if (given == NULL)
		return args_value(args, "output") == NULL ||
		    err_set(err, E_USAGE, "-o wants --format");
	*ret = anchor_form_of(parent_forms, n_parent_forms, given);
	anchor_form_names(parent_forms, n_parent_forms, names);
	return *ret != NULL ||
	    err_set(err, E_USAGE, "--format %.40s: expected %s", given, names);
}

/* "the parent has its DS since ..." */
static struct text
state_text(
    const struct config *config, const struct config_key *key, int64_t now)
{
	bool by_parent = config->trust == TRUST_PARENT_DS;
	struct text text = { .len = 0 };

	switch (parent_state_of(config, key, now)) {
	case PARENT_HAS:
		text_add(&text,
		    by_parent ? "the parent has its DS since %s"
			      : "valid since %s, so the parent is to have "
				"its DS",
		    time_text(by_parent ? key->ds_published : key->valid_from)
			.s);
		break;
	case PARENT_HAS_NOT:
		text_add(&text, "the parent is not said to have its DS");
		break;
	case PARENT_WITHDREW:
		text_add(&text, "the parent has its DS no more");
		break;
	}
	return text;
}

static bool
is_wanted(const struct showing *s, size_t key)
{
	return (s->anchoring->wanted.keys >> key & 1) != 0;
}

static void
print_told(const struct showing *s)
{
	const struct config *config = s->context->config;
	const struct trust_anchors *declared = &s->anchoring->declared;

	printf("What the parent of %s is to be told\n", declared->zone);
	for (size_t i = 0; i < config->n_keys; i++)
		if (is_wanted(s, i))
			printf("  %s: %s\n", config->keys[i].label,
			    state_text(
				config, &config->keys[i], s->context->now)
				.s);
	printf("\n");
	print_data(buf_bytes(&s->text));
}

static json_t *
json_of_states(const struct showing *s)
{
	const struct config *config = s->context->config;
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_keys; i++)
		if (is_wanted(s, i))
			json_array_append_new(list,
			    json_pack("{s:o, s:b}", "label",
				json_of_text(config->keys[i].label),
				"at_parent",
				parent_state_of(config, &config->keys[i],
				    s->context->now) == PARENT_HAS));
	return list;
}

static bool
print_shown(const struct showing *s, bool in_file, struct err *err)
{
	if (s->context->json)
		return json_print(json_pack("{s:s, s:o, s:o, s:s%}", "command",
				      "parent show", "set",
				      json_of_anchors(&s->anchoring->declared,
					  s->context->now),
				      "keys", json_of_states(s), "text",
				      (const char *)s->text.data, s->text.len),
		    err);
	if (s->form == NULL)
		print_told(s);
	else if (!in_file)
		print_data(buf_bytes(&s->text));
	return true;
}

static bool
show_into(struct showing *s, const struct args *args, struct output *output,
    struct err *err)
{
	const struct config *config = s->context->config;
	struct anchoring_wish wish = { .ask_tokens = true,
		.timeless = true,
		.keys = parent_candidates(config, s->context->now) };
	const struct anchor_form *form =
	    s->form != NULL ? s->form : &parent_forms[0];

	return choose_digests(config, args, &wish, err) &&
	    are_there(args, wish.keys, "for the parent", err) &&
	    anchoring_load(s->context, args, &wish, &s->anchoring, err) &&
	    anchor_form_put(form, &s->anchoring->declared, &s->text, err) &&
	    (output == NULL ||
		publishing_text(s->context, output, RECORDS_ROLE,
		    args_value(args, "output"), buf_bytes(&s->text), err)) &&
	    print_shown(s, output != NULL, err);
}

static bool
show(const struct context *context, const struct args *args, struct err *err)
{
	const char *path = args_value(args, "output");
	struct showing s = { .context = context,
		.text = buf_new(PARENT_RECORDS_MAX) };
	struct output *output = NULL;
	bool ok = choose_form(args, &s.form, err) &&
	    (path == NULL || publishing_open(context, path, &output, err));

	if (output != NULL)
		interrupt_guard_file(output_temporary(output));
	ok = ok && show_into(&s, args, output, err);
	interrupt_guard_file(NULL);
	output_free(output);
	anchoring_free(s.anchoring);
	buf_free(&s.text);
	return ok;
}

/* --- compare */

static bool
load_found(const struct context *context, const char *path,
    struct trust_anchors *ret, struct err *err)
{
	struct buf text = buf_new(PARENT_FILE_MAX);
	bool ok = record_read(context->record, PARENT_ROLE, path,
		      PARENT_FILE_MAX, &text, err) &&
	    parent_read(buf_bytes(&text), path,
		context->config->ksk_policy.signers_name, ret, err);

	buf_free(&text);
	return ok;
}

static bool
print_compared(const struct context *context, const char *path,
    const struct anchor_comparisons *comparisons, struct err *err)
{
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:b, s:o}", "command",
			"parent compare", "path", json_of_text(path), "same",
			comparisons->n_wrong == 0, "records",
			json_of_comparisons(comparisons)),
		    err);
	printf("DS of %s at its parent, against what is declared\n",
	    context->config->ksk_policy.signers_name);
	comparisons_print(comparisons);
	return true;
}

/* Of each key every digest that is wanted, and each that the parent has. */
static bool
compare_with(const struct context *context, const struct args *args,
    const struct trust_anchors *found, struct err *err)
{
	struct anchoring_wish wish = { .ask_tokens = true,
		.timeless = true,
		.keys = parent_keys(context->config, context->now) };
	struct anchor_comparisons comparisons;
	struct anchoring *a = NULL;
	const char *path = args->files[1];
	bool ok = choose_digests(context->config, args, &wish, err) &&
	    are_there(args, wish.keys, "whose DS is to be there now", err);

	for (size_t i = 0; i < found->n; i++)
		if (!has_digest(&wish, found->list[i].digest_type))
			wish.digests[wish.n_digests++] =
			    found->list[i].digest_type;
	ok = ok && anchoring_load(context, args, &wish, &a, err) &&
	    anchors_compare(
		&a->declared, found, context->now, false, &comparisons, err) &&
	    comparisons_fact(
		context->record, PARENT_COMPARED, path, &comparisons, err) &&
	    print_compared(context, path, &comparisons, err) &&
	    comparisons_judge(path, &comparisons, err);
	anchoring_free(a);
	return ok;
}

static bool
compare(const struct context *context, const struct args *args, struct err *err)
{
	struct trust_anchors found;

	return load_found(context, args->files[1], &found, err) &&
	    compare_with(context, args, &found, err);
}

/* `anchorite parent NAME ...`: files[0] is the name. */
#define OF_KEYS "key", "digest", "offline", "hsm"
static const struct subcommand {
	const char *name;
	bool (*run)(const struct context *context, const struct args *args,
	    struct err *err);
	const char *options[7]; /* NULL ends them */
} subcommands[] = {
	{ "show", show, { OF_KEYS, "format", "output" } },
	{ "compare", compare, { OF_KEYS } },
};

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		if (strcmp(subcommands[i].name, args->files[0]) == 0)
			return args_only(args, "parent", subcommands[i].name,
				   subcommands[i].options, err) &&
			    parent_exists(context->config, err) &&
			    subcommands[i].run(context, args, err);
	return err_set(
	    err, E_USAGE, "parent %s: no such subcommand", args->files[0]);
}

static const struct option_row options[] = {
	{ "format", "FORMAT",
	    "show: ds, dnskey, cds, cdnskey, epp-ds or "
	    "epp-key",
	    false },
	{ "output", "FILE", "show: where to (short: -o); never overwritten",
	    false },
	{ "digest", "NAME", "SHA256 or SHA384; default: cds.digests, or SHA256",
	    true },
	{ "key", "NAME", "only this one of the configuration's keys", true },
	{ "offline", NULL, "ask no token: keys as the configuration has them",
	    false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

static const struct verb_row verbs[] = {
	{ "show", true, RECORD_ASKED, "", NULL, ZONE_NAMED },
	{ "compare", true, RECORD_ASKED, "FILE", NULL, ZONE_NAMED },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

const struct command cmd_parent = {
	.name = "parent",
	.run = run,
	.usage = "show [--format FORMAT] [-o FILE] | compare FILE",
	.summary = "the DS that a zone's parent is to have, and has",
	.help =
	    "A zone below another is trusted by the DS that its parent "
	    "publishes.\n"
	    "Public halves come from the tokens, where each key must be the\n"
	    "pinned one, or from `public_key`.\n\n"
	    "show     what to tell the parent of each key that is not "
	    "retired,\n"
	    "         and whether the parent has its DS; with --format alone\n"
	    "         what the parent takes: DS, DNSKEY, CDS or CDNSKEY "
	    "records,\n"
	    "         or EPP's secDNS (RFC 5910) with dsData or keyData\n"
	    "compare  FILE, the parent's DS as `dig +noall +answer` prints "
	    "them,\n"
	    "         with those that are declared to be there now; status 1\n"
	    "         unless all are the same\n\n"
	    "Which DS are there is declared: with `trust: parent-ds` by\n"
	    "`ds_published` and `ds_withdrawn`, else they are those of the\n"
	    "keys that are valid.",
	.min_files = 1,
	.max_files = 2,
	.needs_config = true,
	.remark = "; ",
	.recording = RECORD_ASKED,
	.verbs = verbs,
	.options = options,
};
