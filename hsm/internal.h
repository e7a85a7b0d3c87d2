/*
 * What the files of this folder share and no one else sees.
 */
#pragma once

#include <p11-kit/pkcs11.h>

#include "hsm/hsm.h"
#include "ksr/base/uri.h"

/*
 * In the module's process all of it; in the program's own process the names
 * of module and token, and the way there.
 */
struct hsm {
	struct process *process; /* owned; NULL in the module's */
	struct channel *channel; /* its way there, or where it is called from */
	char module[PATH_MAX_LEN + 1];
	struct hsm_module *file; /* owned; open while its code may be used */
	void *library;
	/*
	 * The module's functions, asked for once: p11-kit-client connects anew
	 * at each C_GetFunctionList, and a login is its connection's.
	 */
	CK_FUNCTION_LIST *p11; /* called by CALL only */
	bool started; /* C_Initialize was called, C_Finalize not yet */
	bool one_thread; /* the module does no locking */
	bool selected;
	bool read_only; /* the token takes no new objects */
	bool logged_in;
	bool pin_each;	     /* as hsm_pin_each has it */
	const char *key_pin; /* in the shared page; NULL: the pin pad asks */
	struct hsm_token token;    /* the selected one */
	char late_serial[URI_VALUE_MAX + 1]; /* to be shown at login, or "" */
	CK_SESSION_HANDLE session; /* open while selected; the login is its */
	struct known_halves *known; /* owned: hsm_know_keys; or NULL */
};

/* One call of the module, of which is told while it runs. */
#define CALL(hsm, function, ...)        \
	(call_begins((hsm), #function), \
	    call_ended((hsm), (hsm)->p11->function(__VA_ARGS__)))
void call_begins(const struct hsm *hsm, const char *function);
CK_RV call_ended(const struct hsm *hsm, CK_RV rv);

/* What hsm_module_settings was given, or the defaults. */
const struct hsm_settings *module_settings(const struct hsm_module *module);

int module_descriptor(const struct hsm_module *module);

/* PATH_MAX_LEN + 1 octets. */
const char *module_path(const struct hsm_module *module);

/* Maps the file that was hashed; hsm->library may be set on failure, too. */
MUST_USE bool
module_dlopen(struct hsm *hsm, struct err *err);

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

/* What hsm_know_keys has read is out of date.  Where nothing is, nothing. */
void keys_forget(struct hsm *hsm);

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

/* True if sig is key's signature over data, by OpenSSL and not the token. */
MUST_USE bool
proof_verify(const struct hsm_key *key, enum hsm_mechanism mechanism,
    struct bytes data, struct bytes sig, struct err *err);

/*
 * What hsm.h offers, in the module's process: hsm_X hands over to here_X
 * (remote.c).
 */
MUST_USE bool here_load(struct hsm_module *module, struct channel *channel,
    struct hsm **ret, struct err *err);
void here_close(struct hsm *hsm);
MUST_USE bool here_mapped(
    struct hsm_object **ret, size_t *ret_n, struct err *err);
MUST_USE bool here_tokens(
    struct hsm *hsm, struct hsm_token **ret, size_t *ret_n, struct err *err);
MUST_USE bool here_select(struct hsm *hsm, const char *uri, struct err *err);
MUST_USE bool here_login(struct hsm *hsm, const char *pin, struct err *err);
void here_pin_each(struct hsm *hsm, const char *pin);
MUST_USE bool here_keys(
    struct hsm *hsm, struct hsm_key **ret, size_t *ret_n, struct err *err);
MUST_USE bool here_know_keys(struct hsm *hsm, struct err *err);
MUST_USE bool here_shows(
    struct hsm *hsm, const char *label, bool *ret, struct err *err);
MUST_USE bool here_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err);
MUST_USE bool here_find_pinned(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err);
MUST_USE bool here_find_published(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err);
MUST_USE bool here_can_sign(struct hsm *hsm, struct hsm_key *key,
    enum hsm_mechanism mechanism, bool hash_in_hsm, struct err *err);
MUST_USE bool here_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err);
MUST_USE bool here_worker_open(
    const struct hsm *hsm, struct hsm **ret, struct err *err);
void here_worker_close(struct hsm *worker);
MUST_USE bool here_keygen(struct hsm *hsm, const struct hsm_keygen *what,
    struct hsm_key *ret, struct err *err);
MUST_USE bool here_delete(
    struct hsm *hsm, const struct hsm_key *key, struct err *err);
MUST_USE bool here_takes_copies(struct hsm *hsm, enum hsm_key_type type,
    const struct hsm_wishes *wishes, struct err *err);
MUST_USE bool here_can_take_components(
    struct hsm *hsm, enum hsm_side side, struct err *err);
/* sum: those before it, then with it; of zeros there are none yet. */
MUST_USE bool here_component(struct hsm *hsm, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE],
    uint8_t sum[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err);
MUST_USE bool here_can_backup(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err);
/* With sum NULL for the recipient, by the transport key. */
MUST_USE bool here_backup(struct hsm *hsm, const struct hsm_key *key,
    const struct hsm_key *recipient, const uint8_t *sum,
    struct hsm_wrapped *ret, struct err *err);
MUST_USE bool here_restore(struct hsm *hsm, const struct hsm_restore *what,
    const uint8_t *sum, struct hsm_key *ret, struct err *err);
MUST_USE bool here_init_token(struct hsm *hsm, const char *label,
    const char *so_pin, const char *pin, struct hsm_token *ret,
    struct err *err);
