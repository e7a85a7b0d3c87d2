/*
 * A simulation as a drawing of its own: the KSKs' parts over time, and below
 * them each resolver with what it trusts.
 */
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/presentation.h"
#include "signer/foresight/simulating.h"
#include "signer/show/lanes.h"

enum {
	LEFT = 200, /* of the plot: row titles stand before it */
	PLOT = 1000,
};

struct drawing {
	struct lanes lanes;
	const struct simulating *simulating;
};

/* Of the zone: what a key is in a slot; "" if it is not there. */
static const char *
role_of(const struct timeline *timeline, const struct timeline_slot *slot,
    size_t key)
{
	const struct bundle *bundle = slot->bundle;

	for (size_t i = 0; i < bundle->n_keys; i++)
		if (dnskey_same_key(
			&bundle->keys[i], timeline->keys[key].key))
			return ksk_role(bundle, &bundle->keys[i]);
	return "";
}

static void
put_bar(struct drawing *drawing, const char *class, int64_t from,
    int64_t until, const char *word, const char *what)
{
	char begin[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];
	char title[256];

	time_format(from, begin);
	time_format(until, end);
	snprintf(title, sizeof(title), "%.120s, %s to %s", what, begin, end);
	lanes_bar(&drawing->lanes, class, from, until, word, title);
}

static void
put_role(struct drawing *drawing, const char *role, uint16_t tag,
    int64_t from, int64_t until)
{
	const char *class = lanes_class(role);
	const char *word = strcmp(role, "RS") == 0 ? "revoked, signs" : class;
	char what[64];

	if (class == NULL)
		return;
	snprintf(what, sizeof(what), "KSK %u: %s", tag, word);
	put_bar(drawing, class, from, until, word, what);
}

/* Slots in which the key has the same part are one bar. */
static void
put_key(struct drawing *drawing, size_t key)
{
	const struct timeline *timeline = &drawing->simulating->timeline;
	const struct timeline_key *k = &timeline->keys[key];
	const char *role = "", *next;
	int64_t from = 0;
	char title[ID_MAX + 32];

	snprintf(title, sizeof(title), "KSK %u %s", k->tag, k->key->identifier);
	lanes_row(&drawing->lanes, title);
	for (size_t i = 0; i < timeline->n_slots; i++) {
		next = role_of(timeline, &timeline->slots[i], key);
		if (strcmp(next, role) == 0)
			continue;
		put_role(drawing, role, k->tag, from, timeline->slots[i].from);
		role = next;
		from = timeline->slots[i].from;
	}
	put_role(drawing, role, k->tag, from, timeline_end(timeline));
}

static void
put_trust(struct drawing *drawing, enum rfc5011_state state,
    uint16_t tag, int64_t from, int64_t until)
{
	static const char *const classes[] = {
		[RFC5011_START] = NULL,
		[RFC5011_ADDPEND] = "published",
		[RFC5011_VALID] = "valid",
		[RFC5011_MISSING] = "overlap",
		[RFC5011_REVOKED] = "revoked",
		[RFC5011_REMOVED] = "zsk",
	};
	const char *word = rfc5011_state_text(state);
	char what[64];

	if (classes[state] == NULL)
		return;
	snprintf(what, sizeof(what), "%u is %s", tag, word);
	put_bar(drawing, classes[state], from, until, word, what);
}

static bool
is_anchor(const struct resolver *resolver, const uint8_t ds[DS_SHA256_SIZE])
{
	for (size_t i = 0; i < resolver->n_anchors; i++)
		if (memcmp(resolver->anchors[i], ds, DS_SHA256_SIZE) == 0)
			return true;
	return false;
}

static void
put_trust_row(
    struct drawing *drawing, const struct simulated *one, size_t key)
{
	const struct timeline *timeline = &drawing->simulating->timeline;
	const struct timeline_key *k = &timeline->keys[key];
	enum rfc5011_state state = is_anchor(&one->resolver, k->ds)
	    ? RFC5011_VALID
	    : RFC5011_START;
	int64_t from = one->resolver.start;
	char title[32];

	snprintf(title, sizeof(title), "trust in %u", k->tag);
	lanes_row(&drawing->lanes, title);
	for (size_t i = 0; i < one->run.n_events; i++) {
		const struct validator_event *event = &one->run.events[i];

		if (event->key != key)
			continue;
		put_trust(drawing, state, k->tag, from, event->at);
		state = event->to;
		from = event->at;
	}
	put_trust(drawing, state, k->tag, from, timeline_end(timeline));
}

/* "FAILS from 2027-10-11" */
static void
put_failure(struct drawing *drawing, int64_t from, int64_t until)
{
	char date[TIME_TEXT_SIZE], word[TIME_TEXT_SIZE + 16];

	time_format(from, date);
	date[sizeof("2027-10-11") - 1] = '\0';
	snprintf(word, sizeof(word), "FAILS from %s", date);
	put_bar(drawing, "fails", from, until, word,
	    "no signature by a key that it trusts");
}

/* Each failure, and from its end to the next. */
static void
put_failures(
    struct drawing *drawing, const struct simulated *one, int64_t end)
{
	for (size_t i = 0; i < one->run.n_failures; i++) {
		const struct validator_failure *f = &one->run.failures[i];
		bool last = i + 1 == one->run.n_failures;

		if (f->recovers)
			put_bar(drawing, "valid", f->recovers_at,
			    last ? end : f[1].at, "validates", "validates");
		put_failure(drawing, f->at, f->recovers ? f->recovers_at : end);
	}
}

/* While it is off nothing of the rest is so: that lies over it. */
static void
put_outcome(struct drawing *drawing, size_t index)
{
	const struct simulated *one =
	    &drawing->simulating->resolvers[index];
	const struct resolver *resolver = &one->resolver;
	int64_t end = timeline_end(&drawing->simulating->timeline);
	char title[NAME_MAX_LEN + 32];

	snprintf(title, sizeof(title), "%zu %s", index + 1, one->args.name);
	lanes_row(&drawing->lanes, title);
	put_bar(drawing, "valid", resolver->start,
	    one->run.n_failures == 0 ? end : one->run.failures[0].at,
	    "validates", "validates");
	put_failures(drawing, one, end);
	for (size_t i = 0; i < resolver->n_off; i++)
		put_bar(drawing, "fallback", resolver->off[i].from,
		    resolver->off[i].until, "off", "switched off");
}

/* When each response begins. */
static void
put_responses(struct drawing *drawing)
{
	const struct timeline *timeline = &drawing->simulating->timeline;

	for (size_t i = 0; i < timeline->n_slots; i++) {
		const struct timeline_slot *slot = &timeline->slots[i];
		char text[32];

		if (i > 0 && slot->part == slot[-1].part)
			continue;
		snprintf(text, sizeof(text), "SKR %zu", slot->part + 1);
		lanes_edge(&drawing->lanes, slot->from, text, slot->from);
	}
}

void
simulate_svg(const struct simulating *simulating, struct buf *ret)
{
	static const struct lanes_item legend[] = {
		{ "signs", "signs" },
		{ "published", "published; AddPend" },
		{ "valid", "validates; Valid" },
		{ "overlap", "Missing (trusted)" },
		{ "revoked", "revoked" },
		{ "zsk", "Removed" },
		{ "fails", "fails" },
		{ "fallback", "off" },
	};
	const struct timeline *timeline = &simulating->timeline;
	struct drawing drawing = { .simulating = simulating };
	char zone[DNAME_TEXT_MAX + 1], title[DNAME_TEXT_MAX + 64];

	dname_text(&timeline->owner, zone);
	snprintf(title, sizeof(title),
	    "Zone %s: its KSKs, and what resolvers make of them", zone);
	lanes_begin(&drawing.lanes, LEFT, PLOT, timeline_begin(timeline),
	    timeline_end(timeline), title, NULL);
	put_responses(&drawing);
	for (size_t i = 0; i < timeline->n_keys; i++)
		put_key(&drawing, i);
	for (size_t i = 0; i < simulating->n_resolvers; i++) {
		lanes_gap(&drawing.lanes);
		put_outcome(&drawing, i);
		for (size_t k = 0; k < timeline->n_keys; k++)
			put_trust_row(&drawing, &simulating->resolvers[i], k);
	}
	lanes_end(&drawing.lanes, legend, ARRAY_LEN(legend), ret);
	buf_u8(ret, '\n');
}
