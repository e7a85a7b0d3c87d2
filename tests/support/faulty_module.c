/*
 * A PKCS#11 module that forwards to the one in $FAULTY_TARGET and breaks what
 * $FAULTY names: a list like "sign_flips_bit:3,destroy_fails", where a number
 * means "on that call only" and none means "on each call".  Calls are counted
 * from C_Initialize on, separately for each fault.  The exception is
 * token_gone_after_login: its number is how many calls the token lives on.
 * Each signature that the target made is a line of the file $FAULTY_COUNT.
 * sign_waits lasts until there is a file $FAULTY_GO, but not for ever.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "tests/support/target.h"

#define FAULTS_MAX 16
#define WAIT_MAX_S 60

static CK_FUNCTION_LIST *target;
static CK_FUNCTION_LIST faulty;
static bool logged_in;

static struct {
	char name[64];
	unsigned long on_call; /* 0: on each */
	unsigned long calls;
} faults[FAULTS_MAX];

static void
read_faults(void)
{
	const char *text = getenv("FAULTY");

	memset(faults, 0, sizeof(faults));
	logged_in = false;
	for (size_t i = 0; text != NULL && *text != '\0' && i < FAULTS_MAX;
	     i++) {
		size_t len = strcspn(text, ",");
		size_t name_len = strcspn(text, ":,");

		snprintf(faults[i].name, sizeof(faults[i].name), "%.*s",
		    (int)name_len, text);
		if (name_len < len)
			faults[i].on_call =
			    strtoul(text + name_len + 1, NULL, 10);
		text += len + (text[len] == ',');
	}
}

/* True if this call is to fail in the way that name says. */
static bool
fault(const char *name)
{
	for (size_t i = 0; i < FAULTS_MAX; i++) {
		if (strcmp(faults[i].name, name) != 0)
			continue;
		faults[i].calls++;
		return faults[i].on_call == 0 ||
		    faults[i].calls == faults[i].on_call;
	}
	return false;
}

static bool
token_gone(void)
{
	for (size_t i = 0; logged_in && i < FAULTS_MAX; i++)
		if (strcmp(faults[i].name, "token_gone_after_login") == 0)
			return faults[i].calls++ >= faults[i].on_call;
	return false;
}

static CK_RV
initialize(void *args)
{
	read_faults();
	if (fault("initialize_fails"))
		return CKR_GENERAL_ERROR;
	return target->C_Initialize(args);
}

static CK_RV
get_slot_list(unsigned char present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	CK_RV rv;

	if (fault("slot_list_fails"))
		return CKR_GENERAL_ERROR;
	rv = target->C_GetSlotList(present, slots, n);
	/* A reader was plugged in after the list was filled. */
	if (slots != NULL && fault("slot_list_claims_more"))
		*n += 5000;
	/* Another slot whose card is of another kind, or out of order. */
	if (rv == CKR_OK && (fault("foreign_card") || fault("broken_slot"))) {
		if (slots != NULL)
			slots[*n] = 7777777;
		*n += 1;
	}
	return rv;
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = target->C_GetTokenInfo(slot, info);

	if (slot == 7777777)
		return fault("broken_slot") ? CKR_DEVICE_ERROR :
					      CKR_TOKEN_NOT_RECOGNIZED;
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("token_info_fails"))
		return CKR_DEVICE_ERROR;
	if (fault("pin_final_try"))
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (fault("pin_locked"))
		info->flags |= CKF_USER_PIN_LOCKED;
	if (fault("label_not_printable"))
		memcpy(info->label, "\x1b[2J\xff", 5);
	return rv;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify,
    CK_SESSION_HANDLE *session)
{
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("open_session_fails"))
		return CKR_SESSION_COUNT;
	if ((flags & CKF_RW_SESSION) != 0 && fault("write_protected"))
		return CKR_TOKEN_WRITE_PROTECTED;
	return target->C_OpenSession(slot, flags, data, notify, session);
}

static CK_RV
close_session(CK_SESSION_HANDLE session)
{
	if (fault("close_session_fails"))
		return CKR_DEVICE_ERROR;
	return target->C_CloseSession(session);
}

static CK_RV
get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("session_info_fails"))
		return CKR_DEVICE_ERROR;
	return target->C_GetSessionInfo(session, info);
}

/*
 * $FAULTY_PIN_MASKED is the PIN with the lowest bit of each octet turned, so that
 * asking for it leaves no copy.
 */
__attribute__((no_sanitize("address", "undefined"))) static bool
is_pin_at(const char *memory, const char *masked)
{
	for (; *masked != '\0'; memory++, masked++)
		if (*memory != (*masked ^ 1))
			return false;
	return true;
}

__attribute__((no_sanitize("address", "undefined"))) static bool
is_pin_in(uintptr_t start, uintptr_t end, const char *masked)
{
	for (uintptr_t at = start; at + strlen(masked) <= end; at++)
		if (is_pin_at((const char *)at, masked))
			return true;
	return false;
}

/* In any memory that can be written; not the sanitizers' shadow. */
static bool
is_pin_in_memory(void)
{
	const char *masked = getenv("FAULTY_PIN_MASKED");
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = masked == NULL || maps == NULL;
	uintptr_t start, end;
	char line[4096], mode[8];

	while (!found && fgets(line, sizeof(line), maps) != NULL)
		found = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &start,
			    &end, mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w' &&
		    end - start < 256ul * 1024 * 1024 &&
		    is_pin_in(start, end, masked);
	if (maps != NULL)
		fclose(maps);
	return found;
}

/* By proc(5)'s VmLck, in kB. */
static bool
is_memory_locked(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long kilobytes = 0;
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmLck: %lu", &kilobytes) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kilobytes > 0;
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
    CK_ULONG pin_len)
{
	CK_RV rv;

	if (fault("login_wants_locked_pages") && !is_memory_locked())
		return CKR_PIN_INVALID;
	if (fault("login_finds_pin") && is_pin_in_memory())
		return CKR_PIN_EXPIRED;
	if (fault("login_lies"))
		return CKR_OK;
	if (fault("login_locks"))
		return CKR_PIN_LOCKED;
	if (fault("login_finds_no_pin"))
		return CKR_USER_PIN_NOT_INITIALIZED;
	if (fault("login_expired"))
		return CKR_PIN_EXPIRED;
	if (fault("login_fails"))
		return CKR_FUNCTION_FAILED;
	rv = target->C_Login(session, user, pin, pin_len);
	if (rv == CKR_OK)
		logged_in = true;
	return rv;
}

static CK_RV
logout(CK_SESSION_HANDLE session)
{
	if (fault("logout_fails"))
		return CKR_DEVICE_ERROR;
	return target->C_Logout(session);
}

static CK_RV
find_objects_init(
    CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG n_match)
{
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	/* The label asked for is the last attribute of a search for a key. */
	if (n_match == 2 && fault("find_ignores_label"))
		n_match = 1;
	return target->C_FindObjectsInit(session, match, n_match);
}

static CK_RV
find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max,
    CK_ULONG *n)
{
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("find_fails"))
		return CKR_DEVICE_ERROR;
	if (fault("find_overflows")) {
		*n = max + 1;
		return CKR_OK;
	}
	if (fault("huge_object_count")) {
		for (CK_ULONG i = 0; i < max; i++)
			objects[i] = i + 1;
		*n = max;
		return CKR_OK;
	}
	return target->C_FindObjects(session, objects, max, n);
}

/* What an attribute becomes; a value of NULL only lies about its length. */
static const struct attribute_fault {
	const char *name;
	CK_ATTRIBUTE_TYPE type;
	const char *value;
	CK_ULONG len;
	CK_RV rv;
} attribute_faults[] = {
	{ "modulus_too_long", CKA_MODULUS, NULL, 100000, CKR_OK },
	{ "modulus_zero", CKA_MODULUS, "\0\0\0\0", 4, CKR_OK },
	{ "modulus_missing", CKA_MODULUS, NULL, CK_UNAVAILABLE_INFORMATION,
	    CKR_ATTRIBUTE_TYPE_INVALID },
	{ "modulus_other", CKA_MODULUS, "\x7f\1\1", 3, CKR_OK },
	{ "exponent_three", CKA_PUBLIC_EXPONENT, "\3", 1, CKR_OK },
	{ "exponent_too_long", CKA_PUBLIC_EXPONENT, "aaaaaaaabbbbbbbbc", 17,
	    CKR_OK },
	{ "params_foreign", CKA_EC_PARAMS, "\x30\3\2\1\1", 5, CKR_OK },
	{ "params_name", CKA_EC_PARAMS, "\x13\x09secp256r1", 11, CKR_OK },
	{ "params_edwards", CKA_EC_PARAMS,
	    "\6\x09\x2b\6\1\4\1\xda\x47\x0f\1", 11, CKR_OK },
	{ "params_p384", CKA_EC_PARAMS, "\6\5\x2b\x81\4\0\x22", 7, CKR_OK },
	{ "point_garbage", CKA_EC_POINT, "\x30\3\2\1\1", 5, CKR_OK },
	{ "point_too_long", CKA_EC_POINT, NULL, 100000, CKR_OK },
	{ "label_too_long", CKA_LABEL, NULL, 5000, CKR_BUFFER_TOO_SMALL },
	{ "label_lies", CKA_LABEL, NULL, 100000, CKR_OK },
	{ "label_differs", CKA_LABEL, "\x1b[2J", 4, CKR_OK },
	{ "id_too_long", CKA_ID, NULL, 1025, CKR_BUFFER_TOO_SMALL },
	{ "id_differs", CKA_ID, "\x7f", 1, CKR_OK },
	{ "key_type_foreign", CKA_KEY_TYPE, "\1\0\0\0\0\0\0\0", 8, CKR_OK },
	{ "key_type_short", CKA_KEY_TYPE, "\0", 1, CKR_OK },
	{ "sensitive_garbage", CKA_SENSITIVE, "\2", 1, CKR_OK },
	{ "sensitive_missing", CKA_SENSITIVE, NULL, CK_UNAVAILABLE_INFORMATION,
	    CKR_ATTRIBUTE_TYPE_INVALID },
	{ "extractable_missing", CKA_EXTRACTABLE, NULL,
	    CK_UNAVAILABLE_INFORMATION, CKR_OK },
	{ "sign_forbidden", CKA_SIGN, "\0", 1, CKR_OK },
	{ "always_authenticate", CKA_ALWAYS_AUTHENTICATE, "\1", 1, CKR_OK },
};

/* 04 41 04 X Y becomes 04 21 02 X, or 03 X (SEC 1 2.3.3). */
static void
compress_point(CK_ATTRIBUTE *point)
{
	unsigned char *p = point->pValue;
	CK_ULONG half = (point->ulValueLen - 3) / 2;

	p[1] = (unsigned char)(1 + half);
	p[2] = 2 + (p[point->ulValueLen - 1] & 1);
	point->ulValueLen = 3 + half;
}

/* The point in another form, without its last octet, or without DER. */
static void
bend_point(CK_ATTRIBUTE *point)
{
	unsigned char *p = point->pValue;

	if (fault("point_hybrid"))
		p[2] = 0x06 + (p[point->ulValueLen - 1] & 1); /* X9.62 4.3.6 */
	if (fault("point_off_curve"))
		p[10] ^= 1;
	if (fault("point_compressed"))
		compress_point(point);
	if (fault("point_bits")) {
		memmove(p + 3, p + 2, point->ulValueLen - 2);
		p[0] = 3;
		p[1]++;
		p[2] = 0;
		point->ulValueLen++;
	}
	if (fault("point_short"))
		point->ulValueLen--;
	if (fault("point_bare")) {
		point->ulValueLen -= 2;
		memmove(p, p + 2, point->ulValueLen);
	}
}

static CK_RV
get_attribute(
    CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute)
{
	CK_ULONG room = attribute->ulValueLen;
	CK_RV rv = target->C_GetAttributeValue(session, object, attribute, 1);

	if (attribute->type == CKA_EC_POINT && rv == CKR_OK)
		bend_point(attribute);
	for (size_t i = 0;
	     i < sizeof(attribute_faults) / sizeof(attribute_faults[0]); i++) {
		const struct attribute_fault *f = &attribute_faults[i];

		if (f->type != attribute->type || !fault(f->name))
			continue;
		if (f->value != NULL && f->len <= room)
			memcpy(attribute->pValue, f->value, f->len);
		attribute->ulValueLen = f->len;
		return f->rv;
	}
	return rv;
}

static CK_RV
get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("attributes_fail"))
		return CKR_DEVICE_ERROR;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV one = get_attribute(session, object, &attributes[i]);

		if (one != CKR_OK)
			rv = one;
	}
	return rv;
}

static CK_RV
sign_init(
    CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("sign_init_fails"))
		return CKR_MECHANISM_INVALID;
	return target->C_SignInit(session, mechanism, key);
}

static void
count_signature(void)
{
	const char *path = getenv("FAULTY_COUNT");
	FILE *file = path == NULL ? NULL : fopen(path, "a");

	if (file != NULL) {
		fputs("C_Sign\n", file);
		fclose(file);
	}
}

/* False if there is none in WAIT_MAX_S. */
static bool
wait_for_file(const char *path)
{
	const struct timespec pause = { .tv_nsec = 50L * 1000 * 1000 };

	for (int i = 0; path != NULL && i < WAIT_MAX_S * 20; i++) {
		if (access(path, F_OK) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static CK_RV
sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
    unsigned char *sig, CK_ULONG *sig_len)
{
	CK_RV rv;

	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("sign_fails"))
		return CKR_DEVICE_ERROR;
	if (fault("sign_finds_pin") && is_pin_in_memory())
		return CKR_PIN_INVALID;
	if (fault("sign_sleeps"))
		sleep(2);
	if (fault("sign_waits") && !wait_for_file(getenv("FAULTY_GO")))
		return CKR_DEVICE_ERROR;
	rv = target->C_Sign(session, data, len, sig, sig_len);
	if (rv != CKR_OK || sig == NULL)
		return rv;
	count_signature();
	if (fault("sign_flips_bit"))
		sig[*sig_len / 2] ^= 1;
	if (fault("sign_short"))
		*sig_len -= 1;
	if (fault("sign_long"))
		*sig_len += 1;
	if (fault("sign_huge"))
		*sig_len = 1000000;
	return rv;
}

static void
ask_extractable(CK_ATTRIBUTE *list, CK_ULONG n, CK_BBOOL *yes)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (list[i].type == CKA_EXTRACTABLE)
			list[i].pValue = yes;
}

/* RFC 6979 A.2.5: a P-256 key that everybody has. */
static const char published_private[] =
    "\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93"
    "\x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21";
static const char published_point[] =
    "\x04\x41\x04" /* DER octet string, uncompressed */
    "\x60\xfe\xd4\xba\x25\x5a\x9d\x31\xc9\x61\xeb\x74\xc6\x35\x6d\x68"
    "\xc0\x49\xb8\x92\x3b\x61\xfa\x6c\xe6\x69\x62\x2e\x60\xf2\x9f\xb6"
    "\x79\x03\xfe\x10\x08\xb8\xbc\x99\xa4\x1a\xe9\xe9\x56\x28\xbc\x64"
    "\xf2\xf1\xb2\x0c\x2d\x7e\x9f\x51\x77\xa3\xc2\x94\xd4\x46\x22\x99";
static const char p256[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

/* An object with the attributes asked for and these three. */
static CK_RV
put_object(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *asked, CK_ULONG n,
    CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, const char *value,
    CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_ATTRIBUTE all[32] = { { CKA_CLASS, &class, sizeof(class) },
		{ type, (void *)(uintptr_t)value, len },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)p256, sizeof(p256) - 1 } };
	CK_ULONG n_all = 3;

	for (CK_ULONG i = 0; i < n && n_all < 32; i++)
		if (asked[i].type != CKA_EC_PARAMS)
			all[n_all++] = asked[i];
	return target->C_CreateObject(session, all, n_all, ret);
}

static CK_RV
put_published_key(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *public,
    CK_ULONG n_public, const CK_ATTRIBUTE *private, CK_ULONG n_private,
    CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private)
{
	CK_RV rv = put_object(session, public, n_public, CKO_PUBLIC_KEY,
	    CKA_EC_POINT, published_point, sizeof(published_point) - 1,
	    ret_public);

	return rv != CKR_OK ? rv :
			      put_object(session, private, n_private,
				  CKO_PRIVATE_KEY, CKA_VALUE, published_private,
				  sizeof(published_private) - 1, ret_private);
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_ATTRIBUTE *public, CK_ULONG n_public, CK_ATTRIBUTE *private,
    CK_ULONG n_private, CK_OBJECT_HANDLE *ret_public,
    CK_OBJECT_HANDLE *ret_private)
{
	CK_BBOOL yes = CK_TRUE;

	if (token_gone())
		return CKR_DEVICE_REMOVED;
	if (fault("keygen_fails"))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (fault("keygen_gives_published_key"))
		return put_published_key(session, public, n_public, private,
		    n_private, ret_public, ret_private);
	if (fault("keygen_extractable"))
		ask_extractable(private, n_private, &yes);
	return target->C_GenerateKeyPair(session, mechanism, public, n_public,
	    private, n_private, ret_public, ret_private);
}

static CK_RV
destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	if (fault("destroy_fails"))
		return CKR_ACTION_PROHIBITED;
	if (fault("destroy_forgets"))
		return CKR_OK;
	return target->C_DestroyObject(session, object);
}

static CK_RV
init_pin(CK_SESSION_HANDLE session, unsigned char *pin, CK_ULONG len)
{
	if (fault("init_pin_fails"))
		return CKR_PIN_TOO_WEAK;
	return target->C_InitPIN(session, pin, len);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	if (target == NULL && !target_load("FAULTY_TARGET", &target))
		return CKR_LIBRARY_LOAD_FAILED;
	read_faults();
	faulty = *target;
	faulty.C_Initialize = initialize;
	faulty.C_GetSlotList = get_slot_list;
	faulty.C_GetTokenInfo = get_token_info;
	faulty.C_OpenSession = open_session;
	faulty.C_CloseSession = close_session;
	faulty.C_GetSessionInfo = get_session_info;
	faulty.C_Login = login;
	faulty.C_Logout = logout;
	faulty.C_FindObjectsInit = find_objects_init;
	faulty.C_FindObjects = find_objects;
	faulty.C_GetAttributeValue = get_attribute_value;
	faulty.C_SignInit = sign_init;
	faulty.C_Sign = sign;
	faulty.C_GenerateKeyPair = generate_key_pair;
	faulty.C_DestroyObject = destroy_object;
	faulty.C_InitPIN = init_pin;
	if (fault("function_missing"))
		faulty.C_Sign = NULL;
	if (fault("version_one"))
		faulty.version.major = 1;
	*list = &faulty;
	return CKR_OK;
}
