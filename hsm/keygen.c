#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "hsm/kind.h"
#include "hsm/object.h"
#include "hsm/pair.h"
#include "hsm/rv.h"
#include "hsm/template.h"
#include "hsm/wrap.h"

static const uint8_t exponent_65537[] = { 0x01, 0x00, 0x01 };

static bool
is_transport(const struct hsm_keygen *what)
{
	return what->wishes.sign == HSM_FALSE &&
	    what->wishes.unwrap == HSM_TRUE;
}

static const struct kind *
kind_of(const struct hsm_keygen *what, struct err *err)
{
	const struct kind *kind;
	bool good_size = what->type != HSM_RSA || what->rsa_bits == 1536 ||
	    what->rsa_bits == 2048 || what->rsa_bits == 3072 ||
	    what->rsa_bits == 4096;

	if (!good_size) {
		err_set(err, E_HSM,
		    "an RSA key has 1536, 2048, 3072 or 4096 bits, not %u",
		    what->rsa_bits);
		return NULL;
	}
	if (is_transport(what) && what->type != HSM_RSA) {
		err_set(err, E_HSM, "a transport key is an RSA key");
		return NULL;
	}
	kind = kind_of_type(what->type);
	if (kind == NULL)
		err_set(err, E_HSM, "keys of this type are not made here");
	return kind;
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

/* What is asked for of both halves, on a curve that is spelt so. */
static void
fill_templates(const struct hsm_keygen *what, const struct kind *kind,
    const uint8_t id[HSM_ID_SIZE], const CK_ULONG *bits, struct bytes curve,
    struct attributes *private, struct attributes *public)
{
	struct attributes *both[] = { private, public };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		both[i]->n = 0;
		attributes_add(both[i], CKA_KEY_TYPE, &kind->key_type,
		    sizeof(kind->key_type));
		attributes_add(
		    both[i], CKA_LABEL, what->label, strlen(what->label));
		if (!what->wishes.any_id)
			attributes_add(both[i], CKA_ID, id, HSM_ID_SIZE);
	}
	template_put(&what->wishes, private, public);
	if (kind->type == HSM_RSA) {
		attributes_add(public, CKA_MODULUS_BITS, bits, sizeof(*bits));
		attributes_add(public, CKA_PUBLIC_EXPONENT, exponent_65537,
		    sizeof(exponent_65537));
	} else {
		attributes_add(public, CKA_EC_PARAMS, curve.data, curve.len);
	}
}

/* A curve that the token does not know may be one that it spells otherwise. */
static bool
is_unknown_curve(CK_RV rv)
{
	return rv == CKR_CURVE_NOT_SUPPORTED || rv == CKR_DOMAIN_PARAMS_INVALID;
}

static bool
is_of_template(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_TYPE_INVALID ||
	    rv == CKR_ATTRIBUTE_READ_ONLY || rv == CKR_TEMPLATE_INCONSISTENT ||
	    rv == CKR_TEMPLATE_INCOMPLETE;
}

static bool
generate(struct hsm *hsm, const struct hsm_keygen *what,
    const struct kind *kind, const uint8_t id[HSM_ID_SIZE],
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public,
    struct err *err)
{
	struct attributes private, public;
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_ULONG bits = what->rsa_bits;
	size_t spelling = 0;
	CK_RV rv;

	do {
		fill_templates(what, kind, id, &bits, kind->params[spelling],
		    &private, &public);
		rv = CALL(hsm, C_GenerateKeyPair, hsm->session, &mechanism,
		    public.list, public.n, private.list, private.n, ret_public,
		    ret_private);
	} while (is_unknown_curve(rv) && ++spelling < CURVE_NAMES_MAX &&
	    kind->params[spelling].len > 0);
	if (rv == CKR_OK)
		return true;
	(void)fail_generate(hsm, what->label, rv, err);
	if (is_of_template(rv))
		template_say_refused(hsm, &mechanism, &private, &public, err);
	return false;
}

/* The key as key_find gives it, against what was asked for. */
static bool
check_key(const struct hsm_keygen *what, const uint8_t id[HSM_ID_SIZE],
    const struct hsm_key *key, struct err *err)
{
	if (!what->wishes.any_id &&
	    (key->id_len != HSM_ID_SIZE ||
		memcmp(key->id, id, HSM_ID_SIZE) != 0))
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

bool
pair_signs(struct hsm *hsm, struct hsm_key *key, struct err *err)
{
	const struct kind *kind = kind_of_type(key->type);
	struct bytes data = bytes_of_string("test signature of a new key");
	uint8_t sig[SIGNATURE_MAX];
	size_t len;

	return here_can_sign(hsm, key, kind->sign, false, err) &&
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

bool
pair_prepare(struct hsm *hsm, const char *label, const uint8_t id[HSM_ID_SIZE],
    struct err *err)
{
	if (!key_check_label(label, err) || !token_require_login(hsm, err))
		return false;
	if (hsm->read_only)
		return err_set(err, E_HSM, "the token is write-protected");
	return check_unused(
		   hsm, CKA_LABEL, label, strlen(label), "label", err) &&
	    check_unused(hsm, CKA_ID, id, HSM_ID_SIZE, "CKA_ID", err);
}

static bool
keygen(struct hsm *hsm, const struct hsm_keygen *what, struct hsm_key *ret,
    struct err *err)
{
	const struct kind *kind = kind_of(what, err);
	CK_OBJECT_HANDLE private, public;
	uint8_t id[HSM_ID_SIZE];
	struct hsm_key key;

	if (kind == NULL || !make_id(what, id, err) ||
	    !pair_prepare(hsm, what->label, id, err) ||
	    !generate(hsm, what, kind, id, &private, &public, err))
		return false;
	if (!template_check(hsm, &what->wishes, private, public, err) ||
	    !key_find(hsm, what->label, &key, err) ||
	    !check_key(what, id, &key, err) ||
	    !(is_transport(what) ? wrap_carries(hsm, &key, err)
				 : pair_signs(hsm, &key, err)))
		return destroy(hsm, what->label, private, public, err);
	*ret = key;
	return true;
}

bool
here_keygen(struct hsm *hsm, const struct hsm_keygen *what, struct hsm_key *ret,
    struct err *err)
{
	keys_forget(hsm);
	if (keygen(hsm, what, ret, err))
		return true;
	err->code = err->code == E_INPUT ? E_HSM : err->code;
	err_prefix(err, "keygen \"%s\"", what->label);
	return token_context(hsm, err);
}
