#include <stdlib.h>
#include <string.h>

#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/ledger_parts.h"

/* The line, and then that it was appended: a chain in another's keeping. */
bool
ledger_append_line(struct ledger *ledger, json_t *line, struct err *err)
{
	if (!chain_append(ledger->chain, line, err))
		return err_prefix(err, "register");
	ledger->n_appended++;
	return record_event(ledger->record, "register line",
	    json_pack("{s:I, s:s}", "line",
		(json_int_t)(ledger->n_lines + ledger->n_appended), "sha256",
		chain_head(ledger->chain)),
	    err);
}

static json_t *
line_new(const char *event, int64_t now, const struct document *response)
{
	return json_pack("{s:i, s:o, s:s, s:s, s:o}", "format", REGISTER_FORMAT,
	    "time", json_of_time(now), "event", event, "domain",
	    response->ksr->domain, "response_sha256",
	    json_of_sha256(response->sha256));
}

static json_t *
json_of_replaces(const struct ledger_signing *signing)
{
	if (signing->replaces == NULL)
		return json_null();
	return json_pack("{s:o, s:s}", "response_sha256",
	    json_of_sha256(signing->replaces), "reason", signing->reason);
}

static bool
append_signed(struct ledger *ledger, const char *event, int64_t now,
    const struct ledger_signing *signing, struct err *err)
{
	const struct ksr *response = signing->response->ksr;
	json_t *line = line_new(event, now, signing->response);

	if (line == NULL ||
	    json_object_update_new(line,
		json_pack("{s:s, s:o, s:I, s:s?, s:s?, s:s?, s:o, s:o}",
		    "request_id", response->id, "request_sha256",
		    json_of_sha256(signing->request->sha256), "serial",
		    (json_int_t)response->serial, "schema", signing->schema,
		    "alternative", signing->alternative, "fallback",
		    signing->fallback, "previous_sha256",
		    signing->previous_sha256 == NULL
			? json_null()
			: json_of_sha256(signing->previous_sha256),
		    "replaces", json_of_replaces(signing))) != 0) {
		json_decref(line);
		return err_set(err, E_MEMORY, "register: out of memory");
	}
	if (!ledger_slots_put(line, response, err)) {
		json_decref(line);
		return err_prefix(err, "register");
	}
	return ledger_append_line(ledger, line, err);
}

bool
ledger_append_signing(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err)
{
	return append_signed(ledger, "signing", now, signing, err);
}

bool
ledger_append_adopted(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err)
{
	return append_signed(ledger, "adopted", now, signing, err);
}

bool
ledger_append_published(struct ledger *ledger, int64_t now,
    const struct document *response, struct err *err)
{
	return ledger_append_line(ledger, line_new("published", now, response), err);
}

bool
ledger_append_activated(struct ledger *ledger, int64_t now,
    const struct document *response, const struct ledger_activation *activation,
    struct err *err)
{
	json_t *line = line_new("activated", now, response);

	if (line == NULL ||
	    json_object_update_new(line,
		json_pack("{s:I, s:o}", "slot", (json_int_t)activation->slot,
		    "from", json_of_time(activation->from))) != 0) {
		json_decref(line);
		return err_set(err, E_MEMORY, "register: out of memory");
	}
	return ledger_append_line(ledger, line, err);
}

const char *
ledger_head_now(const struct ledger *ledger)
{
	return chain_head(ledger->chain);
}
