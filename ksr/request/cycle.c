#include <stdio.h>
#include <string.h>

#include "ksr/request/cycle.h"
#include "ksr/request/quarter.h"

#define DAY_S              INT64_C(86400)
#define SHORTEST_QUARTER_S (90 * DAY_S) /* January to March */
#define LENGTH_MAX_S       (3660 * DAY_S)
#define START_MIN          INT64_C(631152000)  /* 1990-01-01T00:00:00Z */
#define START_MAX          INT64_C(4133980799) /* 2100-12-31T23:59:59Z */

/* Where the policy leaves a range: its middle, in whole days. */
static int64_t
middle(int64_t min, int64_t max)
{
	int64_t exact = min + (max - min) / 2;
	int64_t days = exact / DAY_S * DAY_S;

	return days > 0 && days >= min ? days : exact;
}

bool
cycle_of_config(const struct config *config, int64_t start, int64_t slot_s,
    struct cycle *ret, struct err *err)
{
	const struct request_policy *policy = &config->request_policy;
	int64_t min = policy->min_bundle_interval_s;
	int64_t max = policy->max_bundle_interval_s;
	char given[DURATION_TEXT_SIZE], from[DURATION_TEXT_SIZE];
	char to[DURATION_TEXT_SIZE];

	if (slot_s == 0)
		slot_s = middle(min, max);
	if (slot_s == 0 ||
	    (policy->check_bundle_intervals &&
		(slot_s < min || slot_s > max))) {
		duration_format(slot_s, given);
		duration_format(min, from);
		duration_format(max, to);
		return err_set(err, E_USAGE,
		    "slots of %s (expected more than nothing, and "
		    "min_bundle_interval %s to max_bundle_interval %s)",
		    given, from, to);
	}
	if (start < START_MIN || start > START_MAX ||
	    (int64_t)policy->num_bundles > LENGTH_MAX_S / slot_s)
		return err_set(err, E_USAGE,
		    "a request's first slot begins in the years 1990 to 2100, "
		    "and its slots take 10 years at most");
	*ret = (struct cycle){
		.start = start,
		.n_slots = (size_t)policy->num_bundles,
		.slot_s = slot_s,
		.validity_s =
		    config->ksk_policy.signature.max_signature_validity_s,
	};
	return true;
}

bool
cycle_start_parse(const char *text, int64_t *ret, struct err *err)
{
	char time[TIME_TEXT_SIZE];

	if (strlen(text) == strlen("2027-02-01"))
		snprintf(time, sizeof(time), "%sT00:00:00", text);
	else
		snprintf(time, sizeof(time), "%s", text);
	if (strlen(text) < sizeof(time) && time_parse(time, ret))
		return true;
	return err_set(err, E_USAGE,
	    "start \"%.60s\": expected a day such as 2027-02-01, or a time "
	    "such as 2027-02-01T12:00:00Z",
	    text);
}

/*
 * Held against the shortest quarter, so that a cycle is one in all quarters of
 * a year or in none.
 */
static bool
is_quarter(const struct cycle *cycle, int64_t start)
{
	int64_t spare =
	    SHORTEST_QUARTER_S - (int64_t)cycle->n_slots * cycle->slot_s;

	return quarter_start(quarter_of_time(start)) == start && spare >= 0 &&
	    spare < cycle->slot_s;
}

int64_t
cycle_next_start(const struct cycle *cycle)
{
	if (is_quarter(cycle, cycle->start))
		return quarter_start(
		    quarter_next(quarter_of_time(cycle->start)));
	return cycle->start + (int64_t)cycle->n_slots * cycle->slot_s;
}

int64_t
cycle_before_start(const struct cycle *cycle)
{
	if (is_quarter(cycle, cycle->start))
		return quarter_start(
		    quarter_before(quarter_of_time(cycle->start)));
	return cycle->start - (int64_t)cycle->n_slots * cycle->slot_s;
}

void
cycle_name(const struct cycle *cycle, int64_t start, char ret[CYCLE_NAME_SIZE])
{
	if (is_quarter(cycle, start)) {
		quarter_format(quarter_of_time(start), ret);
		return;
	}
	time_format(start, ret);
	if (start % DAY_S == 0)
		ret[strlen("2027-02-01")] = '\0';
}
