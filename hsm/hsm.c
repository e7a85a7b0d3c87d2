#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

void
call_begins(void (*aside)(bool begins))
{
	if (aside != NULL)
		aside(true);
}

CK_RV
call_ended(void (*aside)(bool begins), CK_RV rv)
{
	if (aside != NULL)
		aside(false);
	return rv;
}

/* Never unmapped (RTLD_NODELETE): modules leave exit handlers behind. */
static bool
load_library(struct hsm *hsm, struct err *err)
{
	CK_C_GetFunctionList get_function_list;
	CK_RV rv;

	if (!module_dlopen(hsm->file, &hsm->library, err))
		return false;
	/* POSIX dlsym: object and function pointers convert. */
	*(void **)&get_function_list = dlsym(hsm->library, "C_GetFunctionList");
	if (get_function_list == NULL)
		return err_set(err, E_HSM,
		    "%s is not a PKCS#11 module: it has no C_GetFunctionList",
		    hsm->module);
	call_begins(hsm->aside);
	rv = call_ended(hsm->aside, get_function_list(&hsm->p11));
	if (rv != CKR_OK)
		return rv_fail(err, rv, "%s: C_GetFunctionList", hsm->module);
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
hsm_load(struct hsm_module *module, struct hsm **ret, struct err *err)
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));

	if (hsm == NULL) {
		hsm_module_close(module);
		return err_set(err, E_MEMORY, "out of memory");
	}
	hsm->file = module;
	hsm->aside = module_aside(module);
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
	hsm_close(hsm);
	return false;
}

bool
hsm_open(const char *module, struct hsm **ret, struct err *err)
{
	struct hsm_module *file;

	return hsm_module_open(module, &file, err) && hsm_load(file, ret, err);
}

void
hsm_close(struct hsm *hsm)
{
	if (hsm == NULL)
		return;
	module_stop(hsm);
	if (hsm->library != NULL)
		dlclose(hsm->library);
	hsm_module_close(hsm->file);
	explicit_bzero(hsm, sizeof(*hsm));
	free(hsm);
}
