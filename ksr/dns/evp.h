/*
 * Public keys as OpenSSL wants them: for verification here, and for the
 * certificate request of a KSK.
 */
#pragma once

#include <openssl/evp.h>

#include "ksr/base/err.h"
#include "ksr/dns/pubkey_fields.h"

/*
 * The key that the fields describe; freed with EVP_PKEY_free.  E_REFUSED if
 * OpenSSL takes it for no key: an EC point that is not on its curve.
 */
MUST_USE bool evp_of_fields(
    const struct pubkey_fields *fields, EVP_PKEY **ret, struct err *err);

/*
 * Empties OpenSSL's error queue and sets err to the text and the last reason
 * that the queue gave, if any; returns false.
 */
bool evp_fail(struct err *err, enum err_code code, const char *text);

/*
 * For OpenSSL's readers of PEM (pem_password_cb) where nothing has a passphrase:
 * without it they ask on the terminal.
 */
int evp_no_passphrase(char *buf, int size, int writing, void *arg);
