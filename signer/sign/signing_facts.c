#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/response/response.h"
#include "signer/record/json.h"
#include "signer/sign/signing_facts.h"

static json_t *
json_of_overrides(const struct signing_request *request)
{
	json_t *list = json_array();

	for (size_t i = 0; i < request->n_overrides; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "id", request->overrides[i].id,
			"reason", json_of_text(request->overrides[i].reason)));
	return list;
}

bool
facts_asked(struct record *record, const struct signing_request *request,
    const struct asked *asked, const struct declared *declared,
    struct err *err)
{
	json_t *facts = json_pack("{s:o, s:b, s:b, s:o}", "request",
	    json_of_text(request->ksr_path), "first",
	    request->previous_path == NULL, "batch", request->batch,
	    "overrides", json_of_overrides(request));
	json_t *due = json_of_asked(asked);

	if (facts != NULL && (due == NULL || json_object_update(facts, due))) {
		json_decref(facts);
		facts = NULL;
	}
	json_decref(due);
	if (facts != NULL)
		declared_facts(declared, facts);
	return record_event(record, "asked", facts, err);
}

bool
facts_unused_overrides(struct record *record, const struct override *overrides,
    size_t n, const struct report *report, struct err *err)
{
	json_t *ids = json_unused_overrides(overrides, n, report);

	if (json_array_size(ids) == 0) {
		json_decref(ids);
		return true;
	}
	return record_event(
	    record, "unused overrides", json_pack("{s:o}", "ids", ids), err);
}

static json_t *
json_of_signing(
    const struct ksr *response, size_t bundle, size_t index, bool made)
{
	const struct bundle *b = &response->bundles[bundle];
	const struct child_set *set;
	uint16_t type;
	const struct rrsig *rrsig = bundle_signature(b, index, &set, &type);
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	struct err err;
	json_t *json = NULL;

	if (response_to_be_signed(response, bundle, index, &data, &err))
		json = json_pack("{s:I, s:s, s:s, s:i, s:i, s:o}", "bundle",
		    (json_int_t)bundle + 1, "bundle_id", b->id, "key",
		    rrsig->identifier, "key_tag", rrsig->tag, "algorithm",
		    rrsig->algorithm, "to_be_signed_sha256",
		    json_of_hash_of(buf_bytes(&data)));
	buf_free(&data);
	if (json != NULL && set != NULL)
		json_object_set_new(json, "covers",
		    json_string(type == RRTYPE_CDS ? "CDS" : "CDNSKEY"));
	if (json != NULL && made)
		json_object_set_new(json, "signature",
		    json_of_bytes_base64(
			rrsig->signature, rrsig->signature_len));
	return json;
}

static json_t *
json_of_signatures(const struct ksr *response, bool made)
{
	json_t *list = json_array();

	for (size_t i = 0; i < response->n_bundles; i++) {
		size_t n = bundle_count_signatures(&response->bundles[i]);

		for (size_t j = 0; j < n; j++) {
			if (json_array_append_new(list,
				json_of_signing(response, i, j, made)) != 0) {
				json_decref(list);
				return NULL;
			}
		}
	}
	return list;
}

bool
facts_signatures(struct record *record, const char *event, const char *name,
    const struct ksr *response, struct err *err)
{
	bool made = strcmp(event, "signed") == 0;

	if (record == NULL)
		return true;
	return record_event(record, event,
	    json_named(name,
		json_pack("{s:o}", "signatures",
		    json_of_signatures(response, made))),
	    err);
}

/* Of those that are due the ones that were made. */
static json_t *
json_of_made(const struct ksr *response)
{
	json_t *list = json_array();

	for (size_t i = 0; response != NULL && i < response->n_bundles; i++) {
		const struct bundle *b = &response->bundles[i];
		const struct child_set *set;
		uint16_t type;

		for (size_t j = 0; j < bundle_count_signatures(b); j++)
			if (bundle_signature(b, j, &set, &type)
				->signature_len > 0)
				json_array_append_new(list,
				    json_of_signing(response, i, j, true));
	}
	return list;
}

bool
facts_discarded_signatures(struct record *record, const char *name,
    const struct ksr *response, size_t made, size_t due, struct err *err)
{
	return record_event(record, DISCARDED_EVENT,
	    json_named(name,
		json_pack("{s:I, s:I, s:o}", "made", (json_int_t)made, "due",
		    (json_int_t)due, "signatures", json_of_made(response))),
	    err);
}

void
err_prefix_discarded(struct err *err, size_t made, size_t due, bool published)
{
	err_prefix(err, "%zu of %zu signatures were made and discarded%s",
	    made, due, published ? "" : "; nothing was published");
}
