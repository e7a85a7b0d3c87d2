#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/document/format.h"

static const struct format *const formats[] = {
	[KSR_XML] = &format_xml,
	[KSR_BIND] = &format_bind,
	[KSR_KNOT] = &format_knot,
};

const struct format *
format_of(enum ksr_format format)
{
	return formats[format];
}

bool
format_named(const char *name, enum ksr_format *ret, struct err *err)
{
	struct nearest nearest = { .given = name };
	char names[64] = "";

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (strcmp(formats[i]->name, name) == 0) {
			*ret = (enum ksr_format)i;
			return true;
		}
		nearest_try(&nearest, formats[i]->name);
		if (i > 0)
			strncat(names, i + 1 == ARRAY_LEN(formats) ? " or "
								   : ", ",
			    sizeof(names) - strlen(names) - 1);
		strncat(names, formats[i]->name,
		    sizeof(names) - strlen(names) - 1);
	}
	err_set(err, E_USAGE, "there is no format \"%.60s\" (expected %s)",
	    name, names);
	return nearest_say(&nearest, "", err);
}

bool
format_begins_by_id(
    const char *id, const uint8_t request_sha256[SHA256_SIZE], int64_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i]->begins != NULL &&
		    formats[i]->begins(
			formats[i]->style, id, request_sha256, ret))
			return true;
	return false;
}

/*
 * Files that lie beside a zone's requests and are none, by how they begin; an
 * XML document is looked at behind what may stand before its root element.
 */
static const struct other {
	const char *begins;
	const char *what;
} others[] = {
	{ "<TrustAnchor", "trust anchors (RFC 9718)" },
	{ "Private-key-format:", "a private key of BIND's or NSD's tools" },
	{ "-----BEGIN ", "a key, certificate or signature in PEM" },
	{ "$ORIGIN", "a zone" },
	{ "$TTL", "a zone" },
	{ "; This is a zone-signing key", "a key file of dnssec-keygen" },
	{ "; This is a key-signing key", "a key file of dnssec-keygen" },
	{ "trust-anchors", "trust anchors of BIND's" },
	{ "managed-keys", "trust anchors of BIND's" },
	{ "{", "JSON" },
};

static struct bytes
behind_space(struct bytes octets)
{
	while (octets.len > 0 && strchr(" \t\r\n", octets.data[0]) != NULL &&
	    octets.data[0] != '\0') {
		octets.data++;
		octets.len--;
	}
	return octets;
}

static bool
begins_with(struct bytes octets, const char *text)
{
	size_t len = strlen(text);

	return octets.len >= len && memcmp(octets.data, text, len) == 0;
}

/* Behind a byte order mark, the XML declaration and comments. */
struct bytes
format_root_element(struct bytes octets)
{
	if (begins_with(octets, "\xef\xbb\xbf")) {
		octets.data += 3;
		octets.len -= 3;
	}
	octets = behind_space(octets);
	while (begins_with(octets, "<?") || begins_with(octets, "<!--")) {
		const char *close = octets.data[1] == '?' ? "?>" : "-->";
		const uint8_t *end =
		    memmem(octets.data, octets.len, close, strlen(close));

		if (end == NULL)
			return octets;
		end += strlen(close);
		octets.len -= (size_t)(end - octets.data);
		octets.data = end;
		octets = behind_space(octets);
	}
	return octets;
}

/* One of these words stands in the first line. */
static bool
is_record(struct bytes octets)
{
	static const char *const words[] = { "IN", "DNSKEY", "SOA", "DS", "NS",
		"RRSIG" };
	size_t at = 0, len;

	if (octets.len == 0 || strchr("<;$ \t", octets.data[0]) != NULL)
		return false;
	while (at < octets.len && octets.data[at] != '\n') {
		for (len = 0; at + len < octets.len &&
		     octets.data[at + len] > ' ';
		     len++)
			;
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (len == strlen(words[i]) &&
			    memcmp(octets.data + at, words[i], len) == 0)
				return true;
		at += len == 0 ? 1 : len;
	}
	return false;
}

/* True, and what it is in err, if it is one of these. */
static bool
is_other_file(struct bytes octets, const char *name, struct err *err)
{
	if (is_record(octets)) {
		err_set(err, E_INPUT,
		    "%s:1:1: holds DNS records and no header (\";; "
		    "KeySigningRequest 1.0 ...\"): a zone, a key file, or what "
		    "is left of a request",
		    name);
		return true;
	}
	octets = format_root_element(octets);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (begins_with(octets, others[i].begins)) {
			err_set(err, E_INPUT,
			    "%s: is %s, expected a request (KSR) or a response "
			    "(SKR)",
			    name, others[i].what);
			return true;
		}
	return false;
}

/* The last first: it is the one that says most of how it begins. */
static bool
recognise(struct bytes octets, enum ksr_format *ret)
{
	for (size_t i = ARRAY_LEN(formats); i-- > 0;)
		if (formats[i]->recognise(formats[i]->style, octets)) {
			*ret = (enum ksr_format)i;
			return true;
		}
	return false;
}

bool
format_begins(struct bytes octets, const char *name, struct err *why)
{
	enum ksr_format format;

	if (is_other_file(octets, name, why))
		return false;
	return recognise(octets, &format) ||
	    err_set(why, E_INPUT,
		"%s: begins neither as a request (KSR) nor as a response (SKR)",
		name);
}

bool
format_recognise(struct bytes octets, const char *name, enum ksr_format *ret,
    struct err *err)
{
	if (is_other_file(octets, name, err))
		return false;
	/* What nobody knows XML's reader refuses, with its place. */
	if (!recognise(octets, ret))
		*ret = KSR_XML;
	return true;
}

bool
ksr_read_as(enum ksr_format format, struct bytes octets, const char *name,
    struct ksr **ret, struct err *err)
{
	const struct format *row = formats[format];
	struct ksr *ksr;

	if (!row->read(row->style, octets, name, &ksr, err))
		return false;
	ksr->format = format;
	*ret = ksr;
	return true;
}

bool
ksr_read(
    struct bytes octets, const char *name, struct ksr **ret, struct err *err)
{
	enum ksr_format format;

	return format_recognise(octets, name, &format, err) &&
	    ksr_read_as(format, octets, name, ret, err);
}

void
ksr_write(const struct ksr *ksr, struct buf *ret)
{
	const struct format *row = formats[ksr->format];

	row->write(row->style, ksr, ret);
}

unsigned
ksr_lacks(const struct ksr *ksr)
{
	return formats[ksr->format]->lacks;
}

const char *
ksr_suffix(const struct ksr *ksr)
{
	return formats[ksr->format]->suffix;
}
