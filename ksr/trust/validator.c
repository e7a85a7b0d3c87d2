#include <stdlib.h>
#include <string.h>

#include "ksr/document/wording.h"
#include "ksr/trust/validator.h"

/* A resolver at work. */
struct walk {
	const struct timeline *timeline;
	const struct resolver *resolver;
	struct validator_run *run;
	struct rfc5011 view;
	int64_t now;
	int64_t next_poll;
	bool failing;
	/* The slot that it last validated, if it was on ever since. */
	const struct timeline_slot *cached;
};

const char *
validator_outcome_text(enum validator_outcome outcome)
{
	static const char *const texts[] = {
		[OUTCOME_OFF] = "off",
		[OUTCOME_OK] = "ok",
		[OUTCOME_FAILS] = "FAILS",
	};

	return texts[outcome];
}

enum rfc5011_state
validator_state(const struct validator_run *run, size_t slot, size_t key)
{
	return run->states[slot * run->n_keys + key];
}

/* One more of size octets; NULL when out of memory. */
static void *
grow(void *array, size_t n, size_t size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	return realloc(array, (n == 0 ? 1 : 2 * n) * size);
}

static bool
add_event(struct walk *walk, size_t key, enum rfc5011_state from,
    enum rfc5011_state to, struct err *err)
{
	struct validator_run *run = walk->run;
	struct validator_event *events =
	    grow(run->events, run->n_events, sizeof(*events));

	if (events == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	run->events = events;
	events[run->n_events++] =
	    (struct validator_event){ walk->now, key, from, to };
	return true;
}

/*
 * The answers that hide a failure are those to questions asked before it: for
 * a TTL, and never beyond their signatures' end (RFC 4035 5.3.3).
 */
static bool
add_failure(struct walk *walk, size_t slot, struct err *err)
{
	struct validator_run *run = walk->run;
	const struct timeline_slot *cached = walk->cached;
	struct validator_failure *failures =
	    grow(run->failures, run->n_failures, sizeof(*failures));
	struct validator_failure failure = { .at = walk->now, .slot = slot };

	if (failures == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (cached != NULL) {
		failure.hidden_until = walk->now + cached->rrset.ttl_s;
		if (failure.hidden_until > cached->rrset.expiration)
			failure.hidden_until = cached->rrset.expiration;
		failure.hidden = failure.hidden_until > walk->now;
	}
	run->failures = failures;
	failures[run->n_failures++] = failure;
	return true;
}

/* The slot's RRset without the keys that the resolver cannot make use of. */
static struct rfc5011_rrset
known_of(const struct walk *walk, const struct timeline_slot *slot)
{
	const struct timeline *timeline = walk->timeline;
	struct rfc5011_rrset known = slot->rrset;

	if (walk->resolver->lacks == 0)
		return known;
	known.n = 0;
	for (size_t i = 0; i < slot->rrset.n; i++) {
		const struct rfc5011_seen *seen = &slot->rrset.keys[i];
		size_t k = timeline_find_key(timeline, seen->ds);
		const struct dnskey *key =
		    k < timeline->n_keys ? timeline->keys[k].key : NULL;

		if (key == NULL ||
		    (walk->resolver->lacks >> (key->algorithm & 31) & 1) == 0)
			known.keys[known.n++] = *seen;
	}
	return known;
}

static bool
poll_zone(struct walk *walk, const struct timeline_slot *slot, struct err *err)
{
	const struct timeline *timeline = walk->timeline;
	enum rfc5011_state before[RFC5011_KEYS_MAX], after;
	const struct rfc5011_rrset known = known_of(walk, slot);
	const struct rfc5011_rrset *rrset = &known;

	for (size_t i = 0; i < timeline->n_keys; i++)
		before[i] = rfc5011_state(&walk->view, timeline->keys[i].ds);
	if (!rfc5011_see(&walk->view, rrset, walk->now, err))
		return false;
	for (size_t i = 0; i < timeline->n_keys; i++) {
		after = rfc5011_state(&walk->view, timeline->keys[i].ds);
		if (after != before[i] &&
		    !add_event(walk, i, before[i], after, err))
			return false;
	}
	walk->next_poll = walk->now +
	    (rfc5011_validates(&walk->view, rrset, walk->now)
		    ? rfc5011_refresh_s(
			  rrset->ttl_s, rrset->expiration - walk->now)
		    : rfc5011_retry_s(
			  rrset->ttl_s, rrset->expiration - rrset->inception));
	return true;
}

static bool
validates(const struct walk *walk, const struct timeline_slot *slot)
{
	const struct parent_ds *parent = walk->resolver->parent;
	const struct rfc5011_rrset known = known_of(walk, slot);

	return parent != NULL
	    ? parent_ds_validates(parent, &known, walk->now)
	    : rfc5011_validates(&walk->view, &known, walk->now);
}

/* What it makes of the slot that is published now. */
static bool
look(struct walk *walk, size_t index, struct err *err)
{
	const struct timeline_slot *slot = &walk->timeline->slots[index];
	struct validator_run *run = walk->run;
	bool accepts;

	if (walk->resolver->follows && walk->next_poll <= walk->now &&
	    !poll_zone(walk, slot, err))
		return false;
	accepts = validates(walk, slot);
	if (!accepts && !walk->failing && !add_failure(walk, index, err))
		return false;
	if (accepts && walk->failing) {
		run->failures[run->n_failures - 1].recovers = true;
		run->failures[run->n_failures - 1].recovers_at = walk->now;
	}
	walk->failing = !accepts;
	walk->cached = accepts ? slot : NULL;
	if (!accepts)
		run->outcomes[index] = OUTCOME_FAILS;
	else if (run->outcomes[index] == OUTCOME_OFF)
		run->outcomes[index] = OUTCOME_OK;
	return true;
}

/* The interval that the time lies in, or the first after it; NULL: none. */
static const struct resolver_off *
next_off(const struct resolver *resolver, int64_t now)
{
	for (size_t i = 0; i < resolver->n_off; i++)
		if (now < resolver->off[i].until)
			return &resolver->off[i];
	return NULL;
}

static void
earlier(int64_t candidate, int64_t now, int64_t *next)
{
	if (candidate > now && candidate < *next)
		*next = candidate;
}

/* When something may change within the slot. */
static int64_t
next_look(const struct walk *walk, const struct timeline_slot *slot)
{
	const struct resolver_off *off = next_off(walk->resolver, walk->now);
	int64_t next = slot->until;

	if (walk->resolver->follows)
		earlier(walk->next_poll, walk->now, &next);
	if (walk->resolver->parent != NULL)
		earlier(parent_ds_next(walk->resolver->parent, walk->now),
		    walk->now, &next);
	earlier(slot->rrset.expiration + 1, walk->now, &next);
	if (off != NULL)
		earlier(off->from, walk->now, &next);
	return next;
}

static enum rfc5011_state
state_of(const struct walk *walk, size_t key)
{
	const uint8_t *ds = walk->timeline->keys[key].ds;

	if (walk->resolver->parent == NULL)
		return rfc5011_state(&walk->view, ds);
	switch (parent_ds_hold(walk->resolver->parent, ds, walk->now - 1)) {
	case PARENT_DS_ALL:
		return RFC5011_VALID;
	case PARENT_DS_SOME:
		return RFC5011_ADDPEND;
	case PARENT_DS_NONE:
		break;
	}
	return RFC5011_START;
}

static bool
walk_slot(struct walk *walk, size_t index, struct err *err)
{
	const struct timeline *timeline = walk->timeline;
	const struct timeline_slot *slot = &timeline->slots[index];

	if (walk->now < slot->from)
		walk->now = slot->from;
	while (walk->now < slot->until) {
		const struct resolver_off *off =
		    next_off(walk->resolver, walk->now);

		if (off != NULL && off->from <= walk->now) {
			/* It comes back with an empty cache, and asks. */
			walk->cached = NULL;
			walk->now = off->until;
			walk->next_poll = off->until;
			continue;
		}
		if (!look(walk, index, err))
			return false;
		walk->now = next_look(walk, slot);
	}
	for (size_t i = 0; i < timeline->n_keys; i++)
		walk->run->states[index * timeline->n_keys + i] =
		    state_of(walk, i);
	return true;
}

static bool
begin(struct walk *walk, struct err *err)
{
	const struct resolver *resolver = walk->resolver;
	const struct timeline *timeline = walk->timeline;

	if (resolver->start < timeline_begin(timeline) ||
	    resolver->start >= timeline_end(timeline))
		return err_set(err, E_INPUT,
		    "a resolver that starts at %s: the responses cover %s to "
		    "%s",
		    time_text(resolver->start).s,
		    time_text(timeline_begin(timeline)).s,
		    time_text(timeline_end(timeline)).s);
	for (size_t i = 0; i < resolver->n_anchors; i++)
		if (!rfc5011_anchor(&walk->view, resolver->anchors[i], err))
			return false;
	walk->now = walk->next_poll = resolver->start;
	return true;
}

bool
validator_run(const struct timeline *timeline, const struct resolver *resolver,
    struct validator_run *ret, struct err *err)
{
	struct validator_run run = { .n_keys = timeline->n_keys };
	struct walk walk = {
		.timeline = timeline, .resolver = resolver, .run = &run
	};
	bool ok;

	run.outcomes = calloc(timeline->n_slots, sizeof(*run.outcomes));
	run.states = calloc(
	    timeline->n_slots * timeline->n_keys + 1, sizeof(*run.states));
	ok = run.outcomes != NULL && run.states != NULL
	    ? begin(&walk, err)
	    : err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; ok && i < timeline->n_slots; i++)
		ok = walk_slot(&walk, i, err);
	if (!ok) {
		validator_run_clear(&run);
		return false;
	}
	*ret = run;
	return true;
}

void
validator_run_clear(struct validator_run *run)
{
	free(run->events);
	free(run->failures);
	free(run->outcomes);
	free(run->states);
	*run = (struct validator_run){ 0 };
}
