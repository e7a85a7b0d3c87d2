#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/objects.h>

#include "ksr/dns/pubkey.h"
#include "signer/cms/asn1.h"

int
asn1_signature_nid(uint8_t algorithm)
{
	switch (algorithm) {
	case ALGORITHM_RSASHA256:
		return NID_sha256WithRSAEncryption;
	case ALGORITHM_RSASHA512:
		return NID_sha512WithRSAEncryption;
	case ALGORITHM_ECDSAP256SHA256:
		return NID_ecdsa_with_SHA256;
	default:
		return NID_ecdsa_with_SHA384;
	}
}

static bool
is_rsa(uint8_t algorithm)
{
	return algorithm == ALGORITHM_RSASHA256 ||
	    algorithm == ALGORITHM_RSASHA512;
}

X509_ALGOR *
asn1_signature_algorithm(uint8_t algorithm)
{
	X509_ALGOR *made = X509_ALGOR_new();

	if (made != NULL &&
	    X509_ALGOR_set0(made, OBJ_nid2obj(asn1_signature_nid(algorithm)),
		is_rsa(algorithm) ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1)
		return made;
	X509_ALGOR_free(made);
	return NULL;
}

/* X.509 wants r and s as an ASN.1 SEQUENCE (RFC 3279 2.2.3). */
ASN1_BIT_STRING *
asn1_bits_of_signature(const struct rrsig *made, uint8_t algorithm)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	unsigned char *der = NULL;
	int half = made->signature_len / 2, len;
	ECDSA_SIG *sig;
	bool ok = false;

	if (bits == NULL || is_rsa(algorithm)) {
		if (bits != NULL)
			ok = ASN1_BIT_STRING_set(bits,
				 (unsigned char *)made->signature,
				 made->signature_len) == 1;
	} else {
		sig = ECDSA_SIG_new();
		if (sig != NULL &&
		    ECDSA_SIG_set0(sig,
			BN_bin2bn(made->signature, half, NULL),
			BN_bin2bn(made->signature + half, half, NULL)) == 1) {
			len = i2d_ECDSA_SIG(sig, &der);
			ok = len > 0 && ASN1_BIT_STRING_set(bits, der, len) == 1;
		}
		OPENSSL_free(der);
		ECDSA_SIG_free(sig);
	}
	if (!ok) {
		ASN1_BIT_STRING_free(bits);
		return NULL;
	}
	/* A signature has no unused bits (RFC 2986 4.2). */
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return bits;
}
