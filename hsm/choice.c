#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/rv.h"
#include "ksr/base/uri.h"

/* Tokens named in the message of a choice that is not clear. */
#define CHOICES_TEXT_MAX 800u

/* A slot with a token, as the token gives it. */
struct candidate {
	CK_SLOT_ID slot;
	CK_RV rv;           /* of C_GetTokenInfo */
	CK_TOKEN_INFO info; /* zeros where that failed */
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

/* Octets up to `last` as they are, unless they are control characters. */
static void
copy_up_to(uint8_t last, char *ret, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		ret[i] = c < 0x20 || c == 0x7f || c > last ? '?' : (char)c;
	}
	ret[text.len] = '\0';
}

static void
copy_printable(char *ret, struct bytes text)
{
	copy_up_to(0x7e, ret, text);
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
	copy_up_to(0xff, token.name, UNPADDED(info->label));
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
 * The tokens of all slots.  A slot without one, or with a card that is none of
 * this module's, is passed over; one that cannot be read is kept with its
 * reason, so that it spoils no choice but its own.
 */
static bool
list_candidates(
    struct hsm *hsm, struct candidate **ret, size_t *ret_n, struct err *err)
{
	struct candidate *list;
	CK_SLOT_ID *slots;
	size_t n_slots, n = 0;

	if (!slots_list(hsm, &slots, &n_slots, err))
		return false;
	list = calloc(n_slots + 1, sizeof(*list));
	if (list == NULL) {
		free(slots);
		return err_set(err, E_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < n_slots; i++) {
		struct candidate c = { .slot = slots[i] };

		c.rv = hsm->p11->C_GetTokenInfo(c.slot, &c.info);
		if (c.rv == CKR_TOKEN_NOT_PRESENT ||
		    c.rv == CKR_TOKEN_NOT_RECOGNIZED)
			continue;
		if (c.rv != CKR_OK)
			memset(&c.info, 0, sizeof(c.info));
		list[n++] = c;
	}
	free(slots);
	*ret = list;
	*ret_n = n;
	return true;
}

/* Where all tokens count, each must be readable. */
static bool
all_readable(const struct hsm *hsm, const struct candidate *list, size_t n,
    struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].rv != CKR_OK)
			return rv_fail(err, list[i].rv,
			    "%s: slot %lu: C_GetTokenInfo", hsm->module,
			    list[i].slot);
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
	if (!all_readable(hsm, list, n, err)) {
		free(list);
		return false;
	}
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
	bool ok = true;

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
	/* An unreadable token may be the one: "the only one" is no choice then. */
	if (n_matches == 0 || uri_text[0] == '\0')
		ok = all_readable(hsm, list, n, err);
	if (ok)
		ok = n_matches == 1
		    ? select_candidate(hsm, &list[chosen], err)
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

void
token_refresh(struct hsm *hsm)
{
	struct hsm_token now;
	struct err ignored;

	if (token_read(hsm, hsm->token.slot, &now, &ignored))
		hsm->token = now;
}

/* The logout first: it needs the session. */
void
token_deselect(struct hsm *hsm)
{
	if (!hsm->selected)
		return;
	token_logout(hsm);
	hsm->p11->C_CloseSession(hsm->session);
	hsm->selected = false;
	hsm->token = (struct hsm_token){ 0 };
}
