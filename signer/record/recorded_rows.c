/*
 * The rows of a report, as they are on record and as the rules say now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/record/json.h"
#include "signer/record/recorded.h"

static size_t
rows_before(const json_t *rows, size_t n, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(fact_text(json_array_get(rows, i), "id"), id) == 0)
			count++;
	return count;
}

static size_t
rows_with(const json_t *rows, const char *id)
{
	return rows_before(rows, json_array_size(rows), id);
}

/*
 * The row that is rows[i] of the other list: the one with its id and title, or,
 * where both have as many rows of the id and a title was reworded since, the
 * one in its place among them.
 */
static json_t *
find_row(const json_t *list, const json_t *rows, size_t i)
{
	const json_t *wanted = json_array_get(rows, i);
	const char *id = fact_text(wanted, "id");
	bool by_place = rows_with(list, id) == rows_with(rows, id);
	size_t nth = rows_before(rows, i, id), seen = 0, k;
	json_t *row, *found = NULL;

	json_array_foreach(list, k, row)
	{
		if (strcmp(fact_text(row, "id"), id) != 0)
			continue;
		if (strcmp(fact_text(row, "title"),
			fact_text(wanted, "title")) == 0)
			return row;
		if (seen++ == nth && by_place)
			found = row;
	}
	return found;
}

/* What a row comes to; wording may differ between versions. */
static void
compare_row(struct recorded *recorded, const json_t *was, json_t *is)
{
	static const char *const facts[] = { "verdict", "reason", "note",
		"findings", "more_findings", "clause", "title" };
	size_t n = recorded->same_program ? ARRAY_LEN(facts)
					  : ARRAY_LEN(facts) - 2;
	char name[128];

	for (size_t i = 0; i < n; i++) {
		/* Why a rule did not run is told in other words some day. */
		if (!recorded->same_program && strcmp(facts[i], "note") == 0)
			continue;
		snprintf(name, sizeof(name), "check %.60s (\"%.40s\"): %s",
		    fact_text(was, "id"), fact_text(was, "title"), facts[i]);
		recorded_compare(recorded, name,
		    json_object_get(was, facts[i]),
		    json_object_get(is, facts[i]));
	}
}

/*
 * A rule that the record's program had not is no fault as long as it has
 * nothing to say; one that would refuse may have been left out.
 */
static void
report_unrecorded(struct recorded *recorded, const json_t *row)
{
	const char *id = fact_text(row, "id");
	const char *title = fact_text(row, "title");
	const char *verdict = fact_text(row, "verdict");

	if (recorded->same_program ||
	    (strcmp(verdict, verdict_text(VERDICT_PASS)) != 0 &&
		strcmp(verdict, verdict_text(VERDICT_NOT_RUN)) != 0))
		recorded_differs(recorded,
		    "check %s (\"%s\") is not recorded; it says: %s", id,
		    title, verdict);
	else
		recorded_notes(recorded,
		    "check %s (\"%s\") is newer than the record; it says: %s",
		    id, title, verdict);
}

/* Both ways: a row that one side lacks is not a row that agrees. */
static void
compare_rows(struct recorded *recorded, const json_t *was, const json_t *is)
{
	const json_t *row;
	size_t i;

	json_array_foreach(was, i, row)
	{
		json_t *other = find_row(is, was, i);

		if (other == NULL)
			recorded_differs(recorded,
			    "check %s: this program has no such rule",
			    fact_text(row, "id"));
		else
			compare_row(recorded, row, other);
	}
	json_array_foreach(is, i, row)
	{
		if (find_row(was, is, i) == NULL)
			report_unrecorded(recorded, row);
	}
}

/* Rules that the record's program had not decide nothing about it. */
static void
drop_newer(struct report *report, size_t first, const json_t *was,
    const json_t *is)
{
	size_t kept = first;

	for (size_t i = first; i < report->n_results; i++) {
		if (find_row(was, is, i - first) == NULL)
			free(report->results[i].findings);
		else
			report->results[kept++] = report->results[i];
	}
	report->n_results = kept;
}

void
recorded_rows(struct recorded *recorded, const json_t *line,
    struct report *report, size_t first)
{
	const json_t *was = json_object_get(line, "rows");
	json_t *is = json_of_report(report, first);

	compare_rows(recorded, was, is);
	if (!recorded->same_program)
		drop_newer(report, first, was, is);
	json_decref(is);
}
