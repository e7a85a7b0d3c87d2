/*
 * The commands of anchorite-readiness as rows: for its main, and for the page of
 * the manual that is written from them.
 */
#pragma once

#include "signer/line/program.h"

enum readiness_command {
	READINESS_READ,
	READINESS_MERGE,
	READINESS_SHOW,
	READINESS_COMMANDS,
};

extern const struct command readiness_commands[READINESS_COMMANDS];

#define READINESS_PROGRAM "anchorite-readiness"

extern const struct program readiness_program;
extern const char readiness_summary[];

/* What each command does: its files are behind the command's name. */
bool readiness_read(const struct args *args, struct err *err);
bool readiness_merge(const struct args *args, struct err *err);
bool readiness_show(const struct args *args, struct err *err);
