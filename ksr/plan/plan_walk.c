/*
 * Every path through a plan, depth first.  What a path does next depends on
 * the cycle, the step and the state: where these were met before, the rest has
 * been walked, and only its paths are counted again.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/plan/plan_walk.h"

#define STATES_MAX 32768u
#define TABLE_SIZE (2 * STATES_MAX) /* a power of two */

struct met {
	size_t cycle, step;
	struct plan_state state;
	uint64_t n_paths;
};

struct walk {
	struct plan_proof *proof;
	size_t n_met;
	struct met **table; /* owned, and what it points to */
	struct err *err;    /* set where the walk has to stop */
	bool failed;
};

static uint64_t
hash_of(const struct met *met)
{
	const uint8_t *octets = (const uint8_t *)&met->state;
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < sizeof(met->state); i++)
		hash = (hash ^ octets[i]) * UINT64_C(1099511628211);
	return (hash ^ met->cycle * 31 ^ met->step) * UINT64_C(1099511628211);
}

/* The place of one like this in the table, or the free one for it. */
static struct met **
find_met(struct walk *walk, const struct met *like)
{
	size_t i = hash_of(like) >> 32;

	for (;; i++) {
		struct met **place = &walk->table[i % TABLE_SIZE];

		if (*place == NULL ||
		    ((*place)->cycle == like->cycle &&
			(*place)->step == like->step &&
			memcmp(&(*place)->state, &like->state,
			    sizeof(like->state)) == 0))
			return place;
	}
}

static void
remember(struct walk *walk, const struct met *met)
{
	struct met **place = find_met(walk, met);

	if (walk->n_met == STATES_MAX) {
		walk->failed = true;
		err_set(walk->err, E_REFUSED,
		    "the plan has more ways than can be proved (more than %u "
		    "different states of its keys): allow fewer delays or "
		    "declare fewer fallbacks",
		    STATES_MAX);
		return;
	}
	*place = malloc(sizeof(**place));
	if (*place == NULL) {
		walk->failed = true;
		err_set(walk->err, E_MEMORY, "out of memory");
		return;
	}
	**place = *met;
	walk->n_met++;
}

static uint64_t
add_paths(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t walk_on(struct walk *walk, size_t cycle, size_t step,
    const struct plan_state *from);

static void
walk_slots(struct walk *walk, struct plan_place *place, size_t from, size_t to,
    struct plan_state *state)
{
	for (place->slot = from; place->slot < to; place->slot++) {
		plan_state_slot(walk->proof, place, state);
		place->switched = false;
	}
}

/* The path takes this response from that slot to the quarter's end. */
static uint64_t
take(struct walk *walk, size_t cycle, size_t step, size_t response, size_t from,
    const struct plan_state *before)
{
	struct plan_proof *proof = walk->proof;
	const struct plan *plan = proof->plan;
	struct plan_place place = { .cycle = cycle,
		.step = step,
		.response = response,
		.switched = from > 0 };
	struct plan_state state = *before;
	uint64_t n_paths;

	proof->turns[proof->n_turns++] =
	    (struct plan_turn){ step, response, from };
	walk_slots(walk, &place, from, plan->n_slots, &state);
	n_paths = walk_on(walk, cycle + 1,
	    plan->quarters[step].responses[response].next, &state);
	proof->n_turns--;
	return n_paths;
}

/* Delays so far are the cycles that the path is behind the plan. */
static bool
can_take(const struct plan *plan, size_t cycle, size_t step,
    const struct plan_response *response)
{
	return response->next > step ||
	    cycle - step + (step + 1 - response->next) <= plan->delays;
}

/* Each fallback in the place of the planned response from that slot on. */
static uint64_t
take_fallbacks(struct walk *walk, size_t cycle, size_t step, size_t from,
    const struct plan_state *state)
{
	const struct plan *plan = walk->proof->plan;
	const struct plan_quarter *quarter = &plan->quarters[step];
	uint64_t n_paths = 0;

	for (size_t i = 1; i < quarter->n_responses && !walk->failed; i++)
		if (from < quarter->responses[i].until &&
		    can_take(plan, cycle, step, &quarter->responses[i]))
			n_paths = add_paths(
			    n_paths, take(walk, cycle, step, i, from, state));
	return n_paths;
}

static uint64_t
walk_quarter(
    struct walk *walk, size_t cycle, size_t step, const struct plan_state *from)
{
	struct plan_proof *proof = walk->proof;
	struct plan_place place = { .cycle = cycle, .step = step };
	struct plan_state state = *from;
	uint64_t n_paths = take(walk, cycle, step, 0, 0, from), n_slots;

	if (proof->plan->quarters[step].n_responses == 1)
		return n_paths;
	for (size_t slot = 0; slot < proof->plan->n_slots; slot++) {
		n_paths = add_paths(
		    n_paths, take_fallbacks(walk, cycle, step, slot, &state));
		/* Judged already, on the way as planned. */
		n_slots = proof->reach.n_slots;
		walk_slots(walk, &place, slot, slot + 1, &state);
		proof->reach.n_slots = n_slots;
	}
	return n_paths;
}

static uint64_t
walk_on(
    struct walk *walk, size_t cycle, size_t step, const struct plan_state *from)
{
	struct met met = { .cycle = cycle, .step = step, .state = *from };
	struct met **known;

	if (walk->failed)
		return 0;
	if (step == walk->proof->plan->n_quarters)
		return 1;
	plan_state_settle(walk->proof, cycle, &met.state);
	known = find_met(walk, &met);
	if (*known != NULL)
		return (*known)->n_paths;
	met.n_paths = walk_quarter(walk, cycle, step, &met.state);
	if (!walk->failed)
		remember(walk, &met);
	return met.n_paths;
}

bool
plan_walk(struct plan_proof *proof, struct err *err)
{
	struct walk walk = { .proof = proof, .err = err };
	struct plan_state state;

	walk.table = calloc(TABLE_SIZE, sizeof(*walk.table));
	if (walk.table == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	plan_state_begin(proof, &state);
	proof->reach.n_paths = walk_on(&walk, 0, 0, &state);
	for (size_t i = 0; i < TABLE_SIZE; i++)
		free(walk.table[i]);
	free(walk.table);
	return !walk.failed;
}
