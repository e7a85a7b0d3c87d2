#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/bytes.h"
#include "ksr/base/text.h"
#include "ksr/readiness/source.h"

static const char *const forms[] = {
	[SOURCE_ADDRESS] = "address",
	[SOURCE_PREFIX] = "prefix",
	[SOURCE_HASH] = "hash",
};

static uint32_t
key_id_number(const struct source_naming *naming)
{
	uint32_t number = 0;

	for (size_t i = 0; i < SOURCE_KEY_ID; i++)
		number = number << 8 | naming->key_id[i];
	return number;
}

void
source_naming_format(
    const struct source_naming *naming, char ret[SOURCE_NAMING_TEXT])
{
	const char *form = forms[naming->form];

	switch (naming->form) {
	case SOURCE_ADDRESS:
		snprintf(ret, SOURCE_NAMING_TEXT, "%s", form);
		break;
	case SOURCE_PREFIX:
		snprintf(ret, SOURCE_NAMING_TEXT, "%s %u %u", form,
		    naming->prefix4, naming->prefix6);
		break;
	case SOURCE_HASH:
		snprintf(ret, SOURCE_NAMING_TEXT, "%s %08x", form,
		    (unsigned)key_id_number(naming));
		break;
	}
}

/* "24 48". */
static bool
parse_prefixes(const char *text, struct source_naming *naming)
{
	char word[4] = "";
	size_t len = strcspn(text, " ");
	uint64_t bits4, bits6;

	if (text[len] != ' ' || len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	if (!number_parse(word, 32, &bits4) || bits4 == 0 ||
	    !number_parse(text + len + 1, 128, &bits6) || bits6 == 0)
		return false;
	naming->prefix4 = (uint8_t)bits4;
	naming->prefix6 = (uint8_t)bits6;
	return true;
}

bool
source_naming_parse(const char *text, struct source_naming *ret)
{
	struct source_naming naming = { .form = SOURCE_ADDRESS };

	if (strncmp(text, "prefix ", 7) == 0) {
		naming.form = SOURCE_PREFIX;
		if (!parse_prefixes(text + 7, &naming))
			return false;
	} else if (strncmp(text, "hash ", 5) == 0) {
		naming.form = SOURCE_HASH;
		if (!hex_parse(text + 5, naming.key_id, SOURCE_KEY_ID))
			return false;
	} else if (strcmp(text, "address") != 0) {
		return false;
	}
	*ret = naming;
	return true;
}

bool
source_naming_equal(
    const struct source_naming *a, const struct source_naming *b)
{
	return a->form == b->form && a->prefix4 == b->prefix4 &&
	    a->prefix6 == b->prefix6 &&
	    memcmp(a->key_id, b->key_id, SOURCE_KEY_ID) == 0;
}

void
source_mask(const struct source_naming *naming, struct source *source)
{
	unsigned bits = source->family == 4 ? naming->prefix4 : naming->prefix6;

	if (naming->form != SOURCE_PREFIX)
		return;
	for (unsigned i = bits; i < 8 * SOURCE_OCTETS; i++)
		source->octets[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
}

void
source_format(const struct source *source, char ret[SOURCE_TEXT])
{
	ret[0] = '\0';
	if (source->family == 0)
		for (size_t i = 0; i < SOURCE_OCTETS; i++)
			snprintf(ret + 2 * i, SOURCE_TEXT - 2 * i, "%02x",
			    source->octets[i]);
	else
		(void)inet_ntop(source->family == 4 ? AF_INET : AF_INET6,
		    source->octets, ret, SOURCE_TEXT);
}

bool
source_parse(const struct source_naming *naming, const char *text,
    struct source *ret)
{
	struct source source = { 0 };
	struct source masked;

	if (naming->form == SOURCE_HASH) {
		if (!hex_parse(text, source.octets, SOURCE_OCTETS))
			return false;
	} else if (inet_pton(AF_INET, text, source.octets) == 1) {
		source.family = 4;
	} else if (inet_pton(AF_INET6, text, source.octets) == 1) {
		source.family = 6;
	} else {
		return false;
	}
	masked = source;
	source_mask(naming, &masked);
	if (source_compare(&masked, &source) != 0)
		return false;
	*ret = source;
	return true;
}

int
source_compare(const struct source *a, const struct source *b)
{
	return a->family != b->family
	    ? (a->family < b->family ? -1 : 1)
	    : memcmp(a->octets, b->octets, SOURCE_OCTETS);
}
