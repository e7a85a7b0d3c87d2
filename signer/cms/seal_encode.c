#include <openssl/x509.h>

#include "signer/cms/seal_parts.h"

/* ASN.1 DER (X.690): tags, and the values that never change. */
enum {
	DER_OCTET_STRING = 0x04,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0, /* constructed */
};

#define FIXED(name, ...)                                    \
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
	*value = buf_new(SEAL_MAX);
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
	struct buf value = buf_new(SEAL_MAX);
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
digest_id(enum seal_algorithm algorithm)
{
	return algorithm == SEAL_ECDSA_SHA384 ? id_sha384 : id_sha256;
}

static struct bytes
signature_id(enum seal_algorithm algorithm)
{
	switch (algorithm) {
	case SEAL_ECDSA_SHA256:
		return id_ecdsa_sha256;
	case SEAL_ECDSA_SHA384:
		return id_ecdsa_sha384;
	case SEAL_RSA_SHA256:
		break;
	}
	return id_rsa;
}

/* RFC 5652 5.3, without attributes. */
static void
put_signer(struct buf *out, enum seal_algorithm algorithm, X509 *certificate,
    struct bytes signature)
{
	struct buf signer = buf_new(SEAL_MAX), value = buf_new(SEAL_MAX);

	put(&signer, version_1);
	put_issuer_and_serial(&signer, certificate);
	put(&signer, digest_id(algorithm));
	put(&signer, signature_id(algorithm));
	put(&value, signature);
	put_value(&signer, DER_OCTET_STRING, &value);
	put_value(out, DER_SEQUENCE, &signer);
	buf_free(&signer);
	buf_free(&value);
}

/* RFC 5652 5.1, without content. */
static void
put_signed_data(struct buf *out, enum seal_algorithm algorithm,
    X509 *certificate, struct bytes signature)
{
	struct buf data = buf_new(SEAL_MAX), value = buf_new(SEAL_MAX);
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);

	put(&data, version_1);
	put(&value, digest_id(algorithm));
	put_value(&data, DER_SET, &value);
	put(&data, no_content);
	put_encoded(&value, len, der);
	put_value(&data, DER_CONTEXT_0, &value);
	put_signer(&value, algorithm, certificate, signature);
	put_value(&data, DER_SET, &value);
	put_value(out, DER_SEQUENCE, &data);
	buf_free(&data);
	buf_free(&value);
}

bool
seal_encode(enum seal_algorithm algorithm, X509 *certificate,
    struct bytes signature, struct buf *ret, struct err *err)
{
	struct buf content = buf_new(SEAL_MAX), value = buf_new(SEAL_MAX);

	put(&content, signed_data);
	put_signed_data(&value, algorithm, certificate, signature);
	put_value(&content, DER_CONTEXT_0, &value);
	put_value(ret, DER_SEQUENCE, &content);
	buf_free(&content);
	buf_free(&value);
	return !ret->failed ||
	    err_set(err, E_INTERNAL, "the signature cannot be encoded");
}
