#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/show/lanes.h"

#define DRAWING_MAX (64u * 1024 * 1024)

enum {
	MARGIN = 10,
	UNDER_NAME = 34, /* where edges begin */
	UNDER_NOTE = 52,
	NAME_Y = 28, /* baselines */
	NOTE_Y = 46,
	BASELINE = 12, /* of a text, below the top of its line or bar */
	LINE = 15,     /* high, as are an edge's heading and date */
	ROW = 22,      /* high, LEAD of it above the bar */
	LEAD = 4,
	GAP = 14,
	BESIDE = 4,    /* between an edge and its text */
	TITLE_GAP = 8, /* between a row's title and the plot */
	LETTER = 6,    /* wide, on the average of a text */
	TITLE_LETTER = 7,
	HEADING_LETTER = 8,
	NAME_LETTER = 11,
	ITEM = SVG_BAR + 5, /* of the legend: a bar, then its text */
	ITEM_GAP = 20,
	CUT_MAX = 255,
};

static int
top_of(const struct lanes *lanes)
{
	if (lanes->name == NULL)
		return 0;
	return lanes->note == NULL ? UNDER_NAME : UNDER_NOTE;
}

void
lanes_begin(struct lanes *lanes, int left, int width, int64_t begin,
    int64_t end, const char *name, const char *note)
{
	*lanes = (struct lanes){
		.svg = { &lanes->rows, left, width, begin, end },
		.rows = buf_new(DRAWING_MAX),
		.edges = buf_new(DRAWING_MAX),
		.name = name,
		.note = note,
	};
	lanes->next = top_of(lanes) + 2 * LINE;
}

/* The text if it has room behind the one before it. */
static void
put_label(struct lanes *lanes, int line, const char *class, int letter, int x,
    const char *text)
{
	if (x < lanes->free_from[line])
		return;
	lanes->free_from[line] = x + letter * (int)strlen(text);
	svg_text(&lanes->svg, class, x, top_of(lanes) + line * LINE + BASELINE,
	    text);
}

void
lanes_edge(struct lanes *lanes, int64_t at, const char *heading, int64_t time)
{
	int x = svg_x(&lanes->svg, at);
	char date[TIME_TEXT_SIZE];

	buf_put(&lanes->edges, &x, sizeof(x));
	if (heading == NULL)
		return;
	time_format(time, date);
	date[sizeof("2027-01-01") - 1] = '\0';
	put_label(lanes, 0, "heading", HEADING_LETTER, x + BESIDE, heading);
	put_label(lanes, 1, "date", LETTER, x + BESIDE, date);
}

/* What has more characters than that ends in dots. */
static void
put_cut(const struct svg *svg, const char *class, int x, int y,
    const char *text, int max)
{
	int len = (int)strlen(text);
	char cut[CUT_MAX + 1];

	if (max > CUT_MAX)
		max = CUT_MAX;
	snprintf(cut, sizeof(cut), "%.*s%s", len > max ? max - 3 : len, text,
	    len > max ? "..." : "");
	if (max > 3)
		svg_text(svg, class, x, y, cut);
}

static void
next_row(struct lanes *lanes, const char *title, int lead, int height)
{
	int end = lanes->svg.left - TITLE_GAP;

	lanes->y = lanes->next + lead;
	lanes->next += height;
	if (title[0] != '\0')
		put_cut(&lanes->svg, "title", end, lanes->y + BASELINE, title,
		    end / TITLE_LETTER);
}

void
lanes_gap(struct lanes *lanes)
{
	lanes->next += GAP;
}

void
lanes_row(struct lanes *lanes, const char *title)
{
	next_row(lanes, title, LEAD, ROW);
}

void
lanes_line(struct lanes *lanes, const char *title)
{
	next_row(lanes, title, 0, LINE);
}

void
lanes_note(struct lanes *lanes, const char *class, int64_t from, int64_t until,
    const char *text)
{
	int x = svg_x(&lanes->svg, from);

	put_cut(&lanes->svg, class, x + BESIDE, lanes->y + BASELINE, text,
	    (svg_x(&lanes->svg, until) - x) / LETTER);
}

void
lanes_bar(struct lanes *lanes, const char *class, int64_t from, int64_t until,
    const char *word, const char *title)
{
	const struct svg *svg = &lanes->svg;
	int left = svg_x(svg, from), right = svg_x(svg, until);
	int room = (right - left) / LETTER, len = (int)strlen(word);
	char text[CUT_MAX + 1];

	svg_bar(svg, class, left, right, lanes->y, title);
	if (len > room)
		len = (int)strcspn(word, ", ");
	snprintf(text, sizeof(text), "%.*s", len, word);
	if (len > 0 && len <= room)
		svg_text(
		    svg, "cell", (left + right) / 2, lanes->y + BASELINE, text);
}

const char *
lanes_class(const char *role)
{
	return role[0] == 'R' ? "revoked"
	    : role[0] == 'S'  ? "signs"
	    : role[0] == 'P'  ? "published"
			      : NULL;
}

static int
item_width(const struct lanes_item *item)
{
	return ITEM + LETTER * (int)strlen(item->text) + ITEM_GAP;
}

static void
put_legend(
    const struct svg *svg, const struct lanes_item *items, size_t n, int y)
{
	int x = MARGIN;

	for (size_t i = 0; i < n; i++) {
		svg_bar(svg, items[i].class, x, x + SVG_BAR, y, items[i].text);
		svg_text(svg, "legend", x + ITEM, y + BASELINE, items[i].text);
		x += item_width(&items[i]);
	}
}

static void
put_begin(
    const struct lanes *lanes, const struct svg *svg, int width, int height)
{
	if (lanes->name == NULL) {
		svg_begin(svg, width, height, "timeline");
		return;
	}
	svg_document_begin(svg, width, height, lanes->name);
	put_cut(svg, "name", MARGIN, NAME_Y, lanes->name,
	    (width - 2 * MARGIN) / NAME_LETTER);
	if (lanes->note != NULL)
		svg_text(svg, "legend", MARGIN, NOTE_Y, lanes->note);
}

void
lanes_end(struct lanes *lanes, const struct lanes_item *legend, size_t n,
    struct buf *ret)
{
	struct svg svg = lanes->svg;
	int width = svg.left + svg.width + MARGIN, items = MARGIN;
	int y = lanes->next + GAP, x;

	svg.out = ret;
	for (size_t i = 0; i < n; i++)
		items += item_width(&legend[i]);
	put_begin(
	    lanes, &svg, width > items ? width : items, y + SVG_BAR + MARGIN);
	for (size_t at = 0; at < lanes->edges.len; at += sizeof(x)) {
		memcpy(&x, lanes->edges.data + at, sizeof(x));
		svg_line(&svg, "edge", x, top_of(lanes), x, lanes->next);
	}
	buf_put(ret, lanes->rows.data, lanes->rows.len);
	put_legend(&svg, legend, n, y);
	svg_end(&svg);
	ret->failed |= lanes->rows.failed || lanes->edges.failed;
	buf_free(&lanes->rows);
	buf_free(&lanes->edges);
}
