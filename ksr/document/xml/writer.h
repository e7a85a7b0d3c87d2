/*
 * XML as it is written here: an element that holds text is a line, others are
 * indented.  No name is checked; every text and value is escaped.
 */
#pragma once

#include "ksr/base/bytes.h"

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

struct xml_writer {
	struct buf *buf;
	unsigned indent; /* spaces for each open element */
	unsigned depth;  /* open elements */
};

/* A start tag is xml_put_tag, attributes, then xml_put_open or xml_put_empty.
 */
void xml_put_tag(struct xml_writer *w, const char *name);
void
xml_put_attribute(struct xml_writer *w, const char *name, const char *value);
void xml_put_attribute_number(
    struct xml_writer *w, const char *name, uint64_t value);
void
xml_put_attribute_time(struct xml_writer *w, const char *name, int64_t time);
void xml_put_open(struct xml_writer *w);
void xml_put_empty(struct xml_writer *w);
void xml_put_close(struct xml_writer *w, const char *name);

/* Elements that hold text, each on a line; hex digits are upper-case. */
void xml_put_text(struct xml_writer *w, const char *name, const char *text);
void xml_put_number(struct xml_writer *w, const char *name, uint64_t value);
void xml_put_time(struct xml_writer *w, const char *name, int64_t time);
void xml_put_base64(
    struct xml_writer *w, const char *name, const uint8_t *data, size_t len);
void xml_put_hex(
    struct xml_writer *w, const char *name, const uint8_t *data, size_t len);
