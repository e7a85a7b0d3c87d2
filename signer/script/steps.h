/*
 * A ceremony's script as it is carried out: which step may come next.  Pure:
 * the same rules judge a step before it goes on record and when the record is
 * replayed, so that no step can be left out or moved in between.
 *
 * The script is an act file: lines that begin with "act:" open acts, lines
 * that begin with "step:" steps in them; a step's number is "2.3", the third
 * step of the second act.  Nothing else in the file is read here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

#define SCRIPT_ACTS_MAX	   99u
#define SCRIPT_STEPS_MAX   999u /* of one act */
#define STEP_NUMBER_SIZE   sizeof("99.999")
#define STEP_LONG_TEXT_MAX 4096u /* octets of what was said or seen */
#define STEP_ANSWERS_MAX   32u	 /* of one step */

struct script {
	size_t n_acts;
	uint16_t n_steps[SCRIPT_ACTS_MAX]; /* of each act */
	size_t n; /* of all */
};

/* E_INPUT with "name:line: ..." for a step outside of an act and the like. */
MUST_USE bool script_read(struct bytes content, const char *name,
    struct script *ret, struct err *err);

enum step_event {
	STEP_BEGIN, /* the script is begun */
	STEP_START, /* the next step is being carried out */
	STEP_DONE,
	STEP_FAILED,	/* or not begun, since a condition does not hold */
	STEP_REPEATED,	/* the step will be done once more */
	STEP_BACK,	/* an earlier step comes next */
	STEP_SKIPPED,	/* the step is not carried out */
	STEP_PAUSED,	/* nothing happens until ... */
	STEP_RESUMED,	/* after a pause or an interruption */
	STEP_ABORTED,	/* the script is left for good */
	STEP_END,	/* every step was done or skipped */
	STEP_EXCEPTION, /* something was not as the script has it */
	STEP_EVENTS,
};

/* What is told of an event; all are text. */
enum step_fact {
	STEP_KIND,   /* of the script: its file's name without ".act" */
	STEP_SCRIPT, /* its SHA-256 in hex */
	STEP_VALUES, /* that of its inputs' values */
	STEP_NUMBER,
	STEP_TITLE,
	STEP_INITIALS,
	STEP_ROLE,
	STEP_TEXT,
	STEP_EXPECTED, /* an exception: what the script has, */
	STEP_HAPPENED, /* what happened instead */
	STEP_DECIDED,  /* and what was decided */
	STEP_FACTS,
};

/*
 * One event with its facts, all borrowed and, as everything on record,
 * printable ASCII; NULL is a fact that is not told.
 */
struct step {
	enum step_event event;
	const char *facts[STEP_FACTS];
	size_t n_answers;
	const char *prompts[STEP_ANSWERS_MAX], *answers[STEP_ANSWERS_MAX];
};

const char *step_event_text(enum step_event event); /* "start"; static */
const char *step_fact_text(enum step_fact fact);    /* "title"; static */
MUST_USE bool step_event_parse(const char *text, enum step_event *ret);

/* E_USAGE unless the facts belong to the event, are there and not too long. */
MUST_USE bool step_check(const struct step *step, struct err *err);

enum steps_state {
	STEPS_NONE,    /* no script was begun */
	STEPS_READY,   /* for the step `at`; after the last one for the end */
	STEPS_RUNNING, /* the step `at` was started and is not done */
	STEPS_STOPPED, /* the step `at` failed */
	STEPS_ENDED,
	STEPS_ABORTED,
};

/* Where the script stands. */
struct steps {
	enum steps_state state;
	bool paused;
	size_t at; /* index of a step, counted through all acts */
	struct script script;
};

/*
 * Applies an event that step_check accepts; script is what begins with
 * STEP_BEGIN, else NULL.  E_USAGE, and nothing changed, if the event may not
 * come now.
 */
MUST_USE bool steps_apply(struct steps *steps, const struct step *step,
    const struct script *script, struct err *err);

const char *steps_state_text(enum steps_state state); /* static */

/* The number of the step with this index: "2.3"; "" beyond the last. */
void script_number(const struct script *script, size_t index,
    char ret[STEP_NUMBER_SIZE]);
