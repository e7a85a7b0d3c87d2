#include <string.h>

#include "ksr/anchor/anchor_compare.h"

static const struct {
	const char *text;
	bool passes;
} verdicts[] = {
	[ANCHOR_SAME] = { "same", true },
	[ANCHOR_ENDED] = { "ended, and not there", true },
	[ANCHOR_MISSING] = { "missing", false },
	[ANCHOR_UNKNOWN] = { "unknown", false },
	[ANCHOR_DIGEST] = { "other digest", false },
	[ANCHOR_VALIDITY] = { "validity differs", false },
};

const char *
anchor_verdict_text(enum anchor_verdict verdict)
{
	return verdicts[verdict].text;
}

bool
anchor_verdict_passes(enum anchor_verdict verdict)
{
	return verdicts[verdict].passes;
}

static bool
same_validity(const struct trust_anchor *a, const struct trust_anchor *b)
{
	return a->valid_from == b->valid_from &&
	    a->has_valid_until == b->has_valid_until &&
	    (!a->has_valid_until || a->valid_until == b->valid_until);
}

/* Which of the others is the same key, or else bears its name or its tag. */
static bool
find(const char *zone, const struct trust_anchor *anchor,
    const struct trust_anchors *others, const bool *taken, bool *ret_same,
    size_t *ret, struct err *err)
{
	*ret = others->n;
	*ret_same = false;
	for (size_t i = 0; i < others->n && !*ret_same; i++) {
		const struct trust_anchor *other = &others->list[i];

		if (taken[i])
			continue;
		if (!trust_anchor_same(zone, anchor, other, ret_same, err))
			return false;
		if (*ret_same ||
		    (*ret == others->n &&
			(strcmp(other->id, anchor->id) == 0 ||
			    (other->tag == anchor->tag &&
				other->algorithm == anchor->algorithm))))
			*ret = i;
	}
	return true;
}

static void
add(struct anchor_comparisons *ret, enum anchor_verdict verdict,
    const struct trust_anchor *declared, const struct trust_anchor *found)
{
	ret->list[ret->n++] =
	    (struct anchor_comparison){ verdict, declared, found };
	ret->n_wrong += !anchor_verdict_passes(verdict);
}

static enum anchor_verdict
verdict_of(const struct trust_anchor *declared,
    const struct trust_anchor *found, bool same, bool times, int64_t now)
{
	bool ended = declared->has_valid_until && declared->valid_until <= now;

	if (found == NULL)
		return ended ? ANCHOR_ENDED : ANCHOR_MISSING;
	if (!same)
		return ANCHOR_DIGEST;
	return times && !same_validity(declared, found) ? ANCHOR_VALIDITY
							: ANCHOR_SAME;
}

bool
anchors_compare(const struct trust_anchors *declared,
    const struct trust_anchors *found, int64_t now, bool times,
    struct anchor_comparisons *ret, struct err *err)
{
	bool taken[TRUST_ANCHORS_MAX] = { false };
	bool same;
	size_t at;

	ret->n = ret->n_wrong = 0;
	if (!same_domain(declared->zone, found->zone))
		return err_set(err, E_REFUSED,
		    "is of the zone %.100s: expected %.100s", found->zone,
		    declared->zone);
	for (size_t i = 0; i < declared->n; i++) {
		const struct trust_anchor *anchor = &declared->list[i];

		if (!find(
			declared->zone, anchor, found, taken, &same, &at, err))
			return false;
		if (at < found->n)
			taken[at] = true;
		add(ret,
		    verdict_of(anchor, at < found->n ? &found->list[at] : NULL,
			same, times, now),
		    anchor, at < found->n ? &found->list[at] : NULL);
	}
	for (size_t i = 0; i < found->n; i++)
		if (!taken[i])
			add(ret, ANCHOR_UNKNOWN, NULL, &found->list[i]);
	return true;
}
