#include "signer/keys/key_facts.h"
#include "signer/record/json.h"

bool
facts_generating(struct record *record, const char *label,
    const char *algorithm, unsigned bits, enum key_purpose purpose,
    const char *leaves, struct err *err)
{
	json_t *facts = json_pack("{s:o, s:s, s:i, s:s}", "label",
	    json_of_text(label), "algorithm", algorithm, "bits", (int)bits,
	    "purpose", purpose_name(purpose));

	if (leaves != NULL)
		json_object_set_new(
		    facts, "extractable", json_string(leaves));
	return record_event(record, "generating", facts, err);
}

bool
facts_key(
    struct record *record, const struct dnskey *dnskey, struct err *err)
{
	return record_event(
	    record, "key", json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}

bool
facts_discarding(struct record *record, const struct dnskey *dnskey,
    const struct known_tag *clash, struct err *err)
{
	return record_event(record, "discarding",
	    json_pack("{s:o, s:{s:s, s:i, s:i}}", "key", json_of_key(dnskey),
		"clashes_with", "key_identifier", clash->identifier,
		"algorithm", clash->algorithm, "key_tag", clash->tag),
	    err);
}

bool
facts_deletion(struct record *record, const char *event,
    const struct dnskey *dnskey, struct err *err)
{
	return record_event(
	    record, event, json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}
