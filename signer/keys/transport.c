#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "signer/keys/transport.h"

static bool
put_pem(EVP_PKEY *pkey, struct buf *ret)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	bool ok = bio != NULL && PEM_write_bio_PUBKEY(bio, pkey) == 1;
	long len = ok ? BIO_get_mem_data(bio, &data) : 0;

	if (len > 0)
		buf_put(ret, data, (size_t)len);
	BIO_free(bio);
	return len > 0 && !ret->failed;
}

bool
transport_format(const struct dnskey *key, struct buf *ret, struct err *err)
{
	struct pubkey_fields fields;
	EVP_PKEY *pkey = NULL;
	bool ok;

	if (!pubkey_fields_read(key, &fields, err) ||
	    !evp_of_fields(&fields, &pkey, err))
		return false;
	ok = put_pem(pkey, ret) ||
	    evp_fail(err, E_INTERNAL, "the transport key's PEM");
	EVP_PKEY_free(pkey);
	return ok;
}

static EVP_PKEY *
parse_pem(struct bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *pkey =
	    bio == NULL ? NULL : PEM_read_bio_PUBKEY(
				  bio, NULL, evp_no_passphrase, NULL);

	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool
take_number(
    EVP_PKEY *pkey, const char *name, uint8_t *ret, int size, size_t *ret_len)
{
	BIGNUM *number = NULL;
	int len = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
		BN_num_bytes(number) <= size
	    ? BN_bn2bin(number, ret)
	    : 0;

	BN_free(number);
	*ret_len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

static bool
take_rsa(EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	uint8_t modulus[TRANSPORT_BITS_MAX / 8], exponent[16];
	size_t modulus_len, exponent_len;
	int bits = EVP_PKEY_get_bits(pkey);

	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return err_set(
		    err, E_INPUT, "a transport key is an RSA key, this is not");
	if (bits < (int)TRANSPORT_BITS_MIN || bits > (int)TRANSPORT_BITS_MAX)
		return err_set(err, E_INPUT,
		    "the transport key has %d bits, expected %u to %u", bits,
		    TRANSPORT_BITS_MIN, TRANSPORT_BITS_MAX);
	if (!take_number(pkey, OSSL_PKEY_PARAM_RSA_N, modulus, sizeof(modulus),
		&modulus_len) ||
	    !take_number(pkey, OSSL_PKEY_PARAM_RSA_E, exponent,
		sizeof(exponent), &exponent_len))
		return err_set(err, E_INPUT, "the transport key's numbers");
	*ret = (struct dnskey){ .protocol = DNSKEY_PROTOCOL,
		.algorithm = ALGORITHM_RSASHA256 };
	snprintf(ret->identifier, sizeof(ret->identifier), "transport key");
	return pubkey_encode_rsa((struct bytes){ modulus, modulus_len },
	    (struct bytes){ exponent, exponent_len }, ret, err);
}

bool
transport_parse(struct bytes pem, struct dnskey *ret, struct err *err)
{
	struct buf own = buf_new(TRANSPORT_FILE_MAX);
	EVP_PKEY *pkey = parse_pem(pem);
	struct dnskey key;
	bool ok = pkey != NULL ? take_rsa(pkey, &key, err)
			       : err_set(err, E_INPUT,
				     "is no public key in PEM, as `transport` "
				     "writes it");

	ok = ok && transport_format(&key, &own, err) &&
	    (bytes_equal(buf_bytes(&own), pem) ||
		err_set(err, E_INPUT,
		    "is not in the form in which `transport` writes it"));
	EVP_PKEY_free(pkey);
	buf_free(&own);
	if (ok)
		*ret = key;
	return ok;
}

bool
transport_hash(
    const struct dnskey *key, uint8_t ret[SHA256_SIZE], struct err *err)
{
	struct buf pem = buf_new(TRANSPORT_FILE_MAX);
	bool ok = transport_format(key, &pem, err) &&
	    sha256(buf_bytes(&pem), ret, err);

	buf_free(&pem);
	return ok;
}
