#include <stdio.h>
#include <string.h>

#include "signer/script/steps_record.h"
#include "signer/show/log_show.h"
#include "signer/show/telling.h"

#define TIME_AT    11 /* of "2027-01-01T12:00:00" */
#define FIRST_SIZE 64 /* of what stands before a line */

/* Behind the time, "  02:04:50  ". */
static void
show_line(struct teller *teller, const json_t *line)
{
	const char *time = fact_text(line, "time");
	char clock[TELLER_LEFT + 1];

	snprintf(clock, sizeof(clock), "  %.8s  ",
	    strlen(time) > TIME_AT ? time + TIME_AT : "");
	tell(teller, clock, line);
}

static void
show_interruption(const struct teller *teller, const struct run *run)
{
	char step[STEP_TEXT_SIZE], text[STEP_TEXT_SIZE + 256];
	const char *certain = run_interrupted(teller->ceremony, run, step);

	snprintf(text, sizeof(text), "after \"%s\": %s", step, certain);
	text_line(teller, BAD, "  INTERRUPTED", 15, text);
}

/* Such runs are many: one line each, without a heading. */
static void
show_brief(struct teller *teller, const struct run *run)
{
	const json_t *line = teller->ceremony->log.lines[run->first + 1].json;
	char first[FIRST_SIZE];

	snprintf(first, sizeof(first), "Run %zu: %.19s ", run->number,
	    fact_text(line, "time"));
	tell(teller, first, line);
}

static void
show_whole(struct teller *teller, const struct run *run)
{
	printf("Run %zu: ", run->number);
	for (size_t k = run->first; k < run->first + run->n; k++) {
		const json_t *line = teller->ceremony->log.lines[k].json;

		if (line != NULL)
			show_line(teller, line);
		else
			text_line(teller, BAD, "", TELLER_LEFT,
			    "a torn line: power or the program went while it "
			    "was written");
	}
	if (!run->ended)
		show_interruption(teller, run);
}

static void
show_head(struct teller *teller)
{
	char text[FIRST_SIZE];

	snprintf(
	    text, sizeof(text), "%zu lines, SHA-256", teller->ceremony->log.n);
	text_line(teller, HEADING, "", 0, "");
	text_line(teller, HEADING, "Head", TELLER_LEFT, text);
	teller->verbs->hash(teller, teller->ceremony->log.head, true);
}

void
log_show(const struct ceremony *ceremony, bool colour)
{
	struct teller teller = teller_text(ceremony, colour);
	bool brief = false, was_brief = false;

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		brief = run_is_step(ceremony, run);
		if (i > 0 && !(brief && was_brief))
			printf("\n");
		if (brief)
			show_brief(&teller, run);
		else
			show_whole(&teller, run);
		was_brief = brief;
	}
	show_head(&teller);
}
