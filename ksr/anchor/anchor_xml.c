/*
 * RFC 9718 section 2.1.1.  The grammar says what may stand where; what the
 * parts of an element say of each other is judged where it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/anchor/trust_anchor.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/xml/reader.h"
#include "ksr/document/xml/writer.h"

enum { OBJECT_ANCHORS = OBJECT_OF_PARENT + 1, OBJECT_ANCHOR };

/* A table of tables: its lines are cut by hand. */
/* clang-format off */

#define MEMBER(type, member)                                                   \
	.offset = offsetof(struct type, member),                               \
	.size = sizeof(((struct type *)NULL)->member)
#define NUMBER(member, most)                                                   \
	{ .kind = FIELD_NUMBER, .max = (most), MEMBER(trust_anchor, member) }
#define TIME(member, ...)                                                      \
	{ .kind = FIELD_TIME, MEMBER(trust_anchor, member), __VA_ARGS__ }
#define OCTETS(form, member)                                                   \
	{ .kind = FIELD_##form, MEMBER(trust_anchor, member),                  \
	  .companion = offsetof(struct trust_anchor, member##_len) }
#define TEXT(least, element_name, ...)                                         \
	{ least, 1, { &(const struct element){                                 \
		.name = element_name, .text = __VA_ARGS__ } } }

static const struct element key_digest = {
	.name = "KeyDigest",
	.object = OBJECT_ANCHOR,
	.attributes = {
		{ "id", false,
		  { .kind = FIELD_IDENTIFIER, MEMBER(trust_anchor, id) } },
		{ "validFrom", false, TIME(valid_from, .companion = 0) },
		{ "validUntil", true,
		  TIME(valid_until, .companion =
			offsetof(struct trust_anchor, has_valid_until)) },
	},
	.particles = {
		TEXT(1, "KeyTag", NUMBER(tag, UINT16_MAX)),
		TEXT(1, "Algorithm", NUMBER(algorithm, UINT8_MAX)),
		TEXT(1, "DigestType", NUMBER(digest_type, UINT8_MAX)),
		TEXT(1, "Digest", OCTETS(HEX, digest)),
		TEXT(0, "PublicKey", OCTETS(BASE64, public_key)),
		TEXT(0, "Flags", { .kind = FIELD_NUMBER, .max = UINT16_MAX,
			MEMBER(trust_anchor, flags),
			.companion = offsetof(struct trust_anchor, has_flags) }),
	},
};

static const struct element trust_anchor = {
	.name = "TrustAnchor",
	.object = OBJECT_ANCHORS,
	.attributes = {
		{ "id", false,
		  { .kind = FIELD_IDENTIFIER, MEMBER(trust_anchors, id) } },
		{ "source", false,
		  { .kind = FIELD_IDENTIFIER, MEMBER(trust_anchors, source) } },
	},
	.particles = {
		TEXT(1, "Zone",
		    { .kind = FIELD_DOMAIN, MEMBER(trust_anchors, zone) }),
		{ 1, TRUST_ANCHORS_MAX, { &key_digest } },
	},
};

static const struct element document = {
	.name = "document",
	.particles = { { 1, 1, { &trust_anchor } } },
};

/* clang-format on */

static void *
open_object(void *arg, int object, void *parent)
{
	struct trust_anchors *anchors = arg;

	(void)parent;
	if (object == OBJECT_ANCHORS)
		return anchors;
	anchors->list[anchors->n] = (struct trust_anchor){ 0 };
	return &anchors->list[anchors->n++];
}

/* RFC 9718 2.1.1: key and flags say again what tag and digest say. */
static bool
check_key(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct err *err)
{
	uint8_t digest[DS_DIGEST_MAX];
	struct pubkey_info info;
	struct dnskey key;
	struct dname owner;
	size_t len;

	if (!trust_anchor_key(anchor, &key))
		return true;
	if ((key.flags & DNSKEY_FLAG_ZONE) == 0 ||
	    (key.flags & DNSKEY_FLAG_REVOKE) != 0)
		return err_set(err, E_INPUT,
		    "Flags %u: expected those of a zone's key that is not "
		    "revoked",
		    key.flags);
	if (!pubkey_info(&key, &info, err))
		return err_prefix(err, "PublicKey");
	if (dnskey_tag(&key) != anchor->tag)
		return err_set(err, E_INPUT,
		    "KeyTag %u: the tag of the PublicKey is %u", anchor->tag,
		    dnskey_tag(&key));
	if (!dname_parse(anchors->zone, &owner, err) ||
	    !dnskey_digest(
		&owner, &key, anchor->digest_type, digest, &len, err))
		return false;
	return memcmp(digest, anchor->digest, len) == 0 ||
	    err_set(err, E_INPUT, "Digest is not that of the PublicKey");
}

static bool
check_digest(const struct trust_anchor *anchor, struct err *err)
{
	size_t wanted = anchor->digest_type == DS_DIGEST_SHA256 ? 32
	    : anchor->digest_type == DS_DIGEST_SHA384           ? 48
								: 0;

	if (wanted == 0)
		return err_set(err, E_INPUT,
		    "DigestType %u: expected 2 (SHA-256) or 4 (SHA-384)",
		    anchor->digest_type);
	return anchor->digest_len == wanted ||
	    err_set(err, E_INPUT,
		"Digest of %u octets: expected %zu for DigestType %u",
		anchor->digest_len, wanted, anchor->digest_type);
}

/* An anchor that stands there twice may have two validities. */
static bool
check_once(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct err *err)
{
	for (const struct trust_anchor *other = anchors->list; other < anchor;
	     other++) {
		if (strcmp(other->id, anchor->id) == 0)
			return err_set(err, E_INPUT,
			    "id \"%.60s\" is that of another KeyDigest",
			    anchor->id);
		if (other->digest_type == anchor->digest_type &&
		    memcmp(other->digest, anchor->digest, anchor->digest_len) ==
			0)
			return err_set(err, E_INPUT,
			    "the digest is that of KeyDigest \"%.60s\"",
			    other->id);
	}
	return true;
}

static bool
close_object(void *arg, int object, void *what, struct err *err)
{
	const struct trust_anchor *anchor = what;

	if (object != OBJECT_ANCHOR)
		return true;
	if (anchor->has_valid_until &&
	    anchor->valid_until <= anchor->valid_from)
		return err_set(
		    err, E_INPUT, "validUntil is not after validFrom");
	if (anchor->has_flags != (anchor->public_key_len > 0))
		return err_set(err, E_INPUT, "%s stands there without %s",
		    anchor->has_flags ? "Flags" : "PublicKey",
		    anchor->has_flags ? "PublicKey" : "Flags");
	return check_digest(anchor, err) && check_once(arg, anchor, err) &&
	    check_key(arg, anchor, err);
}

bool
trust_anchors_read(struct bytes xml, const char *name,
    struct trust_anchors **ret, struct err *err)
{
	struct trust_anchors *anchors = calloc(1, sizeof(*anchors));
	const struct xml_model model = { &document, TRUST_ANCHOR_FILE_MAX,
		anchors, open_object, close_object };

	if (anchors == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	if (!xml_parse(xml, name, &model, err)) {
		free(anchors);
		return false;
	}
	*ret = anchors;
	return true;
}

static void
put_anchor(struct xml_writer *w, const struct trust_anchor *anchor)
{
	xml_put_tag(w, "KeyDigest");
	xml_put_attribute(w, "id", anchor->id);
	xml_put_attribute_time(w, "validFrom", anchor->valid_from);
	if (anchor->has_valid_until)
		xml_put_attribute_time(w, "validUntil", anchor->valid_until);
	xml_put_open(w);
	xml_put_number(w, "KeyTag", anchor->tag);
	xml_put_number(w, "Algorithm", anchor->algorithm);
	xml_put_number(w, "DigestType", anchor->digest_type);
	xml_put_hex(w, "Digest", anchor->digest, anchor->digest_len);
	if (anchor->public_key_len > 0) {
		xml_put_base64(
		    w, "PublicKey", anchor->public_key, anchor->public_key_len);
		xml_put_number(w, "Flags", anchor->flags);
	}
	xml_put_close(w, "KeyDigest");
}

void
trust_anchors_write(const struct trust_anchors *anchors, struct buf *ret)
{
	struct xml_writer w = { .buf = ret, .indent = 4 };

	buf_puts(ret, XML_DECLARATION);
	xml_put_tag(&w, "TrustAnchor");
	xml_put_attribute(&w, "id", anchors->id);
	xml_put_attribute(&w, "source", anchors->source);
	xml_put_open(&w);
	xml_put_text(&w, "Zone", anchors->zone);
	for (size_t i = 0; i < anchors->n; i++)
		put_anchor(&w, &anchors->list[i]);
	xml_put_close(&w, "TrustAnchor");
}
