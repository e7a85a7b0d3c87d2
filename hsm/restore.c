#include <stdlib.h>
#include <string.h>

#include "hsm/kind.h"
#include "hsm/object.h"
#include "hsm/pair.h"
#include "hsm/rv.h"
#include "hsm/template.h"
#include "hsm/wrap.h"

static const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY,
			     public_key = CKO_PUBLIC_KEY;

/* The point in SEC 1's long form, in DER (PKCS#11 2.40 2.3.3). */
#define POINT_DER_MAX (3u + sizeof(((struct hsm_key *)NULL)->point))

static size_t
point_der(const struct hsm_key *key, uint8_t ret[POINT_DER_MAX])
{
	ret[0] = 0x04;
	ret[1] = (uint8_t)(key->point_len + 1);
	ret[2] = 0x04;
	memcpy(ret + 3, key->point, key->point_len);
	return 3 + key->point_len;
}

/* What is asked of both halves, without the numbers of the public one. */
static void
fill_templates(const struct hsm_restore *what, const struct kind *kind,
    struct attributes *private, struct attributes *public)
{
	struct attributes *both[] = { private, public };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		both[i]->n = 0;
		attributes_add(both[i], CKA_CLASS,
		    both[i] == private ? &private_key : &public_key,
		    sizeof(CK_OBJECT_CLASS));
		attributes_add(both[i], CKA_KEY_TYPE, &kind->key_type,
		    sizeof(kind->key_type));
		attributes_add(
		    both[i], CKA_LABEL, what->label, strlen(what->label));
		attributes_add(both[i], CKA_ID, what->id, HSM_ID_SIZE);
	}
	template_put(&what->wishes, private, public);
}

static bool
create_public(struct hsm *hsm, const struct hsm_key *numbers,
    const struct kind *kind, struct attributes *a, CK_OBJECT_HANDLE *ret,
    struct err *err)
{
	uint8_t point[POINT_DER_MAX];
	CK_RV rv;

	if (numbers->type == HSM_RSA) {
		attributes_add(
		    a, CKA_MODULUS, numbers->modulus, numbers->modulus_len);
		attributes_add(a, CKA_PUBLIC_EXPONENT, numbers->exponent,
		    numbers->exponent_len);
	} else {
		attributes_add(a, CKA_EC_PARAMS, kind->params[0].data,
		    kind->params[0].len);
		attributes_add(
		    a, CKA_EC_POINT, point, point_der(numbers, point));
	}
	rv = CALL(hsm, C_CreateObject, hsm->session, a->list, a->n, ret);
	return rv == CKR_OK ||
	    rv_fail(err, rv, "its public half: C_CreateObject");
}

static bool
has_numbers(
    const struct hsm_key *key, const struct hsm_key *numbers, struct err *err)
{
	bool same = key->type == numbers->type &&
	    key->modulus_len == numbers->modulus_len &&
	    memcmp(key->modulus, numbers->modulus, key->modulus_len) == 0 &&
	    key->exponent_len == numbers->exponent_len &&
	    memcmp(key->exponent, numbers->exponent, key->exponent_len) == 0 &&
	    key->point_len == numbers->point_len &&
	    memcmp(key->point, numbers->point, key->point_len) == 0;

	return same ||
	    err_set(err, E_HSM,
		"the token shows another public key than the one given");
}

/*
 * What no object bore before bears the label now.  It is looked for in a
 * session of its own, if there may be one, for what failed may be open; but
 * that one only reads.
 */
static void
destroy_labelled(struct hsm *hsm, const char *label)
{
	CK_OBJECT_HANDLE *list;
	struct err ignored;
	struct hsm *other = NULL;
	size_t n;

	if (!here_worker_open(hsm, &other, &ignored))
		other = NULL;
	if (object_find_label(other == NULL ? hsm : other, NULL, label, &list,
		&n, &ignored)) {
		for (size_t i = 0; i < n; i++)
			(void)CALL(hsm, C_DestroyObject, hsm->session, list[i]);
		free(list);
	}
	here_worker_close(other);
}

static bool
take_back(struct hsm *hsm, const char *label, struct err *err)
{
	static const char *const texts[] = {
		[LEFT_UNKNOWN] = "what is left of it in the token cannot be "
				 "seen: look with `inventory`",
		[LEFT_NONE] = "nothing of it is left in the token",
		[LEFT_PRIVATE] = "its private half is left in the token: "
				 "delete it with the vendor's tool",
		[LEFT_PUBLIC] = "its public half is left in the token: delete "
				"it with the vendor's tool",
		[LEFT_BOTH] = "it is left in the token, and nobody has looked "
			      "at it: delete it with `keydelete`",
	};

	destroy_labelled(hsm, label);
	return err_append(err, "; %s", texts[halves_left(hsm, label)]);
}

/* From here on the token may have something of the key. */
static bool
unwrap_pair(struct hsm *hsm, const struct hsm_restore *what,
    const struct kind *kind, CK_OBJECT_HANDLE once, struct hsm_key *ret,
    struct err *err)
{
	struct attributes of_private, of_public;
	CK_OBJECT_HANDLE private, public;

	fill_templates(what, kind, &of_private, &of_public);
	return wrap_open(hsm, what->wrapped, once, of_private.list,
		   of_private.n, &private, err) &&
	    create_public(hsm, what->public, kind, &of_public, &public, err) &&
	    template_check(hsm, &what->wishes, private, public, err) &&
	    key_find(hsm, what->label, ret, err) &&
	    has_numbers(ret, what->public, err) && pair_signs(hsm, ret, err);
}

static bool
check_transport(const struct hsm_key *transport, struct err *err)
{
	return transport == NULL ||
	    (transport->has_private && transport->type == HSM_RSA &&
		transport->unwrap) ||
	    err_set(err, E_HSM,
		"the transport key \"%s\" may not unwrap (CKA_UNWRAP)",
		transport->label);
}

static bool
restore(struct hsm *hsm, const struct hsm_restore *what, const uint8_t *sum,
    struct hsm_key *ret, struct err *err)
{
	const struct kind *kind = kind_of_type(what->public->type);
	CK_OBJECT_HANDLE once = CK_INVALID_HANDLE;
	struct hsm_key key;
	bool ok, begun = false;

	if (kind == NULL || !kind->wrapped)
		return err_set(err, E_HSM,
		    "keys of this type are unwrapped by no token that is "
		    "known");
	if (!pair_prepare(hsm, what->label, what->id, err) ||
	    !check_transport(what->transport, err) ||
	    !wrap_offered(hsm, HSM_RECEIVES, what->wrapped->carriage,
		what->wrapped->how, err))
		return false;
	ok = wrap_receive(
	    hsm, what->transport, sum, what->wrapped, &once, err);
	begun = ok;
	ok = ok && unwrap_pair(hsm, what, kind, once, &key, err);
	ok = wrap_forget(hsm, once, ok, err);
	if (!ok)
		return begun && take_back(hsm, what->label, err);
	*ret = key;
	return true;
}

bool
here_restore(struct hsm *hsm, const struct hsm_restore *what,
    const uint8_t *sum, struct hsm_key *ret, struct err *err)
{
	keys_forget(hsm);
	if (restore(hsm, what, sum, ret, err))
		return true;
	err->code = err->code == E_INPUT ? E_HSM : err->code;
	err_prefix(err, "restore \"%s\"", what->label);
	return token_context(hsm, err);
}
