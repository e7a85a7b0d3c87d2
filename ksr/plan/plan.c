#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/plan/plan.h"
#include "ksr/request/quarter.h"

static bool
is_root_quarter(int64_t start)
{
	return quarter_start(quarter_of_time(start)) == start;
}

/* How long quarters are that follow the last one and are not the root's. */
static int64_t
last_length_s(const struct plan *plan)
{
	size_t n = plan->n_quarters;

	return n > 1 ? plan->quarters[n - 1].start - plan->quarters[n - 2].start
		     : (int64_t)plan->n_slots * plan->slot_s;
}

int64_t
plan_start(const struct plan *plan, size_t i)
{
	size_t last = plan->n_quarters - 1;
	int64_t start = plan->quarters[last].start;
	struct quarter quarter = quarter_of_time(start);

	if (i <= last)
		return plan->quarters[i].start;
	if (!is_root_quarter(start))
		return start + (int64_t)(i - last) * last_length_s(plan);
	for (; i > last; i--)
		quarter = quarter_next(quarter);
	return quarter_start(quarter);
}

int64_t
plan_slot_start(const struct plan *plan, size_t i, size_t slot)
{
	return slot < plan->n_slots
	    ? plan_start(plan, i) + (int64_t)slot * plan->slot_s
	    : plan_start(plan, i + 1);
}

void
plan_quarter_name(
    const struct plan *plan, size_t i, char ret[PLAN_QUARTER_NAME_SIZE])
{
	int64_t start = plan_start(plan, i);
	char time[TIME_TEXT_SIZE];

	if (i < plan->n_quarters) {
		memcpy(ret, plan->quarters[i].name, PLAN_QUARTER_NAME_SIZE);
	} else if (is_root_quarter(start)) {
		quarter_format(quarter_of_time(start), ret);
	} else {
		time_format(start, time);
		snprintf(ret, PLAN_QUARTER_NAME_SIZE, "%.10s", time);
	}
}

const struct plan_quarter *
plan_quarter_at(const struct plan *plan, int64_t start)
{
	for (size_t i = 0; i < plan->n_quarters; i++)
		if (plan->quarters[i].start == start)
			return &plan->quarters[i];
	return NULL;
}

const struct key_counts *
plan_key_counts(const struct plan_quarter *quarter, const struct config *config)
{
	return quarter->key_counts != NULL ? quarter->key_counts
					   : &config->request_policy.key_counts;
}

void
plan_file_name(const struct plan_quarter *quarter, size_t response,
    const char *zone, char ret[PLAN_FILE_NAME_SIZE])
{
	size_t len = strlen(zone);

	if (len > 0 && zone[len - 1] == '.')
		len--;
	snprintf(ret, PLAN_FILE_NAME_SIZE, "skr-%.*s-%s-%zu-%s.xml",
	    len == 0 ? (int)strlen("root") : (int)len, len == 0 ? "root" : zone,
	    quarter->name, response, quarter->responses[response].name);
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->n_quarters; i++) {
		struct plan_quarter *quarter = &plan->quarters[i];

		for (size_t k = 0; k < quarter->n_responses; k++)
			schema_clear(&quarter->responses[k].schema);
		free(quarter->responses);
		free(quarter->key_counts);
	}
	free(plan->quarters);
	free(plan);
}
