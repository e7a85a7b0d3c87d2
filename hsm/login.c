#include <string.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

/* By the token's own word. */
static bool
read_login_state(struct hsm *hsm, bool *ret, struct err *err)
{
	CK_SESSION_INFO info = { 0 };
	CK_RV rv = CALL(hsm, C_GetSessionInfo, hsm->session, &info);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_GetSessionInfo");
	*ret = info.state == CKS_RO_USER_FUNCTIONS ||
	    info.state == CKS_RW_USER_FUNCTIONS;
	return true;
}

/* A login that this program took back is none, whatever remains of it. */
bool
token_require_login(struct hsm *hsm, struct err *err)
{
	bool logged_in = false;

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if (!hsm->token.login_required)
		return true;
	if (!read_login_state(hsm, &logged_in, err))
		return false;
	if (!logged_in || !hsm->logged_in)
		return err_set(err, E_HSM, "not logged in");
	return true;
}

void
token_logout(struct hsm *hsm)
{
	if (hsm->logged_in)
		CALL(hsm, C_Logout, hsm->session);
	hsm->logged_in = false;
}

static bool
fail_login(struct hsm *hsm, CK_RV rv, struct err *err)
{
	token_refresh(hsm);
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return rv_fail(err, rv, "wrong PIN%s",
		    hsm->token.user_pin_locked          ? ", PIN locked"
			: hsm->token.user_pin_final_try ? ", one try left"
							: "");
	case CKR_PIN_LOCKED:
		return rv_fail(err, rv, "PIN locked");
	case CKR_PIN_EXPIRED:
		return rv_fail(err, rv, "the PIN has expired");
	case CKR_USER_PIN_NOT_INITIALIZED:
		return rv_fail(err, rv, "no user PIN is set");
	default:
		return rv_fail(err, rv, "login failed");
	}
}

static bool
log_in(struct hsm *hsm, const char *pin, struct err *err)
{
	bool logged_in = false;
	CK_RV rv;

	if (!read_login_state(hsm, &logged_in, err))
		return false;
	/* A login now would succeed with any PIN, on some tokens. */
	if (logged_in)
		return err_set(err, E_HSM, "already logged in");
	token_refresh(hsm);
	if (hsm->token.user_pin_locked)
		return err_set(err, E_HSM, "PIN locked");
	rv = CALL(hsm, C_Login, hsm->session, CKU_USER,
	    (CK_UTF8CHAR *)(uintptr_t)pin, pin == NULL ? 0 : strlen(pin));
	if (rv != CKR_OK)
		return fail_login(hsm, rv, err);
	hsm->logged_in = true;
	return true;
}

/*
 * Some tokens that require no login show more after one, and none of them
 * counts a try without a PIN.
 */
static void
try_login(struct hsm *hsm)
{
	hsm->logged_in =
	    CALL(hsm, C_Login, hsm->session, CKU_USER, NULL, 0) == CKR_OK;
}

bool
here_login(struct hsm *hsm, const char *pin, struct err *err)
{
	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if (!hsm->token.login_required) {
		try_login(hsm);
		token_refresh(hsm);
		return token_check_serial(hsm, err) || token_context(hsm, err);
	}
	if (pin == NULL && !hsm->token.pin_pad)
		return err_set(err, E_HSM, "the token has no pin pad");
	if (pin != NULL && strlen(pin) > PIN_MAX)
		return err_set(
		    err, E_HSM, "the PIN is longer than %u octets", PIN_MAX);
	if (!log_in(hsm, pin, err))
		return token_context(hsm, err);
	if (!token_require_login(hsm, err)) {
		err_prefix(err, "the token took the PIN, but");
		token_logout(hsm);
		return token_context(hsm, err);
	}
	token_refresh(hsm);
	if (!token_check_serial(hsm, err)) {
		token_logout(hsm);
		return token_context(hsm, err);
	}
	return true;
}

void
here_pin_each(struct hsm *hsm, const char *pin)
{
	hsm->pin_each = true;
	hsm->key_pin = pin;
}

/* PKCS#11 2.40 section 5.6: C_Login with CKU_CONTEXT_SPECIFIC. */
bool
token_login_for_key(struct hsm *hsm, struct err *err)
{
	const char *pin = hsm->key_pin;
	CK_RV rv = CALL(hsm, C_Login, hsm->session, CKU_CONTEXT_SPECIFIC,
	    (CK_UTF8CHAR *)(uintptr_t)pin, pin == NULL ? 0 : strlen(pin));

	return rv == CKR_OK ||
	    rv_fail(err, rv, "the PIN before the signature: C_Login");
}
