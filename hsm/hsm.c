#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/process.h"
#include "hsm/rv.h"

void
call_begins(const struct hsm *hsm, const char *function)
{
	struct channel *channel = hsm->channel;

	snprintf(channel->function, sizeof(channel->function), "%s", function);
	atomic_fetch_add(&channel->functions, 1);
}

CK_RV
call_ended(const struct hsm *hsm, CK_RV rv)
{
	hsm->channel->function[0] = '\0';
	return rv;
}

/* CK_INTERFACE of PKCS#11 3.0 section 3.1, which the headers may lack. */
struct interface {
	CK_UTF8CHAR *name;
	CK_FUNCTION_LIST *functions; /* begins as one of version 2 does */
	CK_FLAGS flags;
};

/* PKCS#11 3.0 section 5.4.4: the default one.  Whoever has none is asked for
 * the list of version 2. */
static bool
ask_interface(struct hsm *hsm)
{
	CK_RV (*get_interface)(CK_UTF8CHAR *name, CK_VERSION *version,
	    struct interface **ret, CK_FLAGS flags);
	CK_UTF8CHAR name[] = "PKCS 11";
	struct interface *interface = NULL;
	CK_RV rv;

	/* POSIX dlsym: object and function pointers convert. */
	*(void **)&get_interface = dlsym(hsm->library, "C_GetInterface");
	if (get_interface == NULL)
		return false;
	call_begins(hsm, "C_GetInterface");
	rv = call_ended(hsm, get_interface(name, NULL, &interface, 0));
	if (rv != CKR_OK || interface == NULL)
		return false;
	hsm->p11 = interface->functions;
	return true;
}

static bool
ask_function_list(struct hsm *hsm, struct err *err)
{
	CK_C_GetFunctionList get_function_list;
	CK_RV rv;

	*(void **)&get_function_list = dlsym(hsm->library, "C_GetFunctionList");
	if (get_function_list == NULL)
		return err_set(err, E_HSM,
		    "%s is not a PKCS#11 module: it has no C_GetFunctionList",
		    hsm->module);
	call_begins(hsm, "C_GetFunctionList");
	rv = call_ended(hsm, get_function_list(&hsm->p11));
	return rv == CKR_OK ||
	    rv_fail(err, rv, "%s: C_GetFunctionList", hsm->module);
}

/* Never unmapped (RTLD_NODELETE): modules leave exit handlers behind. */
static bool
load_library(struct hsm *hsm, struct err *err)
{
	if (!module_dlopen(hsm, err) ||
	    (!ask_interface(hsm) && !ask_function_list(hsm, err)))
		return false;
	/* A list of version 3 begins as one of version 2 does. */
	if (hsm->p11 == NULL || hsm->p11->version.major < 2)
		return err_set(err, E_HSM,
		    "%s does not offer the functions of PKCS#11 2",
		    hsm->module);
	return true;
}

static bool
has_all_functions(const CK_FUNCTION_LIST *p11)
{
	return p11->C_Initialize != NULL && p11->C_Finalize != NULL &&
	    p11->C_GetInfo != NULL && p11->C_GetSlotList != NULL &&
	    p11->C_GetSlotInfo != NULL && p11->C_GetTokenInfo != NULL &&
	    p11->C_GetMechanismInfo != NULL && p11->C_OpenSession != NULL &&
	    p11->C_CloseSession != NULL && p11->C_GetSessionInfo != NULL &&
	    p11->C_Login != NULL && p11->C_Logout != NULL &&
	    p11->C_InitToken != NULL && p11->C_InitPIN != NULL &&
	    p11->C_FindObjectsInit != NULL && p11->C_FindObjects != NULL &&
	    p11->C_FindObjectsFinal != NULL &&
	    p11->C_GetAttributeValue != NULL && p11->C_DestroyObject != NULL &&
	    p11->C_GenerateKeyPair != NULL && p11->C_SignInit != NULL &&
	    p11->C_Sign != NULL;
}

/*
 * A module that somebody in this process has initialised is content, too.  One
 * that cannot lock serves one thread.
 */
bool
module_start(struct hsm *hsm, struct err *err)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv = CALL(hsm, C_Initialize, &args);

	hsm->one_thread = rv == CKR_CANT_LOCK;
	if (hsm->one_thread)
		rv = CALL(hsm, C_Initialize, NULL);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return rv_fail(err, rv, "%s does not initialise", hsm->module);
	hsm->started = true;
	return true;
}

void
module_stop(struct hsm *hsm)
{
	token_deselect(hsm);
	if (hsm->started)
		CALL(hsm, C_Finalize, NULL);
	hsm->started = false;
}

bool
here_load(struct hsm_module *module, struct channel *channel, struct hsm **ret,
    struct err *err)
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));

	if (hsm == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	hsm->file = module;
	hsm->channel = channel;
	memcpy(hsm->module, module_path(module), sizeof(hsm->module));
	if (!load_library(hsm, err))
		goto fail;
	if (!has_all_functions(hsm->p11)) {
		err_set(
		    err, E_HSM, "%s lacks functions of PKCS#11 2", hsm->module);
		goto fail;
	}
	if (!module_start(hsm, err))
		goto fail;
	*ret = hsm;
	return true;
fail:
	here_close(hsm);
	return false;
}

void
here_close(struct hsm *hsm)
{
	if (hsm == NULL)
		return;
	module_stop(hsm);
	keys_forget(hsm);
	if (hsm->library != NULL)
		dlclose(hsm->library);
	explicit_bzero(hsm, sizeof(*hsm));
	free(hsm);
}
