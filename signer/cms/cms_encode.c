#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "signer/cms/cms_encode.h"

/* ASN.1 DER (X.690): tags, and the values that never change. */
enum {
	DER_OCTET_STRING = 0x04,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0, /* constructed */
};

#define FIXED(name, ...)                                        \
	static const uint8_t name##_octets[] = { __VA_ARGS__ }; \
	static const struct bytes name = { name##_octets,       \
		sizeof(name##_octets) }

/* INTEGER 1: both versions (RFC 5652 5.1 and 5.3, issuerAndSerialNumber) */
FIXED(version_1, 0x02, 0x01, 0x01);
/* 1.2.840.113549.1.7.2, id-signedData */
FIXED(signed_data, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
    0x02);
/* SEQUENCE { 1.2.840.113549.1.7.1, id-data }: the content is elsewhere */
FIXED(no_content, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
    0x01, 0x07, 0x01);
/* 1.2.840.113549.1.9.3, .5 and .4 (RFC 5652 11), and what is signed: id-data */
FIXED(id_content_type, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x09, 0x03);
FIXED(id_signing_time, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x09, 0x05);
FIXED(id_message_digest, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x09, 0x04);
FIXED(
    id_data, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
/* SEQUENCE { 2.16.840.1.101.3.4.2.1 or .2 } (RFC 5754 2) */
FIXED(id_sha256, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x01);
FIXED(id_sha384, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x02);
/* SEQUENCE { 1.2.840.113549.1.1.1, NULL }: rsaEncryption (RFC 3370 3.2) */
FIXED(id_rsa, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x01, 0x05, 0x00);
/* SEQUENCE { 1.2.840.10045.4.3.2 or .3 } (RFC 5754 3.3) */
FIXED(id_ecdsa_sha256, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x04, 0x03, 0x02);
FIXED(id_ecdsa_sha384, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x04, 0x03, 0x03);

/* P-384 signs SHA-384 here as everywhere (RFC 6605). */
bool
cms_algorithm_of(uint8_t algorithm, enum cms_algorithm *ret)
{
	switch (algorithm) {
	case ALGORITHM_RSASHA256:
		*ret = CMS_RSA_SHA256;
		return true;
	case ALGORITHM_ECDSAP256SHA256:
		*ret = CMS_ECDSA_SHA256;
		return true;
	case ALGORITHM_ECDSAP384SHA384:
		*ret = CMS_ECDSA_SHA384;
		return true;
	default:
		return false;
	}
}

static void
put(struct buf *out, struct bytes bytes)
{
	buf_put(out, bytes.data, bytes.len);
}

/* Tag, length in the shortest form (X.690 10.1), value; empties the value. */
static void
put_value(struct buf *out, uint8_t tag, struct buf *value)
{
	out->failed |= value->failed || value->len > UINT16_MAX;
	buf_u8(out, tag);
	if (value->len < 0x80) {
		buf_u8(out, (uint8_t)value->len);
	} else if (value->len <= UINT8_MAX) {
		buf_u8(out, 0x81);
		buf_u8(out, (uint8_t)value->len);
	} else {
		buf_u8(out, 0x82);
		buf_u16(out, (uint16_t)value->len);
	}
	put(out, buf_bytes(value));
	buf_free(value);
	*value = buf_new(CMS_MAX);
}

/* What i2d_... made, which is released. */
static void
put_encoded(struct buf *out, int len, unsigned char *der)
{
	if (len > 0)
		buf_put(out, der, (size_t)len);
	else
		out->failed = true;
	OPENSSL_free(der);
}

static void
put_issuer_and_serial(struct buf *out, X509 *certificate)
{
	struct buf value = buf_new(CMS_MAX);
	unsigned char *der = NULL;
	int len;

	len = i2d_X509_NAME(X509_get_issuer_name(certificate), &der);
	put_encoded(&value, len, der);
	der = NULL;
	len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
	put_encoded(&value, len, der);
	put_value(out, DER_SEQUENCE, &value);
	buf_free(&value);
}

static struct bytes
digest_id(enum cms_algorithm algorithm)
{
	return algorithm == CMS_ECDSA_SHA384 ? id_sha384 : id_sha256;
}

static struct bytes
signature_id(enum cms_algorithm algorithm)
{
	switch (algorithm) {
	case CMS_ECDSA_SHA256:
		return id_ecdsa_sha256;
	case CMS_ECDSA_SHA384:
		return id_ecdsa_sha384;
	case CMS_RSA_SHA256:
		break;
	}
	return id_rsa;
}

/* RFC 5652 5.3; the attributes are as they were signed, under another tag. */
static void
put_signer(struct buf *out, const struct cms_signed *cms)
{
	struct buf signer = buf_new(CMS_MAX), value = buf_new(CMS_MAX);

	put(&signer, version_1);
	put_issuer_and_serial(&signer, cms->certificates[0]);
	put(&signer, digest_id(cms->algorithm));
	if (cms->attributes.len > 0) {
		put(&value, cms->attributes);
		put_value(&signer, DER_CONTEXT_0, &value);
	}
	put(&signer, signature_id(cms->algorithm));
	put(&value, cms->signature);
	put_value(&signer, DER_OCTET_STRING, &value);
	put_value(out, DER_SEQUENCE, &signer);
	buf_free(&signer);
	buf_free(&value);
}

static int
compare_encodings(const void *a, const void *b)
{
	return bytes_compare(
	    *(const struct bytes *)a, *(const struct bytes *)b);
}

/* A SET OF in DER is in the order of its encodings (X.690 11.6). */
static void
put_certificates(struct buf *out, const struct cms_signed *cms)
{
	struct bytes encodings[CMS_CERTIFICATES_MAX];
	struct buf value = buf_new(CMS_MAX);

	for (size_t i = 0; i < cms->n_certificates; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(cms->certificates[i], &der);

		out->failed |= len <= 0;
		encodings[i] =
		    (struct bytes){ der, len <= 0 ? 0 : (size_t)len };
	}
	qsort(encodings, cms->n_certificates, sizeof(encodings[0]),
	    compare_encodings);
	for (size_t i = 0; i < cms->n_certificates; i++) {
		put(&value, encodings[i]);
		OPENSSL_free((void *)(uintptr_t)encodings[i].data);
	}
	put_value(out, DER_CONTEXT_0, &value);
	buf_free(&value);
}

/* RFC 5652 5.1, without content. */
static void
put_signed_data(struct buf *out, const struct cms_signed *cms)
{
	struct buf data = buf_new(CMS_MAX), value = buf_new(CMS_MAX);

	put(&data, version_1);
	put(&value, digest_id(cms->algorithm));
	put_value(&data, DER_SET, &value);
	put(&data, no_content);
	put_certificates(&data, cms);
	put_signer(&value, cms);
	put_value(&data, DER_SET, &value);
	put_value(out, DER_SEQUENCE, &data);
	buf_free(&data);
	buf_free(&value);
}

bool
cms_encode(const struct cms_signed *cms, struct buf *ret, struct err *err)
{
	struct buf content = buf_new(CMS_MAX), value = buf_new(CMS_MAX);

	put(&content, signed_data);
	put_signed_data(&value, cms);
	put_value(&content, DER_CONTEXT_0, &value);
	put_value(ret, DER_SEQUENCE, &content);
	buf_free(&content);
	buf_free(&value);
	return !ret->failed ||
	    err_set(err, E_INTERNAL, "the signature cannot be encoded");
}

/* RFC 5652 11: a type and a SET of one value. */
static void
put_attribute(struct buf *out, struct bytes type, struct buf *value)
{
	struct buf attribute = buf_new(CMS_MAX);

	put(&attribute, type);
	put_value(&attribute, DER_SET, value);
	put_value(out, DER_SEQUENCE, &attribute);
	buf_free(&attribute);
}

/* RFC 5652 11.3: UTCTime until 2049, GeneralizedTime from then on. */
static void
put_time(struct buf *out, int64_t time)
{
	struct buf value = buf_new(CMS_MAX);
	char text[TIME_TEXT_SIZE];
	bool utc;

	time_format_rrsig(time, text);
	utc = strncmp(text, "2050", 4) < 0;
	buf_puts(&value, utc ? text + 2 : text);
	buf_puts(&value, "Z");
	put_value(out, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, &value);
	buf_free(&value);
}

void
cms_attributes(struct bytes digest, int64_t time, struct buf *ret)
{
	struct buf value = buf_new(CMS_MAX), octets = buf_new(CMS_MAX);

	/* Sorted as a SET OF is: their lengths already differ so. */
	put(&value, id_data);
	put_attribute(ret, id_content_type, &value);
	put_time(&value, time);
	put_attribute(ret, id_signing_time, &value);
	put(&octets, digest);
	put_value(&value, DER_OCTET_STRING, &octets);
	put_attribute(ret, id_message_digest, &value);
	buf_free(&value);
	buf_free(&octets);
}

void
cms_to_be_signed(struct bytes attributes, struct buf *ret)
{
	struct buf value = buf_new(CMS_MAX);

	put(&value, attributes);
	put_value(ret, DER_SET, &value);
	buf_free(&value);
}
