#include <string.h>

#include "ksr/dns/dname.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* RFC 4034 6.2: only US-ASCII letters have case, whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_label_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

/* Appends the label at *text and moves behind it and its dot. */
static bool
take_label(const char **text, struct dname *name, struct err *err)
{
	const char *label = *text;
	size_t len = 0;

	while (is_label_char(label[len]))
		len++;
	if (label[len] != '.' && label[len] != '\0')
		return err_set(err, E_INPUT,
		    "a domain name cannot hold the character '%c' here",
		    label[len]);
	if (len == 0)
		return err_set(
		    err, E_INPUT, "a domain name has an empty label");
	if (len > LABEL_MAX)
		return err_set(err, E_INPUT,
		    "a label of %zu octets is longer than %d (RFC 1035 "
		    "section 2.3.4)",
		    len, LABEL_MAX);
	/* The label with its length, and the root label still to come. */
	if (name->len + 1 + len + 1 > DNAME_WIRE_MAX)
		return err_set(err, E_INPUT,
		    "a domain name is longer than %u octets (RFC 1035 "
		    "section 2.3.4)",
		    DNAME_WIRE_MAX);
	name->wire[name->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		name->wire[name->len++] = (uint8_t)lower(label[i]);
	*text = label[len] == '.' ? label + len + 1 : label + len;
	return true;
}

bool
dname_parse(const char *text, struct dname *ret, struct err *err)
{
	struct dname name = { .len = 0 };

	if (*text == '\0')
		return err_set(
		    err, E_INPUT, "a domain name is empty; the root is \".\"");
	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0')
		if (!take_label(&text, &name, err))
			return false;
	name.wire[name.len++] = 0;
	*ret = name;
	return true;
}

bool
dname_equal(const struct dname *a, const struct dname *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

uint8_t
dname_labels(const struct dname *name)
{
	uint8_t labels = 0;

	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		labels++;
	return labels;
}

void
dname_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1])
{
	size_t len = 0;

	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at]) {
		memcpy(ret + len, name->wire + at + 1, name->wire[at]);
		len += name->wire[at];
		ret[len++] = '.';
	}
	if (len == 0)
		ret[len++] = '.';
	ret[len] = '\0';
}

bool
same_domain(const char *a, const char *b)
{
	struct dname left, right;
	struct err err;

	return dname_parse(a, &left, &err) && dname_parse(b, &right, &err) &&
	    dname_equal(&left, &right);
}
