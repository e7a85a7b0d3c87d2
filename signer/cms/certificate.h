/*
 * X.509 certificates in PEM: the signer's of a document of trust anchors with
 * those that lead to it, and a CA's.
 */
#pragma once

#include <openssl/x509.h>

#include "ksr/dns/sha256.h"
#include "ksr/document/ksr.h"
#include "signer/cms/cms_encode.h"

#define CERTIFICATE_FILE_MAX (256u * 1024)
#define CERTIFICATE_NAME_MAX 512u

/* Certificates of a PEM file, in its order. */
struct certificates {
	size_t n;
	X509 *list[CMS_CERTIFICATES_MAX]; /* owned */
};

/* E_INPUT for none, for more than there is room for, for other PEM blocks. */
MUST_USE bool certificates_read(struct bytes pem, const char *name,
    struct certificates *ret, struct err *err);
void certificates_free(struct certificates *certificates);

/* What people are told of a certificate. */
struct certificate_facts {
	char subject[CERTIFICATE_NAME_MAX]; /* RFC 2253, printable ASCII */
	uint8_t sha256[SHA256_SIZE];        /* of its DER */
	int64_t not_before, not_after;
};

/*
 * E_REFUSED unless at that time the certificate is valid and lets its key sign
 * S/MIME: key usage digitalSignature, which `unbound-anchor` wants, and no
 * extended usage that leaves it out.
 */
MUST_USE bool
certificate_check(X509 *certificate, int64_t now, struct err *err);
MUST_USE bool certificate_facts_of(
    X509 *certificate, struct certificate_facts *ret, struct err *err);

/*
 * The public key as a DNSKEY with flags 0: RSA of 2048 to 4096 bits, P-256 or
 * P-384.  E_REFUSED for others.
 */
MUST_USE bool
dnskey_of_pkey(EVP_PKEY *pkey, struct dnskey *ret, struct err *err);
MUST_USE bool
certificate_dnskey(X509 *certificate, struct dnskey *ret, struct err *err);

/* Seconds since 1970. */
MUST_USE bool certificate_time(const ASN1_TIME *time, int64_t *ret);
