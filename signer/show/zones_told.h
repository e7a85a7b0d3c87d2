/*
 * What a run did for each of several zones, in a line a zone: the record has
 * all of it, and nobody reads a page for each of a thousand.
 */
#pragma once

#include "signer/record/ceremony.h"

struct zone_told {
	const char *zone; /* all texts are the record's */
	size_t first;	  /* index of its first line */
	const char *request, *response; /* SHA-256; "": none was read, stored */
	const char *schema;
	const char *why; /* it was not signed; or NULL */
	size_t signatures;
	bool in_place, published;
};

struct zones_told {
	size_t n;
	struct zone_told *list; /* owned; in the order of their first lines */
};

/* False for want of memory; a run that names no zone has none. */
MUST_USE bool zones_told_of(const struct ceremony *ceremony,
    const struct run *run, struct zones_told *ret);
void zones_told_free(struct zones_told *zones);

/* "signed", "signed before", "NOT SIGNED" or "not finished". */
const char *zone_outcome(const struct zone_told *zone);

/* Whether the line is of one of several zones. */
bool is_of_zone(const json_t *line);
