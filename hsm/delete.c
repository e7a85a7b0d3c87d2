#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/object.h"
#include "hsm/rv.h"

static bool
same_pair(const struct hsm_key *a, const struct hsm_key *b)
{
	return a->private_handle == b->private_handle &&
	    a->public_handle == b->public_handle && a->type == b->type &&
	    a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0 &&
	    a->modulus_len == b->modulus_len &&
	    memcmp(a->modulus, b->modulus, a->modulus_len) == 0 &&
	    a->point_len == b->point_len &&
	    memcmp(a->point, b->point, a->point_len) == 0;
}

/* A token may have been changed since the key was found. */
static bool
check_there(struct hsm *hsm, const struct hsm_key *key, struct err *err)
{
	struct hsm_key now;

	return key_find(hsm, key->label, &now, err) &&
	    (same_pair(&now, key) ||
		err_set(err, E_HSM,
		    "the token holds another key of this label than the one "
		    "that was to be deleted"));
}

/* Whatever a call said that failed: what the token shows now. */
static bool
fail_destroy(struct hsm *hsm, const char *label, CK_RV rv, struct err *err)
{
	static const char *const texts[] = {
		[LEFT_UNKNOWN] = "what was deleted cannot be seen",
		[LEFT_NONE] = "both halves are gone, though the token says",
		[LEFT_PRIVATE] =
		    "the public half was deleted, the private half not",
		[LEFT_PUBLIC] =
		    "the private half was deleted, the public half not",
		[LEFT_BOTH] = "nothing was deleted",
	};

	return rv_fail(
	    err, rv, "%s: C_DestroyObject", texts[halves_left(hsm, label)]);
}

/*
 * The private half first: without it the rest is harmless.  A call may fail
 * after its work; then the rest is deleted, too.
 */
static bool
destroy_halves(struct hsm *hsm, const struct hsm_key *key, struct err *err)
{
	CK_RV rv =
	    CALL(hsm, C_DestroyObject, hsm->session, key->private_handle);
	CK_RV rv_public;

	if (rv != CKR_OK && halves_left(hsm, key->label) != LEFT_PUBLIC)
		return fail_destroy(hsm, key->label, rv, err);
	rv_public =
	    CALL(hsm, C_DestroyObject, hsm->session, key->public_handle);
	if (rv == CKR_OK && rv_public == CKR_OK)
		return true;
	return fail_destroy(
	    hsm, key->label, rv != CKR_OK ? rv : rv_public, err);
}

static bool
check_half_gone(struct hsm *hsm, const struct hsm_key *key,
    CK_OBJECT_CLASS half, struct err *err)
{
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &half, sizeof(half) },
		{ CKA_LABEL, (void *)key->label, strlen(key->label) },
	};
	CK_OBJECT_HANDLE *found;
	size_t n;

	if (!object_find(hsm, match, ARRAY_LEN(match), &found, &n, err))
		return false;
	free(found);
	return n == 0 ||
	    err_set(err, E_HSM,
		"the token says that it deleted the %s key, and still shows it",
		half == CKO_PRIVATE_KEY ? "private" : "public");
}

bool
here_delete(struct hsm *hsm, const struct hsm_key *key, struct err *err)
{
	bool ok = token_require_login(hsm, err);

	keys_forget(hsm);
	if (ok && hsm->read_only)
		ok = err_set(err, E_HSM, "the token is write-protected");
	ok = ok && check_there(hsm, key, err) &&
	    destroy_halves(hsm, key, err) &&
	    check_half_gone(hsm, key, CKO_PRIVATE_KEY, err) &&
	    check_half_gone(hsm, key, CKO_PUBLIC_KEY, err);
	if (ok)
		return true;
	err_prefix(err, "delete \"%s\"", key->label);
	return token_context(hsm, err);
}
