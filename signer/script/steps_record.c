#include <string.h>

#include "ksr/base/limits.h"
#include "signer/script/steps_record.h"

static json_t *
json_of_answers(const struct step *step)
{
	json_t *list = json_array();

	for (size_t i = 0; i < step->n_answers; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "prompt", step->prompts[i],
			"answer", step->answers[i]));
	return list;
}

json_t *
json_of_step(const struct step *step)
{
	json_t *line =
	    json_pack("{s:s}", "step", step_event_text(step->event));

	for (unsigned i = 0; i < STEP_FACTS; i++) {
		if (step->facts[i] == NULL)
			continue;
		if (json_object_set_new(line, step_fact_text(i),
			json_string(step->facts[i])) != 0) {
			json_decref(line);
			return NULL;
		}
	}
	if (step->n_answers > 0 &&
	    json_object_set_new(line, "answers", json_of_answers(step)) != 0) {
		json_decref(line);
		return NULL;
	}
	return line;
}

bool
is_step(const json_t *line)
{
	return strcmp(fact_text(line, "event"), "step") == 0;
}

static bool
is_step_of(const json_t *line, enum step_event event)
{
	return is_step(line) &&
	    strcmp(fact_text(line, "step"), step_event_text(event)) == 0;
}

bool
run_is_step(const struct ceremony *ceremony, const struct run *run)
{
	return run->ended && run->status == 0 && run->n == 3 &&
	    is_step(ceremony->log.lines[run->first + 1].json);
}

static bool
read_answers(const json_t *list, struct step *ret, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (i == STEP_ANSWERS_MAX)
			return err_set(err, E_USAGE,
			    "more than %u answers", STEP_ANSWERS_MAX);
		ret->prompts[i] = fact_text(item, "prompt");
		ret->answers[i] = fact_text(item, "answer");
		ret->n_answers++;
	}
	return true;
}

/* E_USAGE if the line tells no step_check'ed event.  Borrows from the line. */
static bool
step_of_json(const json_t *line, struct step *ret, struct err *err)
{
	struct step step = { 0 };

	if (!step_event_parse(fact_text(line, "step"), &step.event))
		return err_set(err, E_USAGE, "\"%.40s\" is no event of a step",
		    fact_text(line, "step"));
	for (unsigned i = 0; i < STEP_FACTS; i++)
		step.facts[i] = json_string_value(
		    json_object_get(line, step_fact_text(i)));
	if (!read_answers(json_object_get(line, "answers"), &step, err) ||
	    !step_check(&step, err))
		return false;
	*ret = step;
	return true;
}

/* The script that a "begin" names is the one that its run stored before. */
static bool
read_script(const struct ceremony *ceremony, const json_t *input,
    const struct step *begin, struct script *ret, struct err *err)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	bool ok;

	if (input == NULL ||
	    strcmp(fact_text(input, "sha256"), begin->facts[STEP_SCRIPT]) != 0)
		return err_set(err, E_REFUSED,
		    "the script that begins is not the one stored before");
	ok = stored_read(ceremony, input, &content, err) &&
	    script_read(buf_bytes(&content), "the stored script", ret, err);
	buf_free(&content);
	return ok;
}

/*
 * The line's event; input is the last line before it that stored a script, which
 * is read if the event begins it.
 */
static bool
apply_line(struct steps *steps, const struct ceremony *ceremony,
    const json_t *input, const json_t *line, struct err *err)
{
	struct script script = { 0 };
	struct step step;

	return step_of_json(line, &step, err) &&
	    (step.event != STEP_BEGIN ||
		read_script(ceremony, input, &step, &script, err)) &&
	    steps_apply(steps, &step, &script, err);
}

/* An "input" of a script. */
static bool
is_script(const json_t *line)
{
	return strcmp(fact_text(line, "event"), "input") == 0 &&
	    strcmp(fact_text(line, "role"), SCRIPT_ROLE) == 0;
}

bool
steps_find(
    const struct ceremony *ceremony, struct steps_found *ret, struct err *err)
{
	struct steps_found found = { 0 };
	const json_t *input = NULL;

	for (size_t i = 0; i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;

		if (is_script(line))
			input = line;
		if (!is_step(line))
			continue;
		if (!apply_line(
			&found.steps, ceremony, input, line, err)) {
			err->code = E_REFUSED;
			return err_prefix(err, "%s/%s:%zu", ceremony->dir,
			    RECORD_LOG, i + 1);
		}
		if (is_step_of(line, STEP_BEGIN)) {
			found.begin = line;
			found.n_exceptions = 0;
		}
		if (is_step_of(line, STEP_EXCEPTION))
			found.n_exceptions++;
		found.last = line;
	}
	*ret = found;
	return true;
}
