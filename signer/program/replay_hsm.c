#include <string.h>

#include "ksr/base/text.h"
#include "signer/program/replay_steps.h"

bool
replay_hsm(struct rerun *rerun, const json_t *line, struct err *err)
{
	static const char *const facts[] = { "name", "module", "sha256",
		"token" };
	const json_t *hsms = json_object_get(rerun->head, "hsms"), *hsm;
	size_t i, same;

	(void)err;
	rerun->hsm = line;
	json_array_foreach(hsms, i, hsm)
	{
		same = 0;
		for (size_t k = 0; k < ARRAY_LEN(facts); k++)
			if (json_equal(json_object_get(hsm, facts[k]),
				json_object_get(line, facts[k])))
				same++;
		if (same == ARRAY_LEN(facts))
			return true;
	}
	differs(rerun,
	    "the HSM opened (%s, module %s) is not one of those that the run "
	    "began with",
	    fact_text(line, "name"), fact_text(line, "module"));
	return true;
}

/* Each file once, with a hash; by path, which is how they were written. */
static void
check_objects(struct rerun *rerun, const json_t *objects)
{
	const char *before = "";
	uint8_t digest[SHA256_SIZE];
	const json_t *object;
	size_t i;

	if (json_array_size(objects) == 0)
		differs(rerun, "no file of code is named");
	json_array_foreach(objects, i, object)
	{
		const char *path = fact_text(object, "path");

		if (path[0] != '/' || strcmp(before, path) >= 0)
			differs(rerun,
			    "the files of code are not in the order of their "
			    "paths at \"%s\"",
			    path);
		if (!hex_parse(fact_text(object, "sha256"), digest,
			sizeof(digest)))
			differs(rerun, "%s has no hash", path);
		before = path;
	}
}

static bool
holds_module(const json_t *objects, const char *sha256)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (strcmp(fact_text(object, "sha256"), sha256) == 0)
			return true;
	}
	return false;
}

/* The module that was hashed is among what was loaded. */
bool
replay_mapped(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *objects = json_object_get(line, "objects");

	(void)err;
	check_objects(rerun, objects);
	if (strcmp(rerun->before, "hsm") == 0 && rerun->hsm != NULL &&
	    !holds_module(objects, fact_text(rerun->hsm, "sha256")))
		differs(rerun,
		    "the module (SHA-256 %s) is not among the code in memory",
		    fact_text(rerun->hsm, "sha256"));
	if (rerun->config != NULL && !rerun->config->rehearsal &&
	    (json_array_size(json_object_get(line, "loader")) > 0 ||
		json_integer_value(
		    json_object_get(line, "further_variables")) != 0))
		differs(rerun,
		    "the environment holds more than is allowed outside a "
		    "rehearsal");
	return true;
}

/* Version 0.1.0 did not look at what was in memory. */
bool
replay_token(struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	if (fact_text(line, "serial")[0] == '\0')
		differs(rerun, "the token has no serial number");
	if (rerun->rules != RULES_0_1_0 &&
	    strcmp(rerun->before, "mapped") != 0)
		differs(rerun, "it is not said what code was in memory");
	return true;
}
