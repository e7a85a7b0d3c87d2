#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/response/response.h"
#include "ksr/rules/key_tests.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define KEYS_MAX 64

static struct keypair key_cache[KEYS_MAX];
static size_t n_key_cache;

static uint16_t
revoked_tag(const struct dnskey *key)
{
	struct dnskey revoked = *key;

	revoked.flags |= DNSKEY_FLAG_REVOKE;
	return dnskey_tag(&revoked);
}

static bool
tags_clash(const struct dnskey *a, const struct dnskey *b)
{
	return a->tag == b->tag || a->tag == revoked_tag(b) ||
	    revoked_tag(a) == b->tag || revoked_tag(a) == revoked_tag(b);
}

static bool
clashes(const struct dnskey *key)
{
	for (size_t i = 0; i < n_key_cache; i++)
		if (tags_clash(key, &key_cache[i].dnskey))
			return true;
	return false;
}

const struct keypair *
fixture_key(const char *identifier, uint16_t flags, uint8_t algorithm,
    unsigned rsa_bits)
{
	struct keypair pair;

	for (size_t i = 0; i < n_key_cache; i++)
		if (strcmp(key_cache[i].dnskey.identifier, identifier) == 0)
			return &key_cache[i];
	assert_true(n_key_cache < KEYS_MAX);
	pair = keypair_new(identifier, flags, algorithm, rsa_bits);
	while (clashes(&pair.dnskey)) {
		keypair_free(&pair);
		pair = keypair_new(identifier, flags, algorithm, rsa_bits);
	}
	key_cache[n_key_cache] = pair;
	return &key_cache[n_key_cache++];
}

static const struct dnskey *
numbered_key(const char *kind, size_t n, uint16_t flags)
{
	char identifier[32];

	snprintf(identifier, sizeof(identifier), "%s-%zu", kind, n);
	return &fixture_key(identifier, flags, ALGORITHM_RSASHA256, 2048)
		    ->dnskey;
}

const struct dnskey *
fixture_zsk(size_t n)
{
	return numbered_key("zsk", n, DNSKEY_FLAGS_ZSK);
}

const struct dnskey *
fixture_ksk(size_t n)
{
	return numbered_key("ksk", n, DNSKEY_FLAGS_KSK);
}

/* The pair that a document's key is the public half of. */
static const struct keypair *
pair_of(const struct dnskey *key)
{
	for (size_t i = 0; i < n_key_cache; i++)
		if (dnskey_same_key(&key_cache[i].dnskey, key))
			return &key_cache[i];
	fail_msg("key %s is not of the fixture", key->identifier);
	return NULL;
}

static void
put_key(struct buf *yaml, const char *name, const struct dnskey *key)
{
	static const char format[] =
	    "  %s:\n"
	    "    description: a key of the fixture\n"
	    "    label: %s\n"
	    "    key_tag: %u\n"
	    "    algorithm: RSASHA256\n"
	    "    rsa_size: 2048\n"
	    "    rsa_exponent: 65537\n"
	    "    valid_from: 2020-01-01T00:00:00+00:00\n"
	    "    ds_sha256: ";
	uint8_t ds[DS_SHA256_SIZE];
	struct dname root;
	struct err err;

	assert_ok(dname_parse(".", &root, &err), &err);
	assert_ok(dnskey_ds(&root, key, ds, &err), &err);
	buf_printf(yaml, format, name, key->identifier, key->tag);
	buf_hex(yaml, (struct bytes){ ds, sizeof(ds) });
	buf_puts(yaml, "\n");
}

struct config *
fixture_config(size_t current, size_t next, const char *more)
{
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	struct config *config = NULL;
	struct err err;

	buf_puts(&yaml, "rehearsal: true\nkeys:\n");
	put_key(&yaml, ROLE_CURRENT, fixture_ksk(current));
	put_key(&yaml, ROLE_NEXT, fixture_ksk(next));
	if (current > 0)
		put_key(&yaml, "ksk_old", fixture_ksk(current - 1));
	buf_puts(&yaml, more);
	assert_ok(
	    config_read(buf_bytes(&yaml), "fixture.yaml", &config, &err), &err);
	buf_free(&yaml);
	return config;
}

void
fixture_prove(struct ksr *request, size_t index)
{
	struct bundle *bundle = &request->bundles[index];

	free(bundle->signatures);
	bundle->n_signatures = bundle->n_keys;
	bundle->signatures =
	    calloc(bundle->n_keys, sizeof(bundle->signatures[0]));
	assert_non_null(bundle->signatures);
	for (size_t i = 0; i < bundle->n_keys; i++) {
		struct keypair pair = *pair_of(&bundle->keys[i]);

		pair.dnskey = bundle->keys[i];
		/* The proof is made long before, and for a day. */
		rrset_sign(&pair, request->domain, bundle->keys, bundle->n_keys,
		    request->bundles[0].inception - 60 * DAY_S,
		    request->bundles[0].inception - 59 * DAY_S,
		    &bundle->signatures[i]);
	}
}

static const struct signature_policy zsk_policy = {
	.publish_safety_s = 10 * DAY_S,
	.retire_safety_s = 10 * DAY_S,
	.max_signature_validity_s = 21 * DAY_S,
	.min_signature_validity_s = 21 * DAY_S,
	.max_validity_overlap_s = 12 * DAY_S,
	.min_validity_overlap_s = 9 * DAY_S,
	.n_algorithms = 1,
	.algorithms = { { 8, FAMILY_RSA, 2048, 65537 } },
};

struct ksr *
fixture_request(int64_t start, size_t cycle)
{
	struct ksr *request = ksr_new(KSR_REQUEST, FIXTURE_SLOTS);
	struct err err;

	assert_non_null(request);
	snprintf(request->id, sizeof(request->id), "cycle-%zu", cycle);
	snprintf(request->domain, sizeof(request->domain), ".");
	request->serial = cycle;
	request->zsk_policy = zsk_policy;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++) {
		struct bundle *bundle = &request->bundles[i];
		bool first = i == 0, last = i == FIXTURE_SLOTS - 1;

		snprintf(bundle->id, sizeof(bundle->id), "bundle-%zu-%zu",
		    cycle, i + 1);
		bundle->inception = start + (int64_t)i * 10 * DAY_S;
		bundle->expiration = bundle->inception + 21 * DAY_S;
		assert_ok(
		    bundle_alloc(bundle, first || last ? 2 : 1, 0, &err), &err);
		bundle->keys[0] = *fixture_zsk(cycle + 1);
		if (first)
			bundle->keys[1] = *fixture_zsk(cycle);
		if (last)
			bundle->keys[1] = *fixture_zsk(cycle + 2);
		fixture_prove(request, i);
	}
	return request;
}

void
fixture_sign(struct ksr *response, size_t index)
{
	struct bundle *bundle = &response->bundles[index];

	for (size_t i = 0; i < bundle->n_signatures; i++) {
		struct rrsig *rrsig = &bundle->signatures[i];
		const struct dnskey *key = NULL;
		struct keypair pair;

		for (size_t j = 0; j < bundle->n_keys; j++)
			if (strcmp(bundle->keys[j].identifier,
				rrsig->identifier) == 0)
				key = &bundle->keys[j];
		assert_non_null(key);
		pair = *pair_of(key);
		/* Revoked, it has other flags and another tag. */
		pair.dnskey = *key;
		rrset_sign(&pair, response->domain, bundle->keys,
		    bundle->n_keys, bundle->inception, bundle->expiration,
		    rrsig);
	}
}

struct ksr *
fixture_respond(
    const struct config *config, const char *schema, const struct ksr *request)
{
	struct dnskey *ksks = calloc(CONFIG_KEYS_MAX, sizeof(ksks[0]));
	struct ksr *response = NULL;
	struct err err;

	assert_non_null(ksks);
	assert_non_null(config_schema(config, schema));
	for (size_t i = 0; i < config->n_keys; i++)
		for (size_t j = 0; j < n_key_cache; j++)
			if (strcmp(key_cache[j].dnskey.identifier,
				config->keys[i].label) == 0)
				ksks[i] = key_cache[j].dnskey;
	assert_ok(response_build(config, config_schema(config, schema), request,
		      ksks, &response, &err),
	    &err);
	for (size_t i = 0; i < response->n_bundles; i++)
		fixture_sign(response, i);
	free(ksks);
	return response;
}

struct key_tests *
fixture_key_tests(void)
{
	static struct key_tests *tests;
	struct err err;

	if (tests == NULL)
		assert_ok(key_tests_new(&key_limits_full, &tests, &err), &err);
	return tests;
}

struct fixture *
fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ksr *request = fixture_request(FIXTURE_START - CYCLE_S, 0);

	assert_non_null(f);
	f->config = fixture_config(0, 1, "");
	f->previous = fixture_respond(f->config, "normal", request);
	f->request = fixture_request(FIXTURE_START, 1);
	f->response = fixture_respond(f->config, "normal", f->request);
	f->in = (struct check_input){
		.config = f->config,
		.now = FIXTURE_START - 45 * DAY_S,
		.request = f->request,
		.previous = f->previous,
		.schema = config_schema(f->config, "normal"),
		.keys_in_hsm = 1,
		.response = f->response,
		.key_tests = fixture_key_tests(),
	};
	ksr_free(request);
	return f;
}

void
fixture_free(struct fixture *f)
{
	ksr_free(f->previous);
	ksr_free(f->request);
	ksr_free(f->response);
	config_free(f->config);
	free(f);
}

void
fixture_replace_key(
    struct ksr *ksr, const struct dnskey *old, const struct dnskey *new)
{
	struct dnskey was = *old; /* which may be one of those replaced */

	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++)
			if (dnskey_same_key(&ksr->bundles[i].keys[j], &was))
				ksr->bundles[i].keys[j] = *new;
}

void
fixture_add_key(struct ksr *ksr, size_t index, const struct dnskey *key)
{
	struct bundle *bundle = &ksr->bundles[index];
	struct dnskey *keys;

	keys = realloc(bundle->keys, (bundle->n_keys + 1) * sizeof(keys[0]));
	assert_non_null(keys);
	keys[bundle->n_keys++] = *key;
	bundle->keys = keys;
}

void
fixture_drop_key(struct ksr *ksr, size_t index, const struct dnskey *key)
{
	struct bundle *bundle = &ksr->bundles[index];
	size_t n = 0;

	for (size_t i = 0; i < bundle->n_keys; i++)
		if (!dnskey_same_key(&bundle->keys[i], key))
			bundle->keys[n++] = bundle->keys[i];
	assert_int_equal(bundle->n_keys, n + 1);
	bundle->n_keys = n;
}

static struct report
run_checks(const struct check_input *in, unsigned stages)
{
	struct report report = { 0 };
	struct err err;

	assert_ok(checks_run(stages, in, NULL, 0, &report, &err), &err);
	return report;
}

static void
print_findings(const struct check_result *result)
{
	print_error(
	    "%s: %s\n", result->check->id, verdict_text(result->verdict));
	for (size_t i = 0; i < result->n_findings && i < 20; i++)
		print_error("  bundle %zu: \"%s\", required \"%s\"\n",
		    result->findings[i].bundle, result->findings[i].seen,
		    result->findings[i].required);
}

void
assert_verdict(const struct check_input *in, unsigned stages, const char *id,
    enum verdict verdict)
{
	struct report report = run_checks(in, stages);
	size_t n = 0;

	for (size_t i = 0; i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];

		if (strcmp(result->check->id, id) != 0)
			continue;
		n++;
		if (result->verdict == verdict)
			continue;
		print_findings(result);
		fail_msg("%s: %s", id, verdict_text(result->verdict));
	}
	assert_true(n > 0);
	report_clear(&report);
}

static bool
has_finding(const struct check_result *result, size_t bundle, const char *seen,
    const char *required)
{
	for (size_t i = 0; i < result->n_findings; i++)
		if (result->findings[i].bundle == bundle &&
		    strstr(result->findings[i].seen, seen) != NULL &&
		    strstr(result->findings[i].required, required) != NULL)
			return true;
	return false;
}

void
assert_refuses(const struct check_input *in, unsigned stages, const char *id,
    size_t bundle, const char *seen, const char *required)
{
	struct report report = run_checks(in, stages);
	bool found = false;

	assert_false(report_accepted(&report));
	for (size_t i = 0; i < report.n_results && !found; i++)
		found = strcmp(report.results[i].check->id, id) == 0 &&
		    report.results[i].verdict == VERDICT_REFUSE &&
		    has_finding(&report.results[i], bundle, seen, required);
	if (!found) {
		for (size_t i = 0; i < report.n_results; i++)
			if (report.results[i].verdict == VERDICT_REFUSE)
				print_findings(&report.results[i]);
		fail_msg("no finding of %s at bundle %zu: \"%s\", \"%s\"", id,
		    bundle, seen, required);
	}
	report_clear(&report);
}

void
assert_refusing_ids(
    const struct check_input *in, unsigned stages, const char *ids)
{
	struct report report = run_checks(in, stages);
	char found[1024] = "";

	for (size_t i = 0; i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];
		size_t len = strlen(found);

		if (result->verdict != VERDICT_REFUSE ||
		    strstr(found, result->check->id) != NULL)
			continue;
		snprintf(found + len, sizeof(found) - len, "%s%s",
		    len == 0 ? "" : " ", result->check->id);
	}
	for (size_t i = 0; i < report.n_results && strcmp(found, ids) != 0; i++)
		if (report.results[i].verdict == VERDICT_REFUSE)
			print_findings(&report.results[i]);
	assert_string_equal(found, ids);
	report_clear(&report);
}
