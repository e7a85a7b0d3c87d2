#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/command.h"
#include "signer/input.h"
#include "signer/json.h"
#include "signer/keyinfo.h"
#include "signer/token.h"

static const char *
type_text(enum hsm_key_type type)
{
	switch (type) {
	case HSM_RSA:
		return "RSA";
	case HSM_EC_P256:
		return "EC P-256";
	case HSM_EC_P384:
		return "EC P-384";
	default:
		return "other type";
	}
}

/*
 * What the configuration says of a key in the token: "", "keys.NAME", or
 * "keys.NAME, BUT ...".
 */
static void
role_text(struct token *token, const struct config *config,
    const struct hsm_key *key, char *ret, size_t size)
{
	const struct config_key *pinned = keyinfo_configured(config, key->label);
	struct ksk ksks[CONFIG_KEYS_MAX];
	struct err err;

	ret[0] = '\0';
	if (pinned == NULL)
		return;
	if (token_find_ksks(token, config,
		UINT32_C(1) << (pinned - config->keys), ksks, &err))
		snprintf(ret, size, "keys.%s", pinned->name);
	else
		snprintf(ret, size, "MISMATCH: %s", err.msg);
}

static void
attributes_text(const struct hsm_key *key, char *ret, size_t size)
{
	const struct {
		bool set;
		const char *name;
	} flags[] = {
		{ key->sensitive, "sensitive" },
		{ key->always_sensitive, "always-sensitive" },
		{ key->extractable, "EXTRACTABLE" },
		{ key->never_extractable, "never-extractable" },
		{ key->local, "local" },
		{ key->sign, "sign" },
		{ key->decrypt, "DECRYPT" },
		{ key->unwrap, "UNWRAP" },
		{ key->derive, "DERIVE" },
	};
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(flags) && len < size; i++)
		if (flags[i].set)
			len += (size_t)snprintf(ret + len, size - len, "%s%s",
			    len > 0 ? ", " : "", flags[i].name);
}

/* False if the key is none that DNSSEC can use here; not an error. */
static bool
info_of(const struct config *config, const struct hsm_key *key,
    struct keyinfo *ret)
{
	struct err err;

	return keyinfo_of_key(key, config, ret, &err);
}

static void
print_key(struct token *token, const struct config *config, bool dns,
    const struct hsm_key *key)
{
	char label[4 * ID_MAX + 1], attributes[160], role[ERR_MSG_MAX + 16];
	struct keyinfo info;

	text_printable(label, sizeof(label), key->label);
	attributes_text(key, attributes, sizeof(attributes));
	role_text(token, config, key, role, sizeof(role));
	printf("  %-20s %s", label, type_text(key->type));
	if (key->type == HSM_RSA)
		printf(" %u", key->bits);
	printf(", %s", !key->has_private ? "NO PRIVATE KEY" :
		!key->has_public	 ? "NO PUBLIC KEY" :
					   attributes);
	printf("%s%s\n", role[0] == '\0' ? "" : "; ", role);
	if (!dns || !info_of(config, key, &info))
		return;
	keyinfo_print(&info);
	if (keyinfo_configured(config, key->label) == NULL &&
	    (info.dnskey.flags & DNSKEY_FLAG_SEP) != 0)
		printf("  not configured: shown as the KSK that it may be\n");
}

static json_t *
json_of_token_key(struct token *token, const struct config *config,
    const struct hsm_key *key)
{
	char label[4 * ID_MAX + 1], attributes[160], role[ERR_MSG_MAX + 16];
	struct keyinfo info;
	json_t *json;

	text_printable(label, sizeof(label), key->label);
	attributes_text(key, attributes, sizeof(attributes));
	role_text(token, config, key, role, sizeof(role));
	json = json_pack("{s:s, s:s, s:i, s:b, s:b, s:s, s:s}", "label", label,
	    "type", type_text(key->type), "bits", (int)key->bits, "private",
	    key->has_private, "public", key->has_public, "attributes",
	    attributes, "configured_as", role);
	if (json != NULL && info_of(config, key, &info))
		json_object_set_new(json, "dns", keyinfo_json(&info));
	return json;
}

static void
token_texts(const struct hsm_token *token, char label[160], char serial[80])
{
	text_printable(label, 160, token->label);
	text_printable(serial, 80, token->serial);
}

static bool
print_tokens(struct token *token, json_t *list, struct err *err)
{
	struct hsm_token *tokens;
	char label[160], serial[80];
	size_t n;

	if (!hsm_tokens(token->hsm, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		token_texts(&tokens[i], label, serial);
		if (list != NULL)
			json_array_append_new(list,
			    json_pack("{s:I, s:s, s:s, s:b}", "slot",
				(json_int_t)tokens[i].slot, "label", label,
				"serial", serial, "initialised",
				tokens[i].initialised));
		else if (tokens[i].initialised)
			printf("token \"%s\", serial %s, slot %lu%s\n", label,
			    serial, tokens[i].slot,
			    tokens[i].user_pin_locked ? ", PIN LOCKED" : "");
		else
			printf("slot %lu: not initialised\n", tokens[i].slot);
	}
	free(tokens);
	return true;
}

static bool
print_keys(struct token *token, const struct config *config, bool dns,
    json_t *list, struct err *err)
{
	struct hsm_key *keys;
	size_t n;

	if (!hsm_keys(token->hsm, &keys, &n, err))
		return false;
	if (list == NULL) {
		char label[160], serial[80];

		token_texts(hsm_selected(token->hsm), label, serial);
		printf("\n%zu keys in token \"%s\", serial %s\n", n, label,
		    serial);
	}
	for (size_t i = 0; i < n; i++) {
		if (list == NULL)
			print_key(token, config, dns, &keys[i]);
		else
			json_array_append_new(
			    list, json_of_token_key(token, config, &keys[i]));
	}
	free(keys);
	return true;
}

/* Configured KSKs that the token does not have. */
static bool
print_missing(struct token *token, const struct config *config, json_t *list,
    struct err *err)
{
	struct hsm_key *keys;
	size_t n;

	if (!hsm_keys(token->hsm, &keys, &n, err))
		return false;
	for (size_t i = 0; i < config->n_keys; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			if (strcmp(keys[k].label, config->keys[i].label) == 0)
				there = true;
		if (there)
			continue;
		if (list == NULL)
			printf("  %-20s not in this token; keys.%s\n",
			    config->keys[i].label, config->keys[i].name);
		else
			json_array_append_new(
			    list, json_string(config->keys[i].name));
	}
	free(keys);
	return true;
}

static bool
inventory(const struct context *context, const struct args *args,
    struct err *err)
{
	const struct config *config = context->config;
	json_t *tokens = context->json ? json_array() : NULL;
	json_t *keys = context->json ? json_array() : NULL;
	json_t *missing = context->json ? json_array() : NULL;
	bool dns = args_flag(args, "dns");
	struct token token;
	bool ok;

	if (!token_open(
		context, args_value(args, "hsm"), UINT32_MAX, &token, err))
		goto fail;
	if (!context->json)
		printf("module %s\n", token.config->module);
	ok = print_tokens(&token, tokens, err) &&
	    print_keys(&token, config, dns, keys, err) &&
	    print_missing(&token, config, missing, err);
	token_close(&token);
	if (!ok)
		goto fail;
	return !context->json ||
	    json_print(json_pack("{s:s, s:o, s:o, s:o}", "command",
			   "inventory", "tokens", tokens, "keys", keys,
			   "missing", missing),
		err);
fail:
	json_decref(tokens);
	json_decref(keys);
	json_decref(missing);
	return false;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	return inventory(context, args, err);
}

static const struct option_row options[] = {
	{ "dns", NULL, "also each key's DNSKEY and DS records", false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_inventory = {
	.name = "inventory",
	.run = run,
	.usage = "[--dns] [--hsm NAME]",
	.summary = "list tokens and keys, and which configured KSK each is",
	.help =
	    "Every token of the module, every key of the configured token with\n"
	    "its attributes, and what the configuration says of it.  Attributes\n"
	    "that no KSK should have are in capitals.  Configured keys that the\n"
	    "token lacks are named.  With --dns a key is shown as a ZSK if\n"
	    "`request` labelled it (zsk-...), and as a KSK otherwise: a token\n"
	    "does not know what its keys are for.  Changes nothing.",
	.needs_config = true,
	.recording = RECORD_ALWAYS,
	.options = options,
};
