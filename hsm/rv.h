/*
 * PKCS#11 return values as errors.
 */
#pragma once

#include <p11-kit/pkcs11.h>

#include "ksr/base/err.h"

/* "CKR_NAME (0xNN)" */
void rv_text(CK_RV rv, char *ret, size_t size);

/* Sets E_HSM with ": CKR_NAME (0xNN)" appended; returns false. */
bool rv_fail(struct err *err, CK_RV rv, const char *fmt, ...) PRINTF_LIKE(3, 4);
