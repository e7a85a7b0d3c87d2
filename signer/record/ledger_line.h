/*
 * One line of the register, read strictly: nothing unknown, nothing missing,
 * nothing of another type or form.  What it means after the lines before it is
 * ledger.c's.
 */
#pragma once

#include <jansson.h>

#include "signer/record/ledger.h"

enum ledger_event {
	LEDGER_SIGNING,
	LEDGER_PUBLISH,
	LEDGER_ACTIVATE,
	LEDGER_ADOPT,
};

struct ledger_line {
	enum ledger_event event;
	int format;
	size_t number;
	int64_t time;
	const char *domain; /* NULL in form 1, but for a "signing" */
	size_t slot;	    /* of an "activated", from 1 */
	int64_t from;	    /* that slot's inception; form 2 */
	uint8_t response_sha256[SHA256_SIZE];
	struct ledger_entry entry; /* of a "signing" or "adopted"; texts are the json's */
};

/* E_REFUSED; number is the line's, from 1. */
MUST_USE bool ledger_line_read(
    json_t *json, size_t number, struct ledger_line *ret, struct err *err);

/* What an entry owns. */
void ledger_entry_clear(struct ledger_entry *entry);
