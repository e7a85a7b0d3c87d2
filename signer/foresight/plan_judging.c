#include "signer/foresight/plan_judging.h"
#include "signer/record/facts.h"
#include "signer/record/judging.h"
#include "signer/record/recorded.h"

/* What today's rules say of a plan that older ones judged. */
static bool
judge_again(const struct context *context, const struct planned *planned,
    const struct report *report, struct err *err)
{
	struct report now = { 0 };
	struct plan_reach reach;

	if (plan_check(planned->plan, context->config, RULES_TODAY, &now,
		&reach, err)) {
		judge_today(context, report, 0, &now);
		return true;
	}
	report_clear(&now);
	if (err->code != E_MEMORY)
		recorded_notes(record_recorded(context->record),
		    "by today's rules: %s", err->msg);
	return err->code != E_MEMORY;
}

bool
plan_judge(const struct context *context, const struct planned *planned,
    struct report *report, struct plan_reach *ret_reach, struct err *err)
{
	return plan_check(planned->plan, context->config, context->rules,
		   report, ret_reach, err) &&
	    (!judges_otherwise(context, plan_rules, n_plan_rules) ||
		judge_again(context, planned, report, err)) &&
	    facts_report(context->record, STAGE_PLAN, report, 0, err);
}
