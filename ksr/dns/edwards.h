/*
 * Points of the Edwards curves (RFC 8032), which OpenSSL does not examine
 * before it verifies with them.  Within this library.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"

/*
 * ED25519 or ED448: the encoded point is canonical, on the curve, and not of
 * small order.  E_REFUSED otherwise.
 */
MUST_USE bool edwards_valid(
    const struct algorithm *algorithm, struct bytes point, struct err *err);
