#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include "hsm/hsm.h"
#include "signer/program/run_facts.h"
#include "signer/record/json.h"
#include "signer/record/record.h"

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
