#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "signer/script/steps.h"

#define BIT(n) (1u << (n))

static const struct {
	const char *name;
	size_t max; /* octets */
} facts[STEP_FACTS] = {
	[STEP_KIND] = { "kind", 255 },
	[STEP_SCRIPT] = { "script", 2 * SHA256_SIZE },
	[STEP_VALUES] = { "values", 2 * SHA256_SIZE },
	[STEP_NUMBER] = { "number", STEP_NUMBER_SIZE - 1 },
	[STEP_TITLE] = { "title", 1024 },
	[STEP_INITIALS] = { "initials", 32 },
	[STEP_ROLE] = { "role", 32 },
	[STEP_TEXT] = { "text", STEP_LONG_TEXT_MAX },
	[STEP_EXPECTED] = { "expected", STEP_LONG_TEXT_MAX },
	[STEP_HAPPENED] = { "happened", STEP_LONG_TEXT_MAX },
	[STEP_DECIDED] = { "decided", STEP_LONG_TEXT_MAX },
};

#define WHO (BIT(STEP_INITIALS) | BIT(STEP_ROLE))
#define OPEN                                                                   \
	(BIT(STEPS_READY) | BIT(STEPS_RUNNING) | BIT(STEPS_STOPPED))

/* Which step an event's number must be, and where it leads. */
enum aim {
	AIM_NONE,    /* has no number, or any; the place stays */
	AIM_HERE,    /* the step at hand; the place stays */
	AIM_PAST,    /* the step at hand; the next comes after it */
	AIM_AGAIN,   /* the step at hand or the one just done: it comes next */
	AIM_EARLIER, /* an earlier step: it comes next */
};

static const struct {
	const char *name;
	unsigned required, allowed; /* facts */
	bool answers;
	unsigned from; /* states */
	enum aim aim;
	enum steps_state to; /* STEPS_NONE: as it was */
	bool in_pause;
} events[STEP_EVENTS] = {
	[STEP_BEGIN] = { "begin", BIT(STEP_KIND) | BIT(STEP_SCRIPT),
	    BIT(STEP_VALUES) | BIT(STEP_TITLE) | WHO, false,
	    BIT(STEPS_NONE) | BIT(STEPS_ENDED) | BIT(STEPS_ABORTED), AIM_NONE,
	    STEPS_READY, false },
	[STEP_START] = { "start", BIT(STEP_NUMBER), BIT(STEP_TITLE), false,
	    BIT(STEPS_READY), AIM_HERE, STEPS_RUNNING, false },
	[STEP_DONE] = { "done", BIT(STEP_NUMBER), BIT(STEP_TEXT) | WHO, true,
	    BIT(STEPS_RUNNING), AIM_PAST, STEPS_READY, false },
	[STEP_FAILED] = { "failed", BIT(STEP_NUMBER) | BIT(STEP_TEXT), WHO,
	    true, BIT(STEPS_READY) | BIT(STEPS_RUNNING), AIM_HERE,
	    STEPS_STOPPED, false },
	[STEP_REPEATED] = { "repeated", BIT(STEP_NUMBER), BIT(STEP_TEXT) | WHO,
	    false, OPEN, AIM_AGAIN, STEPS_READY, false },
	[STEP_BACK] = { "back", BIT(STEP_NUMBER), BIT(STEP_TEXT) | WHO, false,
	    OPEN, AIM_EARLIER, STEPS_READY, false },
	[STEP_SKIPPED] = { "skipped", BIT(STEP_NUMBER) | BIT(STEP_TEXT), WHO,
	    false, OPEN, AIM_PAST, STEPS_READY, false },
	[STEP_PAUSED] = { "paused", 0, BIT(STEP_TEXT) | WHO, false, OPEN,
	    AIM_NONE, STEPS_NONE, false },
	[STEP_RESUMED] = { "resumed", 0, BIT(STEP_TEXT) | WHO, false, OPEN,
	    AIM_NONE, STEPS_NONE, true },
	[STEP_ABORTED] = { "aborted", 0, BIT(STEP_TEXT) | WHO, false, OPEN,
	    AIM_NONE, STEPS_ABORTED, true },
	[STEP_END] = { "end", 0, BIT(STEP_TEXT) | WHO, false,
	    BIT(STEPS_READY), AIM_NONE, STEPS_ENDED, false },
	[STEP_EXCEPTION] = { "exception",
	    BIT(STEP_EXPECTED) | BIT(STEP_HAPPENED) | BIT(STEP_DECIDED),
	    BIT(STEP_NUMBER) | WHO, false, OPEN, AIM_NONE, STEPS_NONE, true },
};

const char *
step_event_text(enum step_event event)
{
	return events[event].name;
}

const char *
step_fact_text(enum step_fact fact)
{
	return facts[fact].name;
}

const char *
steps_state_text(enum steps_state state)
{
	static const char *const texts[] = {
		[STEPS_NONE] = "none",
		[STEPS_READY] = "ready",
		[STEPS_RUNNING] = "running",
		[STEPS_STOPPED] = "stopped",
		[STEPS_ENDED] = "ended",
		[STEPS_ABORTED] = "aborted",
	};

	return texts[state];
}

bool
step_event_parse(const char *text, enum step_event *ret)
{
	for (unsigned i = 0; i < STEP_EVENTS; i++) {
		if (strcmp(events[i].name, text) == 0) {
			*ret = (enum step_event)i;
			return true;
		}
	}
	return false;
}

/* Whether the line is "key: value"; a value that continues it is not read. */
static bool
has_key(struct bytes line, const char *key)
{
	size_t len = strlen(key);

	return line.len >= len && memcmp(line.data, key, len) == 0;
}

static bool
add_line(struct script *script, struct bytes line, const char *name,
    size_t number, struct err *err)
{
	if (has_key(line, "act:")) {
		if (script->n_acts == SCRIPT_ACTS_MAX)
			return err_set(err, E_INPUT,
			    "%s:%zu: more than %u acts", name, number,
			    SCRIPT_ACTS_MAX);
		script->n_acts++;
	} else if (has_key(line, "step:")) {
		if (script->n_acts == 0)
			return err_set(err, E_INPUT,
			    "%s:%zu: a step before the first act", name,
			    number);
		if (script->n_steps[script->n_acts - 1] == SCRIPT_STEPS_MAX)
			return err_set(err, E_INPUT,
			    "%s:%zu: more than %u steps in an act", name,
			    number, SCRIPT_STEPS_MAX);
		script->n_steps[script->n_acts - 1]++;
		script->n++;
	}
	return true;
}

bool
script_read(struct bytes content, const char *name, struct script *ret,
    struct err *err)
{
	struct script script = { 0 };
	size_t number = 0;

	while (content.len > 0) {
		const uint8_t *end = memchr(content.data, '\n', content.len);
		size_t len = end == NULL ? content.len
					 : (size_t)(end - content.data);
		size_t taken = end == NULL ? len : len + 1;

		number++;
		if (!add_line(&script, (struct bytes){ content.data, len },
			name, number, err))
			return false;
		content.data += taken;
		content.len -= taken;
	}
	if (script.n == 0)
		return err_set(err, E_INPUT,
		    "%s: is no script: no line begins with \"step:\"", name);
	*ret = script;
	return true;
}

void
script_number(
    const struct script *script, size_t index, char ret[STEP_NUMBER_SIZE])
{
	ret[0] = '\0';
	for (unsigned act = 0; act < script->n_acts; act++) {
		if (index < script->n_steps[act]) {
			/* Both are within their limits: they fit. */
			snprintf(ret, STEP_NUMBER_SIZE, "%u.%u",
			    (act + 1) % (SCRIPT_ACTS_MAX + 1),
			    ((unsigned)index + 1) % (SCRIPT_STEPS_MAX + 1));
			return;
		}
		index -= script->n_steps[act];
	}
}

/* The index of the step with this number, spelt as script_number does. */
static bool
script_find(const struct script *script, const char *number, size_t *ret)
{
	char text[STEP_NUMBER_SIZE] = "";
	const char *dot = strchr(number, '.');
	uint64_t act, step;
	size_t index = 0;

	if (dot == NULL || strlen(number) >= sizeof(text))
		return false;
	memcpy(text, number, (size_t)(dot - number));
	if (!number_parse(text, script->n_acts, &act) || act == 0 ||
	    !number_parse(dot + 1, script->n_steps[act - 1], &step) ||
	    step == 0)
		return false;
	for (size_t i = 0; i + 1 < act; i++)
		index += script->n_steps[i];
	index += step - 1;
	script_number(script, index, text);
	if (strcmp(text, number) != 0)
		return false; /* such as 02.3 */
	*ret = index;
	return true;
}

static bool
check_fact(const struct step *step, unsigned fact, struct err *err)
{
	const char *event = events[step->event].name;
	const char *text = step->facts[fact];
	bool required = (events[step->event].required & BIT(fact)) != 0;
	bool allowed = (events[step->event].allowed & BIT(fact)) != 0;

	if (text == NULL)
		return !required ||
		    err_set(err, E_USAGE, "step %s needs --%s", event,
			facts[fact].name);
	if (!required && !allowed)
		return err_set(err, E_USAGE, "--%s has no meaning for step %s",
		    facts[fact].name, event);
	if (text[0] == '\0')
		return err_set(err, E_USAGE, "--%s is empty",
		    facts[fact].name);
	if (strlen(text) > facts[fact].max)
		return err_set(err, E_USAGE,
		    "--%s has %zu octets, at most %zu are taken",
		    facts[fact].name, strlen(text), facts[fact].max);
	return true;
}

bool
step_check(const struct step *step, struct err *err)
{
	for (unsigned i = 0; i < STEP_FACTS; i++)
		if (!check_fact(step, i, err))
			return false;
	if (step->facts[STEP_ROLE] != NULL &&
	    step->facts[STEP_INITIALS] == NULL)
		return err_set(
		    err, E_USAGE, "--role says whose --initials they are");
	if (step->n_answers > 0 && !events[step->event].answers)
		return err_set(err, E_USAGE,
		    "--answer has no meaning for step %s",
		    events[step->event].name);
	for (size_t i = 0; i < step->n_answers; i++)
		if (strlen(step->prompts[i]) > STEP_LONG_TEXT_MAX ||
		    strlen(step->answers[i]) > STEP_LONG_TEXT_MAX)
			return err_set(err, E_USAGE,
			    "--prompt and --answer have at most %u octets",
			    STEP_LONG_TEXT_MAX);
	return true;
}

/* "the script is ready for step 2.3", for a refusal. */
static bool
err_set_place(
    const struct steps *steps, const struct step *step, struct err *err)
{
	const char *event = events[step->event].name;
	char at[STEP_NUMBER_SIZE];

	script_number(&steps->script, steps->at, at);
	switch (steps->state) {
	case STEPS_NONE:
		return err_set(err, E_USAGE,
		    "step %s: no script was begun on this record", event);
	case STEPS_ENDED:
	case STEPS_ABORTED:
		return err_set(err, E_USAGE,
		    "step %s: the script is %s; only begin may follow", event,
		    steps_state_text(steps->state));
	case STEPS_READY:
		break;
	case STEPS_RUNNING:
		return err_set(err, E_USAGE,
		    "step %s: step %s was started and is not done", event, at);
	case STEPS_STOPPED:
		return err_set(err, E_USAGE,
		    "step %s: step %s failed: repeat it, go back, skip it or "
		    "abort",
		    event, at);
	}
	if (at[0] == '\0')
		return err_set(err, E_USAGE,
		    "step %s: every step is done, the script may end", event);
	return err_set(
	    err, E_USAGE, "step %s: step %s comes next", event, at);
}

/* The place after the event, if its number is one that it may have. */
static bool
find_place(const struct steps *steps, const struct step *step, size_t *ret,
    struct err *err)
{
	const char *number = step->facts[STEP_NUMBER];
	enum aim aim = events[step->event].aim;
	size_t index;

	*ret = steps->at;
	if (number == NULL)
		return true;
	if (!script_find(&steps->script, number, &index))
		return err_set(err, E_USAGE,
		    "step %s: the script has no step \"%.80s\"",
		    events[step->event].name, number);
	if (aim == AIM_NONE)
		return true;
	if (aim == AIM_EARLIER)
		*ret = index;
	if (aim == AIM_EARLIER && index < steps->at)
		return true;
	if (aim == AIM_AGAIN && steps->state == STEPS_READY &&
	    index + 1 == steps->at) {
		*ret = index;
		return true;
	}
	if (aim == AIM_EARLIER || index != steps->at)
		return err_set_place(steps, step, err);
	if (aim == AIM_PAST)
		*ret = steps->at + 1;
	return true;
}

bool
steps_apply(struct steps *steps, const struct step *step,
    const struct script *script, struct err *err)
{
	struct steps after = *steps;

	if ((events[step->event].from & BIT(steps->state)) == 0)
		return err_set_place(steps, step, err);
	if (steps->paused && !events[step->event].in_pause)
		return err_set(err, E_USAGE,
		    "step %s: the script is paused; resume it first",
		    events[step->event].name);
	if (!find_place(steps, step, &after.at, err))
		return false;
	if (step->event == STEP_END && steps->at < steps->script.n)
		return err_set_place(steps, step, err);
	if (step->event == STEP_BEGIN)
		after = (struct steps){ .script = *script };
	if (events[step->event].to != STEPS_NONE)
		after.state = events[step->event].to;
	if (step->event == STEP_PAUSED)
		after.paused = true;
	if (step->event == STEP_RESUMED || step->event == STEP_ABORTED)
		after.paused = false;
	*steps = after;
	return true;
}
