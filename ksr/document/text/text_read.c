#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/bundle.h"
#include "ksr/document/text/rr.h"
#include "ksr/document/text/scan.h"
#include "ksr/document/text/text.h"

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* The RRset of a child type while its record is read. */
struct child {
	uint32_t ttl_s;
	size_t n_records, n_signatures;
	struct child_record records[CHILD_RECORDS_MAX];
	struct rrsig signatures[BUNDLE_SIGS_MAX];
};

struct reading {
	const struct text_style *style;
	struct scan scan;
	struct ksr *ksr;     /* owned until it is whole */
	size_t bundles_size; /* allocated; ksr->n_bundles are in use */
	bool has_kind;	     /* a header was read */
	bool in_record;
	bool gap; /* an empty line stood before */
	bool closed;
	struct place header; /* of the open record */

	/* The open record's. */
	size_t n_keys, n_signatures;
	struct dnskey keys[BUNDLE_KEYS_MAX];
	struct rrsig signatures[BUNDLE_SIGS_MAX];
	struct child child[CHILD_TYPES];
	struct rr rr;
	struct word line;
};

static struct bundle *
open_bundle(struct reading *r)
{
	return &r->ksr->bundles[r->ksr->n_bundles - 1];
}

/* The tag that the key had unrevoked, and what tells it from one with that. */
static bool
name_key(struct dnskey *key, struct err *err)
{
	const struct dnskey unrevoked = dnskey_unrevoked(key);
	uint8_t digest[SHA256_SIZE];

	if (!sha256((struct bytes){ key->public_key, key->public_key_len },
		digest, err))
		return false;
	snprintf(key->identifier, sizeof(key->identifier),
	    "%u-%02x%02x%02x%02x", dnskey_tag(&unrevoked), digest[0],
	    digest[1], digest[2], digest[3]);
	return true;
}

static void
name_signature(const struct reading *r, struct rrsig *rrsig)
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (r->keys[i].tag == rrsig->tag &&
		    r->keys[i].algorithm == rrsig->algorithm) {
			memcpy(rrsig->identifier, r->keys[i].identifier,
			    sizeof(rrsig->identifier));
			return;
		}
	snprintf(rrsig->identifier, sizeof(rrsig->identifier), "%u-unknown",
	    rrsig->tag);
}

static bool
refuse_many(struct reading *r, size_t max, const char *what, struct err *err)
{
	return scan_refuse(&r->scan, r->rr.place, err,
	    "more than %zu %s in one record", max, what);
}

static bool
add_key(struct reading *r, struct err *err)
{
	struct dnskey *key = &r->rr.key;

	if (r->n_signatures > 0)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "a DNSKEY behind its RRset's signature");
	if (r->ksr->kind == KSR_REQUEST && key->flags != DNSKEY_FLAGS_ZSK)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "flags %u in a request, wanted %d, a ZSK's", key->flags,
		    DNSKEY_FLAGS_ZSK);
	if (r->n_keys > 0 && key->ttl_s != r->keys[0].ttl_s)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "TTL %" PRIu32 ", the RRset's is %" PRIu32, key->ttl_s,
		    r->keys[0].ttl_s);
	for (size_t i = 0; i < r->n_keys; i++)
		if (dnskey_same_key(key, &r->keys[i]))
			return scan_refuse(&r->scan, r->rr.place, err,
			    "a key that stands in this record already");
	if (r->n_keys == BUNDLE_KEYS_MAX)
		return refuse_many(r, BUNDLE_KEYS_MAX, "keys", err);
	if (!name_key(key, err))
		return false;
	r->keys[r->n_keys++] = *key;
	return true;
}

static bool
add_child(struct reading *r, enum child_type type, struct err *err)
{
	struct child *child = &r->child[type];

	if (child->n_signatures > 0)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "a record behind its RRset's signature");
	if (child->n_records > 0 && child->ttl_s != r->rr.ttl_s)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "TTL %" PRIu32 ", the RRset's is %" PRIu32,
		    r->rr.ttl_s, child->ttl_s);
	if (child->n_records == CHILD_RECORDS_MAX)
		return refuse_many(r, CHILD_RECORDS_MAX, "of a type", err);
	child->ttl_s = r->rr.ttl_s;
	child->records[child->n_records++] = r->rr.rdata;
	return true;
}

static bool
append_signature(struct reading *r, struct rrsig *list, size_t *n,
    size_t n_records, struct err *err)
{
	if (n_records == 0)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "a signature before the records that it covers");
	if (*n == BUNDLE_SIGS_MAX)
		return refuse_many(r, BUNDLE_SIGS_MAX, "signatures", err);
	list[(*n)++] = r->rr.rrsig;
	return true;
}

static bool
add_signature(struct reading *r, struct err *err)
{
	const struct rrsig *rrsig = &r->rr.rrsig;

	name_signature(r, &r->rr.rrsig);
	for (size_t i = 0; i < CHILD_TYPES; i++) {
		struct child *child = &r->child[i];

		if (child_rrtypes[i] == r->rr.covers)
			return append_signature(r, child->signatures,
			    &child->n_signatures, child->n_records, err);
	}
	if (r->n_signatures > 0 &&
	    (rrsig->inception != r->signatures[0].inception ||
		rrsig->expiration != r->signatures[0].expiration))
		return scan_refuse(&r->scan, r->rr.place, err,
		    "a signature of other times than the one before it");
	return append_signature(
	    r, r->signatures, &r->n_signatures, r->n_keys, err);
}

/* One zone throughout; KSR-DOMAIN says whether it is the policy's. */
static bool
check_owner(struct reading *r, struct err *err)
{
	char *domain = r->ksr->domain;

	if (domain[0] == '\0')
		memcpy(domain, r->rr.owner, sizeof(r->ksr->domain));
	return same_domain(domain, r->rr.owner) ||
	    scan_refuse(&r->scan, r->rr.place, err,
		"owner \"%.80s\", the record before has \"%.80s\"",
		r->rr.owner, domain);
}

static bool
add_record(struct reading *r, struct err *err)
{
	if (!r->in_record)
		return scan_refuse(&r->scan, r->scan.place, err,
		    "a record before the first header (\";; " TEXT_REQUEST
		    " " TEXT_VERSION " ...\")");
	if (r->gap)
		return scan_refuse(&r->scan, r->scan.place, err,
		    "a record behind an empty line, wanted a header");
	if (!rr_read(&r->scan, r->style, &r->rr, err) ||
	    !check_owner(r, err))
		return false;
	if (r->rr.type == RRTYPE_DNSKEY)
		return add_key(r, err);
	if (r->ksr->kind == KSR_REQUEST)
		return scan_refuse(&r->scan, r->rr.place, err,
		    "a request holds DNSKEYs and nothing else");
	if (r->rr.type == RRTYPE_RRSIG)
		return add_signature(r, err);
	return add_child(r,
	    r->rr.type == RRTYPE_CDS ? CHILD_CDS : CHILD_CDNSKEY, err);
}

static bool
keep_child(struct child *from, struct child_set *ret, struct err *err)
{
	if (!child_alloc(ret, from->n_records, from->n_signatures, err))
		return false;
	ret->ttl_s = from->ttl_s;
	memcpy(ret->records, from->records,
	    from->n_records * sizeof(*ret->records));
	memcpy(ret->signatures, from->signatures,
	    from->n_signatures * sizeof(*ret->signatures));
	from->n_records = from->n_signatures = 0;
	return true;
}

static bool
check_signed(struct reading *r, struct err *err)
{
	if (r->ksr->kind == KSR_REQUEST)
		return true;
	if (r->n_signatures == 0)
		return scan_refuse(&r->scan, r->header, err,
		    "a record without a signature of its DNSKEYs");
	for (size_t i = 0; i < CHILD_TYPES; i++)
		if (r->child[i].n_records > 0 && r->child[i].n_signatures == 0)
			return scan_refuse(&r->scan, r->header, err,
			    "a record without a signature of its %s records",
			    i == CHILD_CDS ? "CDS" : "CDNSKEY");
	return r->signatures[0].inception <= open_bundle(r)->inception ||
	    scan_refuse(&r->scan, r->header, err,
		"a record that is used before its signatures begin");
}

/* Where the next header stands, or the closing one. */
static bool
end_record(struct reading *r, struct err *err)
{
	struct bundle *bundle;

	if (!r->in_record)
		return true;
	if (r->n_keys == 0)
		return scan_refuse(
		    &r->scan, r->header, err, "a record without a key");
	bundle = open_bundle(r);
	if (!check_signed(r, err) ||
	    !bundle_alloc(bundle, r->n_keys, r->n_signatures, err))
		return false;
	memcpy(bundle->keys, r->keys, r->n_keys * sizeof(r->keys[0]));
	if (r->n_signatures > 0)
		memcpy(bundle->signatures, r->signatures,
		    r->n_signatures * sizeof(r->signatures[0]));
	for (size_t i = 0; i < CHILD_TYPES; i++)
		if (r->child[i].n_records > 0 &&
		    !keep_child(&r->child[i], &bundle->child[i], err))
			return false;
	if (r->n_signatures > 0) {
		bundle->lead_s =
		    bundle->inception - r->signatures[0].inception;
		bundle->inception = r->signatures[0].inception;
		bundle->expiration = r->signatures[0].expiration;
	}
	r->n_keys = r->n_signatures = 0;
	r->in_record = false;
	return true;
}

static bool
grow(struct reading *r, struct err *err)
{
	size_t size = r->bundles_size == 0 ? 16 : 2 * r->bundles_size;
	struct bundle *bundles;

	if (r->ksr->n_bundles < r->bundles_size)
		return true;
	bundles = reallocarray(r->ksr->bundles, size, sizeof(*bundles));
	if (bundles == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	r->ksr->bundles = bundles;
	r->bundles_size = size;
	return true;
}

/*
 * After the record before it; or at its very moment, where that one signs once
 * more what another answer takes over from (bundle_is_superseded).
 */
static bool
comes_after(struct reading *r, int64_t at)
{
	int64_t before = bundle_begins(open_bundle(r));

	return at > before ||
	    (at == before && r->gap && open_bundle(r)->refreshes);
}

static bool
begin_record(struct reading *r, int64_t at, struct err *err)
{
	struct ksr *ksr = r->ksr;
	bool first = ksr->n_bundles == 0;

	if (!first && !comes_after(r, at))
		return scan_refuse(&r->scan, r->header, err,
		    "a record that is not used after the one before it");
	if (ksr->n_bundles == BUNDLES_MAX)
		return scan_refuse(&r->scan, r->header, err,
		    "more than %u records", BUNDLES_MAX);
	if (!grow(r, err))
		return false;
	ksr->bundles[ksr->n_bundles++] = (struct bundle){ .inception = at,
		.expiration = at,
		.refreshes = r->style->has_gaps && !first && !r->gap &&
		    ksr->kind == KSR_RESPONSE };
	r->in_record = true;
	r->gap = false;
	return true;
}

static bool
take_text(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* A word of the header in ret[size]; what does not fit is no such word. */
static bool
take_header_word(const char **at, char *ret, size_t size)
{
	size_t len = strcspn(*at, " ");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	return true;
}

static bool
parse_time(const struct text_style *style, const char *text, int64_t *ret)
{
	uint64_t seconds;

	if (stamp_parse(text, ret))
		return true;
	if (style->time != TEXT_TIME_SECONDS || text[0] == '0' ||
	    !number_parse(text, (uint64_t)TIME_MAX, &seconds))
		return false;
	*ret = (int64_t)seconds;
	return true;
}

/* "TIME (the same for people)", and what ends a header. */
static bool
read_time(struct reading *r, const char *at, int64_t *ret, struct err *err)
{
	char text[sizeof("253402300799000")];
	const char *close, *seen = at;
	int64_t again;

	if (!take_header_word(&at, text, sizeof(text)) ||
	    !parse_time(r->style, text, ret))
		return scan_refuse(&r->scan, r->header, err,
		    "\"%.40s\", wanted when the record is used: "
		    "YYYYMMDDhhmmss%s",
		    seen, r->style->time == TEXT_TIME_SECONDS
			? " or seconds since 1970" : "");
	close = strchr(at, ')');
	if (!take_text(&at, " (") || close == NULL ||
	    strcmp(close + 1, r->style->rule) != 0)
		return scan_refuse(&r->scan, r->header, err,
		    "wanted a time, the same in parentheses%s%s",
		    r->style->rule[0] == '\0' ? "" : ", and",
		    r->style->rule);
	/* Where it is ISO 8601 it can be compared; ctime has no zone. */
	if (close - at == sizeof("YYYY-MM-DDThh:mm:ssZ") - 1) {
		char iso[sizeof("YYYY-MM-DDThh:mm:ssZ")];

		snprintf(iso, sizeof(iso), "%.*s", (int)(close - at), at);
		if (time_parse(iso, &again) && again != *ret)
			return scan_refuse(&r->scan, r->header, err,
			    "%s in parentheses is another time", iso);
	}
	return true;
}

static bool
close_document(struct reading *r, const char *at, struct err *err)
{
	if (strstr(at, " by ") == NULL || strlen(at) > ID_MAX)
		return scan_refuse(&r->scan, r->header, err,
		    "wanted when and by what it was generated, at most %u "
		    "characters", ID_MAX);
	if (r->ksr->n_bundles == 0)
		return scan_refuse(
		    &r->scan, r->header, err, "a file without a record");
	snprintf(r->ksr->generated, sizeof(r->ksr->generated), "%.*s",
	    (int)ID_MAX, at);
	r->closed = true;
	return true;
}

/* ";; KeySigningRequest 1.0 ": which kind, and of this version. */
static bool
read_kind(struct reading *r, const char **at, struct err *err)
{
	enum ksr_kind kind = KSR_REQUEST;

	if (take_text(at, ";; " TEXT_RESPONSE " "))
		kind = KSR_RESPONSE;
	else if (!take_text(at, ";; " TEXT_REQUEST " "))
		return scan_refuse(&r->scan, r->line.place, err,
		    "\"%.60s\", wanted \";; " TEXT_REQUEST "\" or \";; "
		    TEXT_RESPONSE "\"", *at);
	if (!take_text(at, TEXT_VERSION " "))
		return scan_refuse(&r->scan, r->line.place, err,
		    "version \"%.20s\", wanted " TEXT_VERSION, *at);
	if (r->has_kind && kind != r->ksr->kind)
		return scan_refuse(&r->scan, r->line.place, err,
		    "a request's and a response's headers in one file");
	r->ksr->kind = kind;
	r->has_kind = true;
	return true;
}

static bool
read_header(struct reading *r, struct err *err)
{
	const char *at = r->line.text;
	int64_t time;

	if (!scan_line(&r->scan, &r->line, err) || !read_kind(r, &at, err) ||
	    !end_record(r, err))
		return false;
	r->header = r->line.place;
	if (take_text(&at, TEXT_CLOSES))
		return close_document(r, at, err);
	return read_time(r, at, &time, err) && begin_record(r, time, err);
}

/* Only between a record's end and the next header. */
static bool
read_gap(struct reading *r, struct err *err)
{
	struct place place = r->scan.place;

	if (!scan_line(&r->scan, &r->line, err))
		return false;
	if (!r->style->has_gaps || r->gap || r->n_signatures == 0)
		return scan_refuse(&r->scan, place, err, "an empty line");
	r->gap = true;
	return true;
}

static bool
read_all(struct reading *r, struct err *err)
{
	if (r->scan.rest.len == 0)
		return scan_refuse(
		    &r->scan, r->scan.place, err, "the file is empty");
	if (r->scan.rest.len > KSR_FILE_MAX)
		return scan_refuse(&r->scan, r->scan.place, err,
		    "the file has more than %u octets", KSR_FILE_MAX);
	while (!r->closed) {
		int next = scan_peek(&r->scan);
		bool ok;

		if (next == -1)
			return scan_refuse(&r->scan, r->scan.place, err,
			    "the file is cut off: no line \";; ... "
			    TEXT_CLOSES "...\" closes it");
		ok = next == ';' ? read_header(r, err)
		    : next == '\n' ? read_gap(r, err)
				   : add_record(r, err);
		if (!ok)
			return false;
	}
	return scan_peek(&r->scan) == -1 ||
	    scan_refuse(&r->scan, r->scan.place, err,
		"something behind the line that closes the file");
}

/* The same file has the same ids, and no other has. */
static bool
make_ids(struct ksr *ksr, const struct text_style *style, struct bytes octets,
    struct err *err)
{
	char hash[SHA256_TEXT_SIZE], stamp[TIME_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (!sha256(octets, digest, err))
		return false;
	sha256_text(digest, hash);
	snprintf(ksr->id, sizeof(ksr->id), "%s-%.32s", style->name, hash);
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		struct bundle *bundle = &ksr->bundles[i];

		bool again = i + 1 < ksr->n_bundles &&
		    bundle_begins(bundle) == bundle_begins(bundle + 1);

		time_format_rrsig(bundle_begins(bundle), stamp);
		snprintf(bundle->id, sizeof(bundle->id), "%s-%.16s-%s%s",
		    style->name, hash, stamp, again ? BUNDLE_AGAIN : "");
	}
	return true;
}

bool
text_id_begins(const struct text_style *style, const char *id,
    const uint8_t file_sha256[SHA256_SIZE], int64_t *ret)
{
	char hash[SHA256_TEXT_SIZE], start[ID_MAX + 1];
	int len;

	sha256_text(file_sha256, hash);
	len = snprintf(start, sizeof(start), "%s-%.16s-", style->name, hash);
	return strncmp(id, start, (size_t)len) == 0 && stamp_parse(id + len, ret);
}

/* A request's record ends where the next begins. */
static void
end_where_next_begins(struct ksr *ksr)
{
	for (size_t i = 0; ksr->kind == KSR_REQUEST && i + 1 < ksr->n_bundles;
	     i++)
		ksr->bundles[i].expiration = ksr->bundles[i + 1].inception;
}

bool
text_read(const struct text_style *style, struct bytes octets,
    const char *name, struct ksr **ret, struct err *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	bool ok;

	if (r == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	r->style = style;
	r->scan = (struct scan){ .name = name,
		.rest = octets,
		.place = { 1, 1 },
		.parens = style->has_parens };
	r->ksr = ksr_new(KSR_REQUEST, 0);
	ok = r->ksr != NULL
	    ? read_all(r, err) && make_ids(r->ksr, style, octets, err)
	    : err_set(err, E_MEMORY, "%s: out of memory", name);
	if (ok) {
		end_where_next_begins(r->ksr);
		*ret = r->ksr;
	} else {
		ksr_free(r->ksr);
	}
	free(r);
	return ok;
}

bool
text_begins(const struct text_style *style, struct bytes octets)
{
	const uint8_t *end = octets.len == 0
	    ? NULL
	    : memchr(octets.data, '\n', octets.len);
	size_t len = end == NULL ? octets.len : (size_t)(end - octets.data);
	size_t rule = strlen(style->rule);
	bool begins = false;

	for (size_t i = 0; i < 2; i++) {
		const char *text =
		    i == 0 ? ";; " TEXT_REQUEST : ";; " TEXT_RESPONSE;

		begins = begins ||
		    (len >= strlen(text) &&
			memcmp(octets.data, text, strlen(text)) == 0);
	}
	return begins && len >= rule &&
	    memcmp(octets.data + len - rule, style->rule, rule) == 0;
}
