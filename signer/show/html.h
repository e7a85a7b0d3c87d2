/*
 * Markup with facts in it.  A template's `$` stands for one text, which is
 * escaped on its way in: no fact reaches the page in any other way, so that no
 * label, path or reason can become markup.  What comes out is ASCII and
 * well-formed both as HTML and as XML.
 */
#pragma once

#include <jansson.h>

#include "ksr/base/bytes.h"

/*
 * Appends the text: & < > " ' as entities, each octet that is not printable
 * ASCII as \xNN.
 */
void html_text(struct buf *out, const char *text);

/* The template with each `$` replaced by the next of texts, escaped. */
void html_fill(struct buf *out, const char *template, const char *const *texts);

#define HTML(out, template, ...) \
	html_fill(out, template, (const char *const[]){ __VA_ARGS__, NULL })

/*
 * The same for a text that people or programs told: times in it, such as
 * 2027-01-01 12:00:00, are elements that no line is divided in.
 */
void html_told(struct buf *out, const char *text);

/* A number or a time as a text that lives as long as the expression. */
struct html_value {
	char s[32];
};
struct html_value html_number(size_t number);
struct html_value html_integer(const json_t *object, const char *key);
struct html_value html_time(int64_t time);

/* A recorded time, "2027-01-01T12:00:00+00:00", as people read it. */
struct html_value html_recorded_time(const char *time);

/* A lower-case hex digest; then, if words, its PGP words, eight a line. */
void html_digest(struct buf *out, const char *hex, bool words);
