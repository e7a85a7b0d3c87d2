/*
 * A summary: what one server's logs and captures said, in a text that merges
 * with those of others, and that another program can read.  docs/readiness.md
 * has its form.
 */
#pragma once

#include <stdbool.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/readiness/counts.h"
#include "ksr/readiness/source.h"
#include "ksr/readiness/tally.h"

struct summary {
	char zone[DNAME_TEXT_MAX + 1]; /* canonical: "." */
	struct source_naming naming;
	struct counts counts;
	struct tally tally; /* owned */
	bool filled; /* something is in it: more must be of its kind */
};

/* Sorts the tally.  The same summary gives the same octets. */
void summary_write(struct summary *summary, struct buf *ret);

/*
 * Adds what a written summary holds.  Its zone and naming become this one's
 * where this one is not filled; else they must be the same.  E_INPUT with a
 * line number; what was added before the mistake stays.
 */
MUST_USE bool summary_read(
    struct summary *summary, struct bytes text, struct err *err);
