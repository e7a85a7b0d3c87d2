/*
 * Timelines as SVG: time runs from left to right over a plot with row titles
 * before it.  Drawings in a page take their colours from the page's style; one
 * that stands alone brings its own, with the same class names:
 *
 *   rect  zsk published signs revoked valid overlap hole; alone also fails,
 *         fallback (dashed), dashed (beside another)
 *   text  title (ends at its x) cell (middle) heading date legend; alone also
 *         name (the drawing's)
 *   line  edge
 *
 * What is drawn is text and numbers only; every text is escaped.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"

#define SVG_BAR 16 /* a bar's height */

struct svg {
	struct buf *out;
	int left, width; /* of the plot, in the drawing's units */
	int64_t begin, end; /* of time; end is later */
};

/* Where the time is; what is outside is at the plot's edge. */
int svg_x(const struct svg *svg, int64_t time);

/*
 * "<svg ...>" for a page.  svg_document_begin is for a file of its own: with
 * the style, a white ground and the title for those who cannot see it.
 */
void svg_begin(const struct svg *svg, int width, int height, const char *label);
void svg_document_begin(
    const struct svg *svg, int width, int height, const char *title);
void svg_end(const struct svg *svg);

void svg_text(
    const struct svg *svg, const char *class, int x, int y, const char *text);

/*
 * A bar with what it means, for the pointer and for readers aloud.  Nothing
 * where to is not after from.
 */
void svg_bar(const struct svg *svg, const char *class, int from, int to, int y,
    const char *title);

void svg_line(const struct svg *svg, const char *class, int x1, int y1, int x2,
    int y2);
