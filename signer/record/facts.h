/*
 * What goes on record whatever the command: each function appends one event
 * with its facts.  The names of events and facts are the record's format;
 * docs/audit-log.md lists them and replay reads them.
 */
#pragma once

#include "ksr/rules/check.h"
#include "signer/record/record.h"

/*
 * "end": the exit status and the message of a failure.  None where the record
 * was signed: its signature would not cover it; nor where a failure that is no
 * refusal came before the act began, which leaves no trace.
 */
MUST_USE bool facts_end(struct record *record, bool ok,
    const struct err *outcome, struct err *err);

/*
 * "checks": the stages, whether all passed, and every row from first on.  In a
 * replay the report loses the rows of rules that the record's program had not.
 */
MUST_USE bool facts_report(struct record *record, unsigned stages,
    struct report *report, size_t first, struct err *err);

/* The same with the "name" of the response that is judged, unless NULL. */
MUST_USE bool facts_report_of(struct record *record, unsigned stages,
    const char *name, struct report *report, size_t first,
    struct err *err);

/* Signatures that were made and leave the token for nobody. */
#define DISCARDED_EVENT "signatures discarded"

/*
 * "not signed": of several zones this one went no further, as its status and
 * message say, and the run went on without it.  In a replay *why is as the
 * record has it, where that is where it came from.
 */
#define NOT_SIGNED_EVENT "not signed"
MUST_USE bool facts_not_signed(
    struct record *record, struct err *why, struct err *err);

/* "published": an output has its final name. */
MUST_USE bool facts_published(struct record *record, const char *path,
    struct bytes content, struct err *err);

/* The same of a file whose octets are on no record. */
MUST_USE bool facts_published_as(struct record *record, const char *path,
    const uint8_t sha256[SHA256_SIZE], struct err *err);
