/*
 * What goes on record of a copy of a KSK, beside what is in its file
 * (signer/token/backup.h).
 */
#pragma once

#include "signer/record/record.h"
#include "signer/token/backup.h"

/* What a copy that is not confirmed says. */
#define BACKUP_NOT_DONE   "no copy was made"
#define HANDOVER_NOT_DONE "nothing was handed over"

/*
 * "key to back up" or "key to hand over" before the confirmation, "backing up"
 * or "handing over" before the act: the
 * key, and the SHA-256 of the recipient's file.
 */
MUST_USE bool facts_copying(struct record *record, const char *event,
    const struct backup *backup, struct err *err);

/* "transport key": by which the one-time key is about to be unwrapped. */
MUST_USE bool facts_transport(
    struct record *record, const struct dnskey *dnskey, struct err *err);

/*
 * "restoring" before the act; "restored" after it, with the attributes in which
 * the key differs from one that was made in its token, ", " in between.
 */
MUST_USE bool facts_restoring(
    struct record *record, const struct dnskey *dnskey, struct err *err);
MUST_USE bool facts_restored(struct record *record, const struct dnskey *dnskey,
    const char *differences, struct err *err);
