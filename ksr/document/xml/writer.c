#include <inttypes.h>

#include "ksr/base/text.h"
#include "ksr/document/xml/writer.h"

/* Safe in content and in attributes of either quote (XML 1.0 2.4). */
static void
put_escaped(struct xml_writer *w, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_puts(w->buf, "&amp;");
			break;
		case '<':
			buf_puts(w->buf, "&lt;");
			break;
		case '>':
			buf_puts(w->buf, "&gt;");
			break;
		case '"':
			buf_puts(w->buf, "&quot;");
			break;
		case '\'':
			buf_puts(w->buf, "&apos;");
			break;
		default:
			buf_put(w->buf, text, 1);
		}
	}
}

void
xml_put_tag(struct xml_writer *w, const char *name)
{
	for (unsigned i = 0; i < w->depth * w->indent; i++)
		buf_puts(w->buf, " ");
	buf_puts(w->buf, "<");
	buf_puts(w->buf, name);
}

void
xml_put_attribute(struct xml_writer *w, const char *name, const char *value)
{
	buf_printf(w->buf, " %s=\"", name);
	put_escaped(w, value);
	buf_puts(w->buf, "\"");
}

void
xml_put_attribute_number(struct xml_writer *w, const char *name, uint64_t value)
{
	buf_printf(w->buf, " %s=\"%" PRIu64 "\"", name, value);
}

void
xml_put_open(struct xml_writer *w)
{
	buf_puts(w->buf, ">\n");
	w->depth++;
}

void
xml_put_empty(struct xml_writer *w)
{
	buf_puts(w->buf, "/>\n");
}

void
xml_put_close(struct xml_writer *w, const char *name)
{
	w->depth--;
	xml_put_tag(w, "/");
	buf_puts(w->buf, name);
	buf_puts(w->buf, ">\n");
}

void
xml_put_text(struct xml_writer *w, const char *name, const char *text)
{
	xml_put_tag(w, name);
	buf_puts(w->buf, ">");
	put_escaped(w, text);
	buf_printf(w->buf, "</%s>\n", name);
}

void
xml_put_number(struct xml_writer *w, const char *name, uint64_t value)
{
	xml_put_tag(w, name);
	buf_printf(w->buf, ">%" PRIu64 "</%s>\n", value, name);
}

void
xml_put_attribute_time(struct xml_writer *w, const char *name, int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format_utc(time, text);
	xml_put_attribute(w, name, text);
}

void
xml_put_time(struct xml_writer *w, const char *name, int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format_utc(time, text);
	xml_put_text(w, name, text);
}

void
xml_put_base64(
    struct xml_writer *w, const char *name, const uint8_t *data, size_t len)
{
	xml_put_tag(w, name);
	buf_puts(w->buf, ">");
	buf_base64(w->buf, (struct bytes){ data, len });
	buf_printf(w->buf, "</%s>\n", name);
}

void
xml_put_hex(
    struct xml_writer *w, const char *name, const uint8_t *data, size_t len)
{
	xml_put_tag(w, name);
	buf_puts(w->buf, ">");
	buf_hex(w->buf, (struct bytes){ data, len });
	buf_printf(w->buf, "</%s>\n", name);
}
