#include <assert.h>

#include "ksr/policy/config.h"
#include "ksr/policy/config_rows.h"

#define MEMBER(type, member)                 \
	.at = offsetof(struct type, member), \
	.size = sizeof(((struct type *)NULL)->member)
#define LIST(type, member, count)                          \
	.list = true, .at = offsetof(struct type, member), \
	.size = sizeof(((struct type *)NULL)->member[0]),  \
	.room = ARRAY_LEN(((struct type *)NULL)->member),  \
	.count_at = offsetof(struct type, count)
#define MARK(type, member) \
	.marked = true, .mark_at = offsetof(struct type, member)
#define RANGE(from, to)  .min = (from), .max = (to)

#define HSM(member)      MEMBER(config_hsm, member)
#define KEY(member)      MEMBER(config_key, member)
#define OTHER_KEY(member) MEMBER(config_other_key, member)
#define FILENAME(member) MEMBER(config_filenames, member)
#define REQUEST(member)  MEMBER(request_policy, member)
#define RESPONSE(member) MEMBER(response_policy, member)
#define CDS(member)      MEMBER(cds_policy, member)
#define RECORDS(member)  MEMBER(records_policy, member)
#define KSK(member)      MEMBER(ksk_policy, member)
#define KEY_POLICY(member) MEMBER(key_policy, member)
#define PARENT(member)   MEMBER(config_parent_ds, member)
#define TRUST_ANCHOR(member) MEMBER(config_trust_anchor, member)

static_assert(offsetof(struct config_hsm, name) == 0, "name comes first");
static_assert(offsetof(struct config_key, name) == 0, "name comes first");
static_assert(CONFIG_KEYS_MAX <= PARENT_DS_MAX, "one DS for each key");
static_assert(
    offsetof(struct config_other_key, name) == 0, "name comes first");

static const struct config_row top_rows[] = {
	{ "rehearsal", CONFIG_BOOL, MEMBER(config, rehearsal),
	    .fallback = "false" },
	{ "trust", CONFIG_TRUST, MEMBER(config, trust), .fallback = "rfc5011" },
};

static const struct config_row hsm_rows[] = {
	{ "module", CONFIG_PATH, HSM(module), .required = true },
	{ "token", CONFIG_TOKEN, HSM(token) },
	{ "pin_file", CONFIG_PATH, HSM(pin_file) },
	{ "pin", CONFIG_PIN, HSM(pin), MARK(config_hsm, has_pin) },
	{ "empty_pin", CONFIG_BOOL, HSM(empty_pin) },
	{ "pin_per_signature", CONFIG_BOOL, HSM(pin_per_signature) },
	{ "call_timeout", CONFIG_DURATION, HSM(call_timeout_s) },
	{ "so_pin", CONFIG_PIN, HSM(so_pin), MARK(config_hsm, has_so_pin) },
	{ "env", CONFIG_ENV, LIST(config_hsm, env, n_env) },
};

/* An RSA exponent is odd and above 1; the model holds four octets of it. */
#define EXPONENT RANGE(3, UINT32_MAX)
#define RSA_BITS RANGE(RSA_BITS_MIN, RSA_BITS_MAX)

static const struct config_row key_rows[] = {
	{ "description", CONFIG_TEXT, KEY(description) },
	{ "label", CONFIG_TEXT, KEY(label), .required = true },
	{ "key_tag", CONFIG_NUMBER, KEY(tag), MARK(config_key, has_tag),
	    RANGE(0, UINT16_MAX) },
	{ "algorithm", CONFIG_ALGORITHM, KEY(algorithm), .required = true },
	{ "rsa_size", CONFIG_NUMBER, KEY(rsa_size), RSA_BITS },
	{ "rsa_exponent", CONFIG_NUMBER, KEY(rsa_exponent), EXPONENT },
	{ "valid_from", CONFIG_TIME, KEY(valid_from) },
	{ "valid_until", CONFIG_TIME, KEY(valid_until),
	    MARK(config_key, has_valid_until) },
	{ "ds_sha256", CONFIG_DS, KEY(ds_sha256), MARK(config_key, has_ds) },
	{ "ds_published", CONFIG_TIME, KEY(ds_published),
	    MARK(config_key, has_ds_published) },
	{ "ds_withdrawn", CONFIG_TIME, KEY(ds_withdrawn),
	    MARK(config_key, has_ds_withdrawn) },
	{ "hash_using_hsm", CONFIG_BOOL, KEY(hash_using_hsm) },
	{ "shared", CONFIG_BOOL, KEY(shared) },
	{ "hsm", CONFIG_TEXT, KEY(hsm) },
	{ "public_key", CONFIG_PUBLIC_KEY, KEY(public_key) },
};

static const struct config_row other_key_rows[] = {
	{ "label", CONFIG_TEXT, OTHER_KEY(label), .required = true },
	{ "purpose", CONFIG_PURPOSE, OTHER_KEY(purpose), .required = true },
};

static const struct config_row filename_rows[] = {
	{ "previous_skr", CONFIG_PATH, FILENAME(previous_skr) },
	{ "input_ksr", CONFIG_PATH, FILENAME(input_ksr) },
	{ "output_skr", CONFIG_PATH, FILENAME(output_skr) },
	{ "output_trustanchor", CONFIG_PATH, .unused = true },
	{ "output_trust_anchor", CONFIG_PATH, .unused = true },
};

/* A rule's switch, on unless the file says otherwise. */
#define SWITCH(name) \
	.key = #name, .type = CONFIG_BOOL, REQUEST(name), .fallback = "true"

static const struct config_row request_rows[] = {
	{ "acceptable_domains", CONFIG_DOMAIN,
	    LIST(request_policy, domains, n_domains), .fallback = "[\".\"]" },
	{ "num_bundles", CONFIG_NUMBER, REQUEST(num_bundles),
	    RANGE(1, BUNDLES_MAX), .fallback = "9" },
	{ SWITCH(check_bundle_count) },
	{ "check_bundle_order", CONFIG_BOOL, REQUEST(check_bundle_order),
	    .fallback = "false" },
	{ SWITCH(check_declarations_once) },
	{ SWITCH(check_valid_until) },
	{ SWITCH(validate_signatures) },
	{ SWITCH(keys_match_zsk_policy) },
	{ SWITCH(rsa_exponent_match_zsk_policy) },
	{ "enable_unsupported_ecdsa", CONFIG_BOOL,
	    REQUEST(enable_unsupported_ecdsa), .fallback = "false" },
	{ "enable_unsupported_edwards_dsa", CONFIG_BOOL,
	    REQUEST(enable_unsupported_edwards_dsa), .fallback = "false" },
	{ SWITCH(check_cycle_length) },
	{ "min_cycle_inception_length", CONFIG_DURATION,
	    REQUEST(min_cycle_inception_length_s), .fallback = "P79D" },
	{ "max_cycle_inception_length", CONFIG_DURATION,
	    REQUEST(max_cycle_inception_length_s), .fallback = "P81D" },
	{ "min_bundle_interval", CONFIG_DURATION,
	    REQUEST(min_bundle_interval_s), .fallback = "P9D" },
	{ "max_bundle_interval", CONFIG_DURATION,
	    REQUEST(max_bundle_interval_s), .fallback = "P11D" },
	{ SWITCH(check_bundle_overlap) },
	{ SWITCH(signature_algorithms_match_zsk_policy) },
	{ "approved_algorithms", CONFIG_ALGORITHM,
	    LIST(request_policy, algorithms, n_algorithms),
	    .fallback = "[RSASHA256]" },
	{ "rsa_approved_exponents", CONFIG_NUMBER,
	    LIST(request_policy, rsa_exponents, n_rsa_exponents), EXPONENT,
	    .fallback = "[65537]" },
	{ "rsa_approved_key_sizes", CONFIG_NUMBER,
	    LIST(request_policy, rsa_sizes, n_rsa_sizes), RSA_BITS,
	    .fallback = "[2048]" },
	{ SWITCH(signature_validity_match_zsk_policy) },
	{ SWITCH(check_keys_match_ksk_operator_policy) },
	{ "num_keys_per_bundle", CONFIG_KEY_COUNT,
	    .fallback = "[2, 1, 1, 1, 1, 1, 1, 1, 2]" },
	{ "num_different_keys_in_all_bundles", CONFIG_KEY_COUNT,
	    .fallback = "3" },
	{ "dns_ttl", CONFIG_NUMBER, REQUEST(dns_ttl_s), RANGE(0, DNS_TTL_MAX),
	    .fallback = "0" },
	{ SWITCH(signature_check_expire_horizon) },
	{ "signature_horizon_days", CONFIG_NUMBER,
	    REQUEST(signature_horizon_days), RANGE(1, DURATION_MAX_S / 86400),
	    .fallback = "180" },
	{ "min_signature_validity", CONFIG_DURATION,
	    REQUEST(min_signature_validity_s) },
	{ SWITCH(check_bundle_intervals) },
	{ SWITCH(check_chain_keys) },
	{ SWITCH(check_chain_keys_in_hsm) },
	{ SWITCH(check_chain_overlap) },
	{ SWITCH(check_keys_publish_safety) },
	{ SWITCH(check_keys_retire_safety) },
	{ "proof_of_possession", CONFIG_REQUIRED, REQUEST(proof_of_possession),
	    .fallback = "required" },
	{ "routine_replacement", CONFIG_BOOL, REQUEST(routine_replacement),
	    .fallback = "false" },
};

static bool
read_key_counts(const struct tree *map, void *base, struct err *err)
{
	struct request_policy *policy = base;

	return key_counts_read(map, &policy->key_counts, err);
}

static const struct config_row response_rows[] = {
	/* Left out: request_policy.num_bundles. */
	{ "num_bundles", CONFIG_NUMBER, RESPONSE(num_bundles),
	    RANGE(1, BUNDLES_MAX) },
	{ "validate_signatures", CONFIG_BOOL, RESPONSE(validate_signatures),
	    .fallback = "true" },
};

static const struct config_row records_rows[] = {
	/* Left out: ksk_policy.max_signature_validity, less what is before. */
	{ "validity", CONFIG_DURATION, RECORDS(validity_s) },
	{ "refresh", CONFIG_DURATION, RECORDS(refresh_s), .fallback = "P7D" },
	/* Left out: PT1H for BIND, PT90M for Knot. */
	{ "inception_before", CONFIG_DURATION, RECORDS(inception_before_s),
	    MARK(records_policy, has_inception_before) },
	{ "cover_last", CONFIG_DURATION, RECORDS(cover_last_s),
	    .fallback = "PT0S" },
};

static const struct config_row cds_rows[] = {
	{ "cdnskey", CONFIG_BOOL, CDS(cdnskey), .fallback = "false" },
	{ "digests", CONFIG_DIGEST, LIST(cds_policy, digests, n_digests) },
	{ "delete", CONFIG_BOOL, CDS(delete), .fallback = "false" },
};

static const struct config_row ksk_rows[] = {
	{ "signers_name", CONFIG_DOMAIN, KSK(signers_name),
	    .fallback = "\".\"" },
	{ "publish_safety", CONFIG_DURATION, KSK(signature.publish_safety_s),
	    .fallback = "PT0S" },
	{ "retire_safety", CONFIG_DURATION, KSK(signature.retire_safety_s),
	    .fallback = "P28D" },
	{ "max_signature_validity", CONFIG_DURATION,
	    KSK(signature.max_signature_validity_s), .fallback = "P21D" },
	{ "min_signature_validity", CONFIG_DURATION,
	    KSK(signature.min_signature_validity_s), .fallback = "P21D" },
	{ "max_validity_overlap", CONFIG_DURATION,
	    KSK(signature.max_validity_overlap_s), .fallback = "P16D" },
	{ "min_validity_overlap", CONFIG_DURATION,
	    KSK(signature.min_validity_overlap_s), .fallback = "P9D" },
	{ "ttl", CONFIG_NUMBER, KSK(ttl_s), RANGE(1, DNS_TTL_MAX),
	    .fallback = "172800" },
};

/* Without fallbacks: the defaults of these hold outside rehearsals only. */
static const struct config_row key_policy_rows[] = {
	{ "extractable", CONFIG_DEMAND, KEY_POLICY(extractable) },
	{ "sensitive", CONFIG_DEMAND, KEY_POLICY(sensitive) },
	{ "always_sensitive", CONFIG_DEMAND, KEY_POLICY(always_sensitive) },
	{ "never_extractable", CONFIG_DEMAND, KEY_POLICY(never_extractable) },
	{ "local", CONFIG_DEMAND, KEY_POLICY(local) },
	{ "decrypt", CONFIG_DEMAND, KEY_POLICY(decrypt) },
	{ "unwrap", CONFIG_DEMAND, KEY_POLICY(unwrap) },
	{ "derive", CONFIG_DEMAND, KEY_POLICY(derive) },
	{ "public_private", CONFIG_DEMAND, KEY_POLICY(public_private) },
	{ "mark", CONFIG_BOOL, KEY_POLICY(mark), .fallback = "true" },
	{ "zsk_handover", CONFIG_BOOL, KEY_POLICY(zsk_handover),
	    .fallback = "false" },
};

/* No defaults: a guess about the parent would be worse than none. */
static const struct config_row parent_rows[] = {
	{ "ttl", CONFIG_NUMBER, PARENT(ttl_s), RANGE(1, DNS_TTL_MAX),
	    .required = true },
	{ "propagation", CONFIG_DURATION, PARENT(propagation_s),
	    .required = true },
};

static const struct config_row trust_anchor_rows[] = {
	{ "source", CONFIG_TEXT, TRUST_ANCHOR(source), .required = true },
};

#define ROWS(table) .rows = (table), .n_rows = ARRAY_LEN(table)
#define ENTRIES(array)                             \
	ARRAY_LEN(((struct config *)NULL)->array), \
	    sizeof(((struct config *)NULL)->array[0])

const struct config_section config_top = { "", ROWS(top_rows) };

const struct config_section config_sections[] = {
	{ "hsm", ROWS(hsm_rows), offsetof(struct config, hsms),
	    CONFIG_HSMS_MAX, sizeof(struct config_hsm),
	    offsetof(struct config, n_hsms), .of_file = true },
	{ "keys", ROWS(key_rows), offsetof(struct config, keys), ENTRIES(keys),
	    offsetof(struct config, n_keys), .of_zone = true },
	{ "other_keys", ROWS(other_key_rows),
	    offsetof(struct config, other_keys), ENTRIES(other_keys),
	    offsetof(struct config, n_other_keys) },
	{ "filenames", ROWS(filename_rows), .of_zone = true,
	    .at = offsetof(struct config, filenames) },
	{ "request_policy", ROWS(request_rows), .of_zone = true,
	    .at = offsetof(struct config, request_policy),
	    .read_rest = read_key_counts },
	{ "response_policy", ROWS(response_rows), .of_zone = true,
	    .at = offsetof(struct config, response_policy) },
	{ "records", ROWS(records_rows), .of_zone = true,
	    .at = offsetof(struct config, records) },
	{ "cds", ROWS(cds_rows), .of_zone = true,
	    .at = offsetof(struct config, cds) },
	{ "ksk_policy", ROWS(ksk_rows), .of_zone = true,
	    .at = offsetof(struct config, ksk_policy) },
	{ "key_policy", ROWS(key_policy_rows), .of_zone = true,
	    .at = offsetof(struct config, key_policy) },
	{ "parent_ds", ROWS(parent_rows), .of_zone = true,
	    .at = offsetof(struct config, parent_ds) },
	{ "trust_anchor", ROWS(trust_anchor_rows),
	    .at = offsetof(struct config, trust_anchor) },
};
const size_t n_config_sections = ARRAY_LEN(config_sections);
