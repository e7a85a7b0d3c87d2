/*
 * The token: the only code in this program that calls PKCS#11.
 *
 * Everything goes through the module's own function list, asked for once.  One
 * struct hsm is one module with at most one token selected and at most one
 * login.  Private keys never leave it.
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

/*
 * What is called before the module's code runs and again after it, from any
 * thread that calls it: some modules print on standard output.
 */
void hsm_module_aside(
    struct hsm_module *module, void (*aside)(bool begins));
void hsm_module_close(struct hsm_module *module); /* NULL does nothing */

/*
 * Loads and initialises the module, which is the hsm's from now on, on failure
 * too.  Sets no environment: the caller does.  At most one struct hsm may be
 * open for one module: closing it finalises the module for the whole process.
 */
MUST_USE bool hsm_load(
    struct hsm_module *module, struct hsm **ret, struct err *err);

/* hsm_module_open and hsm_load. */
MUST_USE bool hsm_open(const char *module, struct hsm **ret, struct err *err);

/* A file whose code is in this process's memory. */
struct hsm_object {
	char path[PATH_MAX_LEN + 1];
	uint8_t sha256[HSM_SHA256_SIZE];
};

/*
 * Every file of code that is mapped now, this program and the C library
 * included, sorted by path; *ret is freed by the caller with free().  Code that
 * comes from no file, or from one that can no longer be read or holds other
 * octets than memory does, is an error.
 */
MUST_USE bool hsm_mapped(
    struct hsm_object **ret, size_t *ret_n, struct err *err);

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
 * from the token; no copy of the PIN is made.
 * Says "wrong PIN", "PIN locked", "one try left" in those words.
 */
MUST_USE bool hsm_login(struct hsm *hsm, const char *pin, struct err *err);

/*
 * From now on a key that wants the PIN before each signature gets this one,
 * which the caller keeps until hsm is closed; from a pin pad where it is NULL.
 * Without this call such a key does not sign.
 */
void hsm_pin_each(struct hsm *hsm, const char *pin);

/* Cloud services name their keys in it, by paths of a hundred octets. */
#define HSM_KEY_ID_MAX 1024u

enum hsm_key_type { HSM_RSA, HSM_EC_P256, HSM_EC_P384, HSM_OTHER };

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
	uint8_t point[96]; /* EC: X || Y */
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
};

/*
 * The key that the pin tells from all others, whatever its objects are called:
 * its public half bears the label, or stands in its private half, or is any in
 * the token; its private half bears the label or the public half's CKA_ID, and
 * shows no other numbers.  One of the two bears the label.  It is given under the label asked for.  Where
 * nothing fits the pin it is hsm_find's pair, which is then another key, or its
 * error.
 */
MUST_USE bool hsm_find_pinned(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err);

/* How the digest is made and padded; the DNSSEC algorithms we sign with. */
enum hsm_mechanism {
	/* CKM_RSA_PKCS over a DigestInfo made here, or CKM_SHA256_RSA_PKCS */
	HSM_RSA_PKCS1_SHA256,
	HSM_RSA_PKCS1_SHA512,
	/* CKM_ECDSA over the digest, or CKM_ECDSA_SHA256; r || s */
	HSM_ECDSA_SHA256,
	HSM_ECDSA_SHA384,
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

struct hsm_keygen {
	const char *label;
	enum hsm_key_type type;
	unsigned rsa_bits; /* 1536 (no KSK's), 2048, 3072, 4096 */
	const uint8_t *id; /* HSM_ID_SIZE octets; NULL: made of the label */
};
#define HSM_ID_SIZE 20u

/*
 * Generates a key pair on the token (RSA with exponent 65537), its CKA_ID the
 * one given or the first 20 octets of the SHA-256 of the label; asks for TOKEN, PRIVATE,
 * SENSITIVE, SIGN true and EXTRACTABLE, DECRYPT, UNWRAP, DERIVE false, reads
 * them back and refuses a key that differs.  A label that exists is refused.
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

/*
 * Initialises the token in the first free slot for a rehearsal and sets both
 * PINs.  Refuses a label that a token has already, and a module that offers no
 * uninitialised slot.  Nothing is selected afterwards; hsm_select finds the new
 * token.
 */
MUST_USE bool
hsm_init_token(struct hsm *hsm, const char *label, const char *so_pin,
    const char *pin, struct hsm_token *ret, struct err *err);
