#include <stdlib.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

/*
 * PKCS#11 2.40 section 5.5: the first call says how many there are, and the
 * second may say otherwise: a reader came or went.  What a token claims is
 * never believed beyond the room it was given.
 */
bool
slots_list(struct hsm *hsm, CK_SLOT_ID **ret, size_t *ret_n, struct err *err)
{
	CK_SLOT_ID *list;
	CK_ULONG n = SLOTS_MAX;
	CK_RV rv;

	if (!hsm->started)
		return err_set(err, E_HSM, "%s is closed", hsm->module);
	list = calloc(SLOTS_MAX, sizeof(*list));
	if (list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	/* Some modules look for new tokens when they are asked how many only. */
	rv = CALL(hsm, C_GetSlotList, CK_FALSE, NULL, &n);
	n = SLOTS_MAX;
	if (rv == CKR_OK)
		rv = CALL(hsm, C_GetSlotList, CK_FALSE, list, &n);
	if (rv != CKR_OK || n > SLOTS_MAX) {
		free(list);
		if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
			return err_set(err, E_HSM,
			    "%s: it has %lu slots, expected at most %u",
			    hsm->module, n, SLOTS_MAX);
		return rv_fail(
		    err, rv, "%s: cannot list its slots", hsm->module);
	}
	*ret = list;
	*ret_n = n;
	return true;
}
