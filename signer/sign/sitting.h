/*
 * One sitting at the tokens: one register, one login and one answer, for one
 * request or for all of a list.  Of a list each zone is by itself: what is wrong
 * with one is on record and on the screen as that, and the others are signed; the
 * same list again signs what is missing and leaves what is in place.
 */
#pragma once

#include "signer/sign/request_list.h"
#include "signer/sign/signing.h"

struct sitting;

/*
 * All steps, each for all of the requests that have come so far.  E_REFUSED or
 * another error where a zone of a list was not signed, though others were.
 */
MUST_USE bool sitting_run(struct sitting *sitting, struct err *err);

/* Of a list, what each request has besides its row. */
MUST_USE bool sitting_of_list(const struct context *context,
    const struct signing_request *request, const struct request_list *list,
    bool stops, struct err *err);
