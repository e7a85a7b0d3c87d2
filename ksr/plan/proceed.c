#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/plan/proceed.h"
#include "ksr/policy/config_value.h"
#include "ksr/readiness/day.h"

#define PROCEED_DAYS_MAX 366

const char *const measure_ids[MEASURES] = {
	[MEASURE_DAYS] = "days",
	[MEASURE_SOURCES] = "min_sources",
	[MEASURE_OLD_ONLY] = "max_old_only",
	[MEASURE_NO_RISE] = "no_rise_after",
};

/* "1" or "0.25", at most 100, to millionths of all. */
static bool
parse_percent(const char *text, uint32_t *ret)
{
	size_t whole_len = strspn(text, "0123456789"), decimals = 0;
	char whole[4] = "";
	uint64_t value;

	if (whole_len == 0 || whole_len >= sizeof(whole))
		return false;
	memcpy(whole, text, whole_len);
	if (!number_parse(whole, 100, &value))
		return false;
	text += whole_len;
	if (*text == '.')
		decimals = strspn(++text, "0123456789");
	if (text[decimals] != '\0' || decimals > 4 ||
	    (text[-1] == '.' && decimals == 0))
		return false;
	for (size_t i = 0; i < 4; i++)
		value = value * 10 +
		    (i < decimals ? (uint64_t)(text[i] - '0') : 0);
	if (value > SHARE_WHOLE)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool
read_number(const struct tree *map, const char *key, uint64_t max,
    uint64_t *ret, struct err *err)
{
	const struct tree *text = tree_find(map, key);

	if (text == NULL)
		return tree_refuse_key(map, err, "has no key \"%s\"", key);
	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	return (config_number_plain(text->text) &&
		   number_parse(text->text, max, ret) && *ret > 0) ||
	    tree_refuse(text, err,
		"\"%.40s\" (expected a number of 1 to %" PRIu64 ")",
		text->text, max);
}

static bool
read_share(const struct tree *map, struct proceed *ret, struct err *err)
{
	const struct tree *text = tree_find(map, "max_old_only");

	if (text == NULL)
		return tree_refuse_key(map, err, "has no key \"max_old_only\"");
	return tree_expect(text, TREE_TEXT, err) &&
	    (parse_percent(text->text, &ret->max_old_only) ||
		tree_refuse(text, err,
		    "\"%.40s\" is no share in percent (expected one such as "
		    "1 or 0.25)",
		    text->text));
}

static bool
read_no_rise(const struct tree *map, struct proceed *ret, struct err *err)
{
	const struct tree *text = tree_find(map, "no_rise_after");

	if (text == NULL)
		return true;
	ret->has_no_rise = true;
	return tree_expect(text, TREE_TEXT, err) &&
	    (day_parse(text->text, &ret->no_rise_after) ||
		tree_refuse(text, err,
		    "\"%.40s\" is no day (expected one such as 2017-09-01)",
		    text->text));
}

static bool
read_otherwise(const struct tree *map, const struct plan_quarter *quarter,
    struct proceed *ret, struct err *err)
{
	const struct tree *text = tree_find(map, "otherwise");

	if (text == NULL)
		return tree_refuse_key(map, err, "has no key \"otherwise\"");
	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	for (size_t i = 1; i < quarter->n_responses; i++)
		if (strcmp(quarter->responses[i].name, text->text) == 0) {
			ret->otherwise = i;
			return true;
		}
	return tree_refuse(text, err,
	    "\"%.63s\" is none of the quarter's fallbacks", text->text);
}

static bool
read_deciders(const struct tree *map, struct proceed *ret, struct err *err)
{
	const struct tree *list = tree_find(map, "deciders");

	if (list == NULL)
		return true;
	if (!tree_expect(list, TREE_LIST, err))
		return false;
	if (list->n > DECIDERS_MAX)
		return tree_refuse(list, err,
		    "has %zu entries (expected at most %u)", list->n,
		    DECIDERS_MAX);
	for (const struct tree *item = list->first; item != NULL;
	     item = item->next) {
		if (!tree_expect(item, TREE_TEXT, err))
			return false;
		if (item->text[0] == '\0' || strlen(item->text) > NAME_MAX_LEN)
			return tree_refuse(item, err,
			    "is no decider's name (expected 1 to %u "
			    "characters)",
			    NAME_MAX_LEN);
		text_ascii(ret->deciders[ret->n_deciders++],
		    sizeof(ret->deciders[0]), item->text);
	}
	return true;
}

static bool
read_known(const struct tree *map, struct err *err)
{
	static const char *const known[] = { "days", "min_sources",
		"max_old_only", "no_rise_after", "otherwise", "deciders" };

	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) &&
		    strcmp(known[i], entry->key) != 0)
			i++;
		if (i == ARRAY_LEN(known))
			return tree_refuse_key(
			    entry, err, "is not a known key");
	}
	return true;
}

/* The tag of the one key of a mask. */
static bool
read_tag(const struct tree *map, const struct config *config, uint32_t mask,
    const char *role, uint16_t *ret, struct err *err)
{
	size_t i = 0;

	while (i < config->n_keys && mask != UINT32_C(1) << i)
		i++;
	if (i == config->n_keys || !config->keys[i].has_tag)
		return tree_refuse_key(map, err,
		    "asks for signals of two keys, and `%s` names none that "
		    "has a key_tag",
		    role);
	*ret = config->keys[i].tag;
	return true;
}

static bool
read_all(const struct tree *map, const struct config *config,
    const struct plan_quarter *quarter, uint32_t old, uint32_t new,
    struct proceed *ret, struct err *err)
{
	uint64_t days;

	if (!tree_expect(map, TREE_MAP, err) || !read_known(map, err) ||
	    !read_tag(map, config, old, "old", &ret->old_tag, err) ||
	    !read_tag(map, config, new, "new", &ret->new_tag, err) ||
	    !read_number(map, "days", PROCEED_DAYS_MAX, &days, err) ||
	    !read_number(
		map, "min_sources", INT64_MAX, &ret->min_sources, err))
		return false;
	ret->days = (uint32_t)days;
	if (ret->old_tag == ret->new_tag)
		return tree_refuse_key(map, err,
		    "cannot tell two keys of the tag %u apart", ret->old_tag);
	return read_share(map, ret, err) && read_no_rise(map, ret, err) &&
	    read_otherwise(map, quarter, ret, err) &&
	    read_deciders(map, ret, err);
}

bool
proceed_read(const struct tree *map, const struct config *config,
    const struct plan_quarter *quarter, uint32_t old, uint32_t new,
    struct proceed **ret, struct err *err)
{
	struct proceed *proceed = calloc(1, sizeof(*proceed));

	if (proceed == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!read_all(map, config, quarter, old, new, proceed, err)) {
		free(proceed);
		return false;
	}
	*ret = proceed;
	return true;
}

/*
 * A window of days: its sources, those of them with the old key only.  Who
 * trusts neither key is not asked about this rollover, and must not make its
 * share smaller.
 */
struct window {
	int32_t from, until;
	size_t n_days;
	uint64_t sources, old_only;
	unsigned level;
	uint32_t share, error;
};

static bool
measure_window(const struct proceed *proceed, int32_t from, struct tally *tally,
    struct window *ret, struct err *err)
{
	struct question question = { .old_tag = proceed->old_tag,
		.new_tag = proceed->new_tag,
		.from = from,
		.until = from + (int32_t)proceed->days - 1 };
	struct readiness readiness;

	if (!readiness_measure(tally, &question, &readiness, err))
		return false;
	*ret = (struct window){ .from = from,
		.until = question.until,
		.n_days = readiness.n_days,
		.sources = kind_sources(&readiness, KINDS),
		.level = readiness.level };
	for (size_t kind = 0; kind < KINDS; kind++) {
		ret->old_only += readiness.n[kind][CLASS_OLD];
		ret->sources -= readiness.n[kind][CLASS_NEITHER];
	}
	ret->share = share(ret->old_only, ret->sources);
	ret->error = share_error(ret->old_only, ret->sources, ret->level);
	readiness_free(&readiness);
	return true;
}

/* "4.50 %", and "4.50 % +- 0.30" of a sample; hundredths, rounded. */
static void
format_share(const struct window *window, char *ret, size_t size)
{
	uint32_t part = (window->share + 50) / 100;
	uint32_t error = (window->error + 50) / 100;

	if (window->level == 0)
		snprintf(ret, size, "%" PRIu32 ".%02" PRIu32 " %%", part / 100,
		    part % 100);
	else
		snprintf(ret, size,
		    "%" PRIu32 ".%02" PRIu32 " %% +- %" PRIu32 ".%02" PRIu32,
		    part / 100, part % 100, error / 100, error % 100);
}

static void
judge_amount(const struct proceed *proceed, const struct window *window,
    struct measure_row rows[MEASURES])
{
	struct measure_row *days = &rows[MEASURE_DAYS];
	struct measure_row *sources = &rows[MEASURE_SOURCES];
	uint64_t n = estimate(window->sources, window->level);

	days->asked = sources->asked = true;
	days->result = window->n_days == proceed->days ? MEASURED_MET
						       : MEASURED_UNKNOWN;
	snprintf(days->seen, sizeof(days->seen), "%zu days with signals",
	    window->n_days);
	snprintf(days->wanted, sizeof(days->wanted), "all of %" PRIu32,
	    proceed->days);
	sources->result =
	    n >= proceed->min_sources ? MEASURED_MET : MEASURED_UNKNOWN;
	snprintf(sources->seen, sizeof(sources->seen), "%" PRIu64 " sources",
	    n);
	snprintf(sources->wanted, sizeof(sources->wanted),
	    "at least %" PRIu64, proceed->min_sources);
}

static void
judge_share(const struct proceed *proceed, const struct window *window,
    struct measure_row *row)
{
	struct window limit = { .share = proceed->max_old_only };
	char text[64];

	row->asked = true;
	if (window->share + window->error <= proceed->max_old_only)
		row->result = MEASURED_MET;
	else if (window->share > proceed->max_old_only + window->error)
		row->result = MEASURED_MISSED;
	format_share(window, text, sizeof(text));
	snprintf(row->seen, sizeof(row->seen), "%s of sources", text);
	format_share(&limit, text, sizeof(text));
	snprintf(row->wanted, sizeof(row->wanted), "at most %s", text);
}

/* The share of the last days against that of the first ones after the date. */
static bool
judge_rise(const struct proceed *proceed, const struct window *window,
    struct tally *tally, struct measure_row *row, struct err *err)
{
	struct window first;
	char text[64], day[DAY_TEXT];

	row->asked = proceed->has_no_rise;
	if (!row->asked)
		return true;
	if (!measure_window(proceed, proceed->no_rise_after, tally, &first, err))
		return false;
	if (first.until >= window->from || first.sources == 0)
		row->result = MEASURED_UNKNOWN;
	else if (window->share + window->error + first.error <= first.share ||
	    (window->level == 0 && window->share == first.share))
		row->result = MEASURED_MET;
	else if (window->share > first.share + window->error + first.error)
		row->result = MEASURED_MISSED;
	format_share(window, text, sizeof(text));
	snprintf(row->seen, sizeof(row->seen), "%s", text);
	format_share(&first, text, sizeof(text));
	day_format(proceed->no_rise_after, day);
	snprintf(row->wanted, sizeof(row->wanted),
	    "no more than %s, from %s on", text, day);
	return true;
}

static enum verdict_to_proceed
verdict_of(const struct measure_row rows[MEASURES])
{
	enum verdict_to_proceed verdict = PROCEED_GO;

	if (rows[MEASURE_DAYS].result != MEASURED_MET ||
	    rows[MEASURE_SOURCES].result != MEASURED_MET)
		return PROCEED_UNKNOWN;
	for (size_t i = 0; i < MEASURES; i++) {
		if (!rows[i].asked)
			continue;
		if (rows[i].result == MEASURED_MISSED)
			return PROCEED_HOLD;
		if (rows[i].result == MEASURED_UNKNOWN)
			verdict = PROCEED_UNKNOWN;
	}
	return verdict;
}

bool
proceed_judge(const struct proceed *proceed, int64_t now, struct tally *tally,
    struct proceed_verdict *ret, struct err *err)
{
	struct proceed_verdict verdict = { .verdict = PROCEED_UNKNOWN };
	struct window window;
	int32_t today;

	if (!day_of_time(now, &today))
		return err_set(err, E_USAGE, "the time is of no year from 1970 "
					     "to 9999");
	if (!measure_window(proceed, today - (int32_t)proceed->days, tally,
		&window, err))
		return false;
	verdict.from = window.from;
	verdict.until = window.until;
	judge_amount(proceed, &window, verdict.rows);
	judge_share(proceed, &window, &verdict.rows[MEASURE_OLD_ONLY]);
	if (!judge_rise(proceed, &window, tally,
		&verdict.rows[MEASURE_NO_RISE], err))
		return false;
	verdict.verdict = verdict_of(verdict.rows);
	*ret = verdict;
	return true;
}

int64_t
proceed_until(const struct plan *plan, size_t quarter, size_t late)
{
	const struct plan_quarter *q = &plan->quarters[quarter];
	const struct schema *planned = &q->responses[0].schema;
	const struct schema *otherwise =
	    &q->responses[q->proceed->otherwise].schema;
	size_t slot = 0;

	while (slot < planned->n_slots && slot < otherwise->n_slots &&
	    memcmp(&planned->slots[slot], &otherwise->slots[slot],
		sizeof(planned->slots[slot])) == 0)
		slot++;
	return plan_slot_start(plan, quarter + late, slot);
}

size_t
proceed_delay(const struct plan *plan, size_t quarter)
{
	const struct plan_quarter *q = &plan->quarters[quarter];

	return quarter + 1 - q->responses[q->proceed->otherwise].next;
}

size_t
proceed_next(const struct plan *plan, int64_t now, size_t late)
{
	size_t i = 0;

	while (i < plan->n_quarters && (plan->quarters[i].proceed == NULL ||
		now >= proceed_until(plan, i, late)))
		i++;
	return i;
}
