/*
 * KSR-ONCE and KSR-CHAIN-PREVIOUS: a slot is signed once, and what is signed
 * continues what the zone uses, as the register knows it.
 */
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/history.h"

static int64_t
first_inception(const struct check_input *in)
{
	return in->request->n_bundles == 0 ? 0
					   : in->request->bundles[0].inception;
}

/* "33dc... (request 273c..., slots from 2027-01-01T00:00:00)" */
static struct text
response_text(const struct history_response *response)
{
	struct text text = { 0 };

	for (size_t i = 0; i < SHA256_SIZE; i++)
		text_add(&text, "%02x", response->response_sha256[i]);
	text_add(&text, " (request %.80s, slots from %s)", response->request_id,
	    time_text(response->inception).s);
	return text;
}

const struct history_response *
check_once_overlap(const struct check_input *in)
{
	const struct history_response *found = NULL;
	int64_t start = first_inception(in);

	for (size_t i = 0; i < in->history->n_responses; i++) {
		const struct history_response *response =
		    &in->history->responses[i];

		if (same_sha256(response->request_sha256, in->request_sha256))
			return NULL;
		if (response->state != HISTORY_REPEATED &&
		    start <= history_last_inception(response,
			in->config->request_policy.min_bundle_interval_s))
			found = response;
	}
	return found;
}

static bool
same_slots(
    const struct ksr *request, const struct history_response *response)
{
	const struct bundle *last = &request->bundles[request->n_bundles - 1];

	if (response->n_slots != request->n_bundles ||
	    response->inception != request->bundles[0].inception ||
	    response->expiration != last->expiration)
		return false;
	for (size_t i = 0; response->slots != NULL && i < response->n_slots;
	     i++)
		if (response->slots[i].inception !=
			request->bundles[i].inception ||
		    response->slots[i].expiration !=
			request->bundles[i].expiration)
			return false;
	return true;
}

static bool
has_zsk(const struct history_slot *slot, const uint8_t digest[SHA256_SIZE])
{
	for (size_t i = 0; i < slot->n_zsks; i++)
		if (same_sha256(slot->zsks[i].sha256, digest))
			return true;
	return false;
}

/* Whether every slot has the ZSKs that the request has for it. */
static bool
same_zsks(const struct ksr *request, const struct history_response *response)
{
	uint8_t digest[DS_SHA256_SIZE];
	struct dname owner;
	struct err err;

	if (response->slots == NULL ||
	    !dname_parse(request->domain, &owner, &err))
		return false;
	for (size_t i = 0; i < request->n_bundles; i++) {
		const struct bundle *b = &request->bundles[i];

		if (b->n_keys != response->slots[i].n_zsks)
			return false;
		for (size_t k = 0; k < b->n_keys; k++)
			if (!dnskey_ds(&owner, &b->keys[k], digest, &err) ||
			    !has_zsk(&response->slots[i], digest))
				return false;
	}
	return true;
}

static void
judge_fallback(const struct check_input *in, struct check_result *result)
{
	const struct history_response *base = NULL;

	for (size_t i = 0; i < in->history->n_responses; i++) {
		const struct history_response *response =
		    &in->history->responses[i];

		if (!same_slots(in->request, response))
			continue;
		base = response;
		if (response->fallback == NULL ||
		    strcmp(response->fallback, in->fallback) != 0)
			continue;
		finding_add(result, in->request, NO_BUNDLE,
		    "fallback \"%s\" for these slots is another request's: %s",
		    in->fallback, response_text(response).s);
		finding_required(result, "a name that is not taken");
	}
	if (base == NULL) {
		finding_add(result, in->request, NO_BUNDLE,
		    "declared the fallback request \"%s\", but no request for "
		    "these very slots was signed",
		    in->fallback);
		finding_required(result, "slots that another request has");
	} else if (same_zsks(in->request, base)) {
		finding_add(result, in->request, NO_BUNDLE,
		    "declared the fallback request \"%s\", but its ZSKs are "
		    "those of %s",
		    in->fallback, response_text(base).s);
		finding_required(result, "other ZSKs");
	}
}

/* The one that the zone uses at that time; NULL where it uses none. */
static const struct history_use *
use_at(const struct check_input *in, int64_t time)
{
	return history_before(in->history, time + 1);
}

static void
judge_replaced(const struct check_input *in,
    const struct history_response *replaced, struct check_result *result)
{
	int64_t start = first_inception(in);
	int64_t last = history_last_inception(
	    replaced, in->config->request_policy.min_bundle_interval_s);
	const struct history_response *other =
	    history_replacement(in->history, replaced);
	const struct history_use *use = use_at(in, start);

	if (start < replaced->inception || start > last) {
		finding_add(result, in->request, NO_BUNDLE,
		    "begins %s, outside of the slots of the response that it "
		    "is declared to replace",
		    time_text(start).s);
		finding_required(result, "%s to %s",
		    time_text(replaced->inception).s, time_text(last).s);
	}
	if (other != NULL) {
		finding_add(result, in->request, NO_BUNDLE,
		    "declared to replace a response that was replaced before");
		finding_required(result, "%s", response_text(other).s);
	} else if (use != NULL && use->active &&
	    !same_sha256(use->response->response_sha256,
		replaced->response_sha256)) {
		finding_add(result, in->request, NO_BUNDLE,
		    "declared to replace a response that is not the active one "
		    "at %s",
		    time_text(start).s);
		finding_required(
		    result, "%s", response_text(use->response).s);
	}
}

static void
judge_replacement(const struct check_input *in, struct check_result *result)
{
	const struct history_response *replaced =
	    history_find(in->history, in->replaces);

	if (replaced != NULL && replaced->state != HISTORY_REPEATED) {
		judge_replaced(in, replaced, result);
		return;
	}
	finding_add(result, in->request, NO_BUNDLE,
	    "declared to replace a response that the register has not");
	finding_required(
	    result, "the SHA-256 of a response in `register list`");
}

enum verdict
check_once(const struct check_input *in, struct check_result *result)
{
	const struct history_response *overlap;

	if (in->history == NULL)
		return check_not_run(result, NO_REGISTER);
	if (in->request->n_bundles == 0)
		return check_broken(result, "a document without bundles");
	/* The very same octets: KSR-ID says how they may be signed again. */
	for (size_t i = 0; i < in->history->n_responses; i++)
		if (same_sha256(in->history->responses[i].request_sha256,
			in->request_sha256))
			return VERDICT_PASS;
	if (in->fallback != NULL)
		judge_fallback(in, result);
	if (in->replaces != NULL)
		judge_replacement(in, result);
	overlap = check_once_overlap(in);
	if (overlap == NULL || in->fallback != NULL || in->replaces != NULL)
		return VERDICT_PASS;
	finding_add(result, in->request, NO_BUNDLE,
	    "begins %s; slots up to %s were signed in response %s",
	    time_text(first_inception(in)).s,
	    time_text(history_last_inception(overlap,
			  in->config->request_policy.min_bundle_interval_s))
		.s,
	    response_text(overlap).s);
	finding_required(result,
	    "later slots; or --fallback NAME for the same slots with other "
	    "ZSKs; or --replaces SHA256 with --reason TEXT");
	return VERDICT_PASS;
}

/*
 * Where none was activated each published one of its time is as good, but one
 * that was replaced.
 */
static bool
is_good_as(const struct history *history, const struct history_use *use,
    const struct history_response *given)
{
	if (same_sha256(
		use->response->response_sha256, given->response_sha256))
		return true;
	return !use->active && given->state == HISTORY_PUBLISHED &&
	    given->inception == use->response->inception &&
	    history_replacement(history, given) == NULL;
}

/* What is required of the request's previous response. */
static void
require_use(const struct history_use *use, struct check_result *result)
{
	if (use == NULL)
		finding_required(result,
		    "one that the register has; `register adopt` takes up what "
		    "it lacks");
	else
		finding_required(result, "%s response: %s",
		    use->active ? "the active" : "the newest quarter's",
		    response_text(use->response).s);
}

enum verdict
check_chain_previous(const struct check_input *in, struct check_result *result)
{
	const struct history_response *given;
	const struct history_use *use;

	if (in->history == NULL)
		return check_not_run(result, NO_REGISTER);
	if (in->previous == NULL && !in->first)
		return check_not_run(result, NO_PREVIOUS);
	use = history_before(in->history, first_inception(in));
	if (in->previous == NULL) {
		if (use == NULL)
			return VERDICT_PASS;
		finding_add(result, in->request, NO_BUNDLE,
		    "declared the zone's first, but the register has responses "
		    "before it");
		require_use(use, result);
		return VERDICT_PASS;
	}
	given = history_find(in->history, in->previous_sha256);
	if (given != NULL && use != NULL && is_good_as(in->history, use, given))
		return VERDICT_PASS;
	finding_add(result, in->previous, NO_BUNDLE,
	    "previous SKR: %s",
	    given == NULL ? "is none that the register has"
			  : "is not what the zone uses before the request");
	require_use(use, result);
	return VERDICT_PASS;
}
