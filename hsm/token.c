#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "hsm/internal.h"
#include "hsm/rv.h"
#include "hsm/uri.h"

/* Tokens named in the message of a choice that is not clear. */
#define CHOICES_TEXT_MAX 800u

/* A slot with a token, as the token gives it. */
struct candidate {
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
};

/* CK_TOKEN_INFO pads with blanks and has no NUL. */
static struct bytes
unpadded(const unsigned char *field, size_t size)
{
	while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
		size--;
	return (struct bytes){ field, size };
}

#define UNPADDED(field) unpadded((field), sizeof(field))

static void
copy_printable(char *ret, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		ret[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret[text.len] = '\0';
}

static struct hsm_token
token_of(const struct candidate *candidate)
{
	const CK_TOKEN_INFO *info = &candidate->info;
	struct hsm_token token = {
		.slot = candidate->slot,
		.initialised = info->flags & CKF_TOKEN_INITIALIZED,
		.user_pin_set = info->flags & CKF_USER_PIN_INITIALIZED,
		.user_pin_locked = info->flags & CKF_USER_PIN_LOCKED,
		.user_pin_final_try = info->flags & CKF_USER_PIN_FINAL_TRY,
	};

	copy_printable(token.label, UNPADDED(info->label));
	copy_printable(token.manufacturer, UNPADDED(info->manufacturerID));
	copy_printable(token.model, UNPADDED(info->model));
	copy_printable(token.serial, UNPADDED(info->serialNumber));
	return token;
}

bool
token_read(
    struct hsm *hsm, unsigned long slot, struct hsm_token *ret, struct err *err)
{
	struct candidate candidate = { .slot = slot };
	CK_RV rv = hsm->p11->C_GetTokenInfo(slot, &candidate.info);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "slot %lu: C_GetTokenInfo", slot);
	*ret = token_of(&candidate);
	return true;
}

/*
 * Slots come from libp11; the token's fields from the token itself, because
 * libp11 keeps what it once read.
 */
static bool
list_candidates(
    struct hsm *hsm, struct candidate **ret, size_t *ret_n, struct err *err)
{
	struct candidate *list;
	size_t n = 0;

	/* A new list would end the session and the login. */
	if (!hsm->selected && !module_list_slots(hsm, err))
		return false;
	list = calloc((size_t)hsm->n_slots + 1, sizeof(*list));
	if (list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (unsigned int i = 0; i < hsm->n_slots; i++) {
		struct candidate *c = &list[n];
		CK_RV rv;

		c->slot = PKCS11_get_slotid_from_slot(&hsm->slots[i]);
		rv = hsm->p11->C_GetTokenInfo(c->slot, &c->info);
		if (rv == CKR_TOKEN_NOT_PRESENT)
			continue;
		if (rv != CKR_OK) {
			rv_fail(err, rv, "%s: slot %lu: C_GetTokenInfo",
			    hsm->module, c->slot);
			free(list);
			return false;
		}
		n++;
	}
	*ret = list;
	*ret_n = n;
	return true;
}

bool
hsm_tokens(
    struct hsm *hsm, struct hsm_token **ret, size_t *ret_n, struct err *err)
{
	struct candidate *list;
	struct hsm_token *tokens;
	size_t n;

	if (!list_candidates(hsm, &list, &n, err))
		return false;
	tokens = calloc(n + 1, sizeof(*tokens));
	if (tokens == NULL) {
		free(list);
		return err_set(err, E_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < n; i++)
		tokens[i] = token_of(&list[i]);
	free(list);
	*ret = tokens;
	*ret_n = n;
	return true;
}

static bool
value_matches(const struct uri_value *value, struct bytes field)
{
	struct bytes wanted = { (const uint8_t *)value->data, value->len };

	return !value->given || bytes_equal(wanted, field);
}

static bool
uri_matches(const struct token_uri *uri, const struct candidate *candidate)
{
	const CK_TOKEN_INFO *info = &candidate->info;

	return (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	    value_matches(&uri->token, UNPADDED(info->label)) &&
	    value_matches(&uri->manufacturer, UNPADDED(info->manufacturerID)) &&
	    value_matches(&uri->model, UNPADDED(info->model)) &&
	    value_matches(&uri->serial, UNPADDED(info->serialNumber)) &&
	    (!uri->slot_id.given || uri->slot == candidate->slot);
}

/* "label" (serial 0123): pkcs11:token=label;serial=0123 */
static void
describe(const struct candidate *candidate, struct buf *ret)
{
	const CK_TOKEN_INFO *info = &candidate->info;
	struct hsm_token token = token_of(candidate);

	buf_printf(ret,
	    "%s\"%s\" (serial %s): pkcs11:token=", ret->len == 0 ? "" : "; ",
	    token.label, token.serial);
	uri_escape(UNPADDED(info->label), ret);
	buf_puts(ret, ";serial=");
	uri_escape(UNPADDED(info->serialNumber), ret);
}

static bool
fail_choice(const struct hsm *hsm, const struct token_uri *uri,
    const struct candidate *list, size_t n, size_t n_matches, struct err *err)
{
	struct buf text = buf_new(CHOICES_TEXT_MAX);

	/* With no match all tokens are named, else those that match. */
	for (size_t i = 0; i < n; i++)
		if (list[i].info.flags & CKF_TOKEN_INITIALIZED &&
		    (n_matches == 0 || uri_matches(uri, &list[i])))
			describe(&list[i], &text);
	if (text.len == 0)
		err_set(err, E_HSM, "%s: no initialised token", hsm->module);
	else if (n_matches == 0)
		err_set(err, E_HSM,
		    "%s: no token matches the URI; present: %.*s", hsm->module,
		    (int)text.len, (const char *)text.data);
	else
		err_set(err, E_HSM,
		    "%s: %zu tokens match, choose one by its URI: %.*s",
		    hsm->module, n_matches, (int)text.len,
		    (const char *)text.data);
	buf_free(&text);
	return false;
}

/*
 * Read-write where the token takes it, for keygen; signing is content with
 * less.
 */
static bool
open_session(struct hsm *hsm, CK_SLOT_ID slot, bool *ret_read_only,
    CK_SESSION_HANDLE *ret, struct err *err)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
	bool read_only = false;
	CK_RV rv;

	rv = hsm->p11->C_OpenSession(slot, flags, NULL, NULL, ret);
	if (rv == CKR_TOKEN_WRITE_PROTECTED) {
		read_only = true;
		rv = hsm->p11->C_OpenSession(
		    slot, CKF_SERIAL_SESSION, NULL, NULL, ret);
	}
	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_OpenSession");
	*ret_read_only = read_only;
	return true;
}

static bool
select_candidate(
    struct hsm *hsm, const struct candidate *candidate, struct err *err)
{
	hsm->token = token_of(candidate);
	if (!open_session(
		hsm, candidate->slot, &hsm->read_only, &hsm->session, err)) {
		token_context(hsm, err);
		hsm->token = (struct hsm_token){ 0 };
		return false;
	}
	hsm->selected = true;
	return true;
}

bool
hsm_select(struct hsm *hsm, const char *uri_text, struct err *err)
{
	struct token_uri uri = { 0 };
	struct candidate *list;
	size_t n, chosen = 0, n_matches = 0;
	bool ok;

	if (uri_text[0] != '\0' && !uri_parse(uri_text, &uri, err))
		return false;
	token_deselect(hsm);
	if (!list_candidates(hsm, &list, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (uri_matches(&uri, &list[i])) {
			chosen = i;
			n_matches++;
		}
	}
	ok = n_matches == 1 ? select_candidate(hsm, &list[chosen], err)
			    : fail_choice(hsm, &uri, list, n, n_matches, err);
	free(list);
	return ok;
}

const struct hsm_token *
hsm_selected(const struct hsm *hsm)
{
	return hsm->selected ? &hsm->token : NULL;
}

bool
token_context(const struct hsm *hsm, struct err *err)
{
	if (hsm->token.serial[0] == '\0' && hsm->token.label[0] == '\0')
		return false;
	return err_prefix(err, "token \"%s\" (serial %s)", hsm->token.label,
	    hsm->token.serial);
}

static PKCS11_SLOT *
selected_slot(const struct hsm *hsm)
{
	for (unsigned int i = 0; i < hsm->n_slots; i++)
		if (PKCS11_get_slotid_from_slot(&hsm->slots[i]) ==
		    hsm->token.slot)
			return &hsm->slots[i];
	return NULL;
}

void
token_deselect(struct hsm *hsm)
{
	PKCS11_SLOT *slot;

	if (!hsm->selected)
		return;
	slot = selected_slot(hsm);
	hsm->p11->C_CloseSession(hsm->session);
	if (hsm->logged_in && slot != NULL)
		PKCS11_logout(slot);
	ERR_clear_error();
	hsm->logged_in = false;
	hsm->selected = false;
	hsm->token = (struct hsm_token){ 0 };
}

/* libp11 remembers logins that never were; the token knows. */
static bool
read_login_state(struct hsm *hsm, bool *ret, struct err *err)
{
	CK_SESSION_INFO info = { 0 };
	CK_RV rv = hsm->p11->C_GetSessionInfo(hsm->session, &info);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "C_GetSessionInfo");
	*ret = info.state == CKS_RO_USER_FUNCTIONS ||
	    info.state == CKS_RW_USER_FUNCTIONS;
	return true;
}

bool
token_require_login(struct hsm *hsm, struct err *err)
{
	bool logged_in;

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if (!read_login_state(hsm, &logged_in, err))
		return false;
	if (!logged_in)
		return err_set(err, E_HSM, "not logged in");
	return true;
}

/* The PIN's flags change with each login. */
static void
refresh_token(struct hsm *hsm)
{
	struct hsm_token now;
	struct err ignored;

	if (token_read(hsm, hsm->token.slot, &now, &ignored))
		hsm->token = now;
}

static bool
fail_login(struct hsm *hsm, CK_RV rv, struct err *err)
{
	refresh_token(hsm);
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

/*
 * libp11 opens a session of its own to log in, and waits for ever if it cannot
 * have one.
 */
static bool
probe_session(struct hsm *hsm, struct err *err)
{
	CK_SESSION_HANDLE session;
	CK_RV rv = hsm->p11->C_OpenSession(
	    hsm->token.slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "no second session for the login");
	hsm->p11->C_CloseSession(session);
	return true;
}

static bool
log_in(struct hsm *hsm, const char *pin, struct err *err)
{
	PKCS11_SLOT *slot = selected_slot(hsm);
	bool logged_in = false;

	if (slot == NULL)
		return err_set(err, E_HSM, "its slot is gone");
	if (!read_login_state(hsm, &logged_in, err))
		return false;
	/* A login now would succeed with any PIN. */
	if (logged_in)
		return err_set(err, E_HSM, "already logged in");
	refresh_token(hsm);
	if (hsm->token.user_pin_locked)
		return err_set(err, E_HSM, "PIN locked");
	if (!probe_session(hsm, err))
		return false;
	ERR_clear_error();
	if (PKCS11_login(slot, 0, pin) != 0)
		return fail_login(hsm, rv_queued(), err);
	hsm->logged_in = true;
	return true;
}

bool
hsm_login(struct hsm *hsm, const char *pin, struct err *err)
{
	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if (strlen(pin) > PIN_MAX)
		return err_set(
		    err, E_HSM, "the PIN is longer than %u octets", PIN_MAX);
	if (!log_in(hsm, pin, err))
		return token_context(hsm, err);
	if (!token_require_login(hsm, err)) {
		PKCS11_SLOT *slot = selected_slot(hsm);

		err_prefix(err, "the token took the PIN, but");
		/* So that libp11 forgets the login that it believes in. */
		if (slot != NULL)
			PKCS11_logout(slot);
		hsm->logged_in = false;
		return token_context(hsm, err);
	}
	refresh_token(hsm);
	return true;
}
