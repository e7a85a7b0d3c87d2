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

size_t
plan_fallback(const struct plan_quarter *quarter, const char *name)
{
	size_t i = quarter->n_responses - 1;

	while (i > 0 && strcmp(quarter->responses[i].name, name) != 0)
		i--;
	return i;
}

size_t
plan_request_of(const struct plan_quarter *quarter, size_t response)
{
	return quarter->responses[response].key_counts != NULL ? response : 0;
}

const struct key_counts *
plan_key_counts(const struct plan_quarter *quarter, size_t response,
    const struct config *config)
{
	const struct key_counts *counts =
	    quarter->responses[plan_request_of(quarter, response)].key_counts;

	return counts != NULL ? counts : &config->request_policy.key_counts;
}

uint32_t
plan_zsk_algorithms(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot)
{
	const struct request_policy *policy = &config->request_policy;
	const struct key_counts *counts =
	    plan_key_counts(quarter, response, config);
	uint32_t algorithms = 0;

	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->per_bundle[slot] == 0)
			continue;
		if (count->algorithm != 0)
			algorithms |= UINT32_C(1) << count->algorithm;
		else if (policy->n_algorithms == 1)
			algorithms |= UINT32_C(1) << policy->algorithms[0];
	}
	return algorithms;
}

uint32_t
plan_zone_algorithms(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot)
{
	const uint32_t *beside = quarter->responses[response].zone_signatures;

	return plan_zsk_algorithms(quarter, response, config, slot) |
	    (beside == NULL ? 0 : beside[slot]);
}

void
plan_file_name(const struct plan_quarter *quarter, size_t response,
    const char *zone, const char *suffix, char ret[PLAN_FILE_NAME_SIZE])
{
	char text[DNAME_TEXT_MAX + 1];
	struct dname owner;
	struct err err;
	size_t len;

	ret[0] = '\0';
	if (!dname_parse(zone, &owner, &err))
		return;
	dname_file_text(&owner, text);
	len = strlen(text) - 1; /* its final dot */
	snprintf(ret, PLAN_FILE_NAME_SIZE, "skr-%.*s-%s-%zu-%s.%s",
	    len == 0 ? (int)strlen("root") : (int)len, len == 0 ? "root" : text,
	    quarter->name, response, quarter->responses[response].name, suffix);
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->n_quarters; i++) {
		struct plan_quarter *quarter = &plan->quarters[i];

		for (size_t k = 0; k < quarter->n_responses; k++) {
			schema_clear(&quarter->responses[k].schema);
			free(quarter->responses[k].key_counts);
			free(quarter->responses[k].zone_signatures);
		}
		free(quarter->responses);
		free(quarter->proceed);
	}
	free(plan->quarters);
	free(plan);
}
