#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/format.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/register_open.h"
#include "signer/screen/print.h"
#include "signer/sign/signing_parts.h"

/* "  12  example.: xml, schema normal, 9 slots, 2027-01-01 to 2027-04-12" */
static void
show_due(const struct signing *signing, size_t number)
{
	const struct signing_response *response = &signing->responses[0];
	const struct ksr *ksr = response->built != NULL ? response->built
							: signing->ksr.ksr;
	char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	time_format(ksr->bundles[0].inception, from);
	time_format(ksr->bundles[ksr->n_bundles - 1].expiration, until);
	printf("%5zu  %s: %s, schema %s, %zu slots, %.10s to %.10s%s\n", number,
	    signing->row->zone, format_of(ksr->format)->name,
	    response->asked->schema->name, ksr->n_bundles, from, until,
	    response->asked->in_place ? ", in place, not signed again" : "");
}

/* One line a zone: which, and why not. */
static void
show_failure(const struct signing *signing, size_t number)
{
	char why[ERR_MSG_MAX];

	text_printable(why, sizeof(why), signing->why.msg);
	printf("%5zu  %s: NOT SIGNED: %s%s\n", number, signing->row->zone,
	    signing->why.code == E_REFUSED ? "refused: " : "", why);
}

void
show_list_to_be_signed(const struct sitting *sitting)
{
	if (sitting->context->json)
		return;
	printf("\nTo be signed\n");
	for (size_t i = 0; i < sitting->n; i++) {
		const struct signing *signing = sitting->signings[i];

		if (signing->state == SIGNING_GOES_ON)
			show_due(signing, i + 1);
		else if (signing->state == SIGNING_FAILED)
			show_failure(signing, i + 1);
	}
	printf("\n");
	print_digest(
	    "Manifest", sitting->list->path, sitting->list->sha256);
	printf("Of its %zu requests %zu are to be signed, %zu are not, %zu "
	       "were before\n",
	    sitting->n, sitting_count(sitting, SIGNING_GOES_ON),
	    sitting_count(sitting, SIGNING_FAILED),
	    sitting_count(sitting, SIGNING_WAS_DONE));
}

void
list_question(const struct sitting *sitting, char ret[QUESTION_SIZE])
{
	size_t n = sitting_count(sitting, SIGNING_GOES_ON);
	char hash[SHA256_TEXT_SIZE];

	sha256_text(sitting->list->sha256, hash);
	snprintf(ret, QUESTION_SIZE,
	    "Sign %zu request%s of the manifest with SHA-256 %s? Type Yes to "
	    "sign, anything else to stop: ",
	    n, n == 1 ? "" : "s", hash);
}

static json_t *
json_of_zone(const struct signing *signing)
{
	static const char *const states[] = {
		[SIGNING_GOES_ON] = "not begun",
		[SIGNING_WAS_DONE] = "signed before",
		[SIGNING_FAILED] = "not signed",
		[SIGNING_DONE] = "signed",
	};
	json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "zone",
	    signing->row->zone, "state", states[signing->state], "request",
	    json_of_text(signing->row->request), "response",
	    json_of_text(signing->row->response));

	if (json != NULL && signing->state == SIGNING_FAILED)
		json_object_set_new(
		    json, "error", json_of_text(signing->why.msg));
	return json;
}

static json_t *
json_of_outcome(const struct sitting *sitting)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < sitting->n; i++)
		json_array_append_new(
		    zones, json_of_zone(sitting->signings[i]));
	return json_pack("{s:s, s:b, s:o, s:{s:o, s:o}, s:o}", "command",
	    "sign", "accepted",
	    sitting_count(sitting, SIGNING_FAILED) == 0 &&
		sitting_count(sitting, SIGNING_GOES_ON) == 0,
	    "time", json_of_time(sitting->context->now), "manifest", "path",
	    json_of_text(sitting->list->path), "sha256",
	    json_of_sha256(sitting->list->sha256), "zones", zones);
}

bool
show_list_outcome(const struct sitting *sitting, struct err *err)
{
	if (sitting->context->json)
		return json_print(json_of_outcome(sitting), err);
	printf("\nOf %zu zones %zu were signed, %zu were before, %zu were not",
	    sitting->n, sitting_count(sitting, SIGNING_DONE),
	    sitting_count(sitting, SIGNING_WAS_DONE),
	    sitting_count(sitting, SIGNING_FAILED) +
		sitting_count(sitting, SIGNING_GOES_ON));
	printf("\n");
	for (size_t i = 0; i < sitting->n; i++)
		if (sitting->signings[i]->state == SIGNING_FAILED)
			show_failure(sitting->signings[i], i + 1);
	register_print_head(ledger_head_now(sitting->ledger));
	return true;
}
