#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/document/ksr.h"
#include "signer/record/facts.h"
#include "signer/record/json.h"
#include "signer/record/recorded.h"

/* What every line has, and no command says. */
static const char *const envelope[] = { "seq", "prev", "time", "event",
	"version", "binary", "after_torn" };

/*
 * What a record of format 1 may lack, for it came later: a fact of a step, or,
 * without one, the step.
 */
static const struct {
	const char *step, *fact;
} later[] = {
	{ "mapped", NULL },
	{ "register line", NULL },
	{ "input register", NULL },
	{ "checks built", NULL },
	{ DISCARDED_EVENT, NULL },
	{ "asked", "alternative" },
	{ "generating", "purpose" },
};

/* What another program may say in other words, or draw in another way. */
static const struct {
	const char *step, *fact;
} words[] = {
	{ "prompt", "text" },
	{ "output drawing", "sha256" },
	{ "output drawing", "size" },
	{ "output plan drawing", "sha256" },
	{ "output plan drawing", "size" },
	{ "output request", "sha256" }, /* its ids: compare_request */
	{ "published", "sha256" },	/* that is a law's */
};

void
recorded_begin(struct recorded *recorded)
{
	const struct chain_lines *log = &recorded->ceremony->log;
	size_t first = recorded->run->first;

	recorded->before = (struct chain_lines){ .n = first,
		.lines = log->lines };
	if (first > 0)
		memcpy(recorded->before.head, log->lines[first - 1].hash,
		    CHAIN_HASH_SIZE);
	recorded->next = first + 1;
	recorded->state = RECORDED_GOES_ON;
}

bool
recorded_history(
    const struct recorded *recorded, struct ceremony *ret, struct err *err)
{
	const struct ceremony *all = recorded->ceremony;
	size_t number = recorded->run->number;
	struct run *runs = calloc(number, sizeof(*runs)), *last;

	if (runs == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(runs, all->runs, number * sizeof(*runs));
	last = &runs[number - 1];
	last->n = recorded->next - last->first;
	last->ended = false;
	*ret = (struct ceremony){ .dir = all->dir,
		.log = { .n = recorded->next, .lines = all->log.lines },
		.n_runs = number,
		.runs = runs };
	return true;
}

static const struct chain_line *
line_at(const struct recorded *recorded, size_t i)
{
	return i < recorded->run->first + recorded->run->n
	    ? &recorded->ceremony->log.lines[i]
	    : NULL;
}

/* From 1; the run's last where none is left. */
static size_t
number_of(const struct recorded *recorded)
{
	size_t end = recorded->run->first + recorded->run->n;

	return recorded->next < end ? recorded->next + 1 : end;
}

void
recorded_differs(struct recorded *recorded, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	differences_vadd(
	    recorded->differences, number_of(recorded), fmt, ap);
	va_end(ap);
}

void
recorded_notes(struct recorded *recorded, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	differences_vadd(recorded->notes, number_of(recorded), fmt, ap);
	va_end(ap);
}

const json_t *
recorded_line(struct recorded *recorded)
{
	const struct chain_line *line;

	while ((line = line_at(recorded, recorded->next)) != NULL &&
	    line->json == NULL) {
		recorded_notes(recorded,
		    "the line is torn: power or the program went while it was "
		    "written");
		recorded->next++;
	}
	return line == NULL ? NULL : line->json;
}

static bool
is_step(const json_t *line, const char *step)
{
	char text[STEP_TEXT_SIZE];

	step_text(line, text);
	return strcmp(text, step) == 0;
}

const json_t *
recorded_if(struct recorded *recorded, const char *step)
{
	const json_t *line = recorded_line(recorded);

	return line != NULL && is_step(line, step) ? line : NULL;
}

const json_t *
recorded_ahead(const struct recorded *recorded, size_t i, bool *ret_last)
{
	const struct chain_line *line = line_at(recorded, recorded->next + i);

	*ret_last = line == NULL;
	return line == NULL ? NULL : line->json;
}

const json_t *
recorded_later(const struct recorded *recorded, const char *step)
{
	const struct chain_line *line;

	for (size_t i = recorded->next; (line = line_at(recorded, i)) != NULL;
	     i++)
		if (line->json != NULL && is_step(line->json, step))
			return line->json;
	return NULL;
}

void
recorded_took(struct recorded *recorded)
{
	recorded->next++;
}

/* --- Facts. */

static char *
text_of(const json_t *json)
{
	return json == NULL ? NULL
			    : json_dumps(json,
				  JSON_ENCODE_ANY | JSON_COMPACT |
				      JSON_ENSURE_ASCII);
}

static void
fact_differs(struct recorded *recorded, const char *name, const json_t *was,
    const json_t *is)
{
	char *old = text_of(was), *new = text_of(is);

	recorded_differs(recorded, "%s: recorded %.300s, replayed %.300s", name,
	    old == NULL ? "nothing" : old, new == NULL ? "nothing" : new);
	free(new);
	free(old);
}

#define NAME_SIZE 160

static void
compare_items(struct recorded *recorded, const char *name, const json_t *was,
    const json_t *is)
{
	char item[NAME_SIZE];
	const json_t *value;
	size_t i;

	json_array_foreach(is, i, value)
	{
		snprintf(item, sizeof(item), "%.120s %zu", name, i + 1);
		recorded_compare(recorded, item, json_array_get(was, i), value);
	}
}

static void
compare_members(struct recorded *recorded, const char *name, const json_t *was,
    const json_t *is)
{
	char member[NAME_SIZE];
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)is, key, value)
	{
		snprintf(member, sizeof(member), "%.80s, %.60s", name, key);
		recorded_compare(
		    recorded, member, json_object_get(was, key), value);
	}
	json_object_foreach((json_t *)was, key, value)
	{
		snprintf(member, sizeof(member), "%.80s, %.60s", name, key);
		if (json_object_get(is, key) == NULL)
			fact_differs(recorded, member, value, NULL);
	}
}

void
recorded_compare(struct recorded *recorded, const char *name,
    const json_t *was, const json_t *is)
{
	if (was != NULL && is != NULL &&
	    json_equal((json_t *)was, (json_t *)is))
		return;
	if (json_is_array(was) && json_is_array(is) &&
	    json_array_size(was) != json_array_size(is))
		recorded_differs(recorded, "%s: %zu recorded, %zu replayed",
		    name, json_array_size(was), json_array_size(is));
	else if (json_is_array(was) && json_is_array(is))
		compare_items(recorded, name, was, is);
	else if (json_is_object(was) && json_is_object(is))
		compare_members(recorded, name, was, is);
	else
		fact_differs(recorded, name, was, is);
}

static bool
is_envelope(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(envelope); i++)
		if (strcmp(envelope[i], key) == 0)
			return true;
	return false;
}

static bool
may_be_absent(
    const struct recorded *recorded, const char *step, const char *fact)
{
	if (recorded->run->format > 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (strcmp(later[i].step, step) == 0 &&
		    (fact == NULL
			    ? later[i].fact == NULL
			    : later[i].fact != NULL &&
				strcmp(later[i].fact, fact) == 0))
			return true;
	return false;
}

static bool
may_be_reworded(
    const struct recorded *recorded, const char *step, const char *fact)
{
	if (recorded->same_program)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].step, step) == 0 &&
		    strcmp(words[i].fact, fact) == 0)
			return true;
	return false;
}

static void
compare_facts(struct recorded *recorded, const char *step, const json_t *line,
    const json_t *facts)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)facts, key, value)
	{
		const json_t *was = json_object_get(line, key);

		if (!is_envelope(key) &&
		    !(was == NULL && may_be_absent(recorded, step, key)) &&
		    !may_be_reworded(recorded, step, key))
			recorded_compare(recorded, key, was, value);
	}
	json_object_foreach((json_t *)line, key, value)
	{
		if (!is_envelope(key) && json_object_get(facts, key) == NULL)
			fact_differs(recorded, key, value, NULL);
	}
}

/* --- The order of things. */

/* Where this zone went no further; NULL: it did. */
static const json_t *
zone_stop(const struct recorded *recorded)
{
	const json_t *line;
	bool last = recorded->zone == NULL;

	for (size_t i = 0; !last; i++) {
		line = recorded_ahead(recorded, i, &last);
		if (line != NULL && is_step(line, NOT_SIGNED_EVENT) &&
		    strcmp(fact_text(line, "zone"), recorded->zone) == 0)
			return line;
	}
	return NULL;
}

/* The run goes on without the zone. */
static bool
zone_fails(struct recorded *recorded, const json_t *stop, bool may_refuse,
    struct err *err)
{
	json_int_t status = json_integer_value(json_object_get(stop, "status"));
	const char *message = fact_text(stop, "message");

	if (status == 1 && !may_refuse) {
		recorded_differs(recorded,
		    "the zone was refused (\"%.300s\"), the replay finds "
		    "nothing to refuse",
		    message);
		recorded->state = RECORDED_OVER;
		return err_set(err, E_IO, "the zone was refused");
	}
	recorded->excused = stop;
	return err_set(
	    err, status == 1 ? E_REFUSED : E_IO, "%.900s", message);
}

static bool
fails(struct recorded *recorded, bool may_refuse, struct err *err)
{
	const json_t *stop = zone_stop(recorded);
	const json_t *end = recorded_later(recorded, "end");
	json_int_t status = json_integer_value(json_object_get(end, "status"));

	if (stop != NULL && recorded->state == RECORDED_GOES_ON)
		return zone_fails(recorded, stop, may_refuse, err);
	recorded->may_refuse = recorded->may_refuse || may_refuse;
	if (recorded->state == RECORDED_GOES_ON)
		recorded->state = RECORDED_FAILED;
	if (end == NULL)
		return err_set(err, E_IO, "the run was interrupted");
	if (status == 0)
		return err_set(err, E_IO, "the record has no answer");
	return err_set(err, status == 1 ? E_REFUSED : E_IO, "%.900s",
	    fact_text(end, "message"));
}

bool
recorded_fails(struct recorded *recorded, struct err *err)
{
	return fails(recorded, false, err);
}

bool
recorded_refuses(struct recorded *recorded, struct err *err)
{
	return fails(recorded, true, err);
}

bool
recorded_loses(struct recorded *recorded, const char *label, struct err *err)
{
	recorded_notes(recorded,
	    "run %zu cannot be followed from here on: key \"%s\" was found, and "
	    "the request that would tell which it is was not made",
	    recorded->run->number, label);
	recorded->state = RECORDED_OVER;
	return err_set(err, E_IO, "the record does not tell");
}

bool
recorded_contradicts(struct recorded *recorded, struct err *err)
{
	if (recorded->state != RECORDED_OVER)
		recorded_differs(recorded, "%s", err->msg);
	recorded->state = RECORDED_OVER;
	return false;
}

/* The run had ended where the command goes on. */
static bool
ended_before(struct recorded *recorded, const char *step, const json_t *end,
    struct err *err)
{
	json_int_t status = json_integer_value(json_object_get(end, "status"));

	if (status == 0)
		recorded_differs(recorded,
		    "the run claims success, but \"%s\" is still due", step);
	else if (status == 1 && !recorded->may_refuse)
		recorded_differs(recorded,
		    "the run was refused (\"%.300s\"), the replay finds "
		    "nothing to refuse",
		    fact_text(end, "message"));
	else
		return recorded_fails(recorded, err);
	recorded->state = RECORDED_OVER;
	return err_set(err, E_IO, "the run had ended");
}

/*
 * The next line, if it is what comes now.  *ret is NULL with true for a step
 * that the record's format did not have.
 */
static bool
meet(struct recorded *recorded, const char *step, const json_t **ret,
    struct err *err)
{
	const json_t *line = recorded_line(recorded);
	char there[STEP_TEXT_SIZE];

	*ret = NULL;
	if (recorded->state == RECORDED_OVER || recorded->state == RECORDED_LEFT)
		return err_set(err, E_IO, "the run is over");
	if (line == NULL) {
		recorded->state = RECORDED_OVER;
		return err_set(err, E_IO, "the run was interrupted");
	}
	step_text(line, there);
	if (strcmp(there, step) == 0) {
		*ret = line;
		return true;
	}
	if (may_be_absent(recorded, step, NULL))
		return true;
	if (strcmp(step, DISCARDED_EVENT) == 0 &&
	    (strcmp(there, "end") == 0 ||
		strcmp(there, NOT_SIGNED_EVENT) == 0))
		recorded_differs(recorded,
		    "signatures were made, and the record does not say what "
		    "became of them");
	else if (strcmp(there, "end") == 0)
		return ended_before(recorded, step, line, err);
	else if (strcmp(there, NOT_SIGNED_EVENT) == 0 &&
	    line == zone_stop(recorded))
		return zone_fails(recorded, line, false, err);
	/* Only a run that cannot go on discards what it made. */
	else if (strcmp(there, DISCARDED_EVENT) == 0)
		return recorded_fails(recorded, err);
	else
		recorded_differs(recorded,
		    "\"%s\" is recorded where \"%s\" is due", there,
		    step);
	recorded->state = RECORDED_OVER;
	return err_set(err, E_IO, "the record goes another way");
}

/* As record_event has it. */
static void
say_zone(const struct recorded *recorded, json_t *facts)
{
	if (recorded->zone != NULL)
		json_object_set_new(
		    facts, "zone", json_of_text(recorded->zone));
}

/* A failure that was handed on is as it was, with all that stands before it. */
static void
take_failure(const json_t *line, json_t *facts)
{
	json_object_set(facts, "status", json_object_get(line, "status"));
	json_object_set(facts, "message", json_object_get(line, "message"));
}

bool
recorded_event(struct recorded *recorded, json_t *facts, struct err *err)
{
	char step[STEP_TEXT_SIZE];
	const json_t *line;
	bool met;

	step_text(facts, step);
	met = meet(recorded, step, &line, err);
	if (line != NULL) {
		if (line == recorded->excused)
			take_failure(line, facts);
		compare_facts(recorded, step, line, facts);
		recorded_took(recorded);
	}
	json_decref(facts);
	return met;
}

/* Rules that the record's program did not ask say nothing of it. */
static void
report_cut(struct report *report, size_t first)
{
	while (report->n_results > first)
		free(report->results[--report->n_results].findings);
}

bool
recorded_report(struct recorded *recorded, json_t *facts,
    struct report *report, size_t first, struct err *err)
{
	char step[STEP_TEXT_SIZE];
	const json_t *line;
	bool met;

	say_zone(recorded, facts);
	step_text(facts, step);
	met = meet(recorded, step, &line, err);
	if (met && line == NULL)
		report_cut(report, first);
	if (line != NULL) {
		recorded_rows(recorded, line, report, first);
		json_object_set_new(facts, "accepted",
		    json_boolean(report_accepted_from(report, first)));
		json_object_set(
		    facts, "rows", json_object_get(line, "rows"));
		compare_facts(recorded, step, line, facts);
		recorded_took(recorded);
	}
	json_decref(facts);
	return met;
}

static void
file_step(const char *event, const char *role, char ret[STEP_TEXT_SIZE])
{
	snprintf(ret, STEP_TEXT_SIZE, "%s %.40s", event, role);
}

static bool
has_path(const json_t *line, const char *path)
{
	char safe[4 * PATH_MAX_LEN];

	text_ascii(safe, sizeof(safe), path);
	return strcmp(fact_text(line, "path"), safe) == 0;
}

void
recorded_may_end(struct recorded *recorded)
{
	const json_t *line = recorded_line(recorded);

	if (line == NULL)
		recorded->state = RECORDED_OVER;
	else if (is_step(line, "end") &&
	    json_integer_value(json_object_get(line, "status")) > 1 &&
	    recorded->state == RECORDED_GOES_ON)
		recorded->state = RECORDED_FAILED;
}

bool
recorded_has_input(
    struct recorded *recorded, const char *role, const char *path)
{
	char step[STEP_TEXT_SIZE];
	const json_t *line;

	file_step("input", role, step);
	line = recorded_if(recorded, step);
	if (line == NULL)
		recorded_may_end(recorded);
	return line != NULL && has_path(line, path);
}

/* What is not there, or was changed, is a difference, and the run stops. */
static bool
read_stored(struct recorded *recorded, const json_t *line, struct buf *ret,
    struct err *err)
{
	return stored_read(recorded->ceremony, line, ret, err) ||
	    (err->code == E_REFUSED && recorded_contradicts(recorded, err));
}

bool
recorded_stored(struct recorded *recorded, const char *step, struct buf *ret,
    struct err *err)
{
	const json_t *line = recorded_later(recorded, step);

	return line == NULL ? recorded_fails(recorded, err)
			    : read_stored(recorded, line, ret, err);
}

static void
compare_zone(struct recorded *recorded, const json_t *line)
{
	json_t *wanted = recorded->zone == NULL
	    ? NULL
	    : json_of_text(recorded->zone);
	const json_t *was = json_object_get(line, "zone");

	if (was != NULL || wanted != NULL)
		recorded_compare(recorded, "zone", was, wanted);
	json_decref(wanted);
}

bool
recorded_input(struct recorded *recorded, const char *role, const char *path,
    struct buf *ret, struct err *err)
{
	char step[STEP_TEXT_SIZE], safe[4 * PATH_MAX_LEN];
	const json_t *line;
	json_t *wanted;

	file_step("input", role, step);
	if (!meet(recorded, step, &line, err))
		return false;
	if (line == NULL)
		return true; /* the format has none: it was empty */
	text_ascii(safe, sizeof(safe), path);
	wanted = json_string(safe);
	recorded_compare(
	    recorded, "path", json_object_get(line, "path"), wanted);
	json_decref(wanted);
	compare_zone(recorded, line);
	if (!read_stored(recorded, line, ret, err))
		return false;
	recorded_took(recorded);
	return true;
}

/* Where the two part, which a hash does not say. */
static void
compare_content(
    struct recorded *recorded, const json_t *line, struct bytes content)
{
	struct buf stored = buf_new(KSR_FILE_MAX);
	struct err why;
	size_t at = 0;

	if (!stored_read(recorded->ceremony, line, &stored, &why)) {
		recorded_differs(recorded, "%s", why.msg);
	} else if (!bytes_equal(buf_bytes(&stored), content)) {
		while (at < stored.len && at < content.len &&
		    stored.data[at] == content.data[at])
			at++;
		recorded_differs(recorded,
		    "%s: what is stored is not what is derived: they differ "
		    "from octet %zu on",
		    fact_text(line, "role"), at);
	}
	buf_free(&stored);
}

/* A request's ids, of itself and of its bundles, are those of another. */
static void
take_ids(struct ksr *request, const struct ksr *other)
{
	memcpy(request->id, other->id, sizeof(request->id));
	for (size_t i = 0; i < request->n_bundles && i < other->n_bundles; i++)
		memcpy(request->bundles[i].id, other->bundles[i].id,
		    sizeof(request->bundles[i].id));
}

/* Another program may have made the ids of a request in another way. */
static void
compare_request(
    struct recorded *recorded, const json_t *line, struct bytes content)
{
	struct buf stored = buf_new(KSR_FILE_MAX), again = buf_new(KSR_FILE_MAX);
	struct ksr *was = NULL, *is = NULL;
	struct err why;

	if (!stored_read(recorded->ceremony, line, &stored, &why) ||
	    !ksr_read(buf_bytes(&stored), "the stored request", &was, &why) ||
	    !ksr_read(content, "the request", &is, &why)) {
		recorded_differs(recorded, "%s", why.msg);
	} else {
		take_ids(is, was);
		ksr_write(is, &again);
		if (!bytes_equal(buf_bytes(&stored), buf_bytes(&again)))
			recorded_differs(recorded,
			    "the stored request is not the one derived");
	}
	ksr_free(is);
	ksr_free(was);
	buf_free(&again);
	buf_free(&stored);
}

bool
recorded_output(struct recorded *recorded, const char *role, const char *path,
    struct bytes content, struct err *err)
{
	char step[STEP_TEXT_SIZE];
	const json_t *line;
	json_t *facts;

	file_step("output", role, step);
	line = recorded_if(recorded, step);
	if (line != NULL && may_be_reworded(recorded, step, "sha256") &&
	    strcmp(role, "request") == 0)
		compare_request(recorded, line, content);
	else if (line != NULL && !may_be_reworded(recorded, step, "sha256"))
		compare_content(recorded, line, content);
	facts = json_pack("{s:s, s:s, s:o, s:o, s:I}", "event", "output",
	    "role", role, "path", json_of_text(path), "sha256",
	    json_of_hash_of(content), "size", (json_int_t)content.len);
	if (facts == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	say_zone(recorded, facts);
	return recorded_event(recorded, facts, err);
}

/* --- The end. */

static bool
is_failure(const json_t *line)
{
	return is_step(line, "end") &&
	    json_integer_value(json_object_get(line, "status")) > 0;
}

static void
note_failure(struct recorded *recorded, const json_t *end)
{
	recorded_notes(recorded,
	    "run %zu stopped outside of what can be replayed: %s",
	    recorded->run->number, fact_text(end, "message"));
}

static void
compare_outcome(struct recorded *recorded, const json_t *line, bool ok,
    const struct err *outcome)
{
	json_int_t status = json_integer_value(json_object_get(line, "status"));
	const char *message = fact_text(line, "message");
	char safe[4 * ERR_MSG_MAX] = "";
	bool derived = !ok && recorded->state == RECORDED_GOES_ON;

	if (derived)
		text_ascii(safe, sizeof(safe), outcome->msg);
	if (derived &&
	    (status != err_exit_status(outcome) || strcmp(message, safe) != 0))
		recorded_differs(recorded,
		    "the run ended with status %lld \"%.300s\", the replay "
		    "with %d \"%.300s\"",
		    (long long)status, message, err_exit_status(outcome), safe);
	else if (!derived && !ok && status == 0)
		recorded_differs(
		    recorded, "the run claims success where it stopped");
	else if (!derived && status == 1 && (ok || !recorded->may_refuse))
		recorded_differs(recorded,
		    "the run was refused (\"%.300s\"), the replay finds "
		    "nothing to refuse",
		    message);
	else if (!derived && status != 0)
		note_failure(recorded, line);
}

/* The line before is the last that a signature covers. */
static bool
is_sealed(const struct recorded *recorded)
{
	const json_t *before =
	    recorded->ceremony->log.lines[recorded->next - 1].json;

	return before != NULL && is_step(before, RECORD_SEALED_BY);
}

void
recorded_end(struct recorded *recorded, bool ok, const struct err *outcome)
{
	const json_t *line = recorded_line(recorded);
	char step[STEP_TEXT_SIZE];

	if (recorded->state == RECORDED_OVER || line == NULL)
		return; /* interrupted, sealed, or told already */
	step_text(line, step);
	if (is_sealed(recorded) && !is_failure(line))
		recorded_differs(recorded,
		    "\"%s\" is recorded behind what was signed", step);
	else if (is_sealed(recorded))
		note_failure(recorded, line);
	else if (strcmp(step, "end") != 0 && ok)
		recorded_differs(recorded,
		    "\"%s\" is recorded where the run was done", step);
	else if (strcmp(step, "end") != 0)
		recorded_differs(recorded,
		    "\"%s\", although the run had to stop: %.500s", step,
		    outcome->msg);
	else if (recorded->state != RECORDED_LEFT)
		compare_outcome(recorded, line, ok, outcome);
	recorded_took(recorded);
	if (strcmp(step, "end") == 0 && recorded_line(recorded) != NULL)
		recorded_differs(recorded, "a line behind the run's end");
}
