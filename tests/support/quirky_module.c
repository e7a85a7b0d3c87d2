/*
 * A PKCS#11 module that forwards to the one in $QUIRKY_TARGET and has the ways
 * of other makes of token, as $QUIRKY lists them: "serial=,twin".  A quirk
 * whose value is a label is that object's alone; without a value it is
 * everybody's.
 *
 *   version_three     its function list says version 3.0
 *   interface         has a list of version 3.0 by C_GetInterface alone
 *   cant_lock         initialises only where no locking is asked for
 *   chatter           prints on standard output, in every way there is
 *   serial=, label=   what its token is called; late_serial=: after the login
 *   twin              a second slot with the same token
 *   foreign_slot      a second slot with a card of another kind
 *   exact_sizes       attributes fit buffers of their very size only
 *   flag_empty, flag_fails, flag_odd    CKA_ALWAYS_AUTHENTICATE is none
 *   label_nul         CKA_LABEL ends in a NUL, and is found by it only
 *   id_long           a CKA_ID of 103 octets
 *   id_private=       what the private halves have as CKA_ID
 *   no_public         shows no public objects
 *   no_numbers        private halves show no modulus, nor a point
 *   extractable       CKA_EXTRACTABLE is true
 *   pin_pad           takes the PIN by itself: C_Login wants none
 *   empty_pin         the PIN is the empty one
 *   no_login          wants no login, and has none
 *   count_low, final_try    what it says of the tries that are left
 *   always_authenticate     wants the PIN before each signature
 *   hashed_only       offers signatures of what it has hashed itself
 *   no_signing        offers no mechanism for signatures
 *   hashed_at_sign    the same, and says so at C_Sign only
 *   keygen_after, destroy_after[=N]    do their work, then fail
 *   public_private    public halves must be CKA_PRIVATE
 *   id_refused        takes no CKA_ID for a new public half
 *   id_short          of the CKA_ID of a new key two octets are kept
 *
 * The token's own PIN is in $QUIRKY_PIN where the quirk needs it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "tests/support/target.h"

#define OTHER_SLOT 7777777ul
#define VALUE_MAX  2048u

static CK_FUNCTION_LIST *target;
static CK_FUNCTION_LIST quirky;
static bool logged_in, pin_given;
static bool key_wants_pin, raw;
static unsigned long destroyed;

/* The quirk's value, "" where it has none; NULL where it is not asked for. */
static const char *
quirk(const char *name)
{
	const char *at = getenv("QUIRKY");
	size_t len = strlen(name);

	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, ",");

		if (strncmp(at, name, len) == 0 && (n == len || at[len] == '='))
			return at + len + (at[len] == '=');
		at += n + (at[n] == ',');
	}
	return NULL;
}

static size_t
value_len(const char *value)
{
	return strcspn(value, ",");
}

static const char *
own_pin(void)
{
	const char *pin = getenv("QUIRKY_PIN");

	return pin == NULL ? "" : pin;
}

static void
chatter(void)
{
	if (quirk("chatter") == NULL)
		return;
	puts("library 4.2: this is printed");
	fflush(stdout);
	if (write(STDOUT_FILENO, "library 4.2: written\n", 21) < 0)
		abort();
}

static CK_RV
initialize(void *arguments)
{
	const CK_C_INITIALIZE_ARGS *args = arguments;

	logged_in = pin_given = key_wants_pin = raw = false;
	destroyed = 0;
	chatter();
	if (quirk("cant_lock") != NULL && args != NULL &&
	    (args->flags & CKF_OS_LOCKING_OK) != 0)
		return CKR_CANT_LOCK;
	return target->C_Initialize(arguments);
}

/* The first slot that has a token. */
static CK_SLOT_ID
slot_of(CK_SLOT_ID slot)
{
	CK_SLOT_ID slots[16] = { 0 };
	CK_ULONG n = 16;

	if (slot == OTHER_SLOT)
		target->C_GetSlotList(CK_TRUE, slots, &n);
	return slot == OTHER_SLOT ? slots[0] : slot;
}

static CK_RV
get_slot_list(unsigned char present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	CK_RV rv = target->C_GetSlotList(present, slots, n);

	chatter();
	if (rv == CKR_OK &&
	    (quirk("twin") != NULL || quirk("foreign_slot") != NULL)) {
		if (slots != NULL)
			slots[*n] = OTHER_SLOT;
		*n += 1;
	}
	return rv;
}

static void
pad(unsigned char *field, size_t size, const char *value)
{
	memset(field, ' ', size);
	memcpy(field, value, value_len(value));
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv;

	chatter();
	if (slot == OTHER_SLOT && quirk("foreign_slot") != NULL)
		return CKR_TOKEN_NOT_RECOGNIZED;
	rv = target->C_GetTokenInfo(slot_of(slot), info);
	if (rv != CKR_OK || (info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return rv;
	if (quirk("late_serial") != NULL)
		pad(info->serialNumber, sizeof(info->serialNumber),
		    logged_in ? quirk("late_serial") : "No slot selected");
	if (quirk("serial") != NULL)
		pad(info->serialNumber, sizeof(info->serialNumber),
		    quirk("serial"));
	if (quirk("label") != NULL)
		pad(info->label, sizeof(info->label), quirk("label"));
	if (quirk("pin_pad") != NULL)
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (quirk("no_login") != NULL)
		info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
	if (quirk("count_low") != NULL)
		info->flags |= CKF_USER_PIN_COUNT_LOW;
	if (quirk("final_try") != NULL)
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	return rv;
}

static CK_RV
get_mechanism_info(
    CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	if (quirk("no_signing") != NULL ||
	    (quirk("hashed_only") != NULL &&
		(type == CKM_RSA_PKCS || type == CKM_ECDSA)))
		return CKR_MECHANISM_INVALID;
	return target->C_GetMechanismInfo(slot_of(slot), type, info);
}

static CK_RV
log_in_without_asking(CK_SESSION_HANDLE session)
{
	return target->C_Login(session, CKU_USER,
	    (unsigned char *)(uintptr_t)own_pin(), strlen(own_pin()));
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify,
    CK_SESSION_HANDLE *session)
{
	CK_RV rv =
	    target->C_OpenSession(slot_of(slot), flags, data, notify, session);

	chatter();
	if (rv == CKR_OK && quirk("no_login") != NULL)
		log_in_without_asking(*session);
	return rv;
}

static CK_RV
get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	CK_RV rv = target->C_GetSessionInfo(session, info);

	if (rv == CKR_OK && quirk("no_login") != NULL)
		info->state = CKS_RW_PUBLIC_SESSION;
	return rv;
}

static CK_RV
log_in_for_key(const unsigned char *pin, CK_ULONG len)
{
	const char *own = own_pin();

	if (quirk("pin_pad") != NULL
		? pin != NULL
		: len != strlen(own) || memcmp(pin, own, len) != 0)
		return CKR_PIN_INCORRECT;
	pin_given = true;
	return CKR_OK;
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
    CK_ULONG len)
{
	CK_RV rv;

	chatter();
	if (user == CKU_CONTEXT_SPECIFIC)
		return log_in_for_key(pin, len);
	if (quirk("no_login") != NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (quirk("pin_pad") != NULL)
		rv = pin != NULL ? CKR_ARGUMENTS_BAD
				 : log_in_without_asking(session);
	else if (quirk("empty_pin") != NULL)
		rv = len != 0 ? CKR_PIN_INCORRECT
			      : log_in_without_asking(session);
	else
		rv = target->C_Login(session, user, pin, len);
	logged_in = logged_in || rv == CKR_OK;
	return rv;
}

static CK_RV
logout(CK_SESSION_HANDLE session)
{
	logged_in = false;
	return target->C_Logout(session);
}

/* The value as the target has it; its length, 0 where there is none. */
static CK_ULONG
value_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *ret)
{
	CK_ATTRIBUTE query = { type, ret, VALUE_MAX };

	return target->C_GetAttributeValue(session, object, &query, 1) == CKR_OK
	    ? query.ulValueLen
	    : 0;
}

static bool
is_private(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	union {
		CK_OBJECT_CLASS class;
		unsigned char room[VALUE_MAX];
	} value = { 0 };

	value_of(session, object, CKA_CLASS, value.room);
	return value.class == CKO_PRIVATE_KEY;
}

/* Whether the quirk is this object's. */
static bool
has_quirk(const char *name, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	const char *of = quirk(name);
	unsigned char label[VALUE_MAX];
	CK_ULONG len;

	if (of == NULL || value_len(of) == 0)
		return of != NULL;
	len = value_of(session, object, CKA_LABEL, label);
	return len == value_len(of) && memcmp(label, of, len) == 0;
}

static CK_RV
answer(CK_ATTRIBUTE *query, const void *value, CK_ULONG len)
{
	CK_ULONG room = query->ulValueLen;

	query->ulValueLen = len;
	if (query->pValue == NULL)
		return CKR_OK;
	if (room < len) {
		query->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	memcpy(query->pValue, value, len);
	return CKR_OK;
}

static CK_RV
answer_none(CK_ATTRIBUTE *query)
{
	query->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

/* True if a quirk has answered. */
static bool
flag_quirk(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *query, CK_RV *ret)
{
	bool private = is_private(session, object);

	if (query->type == CKA_EXTRACTABLE && private &&
	    has_quirk("extractable", session, object))
		*ret = answer(query, "\1", 1);
	else if (query->type != CKA_ALWAYS_AUTHENTICATE || !private)
		return false;
	else if (has_quirk("flag_empty", session, object))
		*ret = answer(query, "", 0);
	else if (has_quirk("flag_odd", session, object))
		*ret = answer(query, "\xff", 1);
	else if (has_quirk("flag_fails", session, object))
		*ret = CKR_FUNCTION_FAILED;
	else if (has_quirk("always_authenticate", session, object))
		*ret = answer(query, "\1", 1);
	else
		return false;
	return true;
}

static bool
name_quirk(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *query, CK_RV *ret)
{
	unsigned char value[VALUE_MAX] = { 0 };
	const char *id = quirk("id_private");

	if (query->type == CKA_LABEL && quirk("label_nul") != NULL)
		*ret = answer(query, value,
		    value_of(session, object, CKA_LABEL, value) + 1);
	else if (query->type == CKA_ID && id != NULL &&
	    is_private(session, object))
		*ret = answer(query, id, value_len(id));
	else if (query->type == CKA_ID && quirk("id_long") != NULL)
		*ret = answer(query, memset(value, 'i', 103), 103);
	else if ((query->type == CKA_MODULUS || query->type == CKA_EC_POINT) &&
	    quirk("no_numbers") != NULL &&
	    is_private(session, object))
		*ret = answer_none(query);
	else
		return false;
	return true;
}

static CK_RV
get_attribute(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *query)
{
	unsigned char value[VALUE_MAX];
	CK_RV rv = CKR_OK;
	CK_ULONG len;

	if (flag_quirk(session, object, query, &rv) ||
	    name_quirk(session, object, query, &rv))
		return rv;
	len = value_of(session, object, query->type, value);
	if (quirk("exact_sizes") != NULL && query->pValue != NULL && len > 0 &&
	    query->ulValueLen != len) {
		query->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	return target->C_GetAttributeValue(session, object, query, 1);
}

static CK_RV
get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *queries, CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV one = get_attribute(session, object, &queries[i]);

		rv = one != CKR_OK ? one : rv;
	}
	return rv;
}

/* Labels are stored with a NUL that the target does not know of. */
static CK_RV
find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG n)
{
	static CK_OBJECT_CLASS none = CKO_VENDOR_DEFINED;
	CK_ATTRIBUTE changed[8];

	for (CK_ULONG i = 0; i < n && i < 8; i++) {
		CK_ATTRIBUTE *a = &changed[i];

		*a = match[i];
		if (a->type == CKA_CLASS && quirk("no_public") != NULL &&
		    *(CK_OBJECT_CLASS *)a->pValue == CKO_PUBLIC_KEY)
			a->pValue = &none;
		if (a->type == CKA_LABEL && quirk("label_nul") != NULL) {
			if (((char *)a->pValue)[a->ulValueLen - 1] == '\0')
				a->ulValueLen--;
			else
				a->ulValueLen = 0;
		}
	}
	return target->C_FindObjectsInit(session, changed, n < 8 ? n : 8);
}

static CK_RV
sign_init(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	chatter();
	raw = mechanism->mechanism == CKM_RSA_PKCS ||
	    mechanism->mechanism == CKM_ECDSA;
	if (raw && quirk("hashed_only") != NULL)
		return CKR_MECHANISM_INVALID;
	key_wants_pin = has_quirk("always_authenticate", session, key);
	pin_given = false;
	return target->C_SignInit(session, mechanism, key);
}

static CK_RV
sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
    unsigned char *sig, CK_ULONG *sig_len)
{
	if (key_wants_pin && !pin_given)
		return CKR_USER_NOT_LOGGED_IN;
	pin_given = false;
	if (raw && quirk("hashed_at_sign") != NULL)
		return CKR_VENDOR_DEFINED + 291;
	return target->C_Sign(session, data, len, sig, sig_len);
}

static void
cut_id(CK_ATTRIBUTE *list, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (list[i].type == CKA_ID && list[i].ulValueLen > 2)
			list[i].ulValueLen = 2;
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_ATTRIBUTE *public, CK_ULONG n_public, CK_ATTRIBUTE *private,
    CK_ULONG n_private, CK_OBJECT_HANDLE *ret_public,
    CK_OBJECT_HANDLE *ret_private)
{
	CK_RV rv;

	if (quirk("id_short") != NULL) {
		cut_id(public, n_public);
		cut_id(private, n_private);
	}
	for (CK_ULONG i = 0; i < n_public; i++)
		if (quirk("id_refused") != NULL && public[i].type == CKA_ID)
			return CKR_TEMPLATE_INCONSISTENT;
	for (CK_ULONG i = 0; i < n_public; i++)
		if (quirk("public_private") != NULL &&
		    public[i].type == CKA_PRIVATE &&
		    *(CK_BBOOL *)public[i].pValue == CK_FALSE)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = target->C_GenerateKeyPair(session, mechanism, public, n_public,
	    private, n_private, ret_public, ret_private);
	return quirk("keygen_after") != NULL ? CKR_DEVICE_ERROR : rv;
}

static CK_RV
destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	const char *which = quirk("destroy_after");
	CK_RV rv = target->C_DestroyObject(session, object);

	destroyed++;
	return which != NULL &&
		(value_len(which) == 0 || strtoul(which, NULL, 10) == destroyed)
	    ? CKR_DEVICE_ERROR
	    : rv;
}

static CK_RV
give_list(CK_FUNCTION_LIST **list)
{
	if (target == NULL && !target_load("QUIRKY_TARGET", &target))
		return CKR_LIBRARY_LOAD_FAILED;
	quirky = *target;
	quirky.C_Initialize = initialize;
	quirky.C_GetSlotList = get_slot_list;
	quirky.C_GetTokenInfo = get_token_info;
	quirky.C_GetMechanismInfo = get_mechanism_info;
	quirky.C_OpenSession = open_session;
	quirky.C_GetSessionInfo = get_session_info;
	quirky.C_Login = login;
	quirky.C_Logout = logout;
	quirky.C_GetAttributeValue = get_attribute_value;
	quirky.C_FindObjectsInit = find_objects_init;
	quirky.C_SignInit = sign_init;
	quirky.C_Sign = sign;
	quirky.C_GenerateKeyPair = generate_key_pair;
	quirky.C_DestroyObject = destroy_object;
	if (quirk("version_three") != NULL || quirk("interface") != NULL)
		quirky.version = (CK_VERSION){ 3, 0 };
	*list = &quirky;
	return CKR_OK;
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	return quirk("interface") != NULL ? CKR_FUNCTION_NOT_SUPPORTED
					  : give_list(list);
}

/* PKCS#11 3.0: CK_INTERFACE. */
struct interface {
	const char *name;
	void *functions;
	CK_FLAGS flags;
};

/* Newer headers of p11-kit declare C_GetInterface, older ones do not. */
CK_RV give_interface(unsigned char *name, CK_VERSION *version,
    struct interface **ret, CK_FLAGS flags) __asm__("C_GetInterface");

CK_RV
give_interface(unsigned char *name, CK_VERSION *version, struct interface **ret,
    CK_FLAGS flags)
{
	static struct interface interface = { "PKCS 11", &quirky, 0 };
	CK_FUNCTION_LIST *list;

	if (quirk("interface") == NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (strcmp((const char *)name, "PKCS 11") != 0 || version != NULL ||
	    flags != 0)
		return CKR_ARGUMENTS_BAD;
	*ret = &interface;
	return give_list(&list);
}
