#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/sha256.h"
#include "signer/cms/asn1.h"
#include "signer/cms/seal_parts.h"

/* RFC 5280 4.1.2.5: no expiration that anybody knows of. */
#define NOT_BEFORE "19700101000000Z"
#define NOT_AFTER  "99991231235959Z"

#define SERIAL_OCTETS 16

/* Of the key's hash; positive, as RFC 5280 4.1.2.2 wants it. */
static bool
set_serial(X509 *certificate, const uint8_t digest[SHA256_SIZE])
{
	uint8_t octets[SERIAL_OCTETS];
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number;
	bool ok;

	memcpy(octets, digest, sizeof(octets));
	octets[0] = (octets[0] & 0x3f) | 0x40;
	number = BN_bin2bn(octets, sizeof(octets), NULL);
	if (number != NULL)
		serial = BN_to_ASN1_INTEGER(number, NULL);
	ok = serial != NULL && X509_set_serialNumber(certificate, serial) == 1;
	ASN1_INTEGER_free(serial);
	BN_free(number);
	return ok;
}

static bool
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok =
	    extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

/* All but the signature.  Its name is its key's hash: 64 characters fit. */
static bool
fill(X509 *certificate, EVP_PKEY *pkey, struct err *err)
{
	X509_NAME *name = X509_NAME_new();
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_TEXT_SIZE];
	bool ok;

	if (!seal_spki_sha256(pkey, digest, err)) {
		X509_NAME_free(name);
		return false;
	}
	sha256_text(digest, hex);
	ok = name != NULL && X509_set_version(certificate, 2) == 1 &&
	    set_serial(certificate, digest) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)hex, -1, -1, 0) == 1 &&
	    X509_set_subject_name(certificate, name) == 1 &&
	    X509_set_issuer_name(certificate, name) == 1 &&
	    ASN1_TIME_set_string_X509(
		X509_getm_notBefore(certificate), NOT_BEFORE) == 1 &&
	    ASN1_TIME_set_string_X509(
		X509_getm_notAfter(certificate), NOT_AFTER) == 1 &&
	    X509_set_pubkey(certificate, pkey) == 1 &&
	    add_extension(
		certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(
		certificate, NID_key_usage, "critical,digitalSignature");
	X509_NAME_free(name);
	return ok ||
	    evp_fail(err, E_INTERNAL, "the certificate cannot be made");
}

/* The algorithm stands in the certificate twice, signed and outside. */
static bool
set_algorithms(X509 *certificate, uint8_t algorithm)
{
	X509_ALGOR *wanted = asn1_signature_algorithm(algorithm);
	bool ok = wanted != NULL &&
	    X509_ALGOR_copy(
		(X509_ALGOR *)X509_get0_tbs_sigalg(certificate), wanted) ==
		1;
	const X509_ALGOR *outside;
	const ASN1_BIT_STRING *signature;

	X509_get0_signature(&signature, &outside, certificate);
	ok = ok && X509_ALGOR_copy((X509_ALGOR *)outside, wanted) == 1;
	X509_ALGOR_free(wanted);
	return ok;
}

static bool
sign(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, X509 *certificate, struct err *err)
{
	const X509_ALGOR *algorithm;
	const ASN1_BIT_STRING *signature;
	ASN1_BIT_STRING *bits = NULL;
	struct rrsig made = { 0 };
	unsigned char *der = NULL;
	int len = i2d_re_X509_tbs(certificate, &der);
	bool ok = len > 0 &&
	    token_sign_der(token, key, dnskey, (struct bytes){ der, (size_t)len },
		&made, err);

	if (len <= 0)
		evp_fail(err, E_INTERNAL, "the certificate has no encoding");
	OPENSSL_free(der);
	if (!ok)
		return false;
	bits = asn1_bits_of_signature(&made, dnskey->algorithm);
	X509_get0_signature(&signature, &algorithm, certificate);
	ok = bits != NULL &&
	    ASN1_STRING_copy((ASN1_STRING *)signature, bits) == 1;
	ASN1_BIT_STRING_free(bits);
	return ok || evp_fail(err, E_MEMORY, "out of memory");
}

static uint8_t
algorithm_of(enum cms_algorithm algorithm)
{
	switch (algorithm) {
	case CMS_ECDSA_SHA256:
		return ALGORITHM_ECDSAP256SHA256;
	case CMS_ECDSA_SHA384:
		return ALGORITHM_ECDSAP384SHA384;
	case CMS_RSA_SHA256:
		break;
	}
	return ALGORITHM_RSASHA256;
}

static bool
copy_signature(X509 *to, const X509 *from)
{
	const X509_ALGOR *algorithm;
	const ASN1_BIT_STRING *found, *empty;

	X509_get0_signature(&found, &algorithm, from);
	X509_get0_signature(&empty, &algorithm, to);
	((ASN1_BIT_STRING *)empty)->flags = found->flags;
	return ASN1_STRING_copy((ASN1_STRING *)empty, found) == 1;
}

static bool
is_same_encoding(X509 *a, X509 *b)
{
	unsigned char *der_a = NULL, *der_b = NULL;
	int len_a = i2d_X509(a, &der_a), len_b = i2d_X509(b, &der_b);
	bool same = len_a > 0 && len_a == len_b &&
	    memcmp(der_a, der_b, (size_t)len_a) == 0;

	OPENSSL_free(der_a);
	OPENSSL_free(der_b);
	return same;
}

bool
seal_certificate_is_ours(X509 *certificate, EVP_PKEY *pkey,
    enum cms_algorithm algorithm, bool *ret, struct err *err)
{
	X509 *again = X509_new();
	bool ok = again != NULL && fill(again, pkey, err);

	if (again == NULL)
		err_set(err, E_MEMORY, "out of memory");
	if (ok &&
	    (!set_algorithms(again, algorithm_of(algorithm)) ||
		!copy_signature(again, certificate)))
		ok = evp_fail(
		    err, E_INTERNAL, "the certificate cannot be made anew");
	if (ok)
		*ret = is_same_encoding(again, certificate);
	X509_free(again);
	return ok;
}

bool
seal_certificate(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, EVP_PKEY *pkey, X509 **ret, struct err *err)
{
	X509 *certificate = X509_new();

	if (certificate == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!fill(certificate, pkey, err))
		goto fail;
	if (!set_algorithms(certificate, dnskey->algorithm)) {
		evp_fail(err, E_INTERNAL, "the certificate has no algorithm");
		goto fail;
	}
	if (!sign(token, key, dnskey, certificate, err))
		goto fail;
	if (X509_verify(certificate, pkey) != 1) {
		evp_fail(err, E_INTERNAL,
		    "the certificate's signature does not verify");
		goto fail;
	}
	*ret = certificate;
	return true;
fail:
	X509_free(certificate);
	return false;
}
