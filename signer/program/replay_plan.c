#include <string.h>

#include "ksr/plan/plan_check.h"
#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/show/plan_draw.h"

bool
replay_plan_drawing(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf stored = buf_new(PLAN_DRAWING_MAX);
	struct buf drawing = buf_new(PLAN_DRAWING_MAX);
	bool there, ok;

	if (rerun->planned.plan == NULL)
		return true; /* what is missing has been reported */
	ok = replay_stored(rerun, line, &stored, &there, err);
	if (ok && there) {
		plan_draw(rerun->planned.plan, rerun->config, &drawing);
		if (drawing.failed)
			ok = err_set(err, E_MEMORY, "out of memory");
		else if (rerun->same_program &&
		    !bytes_equal(buf_bytes(&stored), buf_bytes(&drawing)))
			differs(rerun, "the stored drawing is not the plan's");
	}
	buf_free(&drawing);
	buf_free(&stored);
	return ok;
}

void
replay_plan_end(struct rerun *rerun, const char *last)
{
	static const struct {
		const char *subcommand, *step;
	} ends[] = {
		{ "check", "checks plan" },
		{ "show", "input plan" },
		{ "draw", "published" },
	};
	struct args args;
	struct err err;

	if (!replay_arguments(rerun, &cmd_plan, &args, &err)) {
		differs(rerun, "%s", err.msg);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strcmp(ends[i].subcommand, args.files[0]) == 0 &&
		    strcmp(ends[i].step, last) != 0)
			differs(rerun, "plan %s ended after \"%s\"",
			    args.files[0], last);
	args_free(&args);
}

bool
replay_prove_plan(struct rerun *rerun, struct err *err)
{
	struct plan_reach reach;
	struct err why;

	if (rerun->config == NULL || rerun->planned.plan == NULL ||
	    rerun->plan_proved)
		return true; /* what is missing has been reported */
	rerun->plan_proved = true;
	if (plan_check(rerun->planned.plan, rerun->config, rerun->rules,
		&rerun->report, &reach, &why))
		return true;
	if (why.code == E_MEMORY) {
		*err = why;
		return false;
	}
	rerun->refusal = why;
	return true;
}

bool
replay_plan_checks(struct rerun *rerun, const json_t *line, struct err *err)
{
	if (!replay_prove_plan(rerun, err) || !replay_plan_today(rerun, err))
		return false;
	if (rerun->plan_proved && rerun->refusal.code == E_NONE)
		replay_compare_report(rerun, line, 0, rerun->planned.path);
	rerun->plan_compared = true;
	return true;
}
