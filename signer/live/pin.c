#include <stdio.h>

#include "signer/live/pin.h"

static const struct secret_kind pin_kind = {
	.name = "PIN",
	.file = "pin_file",
	.spared = "; the token was not asked",
	.empty = " (an empty PIN is `empty_pin: true`)",
	.absent = " (if the token's is the empty one, `empty_pin: true` says "
		  "so)",
	.remedy = "set pin_file in the configuration",
};

static bool
pin_type(const char *token, struct secret *ret, struct err *err)
{
	char of[ERR_MSG_MAX];

	snprintf(of, sizeof(of), "token %s", token);
	return secret_type_of(&pin_kind, of, ret, err);
}

bool
pin_obtain(const struct config *config, const struct config_hsm *hsm,
    const char *token, struct secret *ret, struct err *err)
{
	bool ok;

	if (!secret_lock(ret, pin_kind.name, config->rehearsal, err))
		return false;
	if (hsm->empty_pin) {
		ret->text[0] = '\0';
		ok = true;
	} else if (hsm->pin_file[0] != '\0') {
		ok = secret_read(&pin_kind, hsm->pin_file, ret, err);
	} else if (!hsm->has_pin) {
		ok = pin_type(token, ret, err);
	} else if (!config->rehearsal) {
		ok = err_set(err, E_USAGE,
		    "hsm.%s.pin: a PIN in the configuration is for rehearsals "
		    "and the file does not say `rehearsal: true`; remove it to "
		    "be asked, or use pin_file",
		    hsm->name);
	} else {
		snprintf(ret->text, sizeof(ret->text), "%s", hsm->pin);
		ok = true;
	}
	if (!ok)
		secret_wipe(ret);
	return ok;
}
