#include <string.h>

#include "signer/program/replay_steps.h"
#include "signer/workshop/selftest.h"

static const struct selftest_case *
case_of(const char *id)
{
	for (size_t i = 0; i < selftest_n_cases; i++)
		if (strcmp(selftest_cases[i].id, id) == 0)
			return &selftest_cases[i];
	return NULL;
}

/* Pure cases are asked again; a token's cannot be. */
static void
replay_row(struct rerun *rerun, const json_t *row)
{
	const char *id = fact_text(row, "id");
	const char *result = fact_text(row, "result");
	const struct selftest_case *self = case_of(id);
	struct err why;

	if (strcmp(id, SELFTEST_SIGNING) == 0) {
		if (rerun->same_program &&
		    strcmp(fact_text(row, "title"), SELFTEST_SIGNING_TITLE) !=
			0)
			differs(rerun, "self-test %s: recorded in other words",
			    id);
		return;
	}
	if (self == NULL) {
		if (rerun->same_program)
			differs(rerun, "there is no self-test %.40s", id);
		else
			notes(rerun,
			    "this program has no self-test %.40s", id);
		return;
	}
	if (rerun->same_program &&
	    (strcmp(fact_text(row, "title"), self->title) != 0 ||
		strcmp(fact_text(row, "source"), self->source) != 0 ||
		fact_text(row, "note")[0] != '\0'))
		differs(rerun, "self-test %s: recorded in other words", id);
	if (!selftest_run(self, &why))
		differs(rerun, "the self-test fails here: %s", why.msg);
	else if (strcmp(result, "pass") != 0)
		differs(rerun, "self-test %s: recorded %.20s, replayed pass",
		    id, result);
}

static bool
has_row(const json_t *rows, const char *id)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(fact_text(row, "id"), id) == 0)
			return true;
	}
	return false;
}

bool
replay_selftest(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i, n_failed = 0;

	(void)err;
	json_array_foreach(rows, i, row)
	{
		replay_row(rerun, row);
		if (strcmp(fact_text(row, "result"), "FAIL") == 0)
			n_failed++;
	}
	/* An older program had fewer; this one would not leave any out. */
	for (i = 0; rerun->same_program && i < selftest_n_cases; i++)
		if (!has_row(rows, selftest_cases[i].id))
			differs(rerun, "self-test %s is not recorded",
			    selftest_cases[i].id);
	if (rerun->same_program && !has_row(rows, SELFTEST_SIGNING))
		differs(
		    rerun, "self-test %s is not recorded", SELFTEST_SIGNING);
	if (n_failed > 0)
		selftest_refuse(n_failed, &rerun->refusal);
	return true;
}
