#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/policy/purpose.h"
#include "signer/record/json.h"
#include "signer/record/recorded.h"
#include "signer/token/token_facts.h"
#include "signer/token/token_recorded.h"

#define REQUEST_STEP "output request"

/* --- What is opened. */

static const json_t *
module_of(const struct recorded *recorded, const char *name)
{
	const json_t *hsms = json_object_get(recorded->head, "hsms"), *hsm;
	size_t i;

	json_array_foreach(hsms, i, hsm)
	{
		if (strcmp(fact_text(hsm, "name"), name) == 0)
			return hsm;
	}
	return NULL;
}

/* The module is the one that the run began with. */
static bool
open_module(
    struct token *token, struct record *record, uint8_t *digest, struct err *err)
{
	const json_t *module = module_of(token->recorded, token->config->name);

	return facts_hsm(record, token->config,
	    hex_parse(fact_text(module, "sha256"), digest, SHA256_SIZE)
		? digest
		: NULL,
	    err);
}

/* Each file once, with a hash; by path, which is how they were written. */
static void
check_objects(struct recorded *recorded, const json_t *objects)
{
	const char *before = "";
	uint8_t digest[SHA256_SIZE];
	const json_t *object;
	size_t i;

	if (json_array_size(objects) == 0)
		recorded_differs(recorded, "no file of code is named");
	json_array_foreach(objects, i, object)
	{
		const char *path = fact_text(object, "path");

		if (path[0] != '/' || strcmp(before, path) >= 0)
			recorded_differs(recorded,
			    "the files of code are not in the order of their "
			    "paths at \"%s\"",
			    path);
		if (!hex_parse(fact_text(object, "sha256"), digest,
			sizeof(digest)))
			recorded_differs(recorded, "%s has no hash", path);
		before = path;
	}
}

static bool
holds_module(const json_t *objects, const uint8_t digest[SHA256_SIZE])
{
	const json_t *object;
	uint8_t other[SHA256_SIZE];
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (hex_parse(
			fact_text(object, "sha256"), other, SHA256_SIZE) &&
		    memcmp(other, digest, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

static void
take_mapped(struct recorded *recorded, const json_t *line, bool rehearsal)
{
	check_objects(recorded, json_object_get(line, "objects"));
	if (!rehearsal &&
	    (json_array_size(json_object_get(line, "loader")) > 0 ||
		json_integer_value(
		    json_object_get(line, "further_variables")) != 0))
		recorded_differs(recorded,
		    "the environment holds more than is allowed outside a "
		    "rehearsal");
	recorded_took(recorded);
}

/* The code in memory, before the PIN is given and after; 0.1.0 did not look. */
static bool
take_all_mapped(struct recorded *recorded, const uint8_t *module,
    bool rehearsal, struct err *err)
{
	const json_t *line = recorded_if(recorded, "mapped");

	if (line == NULL && recorded->rules == RULES_0_1_0)
		return true;
	if (line == NULL && recorded_if(recorded, "token") != NULL) {
		err_set(err, E_REFUSED,
		    "it is not said what code was in memory");
		return recorded_contradicts(recorded, err);
	}
	if (line == NULL)
		return recorded_fails(recorded, err);
	if (!holds_module(json_object_get(line, "objects"), module))
		recorded_differs(recorded,
		    "the module is not among the code in memory");
	for (; line != NULL; line = recorded_if(recorded, "mapped"))
		take_mapped(recorded, line, rehearsal);
	return true;
}

static void
copy_text(const json_t *line, const char *fact, char *ret, size_t size)
{
	snprintf(ret, size, "%.*s", (int)size - 1, fact_text(line, fact));
}

static bool
take_token(
    struct recorded *recorded, struct hsm_token *ret, struct err *err)
{
	const json_t *line = recorded_if(recorded, "token");

	if (line == NULL)
		return recorded_refuses(recorded, err);
	copy_text(line, "label", ret->label, sizeof(ret->label));
	copy_text(line, "label", ret->name, sizeof(ret->name));
	copy_text(line, "serial", ret->serial, sizeof(ret->serial));
	if (ret->serial[0] == '\0')
		recorded_differs(recorded, "the token has no serial number");
	recorded_took(recorded);
	return true;
}

bool
token_open_again(const struct context *context,
    const struct config_hsm *config, struct token *ret, struct err *err)
{
	struct token token = { .config = config,
		.recorded = record_recorded(context->record),
		.zone = context->config->ksk_policy.signers_name };
	uint8_t module[SHA256_SIZE] = { 0 };

	if (!open_module(&token, context->record, module, err) ||
	    !take_all_mapped(token.recorded, module,
		context->config->rehearsal, err) ||
	    !take_token(token.recorded, &token.seen, err))
		return false;
	*ret = token;
	return true;
}

/* --- Keys. */

static bool
number_of(const json_t *json, const char *key, uint64_t max, uint64_t *ret)
{
	const json_t *number = json_object_get(json, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0 ||
	    (uint64_t)json_integer_value(number) > max)
		return false;
	*ret = (uint64_t)json_integer_value(number);
	return true;
}

/* The tag is compared where the key is put on record again. */
static bool
dnskey_of_json(const json_t *json, struct dnskey *ret)
{
	const char *identifier = fact_text(json, "key_identifier");
	uint64_t flags, algorithm;
	struct dnskey key = { .protocol = DNSKEY_PROTOCOL };
	size_t len;

	if (identifier[0] == '\0' || strlen(identifier) > ID_MAX ||
	    !number_of(json, "flags", UINT16_MAX, &flags) ||
	    !number_of(json, "algorithm", UINT8_MAX, &algorithm) ||
	    !base64_parse(fact_text(json, "public_key"), key.public_key,
		sizeof(key.public_key), &len))
		return false;
	snprintf(key.identifier, sizeof(key.identifier), "%s", identifier);
	key.flags = (uint16_t)flags;
	key.algorithm = (uint8_t)algorithm;
	key.public_key_len = (uint16_t)len;
	*ret = key;
	return true;
}

/* As `keygen` and `request` mark the key, by which the run had chosen it. */
static bool
mark_key(const struct dnskey *dnskey, const char *zone, struct hsm_key *key,
    struct err *err)
{
	enum key_purpose purpose = dnskey->flags == 0 ? PURPOSE_AUDIT
	    : (dnskey->flags & DNSKEY_FLAG_SEP) != 0  ? PURPOSE_KSK
						      : PURPOSE_ZSK;

	key->id_len = PURPOSE_MARK_SIZE;
	return purpose_mark(purpose, zone, key->label, key->id, err);
}

/*
 * The token's key that has this DNSKEY.  What a record does not hold, the
 * attributes of the private half, was as it had to be.
 */
static bool
key_of_dnskey(const struct dnskey *dnskey, const char *zone,
    struct hsm_key *ret, struct err *err)
{
	struct hsm_key key;

	if (!token_public_half(dnskey, &key, err))
		return false;
	key.has_private = true;
	key.sensitive = true;
	key.sign = true;
	if (!mark_key(dnskey, zone, &key, err))
		return false;
	*ret = key;
	return true;
}

static bool
take_key(struct token *token, const json_t *json, struct hsm_key *ret,
    struct err *err)
{
	struct dnskey dnskey;

	if (!dnskey_of_json(json, &dnskey)) {
		err_set(err, E_REFUSED, "a recorded key is no DNSKEY");
		return recorded_contradicts(token->recorded, err);
	}
	return key_of_dnskey(&dnskey, token->zone, ret, err) ||
	    recorded_contradicts(token->recorded, err);
}

static bool
is_key(const json_t *json, const char *label)
{
	return strcmp(fact_text(json, "key_identifier"), label) == 0;
}

/* Of the KSKs that the line tells, the HSM's: one alone has all. */
static const json_t *
ksk_of_line(const json_t *line, const char *label, const char *hsm)
{
	const json_t *item, *in;
	bool there;
	size_t i;

	json_array_foreach(json_object_get(line, "ksks"), i, item)
	{
		in = json_object_get(item, "hsm");
		there = in != NULL ? strcmp(fact_text(item, "hsm"), hsm) == 0
				   : json_object_get(item, "from") == NULL;
		if (there && is_key(json_object_get(item, "key"), label))
			return item;
	}
	return NULL;
}

/* Whether a list such as "ksk_current, ksk_next" has the name. */
static bool
names(const char *list, const char *name)
{
	while (list[0] != '\0') {
		size_t len = strcspn(list, ",");

		if (len == strlen(name) && strncmp(list, name, len) == 0)
			return true;
		list += len;
		list += strspn(list, ", ");
	}
	return false;
}

/* The request that the run made: the ZSKs that it found are told there alone. */
static bool
load_request(struct token *token, struct err *err)
{
	struct buf octets = buf_new(KSR_FILE_MAX);
	bool ok = token->request != NULL ||
	    (recorded_stored(
		 token->recorded, REQUEST_STEP, &octets, err) &&
		ksr_read(buf_bytes(&octets), "the stored request",
		    &token->request, err));

	buf_free(&octets);
	return ok;
}

static bool
find_zsk(struct token *token, const char *label, struct hsm_key *ret,
    struct err *err)
{
	const json_t *line = recorded_line(token->recorded);

	if (line == NULL || recorded_if(token->recorded, "end") != NULL)
		return recorded_refuses(token->recorded, err);
	if (recorded_later(token->recorded, REQUEST_STEP) == NULL)
		return recorded_loses(token->recorded, label, err);
	if (!load_request(token, err))
		return false;
	for (size_t i = 0; i < token->request->n_bundles; i++) {
		const struct bundle *b = &token->request->bundles[i];

		for (size_t k = 0; k < b->n_keys; k++)
			if (strcmp(b->keys[k].identifier, label) == 0)
				return key_of_dnskey(
				    &b->keys[k], token->zone, ret, err);
	}
	return err_set(err, E_INPUT, "key \"%s\" was not found", label);
}

bool
token_has_again(struct token *token, const struct dnskey *dnskey,
    struct hsm_key *ret, struct err *err)
{
	return key_of_dnskey(dnskey, token->zone, ret, err);
}

bool
token_shows_again(struct token *token, const char *label)
{
	const json_t *line = recorded_line(token->recorded);

	/* Where KSKs are told, it was looked for among them. */
	if (json_object_get(line, "ksks") != NULL)
		return ksk_of_line(line, label, token->config->name) != NULL;
	return recorded_if(token->recorded, "generating") == NULL ||
	    strcmp(fact_text(line, "label"), label) != 0;
}

bool
token_find_again(struct token *token, const char *label, struct hsm_key *ret,
    struct err *err)
{
	const json_t *line = recorded_line(token->recorded);
	const json_t *key = json_object_get(line, "key");
	const json_t *ksk = ksk_of_line(
	    line, label, token->config == NULL ? "" : token->config->name);

	if (key != NULL)
		return take_key(token, key, ret, err);
	if (ksk != NULL) {
		if (!take_key(token, json_object_get(ksk, "key"), ret, err))
			return false;
		ret->extractable = names(
		    fact_text(line, "extractable"), fact_text(ksk, "name"));
		ret->has_private = json_object_get(ksk, "half") == NULL;
		return true;
	}
	/* Where KSKs are told, this was looked for and not found. */
	if (json_object_get(line, "ksks") != NULL)
		return err_set(err, E_HSM, "key \"%s\" was not found", label);
	return find_zsk(token, label, ret, err);
}

bool
token_keygen_again(struct token *token, const struct hsm_keygen *what,
    struct hsm_key *ret, struct err *err)
{
	const json_t *line = recorded_if(token->recorded, "key");

	if (line == NULL)
		return recorded_refuses(token->recorded, err);
	if (!take_key(token, json_object_get(line, "key"), ret, err))
		return false;
	if (strcmp(ret->label, what->label) != 0 || ret->type != what->type ||
	    (what->type == HSM_RSA && ret->bits != what->rsa_bits))
		recorded_differs(token->recorded,
		    "key \"%s\" is not the one that was about to be made",
		    ret->label);
	if (what->id != NULL)
		memcpy(ret->id, what->id, PURPOSE_MARK_SIZE);
	return true;
}

/* --- Copies. */

bool
token_dnskey_of_line(const json_t *line, struct dnskey *ret, struct err *err)
{
	return dnskey_of_json(json_object_get(line, "key"), ret) ||
	    err_set(err, E_INPUT, "a recorded key is no DNSKEY");
}

bool
token_find_for_again(struct token *token, enum key_purpose purpose,
    struct hsm_key *ret, struct err *err)
{
	char step[STEP_TEXT_SIZE];
	const json_t *line;

	snprintf(step, sizeof(step), "%s key", purpose_name(purpose));
	line = recorded_if(token->recorded, step);
	if (line == NULL)
		return recorded_refuses(token->recorded, err);
	return take_key(token, json_object_get(line, "key"), ret, err) &&
	    purpose_mark(purpose, token->zone, ret->label, ret->id, err);
}

bool
token_component_again(struct token *token, uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err)
{
	const json_t *line = recorded_if(token->recorded, "component");

	const char *whole = fact_text(line, "whole");

	if (line == NULL)
		return recorded_refuses(token->recorded, err);
	if (!hex_parse(fact_text(line, "check_value"), ret, HSM_CHECK_SIZE) ||
	    (whole[0] != '\0' && !hex_parse(whole, ret_whole, HSM_CHECK_SIZE)))
		return err_set(err, E_INPUT, "a check value is none") ||
		    recorded_contradicts(token->recorded, err);
	return true;
}

bool
token_backup_again(struct token *token, struct err *err)
{
	return recorded_if(token->recorded, "backed up") != NULL ||
	    recorded_if(token->recorded, "handed over") != NULL ||
	    recorded_refuses(token->recorded, err);
}

bool
token_restore_again(struct token *token, const struct hsm_key *numbers,
    struct hsm_key *ret, struct err *err)
{
	const json_t *line = recorded_if(token->recorded, "restored");
	const char *differences = fact_text(line, "differences");

	if (line == NULL)
		return recorded_refuses(token->recorded, err);
	*ret = *numbers;
	ret->local = !names(differences, "CKA_LOCAL");
	ret->always_sensitive = !names(differences, "CKA_ALWAYS_SENSITIVE");
	ret->never_extractable = !names(differences, "CKA_NEVER_EXTRACTABLE");
	return true;
}

/* --- Signatures. */

/* Of those that the line tells the one of these octets. */
static bool
find_signature(const json_t *line, const char *label, const char *hash,
    uint8_t ret[SIGNATURE_MAX], size_t *ret_len)
{
	const json_t *list = json_object_get(line, "signatures"), *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		if (strcmp(fact_text(entry, "key"), label) == 0 &&
		    strcmp(fact_text(entry, "to_be_signed_sha256"), hash) ==
			0 &&
		    base64_parse(fact_text(entry, "signature"), ret,
			SIGNATURE_MAX, ret_len))
			return true;
	}
	return false;
}

/*
 * In whichever line that is still to come.  A valid one of PKCS#1 v1.5 is the
 * only one (RFC 8017 8.2).
 */
static bool
signed_then(struct token *token, const char *label, struct bytes octets,
    uint8_t ret[SIGNATURE_MAX], size_t *ret_len, bool *ret_found,
    struct err *err)
{
	char hash[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	bool last = false;

	*ret_found = false;
	if (!sha256(octets, digest, err))
		return false;
	sha256_text(digest, hash);
	for (size_t i = 0; !last && !*ret_found; i++)
		*ret_found = find_signature(
		    recorded_ahead(token->recorded, i, &last), label, hash, ret,
		    ret_len);
	return true;
}

static bool
proved_then(struct token *token, const struct dnskey *dnskey,
    struct bytes octets, uint8_t ret[SIGNATURE_MAX], size_t *ret_len,
    struct err *err)
{
	struct err ignored;

	if (!load_request(token, err))
		return false;
	for (size_t i = 0; i < token->request->n_bundles; i++) {
		const struct bundle *b = &token->request->bundles[i];

		for (size_t s = 0; s < b->n_signatures; s++) {
			const struct rrsig *rrsig = &b->signatures[s];

			if (rrsig->tag != dnskey->tag ||
			    !pubkey_verify(dnskey, octets,
				(struct bytes){ rrsig->signature,
				    rrsig->signature_len },
				&ignored))
				continue;
			memcpy(ret, rrsig->signature, rrsig->signature_len);
			*ret_len = rrsig->signature_len;
			return true;
		}
	}
	err_set(err, E_REFUSED,
	    "the stored request has no signature of key \"%s\" over this "
	    "bundle",
	    dnskey->identifier);
	return recorded_contradicts(token->recorded, err);
}

bool
token_sign_again(struct token *token, const struct dnskey *dnskey,
    struct bytes octets, uint8_t ret[SIGNATURE_MAX], size_t *ret_len,
    struct err *err)
{
	struct recorded *recorded = token->recorded;
	bool found;

	if (!signed_then(token, dnskey->identifier, octets, ret, ret_len,
		&found, err))
		return false;
	if (found)
		return true;
	if (recorded_later(recorded, REQUEST_STEP) != NULL)
		return proved_then(
		    token, dnskey, octets, ret, ret_len, err);
	if (recorded_if(recorded, "signed") == NULL)
		return recorded_refuses(recorded, err);
	err_set(err, E_REFUSED,
	    "the record has no signature of key \"%s\" over the octets that "
	    "are due",
	    dnskey->identifier);
	return recorded_contradicts(recorded, err);
}
