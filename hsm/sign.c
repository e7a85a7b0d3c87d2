#include <string.h>

#include <openssl/evp.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

#define DIGEST_INFO_MAX (19u + EVP_MAX_MD_SIZE)

static const struct mechanism {
	CK_MECHANISM_TYPE type;
	enum hsm_key_type key_type;
	const EVP_MD *(*digest)(void);
	struct bytes prefix; /* RFC 8017 section 9.2 note 1: DigestInfo */
} mechanisms[] = {
	[HSM_RSA_PKCS1_SHA256] = { CKM_RSA_PKCS, HSM_RSA, EVP_sha256,
	    { (const uint8_t *)"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65"
			       "\x03\x04\x02\x01\x05\x00\x04\x20",
		19 } },
	[HSM_RSA_PKCS1_SHA512] = { CKM_RSA_PKCS, HSM_RSA, EVP_sha512,
	    { (const uint8_t *)"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65"
			       "\x03\x04\x02\x03\x05\x00\x04\x40",
		19 } },
	[HSM_ECDSA_SHA256] = { CKM_ECDSA, HSM_EC_P256, EVP_sha256,
	    { NULL, 0 } },
	[HSM_ECDSA_SHA384] = { CKM_ECDSA, HSM_EC_P384, EVP_sha384,
	    { NULL, 0 } },
};

/* RFC 8017 section 8.2.1 for RSA, RFC 6605 section 4 for ECDSA. */
static size_t
signature_size(const struct hsm_key *key)
{
	return key->type == HSM_RSA ? key->modulus_len : key->point_len;
}

static bool
check_key(const struct hsm_key *key, const struct mechanism *mechanism,
    struct err *err)
{
	if (!key->has_private || !key->has_public)
		return err_set(err, E_HSM, "it is not a key pair");
	if (key->type != mechanism->key_type)
		return err_set(err, E_HSM,
		    "its type does not fit the algorithm to sign with");
	if (!key->sign)
		return err_set(err, E_HSM, "its CKA_SIGN is not true");
	if (key->always_authenticate)
		return err_set(err, E_HSM,
		    "its CKA_ALWAYS_AUTHENTICATE asks for the PIN at each "
		    "signature, which is not supported");
	return true;
}

/* What the token signs: the digest, for RSA inside its DigestInfo. */
static bool
make_digest(const struct mechanism *mechanism, struct bytes data,
    uint8_t ret[DIGEST_INFO_MAX], size_t *ret_len, struct err *err)
{
	size_t prefix_len = mechanism->prefix.len;
	unsigned int digest_len;

	if (prefix_len > 0)
		memcpy(ret, mechanism->prefix.data, prefix_len);
	if (EVP_Digest(data.data, data.len, ret + prefix_len, &digest_len,
		mechanism->digest(), NULL) != 1)
		return err_set(err, E_INTERNAL, "the digest failed");
	*ret_len = prefix_len + digest_len;
	return true;
}

static bool
sign_digest(struct hsm *hsm, const struct hsm_key *key, CK_MECHANISM_TYPE type,
    uint8_t *digest, size_t digest_len, uint8_t ret[SIGNATURE_MAX],
    struct err *err)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_ULONG len = SIGNATURE_MAX;
	CK_RV rv;

	rv =
	    CALL(hsm, C_SignInit, hsm->session, &mechanism, key->private_handle);
	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_SignInit");
	rv = CALL(hsm, C_Sign, hsm->session, digest, digest_len, ret, &len);
	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_Sign");
	if (len != signature_size(key))
		return err_set(err, E_HSM,
		    "C_Sign gave %lu octets, the key's signatures have %zu",
		    len, signature_size(key));
	return true;
}

bool
key_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err)
{
	const struct mechanism *how;
	uint8_t digest[DIGEST_INFO_MAX], sig[SIGNATURE_MAX] = { 0 };
	size_t digest_len = 0;

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if ((size_t)mechanism >= ARRAY_LEN(mechanisms))
		return err_set(err, E_INTERNAL, "unknown mechanism");
	how = &mechanisms[mechanism];
	if (!check_key(key, how, err) ||
	    !make_digest(how, data, digest, &digest_len, err) ||
	    !sign_digest(hsm, key, how->type, digest, digest_len, sig, err))
		return err_prefix(err, "key \"%s\"", key->label);
	memcpy(ret, sig, signature_size(key));
	*ret_len = signature_size(key);
	return true;
}

bool
hsm_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err)
{
	return key_sign(hsm, key, mechanism, data, ret, ret_len, err) ||
	    token_context(hsm, err);
}
