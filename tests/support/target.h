/*
 * The module that a shim stands before: its path is in the environment.
 */
#pragma once

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdlib.h>

/* False: the variable names none. */
static inline bool
target_load(const char *variable, CK_FUNCTION_LIST **ret)
{
	const char *path = getenv(variable);
	void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW);
	CK_C_GetFunctionList get_function_list;

	if (library == NULL)
		return false;
	*(void **)&get_function_list = dlsym(library, "C_GetFunctionList");
	return get_function_list != NULL && get_function_list(ret) == CKR_OK;
}
