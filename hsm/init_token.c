#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

#define LABEL_SIZE 32u /* CK_TOKEN_INFO.label, padded with blanks */

static bool
find_free_slot(
    struct hsm *hsm, const char *label, CK_SLOT_ID *ret, struct err *err)
{
	struct hsm_token *tokens;
	bool found = false, taken = false;
	size_t n;

	if (!here_tokens(hsm, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (tokens[i].initialised) {
			taken |= strcmp(tokens[i].label, label) == 0;
		} else if (!found && tokens[i].trouble[0] == '\0') {
			*ret = tokens[i].slot;
			found = true;
		}
	}
	free(tokens);
	if (taken)
		return err_set(
		    err, E_HSM, "a token \"%s\" exists already", label);
	if (!found)
		return err_set(
		    err, E_HSM, "%s has no uninitialised slot", hsm->module);
	return true;
}

/* In one security officer's session: C_InitPIN needs it read-write. */
static bool
set_user_pin(struct hsm *hsm, CK_SLOT_ID slot, const char *so_pin,
    const char *pin, struct err *err)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
	CK_SESSION_HANDLE session;
	CK_RV rv;

	rv = CALL(hsm, C_OpenSession, slot, flags, NULL, NULL, &session);
	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_OpenSession");
	rv = CALL(hsm, C_Login, session, CKU_SO,
	    (CK_UTF8CHAR *)(uintptr_t)so_pin, strlen(so_pin));
	if (rv != CKR_OK) {
		rv_fail(err, rv, "the security officer's login");
	} else {
		rv = CALL(hsm, C_InitPIN, session,
		    (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
		if (rv != CKR_OK)
			rv_fail(err, rv, "C_InitPIN");
		CALL(hsm, C_Logout, session);
	}
	CALL(hsm, C_CloseSession, session);
	return rv == CKR_OK;
}

static bool
init_slot(struct hsm *hsm, CK_SLOT_ID slot, const char *label,
    const char *so_pin, struct hsm_token *ret, struct err *err)
{
	CK_UTF8CHAR padded[LABEL_SIZE];
	CK_RV rv;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	rv = CALL(hsm, C_InitToken, slot, (CK_UTF8CHAR *)(uintptr_t)so_pin,
	    strlen(so_pin), padded);
	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_InitToken");
	return token_read(hsm, slot, ret, err);
}

/* By label and serial: SoftHSM gives a new token a new slot number. */
static bool
find_again(struct hsm *hsm, const struct hsm_token *fresh,
    struct hsm_token *ret, struct err *err)
{
	struct hsm_token *tokens;
	bool found = false;
	size_t n;

	if (!here_tokens(hsm, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		found = tokens[i].initialised &&
		    strcmp(tokens[i].label, fresh->label) == 0 &&
		    strcmp(tokens[i].serial, fresh->serial) == 0;
		if (found)
			*ret = tokens[i];
	}
	free(tokens);
	if (!found)
		return err_set(
		    err, E_HSM, "the token is gone after its initialisation");
	return true;
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

bool
here_init_token(struct hsm *hsm, const char *label, const char *so_pin,
    const char *pin, struct hsm_token *ret, struct err *err)
{
	struct hsm_token fresh;
	CK_SLOT_ID slot = 0;

	token_deselect(hsm);
	if (label[0] == '\0' || strlen(label) > LABEL_SIZE ||
	    label[strlen(label) - 1] == ' ' || !is_printable(label))
		return err_set(err, E_HSM,
		    "a token's label is 1 to %u printable characters",
		    LABEL_SIZE);
	if (!find_free_slot(hsm, label, &slot, err))
		return false;
	if (!init_slot(hsm, slot, label, so_pin, &fresh, err) ||
	    !set_user_pin(hsm, slot, so_pin, pin, err))
		return err_prefix(err, "token \"%s\"", label);
	/* Slot numbers settle at the next C_Initialize. */
	module_stop(hsm);
	if (!module_start(hsm, err))
		return false;
	return find_again(hsm, &fresh, ret, err);
}
