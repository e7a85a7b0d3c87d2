/*
 * Laws of runs that sign for several zones: each line says of which it is, the
 * confirmation is of the manifest that names them, and what is said not to be
 * signed is not.  Sources: docs/audit-log.md "Events", docs/formats.md "A
 * manifest of requests".
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/base/limits.h"
#include "signer/record/laws_parts.h"

#define MANIFEST_STEP "input signing manifest"

struct law_zones {
	size_t *zone, *none; /* of each line, the one before: index plus 1 */
	struct buf manifest;
};

/* The index plus 1 of the zone's last line so far is its value. */
static size_t
swap_last(json_t *last, const char *zone, size_t number)
{
	json_int_t was = json_integer_value(json_object_get(last, zone));

	json_object_set_new(last, zone, json_integer((json_int_t)number));
	return (size_t)was;
}

static void
chain_lines_of(const struct ceremony *ceremony, const struct run *run,
    json_t *last, struct law_zones *zones)
{
	size_t none = 0;

	for (size_t i = 0; i < run->n; i++) {
		size_t k = run->first + i;
		const char *zone =
		    fact_text(ceremony->log.lines[k].json, "zone");

		zones->none[i] = none;
		if (zone[0] == '\0')
			none = k + 1;
		else
			zones->zone[i] = swap_last(last, zone, k + 1);
	}
}

static void
read_manifest(const struct ceremony *ceremony, const struct run *run,
    struct law_zones *zones)
{
	char step[STEP_TEXT_SIZE];
	struct err ignored;

	for (size_t i = 0; i < run->n && zones->manifest.len == 0; i++) {
		const json_t *line =
		    ceremony->log.lines[run->first + i].json;

		if (line == NULL)
			continue;
		step_text(line, step);
		/* What cannot be read is a difference by itself. */
		if (strcmp(step, MANIFEST_STEP) == 0 &&
		    !stored_read(ceremony, line, &zones->manifest, &ignored))
			return;
	}
}

bool
law_zones_new(const struct ceremony *ceremony, const struct run *run,
    struct law_zones **ret)
{
	struct law_zones *zones = calloc(1, sizeof(*zones));
	json_t *last = json_object();
	bool ok = zones != NULL && last != NULL;

	if (ok) {
		zones->manifest = buf_new(KSR_FILE_MAX);
		zones->zone = calloc(run->n + 1, sizeof(*zones->zone));
		zones->none = calloc(run->n + 1, sizeof(*zones->none));
		ok = zones->zone != NULL && zones->none != NULL;
	}
	if (ok) {
		chain_lines_of(ceremony, run, last, zones);
		read_manifest(ceremony, run, zones);
		*ret = zones;
	} else {
		law_zones_free(zones);
	}
	json_decref(last);
	return ok;
}

void
law_zones_free(struct law_zones *zones)
{
	if (zones == NULL)
		return;
	buf_free(&zones->manifest);
	free(zones->zone);
	free(zones->none);
	free(zones);
}

struct law_walk
law_walk_before(const struct law *law, size_t i)
{
	bool of_zone = fact_text(law_line(law, i), "zone")[0] != '\0';
	size_t k = i - law->run->first;

	/* A line of no zone looks back at all of them. */
	return of_zone
	    ? (struct law_walk){ law->zones->zone[k], law->zones->none[k] }
	    : (struct law_walk){ i > law->run->first ? i : 0, SIZE_MAX };
}

bool
law_walk_next(const struct law *law, struct law_walk *walk, size_t *ret)
{
	size_t first = law->run->first;
	size_t *from = walk->none != SIZE_MAX && walk->none > walk->zone
	    ? &walk->none
	    : &walk->zone;
	size_t k = *from - 1;

	if (*from == 0)
		return false;
	*ret = k;
	if (walk->none == SIZE_MAX)
		walk->zone = k > first ? k : 0;
	else
		*from = from == &walk->none ? law->zones->none[k - first]
					    : law->zones->zone[k - first];
	return true;
}

/* --- The manifest. */

/* What the path has behind the folder, and that the manifest has. */
static bool
is_behind(const struct law *law, const char *path, const char *folder,
    size_t len)
{
	const struct buf *manifest = &law->zones->manifest;
	const char *rest;

	if (strncmp(path, folder, len) != 0)
		return false;
	rest = path + len;
	rest += len > 0 && rest[0] == '/' && folder[len - 1] != '/';
	return rest[0] != '\0' && manifest->len > 0 &&
	    memmem(manifest->data, manifest->len, rest, strlen(rest)) != NULL;
}

bool
law_is_listed(const struct law *law, const char *path)
{
	const char *manifest = law_option(law, "manifest");
	const char *slash;
	const json_t *word;
	size_t k;

	if (manifest == NULL || law->zones->manifest.len == 0)
		return false;
	slash = strrchr(manifest, '/');
	if (is_behind(law, path, manifest,
		slash == NULL ? 0 : (size_t)(slash - manifest) + 1))
		return true;
	json_array_foreach(json_object_get(law->head, "arguments"), k, word)
	{
		const char *folder = json_string_value(word);

		if (folder != NULL && folder[0] != '\0' &&
		    is_behind(law, path, folder, strlen(folder)))
			return true;
	}
	return false;
}

/* --- The laws. */

static void
zone_is_of_a_manifest(const struct law *law, size_t i, const json_t *line)
{
	if (json_object_get(line, "zone") != NULL &&
	    law_option(law, "manifest") == NULL)
		law_broken(law, i,
		    "the line is of zone %.255s, and the run had no manifest",
		    fact_text(line, "zone"));
}

/* Whoever said Yes said it to the manifest's own hash. */
static void
manifest_is_confirmed(const struct law *law, size_t i, const json_t *line)
{
	const json_t *prompt = law_last(law, i, "prompt");
	bool asked = !law_is(law_last(law, i, "answer"), "by", "batch");
	const char *hash = "";

	if (law_option(law, "manifest") == NULL)
		return;
	for (size_t k = law->run->first; k < i && hash[0] == '\0'; k++)
		if (law_is(law_line(law, k), "role", "signing manifest"))
			hash = fact_text(law_line(law, k), "sha256");
	if (hash[0] == '\0' ||
	    (asked && strstr(fact_text(prompt, "text"), hash) == NULL))
		law_broken(law, i,
		    "signing without a Yes to the manifest's SHA-256");
	if (json_object_get(line, "zone") == NULL)
		law_broken(law, i, "it is not said for which zone");
}

/* It says why, once; nothing is done for the zone, and the run says so too. */
static void
not_signed_is_so(const struct law *law, size_t i, const json_t *line)
{
	json_int_t status = json_integer_value(json_object_get(line, "status"));
	const char *zone = fact_text(line, "zone");

	if ((status != 1 && status != 2) ||
	    fact_text(line, "message")[0] == '\0' || zone[0] == '\0')
		law_broken(law, i, "it is not said what was not signed, or why");
	for (size_t k = i + 1; k < law->run->first + law->run->n; k++)
		if (law_is(law_line(law, k), "zone", zone) && zone[0] != '\0')
			law_broken(law, k,
			    "zone %.255s goes on, which was not signed", zone);
	if (law->run->ended && law->run->status == 0)
		law_broken(law, i,
		    "the run claims success, but zone %.255s was not signed",
		    zone);
}

const struct law_row laws_of_zones[] = {
	{ NULL, zone_is_of_a_manifest },
	{ "signing", manifest_is_confirmed },
	{ "not signed", not_signed_is_so },
	{ NULL, NULL },
};
