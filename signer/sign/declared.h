/*
 * What a signing is declared to be, where it is not simply the next request: a
 * fallback request, or a replacement.  Signing, checking and replay read it from
 * the same arguments, configuration and register.
 */
#pragma once

#include <jansson.h>

#include "ksr/rules/check.h"
#include "ksr/rules/history.h"
#include "signer/line/args.h"
#include "signer/record/ledger.h"

struct declared {
	bool first;	      /* --first */
	const char *fallback; /* borrowed; NULL: none */
	bool has_replaces;
	uint8_t replaces[SHA256_SIZE];
	char reason[REASON_MAX + 1]; /* printable */
	bool is_routine; /* the configuration declares it, not the operator */
};

/*
 * --first, --fallback and --replaces with the --reason behind it.  E_USAGE: a
 * name or hash that is none, no reason, or both declarations.
 */
MUST_USE bool declared_of_args(
    const struct args *args, struct declared *ret, struct err *err);

/*
 * Where the configuration makes replacements routine and the request needs a
 * declaration and has none, it replaces what the zone uses when it begins.
 */
void declared_complete(struct declared *declared, const struct check_input *in);

/* Into the input of the checks, which then borrows from it. */
void declared_put(const struct declared *declared, struct check_input *in);

/* Into the line of the register. */
void declared_sign(
    const struct declared *declared, struct ledger_signing *signing);

/* Into the facts of an "asked" line; nothing where nothing was declared. */
void declared_facts(const struct declared *declared, json_t *facts);

/* What is on the screen of each declaration; alternative may be NULL. */
void declared_print(const struct declared *declared, const char *alternative);
