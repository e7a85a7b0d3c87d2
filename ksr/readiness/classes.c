#include <stdlib.h>

#include "ksr/readiness/classes.h"

#define Z95 1.96

const char *const class_names[CLASSES] = {
	[CLASS_NEW] = "new only",
	[CLASS_BOTH] = "both",
	[CLASS_OLD] = "old only",
	[CLASS_NEITHER] = "neither",
	[CLASS_COMPILED_IN] = "compiled in",
	[CLASS_CONTRADICTORY] = "contradictory",
};

const char *const kind_names[KINDS] = {
	[KIND_STEADY] = "steady",
	[KIND_ONCE] = "once",
	[KIND_FORWARDER] = "forwarder",
};

enum class
class_of(const struct question *question, const struct tag_set *set)
{
	bool has_old = tag_set_has(set, question->old_tag);
	bool has_new = tag_set_has(set, question->new_tag);

	for (size_t i = 0; i < question->n_compiled; i++)
		if (tag_set_compare(&question->compiled[i], set) == 0)
			return CLASS_COMPILED_IN;
	if (has_old)
		return has_new ? CLASS_BOTH : CLASS_OLD;
	return has_new ? CLASS_NEW : CLASS_NEITHER;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct tally_row *a = left, *b = right;
	int order = source_compare(&a->source, &b->source);

	return order != 0 ? order
	    : a->day == b->day ? 0
	    : a->day < b->day  ? -1
			       : 1;
}

static int
compare_days(const void *left, const void *right)
{
	const struct day_shares *a = left, *b = right;

	return a->day == b->day ? 0 : a->day < b->day ? -1 : 1;
}

/* The class of a source's day, whose rows begin here; how many they are. */
static size_t
day_class(const struct question *question, const struct tally_row *rows,
    size_t n, enum class *ret)
{
	size_t same = 0;

	for (; same < n && compare_rows(&rows[same], &rows[0]) == 0; same++) {
		enum class class = class_of(question, &rows[same].set);

		if (same == 0)
			*ret = class;
		else if (*ret != class)
			*ret = CLASS_CONTRADICTORY;
	}
	return same;
}

/* A source's days, each added to ret_days, and itself to its kind. */
static size_t
measure_source(const struct question *question, const struct tally_row *rows,
    size_t n, struct day_shares *days, struct readiness *ret)
{
	size_t at = 0, n_days = 0, contradictory = 0;
	enum class class = CLASS_NEITHER;
	enum kind kind = KIND_STEADY;

	while (at < n && source_compare(&rows[at].source, &rows[0].source) == 0) {
		int32_t day = rows[at].day;

		if (day < question->from || day > question->until) {
			at++;
			continue;
		}
		at += day_class(question, rows + at, n - at, &class);
		contradictory += class == CLASS_CONTRADICTORY;
		days[n_days].day = day;
		days[n_days++].n[class] = 1;
	}
	if (n_days == 1)
		kind = KIND_ONCE;
	if (contradictory >= FORWARDER_DAYS) {
		kind = KIND_FORWARDER;
		class = CLASS_CONTRADICTORY;
	}
	if (n_days > 0)
		ret->n[kind][class]++;
	ret->n_days += n_days;
	return at;
}

/* Days of sources, sorted, become days: n of them are left. */
static size_t
sum_days(struct day_shares *days, size_t n)
{
	size_t sums = 0;

	for (size_t i = 0; i < n; i++) {
		if (sums == 0 || days[sums - 1].day != days[i].day) {
			days[sums++] = days[i];
			continue;
		}
		for (size_t class = 0; class < CLASSES; class++)
			days[sums - 1].n[class] += days[i].n[class];
	}
	return sums;
}

bool
readiness_measure(struct tally *tally, const struct question *question,
    struct readiness *ret, struct err *err)
{
	struct readiness readiness = { .level = tally->level };

	readiness.days = calloc(tally->n + 1, sizeof(*readiness.days));
	if (readiness.days == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (tally->n > 0)
		qsort(tally->rows, tally->n, sizeof(*tally->rows),
		    compare_rows);
	for (size_t i = 0; i < tally->n;)
		i += measure_source(question, tally->rows + i, tally->n - i,
		    readiness.days + readiness.n_days, &readiness);
	qsort(readiness.days, readiness.n_days, sizeof(*readiness.days),
	    compare_days);
	readiness.n_days = sum_days(readiness.days, readiness.n_days);
	*ret = readiness;
	return true;
}

void
readiness_free(struct readiness *readiness)
{
	free(readiness->days);
	*readiness = (struct readiness){ 0 };
}

uint64_t
day_sources(const struct day_shares *day)
{
	uint64_t sum = 0;

	for (size_t class = 0; class < CLASSES; class++)
		sum += day->n[class];
	return sum;
}

uint64_t
kind_sources(const struct readiness *readiness, enum kind kind)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < KINDS; i++)
		for (size_t class = 0; class < CLASSES; class++)
			if (kind == KINDS || kind == i)
				sum += readiness->n[i][class];
	return sum;
}

/* Newton's, from above; the C library's stands in another library. */
static double
square_root(double x)
{
	double root = x > 1 ? x : 1;

	for (int i = 0; i < 100 && root * root > x; i++)
		root = (root + x / root) / 2;
	return root;
}

/* What part of all sources a sample of this level leaves out. */
static double
left_out(unsigned level)
{
	return 1 - 1 / (double)(UINT64_C(1) << level);
}

uint64_t
estimate(uint64_t n, unsigned level)
{
	return n << level;
}

uint64_t
estimate_error(uint64_t n, unsigned level)
{
	double scale = (double)(UINT64_C(1) << level);

	return (uint64_t)(Z95 * scale *
		square_root((double)n * left_out(level)) + 0.5);
}

uint32_t
share(uint64_t n, uint64_t of)
{
	return of == 0 ? 0
		       : (uint32_t)((double)n * SHARE_WHOLE / (double)of + 0.5);
}

uint32_t
share_error(uint64_t n, uint64_t of, unsigned level)
{
	double total = (double)of, p, half;

	if (of == 0)
		return level == 0 ? 0 : SHARE_WHOLE;
	p = (double)n / total;
	half = Z95 *
	    square_root((p * (1 - p) + Z95 * Z95 / (4 * total)) / total) /
	    (1 + Z95 * Z95 / total);
	return (uint32_t)(half * square_root(left_out(level)) * SHARE_WHOLE +
	    0.5);
}
