/*
 * PKCS#11 return values as errors.
 */
#pragma once

#include <p11-kit/pkcs11.h>

#include "ksr/base/err.h"

/* Sets E_HSM with ": CKR_NAME (0xNN)" appended; returns false. */
bool rv_fail(struct err *err, CK_RV rv, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * What libp11 put into OpenSSL's error queue; CKR_OK if nothing.  libp11's own
 * ERR_get_CKR_code gives the number of the library instead (0.4.12).
 */
CK_RV rv_queued(void);
