#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/record/json.h"
#include "signer/sign/asked.h"

bool
asked_one(const struct config *config, const char *schema,
    const char *alternative, const char *path, struct asked *ret,
    struct err *err)
{
	struct asked_response response = { .alternative = alternative };

	response.schema = config_schema(config, schema);
	if (response.schema == NULL)
		return err_set_schema(config, schema, err);
	response.path = strdup(path);
	if (response.path == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*ret = (struct asked){ .n = 1, .responses = { response } };
	return true;
}

void
asked_clear(struct asked *asked)
{
	for (size_t i = 0; i < asked->n; i++)
		free(asked->responses[i].path);
	*asked = (struct asked){ 0 };
}

void
asked_take_in_place(struct asked_response *response,
    const struct ledger *ledger, const uint8_t request_sha256[SHA256_SIZE],
    const uint8_t sha256[SHA256_SIZE])
{
	const struct ledger_entry *entry = ledger_find(ledger, request_sha256,
	    response->schema->name, response->alternative);

	if (entry == NULL ||
	    memcmp(entry->response_sha256, sha256, SHA256_SIZE) != 0)
		return;
	response->in_place = true;
	response->published = entry->state == LEDGER_PUBLISHED;
}

static bool
is_asked(
    const struct asked_response *response, const struct processed *processed)
{
	if (strcmp(response->schema->name, processed->schema) != 0)
		return false;
	if (response->alternative == NULL || processed->alternative == NULL)
		return response->alternative == processed->alternative;
	return strcmp(response->alternative, processed->alternative) == 0;
}

/* Interrupted and now repeated or in place; or published and in place. */
static bool
is_of_this_run(const struct asked *asked, const struct processed *processed,
    const uint8_t request_sha256[SHA256_SIZE])
{
	if (memcmp(processed->request_sha256, request_sha256, SHA256_SIZE) != 0)
		return false;
	for (size_t i = 0; i < asked->n; i++)
		if (is_asked(&asked->responses[i], processed) &&
		    (!processed->published || asked->responses[i].in_place))
			return true;
	return false;
}

bool
asked_processed(const struct asked *asked, const struct ledger *ledger,
    const uint8_t request_sha256[SHA256_SIZE], struct processed **ret,
    size_t *ret_n, struct err *err)
{
	size_t n_all, n = 0, i = 0;
	const struct processed *all = ledger_processed(ledger, &n_all);
	struct processed *list;

	while (i < n_all && !is_of_this_run(asked, &all[i], request_sha256))
		i++;
	*ret = NULL;
	if (i == n_all)
		return true;
	list = calloc(n_all, sizeof(list[0]));
	if (list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (i = 0; i < n_all; i++)
		if (!is_of_this_run(asked, &all[i], request_sha256))
			list[n++] = all[i];
	*ret = list;
	*ret_n = n;
	return true;
}

void
asked_name_rows(struct report *report, size_t first, const char *name)
{
	for (size_t i = first; i < report->n_results; i++)
		if ((report->results[i].check->stages &
			(STAGE_SCHEDULE | STAGE_BUILT | STAGE_RESPONSE)) != 0)
			report->results[i].subject = name;
}

static json_t *
json_of_response(const struct asked_response *response)
{
	json_t *json = json_pack("{s:o, s:s, s:s?}", "response",
	    json_of_text(response->path), "schema", response->schema->name,
	    "alternative", response->alternative);

	if (json != NULL && response->name != NULL)
		json_object_set_new(json, "name", json_string(response->name));
	if (json != NULL && response->in_place)
		json_object_set_new(json, "in_place", json_true());
	return json;
}

json_t *
json_of_asked(const struct asked *asked)
{
	json_t *list;

	if (asked->folder == NULL)
		return json_of_response(&asked->responses[0]);
	list = json_array();
	for (size_t i = 0; i < asked->n; i++)
		json_array_append_new(
		    list, json_of_response(&asked->responses[i]));
	return json_pack("{s:o, s:s, s:s, s:b, s:o}", "folder",
	    json_of_text(asked->folder), "quarter", asked->quarter, "step",
	    asked->step, "other_active", asked->other_active, "responses",
	    list);
}
