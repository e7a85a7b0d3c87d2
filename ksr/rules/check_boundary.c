/*
 * SKR-BOUNDARY: what will be handed to the token, handed to the boundary first.
 * Each signature's octets are cleared once more right before it is made.
 */
#include <string.h>

#include "ksr/response/clear.h"
#include "ksr/response/response.h"
#include "ksr/rules/check_rules.h"

/* The configured key that the signature names; n_keys if none. */
static size_t
signer_of(const struct config *config, const struct rrsig *rrsig)
{
	size_t i = 0;

	while (i < config->n_keys &&
	    strcmp(config->keys[i].label, rrsig->identifier) != 0)
		i++;
	return i;
}

static void
judge_octets(const struct check_input *in, size_t bundle, size_t index,
    struct check_result *result)
{
	const struct bundle *b = &in->response->bundles[bundle];
	const struct child_set *set;
	uint16_t type;
	const struct rrsig *rrsig = bundle_signature(b, index, &set, &type);
	struct clear_wanted wanted = { .config = in->config,
		.slot = &in->schema->slots[bundle],
		.request = &in->request->bundles[bundle],
		.signer = signer_of(in->config, rrsig),
		.now = in->now,
		.covers = type };
	struct buf octets = buf_new(TO_BE_SIGNED_MAX);
	struct cleared *cleared = NULL;
	struct err err;

	/* Whom the bundle calls so; the boundary holds each to its pin. */
	for (size_t i = 0; i < b->n_keys; i++)
		for (size_t k = 0; k < in->config->n_keys; k++)
			if (strcmp(b->keys[i].identifier,
				in->config->keys[k].label) == 0)
				wanted.ksks[k] = &b->keys[i];
	if (!response_to_be_signed(
		in->response, bundle, index, &octets, &err) ||
	    !clear_rrset(buf_bytes(&octets), &wanted, &cleared, &err)) {
		finding_add(result, in->response, bundle,
		    "what key %u (%.120s) is to sign %s", rrsig->tag,
		    rrsig->identifier, err.msg);
		finding_required(result,
		    "the %s RRset that the request and schema %s ask for",
		    set == NULL ? "DNSKEY" : "CDNSKEY or CDS",
		    in->schema->name);
	}
	cleared_free(cleared);
	buf_free(&octets);
}

enum verdict
check_skr_boundary(const struct check_input *in, struct check_result *result)
{
	const struct ksr *response = in->response;

	if (in->schema == NULL)
		return check_not_run(result, NO_SCHEMA);
	if (in->schema->n_slots != response->n_bundles ||
	    in->request->n_bundles != response->n_bundles) {
		finding_add(result, response, NO_BUNDLE, "%zu bundles",
		    response->n_bundles);
		finding_required(result,
		    "%zu slots of schema %s, %zu bundles of the request",
		    in->schema->n_slots, in->schema->name,
		    in->request->n_bundles);
		return VERDICT_PASS;
	}
	for (size_t i = 0; i < response->n_bundles; i++)
		for (size_t j = 0;
		     j < bundle_count_signatures(&response->bundles[i]); j++)
			judge_octets(in, i, j, result);
	return VERDICT_PASS;
}
