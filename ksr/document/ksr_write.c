/*
 * One spelling for each document: what the reader gave, written twice, is the
 * same bytes.  Nothing is left out and nothing is decided here.
 */
#include <inttypes.h>

#include "ksr/base/text.h"
#include "ksr/document/ksr.h"

struct writer {
	struct buf *buf;
	unsigned depth; /* open elements */
};

/* Safe in content and in attributes of either quote (XML 1.0 2.4). */
static void
put_escaped(struct writer *w, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_puts(w->buf, "&amp;");
			break;
		case '<':
			buf_puts(w->buf, "&lt;");
			break;
		case '>':
			buf_puts(w->buf, "&gt;");
			break;
		case '"':
			buf_puts(w->buf, "&quot;");
			break;
		case '\'':
			buf_puts(w->buf, "&apos;");
			break;
		default:
			buf_put(w->buf, text, 1);
		}
	}
}

/* A start tag is put_tag, put_attribute..., then put_open or put_empty. */
static void
put_tag(struct writer *w, const char *name)
{
	for (unsigned i = 0; i < w->depth; i++)
		buf_puts(w->buf, "  ");
	buf_puts(w->buf, "<");
	buf_puts(w->buf, name);
}

static void
put_attribute(struct writer *w, const char *name, const char *value)
{
	buf_puts(w->buf, " ");
	buf_puts(w->buf, name);
	buf_puts(w->buf, "=\"");
	put_escaped(w, value);
	buf_puts(w->buf, "\"");
}

static void
put_attribute_number(struct writer *w, const char *name, uint64_t value)
{
	buf_printf(w->buf, " %s=\"%" PRIu64 "\"", name, value);
}

static void
put_open(struct writer *w)
{
	buf_puts(w->buf, ">\n");
	w->depth++;
}

static void
put_empty(struct writer *w)
{
	buf_puts(w->buf, "/>\n");
}

static void
put_close(struct writer *w, const char *name)
{
	w->depth--;
	put_tag(w, "/");
	buf_puts(w->buf, name);
	buf_puts(w->buf, ">\n");
}

/* Elements that hold text, each on a line. */
static void
put_text(struct writer *w, const char *name, const char *text)
{
	put_tag(w, name);
	buf_puts(w->buf, ">");
	put_escaped(w, text);
	buf_printf(w->buf, "</%s>\n", name);
}

static void
put_number(struct writer *w, const char *name, uint64_t value)
{
	put_tag(w, name);
	buf_printf(w->buf, ">%" PRIu64 "</%s>\n", value, name);
}

static void
put_time(struct writer *w, const char *name, int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format_utc(time, text);
	put_text(w, name, text);
}

static void
put_duration(struct writer *w, const char *name, int64_t duration_s)
{
	char text[DURATION_TEXT_SIZE];

	duration_format(duration_s, text);
	put_text(w, name, text);
}

static void
put_base64(struct writer *w, const char *name, const uint8_t *data, size_t len)
{
	put_tag(w, name);
	buf_puts(w->buf, ">");
	buf_base64(w->buf, (struct bytes){ data, len });
	buf_printf(w->buf, "</%s>\n", name);
}

static void
put_algorithm(struct writer *w, const struct signature_algorithm *algorithm)
{
	static const char *const families[] = {
		[FAMILY_RSA] = "RSA",
		[FAMILY_ECDSA] = "ECDSA",
		[FAMILY_EDDSA] = "EdDSA",
	};

	put_tag(w, "SignatureAlgorithm");
	put_attribute_number(w, "algorithm", algorithm->algorithm);
	put_open(w);
	put_tag(w, families[algorithm->family]);
	put_attribute_number(w, "size", algorithm->size);
	if (algorithm->family == FAMILY_RSA)
		put_attribute_number(w, "exponent", algorithm->exponent);
	put_empty(w);
	put_close(w, "SignatureAlgorithm");
}

static void
put_policy(
    struct writer *w, const char *name, const struct signature_policy *policy)
{
	put_tag(w, name);
	put_open(w);
	put_duration(w, "PublishSafety", policy->publish_safety_s);
	put_duration(w, "RetireSafety", policy->retire_safety_s);
	put_duration(
	    w, "MaxSignatureValidity", policy->max_signature_validity_s);
	put_duration(
	    w, "MinSignatureValidity", policy->min_signature_validity_s);
	put_duration(w, "MaxValidityOverlap", policy->max_validity_overlap_s);
	put_duration(w, "MinValidityOverlap", policy->min_validity_overlap_s);
	for (size_t i = 0; i < policy->n_algorithms; i++)
		put_algorithm(w, &policy->algorithms[i]);
	put_close(w, name);
}

static void
put_key(struct writer *w, const struct dnskey *key)
{
	put_tag(w, "Key");
	put_attribute(w, "keyIdentifier", key->identifier);
	put_attribute_number(w, "keyTag", key->tag);
	put_open(w);
	put_number(w, "TTL", key->ttl_s);
	put_number(w, "Flags", key->flags);
	put_number(w, "Protocol", key->protocol);
	put_number(w, "Algorithm", key->algorithm);
	put_base64(w, "PublicKey", key->public_key, key->public_key_len);
	put_close(w, "Key");
}

static void
put_signature(struct writer *w, const struct rrsig *rrsig)
{
	put_tag(w, "Signature");
	put_attribute(w, "keyIdentifier", rrsig->identifier);
	put_open(w);
	put_number(w, "TTL", rrsig->ttl_s);
	put_text(w, "TypeCovered", "DNSKEY");
	put_number(w, "Algorithm", rrsig->algorithm);
	put_number(w, "Labels", rrsig->labels);
	put_number(w, "OriginalTTL", rrsig->original_ttl_s);
	put_time(w, "SignatureExpiration", rrsig->expiration);
	put_time(w, "SignatureInception", rrsig->inception);
	put_number(w, "KeyTag", rrsig->tag);
	put_text(w, "SignersName", rrsig->signers_name);
	put_base64(w, "SignatureData", rrsig->signature, rrsig->signature_len);
	put_close(w, "Signature");
}

static void
put_bundle(struct writer *w, const char *name, const struct bundle *bundle)
{
	put_tag(w, name);
	put_attribute(w, "id", bundle->id);
	put_open(w);
	put_time(w, "Inception", bundle->inception);
	put_time(w, "Expiration", bundle->expiration);
	for (size_t i = 0; i < bundle->n_keys; i++)
		put_key(w, &bundle->keys[i]);
	for (size_t i = 0; i < bundle->n_signatures; i++)
		put_signature(w, &bundle->signatures[i]);
	put_close(w, name);
}

static void
put_document(struct writer *w, const struct ksr *ksr, const char *name,
    const char *policy_name, const char *bundle_name)
{
	char timestamp[TIME_TEXT_SIZE];

	put_tag(w, name);
	if (ksr->has_timestamp) {
		time_format_utc(ksr->timestamp, timestamp);
		put_attribute(w, "timestamp", timestamp);
	}
	put_open(w);
	put_tag(w, policy_name);
	put_open(w);
	if (ksr->kind == KSR_RESPONSE)
		put_policy(w, "KSK", &ksr->ksk_policy);
	put_policy(w, "ZSK", &ksr->zsk_policy);
	put_close(w, policy_name);
	for (size_t i = 0; i < ksr->n_bundles; i++)
		put_bundle(w, bundle_name, &ksr->bundles[i]);
	put_close(w, name);
}

void
ksr_write(const struct ksr *ksr, struct buf *ret)
{
	struct writer w = { .buf = ret };

	buf_puts(ret, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_tag(&w, "KSR");
	put_attribute(&w, "id", ksr->id);
	put_attribute(&w, "domain", ksr->domain);
	put_attribute_number(&w, "serial", ksr->serial);
	put_open(&w);
	if (ksr->kind == KSR_REQUEST)
		put_document(
		    &w, ksr, "Request", "RequestPolicy", "RequestBundle");
	else
		put_document(
		    &w, ksr, "Response", "ResponsePolicy", "ResponseBundle");
	put_close(&w, "KSR");
}
