#include "signer/keys/copy_facts.h"
#include "signer/record/json.h"

bool
facts_copying(struct record *record, const char *event,
    const struct backup *backup, struct err *err)
{
	return record_event(record, event,
	    json_pack("{s:o, s:o}", "key", json_of_key(&backup->dnskey),
		"recipient_sha256", json_of_sha256(backup->recipient_sha256)),
	    err);
}

bool
facts_transport(
    struct record *record, const struct dnskey *dnskey, struct err *err)
{
	return record_event(record, "transport key",
	    json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}

bool
facts_restoring(
    struct record *record, const struct dnskey *dnskey, struct err *err)
{
	return record_event(record, "restoring",
	    json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}

bool
facts_restored(struct record *record, const struct dnskey *dnskey,
    const char *differences, struct err *err)
{
	return record_event(record, "restored",
	    json_pack("{s:o, s:s}", "key", json_of_key(dnskey), "differences",
		differences),
	    err);
}
