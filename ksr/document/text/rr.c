#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/text/rr.h"

enum {
	STAMP_LEN = 14, /* YYYYMMDDhhmmss */
	DS_FIXED = 4,   /* RFC 4034 5.1: tag, algorithm, digest type */
};

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "DNSKEY", RRTYPE_DNSKEY },
	{ "RRSIG", RRTYPE_RRSIG },
	{ "CDNSKEY", RRTYPE_CDNSKEY },
	{ "CDS", RRTYPE_CDS },
};

bool
stamp_parse(const char *text, int64_t *ret)
{
	char iso[sizeof("YYYY-MM-DDThh:mm:ss")];

	if (strlen(text) != STAMP_LEN ||
	    strspn(text, "0123456789") != STAMP_LEN)
		return false;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", text,
	    text + 4, text + 6, text + 8, text + 10, text + 12);
	return time_parse(iso, ret);
}

/* A word that is there; what is what it would have been. */
static bool
take(struct scan *scan, const char *what, struct word *ret, struct err *err)
{
	return scan_word(scan, ret, err) &&
	    (!ret->ends ||
		scan_refuse(scan, ret->place, err,
		    "the record ends, wanted %s", what));
}

static bool
take_number(struct scan *scan, const char *what, uint64_t max, uint64_t *ret,
    struct err *err)
{
	struct word word;

	return take(scan, what, &word, err) &&
	    (number_parse(word.text, max, ret) ||
		scan_refuse(scan, word.place, err,
		    "\"%.40s\", wanted %s, 0 to %" PRIu64, word.text, what,
		    max));
}

static bool
take_stamp(
    struct scan *scan, const char *what, int64_t *ret, struct err *err)
{
	struct word word;

	return take(scan, what, &word, err) &&
	    (stamp_parse(word.text, ret) ||
		scan_refuse(scan, word.place, err,
		    "\"%.40s\", wanted %s as YYYYMMDDhhmmss, 1970 to 9999",
		    word.text, what));
}

/* RFC 4034 3.1.7, RFC 1035 5.1: an absolute name. */
static bool
take_name(struct scan *scan, const char *what, char ret[DNAME_TEXT_MAX + 1],
    struct err *err)
{
	struct word word;
	struct dname name;
	struct err why;

	if (!take(scan, what, &word, err))
		return false;
	if (!dname_parse(word.text, &name, &why))
		return scan_refuse(scan, word.place, err, "\"%.80s\": %s",
		    word.text, why.msg);
	if (word.text[strlen(word.text) - 1] != '.')
		return scan_refuse(scan, word.place, err,
		    "\"%.80s\", wanted %s with its final dot", word.text,
		    what);
	snprintf(ret, DNAME_TEXT_MAX + 1, "%.*s", (int)DNAME_TEXT_MAX,
	    word.text);
	return true;
}

static bool
take_type(struct scan *scan, uint16_t *ret, struct err *err)
{
	struct word word;

	if (!take(scan, "a type", &word, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, word.text) == 0) {
			*ret = types[i].type;
			return true;
		}
	return scan_refuse(scan, word.place, err,
	    "\"%.40s\", wanted DNSKEY, CDNSKEY, CDS or RRSIG", word.text);
}

/* What is left of the record, its words as one. */
static bool
take_rest(struct scan *scan, const char *what, struct word *ret,
    struct err *err)
{
	struct word word;
	size_t len;

	if (!take(scan, what, ret, err))
		return false;
	len = strlen(ret->text);
	for (;;) {
		if (!scan_word(scan, &word, err))
			return false;
		if (word.ends)
			return true;
		if (len + strlen(word.text) > TEXT_LINE_MAX)
			return scan_refuse(scan, word.place, err,
			    "more than %u characters of %s", TEXT_LINE_MAX,
			    what);
		len += (size_t)snprintf(ret->text + len,
		    sizeof(ret->text) - len, "%s", word.text);
	}
}

static bool
take_base64(struct scan *scan, const char *what, uint8_t *ret, size_t size,
    uint16_t *ret_len, struct err *err)
{
	struct word *text = malloc(sizeof(*text));
	size_t len = 0;
	bool ok;

	if (text == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = take_rest(scan, what, text, err) &&
	    (base64_parse(text->text, ret, size, &len) ||
		scan_refuse(scan, text->place, err,
		    "wanted %s in base64, 1 to %zu octets", what, size));
	free(text);
	*ret_len = (uint16_t)len;
	return ok;
}

static bool
read_key(struct scan *scan, struct dnskey *ret, struct err *err)
{
	uint64_t flags = 0, protocol = 0, algorithm = 0;

	if (!take_number(scan, "flags", UINT16_MAX, &flags, err) ||
	    !take_number(scan, "a protocol", UINT8_MAX, &protocol, err) ||
	    !take_number(scan, "an algorithm", UINT8_MAX, &algorithm, err) ||
	    !take_base64(scan, "a public key", ret->public_key,
		sizeof(ret->public_key), &ret->public_key_len, err))
		return false;
	ret->flags = (uint16_t)flags;
	ret->protocol = (uint8_t)protocol;
	ret->algorithm = (uint8_t)algorithm;
	ret->tag = dnskey_tag(ret);
	return true;
}

/* RFC 4034 2.1, RFC 5011 3: a ZSK, a KSK or a revoked KSK, and a key at all. */
static bool
read_dnskey(struct scan *scan, struct rr *rr, struct err *err)
{
	struct dnskey *key = &rr->key;
	struct pubkey_info info;
	struct err why;

	if (!read_key(scan, key, err))
		return false;
	key->ttl_s = rr->ttl_s;
	if (key->flags != DNSKEY_FLAGS_ZSK && key->flags != DNSKEY_FLAGS_KSK &&
	    key->flags != DNSKEY_FLAGS_KSK_REVOKED)
		return scan_refuse(scan, rr->place, err,
		    "flags %u, wanted %d, %d or %d", key->flags,
		    DNSKEY_FLAGS_ZSK, DNSKEY_FLAGS_KSK,
		    DNSKEY_FLAGS_KSK_REVOKED);
	if (key->protocol != DNSKEY_PROTOCOL)
		return scan_refuse(scan, rr->place, err,
		    "protocol %u, wanted %d", key->protocol, DNSKEY_PROTOCOL);
	return pubkey_info(key, &info, &why) ||
	    scan_refuse(scan, rr->place, err, "%s", why.msg);
}

static bool
read_cdnskey(struct scan *scan, struct rr *rr, struct err *err)
{
	struct buf rdata = buf_new(RDATA_MAX);
	struct dnskey key = { 0 };
	bool ok = read_key(scan, &key, err);

	dnskey_rdata(&key, &rdata);
	ok = ok && (!rdata.failed || err_set(err, E_MEMORY, "out of memory"));
	if (ok) {
		rr->rdata.len = (uint16_t)rdata.len;
		memcpy(rr->rdata.octets, rdata.data, rdata.len);
	}
	buf_free(&rdata);
	return ok;
}

static bool
take_digest(struct scan *scan, struct child_record *rdata, struct err *err)
{
	struct word *text = malloc(sizeof(*text));
	size_t len;
	bool ok;

	if (text == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = take_rest(scan, "a digest", text, err);
	len = ok ? strlen(text->text) / 2 : 0;
	ok = ok &&
	    ((len > 0 && len <= RDATA_MAX - DS_FIXED &&
		 hex_parse(text->text, rdata->octets + DS_FIXED, len)) ||
		scan_refuse(
		    scan, text->place, err, "wanted a digest in hex"));
	rdata->len = (uint16_t)(DS_FIXED + len);
	free(text);
	return ok;
}

static bool
read_cds(struct scan *scan, struct rr *rr, struct err *err)
{
	uint64_t tag = 0, algorithm = 0, digest_type = 0;
	uint8_t *octets = rr->rdata.octets;

	if (!take_number(scan, "a key tag", UINT16_MAX, &tag, err) ||
	    !take_number(scan, "an algorithm", UINT8_MAX, &algorithm, err) ||
	    !take_number(
		scan, "a digest type", UINT8_MAX, &digest_type, err))
		return false;
	octets[0] = (uint8_t)(tag >> 8);
	octets[1] = (uint8_t)tag;
	octets[2] = (uint8_t)algorithm;
	octets[3] = (uint8_t)digest_type;
	return take_digest(scan, &rr->rdata, err);
}

static bool
read_rrsig(struct scan *scan, struct rr *rr, struct err *err)
{
	struct rrsig *rrsig = &rr->rrsig;
	uint64_t algorithm = 0, labels = 0, ttl = 0, tag = 0;

	if (!take_type(scan, &rr->covers, err) ||
	    !take_number(scan, "an algorithm", UINT8_MAX, &algorithm, err) ||
	    !take_number(scan, "labels", UINT8_MAX, &labels, err) ||
	    !take_number(scan, "a TTL", DNS_TTL_MAX, &ttl, err) ||
	    !take_stamp(scan, "an expiration", &rrsig->expiration, err) ||
	    !take_stamp(scan, "an inception", &rrsig->inception, err) ||
	    !take_number(scan, "a key tag", UINT16_MAX, &tag, err) ||
	    !take_name(scan, "the signer's name", rrsig->signers_name, err) ||
	    !take_base64(scan, "a signature", rrsig->signature,
		sizeof(rrsig->signature), &rrsig->signature_len, err))
		return false;
	rrsig->ttl_s = rr->ttl_s;
	rrsig->algorithm = (uint8_t)algorithm;
	rrsig->labels = (uint8_t)labels;
	rrsig->original_ttl_s = (uint32_t)ttl;
	rrsig->tag = (uint16_t)tag;
	return rr->covers != RRTYPE_RRSIG ||
	    scan_refuse(
		scan, rr->place, err, "an RRSIG that covers RRSIGs");
}

static bool
read_class(
    struct scan *scan, const struct text_style *style, struct err *err)
{
	struct word word;

	return !style->has_class ||
	    (take(scan, "class IN", &word, err) &&
		(strcmp(word.text, "IN") == 0 ||
		    scan_refuse(scan, word.place, err,
			"\"%.40s\", wanted class IN", word.text)));
}

bool
rr_read(struct scan *scan, const struct text_style *style,
    struct rr *ret, struct err *err)
{
	uint64_t ttl = 0;

	*ret = (struct rr){ .place = scan->place };
	if (!take_name(scan, "an owner", ret->owner, err) ||
	    !take_number(scan, "a TTL", DNS_TTL_MAX, &ttl, err) ||
	    !read_class(scan, style, err) || !take_type(scan, &ret->type, err))
		return false;
	ret->ttl_s = (uint32_t)ttl;
	switch (ret->type) {
	case RRTYPE_DNSKEY:
		return read_dnskey(scan, ret, err);
	case RRTYPE_CDNSKEY:
		return read_cdnskey(scan, ret, err);
	case RRTYPE_CDS:
		return read_cds(scan, ret, err);
	default:
		return read_rrsig(scan, ret, err);
	}
}
