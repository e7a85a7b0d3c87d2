#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/dns/pubkey.h"
#include "signer/cms/csr.h"
#include "signer/keys/distinct_key.h"
#include "signer/keys/generate.h"
#include "signer/keys/keyinfo.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"
#include "signer/token/token.h"

#define CSR_MAX 16384

/* What the maker's functions work on. */
struct making {
	struct token *token;
	const struct config *config;
	const struct keygen *what;
	struct hsm_key key;
	struct keyinfo info;
};

/* Or NULL. */
static const char *
leaves(const struct keygen *what)
{
	return keygen_leaves(what->config, what->purpose);
}

static bool
print(const struct context *context, const struct making *making,
    struct err *err)
{
	const struct keyinfo *info = &making->info;
	struct buf entry = buf_new(4096);

	if (context->json)
		return json_print(keyinfo_json(info), err);
	keyinfo_print(info);
	if (leaves(making->what) != NULL)
		printf("\nIt can leave its token (CKA_EXTRACTABLE), for its "
		       "%s, as key_policy says.\n",
		    making->what->purpose == PURPOSE_KSK ? "backup"
							 : "handover");
	if (info->dnskey.flags != DNSKEY_FLAGS_KSK)
		return true;
	keyinfo_config(info, ROLE_NEXT, context->now, &entry);
	printf("\nTo use it, put this under `keys:` in the configuration, under "
	       "the name it shall have:\n");
	print_data(buf_bytes(&entry));
	buf_free(&entry);
	return true;
}

static bool
make_csr(const struct context *context, struct token *token,
    const struct hsm_key *key, const struct keyinfo *info, const char *path,
    struct output *output, struct err *err)
{
	struct buf pem = buf_new(CSR_MAX);
	bool ok = csr_make(token, key, info, &pem, err) &&
	    publishing_text(context, output, "certificate request", path,
		buf_bytes(&pem), err);

	buf_free(&pem);
	if (ok || context->published->n > 0)
		return ok;
	return err_prefix(err,
		"key \"%s\" (key tag %u) was generated, but not its "
		"certificate request",
		info->dnskey.identifier, info->dnskey.tag);
}

static bool
make(void *arg, struct dnskey *ret, struct err *err)
{
	struct making *m = arg;

	if (!keygen_run(m->token, m->what, m->config->ksk_policy.signers_name,
		config_ttl_s(m->config), &m->key, &m->info, err))
		return false;
	*ret = m->info.dnskey;
	return true;
}

static bool
discard(void *arg, const struct dnskey *key, struct err *err)
{
	struct making *m = arg;

	(void)key;
	return token_delete(m->token, &m->key, err);
}

/* The new key's tags are no configured KSK's. */
static bool
make_distinct(
    const struct context *context, struct making *making, struct err *err)
{
	const struct key_wanted wanted = { making->what->label,
		making->what->algorithm, making->what->rsa_bits,
		making->what->purpose, leaves(making->what) };
	const struct key_maker maker = { making, make, NULL, discard };
	struct known_tags known = { 0 };
	struct dnskey key;
	bool ok = known_tags_add_config(&known, context->config, err) &&
	    distinct_key_make(
		context->record, &known, &wanted, &maker, &key, err);

	known_tags_clear(&known);
	return ok;
}

static bool
generate(const struct context *context, const struct args *args,
    const struct keygen *what, struct output *csr, struct err *err)
{
	struct token token;
	struct making making = { .token = &token,
		.config = context->config,
		.what = what };
	bool ok;

	if (!token_open(
		context, args_value(args, "hsm"), UINT32_MAX, &token, err))
		return false;
	ok = make_distinct(context, &making, err) &&
	    (csr == NULL ||
		make_csr(context, &token, &making.key, &making.info,
		    args_value(args, "csr"), csr, err)) &&
	    print(context, &making, err);
	token_close(&token);
	return ok;
}

static bool
parse_purpose(const struct args *args, enum key_purpose *ret, struct err *err)
{
	const char *given = args_value(args, "purpose");

	if (given != NULL &&
	    (!purpose_of_name(given, ret) || *ret == PURPOSE_TRANSPORT))
		return err_set(err, E_USAGE,
		    "--purpose %.60s: expected ksk, zsk, audit or anchor", given);
	return *ret == PURPOSE_KSK || *ret == PURPOSE_ANCHOR ||
	    args_value(args, "csr") == NULL ||
	    err_set(err, E_USAGE,
		"--csr is for KSKs: a proof of ownership is published with a "
		"trust anchor; and for anchor keys, which have certificates");
}

/* A key without a mark counts as a KSK, unless it is declared. */
static bool
may_be_unmarked(
    const struct config *config, const struct keygen *what, struct err *err)
{
	return config->key_policy.mark || what->purpose == PURPOSE_KSK ||
	    err_set(err, E_USAGE,
		"key_policy.mark is false, and without its mark a key is a "
		"KSK: make this one with another configuration");
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *label = args_value(args, "label");
	const char *algorithm = args_value(args, "algorithm");
	const char *csr_path = args_value(args, "csr");
	struct output *csr = NULL;
	struct keygen what = { 0 };
	bool ok;

	if (label == NULL || algorithm == NULL)
		return err_set(
		    err, E_USAGE, "keygen wants --label and --algorithm");
	ok = keygen_parse(
		 label, algorithm, args_value(args, "size"), &what, err) &&
	    parse_purpose(args, &what.purpose, err) &&
	    may_be_unmarked(context->config, &what, err) &&
	    (csr_path == NULL || publishing_open(context, csr_path, &csr, err));
	what.config = context->config;
	if (ok) {
		if (csr != NULL)
			interrupt_guard_file(output_temporary(csr));
		ok = generate(context, args, &what, csr, err);
		interrupt_guard_file(NULL);
	}
	output_free(csr);
	return ok;
}

static const struct option_row options[] = {
	{ "label", "LABEL", "CKA_LABEL, the key's name in token and documents",
	    false },
	{ "algorithm", "NAME", "such as RSASHA256, ECDSAP256SHA256 or ED25519",
	    false },
	{ "size", "BITS", "RSA: 2048 (the default), 3072 or 4096", false },
	{ "purpose", "NAME", "what it may sign: ksk (the default), zsk, audit, "
			     "anchor", false },
	{ "csr", "FILE", "also write a certificate request signed by the key",
	    false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_keygen = {
	.name = "keygen",
	.run = run,
	.usage = "--label LABEL --algorithm NAME [--size BITS] "
		 "[--purpose NAME] [--csr FILE]",
	.summary = "generate a key in the HSM",
	.help =
	    "The private key is made in the token, cannot leave it, may sign\n"
	    "and nothing else; the token is asked for exactly that and what it\n"
	    "made is read back and compared.  Prints the DNSKEY and DS records,\n"
	    "the key tag now and once revoked, the DS in PGP words, and the\n"
	    "lines that pin the key in the configuration.  A key whose tag, now\n"
	    "or once revoked, is a configured KSK's is deleted and made anew.\n"
	    "--csr writes the proof of ownership: a PKCS#10 request signed by\n"
	    "the key itself.\n\n"
	    "A key has one purpose, which is marked in the token: a KSK signs\n"
	    "responses, a ZSK requests, an audit key ceremony records (`log\n"
	    "sign`), an anchor key trust anchors (`trust-anchor sign`), and no\n"
	    "other command uses it.  Of an anchor key --csr is what its\n"
	    "certificate is asked for with.  Keys that backups are wrapped for\n"
	    "are made by `transport`.",
	.needs_config = true,
	.needed = { "label", "algorithm" },
	.recording = RECORD_ACT,
	.options = options,
};
