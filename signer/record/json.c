#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/document/bundle.h"
#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

json_t *
json_of_text(const char *text)
{
	size_t size = 4 * strlen(text) + 1; /* \xNN each */
	char *safe = malloc(size);
	json_t *json;

	if (safe == NULL)
		return NULL;
	text_ascii(safe, size, text);
	json = json_string(safe);
	free(safe);
	return json;
}

static bool
is_ascii(const char *text)
{
	while (*text != '\0' && (*text & 0x80) == 0)
		text++;
	return *text == '\0';
}

static void
make_ascii(json_t *string)
{
	size_t size = 4 * json_string_length(string) + 1; /* \xNN each */
	char *safe = is_ascii(json_string_value(string)) ? NULL : malloc(size);

	if (safe == NULL)
		return; /* no record takes what could not be made so */
	text_ascii(safe, size, json_string_value(string));
	json_string_set(string, safe);
	free(safe);
}

void
json_make_ascii(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		make_ascii(json);
	json_array_foreach(json, i, value)
		json_make_ascii(value);
	json_object_foreach(json, key, value)
		json_make_ascii(value);
}

json_t *
json_of_time(int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format_utc(time, text);
	return json_string(text);
}

static json_t *
json_of_duration(int64_t duration_s)
{
	char text[DURATION_TEXT_SIZE];

	duration_format(duration_s, text);
	return json_string(text);
}

static json_t *
json_of_buf(struct buf *buf)
{
	json_t *json = buf->failed ?
	    NULL :
	    json_stringn((const char *)buf->data, buf->len);

	buf_free(buf);
	return json;
}

json_t *
json_of_sha256(const uint8_t digest[SHA256_SIZE])
{
	char hex[SHA256_TEXT_SIZE];

	sha256_text(digest, hex);
	return json_string(hex);
}

json_t *
json_of_bytes_hex(struct bytes bytes)
{
	struct buf buf = buf_new(2 * bytes.len + 1);

	buf_hex(&buf, bytes);
	return json_of_buf(&buf);
}

json_t *
json_of_words(struct bytes bytes)
{
	struct buf buf = buf_new(16 * bytes.len + 1);

	words_format(bytes, &buf);
	return json_of_buf(&buf);
}

json_t *
json_of_bytes_base64(const uint8_t *data, size_t len)
{
	struct buf buf = buf_new(2 * len + 4);

	buf_base64(&buf, (struct bytes){ data, len });
	return json_of_buf(&buf);
}

json_t *
json_of_document(const struct document *document)
{
	const struct ksr *ksr = document->ksr;
	char hex[SHA256_TEXT_SIZE];

	if (ksr == NULL)
		return json_null();
	sha256_text(document->sha256, hex);
	return json_pack("{s:o, s:s, s:s, s:s, s:I, s:s, s:I}", "file",
	    json_of_text(document->path), "sha256", hex, "kind",
	    ksr->kind == KSR_REQUEST ? "request" : "response", "id", ksr->id,
	    "serial", (json_int_t)ksr->serial, "domain", ksr->domain,
	    "bundles", (json_int_t)ksr->n_bundles);
}

json_t *
json_of_losses(const struct losses *losses)
{
	json_t *list = json_array();

	for (size_t i = 0; i < losses->n; i++)
		json_array_append_new(list, json_string(losses->what[i]));
	return list;
}

static json_t *
json_of_policy(const struct signature_policy *policy)
{
	json_t *algorithms = json_array();

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		const struct signature_algorithm *a = &policy->algorithms[i];

		json_array_append_new(algorithms,
		    json_pack("{s:i, s:i, s:I}", "algorithm", a->algorithm,
			"size", a->size, "exponent", (json_int_t)a->exponent));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "publish_safety", json_of_duration(policy->publish_safety_s),
	    "retire_safety", json_of_duration(policy->retire_safety_s),
	    "max_signature_validity",
	    json_of_duration(policy->max_signature_validity_s),
	    "min_signature_validity",
	    json_of_duration(policy->min_signature_validity_s),
	    "max_validity_overlap",
	    json_of_duration(policy->max_validity_overlap_s),
	    "min_validity_overlap",
	    json_of_duration(policy->min_validity_overlap_s), "algorithms",
	    algorithms);
}

json_t *
json_of_key(const struct dnskey *key)
{
	return json_pack("{s:s, s:i, s:I, s:i, s:i, s:i, s:o}",
	    "key_identifier", key->identifier, "key_tag", key->tag, "ttl",
	    (json_int_t)key->ttl_s, "flags", key->flags, "protocol",
	    key->protocol, "algorithm", key->algorithm, "public_key",
	    json_of_bytes_base64(key->public_key, key->public_key_len));
}

static json_t *
json_of_signature(const struct rrsig *rrsig)
{
	return json_pack("{s:s, s:i, s:I, s:i, s:i, s:I, s:o, s:o, s:s, s:o}",
	    "key_identifier", rrsig->identifier, "key_tag", rrsig->tag, "ttl",
	    (json_int_t)rrsig->ttl_s, "algorithm", rrsig->algorithm, "labels",
	    rrsig->labels, "original_ttl", (json_int_t)rrsig->original_ttl_s,
	    "inception", json_of_time(rrsig->inception), "expiration",
	    json_of_time(rrsig->expiration), "signers_name",
	    rrsig->signers_name, "signature",
	    json_of_bytes_base64(rrsig->signature, rrsig->signature_len));
}

static json_t *
json_of_signatures(const struct rrsig *signatures, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_of_signature(&signatures[i]));
	return list;
}

/* Four octets of three fields, and a key or a digest (RFC 7344 3). */
static json_t *
json_of_child_record(enum child_type type, const struct child_record *record)
{
	const uint8_t *o = record->octets, *rest = o + 4;
	size_t len = record->len - 4u;

	return type == CHILD_CDS
	    ? json_pack("{s:i, s:i, s:i, s:o}", "key_tag", o[0] << 8 | o[1],
		  "algorithm", o[2], "digest_type", o[3], "digest",
		  json_of_bytes_hex((struct bytes){ rest, len }))
	    : json_pack("{s:i, s:i, s:i, s:o}", "flags", o[0] << 8 | o[1],
		  "protocol", o[2], "algorithm", o[3], "public_key",
		  json_of_bytes_base64(rest, len));
}

static json_t *
json_of_child(enum child_type type, const struct child_set *set)
{
	json_t *records = json_array();

	for (size_t i = 0; i < set->n_records; i++)
		json_array_append_new(
		    records, json_of_child_record(type, &set->records[i]));
	return json_pack("{s:I, s:o, s:o}", "ttl", (json_int_t)set->ttl_s,
	    "records", records, "signatures",
	    json_of_signatures(set->signatures, set->n_signatures));
}

/* What only some formats have stands there where it is. */
static json_t *
json_of_bundle(const struct bundle *bundle)
{
	static const char *const types[CHILD_TYPES] = {
		[CHILD_CDNSKEY] = "cdnskey",
		[CHILD_CDS] = "cds",
	};
	json_t *keys = json_array(), *root;

	for (size_t i = 0; i < bundle->n_keys; i++)
		json_array_append_new(keys, json_of_key(&bundle->keys[i]));
	root = json_pack("{s:s, s:o, s:o, s:o, s:o}", "id", bundle->id,
	    "inception", json_of_time(bundle->inception), "expiration",
	    json_of_time(bundle->expiration), "keys", keys, "signatures",
	    json_of_signatures(bundle->signatures, bundle->n_signatures));
	if (root != NULL && bundle->lead_s != 0)
		json_object_set_new(
		    root, "used_from", json_of_time(bundle_begins(bundle)));
	for (size_t i = 0; root != NULL && i < CHILD_TYPES; i++)
		if (bundle->child[i].n_records > 0)
			json_object_set_new(root, types[i],
			    json_of_child(
				(enum child_type)i, &bundle->child[i]));
	return root;
}

json_t *
json_of_ksr(const struct ksr *ksr)
{
	json_t *bundles = json_array(), *root;

	for (size_t i = 0; i < ksr->n_bundles; i++)
		json_array_append_new(
		    bundles, json_of_bundle(&ksr->bundles[i]));
	root = json_pack("{s:s, s:s, s:I, s:s, s:o, s:o}", "kind",
	    ksr->kind == KSR_REQUEST ? "request" : "response", "id", ksr->id,
	    "serial", (json_int_t)ksr->serial, "domain", ksr->domain,
	    "zsk_policy", json_of_policy(&ksr->zsk_policy), "bundles",
	    bundles);
	if (root != NULL && ksr->has_timestamp)
		json_object_set_new(
		    root, "timestamp", json_of_time(ksr->timestamp));
	if (root != NULL && ksr->kind == KSR_RESPONSE)
		json_object_set_new(
		    root, "ksk_policy", json_of_policy(&ksr->ksk_policy));
	return root;
}

static json_t *
json_of_result(const struct check_result *result)
{
	json_t *findings = json_array();
	char reason[4 * FINDING_TEXT_MAX];

	for (size_t i = 0; i < result->n_findings; i++) {
		const struct finding *f = &result->findings[i];

		json_array_append_new(findings,
		    json_pack("{s:I, s:s, s:s, s:s}", "bundle",
			(json_int_t)f->bundle, "bundle_id", f->bundle_id,
			"seen", f->seen, "required", f->required));
	}
	text_ascii(reason, sizeof(reason),
	    result->reason == NULL ? "" : result->reason);
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:o, s:I}", "id",
	    result->check->id, "clause", result->check->clause, "title",
	    result->check->title, "verdict", verdict_text(result->verdict),
	    "reason", result->reason == NULL ? NULL : reason, "note",
	    result->note, "findings", findings, "more_findings",
	    (json_int_t)result->n_more);
}

json_t *
json_of_report(const struct report *report, size_t first)
{
	json_t *rows = json_array();

	for (size_t i = first; i < report->n_results; i++)
		json_array_append_new(rows, json_of_result(&report->results[i]));
	return rows;
}

json_t *
json_unused_overrides(const struct override *overrides, size_t n,
    const struct report *report)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < n; i++)
		if (!override_used(&overrides[i], report))
			json_array_append_new(
			    ids, json_string(overrides[i].id));
	return ids;
}

json_t *
json_of_stages(unsigned stages)
{
	static const struct {
		unsigned stage;
		const char *name;
	} names[] = {
		{ STAGE_REQUEST, "request" },
		{ STAGE_TOKEN, "token" },
		{ STAGE_RESPONSE, "response" },
		{ STAGE_CHAIN, "chain" },
		{ STAGE_CONFIG, "config" },
		{ STAGE_SCHEDULE, "schedule" },
		{ STAGE_PLAN, "plan" },
		{ STAGE_BUILT, "built" },
		{ STAGE_PREVIOUS, "previous" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((stages & names[i].stage) != 0)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

bool
json_print(json_t *root, struct err *err)
{
	char *text;

	json_make_ascii(root);
	text = root == NULL ?
	    NULL :
	    json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(root);
	if (text == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	print_data(bytes_of_string(text));
	print_data(bytes_of_string("\n"));
	free(text);
	return true;
}

json_t *
json_of_hash_of(struct bytes content)
{
	uint8_t digest[SHA256_SIZE];
	struct err err;

	return sha256(content, digest, &err) ? json_of_sha256(digest) : NULL;
}

/* The name in front; facts are taken over and may be NULL. */
json_t *
json_named(const char *name, json_t *facts)
{
	json_t *named;

	if (name == NULL || facts == NULL)
		return facts;
	named = json_pack("{s:s}", "name", name);
	if (named != NULL && json_object_update(named, facts) != 0) {
		json_decref(named);
		named = NULL;
	}
	json_decref(facts);
	return named;
}
