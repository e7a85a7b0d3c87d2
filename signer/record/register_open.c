/*
 * The register as commands open it: on record, and compared with what the
 * record knows of it.
 */
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/record.h"
#include "signer/record/register_parts.h"
#include "signer/record/register_seen.h"
#include "signer/screen/print.h"

static bool
on_record(const struct context *context, const char *path,
    const struct ledger *ledger, struct err *err)
{
	char safe[4 * REGISTER_PATH_SIZE], configuration[SHA256_TEXT_SIZE];
	const struct register_name name = { safe, configuration };
	const struct chain_lines *log;

	if (context->record == NULL)
		return true;
	log = record_found(context->record);
	text_ascii(safe, sizeof(safe), path);
	sha256_text(context->config_sha256, configuration);
	return record_input(context->record, "register", path,
		   ledger_content(ledger), err) &&
	    (register_extends_seen(log->lines, log->n, &name, ledger, err) ||
		err_prefix(err, "%s", path));
}

bool
register_open(
    const struct context *context, struct ledger **ret, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	if (!ledger_open(path, context->record, ret, err))
		return false;
	if (on_record(context, path, *ret, err))
		return true;
	ledger_close(*ret);
	*ret = NULL;
	return false;
}

bool
register_read(
    const struct context *context, struct ledger **ret, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	if (!ledger_read(path, ret, err))
		return false;
	if (*ret == NULL || on_record(context, path, *ret, err))
		return true;
	ledger_close(*ret);
	*ret = NULL;
	return false;
}

bool
ledger_has_head(const struct ledger *ledger, const char *head, struct err *err)
{
	const struct chain_lines *lines = chain_found(ledger->chain);

	if (head == NULL)
		return true;
	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->lines[i].hash, head) == 0)
			return true;
	return err_set(err, E_REFUSED,
	    "the register has no line with the head that was written down, "
	    "%s: it was cut short or exchanged; `register adopt` takes up "
	    "what is missing",
	    head);
}

bool
register_head_of_args(const struct args *args, char buf[REGISTER_HEAD_SIZE],
    const char **ret, struct err *err)
{
	const char *given = args_value(args, "register-head");
	uint8_t digest[SHA256_SIZE];

	*ret = NULL;
	if (given == NULL)
		return true;
	if (!hex_parse(given, digest, sizeof(digest)) &&
	    !words_parse(given, digest, sizeof(digest), err))
		return err_prefix(err,
		    "--register-head: neither the 64 hex digits of a SHA-256 "
		    "nor its 32 PGP words");
	sha256_text(digest, buf);
	*ret = buf;
	return true;
}

void
register_print_head(const char *head)
{
	uint8_t digest[SHA256_SIZE];

	printf("\nRegister head\n  SHA-256 %s\n", head);
	if (hex_parse(head, digest, sizeof(digest)))
		print_words((struct bytes){ digest, sizeof(digest) });
}
