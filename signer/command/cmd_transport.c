#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/keys/generate.h"
#include "signer/keys/key_facts.h"
#include "signer/keys/officers.h"
#include "signer/keys/transport.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"
#include "signer/token/token.h"

#define ALGORITHM    "RSASHA256" /* what its numbers are written as */
#define DEFAULT_SIZE "3072"

static bool
print(const struct context *context, const struct keyinfo *info,
    const char *path, const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:o, s:o, s:o}", "command",
			"transport", "key", keyinfo_json(info), "path",
			json_of_text(path), "sha256", json_of_sha256(sha256),
			"words",
			json_of_words((struct bytes){ sha256, SHA256_SIZE })),
		    err);
	keyinfo_print(info);
	print_digest("Public half", path, sha256);
	printf("\nRead the hash to whoever makes the backup: `backup` compares "
	       "it.\n");
	return true;
}

static bool
make(const struct context *context, struct token *token,
    const struct keygen *what, struct keyinfo *ret, struct err *err)
{
	struct hsm_key key;

	return facts_generating(context->record, what->label, ALGORITHM,
		   what->rsa_bits, what->purpose, NULL, err) &&
	    keygen_run(token, what, context->config->ksk_policy.signers_name,
		config_ttl_s(context->config), &key, ret, err) &&
	    facts_key(context->record, &ret->dnskey, err);
}

static bool
publish(const struct context *context, const struct keyinfo *info,
    const char *path, struct output *output, struct err *err)
{
	struct buf pem = buf_new(TRANSPORT_FILE_MAX);
	uint8_t digest[SHA256_SIZE] = { 0 };
	bool ok = transport_format(&info->dnskey, &pem, err) &&
	    sha256(buf_bytes(&pem), digest, err) &&
	    publishing_text(
		context, output, "transport key", path, buf_bytes(&pem), err);

	buf_free(&pem);
	interrupt_guard_file(NULL);
	if (ok)
		return print(context, info, path, digest, err);
	if (context->published->n > 0)
		return false;
	return err_prefix(err,
	    "the transport key \"%s\" was generated, but its file not written",
	    info->dnskey.identifier);
}

/* --- What a copy would come to. */

/* The first of its algorithm: what is true of one is of all. */
static bool
is_first(const struct config *config, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (config->keys[k].algorithm == config->keys[i].algorithm)
			return false;
	return true;
}

/*
 * Of each kind of the configuration's KSKs: before one is wrapped elsewhere, it
 * is known whether it would come to life here.
 */
static bool
try_kinds(const struct context *context, struct token *token, struct err *err)
{
	const struct config *config = context->config;
	struct hsm_wishes stays = keygen_wishes(config, PURPOSE_KSK);
	bool any = config->n_keys == 0;
	struct err why;

	stays.extractable = HSM_FALSE;
	for (size_t i = 0; i < config->n_keys; i++) {
		if (!is_first(config, i))
			continue;
		if (token_takes_copies(
			token, config->keys[i].algorithm, &stays, &why)) {
			any = true;
			continue;
		}
		err_prefix(&why, "it takes no copy of keys.%s",
		    config->keys[i].name);
		*err = why;
		if (!context->json)
			printf("Note: %s\n", why.msg);
	}
	return any;
}

/* --- A transport key. */

static bool
make_key(const struct context *context, const struct args *args,
    struct token *token, const struct keygen *what, struct output *output,
    struct err *err)
{
	struct keyinfo info;

	return make(context, token, what, &info, err) &&
	    publish(context, &info, args->files[0], output, err);
}

/* --- A list of components. */

static bool
print_list(const struct context *context, const struct components *components,
    const char *path, const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "command",
			"transport", "components",
			json_of_components(components), "check_value",
			json_of_bytes_hex((struct bytes){
			    components->whole, HSM_CHECK_SIZE }),
			"path", json_of_text(path), "sha256",
			json_of_sha256(sha256), "words",
			json_of_words((struct bytes){ sha256, SHA256_SIZE })),
		    err);
	printf("Components\n");
	officers_print(components);
	print_digest("List", path, sha256);
	printf("\nRead the hash to whoever makes the backup: `backup` compares "
	       "it.\n");
	return true;
}

/* They are taken as they will be when a copy arrives, and forgotten. */
static bool
make_list(const struct context *context, const struct args *args,
    struct token *token, size_t n, struct output *output, struct err *err)
{
	struct components components = { .n = n }, again;
	struct buf text = buf_new(COMPONENTS_FILE_MAX);
	uint8_t digest[SHA256_SIZE] = { 0 };
	bool ok = officers_give(
		      context, args, token, HSM_RECEIVES, false, &components,
		      err) &&
	    components_format(&components, &text, err) &&
	    components_parse(buf_bytes(&text), &again, err) &&
	    sha256(buf_bytes(&text), digest, err) &&
	    publishing_text(context, output, "components", args->files[0],
		buf_bytes(&text), err);

	buf_free(&text);
	interrupt_guard_file(NULL);
	return ok &&
	    print_list(context, &components, args->files[0], digest, err);
}

/* --- Which of them. */

struct wanted {
	struct keygen key;
	size_t n_components; /* 0: the key */
};

static bool
read_components(const struct args *args, size_t *ret, struct err *err)
{
	const char *text = args_value(args, "components");
	uint64_t n = 0;

	if (args_value(args, "label") != NULL || args_value(args, "size") != NULL)
		return err_set(err, E_USAGE,
		    "--components makes no key: neither --label nor --size");
	if (!number_parse(text, COMPONENTS_MAX, &n) || n < COMPONENTS_MIN)
		return err_set(err, E_USAGE,
		    "--components: \"%.40s\", expected %u to %u", text,
		    COMPONENTS_MIN, COMPONENTS_MAX);
	*ret = (size_t)n;
	return officers_check_files(args, *ret, err);
}

static bool
read_wanted(const struct context *context, const struct args *args,
    struct wanted *ret, struct err *err)
{
	const char *size = args_value(args, "size");

	*ret = (struct wanted){ .n_components = 0 };
	if (args_value(args, "components") != NULL)
		return read_components(args, &ret->n_components, err);
	if (args_value(args, "label") == NULL)
		return err_set(err, E_USAGE,
		    "--label is missing (or --components); usage: anchorite "
		    "%s %s",
		    cmd_transport.name, cmd_transport.usage);
	if (!keygen_parse(args_value(args, "label"), ALGORITHM,
		size == NULL ? DEFAULT_SIZE : size, &ret->key, err))
		return false;
	ret->key.purpose = PURPOSE_TRANSPORT;
	ret->key.config = context->config;
	return officers_check_files(args, 0, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *path = args->files[0];
	struct output *output = NULL;
	struct wanted wanted;
	struct token token;
	bool ok;

	if (!read_wanted(context, args, &wanted, err) ||
	    !publishing_open(context, path, &output, err))
		return false;
	interrupt_guard_file(output_temporary(output));
	ok = token_open(
	    context, args_value(args, "hsm"), UINT32_MAX, &token, err);
	if (ok) {
		ok = try_kinds(context, &token, err) &&
		    (wanted.n_components > 0
		    ? make_list(context, args, &token, wanted.n_components,
			  output, err)
		    : make_key(
			  context, args, &token, &wanted.key, output, err));
		token_close(&token);
	}
	interrupt_guard_file(NULL);
	output_free(output);
	return ok;
}

static const struct option_row options[] = {
	{ "label", "LABEL", "CKA_LABEL, the key's name in the token", false },
	{ "size", "BITS", "RSA: 2048, 3072 (the default) or 4096", false },
	{ "components", "N", "no key: a list of N officers' components", false },
	OFFICERS_OPTION,
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_transport = {
	.name = "transport",
	.run = run,
	.usage = "FILE --label LABEL [--size BITS] | FILE --components N",
	.summary = "make what a backup is wrapped for",
	.help =
	    "First the token is tried: a key of the session, of each kind of the\n"
	    "configuration's KSKs, is wrapped, unwrapped and looked at.  A kind\n"
	    "that does not come to life is noted, and where none does nothing is\n"
	    "made.\n\n"
	    "In the token that is to receive a copy of a KSK: an RSA key that\n"
	    "unwraps, cannot leave the token and does nothing else; no other\n"
	    "command uses it.  Before it is told of, a one-time key was wrapped\n"
	    "for it and unwrapped by it.\n\n"
	    "FILE is its public half, in PEM, which goes to the token that has\n"
	    "the KSK: `backup --to FILE`.  Its SHA-256 is printed in hex and in\n"
	    "words and is read aloud there; who can put another file in its\n"
	    "place would get the KSK.  After the restoration the key has done\n"
	    "its work: `keydelete`.\n\n"
	    "With --components N officers give a component each, 64 hex digits,\n"
	    "typed without echo or from a file of their own.  XORed they are an\n"
	    "AES-256 key, which the token makes, looks at and forgets; one that\n"
	    "makes no key of octets from outside is refused before anybody is\n"
	    "asked.  FILE then lists the components' check values (the first\n"
	    "three octets of what each makes of 16 zeros, in AES-ECB, by the\n"
	    "token), and that of all.  Components are on no record; each officer\n"
	    "keeps theirs, for `backup` and for `restore`.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.recording = RECORD_ACT,
	.options = options,
};
