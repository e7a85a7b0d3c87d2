/*
 * The register as commands open it: beside the configuration, on record, and
 * held against what the record knows of it; and what their arguments say of it.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/ledger.h"

/*
 * The register beside the configuration, opened for writing and on record.
 * E_REFUSED unless it extends what the record's runs saw last, and has the head
 * that was written down, unless that is NULL.  *ret may be there on failure, too.
 */
MUST_USE bool register_open(const struct context *context, const char *head,
    struct ledger **ret, struct err *err);

/* The same, whatever was seen before: what is missing is to be taken up. */
MUST_USE bool register_open_to_adopt(
    const struct context *context, struct ledger **ret, struct err *err);

/* The same for commands that only read; *ret is NULL where there is none. */
MUST_USE bool register_read(
    const struct context *context, struct ledger **ret, struct err *err);

/* --register-head as hex digits or PGP words; NULL if not given.  E_USAGE. */
#define REGISTER_HEAD_SIZE CHAIN_HASH_SIZE
MUST_USE bool register_head_of_args(const struct args *args,
    char buf[REGISTER_HEAD_SIZE], const char **ret, struct err *err);

/* For the next ceremony to ask for, as --register-head. */
void register_print_head(const char *head);
