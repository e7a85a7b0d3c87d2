#include <inttypes.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/practice.h"

#define DAY_S INT64_C(86400)

/* The numbers of the practice statement. */
#define PRACTICE_ZONE	       "."
#define PRACTICE_VALIDITY_S    (21 * DAY_S) /* 5.1.4 */
#define PRACTICE_HORIZON_DAYS  180	    /* 5.1.4 */
#define PRACTICE_RSA_BITS      2048	    /* 6.1 */
#define PRACTICE_RSA_EXPONENT  65537	    /* 6.1 */
#define PRACTICE_SLOTS	       9	    /* 6.6 */
#define PRACTICE_ZSKS	       3	    /* 6.6: last, own and next quarter's */
#define PRACTICE_CYCLE_MIN_S   (79 * DAY_S) /* 6.6 */
#define PRACTICE_CYCLE_MAX_S   (81 * DAY_S)
#define PRACTICE_SLOT_MIN_S    (9 * DAY_S)
#define PRACTICE_SLOT_MAX_S    (11 * DAY_S)
#define PRACTICE_TTL_S	       172800 /* 6.9 */

static void
require_on(struct check_result *result, bool on, const char *key)
{
	if (on)
		return;
	finding_add(result, NULL, NO_BUNDLE, "%s is false", key);
	finding_required(result, "true");
}

static void
require_off(struct check_result *result, bool on, const char *key)
{
	if (!on)
		return;
	finding_add(result, NULL, NO_BUNDLE, "%s is true", key);
	finding_required(result, "false");
}

static void
require_number(struct check_result *result, uint64_t seen, uint64_t wanted,
    const char *key)
{
	if (seen == wanted)
		return;
	finding_add(
	    result, NULL, NO_BUNDLE, "%s is %" PRIu64, key, seen);
	finding_required(result, "%" PRIu64, wanted);
}

static void
require_duration(struct check_result *result, int64_t seen_s, int64_t min_s,
    int64_t max_s, const char *key)
{
	if (in_range(seen_s, min_s, max_s))
		return;
	finding_add(result, NULL, NO_BUNDLE, "%s is %s", key,
	    duration_text(seen_s).s);
	finding_required(result, "%s", range_text(min_s, max_s).s);
}

static enum verdict
practice_authentic(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;

	require_on(result, policy->validate_signatures,
	    "request_policy.validate_signatures");
	return VERDICT_PASS;
}

static enum verdict
practice_public_keys(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;

	require_on(result, policy->check_declarations_once,
	    "request_policy.check_declarations_once");
	require_on(result, policy->keys_match_zsk_policy,
	    "request_policy.keys_match_zsk_policy");
	require_on(result, policy->rsa_exponent_match_zsk_policy,
	    "request_policy.rsa_exponent_match_zsk_policy");
	require_off(result, policy->enable_unsupported_ecdsa,
	    "request_policy.enable_unsupported_ecdsa");
	require_off(result, policy->enable_unsupported_edwards_dsa,
	    "request_policy.enable_unsupported_edwards_dsa");
	for (size_t i = 0; i < policy->n_rsa_sizes; i++) {
		if (policy->rsa_sizes[i] >= PRACTICE_RSA_BITS)
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.rsa_approved_key_sizes has %u",
		    policy->rsa_sizes[i]);
		finding_required(
		    result, "%d bits at the least", PRACTICE_RSA_BITS);
	}
	for (size_t i = 0; i < policy->n_rsa_exponents; i++) {
		if (policy->rsa_exponents[i] == PRACTICE_RSA_EXPONENT)
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.rsa_approved_exponents has %" PRIu64,
		    policy->rsa_exponents[i]);
		finding_required(result, "%d alone", PRACTICE_RSA_EXPONENT);
	}
	return VERDICT_PASS;
}

static enum verdict
practice_scope(const struct check_input *in, struct check_result *result)
{
	const struct config *config = in->config;
	const struct request_policy *policy = &config->request_policy;

	for (size_t i = 0; i < policy->n_domains; i++) {
		if (same_domain(policy->domains[i], PRACTICE_ZONE))
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.acceptable_domains has \"%s\"",
		    policy->domains[i]);
		finding_required(result, "the root zone alone");
	}
	if (!same_domain(config->ksk_policy.signers_name, PRACTICE_ZONE)) {
		finding_add(result, NULL, NO_BUNDLE,
		    "ksk_policy.signers_name is \"%s\"",
		    config->ksk_policy.signers_name);
		finding_required(result, "the root zone");
	}
	return VERDICT_PASS;
}

static enum verdict
practice_validity(const struct check_input *in, struct check_result *result)
{
	const struct config *config = in->config;
	const struct request_policy *policy = &config->request_policy;

	require_duration(result,
	    config->ksk_policy.signature.max_signature_validity_s, 0,
	    PRACTICE_VALIDITY_S, "ksk_policy.max_signature_validity");
	require_on(result, policy->signature_validity_match_zsk_policy,
	    "request_policy.signature_validity_match_zsk_policy");
	require_on(result, policy->signature_check_expire_horizon,
	    "request_policy.signature_check_expire_horizon");
	if (policy->signature_horizon_days > PRACTICE_HORIZON_DAYS) {
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.signature_horizon_days is %" PRIu64,
		    policy->signature_horizon_days);
		finding_required(
		    result, "%d at the most", PRACTICE_HORIZON_DAYS);
	}
	return VERDICT_PASS;
}

static enum verdict
practice_offline(const struct check_input *in, struct check_result *result)
{
	(void)in;
	return check_not_run(
	    result, "met by the equipment, not by a configuration");
}

static enum verdict
practice_clock(const struct check_input *in, struct check_result *result)
{
	if (in->config->rehearsal) {
		finding_add(result, NULL, NO_BUNDLE, "rehearsal is true");
		finding_required(result,
		    "false: a rehearsal's clock can be set with --at, its PIN "
		    "stand in the file and its keys leave the token");
	}
	return VERDICT_PASS;
}

static void
require_ksk(struct check_result *result, const struct config_key *key)
{
	if (key->algorithm != ALGORITHM_RSASHA256 ||
	    key->rsa_size != PRACTICE_RSA_BITS ||
	    key->rsa_exponent != PRACTICE_RSA_EXPONENT) {
		finding_add(result, NULL, NO_BUNDLE,
		    "keys.%s is %s, rsa_size %u, rsa_exponent %" PRIu64,
		    key->name, algorithm_name(key->algorithm).s, key->rsa_size,
		    key->rsa_exponent);
		finding_required(result,
		    "RSASHA256 with rsa_size %d and rsa_exponent %d",
		    PRACTICE_RSA_BITS, PRACTICE_RSA_EXPONENT);
	}
	if (!key->has_ds || !key->has_tag) {
		finding_add(result, NULL, NO_BUNDLE, "keys.%s has no %s",
		    key->name, !key->has_ds ? "ds_sha256" : "key_tag");
		finding_required(result, "a KSK pinned by key_tag and "
					 "ds_sha256");
	}
}

static enum verdict
practice_ksk(const struct check_input *in, struct check_result *result)
{
	if (in->config->n_keys == 0) {
		finding_add(result, NULL, NO_BUNDLE, "keys is empty");
		finding_required(result, "the KSKs, pinned");
	}
	for (size_t i = 0; i < in->config->n_keys; i++)
		require_ksk(result, &in->config->keys[i]);
	return VERDICT_PASS;
}

/* The root's ZSKs are of one algorithm; whether its name is given is equal. */
static void
require_key_counts(
    const struct key_counts *counts, struct check_result *result)
{
	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->algorithm == 0 ||
		    count->algorithm == ALGORITHM_RSASHA256)
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.num_keys_per_bundle names %s",
		    algorithm_name(count->algorithm).s);
		finding_required(result, "RSASHA256 alone");
		return;
	}
	require_number(result, counts->counts[0].different, PRACTICE_ZSKS,
	    "request_policy.num_different_keys_in_all_bundles");
	for (size_t i = 0; i < counts->counts[0].n_per_bundle; i++) {
		uint8_t n = counts->counts[0].per_bundle[i];
		bool edge = i == 0 || i == counts->counts[0].n_per_bundle - 1;

		if (n == (edge ? 2 : 1))
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.num_keys_per_bundle has %u for slot %zu",
		    n, i + 1);
		finding_required(result, "%d", edge ? 2 : 1);
	}
}

static void
require_cycle_counts(
    const struct request_policy *policy, struct check_result *result)
{
	require_number(result, policy->num_bundles, PRACTICE_SLOTS,
	    "request_policy.num_bundles");
	require_key_counts(&policy->key_counts, result);
	for (size_t i = 0; i < policy->n_algorithms; i++) {
		if (policy->algorithms[i] == ALGORITHM_RSASHA256)
			continue;
		finding_add(result, NULL, NO_BUNDLE,
		    "request_policy.approved_algorithms has %s",
		    algorithm_name(policy->algorithms[i]).s);
		finding_required(result, "RSASHA256 alone");
	}
}

static enum verdict
practice_cycle(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;

	require_cycle_counts(policy, result);
	require_duration(result, policy->min_cycle_inception_length_s,
	    PRACTICE_CYCLE_MIN_S, PRACTICE_CYCLE_MAX_S,
	    "request_policy.min_cycle_inception_length");
	require_duration(result, policy->max_cycle_inception_length_s,
	    PRACTICE_CYCLE_MIN_S, PRACTICE_CYCLE_MAX_S,
	    "request_policy.max_cycle_inception_length");
	require_duration(result, policy->min_bundle_interval_s,
	    PRACTICE_SLOT_MIN_S, PRACTICE_SLOT_MAX_S,
	    "request_policy.min_bundle_interval");
	require_duration(result, policy->max_bundle_interval_s,
	    PRACTICE_SLOT_MIN_S, PRACTICE_SLOT_MAX_S,
	    "request_policy.max_bundle_interval");
	require_on(result, policy->check_bundle_count,
	    "request_policy.check_bundle_count");
	require_on(result, policy->check_cycle_length,
	    "request_policy.check_cycle_length");
	require_on(result, policy->check_bundle_intervals,
	    "request_policy.check_bundle_intervals");
	require_on(result, policy->check_bundle_overlap,
	    "request_policy.check_bundle_overlap");
	require_on(result, policy->check_keys_match_ksk_operator_policy,
	    "request_policy.check_keys_match_ksk_operator_policy");
	require_on(result, policy->signature_algorithms_match_zsk_policy,
	    "request_policy.signature_algorithms_match_zsk_policy");
	return VERDICT_PASS;
}

static enum verdict
practice_chain(const struct check_input *in, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;

	require_on(result, policy->check_valid_until,
	    "request_policy.check_valid_until");
	require_on(result, policy->check_chain_keys,
	    "request_policy.check_chain_keys");
	require_on(result, policy->check_chain_keys_in_hsm,
	    "request_policy.check_chain_keys_in_hsm");
	require_on(result, policy->check_chain_overlap,
	    "request_policy.check_chain_overlap");
	require_on(result, policy->check_keys_publish_safety,
	    "request_policy.check_keys_publish_safety");
	require_on(result, policy->check_keys_retire_safety,
	    "request_policy.check_keys_retire_safety");
	return VERDICT_PASS;
}

static enum verdict
practice_verification(
    const struct check_input *in, struct check_result *result)
{
	require_on(result, in->config->response_policy.validate_signatures,
	    "response_policy.validate_signatures");
	return VERDICT_PASS;
}

static enum verdict
practice_ttl(const struct check_input *in, struct check_result *result)
{
	uint32_t ttl_s = config_ttl_s(in->config);
	uint32_t request_ttl_s = config_request_ttl_s(in->config);

	require_number(result, ttl_s, PRACTICE_TTL_S, "the TTL");
	if (request_ttl_s != ttl_s)
		require_number(result, request_ttl_s, PRACTICE_TTL_S,
		    "request_policy.dns_ttl");
	return VERDICT_PASS;
}

/* A KSK that was made to be backed up by wrapping is waived, not refused. */
static enum verdict
practice_kept(const struct check_input *in, struct check_result *result)
{
	enum config_demand extractable = in->config->key_policy.extractable;

	if (!config_keeps_ksks(in->config)) {
		finding_add(result, NULL, NO_BUNDLE,
		    "key_policy.extractable is %s",
		    extractable == DEMAND_ANY		  ? "any"
			: extractable == DEMAND_TRUE ? "true"
						     : "for-backup");
		finding_required(result, "false: a KSK that cannot leave its "
					 "HSM");
	}
	return VERDICT_PASS;
}

/* clang-format off */
const struct check practice[] = {
	{ "DPS-5.1.2", "5.1.2, 6.7",
	  "every ZSK set proves possession",
	  "A key that its sender does not hold could be anybody's.",
	  STAGE_CONFIG, false, NULL, practice_authentic,
	  .since = RULES_0_1_0 },
	{ "DPS-5.1.3", "5.1.3",
	  "public keys are tested for size and exponent",
	  "A key of the wrong size or exponent is weaker than agreed.",
	  STAGE_CONFIG, false, NULL, practice_public_keys,
	  .since = RULES_0_1_0 },
	{ "DPS-5.1.4", "5.1.4",
	  "the KSK signs the root zone's DNSKEY RRset alone",
	  "The root's KSK is trusted for one name.",
	  STAGE_CONFIG, false, NULL, practice_scope,
	  .since = RULES_0_1_0 },
	{ "DPS-5.1.4", "5.1.4",
	  "no RRSIG is valid for more than 21 days or expires more than 180 "
	  "days ahead",
	  "A signature cannot be called back; it can only run out.",
	  STAGE_CONFIG, false, NULL, practice_validity,
	  .since = RULES_0_1_0 },
	{ "DPS-5.2", "5.2",
	  "no KSK can leave its HSM",
	  "What could leave may be anywhere.",
	  STAGE_CONFIG, false, config_keeps_ksks, practice_kept,
	  .since = RULES_0_2_0 },
	{ "DPS-5.6", "5.6",
	  "the signer is never networked",
	  "What has no wire cannot be reached.",
	  STAGE_CONFIG, false, NULL, practice_offline,
	  .since = RULES_0_1_0 },
	{ "DPS-5.7", "5.7",
	  "the clock is the host's, set by hand; nothing is a rehearsal",
	  "Decisions made at another time are another ceremony's.",
	  STAGE_CONFIG, false, NULL, practice_clock,
	  .since = RULES_0_1_0 },
	{ "DPS-6.1", "6.1, 6.5",
	  "KSKs are RSA-2048 for RSASHA256, each pinned",
	  "A label proves nothing; the pinned key does.",
	  STAGE_CONFIG, false, NULL, practice_ksk,
	  .since = RULES_0_1_0 },
	{ "DPS-6.6", "6.6",
	  "cycles of nine slots of ten days, ZSKs changed at their edges",
	  "The zone's signer takes the next slot when this one ends.",
	  STAGE_CONFIG, false, NULL, practice_cycle,
	  .since = RULES_0_1_0 },
	{ "DPS-6.6", "6.6",
	  "each cycle continues the one before",
	  "A cycle that does not follow on leaves validators without a path.",
	  STAGE_CONFIG, false, NULL, practice_chain,
	  .since = RULES_0_1_0 },
	{ "DPS-6.8", "6.8",
	  "every signature produced is verified",
	  "A wrong signature found by the world is found too late.",
	  STAGE_CONFIG, false, NULL, practice_verification,
	  .since = RULES_0_1_0 },
	{ "DPS-6.9", "6.9",
	  "the DNSKEY TTL is 172800",
	  "Rollover timing is computed from it.",
	  STAGE_CONFIG, false, NULL, practice_ttl,
	  .since = RULES_0_1_0 },
};
/* clang-format on */

const size_t n_practice = sizeof(practice) / sizeof(practice[0]);

bool
practice_run(const struct config *config, enum rules rules,
    struct report *report, struct err *err)
{
	const struct check_input in = { .rules = rules, .config = config };

	return check_rows_run(practice, n_practice, STAGE_CONFIG, &in, NULL, 0,
	    report, err);
}
