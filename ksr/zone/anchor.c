#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/zone/anchor.h"

#define LINE_MAX_LEN 2048

enum { WORDS_MAX = 64 };

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
parse_digest(
    const struct words *words, size_t at, struct ds_record *ret, struct err *err)
{
	char hex[LINE_MAX_LEN + 1];
	uint8_t len = ret->digest_type == DS_DIGEST_SHA384 ? DS_DIGEST_MAX
							   : DS_SHA256_SIZE;

	join(words, at, hex);
	if (!hex_parse(hex, ret->digest, len))
		return err_set(err, E_INPUT,
		    "digest \"%.80s\": expected %d hex digits", hex, 2 * len);
	ret->digest_len = len;
	return true;
}

static bool
parse_ds_record(
    const struct words *words, size_t at, struct ds_record *ret, struct err *err)
{
	uint64_t tag, algorithm, digest;

	if (!number("key tag", words->word[at], UINT16_MAX, &tag, err) ||
	    !number("algorithm", words->word[at + 1], UINT8_MAX, &algorithm,
		err) ||
	    !number("digest type", words->word[at + 2], UINT8_MAX, &digest,
		err))
		return false;
	if (digest != DS_DIGEST_SHA256 && digest != DS_DIGEST_SHA384)
		return err_set(err, E_INPUT,
		    "digest type %u: expected 2, SHA-256, or 4, SHA-384",
		    (unsigned)digest);
	*ret = (struct ds_record){ .tag = (uint16_t)tag,
		.algorithm = (uint8_t)algorithm,
		.digest_type = (uint8_t)digest };
	return parse_digest(words, at + 3, ret, err);
}

/* Of an anchor: a SHA-256. */
static bool
parse_ds(const struct words *words, size_t at, struct anchor *ret,
    struct err *err)
{
	struct ds_record record;

	if (!parse_ds_record(words, at, &record, err))
		return false;
	if (record.digest_type != DS_DIGEST_SHA256)
		return err_set(err, E_INPUT,
		    "digest type %u: expected 2, SHA-256", record.digest_type);
	ret->tag = record.tag;
	memcpy(ret->ds, record.digest, sizeof(ret->ds));
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

/* Behind the owner, which must be the zone: where the type stands. */
static bool
find_type(const struct words *words, const struct dname *zone, size_t *ret,
    struct err *err)
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
	*ret = at;
	return true;
}

static bool
is_of_type(const struct words *words, size_t at, const char *type)
{
	return words->n >= at + 5 && strcmp(words->word[at], type) == 0;
}

static bool
take_anchor(const struct words *words, const struct dname *zone, void *ret,
    struct err *err)
{
	size_t at;

	if (!find_type(words, zone, &at, err))
		return false;
	if (is_of_type(words, at, "DS"))
		return parse_ds(words, at + 1, ret, err);
	if (is_of_type(words, at, "DNSKEY"))
		return parse_dnskey(words, at + 1, zone, ret, err);
	return err_set(
	    err, E_INPUT, "expected a DS or DNSKEY record on one line");
}

static bool
take_ds(const struct words *words, const struct dname *zone, void *ret,
    struct err *err)
{
	size_t at;

	return find_type(words, zone, &at, err) &&
	    (is_of_type(words, at, "DS")
		    ? parse_ds_record(words, at + 1, ret, err)
		    : err_set(err, E_INPUT,
			  "expected a DS record on one line"));
}

/* Where records go: an array of some type, and who reads one of it. */
struct taking {
	void *at;
	size_t size, max; /* of one, and how many */
	const char *what;
	bool (*take)(const struct words *, const struct dname *, void *,
	    struct err *);
};

static bool
read_lines(struct bytes text, const char *name, const struct dname *zone,
    const struct taking *taking, size_t *ret_n, struct err *err)
{
	const char *line = (const char *)text.data;
	const char *end = line + text.len;
	struct words words;
	size_t n = 0;

	for (size_t number = 1; line < end; number++) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((eol == NULL ? end : eol) - line);
		bool ok = split(line, len, &words, err);

		if (ok && words.n > 0 && n == taking->max)
			ok = err_set(err, E_INPUT, "more than %zu %s",
			    taking->max, taking->what);
		else if (ok && words.n > 0)
			ok = taking->take(&words, zone,
			    (uint8_t *)taking->at + taking->size * n++, err);
		if (!ok)
			return err_prefix(err, "%s:%zu", name, number);
		line += len + (eol != NULL);
	}
	*ret_n = n;
	return true;
}

bool
anchors_read(struct bytes text, const char *name, const struct dname *zone,
    size_t max, struct anchor *ret, size_t *ret_n, struct err *err)
{
	const struct taking taking = { ret, sizeof(*ret), max, "anchors",
		take_anchor };
	size_t n;

	if (!read_lines(text, name, zone, &taking, &n, err))
		return false;
	if (n == 0)
		return err_set(err, E_INPUT, "%s: holds no anchor", name);
	*ret_n = n;
	return true;
}

bool
ds_records_read(struct bytes text, const char *name, const struct dname *zone,
    size_t max, struct ds_record *ret, size_t *ret_n, struct err *err)
{
	const struct taking taking = { ret, sizeof(*ret), max, "DS records",
		take_ds };
	size_t n;

	if (!read_lines(text, name, zone, &taking, &n, err))
		return false;
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(&ret[i], &ret[k], sizeof(*ret)) == 0)
				return err_set(err, E_INPUT,
				    "%s: one DS (key tag %u) stands there "
				    "twice",
				    name, ret[i].tag);
	*ret_n = n;
	return true;
}
