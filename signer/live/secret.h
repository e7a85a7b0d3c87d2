/*
 * A line that nobody else may see: from a file of its owner's or from the
 * terminal without echo.  Never from the command line or the environment;
 * locked in memory, overwritten after use.
 */
#pragma once

#include <stdbool.h>

#include "ksr/base/err.h"
#include "ksr/base/limits.h"

struct secret {
	char text[PIN_MAX + 1];
};

/* What it is, in messages. */
struct secret_kind {
	const char *name;   /* "PIN" */
	const char *file;   /* what its file is called: "pin_file" */
	const char *spared; /* behind what is wrong with a file, or "" */
	const char *empty;  /* behind a file's form, or "" */
	const char *absent; /* behind "no PIN was entered", or "" */
	const char *remedy; /* where there is no terminal; for secret_type_of */
};

/* E_IO unless it may not be swapped out, or may_swap: a rehearsal. */
MUST_USE bool secret_lock(
    struct secret *secret, const char *name, bool may_swap, struct err *err);

MUST_USE bool secret_read(const struct secret_kind *kind, const char *path,
    struct secret *ret, struct err *err);

/* without is the message where there is no terminal. */
MUST_USE bool secret_type(const struct secret_kind *kind, const char *prompt,
    const char *without, struct secret *ret, struct err *err);

/* Asked for as "NAME of OF: ". */
MUST_USE bool secret_type_of(const struct secret_kind *kind, const char *of,
    struct secret *ret, struct err *err);

void secret_wipe(struct secret *secret);
