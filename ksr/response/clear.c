#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/cursor.h"
#include "ksr/dns/pubkey.h"
#include "ksr/response/clear.h"

enum {
	LABEL_MAX = 63, /* RFC 1035 2.3.4; above: pointers, other label types */
	TYPE_DNSKEY = 48,
	TYPE_CDS = 59,     /* RFC 7344 */
	TYPE_CDNSKEY = 60, /* RFC 7344 */
	CLASS_IN = 1,
	RDATA_FIXED = 4, /* flags, protocol, algorithm */
};

/* RFC 4034 3.1.5: which time 32 bits mean is certain within half of them. */
#define WIRE_TIME_REACH_S (INT64_C(1) << 31)

/* RRSIG RDATA without the signature, RFC 4034 3.1. */
struct head {
	uint16_t type_covered;
	uint8_t algorithm, labels;
	uint32_t original_ttl_s, expiration, inception;
	uint16_t tag;
	struct bytes signer;
};

/* One RR, RFC 1035 3.2.1. */
struct rr {
	struct bytes owner;
	uint16_t type, class;
	uint32_t ttl_s;
	struct bytes rdata;
};

/* What the octets are made of; borrows them. */
struct parts {
	struct head head;
	size_t n_rrs;
	struct rr rrs[BUNDLE_KEYS_MAX];
};

struct cleared {
	struct dnskey key;
	size_t len;
	uint8_t octets[]; /* len of them */
};

static uint32_t
take_u32(struct cursor *cursor)
{
	uint32_t high = cursor_u16(cursor);

	return high << 16 | cursor_u16(cursor);
}

/* An uncompressed name; whether it is canonical shows when it is compared. */
static struct bytes
take_name(struct cursor *cursor)
{
	struct bytes name = { cursor->rest.data, 0 };
	uint8_t label;

	do {
		label = cursor_u8(cursor);
		if (label > LABEL_MAX)
			cursor->failed = true;
		cursor_take(cursor, label);
		name.len += 1u + label;
	} while (label != 0 && !cursor->failed && name.len <= DNAME_WIRE_MAX);
	if (name.len > DNAME_WIRE_MAX)
		cursor->failed = true;
	return name;
}

static struct head
take_head(struct cursor *cursor)
{
	struct head head = { .type_covered = cursor_u16(cursor) };

	head.algorithm = cursor_u8(cursor);
	head.labels = cursor_u8(cursor);
	head.original_ttl_s = take_u32(cursor);
	head.expiration = take_u32(cursor);
	head.inception = take_u32(cursor);
	head.tag = cursor_u16(cursor);
	head.signer = take_name(cursor);
	return head;
}

static struct rr
take_rr(struct cursor *cursor)
{
	struct rr rr = { .owner = take_name(cursor) };

	rr.type = cursor_u16(cursor);
	rr.class = cursor_u16(cursor);
	rr.ttl_s = take_u32(cursor);
	rr.rdata = cursor_take(cursor, cursor_u16(cursor));
	return rr;
}

static bool
take_apart(struct bytes octets, struct parts *ret, struct err *err)
{
	struct cursor cursor = cursor_new(octets);

	ret->head = take_head(&cursor);
	ret->n_rrs = 0;
	while (!cursor.failed && cursor.rest.len > 0) {
		if (ret->n_rrs == BUNDLE_KEYS_MAX)
			return err_set(err, E_REFUSED, "more than %u records",
			    BUNDLE_KEYS_MAX);
		ret->rrs[ret->n_rrs++] = take_rr(&cursor);
	}
	if (!cursor_done(&cursor))
		return err_set(err, E_REFUSED,
		    "%zu octets are no RRSIG RDATA with whole records behind "
		    "it",
		    octets.len);
	return ret->n_rrs > 0 || err_set(err, E_REFUSED, "no record");
}

/*
 * The octet that the text has next, in lower case, and behind it: of "a", "\."
 * or "\046" (RFC 1035 5.1).  -1 at a label's end and where none is meant.
 */
static int
next_octet(const char **text)
{
	const char *t = *text;
	int c = (unsigned char)*t++;

	if (c == '.' || c == '\0')
		return -1;
	if (c == '\\') {
		c = (unsigned char)*t++;
		if (c == '\0')
			return -1;
		if (c >= '0' && c <= '9') {
			if (t[0] < '0' || t[0] > '9' || t[1] < '0' || t[1] > '9')
				return -1;
			c = (c - '0') * 100 + (t[0] - '0') * 10 + t[1] - '0';
			t += 2;
		}
	}
	*text = t;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* RFC 4034 6.2: the text's name, uncompressed and in lower case. */
static bool
is_name(struct bytes name, const char *text)
{
	struct cursor cursor = cursor_new(name);

	if (*text == '\0')
		return false; /* no name: the root is "." */
	if (strcmp(text, ".") == 0)
		text++;
	for (;;) {
		uint8_t len = cursor_u8(&cursor);
		struct bytes label = cursor_take(&cursor, len);

		if (len == 0)
			return cursor_done(&cursor) && *text == '\0';
		for (size_t i = 0; i < label.len; i++)
			if (label.data[i] != next_octet(&text))
				return false;
		if (cursor.failed || (*text != '.' && *text != '\0'))
			return false;
		if (*text == '.')
			text++;
	}
}

static uint8_t
count_labels(struct bytes name)
{
	uint8_t labels = 0;

	for (size_t at = 0; at < name.len && name.data[at] != 0;
	     at += 1u + name.data[at])
		labels++;
	return labels;
}

static uint16_t
flags_of(const struct rr *rr)
{
	return (uint16_t)(rr->rdata.data[0] << 8 | rr->rdata.data[1]);
}

static uint8_t
algorithm_of(const struct rr *rr)
{
	return rr->rdata.data[3];
}

static struct bytes
public_key_of(const struct rr *rr)
{
	return (struct bytes){ rr->rdata.data + RDATA_FIXED,
		rr->rdata.len - RDATA_FIXED };
}

/* RFC 4034 appendix B: the RDATA as 16-bit numbers, added with the carry. */
static uint16_t
tag_of(const struct rr *rr)
{
	struct cursor cursor = cursor_new(rr->rdata);
	uint32_t sum = 0;

	while (cursor.rest.len > 1)
		sum += cursor_u16(&cursor);
	if (cursor.rest.len == 1)
		sum += (uint32_t)cursor_u8(&cursor) << 8;
	return (uint16_t)(sum + (sum >> 16));
}

/* RFC 4509, of the key before its revocation: that is what is pinned. */
static bool
digest_of(const struct rr *rr, uint8_t ret[SHA256_SIZE], struct err *err)
{
	struct buf digested = buf_new(DNAME_WIRE_MAX + DNSKEY_RDATA_MAX);
	bool ok;

	buf_put(&digested, rr->owner.data, rr->owner.len);
	buf_u16(&digested, DNSKEY_FLAGS_KSK);
	buf_put(&digested, rr->rdata.data + 2, rr->rdata.len - 2);
	ok = digested.failed ? err_set(err, E_MEMORY, "out of memory")
			     : sha256(buf_bytes(&digested), ret, err);
	buf_free(&digested);
	return ok;
}

static bool
clear_times(
    const struct head *head, const struct clear_wanted *wanted, struct err *err)
{
	int64_t inception = wanted->request->inception;
	int64_t expiration = wanted->request->expiration;
	int64_t longest_s =
	    wanted->config->ksk_policy.signature.max_signature_validity_s;

	if (inception <= wanted->now - WIRE_TIME_REACH_S ||
	    inception >= wanted->now + WIRE_TIME_REACH_S ||
	    expiration <= wanted->now - WIRE_TIME_REACH_S ||
	    expiration >= wanted->now + WIRE_TIME_REACH_S)
		return err_set(err, E_REFUSED,
		    "%" PRId64 " to %" PRId64 " s after 1970 is not within "
		    "2^31 s of now, %" PRId64 ": on the wire it would mean "
		    "another time (RFC 4034 section 3.1.5)",
		    inception, expiration, wanted->now);
	if (inception >= expiration || expiration - inception > longest_s)
		return err_set(err, E_REFUSED,
		    "valid for %" PRId64 " s, not for 1 to %" PRId64 " s",
		    expiration - inception, longest_s);
	if (head->inception != (uint32_t)inception ||
	    head->expiration != (uint32_t)expiration)
		return err_set(err, E_REFUSED,
		    "inception %" PRIu32 " and expiration %" PRIu32
		    " are not the request's, %" PRIu32 " and %" PRIu32,
		    head->inception, head->expiration, (uint32_t)inception,
		    (uint32_t)expiration);
	return true;
}

/* What holds for any type. */
static bool
clear_zone_and_times(
    const struct head *head, const struct clear_wanted *wanted, struct err *err)
{
	const char *zone = wanted->config->ksk_policy.signers_name;

	if (!is_name(head->signer, zone))
		return err_set(err, E_REFUSED,
		    "the signer's name is not \"%s\" in canonical form", zone);
	if (head->labels != count_labels(head->signer))
		return err_set(err, E_REFUSED, "%u labels, the zone has %u",
		    head->labels, count_labels(head->signer));
	return clear_times(head, wanted, err);
}

static bool
clear_head(
    const struct head *head, const struct clear_wanted *wanted, struct err *err)
{
	uint32_t ttl_s = config_ttl_s(wanted->config);

	if (head->type_covered != TYPE_DNSKEY)
		return err_set(err, E_REFUSED, "type covered %u, not %d",
		    head->type_covered, TYPE_DNSKEY);
	if (head->original_ttl_s != ttl_s)
		return err_set(err, E_REFUSED,
		    "original TTL %" PRIu32 ", the policy's is %" PRIu32,
		    head->original_ttl_s, ttl_s);
	return clear_zone_and_times(head, wanted, err);
}

/* What holds for each RR whatever key it has; RFC 4034 2.1. */
static bool
clear_rr(const struct rr *rr, const struct head *head, struct err *err)
{
	if (!bytes_equal(rr->owner, head->signer))
		return err_set(
		    err, E_REFUSED, "its owner is not the signer's name");
	if (rr->type != TYPE_DNSKEY || rr->class != CLASS_IN)
		return err_set(err, E_REFUSED,
		    "type %u, class %u, not %d and %d", rr->type, rr->class,
		    TYPE_DNSKEY, CLASS_IN);
	if (rr->ttl_s != head->original_ttl_s)
		return err_set(err, E_REFUSED,
		    "TTL %" PRIu32 ", the original TTL is %" PRIu32, rr->ttl_s,
		    head->original_ttl_s);
	if (rr->rdata.len <= RDATA_FIXED ||
	    rr->rdata.len > RDATA_FIXED + PUBLIC_KEY_MAX)
		return err_set(err, E_REFUSED,
		    "%zu octets of RDATA, not %d to "
		    "%u",
		    rr->rdata.len, RDATA_FIXED + 1,
		    RDATA_FIXED + PUBLIC_KEY_MAX);
	if (rr->rdata.data[2] != DNSKEY_PROTOCOL)
		return err_set(err, E_REFUSED, "protocol %u, not %d",
		    rr->rdata.data[2], DNSKEY_PROTOCOL);
	return true;
}

/* RFC 4034 6.3: sorted by RDATA; sorted so, none can stand twice. */
static bool
is_after(const struct rr *rr, const struct rr *before)
{
	size_t common = rr->rdata.len < before->rdata.len ? rr->rdata.len
							  : before->rdata.len;
	int order = memcmp(before->rdata.data, rr->rdata.data, common);

	return order < 0 || (order == 0 && before->rdata.len < rr->rdata.len);
}

static bool
same_key(const struct rr *a, const struct rr *b)
{
	return algorithm_of(a) == algorithm_of(b) &&
	    bytes_equal(public_key_of(a), public_key_of(b));
}

static bool
clear_rrs(const struct parts *parts, struct err *err)
{
	for (size_t i = 0; i < parts->n_rrs; i++) {
		const struct rr *rr = &parts->rrs[i];

		if (!clear_rr(rr, &parts->head, err))
			return err_prefix(err, "record %zu", i + 1);
		if (i > 0 && !is_after(rr, &parts->rrs[i - 1]))
			return err_set(err, E_REFUSED,
			    "record %zu is not behind record %zu in canonical "
			    "order",
			    i + 1, i);
		for (size_t j = 0; j < i; j++)
			if (same_key(rr, &parts->rrs[j]))
				return err_set(err, E_REFUSED,
				    "records %zu and %zu have one public key",
				    j + 1, i + 1);
	}
	return true;
}

static bool
is_zsk(const struct rr *rr, const struct dnskey *zsk)
{
	struct bytes key = { zsk->public_key, zsk->public_key_len };

	return flags_of(rr) == DNSKEY_FLAGS_ZSK &&
	    zsk->flags == DNSKEY_FLAGS_ZSK &&
	    zsk->protocol == DNSKEY_PROTOCOL &&
	    algorithm_of(rr) == zsk->algorithm &&
	    bytes_equal(public_key_of(rr), key);
}

/* The KSK at that place of the configuration, by its pin; revoked or not. */
static bool
is_ksk(const struct rr *rr, const uint8_t digest[SHA256_SIZE],
    const struct clear_wanted *wanted, size_t place)
{
	const struct config_key *pinned = &wanted->config->keys[place];
	uint16_t flags = (wanted->slot->revoke >> place & 1) != 0
	    ? DNSKEY_FLAGS_KSK_REVOKED
	    : DNSKEY_FLAGS_KSK;

	return flags_of(rr) == flags && pinned->has_ds &&
	    algorithm_of(rr) == pinned->algorithm &&
	    memcmp(digest, pinned->ds_sha256, SHA256_SIZE) == 0;
}

/* Which of the slot's KSKs the record is; false if it is none of them. */
static bool
find_ksk(const struct rr *rr, const struct clear_wanted *wanted, size_t *ret,
    bool *ret_found, struct err *err)
{
	uint32_t present = wanted->slot->publish | wanted->slot->revoke;
	uint8_t digest[SHA256_SIZE];

	*ret_found = false;
	if (!digest_of(rr, digest, err))
		return false;
	for (size_t i = 0; i < wanted->config->n_keys && !*ret_found; i++) {
		if ((present >> i & 1) == 0 || !is_ksk(rr, digest, wanted, i))
			continue;
		*ret = i;
		*ret_found = true;
	}
	return true;
}

static bool
is_zsk_of(const struct rr *rr, const struct bundle *request)
{
	for (size_t i = 0; i < request->n_keys; i++)
		if (is_zsk(rr, &request->keys[i]))
			return true;
	return false;
}

/*
 * Each record is somebody whom the slot or the request names.  Since no public
 * key stands twice, as many of them as are named are all of them.
 */
static bool
clear_keys(const struct parts *parts, const struct clear_wanted *wanted,
    const struct rr **ret_signer, struct err *err)
{
	uint32_t present = wanted->slot->publish | wanted->slot->revoke;
	uint32_t seen = 0;
	size_t n_zsks = 0, place = 0;
	bool found = false;

	for (size_t i = 0; i < parts->n_rrs; i++) {
		const struct rr *rr = &parts->rrs[i];

		if (is_zsk_of(rr, wanted->request)) {
			n_zsks++;
			continue;
		}
		if (!find_ksk(rr, wanted, &place, &found, err))
			return false;
		if (!found || (seen >> place & 1) != 0)
			return err_set(err, E_REFUSED,
			    "record %zu, flags %u, key tag %u, is neither a "
			    "ZSK of the request nor a KSK of the slot",
			    i + 1, flags_of(rr), tag_of(rr));
		seen |= UINT32_C(1) << place;
		if (place == wanted->signer)
			*ret_signer = rr;
	}
	if (n_zsks != wanted->request->n_keys)
		return err_set(err, E_REFUSED, "%zu ZSKs, the request has %zu",
		    n_zsks, wanted->request->n_keys);
	return seen == present ||
	    err_set(err, E_REFUSED, "a KSK of the slot is missing");
}

/* Algorithm and tag are those of the key that signs, as it stands here. */
static bool
clear_signer(const struct head *head, const struct rr *signer, struct err *err)
{
	if (head->algorithm != algorithm_of(signer))
		return err_set(err, E_REFUSED,
		    "algorithm %u, the signer's "
		    "is %u",
		    head->algorithm, algorithm_of(signer));
	if (head->tag != tag_of(signer))
		return err_set(err, E_REFUSED, "key tag %u, the signer's is %u",
		    head->tag, tag_of(signer));
	return true;
}

/* The slot is one of this configuration, and the signer signs in it. */
static bool
clear_wanted_signer(const struct clear_wanted *wanted, struct err *err)
{
	const struct schema_slot *slot = wanted->slot;
	uint32_t present = slot->publish | slot->revoke;

	if (wanted->signer >= wanted->config->n_keys ||
	    (slot->publish & slot->revoke) != 0 ||
	    (uint64_t)present >> wanted->config->n_keys != 0)
		return err_set(
		    err, E_REFUSED, "the slot is none of the configuration's");
	if ((slot->sign & present & UINT32_C(1) << wanted->signer) == 0)
		return err_set(err, E_REFUSED, "KSK %s does not sign here",
		    wanted->config->keys[wanted->signer].name);
	return true;
}

static struct dnskey
dnskey_of(const struct rr *rr, const char *label)
{
	struct bytes public_key = public_key_of(rr);
	struct dnskey key = { .tag = tag_of(rr),
		.ttl_s = rr->ttl_s,
		.flags = flags_of(rr),
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = algorithm_of(rr),
		.public_key_len = (uint16_t)public_key.len };

	memcpy(key.public_key, public_key.data, public_key.len);
	memcpy(key.identifier, label, strlen(label));
	return key;
}

static bool
keep(struct bytes octets, const struct dnskey *signer, struct cleared **ret,
    struct err *err)
{
	struct cleared *cleared = malloc(sizeof(*cleared) + octets.len);

	if (cleared == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	cleared->key = *signer;
	cleared->len = octets.len;
	memcpy(cleared->octets, octets.data, octets.len);
	*ret = cleared;
	return true;
}

/* --- CDNSKEY and CDS (RFC 7344): of child zones, where the policy asks. */

/* Whether the policy asks for records of that type at all. */
static bool
is_asked_for(const struct config *config, uint16_t type)
{
	const struct cds_policy *cds = &config->cds;

	if (cds->delete)
		return type == TYPE_CDNSKEY || type == TYPE_CDS;
	return (type == TYPE_CDNSKEY && cds->cdnskey) ||
	    (type == TYPE_CDS && cds->n_digests > 0);
}

static bool
clear_child_head(
    const struct head *head, const struct clear_wanted *wanted, struct err *err)
{
	uint32_t ttl_s = config_ttl_s(wanted->config);

	if (!clear_zone_and_times(head, wanted, err))
		return false;
	if (head->type_covered != wanted->covers ||
	    !is_asked_for(wanted->config, head->type_covered))
		return err_set(err, E_REFUSED,
		    "type covered %u, which the policy does not ask for here",
		    head->type_covered);
	if (head->labels == 0)
		return err_set(err, E_REFUSED,
		    "type covered %u of the root, which has no parent",
		    head->type_covered);
	return head->original_ttl_s == 0 || head->original_ttl_s == ttl_s ||
	    err_set(err, E_REFUSED,
		"original TTL %" PRIu32 ", the policy's is %" PRIu32,
		head->original_ttl_s, ttl_s);
}

/* What is digested of a KSK, unrevoked: owner and DNSKEY RDATA (RFC 4034 5.1.4). */
static void
put_digested(struct bytes owner, const struct dnskey *key, struct buf *ret)
{
	buf_put(ret, owner.data, owner.len);
	buf_u16(ret, DNSKEY_FLAGS_KSK);
	buf_u8(ret, DNSKEY_PROTOCOL);
	buf_u8(ret, key->algorithm);
	buf_put(ret, key->public_key, key->public_key_len);
}

/* The KSK at that place is known, and is the one that is pinned. */
static bool
is_pinned(const struct clear_wanted *wanted, size_t place,
    struct bytes digested, bool *ret, struct err *err)
{
	const struct config_key *pinned = &wanted->config->keys[place];
	uint8_t digest[SHA256_SIZE];

	if (!sha256(digested, digest, err))
		return false;
	*ret = pinned->has_ds &&
	    wanted->ksks[place]->algorithm == pinned->algorithm &&
	    memcmp(digest, pinned->ds_sha256, SHA256_SIZE) == 0;
	return true;
}

/* The record's RDATA is "tag, algorithm, digest type, digest" of the KSK. */
static bool
is_cds(const struct rr *rr, struct bytes digested, const struct rr *dnskey,
    uint8_t digest_type, bool *ret, struct err *err)
{
	uint8_t digest[SHA384_SIZE];
	size_t len = digest_type == DS_DIGEST_SHA384 ? SHA384_SIZE
						     : SHA256_SIZE;
	const uint8_t *o = rr->rdata.data;

	*ret = false;
	if (rr->rdata.len != RDATA_FIXED + len || o[3] != digest_type)
		return true;
	if (!(digest_type == DS_DIGEST_SHA384
		    ? sha384(digested, digest, err)
		    : sha256(digested, digest, err)))
		return false;
	*ret = (o[0] << 8 | o[1]) == tag_of(dnskey) &&
	    o[2] == algorithm_of(dnskey) &&
	    memcmp(o + RDATA_FIXED, digest, len) == 0;
	return true;
}

/* How many of the set's records speak of this KSK, each once since they differ. */
static bool
count_records_of(const struct parts *parts, const struct clear_wanted *wanted,
    struct bytes digested, size_t *ret, struct err *err)
{
	const struct cds_policy *cds = &wanted->config->cds;
	size_t at = parts->head.signer.len; /* the owner is as long */
	const struct rr dnskey = { .rdata = { digested.data + at,
				       digested.len - at } };
	size_t n = 0;

	for (size_t i = 0; i < parts->n_rrs; i++) {
		bool is = wanted->covers == TYPE_CDNSKEY &&
		    bytes_equal(parts->rrs[i].rdata, dnskey.rdata);

		for (size_t j = 0; wanted->covers == TYPE_CDS && !is &&
		     j < cds->n_digests;
		     j++)
			if (!is_cds(&parts->rrs[i], digested, &dnskey,
				cds->digests[j], &is, err))
				return false;
		n += is;
	}
	*ret = n;
	return true;
}

static bool
clear_records_of(const struct parts *parts, const struct clear_wanted *wanted,
    size_t place, size_t *n, struct err *err)
{
	const char *name = wanted->config->keys[place].name;
	size_t each = wanted->covers == TYPE_CDS
	    ? wanted->config->cds.n_digests : 1;
	struct buf digested = buf_new(DNAME_WIRE_MAX + DNSKEY_RDATA_MAX);
	size_t found = 0;
	bool pinned = false, ok;

	if (wanted->ksks[place] == NULL)
		return err_set(err, E_REFUSED, "KSK %s is not known", name);
	put_digested(parts->head.signer, wanted->ksks[place], &digested);
	ok = (!digested.failed || err_set(err, E_MEMORY, "out of memory")) &&
	    is_pinned(wanted, place, buf_bytes(&digested), &pinned, err) &&
	    count_records_of(
		parts, wanted, buf_bytes(&digested), &found, err);
	buf_free(&digested);
	if (ok && (!pinned || found != each))
		ok = err_set(err, E_REFUSED,
		    "%zu records of KSK %s%s, not %zu", found, name,
		    pinned ? "" : ", which is not the one that is pinned",
		    each);
	*n += found;
	return ok;
}

/* RFC 8078 4: one record, and that to the octet. */
static bool
clear_deletion(const struct parts *parts, const struct clear_wanted *wanted,
    struct err *err)
{
	static const uint8_t cdnskey[] = { 0, 0, 3, 0, 0 };
	static const uint8_t cds[] = { 0, 0, 0, 0, 0 };
	const struct bytes form = {
		wanted->covers == TYPE_CDS ? cds : cdnskey, sizeof(cds)
	};

	return (parts->n_rrs == 1 &&
		   bytes_equal(parts->rrs[0].rdata, form)) ||
	    err_set(err, E_REFUSED,
		"%zu records, not the one that asks for the DS's deletion",
		parts->n_rrs);
}

static bool
clear_child_rr(const struct rr *rr, const struct head *head, struct err *err)
{
	if (!bytes_equal(rr->owner, head->signer))
		return err_set(
		    err, E_REFUSED, "its owner is not the signer's name");
	if (rr->type != head->type_covered || rr->class != CLASS_IN)
		return err_set(err, E_REFUSED,
		    "type %u, class %u, not %u and %d", rr->type, rr->class,
		    head->type_covered, CLASS_IN);
	if (rr->ttl_s != head->original_ttl_s)
		return err_set(err, E_REFUSED,
		    "TTL %" PRIu32 ", the original TTL is %" PRIu32, rr->ttl_s,
		    head->original_ttl_s);
	return rr->rdata.len > RDATA_FIXED ||
	    err_set(err, E_REFUSED, "%zu octets of RDATA", rr->rdata.len);
}

/* Each is of a KSK that the slot publishes, and of each there are all. */
static bool
clear_child_rrs(const struct parts *parts, const struct clear_wanted *wanted,
    struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < parts->n_rrs; i++) {
		if (!clear_child_rr(&parts->rrs[i], &parts->head, err))
			return err_prefix(err, "record %zu", i + 1);
		if (i > 0 && !is_after(&parts->rrs[i], &parts->rrs[i - 1]))
			return err_set(err, E_REFUSED,
			    "record %zu is not behind record %zu in canonical "
			    "order", i + 1, i);
	}
	if (wanted->config->cds.delete)
		return clear_deletion(parts, wanted, err);
	for (size_t i = 0; i < wanted->config->n_keys; i++)
		if ((wanted->slot->publish >> i & 1) != 0 &&
		    !clear_records_of(parts, wanted, i, &n, err))
			return false;
	return n == parts->n_rrs ||
	    err_set(err, E_REFUSED,
		"%zu records, of which %zu are of the slot's KSKs",
		parts->n_rrs, n);
}

/* The signer as it is published; no revoked key speaks to the parent. */
static bool
clear_child_signer(const struct parts *parts,
    const struct clear_wanted *wanted, struct dnskey *ret, struct err *err)
{
	const struct dnskey *key = wanted->ksks[wanted->signer];
	uint8_t rdata[RDATA_FIXED + PUBLIC_KEY_MAX];
	struct buf digested = buf_new(DNAME_WIRE_MAX + DNSKEY_RDATA_MAX);
	bool pinned = false, ok;
	struct rr rr;

	if (key == NULL ||
	    (wanted->slot->publish >> wanted->signer & 1) == 0)
		return err_set(err, E_REFUSED,
		    "KSK %s is not published here",
		    wanted->config->keys[wanted->signer].name);
	put_digested(parts->head.signer, key, &digested);
	ok = (!digested.failed || err_set(err, E_MEMORY, "out of memory")) &&
	    is_pinned(wanted, wanted->signer, buf_bytes(&digested), &pinned,
		err);
	if (ok) {
		size_t at = parts->head.signer.len;

		memcpy(rdata, digested.data + at, digested.len - at);
		rr = (struct rr){ .rdata = { rdata, digested.len - at },
			.ttl_s = config_ttl_s(wanted->config) };
		ok = (pinned ||
			 err_set(err, E_REFUSED, "the signer is not pinned")) &&
		    clear_signer(&parts->head, &rr, err);
	}
	buf_free(&digested);
	if (ok)
		*ret = dnskey_of(
		    &rr, wanted->config->keys[wanted->signer].label);
	return ok;
}

static bool
clear_child(struct bytes octets, const struct clear_wanted *wanted,
    struct cleared **ret, struct err *err)
{
	struct dnskey signer;
	struct parts parts;

	if (!clear_wanted_signer(wanted, err) ||
	    !take_apart(octets, &parts, err) ||
	    !clear_child_head(&parts.head, wanted, err) ||
	    !clear_child_rrs(&parts, wanted, err) ||
	    !clear_child_signer(&parts, wanted, &signer, err))
		return err_prefix(err, "may not be signed");
	return keep(octets, &signer, ret, err);
}

bool
clear_rrset(struct bytes octets, const struct clear_wanted *wanted,
    struct cleared **ret, struct err *err)
{
	const struct rr *signer = NULL;
	struct parts parts;
	struct dnskey key;

	if (wanted->covers != 0 && wanted->covers != TYPE_DNSKEY)
		return clear_child(octets, wanted, ret, err);
	if (!clear_wanted_signer(wanted, err) ||
	    !take_apart(octets, &parts, err) ||
	    !clear_head(&parts.head, wanted, err) || !clear_rrs(&parts, err) ||
	    !clear_keys(&parts, wanted, &signer, err) ||
	    !clear_signer(&parts.head, signer, err))
		return err_prefix(err, "may not be signed");
	key = dnskey_of(signer, wanted->config->keys[wanted->signer].label);
	return keep(octets, &key, ret, err);
}

void
cleared_free(struct cleared *cleared)
{
	free(cleared);
}

struct bytes
cleared_octets(const struct cleared *cleared)
{
	return (struct bytes){ cleared->octets, cleared->len };
}

const struct dnskey *
cleared_key(const struct cleared *cleared)
{
	return &cleared->key;
}

/* All ZSKs; the one that signs is among them. */
static bool
clear_zsks(const struct parts *parts, const struct dnskey *zsk, struct err *err)
{
	const struct rr *signer = NULL;

	if (parts->head.type_covered != TYPE_DNSKEY ||
	    parts->head.labels != count_labels(parts->head.signer))
		return err_set(err, E_REFUSED,
		    "type covered %u, %u labels, not %d and %u",
		    parts->head.type_covered, parts->head.labels, TYPE_DNSKEY,
		    count_labels(parts->head.signer));
	for (size_t i = 0; i < parts->n_rrs; i++) {
		if (flags_of(&parts->rrs[i]) != DNSKEY_FLAGS_ZSK)
			return err_set(err, E_REFUSED,
			    "record %zu has flags %u, not %d", i + 1,
			    flags_of(&parts->rrs[i]), DNSKEY_FLAGS_ZSK);
		if (is_zsk(&parts->rrs[i], zsk))
			signer = &parts->rrs[i];
	}
	return signer == NULL
	    ? err_set(err, E_REFUSED, "the ZSK that signs is not in the set")
	    : clear_signer(&parts->head, signer, err);
}

bool
clear_proof(struct bytes octets, const struct dnskey *zsk, struct err *err)
{
	struct parts parts;
	bool ok = take_apart(octets, &parts, err) && clear_rrs(&parts, err) &&
	    clear_zsks(&parts, zsk, err);

	return ok ||
	    err_prefix(err, "may not be signed as a proof of possession");
}

bool
clear_no_rrset(struct bytes octets, struct err *err)
{
	struct cursor cursor = cursor_new(octets);
	struct head head = take_head(&cursor);
	size_t n = 0;

	while (!cursor.failed && cursor.rest.len > 0) {
		struct rr rr = take_rr(&cursor);

		cursor.failed = cursor.failed || rr.type != head.type_covered;
		n++;
	}
	if (!cursor_done(&cursor) || n == 0)
		return true;
	return err_set(err, E_REFUSED,
	    "may not be signed: %zu octets read as a signature over %zu "
	    "records of type %u",
	    octets.len, n, head.type_covered);
}
