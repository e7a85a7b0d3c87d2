/*
 * The configured token, opened and logged in, and the configured KSKs found in
 * it: each must be what the configuration pins, or nothing is signed.
 */
#pragma once

#include <jansson.h>

#include "hsm/hsm.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "ksr/response/clear.h"
#include "signer/record/context.h"

struct token {
	const struct config_hsm *config; /* borrowed */
	struct hsm *hsm;		 /* owned; NULL in a replay */
	/* Owned, locked: for keys that want it at each signature; or NULL. */
	struct pin *pin;
	json_t *mapped; /* owned: files of code on record, path to hash */
	/* Of a replay (token_recorded.h). */
	struct recorded *recorded; /* NULL: there is a token */
	struct hsm_token seen;
	const char *zone;    /* borrowed */
	struct ksr *request; /* owned: what the run made; or NULL */
};

/*
 * Sets the HSM's environment, loads its module, selects its token and logs in;
 * what code is in memory then is on record, before the PIN is given and after.
 * hsm_name is --hsm; NULL takes the only HSM configured.  Without a token URI
 * the only token is taken, or, of several, the only one that holds a public
 * key labelled as one of the configured KSKs in `wanted`.  Intent and token are
 * on record.
 */
MUST_USE bool token_open(const struct context *context, const char *hsm_name,
    uint32_t wanted, struct token *ret, struct err *err);

void token_close(struct token *token);

/* A replay's, where no token was opened: of ZSKs that were in files. */
struct token token_of_files(const struct context *context);

/* The one that was opened; borrowed. */
const struct hsm_token *token_selected(const struct token *token);

/* hsm.h, of the token or of a run on record. */
MUST_USE bool token_list(struct token *token, struct hsm_token **ret,
    size_t *ret_n, struct err *err);
MUST_USE bool token_keys(struct token *token, struct hsm_key **ret,
    size_t *ret_n, struct err *err);
MUST_USE bool token_find(struct token *token, const char *label,
    struct hsm_key *ret, struct err *err);
MUST_USE bool token_keygen(struct token *token, const struct hsm_keygen *what,
    struct hsm_key *ret, struct err *err);
MUST_USE bool token_delete(
    struct token *token, const struct hsm_key *key, struct err *err);

/* The token's key of that DNSKEY's label, which is said to be that. */
MUST_USE bool token_find_known(struct token *token,
    const struct dnskey *dnskey, struct hsm_key *ret, struct err *err);

/* The same token for one further thread, which may sign by it (hsm.h). */
MUST_USE bool token_worker_open(
    const struct token *token, struct token *ret, struct err *err);
void token_worker_close(struct token *worker);

/* Whether the token has a key of that label, whatever it is. */
MUST_USE bool token_shows(
    struct token *token, const char *label, bool *ret, struct err *err);

/* The DNSKEY of a token's key: identifier is its label, tag and all set. */
MUST_USE bool token_dnskey(const struct hsm_key *key, uint8_t algorithm,
    uint16_t flags, uint32_t ttl_s, struct dnskey *ret, struct err *err);

/* One KSK in the token. */
struct ksk {
	bool present;
	struct hsm_key key;
	struct dnskey dnskey; /* flags 257 */
};

/* It can leave its token, and outside a rehearsal key_policy lets it sign. */
bool ksk_is_waived(const struct config *config, const struct ksk *ksk);

/*
 * Finds each key of the mask `wanted` in the token and compares it with what
 * the configuration pins: algorithm, size, exponent, tag, DS; and its private
 * half with what a ceremony demands, and whether it can sign.  The first that is missing or differs is
 * the error.
 */
MUST_USE bool token_find_ksks(struct token *token, const struct config *config,
    uint32_t wanted, struct ksk ret[CONFIG_KEYS_MAX], struct err *err);

/*
 * The four things that a key in the token signs; nothing else calls hsm_sign.
 * Each refuses, before the token is asked, what is not of its kind (clear.h),
 * and verifies the signature in software before returning it: with the public
 * key that was cleared, which must be the token's, or with dnskey.
 */

/* A KSK's signature of its zone's DNSKEY RRset, and of no other RRset. */
MUST_USE bool token_sign_rrset(struct token *token, const struct hsm_key *key,
    const struct cleared *cleared, struct rrsig *ret, struct err *err);

/* A ZSK's proof of possession in a request. */
MUST_USE bool token_sign_proof(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err);

/* One structure in DER: a certificate request, a certificate. */
MUST_USE bool token_sign_der(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err);

/* The lines of a ceremony's record. */
MUST_USE bool token_sign_record(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err);
