/*
 * One spelling for each document: what the reader gave, written twice, is the
 * same bytes.  Nothing is left out and nothing is decided here.
 */
#include "ksr/base/text.h"
#include "ksr/document/xml/writer.h"
#include "ksr/document/xml/xml.h"

static void
put_duration(struct xml_writer *w, const char *name, int64_t duration_s)
{
	char text[DURATION_TEXT_SIZE];

	duration_format(duration_s, text);
	xml_put_text(w, name, text);
}

static void
put_algorithm(struct xml_writer *w, const struct signature_algorithm *algorithm)
{
	static const char *const families[] = {
		[FAMILY_RSA] = "RSA",
		[FAMILY_ECDSA] = "ECDSA",
		[FAMILY_EDDSA] = "EdDSA",
	};

	xml_put_tag(w, "SignatureAlgorithm");
	xml_put_attribute_number(w, "algorithm", algorithm->algorithm);
	xml_put_open(w);
	xml_put_tag(w, families[algorithm->family]);
	xml_put_attribute_number(w, "size", algorithm->size);
	if (algorithm->family == FAMILY_RSA)
		xml_put_attribute_number(w, "exponent", algorithm->exponent);
	xml_put_empty(w);
	xml_put_close(w, "SignatureAlgorithm");
}

static void
put_policy(struct xml_writer *w, const char *name,
    const struct signature_policy *policy)
{
	xml_put_tag(w, name);
	xml_put_open(w);
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
	xml_put_close(w, name);
}

static void
put_key(struct xml_writer *w, const struct dnskey *key)
{
	xml_put_tag(w, "Key");
	xml_put_attribute(w, "keyIdentifier", key->identifier);
	xml_put_attribute_number(w, "keyTag", key->tag);
	xml_put_open(w);
	xml_put_number(w, "TTL", key->ttl_s);
	xml_put_number(w, "Flags", key->flags);
	xml_put_number(w, "Protocol", key->protocol);
	xml_put_number(w, "Algorithm", key->algorithm);
	xml_put_base64(w, "PublicKey", key->public_key, key->public_key_len);
	xml_put_close(w, "Key");
}

static void
put_signature(struct xml_writer *w, const struct rrsig *rrsig)
{
	xml_put_tag(w, "Signature");
	xml_put_attribute(w, "keyIdentifier", rrsig->identifier);
	xml_put_open(w);
	xml_put_number(w, "TTL", rrsig->ttl_s);
	xml_put_text(w, "TypeCovered", "DNSKEY");
	xml_put_number(w, "Algorithm", rrsig->algorithm);
	xml_put_number(w, "Labels", rrsig->labels);
	xml_put_number(w, "OriginalTTL", rrsig->original_ttl_s);
	xml_put_time(w, "SignatureExpiration", rrsig->expiration);
	xml_put_time(w, "SignatureInception", rrsig->inception);
	xml_put_number(w, "KeyTag", rrsig->tag);
	xml_put_text(w, "SignersName", rrsig->signers_name);
	xml_put_base64(
	    w, "SignatureData", rrsig->signature, rrsig->signature_len);
	xml_put_close(w, "Signature");
}

static void
put_bundle(struct xml_writer *w, const char *name, const struct bundle *bundle)
{
	xml_put_tag(w, name);
	xml_put_attribute(w, "id", bundle->id);
	xml_put_open(w);
	xml_put_time(w, "Inception", bundle->inception);
	xml_put_time(w, "Expiration", bundle->expiration);
	for (size_t i = 0; i < bundle->n_keys; i++)
		put_key(w, &bundle->keys[i]);
	for (size_t i = 0; i < bundle->n_signatures; i++)
		put_signature(w, &bundle->signatures[i]);
	xml_put_close(w, name);
}

static void
put_document(struct xml_writer *w, const struct ksr *ksr, const char *name,
    const char *policy_name, const char *bundle_name)
{
	xml_put_tag(w, name);
	if (ksr->has_timestamp)
		xml_put_attribute_time(w, "timestamp", ksr->timestamp);
	xml_put_open(w);
	xml_put_tag(w, policy_name);
	xml_put_open(w);
	if (ksr->kind == KSR_RESPONSE)
		put_policy(w, "KSK", &ksr->ksk_policy);
	put_policy(w, "ZSK", &ksr->zsk_policy);
	xml_put_close(w, policy_name);
	for (size_t i = 0; i < ksr->n_bundles; i++)
		put_bundle(w, bundle_name, &ksr->bundles[i]);
	xml_put_close(w, name);
}

void
root_xml_write(const struct text_style *none, const struct ksr *ksr,
    struct buf *ret)
{
	struct xml_writer w = { .buf = ret, .indent = 2 };

	(void)none;
	buf_puts(ret, XML_DECLARATION);
	xml_put_tag(&w, "KSR");
	xml_put_attribute(&w, "id", ksr->id);
	xml_put_attribute(&w, "domain", ksr->domain);
	xml_put_attribute_number(&w, "serial", ksr->serial);
	xml_put_open(&w);
	if (ksr->kind == KSR_REQUEST)
		put_document(
		    &w, ksr, "Request", "RequestPolicy", "RequestBundle");
	else
		put_document(
		    &w, ksr, "Response", "ResponsePolicy", "ResponseBundle");
	xml_put_close(&w, "KSR");
}
