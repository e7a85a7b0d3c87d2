#include <stdio.h>
#include <string.h>

#include "ksr/dns/dname.h"
#include "signer/script/steps_record.h"
#include "signer/show/log_show.h"
#include "signer/show/telling.h"
#include "signer/show/zones_told.h"

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

/* "  z.example.  signed, schema normal, 9 signatures, response SHA-256" */
static void
show_zone(const struct teller *teller, const struct zone_told *zone)
{
	char text[ERR_MSG_MAX + 2 * DNAME_TEXT_MAX];
	bool bad = zone->why != NULL || zone->response[0] == '\0';

	snprintf(text, sizeof(text), "%s: %s%s%s%s", zone->zone,
	    zone_outcome(zone), zone->why != NULL ? ": " : "",
	    zone->why != NULL ? zone->why : "",
	    bad ? "" : ", response SHA-256");
	text_line(teller, bad ? BAD : GOOD, "", TELLER_LEFT, text);
	if (!bad)
		teller->verbs->hash(
		    (struct teller *)teller, zone->response, false);
}

/* All of them, where no one of them is asked for. */
static bool
show_zones(const struct teller *teller, const struct run *run)
{
	struct zones_told zones;

	if (!zones_told_of(teller->ceremony, run, &zones))
		return false;
	for (size_t i = 0; i < zones.n; i++)
		show_zone(teller, &zones.list[i]);
	zones_told_free(&zones);
	return true;
}

static bool
is_shown(const json_t *line, const char *zone)
{
	return !is_of_zone(line) ||
	    (zone != NULL && same_domain(fact_text(line, "zone"), zone));
}

static bool
show_whole(struct teller *teller, const struct run *run, const char *zone)
{
	bool ok = true;

	printf("Run %zu: ", run->number);
	for (size_t k = run->first; k < run->first + run->n; k++) {
		const json_t *line = teller->ceremony->log.lines[k].json;
		bool last = k + 1 == run->first + run->n;

		if (zone == NULL && last && run->ended)
			ok = show_zones(teller, run);
		if (line != NULL && !is_shown(line, zone))
			continue;
		if (line != NULL)
			show_line(teller, line);
		else
			text_line(teller, BAD, "", TELLER_LEFT,
			    "a torn line: power or the program went while it "
			    "was written");
	}
	if (!run->ended && zone == NULL)
		ok = show_zones(teller, run);
	if (!run->ended)
		show_interruption(teller, run);
	return ok;
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

bool
log_show(const struct ceremony *ceremony, const char *zone, bool colour,
    struct err *err)
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
		else if (!show_whole(&teller, run, zone))
			return err_set(err, E_MEMORY, "out of memory");
		was_brief = brief;
	}
	show_head(&teller);
	return true;
}
