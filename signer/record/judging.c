#include "ksr/rules/practice.h"
#include "signer/record/judging.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"

bool
judges_otherwise(
    const struct context *context, const struct check *rows, size_t n)
{
	return record_recorded(context->record) != NULL &&
	    today_differs(rows, n, context->rules);
}

void
judge_today(const struct context *context, const struct report *report,
    size_t first, struct report *now)
{
	struct recorded *recorded = record_recorded(context->record);

	today_compare(recorded->today, recorded->run->number,
	    recorded->next + 1, context->rules, report, first, now);
	report_clear(now);
}

bool
judge_checks(const struct context *context, unsigned stages,
    const struct check_input *in, const struct override *overrides, size_t n,
    struct report *report, struct err *err)
{
	struct check_input by = *in;
	size_t first = report->n_results;
	struct report now = { 0 };

	by.rules = context->rules;
	if (!checks_run(stages, &by, overrides, n, report, err))
		return false;
	if (!judges_otherwise(context, checks, n_checks))
		return true;
	by.rules = RULES_TODAY;
	by.except = context->rules;
	if (!checks_run(stages, &by, overrides, n, &now, err)) {
		report_clear(&now);
		return false;
	}
	judge_today(context, report, first, &now);
	return true;
}

bool
judge_practice(
    const struct context *context, struct report *report, struct err *err)
{
	struct report now = { 0 };

	if (!practice_run(context->config, context->rules, report, err))
		return false;
	if (!judges_otherwise(context, practice, n_practice))
		return true;
	if (!practice_run(context->config, RULES_TODAY, &now, err)) {
		report_clear(&now);
		return false;
	}
	judge_today(context, report, 0, &now);
	return true;
}
