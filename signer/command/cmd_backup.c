#include "signer/keys/copy_facts.h"
#include "signer/keys/copying.h"
#include "signer/keys/keyinfo.h"
#include "signer/keys/officers.h"
#include "signer/line/command.h"

static bool
find(const struct context *context, struct token *token, const char *label,
    struct hsm_key *ret, struct dnskey *ret_dnskey, struct err *err)
{
	const struct config *config = context->config;
	const struct config_key *pinned = keyinfo_configured(config, label);
	struct ksk ksk;

	if (!token_find_ksk(token, config, pinned, true, &ksk, err))
		return false;
	*ret = ksk.key;
	*ret_dnskey = ksk.dnskey;
	return true;
}

static const struct copying copying = {
	.command = "backup",
	.shown = "key to back up",
	.begun = "backing up",
	.done = "backed up",
	.question = "Copy this key?",
	.verb = "copy",
	.not_done = BACKUP_NOT_DONE,
	.result = "Backup",
	.by_components = true,
	.find = find,
};

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *label = args_value(args, "label");
	const struct config_key *pinned =
	    keyinfo_configured(context->config, label);

	if (pinned == NULL)
		return err_set(err, E_REFUSED,
		    "key \"%.300s\" is none that the configuration pins: only "
		    "such are copied",
		    label);
	return copying_run(&copying, context, args,
	    pinned->hsm[0] == '\0' ? NULL : pinned->hsm, err);
}

static const struct option_row options[] = {
	{ "label", "LABEL", "of the KSK, as the configuration pins it", false },
	{ "to", "FILE", "the public half or list that `transport` wrote",
	    false },
	{ "recipient-sha256", "HASH",
	    "of that file as it was read aloud, in hex or in words", false },
	OFFICERS_OPTION,
	{ "hsm", "NAME", "which HSM, if not the one that the key's `hsm` names",
	    false },
	{ "batch", NULL, "confirm without a terminal; rehearsals only", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_backup = {
	.name = "backup",
	.run = run,
	.usage = "BACKUP --label LABEL --to FILE --recipient-sha256 HASH",
	.summary = "copy a KSK for another token, wrapped for it alone",
	.help =
	    "The token makes a one-time AES-256 key, wraps the KSK under it\n"
	    "(CKM_AES_KEY_WRAP_PAD, or else CKM_AES_KEY_WRAP), wraps that key\n"
	    "under the recipient's transport key (RSA-OAEP) and forgets it.\n"
	    "Nothing leaves the token in the clear; BACKUP is of use to the\n"
	    "recipient's token alone, and `restore` reads it there.\n\n"
	    "Where FILE is a list of components, officers give theirs, each of\n"
	    "which is compared with the list; together they are the AES key,\n"
	    "which the token makes, uses and forgets.\n\n"
	    "Refused before anything is done: a key that is not pinned, is no\n"
	    "KSK, or cannot leave its token (`keygen` makes one that can where\n"
	    "the configuration has `key_policy: {extractable: for-backup}`),\n"
	    "Edwards keys, which no known token wraps, a recipient with another\n"
	    "hash, of less than 2048 bits, or no transport key at all, and a\n"
	    "token that makes no key of components.\n"
	    "Then the key and the recipient are shown and the key's label must\n"
	    "be typed.\n\n"
	    "The check value is the first three octets of what the AES key\n"
	    "makes of 16 zeros (AES-ECB, by the token); `restore` compares it.\n"
	    "The record has BACKUP's hash and not its octets.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.needed = { "label", "to", "recipient-sha256" },
	.recording = RECORD_ACT,
	.options = options,
};
