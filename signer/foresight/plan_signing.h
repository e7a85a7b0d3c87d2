/*
 * Signing by a plan: what it has for the request's quarter, once request,
 * previous response and register are known, and the proof that it is safe.
 */
#pragma once

#include "signer/sign/signing.h"

/* The responses go into the folder, one or several. */
MUST_USE bool plan_signing_run(const struct context *context,
    const struct signing_request *request, const char *plan_path,
    const char *folder, struct err *err);
