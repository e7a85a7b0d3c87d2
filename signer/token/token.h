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
	const char *login; /* "pin", "pad" or "none" */
	json_t *mapped; /* owned: files of code on record, path to hash */
	/* Of a replay (token_recorded.h). */
	struct recorded *recorded; /* NULL: there is a token */
	struct hsm_token seen;
	const char *zone;    /* borrowed */
	struct ksr *request; /* owned: what the run made; or NULL */
};

/* Keys of one zone that a token is opened for. */
struct keys_wanted {
	const struct config *config;
	uint32_t keys; /* a mask over those of the configuration */
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

/* The same for keys of several zones. */
MUST_USE bool token_open_for(const struct context *context,
    const char *hsm_name, const struct keys_wanted *wanted, size_t n,
    struct token *ret, struct err *err);

void token_close(struct token *token);

/* A replay's, where no token was opened: of ZSKs that were in files. */
struct token token_of_files(const struct context *context);

/* hsm_know_keys, for whoever looks for many. */
MUST_USE bool token_know_keys(struct token *token, struct err *err);

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

/*
 * The key of that label, which must have this purpose, which is no zone's; as
 * a DNSKEY it has flags 0.  What follows on record is an event of it,
 * "anchor key".
 */
MUST_USE bool token_find_for(struct token *token, const struct config *config,
    const char *label, enum key_purpose purpose, struct hsm_key *ret,
    struct dnskey *ret_dnskey, struct err *err);

/*
 * The RSA key of that label, which must be one that unwraps and does nothing
 * else: its public half, by which a backup is meant for it.
 */
MUST_USE bool
token_find_transport(struct token *token, const struct config *config,
    const char *label, struct hsm_key *ret, struct err *err);

/* hsm.h: whether copies of such a key come to life in it. */
MUST_USE bool token_takes_copies(struct token *token, uint8_t algorithm,
    const struct hsm_wishes *wishes, struct err *err);

/* hsm.h: whether it makes a key of components. */
MUST_USE bool token_can_take_components(
    struct token *token, enum hsm_side side, struct err *err);

/* hsm.h: one more component, of which a replay has the check values alone. */
MUST_USE bool token_component(struct token *token, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err);

/* hsm.h: whether the KSK can be copied, and the copy. */
MUST_USE bool token_can_backup(struct token *token, const struct hsm_key *key,
    enum hsm_carriage carriage, struct err *err);
MUST_USE bool token_backup(struct token *token, const struct hsm_key *key,
    const struct hsm_key *recipient, struct hsm_wrapped *ret, struct err *err);

/*
 * hsm.h; the key is then found and judged as token_find_ksk does before it
 * signs, and destroyed where that refuses it.
 */
MUST_USE bool token_restore(struct token *token, const struct config *config,
    const struct config_key *pinned, const struct hsm_restore *what,
    struct hsm_key *ret, struct err *err);

/*
 * Whether the configuration lets a KSK sign that can leave its token; E_USAGE
 * if not.
 */
MUST_USE bool ksk_may_leave(const struct config *config, struct err *err);

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

/* The reverse, as the public half of a key in a token. */
MUST_USE bool token_public_half(
    const struct dnskey *dnskey, struct hsm_key *ret, struct err *err);

/* One KSK in the token, or of the configuration (tokens.h). */
struct ksk {
	bool present;
	const struct config_hsm *hsm; /* that has it; NULL: none was asked */
	struct hsm_key key;
	struct dnskey dnskey; /* flags 257 */
};

/* It can leave its token, and outside a rehearsal key_policy lets it sign. */
bool ksk_is_waived(const struct config *config, const struct ksk *ksk);

/*
 * Finds a key of the configuration in the token and compares it with what the
 * configuration pins: algorithm, size, exponent, tag, DS; and its private half
 * with what a ceremony demands, and whether it can sign.  One that does not
 * sign may be a public half alone.
 */
MUST_USE bool token_find_ksk(struct token *token, const struct config *config,
    const struct config_key *pinned, bool signs, struct ksk *ret,
    struct err *err);

/*
 * The five things that a key in the token signs; nothing else calls hsm_sign.
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

/* The signed attributes of a CMS structure: one SET in DER (RFC 5652 5.4). */
MUST_USE bool token_sign_attributes(struct token *token,
    const struct hsm_key *key, const struct dnskey *dnskey,
    struct bytes octets, struct rrsig *ret, struct err *err);

/* The lines of a ceremony's record. */
MUST_USE bool token_sign_record(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err);
