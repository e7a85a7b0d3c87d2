/*
 * What is asked of the token for a new key pair, and whether it was given.
 */
#pragma once

#include "hsm/internal.h"

/* An attribute list being built; each half needs fewer than this. */
struct attributes {
	CK_ATTRIBUTE list[24];
	CK_ULONG n;
};

/* The value is borrowed. */
void attributes_add(struct attributes *attributes, CK_ATTRIBUTE_TYPE type,
    const void *value, size_t len);

/* What each half may do: by hsm_wishes, else by the table of docs/hsm.md. */
void template_put(const struct hsm_wishes *wishes, struct attributes *private,
    struct attributes *public);

/* Each is read back; one that the token does not say is one that differs. */
MUST_USE bool template_check(struct hsm *hsm, const struct hsm_wishes *wishes,
    CK_OBJECT_HANDLE private, CK_OBJECT_HANDLE public, struct err *err);

/* The same of the private half alone, of a key of the session. */
MUST_USE bool template_check_session(struct hsm *hsm,
    const struct hsm_wishes *wishes, CK_OBJECT_HANDLE private, struct err *err);

/* The attributes but for one (n: for none), of a key of the session. */
struct attributes template_in_session(
    const struct attributes *all, size_t without);

/*
 * Behind the message of a C_GenerateKeyPair that refused the template: which
 * attribute it was, found out with keys that are gone with their session.
 */
void template_say_refused(struct hsm *hsm, CK_MECHANISM *mechanism,
    const struct attributes *private, const struct attributes *public,
    struct err *err);
