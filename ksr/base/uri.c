#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/uri.h"

static const char scheme[] = "pkcs11:";

/* RFC 7512 section 2.3: what each attribute means to a token URI. */
static const struct attribute {
	const char *name;
	const char *refusal; /* why it is not taken; NULL: it selects */
	size_t offset;
} attributes[] = {
	{ "token", NULL, offsetof(struct token_uri, token) },
	{ "manufacturer", NULL, offsetof(struct token_uri, manufacturer) },
	{ "model", NULL, offsetof(struct token_uri, model) },
	{ "serial", NULL, offsetof(struct token_uri, serial) },
	{ "slot-id", NULL, offsetof(struct token_uri, slot_id) },
	{ "slot-description", NULL,
	    offsetof(struct token_uri, slot_description) },
	{ "slot-manufacturer", NULL,
	    offsetof(struct token_uri, slot_manufacturer) },
	{ "library-description", NULL,
	    offsetof(struct token_uri, library_description) },
	{ "library-manufacturer", NULL,
	    offsetof(struct token_uri, library_manufacturer) },
	{ "library-version", NULL,
	    offsetof(struct token_uri, library_version) },
	{ "object", "describes a key, not a token", 0 },
	{ "type", "describes a key, not a token", 0 },
	{ "id", "describes a key, not a token", 0 },
	{ "pin-value", "a PIN has no place in a URI", 0 },
	{ "pin-source", "a PIN has no place in a URI", 0 },
	{ "module-path", "the module is configured elsewhere", 0 },
	{ "module-name", "the module is configured elsewhere", 0 },
};

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

/* RFC 7512 section 2.3, pk11-pchar without its percent-encoded form. */
static bool
is_path_char(char c)
{
	return is_unreserved(c) ||
	    (c != '\0' && strchr(":[]@!$'()*+,=&", c) != NULL);
}

static bool
percent_decode(struct bytes text, struct uri_value *ret)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];
		uint8_t octet = (uint8_t)c;

		if (c == '%') {
			char hex[3] = "";

			if (text.len - i < 3)
				return false;
			memcpy(hex, text.data + i + 1, 2);
			if (!hex_parse(hex, &octet, 1) || octet == 0)
				return false;
			i += 2;
		} else if (!is_path_char(c)) {
			return false;
		}
		if (ret->len == URI_VALUE_MAX)
			return false;
		ret->data[ret->len++] = (char)octet;
	}
	ret->data[ret->len] = '\0';
	ret->given = true;
	return ret->len > 0;
}

static const struct attribute *
attribute_by_name(struct bytes name)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		if (bytes_equal(name, bytes_of_string(attributes[i].name)))
			return &attributes[i];
	return NULL;
}

/* pair is "name=value" from the path, or from the query after "?". */
static bool
take_pair(
    struct bytes pair, bool in_query, struct token_uri *uri, struct err *err)
{
	const uint8_t *equals = memchr(pair.data, '=', pair.len);
	const struct attribute *attribute;
	struct uri_value *value;
	struct bytes name = pair, text;

	if (equals == NULL)
		return err_set(
		    err, E_INPUT, "token URI: an attribute has no \"=\"");
	name.len = (size_t)(equals - pair.data);
	text = (struct bytes){ equals + 1, pair.len - name.len - 1 };
	attribute = attribute_by_name(name);
	if (attribute != NULL && attribute->refusal != NULL)
		return err_set(err, E_INPUT, "token URI: attribute %s: %s",
		    attribute->name, attribute->refusal);
	if (attribute == NULL || in_query)
		return err_set(err, E_INPUT,
		    "token URI: unknown %s attribute \"%.*s\"",
		    in_query ? "query" : "path",
		    (int)(name.len < 64 ? name.len : 64),
		    (const char *)name.data);
	value = (struct uri_value *)((char *)uri + attribute->offset);
	if (value->given)
		return err_set(err, E_INPUT,
		    "token URI: attribute %s is repeated", attribute->name);
	if (!percent_decode(text, value))
		return err_set(err, E_INPUT,
		    "token URI: the value of %s is empty, longer than %u "
		    "octets or not percent-encoded (RFC 7512 section 2.3)",
		    attribute->name, URI_VALUE_MAX);
	return true;
}

static bool
take_pairs(
    struct bytes list, bool in_query, struct token_uri *uri, struct err *err)
{
	while (list.len > 0) {
		const uint8_t *end =
		    memchr(list.data, in_query ? '&' : ';', list.len);
		struct bytes pair = list;

		if (end != NULL)
			pair.len = (size_t)(end - list.data);
		if (!take_pair(pair, in_query, uri, err))
			return false;
		if (end == NULL)
			return true;
		list.data += pair.len + 1;
		list.len -= pair.len + 1;
		if (list.len == 0)
			return err_set(
			    err, E_INPUT, "token URI: ends in a separator");
	}
	return true;
}

/* RFC 7512 section 2.3: "3.2", or "3" for 3.0. */
static bool
parse_version(const char *text, uint8_t *ret_major, uint8_t *ret_minor)
{
	char major[4] = "";
	const char *dot = strchr(text, '.');
	size_t len = dot == NULL ? strlen(text) : (size_t)(dot - text);
	uint64_t n, m = 0;

	if (len >= sizeof(major))
		return false;
	memcpy(major, text, len);
	if (!number_parse(major, UINT8_MAX, &n) ||
	    (dot != NULL && !number_parse(dot + 1, UINT8_MAX, &m)))
		return false;
	*ret_major = (uint8_t)n;
	*ret_minor = (uint8_t)m;
	return true;
}

bool
uri_parse(const char *text, struct token_uri *ret, struct err *err)
{
	struct token_uri uri = { 0 };
	struct bytes path, query;
	const char *mark;
	uint64_t slot = 0;

	/* RFC 3986 section 3.1: a scheme has no case. */
	if (strncasecmp(text, scheme, strlen(scheme)) != 0)
		return err_set(err, E_INPUT,
		    "token URI: does not start with \"%s\"", scheme);
	path = bytes_of_string(text + strlen(scheme));
	query = bytes_of_string("");
	mark = strchr(text, '?');
	if (mark != NULL) {
		query = bytes_of_string(mark + 1);
		path.len -= query.len + 1;
	}
	if (!take_pairs(path, false, &uri, err) ||
	    !take_pairs(query, true, &uri, err))
		return false;
	if (uri.slot_id.given &&
	    !number_parse(uri.slot_id.data, ULONG_MAX, &slot))
		return err_set(
		    err, E_INPUT, "token URI: slot-id is not a decimal number");
	uri.slot = (unsigned long)slot;
	if (uri.library_version.given &&
	    !parse_version(uri.library_version.data, &uri.library_major,
		&uri.library_minor))
		return err_set(err, E_INPUT,
		    "token URI: library-version is no version such as 3.2");
	*ret = uri;
	return true;
}

void
uri_escape(struct bytes value, struct buf *ret)
{
	for (size_t i = 0; i < value.len; i++) {
		if (is_unreserved((char)value.data[i]))
			buf_u8(ret, value.data[i]);
		else
			buf_printf(ret, "%%%02X", value.data[i]);
	}
}
