#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "hsm/hsm.h"
#include "ksr/base/file.h"
#include "ksr/dns/rrset.h"
#include "ksr/response/response.h"
#include "signer/environment.h"
#include "signer/facts.h"
#include "signer/json.h"
#include "signer/print.h"

static json_t *
json_of_text(const char *text)
{
	char safe[4 * PATH_MAX_LEN];

	text_printable(safe, sizeof(safe), text);
	return json_string(safe);
}

static json_t *
json_of_hash_of(struct bytes content)
{
	uint8_t digest[SHA256_SIZE];
	struct err err;

	return sha256(content, digest, &err) ? json_of_sha256(digest) : NULL;
}

/* null where the module cannot be hashed: opening it will say why. */
static json_t *
json_of_module(const char *path)
{
	struct hsm_module *module;
	struct err err;
	json_t *json;

	if (!hsm_module_open(path, &module, &err))
		return json_null();
	json = json_of_sha256(hsm_module_sha256(module));
	hsm_module_close(module);
	return json;
}

static json_t *
json_of_hsms(const struct config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_hsms; i++) {
		const struct config_hsm *hsm = &config->hsms[i];

		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:s}", "name", hsm->name,
			"module", json_of_text(hsm->module), "sha256",
			json_of_module(hsm->module), "token", hsm->token));
	}
	return list;
}

/* The zone's abbreviation and offset: a ceremony's clock is set to UTC. */
static json_t *
json_of_host(void)
{
	time_t now = time(NULL);
	struct utsname host;
	struct tm local;
	char zone[32] = "";

	if (uname(&host) != 0)
		snprintf(host.nodename, sizeof(host.nodename), "?");
	if (localtime_r(&now, &local) != NULL)
		strftime(zone, sizeof(zone), "%Z %z", &local);
	return json_pack("{s:o, s:o, s:o}", "name",
	    json_of_text(host.nodename), "clock", json_of_time((int64_t)now),
	    "time_zone", json_of_text(zone));
}

static json_t *
json_of_arguments(int argc, char **argv)
{
	json_t *list = json_array();

	for (int i = 1; i < argc; i++)
		json_array_append_new(list, json_of_text(argv[i]));
	return list;
}

bool
facts_run(const struct context *context, int argc, char **argv,
    const char *command, const struct configuration *configuration,
    struct err *err)
{
	json_t *facts;

	if (context->record == NULL)
		return true;
	facts = json_pack("{s:i, s:s, s:o, s:b, s:o, s:o?, s:o}", "format",
	    RECORD_FORMAT, "command", command, "arguments",
	    json_of_arguments(argc, argv), "rehearsal_time", context->at_given,
	    "now", json_of_time(context->now), "earliest_now",
	    context->earliest_now == 0 ? NULL :
					 json_of_time(context->earliest_now),
	    "host", json_of_host());
	if (facts != NULL && configuration != NULL) {
		json_object_set_new(facts, "configuration",
		    json_pack("{s:o, s:o, s:o}", "path",
			json_of_text(configuration->path), "sha256",
			json_of_sha256(configuration->sha256), "masked_sha256",
			json_of_hash_of(buf_bytes(&configuration->masked))));
		json_object_set_new(
		    facts, "hsms", json_of_hsms(configuration->config));
	}
	return record_event(context->record, "run", facts, err) &&
	    (configuration == NULL ||
	    record_input(context->record, "configuration",
		configuration->path, buf_bytes(&configuration->masked), err));
}

bool
facts_end(struct record *record, bool ok, const struct err *outcome,
    struct err *err)
{
	if (ok && record_is_sealed(record))
		return true;
	/* What could not run and had not begun was no act. */
	if (!ok && !record_has_begun(record) && outcome->code != E_REFUSED)
		return true;
	return record_event(record, "end",
	    json_pack("{s:i, s:s?}", "status",
		ok ? 0 : err_exit_status(outcome), "message",
		ok ? NULL : outcome->msg),
	    err);
}

/* The name in front; facts are taken over and may be NULL. */
static json_t *
json_named(const char *name, json_t *facts)
{
	json_t *named;

	if (name == NULL || facts == NULL)
		return facts;
	named = json_pack("{s:s}", "name", name);
	if (named != NULL && json_object_update(named, facts) != 0) {
		json_decref(named);
		named = NULL;
	}
	json_decref(facts);
	return named;
}

bool
facts_report_of(struct record *record, unsigned stages, const char *name,
    const struct report *report, size_t first, struct err *err)
{
	json_t *facts;

	if (record == NULL)
		return true;
	facts = json_pack("{s:o, s:b, s:o}", "stages", json_of_stages(stages),
	    "accepted", report_accepted_from(report, first), "rows",
	    json_of_report(report, first));
	return record_event(record, "checks", json_named(name, facts), err);
}

bool
facts_report(struct record *record, unsigned stages,
    const struct report *report, size_t first, struct err *err)
{
	return facts_report_of(record, stages, NULL, report, first, err);
}

bool
facts_unused_overrides(struct record *record, const struct override *overrides,
    size_t n, const struct report *report, struct err *err)
{
	json_t *ids = json_unused_overrides(overrides, n, report);

	if (json_array_size(ids) == 0) {
		json_decref(ids);
		return true;
	}
	return record_event(
	    record, "unused overrides", json_pack("{s:o}", "ids", ids), err);
}

bool
facts_activation(struct record *record, const char *event,
    const struct document *response, struct err *err)
{
	return record_event(record, event,
	    json_pack("{s:s, s:o}", "id", response->ksr->id, "sha256",
		json_of_sha256(response->sha256)),
	    err);
}

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

		text_printable(safe, sizeof(safe), objects[i].path);
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
facts_mapped(struct record *record, const struct config_hsm *hsm, json_t *known,
    struct err *err)
{
	bool first = json_object_size(known) == 0;
	struct hsm_object *objects;
	json_t *list;
	size_t n;

	if (!hsm_mapped(&objects, &n, err))
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
		(json_int_t)environment_further(hsm)),
	    err);
}

bool
facts_token(
    struct record *record, const struct hsm_token *token, struct err *err)
{
	return record_event(record, "token",
	    json_pack("{s:o, s:o, s:o, s:o, s:I}", "label",
		json_of_text(token->label), "serial",
		json_of_text(token->serial), "manufacturer",
		json_of_text(token->manufacturer), "model",
		json_of_text(token->model), "slot", (json_int_t)token->slot),
	    err);
}

bool
facts_ksks(struct record *record, const struct config *config,
    const struct ksk ksks[CONFIG_KEYS_MAX], struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_keys; i++)
		if (ksks[i].present)
			json_array_append_new(list,
			    json_pack("{s:s, s:o}", "name",
				config->keys[i].name, "key",
				json_of_key(&ksks[i].dnskey)));
	return record_event(
	    record, "ksks", json_pack("{s:o}", "ksks", list), err);
}

static json_t *
json_of_overrides(const struct signing_request *request)
{
	json_t *list = json_array();

	for (size_t i = 0; i < request->n_overrides; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "id", request->overrides[i].id,
			"reason", json_of_text(request->overrides[i].reason)));
	return list;
}

bool
facts_asked(struct record *record, const struct signing_request *request,
    const struct asked *asked, const struct declared *declared,
    struct err *err)
{
	json_t *facts = json_pack("{s:o, s:b, s:b, s:o}", "request",
	    json_of_text(request->ksr_path), "first",
	    request->previous_path == NULL, "batch", request->batch,
	    "overrides", json_of_overrides(request));
	json_t *due = json_of_asked(asked);

	if (facts != NULL && (due == NULL || json_object_update(facts, due))) {
		json_decref(facts);
		facts = NULL;
	}
	json_decref(due);
	if (facts != NULL)
		declared_facts(declared, facts);
	return record_event(record, "asked", facts, err);
}

bool
facts_prompt(struct record *record, const char *prompt, struct err *err)
{
	return record_event(
	    record, "prompt", json_pack("{s:o}", "text", json_of_text(prompt)),
	    err);
}

bool
facts_answer(
    struct record *record, const char *by, const char *answer, struct err *err)
{
	return record_event(record, "answer",
	    json_pack("{s:s, s:o}", "by", by, "text", json_of_text(answer)),
	    err);
}

static json_t *
json_of_signing(
    const struct ksr *response, size_t bundle, size_t index, bool made)
{
	const struct bundle *b = &response->bundles[bundle];
	const struct rrsig *rrsig = &b->signatures[index];
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	struct err err;
	json_t *json = NULL;

	if (response_to_be_signed(response, bundle, index, &data, &err))
		json = json_pack("{s:I, s:s, s:s, s:i, s:i, s:o}", "bundle",
		    (json_int_t)bundle + 1, "bundle_id", b->id, "key",
		    rrsig->identifier, "key_tag", rrsig->tag, "algorithm",
		    rrsig->algorithm, "to_be_signed_sha256",
		    json_of_hash_of(buf_bytes(&data)));
	buf_free(&data);
	if (json != NULL && made)
		json_object_set_new(json, "signature",
		    json_of_bytes_base64(
			rrsig->signature, rrsig->signature_len));
	return json;
}

json_t *
json_of_signatures(const struct ksr *response, bool made)
{
	json_t *list = json_array();

	for (size_t i = 0; i < response->n_bundles; i++) {
		for (size_t j = 0; j < response->bundles[i].n_signatures; j++) {
			if (json_array_append_new(list,
				json_of_signing(response, i, j, made)) != 0) {
				json_decref(list);
				return NULL;
			}
		}
	}
	return list;
}

bool
facts_signatures(struct record *record, const char *event, const char *name,
    const struct ksr *response, struct err *err)
{
	bool made = strcmp(event, "signed") == 0;

	if (record == NULL)
		return true;
	return record_event(record, event,
	    json_named(name,
		json_pack("{s:o}", "signatures",
		    json_of_signatures(response, made))),
	    err);
}

/* Of those that are due the ones that were made. */
json_t *
json_of_made(const struct ksr *response)
{
	json_t *list = json_array();

	for (size_t i = 0; response != NULL && i < response->n_bundles; i++) {
		const struct bundle *b = &response->bundles[i];

		for (size_t j = 0; j < b->n_signatures; j++)
			if (b->signatures[j].signature_len > 0)
				json_array_append_new(list,
				    json_of_signing(response, i, j, true));
	}
	return list;
}

bool
facts_discarded_signatures(struct record *record, const char *name,
    const struct ksr *response, size_t made, size_t due, struct err *err)
{
	return record_event(record, DISCARDED_EVENT,
	    json_named(name,
		json_pack("{s:I, s:I, s:o}", "made", (json_int_t)made, "due",
		    (json_int_t)due, "signatures", json_of_made(response))),
	    err);
}

void
err_prefix_discarded(struct err *err, size_t made, size_t due, bool published)
{
	err_prefix(err, "%zu of %zu signatures were made and discarded%s",
	    made, due, published ? "" : "; nothing was published");
}

bool
facts_zsk_files(struct record *record, const char *dir, struct err *err)
{
	return record_event(record, "zsk files",
	    json_pack("{s:o}", "path", json_of_text(dir)), err);
}

bool
facts_discarding(struct record *record, const struct dnskey *dnskey,
    const struct known_tag *clash, struct err *err)
{
	return record_event(record, "discarding",
	    json_pack("{s:o, s:{s:s, s:i, s:i}}", "key", json_of_key(dnskey),
		"clashes_with", "key_identifier", clash->identifier,
		"algorithm", clash->algorithm, "key_tag", clash->tag),
	    err);
}

bool
facts_generating(struct record *record, const char *label,
    const char *algorithm, unsigned bits, enum key_purpose purpose,
    struct err *err)
{
	return record_event(record, "generating",
	    json_pack("{s:o, s:s, s:i, s:s}", "label", json_of_text(label),
		"algorithm", algorithm, "bits", (int)bits, "purpose",
		purpose_name(purpose)),
	    err);
}

bool
facts_key(
    struct record *record, const struct dnskey *dnskey, struct err *err)
{
	return record_event(
	    record, "key", json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}

bool
facts_deletion(struct record *record, const char *event,
    const struct dnskey *dnskey, struct err *err)
{
	return record_event(
	    record, event, json_pack("{s:o}", "key", json_of_key(dnskey)), err);
}

bool
facts_simulated(struct record *record, const struct simulating *simulating,
    struct err *err)
{
	if (record == NULL)
		return true;
	return record_event(record, "simulated",
	    json_pack("{s:o}", "resolvers", simulate_json_results(simulating)),
	    err);
}

bool
facts_hashed(struct record *record, const char *path,
    const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *err)
{
	if (record == NULL)
		return true;
	return record_event(record, "hashed",
	    json_pack("{s:o, s:o, s:I}", "path", json_of_text(path), "sha256",
		json_of_sha256(sha256), "size", (json_int_t)size),
	    err);
}

bool
facts_published(struct record *record, const char *path, struct bytes content,
    struct err *err)
{
	return record_event(record, "published",
	    json_pack("{s:o, s:o}", "path", json_of_text(path), "sha256",
		json_of_hash_of(content)),
	    err);
}
