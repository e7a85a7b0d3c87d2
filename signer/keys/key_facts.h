/*
 * What goes on record of a key that is made or deleted.
 */
#pragma once

#include "ksr/policy/purpose.h"
#include "ksr/request/known_tags.h"
#include "signer/record/record.h"

/* What a deletion that is not confirmed says. */
#define KEYDELETE_NOT_DONE "nothing was deleted"

/* "generating" before keygen, "key" after it. */
MUST_USE bool facts_generating(struct record *record, const char *label,
    const char *algorithm, unsigned bits, enum key_purpose purpose,
    const char *leaves, struct err *err);
MUST_USE bool facts_key(struct record *record, const struct dnskey *dnskey,
    struct err *err);

/*
 * "discarding": a new key is about to be deleted, because it has a known key's
 * tag; "discarded" after it is facts_deletion.
 */
MUST_USE bool facts_discarding(struct record *record,
    const struct dnskey *dnskey, const struct known_tag *clash,
    struct err *err);

/*
 * "key to delete" before the confirmation, "deleting" before the act, "deleted"
 * after it, "discarded" after a new key was: the key, as it stood in the token.
 */
MUST_USE bool facts_deletion(struct record *record, const char *event,
    const struct dnskey *dnskey, struct err *err);
