#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/presentation.h"
#include "signer/show/page_parts.h"
#include "signer/show/svg.h"

/* The drawing's own units; the page scales them. */
enum {
	WIDTH = 860,
	LEFT = 165, /* of the plot: row titles stand before it */
	PLOT = WIDTH - LEFT - 10,
	TOP = 46, /* below the slots' numbers and dates */
	GAP = 34,    /* between keys and validity */
	LEGEND = 34, /* below all */
	DATE_WIDTH = 66,
	TEXT_WIDTH = 64, /* of "overlap 11 d" */
	TAG_WIDTH = 54,
	TITLE_MAX = 23, /* characters before LEFT */
};

#define DAY_S INT64_C(86400)

/* More slots than this make more than one drawing: each fits a page. */
#define SLOTS_A_DRAWING 18
#define KEYS_MAX        (SLOTS_A_DRAWING * BUNDLE_KEYS_MAX)

struct drawing {
	struct svg svg;
	const struct ksr *ksr;
	size_t first, n; /* its slots */
	size_t n_keys;
	const struct dnskey *keys[KEYS_MAX]; /* distinct; ZSKs, then KSKs */
};

/*
 * A slot lasts until the next one begins.  Where the last one ends is the next
 * response's business: it is drawn as long as the one before it.
 */
static int64_t
slot_end(const struct ksr *ksr, size_t slot)
{
	const struct bundle *b = &ksr->bundles[slot];
	int64_t length;

	if (slot + 1 < ksr->n_bundles)
		return ksr->bundles[slot + 1].inception;
	if (slot == 0)
		return b->expiration;
	length = b->inception - ksr->bundles[slot - 1].inception;
	return length < b->expiration - b->inception ? b->inception + length
						     : b->expiration;
}

static bool
is_ksk(const struct dnskey *key)
{
	return (key->flags & DNSKEY_FLAG_SEP) != 0;
}

static void
add_key(struct drawing *drawing, const struct dnskey *key)
{
	for (size_t i = 0; i < drawing->n_keys; i++)
		if (dnskey_same_key(drawing->keys[i], key))
			return;
	if (drawing->n_keys < KEYS_MAX)
		drawing->keys[drawing->n_keys++] = key;
}

static void
collect_keys(struct drawing *drawing, bool ksks)
{
	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		const struct bundle *bundle = &drawing->ksr->bundles[i];

		for (size_t j = 0; j < bundle->n_keys; j++)
			if (is_ksk(&bundle->keys[j]) == ksks)
				add_key(drawing, &bundle->keys[j]);
	}
}

static void
set_scale(struct drawing *drawing)
{
	struct svg *svg = &drawing->svg;

	svg->begin = INT64_MAX;
	svg->end = INT64_MIN;
	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		const struct bundle *b = &drawing->ksr->bundles[i];

		if (b->inception < svg->begin)
			svg->begin = b->inception;
		if (b->expiration > svg->end)
			svg->end = b->expiration;
		if (slot_end(drawing->ksr, i) > svg->end)
			svg->end = slot_end(drawing->ksr, i);
	}
	if (svg->end <= svg->begin)
		svg->end = svg->begin + 1;
}

/* Slot edges over the whole height, with numbers and, where room is, dates. */
static void
put_edges(const struct drawing *drawing, int bottom)
{
	const struct svg *svg = &drawing->svg;
	int dated = LEFT - DATE_WIDTH;

	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		int64_t inception = drawing->ksr->bundles[i].inception;
		int64_t end = slot_end(drawing->ksr, i);
		int x = svg_x(svg, inception);
		int middle = (x + svg_x(svg, end)) / 2;
		char date[TIME_TEXT_SIZE];

		svg_line(svg, "edge", x, 18, x, bottom);
		svg_text(svg, "slot", middle, 12, html_number(i + 1).s);
		if (x - dated < DATE_WIDTH)
			continue;
		dated = x;
		time_format(inception, date);
		date[10] = '\0';
		svg_text(svg, "date", x + 3, 30, date);
	}
	svg_text(svg, "title", LEFT - 8, 12, "Slot");
}

/* "KSK 20326 Klajeyz", cut where the plot begins. */
static void
put_key_title(const struct drawing *drawing, const struct dnskey *key, int y)
{
	char text[ID_MAX + 32];

	if (is_ksk(key))
		snprintf(
		    text, sizeof(text), "KSK %u %s", key->tag, key->identifier);
	else
		snprintf(text, sizeof(text), "ZSK %u", key->tag);
	svg_row_title(&drawing->svg, y, text, TITLE_MAX);
}

static const char *
class_of(const struct dnskey *key, const char *role)
{
	if (!is_ksk(key))
		return "zsk";
	if (role[0] == 'R')
		return "revoked";
	return role[0] == 'S' ? "signs" : "published";
}

/* The key's cell in one slot: what it is there, as colour and as letter. */
static void
put_cell(
    const struct drawing *drawing, size_t slot, const struct dnskey *key, int y)
{
	const struct bundle *bundle = &drawing->ksr->bundles[slot];
	const char *role = is_ksk(key) ? ksk_role(bundle, key) : "";
	int from = svg_x(&drawing->svg, bundle->inception) + 1;
	int to = svg_x(&drawing->svg, slot_end(drawing->ksr, slot)) - 1;
	char text[64];

	snprintf(text, sizeof(text), "slot %zu: %s %u %s", slot + 1,
	    is_ksk(key) ? "KSK" : "ZSK", key->tag, role);
	svg_bar(&drawing->svg, class_of(key, role), from, to, y, text);
	/* Revocation gives the key another tag (RFC 5011 section 2.1). */
	if (role[0] == 'R' && to - from >= TAG_WIDTH)
		snprintf(text, sizeof(text), "%s %u", role, key->tag);
	else
		snprintf(text, sizeof(text), "%s", role);
	if (text[0] != '\0')
		svg_cell(&drawing->svg, from, to, y, text);
}

static void
put_keys(const struct drawing *drawing, int y)
{
	for (size_t k = 0; k < drawing->n_keys; k++, y += SVG_ROW) {
		put_key_title(drawing, drawing->keys[k], y);
		for (size_t i = drawing->first; i < drawing->first + drawing->n;
		     i++) {
			const struct bundle *b = &drawing->ksr->bundles[i];

			for (size_t j = 0; j < b->n_keys; j++)
				if (dnskey_same_key(
					&b->keys[j], drawing->keys[k]))
					put_cell(drawing, i, &b->keys[j], y);
		}
	}
}

/* "21 d", "14.9 d" */
static void
days_text(int64_t duration_s, char ret[32])
{
	if (duration_s % DAY_S == 0)
		snprintf(ret, 32, "%" PRId64 " d", duration_s / DAY_S);
	else
		snprintf(ret, 32, "%" PRId64 ".%" PRId64 " d",
		    duration_s / DAY_S, duration_s % DAY_S * 10 / DAY_S);
}

static void
put_labelled(const struct drawing *drawing, const char *class, const char *what,
    int64_t from, int64_t to, int y)
{
	const struct svg *svg = &drawing->svg;
	int left = svg_x(svg, from), right = svg_x(svg, to);
	char days[32], text[64];

	if (to <= from)
		return;
	days_text(to - from, days);
	snprintf(text, sizeof(text), "%s %s", what, days);
	svg_bar(svg, class, left, right, y, text);
	if (right - left >= TEXT_WIDTH)
		svg_cell(&drawing->svg, left, right, y, text);
}

/* One slot's signatures: how long they are valid, how far into the next. */
static void
put_validity(const struct drawing *drawing, size_t slot, int y)
{
	const struct bundle *b = &drawing->ksr->bundles[slot];
	int64_t next = slot + 1 < drawing->ksr->n_bundles
	    ? drawing->ksr->bundles[slot + 1].inception
	    : b->expiration;
	int64_t alone = next < b->expiration ? next : b->expiration;
	char title[32], days[32], text[64];
	const struct svg *svg = &drawing->svg;
	int left = svg_x(svg, b->inception), right = svg_x(svg, alone);

	snprintf(title, sizeof(title), "slot %zu", slot + 1);
	svg_row_title(svg, y, title, TITLE_MAX);
	days_text(b->expiration - b->inception, days);
	snprintf(text, sizeof(text), "valid %s", days);
	svg_bar(svg, "valid", left, svg_x(svg, b->expiration), y, text);
	if (right - left >= TEXT_WIDTH)
		svg_cell(&drawing->svg, left, right, y, text);
	put_labelled(drawing, "overlap", "overlap", alone, b->expiration, y);
	put_labelled(drawing, "hole", "gap", b->expiration, next, y);
}

static void
put_legend(const struct drawing *drawing, int y)
{
	static const struct svg_item items[] = {
		{ "zsk", "ZSK in the set", 126 },
		{ "published", "P: KSK published", 140 },
		{ "signs", "S: KSK signs", 114 },
		{ "revoked", "R: revoked, RS: and signs", 192 },
		{ "valid", "valid", 66 },
		{ "overlap", "valid, and the next slot's too", 0 },
	};

	svg_legend(&drawing->svg, items, ARRAY_LEN(items), 10, y);
}

static void
put_begin(const struct drawing *drawing, int height)
{
	const struct bundle *last =
	    &drawing->ksr->bundles[drawing->first + drawing->n - 1];

	HTML(drawing->svg.out,
	    "<figure><figcaption>Slots $ to $: each key's part, and how long "
	    "signatures are valid, from $ to $ UTC</figcaption>\n",
	    html_number(drawing->first + 1).s,
	    html_number(drawing->first + drawing->n).s,
	    html_time(drawing->svg.begin).s, html_time(last->expiration).s);
	svg_begin(&drawing->svg, WIDTH, height, "timeline");
}

static void
draw(struct drawing *drawing)
{
	int keys, validity, bottom;

	set_scale(drawing);
	collect_keys(drawing, false);
	collect_keys(drawing, true);
	keys = TOP;
	validity = keys + (int)drawing->n_keys * SVG_ROW + GAP;
	bottom = validity + (int)drawing->n * SVG_ROW;
	put_begin(drawing, bottom + LEGEND);
	put_edges(drawing, bottom);
	put_keys(drawing, keys);
	svg_text(&drawing->svg, "heading", LEFT + 3, validity - 8,
	    "Validity of each slot's signatures");
	for (size_t i = 0; i < drawing->n; i++)
		put_validity(
		    drawing, drawing->first + i, validity + (int)i * SVG_ROW);
	put_legend(drawing, bottom + LEGEND - SVG_BAR - 4);
	svg_end(&drawing->svg);
	buf_puts(drawing->svg.out, "</figure>\n");
}

void
page_timeline(struct page *page, const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i += SLOTS_A_DRAWING) {
		struct drawing drawing = {
			.svg = { .out = page->out, .left = LEFT, .width = PLOT },
			.ksr = ksr,
			.first = i,
			.n = ksr->n_bundles - i,
		};

		if (drawing.n > SLOTS_A_DRAWING)
			drawing.n = SLOTS_A_DRAWING;
		draw(&drawing);
	}
}
