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
	CK_SLOT_INFO place; /* zeros where C_GetSlotInfo failed */
};

/* What there is to choose from. */
struct candidates {
	CK_INFO library;
	struct candidate *list; /* owned */
	size_t n;
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
		.login_required = info->flags & CKF_LOGIN_REQUIRED,
		.pin_pad = info->flags & CKF_PROTECTED_AUTHENTICATION_PATH,
		.user_pin_set = info->flags & CKF_USER_PIN_INITIALIZED,
		.user_pin_locked = info->flags & CKF_USER_PIN_LOCKED,
		.user_pin_count_low = info->flags & CKF_USER_PIN_COUNT_LOW,
		.user_pin_final_try = info->flags & CKF_USER_PIN_FINAL_TRY,
	};

	if (candidate->rv != CKR_OK)
		rv_text(candidate->rv, token.trouble, sizeof(token.trouble));
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
	CK_RV rv = CALL(hsm, C_GetTokenInfo, slot, &candidate.info);

	if (rv != CKR_OK)
		return rv_fail(err, rv, "slot %lu: C_GetTokenInfo", slot);
	*ret = token_of(&candidate);
	return true;
}

/*
 * An empty slot is passed over.  One that cannot be read, or whose card is none
 * of this module's, is kept with its reason, so that it spoils no choice but
 * its own.
 */
static bool
read_candidate(struct hsm *hsm, CK_SLOT_ID slot, struct candidate *ret)
{
	struct candidate c = { .slot = slot };

	c.rv = CALL(hsm, C_GetTokenInfo, slot, &c.info);
	if (c.rv == CKR_TOKEN_NOT_PRESENT)
		return false;
	if (c.rv != CKR_OK)
		memset(&c.info, 0, sizeof(c.info));
	if (CALL(hsm, C_GetSlotInfo, slot, &c.place) != CKR_OK)
		memset(&c.place, 0, sizeof(c.place));
	*ret = c;
	return true;
}

static bool
list_candidates(struct hsm *hsm, struct candidates *ret, struct err *err)
{
	struct candidates all = { .n = 0 };
	CK_SLOT_ID *slots;
	size_t n_slots;

	if (!slots_list(hsm, &slots, &n_slots, err))
		return false;
	all.list = calloc(n_slots + 1, sizeof(*all.list));
	if (all.list == NULL) {
		free(slots);
		return err_set(err, E_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < n_slots; i++)
		all.n += read_candidate(hsm, slots[i], &all.list[all.n]);
	free(slots);
	if (CALL(hsm, C_GetInfo, &all.library) != CKR_OK)
		memset(&all.library, 0, sizeof(all.library));
	*ret = all;
	return true;
}

/* Where all tokens count, each must be readable; a foreign card is none. */
static bool
all_readable(
    const struct hsm *hsm, const struct candidates *all, struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		CK_RV rv = all->list[i].rv;

		if (rv != CKR_OK && rv != CKR_TOKEN_NOT_RECOGNIZED)
			return rv_fail(err, rv, "%s: slot %lu: C_GetTokenInfo",
			    hsm->module, all->list[i].slot);
	}
	return true;
}

bool
here_tokens(
    struct hsm *hsm, struct hsm_token **ret, size_t *ret_n, struct err *err)
{
	struct candidates all;
	struct hsm_token *tokens;

	if (!list_candidates(hsm, &all, err))
		return false;
	tokens = calloc(all.n + 1, sizeof(*tokens));
	if (tokens == NULL) {
		free(all.list);
		return err_set(err, E_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < all.n; i++)
		tokens[i] = token_of(&all.list[i]);
	free(all.list);
	*ret = tokens;
	*ret_n = all.n;
	return true;
}

static bool
value_matches(const struct uri_value *value, struct bytes field)
{
	struct bytes wanted = { (const uint8_t *)value->data, value->len };

	return !value->given || bytes_equal(wanted, field);
}

static bool
library_matches(const struct token_uri *uri, const CK_INFO *library)
{
	return value_matches(&uri->library_description,
		   UNPADDED(library->libraryDescription)) &&
	    value_matches(&uri->library_manufacturer,
		UNPADDED(library->manufacturerID)) &&
	    (!uri->library_version.given ||
		(uri->library_major == library->libraryVersion.major &&
		    uri->library_minor == library->libraryVersion.minor));
}

static bool
slot_matches(const struct token_uri *uri, const struct candidate *candidate)
{
	const CK_SLOT_INFO *place = &candidate->place;

	return value_matches(
		   &uri->slot_description, UNPADDED(place->slotDescription)) &&
	    value_matches(
		&uri->slot_manufacturer, UNPADDED(place->manufacturerID)) &&
	    (!uri->slot_id.given || uri->slot == candidate->slot);
}

/* All that the URI gives. */
static bool
uri_matches(const struct token_uri *uri, const CK_INFO *library,
    const struct candidate *candidate)
{
	const CK_TOKEN_INFO *info = &candidate->info;

	return (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	    value_matches(&uri->token, UNPADDED(info->label)) &&
	    value_matches(&uri->manufacturer, UNPADDED(info->manufacturerID)) &&
	    value_matches(&uri->model, UNPADDED(info->model)) &&
	    value_matches(&uri->serial, UNPADDED(info->serialNumber)) &&
	    slot_matches(uri, candidate) && library_matches(uri, library);
}

static size_t
count_matches(
    const struct token_uri *uri, const struct candidates *all, size_t *ret_last)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (uri_matches(uri, &all->library, &all->list[i])) {
			*ret_last = i;
			n++;
		}
	}
	return n;
}

/* Some tokens show a text such as "No slot selected" until the login. */
static bool
shows_serial(const struct candidate *candidate)
{
	struct bytes serial = UNPADDED(candidate->info.serialNumber);

	for (size_t i = 0; i < serial.len; i++)
		if (serial.data[i] >= '0' && serial.data[i] <= '9')
			return true;
	return false;
}

/* The only one that may be meant and shows no serial number yet. */
static bool
match_later(
    const struct token_uri *uri, const struct candidates *all, size_t *ret)
{
	struct token_uri without = *uri;

	without.serial.given = false;
	return uri->serial.given && count_matches(&without, all, ret) == 1 &&
	    !shows_serial(&all->list[*ret]);
}

enum uri_parts { URI_NAMES, URI_NAMES_AND_SLOT, URI_SLOT };

static void
put_uri(
    const struct candidate *candidate, enum uri_parts parts, struct buf *ret)
{
	struct bytes label = UNPADDED(candidate->info.label);
	const char *separator = "";

	buf_puts(ret, "pkcs11:");
	if (parts != URI_SLOT && label.len > 0) {
		buf_puts(ret, "token=");
		uri_escape(label, ret);
		separator = ";";
	}
	if (parts != URI_SLOT && shows_serial(candidate)) {
		buf_printf(ret, "%sserial=", separator);
		uri_escape(UNPADDED(candidate->info.serialNumber), ret);
		separator = ";";
	}
	if (parts != URI_NAMES)
		buf_printf(ret, "%sslot-id=%lu", separator, candidate->slot);
}

/* The shortest that leads to this token and to no other. */
static void
propose(const struct candidates *all, const struct candidate *candidate,
    struct buf *ret)
{
	for (int parts = URI_NAMES; parts <= URI_SLOT; parts++) {
		struct buf text = buf_new(CHOICES_TEXT_MAX);
		struct token_uri uri;
		struct err ignored;
		size_t last;
		bool good;

		put_uri(candidate, (enum uri_parts)parts, &text);
		buf_u8(&text, 0);
		good = !text.failed &&
		    uri_parse((const char *)text.data, &uri, &ignored) &&
		    count_matches(&uri, all, &last) == 1;
		if (good)
			buf_puts(ret, (const char *)text.data);
		buf_free(&text);
		if (good)
			return;
	}
}

/* "label" (serial 0123): pkcs11:token=label;serial=0123 */
static void
describe(const struct candidates *all, const struct candidate *candidate,
    struct buf *ret)
{
	struct hsm_token token = token_of(candidate);

	buf_printf(ret, "%s\"%s\" (serial %s): ", ret->len == 0 ? "" : "; ",
	    token.label, token.serial[0] == '\0' ? "none" : token.serial);
	propose(all, candidate, ret);
}

/* With no match all tokens are named, else those that match: whole, or not. */
static void
describe_all(const struct token_uri *uri, const struct candidates *all,
    bool matching, struct buf *ret)
{
	size_t left_out = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct candidate *c = &all->list[i];
		struct buf longer = buf_new(CHOICES_TEXT_MAX);

		if ((c->info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
		    (!matching || uri_matches(uri, &all->library, c))) {
			buf_put(&longer, ret->data, ret->len);
			describe(all, c, &longer);
			if (longer.failed) {
				left_out++;
			} else {
				ret->len = 0;
				buf_put(ret, longer.data, longer.len);
			}
		}
		buf_free(&longer);
	}
	if (left_out > 0)
		buf_printf(ret, "; and %zu more", left_out);
}

static bool
fail_choice(const struct hsm *hsm, const struct token_uri *uri,
    const struct candidates *all, size_t n_matches, struct err *err)
{
	struct buf text = buf_new(CHOICES_TEXT_MAX + 32);

	describe_all(uri, all, n_matches > 0, &text);
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

	rv = CALL(hsm, C_OpenSession, slot, flags, NULL, NULL, ret);
	if (rv == CKR_TOKEN_WRITE_PROTECTED) {
		read_only = true;
		rv = CALL(hsm, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL,
		    NULL, ret);
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

/* An unreadable token may be the one: "the only one" is no choice then. */
static bool
choose(struct hsm *hsm, const struct token_uri *uri,
    const struct candidates *all, bool any, struct err *err)
{
	size_t chosen = 0, n = count_matches(uri, all, &chosen);

	if ((n == 0 || any) && !all_readable(hsm, all, err))
		return false;
	if (n == 0 && match_later(uri, all, &chosen)) {
		if (!select_candidate(hsm, &all->list[chosen], err))
			return false;
		memcpy(hsm->late_serial, uri->serial.data,
		    sizeof(hsm->late_serial));
		return true;
	}
	return n == 1 ? select_candidate(hsm, &all->list[chosen], err)
		      : fail_choice(hsm, uri, all, n, err);
}

bool
here_select(struct hsm *hsm, const char *uri_text, struct err *err)
{
	struct token_uri uri = { 0 };
	struct candidates all;
	bool ok;

	keys_forget(hsm);
	if (uri_text[0] != '\0' && !uri_parse(uri_text, &uri, err))
		return false;
	token_deselect(hsm);
	if (!list_candidates(hsm, &all, err))
		return false;
	ok = choose(hsm, &uri, &all, uri_text[0] == '\0', err);
	free(all.list);
	return ok;
}

bool
token_check_serial(const struct hsm *hsm, struct err *err)
{
	if (hsm->late_serial[0] == '\0' ||
	    strcmp(hsm->late_serial, hsm->token.serial) == 0)
		return true;
	return err_set(err, E_HSM,
	    "after the login its serial is %s, the token URI wants %s",
	    hsm->token.serial, hsm->late_serial);
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
	CALL(hsm, C_CloseSession, hsm->session);
	hsm->selected = false;
	hsm->late_serial[0] = '\0';
	hsm->pin_each = false;
	hsm->key_pin = NULL;
	hsm->token = (struct hsm_token){ 0 };
}
