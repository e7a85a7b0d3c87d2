#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "signer/workshop/softhsm.h"

static const char *const modules[] = {
	"/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so",
};

const char *
softhsm_module(void)
{
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (access(modules[i], R_OK) == 0)
			return modules[i];
	return NULL;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
folder_remove(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
