/*
 * What a ceremony record knows of a register: every run that used it put on
 * record what it read and the hash of each line that it appended.  A register
 * that lacks any of this was exchanged, cut short or left behind.
 */
#pragma once

#include "signer/record/chain.h"
#include "signer/record/ledger.h"

/* Which register, as runs name it: by its path, or by its configuration. */
struct register_name {
	const char *path; /* as recorded: printable */
	const char *configuration_sha256; /* in hex; "" if not known */
};

/*
 * E_REFUSED unless the register extends the one that runs in the first n lines
 * of the record saw last, and has every response that they published.  Runs
 * that were refused or that failed before they appended anything count for
 * nothing.
 */
MUST_USE bool register_extends_seen(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct ledger *ledger,
    struct err *err);

/*
 * Only that it has every response that they published, as it will be when that is
 * taken up; NULL: as it is.
 */
struct adopting;
MUST_USE bool register_keeps_published(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct adopting *adopting,
    const struct ledger *ledger, struct err *err);

/*
 * How many lines the register may have that the record does not tell of: one
 * for each run that used it, began at line `since`, from 1, or later, and was
 * interrupted or failed: perhaps between a line of the register and the
 * record's line about it.
 */
size_t register_untold_lines(const struct chain_line *log, size_t n,
    const struct register_name *name, size_t since);

/*
 * The lines that the register has beyond what those runs read and appended,
 * counted; 0 where no run saw a register, or it is one of format 1, which does not
 * tell.  *ret_last is the record's line of the run that saw it last, from 1.
 */
size_t register_unseen_lines(const struct chain_line *log, size_t n,
    const struct register_name *name, const struct ledger *ledger,
    size_t *ret_last);
