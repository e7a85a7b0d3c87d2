#include <string.h>

#include "hsm/kind.h"
#include "hsm/rv.h"

#define DIGEST_INFO_MAX (19u + EVP_MAX_MD_SIZE)

/* RFC 8017 section 8.2.1: as long as the modulus; of curves one length. */
static size_t
signature_size(const struct hsm_key *key)
{
	return key->type == HSM_RSA ? key->modulus_len
				    : kind_of_type(key->type)->signature_len;
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
	return true;
}

static bool
check_pin_each(
    const struct hsm *hsm, const struct hsm_key *key, struct err *err)
{
	return !key->always_authenticate || hsm->pin_each ||
	    err_set(err, E_HSM,
		"its CKA_ALWAYS_AUTHENTICATE asks for the PIN at each "
		"signature, for which it is kept only where the configuration "
		"says `pin_per_signature: true`");
}

/* Whether the token offers it for signing; what it does not say may be. */
static bool
is_offered(struct hsm *hsm, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info = { 0 };
	CK_RV rv = CALL(hsm, C_GetMechanismInfo, hsm->token.slot, type, &info);

	return rv == CKR_OK ? (info.flags & CKF_SIGN) != 0
			    : rv != CKR_MECHANISM_INVALID;
}

/* As it is configured; else here, unless the token offers nothing but its own.
 */
static bool
choose_hashing(struct hsm *hsm, const struct mechanism *how, bool hash_in_hsm,
    bool *ret, struct err *err)
{
	bool here = !hash_in_hsm && how->digest != NULL;
	bool hashed = is_offered(hsm, how->hashed);

	if (here && is_offered(hsm, how->type))
		*ret = false;
	else if (hashed)
		*ret = how->digest != NULL;
	else
		return err_set(err, E_HSM, "the token does not offer %s%s%s",
		    here ? how->name : "", here ? ", nor " : "",
		    how->hashed_name);
	return true;
}

bool
here_can_sign(struct hsm *hsm, struct hsm_key *key, enum hsm_mechanism mechanism,
    bool hash_in_hsm, struct err *err)
{
	const struct mechanism *how;
	bool ok = true;

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	how = mechanism_row(mechanism);
	if (how == NULL)
		return err_set(err, E_INTERNAL, "unknown mechanism");
	ok = check_key(key, how, err) && check_pin_each(hsm, key, err) &&
	    choose_hashing(hsm, how, hash_in_hsm, &key->hash_in_hsm, err);
	if (ok)
		return true;
	err_prefix(err, "key \"%s\"", key->label);
	return token_context(hsm, err);
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

/* What tokens say that refuse to sign a digest, FIPS 140 forbidding it. */
static const char *
hint_of(CK_RV rv, CK_MECHANISM_TYPE type)
{
	bool raw = type == CKM_RSA_PKCS || type == CKM_ECDSA;

	return raw &&
		(rv >= CKR_VENDOR_DEFINED || rv == CKR_MECHANISM_INVALID ||
		    rv == CKR_FUNCTION_REJECTED || rv == CKR_DATA_INVALID ||
		    rv == CKR_KEY_FUNCTION_NOT_PERMITTED)
	    ? "; a token that signs only what it has hashed itself wants "
	      "`hash_using_hsm: true`"
	    : "";
}

static bool
fail_call(CK_RV rv, CK_MECHANISM_TYPE type, const char *call, struct err *err)
{
	rv_fail(err, rv, "%s", call);
	return err_append(err, "%s", hint_of(rv, type));
}

static bool
sign_input(struct hsm *hsm, const struct hsm_key *key,
    const struct mechanism *how, CK_MECHANISM_TYPE type, struct bytes input,
    uint8_t ret[SIGNATURE_MAX], struct err *err)
{
	/* The token only reads it, though CK_MECHANISM cannot say so. */
	CK_MECHANISM mechanism = { type,
		(void *)(uintptr_t)how->parameter.data, how->parameter.len };
	CK_ULONG len = SIGNATURE_MAX;
	CK_RV rv;

	rv = CALL(
	    hsm, C_SignInit, hsm->session, &mechanism, key->private_handle);
	if (rv != CKR_OK)
		return fail_call(rv, type, "C_SignInit", err);
	if (key->always_authenticate && !token_login_for_key(hsm, err))
		return false;
	rv = CALL(hsm, C_Sign, hsm->session, (CK_BYTE *)(uintptr_t)input.data,
	    input.len, ret, &len);
	if (rv != CKR_OK)
		return fail_call(rv, type, "C_Sign", err);
	if (len != signature_size(key))
		return err_set(err, E_HSM,
		    "C_Sign gave %lu octets, the key's signatures have %zu",
		    len, signature_size(key));
	return true;
}

/* Over the digest made here, or over all of data. */
static bool
sign_data(struct hsm *hsm, const struct hsm_key *key,
    const struct mechanism *how, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    struct err *err)
{
	uint8_t digest[DIGEST_INFO_MAX];
	size_t len = 0;

	if (key->hash_in_hsm || how->digest == NULL)
		return sign_input(hsm, key, how, how->hashed, data, ret, err);
	return make_digest(how, data, digest, &len, err) &&
	    sign_input(hsm, key, how, how->type, (struct bytes){ digest, len },
		ret, err);
}

bool
key_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err)
{
	const struct mechanism *how;
	uint8_t sig[SIGNATURE_MAX] = { 0 };

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	how = mechanism_row(mechanism);
	if (how == NULL)
		return err_set(err, E_INTERNAL, "unknown mechanism");
	if (!check_key(key, how, err) || !check_pin_each(hsm, key, err) ||
	    !sign_data(hsm, key, how, data, sig, err))
		return err_prefix(err, "key \"%s\"", key->label);
	memcpy(ret, sig, signature_size(key));
	*ret_len = signature_size(key);
	return true;
}

bool
here_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err)
{
	return key_sign(hsm, key, mechanism, data, ret, ret_len, err) ||
	    token_context(hsm, err);
}
