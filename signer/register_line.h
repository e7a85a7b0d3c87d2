/*
 * One line of the register, read strictly: nothing unknown, nothing missing,
 * nothing of another type or form.  What it means after the lines before it is
 * register.c's.
 */
#pragma once

#include <jansson.h>

#include "signer/register.h"

enum ledger_event { LEDGER_SIGNING, LEDGER_PUBLISH, LEDGER_ACTIVATE };

struct ledger_line {
	enum ledger_event event;
	int64_t time;
	uint8_t response_sha256[SHA256_SIZE];
	struct ledger_entry entry; /* of a "signing"; texts are the json's */
};

/* E_REFUSED; number is the line's, from 1. */
MUST_USE bool ledger_line_read(
    json_t *json, size_t number, struct ledger_line *ret, struct err *err);
