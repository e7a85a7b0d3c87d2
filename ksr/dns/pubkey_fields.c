#include <string.h>

#include "ksr/base/cursor.h"
#include "ksr/dns/pubkey_fields.h"

/* RFC 3110 section 2: an exponent longer than this has a 3-octet length. */
#define SHORT_EXPONENT_MAX 255

size_t
bits_of_number(struct bytes number)
{
	size_t bits = 8 * number.len;

	if (number.len == 0)
		return 0;
	for (uint8_t top = 0x80; top != 0 && !(number.data[0] & top); top >>= 1)
		bits--;
	return bits;
}

static bool
take_exponent(struct cursor *cursor, struct bytes *ret, struct err *err)
{
	size_t len = cursor_u8(cursor);

	if (len == 0) {
		len = cursor_u16(cursor);
		if (!cursor->failed && len <= SHORT_EXPONENT_MAX)
			return err_set(err, E_REFUSED,
			    "RSA exponent of %zu octets has a three-octet "
			    "length (RFC 3110 section 2)",
			    len);
	}
	*ret = cursor_take(cursor, len);
	return true;
}

static bool
read_rsa(struct bytes field, struct pubkey_fields *ret, struct err *err)
{
	struct cursor cursor = cursor_new(field);
	size_t bits;

	if (!take_exponent(&cursor, &ret->exponent, err))
		return false;
	ret->modulus = cursor_rest(&cursor);
	if (cursor.failed || ret->modulus.len == 0)
		return err_set(err, E_REFUSED,
		    "RSA public key of %zu octets is cut off (RFC 3110 "
		    "section 2)",
		    field.len);
	if (ret->exponent.data[0] == 0 || ret->modulus.data[0] == 0)
		return err_set(err, E_REFUSED,
		    "RSA %s has a leading zero octet (RFC 3110 section 2)",
		    ret->exponent.data[0] == 0 ? "exponent" : "modulus");
	bits = bits_of_number(ret->modulus);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return err_set(err, E_REFUSED,
		    "RSA modulus has %zu bits, not %u to %u", bits,
		    RSA_BITS_MIN, RSA_BITS_MAX);
	return true;
}

bool
pubkey_fields_read(
    const struct dnskey *key, struct pubkey_fields *ret, struct err *err)
{
	struct bytes field = { key->public_key, key->public_key_len };
	struct pubkey_fields fields = {
		.algorithm = algorithm_of_number(key->algorithm),
	};
	char text[ALGORITHM_TEXT_SIZE];

	if (fields.algorithm == NULL || !fields.algorithm->supported)
		return err_set(err, E_REFUSED, "%s is not supported",
		    algorithm_text(key->algorithm, text));
	if (fields.algorithm->family == FAMILY_RSA) {
		if (!read_rsa(field, &fields, err))
			return false;
	} else {
		fields.point = field;
		if (field.len != fields.algorithm->key_len)
			return err_set(err, E_REFUSED,
			    "%s public key has %zu octets, not %u",
			    fields.algorithm->mnemonic, field.len,
			    fields.algorithm->key_len);
	}
	*ret = fields;
	return true;
}

/* UINT64_MAX if it does not fit. */
static uint64_t
uint64_of_number(struct bytes number)
{
	uint64_t v = 0;

	if (number.len > sizeof(v))
		return UINT64_MAX;
	for (size_t i = 0; i < number.len; i++)
		v = v << 8 | number.data[i];
	return v;
}

bool
pubkey_info(const struct dnskey *key, struct pubkey_info *ret, struct err *err)
{
	struct pubkey_fields fields;

	if (!pubkey_fields_read(key, &fields, err))
		return false;
	*ret = (struct pubkey_info){
		.family = fields.algorithm->family,
		.bits = fields.algorithm->size,
	};
	if (ret->family == FAMILY_RSA) {
		ret->bits = (uint16_t)bits_of_number(fields.modulus);
		ret->exponent = uint64_of_number(fields.exponent);
	}
	return true;
}

static struct bytes
without_leading_zeros(struct bytes number)
{
	while (number.len > 0 && number.data[0] == 0) {
		number.data++;
		number.len--;
	}
	return number;
}

bool
pubkey_encode_rsa(struct bytes modulus, struct bytes exponent,
    struct dnskey *ret, struct err *err)
{
	uint8_t *at = ret->public_key;
	size_t length_octets;

	modulus = without_leading_zeros(modulus);
	exponent = without_leading_zeros(exponent);
	if (modulus.len == 0 || exponent.len == 0)
		return err_set(
		    err, E_REFUSED, "RSA modulus or exponent is zero");
	length_octets = exponent.len <= SHORT_EXPONENT_MAX ? 1 : 3;
	if (length_octets + exponent.len + modulus.len > PUBLIC_KEY_MAX)
		return err_set(err, E_REFUSED,
		    "RSA modulus of %zu bits with an exponent of %zu octets "
		    "does not fit %u octets",
		    bits_of_number(modulus), exponent.len, PUBLIC_KEY_MAX);
	if (length_octets == 3) {
		*at++ = 0;
		*at++ = (uint8_t)(exponent.len >> 8);
	}
	*at++ = (uint8_t)exponent.len;
	memcpy(at, exponent.data, exponent.len);
	memcpy(at + exponent.len, modulus.data, modulus.len);
	ret->public_key_len =
	    (uint16_t)(length_octets + exponent.len + modulus.len);
	return true;
}
