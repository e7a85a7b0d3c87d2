#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/keys/key_facts.h"
#include "signer/keys/keyinfo.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/live/confirm.h"
#include "signer/record/context.h"
#include "signer/record/zones.h"
#include "signer/record/json.h"
#include "signer/token/token.h"

static bool
ask(const struct context *context, const struct keyinfo *info, bool batch,
    struct err *err)
{
	const char *label = info->dnskey.identifier;
	char prompt[ID_MAX + 128];
	const struct confirmation confirmation = {
		.prompt = prompt,
		.wanted = label,
		.not_done = KEYDELETE_NOT_DONE,
		.batch = batch,
	};

	snprintf(prompt, sizeof(prompt),
	    "Delete this key for ever? Type its label, %s, to delete, anything "
	    "else to stop: ",
	    label);
	return confirm(context, &confirmation, err);
}

static bool
print(const struct context *context, const struct keyinfo *info,
    struct err *err)
{
	if (context->json)
		return json_print(json_pack("{s:s, s:b, s:o}", "command",
				      "keydelete", "deleted", 1, "key",
				      keyinfo_json(info)),
		    err);
	printf("\nKey \"%s\", key tag %u, was deleted: the token no longer "
	       "shows it.\n",
	    info->dnskey.identifier, info->dnskey.tag);
	return true;
}

/* Of no zone's, where there are many. */
static bool
may_be_deleted(const struct context *zone, const void *label, struct err *err)
{
	return keyinfo_deletable(zone->config, label, zone->now, err);
}

static bool
delete(const struct context *context, struct token *token, const char *label,
    bool batch, struct err *err)
{
	struct record *record = context->record;
	struct keyinfo info;
	struct hsm_key key;

	if (!token_find(token, label, &key, err) ||
	    !keyinfo_of_key(&key, context->config, &info, err))
		return false;
	if (!context->json)
		keyinfo_print(&info);
	return facts_deletion(record, "key to delete", &info.dnskey, err) &&
	    zones_each(context, may_be_deleted, label, err) &&
	    ask(context, &info, batch, err) &&
	    facts_deletion(record, "deleting", &info.dnskey, err) &&
	    token_delete(token, &key, err) &&
	    facts_deletion(record, "deleted", &info.dnskey, err) &&
	    print(context, &info, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const char *label = args_value(args, "label");
	bool batch = args_flag(args, "batch");
	struct token token;
	bool ok;

	if (label == NULL)
		return err_set(err, E_USAGE, "keydelete wants --label");
	if (batch && !context->config->rehearsal)
		return err_set(err, E_USAGE,
		    "--batch deletes keys in rehearsals only: %s does not say "
		    "`rehearsal: true`",
		    context->config_path);
	if (!confirm_possible(context, batch, err) ||
	    !token_open(
		context, args_value(args, "hsm"), UINT32_MAX, &token, err))
		return false;
	ok = delete(context, &token, label, batch, err);
	token_close(&token);
	return ok;
}

static const struct option_row options[] = {
	{ "label", "LABEL", "CKA_LABEL of the key", false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ "batch", NULL, "confirm without a terminal; rehearsals only", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_keydelete = {
	.name = "keydelete",
	.run = run,
	.usage = "--label LABEL [--batch]",
	.summary = "delete a key pair from the HSM, for ever",
	.help =
	    "Shows the key as keygen announced it (DNSKEY, DS, tags, words) and\n"
	    "asks for its label to be typed.  Destroys both halves and looks\n"
	    "that the token no longer shows them.  A key that the configuration\n"
	    "names is refused until its `valid_until` has passed.  Copies on\n"
	    "other tokens and backups are deleted there, one by one.",
	.needs_config = true,
	.needed = { "label" },
	.recording = RECORD_ACT,
	.options = options,
};
