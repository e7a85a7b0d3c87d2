#include <stdlib.h>
#include <string.h>

#include "signer/token/tokens.h"

bool
tokens_may_hold(const struct config_hsm *hsm, const struct config_key *key)
{
	return key->hsm[0] == '\0' || strcmp(key->hsm, hsm->name) == 0;
}

static bool
is_wanted(uint32_t mask, size_t i)
{
	return (mask >> i & 1) != 0;
}

/* Its token has to be open: nothing else does. */
static bool
needs_token(const struct ksks_wanted *wanted, size_t i)
{
	return is_wanted(wanted->signing, i) ||
	    (is_wanted(wanted->all, i) &&
		wanted->config->keys[i].public_key.len == 0);
}

/* Of the wanted keys those that may be in that HSM; NULL: in any. */
static uint32_t
wanted_in(const struct ksks_wanted *wanted, const struct config_hsm *hsm)
{
	const struct config *config = wanted->config;
	uint32_t keys = 0;

	for (size_t i = 0; i < config->n_keys; i++)
		if (is_wanted(wanted->all, i) &&
		    (hsm == NULL || tokens_may_hold(hsm, &config->keys[i])))
			keys |= UINT32_C(1) << i;
	return keys;
}

/* Whether a key that is needed names it. */
static bool
is_named(
    const struct ksks_wanted *wanted, size_t n, const struct config_hsm *hsm)
{
	for (size_t z = 0; z < n; z++)
		for (size_t i = 0; i < wanted[z].config->n_keys; i++)
			if (needs_token(&wanted[z], i) &&
			    strcmp(wanted[z].config->keys[i].hsm, hsm->name) ==
				0)
				return true;
	return false;
}

/* What a restriction to one HSM leaves out is said before it is opened. */
static bool
holds_all(
    const struct ksks_wanted *wanted, const char *hsm_name, struct err *err)
{
	for (size_t i = 0; i < wanted->config->n_keys; i++) {
		const struct config_key *key = &wanted->config->keys[i];

		if (needs_token(wanted, i) && key->hsm[0] != '\0' &&
		    strcmp(key->hsm, hsm_name) != 0)
			return err_set(err, E_USAGE,
			    "keys.%s is needed %s and is in HSM %s, which "
			    "--hsm %s leaves out",
			    key->name,
			    is_wanted(wanted->signing, i)
				? "to sign"
				: "to be published (it has no public_key)",
			    key->hsm, hsm_name);
	}
	return true;
}

/* With the name NULL the only one that there is. */
static bool
open_one(const struct context *context, const struct config_hsm *hsm,
    const char *hsm_name, const struct ksks_wanted *wanted, size_t n,
    struct tokens *tokens, struct err *err)
{
	struct keys_wanted *keys = calloc(n + 1, sizeof(*keys));
	bool ok;

	if (keys == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t z = 0; z < n; z++)
		keys[z] = (struct keys_wanted){ wanted[z].config,
			wanted_in(&wanted[z], hsm) };
	ok = token_open_for(
	    context, hsm_name, keys, n, &tokens->list[tokens->n], err);
	free(keys);
	if (ok)
		tokens->n++;
	return ok;
}

static bool
open_named(const struct context *context, const struct ksks_wanted *wanted,
    size_t n, struct tokens *tokens, struct err *err)
{
	const struct config *config = context->config;

	for (size_t i = 0; i < config->n_hsms; i++) {
		const struct config_hsm *hsm = &config->hsms[i];

		if (is_named(wanted, n, hsm) &&
		    !open_one(
			context, hsm, hsm->name, wanted, n, tokens, err))
			return false;
	}
	return tokens->n > 0 ||
	    err_set(err, E_USAGE,
		"the configuration has %zu HSMs; choose one with --hsm, or "
		"say of each key where it is (keys.*.hsm)",
		config->n_hsms);
}

bool
tokens_open(const struct context *context, const char *hsm_name,
    const struct ksks_wanted *wanted, size_t n, struct tokens *ret,
    struct err *err)
{
	struct tokens tokens = { .n = 0 };
	bool ok = true;

	for (size_t z = 0; ok && hsm_name != NULL && z < n; z++)
		ok = holds_all(&wanted[z], hsm_name, err);
	if (ok && (hsm_name != NULL || context->config->n_hsms < 2))
		ok = open_one(
		    context, NULL, hsm_name, wanted, n, &tokens, err);
	else if (ok)
		ok = open_named(context, wanted, n, &tokens, err);
	for (size_t i = 0; ok && n > 1 && i < tokens.n; i++)
		ok = token_know_keys(&tokens.list[i], err);
	if (!ok) {
		tokens_close(&tokens);
		return false;
	}
	*ret = tokens;
	return true;
}

bool
tokens_open_all(const struct context *context, const char *hsm_name,
    struct tokens *ret, struct err ret_why[CONFIG_HSMS_MAX], struct err *err)
{
	const struct config *config = context->config;
	const struct ksks_wanted wanted = { .config = config,
		.all = UINT32_MAX };
	bool alone = hsm_name != NULL || config->n_hsms < 2;
	struct tokens tokens = { .n = 0 };

	for (size_t i = 0; i < CONFIG_HSMS_MAX; i++)
		ret_why[i] = (struct err){ .code = E_NONE };
	if (alone &&
	    !open_one(context, NULL, hsm_name, &wanted, 1, &tokens, err))
		return false;
	for (size_t i = 0; !alone && i < config->n_hsms; i++)
		if (open_one(context, &config->hsms[i], config->hsms[i].name,
			&wanted, 1, &tokens, &ret_why[i]))
			ret_why[i].code = E_NONE;
	*ret = tokens;
	return true;
}

void
tokens_close(struct tokens *tokens)
{
	while (tokens->n > 0)
		token_close(&tokens->list[--tokens->n]);
}

/* In the first that has it; *ret is untouched where none does. */
static bool
find_in_tokens(struct tokens *tokens, const struct config *config,
    const struct config_key *key, bool signs, struct ksk *ret, struct err *err)
{
	struct err why = { .code = E_NONE };

	for (size_t i = 0; i < tokens->n; i++) {
		struct err absent;

		if (!tokens_may_hold(tokens->list[i].config, key))
			continue;
		if (token_find_ksk(
			&tokens->list[i], config, key, signs, ret, &absent))
			return true;
		if (why.code == E_NONE)
			why = absent;
		else
			err_append(&why, "; %s", absent.msg);
	}
	if (why.code == E_NONE)
		return err_set(err, E_HSM,
		    "keys.%s (label \"%s\"): HSM %s is not open", key->name,
		    key->label, key->hsm);
	*err = why;
	return false;
}

/* What is published only is proved by its pin, wherever it comes from. */
static bool
find_ksk(struct tokens *tokens, const struct config *config,
    const struct config_key *key, bool signs, struct ksk *ret, struct err *err)
{
	struct ksk ksk = { .present = true };

	if (find_in_tokens(tokens, config, key, signs, ret, err))
		return true;
	if (signs || key->public_key.len == 0)
		return false;
	if (!config_key_dnskey(config, key, &ksk.dnskey, err))
		return false;
	*ret = ksk;
	return true;
}

static void
note_signers(struct tokens *tokens, const struct config *config,
    const struct ksks_wanted *wanted, const struct ksk ksks[CONFIG_KEYS_MAX])
{
	for (size_t i = 0; i < config->n_keys; i++)
		for (size_t t = 0; t < tokens->n; t++)
			if (is_wanted(wanted->signing, i) &&
			    tokens->list[t].config == ksks[i].hsm)
				tokens->signs[t] = true;
}

bool
tokens_find_ksks(struct tokens *tokens, const struct ksks_wanted *wanted,
    struct ksk ret[CONFIG_KEYS_MAX], struct err *err)
{
	const struct config *config = wanted->config;
	struct err absent;

	for (size_t i = 0; i < config->n_keys; i++)
		if (is_wanted(wanted->all, i) &&
		    !find_ksk(tokens, config, &config->keys[i],
			is_wanted(wanted->signing, i), &ret[i], err))
			return false;
	note_signers(tokens, config, wanted, ret);
	/* Others that a token has: what is missing KSR-CHAIN-KEYS says. */
	for (size_t i = 0; i < config->n_keys; i++)
		if (!is_wanted(wanted->all, i))
			ret[i].present = find_in_tokens(tokens, config,
			    &config->keys[i], true, &ret[i], &absent);
	return true;
}

/* What a token shows under the label must be the key that is meant. */
static bool
look(struct tokens *tokens, const struct config *config,
    const struct config_key *key, struct ksk *ret, struct err *err)
{
	struct ksk ksk = { .present = true };
	bool there;

	for (size_t i = 0; i < tokens->n; i++) {
		if (!tokens_may_hold(tokens->list[i].config, key))
			continue;
		if (!token_shows(&tokens->list[i], key->label, &there, err))
			return false;
		if (there)
			return token_find_ksk(&tokens->list[i], config, key,
			    false, ret, err);
	}
	if (key->public_key.len == 0) {
		*ret = (struct ksk){ .present = false };
		return true;
	}
	if (!config_key_dnskey(config, key, &ksk.dnskey, err))
		return false;
	*ret = ksk;
	return true;
}

bool
tokens_look(struct tokens *tokens, const struct config *config, uint32_t keys,
    struct ksk ret[CONFIG_KEYS_MAX], struct err *err)
{
	for (size_t i = 0; i < config->n_keys; i++)
		if (is_wanted(keys, i) &&
		    !look(tokens, config, &config->keys[i], &ret[i], err))
			return false;
	return true;
}

struct token *
tokens_of(struct tokens *tokens, const struct config_hsm *hsm)
{
	for (size_t i = 0; i < tokens->n; i++)
		if (tokens->list[i].config == hsm)
			return &tokens->list[i];
	return NULL;
}

/* One that has keys to be published only needs no further session. */
bool
tokens_worker_open(
    const struct tokens *tokens, struct tokens *ret, struct err *err)
{
	for (; ret->n < tokens->n; ret->n++) {
		struct token *worker = &ret->list[ret->n];

		*worker = (struct token){ 0 };
		if (tokens->signs[ret->n] &&
		    !token_worker_open(&tokens->list[ret->n], worker, err))
			return false;
	}
	return true;
}

void
tokens_worker_close(struct tokens *worker)
{
	while (worker->n > 0)
		token_worker_close(&worker->list[--worker->n]);
}
