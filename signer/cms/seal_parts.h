/*
 * The parts of a record's signature.  Used by seal*.c only.
 */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "signer/cms/seal.h"

/* The public key as OpenSSL wants it; freed with EVP_PKEY_free. */
MUST_USE bool seal_pkey(
    const struct dnskey *key, EVP_PKEY **ret, struct err *err);
MUST_USE bool seal_spki_sha256(
    EVP_PKEY *pkey, uint8_t ret[SHA256_SIZE], struct err *err);

/*
 * seal_certificate.c: a certificate that says nothing but the key, signed with
 * it in the token; the same key gives the same octets but for an ECDSA
 * signature's.  Freed with X509_free.
 */
MUST_USE bool seal_certificate(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, EVP_PKEY *pkey, X509 **ret, struct err *err);

/*
 * Whether it is that certificate of this key, octet for octet: it is made anew
 * and gets the signature that was found, which the caller has verified.
 */
MUST_USE bool seal_certificate_is_ours(X509 *certificate, EVP_PKEY *pkey,
    enum cms_algorithm algorithm, bool *ret, struct err *err);
