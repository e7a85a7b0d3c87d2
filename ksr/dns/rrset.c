#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/dns/sha256.h"

enum {
	ALGORITHM_RSAMD5 = 1,
	CLASS_IN = 1,         /* RFC 1035 3.2.4 */
	RDATA_KEY_OFFSET = 4, /* flags, protocol, algorithm come first */
};

/* The RDATA of one DNSKEY RR, RFC 4034 2.1. */
struct rdata {
	size_t len;
	uint8_t data[DNSKEY_RDATA_MAX];
};

static void
rdata_make(const struct dnskey *key, struct rdata *ret)
{
	ret->data[0] = (uint8_t)(key->flags >> 8);
	ret->data[1] = (uint8_t)key->flags;
	ret->data[2] = key->protocol;
	ret->data[3] = key->algorithm;
	memcpy(
	    ret->data + RDATA_KEY_OFFSET, key->public_key, key->public_key_len);
	ret->len = RDATA_KEY_OFFSET + (size_t)key->public_key_len;
}

static struct bytes
rdata_bytes(const struct rdata *rdata)
{
	return (struct bytes){ rdata->data, rdata->len };
}

void
dnskey_rdata(const struct dnskey *key, struct buf *ret)
{
	struct rdata rdata;

	rdata_make(key, &rdata);
	buf_put(ret, rdata.data, rdata.len);
}

/* RFC 4034 B.1 with erratum 193: 16 of the modulus' last 24 bits. */
static uint16_t
rsamd5_tag(const struct dnskey *key)
{
	const uint8_t *end = key->public_key + key->public_key_len;

	if (key->public_key_len < 3)
		return 0;
	return (uint16_t)(end[-3] << 8 | end[-2]);
}

uint16_t
dnskey_tag(const struct dnskey *key)
{
	struct rdata rdata;
	uint32_t sum = 0;

	if (key->algorithm == ALGORITHM_RSAMD5)
		return rsamd5_tag(key);
	rdata_make(key, &rdata);
	for (size_t i = 0; i < rdata.len; i++)
		sum += (uint32_t)rdata.data[i] << (i % 2 == 0 ? 8 : 0);
	return (uint16_t)(sum + (sum >> 16));
}

struct dnskey
dnskey_unrevoked(const struct dnskey *key)
{
	struct dnskey unrevoked = *key;

	unrevoked.flags &= (uint16_t)~DNSKEY_FLAG_REVOKE;
	return unrevoked;
}

bool
dnskey_digest(const struct dname *owner, const struct dnskey *key,
    uint8_t type, uint8_t ret[DS_DIGEST_MAX], size_t *ret_len, struct err *err)
{
	struct buf digested = buf_new(DNAME_WIRE_MAX + DNSKEY_RDATA_MAX);
	bool ok;

	buf_put(&digested, owner->wire, owner->len);
	dnskey_rdata(key, &digested);
	if (digested.failed)
		ok = err_set(err, E_MEMORY, "out of memory");
	else if (type == DS_DIGEST_SHA256)
		ok = sha256(buf_bytes(&digested), ret, err);
	else if (type == DS_DIGEST_SHA384)
		ok = sha384(buf_bytes(&digested), ret, err);
	else
		ok = err_set(err, E_INPUT,
		    "digest type %u: expected 2 (SHA-256) or 4 (SHA-384)",
		    type);
	buf_free(&digested);
	if (ok)
		*ret_len =
		    type == DS_DIGEST_SHA384 ? SHA384_SIZE : SHA256_SIZE;
	return ok;
}

bool
dnskey_ds(const struct dname *owner, const struct dnskey *key,
    uint8_t ret[DS_SHA256_SIZE], struct err *err)
{
	struct dnskey unrevoked = dnskey_unrevoked(key);
	uint8_t digest[DS_DIGEST_MAX];
	size_t len;

	if (!dnskey_digest(
		owner, &unrevoked, DS_DIGEST_SHA256, digest, &len, err))
		return false;
	memcpy(ret, digest, DS_SHA256_SIZE);
	return true;
}

bool
dnskey_same_key(const struct dnskey *a, const struct dnskey *b)
{
	struct bytes a_key = { a->public_key, a->public_key_len };
	struct bytes b_key = { b->public_key, b->public_key_len };

	return a->algorithm == b->algorithm && bytes_equal(a_key, b_key);
}

bool
dnskey_equal(const struct dnskey *a, const struct dnskey *b)
{
	return a->flags == b->flags && a->protocol == b->protocol &&
	    dnskey_same_key(a, b) && a->tag == b->tag && a->ttl_s == b->ttl_s &&
	    strcmp(a->identifier, b->identifier) == 0;
}

static int
rdata_compare(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	return bytes_compare(*x, *y);
}

/* RFC 4034 6.3: sorted by RDATA, each RDATA once.  Returns how many remain. */
static size_t
rdata_canonicalise(struct bytes *rrs, size_t n)
{
	size_t kept = 0;

	qsort(rrs, n, sizeof(*rrs), rdata_compare);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && rdata_compare(&rrs[kept - 1], &rrs[i]) == 0)
			continue;
		rrs[kept++] = rrs[i];
	}
	return kept;
}

/* RFC 4034 3.1, all but the signature. */
static void
put_rrsig_rdata(uint16_t type, const struct rrsig *rrsig,
    const struct dname *signer, struct buf *ret)
{
	buf_u16(ret, type);
	buf_u8(ret, rrsig->algorithm);
	buf_u8(ret, rrsig->labels);
	buf_u32(ret, rrsig->original_ttl_s);
	buf_u32(ret, (uint32_t)rrsig->expiration);
	buf_u32(ret, (uint32_t)rrsig->inception);
	buf_u16(ret, rrsig->tag);
	buf_put(ret, signer->wire, signer->len);
}

/* RFC 4034 6.2: the RR in canonical form. */
static void
put_rr(const struct dname *owner, uint16_t type, uint32_t original_ttl_s,
    struct bytes rdata, struct buf *ret)
{
	buf_put(ret, owner->wire, owner->len);
	buf_u16(ret, type);
	buf_u16(ret, CLASS_IN);
	buf_u32(ret, original_ttl_s);
	buf_u16(ret, (uint16_t)rdata.len);
	buf_put(ret, rdata.data, rdata.len);
}

bool
rdata_to_be_signed(const struct dname *owner, uint16_t type,
    const struct rrsig *rrsig, const struct bytes *rdata, size_t n,
    struct buf *ret, struct err *err)
{
	struct bytes rrs[BUNDLE_KEYS_MAX];
	struct dname signer;

	if (n == 0 || n > BUNDLE_KEYS_MAX)
		return err_set(err, E_REFUSED,
		    "an RRset of %zu %s, not 1 to %u", n,
		    type == RRTYPE_DNSKEY ? "keys" : "records",
		    BUNDLE_KEYS_MAX);
	if (!dname_parse(rrsig->signers_name, &signer, err))
		return err_prefix(err, "signer's name");
	memcpy(rrs, rdata, n * sizeof(rrs[0]));
	n = rdata_canonicalise(rrs, n);
	put_rrsig_rdata(type, rrsig, &signer, ret);
	for (size_t i = 0; i < n; i++)
		put_rr(owner, type, rrsig->original_ttl_s, rrs[i], ret);
	return ret->failed ? err_set(err, E_MEMORY, "out of memory") : true;
}

bool
rrset_to_be_signed(const struct dname *owner, const struct rrsig *rrsig,
    const struct dnskey *keys, size_t n_keys, struct buf *ret, struct err *err)
{
	struct rdata made[BUNDLE_KEYS_MAX];
	struct bytes rrs[BUNDLE_KEYS_MAX];

	for (size_t i = 0; i < n_keys && i < BUNDLE_KEYS_MAX; i++) {
		rdata_make(&keys[i], &made[i]);
		rrs[i] = rdata_bytes(&made[i]);
	}
	return rdata_to_be_signed(
	    owner, RRTYPE_DNSKEY, rrsig, rrs, n_keys, ret, err);
}
