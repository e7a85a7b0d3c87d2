#include <stdint.h>

#include "signer/readiness/commands.h"

const char readiness_summary[] =
    "which keys of a rollover validators say they trust";

static const struct option_row globals[] = {
	{ "json", NULL, "results as JSON on stdout", false },
	{ "help", NULL, "this text; also -h", false },
	{ NULL, NULL, NULL, false },
};

#define LIMIT_OPTION \
	{ "limit", "ROWS", \
	    "at most so many rows in memory, of more a sample of the sources " \
	    "(default 1048576, some 100 MB)", \
	    false }

static const struct option_row read_options[] = {
	{ "zone", "ZONE", "the zone whose keys the signals are about (default the root)",
	    false },
	{ "prefix", "BITS,BITS",
	    "name sources by their prefix, bits of IPv4 and of IPv6, e.g. 24,48",
	    false },
	{ "hash-key", "FILE",
	    "name sources by HMAC-SHA256 of their address, with the secret that "
	    "this file holds, 16 octets or more",
	    false },
	{ "from", "DAY", "keep this day and later ones, e.g. 2017-09-01", false },
	{ "until", "DAY", "keep this day and earlier ones", false },
	LIMIT_OPTION,
	{ NULL, NULL, NULL, false },
};

static const struct option_row merge_options[] = {
	LIMIT_OPTION,
	{ NULL, NULL, NULL, false },
};

static const struct option_row show_options[] = {
	{ "old", "TAG", "the old key's tag, e.g. 19036", false },
	{ "new", "TAG", "the new key's tag, e.g. 20326", false },
	{ "compiled-in", "TAGS",
	    "a set such as 19036,1234 that software sends whatever it trusts: a "
	    "class of its own; for each such set once",
	    true },
	{ "from", "DAY", "look at this day and later ones", false },
	{ "until", "DAY", "look at this day and earlier ones", false },
	{ "svg", "FILE", "draw the shares over time; FILE is never overwritten",
	    false },
	LIMIT_OPTION,
	{ NULL, NULL, NULL, false },
};

const struct command readiness_commands[READINESS_COMMANDS] = {
	[READINESS_READ] = {
		.program = READINESS_PROGRAM,
		.globals = globals,
		.name = "read",
		.usage = "SUMMARY FILE...",
		.summary = "find the signals in logs and captures",
		.help =
"Reads query logs and telemetry logs of BIND, dnstap in frame streams, pcap\n"
"and pcapng, compressed by gzip or not, and writes which source said which\n"
"sets of key tags on which day (RFC 8145) to SUMMARY, a new file. FILE - is\n"
"standard input. What is malformed is counted and passed over; the counts are\n"
"printed, and stand in SUMMARY.",
		.min_files = 2,
		.max_files = SIZE_MAX,
		.options = read_options,
	},
	[READINESS_MERGE] = {
		.program = READINESS_PROGRAM,
		.globals = globals,
		.name = "merge",
		.usage = "SUMMARY SUMMARY...",
		.summary = "make one summary of many",
		.help =
"Writes the first SUMMARY, a new file, from all others. They must be of one\n"
"zone and name their sources alike. A source that several of them have is one.",
		.min_files = 2,
		.max_files = SIZE_MAX,
		.options = merge_options,
	},
	[READINESS_SHOW] = {
		.program = READINESS_PROGRAM,
		.globals = globals,
		.name = "show",
		.usage = "SUMMARY... --old TAG --new TAG",
		.summary = "tell how many sources trust which key",
		.help =
"Prints how many sources there are of each class, by the keys that they trust,\n"
"and kind, by how they come, and the shares of each day. Of a sample, +- is the\n"
"error that its figures have 95 times in 100; else it is 0. Several SUMMARY\n"
"count as if they were merged.",
		.min_files = 1,
		.max_files = SIZE_MAX,
		.needed = { "old", "new" },
		.options = show_options,
	},
};

static const struct command *const commands[] = {
	&readiness_commands[READINESS_READ],
	&readiness_commands[READINESS_MERGE],
	&readiness_commands[READINESS_SHOW],
};

const struct program readiness_program = {
	.name = READINESS_PROGRAM,
	.usage = "[--json] COMMAND ...",
	.n_commands = READINESS_COMMANDS,
	.commands = commands,
	.globals = globals,
	.exit_status = "Exit status: 0 done, 2 could not run.",
};
