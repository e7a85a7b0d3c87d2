#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/wording.h"
#include "signer/cms/certificate.h"

void
certificates_free(struct certificates *certificates)
{
	while (certificates->n > 0)
		X509_free(certificates->list[--certificates->n]);
}

static bool
read_all(BIO *bio, struct certificates *ret, struct err *err)
{
	X509 *one;

	while (
	    (one = PEM_read_bio_X509(
		 bio, NULL, evp_no_passphrase, NULL)) != NULL) {
		if (ret->n == CMS_CERTIFICATES_MAX) {
			X509_free(one);
			return err_set(err, E_INPUT,
			    "more than %u certificates", CMS_CERTIFICATES_MAX);
		}
		ret->list[ret->n++] = one;
	}
	/* At the end there is no further block, and nothing else is wrong. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return evp_fail(err, E_INPUT, "is no certificate in PEM");
	return ret->n > 0 ||
	    err_set(err, E_INPUT, "holds no certificate in PEM");
}

bool
certificates_read(struct bytes pem, const char *name, struct certificates *ret,
    struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	struct certificates read = { .n = 0 };
	bool ok;

	ERR_clear_error();
	ok = bio == NULL ? err_set(err, E_MEMORY, "out of memory")
			 : read_all(bio, &read, err);
	BIO_free(bio);
	ERR_clear_error();
	if (!ok) {
		certificates_free(&read);
		return err_prefix(err, "%s", name);
	}
	*ret = read;
	return true;
}

bool
certificate_time(const ASN1_TIME *time, int64_t *ret)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool ok =
	    epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	if (ok)
		*ret = (int64_t)days * 86400 + seconds;
	ASN1_TIME_free(epoch);
	return ok;
}

bool
certificate_facts_of(
    X509 *certificate, struct certificate_facts *ret, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	char raw[CERTIFICATE_NAME_MAX] = "";
	bool ok = bio != NULL && len > 0 &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
		XN_FLAG_RFC2253) >= 0 &&
	    certificate_time(
		X509_get0_notBefore(certificate), &ret->not_before) &&
	    certificate_time(X509_get0_notAfter(certificate), &ret->not_after);

	if (ok && BIO_gets(bio, raw, sizeof(raw)) >= 0)
		text_ascii(ret->subject, sizeof(ret->subject), raw);
	ok = ok && sha256((struct bytes){ der, (size_t)len }, ret->sha256, err);
	if (!ok)
		evp_fail(err, E_REFUSED, "the certificate cannot be read");
	OPENSSL_free(der);
	BIO_free(bio);
	return ok;
}

bool
certificate_check(X509 *certificate, int64_t now, struct err *err)
{
	struct certificate_facts facts;
	uint32_t usage = X509_get_key_usage(certificate);
	bool smime =
	    X509_check_purpose(certificate, X509_PURPOSE_SMIME_SIGN, 0) == 1;

	ERR_clear_error();
	if (!certificate_facts_of(certificate, &facts, err))
		return false;
	if (now < facts.not_before || now > facts.not_after)
		return err_set(err, E_REFUSED,
		    "the certificate of %.200s is valid from %s until %s",
		    facts.subject, time_text(facts.not_before).s,
		    time_text(facts.not_after).s);
	/* Without the extension OpenSSL says that everything is allowed. */
	if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) == 0 ||
	    (usage & KU_DIGITAL_SIGNATURE) == 0 || !smime)
		return err_set(err, E_REFUSED,
		    "the certificate of %.200s is not for signatures: expected "
		    "key usage digitalSignature, and emailProtection where "
		    "there is an extended usage",
		    facts.subject);
	return true;
}

static bool
take_number(EVP_PKEY *pkey, const char *name, uint8_t *ret, size_t size,
    bool padded, size_t *ret_len)
{
	BIGNUM *number = NULL;
	int len = -1;

	if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
	    BN_num_bytes(number) <= (int)size)
		len = padded ? BN_bn2binpad(number, ret, (int)size)
			     : BN_bn2bin(number, ret);
	BN_free(number);
	*ret_len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

static bool
take_rsa(EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	uint8_t modulus[RSA_BITS_MAX / 8], exponent[16];
	size_t modulus_len, exponent_len;

	if (EVP_PKEY_get_bits(pkey) < 2048 ||
	    !take_number(pkey, OSSL_PKEY_PARAM_RSA_N, modulus, sizeof(modulus),
		false, &modulus_len) ||
	    !take_number(pkey, OSSL_PKEY_PARAM_RSA_E, exponent,
		sizeof(exponent), false, &exponent_len))
		return evp_fail(
		    err, E_REFUSED, "the RSA key has not 2048 to 4096 bits");
	ret->algorithm = ALGORITHM_RSASHA256;
	return pubkey_encode_rsa((struct bytes){ modulus, modulus_len },
	    (struct bytes){ exponent, exponent_len }, ret, err);
}

static bool
take_point(EVP_PKEY *pkey, uint8_t algorithm, struct dnskey *ret)
{
	size_t half = algorithm_of_number(algorithm)->key_len / 2u, len;

	ret->algorithm = algorithm;
	ret->public_key_len = (uint16_t)(2 * half);
	return take_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, ret->public_key,
		   half, true, &len) &&
	    take_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, ret->public_key + half,
		half, true, &len);
}

bool
dnskey_of_pkey(EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	struct dnskey key = { .protocol = DNSKEY_PROTOCOL };
	char curve[32] = "";
	uint8_t algorithm;

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		if (!take_rsa(pkey, &key, err))
			return false;
	} else {
		if (EVP_PKEY_is_a(pkey, "EC"))
			(void)EVP_PKEY_get_group_name(
			    pkey, curve, sizeof(curve), NULL);
		algorithm = strcmp(curve, SN_X9_62_prime256v1) == 0
		    ? ALGORITHM_ECDSAP256SHA256
		    : strcmp(curve, SN_secp384r1) == 0
		    ? ALGORITHM_ECDSAP384SHA384
		    : 0;
		if (algorithm == 0 || !take_point(pkey, algorithm, &key))
			return evp_fail(err, E_REFUSED,
			    "the key is neither RSA, P-256 nor P-384");
	}
	key.tag = dnskey_tag(&key);
	*ret = key;
	return true;
}

bool
certificate_dnskey(X509 *certificate, struct dnskey *ret, struct err *err)
{
	EVP_PKEY *pkey = X509_get0_pubkey(certificate);

	return (pkey != NULL ||
		   evp_fail(err, E_REFUSED, "the certificate has no key")) &&
	    dnskey_of_pkey(pkey, ret, err);
}
