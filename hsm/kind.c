#include "hsm/kind.h"

#define DER(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define NONE { NULL, 0 }

/*
 * Of a curve first the object identifier (RFC 5480 2.1.1.1, RFC 8410 3), then
 * what else PKCS#11 3.0 2.3.3 permits and tokens have: its name as a printable
 * string, and for Edwards curves the identifiers of before RFC 8410.
 */
static const struct kind kinds[] = {
	{ HSM_RSA, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, HSM_RSA_PKCS1_SHA256,
	    .bits = 0, .wrapped = true },
	{ HSM_EC_P256, CKK_EC, CKM_EC_KEY_PAIR_GEN, HSM_ECDSA_SHA256, 256,
	    { DER("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
		DER("\x13\x09secp256r1"), DER("\x13\x0aprime256v1") },
	    64, 64, "P-256", true },
	{ HSM_EC_P384, CKK_EC, CKM_EC_KEY_PAIR_GEN, HSM_ECDSA_SHA384, 384,
	    { DER("\x06\x05\x2b\x81\x04\x00\x22"), DER("\x13\x09secp384r1") },
	    96, 96, "P-384", true },
	{ HSM_ED25519, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN,
	    HSM_EDDSA_25519, 256,
	    { DER("\x06\x03\x2b\x65\x70"),
		DER("\x13\x0c"
		    "edwards25519"),
		DER("\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01") },
	    32, 64, "ED25519", false },
	{ HSM_ED448, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, HSM_EDDSA_448,
	    448,
	    { DER("\x06\x03\x2b\x65\x71"),
		DER("\x13\x0a"
		    "edwards448") },
	    57, 114, "ED448", false },
};

const struct kind *
kind_of_type(enum hsm_key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const struct kind *
kind_of_curve(struct bytes params)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (size_t k = 0; k < CURVE_NAMES_MAX; k++)
			if (params.len > 0 &&
			    bytes_equal(params, kinds[i].params[k]))
				return &kinds[i];
	return NULL;
}

/* CK_EDDSA_PARAMS of PKCS#11 3.0, which Ed448 needs: pure, with no context. */
static const struct {
	CK_BBOOL is_prehashed;
	CK_ULONG context_len;
	CK_BYTE *context;
} eddsa_pure = { CK_FALSE, 0, NULL };

static const struct mechanism mechanisms[] = {
#define NAMED(type, hashed) type, hashed, #type, #hashed
	[HSM_RSA_PKCS1_SHA256] = { NAMED(CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS),
	    HSM_RSA, EVP_sha256,
	    DER("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
		"\x01\x05\x00\x04\x20"), NONE },
	[HSM_RSA_PKCS1_SHA512] = { NAMED(CKM_RSA_PKCS, CKM_SHA512_RSA_PKCS),
	    HSM_RSA, EVP_sha512,
	    DER("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
		"\x03\x05\x00\x04\x40"), NONE },
	[HSM_ECDSA_SHA256] = { NAMED(CKM_ECDSA, CKM_ECDSA_SHA256), HSM_EC_P256,
	    EVP_sha256, NONE, NONE },
	[HSM_ECDSA_SHA384] = { NAMED(CKM_ECDSA, CKM_ECDSA_SHA384), HSM_EC_P384,
	    EVP_sha384, NONE, NONE },
	[HSM_EDDSA_25519] = { NAMED(CKM_EDDSA, CKM_EDDSA), HSM_ED25519, NULL,
	    NONE, NONE },
	[HSM_EDDSA_448] = { NAMED(CKM_EDDSA, CKM_EDDSA), HSM_ED448, NULL,
	    NONE, { (const uint8_t *)&eddsa_pure, sizeof(eddsa_pure) } },
#undef NAMED
};

const struct mechanism *
mechanism_row(enum hsm_mechanism mechanism)
{
	return (size_t)mechanism < ARRAY_LEN(mechanisms) ? &mechanisms[mechanism]
							 : NULL;
}
