#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/cursor.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/pubkey_fields.h"
#include "ksr/dns/rrset.h"
#include "ksr/policy/purpose.h"
#include "signer/live/environment.h"
#include "signer/live/pin.h"
#include "signer/record/context.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/screen.h"
#include "signer/token/kinds.h"
#include "signer/token/token.h"
#include "signer/token/token_facts.h"
#include "signer/token/token_recorded.h"

#define TOKEN_URI_SIZE	40
#define TOKEN_NAME_SIZE (64 + NAME_MAX_LEN)

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

/* In the module's process. */
static bool
enter_module(const void *of, struct err *err)
{
	screen_leave();
	return environment_of_module(of, err);
}

static void
settings_of(const struct config *config, const struct config_hsm *hsm,
    struct hsm_settings *ret)
{
	*ret = (struct hsm_settings){ .enter = enter_module,
		.of = hsm,
		.limit_s = (unsigned)hsm->call_timeout_s,
		.may_swap = config->rehearsal };
}

/* As far as the module: no token selected, no login. */
static bool
load(const struct context *context, const char *hsm_name,
    struct token *ret, struct err *err)
{
	const struct config_hsm *hsm = NULL;
	struct token token = { 0 };
	struct hsm_settings settings;
	struct hsm_module *module;
	struct err late;

	if (!choose_hsm(context->config, hsm_name, &hsm, err) ||
	    !environment_for_modules(context->config->rehearsal, err))
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
	settings_of(context->config, hsm, &settings);
	hsm_module_settings(module, &settings);
	if (!facts_hsm(
		context->record, hsm, hsm_module_sha256(module), err)) {
		hsm_module_close(module);
		token_close(&token);
		return false;
	}
	if (!hsm_load(module, &token.hsm, err) ||
	    !facts_mapped(context->record, &token, err)) {
		token_close(&token);
		return err_prefix(err, "hsm.%s", hsm->name);
	}
	*ret = token;
	return true;
}

/* True if the selected token shows a public key of one of the wanted KSKs. */
static bool
holds_wanted(struct hsm *hsm, const struct keys_wanted *wanted, size_t n,
    bool *ret, struct err *err)
{
	*ret = false;
	for (size_t k = 0; k < n && !*ret; k++) {
		const struct config *config = wanted[k].config;

		for (size_t i = 0; i < config->n_keys && !*ret; i++)
			if ((wanted[k].keys >> i & 1) != 0 &&
			    !hsm_shows(hsm, config->keys[i].label, ret, err))
				return false;
	}
	return true;
}

/*
 * Of several tokens the only one with a wanted key; where that does not decide
 * it, hsm_select's own message lists them.
 */
static bool
select_by_key(struct hsm *hsm, const struct keys_wanted *wanted,
    size_t n_wanted, struct err *err)
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
		    holds_wanted(hsm, wanted, n_wanted, &holds, err);
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
	return !hsm->pin_per_signature ||
	    hsm_pin_each(token->hsm, NULL, err);
}

static void
pin_free(struct secret *pin)
{
	if (pin != NULL)
		secret_wipe(pin);
	free(pin);
}

/* Tokens of several HSMs may share a label. */
static bool
log_in_with_pin(
    struct token *token, const struct config *config, struct err *err)
{
	const char *label = hsm_selected(token->hsm)->label;
	struct secret *pin = calloc(1, sizeof(*pin));
	char name[TOKEN_NAME_SIZE];
	bool ok;

	if (pin == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	snprintf(name, sizeof(name), "%s%s%s", label,
	    config->n_hsms > 1 ? " of HSM " : "",
	    config->n_hsms > 1 ? token->config->name : "");
	if (!pin_obtain(config, token->config, name, pin, err) ||
	    !hsm_login(token->hsm, pin->text, err)) {
		pin_free(pin);
		return false;
	}
	ok = !token->config->pin_per_signature ||
	    hsm_pin_each(token->hsm, pin->text, err);
	pin_free(pin);
	return ok;
}

static bool
log_in(struct token *token, const struct config *config, struct err *err)
{
	const struct hsm_token *selected = hsm_selected(token->hsm);

	token->login = !selected->login_required ? "none"
	    : selected->pin_pad			 ? "pad"
						 : "pin";
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
	const struct keys_wanted keys = { context->config, wanted };

	return token_open_for(context, hsm_name, &keys, 1, ret, err);
}

bool
token_open_for(const struct context *context, const char *hsm_name,
    const struct keys_wanted *wanted, size_t n, struct token *ret,
    struct err *err)
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
	    select_by_key(token.hsm, wanted, n, err);
	/* A login may load more code. */
	ok = ok && log_in(&token, config, err) &&
	    facts_mapped(context->record, &token, err) &&
	    facts_token(context->record, &token, err);
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

bool
token_know_keys(struct token *token, struct err *err)
{
	return token->recorded != NULL || hsm_know_keys(token->hsm, err);
}

/* What is in a token beside the keys that a run used is on no record. */
static bool
is_not_told(struct token *token, struct err *err)
{
	/* Where another token was not opened, the run cannot succeed. */
	if (token->recorded->state == RECORDED_GOES_ON)
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
	const struct token_kind *kind = token_kind_of(algorithm);
	struct dnskey dnskey = { .ttl_s = ttl_s,
		.flags = flags,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = algorithm };

	if (kind == NULL || kind->type != key->type) {
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
copy_field(struct bytes field, uint8_t *ret, size_t *ret_len)
{
	if (field.len > 0)
		memcpy(ret, field.data, field.len);
	*ret_len = field.len;
}

bool
token_public_half(
    const struct dnskey *dnskey, struct hsm_key *ret, struct err *err)
{
	const struct token_kind *kind = token_kind_of(dnskey->algorithm);
	struct hsm_key key = { .has_public = true };
	struct pubkey_fields fields;

	if (!pubkey_fields_read(dnskey, &fields, err))
		return false;
	snprintf(key.label, sizeof(key.label), "%s", dnskey->identifier);
	snprintf(key.name, sizeof(key.name), "%s", dnskey->identifier);
	if (kind == NULL || fields.modulus.len > sizeof(key.modulus) ||
	    fields.exponent.len > sizeof(key.exponent) ||
	    fields.point.len > sizeof(key.point))
		return err_set(err, E_REFUSED, "key \"%s\" is none of a token",
		    key.label);
	key.type = kind->type;
	key.bits = fields.algorithm->family == FAMILY_RSA
	    ? (unsigned)bits_of_number(fields.modulus)
	    : fields.algorithm->size;
	copy_field(fields.modulus, key.modulus, &key.modulus_len);
	copy_field(fields.exponent, key.exponent, &key.exponent_len);
	copy_field(fields.point, key.point, &key.point_len);
	*ret = key;
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
	    config_key_check(pinned->config, pinned->key, "it", &dnskey,
		&ignored);
}

static bool
find_pinned(struct token *token, const char *label, const struct hsm_pin *pin,
    bool signs, struct hsm_key *ret, struct err *err)
{
	if (token->recorded != NULL)
		return token_find_again(token, label, ret, err);
	return signs ? hsm_find_pinned(token->hsm, label, pin, ret, err)
		     : hsm_find_published(token->hsm, label, pin, ret, err);
}

static bool
mechanism_of(uint8_t algorithm, enum hsm_mechanism *ret, struct err *err)
{
	const struct token_kind *kind = token_kind_of(algorithm);
	char text[ALGORITHM_TEXT_SIZE];

	if (kind == NULL)
		return err_set(err, E_HSM, "%s keys cannot sign here",
		    algorithm_text(algorithm, text));
	*ret = kind->mechanism;
	return true;
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
	if (wanted == DEMAND_ANY || wanted == DEMAND_FOR_BACKUP ||
	    value == (wanted == DEMAND_TRUE))
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
	return ksk->present && ksk->key.has_private && ksk->key.extractable && !config->rehearsal;
}

/* What the configuration has of it decides where the token shows nothing. */
static bool
take_known(const struct config *config, const struct config_key *pinned,
    struct hsm_key *known, struct hsm_pin *pin, struct err *err)
{
	struct dnskey dnskey;

	if (pinned->public_key.len == 0)
		return true;
	if (!config_key_dnskey(config, pinned, &dnskey, err) ||
	    !token_public_half(&dnskey, known, err))
		return false;
	pin->known = known;
	return true;
}

/* Of a public half alone there is nothing to demand. */
static bool
may_sign(struct token *token, const struct config *config,
    const struct config_key *pinned, struct ksk *ksk, struct err *err)
{
	return !ksk->key.has_private ||
	    (meets_policy(token, config, &ksk->key, err) &&
		can_sign(token, pinned, ksk, err));
}

bool
token_find_ksk(struct token *token, const struct config *config,
    const struct config_key *pinned, bool signs, struct ksk *ret,
    struct err *err)
{
	const struct pinned arg = { config, pinned };
	struct hsm_pin pin = { is_pinned, &arg, NULL };
	struct ksk ksk = { .present = true, .hsm = token->config };
	struct hsm_key known;

	token->zone = config->ksk_policy.signers_name;
	if (!take_known(config, pinned, &known, &pin, err) ||
	    !find_pinned(token, pinned->label, &pin, signs, &ksk.key, err) ||
	    !token_dnskey(&ksk.key, pinned->algorithm, DNSKEY_FLAGS_KSK,
		config_ttl_s(config), &ksk.dnskey, err) ||
	    !config_key_check(
		config, pinned, "the token's key", &ksk.dnskey, err) ||
	    !purpose_require(config, &ksk.dnskey,
		(struct bytes){ ksk.key.id, ksk.key.id_len }, PURPOSE_KSK,
		err) ||
	    !may_sign(token, config, pinned, &ksk, err))
		return err_prefix(err, "keys.%s (label \"%s\")", pinned->name,
		    pinned->label);
	*ret = ksk;
	return true;
}

bool
ksk_may_leave(const struct config *config, struct err *err)
{
	const struct hsm_key key = { .sign = true, .extractable = true };

	if (meets_demand(config, &key, &demands[0], err))
		return true;
	err->code = E_USAGE;
	return false;
}

/* --- Copies. */

bool
token_find_for(struct token *token, const struct config *config,
    const char *label, enum key_purpose purpose, struct hsm_key *ret,
    struct dnskey *ret_dnskey, struct err *err)
{
	struct dnskey dnskey;
	struct hsm_key key;

	if (token->recorded != NULL
		? !token_find_for_again(token, purpose, &key, err)
		: !hsm_find(token->hsm, label, &key, err))
		return false;
	if (!token_dnskey(
		&key, token_algorithm_of(key.type), 0, 0, &dnskey, err) ||
	    !purpose_require(config, &dnskey,
		(struct bytes){ key.id, key.id_len }, purpose, err))
		return false;
	*ret = key;
	*ret_dnskey = dnskey;
	return true;
}

bool
token_find_transport(struct token *token, const struct config *config,
    const char *label, struct hsm_key *ret, struct err *err)
{
	struct dnskey dnskey;

	return token_find_for(token, config, label, PURPOSE_TRANSPORT, ret,
	    &dnskey, err);
}

bool
token_takes_copies(struct token *token, uint8_t algorithm,
    const struct hsm_wishes *wishes, struct err *err)
{
	const struct token_kind *kind = token_kind_of(algorithm);

	return token->recorded != NULL ||
	    hsm_takes_copies(token->hsm, kind == NULL ? HSM_OTHER : kind->type,
		wishes, err);
}

bool
token_can_take_components(
    struct token *token, enum hsm_side side, struct err *err)
{
	return token->recorded != NULL ||
	    hsm_can_take_components(token->hsm, side, err);
}

bool
token_component(struct token *token, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err)
{
	return token->recorded != NULL
	    ? token_component_again(token, ret, ret_whole, err)
	    : hsm_component(token->hsm, side, component, ret, ret_whole, err);
}

bool
token_can_backup(struct token *token, const struct hsm_key *key,
    enum hsm_carriage carriage, struct err *err)
{
	enum hsm_wrap how;

	return token->recorded != NULL ||
	    hsm_can_backup(token->hsm, key, carriage, &how, err);
}

bool
token_backup(struct token *token, const struct hsm_key *key,
    const struct hsm_key *recipient, struct hsm_wrapped *ret, struct err *err)
{
	return token->recorded != NULL
	    ? token_backup_again(token, err)
	    : hsm_backup(token->hsm, key, recipient, ret, err);
}

/* What the policy does not let sign is not left there. */
static bool
judge_restored(struct token *token, const struct config *config,
    const struct config_key *pinned, struct hsm_key *key, struct err *err)
{
	struct err late;
	struct ksk ksk;

	if (token_find_ksk(token, config, pinned, true, &ksk, err))
		return true;
	if (!hsm_delete(token->hsm, key, &late))
		return err_append(
		    err, "; and it could not be deleted: %s", late.msg);
	return err_append(err, "; nothing of it is left in the token");
}

bool
token_restore(struct token *token, const struct config *config,
    const struct config_key *pinned, const struct hsm_restore *what,
    struct hsm_key *ret, struct err *err)
{
	struct hsm_key key;

	if (token->recorded != NULL)
		return token_restore_again(token, what->public, ret, err);
	if (!hsm_restore(token->hsm, what, &key, err) ||
	    !judge_restored(token, config, pinned, &key, err))
		return false;
	*ret = key;
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

enum { DER_SEQUENCE = 0x30, DER_SET = 0x31 };

/* X.690 8.1: one of that tag, from the first octet to the last. */
static bool
is_der(struct bytes octets, uint8_t tag)
{
	struct cursor cursor = cursor_new(octets);
	bool tagged = cursor_u8(&cursor) == tag;
	size_t len = cursor_u8(&cursor), n_octets = len & 0x7f;

	if (len >= 0x80) {
		len = 0;
		if (n_octets == 0 || n_octets > sizeof(uint32_t))
			return false;
		while (n_octets-- > 0)
			len = len << 8 | cursor_u8(&cursor);
	}
	return tagged && !cursor.failed && len == cursor.rest.len;
}

bool
token_sign_der(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err)
{
	if (!is_der(octets, DER_SEQUENCE))
		return err_set(err, E_REFUSED,
		    "key \"%s\": what is to be signed is no DER structure",
		    key->label);
	if (!clear_no_rrset(octets, err))
		return err_prefix(err, "key \"%s\"", key->label);
	return sign(token, key, dnskey, octets, ret, err);
}

bool
token_sign_attributes(struct token *token, const struct hsm_key *key,
    const struct dnskey *dnskey, struct bytes octets, struct rrsig *ret,
    struct err *err)
{
	if (!is_der(octets, DER_SET))
		return err_set(err, E_REFUSED,
		    "key \"%s\": what is to be signed are no attributes",
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
