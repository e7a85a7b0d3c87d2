#include "signer/live/passphrase.h"

static const struct secret_kind passphrase_kind = {
	.name = "passphrase",
	.file = "--passphrase-file",
	.spared = "; the key was not read",
	.empty = "",
	.absent = "",
	.remedy = "give --passphrase-file",
};

bool
passphrase_obtain(const struct config *config, const char *key,
    const char *file, struct secret *ret, struct err *err)
{
	if (!secret_lock(ret, passphrase_kind.name, config->rehearsal, err))
		return false;
	if (file == NULL ? secret_type_of(&passphrase_kind, key, ret, err)
			 : secret_read(&passphrase_kind, file, ret, err))
		return true;
	secret_wipe(ret);
	return false;
}
