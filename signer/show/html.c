#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/pubkey.h"
#include "signer/show/html.h"

#define WORDS_MAX    1024

void
html_fill(struct buf *out, const char *template, const char *const *texts)
{
	for (; *template != '\0'; template ++) {
		if (*template != '$')
			buf_u8(out, (uint8_t) * template);
		else if (*texts != NULL)
			html_text(out, *texts++);
		else
			out->failed = true;
	}
}

struct html_value
html_number(size_t number)
{
	struct html_value value;

	snprintf(value.s, sizeof(value.s), "%zu", number);
	return value;
}

struct html_value
html_integer(const json_t *object, const char *key)
{
	struct html_value value;

	snprintf(value.s, sizeof(value.s), "%lld",
	    (long long)json_integer_value(json_object_get(object, key)));
	return value;
}

struct html_value
html_time(int64_t time)
{
	struct html_value value;
	char text[TIME_TEXT_SIZE];

	time_format(time, text);
	snprintf(value.s, sizeof(value.s), "%.10s %.8s", text, text + 11);
	return value;
}

/* The octets of a time that the text begins with; 0: of none. */
static size_t
time_length(const char *text)
{
	static const char shape[] = "0000-00-00 00:00:00";
	size_t i;

	for (i = 0; shape[i] != '\0'; i++) {
		bool fits = text[i] == shape[i];

		if (shape[i] == '0')
			fits = text[i] >= '0' && text[i] <= '9';
		else if (shape[i] == ' ')
			fits = text[i] == ' ' || text[i] == 'T';
		if (!fits)
			return 0;
	}
	return i;
}

void
html_told(struct buf *out, const char *text)
{
	char time[sizeof("0000-00-00 00:00:00")], before[2] = "";
	size_t len;

	for (; *text != '\0'; text += len == 0 ? 1 : len) {
		len = time_length(text);
		if (len == 0) {
			before[0] = *text;
			html_text(out, before);
			continue;
		}
		snprintf(time, sizeof(time), "%.*s", (int)len, text);
		HTML(out, "<time>$</time>", time);
	}
}

struct html_value
html_recorded_time(const char *time)
{
	struct html_value value = { "" };
	int64_t seconds;

	return time_parse(time, &seconds) ? html_time(seconds) : value;
}

void
html_digest(struct buf *out, const char *hex, bool words)
{
	uint8_t digest[SHA256_SIZE];

	HTML(out, "<code class=\"hash\">$</code>", hex);
	if (!words || !hex_parse(hex, digest, sizeof(digest)))
		return;
	buf_puts(out, "<span class=\"words\">");
	for (size_t i = 0; i < sizeof(digest); i += WORDS_A_LINE) {
		struct buf line = buf_new(WORDS_MAX);
		size_t n = sizeof(digest) - i;

		words_format((struct bytes){ digest + i,
				 n < WORDS_A_LINE ? n : WORDS_A_LINE },
		    &line);
		buf_u8(&line, 0);
		if (line.failed)
			out->failed = true;
		else
			HTML(out, "<span>$</span> ", (const char *)line.data);
		buf_free(&line);
	}
	buf_puts(out, "</span>");
}
