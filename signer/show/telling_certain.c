#include <stdio.h>
#include <string.h>

#include "signer/show/telling.h"

/* What is certain after this line of the run's only file. */
static const char *
certain_after(const json_t *line, const char *step)
{
	const struct telling *row = telling_of(line);
	const struct certain *certain = row == NULL ? NULL : row->certain;

	for (; certain != NULL && certain->text != NULL; certain++)
		if (certain->step == NULL || strcmp(certain->step, step) == 0)
			return certain->text;
	return "no token had been opened, nothing was signed";
}

/* Of several responses some were published and others were not. */
static bool
is_half_published(const struct ceremony *ceremony, const struct run *run)
{
	size_t due = 0, published = 0;

	for (size_t i = run->first; i < run->first + run->n; i++) {
		const json_t *line = ceremony->log.lines[i].json;

		if (strcmp(fact_text(line, "event"), "published") == 0)
			published++;
		if (json_is_array(json_object_get(line, "responses")))
			due =
			    json_array_size(json_object_get(line, "responses"));
	}
	return published > 0 && published < due;
}

const char *
run_interrupted(const struct ceremony *ceremony, const struct run *run,
    char ret_step[STEP_TEXT_SIZE])
{
	const json_t *last = NULL;

	for (size_t i = run->first; i < run->first + run->n; i++)
		if (ceremony->log.lines[i].json != NULL)
			last = ceremony->log.lines[i].json;
	snprintf(ret_step, STEP_TEXT_SIZE, "run");
	if (last != NULL)
		step_text(last, ret_step);
	if (is_half_published(ceremony, run))
		return "of the run's responses some were published, and one "
		       "may or may not have got its name; the same command "
		       "again publishes the rest";
	if (fact_text(last, "zone")[0] != '\0')
		return "it was one of several zones: those that are published "
		       "are done, and the same command again signs the rest";
	return certain_after(last, ret_step);
}
