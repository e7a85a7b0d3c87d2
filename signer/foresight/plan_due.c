#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/foresight/plan_due.h"

/* Steps that may be due; the last one stands for the plan's end. */
struct steps {
	bool has[PLAN_QUARTERS_MAX + 1];
};

static size_t
steps_count(const struct steps *steps)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(steps->has); i++)
		n += steps->has[i];
	return n;
}

bool
plan_due_allows(
    const struct plan *plan, const struct plan_due *due, size_t response)
{
	const struct plan_quarter *step = &plan->quarters[due->step];
	size_t next = step->responses[response].next;

	return due->cycle + 1 <= next + plan->delays;
}

static bool
find_cycle(const struct plan *plan, const struct ksr *request, size_t *ret,
    struct err *err)
{
	size_t n = plan->n_quarters + plan->delays;
	char first[PLAN_QUARTER_NAME_SIZE], last[PLAN_QUARTER_NAME_SIZE];
	int64_t begins = bundle_begins(&request->bundles[0]);
	char start[TIME_TEXT_SIZE];

	for (size_t i = 0; i < n; i++) {
		if (plan_start(plan, i) == begins) {
			*ret = i;
			return true;
		}
	}
	plan_quarter_name(plan, 0, first);
	plan_quarter_name(plan, n - 1, last);
	time_format(begins, start);
	return err_set(err, E_REFUSED,
	    "the request begins %s, when no quarter of the plan does; it has "
	    "%s to %s, %u of them for delays",
	    start, first, last, plan->delays);
}

/*
 * A plan is proved for its slots' times.  A request with a record for each
 * change of keys may have them at any: it is held to the slots.
 */
static bool
is_in_slots(const struct plan *plan, size_t cycle, const struct ksr *request,
    struct err *err)
{
	char has[TIME_TEXT_SIZE], wanted[TIME_TEXT_SIZE];

	if ((ksr_lacks(request) & LACKS_SLOTS) == 0)
		return true;
	if (request->n_bundles != plan->n_slots)
		return err_set(err, E_REFUSED,
		    "the request has %zu records, those that sign again "
		    "included; the plan is proved for %zu slots",
		    request->n_bundles, plan->n_slots);
	for (size_t i = 0; i < plan->n_slots; i++) {
		int64_t begins = bundle_begins(&request->bundles[i]);
		int64_t slot = plan_slot_start(plan, cycle, i);

		if (begins == slot)
			continue;
		time_format(begins, has);
		time_format(slot, wanted);
		return err_set(err, E_REFUSED,
		    "the request's record %zu begins %s; the plan is proved "
		    "for a slot that begins %s", i + 1, has, wanted);
	}
	return true;
}

/* A published response for that cycle. */
static bool
is_of_cycle(const struct ledger_entry *entry, const struct plan *plan,
    size_t cycle, const struct ksr *request)
{
	return entry->state == LEDGER_PUBLISHED &&
	    entry->begins == plan_start(plan, cycle) &&
	    same_domain(entry->domain, request->domain);
}

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * Whether the entry has the response's name.  What was another plan's fallback is
 * planned in a plan that was declared anew, with the quarters that have been.
 */
static bool
is_named(const struct plan_quarter *step, size_t response,
    const struct ledger_entry *entry)
{
	const char *name = step->responses[response].name;
	bool own = response > 0 && plan_request_of(step, response) == response;
	const char *given =
	    entry->fallback != NULL ? entry->fallback : entry->alternative;

	if (response == 0)
		return given == NULL || plan_fallback(step, given) == 0;
	return same_name(entry->alternative, own ? NULL : name) &&
	    same_name(entry->fallback, own ? name : NULL);
}

/* What the entry leads to if it was one of that step's responses. */
static void
follow_entry(const struct plan *plan, const struct ledger_entry *entry,
    const struct plan_due *due, struct steps *ret)
{
	const struct plan_quarter *step = &plan->quarters[due->step];

	for (size_t i = 0; i < step->n_responses; i++) {
		const struct plan_response *response = &step->responses[i];

		if (is_named(step, i, entry) &&
		    strcmp(response->schema.name, entry->schema) == 0 &&
		    plan_due_allows(plan, due, i))
			ret->has[response->next] = true;
	}
}

/* The register's entries that may be what the zone used in a cycle. */
struct used {
	const struct plan *plan;
	const struct ksr *request;
	const struct ledger_entry *entries;
	size_t n_entries;
	bool only_active; /* where any is */
};

static bool
any_active(const struct used *used, size_t cycle)
{
	for (size_t i = 0; i < used->n_entries; i++)
		if (used->entries[i].active &&
		    is_of_cycle(
			&used->entries[i], used->plan, cycle, used->request))
			return true;
	return false;
}

/* Such a cycle has been switched to another response, or that one is wrong. */
static bool
is_other_active(
    const struct used *used, size_t cycle, const uint8_t sha256[SHA256_SIZE])
{
	for (size_t i = 0; i < used->n_entries; i++) {
		const struct ledger_entry *entry = &used->entries[i];

		if (entry->active &&
		    is_of_cycle(entry, used->plan, cycle, used->request) &&
		    memcmp(entry->response_sha256, sha256, SHA256_SIZE) != 0)
			return true;
	}
	return false;
}

/* sha256: of the one that was used; or NULL.  False if there was none. */
static bool
follow_cycle(const struct used *used, size_t cycle, const uint8_t *sha256,
    const struct steps *steps, struct steps *ret)
{
	bool only_active = used->only_active && any_active(used, cycle);
	bool found = false;

	for (size_t i = 0; i < used->n_entries; i++) {
		const struct ledger_entry *entry = &used->entries[i];

		if (!is_of_cycle(entry, used->plan, cycle, used->request))
			continue;
		found = true;
		if ((only_active && sha256 == NULL && !entry->active) ||
		    (sha256 != NULL &&
			memcmp(entry->response_sha256, sha256, SHA256_SIZE) !=
			    0))
			continue;
		for (size_t k = 0; k < used->plan->n_quarters; k++)
			if (steps->has[k])
				follow_entry(used->plan, entry,
				    &(struct plan_due){ .cycle = cycle, .step = k },
				    ret);
	}
	return found;
}

/* Of what nobody signed here the zone used what was planned. */
static void
follow_plan(
    const struct plan *plan, const struct steps *steps, struct steps *ret)
{
	for (size_t i = 0; i < plan->n_quarters; i++)
		ret->has[i + 1] = steps->has[i];
}

static bool
err_set_unplanned(
    struct err *err, const struct plan *plan, size_t cycle, bool previous_given)
{
	char name[PLAN_QUARTER_NAME_SIZE];

	plan_quarter_name(plan, cycle, name);
	if (previous_given)
		return err_set(err, E_REFUSED,
		    "the previous response is none that the register has for "
		    "%s and the plan allows there",
		    name);
	return err_set(err, E_REFUSED,
	    "of the responses that the register has for %s none is what the "
	    "plan has for that quarter",
	    name);
}

/* From the plan's first step on, a cycle at a time. */
static bool
follow(const struct used *used, size_t cycle, const uint8_t *previous_sha256,
    struct steps *ret, struct err *err)
{
	struct steps steps = { .has = { true } };

	for (size_t i = 0; i < cycle; i++) {
		const uint8_t *sha256 = i + 1 == cycle ? previous_sha256 : NULL;
		struct steps next = { 0 };

		if (!follow_cycle(used, i, sha256, &steps, &next))
			follow_plan(used->plan, &steps, &next);
		if (steps_count(&next) == 0)
			return err_set_unplanned(
			    err, used->plan, i, sha256 != NULL);
		steps = next;
	}
	*ret = steps;
	return true;
}

static bool
take_only_step(const struct plan *plan, const struct steps *steps, size_t *ret,
    struct err *err)
{
	char last[PLAN_QUARTER_NAME_SIZE];
	size_t step = 0;

	while (!steps->has[step])
		step++;
	if (step == plan->n_quarters) {
		plan_quarter_name(plan, plan->n_quarters - 1, last);
		return err_set(err, E_REFUSED,
		    "the plan is at its end: its last step, %s, was signed "
		    "before",
		    last);
	}
	*ret = step;
	return true;
}

/* Which of the step's requests it is. */
static bool
find_request(const struct plan *plan, const char *fallback,
    struct plan_due *due, struct err *err)
{
	const struct plan_quarter *step = &plan->quarters[due->step];
	size_t i;

	due->request = 0;
	if (fallback == NULL)
		return true;
	i = plan_fallback(step, fallback);
	if (i == 0 || plan_request_of(step, i) != i)
		return err_set(err, E_REFUSED,
		    "--fallback %s: the step %s has %s", fallback, step->name,
		    i == 0 ? "no fallback of that name"
			   : "it as an answer to the planned response's "
			     "request, which is signed with that one");
	due->request = i;
	return plan_due_allows(plan, due, i) ||
	    err_set(err, E_REFUSED,
		"--fallback %s: the plan's delays are used up", fallback);
}

bool
plan_due_find(const struct plan *plan, const struct ksr *request,
    const char *fallback, const struct ledger *ledger,
    const uint8_t *previous_sha256, struct plan_due *ret, struct err *err)
{
	struct used used = { .plan = plan, .request = request };
	struct plan_due due;
	struct steps steps;

	used.entries = ledger_entries(ledger, &used.n_entries);
	if (!find_cycle(plan, request, &due.cycle, err) ||
	    !is_in_slots(plan, due.cycle, request, err) ||
	    !follow(&used, due.cycle, previous_sha256, &steps, err))
		return false;
	if (steps_count(&steps) > 1) {
		used.only_active = true;
		if (!follow(&used, due.cycle, previous_sha256, &steps, err))
			return false;
	}
	if (steps_count(&steps) > 1)
		return err_set(err, E_REFUSED,
		    "which responses the zone used before is not in the "
		    "register, and more than one step of the plan may be due: "
		    "`register activate` says which are used");
	if (!take_only_step(plan, &steps, &due.step, err) ||
	    !find_request(plan, fallback, &due, err))
		return false;
	due.other_active = previous_sha256 != NULL && due.cycle > 0 &&
	    is_other_active(&used, due.cycle - 1, previous_sha256);
	*ret = due;
	return true;
}

bool
plan_due_policy(const struct plan *plan, const struct plan_due *due,
    const struct config *config, struct config **ret, struct err *err)
{
	const struct key_counts *counts =
	    plan->quarters[due->step].responses[due->request].key_counts;
	struct config *policy;

	*ret = NULL;
	if (counts == NULL)
		return true;
	policy = malloc(sizeof(*policy));
	if (policy == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*policy = *config;
	policy->request_policy.key_counts = *counts;
	policy->n_hsms = 0;
	/* It may hold a rehearsal's PINs. */
	policy->hsms = NULL;
	*ret = policy;
	return true;
}
