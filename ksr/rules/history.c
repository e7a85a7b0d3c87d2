#include <stdlib.h>
#include <string.h>

#include "ksr/rules/history.h"

int64_t
history_last_inception(
    const struct history_response *response, int64_t min_interval_s)
{
	if (response->slots != NULL)
		return response->slots[response->n_slots - 1].inception;
	return response->n_slots == 0 ? response->inception
				      : response->inception +
		(int64_t)(response->n_slots - 1) * min_interval_s;
}

const struct history_response *
history_find(
    const struct history *history, const uint8_t response_sha256[SHA256_SIZE])
{
	const struct history_response *found = NULL;

	for (size_t i = 0; i < history->n_responses; i++) {
		const struct history_response *response =
		    &history->responses[i];

		if (same_sha256(response->response_sha256, response_sha256) &&
		    (found == NULL || found->state != HISTORY_PUBLISHED))
			found = response;
	}
	return found;
}

const struct history_response *
history_replacement(
    const struct history *history, const struct history_response *response)
{
	for (size_t i = history->n_responses; i-- > 0;) {
		const struct history_response *other = &history->responses[i];

		if (other->state == HISTORY_PUBLISHED &&
		    other->replaces != NULL &&
		    same_sha256(other->replaces, response->response_sha256))
			return other;
	}
	return NULL;
}

static bool
is_planned(const struct history_response *response)
{
	return response->alternative == NULL && response->fallback == NULL;
}

/* Of two that were never activated, signed one after the other. */
static bool
is_better(const struct history_response *one,
    const struct history_response *later)
{
	return is_planned(later) || !is_planned(one);
}

/*
 * Of those that begin then the one that is used if nothing else was decided;
 * what replaces another was decided.
 */
static const struct history_response *
newest_of_group(const struct history *history, int64_t inception)
{
	const struct history_response *found = NULL;

	for (size_t i = 0; i < history->n_responses; i++) {
		const struct history_response *response =
		    &history->responses[i];

		if (response->state == HISTORY_PUBLISHED &&
		    response->replaces == NULL &&
		    response->inception == inception &&
		    (found == NULL || is_better(found, response)))
			found = response;
	}
	return found;
}

static bool
is_listed(const struct history *history, const struct history_response *found)
{
	for (size_t i = 0; i < history->n_uses; i++)
		if (history->uses[i].response == found)
			return true;
	return false;
}

static void
list_published(struct history *history)
{
	for (size_t i = 0; i < history->n_responses; i++) {
		const struct history_response *response =
		    &history->responses[i];
		struct history_use use = { .line = response->line };

		if (response->state != HISTORY_PUBLISHED)
			continue;
		if (response->replaces == NULL) {
			response =
			    newest_of_group(history, response->inception);
			use.line = 0;
		}
		if (is_listed(history, response))
			continue;
		use.response = response;
		use.from = response->inception;
		history->uses[history->n_uses++] = use;
	}
}

static void
list_activations(struct history *history,
    const struct history_activation *activations, size_t n)
{
	for (size_t i = 0; i < n; i++)
		history->uses[history->n_uses++] = (struct history_use){
			.response = &history->responses[activations[i].response],
			.first_slot = activations[i].slot,
			.from = activations[i].from,
			.active = true,
			.line = activations[i].line,
		};
}

/*
 * The later decision is for the same slots, and begins no later.  What was
 * never decided, the next quarter's say, gives way to its own kind only.
 */
static bool
is_overtaken(const struct history_use *use, const struct history_use *later)
{
	return use->line < later->line && later->from <= use->from &&
	    (use->line > 0 || use->from == later->from) &&
	    use->from <= history_last_inception(later->response, 0);
}

static bool
is_standing(const struct history *history, const struct history_use *use)
{
	for (size_t i = 0; i < history->n_uses; i++)
		if (is_overtaken(use, &history->uses[i]))
			return false;
	return true;
}

static int
by_time(const void *left, const void *right)
{
	const struct history_use *a = left, *b = right;

	if (a->from != b->from)
		return a->from > b->from ? 1 : -1;
	return (a->line > b->line) - (a->line < b->line);
}

static bool
find_uses(struct history *history, struct err *err)
{
	struct history_use *standing =
	    calloc(history->n_uses + 1, sizeof(standing[0]));
	size_t n = 0;

	if (standing == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < history->n_uses; i++)
		if (is_standing(history, &history->uses[i]))
			standing[n++] = history->uses[i];
	qsort(standing, n, sizeof(standing[0]), by_time);
	for (size_t i = 0; i < n; i++)
		standing[i].until =
		    i + 1 == n ? INT64_MAX : standing[i + 1].from;
	free(history->uses);
	history->uses = standing;
	history->n_uses = n;
	return true;
}

bool
history_new(const char *zone, const struct history_response *responses,
    size_t n_responses, const struct history_activation *activations,
    size_t n_activations, struct history **ret, struct err *err)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history != NULL) {
		history->zone = zone;
		history->responses =
		    calloc(n_responses + 1, sizeof(responses[0]));
		history->uses = calloc(
		    n_responses + n_activations + 1, sizeof(history->uses[0]));
	}
	if (history == NULL || history->responses == NULL ||
	    history->uses == NULL) {
		history_free(history);
		return err_set(err, E_MEMORY, "out of memory");
	}
	history->n_responses = n_responses;
	if (n_responses > 0)
		memcpy(history->responses, responses,
		    n_responses * sizeof(responses[0]));
	list_published(history);
	list_activations(history, activations, n_activations);
	if (!find_uses(history, err)) {
		history_free(history);
		return false;
	}
	*ret = history;
	return true;
}

void
history_free(struct history *history)
{
	if (history == NULL)
		return;
	free(history->uses);
	free(history->responses);
	free(history);
}

const struct history_use *
history_before(const struct history *history, int64_t time)
{
	for (size_t i = history->n_uses; i-- > 0;)
		if (history->uses[i].from < time)
			return &history->uses[i];
	return NULL;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool
history_walk(const struct history *history, int64_t until,
    bool (*visit)(
	void *arg, const struct history_slot *slot, int64_t gives_way),
    void *arg)
{
	for (size_t i = 0; i < history->n_uses; i++) {
		const struct history_use *use = &history->uses[i];
		const struct history_response *response = use->response;
		int64_t end = earlier(use->until, until);

		if (use->from >= end)
			continue;
		if (response->slots == NULL && !visit(arg, NULL, end))
			return false;
		for (size_t k = use->first_slot;
		     response->slots != NULL && k < response->n_slots &&
		     response->slots[k].inception < end;
		     k++) {
			const struct history_slot *slot = &response->slots[k];
			int64_t next = k + 1 < response->n_slots
			    ? slot[1].inception
			    : slot->expiration;

			if (!visit(arg, slot, earlier(next, end)))
				return false;
		}
	}
	return true;
}
