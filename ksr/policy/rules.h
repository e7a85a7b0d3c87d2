/*
 * Versions of the rules.  A row of a table of rules says which version of the
 * program brought it and, once it is changed or dropped, which version did
 * that; it stays for the records of its day, which are judged by the rules that
 * their program had.
 */
#pragma once

#include <stdbool.h>

#include "ksr/base/err.h"

/* In order; each is a version of the program that changed a rule. */
enum rules {
	RULES_TODAY = 0, /* for who judges now: the newest */
	RULES_0_1_0,
	RULES_0_2_0,
	RULES_END
};
#define RULES_NEWEST ((enum rules)(RULES_END - 1))

/* "0.2.0" */
const char *rules_text(enum rules rules);

/*
 * The rules that the program of that version, "0.1.3", has: the newest that are
 * not newer than it.  False if it is no version or older than all of them.
 */
MUST_USE bool rules_of_version(const char *version, enum rules *ret);
