/*
 * Laws of what a run was asked for: a name that somebody gave is among the
 * run's arguments.  Sources: docs/audit-log.md "Events" (`run`, `input`,
 * `asked`, `step`), and each command's usage.
 */
#include <string.h>

#include "signer/record/laws_parts.h"

static const char *
argument(const struct law *law, size_t k)
{
	const char *text = json_string_value(
	    json_array_get(json_object_get(law->head, "arguments"), k));

	return text == NULL ? "" : text;
}

static size_t
n_arguments(const struct law *law)
{
	return json_array_size(json_object_get(law->head, "arguments"));
}

/* What stands behind "--option=" in the word; NULL: it is another. */
static const char *
joined_value(const char *word, const char *option)
{
	size_t len = strlen(option);

	return strncmp(word, "--", 2) == 0 &&
		strncmp(word + 2, option, len) == 0 && word[2 + len] == '='
	    ? word + 3 + len
	    : NULL;
}

static bool
is_option(const char *word, const char *option)
{
	return strncmp(word, "--", 2) == 0 && strcmp(word + 2, option) == 0;
}

const char *
law_option(const struct law *law, const char *option)
{
	for (size_t k = 0; k < n_arguments(law); k++) {
		const char *value = joined_value(argument(law, k), option);

		if (value != NULL)
			return value;
		if (is_option(argument(law, k), option) &&
		    k + 1 < n_arguments(law))
			return argument(law, k + 1);
	}
	return NULL;
}

bool
law_flag(const struct law *law, const char *flag)
{
	for (size_t k = 0; k < n_arguments(law); k++)
		if (is_option(argument(law, k), flag))
			return true;
	return false;
}

/* The word's value where it is "--option=VALUE" or "-oVALUE". */
static const char *
value_of(const char *word)
{
	const char *equal = strchr(word, '=');

	if (strncmp(word, "--", 2) == 0 && equal != NULL)
		return equal + 1;
	return strncmp(word, "-o", 2) == 0 ? word + 2 : word;
}

bool
law_has_word(const struct law *law, const char *word)
{
	for (size_t k = 0; k < n_arguments(law); k++)
		if (strcmp(argument(law, k), word) == 0 ||
		    strcmp(value_of(argument(law, k)), word) == 0)
			return true;
	return false;
}

enum given {
	GIVEN_WORD,     /* as it stands */
	GIVEN_TIMED,    /* FILE@TIME, too */
	GIVEN_FOLDER,   /* the folder that it is in */
	GIVEN_ANCHOR,   /* anchor-file=FILE of a resolver */
	GIVEN_PREVIOUS, /* by --previous-skr, or configured */
	GIVEN_OR_CONFIGURED,
};

static bool
begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool
has_anchor_file(const char *word, const char *path)
{
	static const char key[] = "anchor-file=";
	size_t len = strlen(path);

	for (const char *at = strstr(word, key); at != NULL;
	     at = strstr(at + 1, key)) {
		const char *value = at + strlen(key);

		if (strncmp(value, path, len) == 0 &&
		    (value[len] == '\0' || value[len] == ','))
			return true;
	}
	return false;
}

static bool
is_given(const struct law *law, const char *path, enum given given)
{
	const char *previous = law_option(law, "previous-skr");

	if ((given == GIVEN_PREVIOUS || given == GIVEN_OR_CONFIGURED) &&
	    law_is_listed(law, path))
		return true;
	if (given == GIVEN_PREVIOUS)
		return previous != NULL ? strcmp(path, previous) == 0
					: law_is_configured(law, path);
	if (given == GIVEN_OR_CONFIGURED)
		return law_has_word(law, path) || law_is_configured(law, path);
	/* "-" is standard input, which need not be named. */
	if (given == GIVEN_WORD)
		return strcmp(path, "-") == 0 || law_has_word(law, path);
	for (size_t k = 0; k < n_arguments(law); k++) {
		const char *word = argument(law, k);

		if ((given == GIVEN_TIMED && begins(word, path) &&
			(word[strlen(path)] == '\0' ||
			    word[strlen(path)] == '@')) ||
		    (given == GIVEN_FOLDER && word[0] != '\0' &&
			begins(path, word) && word[0] != '-') ||
		    (given == GIVEN_ANCHOR && has_anchor_file(word, path)))
			return true;
	}
	return false;
}

/* A file was read or written because somebody named it. */
static void
path_is_given(const struct law *law, size_t i, const json_t *line)
{
	static const struct {
		const char *step;
		enum given given;
	} rows[] = {
		{ "input request", GIVEN_OR_CONFIGURED },
		{ "input signing manifest", GIVEN_WORD },
		{ "input response", GIVEN_TIMED },
		{ "input previous response", GIVEN_PREVIOUS },
		{ "input document", GIVEN_WORD },
		{ "input file", GIVEN_WORD },
		{ "input plan", GIVEN_WORD },
		{ "input script", GIVEN_WORD },
		{ "input script values", GIVEN_WORD },
		{ "input register to adopt", GIVEN_WORD },
		{ "input archive", GIVEN_FOLDER },
		{ "input trust anchors", GIVEN_ANCHOR },
		{ "input recipient", GIVEN_WORD },
		{ "input trust anchor", GIVEN_WORD },
		{ "input parent's DS", GIVEN_WORD },
		{ "parent compared", GIVEN_WORD },
		{ "input trust anchor signature", GIVEN_WORD },
		{ "input certificate", GIVEN_WORD },
		{ "input CA certificate", GIVEN_WORD },
		{ "signing anchors", GIVEN_WORD },
		{ "anchors verified", GIVEN_WORD },
		{ "backup", GIVEN_WORD },
		{ "backed up", GIVEN_WORD },
		{ "anchors compared", GIVEN_WORD },
		{ "handed over", GIVEN_WORD },
		{ "output transport key", GIVEN_WORD },
		{ "output components", GIVEN_WORD },
		{ "output request", GIVEN_WORD },
		{ "output certificate request", GIVEN_WORD },
		{ "output manifest", GIVEN_WORD },
		{ "output records", GIVEN_WORD },
		{ "output drawing", GIVEN_WORD },
		{ "output trust anchor", GIVEN_WORD },
		{ "output records for the parent", GIVEN_WORD },
		{ "output trust anchor signature", GIVEN_WORD },
		{ "output plan drawing", GIVEN_WORD },
	};
	const char *path = fact_text(line, "path");
	char step[STEP_TEXT_SIZE];

	step_text(line, step);
	for (size_t k = 0; k < ARRAY_LEN(rows); k++)
		if (strcmp(rows[k].step, step) == 0 &&
		    !is_given(law, path, rows[k].given))
			law_broken(law, i,
			    "%s: the run's arguments do not "
			    "name %.300s",
			    step, path);
}

/* A manifest is published where a file was named, and compared as asked. */
static void
manifest_is_given(const struct law *law, size_t i, const json_t *line)
{
	const char *other = law_option(law, "compare");

	if (!law_is(law->head, "command", "manifest"))
		return;
	if (law_is(line, "event", "published") && law_count_files(law) < 2)
		law_broken(law, i,
		    "a manifest was published, and the "
		    "arguments name no file for it");
	if (law_is(line, "role", "manifest") &&
	    law_is(line, "event", "input") &&
	    (other == NULL || !law_is(line, "path", other)))
		law_broken(law, i,
		    "the manifest compared is not that of "
		    "--compare");
}

/* --config names the configuration, where it is there. */
static void
configuration_is_given(const struct law *law, size_t i, const json_t *line)
{
	const json_t *facts = json_object_get(line, "configuration");
	const char *given = law_option(law, "config");

	if (facts != NULL && given != NULL && !law_is(facts, "path", given))
		law_broken(law, i, "the configuration is not that of --config");
}

/* Of hash and manifest: what is no option, nor an option's value, is a file. */
static bool
takes_value(const char *word)
{
	return is_option(word, "config") || is_option(word, "ceremony") ||
	    is_option(word, "at") || is_option(word, "compare");
}

/* The next such file from argument *k on; NULL: no more. */
static const char *
next_file(const struct law *law, size_t *k, bool *only_files)
{
	while (*k < n_arguments(law)) {
		const char *word = argument(law, (*k)++);

		if (*only_files || strcmp(word, "-") == 0 || word[0] != '-')
			return word;
		*only_files = strcmp(word, "--") == 0;
		if (takes_value(word))
			(*k)++;
	}
	return NULL;
}

size_t
law_count_files(const struct law *law)
{
	bool only_files = false;
	size_t k = 0, n = 0;

	while (next_file(law, &k, &only_files) != NULL)
		n++;
	return n;
}

/* Every file that was to be hashed is on record, in its turn. */
static void
all_are_hashed(const struct law *law, size_t i, const json_t *line)
{
	bool only_files = false;
	const char *file;
	size_t k = 0;

	if (!law_is(law->head, "command", "hash"))
		return;
	for (size_t l = law->run->first; l < i; l++) {
		const json_t *seen = law_line(law, l);

		if (!law_is(seen, "event", "hashed") &&
		    !law_is(seen, "role", "file"))
			continue;
		file = next_file(law, &k, &only_files);
		if (!law_is(seen, "path", file == NULL ? "-" : file))
			law_broken(law, l,
			    "%.300s was not the next file to be "
			    "hashed",
			    fact_text(seen, "path"));
	}
	file = next_file(law, &k, &only_files);
	if (file != NULL &&
	    json_integer_value(json_object_get(line, "status")) == 0)
		law_broken(law, i, "%.300s was to be hashed", file);
}

/* sign: where its response goes, and whether anybody was to be asked. */
static void
asked_is_given(const struct law *law, size_t i, const json_t *line)
{
	static const char *const places[] = { "response", "folder" };
	bool batch = json_is_true(json_object_get(line, "batch"));

	for (size_t k = 0; k < ARRAY_LEN(places); k++)
		if (json_object_get(line, places[k]) != NULL &&
		    !is_given(law, fact_text(line, places[k]),
			GIVEN_OR_CONFIGURED))
			law_broken(law, i,
			    "the run's arguments do not name "
			    "the %s \"%.300s\"",
			    places[k], fact_text(line, places[k]));
	if (batch != law_flag(law, "batch"))
		law_broken(law, i,
		    "it was %sasked for in batch, the arguments "
		    "have it otherwise",
		    batch ? "" : "not ");
}

static size_t
count_option(const struct law *law, const char *option)
{
	size_t n = 0;

	for (size_t k = 0; k < n_arguments(law); k++)
		if (is_option(argument(law, k), option) ||
		    joined_value(argument(law, k), option) != NULL)
			n++;
	return n;
}

/* Each override was asked for, with its reason. */
static void
overrides_are_given(const struct law *law, size_t i, const json_t *line)
{
	const json_t *list = json_object_get(line, "overrides"), *item;
	size_t k;

	if (json_array_size(list) != count_option(law, "override"))
		law_broken(law, i,
		    "the arguments have another number of "
		    "overrides");
	json_array_foreach(list, k, item)
	{
		if (!law_has_word(law, fact_text(item, "id")) ||
		    !law_has_word(law, fact_text(item, "reason")))
			law_broken(law, i,
			    "the arguments have no override "
			    "%.60s with the reason \"%.300s\"",
			    fact_text(item, "id"), fact_text(item, "reason"));
	}
}

/* restore: the key that was to unwrap. */
static void
transport_is_given(const struct law *law, size_t i, const json_t *line)
{
	const json_t *key = json_object_get(line, "key");
	const char *given = law_option(law, "transport-key");

	if (given == NULL || !law_is(key, "key_identifier", given))
		law_broken(law, i,
		    "the run's arguments do not name the transport key "
		    "\"%.300s\"",
		    fact_text(key, "key_identifier"));
}

/* Keys that are made, deleted or copied: the one that was named. */
static void
label_is_given(const struct law *law, size_t i, const json_t *line)
{
	const json_t *key = json_object_get(line, "key");
	const char *label = key == NULL ? fact_text(line, "label")
					: fact_text(key, "key_identifier");
	const char *given = law_option(law, "label");

	if (given != NULL && strcmp(label, given) != 0)
		law_broken(law, i,
		    "the key is \"%.300s\", the arguments say "
		    "\"%.300s\"",
		    label, given);
}

/*
 * A key that keygen makes is of the algorithm that was named, if one was; those
 * of a request may be of others that the configuration counts.
 */
static void
algorithm_is_given(const struct law *law, size_t i, const json_t *line)
{
	const char *algorithm = fact_text(line, "algorithm");

	const char *given = law_option(law, "algorithm");

	if (law_is(law->head, "command", "keygen") && given != NULL &&
	    strcmp(given, algorithm) != 0)
		law_broken(law, i,
		    "the run's arguments do not name the "
		    "algorithm \"%.40s\"",
		    algorithm);
}

/* log sign: the signature's file and the key that makes it. */
static void
seal_is_given(const struct law *law, size_t i, const json_t *line)
{
	const json_t *key = json_object_get(line, "key");

	if (!law_has_word(law, fact_text(line, "path")) ||
	    !law_has_word(law, fact_text(key, "key_identifier")))
		law_broken(law, i,
		    "the run's arguments do not name the "
		    "signature or its key");
}

static bool
is_step_word(const struct law *law, const json_t *line)
{
	static const char *const facts[] = { "step", "number", "title",
		"initials", "role", "text", "expected", "happened", "decided" };

	for (size_t k = 0; k < ARRAY_LEN(facts); k++)
		if (json_object_get(line, facts[k]) != NULL &&
		    !law_has_word(law, fact_text(line, facts[k])))
			return false;
	return true;
}

/* A script is of the kind that its file is called. */
static bool
is_kind_of_script(const struct law *law, const json_t *line)
{
	const char *script = law_option(law, "script");

	return json_object_get(line, "kind") == NULL ||
	    (script != NULL && strstr(script, fact_text(line, "kind")) != NULL);
}

/* A step says what its arguments say, no more and no less. */
static void
step_is_given(const struct law *law, size_t i, const json_t *line)
{
	static const char *const told[] = { "number", "title", "initials",
		"role", "text", "expected", "happened", "decided" };
	const json_t *answers = json_object_get(line, "answers"), *item;
	size_t k, n = json_array_size(answers);
	bool same = is_step_word(law, line) && is_kind_of_script(law, line) &&
	    n == count_option(law, "prompt") &&
	    n == count_option(law, "answer");

	for (k = 0; k < ARRAY_LEN(told); k++) {
		const char *given = law_option(law, told[k]);

		if (given != NULL && !law_is(line, told[k], given))
			same = false;
	}
	json_array_foreach(answers, k, item)
	{
		if (!law_has_word(law, fact_text(item, "prompt")) ||
		    !law_has_word(law, fact_text(item, "answer")))
			same = false;
	}
	if (!same)
		law_broken(law, i,
		    "the step is not as the run's arguments "
		    "tell it");
}

const struct law_row laws_of_arguments[] = {
	{ "run", configuration_is_given },
	{ "input", path_is_given },
	{ "output", path_is_given },
	{ "backup", path_is_given },
	{ "backed up", path_is_given },
	{ "anchors compared", path_is_given },
	{ "anchors verified", path_is_given },
	{ "parent compared", path_is_given },
	{ "signing anchors", path_is_given },
	{ "anchor key", label_is_given },
	{ "handed over", path_is_given },
	{ "input", manifest_is_given },
	{ "published", manifest_is_given },
	{ "end", all_are_hashed },
	{ "asked", asked_is_given },
	{ "asked", overrides_are_given },
	{ "generating", label_is_given },
	{ "generating", algorithm_is_given },
	{ "key to delete", label_is_given },
	{ "key to back up", label_is_given },
	{ "key to hand over", label_is_given },
	{ "transport key", transport_is_given },
	{ "signing record", seal_is_given },
	{ "step", step_is_given },
	{ NULL, NULL },
};
