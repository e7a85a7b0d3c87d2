/*
 * What a run is given besides its arguments: the time of its decisions, the
 * configuration, the record that it appends to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/policy/rules.h"

struct config;
struct zones;
struct key_tests;
struct record;
struct published;

/* What every command is given; the clock was read once, in main. */
struct context {
	bool json;
	bool colour; /* stdout is a terminal that wants it */
	bool at_given;
	int64_t now;		     /* --at, or the clock */
	int64_t earliest_now;	     /* the release; 0 with --at */
	enum rules rules;	     /* what is judged by; RULES_TODAY but in replay */
	/*
	 * NULL unless the command needs one.  Of many zones the one that was
	 * chosen; before that what they inherit, which is none's (zones.h).
	 */
	const struct config *config;
	struct zones *zones; /* NULL: there are not many */
	const char *config_path;     /* of its file */
	const uint8_t *config_sha256; /* of its file */
	const uint8_t *wanted_sha256; /* of the document to be read; or NULL */
	bool no_links; /* documents reached by a symbolic link are refused */
	const char *format; /* that documents are read as; NULL: as they begin */
	struct record *record;	     /* NULL where none is kept */
	struct published *published; /* publishing.h */
	const char *record_dir;	     /* its folder, for those that only read */
	struct key_tests *key_tests; /* what this run knows of public keys */
};
