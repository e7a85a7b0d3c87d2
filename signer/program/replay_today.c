#include "ksr/plan/plan_check.h"
#include "ksr/rules/practice.h"
#include "signer/program/replay_steps.h"

/* The report's rows from `first` on, and what they are `now`, if it is ok. */
static bool
compare(struct rerun *rerun, size_t first, bool ok, struct report *now)
{
	if (ok)
		today_compare(&rerun->replay->today, rerun->run->number,
		    rerun->line, rerun->rules, &rerun->report, first, now);
	report_clear(now);
	return ok;
}

bool
replay_practice_today(struct rerun *rerun, struct err *err)
{
	struct report now = { 0 };

	if (!today_differs(practice, n_practice, rerun->rules))
		return true;
	return compare(rerun, 0,
	    practice_run(rerun->config, RULES_TODAY, &now, err), &now);
}

bool
replay_checks_today(struct rerun *rerun, unsigned stages,
    const struct check_input *then, size_t first, struct err *err)
{
	struct check_input in = *then;
	struct report now = { 0 };

	if (!today_differs(checks, n_checks, rerun->rules))
		return true;
	in.rules = RULES_TODAY;
	in.except = then->rules;
	return compare(rerun, first,
	    checks_run(
		stages, &in, rerun->overrides, rerun->n_overrides, &now, err),
	    &now);
}

bool
replay_plan_today(struct rerun *rerun, struct err *err)
{
	struct report now = { 0 };
	struct plan_reach reach;
	struct err why;

	if (!rerun->plan_proved || rerun->refusal.code != E_NONE ||
	    !today_differs(plan_rules, n_plan_rules, rerun->rules))
		return true;
	if (!plan_check(rerun->planned.plan, rerun->config, RULES_TODAY, &now,
		&reach, &why)) {
		report_clear(&now);
		if (why.code != E_MEMORY)
			notes(rerun, "by today's rules: %s", why.msg);
		else
			*err = why;
		return why.code != E_MEMORY;
	}
	return compare(rerun, 0, true, &now);
}
