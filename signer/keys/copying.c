#include <stdio.h>
#include <string.h>

#include "signer/keys/copy_facts.h"
#include "signer/keys/copying.h"
#include "signer/keys/keyinfo.h"
#include "signer/keys/officers.h"
#include "signer/keys/recipient.h"
#include "signer/line/args.h"
#include "signer/live/confirm.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

static bool
ask(const struct copying *copying, const struct context *context,
    const struct backup *backup, bool batch, struct err *err)
{
	const char *label = backup->dnskey.identifier;
	char prompt[ID_MAX + 128];
	const struct confirmation confirmation = {
		.prompt = prompt,
		.wanted = label,
		.not_done = copying->not_done,
		.batch = batch,
	};

	snprintf(prompt, sizeof(prompt),
	    "%s Type its label, %s, to %s, anything else to stop: ",
	    copying->question, label, copying->verb);
	return confirm(context, &confirmation, err);
}

static bool
print(const struct copying *copying, const struct context *context,
    const struct keyinfo *info, const struct backup *backup, const char *path,
    struct err *err)
{
	struct bytes check = { backup->wrapped.check, HSM_CHECK_SIZE };
	char text[CHECK_TEXT_SIZE];

	check_text(backup->wrapped.check, text);
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "command",
			copying->command, "key", keyinfo_json(info), "path",
			json_of_text(path), "sha256",
			json_of_sha256(backup->sha256), "check_value",
			json_of_bytes_hex(check), "recipient_sha256",
			json_of_sha256(backup->recipient_sha256)),
		    err);
	print_digest(copying->result, path, backup->sha256);
	printf("%s\n  check value %s\n",
	    backup->components.n > 0 ? "Key of all components"
				     : "One-time key",
	    text);
	print_words(check);
	return true;
}

/* The one-time key's way; or the officers come to the token. */
static bool
prepare(const struct context *context, const struct args *args,
    struct token *token, const struct hsm_key *key,
    struct components *components, struct err *err)
{
	bool given = components->n > 0;

	return token_can_backup(token, key,
		   given ? HSM_FROM_COMPONENTS : HSM_BY_OAEP, err) &&
	    (!given ||
		officers_give(
		    context, args, token, HSM_SENDS, true, components, err));
}

static void
show(const struct keyinfo *info, const char *path,
    const struct recipient *recipient)
{
	keyinfo_print(info);
	print_digest("Recipient", path, recipient->sha256);
	if (recipient->components.n > 0)
		officers_print(&recipient->components);
}

static bool
copy(const struct copying *copying, const struct context *context,
    const struct args *args, struct token *token, struct recipient *recipient,
    struct output *output, struct err *err)
{
	const struct config *config = context->config;
	struct components *components = &recipient->components;
	struct record *record = context->record;
	struct dnskey dnskey;
	struct keyinfo info;
	struct backup backup;
	struct hsm_key key;

	if (!copying->find(context, token, args_value(args, "label"), &key,
		&dnskey, err) ||
	    !backup_begin(config, &dnskey, recipient->sha256, &backup, err) ||
	    !keyinfo_of(&backup.dnskey, backup.zone, &info, err))
		return false;
	backup.components = *components;
	if (!context->json)
		show(&info, args_value(args, "to"), recipient);
	return facts_copying(record, copying->shown, &backup, err) &&
	    prepare(context, args, token, &key, components, err) &&
	    ask(copying, context, &backup, args_flag(args, "batch"), err) &&
	    facts_copying(record, copying->begun, &backup, err) &&
	    token_backup(token, &key,
		components->n > 0 ? NULL : &recipient->key, &backup.wrapped,
		err) &&
	    backup_publish(context, copying->done, output, args->files[0],
		&backup, err) &&
	    print(copying, context, &info, &backup, args->files[0], err);
}

/* What can be said before a token is opened. */
static bool
check_recipient(const struct copying *copying, const struct args *args,
    const struct recipient *recipient, struct err *err)
{
	size_t n = recipient->components.n;

	if (n > 0 && !copying->by_components)
		return err_set(err, E_REFUSED,
		    "%s: is a list of components, and a key is handed over to "
		    "a signer's own key",
		    args_value(args, "to"));
	return n == 0 || officers_check_files(args, n, err);
}

static bool
check_batch(const struct context *context, bool batch, struct err *err)
{
	if (batch && !context->config->rehearsal)
		return err_set(err, E_USAGE,
		    "--batch copies keys in rehearsals only: %s does not say "
		    "`rehearsal: true`",
		    context->config_path);
	return confirm_possible(context, batch, err);
}

bool
copying_run(const struct copying *copying, const struct context *context,
    const struct args *args, const char *own_hsm, struct err *err)
{
	const char *hsm = args_value(args, "hsm");
	struct recipient recipient = { .components = { .n = 0 } };
	struct output *output = NULL;
	struct token token;
	bool ok;

	if (!check_batch(context, args_flag(args, "batch"), err) ||
	    !recipient_read(context, args, &recipient, err) ||
	    !check_recipient(copying, args, &recipient, err) ||
	    !publishing_open(context, args->files[0], &output, err))
		return false;
	interrupt_guard_file(output_temporary(output));
	ok = token_open(context, hsm != NULL ? hsm : own_hsm, UINT32_MAX,
	    &token, err);
	if (ok) {
		ok = copy(
		    copying, context, args, &token, &recipient, output, err);
		token_close(&token);
	}
	interrupt_guard_file(NULL);
	output_free(output);
	return ok;
}
