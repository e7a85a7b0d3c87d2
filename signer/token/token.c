#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/cursor.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/policy/purpose.h"
#include "signer/live/environment.h"
#include "signer/live/pin.h"
#include "signer/record/context.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/screen.h"
#include "signer/token/token.h"
#include "signer/token/token_facts.h"
#include "signer/token/token_recorded.h"

#define TOKEN_URI_SIZE 40

static bool
choose_hsm(const struct config *config, const char *name,
    const struct config_hsm **ret, struct err *err)
{
	if (config->n_hsms == 0)
		return err_set(err, E_USAGE,
		    "the configuration has no HSM; add one under `hsm:`");
	if (name == NULL && config->n_hsms > 1)
		return err_set(err, E_USAGE,
		    "the configuration has %zu HSMs; choose one with --hsm",
		    config->n_hsms);
	for (size_t i = 0; i < config->n_hsms; i++) {
		if (name == NULL || strcmp(config->hsms[i].name, name) == 0) {
			*ret = &config->hsms[i];
			return true;
		}
	}
	return err_set(err, E_USAGE, "--hsm %s: the configuration has none of "
	    "that name", name);
}

/* As far as the module: no token selected, no login. */
static bool
load(const struct context *context, const char *hsm_name,
    struct token *ret, struct err *err)
{
	const struct config_hsm *hsm = NULL;
	struct token token = { 0 };
	struct hsm_module *module;
	struct err late;

	if (!choose_hsm(context->config, hsm_name, &hsm, err) ||
	    !environment_for_module(hsm, context->config->rehearsal, err))
		return false;
	token.config = hsm;
	token.mapped = json_object();
	if (!hsm_module_open(hsm->module, &module, err)) {
		token_close(&token);
		if (facts_hsm(context->record, hsm, NULL, &late))
			return err_prefix(err, "hsm.%s", hsm->name);
		*err = late;
		return false;
	}
	hsm_module_aside(module, screen_aside);
	if (!facts_hsm(
		context->record, hsm, hsm_module_sha256(module), err)) {
		hsm_module_close(module);
		token_close(&token);
		return false;
	}
	if (!hsm_load(module, &token.hsm, err) ||
	    !facts_mapped(context->record, hsm, token.mapped, err)) {
		token_close(&token);
		return err_prefix(err, "hsm.%s", hsm->name);
	}
	*ret = token;
	return true;
}

/* True if the selected token shows a public key of one of the wanted KSKs. */
static bool
holds_wanted(struct hsm *hsm, const struct config *config, uint32_t wanted,
    bool *ret, struct err *err)
{
	bool shows;

	*ret = false;
	for (size_t i = 0; i < config->n_keys; i++) {
		if ((wanted >> i & 1) == 0)
			continue;
		if (!hsm_shows(hsm, config->keys[i].label, &shows, err))
			return false;
		*ret = *ret || shows;
	}
	return true;
}

/*
 * Of several tokens the only one with a wanted key; where that does not decide
 * it, hsm_select's own message lists them.
 */
static bool
select_by_key(struct hsm *hsm, const struct config *config, uint32_t wanted,
    struct err *err)
{
	struct hsm_token *tokens;
	char uri[TOKEN_URI_SIZE], found[TOKEN_URI_SIZE] = "";
	size_t n, n_found = 0;
	bool ok = true, holds;

	if (!hsm_tokens(hsm, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n && n > 1 && ok; i++) {
		if (!tokens[i].initialised)
			continue;
		/* Labels and serials may be blank, or others' as well. */
		snprintf(uri, sizeof(uri), "pkcs11:slot-id=%lu",
		    tokens[i].slot);
		ok = hsm_select(hsm, uri, err) &&
		    holds_wanted(hsm, config, wanted, &holds, err);
		if (ok && holds) {
			n_found++;
			memcpy(found, uri, sizeof(found));
		}
	}
	free(tokens);
	return ok && hsm_select(hsm, n_found == 1 ? found : "", err);
}

/* Before one is spent.  From a file the PIN is what it was. */
static void
tell_tries(const struct hsm_token *selected, const struct config_hsm *hsm)
{
	bool typed = hsm->pin_file[0] == '\0' && !hsm->has_pin;

	if (selected->user_pin_count_low && typed)
		screen_complain("note: token \"%s\": a wrong PIN was given "
				"since the last right one",
		    selected->label);
	if (selected->user_pin_final_try)
		screen_complain("note: token \"%s\": this is the last try "
				"before its PIN is locked",
		    selected->label);
}

static bool
log_in_on_pad(struct token *token, struct err *err)
{
	const struct config_hsm *hsm = token->config;

	screen_complain("note: token \"%s\" asks for its PIN by itself: enter "
			"it there%s",
	    hsm_selected(token->hsm)->label,
	    hsm->has_pin || hsm->pin_file[0] != '\0' ?
		"; the configuration's PIN is not used" :
		"");
	if (!hsm_login(token->hsm, NULL, err))
		return false;
	if (hsm->pin_per_signature)
		hsm_pin_each(token->hsm, NULL);
	return true;
}

static void
pin_free(struct pin *pin)
{
	if (pin != NULL)
		pin_wipe(pin);
	free(pin);
}

static bool
log_in_with_pin(
    struct token *token, const struct config *config, struct err *err)
{
	const char *name = hsm_selected(token->hsm)->label;
	struct pin *pin = calloc(1, sizeof(*pin));

	if (pin == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!pin_obtain(config, token->config, name, pin, err) ||
	    !hsm_login(token->hsm, pin->text, err)) {
		pin_free(pin);
		return false;
	}
	if (token->config->pin_per_signature) {
		token->pin = pin;
		hsm_pin_each(token->hsm, pin->text);
	} else {
		pin_free(pin);
	}
	return true;
}

static bool
log_in(struct token *token, const struct config *config, struct err *err)
{
	const struct hsm_token *selected = hsm_selected(token->hsm);

	if (!selected->login_required)
		return hsm_login(token->hsm, NULL, err);
	tell_tries(selected, token->config);
	return selected->pin_pad ? log_in_on_pad(token, err) :
				   log_in_with_pin(token, config, err);
}

static bool
open_again(const struct context *context, const char *hsm_name,
    struct token *ret, struct err *err)
{
	const struct config_hsm *hsm = NULL;

	return choose_hsm(context->config, hsm_name, &hsm, err) &&
	    token_open_again(context, hsm, ret, err);
}

bool
token_open(const struct context *context, const char *hsm_name,
    uint32_t wanted, struct token *ret, struct err *err)
{
	const struct config *config = context->config;
	struct token token;
	bool ok;

	if (record_recorded(context->record) != NULL)
		return open_again(context, hsm_name, ret, err);
	if (!load(context, hsm_name, &token, err))
		return false;
	ok = token.config->token[0] != '\0' ?
	    hsm_select(token.hsm, token.config->token, err) :
	    select_by_key(token.hsm, config, wanted, err);
	/* A login may load more code. */
	ok = ok && log_in(&token, config, err) &&
	    facts_mapped(context->record, token.config, token.mapped, err) &&
	    facts_token(context->record, hsm_selected(token.hsm), err);
	if (!ok) {
		err_prefix(err, "hsm.%s", token.config->name);
		token_close(&token);
		return false;
	}
	*ret = token;
	return true;
}

void
token_close(struct token *token)
{
	hsm_close(token->hsm);
	pin_free(token->pin);
	json_decref(token->mapped);
	ksr_free(token->request);
	*token = (struct token){ 0 };
}

struct token
token_of_files(const struct context *context)
{
	return (struct token){ .recorded = record_recorded(context->record),
		.zone = context->config->ksk_policy.signers_name };
}

const struct hsm_token *
token_selected(const struct token *token)
{
	return token->recorded != NULL ? &token->seen
				       : hsm_selected(token->hsm);
}

/* What is in a token beside the keys that a run used is on no record. */
static bool
is_not_told(struct token *token, struct err *err)
{
	token->recorded->state = RECORDED_LEFT;
	return err_set(err, E_IO, "the record does not tell");
}

bool
token_list(struct token *token, struct hsm_token **ret, size_t *ret_n,
    struct err *err)
{
	return token->recorded != NULL
	    ? is_not_told(token, err)
	    : hsm_tokens(token->hsm, ret, ret_n, err);
}

bool
token_keys(struct token *token, struct hsm_key **ret, size_t *ret_n,
    struct err *err)
{
	return token->recorded != NULL ? is_not_told(token, err)
				       : hsm_keys(token->hsm, ret, ret_n, err);
}

bool
token_find(struct token *token, const char *label, struct hsm_key *ret,
    struct err *err)
{
	return token->recorded != NULL
	    ? token_find_again(token, label, ret, err)
	    : hsm_find(token->hsm, label, ret, err);
}

bool
token_find_known(struct token *token, const struct dnskey *dnskey,
    struct hsm_key *ret, struct err *err)
{
	return token->recorded != NULL
	    ? token_has_again(token, dnskey, ret, err)
	    : hsm_find(token->hsm, dnskey->identifier, ret, err);
}

bool
token_keygen(struct token *token, const struct hsm_keygen *what,
    struct hsm_key *ret, struct err *err)
{
	return token->recorded != NULL
	    ? token_keygen_again(token, what, ret, err)
	    : hsm_keygen(token->hsm, what, ret, err);
}

bool
token_delete(struct token *token, const struct hsm_key *key, struct err *err)
{
	return token->recorded != NULL || hsm_delete(token->hsm, key, err);
}

bool
token_worker_open(
    const struct token *token, struct token *ret, struct err *err)
{
	*ret = (struct token){ .config = token->config };
	return hsm_worker_open(token->hsm, &ret->hsm, err);
}

void
token_worker_close(struct token *worker)
{
	hsm_worker_close(worker->hsm);
	worker->hsm = NULL;
}

bool
token_shows(
    struct token *token, const char *label, bool *ret, struct err *err)
{
	struct hsm_key *keys;
	size_t n;

	*ret = false;
	if (token->recorded != NULL) {
		*ret = token_shows_again(token, label);
		return true;
	}
	if (!hsm_keys(token->hsm, &keys, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].label, label) == 0)
			*ret = true;
	free(keys);
	return true;
}

bool
token_dnskey(const struct hsm_key *key, uint8_t algorithm, uint16_t flags,
    uint32_t ttl_s, struct dnskey *ret, struct err *err)
{
	const struct algorithm *known = algorithm_of_number(algorithm);
	struct dnskey dnskey = { .ttl_s = ttl_s,
		.flags = flags,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = algorithm };
	bool fits = known != NULL && known->supported &&
	    ((key->type == HSM_RSA && known->family == FAMILY_RSA) ||
	    (key->type == HSM_EC_P256 &&
		algorithm == ALGORITHM_ECDSAP256SHA256) ||
	    (key->type == HSM_EC_P384 &&
		algorithm == ALGORITHM_ECDSAP384SHA384));

	if (!fits) {
		char text[ALGORITHM_TEXT_SIZE];

		return err_set(err, E_HSM,
		    "key \"%s\" in the token is not one for %s", key->label,
		    algorithm_text(algorithm, text));
	}
	snprintf(dnskey.identifier, sizeof(dnskey.identifier), "%s",
	    key->label);
	if (key->type == HSM_RSA) {
		if (!pubkey_encode_rsa(
			(struct bytes){ key->modulus, key->modulus_len },
			(struct bytes){ key->exponent, key->exponent_len },
			&dnskey, err))
			return err_prefix(err, "key \"%s\"", key->label);
	} else {
		memcpy(dnskey.public_key, key->point, key->point_len);
		dnskey.public_key_len = (uint16_t)key->point_len;
	}
	dnskey.tag = dnskey_tag(&dnskey);
	*ret = dnskey;
	return true;
}

static void
hex_of(const uint8_t *digest, char *ret)
{
	for (size_t i = 0; i < DS_SHA256_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02X", digest[i]);
}

/* The configuration pins it; the token must have exactly that. */
static bool
matches_pin(const struct config *config, const struct config_key *pinned,
    const struct dnskey *dnskey, struct err *err)
{
	char seen[2 * DS_SHA256_SIZE + 1], wanted[2 * DS_SHA256_SIZE + 1];
	uint8_t ds[DS_SHA256_SIZE];
	struct pubkey_info info;
	struct dname owner;

	if (!dname_parse(config->ksk_policy.signers_name, &owner, err) ||
	    !dnskey_ds(&owner, dnskey, ds, err))
		return false;
	hex_of(ds, seen);
	if (!pinned->has_ds)
		return err_set(err, E_INPUT,
		    "the configuration pins no ds_sha256, so the key cannot be "
		    "told from another; the token's key has %s",
		    seen);
	hex_of(pinned->ds_sha256, wanted);
	if (memcmp(ds, pinned->ds_sha256, sizeof(ds)) != 0)
		return err_set(err, E_HSM,
		    "the token's key has DS SHA-256 %s, the configuration "
		    "pins %s",
		    seen, wanted);
	if (pinned->has_tag && dnskey->tag != pinned->tag)
		return err_set(err, E_HSM,
		    "the token's key has key tag %u, the configuration pins %u",
		    dnskey->tag, pinned->tag);
	if (!pubkey_info(dnskey, &info, err))
		return false;
	if (pinned->rsa_size != 0 && info.bits != pinned->rsa_size)
		return err_set(err, E_HSM,
		    "the token's key has %u bits, the configuration pins %u",
		    info.bits, pinned->rsa_size);
	if (pinned->rsa_exponent != 0 && info.exponent != pinned->rsa_exponent)
		return err_set(err, E_HSM,
		    "the token's key has exponent %llu, the configuration pins "
		    "%llu",
		    (unsigned long long)info.exponent,
		    (unsigned long long)pinned->rsa_exponent);
	return true;
}

struct pinned {
	const struct config *config;
	const struct config_key *key;
};

/* Whatever its objects are called. */
static bool
is_pinned(const struct hsm_key *key, const void *arg)
{
	const struct pinned *pinned = arg;
	struct dnskey dnskey;
	struct err ignored;

	return token_dnskey(key, pinned->key->algorithm, DNSKEY_FLAGS_KSK,
		   config_ttl_s(pinned->config), &dnskey, &ignored) &&
	    matches_pin(pinned->config, pinned->key, &dnskey, &ignored);
}

static bool
find_pinned(struct token *token, const char *label, const struct hsm_pin *pin,
    struct hsm_key *ret, struct err *err)
{
	return token->recorded != NULL
	    ? token_find_again(token, label, ret, err)
	    : hsm_find_pinned(token->hsm, label, pin, ret, err);
}

static bool
mechanism_of(uint8_t algorithm, enum hsm_mechanism *ret, struct err *err)
{
	char text[ALGORITHM_TEXT_SIZE];

	switch (algorithm) {
	case ALGORITHM_RSASHA256:
		*ret = HSM_RSA_PKCS1_SHA256;
		return true;
	case ALGORITHM_RSASHA512:
		*ret = HSM_RSA_PKCS1_SHA512;
		return true;
	case ALGORITHM_ECDSAP256SHA256:
		*ret = HSM_ECDSA_SHA256;
		return true;
	case ALGORITHM_ECDSAP384SHA384:
		*ret = HSM_ECDSA_SHA384;
		return true;
	default:
		return err_set(err, E_HSM, "%s keys cannot sign here",
		    algorithm_text(algorithm, text));
	}
}

/* As far as anybody can know before it signs. */
static bool
can_sign(struct token *token, const struct config_key *pinned, struct ksk *ksk,
    struct err *err)
{
	enum hsm_mechanism mechanism = HSM_RSA_PKCS1_SHA256;

	return token->recorded != NULL ||
	    (mechanism_of(pinned->algorithm, &mechanism, err) &&
	    hsm_can_sign(token->hsm, &ksk->key, mechanism,
		pinned->hash_using_hsm, err));
}

/*
 * What a KSK's private half has to be.  The defaults hold outside rehearsals:
 * a key that could leave its token is good for practice only.
 */
static const struct demand {
	const char *name;
	size_t policy_at, key_at;
	enum config_demand fallback;
} demands[] = {
#define DEMAND(name, member, fallback)             \
	{ "CKA_" name, offsetof(struct key_policy, member), \
		offsetof(struct hsm_key, member), fallback }
	DEMAND("EXTRACTABLE", extractable, DEMAND_FALSE),
	DEMAND("SENSITIVE", sensitive, DEMAND_TRUE),
	DEMAND("ALWAYS_SENSITIVE", always_sensitive, DEMAND_ANY),
	DEMAND("NEVER_EXTRACTABLE", never_extractable, DEMAND_ANY),
	DEMAND("LOCAL", local, DEMAND_ANY),
	DEMAND("DECRYPT", decrypt, DEMAND_ANY),
	DEMAND("UNWRAP", unwrap, DEMAND_ANY),
	DEMAND("DERIVE", derive, DEMAND_ANY),
#undef DEMAND
};

static bool
meets_demand(const struct config *config, const struct hsm_key *key,
    const struct demand *demand, struct err *err)
{
	enum config_demand wanted;
	bool given, value;

	memcpy(&wanted,
	    (const uint8_t *)&config->key_policy + demand->policy_at,
	    sizeof(wanted));
	memcpy(&value, (const uint8_t *)key + demand->key_at, sizeof(value));
	given = wanted != DEMAND_NONE;
	if (!given)
		wanted = config->rehearsal ? DEMAND_ANY : demand->fallback;
	if (wanted == DEMAND_ANY || value == (wanted == DEMAND_TRUE))
		return true;
	return err_set(err, E_HSM, "%s of the private key is %s%s",
	    demand->name, value ? "true" : "false",
	    given ? ", and key_policy wants it otherwise" :
		    "; only a rehearsal may use it, or a configuration whose "
		    "key_policy permits it");
}

/* Of a run on record only the first, which is told, is known. */
static bool
meets_policy(const struct token *token, const struct config *config,
    const struct hsm_key *key, struct err *err)
{
	size_t n = token->recorded == NULL ? ARRAY_LEN(demands) : 1;

	if (!key->sign)
		return err_set(
		    err, E_HSM, "the private key may not sign (CKA_SIGN)");
	for (size_t i = 0; i < n; i++)
		if (!meets_demand(config, key, &demands[i], err))
			return false;
	return true;
}

bool
ksk_is_waived(const struct config *config, const struct ksk *ksk)
{
	return ksk->present && ksk->key.extractable && !config->rehearsal;
}

bool
token_find_ksks(struct token *token, const struct config *config,
    uint32_t wanted, struct ksk ret[CONFIG_KEYS_MAX], struct err *err)
{
	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *pinned = &config->keys[i];
		const struct pinned arg = { config, pinned };
		const struct hsm_pin pin = { is_pinned, &arg };
		struct ksk ksk = { .present = true };

		if ((wanted >> i & 1) == 0)
			continue;
		if (!find_pinned(
			token, pinned->label, &pin, &ksk.key, err) ||
		    !token_dnskey(&ksk.key, pinned->algorithm, DNSKEY_FLAGS_KSK,
			config_ttl_s(config), &ksk.dnskey, err) ||
		    !matches_pin(config, pinned, &ksk.dnskey, err) ||
		    !purpose_require(config, &ksk.dnskey,
			(struct bytes){ ksk.key.id, ksk.key.id_len },
			PURPOSE_KSK, err) ||
		    !meets_policy(token, config, &ksk.key, err) ||
		    !can_sign(token, pinned, &ksk, err))
			return err_prefix(err, "keys.%s (label \"%s\")",
			    pinned->name, pinned->label);
		ret[i] = ksk;
	}
	return true;
}

static bool
sign(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes data, struct rrsig *ret,
    struct err *err)
{
	uint8_t signature[SIGNATURE_MAX];
	enum hsm_mechanism mechanism = HSM_RSA_PKCS1_SHA256;
	size_t len = 0;

	if (!mechanism_of(dnskey->algorithm, &mechanism, err))
		return err_prefix(err, "key \"%s\"", key->label);
	if (token->recorded != NULL
		? !token_sign_again(token, dnskey, data, signature, &len, err)
		: !hsm_sign(
		      token->hsm, key, mechanism, data, signature, &len, err))
		return false;
	if (!pubkey_verify(
		dnskey, data, (struct bytes){ signature, len }, err)) {
		err_prefix(err,
		    "SKR-VERIFY: key \"%s\": the token's signature does not "
		    "verify with the pinned public key",
		    key->label);
		return token->recorded != NULL &&
		    recorded_contradicts(token->recorded, err);
	}
	memcpy(ret->signature, signature, len);
	ret->signature_len = (uint16_t)len;
	return true;
}

/* What was cleared for one key is signed by no other. */
static bool
is_cleared_for(
    const struct hsm_key *key, const struct dnskey *wanted, struct err *err)
{
	struct dnskey held;

	return token_dnskey(key, wanted->algorithm, wanted->flags,
		   wanted->ttl_s, &held, err) &&
	    (dnskey_same_key(&held, wanted) ||
		err_set(err, E_HSM,
		    "key \"%s\" is not the one that the RRset was cleared for, "
		    "\"%s\"",
		    key->label, wanted->identifier));
}

bool
token_sign_rrset(struct token *token, const struct hsm_key *key,
    const struct cleared *cleared, struct rrsig *ret, struct err *err)
{
	const struct dnskey *dnskey = cleared_key(cleared);

	return is_cleared_for(key, dnskey, err) &&
	    sign(token, key, dnskey, cleared_octets(cleared), ret, err);
}

bool
token_sign_proof(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err)
{
	if (!clear_proof(octets, dnskey, err))
		return err_prefix(err, "key \"%s\"", key->label);
	return sign(token, key, dnskey, octets, ret, err);
}

/* X.690 8.1: one SEQUENCE, from the first octet to the last. */
static bool
is_sequence(struct bytes octets)
{
	struct cursor cursor = cursor_new(octets);
	bool sequence = cursor_u8(&cursor) == 0x30;
	size_t len = cursor_u8(&cursor), n_octets = len & 0x7f;

	if (len >= 0x80) {
		len = 0;
		if (n_octets == 0 || n_octets > sizeof(uint32_t))
			return false;
		while (n_octets-- > 0)
			len = len << 8 | cursor_u8(&cursor);
	}
	return sequence && !cursor.failed && len == cursor.rest.len;
}

bool
token_sign_der(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err)
{
	if (!is_sequence(octets))
		return err_set(err, E_REFUSED,
		    "key \"%s\": what is to be signed is no DER structure",
		    key->label);
	if (!clear_no_rrset(octets, err))
		return err_prefix(err, "key \"%s\"", key->label);
	return sign(token, key, dnskey, octets, ret, err);
}

/* Lines of printable text: a name on the wire ends with an octet 0. */
static bool
is_record(struct bytes octets)
{
	if (octets.len == 0 || octets.data[0] != '{' ||
	    octets.data[octets.len - 1] != '\n')
		return false;
	for (size_t i = 0; i < octets.len; i++)
		if (octets.data[i] < ' ' && octets.data[i] != '\n')
			return false;
	return true;
}

bool
token_sign_record(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err)
{
	if (!is_record(octets))
		return err_set(err, E_REFUSED,
		    "key \"%s\": what is to be signed is no record",
		    key->label);
	if (!clear_no_rrset(octets, err))
		return err_prefix(err, "key \"%s\"", key->label);
	return sign(token, key, dnskey, octets, ret, err);
}
