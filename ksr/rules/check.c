#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/rules/check_rules.h"

const char *
verdict_text(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_NONE:
		break;
	case VERDICT_PASS:
		return "pass";
	case VERDICT_REFUSE:
		return "REFUSE";
	case VERDICT_WAIVED:
		return "waived";
	case VERDICT_OVERRIDDEN:
		return "overridden";
	case VERDICT_NOT_RUN:
		return "not run";
	}
	return "no verdict";
}

/* Room for one finding more: the array doubles when its size is full. */
static struct finding *
finding_new(struct check_result *result)
{
	size_t n = result->n_findings;
	struct finding *findings;

	if (n >= FINDINGS_MAX)
		return NULL;
	if ((n & (n - 1)) == 0) {
		findings = realloc(result->findings,
		    (n == 0 ? 1 : 2 * n) * sizeof(findings[0]));
		if (findings == NULL)
			return NULL;
		result->findings = findings;
	}
	return &result->findings[result->n_findings++];
}

static void format_finding(
    char ret[FINDING_TEXT_MAX], const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Findings quote documents, which are hostile, and end on a terminal. */
static void
format_finding(char ret[FINDING_TEXT_MAX], const char *fmt, va_list ap)
{
	char raw[FINDING_TEXT_MAX];

	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	text_ascii(ret, FINDING_TEXT_MAX, raw);
}

void
finding_add(struct check_result *result, const struct ksr *ksr, size_t bundle,
    const char *seen_fmt, ...)
{
	struct finding *finding;
	va_list ap;

	/* Once one is not kept none is: finding_required must not go astray. */
	finding = result->n_more == 0 ? finding_new(result) : NULL;
	if (finding == NULL) {
		result->n_more++;
		return;
	}
	memset(finding, 0, sizeof(*finding));
	if (bundle != NO_BUNDLE) {
		finding->bundle = bundle + 1;
		text_ascii(finding->bundle_id, sizeof(finding->bundle_id),
		    ksr->bundles[bundle].id);
	}
	va_start(ap, seen_fmt);
	format_finding(finding->seen, seen_fmt, ap);
	va_end(ap);
}

void
finding_copy(struct check_result *result, const struct finding *finding)
{
	struct finding *copy =
	    result->n_more == 0 ? finding_new(result) : NULL;

	if (copy == NULL)
		result->n_more++;
	else
		*copy = *finding;
}

void
finding_required(struct check_result *result, const char *fmt, ...)
{
	va_list ap;

	if (result->n_findings == 0 || result->n_more > 0)
		return;
	va_start(ap, fmt);
	format_finding(
	    result->findings[result->n_findings - 1].required, fmt, ap);
	va_end(ap);
}

enum verdict
check_not_run(struct check_result *result, const char *note)
{
	result->note = note;
	return VERDICT_NOT_RUN;
}

enum verdict
check_broken(struct check_result *result, const char *why)
{
	finding_add(result, NULL, NO_BUNDLE, "the rule could not run: %s", why);
	finding_required(result, "a rule that runs to its end");
	return VERDICT_NONE;
}

static const struct override *
override_find(const struct override *overrides, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(overrides[i].id, id) == 0 &&
		    overrides[i].reason != NULL && overrides[i].reason[0] != 0)
			return &overrides[i];
	return NULL;
}

/* What the answer of a rule comes to. */
static void
judge(enum verdict answer, const struct check_input *in,
    const struct override *override, struct check_result *result)
{
	const struct check *check = result->check;
	bool found = result->n_findings > 0 || result->n_more > 0;

	if (answer == VERDICT_PASS && !found) {
		result->verdict = VERDICT_PASS;
	} else if (answer == VERDICT_NOT_RUN && !found) {
		result->verdict = VERDICT_NOT_RUN;
	} else if (answer != VERDICT_PASS) {
		result->verdict = VERDICT_REFUSE;
	} else if (check->enabled != NULL && !check->enabled(in->config)) {
		result->verdict = VERDICT_WAIVED;
	} else if (check->may_override && override != NULL) {
		result->verdict = VERDICT_OVERRIDDEN;
		result->reason = override->reason;
	} else {
		result->verdict = VERDICT_REFUSE;
	}
}

bool
check_in_force(const struct check *check, enum rules rules)
{
	if (rules == RULES_TODAY)
		rules = RULES_NEWEST;
	return check->since <= rules &&
	    (check->until == RULES_TODAY || rules < check->until);
}

/* What the formats of request and response have no place for. */
static unsigned
lacks_of(const struct check_input *in)
{
	return (in->request == NULL ? 0 : ksr_lacks(in->request)) |
	    (in->response == NULL ? 0 : ksr_lacks(in->response));
}

/* Why a row that needs what is lacking does not run. */
static const char *
lack_note(unsigned lacking)
{
	static const struct {
		unsigned lack;
		const char *note;
	} notes[] = {
		{ LACKS_PROOF, "the request's format has no signatures of ZSKs" },
		{ LACKS_POLICY, "the request's format has no policy section" },
		{ LACKS_SLOTS, "the request's format has a record for each "
			       "change of keys, not slots at set times" },
		{ LACKS_ID, "the format has neither ids nor serial nor policy" },
	};

	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		if ((lacking & notes[i].lack) != 0)
			return notes[i].note;
	return "the format lacks what the rule is about";
}

static enum verdict
answer(const struct check *check, const struct check_input *in,
    unsigned lacks, struct check_result *result)
{
	if ((check->needs & lacks) != 0)
		return check_not_run(result, lack_note(check->needs & lacks));
	return check->run(in, result);
}

bool
check_rows_run(const struct check *rows, size_t n_rows, unsigned stages,
    const struct check_input *in, const struct override *overrides,
    size_t n_overrides, struct report *report, struct err *err)
{
	size_t n = report->n_results + n_rows;
	struct check_result *results;
	unsigned lacks = lacks_of(in);

	results = realloc(report->results, (n + 1) * sizeof(results[0]));
	if (results == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	report->results = results;
	for (size_t i = 0; i < n_rows; i++) {
		struct check_result *result = &results[report->n_results];
		const struct check *check = &rows[i];

		if ((check->stages & stages) == 0 ||
		    !check_in_force(check, in->rules) ||
		    (in->except != RULES_TODAY &&
			check_in_force(check, in->except)) ||
		    (check->instead != 0 && (check->instead & lacks) == 0))
			continue;
		*result = (struct check_result){ .check = check };
		report->n_results++;
		judge(answer(check, in, lacks, result), in,
		    override_find(overrides, n_overrides, check->id), result);
	}
	return true;
}

bool
checks_run(unsigned stages, const struct check_input *in,
    const struct override *overrides, size_t n_overrides, struct report *report,
    struct err *err)
{
	return check_rows_run(checks, n_checks, stages, in, overrides,
	    n_overrides, report, err);
}

/* The row of the id that may be overridden, or else any. */
static const struct check *
check_find(const char *id, enum rules rules)
{
	const struct check *found = NULL;

	for (size_t i = 0; i < n_checks; i++)
		if (strcmp(checks[i].id, id) == 0 &&
		    check_in_force(&checks[i], rules) &&
		    (found == NULL || checks[i].may_override))
			found = &checks[i];
	return found;
}

static bool
err_set_no_check(const char *id, enum rules rules, struct err *err)
{
	struct nearest nearest = { .given = id };

	err_set(err, E_USAGE, "there is no check \"%s\"", id);
	for (size_t i = 0; i < n_checks; i++)
		if (check_find(checks[i].id, rules) != NULL)
			nearest_try(&nearest, checks[i].id);
	return nearest_say(&nearest, "", err);
}

bool
override_allowed(
    const struct override *override, enum rules rules, struct err *err)
{
	const struct check *check = check_find(override->id, rules);

	if (check == NULL)
		return err_set_no_check(override->id, rules, err);
	if (!check->may_override)
		return err_set(err, E_USAGE,
		    "%s may not be overridden (%s: %s)", check->id,
		    check->clause, check->title);
	if (override->reason == NULL || override->reason[0] == '\0')
		return err_set(
		    err, E_USAGE, "overriding %s needs a reason", check->id);
	return true;
}

bool
override_used(const struct override *override, const struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].verdict == VERDICT_OVERRIDDEN &&
		    strcmp(report->results[i].check->id, override->id) == 0)
			return true;
	return false;
}

bool
report_accepted_from(const struct report *report, size_t first)
{
	for (size_t i = first; i < report->n_results; i++)
		if (report->results[i].verdict == VERDICT_NONE ||
		    report->results[i].verdict == VERDICT_REFUSE)
			return false;
	return report->n_results > first;
}

bool
report_accepted(const struct report *report)
{
	return report_accepted_from(report, 0);
}

void
report_clear(struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		free(report->results[i].findings);
	free(report->results);
	*report = (struct report){ 0, NULL };
}
