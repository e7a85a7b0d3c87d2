#include <stdlib.h>
#include <string.h>

#include "hsm/object.h"
#include "hsm/rv.h"

#define BATCH 64u /* handles asked for at once */

static bool
take_batches(
    struct hsm *hsm, CK_OBJECT_HANDLE *list, size_t *ret_n, struct err *err)
{
	size_t n = 0;

	for (;;) {
		CK_ULONG got = 0;
		CK_RV rv = CALL(
		    hsm, C_FindObjects, hsm->session, list + n, BATCH, &got);

		if (rv != CKR_OK)
			return rv_fail(err, rv, "C_FindObjects");
		if (got > BATCH)
			return err_set(err, E_HSM,
			    "C_FindObjects gave %lu objects, %u were asked for",
			    got, BATCH);
		if (got == 0)
			break;
		n += got;
		if (n > OBJECTS_MAX)
			return err_set(err, E_HSM, "more than %u objects match",
			    OBJECTS_MAX);
	}
	*ret_n = n;
	return true;
}

bool
object_find(struct hsm *hsm, CK_ATTRIBUTE *match, size_t n_match,
    CK_OBJECT_HANDLE **ret, size_t *ret_n, struct err *err)
{
	CK_OBJECT_HANDLE *list;
	CK_RV rv;
	bool ok;

	list = calloc(OBJECTS_MAX + BATCH, sizeof(*list));
	if (list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	rv = CALL(hsm, C_FindObjectsInit, hsm->session, match, n_match);
	if (rv != CKR_OK) {
		/* It may have begun all the same, and bar the next. */
		(void)CALL(hsm, C_FindObjectsFinal, hsm->session);
		free(list);
		return rv_fail(err, rv, "C_FindObjectsInit");
	}
	ok = take_batches(hsm, list, ret_n, err);
	rv = CALL(hsm, C_FindObjectsFinal, hsm->session);
	if (ok && rv != CKR_OK)
		ok = rv_fail(err, rv, "C_FindObjectsFinal");
	if (!ok) {
		free(list);
		return false;
	}
	*ret = list;
	return true;
}

static size_t
without_repeats(CK_OBJECT_HANDLE *list, size_t n_first, size_t n)
{
	size_t out = n_first;

	for (size_t i = n_first; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < n_first && !known; k++)
			known = list[k] == list[i];
		if (!known)
			list[out++] = list[i];
	}
	return out;
}

bool
object_find_label(struct hsm *hsm, const CK_OBJECT_CLASS *class,
    const char *label, CK_OBJECT_HANDLE **ret, size_t *ret_n, struct err *err)
{
	CK_OBJECT_CLASS of_class = class == NULL ? 0 : *class;
	CK_ATTRIBUTE all[] = {
		{ CKA_CLASS, &of_class, sizeof(of_class) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	CK_ATTRIBUTE *match = class == NULL ? &all[1] : all;
	size_t n_match = class == NULL ? 1 : 2, n, n_nul;
	CK_OBJECT_HANDLE *list, *with_nul;

	if (!object_find(hsm, match, n_match, &list, &n, err))
		return false;
	all[1].ulValueLen++;
	if (!object_find(hsm, match, n_match, &with_nul, &n_nul, err)) {
		free(list);
		return false;
	}
	if (n + n_nul > OBJECTS_MAX)
		n_nul = OBJECTS_MAX - n;
	memcpy(list + n, with_nul, n_nul * sizeof(*list));
	free(with_nul);
	*ret_n = without_repeats(list, n, n + n_nul);
	*ret = list;
	return true;
}

static bool
is_left(struct hsm *hsm, CK_OBJECT_CLASS class, const char *label, bool *ret)
{
	CK_OBJECT_HANDLE *list;
	struct err ignored;
	size_t n;

	if (!object_find_label(hsm, &class, label, &list, &n, &ignored))
		return false;
	free(list);
	*ret = n > 0;
	return true;
}

static enum halves_left
look(struct hsm *hsm, const char *label)
{
	bool private, public;

	if (!is_left(hsm, CKO_PRIVATE_KEY, label, &private) ||
	    !is_left(hsm, CKO_PUBLIC_KEY, label, &public))
		return LEFT_UNKNOWN;
	if (private)
		return public ? LEFT_BOTH : LEFT_PRIVATE;
	return public ? LEFT_PUBLIC : LEFT_NONE;
}

/* In a session of its own, if there may be one: what failed may be open. */
enum halves_left
halves_left(struct hsm *hsm, const char *label)
{
	enum halves_left left;
	struct err ignored;
	struct hsm *other;

	if (!here_worker_open(hsm, &other, &ignored))
		return look(hsm, label);
	left = look(other, label);
	here_worker_close(other);
	return left;
}

/* Whether no other object would fare better. */
static bool
is_of_token(CK_RV rv)
{
	switch (rv) {
	case CKR_HOST_MEMORY:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_MEMORY:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return true;
	default:
		return false;
	}
}

/*
 * Into a buffer of `size` octets.  A token may claim a length and write
 * nothing.
 */
static bool
read_into(struct hsm *hsm, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    size_t size, struct attribute *ret, struct err *err)
{
	CK_ATTRIBUTE query = { type, ret->data, size };
	CK_RV rv;

	memset(ret, 0, sizeof(*ret));
	rv = CALL(hsm, C_GetAttributeValue, hsm->session, object, &query, 1);
	switch (rv) {
	case CKR_OK:
		if (query.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
			ret->state = ATTRIBUTE_ABSENT;
		} else if (query.ulValueLen > size) {
			ret->state = ATTRIBUTE_TOO_LONG;
		} else {
			ret->state = ATTRIBUTE_PRESENT;
			ret->len = query.ulValueLen;
		}
		return true;
	case CKR_ATTRIBUTE_TYPE_INVALID:
	case CKR_ATTRIBUTE_SENSITIVE:
		ret->state = ATTRIBUTE_ABSENT;
		return true;
	case CKR_BUFFER_TOO_SMALL:
		ret->state = ATTRIBUTE_TOO_LONG;
		return true;
	default:
		rv_fail(
		    err, rv, "C_GetAttributeValue of attribute 0x%lx", type);
		err->code = is_of_token(rv) ? E_HSM : E_INPUT;
		return false;
	}
}

/* PKCS#11 2.40 section 5.7: without a buffer the token says how long it is. */
static bool
length_of(struct hsm *hsm, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    size_t *ret)
{
	CK_ATTRIBUTE query = { type, NULL, 0 };
	CK_RV rv =
	    CALL(hsm, C_GetAttributeValue, hsm->session, object, &query, 1);

	if (rv != CKR_OK || query.ulValueLen > ATTRIBUTE_MAX)
		return false;
	*ret = query.ulValueLen;
	return true;
}

/* Some tokens want a buffer of the value's very size: they are asked for it. */
bool
object_read(struct hsm *hsm, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    struct attribute *ret, struct err *err)
{
	size_t len;

	if (!read_into(hsm, object, type, sizeof(ret->data), ret, err))
		return false;
	if (ret->state != ATTRIBUTE_TOO_LONG ||
	    !length_of(hsm, object, type, &len))
		return true;
	return read_into(hsm, object, type, len, ret, err);
}

bool
object_read_bool(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, bool *ret, bool *ret_absent, struct err *err)
{
	struct attribute value;

	if (!read_into(hsm, object, type, sizeof(CK_BBOOL), &value, err))
		return false;
	if (value.state != ATTRIBUTE_ABSENT &&
	    (value.len != sizeof(CK_BBOOL) ||
		(value.data[0] != CK_TRUE && value.data[0] != CK_FALSE)))
		return err_set(
		    err, E_INPUT, "attribute 0x%lx is not a truth value", type);
	if (ret_absent != NULL)
		*ret_absent = value.state == ATTRIBUTE_ABSENT;
	*ret = value.len > 0 && value.data[0] == CK_TRUE;
	return true;
}

bool
object_read_ulong(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *ret, struct err *err)
{
	struct attribute value;

	if (!read_into(hsm, object, type, sizeof(*ret), &value, err))
		return false;
	if (value.state == ATTRIBUTE_ABSENT) {
		*ret = CK_UNAVAILABLE_INFORMATION;
		return true;
	}
	if (value.len != sizeof(*ret))
		return err_set(
		    err, E_INPUT, "attribute 0x%lx is not a number", type);
	memcpy(ret, value.data, sizeof(*ret));
	return true;
}
