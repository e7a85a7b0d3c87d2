#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ksr/dns/sha256.h"
#include "ksr/rules/key_tests.h"
#include "signer/cms/seal.h"
#include "signer/foresight/planned.h"
#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/laws.h"
#include "signer/show/telling.h"
#include "signer/sign/signing_facts.h"

void
differs(struct rerun *rerun, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	differences_vadd(&rerun->replay->differences, rerun->line, fmt, ap);
	va_end(ap);
}

void
notes(struct rerun *rerun, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	differences_vadd(&rerun->replay->notes, rerun->line, fmt, ap);
	va_end(ap);
}

void
differs_unless_equal(struct rerun *rerun, const char *fact,
    const json_t *recorded, json_t *replayed)
{
	const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII;
	char *was, *is;

	if (recorded == NULL || !json_equal((json_t *)recorded, replayed)) {
		was = recorded == NULL ? NULL : json_dumps(recorded, flags);
		is = replayed == NULL ? NULL : json_dumps(replayed, flags);
		differs(rerun, "%s: recorded %.300s, replayed %.300s", fact,
		    was == NULL ? "nothing" : was, is == NULL ? "nothing" : is);
		free(was);
		free(is);
	}
	json_decref(replayed);
}

static bool
replay_prompt(struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	if (fact_text(line, "text")[0] == '\0')
		differs(rerun, "the prompt is empty");
	return true;
}

static bool
replay_published(struct rerun *rerun, const json_t *line, struct err *err)
{
	size_t i;

	(void)err;
	if (rerun->asked.n > 0) {
		(void)replay_turn(rerun, line, TURN_PUBLISHED, false, &i);
		replay_compare_lines(rerun, 2);
	}
	if (rerun->output == NULL ||
	    strcmp(fact_text(rerun->output, "sha256"),
		fact_text(line, "sha256")) != 0 ||
	    strcmp(fact_text(rerun->output, "path"), fact_text(line, "path")) !=
		0)
		differs(rerun,
		    "%s was published, but it is not the output stored before",
		    fact_text(line, "path"));
	return true;
}

/* A token's signature that does not verify refuses; no replay can see it. */
static bool
may_refuse_after(const char *event)
{
	static const char *const signing[] = { "signing", "token", "zsk files",
		"key", DISCARDED_EVENT };

	for (size_t i = 0; i < ARRAY_LEN(signing); i++)
		if (strcmp(event, signing[i]) == 0)
			return true;
	return false;
}

/* The run came to the end that the replay came to. */
static bool
replay_end(struct rerun *rerun, const json_t *line, struct err *err)
{
	json_int_t status = json_integer_value(json_object_get(line, "status"));
	const char *message = fact_text(line, "message");
	const struct err *refusal = &rerun->refusal;
	char replayed[ERR_MSG_MAX];

	(void)err;
	if (status == 0 && !replay_turns_done(rerun, TURN_PUBLISHED))
		differs(rerun,
		    "the run claims success, but not every response that it "
		    "was asked for was published");
	if (status == 0)
		replay_clash(rerun);
	else if (rerun->n_made > 0 && !rerun->discarded &&
	    rerun->rules >= RULES_0_2_0)
		differs(rerun,
		    "%zu signatures were made for responses that were not "
		    "stored, and the record does not say what became of them",
		    rerun->n_made);
	if (status != 0)
		replay_not_adopted(rerun);
	text_ascii(replayed, sizeof(replayed),
	    refusal->code == E_NONE ? "" : refusal->msg);
	if (refusal->code != E_NONE) {
		if (status != err_exit_status(refusal) ||
		    strcmp(message, replayed) != 0)
			differs(rerun,
			    "the run ended with status %lld \"%.300s\", the "
			    "replay with %d \"%.300s\"",
			    (long long)status, message,
			    err_exit_status(refusal), replayed);
	} else if (status == 1 && !may_refuse_after(rerun->before)) {
		differs(rerun,
		    "the run was refused (\"%.300s\"), the replay finds "
		    "nothing to refuse",
		    message);
	} else if (status != 0) {
		notes(rerun,
		    "run %zu stopped outside of what can be replayed: %s",
		    rerun->run->number, message);
	}
	return true;
}

struct handler {
	const char *step;
	bool (*run)(struct rerun *, const json_t *line, struct err *);
};

/* Formats 1 and 2, which has "register line" beside. */
static const struct handler handlers_1[] = {
	{ "run", replay_begin },
	{ "input configuration", replay_configuration },
	{ "input request", replay_document },
	{ "input response", replay_document },
	{ "input previous response", replay_document },
	{ "input document", replay_document },
	{ "input file", replay_file },
	{ "hashed", replay_hashed },
	{ "input register", replay_register },
	{ "input script", replay_script },
	{ "input script values", replay_values },
	{ "selftest", replay_selftest },
	{ "signing record", replay_seal },
	{ "input manifest", replay_manifest },
	{ "output manifest", replay_manifest },
	{ "compared", replay_compared },
	{ "step", replay_step },
	{ "input plan", replay_plan },
	{ "input response in place", replay_in_place },
	{ "input trust anchors", replay_anchors },
	{ "simulated", replay_simulated },
	{ "output plan drawing", replay_plan_drawing },
	{ "asked", replay_asked },
	{ "unused overrides", replay_unused_overrides },
	{ "register line", replay_register_line },
	{ "input archive", replay_archive },
	{ "input register to adopt", replay_other_register },
	{ "adopting", replay_adopting },
	{ "adopted", replay_adopting },
	{ "activating", replay_activation },
	{ "activated", replay_activation },
	{ "checks config", replay_policy },
	{ "checks request", replay_checks },
	{ "checks schedule", replay_checks },
	{ "checks plan", replay_plan_checks },
	{ "checks token", replay_checks },
	{ "checks built", replay_checks },
	{ "checks response", replay_checks },
	{ "checks response+chain", replay_checks },
	{ "checks previous", replay_checks },
	{ "hsm", replay_hsm },
	{ "mapped", replay_mapped },
	{ "token", replay_token },
	{ "ksks", replay_ksks },
	{ "prompt", replay_prompt },
	{ "answer", replay_answer },
	{ "signing", replay_signing },
	{ "signed", replay_signed },
	{ DISCARDED_EVENT, replay_discarded_signatures },
	{ "generating", replay_generating },
	{ "key", replay_key },
	{ "zsk files", replay_zsk_files },
	{ "discarding", replay_discarding },
	{ "discarded", replay_discarded },
	{ "key to delete", replay_key_to_delete },
	{ "deleting", replay_deletion },
	{ "deleted", replay_deletion },
	{ "output response", replay_response },
	{ "output records", replay_records },
	{ "output drawing", replay_drawing },
	{ "output request", replay_request },
	{ "output certificate request", replay_csr },
	{ "published", replay_published },
	{ "end", replay_end },
};

/* How each format is read: a new one adds a row and keeps the old. */
static const struct {
	int format;
	const struct handler *handlers;
	size_t n_handlers;
} formats[] = {
	{ 1, handlers_1, ARRAY_LEN(handlers_1) },
	{ 2, handlers_1, ARRAY_LEN(handlers_1) },
};

static bool
replay_line(
    struct rerun *rerun, const json_t *line, const char *step, struct err *err)
{
	for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
		if (formats[f].format != rerun->run->format)
			continue;
		for (size_t i = 0; i < formats[f].n_handlers; i++)
			if (strcmp(formats[f].handlers[i].step, step) == 0)
				return formats[f].handlers[i].run(
				    rerun, line, err);
		return true; /* its order has said that it is no step */
	}
	differs(rerun, "record format %d is unknown", rerun->run->format);
	return true;
}

static void
compare_program(struct rerun *rerun, const json_t *line)
{
	if (strcmp(fact_text(line, "binary"),
		fact_text(rerun->head, "binary")) != 0 ||
	    strcmp(fact_text(line, "version"),
		fact_text(rerun->head, "version")) != 0)
		differs(rerun, "the line is another program's than its run's");
}

/* How a run that had to stop says so. */
static bool
may_follow_refusal(const char *step)
{
	return strcmp(step, "end") == 0 || strcmp(step, DISCARDED_EVENT) == 0;
}

static bool
replay_lines(struct rerun *rerun, struct err *err)
{
	const struct run *run = rerun->run;
	const struct chain_line *lines = rerun->replay->ceremony.log.lines;
	char step[STEP_TEXT_SIZE];

	for (size_t i = run->first; i < run->first + run->n; i++) {
		const json_t *line = lines[i].json;

		rerun->line = i + 1;
		if (line == NULL) {
			notes(rerun,
			    "the line is torn: power or the program went "
			    "while it was written");
			continue;
		}
		compare_program(rerun, line);
		step_text(line, step);
		if (rerun->refusal.code != E_NONE && !may_follow_refusal(step)) {
			differs(rerun,
			    "\"%s\", although the run had to stop: %.500s",
			    step, rerun->refusal.msg);
			return true;
		}
		if (!replay_line(rerun, line, step, err))
			return err_prefix(err, "line %zu", i + 1);
		rerun->before = fact_text(line, "event");
		if (strcmp(rerun->before, "output") == 0)
			rerun->output = line;
	}
	return true;
}

/* How the run ended, for the verdict. */
static void
describe(struct rerun *rerun, char *ret, size_t size)
{
	const struct run *run = rerun->run;
	const struct chain_line *lines = rerun->replay->ceremony.log.lines;
	const char *message = "", *certain;
	char step[STEP_TEXT_SIZE];

	for (size_t i = run->first; i < run->first + run->n; i++)
		if (lines[i].json != NULL)
			message = fact_text(lines[i].json, "message");
	certain = run_interrupted(&rerun->replay->ceremony, run, step);
	if (!run->ended)
		snprintf(ret, size, "interrupted after \"%s\": %s", step,
		    certain);
	else if (strcmp(step, SEAL_EVENT) == 0)
		snprintf(ret, size, "closed the record to be signed");
	else if (run->status == 0)
		snprintf(ret, size, "succeeded");
	else
		snprintf(ret, size, "%s: %.400s",
		    run->status == 1 ? "refused" : "failed", message);
}

static void
rerun_clear(struct rerun *rerun)
{
	config_free(rerun->config);
	document_free(&rerun->request);
	document_free(&rerun->previous);
	document_free(&rerun->response);
	history_free(rerun->history);
	ledger_close(rerun->ledger);
	args_free(&rerun->args);
	adopting_clear(&rerun->adopting);
	free(rerun->alternative);
	free(rerun->overrides);
	report_clear(&rerun->report);
	free(rerun->processed);
	free(rerun->policy);
	for (size_t i = 0; i < PLAN_RESPONSES_MAX; i++) {
		ksr_free(rerun->responses[i].built);
		document_free(&rerun->responses[i].document);
		document_free(&rerun->in_place[i]);
	}
	asked_clear(&rerun->asked);
	planned_clear(&rerun->planned);
	free(rerun->ksks);
	free(rerun->generated);
	known_tags_clear(&rerun->known);
	simulating_clear(&rerun->simulating);
}

/* A run is judged by the rules that its program had. */
static void
find_rules(struct rerun *rerun)
{
	const char *version = fact_text(rerun->head, "version");

	rerun->line = rerun->run->first + 1;
	if (!rules_of_version(version, &rerun->rules)) {
		differs(rerun, "no rules are known of version \"%.40s\"",
		    version);
		rerun->rules = RULES_TODAY;
	}
	if (rerun->same_program && strcmp(version, ANCHORITE_VERSION) != 0)
		differs(rerun,
		    "the run is of this program, but claims version \"%.40s\" "
		    "instead of %s",
		    version, ANCHORITE_VERSION);
}

static bool
replay_run(struct replay *replay, size_t i, struct err *err)
{
	const struct run *run = &replay->ceremony.runs[i];
	struct rerun rerun = {
		.replay = replay,
		.run = run,
		.head = replay->ceremony.log.lines[run->first].json,
		.before = "",
	};
	size_t before = replay->differences.n;
	char outcome[ERR_MSG_MAX];
	bool ok;

	rerun.same_program =
	    strcmp(fact_text(rerun.head, "binary"), replay->binary) == 0;
	find_rules(&rerun);
	replay_order(&rerun);
	ok = replay_lines(&rerun, err);
	describe(&rerun, outcome, sizeof(outcome));
	text_printable(
	    replay->runs[i].outcome, sizeof(replay->runs[i].outcome), outcome);
	replay->runs[i].n_differences = replay->differences.n - before;
	rerun_clear(&rerun);
	return ok;
}

/* What may not change from one run of a ceremony to the next. */
static void
compare_runs(struct replay *replay)
{
	const struct ceremony *ceremony = &replay->ceremony;
	const json_t *configured = NULL;

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		size_t line = ceremony->runs[i].first;
		const json_t *head = ceremony->log.lines[line].json;
		const json_t *first =
		    ceremony->log.lines[ceremony->runs[0].first].json;

		if (strcmp(fact_text(head, "binary"),
			fact_text(first, "binary")) != 0)
			differences_add(&replay->differences, line + 1,
			    "the program changed: run %zu is version %s with "
			    "SHA-256 %s, run 1 version %s with %s",
			    i + 1, fact_text(head, "version"),
			    fact_text(head, "binary"),
			    fact_text(first, "version"),
			    fact_text(first, "binary"));
		if (json_object_get(head, "configuration") == NULL)
			continue;
		if (configured == NULL)
			configured = head;
		if (strcmp(fact_text(json_object_get(head, "configuration"),
			       "sha256"),
			fact_text(json_object_get(configured, "configuration"),
			    "sha256")) != 0)
			differences_add(&replay->differences, line + 1,
			    "the configuration changed: run %zu has another "
			    "than the run of line %lld",
			    i + 1,
			    (long long)json_integer_value(
				json_object_get(configured, "seq")));
		else if (!json_equal(json_object_get(head, "hsms"),
			     json_object_get(configured, "hsms")))
			differences_add(&replay->differences, line + 1,
			    "a PKCS#11 module changed: run %zu has another "
			    "than the run of line %lld",
			    i + 1,
			    (long long)json_integer_value(
				json_object_get(configured, "seq")));
	}
}

static bool
is_named(const struct ceremony *ceremony, const char *folder, const char *name)
{
	for (size_t i = 0; i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;
		const char *event = fact_text(line, "event");

		if ((strcmp(event, "input") == 0 ||
			strcmp(event, "output") == 0) &&
		    strcmp(stored_folder(line), folder) == 0 &&
		    strcmp(fact_text(line, "sha256"), name) == 0)
			return true;
	}
	return false;
}

/* A run that was interrupted, or that could not go on: no refusal. */
static bool
was_cut_short(const struct ceremony *ceremony)
{
	for (size_t i = 0; i < ceremony->n_runs; i++)
		if (!ceremony->runs[i].ended || ceremony->runs[i].status > 1)
			return true;
	return false;
}

/* The file is what its name says: a SHA-256, and that of its content. */
static bool
is_stored_file(const char *path, const char *name)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	char seen[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct err ignored;
	bool ok = file_read(path, KSR_FILE_MAX, &content, &ignored) &&
	    sha256(buf_bytes(&content), digest, &ignored);

	buf_free(&content);
	if (ok)
		sha256_text(digest, seen);
	return ok && strcmp(seen, name) == 0;
}

/* What a run is killed over where files have names before they are whole. */
static bool
is_temporary(const char *name)
{
	return strspn(name, "0123456789abcdef") == 2 * SHA256_SIZE &&
	    name[2 * SHA256_SIZE] == '.';
}

/*
 * A file is stored before its line is written: a run that was killed in
 * between, or whose disk did not take the line, leaves it without one.  It is
 * whole even so, and nothing rests on it.
 */
static void
report_extra(struct replay *replay, const char *path, const char *name)
{
	if (was_cut_short(&replay->ceremony) &&
	    (is_stored_file(path, name) || is_temporary(name)))
		differences_add(&replay->notes, 0,
		    "%s: no line names it; a run that was interrupted, or "
		    "could not write its record, leaves such a file",
		    path);
	else
		differences_add(&replay->differences, 0,
		    "%s: is not part of the record", path);
}

/* The folder holds these entries; folder "" is the record's own. */
static bool
compare_folder(struct replay *replay, const char *folder, struct err *err)
{
	const struct ceremony *ceremony = &replay->ceremony;
	char path[PATH_MAX_LEN + 512];
	struct dirent *entry;
	struct stat st;
	bool named;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", ceremony->dir, folder);
	dir = opendir(path);
	if (dir == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_set_errno(err, "%s", path);
		differences_add(
		    &replay->differences, 0, "%s: is missing", path);
		return true;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s%s%.255s", ceremony->dir,
		    folder, folder[0] == '\0' ? "" : "/", name);
		named = folder[0] != '\0' ? is_named(ceremony, folder, name)
					  : strcmp(name, RECORD_LOG) == 0 ||
			strcmp(name, RECORD_INPUTS) == 0 ||
			strcmp(name, RECORD_OUTPUTS) == 0;
		if (!named)
			report_extra(replay, path, name);
		else if (folder[0] != '\0' &&
		    (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)))
			differences_add(&replay->differences, 0,
			    "%s: is not a regular file", path);
	}
	closedir(dir);
	return true;
}

static void
note_programs(struct replay *replay)
{
	const struct ceremony *ceremony = &replay->ceremony;
	const json_t *first;

	if (ceremony->n_runs == 0)
		return;
	first = ceremony->log.lines[ceremony->runs[0].first].json;
	if (strcmp(fact_text(first, "binary"), replay->binary) != 0)
		differences_add(&replay->notes, 0,
		    "the record was written by version %s, SHA-256 %s; it is "
		    "replayed by version %s, SHA-256 %s",
		    fact_text(first, "version"), fact_text(first, "binary"),
		    ANCHORITE_VERSION, replay->binary);
}

static bool
replay_all(struct replay *replay, struct err *err)
{
	static const char *const folders[] = { "", RECORD_INPUTS,
		RECORD_OUTPUTS };

	replay->runs =
	    calloc(replay->ceremony.n_runs + 1, sizeof(*replay->runs));
	if (replay->runs == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	note_programs(replay);
	for (size_t i = 0; i < replay->ceremony.n_runs; i++)
		if (!replay_run(replay, i, err))
			return false;
	compare_runs(replay);
	laws_judge(&replay->ceremony, replay->binary, &replay->differences,
	    &replay->notes);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (!compare_folder(replay, folders[i], err))
			return false;
	if (replay->differences.failed || replay->notes.failed ||
	    replay->today.failed)
		return err_set(err, E_MEMORY, "out of memory");
	return true;
}

bool
replay_ceremony(const char *dir, struct replay *ret, struct err *err)
{
	struct replay replay = { 0 };

	if (!record_binary(replay.binary, err) ||
	    !ceremony_read(dir, &replay.ceremony, err))
		return false;
	if (!key_tests_new(&key_limits_full, &replay.key_tests, err) ||
	    !replay_all(&replay, err)) {
		replay_clear(&replay);
		return false;
	}
	*ret = replay;
	return true;
}

void
replay_clear(struct replay *replay)
{
	today_clear(&replay->today);
	differences_clear(&replay->notes);
	differences_clear(&replay->differences);
	free(replay->runs);
	ceremony_clear(&replay->ceremony);
	key_tests_free(replay->key_tests);
	*replay = (struct replay){ 0 };
}
