/*
 * How the record is told: a row an event, which `log show`, `report` and
 * whoever says what is certain after an interruption read alike.  A new event
 * is its emitter (signer/record/facts.c) and a row here.
 */
#pragma once

#include "signer/show/teller.h"

/* What is certain once the step is on disk and nothing after it. */
struct certain {
	const char *step; /* as step_text has it; NULL: each of the event */
	const char *text;
};

struct telling {
	const char *event;
	const char *facts; /* all that it may have, a space between */

	/* Up to one whose text is NULL; NULL: nothing beyond the start. */
	const struct certain *certain;

	/* For the list of what is not as it should be; NULL ends them. */
	const char *const *remarks;

	/* Its sentence; html is NULL where it is the text. */
	enum tone tone;
	bool is_part; /* of the page */
	const char *text, *html;
	const char *hash; /* the fact that stands below it in hex */

	/* What one sentence does not tell. */
	void (*tell)(struct teller *teller, const json_t *line);

	bool is_old; /* only in the records of older programs */
};

extern const struct telling tellings[];
extern const size_t n_tellings;

/* NULL: a newer program's event. */
const struct telling *telling_of(const json_t *line);

/* The line, with the clock's time as text has it; "" for a page. */
void tell(struct teller *teller, const char *clock, const json_t *line);

/* What was told of a script's step, each fact on a line of its own. */
void tell_step_facts(struct teller *teller, const json_t *line);
enum tone step_tone(const json_t *line);

/*
 * The last step of a run without an "end", what is certain then and what is
 * not; static.  The words are those of the events' rows.
 */
const char *run_interrupted(const struct ceremony *ceremony,
    const struct run *run, char ret_step[STEP_TEXT_SIZE]);
