#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/readiness/day.h"
#include "ksr/readiness/summary.h"

#define FIRST_LINE "anchorite-readiness 1"

/* Days that follow each other are one word: "2017-09-01+29". */
static size_t
put_days(const struct tally_row *rows, size_t n, struct buf *out)
{
	char day[DAY_TEXT];
	size_t run = 1;

	while (run < n && rows[run].day == rows[0].day + (int32_t)run)
		run++;
	day_format(rows[0].day, day);
	buf_printf(out, " %s", day);
	if (run > 1)
		buf_printf(out, "+%zu", run - 1);
	return run;
}

/* How many rows are of the first one's source and set. */
static size_t
same_rows(const struct tally_row *rows, size_t n)
{
	size_t same = 1;

	while (same < n &&
	    source_compare(&rows[same].source, &rows[0].source) == 0 &&
	    tag_set_compare(&rows[same].set, &rows[0].set) == 0)
		same++;
	return same;
}

static void
put_rows(const struct tally *tally, struct buf *out)
{
	for (size_t i = 0, end; i < tally->n; i = end) {
		char source[SOURCE_TEXT], set[TAG_SET_TEXT];

		end = i + same_rows(&tally->rows[i], tally->n - i);
		source_format(&tally->rows[i].source, source);
		tag_set_format(&tally->rows[i].set, set);
		buf_printf(out, "%s %s", source, set);
		while (i < end)
			i += put_days(&tally->rows[i], end - i, out);
		buf_puts(out, "\n");
	}
}

void
summary_write(struct summary *summary, struct buf *ret)
{
	char naming[SOURCE_NAMING_TEXT];

	tally_sort(&summary->tally);
	source_naming_format(&summary->naming, naming);
	buf_printf(ret, "%s\nzone %s\nsources %s\nlevel %u\n", FIRST_LINE,
	    summary->zone, naming, summary->tally.level);
	for (size_t i = 0; i < COUNTS; i++)
		if (summary->counts.n[i] > 0)
			buf_printf(ret, "count %s %llu\n", count_rows[i].name,
			    (unsigned long long)summary->counts.n[i]);
	buf_puts(ret, "rows\n");
	put_rows(&summary->tally, ret);
	buf_printf(ret, "end %zu\n", summary->tally.n);
}

struct reader {
	struct summary *summary;
	struct bytes rest;
	char *line; /* owned, ended; what it is now */
	size_t number;
	struct source_naming naming;
	uint64_t rows;
};

/* The next line, without its end; false with err at the text's end. */
static bool
next_line(struct reader *reader, struct err *err)
{
	const uint8_t *end =
	    memchr(reader->rest.data, '\n', reader->rest.len);
	size_t len;

	free(reader->line);
	reader->line = NULL;
	reader->number++;
	if (end == NULL)
		return err_set(err, E_INPUT,
		    "line %zu: the summary breaks off", reader->number);
	len = (size_t)(end - reader->rest.data);
	if (memchr(reader->rest.data, '\0', len) != NULL)
		return err_set(err, E_INPUT,
		    "line %zu: holds an octet 0, which no summary has",
		    reader->number);
	reader->line = calloc(1, len + 1);
	if (reader->line == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(reader->line, reader->rest.data, len);
	reader->rest.data += len + 1;
	reader->rest.len -= len + 1;
	return true;
}

/* The line's rest behind the word it must begin with. */
static bool
take_word(struct reader *reader, const char *word, const char **ret,
    struct err *err)
{
	size_t len = strlen(word);

	if (!next_line(reader, err))
		return false;
	if (strncmp(reader->line, word, len) != 0)
		return err_set(err, E_INPUT,
		    "line %zu: \"%.60s\" where \"%s\" is wanted",
		    reader->number, reader->line, word);
	*ret = reader->line + len;
	return true;
}

static bool
refuse(const struct reader *reader, const char *wanted, struct err *err)
{
	return err_set(err, E_INPUT, "line %zu: \"%.60s\": expected %s",
	    reader->number, reader->line, wanted);
}

static bool
read_zone(struct reader *reader, struct err *err)
{
	struct summary *summary = reader->summary;
	char zone[DNAME_TEXT_MAX + 1];
	struct dname name;
	struct err why;
	const char *text = NULL;

	if (!take_word(reader, "zone ", &text, err))
		return false;
	if (!dname_parse(text, &name, &why))
		return refuse(reader, "a zone", err);
	dname_text(&name, zone);
	if (summary->filled && strcmp(zone, summary->zone) != 0)
		return err_set(err, E_INPUT,
		    "line %zu: it is of zone %s, others are of %s",
		    reader->number, zone, summary->zone);
	memcpy(summary->zone, zone, sizeof(zone));
	return true;
}

static bool
read_naming(struct reader *reader, struct err *err)
{
	struct summary *summary = reader->summary;
	char ours[SOURCE_NAMING_TEXT];
	const char *text = NULL;

	if (!take_word(reader, "sources ", &text, err))
		return false;
	if (!source_naming_parse(text, &reader->naming))
		return refuse(reader, "how sources are named", err);
	source_naming_format(&summary->naming, ours);
	if (summary->filled &&
	    !source_naming_equal(&reader->naming, &summary->naming))
		return err_set(err, E_INPUT,
		    "line %zu: its sources are named by \"%.40s\", those of "
		    "others by \"%s\": the same source would be two",
		    reader->number, text, ours);
	summary->naming = reader->naming;
	summary->filled = true;
	return true;
}

static bool
read_level(struct reader *reader, struct err *err)
{
	const char *text = NULL;
	uint64_t level;

	if (!take_word(reader, "level ", &text, err))
		return false;
	if (!number_parse(text, TALLY_LEVEL_MAX, &level))
		return refuse(reader, "a level of 0 to 32", err);
	tally_deepen(&reader->summary->tally, (unsigned)level);
	return true;
}

/* "NAME NUMBER". */
static bool
read_count(const char *text, struct counts *counts)
{
	size_t len = strcspn(text, " ");

	for (size_t i = 0; i < COUNTS; i++)
		if (strlen(count_rows[i].name) == len &&
		    strncmp(text, count_rows[i].name, len) == 0)
			return text[len] == ' ' && counts->n[i] == 0 &&
			    number_parse(text + len + 1, UINT64_MAX,
				&counts->n[i]);
	return false;
}

/* To the line "rows". */
static bool
read_counts(struct reader *reader, struct err *err)
{
	struct counts counts = { 0 };

	while (next_line(reader, err)) {
		if (strcmp(reader->line, "rows") == 0) {
			counts_add(&reader->summary->counts, &counts);
			return true;
		}
		if (strncmp(reader->line, "count ", 6) != 0 ||
		    !read_count(reader->line + 6, &counts))
			return refuse(
			    reader, "a count, each once, or \"rows\"", err);
	}
	return false;
}

/* "2017-09-01" or "2017-09-01+29". */
static bool
parse_days(char *word, int32_t *ret_first, int32_t *ret_last)
{
	char *plus = strchr(word, '+');
	uint64_t more = 0;
	char last[DAY_TEXT];

	if (plus != NULL)
		*plus = '\0';
	if (!day_parse(word, ret_first) ||
	    (plus != NULL &&
	    (!number_parse(plus + 1, 3652, &more) || more == 0)))
		return false;
	*ret_last = *ret_first + (int32_t)more;
	day_format(*ret_last, last);
	return day_parse(last, ret_last);
}

static bool
add_days(struct reader *reader, const struct source *source,
    const struct tag_set *set, char *word)
{
	struct summary *summary = reader->summary;
	int32_t day, last;

	if (!parse_days(word, &day, &last))
		return false;
	for (; day <= last; day++, reader->rows++) {
		switch (tally_add(&summary->tally, day, source, set)) {
		case TALLY_ADDED:
			break;
		case TALLY_MORE_SETS:
			summary->counts.n[SKIP_SETS]++;
			break;
		case TALLY_NO_ROOM:
			summary->counts.n[SKIP_ROWS]++;
			break;
		}
	}
	return true;
}

/* "SOURCE SET DAYS...". */
static bool
read_row(struct reader *reader)
{
	struct source source;
	struct tag_set set;
	char *rest = reader->line, *word;

	word = strsep(&rest, " ");
	if (rest == NULL || !source_parse(&reader->naming, word, &source))
		return false;
	word = strsep(&rest, " ");
	if (rest == NULL || !tag_set_parse(word, strlen(word), &set))
		return false;
	while ((word = strsep(&rest, " ")) != NULL)
		if (!add_days(reader, &source, &set, word))
			return false;
	return true;
}

static bool
read_rows(struct reader *reader, struct err *err)
{
	char *whole;
	uint64_t n;
	bool ok;

	while (next_line(reader, err)) {
		if (strncmp(reader->line, "end ", 4) == 0) {
			if (!number_parse(reader->line + 4, UINT64_MAX, &n) ||
			    n != reader->rows)
				return refuse(reader,
				    "the number of rows that stand above",
				    err);
			return reader->rest.len == 0 ||
			    err_set(err, E_INPUT,
				"line %zu: something stands behind the end",
				reader->number + 1);
		}
		whole = strdup(reader->line);
		ok = whole != NULL && read_row(reader);
		if (whole != NULL)
			memcpy(reader->line, whole, strlen(whole) + 1);
		free(whole);
		if (!ok)
			return refuse(reader,
			    "a source, tags and days such as \"192.0.2.1 "
			    "4a5c-4f66 2017-09-01+29\"",
			    err);
	}
	return false;
}

bool
summary_read(struct summary *summary, struct bytes text, struct err *err)
{
	struct reader reader = { .summary = summary, .rest = text };
	const char *rest = NULL;
	bool ok;

	ok = take_word(&reader, FIRST_LINE, &rest, err) &&
	    (rest[0] == '\0' || refuse(&reader, "\"" FIRST_LINE "\"", err)) &&
	    read_zone(&reader, err) && read_naming(&reader, err) &&
	    read_level(&reader, err) && read_counts(&reader, err) &&
	    read_rows(&reader, err);
	free(reader.line);
	return ok;
}
