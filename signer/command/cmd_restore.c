#include <stdio.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/policy/purpose.h"
#include "signer/keys/copy_facts.h"
#include "signer/keys/generate.h"
#include "signer/keys/keyinfo.h"
#include "signer/keys/officers.h"
#include "signer/keys/transport.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

#define DIFFERENCES_SIZE 96

/* In what it is not as a key that was made in its token. */
static void
differences_text(const struct hsm_key *key, char ret[DIFFERENCES_SIZE])
{
	const struct {
		const char *name;
		bool value;
	} rows[] = {
		{ "CKA_LOCAL", key->local },
		{ "CKA_ALWAYS_SENSITIVE", key->always_sensitive },
		{ "CKA_NEVER_EXTRACTABLE", key->never_extractable },
	};
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!rows[i].value)
			len +=
			    (size_t)snprintf(ret + len, DIFFERENCES_SIZE - len,
				"%s%s", len > 0 ? ", " : "", rows[i].name);
}

static bool
print(const struct context *context, const struct keyinfo *info,
    const struct backup *backup, const char *differences, struct err *err)
{
	struct bytes check = { backup->wrapped.check, HSM_CHECK_SIZE };
	char text[CHECK_TEXT_SIZE];

	check_text(backup->wrapped.check, text);
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:s, s:o, s:o}", "command", "restore",
			"key", keyinfo_json(info), "differences", differences,
			"check_value", json_of_bytes_hex(check), "sha256",
			json_of_sha256(backup->sha256)),
		    err);
	printf("%s\n  check value %s\n",
	    backup->components.n > 0 ? "Key of all components"
				     : "One-time key",
	    text);
	print_words(check);
	printf("\n");
	keyinfo_print(info);
	printf("\nRestored: DNSKEY, DS and key tag are as pinned, a test "
	       "signature verifies.\n");
	if (differences[0] != '\0')
		printf("Other than in a key that was made in its token, these "
		       "are false: %s.\n",
		    differences);
	return true;
}

/* The one that the configuration pins under the backup's label. */
static bool
check_pinned(const struct config *config, const struct backup *backup,
    const struct config_key **ret, struct err *err)
{
	const char *label = backup->dnskey.identifier;

	*ret = keyinfo_configured(config, label);
	if (*ret == NULL)
		return err_set(err, E_REFUSED,
		    "key \"%.300s\" is none that the configuration pins",
		    label);
	if (config_key_check(
		config, *ret, "the backup's key", &backup->dnskey, err))
		return true;
	err->code = E_REFUSED;
	return err_prefix(err, "keys.%s (label \"%s\")", (*ret)->name, label);
}

/* The key for which it was wrapped, and no other. */
static bool
find_transport(const struct context *context, struct token *token,
    const char *label, const struct backup *backup, struct hsm_key *ret,
    struct err *err)
{
	char seen[SHA256_TEXT_SIZE], wanted[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct dnskey dnskey;

	if (!token_find_transport(token, context->config, label, ret, err) ||
	    !token_dnskey(ret, ALGORITHM_RSASHA256, 0, 0, &dnskey, err) ||
	    !facts_transport(context->record, &dnskey, err) ||
	    !transport_hash(&dnskey, digest, err))
		return false;
	sha256_text(digest, seen);
	sha256_text(backup->recipient_sha256, wanted);
	return strcmp(seen, wanted) == 0 ||
	    err_set(err, E_REFUSED,
		"the backup is wrapped for the transport key with SHA-256 %s, "
		"\"%s\" has %s",
		wanted, label, seen);
}

/* What unwraps: the transport key, or the officers' components. */
static bool
find_key(const struct context *context, const struct args *args,
    struct token *token, const struct backup *backup,
    struct hsm_restore *what, struct hsm_key *transport, struct err *err)
{
	struct components components = backup->components;

	if (components.n > 0)
		return officers_give(context, args, token, HSM_RECEIVES, true,
		    &components, err);
	what->transport = transport;
	return find_transport(context, token, args_value(args, "transport-key"),
	    backup, transport, err);
}

static bool
restore(const struct context *context, const struct args *args,
    struct token *token, const struct backup *backup,
    const struct config_key *pinned, struct err *err)
{
	char differences[DIFFERENCES_SIZE];
	uint8_t mark[PURPOSE_MARK_SIZE] = { 0 };
	struct hsm_key numbers, transport, key;
	struct hsm_restore what = { backup->dnskey.identifier, mark,
		keygen_wishes(context->config, PURPOSE_KSK), &numbers, NULL,
		&backup->wrapped };
	struct keyinfo info;

	what.wishes.extractable =
	    args_flag(args, "extractable") ? HSM_TRUE : HSM_FALSE;
	if (!find_key(
		context, args, token, backup, &what, &transport, err) ||
	    !token_public_half(&backup->dnskey, &numbers, err) ||
	    !purpose_mark(PURPOSE_KSK, backup->zone, what.label, mark, err) ||
	    !keyinfo_of(&backup->dnskey, backup->zone, &info, err) ||
	    !facts_restoring(context->record, &backup->dnskey, err) ||
	    !token_restore(token, context->config, pinned, &what, &key, err))
		return false;
	differences_text(&key, differences);
	return facts_restored(
		   context->record, &backup->dnskey, differences, err) &&
	    print(context, &info, backup, differences, err);
}

/* The backup says who can open it. */
static bool
check_opener(
    const struct args *args, const struct backup *backup, struct err *err)
{
	bool given = args_value(args, "transport-key") != NULL;

	if (backup->components.n == 0 && !given)
		return err_set(err, E_USAGE,
		    "--transport-key is missing: the backup is wrapped for "
		    "such a key");
	if (backup->components.n > 0 && given)
		return err_set(err, E_USAGE,
		    "--transport-key: the backup is wrapped under the key of "
		    "%zu officers' components",
		    backup->components.n);
	return officers_check_files(args, backup->components.n, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const struct config *config = context->config;
	const struct config_key *pinned = NULL;
	struct backup backup;
	struct token token;
	bool ok;

	if ((args_flag(args, "extractable") && !ksk_may_leave(config, err)) ||
	    !backup_read(context, args->files[0], &backup, err) ||
	    !check_opener(args, &backup, err) ||
	    !check_pinned(config, &backup, &pinned, err) ||
	    !token_open(
		context, args_value(args, "hsm"), UINT32_MAX, &token, err))
		return false;
	ok = restore(context, args, &token, &backup, pinned, err);
	token_close(&token);
	return ok;
}

static const struct option_row options[] = {
	{ "transport-key", "LABEL", "the key that `transport` made", false },
	OFFICERS_OPTION,
	{ "extractable", NULL,
	    "the copy can be copied again; key_policy must permit it", false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_restore = {
	.name = "restore",
	.run = run,
	.usage = "BACKUP [--transport-key LABEL] [--extractable]",
	.summary = "unwrap a backup of a KSK in the token it was made for",
	.help =
	    "BACKUP must be wrapped for this transport key, and be of a key that\n"
	    "the configuration pins: its label, DS, tag and algorithm.  No key of\n"
	    "that label may be there.  The token unwraps the one-time key, whose\n"
	    "check value is compared, and the KSK under it, which may then sign\n"
	    "and nothing else, and cannot leave the token.  The public half is\n"
	    "made from the pinned numbers.  What the token made is read back, a\n"
	    "test signature must verify with those numbers, and key_policy must\n"
	    "let the key sign; or else it is destroyed again.\n\n"
	    "Where it is wrapped under the key of officers' components, they give\n"
	    "theirs in the place of a transport key; each is compared with the\n"
	    "check value that the backup has of it.\n\n"
	    "A restored key was not made in its token and was outside of it:\n"
	    "CKA_LOCAL, CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE tell, and\n"
	    "are told.  A key_policy that demands them refuses the copy.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.recording = RECORD_ACT,
	.options = options,
};
