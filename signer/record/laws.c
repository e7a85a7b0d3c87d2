#include <stdio.h>
#include <string.h>

#include "signer/record/laws_parts.h"

/* Replay may have found it as well, in the same words. */
static bool
is_said(const struct differences *list, size_t line, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->list[i].line == line &&
		    strcmp(list->list[i].text, text) == 0)
			return true;
	return false;
}

void
law_broken(const struct law *law, size_t i, const char *fmt, ...)
{
	char raw[ERR_MSG_MAX], text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	text_printable(text, sizeof(text), raw);
	if (!is_said(law->differences, i + 1, text))
		differences_add(law->differences, i + 1, "%s", raw);
}

const json_t *
law_line(const struct law *law, size_t i)
{
	return law->ceremony->log.lines[i].json;
}

const json_t *
law_last(const struct law *law, size_t i, const char *event)
{
	struct law_walk walk = law_walk_before(law, i);
	size_t k;

	while (law_walk_next(law, &walk, &k))
		if (law_is(law_line(law, k), "event", event))
			return law_line(law, k);
	return NULL;
}

const json_t *
law_last_of_any(const struct law *law, size_t i, const char *event)
{
	while (i-- > law->run->first)
		if (law_is(law_line(law, i), "event", event))
			return law_line(law, i);
	return NULL;
}

bool
law_is(const json_t *line, const char *fact, const char *text)
{
	return strcmp(fact_text(line, fact), text) == 0;
}

bool
law_is_own(const struct law *law)
{
	return law_is(law->head, "binary", law->binary);
}

static void
judge_line(const struct law *law, size_t i)
{
	static const struct law_row *const groups[] = { laws_of_runs,
		laws_of_arguments, laws_of_acts, laws_of_zones };
	const json_t *line = law_line(law, i);

	if (line == NULL)
		return; /* torn */
	for (size_t g = 0; g < ARRAY_LEN(groups); g++)
		for (const struct law_row *row = groups[g]; row->holds != NULL;
		     row++)
			if (row->event == NULL ||
			    law_is(line, "event", row->event))
				row->holds(law, i, line);
}

void
laws_judge(const struct ceremony *ceremony, const char *binary,
    struct differences *differences, struct differences *notes)
{
	for (size_t r = 0; r < ceremony->n_runs; r++) {
		const struct run *run = &ceremony->runs[r];
		struct law_zones *zones;
		struct law law = {
			.ceremony = ceremony,
			.run = run,
			.head = ceremony->log.lines[run->first].json,
			.binary = binary,
			.differences = differences,
			.notes = notes,
		};

		if (!law_zones_new(ceremony, run, &zones)) {
			differences->failed = true;
			return;
		}
		law.zones = zones;
		for (size_t i = run->first; i < run->first + run->n; i++)
			judge_line(&law, i);
		law_zones_free(zones);
	}
}
