/*
 * What goes on record of a signing: what was asked for, what is about to be
 * signed, what was, and what was made in vain.
 */
#pragma once

#include <jansson.h>

#include "signer/record/facts.h"
#include "signer/record/record.h"
#include "signer/sign/asked.h"
#include "signer/sign/declared.h"
#include "signer/sign/signing.h"

/* "asked": what sign was asked to do, and the responses that are due. */
MUST_USE bool facts_asked(struct record *record,
    const struct signing_request *request, const struct asked *asked,
    const struct declared *declared, struct err *err);

/*
 * "unused overrides", where there are any: those that let no finding of the
 * report pass.
 */
MUST_USE bool facts_unused_overrides(struct record *record,
    const struct override *overrides, size_t n, const struct report *report,
    struct err *err);

/*
 * "signing" before the first signature: every signature that will be made with
 * the SHA-256 of the bytes it covers.  "signed" after the last: the same with
 * the signatures.  Each with the response's "name", unless NULL.
 */
MUST_USE bool facts_signatures(struct record *record, const char *event,
    const char *name, const struct ksr *response, struct err *err);

/*
 * "signatures discarded": what was made in the token and is published nowhere,
 * when the run cannot go on; `made` of `due`, and those of the response that
 * was being signed, which no "signed" has.  response may be NULL.
 */
MUST_USE bool facts_discarded_signatures(struct record *record,
    const char *name, const struct ksr *response, size_t made, size_t due,
    struct err *err);
/* "5 of 9 signatures were made and discarded; nothing was published" */
void err_prefix_discarded(
    struct err *err, size_t made, size_t due, bool published);
