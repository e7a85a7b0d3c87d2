#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/record/today.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

bool
today_differs(const struct check *rows, size_t n, enum rules then)
{
	for (size_t i = 0; i < n; i++)
		if (check_in_force(&rows[i], then) !=
		    check_in_force(&rows[i], RULES_TODAY))
			return true;
	return false;
}

static struct today_row *
row_new(struct today *today, size_t run, size_t line)
{
	struct today_row *rows =
	    realloc(today->rows, (today->n + 1) * sizeof(rows[0]));

	if (rows == NULL) {
		today->failed = true;
		return NULL;
	}
	today->rows = rows;
	rows[today->n] = (struct today_row){ .run = run, .line = line };
	return &rows[today->n++];
}

static bool
same_findings(const struct check_result *a, const struct check_result *b)
{
	if (a->n_findings != b->n_findings || a->n_more != b->n_more)
		return false;
	for (size_t i = 0; i < a->n_findings; i++)
		if (a->findings[i].bundle != b->findings[i].bundle ||
		    strcmp(a->findings[i].seen, b->findings[i].seen) != 0 ||
		    strcmp(a->findings[i].required, b->findings[i].required) !=
			0)
			return false;
	return true;
}

/* Not one of these says more than that nothing was found. */
static bool
is_silent(enum verdict verdict)
{
	return verdict == VERDICT_PASS || verdict == VERDICT_NOT_RUN;
}

/*
 * What the rows of the id that are no longer in force came to: the first that
 * found something, or the first.  *ret_same if one said what `now` says.
 */
static enum verdict
verdict_then(const struct report *then, size_t first,
    const struct check_result *now, bool *ret_same)
{
	enum verdict verdict = VERDICT_NONE;

	*ret_same = false;
	for (size_t i = first; i < then->n_results; i++) {
		const struct check_result *old = &then->results[i];

		if (check_in_force(old->check, RULES_TODAY) ||
		    strcmp(old->check->id, now->check->id) != 0)
			continue;
		if (verdict == VERDICT_NONE ||
		    (is_silent(verdict) && !is_silent(old->verdict)))
			verdict = old->verdict;
		if (old->verdict == now->verdict && same_findings(old, now))
			*ret_same = true;
	}
	return verdict;
}

/* A rule that is new or changed. */
static void
add_if_told_otherwise(struct today *today, size_t run, size_t line,
    const struct report *then, size_t first, struct check_result *now)
{
	struct today_row *row;
	bool same;
	enum verdict verdict = verdict_then(then, first, now, &same);

	if (same ||
	    (now->verdict == VERDICT_PASS &&
		(verdict == VERDICT_NONE || is_silent(verdict))))
		return;
	row = row_new(today, run, line);
	if (row == NULL)
		return;
	row->then = verdict;
	row->result = *now;
	row->result.subject = NULL;
	now->findings = NULL;
}

static bool
has_id(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (strcmp(report->results[i].check->id, id) == 0)
			return true;
	return false;
}

/* A rule that is no more, and that found something then. */
static void
add_dropped(struct today *today, size_t run, size_t line,
    const struct check_result *then)
{
	struct today_row *row = row_new(today, run, line);

	if (row == NULL)
		return;
	row->then = then->verdict;
	row->result.check = then->check;
}

void
today_compare(struct today *today, size_t run, size_t line, enum rules rules,
    const struct report *then, size_t first, struct report *now)
{
	today->n_judged++;
	for (size_t i = first; i < then->n_results; i++)
		if (!check_in_force(then->results[i].check, RULES_TODAY) &&
		    !is_silent(then->results[i].verdict) &&
		    !has_id(now, then->results[i].check->id))
			add_dropped(today, run, line, &then->results[i]);
	for (size_t i = 0; i < now->n_results; i++)
		if (!check_in_force(now->results[i].check, rules))
			add_if_told_otherwise(
			    today, run, line, then, first, &now->results[i]);
}

static void
print_row(const struct today_row *row, const struct context *context)
{
	struct check_result result = row->result;
	const struct report report = { 1, &result };

	printf("  line %zu, run %zu: ", row->line, row->run);
	if (result.verdict == VERDICT_NONE) {
		printf("no such rule any more, then %s\n  %-10s  %-27s %s\n",
		    verdict_text(row->then), "", result.check->id,
		    result.check->title);
		return;
	}
	if (row->then == VERDICT_NONE)
		printf("no such rule then\n");
	else
		printf("then %s\n", verdict_text(row->then));
	print_report(context->colour, &report, 0);
}

void
today_print(const struct today *today, const struct context *context)
{
	const char *version = rules_text(RULES_NEWEST);

	if (today->n_judged == 0)
		return;
	printf("\nBy the rules of version %s (no verdict here rests on "
	       "them)\n",
	    version);
	for (size_t i = 0; i < today->n; i++)
		print_row(&today->rows[i], context);
	if (today->n == 0)
		printf("  the same\n");
}

static json_t *
json_of_row(const struct today_row *row)
{
	const struct report report = { 1,
		(struct check_result *)(uintptr_t)&row->result };
	json_t *list = json_of_report(&report, 0);
	json_t *json = json_incref(json_array_get(list, 0));

	json_decref(list);
	if (row->result.verdict == VERDICT_NONE)
		json_object_set_new(json, "verdict", json_null());
	json_object_set_new(json, "run", json_integer((json_int_t)row->run));
	json_object_set_new(json, "line", json_integer((json_int_t)row->line));
	json_object_set_new(json, "then",
	    row->then == VERDICT_NONE ? json_null()
				      : json_string(verdict_text(row->then)));
	return json;
}

json_t *
json_of_today(const struct today *today)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < today->n; i++)
		json_array_append_new(rows, json_of_row(&today->rows[i]));
	return json_pack("{s:s, s:I, s:o}", "rules", rules_text(RULES_NEWEST),
	    "checks", (json_int_t)today->n_judged, "rows", rows);
}

void
today_clear(struct today *today)
{
	for (size_t i = 0; i < today->n; i++)
		free(today->rows[i].result.findings);
	free(today->rows);
	*today = (struct today){ 0 };
}
