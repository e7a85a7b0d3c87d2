#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/wording.h"

void
text_add(struct text *text, const char *fmt, ...)
{
	size_t room = sizeof(text->s) - text->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->s + text->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len += (size_t)n < room ? (size_t)n : room - 1;
}

struct text
time_text(int64_t time)
{
	struct text text = { 0 };
	char buf[TIME_TEXT_SIZE];

	time_format(time, buf);
	text_add(&text, "%s", buf);
	return text;
}

struct text
duration_text(int64_t duration_s)
{
	struct text text = { 0 };
	char buf[DURATION_TEXT_SIZE];

	duration_format(duration_s, buf);
	text_add(&text, "%s (%" PRId64 " s)", buf, duration_s);
	return text;
}

struct text
range_text(int64_t min_s, int64_t max_s)
{
	struct text text = { 0 };
	char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE];

	duration_format(min_s, min);
	duration_format(max_s, max);
	text_add(&text, "%s to %s (%" PRId64 " to %" PRId64 " s)", min, max,
	    min_s, max_s);
	return text;
}

struct text
key_text(const struct dnskey *key)
{
	struct text text = { 0 };

	text_add(&text, "%u (%.120s)", key->tag, key->identifier);
	return text;
}

struct text
algorithm_name(uint8_t algorithm)
{
	struct text text = { 0 };
	char buf[ALGORITHM_TEXT_SIZE];

	text_add(&text, "%s", algorithm_text(algorithm, buf));
	return text;
}
