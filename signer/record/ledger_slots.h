/*
 * A response's slots as a "signing" line of form 2 holds them: every key once,
 * and for each slot which of them it publishes, signs with and revokes.
 */
#pragma once

#include <jansson.h>

#include "ksr/document/ksr.h"
#include "ksr/rules/history.h"

/* Owns its arrays; zero is empty. */
struct ledger_slots {
	size_t n;
	struct history_slot *slots; /* their bundle ids are the json's */
	struct history_ksk *ksks;   /* of all slots, one slot after the other */
	struct history_zsk *zsks;
};
void ledger_slots_clear(struct ledger_slots *slots);

/* Puts "ksks", "zsks" and "slots" of the response into the line.  E_INPUT. */
MUST_USE bool ledger_slots_put(
    json_t *line, const struct ksr *response, struct err *err);

/* E_REFUSED: what is not as ledger_slots_put writes it. */
MUST_USE bool ledger_slots_read(const json_t *ksks, const json_t *zsks,
    json_t *slots, struct ledger_slots *ret, struct err *err);
