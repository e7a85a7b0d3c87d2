#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/presentation.h"
#include "signer/show/lanes.h"
#include "signer/show/page_parts.h"

enum {
	LEFT = 165, /* of the plot: row titles stand before it */
	PLOT = 685, /* the page scales it */
};

#define DAY_S INT64_C(86400)

/* More slots than this make more than one drawing: each fits a page. */
#define SLOTS_A_DRAWING 18
#define KEYS_MAX        (SLOTS_A_DRAWING * BUNDLE_KEYS_MAX)

struct drawing {
	struct lanes lanes;
	int64_t begin, end;
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
put_slots(struct drawing *drawing)
{
	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		int64_t inception = drawing->ksr->bundles[i].inception;
		char text[32];

		snprintf(text, sizeof(text), "Slot %zu", i + 1);
		lanes_edge(&drawing->lanes, inception, text, inception);
	}
}

/* The key's cell in one slot: what it is there, as colour and as letter. */
static void
put_cell(struct drawing *drawing, size_t slot, const struct dnskey *key)
{
	const struct bundle *bundle = &drawing->ksr->bundles[slot];
	const char *role = is_ksk(key) ? ksk_role(bundle, key) : "";
	char title[64], word[16];

	snprintf(title, sizeof(title), "slot %zu: %s %u %s", slot + 1,
	    is_ksk(key) ? "KSK" : "ZSK", key->tag, role);
	/* Revocation gives the key another tag (RFC 5011 section 2.1). */
	snprintf(word, sizeof(word), "%s %u", role, key->tag);
	lanes_bar(&drawing->lanes, is_ksk(key) ? lanes_class(role) : "zsk",
	    bundle->inception, slot_end(drawing->ksr, slot),
	    role[0] == 'R' ? word : role, title);
}

static void
put_key(struct drawing *drawing, const struct dnskey *key)
{
	char title[ID_MAX + 32];

	if (is_ksk(key))
		snprintf(title, sizeof(title), "KSK %u %s", key->tag,
		    key->identifier);
	else
		snprintf(title, sizeof(title), "ZSK %u", key->tag);
	lanes_row(&drawing->lanes, title);
	for (size_t i = drawing->first; i < drawing->first + drawing->n; i++) {
		const struct bundle *b = &drawing->ksr->bundles[i];

		for (size_t j = 0; j < b->n_keys; j++)
			if (dnskey_same_key(&b->keys[j], key))
				put_cell(drawing, i, &b->keys[j]);
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

/* "overlap 11 d", which begins at from and ends at until. */
static void
put_days(struct drawing *drawing, const char *class, const char *what,
    int64_t days_s, int64_t from, int64_t until)
{
	char days[32], text[64];

	days_text(days_s, days);
	snprintf(text, sizeof(text), "%s %s", what, days);
	lanes_bar(&drawing->lanes, class, from, until, text, text);
}

/* One slot's signatures: how long they are valid, how far into the next. */
static void
put_validity(struct drawing *drawing, size_t slot)
{
	const struct bundle *b = &drawing->ksr->bundles[slot];
	int64_t next = slot + 1 < drawing->ksr->n_bundles
	    ? drawing->ksr->bundles[slot + 1].inception
	    : b->expiration;
	int64_t alone = next < b->expiration ? next : b->expiration;
	char title[32];

	snprintf(title, sizeof(title), "slot %zu", slot + 1);
	lanes_row(&drawing->lanes, title);
	put_days(drawing, "valid", "valid", b->expiration - b->inception,
	    b->inception, alone);
	put_days(drawing, "overlap", "overlap", b->expiration - alone, alone,
	    b->expiration);
	put_days(drawing, "hole", "gap", next - b->expiration, b->expiration,
	    next);
}

static void
put_caption(struct buf *out, const struct drawing *drawing)
{
	size_t end = drawing->first + drawing->n;

	HTML(out,
	    "<figure><figcaption>Slots $ to $: each key's part, and how long "
	    "signatures are valid, from $ to $ UTC</figcaption>\n",
	    html_number(drawing->first + 1).s, html_number(end).s,
	    html_time(drawing->begin).s,
	    html_time(drawing->ksr->bundles[end - 1].expiration).s);
}

static void
draw(struct drawing *drawing, struct buf *out)
{
	static const struct lanes_item legend[] = {
		{ "zsk", "ZSK in the set" },
		{ "published", "P: KSK published" },
		{ "signs", "S: KSK signs" },
		{ "revoked", "R: revoked, RS: and signs" },
		{ "valid", "valid" },
		{ "overlap", "valid, and the next slot's too" },
	};
	struct lanes *lanes = &drawing->lanes;

	set_scale(drawing);
	collect_keys(drawing, false);
	collect_keys(drawing, true);
	put_caption(out, drawing);
	lanes_begin(
	    lanes, LEFT, PLOT, drawing->begin, drawing->end, NULL, NULL);
	put_slots(drawing);
	for (size_t k = 0; k < drawing->n_keys; k++)
		put_key(drawing, drawing->keys[k]);
	lanes_gap(lanes);
	lanes_line(lanes, "");
	lanes_note(lanes, "heading", drawing->begin, drawing->end,
	    "Validity of each slot's signatures");
	for (size_t i = 0; i < drawing->n; i++)
		put_validity(drawing, drawing->first + i);
	lanes_end(lanes, legend, ARRAY_LEN(legend), out);
	buf_puts(out, "</figure>\n");
}

void
page_timeline(struct page *page, const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i += SLOTS_A_DRAWING) {
		struct drawing drawing = {
			.ksr = ksr,
			.first = i,
			.n = ksr->n_bundles - i,
		};

		if (drawing.n > SLOTS_A_DRAWING)
			drawing.n = SLOTS_A_DRAWING;
		draw(&drawing, page->out);
	}
}
