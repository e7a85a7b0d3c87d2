/*
 * The verbs that an event of the record is told with, and what implements them:
 * text for `log show` (teller_text.c) and markup for `report`
 * (teller_html.c).  A verb has words for each; where one medium has no words,
 * it says nothing.  What the words may hold stands in signer/show/telling_words.h.
 */
#pragma once

#include "signer/record/ceremony.h"
#include "signer/show/telling_words.h"

struct teller;

struct verbs {
	bool is_text;

	/*
	 * Text: a line, or some, with `first` before it and all else from
	 * column `left` on.  Markup: goes on where it stands.
	 */
	void (*line)(struct teller *teller, enum tone tone, const char *first,
	    size_t left, const json_t *facts, const char *words);

	/* The same as a part of its own, which may have a class; NULL: text. */
	void (*part)(struct teller *teller, enum tone tone, const char *class,
	    const json_t *facts, const char *words);

	/* In hex, and with its PGP words. */
	void (*hash)(struct teller *teller, const char *hex, bool words);

	/* What was read or stored, by its line: its hash, in text its table. */
	void (*file)(struct teller *teller, const json_t *line);

	/*
	 * Of a list.  In markup a table: between heads, and the cells of an
	 * item, stands |.  In text what is told of each.
	 */
	void (*table)(struct teller *teller, const json_t *list,
	    const char *heads, const char *cells,
	    void (*tell_item)(
		struct teller *teller, const json_t *item, size_t i));

	/* The rows of a "checks" line. */
	void (*checks)(struct teller *teller, const json_t *line);
};

struct teller {
	const struct verbs *verbs;
	const struct ceremony *ceremony;

	/* Of text: the time, and what stands before the event's next line. */
	bool colour;
	const char *clock, *first;

	struct buf *out; /* of markup */
};

/* Where what an event tells begins. */
#define TELLER_LEFT 12

struct teller teller_text(const struct ceremony *ceremony, bool colour);
struct teller teller_html(const struct ceremony *ceremony, struct buf *out);

/* Words for both. */
#define BOTH(words) words, words

/* The words of text, and those of markup; NULL: none. */
void say(struct teller *teller, enum tone tone, const json_t *facts,
    const char *text, const char *html);

/* The same as a part of its own. */
void say_part(struct teller *teller, enum tone tone, const char *class,
    const json_t *facts, const char *text, const char *html);

/* One for each item of the list under the key. */
void say_parts(struct teller *teller, enum tone tone, const char *class,
    const json_t *facts, const char *key, const char *text, const char *html);

/* In text alone: `first`, then the rest at column `left`. */
void say_at(struct teller *teller, enum tone tone, const char *first,
    size_t left, const json_t *facts, const char *text);

/* A line of text that stands nowhere in the record: what went wrong. */
void text_line(const struct teller *teller, enum tone tone, const char *first,
    size_t left, const char *text);

enum tone verdict_tone(const char *verdict);

/* The CSS class of a tone, that of a verdict: "pass", "waived", ... */
const char *tone_class(enum tone tone);
