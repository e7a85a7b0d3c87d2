#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/presentation.h"
#include "ksr/rrset.h"
#include "signer/report_parts.h"

/* The drawing's own units; the page scales them. */
enum {
	WIDTH = 860,
	LEFT = 165, /* of the plot: row titles stand before it */
	PLOT = WIDTH - LEFT - 10,
	TOP = 46, /* below the slots' numbers and dates */
	ROW = 22,
	BAR = 16,
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
	struct buf *out;
	const struct ksr *ksr;
	size_t first, n; /* its slots */
	int64_t begin, end;
	size_t n_keys;
	const struct dnskey *keys[KEYS_MAX]; /* distinct; ZSKs, then KSKs */
};

static int
x_of(const struct drawing *drawing, int64_t time)
{
	if (time < drawing->begin)
		time = drawing->begin;
	if (time > drawing->end)
		time = drawing->end;
	return LEFT +
	    (int)((time - drawing->begin) * PLOT /
		(drawing->end - drawing->begin));
}

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
	drawing->begin = INT64_MAX;
	drawing->end = INT64_MIN;
	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		const struct bundle *b = &drawing->ksr->bundles[i];

		if (b->inception < drawing->begin)
			drawing->begin = b->inception;
		if (b->expiration > drawing->end)
			drawing->end = b->expiration;
		if (slot_end(drawing->ksr, i) > drawing->end)
			drawing->end = slot_end(drawing->ksr, i);
	}
	if (drawing->end <= drawing->begin)
		drawing->end = drawing->begin + 1;
}

static void
put_text(const struct drawing *drawing, const char *class, int x, int y,
    const char *text)
{
	buf_printf(
	    drawing->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	html_text(drawing->out, text);
	buf_puts(drawing->out, "</text>\n");
}

/* Nothing where to is not after from. */
static void
put_bar(const struct drawing *drawing, const char *class, int from, int to,
    int y, const char *title)
{
	if (to <= from)
		return;
	buf_printf(drawing->out,
	    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"%d\"><title>",
	    class, from, y, to - from, BAR);
	html_text(drawing->out, title);
	buf_puts(drawing->out, "</title></rect>\n");
}

/* Slot edges over the whole height, with numbers and, where room is, dates. */
static void
put_edges(const struct drawing *drawing, int bottom)
{
	int dated = LEFT - DATE_WIDTH;

	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		int64_t inception = drawing->ksr->bundles[i].inception;
		int64_t end = slot_end(drawing->ksr, i);
		int x = x_of(drawing, inception);
		int middle = (x + x_of(drawing, end)) / 2;
		char date[TIME_TEXT_SIZE];

		buf_printf(drawing->out,
		    "<line class=\"edge\" x1=\"%d\" y1=\"18\" x2=\"%d\" "
		    "y2=\"%d\"/>\n",
		    x, x, bottom);
		put_text(drawing, "slot", middle, 12, html_number(i + 1).s);
		if (x - dated < DATE_WIDTH)
			continue;
		dated = x;
		time_format(inception, date);
		date[10] = '\0';
		put_text(drawing, "date", x + 3, 30, date);
	}
	put_text(drawing, "title", LEFT - 8, 12, "Slot");
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
	if (strlen(text) > TITLE_MAX)
		memcpy(text + TITLE_MAX - 3, "...", sizeof("..."));
	put_text(drawing, "title", LEFT - 8, y + BAR - 4, text);
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
	int from = x_of(drawing, bundle->inception) + 1;
	int to = x_of(drawing, slot_end(drawing->ksr, slot)) - 1;
	char text[64];

	snprintf(text, sizeof(text), "slot %zu: %s %u %s", slot + 1,
	    is_ksk(key) ? "KSK" : "ZSK", key->tag, role);
	put_bar(drawing, class_of(key, role), from, to, y, text);
	/* Revocation gives the key another tag (RFC 5011 section 2.1). */
	if (role[0] == 'R' && to - from >= TAG_WIDTH)
		snprintf(text, sizeof(text), "%s %u", role, key->tag);
	else
		snprintf(text, sizeof(text), "%s", role);
	if (text[0] != '\0')
		put_text(drawing, "cell", (from + to) / 2, y + BAR - 4, text);
}

static void
put_keys(const struct drawing *drawing, int y)
{
	for (size_t k = 0; k < drawing->n_keys; k++, y += ROW) {
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
	int left = x_of(drawing, from), right = x_of(drawing, to);
	char days[32], text[64];

	if (to <= from)
		return;
	days_text(to - from, days);
	snprintf(text, sizeof(text), "%s %s", what, days);
	put_bar(drawing, class, left, right, y, text);
	if (right - left >= TEXT_WIDTH)
		put_text(
		    drawing, "cell", (left + right) / 2, y + BAR - 4, text);
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
	int left = x_of(drawing, b->inception), right = x_of(drawing, alone);

	snprintf(title, sizeof(title), "slot %zu", slot + 1);
	put_text(drawing, "title", LEFT - 8, y + BAR - 4, title);
	days_text(b->expiration - b->inception, days);
	snprintf(text, sizeof(text), "valid %s", days);
	put_bar(drawing, "valid", left, x_of(drawing, b->expiration), y, text);
	if (right - left >= TEXT_WIDTH)
		put_text(
		    drawing, "cell", (left + right) / 2, y + BAR - 4, text);
	put_labelled(drawing, "overlap", "overlap", alone, b->expiration, y);
	put_labelled(drawing, "hole", "gap", b->expiration, next, y);
}

static void
put_legend(const struct drawing *drawing, int y)
{
	static const struct {
		const char *class;
		const char *text;
		int width;
	} items[] = {
		{ "zsk", "ZSK in the set", 126 },
		{ "published", "P: KSK published", 140 },
		{ "signs", "S: KSK signs", 114 },
		{ "revoked", "R: revoked, RS: and signs", 192 },
		{ "valid", "valid", 66 },
		{ "overlap", "valid, and the next slot's too", 0 },
	};
	int x = 10;

	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		put_bar(drawing, items[i].class, x, x + BAR, y, items[i].text);
		put_text(
		    drawing, "legend", x + BAR + 5, y + BAR - 4, items[i].text);
		x += items[i].width;
	}
}

static void
put_begin(const struct drawing *drawing, int height)
{
	const struct bundle *last =
	    &drawing->ksr->bundles[drawing->first + drawing->n - 1];

	HTML(drawing->out,
	    "<figure><figcaption>Slots $ to $: each key's part, and how long "
	    "signatures are valid, from $ to $ UTC</figcaption>\n",
	    html_number(drawing->first + 1).s,
	    html_number(drawing->first + drawing->n).s,
	    html_time(drawing->begin).s, html_time(last->expiration).s);
	buf_printf(drawing->out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
	    "aria-label=\"timeline\" viewBox=\"0 0 %d %d\">\n",
	    WIDTH, height);
}

static void
draw(struct drawing *drawing)
{
	int keys, validity, bottom;

	set_scale(drawing);
	collect_keys(drawing, false);
	collect_keys(drawing, true);
	keys = TOP;
	validity = keys + (int)drawing->n_keys * ROW + GAP;
	bottom = validity + (int)drawing->n * ROW;
	put_begin(drawing, bottom + LEGEND);
	put_edges(drawing, bottom);
	put_keys(drawing, keys);
	put_text(drawing, "heading", LEFT + 3, validity - 8,
	    "Validity of each slot's signatures");
	for (size_t i = 0; i < drawing->n; i++)
		put_validity(
		    drawing, drawing->first + i, validity + (int)i * ROW);
	put_legend(drawing, bottom + LEGEND - BAR - 4);
	buf_puts(drawing->out, "</svg></figure>\n");
}

void
page_timeline(struct page *page, const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i += SLOTS_A_DRAWING) {
		struct drawing drawing = { .out = page->out,
			.ksr = ksr,
			.first = i,
			.n = ksr->n_bundles - i };

		if (drawing.n > SLOTS_A_DRAWING)
			drawing.n = SLOTS_A_DRAWING;
		draw(&drawing);
	}
}
