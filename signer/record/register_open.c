/*
 * The register as commands open it: on record, and compared with what the
 * record knows of it.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/record/ledger_parts.h"
#include "signer/record/register_open.h"
#include "signer/record/register_seen.h"
#include "signer/screen/print.h"

/*
 * As a run on record read it; what is appended is held against that run.  The
 * first programs kept none, and nobody knows what they had signed before.
 */
static bool
open_again(struct record *record, const char *path, struct ledger **ret,
    struct err *err)
{
	bool was_there =
	    recorded_if(record_recorded(record), "input register") != NULL;
	struct buf content = buf_new(CHAIN_FILE_MAX);
	bool ok = record_read(
		      record, "register", path, CHAIN_FILE_MAX, &content, err) &&
	    ledger_of_bytes(buf_bytes(&content), path, ret, err);

	buf_free(&content);
	if (!ok)
		return false;
	(*ret)->record = record;
	if (!was_there) {
		free((*ret)->processed);
		(*ret)->processed = NULL;
		(*ret)->n_processed = 0;
	}
	return true;
}

static bool
open_on_record(const struct context *context, const char *path, bool append,
    struct ledger **ret, struct err *err)
{
	struct record *record = context->record;

	if (record_recorded(record) != NULL)
		return open_again(record, path, ret, err);
	if (!(append ? ledger_open(path, record, ret, err)
		     : ledger_read(path, ret, err)))
		return false;
	if (*ret == NULL ||
	    record_input(
		record, "register", path, ledger_content(*ret), err))
		return true;
	ledger_close(*ret);
	*ret = NULL;
	return false;
}

/* In a replay: each line is one that a run of the record read or appended. */
static void
count_unseen(struct recorded *recorded, const struct register_name *name,
    const struct ledger *ledger, bool head_given)
{
	const struct chain_line *log = recorded->before.lines;
	size_t n = recorded->before.n, last;
	size_t unseen = register_unseen_lines(log, n, name, ledger, &last);

	if (unseen == 0)
		return;
	if (head_given || unseen <= register_untold_lines(log, n, name, last))
		recorded_notes(recorded,
		    "the register has %zu lines more than the record's runs "
		    "appended since line %zu",
		    unseen, last);
	else
		recorded_differs(recorded,
		    "the register has %zu lines that no run of this record "
		    "read or appended since line %zu",
		    unseen, last);
}

/* Nothing that the record knows of the register is missing. */
static bool
extends_record(const struct context *context, const char *path,
    const struct ledger *ledger, bool head_given, struct err *err)
{
	char safe[4 * REGISTER_PATH_SIZE], configuration[SHA256_TEXT_SIZE];
	const struct register_name name = { safe, configuration };
	struct recorded *recorded = record_recorded(context->record);
	const struct chain_lines *log;

	if (context->record == NULL || ledger == NULL)
		return true;
	log = record_found(context->record);
	text_ascii(safe, sizeof(safe), path);
	sha256_text(context->config_sha256, configuration);
	if (!register_extends_seen(log->lines, log->n, &name, ledger, err))
		return err_prefix(err, "%s", path);
	if (recorded != NULL)
		count_unseen(recorded, &name, ledger, head_given);
	return true;
}

static bool
open_extending(const struct context *context, bool append, bool head_given,
    struct ledger **ret, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	if (!open_on_record(context, path, append, ret, err))
		return false;
	if (extends_record(context, path, *ret, head_given, err))
		return true;
	ledger_close(*ret);
	*ret = NULL;
	return false;
}

bool
register_open(const struct context *context, const char *head,
    struct ledger **ret, struct err *err)
{
	return open_extending(context, true, head != NULL, ret, err) &&
	    ledger_has_head(*ret, head, err);
}

bool
register_open_to_adopt(
    const struct context *context, struct ledger **ret, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	return open_on_record(context, path, true, ret, err);
}

/* A register that is gone is no register that never was. */
static bool
may_be_none(const struct context *context, const char *path, struct err *err)
{
	struct ledger *none;
	bool ok;

	if (!ledger_of_bytes((struct bytes){ 0 }, path, &none, err))
		return false;
	ok = extends_record(context, path, none, false, err);
	ledger_close(none);
	return ok;
}

bool
register_read(
    const struct context *context, struct ledger **ret, struct err *err)
{
	char path[REGISTER_PATH_SIZE];

	ledger_path(context->config_path, path);
	*ret = NULL;
	return record_finds(context->record, "register", path)
	    ? open_extending(context, false, false, ret, err)
	    : may_be_none(context, path, err);
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
