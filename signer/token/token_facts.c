#include <stdio.h>
#include <stdlib.h>

#include "signer/live/environment.h"
#include "signer/record/json.h"
#include "signer/token/token_facts.h"

bool
facts_hsm(struct record *record, const struct config_hsm *hsm,
    const uint8_t sha256[SHA256_SIZE], struct err *err)
{
	return record_event(record, "hsm",
	    json_pack("{s:s, s:o, s:o, s:s}", "name", hsm->name, "module",
		json_of_text(hsm->module), "sha256",
		sha256 == NULL ? json_null() : json_of_sha256(sha256),
		"token", hsm->token),
	    err);
}

/* Those that are not known yet, which become so. */
static json_t *
json_of_new_objects(
    const struct hsm_object *objects, size_t n, json_t *known)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		char safe[4 * PATH_MAX_LEN + 1];

		text_ascii(safe, sizeof(safe), objects[i].path);
		if (json_object_get(known, safe) != NULL)
			continue;
		json_object_set_new(
		    known, safe, json_of_sha256(objects[i].sha256));
		json_array_append_new(list,
		    json_pack("{s:s, s:O}", "path", safe, "sha256",
			json_object_get(known, safe)));
	}
	return list;
}

bool
facts_mapped(struct record *record, struct token *token, struct err *err)
{
	json_t *known = token->mapped;
	bool first = json_object_size(known) == 0;
	struct hsm_object *objects;
	json_t *list;
	size_t n;

	if (!hsm_mapped(token->hsm, &objects, &n, err))
		return false;
	list = json_of_new_objects(objects, n, known);
	free(objects);
	if (!first && json_array_size(list) == 0) {
		json_decref(list);
		return true;
	}
	return record_event(record, "mapped",
	    json_pack("{s:o, s:o, s:I}", "objects", list, "loader",
		environment_loader(), "further_variables",
		(json_int_t)environment_further(token->config)),
	    err);
}

bool
facts_token(
    struct record *record, const struct token *token, struct err *err)
{
	const struct hsm_token *seen = token_selected(token);

	return record_event(record, "token",
	    json_pack("{s:o, s:o, s:o, s:o, s:I, s:s}", "label",
		json_of_text(seen->label), "serial",
		json_of_text(seen->serial), "manufacturer",
		json_of_text(seen->manufacturer), "model",
		json_of_text(seen->model), "slot", (json_int_t)seen->slot,
		"login", token->login),
	    err);
}

/* Those that outside a rehearsal only the configuration lets sign. */
static void
waived_names(const struct config *config,
    const struct ksk ksks[CONFIG_KEYS_MAX], char *ret, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < config->n_keys && len < size; i++)
		if (ksk_is_waived(config, &ksks[i]))
			len += (size_t)snprintf(ret + len, size - len, "%s%s",
			    len > 0 ? ", " : "", config->keys[i].name);
}

static json_t *
json_of_ksk(const struct config_key *key, const struct ksk *ksk, bool several)
{
	json_t *json = json_pack("{s:s, s:o}", "name", key->name, "key",
	    json_of_key(&ksk->dnskey));

	if (ksk->hsm == NULL)
		json_object_set_new(
		    json, "from", json_string("configuration"));
	else if (several)
		json_object_set_new(
		    json, "hsm", json_string(ksk->hsm->name));
	if (ksk->hsm != NULL && !ksk->key.has_private)
		json_object_set_new(json, "half", json_string("public"));
	return json;
}

bool
facts_ksks(struct record *record, const struct config *config,
    const struct tokens *tokens, const struct ksk ksks[CONFIG_KEYS_MAX], struct err *err)
{
	char extractable[CONFIG_KEYS_MAX * (NAME_MAX_LEN + 2) + 1] = "";
	json_t *list = json_array(), *facts;

	for (size_t i = 0; i < config->n_keys; i++)
		if (ksks[i].present)
			json_array_append_new(list,
			    json_of_ksk(&config->keys[i], &ksks[i],
				tokens->n > 1));
	facts = json_pack("{s:o}", "ksks", list);
	waived_names(config, ksks, extractable, sizeof(extractable));
	if (extractable[0] != '\0')
		json_object_set_new(
		    facts, "extractable", json_string(extractable));
	return record_event(record, "ksks", facts, err);
}
