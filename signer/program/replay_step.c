#include <string.h>

#include "signer/program/replay_steps.h"
#include "signer/script/steps_record.h"

bool
replay_script(struct rerun *rerun, const json_t *line, struct err *err)
{
	rerun->script = line;
	return replay_file(rerun, line, err);
}

bool
replay_values(struct rerun *rerun, const json_t *line, struct err *err)
{
	rerun->values = line;
	return replay_file(rerun, line, err);
}

/*
 * The script goes on from run to run.  After a step that may not come where it
 * stands nothing more is said of it: every later one would follow the error.
 */
bool
replay_step(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct replay *replay = rerun->replay;
	bool begins = is_step_of(line, STEP_BEGIN);
	struct err why;

	if (begins != (rerun->script != NULL))
		differs(rerun, "a script is stored where one begins, and "
			       "nowhere else");
	if (strcmp(fact_text(line, step_fact_text(STEP_VALUES)),
		rerun->values == NULL ? ""
				      : fact_text(rerun->values, "sha256")) != 0)
		differs(rerun, "the script's values are not those stored");
	if (replay->steps_lost && !begins)
		return true;
	if (steps_apply_line(&replay->steps, &replay->ceremony,
		rerun->script, line, &why)) {
		replay->steps_lost = false;
		return true;
	}
	if (why.code == E_MEMORY || why.code == E_INTERNAL) {
		*err = why;
		return false;
	}
	differs(rerun, "%s", why.msg);
	replay->steps_lost = true;
	return true;
}
