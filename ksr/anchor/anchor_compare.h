/*
 * Anchors that somebody publishes, against those that are declared.  Pure.
 */
#pragma once

#include "ksr/anchor/trust_anchor.h"

enum anchor_verdict {
	ANCHOR_SAME,
	ANCHOR_ENDED,    /* declared, valid no more, and not there */
	ANCHOR_MISSING,  /* declared, and not there */
	ANCHOR_UNKNOWN,  /* there, and not declared */
	ANCHOR_DIGEST,   /* of the declared key's tag or id, another digest */
	ANCHOR_VALIDITY, /* the same key, valid at other times */
};

/* "same", "other digest" ... */
const char *anchor_verdict_text(enum anchor_verdict verdict);

/* Whether it lets the file pass. */
bool anchor_verdict_passes(enum anchor_verdict verdict);

struct anchor_comparison {
	enum anchor_verdict verdict;
	const struct trust_anchor
	    *declared;                    /* borrowed; NULL: ANCHOR_UNKNOWN */
	const struct trust_anchor *found; /* borrowed; NULL: not there */
};

struct anchor_comparisons {
	size_t n, n_wrong;
	struct anchor_comparison list[2 * TRUST_ANCHORS_MAX];
};

/*
 * A row for each declared anchor, then one for each that is found beyond them;
 * times is false where what was found has no validity.  E_REFUSED if they are
 * of two zones.
 */
MUST_USE bool anchors_compare(const struct trust_anchors *declared,
    const struct trust_anchors *found, int64_t now, bool times,
    struct anchor_comparisons *ret, struct err *err);
