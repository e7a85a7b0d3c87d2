/*
 * A command: one row of the table in commands.c, defined in its cmd_*.c.  The
 * same row feeds dispatch, option parsing, usage, --help, the manual and the
 * completion of shells.
 *
 * A command prints its results on stdout and returns false with an err that
 * main prints once; E_REFUSED becomes exit status 1, all others 2.
 */
#pragma once

#include "signer/line/args.h"

struct context;

/*
 * Whether a command writes to the ceremony record.  With --ceremony each does
 * that may, whatever comes of it.  Without it acts do, in ./ceremony, and what
 * only looks leaves no trace: docs/audit-log.md says where the line runs.
 */
enum recording {
	RECORD_NEVER,
	RECORD_READ,  /* only reads it; --ceremony says where it is */
	RECORD_ASKED, /* only with --ceremony */
	RECORD_ACT,
};

/*
 * Of which zone a command is, where the configuration has many.  One that it
 * gets with --zone is always that.
 */
enum command_zone {
	ZONE_NAMED, /* of the one that --zone names */
	ZONE_READ,  /* of the one whose documents it reads */
	ZONE_NONE,  /* of none in particular, or of all */
	ZONE_OWN,   /* what --zone names is its own affair */
};

/*
 * A first argument that chooses what a command does, and what that needs where
 * its row says otherwise.  Where a command has such, no other word may come
 * first, unless it says that others may.
 */
struct verb_row {
	const char *name; /* NULL ends the list */
	bool needs_config;
	enum recording recording;
	const char *files;  /* what comes behind it, as in a usage */
	const char *needed; /* an option that must be given; or NULL */
	enum command_zone zone;
};

struct command {
	/* A command of another program than anchorite says of which, and which
	 * options stand in the place of global_options; else NULL. */
	const char *program;
	const struct option_row *globals;
	const char *name;
	bool (*run)(const struct context *context, const struct args *args,
	    struct err *err);
	const char *usage;   /* arguments and options in one line */
	const char *summary; /* one line for the list of commands */
	const char *help;    /* paragraphs for --help */
	size_t min_files, max_files;
	const char *alone; /* an option that takes the files' place; or NULL */
	const char *needed[3]; /* options that must be given */
	bool needs_config;
	bool may_have_config; /* one is loaded where one is found */
	enum command_zone zone;
	const char *zone_unless; /* an option with which it is ZONE_NAMED */
	/*
	 * --at is what the command is asked about, not a clock pretended: it
	 * must be given, and not in rehearsals alone.
	 */
	bool asks_time;
	/* Begins what is no result on stdout, where that is data; or NULL. */
	const char *remark;
	enum recording recording;
	bool headless; /* prints no head: runs often, in front of witnesses */
	const struct verb_row *verbs; /* or NULL */
	bool other_verbs;	      /* further words may come first */
	const struct option_row *options;
};

extern const struct command cmd_init;
extern const struct command cmd_keygen;
extern const struct command cmd_inventory;
extern const struct command cmd_keydelete;
extern const struct command cmd_transport;
extern const struct command cmd_backup;
extern const struct command cmd_restore;
extern const struct command cmd_handover;
extern const struct command cmd_request;
extern const struct command cmd_check;
extern const struct command cmd_sign;
extern const struct command cmd_verify;
extern const struct command cmd_release;
extern const struct command cmd_simulate;
extern const struct command cmd_plan;
extern const struct command cmd_show;
extern const struct command cmd_convert;
extern const struct command cmd_hash;
extern const struct command cmd_register;
extern const struct command cmd_log;
extern const struct command cmd_replay;
extern const struct command cmd_report;
extern const struct command cmd_manifest;
extern const struct command cmd_selftest;
extern const struct command cmd_step;
extern const struct command cmd_trust_anchor;
extern const struct command cmd_parent;

extern const struct option_row global_options[];
