#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/objects.h>

#include "ksr/dns/pubkey.h"
#include "signer/cms/asn1.h"

static enum algorithm_family
family_of(uint8_t algorithm)
{
	return algorithm_of_number(algorithm)->family;
}

/*
 * RFC 4055 5 and RFC 5758 3.2: by digest and key.  RFC 8410 3: an Edwards key
 * and its signatures have one identifier.
 */
int
asn1_signature_nid(uint8_t number)
{
	const struct algorithm *algorithm = algorithm_of_number(number);
	int nid = NID_undef;

	if (algorithm->family == FAMILY_EDDSA)
		return OBJ_sn2nid(algorithm->curve);
	if (OBJ_find_sigid_by_algs(&nid, OBJ_sn2nid(algorithm->digest),
		algorithm->family == FAMILY_RSA ? NID_rsaEncryption
						: NID_X9_62_id_ecPublicKey) != 1)
		return NID_undef;
	return nid;
}

X509_ALGOR *
asn1_signature_algorithm(uint8_t algorithm)
{
	X509_ALGOR *made = X509_ALGOR_new();

	if (made != NULL &&
	    X509_ALGOR_set0(made, OBJ_nid2obj(asn1_signature_nid(algorithm)),
		family_of(algorithm) == FAMILY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1)
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

	if (bits == NULL || family_of(algorithm) != FAMILY_ECDSA) {
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
