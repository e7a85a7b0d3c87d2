#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/keys/holdings.h"
#include "signer/keys/keyinfo.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/zones.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"
#include "signer/token/kinds.h"

#define LABEL_COLUMNS 20

/* What is looked at, and what of the configuration it is not. */
struct inventory {
	const struct context *context;
	struct context zoned; /* context is that, of the key's zone among many */
	struct holdings holdings;
	struct holding *at; /* the one at hand */
	bool dns;
	json_t *hsms, *tokens, *keys, *missing; /* NULL unless --json */
	size_t n_absent, n_wrong;
	char wrong[ERR_MSG_MAX / 2]; /* names, with ", " in between */
};

/* With the HSM NULL it is wrong that none has it. */
static void
note_wrong(struct inventory *inventory, const char *name,
    const struct config_hsm *hsm)
{
	size_t len = strlen(inventory->wrong);
	bool told = inventory->holdings.together && hsm != NULL;

	snprintf(inventory->wrong + len, sizeof(inventory->wrong) - len,
	    "%skeys.%s%s%s", inventory->n_wrong++ == 0 ? "" : ", ", name,
	    told ? " in HSM " : "", told ? hsm->name : "");
}

/* What is wrong is noted. */
static void
judge(struct inventory *inventory, const struct hsm_key *key, char *ret,
    size_t size)
{
	const struct config *config = inventory->context->config;

	if (!holdings_role(
		&inventory->holdings, inventory->at, config, key, ret, size))
		note_wrong(inventory,
		    keyinfo_configured(config, key->label)->name,
		    inventory->at->hsm);
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
put_pin(const struct inventory *inventory, const struct keyinfo *info,
    struct buf *ret)
{
	char name[NAME_MAX_LEN + 1];

	name_of_label(info->dnskey.identifier, name);
	keyinfo_config(info, name, inventory->context->now, ret);
	if (inventory->holdings.together)
		buf_printf(ret, "    hsm: \"%s\"\n", inventory->at->hsm->name);
}

static void
print_pins(const struct inventory *inventory)
{
	const struct config *config = inventory->context->config;
	const struct holding *at = inventory->at;
	struct buf pins = buf_new(CONFIG_FILE_MAX);
	struct keyinfo info;

	for (size_t i = 0; i < at->n_keys; i++)
		if (info_of(config, &at->keys[i], &info) &&
		    may_be_pinned(config, &at->keys[i], &info))
			put_pin(inventory, &info, &pins);
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
	judge(inventory, key, role, sizeof(role));
	print_padded(key->name, LABEL_COLUMNS);
	printf(" %s", token_type_name(key->type));
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
	judge(inventory, key, role, sizeof(role));
	json = json_pack("{s:s, s:o, s:s, s:i, s:b, s:b, s:s, s:o}", "hsm",
	    inventory->at->hsm->name, "label", json_of_text(key->label),
	    "type", token_type_name(key->type), "bits", (int)key->bits,
	    "private", key->has_private, "public", key->has_public,
	    "attributes", attributes, "configured_as", json_of_text(role));
	if (json != NULL && key->defect[0] != '\0')
		json_object_set_new(json, "unusable", json_of_text(key->defect));
	if (json != NULL && info_of(config, key, &info)) {
		json_object_set_new(json, "dns", keyinfo_json(&info));
		if (may_be_pinned(config, key, &info)) {
			put_pin(inventory, &info, &pin);
			json_object_set_new(json, "pin",
			    json_stringn((const char *)pin.data, pin.len));
		}
	}
	buf_free(&pin);
	return json;
}

static json_t *
json_of_token(const struct hsm_token *token, const char *hsm)
{
	json_t *json = json_pack("{s:s, s:I, s:o, s:o, s:b}", "hsm", hsm,
	    "slot", (json_int_t)token->slot, "label",
	    json_of_text(token->label), "serial",
	    json_of_text(token->serial), "initialised", token->initialised);

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

	if (!token_list(inventory->at->token, &tokens, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (list != NULL)
			json_array_append_new(list,
			    json_of_token(&tokens[i],
				inventory->at->hsm->name));
		else
			print_token(&tokens[i]);
	}
	free(tokens);
	return true;
}

struct place {
	const char *label;
	const struct config_hsm *hsm;
	struct context *ret;
	bool *found; /* one whose key may be in that HSM */
};

static bool
take_if_configured(
    const struct context *zone, const void *arg, struct err *err)
{
	const struct place *place = arg;
	const struct config_key *pinned =
	    keyinfo_configured(zone->config, place->label);
	bool here = pinned != NULL && tokens_may_hold(place->hsm, pinned);

	(void)err;
	if (here || (pinned != NULL && !*place->found))
		*place->ret = *zone;
	*place->found = *place->found || here;
	return true;
}

/* Among many zones the key is told as that of one which pins it, best here. */
static bool
enter_zone_of(struct inventory *inventory, const struct context *whole,
    const char *label, struct err *err)
{
	bool found = false;
	const struct place place = { label, inventory->at->hsm,
		&inventory->zoned, &found };

	inventory->zoned = *whole;
	inventory->context = &inventory->zoned;
	return zone_is_known(whole) ||
	    zones_each(whole, take_if_configured, &place, err);
}

static bool
print_keys(struct inventory *inventory, struct err *err)
{
	const struct holding *at = inventory->at;
	const struct hsm_token *token = token_selected(at->token);
	const struct context *whole = inventory->context;
	bool ok = true;

	if (inventory->keys == NULL)
		printf("\n%zu keys in token \"%s\", serial %s\n", at->n_keys,
		    token->name, token->serial);
	for (size_t i = 0; ok && i < at->n_keys; i++) {
		const struct hsm_key *key = &at->keys[i];

		ok = enter_zone_of(inventory, whole, key->label, err);
		if (ok && inventory->keys == NULL)
			print_key(inventory, key);
		else if (ok)
			json_array_append_new(inventory->keys,
			    json_of_token_key(inventory, key));
	}
	inventory->context = whole;
	return ok;
}

/* --- HSMs. */

static json_t *
json_of_hsm(const struct holding *holding)
{
	json_t *json = json_pack("{s:s, s:o, s:b}", "name",
	    holding->hsm->name, "module", json_of_text(holding->hsm->module),
	    "listed", holding->why.code == E_NONE);

	if (holding->why.code != E_NONE)
		json_object_set_new(
		    json, "trouble", json_of_text(holding->why.msg));
	return json;
}

static void
print_hsm(const struct inventory *inventory, const struct holding *holding)
{
	if (inventory->hsms != NULL)
		return;
	if (inventory->holdings.together)
		printf("%sHSM %s\n",
		    holding == inventory->holdings.list ? "" : "\n",
		    holding->hsm->name);
	printf("module %s\n", holding->hsm->module);
}

/* Of several HSMs each one's own, and then those that are none yet. */
static bool
show_keys(struct inventory *inventory, struct err *err)
{
	if (!print_keys(inventory, err))
		return false;
	if (inventory->holdings.together && inventory->keys == NULL &&
	    zone_is_known(inventory->context))
		print_pins(inventory);
	return true;
}

/* Of several HSMs one that is at fault does not keep the others from view. */
static bool
show_hsm(
    struct inventory *inventory, struct holding *holding, struct err *err)
{
	bool together = inventory->holdings.together;

	if (holding->token == NULL && holding->why.code == E_NONE)
		return true; /* not asked for */
	inventory->at = holding;
	print_hsm(inventory, holding);
	if (holding->token != NULL &&
	    (!print_tokens(inventory, &holding->why) ||
		!holding_read(holding, &holding->why)) &&
	    together)
		err_prefix(&holding->why, "hsm.%s", holding->hsm->name);
	if (inventory->hsms != NULL)
		json_array_append_new(inventory->hsms, json_of_hsm(holding));
	if (holding->why.code == E_NONE)
		return show_keys(inventory, err);
	if (together && inventory->hsms == NULL)
		printf("NOT LISTED: %s\n", holding->why.msg);
	if (!together)
		*err = holding->why;
	return together;
}

/* --- What is not there. */

/* The words before the verdict. */
static void
print_where(struct inventory *inventory, const struct config_key *key)
{
	if (inventory->n_absent++ == 0 && inventory->holdings.together)
		printf("\n");
	print_padded(key->label, LABEL_COLUMNS);
	if (!inventory->holdings.together)
		printf(" not in this token");
	else if (key->hsm[0] == '\0')
		printf(" in none of these tokens");
	else if (holdings_of(&inventory->holdings, key->hsm) != NULL)
		printf(" not in HSM %s", key->hsm);
	else
		printf(" of HSM %s, which is not listed", key->hsm);
}

static void
show_absent(struct inventory *inventory, const struct config_key *key,
    enum absence absence)
{
	static const char *const texts[] = {
		[ABSENT_RETIRED] = "retired",
		[ABSENT_ELSEWHERE] = "elsewhere",
		[ABSENT_MISSING] = "missing",
	};
	json_t *json;

	if (absence == ABSENT_MISSING)
		note_wrong(inventory, key->name, NULL);
	if (inventory->missing == NULL) {
		print_where(inventory, key);
		printf(": %s; keys.%s\n",
		    absence == ABSENT_MISSING ? "MISSING" : texts[absence],
		    key->name);
		return;
	}
	json = json_pack(
	    "{s:s, s:s}", "name", key->name, "state", texts[absence]);
	if (key->hsm[0] != '\0')
		json_object_set_new(json, "hsm", json_string(key->hsm));
	json_array_append_new(inventory->missing, json);
}

static bool
show_absent_of(const struct context *zone, const void *arg, struct err *err)
{
	struct inventory *inventory = *(struct inventory *const *)arg;
	const struct config *config = zone->config;

	(void)err;
	for (size_t i = 0; i < config->n_keys; i++) {
		enum absence absence = holdings_absence(
		    &inventory->holdings, zone, &config->keys[i]);

		if (absence != ABSENT_NOT)
			show_absent(inventory, &config->keys[i], absence);
	}
	return true;
}

/* Configured KSKs that no token has which may; of one HSM, its pins. */
static bool
print_missing(struct inventory *inventory, struct err *err)
{
	const struct context *context = inventory->context;

	if (!zone_is_known(context))
		return zones_each(context, show_absent_of, &inventory, err);
	if (!show_absent_of(context, &inventory, err))
		return false;
	if (!inventory->holdings.together && inventory->keys == NULL)
		print_pins(inventory);
	return true;
}

/* --- All of it. */

static bool
print(struct inventory *inventory, struct err *err)
{
	struct holdings *holdings = &inventory->holdings;

	for (size_t i = 0; i < holdings->n; i++)
		if (!show_hsm(inventory, &holdings->list[i], err))
			return false;
	return print_missing(inventory, err) &&
	    (inventory->tokens == NULL ||
		json_print(json_pack("{s:s, s:O, s:O, s:O, s:O, s:b}",
			       "command", "inventory", "hsms",
			       inventory->hsms, "tokens", inventory->tokens,
			       "keys", inventory->keys, "missing",
			       inventory->missing, "as_configured",
			       inventory->n_wrong == 0 &&
				   holdings_count_closed(holdings) == 0),
		    err));
}

/* An HSM that could not be looked at may have had what is missing. */
static bool
conclude_closed(
    const struct inventory *inventory, size_t n_closed, struct err *err)
{
	const struct holdings *holdings = &inventory->holdings;
	size_t n = 0;

	err_set(err, E_HSM, "%zu of %zu HSMs cannot be listed: ", n_closed,
	    holdings->n);
	for (size_t i = 0; i < holdings->n; i++)
		if (holdings->list[i].why.code != E_NONE)
			err_append(err, "%s%s", n++ == 0 ? "" : "; ",
			    holdings->list[i].why.msg);
	return inventory->n_wrong == 0
	    ? false
	    : err_append(err,
		  "; the others are not as the configuration has them: %s",
		  inventory->wrong);
}

static bool
conclude(const struct inventory *inventory, struct err *err)
{
	bool together = inventory->holdings.together;
	size_t n_closed = holdings_count_closed(&inventory->holdings);

	if (n_closed > 0)
		return conclude_closed(inventory, n_closed, err);
	return inventory->n_wrong == 0 ||
	    err_set(err, E_REFUSED,
		"the %s not as the configuration has %s: %s",
		together ? "tokens are" : "token is",
		together ? "them" : "it", inventory->wrong);
}

static void
begin_json(struct inventory *inventory)
{
	inventory->hsms = json_array();
	inventory->tokens = json_array();
	inventory->keys = json_array();
	inventory->missing = json_array();
}

static void
clear(struct inventory *inventory)
{
	holdings_close(&inventory->holdings);
	json_decref(inventory->hsms);
	json_decref(inventory->tokens);
	json_decref(inventory->keys);
	json_decref(inventory->missing);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct inventory inventory = { .context = context,
		.dns = args_flag(args, "dns") };
	bool ok;

	/* All before the first is told: no PIN is asked amid a list. */
	if (!holdings_open(
		context, args_value(args, "hsm"), &inventory.holdings, err))
		return false;
	if (context->json)
		begin_json(&inventory);
	ok = print(&inventory, err) && conclude(&inventory, err);
	clear(&inventory);
	return ok;
}

static const struct option_row options[] = {
	{ "dns", NULL, "also each key's DNSKEY and DS records", false },
	{ "hsm", "NAME", "this HSM alone, of several", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_inventory = {
	.name = "inventory",
	.run = run,
	.usage = "[--dns] [--hsm NAME]",
	.summary = "list tokens and keys, and which configured KSK each is",
	.help =
	    "Every token of the module, every key of the configured token with\n"
	    "its attributes, and what the configuration says of it; of several\n"
	    "HSMs one after another, each asked for its own PIN.  Attributes\n"
	    "that no KSK should have are in capitals.  A KSK that is not\n"
	    "configured is followed by the lines that pin it.  Status 1 where a\n"
	    "configured KSK is not what the configuration pins, or where it is\n"
	    "missing: from the HSM that its `hsm` names, or, if it names none,\n"
	    "from all.  With --hsm another may have it, and one whose\n"
	    "`valid_until` has passed is retired.  An HSM that cannot be opened\n"
	    "is told, the others are listed, and the status is 2.  With --dns a key\n"
	    "is shown as a ZSK if `request` labelled it (zsk-...), and as a KSK\n"
	    "otherwise: a token does not know what its keys are for.  Of many\n"
	    "zones each key is told as that of one which pins it; the lines that\n"
	    "pin one more are those of --zone NAME.  Changes nothing.",
	.needs_config = true,
	.zone = ZONE_NONE,
	.recording = RECORD_ASKED,
	.options = options,
};
