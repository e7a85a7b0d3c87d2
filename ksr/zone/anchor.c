#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/zone/anchor.h"

#define LINE_MAX_LEN 2048

enum { DIGEST_SHA256 = 2, /* RFC 4509 */ WORDS_MAX = 64 };

/* A line cut at its spaces. */
struct words {
	char text[LINE_MAX_LEN + 1];
	size_t n;
	const char *word[WORDS_MAX];
};

static bool
split(const char *line, size_t len, struct words *ret, struct err *err)
{
	char *p = ret->text;

	if (len > LINE_MAX_LEN || memchr(line, '\0', len) != NULL)
		return err_set(err, E_INPUT, "is no record");
	memcpy(p, line, len);
	p[len] = '\0';
	p[strcspn(p, ";\r")] = '\0';
	ret->n = 0;
	for (;;) {
		p += strspn(p, " \t");
		if (*p == '\0')
			return true;
		if (ret->n == WORDS_MAX)
			return err_set(err, E_INPUT,
			    "has more than %d words", WORDS_MAX);
		ret->word[ret->n++] = p;
		p += strcspn(p, " \t");
		if (*p != '\0')
			*p++ = '\0';
	}
}

/* The words from the n-th on, put together again. */
static void
join(const struct words *words, size_t from, char ret[LINE_MAX_LEN + 1])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = from; i < words->n; i++) {
		size_t n = strlen(words->word[i]);

		memcpy(ret + len, words->word[i], n + 1);
		len += n;
	}
}

static bool
number(const char *what, const char *text, uint64_t max, uint64_t *ret,
    struct err *err)
{
	return number_parse(text, max, ret) ||
	    err_set(err, E_INPUT, "%s \"%.40s\": expected a number up to %llu",
		what, text, (unsigned long long)max);
}

static bool
parse_ds(const struct words *words, size_t at, struct anchor *ret,
    struct err *err)
{
	char hex[LINE_MAX_LEN + 1];
	uint64_t tag, algorithm, digest;

	if (!number("key tag", words->word[at], UINT16_MAX, &tag, err) ||
	    !number("algorithm", words->word[at + 1], UINT8_MAX, &algorithm,
		err) ||
	    !number("digest type", words->word[at + 2], UINT8_MAX, &digest,
		err))
		return false;
	if (digest != DIGEST_SHA256)
		return err_set(err, E_INPUT,
		    "digest type %u: expected 2, SHA-256", (unsigned)digest);
	join(words, at + 3, hex);
	if (!hex_parse(hex, ret->ds, sizeof(ret->ds)))
		return err_set(err, E_INPUT,
		    "digest \"%.80s\": expected %d hex digits", hex,
		    2 * DS_SHA256_SIZE);
	ret->tag = (uint16_t)tag;
	return true;
}

static bool
parse_dnskey(const struct words *words, size_t at, const struct dname *zone,
    struct anchor *ret, struct err *err)
{
	char base64[LINE_MAX_LEN + 1];
	struct dnskey key = { 0 };
	struct pubkey_info info;
	uint64_t flags, protocol, algorithm;
	size_t len;

	if (!number("flags", words->word[at], UINT16_MAX, &flags, err) ||
	    !number("protocol", words->word[at + 1], UINT8_MAX, &protocol,
		err) ||
	    !number("algorithm", words->word[at + 2], UINT8_MAX, &algorithm,
		err))
		return false;
	if ((flags & DNSKEY_FLAG_ZONE) == 0 ||
	    (flags & DNSKEY_FLAG_REVOKE) != 0 || protocol != DNSKEY_PROTOCOL)
		return err_set(err, E_INPUT,
		    "flags %u, protocol %u: expected a zone key that is not "
		    "revoked, protocol %d",
		    (unsigned)flags, (unsigned)protocol, DNSKEY_PROTOCOL);
	join(words, at + 3, base64);
	if (!base64_parse(
		base64, key.public_key, sizeof(key.public_key), &len))
		return err_set(err, E_INPUT, "the public key is no base64");
	key.flags = (uint16_t)flags;
	key.protocol = (uint8_t)protocol;
	key.algorithm = (uint8_t)algorithm;
	key.public_key_len = (uint16_t)len;
	ret->tag = dnskey_tag(&key);
	return pubkey_info(&key, &info, err) &&
	    dnskey_ds(zone, &key, ret->ds, err);
}

static bool
is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

static bool
parse_record(const struct words *words, const struct dname *zone,
    struct anchor *ret, struct err *err)
{
	struct dname owner;
	size_t at = 1;

	if (!dname_parse(words->word[0], &owner, err))
		return false;
	if (!dname_equal(&owner, zone))
		return err_set(err, E_INPUT,
		    "is for another zone, %.100s", words->word[0]);
	if (at < words->n && is_number(words->word[at]))
		at++;
	if (at < words->n && strcmp(words->word[at], "IN") == 0)
		at++;
	if (words->n >= at + 5 && strcmp(words->word[at], "DS") == 0)
		return parse_ds(words, at + 1, ret, err);
	if (words->n >= at + 5 && strcmp(words->word[at], "DNSKEY") == 0)
		return parse_dnskey(words, at + 1, zone, ret, err);
	return err_set(
	    err, E_INPUT, "expected a DS or DNSKEY record on one line");
}

bool
anchors_read(struct bytes text, const char *name, const struct dname *zone,
    size_t max, struct anchor *ret, size_t *ret_n, struct err *err)
{
	const char *line = (const char *)text.data;
	const char *end = line + text.len;
	struct words words;
	size_t n = 0;

	for (size_t number = 1; line < end; number++) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((eol == NULL ? end : eol) - line);
		bool ok = split(line, len, &words, err);

		if (ok && words.n > 0 && n == max)
			ok = err_set(err, E_INPUT,
			    "more than %zu anchors", max);
		else if (ok && words.n > 0)
			ok = parse_record(&words, zone, &ret[n++], err);
		if (!ok)
			return err_prefix(err, "%s:%zu", name, number);
		line += len + (eol != NULL);
	}
	if (n == 0)
		return err_set(err, E_INPUT, "%s: holds no anchor", name);
	*ret_n = n;
	return true;
}
