/*
 * Which of a plan's steps a request is due: the one that the responses signed
 * before, as the register has them, lead to.  As long as the zone uses what was
 * planned it is the step of the request's own quarter; a fallback that it uses
 * makes the plan wait or go back, and every later step comes later.
 */
#pragma once

#include "ksr/plan/plan.h"
#include "signer/record/ledger.h"

struct plan_due {
	size_t cycle; /* the request's quarter, counted from the plan's first */
	size_t step;  /* the plan's quarter whose responses are due in it */
	/*
	 * The response whose request it is: 0, the planned one and all that
	 * answer the same request; or a fallback with a request of its own.
	 */
	size_t request;
	/* The register has another response as active than the previous one. */
	bool other_active;
};

/*
 * fallback is the name that the request is declared a fallback under, or NULL.
 * previous_sha256 is that of the response before, which says what the zone uses
 * in the quarter before; NULL if there is none.  What was used in quarters
 * further back the responses that the register has say together, and where
 * these are no answer, those that it has as active.  A quarter that the
 * register knows nothing of is taken as planned.
 *
 * E_REFUSED if the plan has no such quarter, is at its end, or is not what was
 * signed; if the request's format has no slots and its records are not where the
 * plan's are; if several steps are possible; or if the one that is due has no such
 * fallback, with a request of its own.
 */
MUST_USE bool plan_due_find(const struct plan *plan, const struct ksr *request,
    const char *fallback, const struct ledger *ledger,
    const uint8_t *previous_sha256, struct plan_due *ret, struct err *err);

/*
 * The configuration by which that step's requests are judged: with the step's
 * own key counts, and nothing of any HSM.  NULL if the step has none.  Borrows
 * from config; the caller frees it, with free.
 */
MUST_USE bool
plan_due_policy(const struct plan *plan, const struct plan_due *due,
    const struct config *config, struct config **ret, struct err *err);

/*
 * Whether the response may be used in that cycle: it may if all fallbacks
 * together then cost no more quarters than the plan allows.
 */
bool plan_due_allows(
    const struct plan *plan, const struct plan_due *due, size_t response);
