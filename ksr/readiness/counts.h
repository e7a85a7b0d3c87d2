/*
 * What was read, and what of it was skipped and why: all input is hostile, and
 * whatever is wrong with it ends here.  The names stand in summaries and on the
 * screen; docs/readiness.md explains each.
 */
#pragma once

#include <stdint.h>

enum count {
	COUNT_FILES,
	COUNT_READ, /* lines, packets, frames */
	COUNT_QUERIES,
	COUNT_SIGNALS_NAME,
	COUNT_SIGNALS_MINIMISED,
	COUNT_SIGNALS_EDNS,
	COUNT_UDP4,
	COUNT_UDP6,
	COUNT_TCP4,
	COUNT_TCP6,
	COUNT_TRANSPORT_UNKNOWN, /* a log that does not say */
	SKIP_FIRST,
	SKIP_FILE = SKIP_FIRST,
	SKIP_GZIP,
	SKIP_CAPTURE,
	SKIP_LONG_LINE,
	SKIP_LINE,
	SKIP_TIME,
	SKIP_DAY,
	SKIP_FRAME,
	SKIP_LINK,
	SKIP_CUT,
	SKIP_IP,
	SKIP_FRAGMENT,
	SKIP_TCP_GAP,
	SKIP_TCP_LONG,
	SKIP_MESSAGE,
	SKIP_NAME,
	SKIP_TYPE,
	SKIP_OPTION,
	SKIP_SETS,
	SKIP_ROWS,
	COUNTS,
};

struct count_row {
	const char *name; /* as a summary has it */
	const char *meaning;
};

extern const struct count_row count_rows[COUNTS];

struct counts {
	uint64_t n[COUNTS];
};

/* Sums that stop at the largest number. */
void counts_add(struct counts *counts, const struct counts *more);
