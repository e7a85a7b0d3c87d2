#include <stdio.h>
#include <string.h>

#include "ksr/anchor/trust_anchor.h"
#include "ksr/dns/sha256.h"

bool
trust_anchor_is_valid(const struct trust_anchor *anchor, int64_t now)
{
	return anchor->valid_from <= now &&
	    (!anchor->has_valid_until || now < anchor->valid_until);
}

bool
trust_anchor_key(const struct trust_anchor *anchor, struct dnskey *ret)
{
	if (anchor->public_key_len == 0)
		return false;
	*ret = (struct dnskey){ .tag = anchor->tag,
		.flags = anchor->flags,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = anchor->algorithm,
		.public_key_len = anchor->public_key_len };
	memcpy(ret->identifier, anchor->id, sizeof(ret->identifier));
	memcpy(ret->public_key, anchor->public_key, anchor->public_key_len);
	return true;
}

static bool
has_digest(const struct trust_anchor *anchor, const uint8_t *digest)
{
	return memcmp(anchor->digest, digest, anchor->digest_len) == 0;
}

/* By the key of one of them, in the digest type of the other. */
static bool
key_has_digest(const char *zone, const struct trust_anchor *keyed,
    const struct trust_anchor *other, bool *ret, struct err *err)
{
	uint8_t digest[DS_DIGEST_MAX];
	struct dnskey key;
	struct dname owner;
	size_t len;

	*ret = false;
	if (!trust_anchor_key(keyed, &key))
		return true;
	if (!dname_parse(zone, &owner, err) ||
	    !dnskey_digest(&owner, &key, other->digest_type, digest, &len, err))
		return false;
	*ret = has_digest(other, digest);
	return true;
}

bool
trust_anchor_same(const char *zone, const struct trust_anchor *a,
    const struct trust_anchor *b, bool *ret, struct err *err)
{
	bool same = false;

	if (a->tag != b->tag || a->algorithm != b->algorithm) {
		*ret = false;
		return true;
	}
	if (a->digest_type == b->digest_type)
		same = has_digest(a, b->digest);
	else if (!key_has_digest(zone, a, b, &same, err) ||
	    (!same && !key_has_digest(zone, b, a, &same, err)))
		return false;
	*ret = same;
	return true;
}

bool
trust_anchors_identify(struct trust_anchors *anchors, struct err *err)
{
	struct buf text = buf_new(TRUST_ANCHOR_FILE_MAX);
	uint8_t d[SHA256_SIZE];
	bool ok;

	anchors->id[0] = '\0';
	trust_anchors_write(anchors, &text);
	ok = (!text.failed || err_set(err, E_MEMORY, "out of memory")) &&
	    sha256(buf_bytes(&text), d, err);
	buf_free(&text);
	if (!ok)
		return false;
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x80); /* RFC 9562 5.8 */
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80); /* RFC 9562 4.1 */
	snprintf(anchors->id, sizeof(anchors->id),
	    "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-"
	    "%02X%02X%02X%02X%02X%02X",
	    d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10],
	    d[11], d[12], d[13], d[14], d[15]);
	return true;
}
