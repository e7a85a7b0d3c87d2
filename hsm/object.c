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
		CK_RV rv = hsm->p11->C_FindObjects(
		    hsm->session, list + n, BATCH, &got);

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
	rv = hsm->p11->C_FindObjectsInit(hsm->session, match, n_match);
	if (rv != CKR_OK) {
		free(list);
		return rv_fail(err, rv, "C_FindObjectsInit");
	}
	ok = take_batches(hsm, list, ret_n, err);
	rv = hsm->p11->C_FindObjectsFinal(hsm->session);
	if (ok && rv != CKR_OK)
		ok = rv_fail(err, rv, "C_FindObjectsFinal");
	if (!ok) {
		free(list);
		return false;
	}
	*ret = list;
	return true;
}

bool
object_read(struct hsm *hsm, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    struct attribute *ret, struct err *err)
{
	CK_ATTRIBUTE query = { type, ret->data, sizeof(ret->data) };
	CK_RV rv;

	/* A token may claim a length and write nothing. */
	memset(ret, 0, sizeof(*ret));
	rv = hsm->p11->C_GetAttributeValue(hsm->session, object, &query, 1);

	switch (rv) {
	case CKR_OK:
		if (query.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
			ret->state = ATTRIBUTE_ABSENT;
		} else if (query.ulValueLen > sizeof(ret->data)) {
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
		return rv_fail(
		    err, rv, "C_GetAttributeValue of attribute 0x%lx", type);
	}
}

bool
object_read_bool(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, bool *ret, bool *ret_absent, struct err *err)
{
	struct attribute value;

	if (!object_read(hsm, object, type, &value, err))
		return false;
	if (value.state != ATTRIBUTE_ABSENT &&
	    (value.len != sizeof(CK_BBOOL) ||
		(value.data[0] != CK_TRUE && value.data[0] != CK_FALSE)))
		return err_set(
		    err, E_HSM, "attribute 0x%lx is not a truth value", type);
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

	if (!object_read(hsm, object, type, &value, err))
		return false;
	if (value.state == ATTRIBUTE_ABSENT) {
		*ret = CK_UNAVAILABLE_INFORMATION;
		return true;
	}
	if (value.len != sizeof(*ret))
		return err_set(
		    err, E_HSM, "attribute 0x%lx is not a number", type);
	memcpy(ret, value.data, sizeof(*ret));
	return true;
}
