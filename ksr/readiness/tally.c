#include <stdlib.h>
#include <string.h>

#include "ksr/readiness/siphash.h"
#include "ksr/readiness/tally.h"

#define FIRST_ROWS 1024u

void
tally_init(struct tally *tally, size_t limit, const uint64_t key[2])
{
	*tally = (struct tally){ .limit = limit, .key = { key[0], key[1] } };
}

void
tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	free(tally->rows);
	free(tally->index);
	*tally = (struct tally){ 0 };
}

/* Whether a sample of this level has the source; the same for everybody. */
static bool
in_sample(const struct source *source, unsigned level)
{
	static const uint64_t everybody[2] = { 0, 0 };
	uint8_t octets[SOURCE_OCTETS + 1];

	if (level == 0)
		return true;
	memcpy(octets, source->octets, SOURCE_OCTETS);
	octets[SOURCE_OCTETS] = source->family;
	return siphash(everybody, octets, sizeof(octets)) >> (64 - level) == 0;
}

/* Where in the index the row for these is, or would be. */
static size_t
place(const struct tally *tally, int32_t day, const struct source *source,
    uint8_t ordinal)
{
	uint8_t octets[SOURCE_OCTETS + 6];
	uint32_t unsigned_day = (uint32_t)day;
	size_t at;

	memcpy(octets, source->octets, SOURCE_OCTETS);
	octets[SOURCE_OCTETS] = source->family;
	octets[SOURCE_OCTETS + 1] = ordinal;
	memcpy(octets + SOURCE_OCTETS + 2, &unsigned_day, 4);
	at = siphash(tally->key, octets, sizeof(octets));
	while (true) {
		uint32_t entry;
		const struct tally_row *row;

		at &= tally->index_size - 1;
		entry = tally->index[at];
		if (entry == 0)
			return at;
		row = &tally->rows[entry - 1];
		if (row->day == day && row->ordinal == ordinal &&
		    source_compare(&row->source, source) == 0)
			return at;
		at++;
	}
}

static void
index_all(struct tally *tally)
{
	memset(tally->index, 0, tally->index_size * sizeof(*tally->index));
	for (size_t i = 0; i < tally->n; i++) {
		const struct tally_row *row = &tally->rows[i];

		tally->index[place(tally, row->day, &row->source,
		    row->ordinal)] = (uint32_t)i + 1;
	}
}

/* Room for a row more, the index at most half full. */
static bool
grow(struct tally *tally)
{
	size_t size = tally->size == 0 ? FIRST_ROWS : 2 * tally->size;
	struct tally_row *rows;
	uint32_t *index;

	if (tally->n < tally->size)
		return true;
	rows = reallocarray(tally->rows, size, sizeof(*rows));
	if (rows == NULL)
		return false;
	tally->rows = rows;
	index = reallocarray(tally->index, 2 * size, sizeof(*index));
	if (index == NULL)
		return false;
	tally->index = index;
	tally->index_size = 2 * size;
	tally->size = size;
	index_all(tally);
	return true;
}

void
tally_deepen(struct tally *tally, unsigned level)
{
	size_t kept = 0;

	if (level <= tally->level)
		return;
	tally->level = level;
	for (size_t i = 0; i < tally->n; i++)
		if (in_sample(&tally->rows[i].source, level))
			tally->rows[kept++] = tally->rows[i];
	tally->n = kept;
	if (tally->index != NULL)
		index_all(tally);
}

/* The largest of the sets gives way to a smaller one. */
static void
keep_smallest(struct tally *tally, int32_t day, const struct source *source,
    const struct tag_set *set)
{
	struct tally_row *largest = NULL;

	for (uint8_t i = 0; i < TALLY_SETS_MAX; i++) {
		struct tally_row *row = &tally->rows[
		    tally->index[place(tally, day, source, i)] - 1];

		if (largest == NULL ||
		    tag_set_compare(&row->set, &largest->set) > 0)
			largest = row;
	}
	if (tag_set_compare(set, &largest->set) < 0)
		largest->set = *set;
}

/* Makes room for one more; the sample may not have its source any more. */
static bool
make_room(struct tally *tally)
{
	while (tally->n >= tally->limit && tally->level < TALLY_LEVEL_MAX)
		tally_deepen(tally, tally->level + 1);
	return tally->n < tally->limit && grow(tally);
}

static enum tally_added
add_row(struct tally *tally, const struct tally_row *row)
{
	bool room = make_room(tally);

	if (!in_sample(&row->source, tally->level))
		return TALLY_ADDED;
	if (!room)
		return TALLY_NO_ROOM;
	tally->rows[tally->n++] = *row;
	tally->index[place(tally, row->day, &row->source, row->ordinal)] =
	    (uint32_t)tally->n;
	return TALLY_ADDED;
}

enum tally_added
tally_add(struct tally *tally, int32_t day, const struct source *source,
    const struct tag_set *set)
{
	struct tally_row row = { day, *source, *set, 0 };

	if (!in_sample(source, tally->level))
		return TALLY_ADDED;
	if (tally->index == NULL && !grow(tally))
		return TALLY_NO_ROOM;
	for (; row.ordinal < TALLY_SETS_MAX; row.ordinal++) {
		uint32_t entry =
		    tally->index[place(tally, day, source, row.ordinal)];

		if (entry == 0)
			return add_row(tally, &row);
		if (tag_set_compare(&tally->rows[entry - 1].set, set) == 0)
			return TALLY_ADDED;
	}
	keep_smallest(tally, day, source, set);
	return TALLY_MORE_SETS;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct tally_row *a = left, *b = right;
	int order = source_compare(&a->source, &b->source);

	if (order == 0)
		order = tag_set_compare(&a->set, &b->set);
	if (order == 0)
		order = a->day == b->day ? 0 : a->day < b->day ? -1 : 1;
	return order;
}

void
tally_sort(struct tally *tally)
{
	if (tally->n > 0)
		qsort(tally->rows, tally->n, sizeof(*tally->rows),
		    compare_rows);
}
