#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/bytes.h"
#include "ksr/readiness/tag_set.h"

#define HEX_DIGITS 4u

bool
tag_set_add(struct tag_set *set, uint16_t tag)
{
	size_t at = 0;

	while (at < set->n && set->tags[at] < tag)
		at++;
	if (at < set->n && set->tags[at] == tag)
		return true;
	if (set->n == TAG_SET_MAX)
		return false;
	memmove(&set->tags[at + 1], &set->tags[at],
	    (set->n - at) * sizeof(set->tags[0]));
	set->tags[at] = tag;
	set->n++;
	return true;
}

bool
tag_set_has(const struct tag_set *set, uint16_t tag)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->tags[i] == tag)
			return true;
	return false;
}

int
tag_set_compare(const struct tag_set *a, const struct tag_set *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->tags[i] != b->tags[i])
			return a->tags[i] < b->tags[i] ? -1 : 1;
	return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

static bool
hex_tag(const char *text, uint16_t *ret)
{
	unsigned tag = 0;

	for (size_t i = 0; i < HEX_DIGITS; i++) {
		int value = hex_value(text[i]);

		if (value < 0)
			return false;
		tag = tag << 4 | (unsigned)value;
	}
	*ret = (uint16_t)tag;
	return true;
}

bool
tag_set_parse(const char *text, size_t len, struct tag_set *ret)
{
	struct tag_set set = { 0 };
	uint16_t tag;

	if (len % (HEX_DIGITS + 1) != HEX_DIGITS)
		return false;
	for (size_t i = 0; i < len; i += HEX_DIGITS + 1)
		if ((i > 0 && text[i - 1] != '-') || !hex_tag(text + i, &tag) ||
		    !tag_set_add(&set, tag))
			return false;
	*ret = set;
	return true;
}

bool
tag_set_parse_decimal(const char *text, char separator, struct tag_set *ret)
{
	struct tag_set set = { 0 };
	char word[6];
	uint64_t tag;

	while (true) {
		const char *end = strchr(text, separator);
		size_t len = end == NULL ? strlen(text) : (size_t)(end - text);

		if (len >= sizeof(word))
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		if (!number_parse(word, UINT16_MAX, &tag) ||
		    !tag_set_add(&set, (uint16_t)tag))
			return false;
		if (end == NULL)
			break;
		text = end + 1;
	}
	*ret = set;
	return true;
}

void
tag_set_format(const struct tag_set *set, char ret[TAG_SET_TEXT])
{
	ret[0] = '\0';
	for (size_t i = 0; i < set->n; i++)
		snprintf(ret + (i == 0 ? 0 : 5 * i - 1),
		    TAG_SET_TEXT - (i == 0 ? 0 : 5 * i - 1), "%s%04x",
		    i == 0 ? "" : "-", set->tags[i]);
}
