/*
 * What a register took up, done again on a register without a file; and a
 * response that was had back.
 */
#include <string.h>

#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/register_seen.h"

bool
replay_archive(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct document *document = adopting_add(&rerun->adopting);
	struct err why;
	bool there;

	if (document == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	document->path = fact_text(line, "path");
	document->xml = buf_new(KSR_FILE_MAX);
	if (!replay_stored(rerun, line, &document->xml, &there, err) ||
	    !sha256(buf_bytes(&document->xml), document->sha256, err))
		return false;
	if (there &&
	    ksr_read(buf_bytes(&document->xml), document->path, &document->ksr,
		&why)) {
		ksr_order(document->ksr);
		return true;
	}
	if (there)
		rerun->refusal = why;
	/* Without its content it is none of the archive's. */
	document_free(document);
	rerun->adopting.n--;
	return true;
}

bool
replay_other_register(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf content = buf_new(CHAIN_FILE_MAX);
	struct err why;
	bool there = false;
	bool ok = rerun->adopting.other != NULL ||
	    replay_stored(rerun, line, &content, &there, err);

	if (there &&
	    !ledger_of_bytes(buf_bytes(&content), fact_text(line, "path"),
		&rerun->adopting.other, &why))
		rerun->refusal = why;
	buf_free(&content);
	return ok;
}

static bool
may_adopt(struct rerun *rerun, struct err *err)
{
	const struct chain_line *log = rerun->replay->ceremony.log.lines;
	const struct register_name name = { rerun->register_path,
		fact_text(json_object_get(rerun->head, "configuration"),
		    "sha256") };

	return adopting_judge(
		   &rerun->adopting, rerun->config, rerun->ledger, err) &&
	    register_keeps_published(log, rerun->run->first, &name,
		&rerun->adopting, rerun->ledger, err);
}

/* The lines are made here, and compared where each is on record. */
bool
replay_adopting(struct rerun *rerun, const json_t *line, struct err *err)
{
	size_t n;
	struct err why;

	(void)err;
	if (rerun->config == NULL || rerun->ledger == NULL)
		return true; /* that has been reported */
	if (strcmp(fact_text(line, "event"), "adopted") == 0) {
		replay_compare_lines(rerun,
		    (size_t)json_integer_value(json_object_get(line, "lines")));
		differs_unless_equal(rerun, "head",
		    json_object_get(line, "head"),
		    json_string(ledger_head_now(rerun->ledger)));
		return true;
	}
	if (!may_adopt(rerun, &why)) {
		differs(rerun, "what was taken up may not be: %s", why.msg);
		return true;
	}
	n = adopting_lines(&rerun->adopting, rerun->ledger);
	differs_unless_equal(rerun, "lines", json_object_get(line, "lines"),
	    json_integer((json_int_t)n));
	if (!adopting_append(
		&rerun->adopting, rerun->ledger, rerun->now, &why))
		differs(rerun, "what was taken up cannot be: %s", why.msg);
	return true;
}

/* Of the run's lines in turn. */
void
replay_adopted_line(struct rerun *rerun, const json_t *line)
{
	const char *hash =
	    ledger_appended(rerun->ledger, rerun->n_register_lines - 1);

	if (hash == NULL || strcmp(fact_text(line, "sha256"), hash) != 0)
		differs(rerun,
		    "the register's line is not the one that is taken up");
}

static void
judge_adopt(struct rerun *rerun, const char *path)
{
	struct err why;

	if ((rerun->adopting.other == NULL && rerun->adopting.n == 0) ||
	    may_adopt(rerun, &why))
		return;
	err_prefix(&why, "%s", path);
	rerun->refusal = why;
}

static void
judge_recover(struct rerun *rerun, const char *hash)
{
	uint8_t digest[SHA256_SIZE];
	struct err why;

	if (hex_parse(hash, digest, SHA256_SIZE) &&
	    !ledger_may_recover(rerun->ledger, digest, &why))
		rerun->refusal = why;
}

/*
 * Why nothing was taken up or had back, at the run's end.  An archive that could
 * not be read to its end was not judged: status 1 says that it was.
 */
void
replay_not_adopted(struct rerun *rerun)
{
	struct args args;
	struct err why;

	if (rerun->refusal.code != E_NONE || rerun->ledger == NULL ||
	    rerun->run->status != 1 ||
	    strcmp(rerun->run->command, "register") != 0 ||
	    !replay_arguments(rerun, &cmd_register, &args, &why))
		return;
	if (args.n_files == 2 && strcmp(args.files[0], "adopt") == 0)
		judge_adopt(rerun, args.files[1]);
	else if (args.n_files == 3 && strcmp(args.files[0], "recover") == 0)
		judge_recover(rerun, args.files[1]);
	args_free(&args);
}

/* What was had back is what the register has under the hash asked for. */
void
replay_recovered(struct rerun *rerun, const json_t *line)
{
	const char *hash = fact_text(line, "sha256");
	const struct ledger_entry *entry;
	uint8_t digest[SHA256_SIZE];
	struct args args;
	struct err why;

	if (rerun->ledger == NULL || !hex_parse(hash, digest, SHA256_SIZE) ||
	    !replay_arguments(rerun, &cmd_register, &args, &why))
		return;
	entry = ledger_entry_of(rerun->ledger, digest);
	if (entry == NULL || entry->state != LEDGER_PUBLISHED ||
	    args.n_files != 3 || strcasecmp(args.files[1], hash) != 0)
		differs(rerun,
		    "what was had back is no published response that was "
		    "asked for");
	args_free(&args);
}
