/*
 * A simulation as a drawing of its own: the KSKs' parts over time, and below
 * them each resolver with what it trusts.
 */
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/presentation.h"
#include "signer/foresight/simulating.h"
#include "signer/show/svg.h"

enum {
	LEFT = 200, /* of the plot: row titles stand before it */
	PLOT = 1000,
	RIGHT = 20,
	TOP = 84, /* below name and dates */
	GAP = 14, /* between groups of rows */
	LEGEND = 34,
	TITLE_MAX = 27, /* characters before LEFT */
	CHARACTER = 7,	/* wide, at least, in a bar */
	DATE_WIDTH = 62,
};

struct drawing {
	struct svg svg;
	const struct simulating *simulating;
	int y; /* of the next row */
	int bottom;
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

/* A bar with its meaning, and with a word where that fits. */
static void
put_bar(const struct drawing *drawing, const char *class, int64_t from,
    int64_t until, const char *word, const char *what)
{
	const struct svg *svg = &drawing->svg;
	int left = svg_x(svg, from), right = svg_x(svg, until);
	char begin[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];
	char title[256];

	time_format(from, begin);
	time_format(until, end);
	snprintf(title, sizeof(title), "%.120s, %s to %s", what, begin, end);
	svg_bar(svg, class, left, right, drawing->y, title);
	if (right - left >= CHARACTER * ((int)strlen(word) + 1))
		svg_cell(svg, left, right, drawing->y, word);
}

static void
put_role(const struct drawing *drawing, const char *role, uint16_t tag,
    int64_t from, int64_t until)
{
	static const struct {
		const char *role, *class, *word;
	} rows[] = {
		{ "S", "signs", "signs" },
		{ "P", "published", "published" },
		{ "R", "revoked", "revoked" },
		{ "RS", "revoked", "revoked, signs" },
	};
	char what[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].role, role) != 0)
			continue;
		snprintf(what, sizeof(what), "KSK %u: %s", tag, rows[i].word);
		put_bar(drawing, rows[i].class, from, until, rows[i].word,
		    what);
	}
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
	svg_row_title(&drawing->svg, drawing->y, title, TITLE_MAX);
	for (size_t i = 0; i < timeline->n_slots; i++) {
		next = role_of(timeline, &timeline->slots[i], key);
		if (strcmp(next, role) == 0)
			continue;
		put_role(drawing, role, k->tag, from, timeline->slots[i].from);
		role = next;
		from = timeline->slots[i].from;
	}
	put_role(drawing, role, k->tag, from, timeline_end(timeline));
	drawing->y += SVG_ROW;
}

static void
put_trust(const struct drawing *drawing, enum rfc5011_state state,
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
	svg_row_title(&drawing->svg, drawing->y, title, TITLE_MAX);
	for (size_t i = 0; i < one->run.n_events; i++) {
		const struct validator_event *event = &one->run.events[i];

		if (event->key != key)
			continue;
		put_trust(drawing, state, k->tag, from, event->at);
		state = event->to;
		from = event->at;
	}
	put_trust(drawing, state, k->tag, from, timeline_end(timeline));
	drawing->y += SVG_ROW;
}

/* "FAILS from 2027-10-11", or less where there is less room. */
static void
put_failure(const struct drawing *drawing, int64_t from, int64_t until)
{
	const struct svg *svg = &drawing->svg;
	char word[TIME_TEXT_SIZE + 16] = "FAILS from ";
	size_t len = strlen(word);

	time_format(from, word + len);
	word[len + sizeof("2027-10-11") - 1] = '\0';
	if (svg_x(svg, until) - svg_x(svg, from) <
	    CHARACTER * ((int)strlen(word) + 1))
		word[sizeof("FAILS") - 1] = '\0';
	put_bar(drawing, "fails", from, until, word,
	    "no signature by a key that it trusts");
}

/* Each failure, and from its end to the next. */
static void
put_failures(
    const struct drawing *drawing, const struct simulated *one, int64_t end)
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
	svg_row_title(&drawing->svg, drawing->y, title, TITLE_MAX);
	put_bar(drawing, "valid", resolver->start,
	    one->run.n_failures == 0 ? end : one->run.failures[0].at,
	    "validates", "validates");
	put_failures(drawing, one, end);
	for (size_t i = 0; i < resolver->n_off; i++)
		put_bar(drawing, "fallback", resolver->off[i].from,
		    resolver->off[i].until, "off", "switched off");
	drawing->y += SVG_ROW;
}

/* When each response begins; a date that has no room is left out. */
static void
put_edges(const struct drawing *drawing)
{
	const struct timeline *timeline = &drawing->simulating->timeline;
	int free_from = 0;

	for (size_t i = 0; i < timeline->n_slots; i++) {
		const struct timeline_slot *slot = &timeline->slots[i];
		int x = svg_x(&drawing->svg, slot->from);
		char date[TIME_TEXT_SIZE], number[32];

		if (i > 0 && slot->part == slot[-1].part)
			continue;
		svg_line(&drawing->svg, "edge", x, TOP - 34, x,
		    drawing->bottom);
		if (x < free_from)
			continue;
		time_format(slot->from, date);
		date[sizeof("2018-01-01") - 1] = '\0';
		snprintf(number, sizeof(number), "SKR %zu", slot->part + 1);
		svg_text(&drawing->svg, "heading", x + 4, TOP - 24, number);
		svg_text(&drawing->svg, "date", x + 4, TOP - 10, date);
		free_from = x + DATE_WIDTH;
	}
}

static void
put_legend(const struct drawing *drawing)
{
	static const struct svg_item items[] = {
		{ "signs", "signs", 70 },
		{ "published", "published; AddPend", 150 },
		{ "valid", "validates; Valid", 130 },
		{ "overlap", "Missing (trusted)", 140 },
		{ "revoked", "revoked", 90 },
		{ "zsk", "Removed", 90 },
		{ "fails", "fails", 70 },
		{ "fallback", "off", 60 },
	};

	svg_legend(&drawing->svg, items, ARRAY_LEN(items), LEFT, drawing->y);
}

static int
height_of(const struct simulating *simulating)
{
	size_t keys = simulating->timeline.n_keys;
	size_t resolvers = simulating->n_resolvers;

	return TOP + (int)(keys + resolvers * (1 + keys)) * SVG_ROW +
	    (int)(1 + resolvers) * GAP;
}

void
simulate_svg(const struct simulating *simulating, struct buf *ret)
{
	const struct timeline *timeline = &simulating->timeline;
	struct drawing drawing = {
		.svg = { ret, LEFT, PLOT, timeline_begin(timeline),
		    timeline_end(timeline) },
		.simulating = simulating,
		.y = TOP,
		.bottom = height_of(simulating) - GAP,
	};
	char zone[DNAME_TEXT_MAX + 1], title[DNAME_TEXT_MAX + 64];

	dname_text(&timeline->owner, zone);
	snprintf(title, sizeof(title), "Zone %s: its KSKs, and what resolvers make of them",
	    zone);
	svg_document_begin(&drawing.svg, LEFT + PLOT + RIGHT,
	    height_of(simulating) + LEGEND, title);
	svg_text(&drawing.svg, "name", 10, 28, title);
	put_edges(&drawing);
	for (size_t i = 0; i < timeline->n_keys; i++)
		put_key(&drawing, i);
	for (size_t i = 0; i < simulating->n_resolvers; i++) {
		drawing.y += GAP;
		put_outcome(&drawing, i);
		for (size_t k = 0; k < timeline->n_keys; k++)
			put_trust_row(&drawing, &simulating->resolvers[i], k);
	}
	drawing.y += GAP;
	put_legend(&drawing);
	svg_end(&drawing.svg);
	buf_u8(ret, '\n');
}
