#include <stdlib.h>
#include <string.h>

#include "signer/show/zones_told.h"

bool
is_of_zone(const json_t *line)
{
	return fact_text(line, "zone")[0] != '\0';
}

static void
take_file(struct zone_told *zone, const json_t *line)
{
	const char *role = fact_text(line, "role");

	if (strcmp(role, "request") == 0)
		zone->request = fact_text(line, "sha256");
	else if (strcmp(role, "response") == 0 ||
	    strcmp(role, "response in place") == 0)
		zone->response = fact_text(line, "sha256");
}

static void
take_line(struct zone_told *zone, const json_t *line)
{
	const char *event = fact_text(line, "event");

	if (strcmp(event, "input") == 0 || strcmp(event, "output") == 0)
		take_file(zone, line);
	else if (strcmp(event, "asked") == 0)
		zone->schema = fact_text(line, "schema");
	else if (strcmp(event, "signed") == 0)
		zone->signatures =
		    json_array_size(json_object_get(line, "signatures"));
	else if (strcmp(event, "published") == 0)
		zone->published = true;
	else if (strcmp(event, "not signed") == 0)
		zone->why = fact_text(line, "message");
	if (json_is_true(json_object_get(line, "in_place")))
		zone->in_place = true;
}

/* That of the line, at the end if it is new. */
static struct zone_told *
zone_of(struct zones_told *zones, json_t *indexes, const json_t *line, size_t i)
{
	const char *name = fact_text(line, "zone");
	const json_t *known = json_object_get(indexes, name);

	if (known != NULL)
		return &zones->list[json_integer_value(known)];
	json_object_set_new(
	    indexes, name, json_integer((json_int_t)zones->n));
	zones->list[zones->n] = (struct zone_told){ .zone = name,
		.first = i,
		.request = "",
		.response = "",
		.schema = "" };
	return &zones->list[zones->n++];
}

bool
zones_told_of(const struct ceremony *ceremony, const struct run *run,
    struct zones_told *ret)
{
	struct zones_told zones = { 0 };
	json_t *indexes = json_object();

	zones.list = calloc(run->n + 1, sizeof(*zones.list));
	if (zones.list == NULL || indexes == NULL) {
		json_decref(indexes);
		free(zones.list);
		return false;
	}
	for (size_t i = run->first; i < run->first + run->n; i++) {
		const json_t *line = ceremony->log.lines[i].json;

		if (is_of_zone(line))
			take_line(zone_of(&zones, indexes, line, i), line);
	}
	json_decref(indexes);
	*ret = zones;
	return true;
}

void
zones_told_free(struct zones_told *zones)
{
	free(zones->list);
	*zones = (struct zones_told){ 0 };
}

const char *
zone_outcome(const struct zone_told *zone)
{
	if (zone->why != NULL)
		return "NOT SIGNED";
	if (zone->published)
		return zone->in_place ? "published, signed before" : "signed";
	return zone->in_place ? "signed before" : "not finished";
}
