/*
 * What the files of this folder share and no one else sees.
 */
#pragma once

#include <p11-kit/pkcs11.h>

#include "hsm/hsm.h"
#include "ksr/base/uri.h"

struct hsm {
	char module[PATH_MAX_LEN + 1];
	struct hsm_module *file; /* owned; open while its code may be used */
	void *library;
	/*
	 * The module's functions, asked for once: p11-kit-client connects anew
	 * at each C_GetFunctionList, and a login is its connection's.
	 */
	CK_FUNCTION_LIST *p11; /* called by CALL only */
	void (*aside)(bool begins); /* round each call, or NULL */
	bool started; /* C_Initialize was called, C_Finalize not yet */
	bool one_thread; /* the module does no locking */
	bool selected;
	bool read_only; /* the token takes no new objects */
	bool logged_in;
	bool pin_each;	     /* as hsm_pin_each has it */
	const char *key_pin; /* borrowed; NULL: the pin pad asks */
	struct hsm_token token;    /* the selected one */
	char late_serial[URI_VALUE_MAX + 1]; /* to be shown at login, or "" */
	CK_SESSION_HANDLE session; /* open while selected; the login is its */
};

/* One call of the module: what it prints meanwhile is its own. */
#define CALL(hsm, function, ...)   \
	(call_begins((hsm)->aside), \
	    call_ended((hsm)->aside, (hsm)->p11->function(__VA_ARGS__)))
void call_begins(void (*aside)(bool begins));
CK_RV call_ended(void (*aside)(bool begins), CK_RV rv);

/* What hsm_module_aside was given. */
void (*module_aside(const struct hsm_module *module))(bool begins);

/* PATH_MAX_LEN + 1 octets. */
const char *module_path(const struct hsm_module *module);

/* Maps the file that was hashed.  *ret may be set on failure, too. */
MUST_USE bool
module_dlopen(struct hsm_module *module, void **ret, struct err *err);

/* C_Initialize.  Nothing is selected. */
MUST_USE bool module_start(struct hsm *hsm, struct err *err);

/* The reverse, C_Finalize included; fine when not started. */
void module_stop(struct hsm *hsm);

/*
 * Every slot, with a token or without; *ret is freed by the caller with free().
 */
MUST_USE bool slots_list(
    struct hsm *hsm, CK_SLOT_ID **ret, size_t *ret_n, struct err *err);

/* The token in a slot, as it is now. */
MUST_USE bool token_read(struct hsm *hsm, unsigned long slot,
    struct hsm_token *ret, struct err *err);

/* What the token says of itself, again: a login changes its flags. */
void token_refresh(struct hsm *hsm);

/* Fails where the URI wanted a serial that the login did not bring. */
MUST_USE bool token_check_serial(const struct hsm *hsm, struct err *err);

/* Logs out and closes the session; fine when nothing is selected. */
void token_deselect(struct hsm *hsm);

/* Logs out; fine when not logged in. */
void token_logout(struct hsm *hsm);

/* The PIN before one signature, between C_SignInit and C_Sign. */
MUST_USE bool token_login_for_key(struct hsm *hsm, struct err *err);

/*
 * Fails unless the user is logged in, by the token's own word, or none has to
 * be.
 */
MUST_USE bool token_require_login(struct hsm *hsm, struct err *err);

/* Puts the selected token's name in front of the message; returns false. */
bool token_context(const struct hsm *hsm, struct err *err);

/* Private or public key objects; has_* says which. */
struct halves {
	struct hsm_key *list; /* owned, with free() */
	size_t n;
};

/* All halves of one class; with a label, only those that bear it. */
MUST_USE bool halves_read(struct hsm *hsm, CK_OBJECT_CLASS class,
    const char *label, struct halves *ret, struct err *err);

/* The key's CKA_ID. */
struct bytes key_id(const struct hsm_key *key);

/* False where a private half shows that it is not this public one's. */
bool key_same(const struct hsm_key *private, const struct hsm_key *public);

/* Public numbers from the public half, all else from the private half. */
struct hsm_key key_join(
    const struct hsm_key *private, const struct hsm_key *public);

/* hsm_find and hsm_sign, without the token's name in their messages. */
MUST_USE bool key_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err);
MUST_USE bool key_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err);

/* Fails for a label that no key of ours can have. */
MUST_USE bool key_check_label(const char *label, struct err *err);

/* CKA_EC_PARAMS of an EC key; nothing for other types. */
struct bytes key_curve(enum hsm_key_type type);

/* True if sig is key's signature over data, by OpenSSL and not the token. */
MUST_USE bool
proof_verify(const struct hsm_key *key, enum hsm_mechanism mechanism,
    struct bytes data, struct bytes sig, struct err *err);
