/*
 * SKR-CHILD: what a child zone says to its parent is what the policy asks for,
 * of the KSKs that the bundle publishes, and signed as the keys are.
 */
#include <string.h>

#include "ksr/response/child.h"
#include "ksr/rules/check_rules.h"

static const char *const names[CHILD_TYPES] = {
	[CHILD_CDNSKEY] = "CDNSKEY",
	[CHILD_CDS] = "CDS",
};

static bool
has_record(const struct child_record *records, size_t n,
    const struct child_record *record)
{
	for (size_t i = 0; i < n; i++)
		if (records[i].len == record->len &&
		    memcmp(records[i].octets, record->octets, record->len) ==
			0)
			return true;
	return false;
}

static void
judge_records(const struct check_input *in, size_t index,
    enum child_type type, struct check_result *result)
{
	const struct bundle *bundle = &in->response->bundles[index];
	const struct child_set *set = &bundle->child[type];
	struct child_record wanted[BUNDLE_KEYS_MAX];
	size_t n = 0, same = 0;
	struct err err;

	if (!child_records(in->config, in->response->domain, bundle, type,
		wanted, &n, &err)) {
		finding_add(result, in->response, index,
		    "the %s records cannot be told: %s", names[type], err.msg);
		finding_required(result, "records that can be made");
		return;
	}
	for (size_t i = 0; i < n; i++)
		same += has_record(set->records, set->n_records, &wanted[i]);
	if (same == n && set->n_records == n)
		return;
	finding_add(result, in->response, index,
	    "%zu %s records, of which %zu are those of the published KSKs",
	    set->n_records, names[type], same);
	finding_required(result, "exactly %zu, by `cds` of the policy", n);
}

/* One by each KSK that signs the keys and is not revoked. */
static void
judge_signers(const struct check_input *in, size_t index,
    enum child_type type, struct check_result *result)
{
	const struct bundle *bundle = &in->response->bundles[index];
	const struct child_set *set = &bundle->child[type];
	size_t wanted = 0;

	for (size_t i = 0; i < bundle->n_signatures; i++) {
		const struct rrsig *rrsig = &bundle->signatures[i];
		const struct dnskey *key = bundle_signer(bundle, rrsig);
		size_t n = 0;

		if (set->n_records == 0 || key == NULL || is_revoked(key))
			continue;
		wanted++;
		for (size_t j = 0; j < set->n_signatures; j++)
			n += bundle_signer(bundle, &set->signatures[j]) == key;
		if (n == 1)
			continue;
		finding_add(result, in->response, index,
		    "%zu signatures of the %s records by key %s", n,
		    names[type], key_text(key).s);
		finding_required(result, "one by each KSK that signs the keys");
	}
	if (set->n_signatures == wanted)
		return;
	finding_add(result, in->response, index,
	    "%zu signatures of the %s records", set->n_signatures,
	    names[type]);
	finding_required(result, "%zu", wanted);
}

enum verdict
check_skr_child(const struct check_input *in, struct check_result *result)
{
	for (size_t i = 0; i < in->response->n_bundles; i++)
		for (size_t j = 0; j < CHILD_TYPES; j++) {
			judge_records(in, i, (enum child_type)j, result);
			judge_signers(in, i, (enum child_type)j, result);
		}
	return VERDICT_PASS;
}
