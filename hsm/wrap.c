#include <assert.h>
#include <string.h>

#include "hsm/kind.h"
#include "hsm/object.h"
#include "hsm/rv.h"
#include "hsm/template.h"
#include "hsm/wrap.h"

#define ONCE_LEN  32u /* AES-256 */
#define BLOCK_LEN 16u

static const struct wrap {
	CK_MECHANISM_TYPE type;
	const char *name;
} wraps[] = {
#define NAMED(type) type, #type
	[HSM_AES_KEY_WRAP_PAD] = { NAMED(CKM_AES_KEY_WRAP_PAD) },
	[HSM_AES_KEY_WRAP] = { NAMED(CKM_AES_KEY_WRAP) },
};
static const struct wrap oaep_wrap = { NAMED(CKM_RSA_PKCS_OAEP) };
#undef NAMED

/*
 * RFC 8017 7.1.  SHA-1 is what every token has; OAEP does not rest on its
 * resistance to collisions.
 */
static const CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA_1, CKG_MGF1_SHA1,
	CKZ_DATA_SPECIFIED, NULL, 0 };

/* The token only reads it, though CK_MECHANISM cannot say so. */
static CK_MECHANISM
oaep_mechanism(void)
{
	return (CK_MECHANISM){ oaep_wrap.type, (void *)(uintptr_t)&oaep,
		sizeof(oaep) };
}

/* --- What the token can do. */

/* What it does not say may be. */
static bool
is_offered(struct hsm *hsm, const struct wrap *how, enum hsm_side side)
{
	CK_FLAGS wanted = side == HSM_SENDS ? CKF_WRAP : CKF_UNWRAP;
	CK_MECHANISM_INFO info = { 0 };
	CK_RV rv =
	    CALL(hsm, C_GetMechanismInfo, hsm->token.slot, how->type, &info);

	return rv == CKR_OK ? (info.flags & wanted) != 0
			    : rv != CKR_MECHANISM_INVALID;
}

static bool
fail_offered(const char *name, enum hsm_side side, struct err *err)
{
	return err_set(err, E_HSM, "the token does not offer %s to %s", name,
	    side == HSM_SENDS ? "wrap" : "unwrap");
}

bool
wrap_offered(struct hsm *hsm, enum hsm_side side, enum hsm_carriage carriage,
    enum hsm_wrap how, struct err *err)
{
	if ((size_t)how >= ARRAY_LEN(wraps))
		return err_set(err, E_INTERNAL, "unknown wrapping mechanism");
	if (carriage == HSM_BY_OAEP && !is_offered(hsm, &oaep_wrap, side))
		return fail_offered(oaep_wrap.name, side, err);
	return is_offered(hsm, &wraps[how], side) ||
	    fail_offered(wraps[how].name, side, err);
}

bool
wrap_choose(struct hsm *hsm, enum hsm_side side, enum hsm_carriage carriage,
    enum hsm_wrap *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(wraps); i++) {
		if (!wrap_offered(hsm, side, carriage, (enum hsm_wrap)i, err))
			continue;
		*ret = (enum hsm_wrap)i;
		return true;
	}
	return false;
}

/* --- The AES key. */

/* A one-time key has to leave the token that made it. */
enum role { MADE, GOT, GIVEN, TRIAL, ROLES };

/* It is asked what it makes of zeros: CKA_ENCRYPT, on both sides. */
static const struct flag {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	CK_BBOOL value[ROLES]; /* GIVEN: to wrap; to unwrap it is GOT */
} flags[] = {
#define NAMED(type) type, #type
	{ NAMED(CKA_TOKEN),
	    { CK_FALSE, CK_FALSE, CK_FALSE, CK_FALSE } },
	{ NAMED(CKA_PRIVATE),
	    { CK_TRUE, CK_TRUE, CK_TRUE, CK_TRUE } },
	{ NAMED(CKA_SENSITIVE),
	    { CK_TRUE, CK_TRUE, CK_TRUE, CK_TRUE } },
	{ NAMED(CKA_EXTRACTABLE),
	    { CK_TRUE, CK_FALSE, CK_FALSE, CK_FALSE } },
	{ NAMED(CKA_WRAP),
	    { CK_TRUE, CK_FALSE, CK_TRUE, CK_TRUE } },
	{ NAMED(CKA_UNWRAP),
	    { CK_FALSE, CK_TRUE, CK_FALSE, CK_TRUE } },
	{ NAMED(CKA_ENCRYPT),
	    { CK_TRUE, CK_TRUE, CK_TRUE, CK_TRUE } },
	{ NAMED(CKA_DECRYPT),
	    { CK_FALSE, CK_FALSE, CK_FALSE, CK_FALSE } },
	{ NAMED(CKA_SIGN),
	    { CK_FALSE, CK_FALSE, CK_FALSE, CK_FALSE } },
	{ NAMED(CKA_VERIFY),
	    { CK_FALSE, CK_FALSE, CK_FALSE, CK_FALSE } },
	{ NAMED(CKA_DERIVE),
	    { CK_FALSE, CK_FALSE, CK_FALSE, CK_FALSE } },
#undef NAMED
};

static const CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY,
			     public_key = CKO_PUBLIC_KEY;
static const CK_KEY_TYPE aes = CKK_AES, rsa = CKK_RSA;
static const CK_BBOOL no = CK_FALSE, yes = CK_TRUE;

static void
fill_aes(enum role role, struct attributes *ret)
{
	ret->n = 0;
	attributes_add(ret, CKA_CLASS, &secret_key, sizeof(secret_key));
	attributes_add(ret, CKA_KEY_TYPE, &aes, sizeof(aes));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		attributes_add(ret, flags[i].type, &flags[i].value[role],
		    sizeof(CK_BBOOL));
}

/* SoftHSM gives 0 for a key that was unwrapped: its check value tells. */
static bool
check_length(
    struct hsm *hsm, enum role role, CK_OBJECT_HANDLE once, struct err *err)
{
	CK_ULONG len = 0;

	if (!object_read_ulong(hsm, once, CKA_VALUE_LEN, &len, err))
		return false;
	if (len == ONCE_LEN || (role == GOT && len == 0))
		return true;
	return err_set(err, E_HSM,
	    "the AES key has %lu octets, expected %u", len, ONCE_LEN);
}

static bool
check_aes(
    struct hsm *hsm, enum role role, CK_OBJECT_HANDLE once, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		bool wanted = flags[i].value[role] == CK_TRUE;
		bool value, absent;

		if (!object_read_bool(
			hsm, once, flags[i].type, &value, &absent, err))
			return false;
		if (absent || value != wanted)
			return err_set(err, E_HSM,
			    "%s of the AES key is %s, %s was asked for",
			    flags[i].name,
			    absent      ? "not given"
				: value ? "true"
					: "false",
			    wanted ? "true" : "false");
	}
	return check_length(hsm, role, once, err);
}

/* By the token: what the key makes of 16 zeros, in ECB. */
static bool
check_value(struct hsm *hsm, CK_OBJECT_HANDLE once, uint8_t ret[HSM_CHECK_SIZE],
    struct err *err)
{
	CK_MECHANISM mechanism = { CKM_AES_ECB, NULL, 0 };
	uint8_t zeros[BLOCK_LEN] = { 0 }, block[BLOCK_LEN];
	CK_ULONG len = sizeof(block);
	CK_RV rv = CALL(hsm, C_EncryptInit, hsm->session, &mechanism, once);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "the check value: C_EncryptInit");
	rv = CALL(
	    hsm, C_Encrypt, hsm->session, zeros, sizeof(zeros), block, &len);
	if (rv != CKR_OK)
		return rv_fail(err, rv, "the check value: C_Encrypt");
	if (len != sizeof(block))
		return err_set(err, E_HSM,
		    "the check value: C_Encrypt gave %lu octets, expected %u",
		    len, BLOCK_LEN);
	memcpy(ret, block, HSM_CHECK_SIZE);
	return true;
}

static bool
make_aes(
    struct hsm *hsm, enum role role, CK_OBJECT_HANDLE *ret, struct err *err)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	const CK_ULONG len = ONCE_LEN;
	struct attributes attributes;
	CK_RV rv;

	fill_aes(role, &attributes);
	attributes_add(&attributes, CKA_VALUE_LEN, &len, sizeof(len));
	rv = CALL(hsm, C_GenerateKey, hsm->session, &mechanism, attributes.list,
	    attributes.n, ret);
	if (rv != CKR_OK) {
		*ret = CK_INVALID_HANDLE;
		return rv_fail(err, rv, "the AES key: C_GenerateKey");
	}
	return check_aes(hsm, role, *ret, err);
}

bool
wrap_make_trial(struct hsm *hsm, CK_OBJECT_HANDLE *ret, struct err *err)
{
	return make_aes(hsm, TRIAL, ret, err);
}

bool
wrap_give(struct hsm *hsm, enum hsm_side side,
    const uint8_t octets[COMPONENT_SIZE], CK_OBJECT_HANDLE *ret,
    uint8_t ret_check[HSM_CHECK_SIZE], struct err *err)
{
	enum role role = side == HSM_SENDS ? GIVEN : GOT;
	struct attributes attributes;
	CK_RV rv;

	static_assert(COMPONENT_SIZE == ONCE_LEN, "of AES-256");
	fill_aes(role, &attributes);
	attributes_add(&attributes, CKA_VALUE, octets, ONCE_LEN);
	rv = CALL(hsm, C_CreateObject, hsm->session, attributes.list,
	    attributes.n, ret);
	if (rv != CKR_OK) {
		*ret = CK_INVALID_HANDLE;
		return rv_fail(err, rv, "the AES key: C_CreateObject");
	}
	return check_aes(hsm, role, *ret, err) &&
	    check_value(hsm, *ret, ret_check, err);
}

bool
wrap_forget(struct hsm *hsm, CK_OBJECT_HANDLE once, bool ok, struct err *err)
{
	CK_RV rv = once == CK_INVALID_HANDLE
	    ? CKR_OK
	    : CALL(hsm, C_DestroyObject, hsm->session, once);

	if (!ok || rv == CKR_OK)
		return ok;
	return rv_fail(err, rv,
	    "the AES key, which ends with the session: C_DestroyObject");
}

/* --- Wrapping. */

static bool
wrap(struct hsm *hsm, CK_MECHANISM mechanism, const char *name,
    CK_OBJECT_HANDLE under, CK_OBJECT_HANDLE what, struct buf *ret,
    struct err *err)
{
	uint8_t octets[HSM_WRAPPED_MAX];
	CK_ULONG len = ret->cap;
	CK_RV rv = CALL(hsm, C_WrapKey, hsm->session, &mechanism, under, what,
	    octets, &len);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_WrapKey with %s", name);
	if (len == 0 || len > ret->cap)
		return err_set(err, E_HSM,
		    "C_WrapKey with %s gave %lu octets, expected 1 to %zu",
		    name, len, ret->cap);
	buf_put(ret, octets, len);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}

/* Of the session: the recipient's numbers, to wrap for it and nothing else. */
static bool
make_recipient(struct hsm *hsm, const struct hsm_key *recipient,
    CK_OBJECT_HANDLE *ret, struct err *err)
{
	struct attributes a = { .n = 0 };
	CK_RV rv;

	attributes_add(&a, CKA_CLASS, &public_key, sizeof(public_key));
	attributes_add(&a, CKA_KEY_TYPE, &rsa, sizeof(rsa));
	attributes_add(&a, CKA_TOKEN, &no, sizeof(no));
	attributes_add(&a, CKA_PRIVATE, &no, sizeof(no));
	attributes_add(&a, CKA_WRAP, &yes, sizeof(yes));
	attributes_add(&a, CKA_ENCRYPT, &no, sizeof(no));
	attributes_add(&a, CKA_VERIFY, &no, sizeof(no));
	attributes_add(
	    &a, CKA_MODULUS, recipient->modulus, recipient->modulus_len);
	attributes_add(&a, CKA_PUBLIC_EXPONENT, recipient->exponent,
	    recipient->exponent_len);
	rv = CALL(hsm, C_CreateObject, hsm->session, a.list, a.n, ret);
	if (rv == CKR_OK)
		return true;
	*ret = CK_INVALID_HANDLE;
	return rv_fail(err, rv, "the recipient's public key: C_CreateObject");
}

/* The one-time key for whom the public key is. */
static bool
carry(struct hsm *hsm, CK_OBJECT_HANDLE recipient, CK_OBJECT_HANDLE once,
    struct hsm_wrapped *ret, struct err *err)
{
	struct buf octets = buf_new(sizeof(ret->carrier));
	bool ok = wrap(hsm, oaep_mechanism(), oaep_wrap.name, recipient,
	    once, &octets, err);

	if (ok) {
		memcpy(ret->carrier, octets.data, octets.len);
		ret->carrier_len = octets.len;
	}
	buf_free(&octets);
	return ok;
}

bool
wrap_private(struct hsm *hsm, CK_OBJECT_HANDLE once, CK_OBJECT_HANDLE private,
    struct hsm_wrapped *ret, struct err *err)
{
	const struct wrap *how = &wraps[ret->how];
	struct buf octets = buf_new(sizeof(ret->key));
	bool ok = wrap(hsm, (CK_MECHANISM){ how->type, NULL, 0 }, how->name,
	    once, private, &octets, err);

	if (ok) {
		memcpy(ret->key, octets.data, octets.len);
		ret->key_len = octets.len;
	}
	buf_free(&octets);
	return ok;
}

/* --- Unwrapping. */

static bool
unwrap(struct hsm *hsm, CK_MECHANISM mechanism, const char *name,
    CK_OBJECT_HANDLE under, struct bytes octets, CK_ATTRIBUTE *attributes,
    CK_ULONG n, CK_OBJECT_HANDLE *ret, struct err *err)
{
	CK_RV rv = CALL(hsm, C_UnwrapKey, hsm->session, &mechanism, under,
	    (CK_BYTE *)(uintptr_t)octets.data, octets.len, attributes, n, ret);

	if (rv == CKR_OK)
		return true;
	*ret = CK_INVALID_HANDLE;
	return rv_fail(err, rv, "C_UnwrapKey with %s", name);
}

static bool
compare_check(const uint8_t seen[HSM_CHECK_SIZE],
    const uint8_t wanted[HSM_CHECK_SIZE], struct err *err)
{
	return memcmp(seen, wanted, HSM_CHECK_SIZE) == 0 ||
	    err_set(err, E_REFUSED,
		"the AES key's check value is %02X%02X%02X, expected "
		"%02X%02X%02X",
		seen[0], seen[1], seen[2], wanted[0], wanted[1], wanted[2]);
}

static bool
uncarry(struct hsm *hsm, const struct hsm_key *transport,
    const struct hsm_wrapped *wrapped, CK_OBJECT_HANDLE *ret,
    uint8_t ret_check[HSM_CHECK_SIZE], struct err *err)
{
	struct attributes attributes;

	fill_aes(GOT, &attributes);
	return unwrap(hsm, oaep_mechanism(), oaep_wrap.name,
		   transport->private_handle,
		   (struct bytes){ wrapped->carrier, wrapped->carrier_len },
		   attributes.list, attributes.n, ret, err) &&
	    check_aes(hsm, GOT, *ret, err) &&
	    check_value(hsm, *ret, ret_check, err);
}

bool
wrap_receive(struct hsm *hsm, const struct hsm_key *transport,
    const uint8_t *sum, const struct hsm_wrapped *wrapped,
    CK_OBJECT_HANDLE *ret, struct err *err)
{
	uint8_t seen[HSM_CHECK_SIZE];

	return (sum != NULL
		       ? wrap_give(hsm, HSM_RECEIVES, sum, ret, seen, err)
		       : uncarry(hsm, transport, wrapped, ret, seen, err)) &&
	    compare_check(seen, wrapped->check, err);
}

bool
wrap_open(struct hsm *hsm, const struct hsm_wrapped *wrapped,
    CK_OBJECT_HANDLE once, CK_ATTRIBUTE *attributes, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, struct err *err)
{
	const struct wrap *how = &wraps[wrapped->how];

	return unwrap(hsm, (CK_MECHANISM){ how->type, NULL, 0 }, how->name,
	    once, (struct bytes){ wrapped->key, wrapped->key_len }, attributes,
	    n, ret, err);
}

bool
wrap_carries(struct hsm *hsm, const struct hsm_key *transport, struct err *err)
{
	CK_OBJECT_HANDLE sent = CK_INVALID_HANDLE, got = CK_INVALID_HANDLE;
	struct hsm_wrapped trip = { 0 };
	bool ok = make_aes(hsm, MADE, &sent, err) &&
	    check_value(hsm, sent, trip.check, err) &&
	    carry(hsm, transport->public_handle, sent, &trip, err) &&
	    wrap_receive(hsm, transport, NULL, &trip, &got, err);

	ok = wrap_forget(hsm, sent, ok, err);
	ok = wrap_forget(hsm, got, ok, err);
	return ok || err_prefix(err, "a key wrapped for it as a test");
}

/* --- A copy of a key. */

static bool
check_leaves(const struct hsm_key *key, struct err *err)
{
	const struct kind *kind = kind_of_type(key->type);

	if (kind == NULL || !key->has_private)
		return err_set(err, E_HSM, "it has no private half to copy");
	if (!kind->wrapped)
		return err_set(err, E_HSM,
		    "%s keys are wrapped by no token that is known",
		    kind->group);
	return key->extractable ||
	    err_set(err, E_HSM,
		"its CKA_EXTRACTABLE is false: it cannot leave its token, and "
		"nothing can change that");
}

static bool
can_backup(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err)
{
	return token_require_login(hsm, err) && check_leaves(key, err) &&
	    wrap_choose(hsm, HSM_SENDS, carriage, ret, err);
}

bool
here_can_backup(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err)
{
	if (can_backup(hsm, key, carriage, ret, err))
		return true;
	err_prefix(err, "key \"%s\"", key->label);
	return token_context(hsm, err);
}

/* A one-time key, and its way to whom the numbers are. */
static bool
send_once(struct hsm *hsm, const struct hsm_key *recipient,
    struct hsm_wrapped *ret, CK_OBJECT_HANDLE *ret_once, struct err *err)
{
	CK_OBJECT_HANDLE to;
	bool ok;

	if (!make_recipient(hsm, recipient, &to, err))
		return false;
	ok = make_aes(hsm, MADE, ret_once, err) &&
	    check_value(hsm, *ret_once, ret->check, err) &&
	    carry(hsm, to, *ret_once, ret, err);
	(void)CALL(hsm, C_DestroyObject, hsm->session, to);
	return ok;
}

bool
here_backup(struct hsm *hsm, const struct hsm_key *key,
    const struct hsm_key *recipient, const uint8_t *sum,
    struct hsm_wrapped *ret, struct err *err)
{
	CK_OBJECT_HANDLE once = CK_INVALID_HANDLE;
	struct hsm_wrapped wrapped = { .carriage =
		    sum == NULL ? HSM_BY_OAEP : HSM_FROM_COMPONENTS };
	bool ok = can_backup(hsm, key, wrapped.carriage, &wrapped.how, err) &&
	    (sum != NULL ? wrap_give(
			       hsm, HSM_SENDS, sum, &once, wrapped.check, err)
			 : send_once(hsm, recipient, &wrapped, &once, err)) &&
	    wrap_private(hsm, once, key->private_handle, &wrapped, err);

	ok = wrap_forget(hsm, once, ok, err);
	if (ok) {
		*ret = wrapped;
		return true;
	}
	err_prefix(err, "key \"%s\"", key->label);
	return token_context(hsm, err);
}
