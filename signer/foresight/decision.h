/*
 * The decision that a record holds about a quarter: which of its responses
 * follows.  `register activate` takes no other, but with a reason.
 */
#pragma once

#include "signer/record/ledger.h"

#define DECIDED_EVENT	 "decided"
#define OVERRIDDEN_EVENT "decision overridden"

struct record;

/*
 * E_REFUSED where the last decision on this record about the quarter of the
 * entry names another response, and no reason overrides it (NULL).  An override
 * that lets nothing pass is refused too.  What is overridden goes on record.
 */
MUST_USE bool decision_check(struct record *record,
    const struct ledger_entry *entry, const char *reason, struct err *err);
