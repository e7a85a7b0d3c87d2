/*
 * SKR-SCHEDULE: what the schema orders may be signed.  Judged before the HSM
 * is touched.
 */
#include "ksr/dns/pubkey.h"
#include "ksr/rules/check_rules.h"

/* A set of DNSSEC algorithm numbers. */
struct algorithm_set {
	bool has[UINT8_MAX + 1];
};

static struct algorithm_set
algorithms_of_ksks(const struct config *config, uint32_t ksks)
{
	struct algorithm_set set = { 0 };

	for (size_t i = 0; i < config->n_keys; i++)
		if ((ksks & UINT32_C(1) << i) != 0)
			set.has[config->keys[i].algorithm] = true;
	return set;
}

static struct algorithm_set
algorithms_of_zsks(const struct bundle *bundle)
{
	struct algorithm_set set = { 0 };

	for (size_t i = 0; i < bundle->n_keys; i++)
		set.has[bundle->keys[i].algorithm] = true;
	return set;
}

/*
 * RFC 4035 2.2, RFC 6840 5.11: the DNSKEY RRset is signed with every algorithm
 * in it.  A revoked key asks for no signature but its own; that one is a
 * signature of its algorithm (PLAN-ALGORITHM says the same), unless a record of
 * version 0.1.0 is judged.
 */
static void
judge_algorithms(const struct check_input *in, size_t index,
    bool revoked_counts, struct check_result *result)
{
	const struct schema_slot *slot = &in->schema->slots[index];
	struct algorithm_set zsks =
	    algorithms_of_zsks(&in->request->bundles[index]);
	struct algorithm_set ksks =
	    algorithms_of_ksks(in->config, slot->publish & ~slot->revoke);
	struct algorithm_set vouching =
	    algorithms_of_ksks(in->config, slot->sign & ~slot->revoke);
	struct algorithm_set signing = revoked_counts
	    ? algorithms_of_ksks(in->config, slot->sign)
	    : vouching;

	for (size_t i = 0; i <= UINT8_MAX; i++) {
		struct text name = algorithm_name((uint8_t)i);

		if ((zsks.has[i] || ksks.has[i]) && !signing.has[i]) {
			finding_add(result, in->request, index,
			    "a %s of %s and no KSK of it that signs",
			    zsks.has[i] ? "ZSK" : "KSK", name.s);
			finding_required(result,
			    "a signature by every algorithm of the RRset (RFC "
			    "6840 section 5.11)");
		}
		if (vouching.has[i] && !zsks.has[i]) {
			finding_add(result, in->request, index,
			    "a KSK of %s signs and no ZSK has it", name.s);
			finding_required(result,
			    "ZSKs and KSKs of the same algorithms (RFC 6840 "
			    "section 5.11)");
		}
	}
}

/* A revoked key is published after its validity ends. */
static void
judge_key_window(const struct check_input *in, size_t index,
    const struct config_key *key, bool revoked, struct check_result *result)
{
	int64_t inception = in->request->bundles[index].inception;

	if (inception < key->valid_from) {
		finding_add(result, in->request, index,
		    "KSK %s is used at inception %s", key->name,
		    time_text(inception).s);
		finding_required(result, "not before valid_from, %s",
		    time_text(key->valid_from).s);
	}
	if (!revoked && key->has_valid_until && inception >= key->valid_until) {
		finding_add(result, in->request, index,
		    "KSK %s is used at inception %s", key->name,
		    time_text(inception).s);
		finding_required(result, "before valid_until, %s",
		    time_text(key->valid_until).s);
	}
}

static void
judge_key_part(const struct check_input *in, size_t index, size_t key_index,
    struct check_result *result)
{
	const struct schema_slot *slot = &in->schema->slots[index];
	const struct config_key *key = &in->config->keys[key_index];
	uint32_t bit = UINT32_C(1) << key_index;
	bool published = (slot->publish & bit) != 0;
	bool signs = (slot->sign & bit) != 0;
	bool revoked = (slot->revoke & bit) != 0;

	if (!published && !signs && !revoked)
		return;
	judge_key_window(in, index, key, revoked, result);
	if (signs && !published && !revoked) {
		finding_add(result, in->request, index,
		    "KSK %s signs and is not published", key->name);
		finding_required(result, "a signing key is in the RRset");
	}
	if (published && revoked) {
		finding_add(result, in->request, index,
		    "KSK %s is published both revoked and not", key->name);
		finding_required(result, "each key once in a slot");
	}
	if (revoked && !signs) {
		finding_add(result, in->request, index,
		    "KSK %s is revoked and does not sign", key->name);
		finding_required(result,
		    "a revoked key signs itself (RFC 5011 section 2.1)");
	}
}

static void
judge_slot(const struct check_input *in, size_t index, bool revoked_counts,
    struct check_result *result)
{
	const struct schema_slot *slot = &in->schema->slots[index];
	uint32_t used = slot->publish | slot->sign | slot->revoke;

	if ((slot->sign & ~slot->revoke) == 0) {
		finding_add(result, in->request, index,
		    "no KSK signs that is not revoked");
		finding_required(result, "at least one signing KSK");
	}
	if ((uint64_t)used >> in->config->n_keys != 0) {
		finding_add(result, in->request, index,
		    "the slot uses a key that is not configured");
		finding_required(result, "keys of the configuration");
	}
	for (size_t i = 0; i < in->config->n_keys; i++)
		judge_key_part(in, index, i, result);
	judge_algorithms(in, index, revoked_counts, result);
}

/* A label proves nothing: what signs is named by its DS. */
static void
judge_pins(const struct check_input *in, struct check_result *result)
{
	uint32_t used = 0;

	for (size_t i = 0; i < in->schema->n_slots; i++)
		used |= in->schema->slots[i].publish |
		    in->schema->slots[i].sign | in->schema->slots[i].revoke;
	for (size_t i = 0; i < in->config->n_keys; i++) {
		if ((used & UINT32_C(1) << i) == 0 ||
		    in->config->keys[i].has_ds)
			continue;
		finding_add(result, in->request, NO_BUNDLE,
		    "KSK %s of schema %s has no ds_sha256",
		    in->config->keys[i].name, in->schema->name);
		finding_required(result, "a DS that pins the key");
	}
}

/*
 * A key whose time ends takes its signatures with it: who trusted it until then
 * could be shown them afterwards.  A revoked key outlives its time, as above.
 */
static void
judge_key_end(const struct check_input *in, size_t index,
    const struct config_key *key, struct check_result *result)
{
	int64_t expiration = in->request->bundles[index].expiration;

	if (!key->has_valid_until || expiration <= key->valid_until)
		return;
	finding_add(result, in->request, index,
	    "KSK %s is in an RRset whose signatures expire %s", key->name,
	    time_text(expiration).s);
	finding_required(result, "not after valid_until, %s",
	    time_text(key->valid_until).s);
}

enum verdict
check_valid_until(const struct check_input *in, struct check_result *result)
{
	const struct schema *schema = in->schema;

	if (schema == NULL)
		return check_not_run(result, NO_SCHEMA);
	for (size_t i = 0; i < schema->n_slots && i < in->request->n_bundles;
	     i++) {
		const struct schema_slot *slot = &schema->slots[i];
		uint32_t used = (slot->publish | slot->sign) & ~slot->revoke;

		for (size_t k = 0; k < in->config->n_keys; k++)
			if ((used & UINT32_C(1) << k) != 0)
				judge_key_end(
				    in, i, &in->config->keys[k], result);
	}
	return VERDICT_PASS;
}

static enum verdict
judge(const struct check_input *in, bool revoked_counts,
    struct check_result *result)
{
	const struct schema *schema = in->schema;

	if (schema == NULL)
		return check_not_run(result, NO_SCHEMA);
	if (schema->n_slots != in->request->n_bundles) {
		finding_add(result, in->request, NO_BUNDLE,
		    "schema %s has %zu slots", schema->name, schema->n_slots);
		finding_required(
		    result, "%zu, one for each bundle", in->request->n_bundles);
	}
	judge_pins(in, result);
	for (size_t i = 0; i < schema->n_slots && i < in->request->n_bundles;
	     i++)
		judge_slot(in, i, revoked_counts, result);
	return VERDICT_PASS;
}

enum verdict
check_schedule(const struct check_input *in, struct check_result *result)
{
	return judge(in, true, result);
}

enum verdict
check_schedule_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return judge(in, false, result);
}
