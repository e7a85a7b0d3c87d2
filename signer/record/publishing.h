/*
 * The one place where a command gives what it made its name, and what is said
 * from then on: a failure after it does not take the file back, so every
 * message of it begins with what is published.
 */
#pragma once

#include "ksr/base/file.h"
#include "signer/record/context.h"

/* What a run has published so far; in main's hands. */
struct published {
	size_t n;
	char names[ERR_MSG_MAX / 2]; /* printable, with ", " in between */
	bool said;		     /* the message has it already */
};

/*
 * Opens a file that is to be published there (ksr/base/file.h); in a replay one
 * that nobody sees.
 */
MUST_USE bool publishing_open(const struct context *context, const char *path,
    struct output **ret, struct err *err);

/* Gives the output its name; the record has it as an output already. */
MUST_USE bool publishing_name(const struct context *context,
    struct output *output, const char *path, struct err *err);

/*
 * Writes text, then puts it on record as an output of this role, then gives it
 * its name, then puts that on record.
 */
MUST_USE bool publishing_text(const struct context *context,
    struct output *output, const char *role, const char *path,
    struct bytes text, struct err *err);

/* The last two steps of it, for what was written and recorded by itself. */
MUST_USE bool publishing_finish(const struct context *context,
    struct output *output, const char *path, struct bytes text,
    struct err *err);

/* What has its name already keeps it, whatever happens to the power. */
MUST_USE bool publishing_keep(
    const struct context *context, const char *path, struct err *err);

/* Something has its name: a response in place counts as well. */
void publishing_note(const struct context *context, const char *path);

/* What is published was told otherwise. */
void publishing_said(const struct context *context);

/* Puts what is published in front of a failure's message, once; false. */
bool publishing_say(const struct context *context, struct err *err);
