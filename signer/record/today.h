/*
 * What the rules of today say of what an old run judged, where that is not what
 * the rules of its day said.  It stands beside a replay's verdict and is no
 * part of it.
 */
#pragma once

#include <jansson.h>

#include "ksr/rules/check.h"
#include "signer/record/context.h"

struct today_row {
	size_t run, line; /* of the "checks" in the record */
	/* What the rule, before it was changed, said; NONE: there was none. */
	enum verdict then;
	/* Its findings are owned, its texts borrowed; NONE: no rule any more. */
	struct check_result result;
};

struct today {
	size_t n_judged; /* "checks" that older rules had judged */
	size_t n;
	struct today_row *rows; /* owned */
	bool failed;		/* memory ran out: something is not in it */
};

/* Whether a row of the table came, changed or went since those rules. */
bool today_differs(const struct check *rows, size_t n, enum rules then);

/*
 * Compares the rows of one "checks": `then` from `first` on, by the rules of
 * that name, and `now`, whose findings it takes.
 */
void today_compare(struct today *today, size_t run, size_t line,
    enum rules rules, const struct report *then, size_t first,
    struct report *now);

void today_print(const struct today *today, const struct context *context);
json_t *json_of_today(const struct today *today);
void today_clear(struct today *today);
