/*
 * The token: the only code in this program that calls PKCS#11.
 *
 * Everything goes through the module's own function list, asked for once.  One
 * struct hsm is one module, in a process of its own, with at most one token
 * selected and at most one login.  Private keys never leave it.
 *
 * All errors are E_HSM unless said otherwise, and say which module, token, key
 * and PKCS#11 return value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"

struct hsm; /* opaque: module, session, login */

#define HSM_SHA256_SIZE 32u

/*
 * The module's file: opened once, hashed by its descriptor, and loaded by that
 * descriptor, so that what was hashed is what is loaded.
 */
struct hsm_module;

/* The path has a "/" in it.  What cannot be hashed is an error. */
MUST_USE bool hsm_module_open(
    const char *path, struct hsm_module **ret, struct err *err);
const uint8_t *hsm_module_sha256(const struct hsm_module *module);

/* How the module is to be run; zero is the defaults. */
struct hsm_settings {
	/*
	 * What is called in the module's process before its code runs: for its
	 * environment, and what becomes of its output.  Or NULL.
	 */
	bool (*enter)(const void *of, struct err *err);
	const void *of; /* borrowed until hsm_load returns */
	/*
	 * How long one function of the module may take, in seconds, but for
	 * those that wait for a pin pad or make a key.
	 */
	unsigned limit_s; /* 0: HSM_LIMIT_S */
	bool may_swap;	  /* a rehearsal: the PIN's memory need not be locked */
};
#define HSM_LIMIT_S 600u

void hsm_module_settings(
    struct hsm_module *module, const struct hsm_settings *settings);
void hsm_module_close(struct hsm_module *module); /* NULL does nothing */

/*
 * Loads and initialises the module, which is the hsm's from now on, on failure
 * too, in a process of its own (process.h).  No other thread may exist.
 */
MUST_USE bool hsm_load(
    struct hsm_module *module, struct hsm **ret, struct err *err);

/* hsm_module_open and hsm_load, for a rehearsal. */
MUST_USE bool hsm_open(const char *module, struct hsm **ret, struct err *err);

/* A file whose code is in memory beside the token's work. */
struct hsm_object {
	char path[PATH_MAX_LEN + 1];
	uint8_t sha256[HSM_SHA256_SIZE];
};

/*
 * Every file of code that the module's process has now, this program and the C library
 * included, sorted by path; *ret is freed by the caller with free().  Code that
 * comes from no file, or from one that can no longer be read or holds other
 * octets than memory does, is an error.
 */
MUST_USE bool hsm_mapped(struct hsm *hsm, struct hsm_object **ret,
    size_t *ret_n, struct err *err);

/* Sessions, logout, slots, module, in the order that works.  NULL is fine. */
void hsm_close(struct hsm *hsm);

#define HSM_DEFECT_SIZE 128u

/*
 * CK_TOKEN_INFO without its padding; "?" for what is not printable ASCII.  The
 * name is the label with its octets of 0x80 and more, for people alone.
 */
struct hsm_token {
	unsigned long slot;
	char label[33];
	char name[33];
	char manufacturer[33];
	char model[17];
	char serial[17];
	/* Why the slot's token cannot be used, then all else is empty; or "". */
	char trouble[HSM_DEFECT_SIZE];
	bool initialised;
	bool login_required; /* or the user's keys are there for anybody */
	bool pin_pad;	     /* takes the PIN by itself, on a pad of its own */
	bool user_pin_set;
	bool user_pin_locked;
	bool user_pin_count_low; /* there were wrong ones */
	bool user_pin_final_try;
};

/*
 * All tokens present, and the slots with something that is none or does not
 * answer; *ret is freed by the caller with free().
 */
MUST_USE bool hsm_tokens(
    struct hsm *hsm, struct hsm_token **ret, size_t *ret_n, struct err *err);

/*
 * Selects the token that the RFC 7512 URI describes (uri.h), and opens a
 * session.  With uri "" the only initialised token is taken; several are an
 * error that lists them with a URI each.  Some tokens show no serial number
 * until the login: if one alone can be meant, it is taken, and hsm_login
 * compares.  A malformed URI is E_INPUT.  What was selected before is
 * deselected and logged out, on failure too.
 */
MUST_USE bool hsm_select(struct hsm *hsm, const char *uri, struct err *err);

/* The selected token, as of the last login try; NULL if none is. */
const struct hsm_token *hsm_selected(const struct hsm *hsm);

/*
 * Logs the user in, in the session that signs; pin is NULL for a token with a
 * pin pad, and not used for one that requires no login.  Whether it worked is read back
 * from the token; the PIN is handed over in locked memory, and wiped there.
 * Says "wrong PIN", "PIN locked", "one try left" in those words.
 */
MUST_USE bool hsm_login(struct hsm *hsm, const char *pin, struct err *err);

/*
 * From now on a key that wants the PIN before each signature gets this one, of
 * which a copy is kept in locked memory; from a pin pad where it is NULL.
 * Without this call such a key does not sign.
 */
MUST_USE bool hsm_pin_each(struct hsm *hsm, const char *pin, struct err *err);

/* Cloud services name their keys in it, by paths of a hundred octets. */
#define HSM_KEY_ID_MAX 1024u

enum hsm_key_type {
	HSM_RSA,
	HSM_EC_P256,
	HSM_EC_P384,
	HSM_ED25519,
	HSM_ED448,
	HSM_OTHER,
};

/* The public half, and what the private half's attributes say. */
struct hsm_key {
	char label[ID_MAX + 1]; /* printable; other octets as \xNN */
	char name[ID_MAX + 1];  /* with those of 0x80 and more, for people */
	uint8_t id[HSM_KEY_ID_MAX];
	size_t id_len;
	enum hsm_key_type type;
	/* Why the key cannot be used: type is HSM_OTHER.  "" if it can. */
	char defect[HSM_DEFECT_SIZE];
	unsigned bits;
	uint8_t modulus[512]; /* RSA, big-endian */
	size_t modulus_len;
	uint8_t exponent[16]; /* RSA, big-endian */
	size_t exponent_len;
	uint8_t point[96]; /* EC: X || Y; Edwards: as RFC 8032 has it */
	size_t point_len;
	bool has_private, has_public; /* as objects; hsm_find_pinned: known */
	/*
	 * Of the private key, CKA_ names.  False if the token does not say, but
	 * extractable is true then.
	 */
	bool sensitive, always_sensitive, extractable, never_extractable;
	bool sign, decrypt, unwrap, derive, local, token_object, private_object;
	bool always_authenticate; /* a PIN per signature: hsm_pin_each */
	bool hash_in_hsm; /* hsm_can_sign: the token hashes, too */
	unsigned long private_handle, public_handle; /* CK_OBJECT_HANDLE */
};

/*
 * Every key pair, half pairs included, sorted by label and id; keys of a type
 * this program cannot use have type HSM_OTHER.  Freed with free().
 */
MUST_USE bool
hsm_keys(struct hsm *hsm, struct hsm_key **ret, size_t *ret_n, struct err *err);

/*
 * Every key is read once, and looked for in what was read from now on, until a
 * key is made or deleted or another token selected: a token that is asked for
 * each of many keys looks through all that it has each time.
 */
MUST_USE bool hsm_know_keys(struct hsm *hsm, struct err *err);

/*
 * Whether the selected token shows a public key with this label.  The only
 * question about keys that needs no login: it tells tokens apart.
 */
MUST_USE bool hsm_shows(
    struct hsm *hsm, const char *label, bool *ret, struct err *err);

/*
 * The one key pair with this label.  None, several, or a half pair are errors
 * with a message each.
 */
MUST_USE bool hsm_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err);

/* Whether a public half is the one that is wanted, as a pinned DS tells. */
struct hsm_pin {
	bool (*is_it)(const struct hsm_key *key, const void *arg);
	const void *arg;
	/* Its numbers, for a private half that shows none; or NULL. */
	const struct hsm_key *known;
};

/*
 * The key that the pin tells from all others, whatever its objects are called:
 * its public half bears the label, or stands in its private half, or is any in
 * the token; its private half bears the label or the public half's CKA_ID, and
 * shows no other numbers.  One of the two bears the label.  Where the token has no such public half, the
 * known one is it.  It is given under the label asked for.  Where
 * nothing fits the pin it is hsm_find's pair, which is then another key, or its
 * error.
 */
MUST_USE bool hsm_find_pinned(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err);

/*
 * The same of a key that is to be published and nothing else: where the token
 * has no private half of it, the public one does, without has_private.
 */
MUST_USE bool hsm_find_published(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err);

/* How the digest is made and padded; the DNSSEC algorithms we sign with. */
enum hsm_mechanism {
	/* CKM_RSA_PKCS over a DigestInfo made here, or CKM_SHA256_RSA_PKCS */
	HSM_RSA_PKCS1_SHA256,
	HSM_RSA_PKCS1_SHA512,
	/* CKM_ECDSA over the digest, or CKM_ECDSA_SHA256; r || s */
	HSM_ECDSA_SHA256,
	HSM_ECDSA_SHA384,
	/* CKM_EDDSA over the data */
	HSM_EDDSA_25519,
	HSM_EDDSA_448,
};

/*
 * Whether the key can sign so, as far as its attributes and the token's
 * mechanisms say.  With hash_in_hsm the token hashes, too; it does so as well
 * where it offers nothing else.  That is noted in the key.
 */
MUST_USE bool hsm_can_sign(struct hsm *hsm, struct hsm_key *key,
    enum hsm_mechanism mechanism, bool hash_in_hsm, struct err *err);

/*
 * The one place in this program where a private key is used.
 *
 * Signs data with key's private half.  The result is not verified here; the
 * caller does that with the pinned public key, before the next signature.
 * Nothing is retried: a token that cannot sign once stops the ceremony.
 * ret holds SIGNATURE_MAX octets and is untouched on failure.
 */
MUST_USE bool hsm_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err);

/*
 * The same token and login with a session of its own, so that one further
 * thread can call hsm_sign, and nothing else, with it.  Closed before hsm is.
 */
MUST_USE bool hsm_worker_open(
    const struct hsm *hsm, struct hsm **ret, struct err *err);
void hsm_worker_close(struct hsm *worker); /* NULL does nothing */

/* What an attribute of a new key is to be. */
enum hsm_wish {
	HSM_AS_EVER, /* by the table of docs/hsm.md */
	HSM_LEFT_TO_TOKEN,
	HSM_FALSE,
	HSM_TRUE,
};

/* Of the private half, but for public_private.  Zero is as ever. */
struct hsm_wishes {
	enum hsm_wish extractable, sensitive, decrypt, unwrap, derive;
	enum hsm_wish sign; /* of the public half: verify */
	enum hsm_wish always_sensitive, never_extractable, local; /* looked at */
	enum hsm_wish public_private; /* CKA_PRIVATE of the public half */
	bool any_id;		      /* CKA_ID is the token's choice */
};

struct hsm_keygen {
	const char *label;
	enum hsm_key_type type;
	unsigned rsa_bits; /* 1536 (no KSK's), 2048, 3072, 4096 */
	const uint8_t *id; /* HSM_ID_SIZE octets; NULL: made of the label */
	struct hsm_wishes wishes;
};
#define HSM_ID_SIZE 20u

/*
 * Generates a key pair on the token (RSA with exponent 65537), its CKA_ID the
 * one given or the first 20 octets of the SHA-256 of the label; asks for TOKEN, PRIVATE,
 * SENSITIVE, SIGN true and EXTRACTABLE, DECRYPT, UNWRAP, DERIVE false, reads
 * them back and refuses a key that differs.  A label that exists is refused.
 * One that is wished to unwrap and not to sign is a transport key, of RSA: what
 * is tried with it is a key that is wrapped for it.
 */
MUST_USE bool hsm_keygen(struct hsm *hsm, const struct hsm_keygen *what,
    struct hsm_key *ret, struct err *err);

/*
 * Destroys both halves of this key pair, as hsm_find or hsm_keygen gave it, for
 * ever, and looks that no key of its label is left.  Refuses a token whose key
 * of that label is no longer this one.
 */
MUST_USE bool
hsm_delete(struct hsm *hsm, const struct hsm_key *key, struct err *err);

/* How the private key is wrapped under the one-time key (RFC 5649, RFC 3394).
 */
enum hsm_wrap {
	HSM_AES_KEY_WRAP_PAD, /* CKM_AES_KEY_WRAP_PAD */
	HSM_AES_KEY_WRAP,     /* CKM_AES_KEY_WRAP */
};

/* What a private key is wrapped under, and how that is with the recipient. */
enum hsm_carriage {
	HSM_BY_OAEP,	    /* a one-time key, wrapped for a transport key */
	HSM_FROM_COMPONENTS, /* the key that officers' components make */
};

enum hsm_side { HSM_SENDS, HSM_RECEIVES };

#define HSM_CHECK_SIZE  3u
#define HSM_CARRIER_MAX 512u
#define HSM_WRAPPED_MAX 4096u

/*
 * A private key on its way to another token.  Nothing in it is in the clear,
 * and a one-time key never was outside a token.
 */
struct hsm_wrapped {
	enum hsm_wrap how;
	enum hsm_carriage carriage;
	/* The first octets of what the AES key makes of 16 zeros. */
	uint8_t check[HSM_CHECK_SIZE];
	/*
	 * The one-time AES-256 key, for the recipient: RSA-OAEP, SHA-1, MGF1.
	 * Of components there is none.
	 */
	uint8_t carrier[HSM_CARRIER_MAX];
	size_t carrier_len;
	/* The private key (PKCS #8) under the one-time key. */
	uint8_t key[HSM_WRAPPED_MAX];
	size_t key_len;
};

/*
 * Whether the token makes the key of officers' components, which are octets
 * from outside that are XORed to an AES-256 key: an object of the session that
 * is sensitive, cannot leave, and wraps or unwraps.  It is tried with a key that
 * is no secret, whose check value must be right.
 */
MUST_USE bool hsm_can_take_components(
    struct hsm *hsm, enum hsm_side side, struct err *err);

/*
 * One more component, which is kept in locked memory with those before it until
 * hsm_backup, hsm_restore, hsm_components_forget or a failure of this.  The
 * token tells its check value, and that of the key that all so far make, which
 * was an object of the session and is destroyed again.  E_REFUSED for one of
 * zeros, and where all so far make zeros.
 */
MUST_USE bool hsm_component(struct hsm *hsm, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err);
void hsm_components_forget(struct hsm *hsm);

/*
 * Whether the token takes back what it wraps, with the attributes that
 * hsm_restore asks for: tried with a key of this type (RSA: 2,048 bits) that is
 * an object of the session, under an AES key of its own.
 */
MUST_USE bool hsm_takes_copies(struct hsm *hsm, enum hsm_key_type type,
    const struct hsm_wishes *wishes, struct err *err);

/*
 * Whether hsm_backup can have this key, as far as its attributes and the
 * token's mechanisms say, and how.
 */
MUST_USE bool hsm_can_backup(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err);

/*
 * Wraps the private key for the recipient, an RSA public key of which only the
 * numbers are used, or with NULL under the key of the components, and destroys
 * what it needed for that.
 */
MUST_USE bool hsm_backup(struct hsm *hsm, const struct hsm_key *key,
    const struct hsm_key *recipient, struct hsm_wrapped *ret, struct err *err);

/* Borrows everything. */
struct hsm_restore {
	const char *label;
	const uint8_t *id;            /* HSM_ID_SIZE octets */
	struct hsm_wishes wishes;     /* as in struct hsm_keygen */
	const struct hsm_key *public; /* type and numbers that it must have */
	/* As hsm_find gave it: unwraps.  Or NULL: the components do. */
	const struct hsm_key *transport;
	const struct hsm_wrapped *wrapped;
};

/*
 * Unwraps a key, makes the public half from the numbers given, asks for what
 * hsm_keygen asks for, reads it back, and verifies a test signature with those
 * numbers.  On failure what was made is destroyed, or told.  E_REFUSED where
 * the AES key has another check value.
 */
MUST_USE bool hsm_restore(struct hsm *hsm, const struct hsm_restore *what,
    struct hsm_key *ret, struct err *err);

/*
 * Initialises the token in the first free slot for a rehearsal and sets both
 * PINs.  Refuses a label that a token has already, and a module that offers no
 * uninitialised slot.  Nothing is selected afterwards; hsm_select finds the new
 * token.
 */
MUST_USE bool
hsm_init_token(struct hsm *hsm, const char *label, const char *so_pin,
    const char *pin, struct hsm_token *ret, struct err *err);
