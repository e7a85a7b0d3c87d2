#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/register_open.h"
#include "signer/screen/print.h"
#include "signer/sign/signing_parts.h"

static bool
is_alone(const struct signing_response *response)
{
	return response->asked->name == NULL;
}

/* "response 2 of 3, d_to_d" */
#define PLACE_SIZE (NAME_MAX_LEN + 64)
static void
name_place(const struct signing *signing,
    const struct signing_response *response, char ret[PLACE_SIZE])
{
	snprintf(ret, PLACE_SIZE, "response %zu of %zu, %s",
	    (size_t)(response - signing->responses) + 1, signing->asked.n,
	    response->asked->name);
}

bool
show_inputs(const struct signing *signing, struct err *err)
{
	const struct document *request = &signing->ksr;
	const struct document *previous = &signing->previous;

	if (!signing_has_pages(signing))
		return true;
	if (previous->ksr != NULL) {
		print_digest(
		    "Previous response", previous->path, previous->sha256);
		if (!print_table("", previous->ksr, err))
			return false;
		printf("\n");
	} else {
		printf("Previous response: none, this is the first\n\n");
	}
	print_digest("Request", request->path, request->sha256);
	if (!print_table("", request->ksr, err))
		return false;
	declared_print(
	    &signing->declared, signing->asked.responses[0].alternative);
	if (signing->basis != NULL)
		signing->basis->show(signing->basis->of, &signing->asked);
	return true;
}

/* Where there is one token, all is in it. */
static void
show_ksks_of(const struct signing *signing, const struct config_hsm *hsm)
{
	for (size_t i = 0; i < signing->config->n_keys; i++) {
		const struct ksk *ksk = &signing->ksks[i];
		const char *name = signing->config->keys[i].name;

		if (!ksk->present || ksk->hsm != hsm)
			continue;
		if (hsm == NULL)
			printf("Of the configuration, to be published only: "
			       "keys.%s\n",
			    name);
		else if (signing->sitting->tokens.n > 1)
			printf("  keys.%s%s\n", name,
			    ksk->key.has_private ? "" : ", its public half");
		if (ksk_is_waived(signing->config, ksk))
			printf("  Waived: keys.%s can leave its token "
			       "(CKA_EXTRACTABLE), which key_policy permits\n",
			    name);
	}
}

void
show_tokens(const struct signing *signing)
{
	const struct tokens *tokens = &signing->sitting->tokens;

	if (!signing_has_pages(signing))
		return;
	for (size_t i = 0; i < tokens->n; i++) {
		const struct hsm_token *token =
		    token_selected(&tokens->list[i]);

		printf("\nToken %s, serial %s", token->name, token->serial);
		if (tokens->n > 1)
			printf(", of HSM %s", tokens->list[i].config->name);
		printf("\n");
		show_ksks_of(signing, tokens->list[i].config);
	}
	show_ksks_of(signing, NULL);
}

static bool
show_built(const struct signing *signing,
    const struct signing_response *response, struct err *err)
{
	const struct asked_response *asked = response->asked;
	char place[PLACE_SIZE], path[4 * PATH_MAX_LEN];

	if (is_alone(response)) {
		printf(
		    "\nResponse to be signed, schema %s", asked->schema->name);
	} else {
		name_place(signing, response, place);
		place[0] = 'R';
		text_printable(path, sizeof(path), asked->path);
		printf("\n%s: %s, schema %s\nto be signed into %s", place,
		    asked->planned ? "planned" : "fallback",
		    asked->schema->name, path);
	}
	return print_table("", response->built, err);
}

/* "  2  d_to_d: fallback, schema d_to_d, 9 slots, 2027-01-01 to 2027-04-12" */
static void
show_line(
    const struct signing *signing, const struct signing_response *response)
{
	const struct asked_response *asked = response->asked;
	const struct ksr *built = response->built;
	char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	if (is_alone(response))
		printf("To be signed: ");
	else
		printf("  %zu  %s: %s, ",
		    (size_t)(response - signing->responses) + 1, asked->name,
		    asked->planned ? "planned" : "fallback");
	if (built == NULL) {
		printf("in place, not signed again\n");
		return;
	}
	time_format(built->bundles[0].inception, from);
	time_format(built->bundles[built->n_bundles - 1].expiration, until);
	printf("schema %s, %zu slots, %.10s to %.10s\n", asked->schema->name,
	    built->n_bundles, from, until);
}

bool
show_to_be_signed(const struct signing *signing, struct err *err)
{
	const struct document *request = &signing->ksr;

	if (signing->context->json)
		return true;
	for (size_t i = 0; i < signing->asked.n; i++)
		if (signing->responses[i].built != NULL &&
		    !show_built(signing, &signing->responses[i], err))
			return false;
	printf("\n");
	print_digest("Request", request->path, request->sha256);
	for (size_t i = 0; i < signing->asked.n; i++)
		show_line(signing, &signing->responses[i]);
	return true;
}

void
show_checks_title(const struct signing *signing, unsigned stage,
    const struct signing_response *response)
{
	const char *after = stage == STAGE_RESPONSE ? response->asked->in_place
		? ", found in place"
		: ", read back from disk"
	    : stage == STAGE_BUILT                  ? ", before it is signed"
	    : stage == STAGE_SCHEDULE               ? ": its schedule"
						    : "";
	char place[PLACE_SIZE] = "the response";

	if (stage == STAGE_TOKEN) {
		printf("\nChecks of the token\n");
		return;
	}
	if (!is_alone(response))
		name_place(signing, response, place);
	if (stage != STAGE_REQUEST)
		printf("\nChecks of %s%s\n", place, after);
	else if (is_alone(response))
		printf("\nChecks of the request\n");
	else
		printf("\nChecks of the request and of %s\n", place);
}

void
signing_question(const struct signing *signing, char ret[QUESTION_SIZE])
{
	static const char how[] = "Type Yes to sign, anything else to stop: ";
	size_t n = signing_count_due(signing);

	if (n == 0)
		snprintf(ret, QUESTION_SIZE,
		    "Nothing is left to sign: enter what is in place as "
		    "published? Type Yes to do so, anything else to stop: ");
	else if (n == 1)
		snprintf(ret, QUESTION_SIZE, "Sign this response? %s", how);
	else
		snprintf(
		    ret, QUESTION_SIZE, "Sign these %zu responses? %s", n, how);
}

/* Each row, with the name of the response that it judges, if any. */
static json_t *
json_of_checks(const struct signing *signing)
{
	json_t *rows = json_of_report(&signing->report, 0);

	for (size_t i = 0; i < signing->report.n_results; i++)
		if (signing->report.results[i].subject != NULL)
			json_object_set_new(json_array_get(rows, i), "name",
			    json_string(signing->report.results[i].subject));
	return rows;
}

static json_t *
json_of_response(const struct signing_response *response)
{
	const struct asked_response *asked = response->asked;

	return json_pack("{s:s?, s:s, s:s?, s:b, s:o, s:O?}", "name",
	    asked->name, "schema", asked->schema->name, "alternative",
	    asked->alternative, "in_place", asked->in_place, "response",
	    json_of_document(&response->written), "followers",
	    response->followers);
}

static json_t *
json_of_responses(const struct signing *signing)
{
	json_t *list = json_array();

	for (size_t i = 0; i < signing->asked.n; i++)
		json_array_append_new(
		    list, json_of_response(&signing->responses[i]));
	return list;
}

/* What one response without a plan adds. */
static json_t *
json_of_alone(const struct signing_response *response)
{
	return json_pack("{s:s, s:s?, s:o, s:O?}", "schema",
	    response->asked->schema->name, "alternative",
	    response->asked->alternative, "response",
	    json_of_document(&response->written), "followers",
	    response->followers);
}

static json_t *
json_of_signing(const struct signing *signing)
{
	const struct signing_request *request = signing->request;
	const struct signing_response *first = &signing->responses[0];
	json_t *json = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "command", "sign", "accepted", 1, "time",
	    json_of_time(signing->context->now), "request",
	    json_of_document(&signing->ksr), "previous",
	    json_of_document(&signing->previous), "responses",
	    json_of_responses(signing), "checks", json_of_checks(signing),
	    "unused_overrides",
	    json_unused_overrides(
		request->overrides, request->n_overrides, &signing->report));
	json_t *more = signing->basis == NULL
	    ? json_of_alone(first)
	    : signing->basis->facts(signing->basis->of, &signing->asked);

	if (json != NULL &&
	    (more == NULL || json_object_update(json, more) != 0)) {
		json_decref(json);
		json = NULL;
	}
	json_decref(more);
	return json;
}

bool
show_published(const struct signing *signing, struct err *err)
{
	if (signing->context->json)
		return json_print(json_of_signing(signing), err);
	for (size_t i = 0; i < signing->asked.n; i++) {
		const struct signing_response *response =
		    &signing->responses[i];
		const struct document *written = &response->written;
		char place[PLACE_SIZE] = "Response";

		if (!is_alone(response)) {
			name_place(signing, response, place);
			place[0] = 'R';
		}
		printf("\n");
		print_digest(place, written->path, written->sha256);
		if (!print_table("", written->ksr, err))
			return false;
	}
	register_print_head(ledger_head_now(signing->sitting->ledger));
	return true;
}

bool
show_refusal(
    const struct signing *signing, const char *message, struct err *err)
{
	return json_print(
	    json_pack("{s:s, s:b, s:o, s:o, s:o, s:O?}", "command", "sign",
		"accepted", 0, "error", json_of_text(message), "request",
		json_of_document(&signing->ksr), "checks",
		json_of_checks(signing), "followers",
		signing->responses[0].followers),
	    err);
}
