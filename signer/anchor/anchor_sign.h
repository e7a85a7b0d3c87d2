/*
 * `trust-anchor sign` and `trust-anchor verify`: the detached signature of a
 * document of trust anchors.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"

/*
 * Files XML and P7S.  Signs nothing but the declared anchors, all of them; asks
 * before it does; what was written is read back and verified before it gets its
 * name.
 */
MUST_USE bool anchor_sign(
    const struct context *context, const struct args *args, struct err *err);

/* Files XML, P7S and CA. */
MUST_USE bool anchor_verify(
    const struct context *context, const struct args *args, struct err *err);
