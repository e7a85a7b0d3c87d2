#include <string.h>

#include "ksr/base/text.h"
#include "signer/foresight/decision.h"
#include "signer/record/ceremony.h"
#include "signer/record/json.h"
#include "signer/record/record.h"

/* The last decision about the quarter that begins then; NULL: none. */
static const json_t *
last_decision(const struct chain_lines *log, int64_t begins)
{
	for (size_t i = log->n; i-- > 0;) {
		const json_t *line = log->lines[i].json;
		int64_t time;

		if (strcmp(fact_text(line, "event"), DECIDED_EVENT) == 0 &&
		    time_parse(fact_text(line, "inception"), &time) &&
		    time == begins)
			return line;
	}
	return NULL;
}

/* The planned response stands in the register without a name. */
static bool
is_decided(const json_t *decision, const struct ledger_entry *entry)
{
	if (json_is_true(json_object_get(decision, "planned")))
		return entry->alternative == NULL;
	return entry->alternative != NULL &&
	    strcmp(entry->alternative, fact_text(decision, "response")) == 0;
}

static bool
override(struct record *record, const json_t *decision,
    const struct ledger_entry *entry, const char *reason, struct err *err)
{
	return record_event(record, OVERRIDDEN_EVENT,
	    json_pack("{s:s, s:s, s:s, s:o}", "quarter",
		fact_text(decision, "quarter"), "decided",
		fact_text(decision, "response"), "activated",
		entry->alternative == NULL ? "the planned response"
					   : entry->alternative,
		"reason", json_of_text(reason)),
	    err);
}

bool
decision_check(struct record *record, const struct ledger_entry *entry,
    const char *reason, struct err *err)
{
	const json_t *decision =
	    last_decision(record_found(record), entry->begins);

	if (decision == NULL || is_decided(decision, entry))
		return reason == NULL ||
		    err_set(err, E_USAGE,
			"--override-decision lets nothing pass: no decision "
			"on this record is against this response");
	if (reason != NULL)
		return override(record, decision, entry, reason, err);
	return err_set(err, E_REFUSED,
	    "the decision on this record about %s is \"%s\", whose response "
	    "is %s; this one is %s (--override-decision REASON activates it "
	    "all the same)",
	    fact_text(decision, "quarter"), fact_text(decision, "decision"),
	    fact_text(decision, "response"),
	    entry->alternative == NULL ? "the planned one" : entry->alternative);
}
