#include <string.h>

#include "hsm/kind.h"
#include "hsm/rv.h"
#include "hsm/template.h"
#include "hsm/wrap.h"

static const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
static const CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
static const CK_ULONG rsa_bits = 2048;
static const uint8_t exponent_65537[] = { 0x01, 0x00, 0x01 };

/* What is tried, and what is left of it in the session. */
struct trial {
	struct hsm *hsm;
	const struct kind *kind;
	CK_OBJECT_HANDLE private, public, aes, copy;
};

/* A key that may leave the token, of the session. */
static bool
make_pair(struct trial *trial, struct err *err)
{
	struct hsm *hsm = trial->hsm;
	const struct kind *kind = trial->kind;
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	struct attributes private = { .n = 0 }, public = { .n = 0 };
	CK_RV rv;

	attributes_add(&private, CKA_TOKEN, &no, sizeof(no));
	attributes_add(&private, CKA_PRIVATE, &yes, sizeof(yes));
	attributes_add(&private, CKA_SENSITIVE, &yes, sizeof(yes));
	attributes_add(&private, CKA_EXTRACTABLE, &yes, sizeof(yes));
	attributes_add(&private, CKA_SIGN, &yes, sizeof(yes));
	attributes_add(&public, CKA_TOKEN, &no, sizeof(no));
	attributes_add(&public, CKA_VERIFY, &yes, sizeof(yes));
	if (kind->type == HSM_RSA) {
		attributes_add(
		    &public, CKA_MODULUS_BITS, &rsa_bits, sizeof(rsa_bits));
		attributes_add(&public, CKA_PUBLIC_EXPONENT, exponent_65537,
		    sizeof(exponent_65537));
	} else {
		attributes_add(&public, CKA_EC_PARAMS, kind->params[0].data,
		    kind->params[0].len);
	}
	rv = CALL(hsm, C_GenerateKeyPair, hsm->session, &mechanism, public.list,
	    public.n, private.list, private.n, &trial->public,
	    &trial->private);
	if (rv == CKR_OK)
		return true;
	trial->public = trial->private = CK_INVALID_HANDLE;
	return rv_fail(err, rv, "C_GenerateKeyPair");
}

/* As hsm_restore asks for it, but for the session. */
static bool
unwrap(struct trial *trial, const struct hsm_wrapped *wrapped,
    const struct hsm_wishes *wishes, struct err *err)
{
	struct attributes private = { .n = 0 }, public = { .n = 0 };

	attributes_add(&private, CKA_CLASS, &private_key, sizeof(private_key));
	attributes_add(&private, CKA_KEY_TYPE, &trial->kind->key_type,
	    sizeof(trial->kind->key_type));
	template_put(wishes, &private, &public);
	private = template_in_session(&private, private.n);
	return wrap_open(trial->hsm, wrapped, trial->aes, private.list,
		   private.n, &trial->copy, err) &&
	    template_check_session(trial->hsm, wishes, trial->copy, err);
}

static bool
try_all(struct trial *trial, const struct hsm_wishes *wishes, struct err *err)
{
	struct hsm_wrapped wrapped = { 0 };

	return token_require_login(trial->hsm, err) &&
	    wrap_choose(trial->hsm, HSM_SENDS, HSM_FROM_COMPONENTS,
		&wrapped.how, err) &&
	    wrap_offered(trial->hsm, HSM_RECEIVES, HSM_FROM_COMPONENTS,
		wrapped.how, err) &&
	    make_pair(trial, err) &&
	    wrap_make_trial(trial->hsm, &trial->aes, err) &&
	    wrap_private(
		trial->hsm, trial->aes, trial->private, &wrapped, err) &&
	    unwrap(trial, &wrapped, wishes, err);
}

/* The first failure is told. */
static bool
forget(struct trial *trial, bool ok, struct err *err)
{
	const CK_OBJECT_HANDLE all[] = { trial->copy, trial->aes,
		trial->private, trial->public };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		ok = wrap_forget(trial->hsm, all[i], ok, err);
	return ok;
}

bool
here_takes_copies(struct hsm *hsm, enum hsm_key_type type,
    const struct hsm_wishes *wishes, struct err *err)
{
	struct trial trial = { hsm, kind_of_type(type), CK_INVALID_HANDLE,
		CK_INVALID_HANDLE, CK_INVALID_HANDLE, CK_INVALID_HANDLE };
	bool ok;

	if (trial.kind == NULL || !trial.kind->wrapped)
		ok = err_set(err, E_HSM,
		    "keys of this type are unwrapped by no token that is "
		    "known");
	else
		ok = forget(&trial, try_all(&trial, wishes, err), err);
	return ok || token_context(hsm, err);
}
