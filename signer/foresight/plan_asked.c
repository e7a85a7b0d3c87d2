#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/foresight/plan_asked.h"

_Static_assert(PLAN_RESPONSES_MAX <= ASKED_MAX, "all of a plan's responses fit");
_Static_assert(PLAN_QUARTER_NAME_SIZE <= ASKED_STEP_SIZE, "so does a name");

static bool
path_in(const char *folder, const char *file, char **ret, struct err *err)
{
	size_t size = strlen(folder) + 1 + strlen(file) + 1;

	if (strchr(file, '/') != NULL)
		return err_set(err, E_INPUT,
		    "%s: the zone's name cannot be part of a file name", file);
	*ret = malloc(size);
	if (*ret == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	snprintf(*ret, size, "%s/%s", folder, file);
	return true;
}

bool
asked_of_plan(const struct plan *plan, const struct plan_due *due,
    const struct ksr *request, const char *zone, const char *folder,
    struct asked *ret, struct err *err)
{
	const struct plan_quarter *step = &plan->quarters[due->step];
	/* A step that comes later than planned has that quarter's name. */
	struct plan_quarter named = *step;
	struct asked asked = { .folder = folder };
	char file[PLAN_FILE_NAME_SIZE];

	plan_quarter_name(plan, due->cycle, named.name);
	snprintf(asked.quarter, sizeof(asked.quarter), "%s", named.name);
	snprintf(asked.step, sizeof(asked.step), "%s", step->name);
	asked.other_active = due->other_active;
	for (size_t i = 0; i < step->n_responses; i++) {
		const struct plan_response *response = &step->responses[i];
		struct asked_response *due_here = &asked.responses[asked.n];

		if (plan_request_of(step, i) != due->request ||
		    (i > 0 && !plan_due_allows(plan, due, i)))
			continue;
		due_here->name = response->name;
		due_here->schema = &response->schema;
		due_here->planned = i == 0;
		/* The other fallbacks' requests are declared as such. */
		due_here->alternative = i == due->request ? NULL : response->name;
		plan_file_name(&named, i, zone, ksr_suffix(request), file);
		if (!path_in(folder, file, &due_here->path, err)) {
			asked_clear(&asked);
			return false;
		}
		asked.n++;
	}
	*ret = asked;
	return true;
}
