/*
 * One drawing for everything that is shown over time: edges with what begins
 * there, rows with a title before the plot and bars in it, lines of notes
 * between the rows, and a legend below.  It is handed data, rows from top to
 * bottom; where things stand, and what has room, is decided here alone. Classes
 * are svg.h's.
 */
#pragma once

#include "signer/show/svg.h"

struct lanes {
	struct svg svg; /* of the rows */
	struct buf rows, edges;
	int y, next;      /* tops of this row and of the next */
	int free_from[2]; /* where an edge's heading and date have room */
	const char *name, *note;
};

/*
 * A plot of the width, in the drawing's units, behind titles that have as much
 * as `left`; end is later than begin.  With a name, and a note or NULL below
 * it, it is a document of its own, otherwise a page's drawing.  Borrows both.
 */
void lanes_begin(struct lanes *lanes, int left, int width, int64_t begin,
    int64_t end, const char *name, const char *note);

/*
 * A line down to the last row, with its heading and the date on top; what would
 * run into the text of an edge before it is left out.  NULL: no text.
 */
void
lanes_edge(struct lanes *lanes, int64_t at, const char *heading, int64_t time);

void lanes_gap(struct lanes *lanes); /* before another group of rows */

/* A row of bars, or a line of notes, each cut where its stretch ends. */
void lanes_row(struct lanes *lanes, const char *title);
void lanes_line(struct lanes *lanes, const char *title);
void lanes_note(struct lanes *lanes, const char *class, int64_t from,
    int64_t until, const char *text);

/* A bar with its meaning, and the word, or its first part, where that has room.
 */
void lanes_bar(struct lanes *lanes, const char *class, int64_t from,
    int64_t until, const char *word, const char *title);

/* The class of a KSK's part: "P", "S", "R" or "RS"; NULL: it has none. */
const char *lanes_class(const char *role);

/* Appends the drawing and releases what lanes holds. */
struct lanes_item {
	const char *class, *text;
};
void lanes_end(struct lanes *lanes, const struct lanes_item *legend, size_t n,
    struct buf *ret);
