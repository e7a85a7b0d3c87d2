/*
 * Signatures made in the token as X.509 and CMS want them.
 */
#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include "ksr/document/ksr.h"

/* What X.509 calls a DNSSEC algorithm that signs here: digest and key. */
int asn1_signature_nid(uint8_t algorithm);

/* The same as an AlgorithmIdentifier; NULL without memory. */
X509_ALGOR *asn1_signature_algorithm(uint8_t algorithm);

/*
 * The signature as a BIT STRING: its octets, or r and s of ECDSA as a
 * SEQUENCE (RFC 3279 2.2.3).  NULL without memory.
 */
ASN1_BIT_STRING *asn1_bits_of_signature(
    const struct rrsig *made, uint8_t algorithm);
