#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/policy/config.h"
#include "ksr/policy/config_rows.h"
#include "tests/support/support.h"

#define DS_2010 \
	"49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5"

struct refusal {
	const char *yaml;
	const char *message; /* part of it */
};

static bool
read_text(const char *yaml, struct config **ret, struct err *err)
{
	*err = (struct err){ 0 };
	*ret = NULL;
	return config_read(bytes_of_string(yaml), "c.yaml", ret, err);
}

static struct config *
accept(const char *yaml)
{
	struct config *config;
	struct err err;

	assert_ok(read_text(yaml, &config, &err), &err);
	return config;
}

static void
assert_refused(const char *yaml, const char *message)
{
	struct config *config;
	struct err err;

	if (read_text(yaml, &config, &err))
		fail_msg("accepted: %s", yaml);
	assert_null(config);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
}

static void
assert_all_refused(const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_refused(cases[i].yaml, cases[i].message);
}

static struct config *
read_file(const char *path)
{
	struct buf yaml = read_whole(path);
	struct config *config = NULL;
	struct err err;

	assert_ok(config_read(buf_bytes(&yaml), path, &config, &err), &err);
	buf_free(&yaml);
	return config;
}

static const struct schema *
find_schema(const struct config *config, const char *name)
{
	const struct schema *schema = config_schema(config, name);

	if (schema == NULL)
		fail_msg("no schema %s", name);
	return schema;
}

static void
assert_slots(const struct schema *schema, size_t first, size_t last,
    struct schema_slot want)
{
	for (size_t i = first; i <= last; i++) {
		const struct schema_slot *is = &schema->slots[i - 1];

		if (is->publish != want.publish || is->sign != want.sign ||
		    is->revoke != want.revoke)
			fail_msg("%s, slot %zu: publish %x sign %x revoke %x",
			    schema->name, i, is->publish, is->sign, is->revoke);
	}
}

static void
assert_default_request_policy(const struct request_policy *policy)
{
	static const uint8_t keys[] = { 2, 1, 1, 1, 1, 1, 1, 1, 2 };
	const struct key_count *counts = &policy->key_counts.counts[0];
	const bool on[] = { policy->validate_signatures,
		policy->keys_match_zsk_policy,
		policy->rsa_exponent_match_zsk_policy,
		policy->check_cycle_length, policy->check_bundle_overlap,
		policy->signature_algorithms_match_zsk_policy,
		policy->signature_validity_match_zsk_policy,
		policy->check_keys_match_ksk_operator_policy,
		policy->signature_check_expire_horizon,
		policy->check_bundle_intervals, policy->check_chain_keys,
		policy->check_chain_keys_in_hsm, policy->check_chain_overlap,
		policy->check_keys_publish_safety,
		policy->check_keys_retire_safety };

	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		assert_true(on[i]);
	assert_false(policy->enable_unsupported_ecdsa);
	assert_false(policy->enable_unsupported_edwards_dsa);
	assert_int_equal(policy->n_domains, 1);
	assert_string_equal(policy->domains[0], ".");
	assert_int_equal(policy->num_bundles, 9);
	assert_int_equal(policy->min_cycle_inception_length_s, 79 * 86400);
	assert_int_equal(policy->max_cycle_inception_length_s, 81 * 86400);
	assert_int_equal(policy->min_bundle_interval_s, 9 * 86400);
	assert_int_equal(policy->max_bundle_interval_s, 11 * 86400);
	assert_int_equal(policy->n_algorithms, 1);
	assert_int_equal(policy->algorithms[0], 8);
	assert_int_equal(policy->n_rsa_exponents, 1);
	assert_int_equal(policy->rsa_exponents[0], 65537);
	assert_int_equal(policy->n_rsa_sizes, 1);
	assert_int_equal(policy->rsa_sizes[0], 2048);
	assert_int_equal(policy->key_counts.n, 1);
	assert_int_equal(counts->algorithm, 0);
	assert_int_equal(counts->n_per_bundle, sizeof(keys));
	assert_memory_equal(counts->per_bundle, keys, sizeof(keys));
	assert_int_equal(counts->different, 3);
	assert_int_equal(policy->dns_ttl_s, 0);
	assert_int_equal(policy->signature_horizon_days, 180);
}

static void
assert_default_ksk_policy(const struct ksk_policy *policy)
{
	assert_string_equal(policy->signers_name, ".");
	assert_int_equal(policy->ttl_s, 172800);
	assert_int_equal(policy->signature.publish_safety_s, 0);
	assert_int_equal(policy->signature.retire_safety_s, 28 * 86400);
	assert_int_equal(
	    policy->signature.max_signature_validity_s, 21 * 86400);
	assert_int_equal(
	    policy->signature.min_signature_validity_s, 21 * 86400);
	assert_int_equal(policy->signature.max_validity_overlap_s, 16 * 86400);
	assert_int_equal(policy->signature.min_validity_overlap_s, 9 * 86400);
}

static void
config_read_smallest_has_roots_defaults(void **state)
{
	struct config *config = accept("rehearsal: false\n");

	(void)state;
	assert_false(config->rehearsal);
	assert_default_request_policy(&config->request_policy);
	assert_default_ksk_policy(&config->ksk_policy);
	assert_int_equal(config->response_policy.num_bundles, 9);
	assert_true(config->response_policy.validate_signatures);
	assert_int_equal(config->ksk_policy.signature.n_algorithms, 0);
	assert_int_equal(config->n_hsms, 0);
	assert_int_equal(config->n_keys, 0);
	assert_int_equal(config->n_schemas, 0);
	assert_string_equal(config->filenames.output_skr, "");
	assert_int_equal(config_ttl_s(config), 172800);
	config_free(config);
	config_free(NULL);
}

static void
config_read_root_example_is_the_default_policy(void **state)
{
	struct config *config = read_file("docs/examples/root.yaml");

	(void)state;
	assert_default_request_policy(&config->request_policy);
	assert_default_ksk_policy(&config->ksk_policy);
	assert_false(config->rehearsal);
	assert_int_equal(config->n_hsms, 1);
	assert_false(config->hsms[0].has_pin);
	assert_int_equal(config->n_keys, 2);
	assert_string_equal(config->keys[0].label, "Klajeyz");
	assert_int_equal(config->keys[0].tag, 20326);
	assert_string_equal(config->keys[1].label, "Kmyv6jo");
	assert_int_equal(config->keys[1].tag, 38696);
	assert_true(config->keys[1].has_ds);
	assert_int_equal(config->n_schemas, SCHEMA_STANDARD_COUNT);
	config_free(config);
}

static void
assert_field_hsms(const struct config *config)
{
	const struct config_hsm *hsm = config->hsms;

	assert_int_equal(config->n_hsms, 2);
	assert_string_equal(hsm[0].name, "softhsm");
	assert_string_equal(hsm[0].module, "/usr/lib/softhsm/libsofthsm2.so");
	assert_true(hsm[0].has_pin);
	assert_string_equal(hsm[0].pin, "123456");
	assert_string_equal(hsm[0].so_pin, "654321");
	assert_string_equal(hsm[0].token, "");
	assert_string_equal(hsm[1].name, "aep");
	assert_true(hsm[1].has_so_pin);
	assert_string_equal(hsm[1].so_pin, "0987654321");
	assert_int_equal(hsm[1].n_env, 2);
	assert_string_equal(hsm[1].env[0].name, "KEYPER_LIBRARY_PATH");
	assert_string_equal(hsm[1].env[0].value, "/opt/Keyper/PKCS11Provider");
	assert_string_equal(hsm[1].env[1].value, "0");
}

static void
assert_field_schemas(const struct config *config)
{
	const struct schema *revoke = find_schema(config, "revoke");
	const struct schema *rollover = find_schema(config, "rollover");
	const struct schema *fallback = find_schema(config, "fallback");

	assert_int_equal(config->n_schemas, 5 + 3);
	assert_false(revoke->built_in);
	assert_int_equal(revoke->n_slots, 9);
	assert_slots(revoke, 1, 1, (struct schema_slot){ 3, 2, 0 });
	assert_slots(revoke, 2, 8, (struct schema_slot){ 2, 3, 1 });
	assert_slots(revoke, 9, 9, (struct schema_slot){ 2, 2, 0 });
	assert_slots(rollover, 1, 1, (struct schema_slot){ 3, 1, 0 });
	assert_slots(rollover, 2, 9, (struct schema_slot){ 3, 2, 0 });
	assert_slots(fallback, 1, 9, (struct schema_slot){ 3, 1, 0 });
	assert_slots(find_schema(config, "normal"), 1, 9,
	    (struct schema_slot){ 1, 1, 0 });
	assert_true(find_schema(config, "publish+")->built_in);
	assert_true(find_schema(config, "revoke+")->built_in);
	assert_null(config_schema(config, "Normal"));
}

static void
config_read_operators_file_loads_unchanged(void **state)
{
	struct config *config = read_file("tests/data/ksrsigner.yaml");
	const struct config_key *key = &config->keys[0];
	const struct signature_policy *stated = &config->ksk_policy.signature;

	(void)state;
	assert_false(config->rehearsal);
	assert_field_hsms(config);
	assert_int_equal(config->n_keys, 2);
	assert_string_equal(key->name, "ksk_current");
	assert_string_equal(key->description, "Root DNSSEC KSK 2010");
	assert_int_equal(key->rsa_size, 2048);
	assert_int_equal(key->rsa_exponent, 65537);
	assert_int_equal(key->valid_from, 1279152000);
	assert_true(key->has_valid_until);
	assert_int_equal(key->valid_until, 1547164800);
	assert_false(key->hash_using_hsm);
	assert_string_equal(config->filenames.input_ksr, "ksr.xml");
	assert_string_equal(config->filenames.previous_skr, "prev-skr.xml");
	assert_string_equal(config->filenames.output_skr, "skr.xml");
	assert_int_equal(config->request_policy.n_rsa_exponents, 2);
	assert_int_equal(config->request_policy.rsa_exponents[0], 3);
	assert_true(config->request_policy.signature_validity_match_zsk_policy);
	assert_false(config->request_policy.check_keys_retire_safety);
	assert_default_ksk_policy(&config->ksk_policy);
	assert_int_equal(stated->n_algorithms, 1);
	assert_int_equal(stated->algorithms[0].algorithm, 8);
	assert_int_equal(stated->algorithms[0].size, 2048);
	assert_int_equal(stated->algorithms[0].exponent, 65537);
	assert_field_schemas(config);
	config_free(config);
}

/* A key of the request policy, in line 2, at column 3; its value at 6. */
#define REQUEST(value) "request_policy:\n  " value "\n"
#define HSM(entry)     "hsm:\n  a:\n    module: /m\n    " entry "\n"
#define DIGEST \
	"e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d"
#define KEYED(entry) \
	"keys:\n  k:\n    label: l\n    algorithm: RSASHA256\n    " entry "\n"

static void
config_read_wrong_type_refused(void **state)
{
	static const struct refusal cases[] = {
		{ REQUEST("num_bundles: \"nine\""),
		    "c.yaml:2:16: request_policy.num_bundles: \"nine\" is not "
		    "a whole number: it reads as a text, being in quotes "
		    "(expected 1 to 4096)" },
		{ REQUEST("num_bundles: nine"),
		    "c.yaml:2:16: request_policy.num_bundles: \"nine\" is not "
		    "a whole number (expected 1 to 4096)" },
		{ REQUEST("num_bundles: \"9\""), "being in quotes" },
		{ REQUEST("num_bundles: 010"), "reads as an octal number" },
		{ REQUEST("num_bundles: 0o11"),
		    "reads as a hexadecimal, octal or binary number" },
		{ REQUEST("num_bundles: 0x9"), "reads as a hexadecimal" },
		{ REQUEST("num_bundles: 0b1001"), "or binary number" },
		{ REQUEST("num_bundles: 1_0"), "number with an underscore" },
		{ REQUEST("num_bundles: 1:30"), "a sexagesimal number" },
		{ REQUEST("num_bundles: 9.0"), "reads as a fraction" },
		{ REQUEST("num_bundles: 9e0"), "reads as a fraction" },
		{ REQUEST("num_bundles: +9"), "reads as a signed number" },
		{ REQUEST("num_bundles: -9"), "reads as a signed number" },
		{ REQUEST("rsa_approved_key_sizes: [null]"), "reads as nothing" },
		{ REQUEST("rsa_approved_key_sizes: [~]"), "reads as nothing" },
		{ REQUEST("num_bundles: true"), "reads as a boolean" },
		{ REQUEST("num_bundles: [9]"),
		    "c.yaml:2:16: request_policy.num_bundles: is a list "
		    "(expected a single value)" },
		{ REQUEST("num_bundles: {a: 9}"),
		    "is a map of keys and values (expected a single value)" },
		{ REQUEST("num_bundles: 0"),
		    "0 is out of range (expected 1 to 4096)" },
		{ REQUEST("num_bundles: 4097"), "4097 is out of range" },
		{ REQUEST("num_bundles: 18446744073709551625"),
		    "18446744073709551625 is out of range" },
		{ REQUEST("dns_ttl: 2147483648"),
		    "(expected 0 to 2147483647)" },
		{ REQUEST("rsa_approved_key_sizes: 2048"),
		    "c.yaml:2:27: request_policy.rsa_approved_key_sizes: is a "
		    "single value (expected a list)" },
		{ REQUEST("rsa_approved_key_sizes: [2048, 08]"),
		    "c.yaml:2:34: request_policy.rsa_approved_key_sizes: "
		    "\"08\" is not a whole number: it reads as an octal" },
		{ REQUEST("rsa_approved_key_sizes: [2048, 4097]"),
		    "(expected 512 to 4096)" },
		{ REQUEST("num_keys_per_bundle: [[2]]"),
		    "c.yaml:2:25: request_policy.num_keys_per_bundle: is a "
		    "list (expected a single value)" },
		{ REQUEST("num_keys_per_bundle: [0]"), "(expected 1 to 16)" },
		{ REQUEST("check_chain_keys: on"),
		    "c.yaml:2:21: request_policy.check_chain_keys: \"on\" is "
		    "not a boolean (expected true or false)" },
		{ REQUEST("check_chain_keys: y"), "\"y\" is not a boolean" },
		{ REQUEST("check_chain_keys: 1"), "\"1\" is not a boolean" },
		{ REQUEST("check_chain_keys: tRUE"), "not a boolean" },
		{ REQUEST("check_chain_keys: \"true\""),
		    "(expected true or false) without quotes" },
		{ REQUEST("min_bundle_interval: 9"),
		    "\"9\" is not a duration (expected days" },
		{ REQUEST("min_bundle_interval: P1M"), "not a duration" },
		{ REQUEST("min_bundle_interval: P36526D"), "at most P36525D" },
		{ REQUEST("approved_algorithms: [8]"),
		    "c.yaml:2:25: request_policy.approved_algorithms: \"8\" is "
		    "not an algorithm (expected its IANA mnemonic, such as "
		    "RSASHA256)" },
		{ REQUEST("approved_algorithms: [13]"),
		    "such as ECDSAP256SHA256" },
		{ REQUEST("approved_algorithms: [rsasha256]"),
		    "\"rsasha256\" is not an algorithm" },
		{ REQUEST("acceptable_domains: [\"a..b\"]"),
		    "(expected a domain name)" },
		{ REQUEST("acceptable_domains: [\"\"]"),
		    "(expected a domain name)" },
		{ "rehearsal: maybe\n",
		    "c.yaml:1:12: rehearsal: \"maybe\" is not a boolean" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

static void
config_read_wrong_structure_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "", "c.yaml:1:1: there is nothing in it" },
		{ "request_policy: []\n",
		    "c.yaml:1:17: request_policy: is a list" },
		{ "keys: 5\n", "c.yaml:1:7: keys: is a single value" },
		{ "keys:\n  k: 5\n", "c.yaml:2:6: keys.k: is a single value" },
		{ "hsm:\n- module: x\n", "c.yaml:2:1: hsm: is a list" },
		{ "schemas: x\n", "c.yaml:1:10: schemas: is a single value" },
		{ "policy:\n  a: b\n",
		    "c.yaml:1:1: policy: is not a known key" },
		{ REQUEST("num_bundle: 9"),
		    "c.yaml:2:3: request_policy.num_bundle: is not a known" },
		{ REQUEST("Num_bundles: 9"), "is not a known key" },
		{ HSM("pins: 1234"), "c.yaml:4:5: hsm.a.pins: is not a known" },
		{ KEYED("ksk_tag: 1"), "c.yaml:5:5: keys.k.ksk_tag: is not" },
		{ "ksk_policy: {algorithms: []}\n",
		    "c.yaml:1:14: ksk_policy.algorithms: is not a known key" },
		{ "filenames: {output: x}\n", "filenames.output: is not a" },
		{ "response_policy: {ttl: 1}\n", "response_policy.ttl: is" },
		{ REQUEST("num_bundles: 9\n  num_bundles: 9"),
		    "c.yaml:3:3: request_policy.num_bundles: is given twice "
		    "(first in line 2)" },
		{ "keys: {}\nkeys: {}\n", "c.yaml:2:1: keys: is given twice" },
		{ "hsm:\n  a:\n    token: \"pkcs11:token=x;type=private\"\n",
		    "c.yaml:3:12: hsm.a.token: token URI: attribute type: "
		    "describes a key" },
		{ "hsm:\n  a: {module: /m.so, token: \"pkcs11:pin-value=7531\"}\n",
		    "c.yaml:2:29: hsm.a.token: token URI: attribute pin-value: "
		    "a PIN has no place in a URI" },
		{ "hsm:\n  a: {module: /m.so, token: \"pkcs11:token=a?pin-source=/p\"}\n",
		    "hsm.a.token: token URI: attribute pin-source: a PIN" },
		{ "hsm:\n  a: {module: /m.so, token: \"pkcs11:token=v%00%00\"}\n",
		    "c.yaml:2:29: hsm.a.token: token URI: the value of token" },
		{ "hsm:\n  a: {module: /m.so, token: x}\n",
		    "c.yaml:2:29: hsm.a.token: token URI: does not start with" },
		{ "\xef\xbb\xbfkeys: {}\n",
		    "c.yaml:1:1: character U+FEFF (a byte order mark) is not" },
		{ "hsm:\n  a: {token: \"pkcs11:token=x\"}\n",
		    "c.yaml:2:3: hsm.a: has no key \"module\"" },
		{ "keys:\n  k: {algorithm: RSASHA256}\n",
		    "c.yaml:2:3: keys.k: has no key \"label\"" },
		{ "keys:\n  k: {label: x}\n",
		    "c.yaml:2:3: keys.k: has no key \"algorithm\"" },
		{ "keys:\n  \"k k\": {label: x}\n",
		    "c.yaml:2:3: keys.k k: is not a name (expected 1 to 63" },
		{ "keys:\n  a: &a {label: x, algorithm: RSASHA256}\n",
		    "c.yaml:2:6: an anchor is not accepted" },
		{ "keys:\n\ta: b\n", "c.yaml:2:1: character U+0009 (a tab)" },
		{ "keys: {}\n---\nkeys: {}\n",
		    "c.yaml:2:1: a second document" },
		{ "keys:\n  k: {label: \"x\n",
		    "found unexpected end of stream" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

static void
config_read_too_many_entries_refused(void **state)
{
	struct buf yaml = buf_new(65536);

	(void)state;
	buf_puts(&yaml, "keys:\n");
	for (size_t i = 0; i <= CONFIG_KEYS_MAX; i++)
		buf_printf(&yaml,
		    "  k%zu: {label: l%zu, algorithm: RSASHA256}\n", i, i);
	buf_u8(&yaml, 0);
	assert_refused((const char *)yaml.data,
	    "c.yaml:2:3: keys: has 17 entries (expected at most 16)");
	buf_free(&yaml);
	assert_refused("hsm:\n  a:\n    module: m\n    env: {A: a, B: a, C: a, "
		       "D: a, E: a, F: a, G: a, H: a, I: a, J: a, K: a, L: a, "
		       "M: a, N: a, O: a, P: a, Q: a}\n",
	    "c.yaml:4:10: hsm.a.env: has 17 entries (expected at most 16)");
}

static void
config_read_text_refused(void **state)
{
	static const struct refusal cases[] = {
		{ KEYED("description: 0123"),
		    "c.yaml:5:18: keys.k.description: \"0123\" reads as an "
		    "octal number (expected text; put it in quotes)" },
		{ KEYED("description: no"), "reads as a boolean" },
		{ KEYED("description: 12:30"), "reads as a sexagesimal" },
		{ KEYED("description: 1.0"), "reads as a fraction" },
		{ KEYED("description: \"\""), "is empty (expected text)" },
		{ KEYED("description: \"a\\nb\""),
		    "\"a\\x0ab\" is not printable ASCII" },
		{ KEYED("description: M\xc3\xbcller"), "not printable ASCII" },
		{ KEYED("ds_sha256: 49AAC1"),
		    "c.yaml:5:16: keys.k.ds_sha256: \"49AAC1\" is not a "
		    "SHA-256 digest (expected exactly 64 hexadecimal digits)" },
		{ KEYED("ds_sha256: " DS_2010 "00"), "exactly 64" },
		{ KEYED("ds_sha256: \" " DS_2010 "\""), "exactly 64" },
		{ KEYED("ds_sha256: "
			"X9AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CD"
			"DE32F24E8FB5"),
		    "exactly 64" },
		{ KEYED("key_tag: 65536"), "(expected 0 to 65535)" },
		{ KEYED("key_tag: 05017"),
		    "c.yaml:5:14: keys.k.key_tag: \"05017\" is not a whole "
		    "number: it reads as an octal number" },
		{ KEYED("valid_from: 2010-07-15"),
		    "c.yaml:5:17: keys.k.valid_from: \"2010-07-15\" is not a "
		    "time (expected the form 2010-07-15T00:00:00Z)" },
		{ KEYED("valid_from: 2010-02-30T00:00:00Z"), "is not a time" },
		{ KEYED("valid_from: 2010-07-15T00:00:00.5Z"), "not a time" },
		{ KEYED("rsa_exponent: 65536"), "is even (an RSA exponent" },
		{ KEYED("rsa_exponent: 1"), "(expected 3 to 4294967295)" },
		{ KEYED("rsa_size: 511"), "(expected 512 to 4096)" },
		{ "filenames: {input_ksr: \"$KSR\"}\n",
		    "filenames.input_ksr: \"$KSR\" names an environment" },
		{ "filenames: {output_trustanchor: \"$TA\"}\n",
		    "names an environment variable" },
		{ "filenames: {input_ksr: ~/ksr.xml}\n", "~ is not expanded" },
		{ "cds: {cdnskey: true}\n",
		    "the root has no parent to tell of its keys" },
		{ "ksk_policy: {signers_name: example.}\n"
		  "cds: {delete: true, digests: [SHA256]}\n",
		    "delete says that there be no DS" },
		{ "ksk_policy: {signers_name: example.}\n"
		  "cds: {digests: [SHA256, SHA256]}\n",
		    "names one digest type twice" },
		{ "cds: {digests: [SHA1]}\n",
		    "\"SHA1\" is no digest type (expected SHA256 or SHA384)" },
		{ "request_policy: {proof_of_possession: false}\n",
		    "\"false\" (expected required or none)" },
		{ "hsm:\n  a: {module: $PKCS11_LIBRARY_PATH}\n",
		    "c.yaml:2:15: hsm.a.module: \"$PKCS11_LIBRARY_PATH\" names "
		    "an environment variable, which would let the environment "
		    "choose the file (expected the path itself)" },
		{ HSM("env: {1A: x}"),
		    "c.yaml:4:11: hsm.a.env.1A: is not the name of an "
		    "environment variable" },
		{ HSM("env: {A-B: x}"), "is not the name of an environment" },
		{ HSM("env: {A: [x]}"), "hsm.a.env.A: is a list" },
		{ HSM("env: [A, x]"), "hsm.a.env: is a list (expected a map" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

static void
config_read_long_text_refused(void **state)
{
	char text[PATH_MAX_LEN + 2], yaml[2 * PATH_MAX_LEN];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PATH_MAX_LEN + 1] = '\0';
	snprintf(yaml, sizeof(yaml), "filenames: {input_ksr: %s}\n", text);
	assert_refused(yaml, "is too long (expected at most 1023 octets)");
	text[ID_MAX + 1] = '\0';
	snprintf(yaml, sizeof(yaml), KEYED("description: %s"), text);
	assert_refused(yaml, "is too long (expected at most 255 octets)");
	text[NAME_MAX_LEN + 1] = '\0';
	snprintf(yaml, sizeof(yaml), "hsm: {%s: {module: m}}\n", text);
	assert_refused(yaml, "is not a name (expected 1 to 63");
}

/* Whatever is wrong with a PIN, no message repeats it. */
static void
config_read_bad_pin_refused_unseen(void **state)
{
	static const struct refusal cases[] = {
		{ HSM("pin: 012345"),
		    "c.yaml:4:10: hsm.a.pin: reads as an "
		    "octal number (expected a PIN; put it" },
		{ HSM("pin: \"1\"\n    empty_pin: true"),
		    "hsm.a.empty_pin: there is a PIN as well" },
		{ HSM("pin_file: /p\n    empty_pin: true"),
		    "hsm.a.empty_pin: there is a PIN as well" },
		{ HSM("so_pin: 12:34"), "hsm.a.so_pin: reads as a sexagesi" },
		{ HSM("pin: 1_2345"), "reads as a number with an underscore" },
		{ HSM("pin: [12345]"), "hsm.a.pin: is a list" },
		{ HSM("pin: \"12345\\n\""), "holds a control character" },
		{ HSM("pin: 12345\n    pin: 12345"), "is given twice" },
		{ HSM("pin: \"12345"), "found unexpected end of stream" },
		{ HSM("pin: &a 12345"), "an anchor is not accepted" },
		{ HSM("pin: 12345: 12345"), "mapping values are not allowed" },
		{ HSM("pin: @12345"), "cannot start any token" },
		{ "hsm: {a: {module: m, pin:12345}}\n",
		    "hsm.a.pin: is not a known key" },
	};
	struct config *config;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_refused(cases[i].yaml, cases[i].message);
		assert_false(read_text(cases[i].yaml, &config, &err));
		assert_null(strstr(err.msg, "2345"));
	}
	assert_refused(HSM("pin: \"\""), "is empty (expected a PIN; leave the key");
}

static void
config_read_pin_without_rehearsal_is_kept(void **state)
{
	struct config *config = accept(HSM("pin: \"gr\xc3\xbcn 0\""));

	(void)state;
	assert_false(config->rehearsal);
	assert_true(config->hsms[0].has_pin);
	assert_false(config->hsms[0].has_so_pin);
	assert_string_equal(config->hsms[0].pin, "gr\xc3\xbcn 0");
	config_free(config);
}

static void
config_read_unrelated_values_refused(void **state)
{
	static const struct refusal cases[] = {
		{ REQUEST("min_bundle_interval: P12D"),
		    "c.yaml:2:24: request_policy.min_bundle_interval: "
		    "min_bundle_interval P12D is longer than "
		    "max_bundle_interval P11D" },
		{ REQUEST("max_bundle_interval: P8D"),
		    "c.yaml:2:24: request_policy.max_bundle_interval: "
		    "min_bundle_interval P9D is longer" },
		{ REQUEST("max_cycle_inception_length: P78D"),
		    "min_cycle_inception_length P79D is longer than" },
		{ "ksk_policy: {max_signature_validity: P20D}\n",
		    "c.yaml:1:38: ksk_policy.max_signature_validity: "
		    "min_signature_validity P21D is longer than" },
		{ "ksk_policy:\n  min_validity_overlap: P16DT1S\n",
		    "c.yaml:2:25: ksk_policy.min_validity_overlap: "
		    "min_validity_overlap P16DT1S is longer than "
		    "max_validity_overlap P16D" },
		{ REQUEST("num_bundles: 8"),
		    "c.yaml:2:16: request_policy.num_bundles: "
		    "num_keys_per_bundle has 9 numbers, num_bundles is 8" },
		{ REQUEST("num_keys_per_bundle: [2, 1, 2]"),
		    "c.yaml:2:24: request_policy.num_keys_per_bundle: "
		    "num_keys_per_bundle has 3 numbers, num_bundles is 9" },
		{ REQUEST("num_keys_per_bundle: {RSASHA256: [1, 1]}\n"
			  "  num_different_keys_in_all_bundles: {RSASHA256: "
			  "2}"),
		    "c.yaml:2:24: request_policy.num_keys_per_bundle: "
		    "num_keys_per_bundle has 2 numbers, num_bundles is 9" },
		{ REQUEST("num_keys_per_bundle: {RSASHA256: [1]}"),
		    "c.yaml:2:24: request_policy.num_keys_per_bundle: "
		    "num_keys_per_bundle and num_different_keys_in_all_bundles "
		    "do not name" },
		{ KEYED("valid_from: 2010-07-15T00:00:00Z\n    valid_until: "
			"2010-07-15T00:00:00Z"),
		    "c.yaml:6:18: keys.k.valid_until: is not after" },
		{ KEYED("rsa_size: 2048") "  m: {label: l, algorithm: "
					  "RSASHA512}\n",
		    "c.yaml:6:14: keys.m.label: \"l\" is the label of k too" },
		{ "keys:\n  k:\n    label: l\n    algorithm: "
		  "ECDSAP256SHA256\n    rsa_size: 2048\n",
		    "c.yaml:5:5: keys.k.rsa_size: has no place in a key of "
		    "algorithm ECDSAP256SHA256" },
		{ "keys: {k: {label: l, algorithm: ED25519, rsa_exponent: "
		  "3}}\n",
		    "c.yaml:1:42: keys.k.rsa_exponent: has no place" },
		{ "trust: dnssec\n",
		    "c.yaml:1:8: trust: \"dnssec\" is no way to trust a KSK" },
		{ "parent_ds: {ttl: 1, propagation: PT0S}\n",
		    "c.yaml:1:1: parent_ds: has a meaning only with trust: "
		    "parent-ds" },
		{ KEYED("ds_sha256: \"" DIGEST "\"\n    ds_published: "
			"2020-01-01T00:00:00Z"),
		    "c.yaml:6:5: keys.k.ds_published: has a meaning only" },
		{ "trust: parent-ds\n" KEYED("rsa_size: 2048"),
		    "c.yaml:1:8: trust: parent-ds wants a section parent_ds" },
		{ "trust: parent-ds\nparent_ds: {ttl: 1}\n",
		    "parent_ds: has no key \"propagation\"" },
		{ "trust: parent-ds\nparent_ds: {ttl: 1, propagation: PT0S}\n",
		    "c.yaml:1:8: trust: parent-ds wants a key with "
		    "ds_published" },
		{ KEYED("ds_published: 2020-01-01T00:00:00Z"),
		    "c.yaml:5:19: keys.k.ds_published: says when a DS was "
		    "published, and there is no ds_sha256" },
		{ KEYED("ds_sha256: \"" DIGEST "\"\n    ds_published: "
			"2020-01-01T00:00:00Z\n    ds_withdrawn: "
			"2020-01-01T00:00:00Z"),
		    "c.yaml:7:19: keys.k.ds_withdrawn: is not after" },
		{ KEYED(
		      "rsa_size: 2048") "other_keys:\n  o: {label: l, purpose: "
					"zsk}\n",
		    "c.yaml:7:14: other_keys.o.label: \"l\" is the label of "
		    "k too" },
		{ "other_keys:\n  a: {label: l, purpose: zsk}\n  b: {label: l, "
		  "purpose: audit}\n",
		    "c.yaml:3:14: other_keys.b.label: \"l\" is the label of "
		    "a too" },
		{ "other_keys:\n  a: {label: l, purpose: ksk}\n",
		    "c.yaml:2:26: other_keys.a.purpose: \"ksk\" is not a "
		    "purpose (expected zsk, audit, transport or anchor" },
		{ "other_keys:\n  a: {label: l}\n",
		    "c.yaml:2:3: other_keys.a: has no key \"purpose\"" },
		{ "keys: {k: {label: l, algorithm: RSASHA1}}\n",
		    "c.yaml:1:33: keys.k.algorithm: is not an algorithm this "
		    "program can verify" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

static void
config_read_trust_of_a_parent_accepted(void **state)
{
	static const char yaml[] =
	    "trust: parent-ds\n"
	    "parent_ds: {ttl: 86400, propagation: PT1H}\n" KEYED(
		"ds_sha256: \"" DIGEST "\"\n"
		"    ds_published: 2020-01-01T00:00:00Z");
	struct config *config = accept(yaml);
	struct parent_ds parent = config_parent_ds(config);

	(void)state;
	assert_int_equal(config->trust, TRUST_PARENT_DS);
	assert_int_equal(parent.lag_s, 86400 + 3600);
	assert_int_equal(parent.n, 1);
	assert_int_equal(parent.records[0].from, 1577836800);
	assert_int_equal(parent.records[0].until, INT64_MAX);
	assert_memory_equal(
	    parent.records[0].ds, config->keys[0].ds_sha256, DS_SHA256_SIZE);
	config_free(config);
}

static void
config_read_other_cycle_accepted(void **state)
{
	struct config *config =
	    accept("request_policy:\n  num_bundles: 3\n"
		   "  num_keys_per_bundle: [2, 1, 2]\n  dns_ttl: 3600\n"
		   "  acceptable_domains: [example, Sub.Example.]\n"
		   "  approved_algorithms: []\n");
	const struct key_count *counts =
	    &config->request_policy.key_counts.counts[0];

	(void)state;
	assert_int_equal(config->response_policy.num_bundles, 3);
	assert_int_equal(counts->n_per_bundle, 3);
	assert_int_equal(counts->per_bundle[2], 2);
	assert_int_equal(counts->different, 3);
	assert_int_equal(config->request_policy.n_domains, 2);
	assert_string_equal(config->request_policy.domains[1], "Sub.Example.");
	assert_int_equal(config->request_policy.n_algorithms, 0);
	assert_int_equal(config_request_ttl_s(config), 3600);
	config_free(config);
}

static void
config_read_booleans_in_three_cases(void **state)
{
	static const struct {
		const char *text;
		bool value;
	} cases[] = { { "true", true }, { "True", true }, { "TRUE", true },
		{ "yes", true }, { "Yes", true }, { "YES", true },
		{ "false", false }, { "False", false }, { "FALSE", false },
		{ "no", false }, { "No", false }, { "NO", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char yaml[64];
		struct config *config;

		snprintf(yaml, sizeof(yaml), "rehearsal: %s\n", cases[i].text);
		config = accept(yaml);
		assert_int_equal(config->rehearsal, cases[i].value);
		config_free(config);
	}
}

static void
config_read_states_algorithms_of_keys_in_order(void **state)
{
	struct config *config =
	    accept("keys:\n"
		   "  a: {label: a, algorithm: ECDSAP384SHA384}\n"
		   "  b: {label: b, algorithm: ECDSAP256SHA256}\n"
		   "  c: {label: c, algorithm: RSASHA256, rsa_size: 4096, "
		   "rsa_exponent: 65537}\n"
		   "  d: {label: d, algorithm: RSASHA256, rsa_size: 2048, "
		   "rsa_exponent: 65537}\n"
		   "  e: {label: e, algorithm: RSASHA256, rsa_size: 2048, "
		   "rsa_exponent: 65537}\n"
		   "  f: {label: f, algorithm: RSASHA256, rsa_size: 2048, "
		   "rsa_exponent: 3}\n"
		   "  g: {label: g, algorithm: RSASHA512, rsa_size: 2048}\n");
	static const struct signature_algorithm want[] = {
		{ 8, FAMILY_RSA, 2048, 3 },
		{ 8, FAMILY_RSA, 2048, 65537 },
		{ 8, FAMILY_RSA, 4096, 65537 },
		{ 13, FAMILY_ECDSA, 256, 0 },
		{ 14, FAMILY_ECDSA, 384, 0 },
	};
	const struct signature_policy *stated = &config->ksk_policy.signature;

	(void)state;
	assert_int_equal(stated->n_algorithms, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(
		    stated->algorithms[i].algorithm, want[i].algorithm);
		assert_int_equal(stated->algorithms[i].family, want[i].family);
		assert_int_equal(stated->algorithms[i].size, want[i].size);
		assert_int_equal(
		    stated->algorithms[i].exponent, want[i].exponent);
	}
	config_free(config);
}

/* Three slots, keys a (1), b (2), c (4); the schema's name is in line 8. */
#define SCHEMA(slots)                                                      \
	"request_policy: {num_bundles: 3, num_keys_per_bundle: [1,1,1]}\n" \
	"keys:\n"                                                          \
	"  a: {label: a, algorithm: RSASHA256}\n"                          \
	"  b: {label: b, algorithm: RSASHA256}\n"                          \
	"  c: {label: c, algorithm: RSASHA256}\n"                          \
	"schemas:\n"                                                       \
	"  s:\n" slots

static void
config_read_schema_forms_accepted(void **state)
{
	static const struct {
		const char *yaml;
		struct schema_slot slots[3];
	} cases[] = {
		{ SCHEMA("    1-3: {sign: a}\n"),
		    { { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 } } },
		{ SCHEMA(
		      "    3: {sign: a}\n    1-2: {sign: [b], publish: c}\n"),
		    { { 6, 2, 0 }, { 6, 2, 0 }, { 1, 1, 0 } } },
		{ SCHEMA("    \"1\": {sign: [a, b], revoke: [a]}\n"
			 "    2-2:\n      sign:\n        - a\n        - c\n"
			 "      publish: []\n      revoke: c\n"
			 "    3: {publish: [a, b, c], sign: c}\n"),
		    { { 2, 3, 1 }, { 1, 5, 4 }, { 7, 4, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config *config = accept(cases[i].yaml);
		const struct schema *schema = find_schema(config, "s");

		assert_int_equal(config->n_schemas, 1);
		assert_int_equal(schema->n_slots, 3);
		for (size_t k = 0; k < 3; k++)
			assert_slots(schema, k + 1, k + 1, cases[i].slots[k]);
		config_free(config);
	}
}

/* Every value that may be left out may be null instead, and is not there. */
static void
config_read_null_is_left_out(void **state)
{
	static const char yaml[] =
	    "rehearsal: null\nhsm:\nfilenames:\n"
	    "keys:\n  ksk_current:\n    description: null\n    label: l\n"
	    "    key_tag: ~\n    algorithm: ECDSAP256SHA256\n    rsa_size:\n"
	    "    rsa_exponent: Null\n    valid_from: null\n"
	    "    valid_until: null\n    ds_sha256: null\n"
	    "    hash_using_hsm: null\n"
	    "request_policy:\n  num_bundles: ~\n  acceptable_domains: null\n"
	    "  validate_signatures: null\n  num_keys_per_bundle: null\n"
	    "  num_different_keys_in_all_bundles: null\n  dns_ttl: null\n"
	    "  min_signature_validity: null\n"
	    "response_policy:\n  num_bundles: NULL\n"
	    "ksk_policy: null\nschemas: null\n";
	struct config *config = NULL;
	struct err err;

	(void)state;
	assert_ok(config_read(bytes_of_string(yaml), "c.yaml", &config, &err),
	    &err);
	assert_default_request_policy(&config->request_policy);
	assert_false(config->rehearsal);
	assert_int_equal(config->n_hsms, 0);
	assert_false(config->keys[0].has_tag);
	assert_false(config->keys[0].has_ds);
	assert_false(config->keys[0].has_valid_until);
	assert_int_equal(config->keys[0].rsa_size, 0);
	assert_int_equal(config->ksk_policy.ttl_s, 172800);
	assert_int_equal(config->response_policy.num_bundles, 9);
	assert_string_equal(config->filenames.previous_skr, "");
	config_free(config);
}

static void
config_read_null_is_no_value(void **state)
{
	static const struct refusal cases[] = {
		{ "keys: {k: {label: null, algorithm: RSASHA256}}\n",
		    "has no key \"label\"" },
		{ "hsm: {h: {module: ~}}\n", "has no key \"module\"" },
		{ "keys: {k: null}\n", "keys.k: is a single value" },
		{ REQUEST("numb_bundles: null"), "is not a known key" },
		{ "nothing: null\n", "is not a known key" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

/* A first quarter of six slots, answered to with nine the next time. */
static void
config_read_counts_of_requests_and_responses_may_differ(void **state)
{
	static const char yaml[] =
	    "keys: {a: {label: a, algorithm: RSASHA256}}\n"
	    "request_policy:\n  num_bundles: 9\n"
	    "response_policy: {num_bundles: 6}\n"
	    "schemas:\n  first:\n    1-6: {sign: a}\n"
	    "  long:\n    1-12: {sign: a}\n  usual:\n    1-9: {sign: a}\n";
	struct config *config = NULL;
	struct err err;

	(void)state;
	assert_ok(config_read(bytes_of_string(yaml), "c.yaml", &config, &err),
	    &err);
	assert_int_equal(config->request_policy.num_bundles, 9);
	assert_int_equal(config->response_policy.num_bundles, 6);
	assert_int_equal(config_schema(config, "first")->n_slots, 6);
	assert_int_equal(config_schema(config, "long")->n_slots, 12);
	assert_int_equal(config_schema(config, "usual")->n_slots, 9);
	config_free(config);
}

/* dns_ttl is the request's; a response of 0.1.0 had it too. */
static void
config_ttl_is_the_policys(void **state)
{
	static const char yaml[] = "request_policy: {dns_ttl: 3600}\n"
				   "ksk_policy: {ttl: 86400}\n";
	struct config *config = NULL;
	struct err err;

	(void)state;
	assert_ok(config_read(bytes_of_string(yaml), "c.yaml", &config, &err),
	    &err);
	assert_int_equal(config_ttl_s(config), 86400);
	assert_int_equal(config_request_ttl_s(config), 3600);
	config->rules = RULES_0_1_0;
	assert_int_equal(config_ttl_s(config), 3600);
	config->request_policy.dns_ttl_s = 0;
	assert_int_equal(config_ttl_s(config), 86400);
	assert_int_equal(config_request_ttl_s(config), 86400);
	config_free(config);
}

static void
config_read_schema_refused(void **state)
{
	static const struct refusal cases[] = {
		{ SCHEMA("    1: {sign: a}\n    3: {sign: a}\n"),
		    "c.yaml:7:3: schemas.s: slot 2 is missing (expected 1 to "
		    "3)" },
		{ SCHEMA("    {}\n"), "has no slot" },
		{ SCHEMA("    1-2: {sign: a}\n    2-3: {sign: a}\n"),
		    "c.yaml:9:5: schemas.s.2-3: slot 2 is given twice" },
		{ SCHEMA("    0-3: {sign: a}\n"),
		    "c.yaml:8:5: schemas.s.0-3: is not a slot (expected 1 to "
		    "4096, or a range such as 2-8)" },
		{ SCHEMA("    1-4097: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    4097: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    4: {sign: a}\n"), "slot 1 is missing" },
		{ SCHEMA("    3-1: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    01: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    1-03: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    1-: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    -1: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    1-2-3: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    1 - 3: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    all: {sign: a}\n"), "is not a slot" },
		{ SCHEMA("    10000000000000000000000000000001: {sign: a}\n"),
		    "is not a slot" },
		{ SCHEMA("    1-00000000000000000000000000003: {sign: a}\n"),
		    "is not a slot" },
		{ SCHEMA("    1-3: {publish: a}\n"),
		    "c.yaml:8:5: schemas.s.1-3: no key signs" },
		{ SCHEMA("    1-3: {publish: a, sign: []}\n"), "no key signs" },
		{ SCHEMA("    1-3: {sign: a, publish: b, revoke: b}\n"),
		    "c.yaml:8:10: schemas.s.1-3: publishes a key both revoked "
		    "and not" },
		{ SCHEMA("    1-3: {sign: [a, b, a]}\n"),
		    "c.yaml:8:24: schemas.s.1-3.sign: \"a\" is named twice" },
		{ SCHEMA("    1-3: {sign: ksk_next}\n"),
		    "c.yaml:8:17: schemas.s.1-3.sign: \"ksk_next\" is not the "
		    "name of a key in this configuration" },
		{ SCHEMA("    1-3: {sign: a, publish: }\n"),
		    "is empty (expected a key's name, or [] for none)" },
		{ SCHEMA("    1-3: {sign: a, publish: [[b]]}\n"),
		    "schemas.s.1-3.publish: is a list (expected a single" },
		{ SCHEMA("    1-3: {sign: {a: b}}\n"),
		    "schemas.s.1-3.sign: is a map" },
		{ SCHEMA("    1-3: {signs: a}\n"),
		    "c.yaml:8:11: schemas.s.1-3.signs: is not known (expected "
		    "publish, sign or revoke)" },
		{ SCHEMA("    1-3: a\n"), "schemas.s.1-3: is a single value" },
		{ SCHEMA("    1: {sign: a}\n    1: {sign: a}\n"),
		    "c.yaml:9:5: schemas.s.1: is given twice" },
		{ "schemas:\n  a/b: {}\n",
		    "c.yaml:2:3: schemas.a/b: is not a name" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

static void
config_read_adds_possible_standard_schemas(void **state)
{
	static const char current[] =
	    "keys:\n  other: {label: o, algorithm: RSASHA256}\n"
	    "  ksk_current: {label: a, algorithm: RSASHA256}\n";
	static const char both[] =
	    "keys:\n  ksk_next: {label: b, algorithm: RSASHA256}\n"
	    "  ksk_current: {label: a, algorithm: RSASHA256}\n"
	    "schemas:\n  rollover: {1-9: {sign: ksk_next}}\n";
	struct config *config = accept(current);

	(void)state;
	assert_int_equal(config->n_schemas, 1);
	assert_slots(find_schema(config, "normal"), 1, 9,
	    (struct schema_slot){ 2, 2, 0 });
	config_free(config);

	config = accept(both);
	assert_int_equal(config->n_schemas, SCHEMA_STANDARD_COUNT);
	assert_false(find_schema(config, "rollover")->built_in);
	assert_slots(find_schema(config, "rollover"), 1, 9,
	    (struct schema_slot){ 1, 1, 0 });
	assert_true(find_schema(config, "revoke")->built_in);
	assert_slots(find_schema(config, "revoke"), 2, 8,
	    (struct schema_slot){ 1, 3, 2 });
	config_free(config);
}

static void
config_read_too_many_schemas_refused(void **state)
{
	struct buf yaml = buf_new(65536);

	(void)state;
	buf_puts(&yaml,
	    "keys: {k: {label: l, algorithm: RSASHA256}}\n"
	    "schemas:\n");
	for (size_t i = 0; i < 26; i++)
		buf_printf(&yaml, "  s%zu: {1-9: {sign: k}}\n", i);
	buf_u8(&yaml, 0);
	assert_refused((const char *)yaml.data,
	    "c.yaml:3:3: schemas: has 26 entries (expected at most 25)");
	buf_free(&yaml);
}

/* Cut anywhere or with any octet changed: read, or refused by its place. */
static void
config_read_damaged_file_fails_in_order(void **state)
{
	static const char octets[] = "\0\t\n \"':-[]{}&*!#%@<9\x80\xff";
	struct buf yaml = read_whole("tests/data/ksrsigner.yaml");
	size_t n_refused = 0;

	(void)state;
	for (size_t i = 0; i < 2 * yaml.len; i++) {
		bool cut = i >= yaml.len;
		size_t at = cut ? i - yaml.len : i;
		uint8_t was = yaml.data[at];
		struct bytes damaged = { yaml.data, cut ? at : yaml.len };
		struct config *config = NULL;
		struct err err = { 0 };

		yaml.data[at] = (uint8_t)octets[i % (sizeof(octets) - 1)];
		if (!config_read(damaged, "c.yaml", &config, &err)) {
			assert_null(config);
			assert_int_equal(err.code, E_INPUT);
			assert_memory_equal(err.msg, "c.yaml:", 7);
			n_refused++;
		}
		config_free(config);
		yaml.data[at] = was;
	}
	assert_in_range(n_refused, yaml.len / 4, 2 * yaml.len);
	buf_free(&yaml);
}

/* --- Many zones. */

#define ZONES_HEAD                                                     \
	"hsm: {h: {module: /m.so}, i: {module: /n.so}}\n"              \
	"request_policy: {num_bundles: 3, num_keys_per_bundle: [1, 1, 1]}\n" \
	"ksk_policy: {ttl: 600, retire_safety: P1D}\n"
#define ZONES_KEY_A "keys: {ksk_current: {label: a, algorithm: RSASHA256}}"
#define ZONES_KEY_B "keys: {ksk_current: {label: b, algorithm: RSASHA256}}"
#define ED_KEY                                                      \
	"algorithm: ED25519, public_key: "                          \
	"\"l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\""

static struct config *
zone_of(const struct config *config, const char *name)
{
	const struct config_zone *zone = config_find_zone(config, name);
	struct config *one = NULL;
	struct err err;

	assert_non_null(zone);
	assert_ok(config_zone(config, zone, &one, &err), &err);
	return one;
}

static void
config_zone_has_its_own_and_inherits_the_rest(void **state)
{
	struct config *config = accept(ZONES_HEAD
	    "zones:\n"
	    "  b.example.:\n"
	    "    " ZONES_KEY_B "\n"
	    "    ksk_policy: {ttl: 60}\n"
	    "    schemas: {mine: {1-3: {sign: ksk_current}}}\n"
	    "  A.example:\n"
	    "    " ZONES_KEY_A "\n"
	    "    request_policy: {num_bundles: 2, num_keys_per_bundle: [1, 2]}\n");
	struct config *a = zone_of(config, "a.EXAMPLE.");
	struct config *b = zone_of(config, "b.example");

	(void)state;
	assert_int_equal(config->n_zones, 2);
	assert_string_equal(config->zones[0].name, "A.example");
	assert_null(config_find_zone(config, "c.example."));
	assert_string_equal(a->ksk_policy.signers_name, "A.example");
	assert_string_equal(b->request_policy.domains[0], "b.example.");
	assert_int_equal(b->request_policy.n_domains, 1);
	assert_int_equal(a->ksk_policy.ttl_s, 600);
	assert_int_equal(b->ksk_policy.ttl_s, 60);
	assert_int_equal(b->ksk_policy.signature.retire_safety_s, 86400);
	assert_int_equal(a->request_policy.num_bundles, 2);
	assert_int_equal(b->request_policy.num_bundles, 3);
	assert_string_equal(a->keys[0].label, "a");
	assert_string_equal(b->keys[0].label, "b");
	assert_null(config_schema(a, "mine"));
	assert_non_null(config_schema(b, "mine"));
	assert_non_null(config_schema(a, "normal"));
	assert_ptr_equal(a->hsms, config->hsms);
	assert_int_equal(a->n_zones, 0);
	config_free(a);
	config_free(b);
	config_free(config);
}

static void
config_zones_wrong_refused_with_their_place(void **state)
{
	static const struct refusal cases[] = {
		{ "zones: {}", "c.yaml:1:8: zones: has no zone" },
		{ "zones: [a]", "c.yaml:1:8: zones: is a list" },
		{ "zones: {a..b: {}}", "c.yaml:1:9: zones.a..b" },
		{ "zones: {a: 1}", "c.yaml:1:12: zones.a: is a single value" },
		{ "zones: {a: {}, A.: {}}",
		    "is the zone of line 1 too" },
		{ "zones:\n  a: {}\n  a: {}\n",
		    "c.yaml:3:3: zones.a: is given twice" },
		{ "zones: {a: {hsm: {}}}",
		    "c.yaml:1:13: zones.a.hsm: is not a key of a zone" },
		{ "zones: {a: {zones: {}}}", "is not a key of a zone" },
		{ "zones: {a: {rehearsal: true}}", "is not a key of a zone" },
		{ "zones: {a: {ksk_polici: {}}}", "ksk_policy" },
		{ "zones: {a: {ksk_policy: {signers_name: b}}}",
		    "is the name below `zones`" },
		{ "request_policy: {acceptable_domains: [a]}\nzones: {a: {}}",
		    "is the name below `zones`" },
		{ "zones: {a: {ksk_policy: {ttl: 0}}}", "(of zone a)" },
		{ "request_policy: {num_bundles: 2}\nzones: {a: {}}",
		    "(of zone a)" },
		{ "zones: {a: {trust: parent-ds}}", "(of zone a)" },
		{ "hsm: {h: {module: /m, pin_file: /p, empty_pin: true}}\n"
		  "zones: {a: {}}",
		    "there is a PIN as well" },
		/* What two zones pin is shared by declaration of both. */
		{ "zones: {a: {" ZONES_KEY_A "}, b: {" ZONES_KEY_A "}}",
		    "the key \"a\" is pinned by zone a and by b" },
		{ ZONES_KEY_A "\nzones: {a: {}, b: {}}",
		    "the key \"a\" is pinned by zone a and by b" },
		{ "zones:\n"
		  "  a: {keys: {k: {label: x, algorithm: RSASHA256, shared: true}}}\n"
		  "  b: {keys: {k: {label: x, algorithm: RSASHA256}}}\n",
		    "c.yaml:3:14: zones.b.keys.k: the key \"x\" is pinned" },
		{ ZONES_HEAD "zones:\n"
		  "  a: {keys: {k: {label: x, algorithm: RSASHA256, hsm: h}}}\n"
		  "  b: {keys: {k: {label: x, algorithm: RSASHA256, hsm: i}}}\n"
		  "  c: {keys: {k: {label: x, algorithm: RSASHA256}}}\n",
		    "the key \"x\" is pinned" },
		{ "zones:\n"
		  "  a: {keys: {k: {label: x, shared: true, " ED_KEY "}}}\n"
		  "  b: {keys: {k: {label: y, shared: true, " ED_KEY "}}}\n"
		  "  c: {keys: {k: {label: z, ds_sha256: \"" DS_2010
		  "\", " ED_KEY "}}}\n",
		    "is not the key that is pinned beside it" },
	};

	(void)state;
	assert_all_refused(cases, ARRAY_LEN(cases));
}

/* Each zone's digest of it is another. */
static void
config_zones_share_a_key_that_says_so(void **state)
{
	struct config *config = accept(
	    "keys: {ksk_current: {label: x, shared: true, " ED_KEY "}}\n"
	    "zones: {a: {}, b: {}, c: {" ZONES_KEY_A "}}\n");
	struct config *a = zone_of(config, "a"), *b = zone_of(config, "b");

	(void)state;
	assert_true(a->keys[0].has_ds && b->keys[0].has_ds);
	assert_memory_not_equal(
	    a->keys[0].ds_sha256, b->keys[0].ds_sha256, DS_SHA256_SIZE);
	config_free(a);
	config_free(b);
	config_free(config);
	config_free(accept(ZONES_HEAD
	    "zones:\n"
	    "  a: {keys: {k: {label: x, algorithm: RSASHA256, hsm: h}}}\n"
	    "  b: {keys: {k: {label: x, algorithm: RSASHA256, hsm: i}}}\n"));
}

static struct config *
read_pins(void)
{
	struct buf yaml = corpus_config();
	struct config *config = NULL;
	struct err err;

	assert_ok(config_read(buf_bytes(&yaml), "pins", &config, &err), &err);
	buf_free(&yaml);
	return config;
}

/* The DNSKEY of that label, from the response of January 2018. */
static struct dnskey
published_key(const char *label)
{
	struct buf xml =
	    read_whole(corpus_path("root/skr-root-2018-q1-0-d_to_e.xml"));
	struct dnskey found = { 0 };
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(buf_bytes(&xml), "skr", &ksr, &err), &err);
	for (size_t i = 0; i < ksr->bundles[0].n_keys; i++)
		if (strcmp(ksr->bundles[0].keys[i].identifier, label) == 0)
			found = ksr->bundles[0].keys[i];
	ksr_free(ksr);
	buf_free(&xml);
	assert_string_equal(found.identifier, label);
	return found;
}

static struct dname
domain(const char *text)
{
	struct dname dname;
	struct err err;

	assert_ok(dname_parse(text, &dname, &err), &err);
	return dname;
}

static void
config_key_of_published_keys_found(void **state)
{
	struct config *config = read_pins();
	struct dname root = domain(".");
	struct dnskey key = published_key("Klajeyz");

	(void)state;
	assert_true(config->rehearsal);
	assert_ptr_equal(config_key_of(config, &root, &key), &config->keys[1]);
	key.flags = DNSKEY_FLAGS_KSK_REVOKED;
	assert_ptr_equal(config_key_of(config, &root, &key), &config->keys[1]);
	key = published_key("Kjqmt7v");
	assert_ptr_equal(config_key_of(config, &root, &key), &config->keys[0]);
	config_free(config);
}

static void
config_key_of_unlike_key_not_found(void **state)
{
	struct config *config = read_pins();
	struct config_key *pin = &config->keys[1];
	const struct config_key good_pin = *pin;
	const struct dnskey good = published_key("Klajeyz");
	struct dname root = domain("."), other = domain("example");
	struct dnskey key = good;

#define ASSERT_UNKNOWN(change)                                             \
	do {                                                               \
		change;                                                    \
		assert_null(config_key_of(config, &root, &key));           \
		key = good;                                                \
		*pin = good_pin;                                           \
		assert_ptr_equal(config_key_of(config, &root, &key), pin); \
	} while (0)

	(void)state;
	ASSERT_UNKNOWN(key.identifier[0] = 'k');
	ASSERT_UNKNOWN(memcpy(key.identifier, "Kjqmt7v", 8));
	ASSERT_UNKNOWN(key.flags = DNSKEY_FLAGS_ZSK);
	ASSERT_UNKNOWN(key.protocol = 2);
	ASSERT_UNKNOWN(key.algorithm = 10);
	ASSERT_UNKNOWN(key.public_key[100] ^= 1);
	ASSERT_UNKNOWN(key.public_key_len--);
	ASSERT_UNKNOWN(pin->has_ds = false);
	ASSERT_UNKNOWN(pin->ds_sha256[31] ^= 1);
	ASSERT_UNKNOWN(pin->algorithm = 10);
	ASSERT_UNKNOWN(pin->tag++);
	ASSERT_UNKNOWN(pin->rsa_size = 2047);
	ASSERT_UNKNOWN(pin->rsa_exponent = 3);
	assert_null(config_key_of(config, &other, &key));

	/* What is not pinned beside the DS is not compared. */
	pin->has_tag = false;
	pin->tag = 1;
	pin->rsa_size = 0;
	pin->rsa_exponent = 0;
	assert_ptr_equal(config_key_of(config, &root, &key), pin);
	config_free(config);
}

/* The line of the section's table that begins with the key. */
static bool
documented(const char *page, const char *section, const struct config_row *row)
{
	char heading[80], begin[80], fallback[80];
	const char *at, *end, *line;

	snprintf(heading, sizeof(heading), "\n## `%s`\n", section);
	snprintf(begin, sizeof(begin), "\n| `%s` |", row->key);
	snprintf(fallback, sizeof(fallback), "| `%s` |",
	    row->fallback == NULL ? "" : row->fallback);
	at = strstr(page, heading);
	if (at == NULL)
		return false;
	end = strstr(at + 1, "\n## ");
	line = strstr(at, begin);
	if (line == NULL || (end != NULL && line > end))
		return false;
	at = strstr(line, fallback);
	return row->fallback == NULL ||
	    (at != NULL && at < strchr(line + 1, '\n'));
}

static void
assert_section_documented(
    const char *page, const char *name, const struct config_section *section)
{
	for (size_t i = 0; i < section->n_rows; i++)
		if (!documented(page, name, &section->rows[i]))
			fail_msg("docs/configuration.md, section %s: no row "
				 "for %s with its default %s",
			    name, section->rows[i].key,
			    section->rows[i].fallback == NULL
				? "-"
				: section->rows[i].fallback);
}

static void
config_rows_all_documented_with_defaults(void **state)
{
	struct buf page = read_whole("docs/configuration.md");

	(void)state;
	assert_section_documented(
	    (const char *)page.data, "rehearsal", &config_top);
	for (size_t i = 0; i < n_config_sections; i++)
		assert_section_documented((const char *)page.data,
		    config_sections[i].name, &config_sections[i]);
	buf_free(&page);
}

/* docs/configuration.md shows the standard schemas as a file would. */
static void
config_documented_schemas_are_the_standard_ones(void **state)
{
	struct buf page = read_whole("docs/configuration.md");
	struct buf yaml = buf_new(65536);
	const char *begin = strstr((const char *)page.data, "\nschemas:\n");
	const char *end = begin == NULL ? NULL : strstr(begin, "\n```");
	struct config *written, *built_in;

	(void)state;
	assert_non_null(end);
	buf_puts(&yaml,
	    "keys:\n  ksk_current: {label: a, algorithm: RSASHA256}\n"
	    "  ksk_next: {label: b, algorithm: RSASHA256}\n");
	buf_u8(&yaml, 0);
	built_in = accept((const char *)yaml.data);
	yaml.len--;
	buf_put(&yaml, begin, (size_t)(end - begin));
	buf_puts(&yaml, "\n");
	buf_u8(&yaml, 0);
	written = accept((const char *)yaml.data);
	assert_int_equal(written->n_schemas, SCHEMA_STANDARD_COUNT);
	for (size_t i = 0; i < SCHEMA_STANDARD_COUNT; i++) {
		const struct schema *a = &written->schemas[i];
		const struct schema *b = &built_in->schemas[i];

		assert_false(a->built_in);
		assert_string_equal(a->name, b->name);
		for (size_t k = 0; k < b->n_slots; k++)
			assert_slots(a, k + 1, k + 1, b->slots[k]);
	}
	config_free(written);
	config_free(built_in);
	buf_free(&yaml);
	buf_free(&page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_read_smallest_has_roots_defaults),
		cmocka_unit_test(
		    config_read_root_example_is_the_default_policy),
		cmocka_unit_test(config_read_operators_file_loads_unchanged),
		cmocka_unit_test(config_read_wrong_type_refused),
		cmocka_unit_test(config_read_wrong_structure_refused),
		cmocka_unit_test(config_read_too_many_entries_refused),
		cmocka_unit_test(config_read_text_refused),
		cmocka_unit_test(config_read_long_text_refused),
		cmocka_unit_test(config_read_bad_pin_refused_unseen),
		cmocka_unit_test(config_read_pin_without_rehearsal_is_kept),
		cmocka_unit_test(config_read_unrelated_values_refused),
		cmocka_unit_test(config_read_trust_of_a_parent_accepted),
		cmocka_unit_test(config_read_other_cycle_accepted),
		cmocka_unit_test(config_read_booleans_in_three_cases),
		cmocka_unit_test(
		    config_read_states_algorithms_of_keys_in_order),
		cmocka_unit_test(config_read_schema_forms_accepted),
		cmocka_unit_test(config_read_null_is_left_out),
		cmocka_unit_test(config_read_null_is_no_value),
		cmocka_unit_test(
		    config_read_counts_of_requests_and_responses_may_differ),
		cmocka_unit_test(config_ttl_is_the_policys),
		cmocka_unit_test(config_read_schema_refused),
		cmocka_unit_test(config_read_adds_possible_standard_schemas),
		cmocka_unit_test(config_read_too_many_schemas_refused),
		cmocka_unit_test(config_read_damaged_file_fails_in_order),
		cmocka_unit_test(config_zone_has_its_own_and_inherits_the_rest),
		cmocka_unit_test(config_zones_wrong_refused_with_their_place),
		cmocka_unit_test(config_zones_share_a_key_that_says_so),
		cmocka_unit_test(config_key_of_published_keys_found),
		cmocka_unit_test(config_key_of_unlike_key_not_found),
		cmocka_unit_test(config_rows_all_documented_with_defaults),
		cmocka_unit_test(
		    config_documented_schemas_are_the_standard_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
