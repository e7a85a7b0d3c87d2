#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/keys/keyinfo.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"
#include "signer/token/token.h"

#define LABEL_COLUMNS 20

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

/* What is looked at, and what of the configuration it is not. */
struct inventory {
	const struct context *context;
	struct token token;
	bool dns;
	json_t *tokens, *keys, *missing; /* NULL unless --json */
	size_t n_wrong;
	char wrong[ERR_MSG_MAX / 2]; /* names, with ", " in between */
};

static void
note_wrong(struct inventory *inventory, const char *name)
{
	size_t len = strlen(inventory->wrong);

	snprintf(inventory->wrong + len, sizeof(inventory->wrong) - len,
	    "%skeys.%s", inventory->n_wrong++ == 0 ? "" : ", ", name);
}

/*
 * What the configuration says of a key in the token: "", "keys.NAME", or
 * "MISMATCH: ...", which is true of what it returns.
 */
static bool
role_text(struct token *token, const struct config *config,
    const struct hsm_key *key, char *ret, size_t size)
{
	const struct config_key *pinned = keyinfo_configured(config, key->label);
	struct ksk ksks[CONFIG_KEYS_MAX];
	struct err err;

	ret[0] = '\0';
	if (pinned == NULL)
		return true;
	if (token_find_ksks(token, config,
		UINT32_C(1) << (pinned - config->keys), ksks, &err)) {
		snprintf(ret, size, "keys.%s", pinned->name);
		return true;
	}
	snprintf(ret, size, "MISMATCH: %s", err.msg);
	return false;
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

/* A KSK that is there and that the configuration does not name. */
static bool
may_be_pinned(const struct config *config, const struct hsm_key *key,
    const struct keyinfo *info)
{
	return keyinfo_configured(config, key->label) == NULL &&
	    key->has_private && info->dnskey.flags == DNSKEY_FLAGS_KSK;
}

/* A name for `keys:` that the key's label suggests. */
static void
name_of_label(const char *label, char ret[NAME_MAX_LEN + 1])
{
	size_t n = 0;

	for (; label[n] != '\0' && n < NAME_MAX_LEN; n++) {
		char c = label[n];

		if (c >= 'A' && c <= 'Z')
			ret[n] = (char)(c - 'A' + 'a');
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			ret[n] = c;
		else
			ret[n] = '_';
	}
	ret[n] = '\0';
}

/* The lines that pin it, for the zone that the configuration names. */
static void
put_pin(const struct context *context, const struct keyinfo *info,
    struct buf *ret)
{
	char name[NAME_MAX_LEN + 1];

	name_of_label(info->dnskey.identifier, name);
	keyinfo_config(info, name, context->now, ret);
}

static void
print_pins(const struct context *context, const struct hsm_key *keys, size_t n)
{
	const struct config *config = context->config;
	struct buf pins = buf_new(CONFIG_FILE_MAX);
	struct keyinfo info;

	for (size_t i = 0; i < n; i++)
		if (info_of(config, &keys[i], &info) &&
		    may_be_pinned(config, &keys[i], &info))
			put_pin(context, &info, &pins);
	if (pins.len > 0)
		printf("\nNot configured.  To use one as KSK of \"%s\", put its "
		       "lines under `keys:`\nin the configuration, under the "
		       "name that it shall have:\n%.*s",
		    config->ksk_policy.signers_name, (int)pins.len,
		    (const char *)pins.data);
	buf_free(&pins);
}

static void
print_key(struct inventory *inventory, const struct hsm_key *key)
{
	const struct config *config = inventory->context->config;
	char attributes[160], role[ERR_MSG_MAX + 16];
	struct keyinfo info;

	attributes_text(key, attributes, sizeof(attributes));
	if (!role_text(&inventory->token, config, key, role, sizeof(role)))
		note_wrong(
		    inventory, keyinfo_configured(config, key->label)->name);
	print_padded(key->name, LABEL_COLUMNS);
	printf(" %s", type_text(key->type));
	if (key->type == HSM_RSA)
		printf(" %u", key->bits);
	if (key->defect[0] != '\0')
		printf(", UNUSABLE: %s", key->defect);
	printf(", %s", !key->has_private ? "NO PRIVATE KEY" :
		!key->has_public	 ? "NO PUBLIC KEY" :
					   attributes);
	printf("%s%s\n", role[0] == '\0' ? "" : "; ", role);
	if (!info_of(config, key, &info))
		return;
	if (!inventory->dns) {
		printf("  %-*s key tag %u", LABEL_COLUMNS, "",
		    info.dnskey.tag);
		if ((info.dnskey.flags & DNSKEY_FLAG_SEP) != 0)
			printf(", %u once revoked", info.revoked_tag);
		printf("\n");
		return;
	}
	keyinfo_print(&info);
	if (keyinfo_configured(config, key->label) == NULL &&
	    (info.dnskey.flags & DNSKEY_FLAG_SEP) != 0)
		printf("  not configured: shown as the KSK that it may be\n");
}

static json_t *
json_of_token_key(struct inventory *inventory, const struct hsm_key *key)
{
	const struct config *config = inventory->context->config;
	char attributes[160], role[ERR_MSG_MAX + 16];
	struct buf pin = buf_new(CONFIG_FILE_MAX);
	struct keyinfo info;
	json_t *json;

	attributes_text(key, attributes, sizeof(attributes));
	if (!role_text(&inventory->token, config, key, role, sizeof(role)))
		note_wrong(
		    inventory, keyinfo_configured(config, key->label)->name);
	json = json_pack("{s:o, s:s, s:i, s:b, s:b, s:s, s:o}", "label",
	    json_of_text(key->label), "type", type_text(key->type), "bits",
	    (int)key->bits, "private", key->has_private, "public", key->has_public, "attributes",
	    attributes, "configured_as", json_of_text(role));
	if (json != NULL && key->defect[0] != '\0')
		json_object_set_new(json, "unusable", json_of_text(key->defect));
	if (json != NULL && info_of(config, key, &info)) {
		json_object_set_new(json, "dns", keyinfo_json(&info));
		if (may_be_pinned(config, key, &info)) {
			put_pin(inventory->context, &info, &pin);
			json_object_set_new(json, "pin",
			    json_stringn((const char *)pin.data, pin.len));
		}
	}
	buf_free(&pin);
	return json;
}

static json_t *
json_of_token(const struct hsm_token *token)
{
	json_t *json = json_pack("{s:I, s:o, s:o, s:b}", "slot",
	    (json_int_t)token->slot, "label", json_of_text(token->label),
	    "serial", json_of_text(token->serial), "initialised",
	    token->initialised);

	if (token->trouble[0] != '\0')
		json_object_set_new(
		    json, "trouble", json_string(token->trouble));
	return json;
}

static void
print_token(const struct hsm_token *token)
{
	if (token->initialised)
		printf("token \"%s\", serial %s, slot %lu%s\n", token->name,
		    token->serial, token->slot,
		    token->user_pin_locked ? ", PIN LOCKED" : "");
	else
		printf("slot %lu: %s\n", token->slot,
		    token->trouble[0] == '\0' ? "not initialised" :
						token->trouble);
}

static bool
print_tokens(struct inventory *inventory, struct err *err)
{
	json_t *list = inventory->tokens;
	struct hsm_token *tokens;
	size_t n;

	if (!token_list(&inventory->token, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (list != NULL)
			json_array_append_new(list, json_of_token(&tokens[i]));
		else
			print_token(&tokens[i]);
	}
	free(tokens);
	return true;
}

static bool
print_keys(struct inventory *inventory, struct err *err)
{
	const struct hsm_token *token = token_selected(&inventory->token);
	struct hsm_key *keys;
	size_t n;

	if (!token_keys(&inventory->token, &keys, &n, err))
		return false;
	if (inventory->keys == NULL)
		printf("\n%zu keys in token \"%s\", serial %s\n", n,
		    token->name, token->serial);
	for (size_t i = 0; i < n; i++) {
		if (inventory->keys == NULL)
			print_key(inventory, &keys[i]);
		else
			json_array_append_new(inventory->keys,
			    json_of_token_key(inventory, &keys[i]));
	}
	free(keys);
	return true;
}

enum absence {
	ABSENT_RETIRED,	  /* its validity has ended */
	ABSENT_ELSEWHERE, /* another of the HSMs may have it */
	ABSENT_MISSING,	  /* this is the only one */
};

static enum absence
absence_of(const struct context *context, const struct config_key *key)
{
	if (key->has_valid_until && key->valid_until <= context->now)
		return ABSENT_RETIRED;
	return context->config->n_hsms > 1 ? ABSENT_ELSEWHERE : ABSENT_MISSING;
}

static void
show_absent(struct inventory *inventory, const struct config_key *key)
{
	static const char *const texts[] = {
		[ABSENT_RETIRED] = "retired",
		[ABSENT_ELSEWHERE] = "elsewhere",
		[ABSENT_MISSING] = "missing",
	};
	enum absence absence = absence_of(inventory->context, key);

	if (absence == ABSENT_MISSING)
		note_wrong(inventory, key->name);
	if (inventory->missing != NULL)
		json_array_append_new(inventory->missing,
		    json_pack("{s:s, s:s}", "name", key->name, "state",
			texts[absence]));
	else
		printf("  %-*s not in this token: %s; keys.%s\n", LABEL_COLUMNS,
		    key->label,
		    absence == ABSENT_MISSING ? "MISSING" : texts[absence],
		    key->name);
}

/* Configured KSKs that the token does not have, then those that are none yet. */
static bool
print_missing(struct inventory *inventory, struct err *err)
{
	const struct config *config = inventory->context->config;
	struct hsm_key *keys;
	size_t n;

	if (!token_keys(&inventory->token, &keys, &n, err))
		return false;
	for (size_t i = 0; i < config->n_keys; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			if (strcmp(keys[k].label, config->keys[i].label) == 0)
				there = true;
		if (!there)
			show_absent(inventory, &config->keys[i]);
	}
	if (inventory->keys == NULL)
		print_pins(inventory->context, keys, n);
	free(keys);
	return true;
}

static bool
print(struct inventory *inventory, struct err *err)
{
	if (inventory->tokens == NULL)
		printf("module %s\n", inventory->token.config->module);
	if (!print_tokens(inventory, err) || !print_keys(inventory, err) ||
	    !print_missing(inventory, err))
		return false;
	return inventory->tokens == NULL ||
	    json_print(json_pack("{s:s, s:O, s:O, s:O, s:b}", "command",
			   "inventory", "tokens", inventory->tokens, "keys",
			   inventory->keys, "missing", inventory->missing,
			   "as_configured", inventory->n_wrong == 0),
		err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct inventory inventory = { .context = context,
		.dns = args_flag(args, "dns") };
	bool ok;

	if (!token_open(context, args_value(args, "hsm"), UINT32_MAX,
		&inventory.token, err))
		return false;
	if (context->json) {
		inventory.tokens = json_array();
		inventory.keys = json_array();
		inventory.missing = json_array();
	}
	ok = print(&inventory, err);
	token_close(&inventory.token);
	json_decref(inventory.tokens);
	json_decref(inventory.keys);
	json_decref(inventory.missing);
	return ok &&
	    (inventory.n_wrong == 0 ||
		err_set(err, E_REFUSED,
		    "the token is not as the configuration has it: %s",
		    inventory.wrong));
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
	    "that no KSK should have are in capitals.  A KSK that is not\n"
	    "configured is followed by the lines that pin it.  Status 1 where a\n"
	    "configured KSK is not what the configuration pins, or where the\n"
	    "only HSM configured lacks it; of several it may be elsewhere, and\n"
	    "one whose `valid_until` has passed is retired.  With --dns a key\n"
	    "is shown as a ZSK if `request` labelled it (zsk-...), and as a KSK\n"
	    "otherwise: a token does not know what its keys are for.  Changes\n"
	    "nothing.",
	.needs_config = true,
	.recording = RECORD_ASKED,
	.options = options,
};
