#include "signer/record/facts.h"
#include "signer/record/json.h"
#include "signer/record/recorded.h"

bool
facts_end(struct record *record, bool ok, const struct err *outcome,
    struct err *err)
{
	if (ok && record_is_sealed(record))
		return true;
	/* What could not run and had not begun was no act. */
	if (!ok && !record_has_begun(record) && outcome->code != E_REFUSED)
		return true;
	return record_event(record, "end",
	    json_pack("{s:i, s:o?}", "status",
		ok ? 0 : err_exit_status(outcome), "message",
		ok ? NULL : json_of_text(outcome->msg)),
	    err);
}

bool
facts_report_of(struct record *record, unsigned stages, const char *name,
    struct report *report, size_t first, struct err *err)
{
	struct recorded *recorded = record_recorded(record);
	json_t *facts;

	if (record == NULL)
		return true;
	facts = json_pack("{s:o, s:b, s:o}", "stages", json_of_stages(stages),
	    "accepted", report_accepted_from(report, first), "rows",
	    json_of_report(report, first));
	if (recorded != NULL) {
		json_object_set_new(facts, "event", json_string("checks"));
		return recorded_report(recorded, json_named(name, facts),
		    report, first, err);
	}
	return record_event(record, "checks", json_named(name, facts), err);
}

bool
facts_report(struct record *record, unsigned stages,
    struct report *report, size_t first, struct err *err)
{
	return facts_report_of(record, stages, NULL, report, first, err);
}

bool
facts_published_as(struct record *record, const char *path,
    const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	return record_event(record, "published",
	    json_pack("{s:o, s:o}", "path", json_of_text(path), "sha256",
		json_of_sha256(sha256)),
	    err);
}

bool
facts_published(struct record *record, const char *path, struct bytes content,
    struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	return sha256(content, digest, err) &&
	    facts_published_as(record, path, digest, err);
}

bool
facts_not_signed(struct record *record, struct err *why, struct err *err)
{
	struct recorded *recorded = record_recorded(record);

	if (recorded != NULL && recorded->excused != NULL &&
	    recorded->excused == recorded_if(recorded, NOT_SIGNED_EVENT))
		err_set(why, why->code, "%s",
		    fact_text(recorded->excused, "message"));
	return record_event(record, NOT_SIGNED_EVENT,
	    json_pack("{s:i, s:o}", "status", err_exit_status(why), "message",
		json_of_text(why->msg)),
	    err);
}
