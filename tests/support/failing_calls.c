/*
 * A PKCS#11 module that forwards to the one in $FAILING_TARGET and fails the
 * call of number $FAILING_CALL, counted from the module's load, with
 * $FAILING_RV: in $FAILING_HOW "instead" of the call, "after" its work, or
 * "from" there on.  Or it does not come back from it: "hangs", "leaves" its
 * process with status 0, or "crashes"; or it "speaks" on standard output first.
 * Each call's name is a line of the file $FAILING_CALLS.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "tests/support/target.h"

static CK_FUNCTION_LIST *target;
static CK_FUNCTION_LIST failing;
static atomic_ulong calls;
static unsigned long fails_at;
static CK_RV fails_with;
static char fails_how;

enum outcome { WORKS, FAILS, FAILS_AFTER };

static void
note(const char *name)
{
	const char *path = getenv("FAILING_CALLS");
	FILE *file = path == NULL ? NULL : fopen(path, "a");

	if (file == NULL)
		return;
	fprintf(file, "%s\n", name);
	fclose(file);
}

static void
misbehave(const char *name)
{
	if (fails_how == 'h')
		for (;;)
			pause();
	if (fails_how == 'l')
		_exit(0);
	if (fails_how == 'c')
		__builtin_trap();
	printf("{\"the module says\": \"%s\"}\n", name);
	(void)!write(STDOUT_FILENO, "and more\n", 9);
}

static enum outcome
next(const char *name)
{
	unsigned long call = atomic_fetch_add(&calls, 1) + 1;

	note(name);
	if (fails_at == 0 || call < fails_at ||
	    (call > fails_at && fails_how != 'f'))
		return WORKS;
	if (strchr("hlcs", fails_how) != NULL) {
		misbehave(name);
		return WORKS;
	}
	return fails_how == 'a' ? FAILS_AFTER : FAILS;
}

#define CALL(name, arguments, ...)                               \
	static CK_RV name arguments                              \
	{                                                        \
		enum outcome outcome = next("C_" #name);         \
		CK_RV rv;                                        \
                                                                 \
		if (outcome == FAILS)                            \
			return fails_with;                       \
		rv = target->C_##name(__VA_ARGS__);              \
		return outcome == FAILS_AFTER ? fails_with : rv; \
	}

CALL(Initialize, (void *args), args)
CALL(Finalize, (void *reserved), reserved)
CALL(GetInfo, (CK_INFO * info), info)
CALL(GetSlotList, (unsigned char present, CK_SLOT_ID *list, CK_ULONG *n),
    present, list, n)
CALL(GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), slot, info)
CALL(GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), slot, info)
CALL(GetMechanismInfo,
    (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info), slot,
    type, info)
CALL(OpenSession,
    (CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify,
	CK_SESSION_HANDLE *session),
    slot, flags, data, notify, session)
CALL(CloseSession, (CK_SESSION_HANDLE session), session)
CALL(GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info),
    session, info)
CALL(Login,
    (CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
	CK_ULONG len),
    session, user, pin, len)
CALL(Logout, (CK_SESSION_HANDLE session), session)
CALL(FindObjectsInit,
    (CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG n), session,
    match, n)
CALL(FindObjects,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *list, CK_ULONG max,
	CK_ULONG *n),
    session, list, max, n)
CALL(FindObjectsFinal, (CK_SESSION_HANDLE session), session)
CALL(GetAttributeValue,
    (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list,
	CK_ULONG n),
    session, object, list, n)
CALL(DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object),
    session, object)
CALL(GenerateKeyPair,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public,
	CK_ULONG n_public, CK_ATTRIBUTE *private, CK_ULONG n_private,
	CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private),
    session, mechanism, public, n_public, private, n_private, ret_public,
    ret_private)
CALL(CreateObject,
    (CK_SESSION_HANDLE session, CK_ATTRIBUTE *list, CK_ULONG n,
	CK_OBJECT_HANDLE *ret),
    session, list, n, ret)
CALL(GenerateKey,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *list,
	CK_ULONG n, CK_OBJECT_HANDLE *ret),
    session, mechanism, list, n, ret)
CALL(EncryptInit,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    session, mechanism, key)
CALL(Encrypt,
    (CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
	unsigned char *ret, CK_ULONG *ret_len),
    session, data, len, ret, ret_len)
CALL(WrapKey,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
	CK_OBJECT_HANDLE what, unsigned char *ret, CK_ULONG *ret_len),
    session, mechanism, under, what, ret, ret_len)
CALL(UnwrapKey,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE under,
	unsigned char *octets, CK_ULONG len, CK_ATTRIBUTE *list, CK_ULONG n,
	CK_OBJECT_HANDLE *ret),
    session, mechanism, under, octets, len, list, n, ret)
CALL(SignInit,
    (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
    session, mechanism, key)
CALL(Sign,
    (CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
	unsigned char *sig, CK_ULONG *sig_len),
    session, data, len, sig, sig_len)

static unsigned long
number_of(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoul(text, NULL, 0);
}

static bool
load_target(void)
{
	const char *how = getenv("FAILING_HOW");

	fails_at = number_of("FAILING_CALL");
	fails_with = number_of("FAILING_RV");
	fails_how = how == NULL ? 'i' : how[0];
	return target_load("FAILING_TARGET", &target);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	if (target == NULL && !load_target())
		return CKR_LIBRARY_LOAD_FAILED;
	failing = *target;
#define PUT(name) failing.C_##name = name
	PUT(Initialize);
	PUT(Finalize);
	PUT(GetInfo);
	PUT(GetSlotList);
	PUT(GetSlotInfo);
	PUT(GetTokenInfo);
	PUT(GetMechanismInfo);
	PUT(OpenSession);
	PUT(CloseSession);
	PUT(GetSessionInfo);
	PUT(Login);
	PUT(Logout);
	PUT(FindObjectsInit);
	PUT(FindObjects);
	PUT(FindObjectsFinal);
	PUT(GetAttributeValue);
	PUT(DestroyObject);
	PUT(GenerateKeyPair);
	PUT(CreateObject);
	PUT(GenerateKey);
	PUT(EncryptInit);
	PUT(Encrypt);
	PUT(WrapKey);
	PUT(UnwrapKey);
	PUT(SignInit);
	PUT(Sign);
	*list = &failing;
	return CKR_OK;
}
