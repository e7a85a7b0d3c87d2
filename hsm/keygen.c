#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "hsm/object.h"
#include "hsm/rv.h"

/*
 * What a KSK may do: sign, and nothing else.  Everything is asked for in so
 * many words, because tokens differ in what they grant unasked.
 */
static const struct wanted {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	CK_OBJECT_CLASS half;
	CK_BBOOL value;
} wanted[] = {
#define NAMED(type) type, #type
	{ NAMED(CKA_TOKEN), CKO_PUBLIC_KEY, CK_TRUE },
	{ NAMED(CKA_PRIVATE), CKO_PUBLIC_KEY, CK_FALSE },
	{ NAMED(CKA_MODIFIABLE), CKO_PUBLIC_KEY, CK_FALSE },
	{ NAMED(CKA_VERIFY), CKO_PUBLIC_KEY, CK_TRUE },
	{ NAMED(CKA_ENCRYPT), CKO_PUBLIC_KEY, CK_FALSE },
	{ NAMED(CKA_WRAP), CKO_PUBLIC_KEY, CK_FALSE },
	{ NAMED(CKA_DERIVE), CKO_PUBLIC_KEY, CK_FALSE },
	{ NAMED(CKA_TOKEN), CKO_PRIVATE_KEY, CK_TRUE },
	{ NAMED(CKA_PRIVATE), CKO_PRIVATE_KEY, CK_TRUE },
	{ NAMED(CKA_MODIFIABLE), CKO_PRIVATE_KEY, CK_FALSE },
	{ NAMED(CKA_SENSITIVE), CKO_PRIVATE_KEY, CK_TRUE },
	{ NAMED(CKA_EXTRACTABLE), CKO_PRIVATE_KEY, CK_FALSE },
	{ NAMED(CKA_SIGN), CKO_PRIVATE_KEY, CK_TRUE },
	{ NAMED(CKA_DECRYPT), CKO_PRIVATE_KEY, CK_FALSE },
	{ NAMED(CKA_UNWRAP), CKO_PRIVATE_KEY, CK_FALSE },
	{ NAMED(CKA_DERIVE), CKO_PRIVATE_KEY, CK_FALSE },
#undef NAMED
};

static const struct kind {
	enum hsm_key_type type;
	CK_KEY_TYPE key_type;
	CK_MECHANISM_TYPE generate;
	enum hsm_mechanism sign;
} kinds[] = {
	{ HSM_RSA, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, HSM_RSA_PKCS1_SHA256 },
	{ HSM_EC_P256, CKK_EC, CKM_EC_KEY_PAIR_GEN, HSM_ECDSA_SHA256 },
	{ HSM_EC_P384, CKK_EC, CKM_EC_KEY_PAIR_GEN, HSM_ECDSA_SHA384 },
};

static const uint8_t exponent_65537[] = { 0x01, 0x00, 0x01 };

/* An attribute list being built; each key needs fewer than this. */
struct attributes {
	CK_ATTRIBUTE list[24];
	CK_ULONG n;
};

static void
attributes_add(struct attributes *attributes, CK_ATTRIBUTE_TYPE type,
    const void *value, size_t len)
{
	/* The token only reads it, though CK_ATTRIBUTE cannot say so. */
	attributes->list[attributes->n++] =
	    (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value, len };
}

static const struct kind *
kind_of(const struct hsm_keygen *what, struct err *err)
{
	bool good_size = what->type != HSM_RSA || what->rsa_bits == 1536 ||
	    what->rsa_bits == 2048 || what->rsa_bits == 3072 ||
	    what->rsa_bits == 4096;

	if (!good_size) {
		err_set(err, E_HSM,
		    "an RSA key has 1536, 2048, 3072 or 4096 bits, not %u",
		    what->rsa_bits);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == what->type)
			return &kinds[i];
	err_set(err, E_HSM, "keys are RSA, P-256 or P-384");
	return NULL;
}

static bool
make_id(
    const struct hsm_keygen *what, uint8_t ret[HSM_ID_SIZE], struct err *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (what->id == NULL &&
	    EVP_Digest(what->label, strlen(what->label), digest, NULL,
		EVP_sha256(), NULL) != 1)
		return err_set(err, E_INTERNAL, "the digest failed");
	memcpy(ret, what->id != NULL ? what->id : digest, HSM_ID_SIZE);
	return true;
}

/* No object of any class may bear the attribute: not half a pair either. */
static bool
check_unused(struct hsm *hsm, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len, const char *what, struct err *err)
{
	CK_ATTRIBUTE match = { type, (void *)(uintptr_t)value, len };
	CK_OBJECT_HANDLE *objects;
	size_t n;

	if (!object_find(hsm, &match, 1, &objects, &n, err))
		return false;
	free(objects);
	if (n > 0)
		return err_set(
		    err, E_HSM, "an object with this %s exists already", what);
	return true;
}

/* A token may fail after it has made the key. */
static bool
fail_generate(struct hsm *hsm, const char *label, CK_RV rv, struct err *err)
{
	static const char *const texts[] = {
		[LEFT_UNKNOWN] = "; whether a key was made cannot be seen: "
				 "look with `inventory`",
		[LEFT_NONE] = "",
		[LEFT_PRIVATE] =
		    "; half a key was made all the same, the "
		    "private one: delete it with the vendor's tool",
		[LEFT_PUBLIC] = "; half a key was made all the same, the "
				"public one: delete it with the vendor's tool",
		[LEFT_BOTH] = "; a key was made all the same, that nobody has "
			      "looked at: delete it with `keydelete`",
	};

	rv_fail(err, rv, "C_GenerateKeyPair");
	return err_append(err, "%s", texts[halves_left(hsm, label)]);
}

static bool
generate(struct hsm *hsm, const struct hsm_keygen *what,
    const struct kind *kind, const uint8_t id[HSM_ID_SIZE],
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public,
    struct err *err)
{
	struct attributes private = { .n = 0 }, public = { .n = 0 };
	struct attributes *both[] = { &private, &public };
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_ULONG bits = what->rsa_bits;
	struct bytes curve = key_curve(kind->type);
	CK_RV rv;

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		attributes_add(both[i], CKA_KEY_TYPE, &kind->key_type,
		    sizeof(kind->key_type));
		attributes_add(
		    both[i], CKA_LABEL, what->label, strlen(what->label));
		attributes_add(both[i], CKA_ID, id, HSM_ID_SIZE);
	}
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		attributes_add(
		    wanted[i].half == CKO_PRIVATE_KEY ? &private : &public,
		    wanted[i].type, &wanted[i].value, sizeof(CK_BBOOL));
	if (kind->type == HSM_RSA) {
		attributes_add(&public, CKA_MODULUS_BITS, &bits, sizeof(bits));
		attributes_add(&public, CKA_PUBLIC_EXPONENT, exponent_65537,
		    sizeof(exponent_65537));
	} else {
		attributes_add(&public, CKA_EC_PARAMS, curve.data, curve.len);
	}
	rv = CALL(hsm, C_GenerateKeyPair, hsm->session, &mechanism, public.list,
	    public.n, private.list, private.n, ret_public, ret_private);
	return rv == CKR_OK || fail_generate(hsm, what->label, rv, err);
}

static bool
check_flags(struct hsm *hsm, CK_OBJECT_HANDLE private, CK_OBJECT_HANDLE public,
    struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i];
		bool is_private = w->half == CKO_PRIVATE_KEY;
		bool value, absent;

		if (!object_read_bool(hsm, is_private ? private : public,
			w->type, &value, &absent, err))
			return false;
		if (absent || value != (w->value == CK_TRUE))
			return err_set(err, E_HSM,
			    "%s of the %s key is %s, %s was asked for", w->name,
			    is_private ? "private" : "public",
			    absent      ? "not given"
				: value ? "true"
					: "false",
			    w->value == CK_TRUE ? "true" : "false");
	}
	return true;
}

/* The key as key_find gives it, against what was asked for. */
static bool
check_key(const struct hsm_keygen *what, const uint8_t id[HSM_ID_SIZE],
    const struct hsm_key *key, struct err *err)
{
	if (key->id_len != HSM_ID_SIZE || memcmp(key->id, id, HSM_ID_SIZE) != 0)
		return err_set(err, E_HSM,
		    "its CKA_ID is not the one asked "
		    "for");
	if (key->type != what->type)
		return err_set(err, E_HSM,
		    "its CKA_KEY_TYPE or CKA_EC_PARAMS is not the one asked "
		    "for");
	if (key->type != HSM_RSA)
		return true;
	if (key->bits != what->rsa_bits)
		return err_set(err, E_HSM,
		    "its CKA_MODULUS has %u bits, %u were asked for", key->bits,
		    what->rsa_bits);
	if (key->exponent_len != sizeof(exponent_65537) ||
	    memcmp(key->exponent, exponent_65537, key->exponent_len) != 0)
		return err_set(
		    err, E_HSM, "its CKA_PUBLIC_EXPONENT is not 65537");
	return true;
}

static bool
check_signature(struct hsm *hsm, const struct kind *kind, struct hsm_key *key,
    struct err *err)
{
	struct bytes data = bytes_of_string("test signature of a new key");
	uint8_t sig[SIGNATURE_MAX];
	size_t len;

	return hsm_can_sign(hsm, key, kind->sign, false, err) &&
	    key_sign(hsm, key, kind->sign, data, sig, &len, err) &&
	    proof_verify(
		key, kind->sign, data, (struct bytes){ sig, len }, err);
}

/* Whatever the calls say: what the token shows afterwards. */
static bool
destroy(struct hsm *hsm, const char *label, CK_OBJECT_HANDLE private,
    CK_OBJECT_HANDLE public, struct err *err)
{
	static const char *const texts[] = {
		[LEFT_UNKNOWN] = "the new key is bad, and whether it was "
				 "destroyed cannot be seen",
		[LEFT_NONE] = "the new key was destroyed",
		[LEFT_PRIVATE] = "the new key is bad, and its private half "
				 "could not be destroyed",
		[LEFT_PUBLIC] = "the new key is bad, and its public half "
				"could not be destroyed",
		[LEFT_BOTH] = "the new key is bad, and could not be destroyed",
	};

	(void)CALL(hsm, C_DestroyObject, hsm->session, private);
	(void)CALL(hsm, C_DestroyObject, hsm->session, public);
	return err_prefix(err, "%s", texts[halves_left(hsm, label)]);
}

static bool
keygen(struct hsm *hsm, const struct hsm_keygen *what, struct hsm_key *ret,
    struct err *err)
{
	const struct kind *kind = kind_of(what, err);
	CK_OBJECT_HANDLE private, public;
	uint8_t id[HSM_ID_SIZE];
	struct hsm_key key;

	if (kind == NULL || !key_check_label(what->label, err) ||
	    !token_require_login(hsm, err))
		return false;
	if (hsm->read_only)
		return err_set(err, E_HSM, "the token is write-protected");
	if (!make_id(what, id, err) ||
	    !check_unused(hsm, CKA_LABEL, what->label, strlen(what->label),
		"label", err) ||
	    !check_unused(hsm, CKA_ID, id, sizeof(id), "CKA_ID", err) ||
	    !generate(hsm, what, kind, id, &private, &public, err))
		return false;
	if (!check_flags(hsm, private, public, err) ||
	    !key_find(hsm, what->label, &key, err) ||
	    !check_key(what, id, &key, err) ||
	    !check_signature(hsm, kind, &key, err))
		return destroy(hsm, what->label, private, public, err);
	*ret = key;
	return true;
}

bool
hsm_keygen(struct hsm *hsm, const struct hsm_keygen *what, struct hsm_key *ret,
    struct err *err)
{
	if (keygen(hsm, what, ret, err))
		return true;
	err->code = err->code == E_INPUT ? E_HSM : err->code;
	err_prefix(err, "keygen \"%s\"", what->label);
	return token_context(hsm, err);
}
