#include <stdio.h>
#include <string.h>

#include "ksr/dns/dname.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* RFC 4034 6.2: only US-ASCII letters have case, whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What a record in presentation form reads as something else. */
static const char specials[] = "\"().;@$\\";

static bool
is_plain(char c)
{
	return c > 0x20 && c < 0x7f && strchr(specials, c) == NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "\046" or "\.": RFC 1035 5.1. */
static bool
take_escape(const char **text, uint8_t *ret, struct err *err)
{
	const char *at = *text + 1;
	int octet;

	if (!is_digit(*at)) {
		if (*at <= 0x20 || *at >= 0x7f)
			return err_set(err, E_INPUT,
			    "in a domain name \"\\\" stands before a printable "
			    "character or three digits");
		*ret = (uint8_t)*at;
		*text = at + 1;
		return true;
	}
	octet = is_digit(at[1]) && is_digit(at[2])
	    ? 100 * (at[0] - '0') + 10 * (at[1] - '0') + at[2] - '0'
	    : UINT8_MAX + 1;
	if (octet > UINT8_MAX)
		return err_set(err, E_INPUT,
		    "in a domain name \"\\%.3s\" is no octet, 000 to 255", at);
	*ret = (uint8_t)octet;
	*text = at + 3;
	return true;
}

static bool
take_octet(const char **text, uint8_t *ret, struct err *err)
{
	char c = **text;

	if (c == '\\')
		return take_escape(text, ret, err);
	if (!is_plain(c))
		return err_set(err, E_INPUT,
		    "a domain name cannot hold the character '%c' here%s", c,
		    (unsigned char)c < 0x80
			? ""
			: ": an internationalized one is written in its "
			  "A-labels (\"xn--...\")");
	*ret = (uint8_t)c;
	++*text;
	return true;
}

/* Appends the label at *text and moves behind it and its dot. */
static bool
take_label(const char **text, struct dname *name, struct err *err)
{
	size_t at = name->len + 1, len = 0;
	uint8_t octet = 0;

	for (; **text != '.' && **text != '\0'; len++) {
		if (!take_octet(text, &octet, err))
			return false;
		/* The label with its length, and the root label to come. */
		if (len < LABEL_MAX && at + len + 1 < DNAME_WIRE_MAX)
			name->wire[at + len] = (uint8_t)lower((char)octet);
	}
	if (len == 0)
		return err_set(
		    err, E_INPUT, "a domain name has an empty label");
	if (len > LABEL_MAX)
		return err_set(err, E_INPUT,
		    "a label of %zu octets is longer than %d (RFC 1035 "
		    "section 2.3.4)",
		    len, LABEL_MAX);
	if (at + len + 1 > DNAME_WIRE_MAX)
		return err_set(err, E_INPUT,
		    "a domain name is longer than %u octets (RFC 1035 "
		    "section 2.3.4)",
		    DNAME_WIRE_MAX);
	name->wire[name->len] = (uint8_t)len;
	name->len = at + len;
	if (**text == '.')
		++*text;
	return true;
}

/* RFC 4592 2.1.1, RFC 4034 3.1.3: its signatures would be a wildcard's. */
static bool
is_wildcard(const struct dname *name)
{
	return name->wire[0] == 1 && name->wire[1] == '*';
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
	if (is_wildcard(&name))
		return err_set(
		    err, E_INPUT, "a zone is not called \"*\", a wildcard");
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

/* Each octet as put has it, each label with its dot; the root's is a dot. */
static void
put_labels(const struct dname *name,
    size_t (*put)(uint8_t octet, char *ret, size_t size),
    char ret[DNAME_TEXT_MAX + 1])
{
	size_t len = 0;

	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at]) {
		for (size_t i = 1; i <= name->wire[at]; i++)
			len += put(name->wire[at + i], ret + len,
			    DNAME_TEXT_MAX + 1 - len);
		ret[len++] = '.';
	}
	if (len == 0)
		ret[len++] = '.';
	ret[len] = '\0';
}

static size_t
put_presented(uint8_t octet, char *ret, size_t size)
{
	if (is_plain((char)octet))
		return (size_t)snprintf(ret, size, "%c", octet);
	if (octet > 0x20 && octet < 0x7f)
		return (size_t)snprintf(ret, size, "\\%c", octet);
	return (size_t)snprintf(ret, size, "\\%03u", octet);
}

/* What is a letter, a digit, '-' or '_'; all others in hex. */
static size_t
put_in_file_name(uint8_t octet, char *ret, size_t size)
{
	bool plain = (octet >= 'a' && octet <= 'z') ||
	    is_digit((char)octet) || octet == '-' || octet == '_';

	return (size_t)(plain ? snprintf(ret, size, "%c", octet)
			      : snprintf(ret, size, "%%%02X", octet));
}

void
dname_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1])
{
	put_labels(name, put_presented, ret);
}

void
dname_file_text(const struct dname *name, char ret[DNAME_TEXT_MAX + 1])
{
	put_labels(name, put_in_file_name, ret);
}

bool
same_domain(const char *a, const char *b)
{
	struct dname left, right;
	struct err err;

	return dname_parse(a, &left, &err) && dname_parse(b, &right, &err) &&
	    dname_equal(&left, &right);
}
