/*
 * The engine and the table, the corpus, and docs/checks.md.  The rules have
 * their tests in test_check_*.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/history.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define ALL_STAGES \
	(STAGE_REQUEST | STAGE_TOKEN | STAGE_BUILT | STAGE_RESPONSE | \
	    STAGE_PREVIOUS)

static int64_t
time_of(const char *text)
{
	int64_t time = 0;

	assert_true(time_parse(text, &time));
	return time;
}

/* Documents of the corpus under its configuration; nothing where name is. */
struct published {
	struct config *config;
	struct ksr *previous, *request, *response;
	struct check_input in;
};

static struct ksr *
read_document(const char *name)
{
	struct ksr *ksr = NULL;
	struct buf xml;
	struct err err;

	if (name == NULL)
		return NULL;
	xml = read_whole(corpus_path(name));
	assert_ok(ksr_read(buf_bytes(&xml), name, &ksr, &err), &err);
	buf_free(&xml);
	return ksr;
}

static struct published
published_read(const char *previous, const char *request, const char *response,
    const char *now)
{
	struct published p = { 0 };
	struct buf yaml = corpus_config();
	struct err err;

	assert_ok(config_read(buf_bytes(&yaml), "corpus.yaml", &p.config, &err),
	    &err);
	buf_free(&yaml);
	p.previous = read_document(previous);
	p.request = read_document(request);
	p.response = read_document(response);
	p.in = (struct check_input){ .config = p.config,
		.key_tests = fixture_key_tests(),
		.now = time_of(now),
		.previous = p.previous,
		.request = p.request,
		.response = p.response };
	return p;
}

static void
published_free(struct published *p)
{
	ksr_free(p->previous);
	ksr_free(p->request);
	ksr_free(p->response);
	config_free(p->config);
}

static size_t
count_verdicts(
    const struct check_input *in, unsigned stages, enum verdict verdict)
{
	struct report report = { 0 };
	struct err err;
	size_t n = 0;

	assert_ok(checks_run(stages, in, NULL, 0, &report, &err), &err);
	for (size_t i = 0; i < report.n_results; i++)
		if (report.results[i].verdict == verdict)
			n++;
	report_clear(&report);
	return n;
}

/* The rows that judge today what lacks nothing. */
static size_t
count_in_force(void)
{
	size_t n = 0;

	for (size_t i = 0; i < n_checks; i++)
		n += check_in_force(&checks[i], RULES_TODAY) &&
		    checks[i].instead == 0;
	return n;
}

/* The register has the previous response, and nothing else. */
static struct history *
history_of_previous(
    const struct ksr *previous, const uint8_t response_sha256[SHA256_SIZE])
{
	static const uint8_t request_sha256[SHA256_SIZE] = { 1 };
	struct history_response response = {
		.request_id = previous->id,
		.request_sha256 = request_sha256,
		.response_sha256 = response_sha256,
		.schema = "normal",
		.state = HISTORY_PUBLISHED,
		.inception = previous->bundles[0].inception,
		.expiration =
		    previous->bundles[previous->n_bundles - 1].expiration,
		.n_slots = previous->n_bundles,
		.line = 2,
	};
	struct history *history;
	struct err err;

	assert_ok(history_new(".", &response, 1, NULL, 0, &history, &err),
	    &err);
	return history;
}

static void
checks_root_2017_q2_accepts(void **state)
{
	struct published p = published_read("root/skr-root-2017-q1-0.xml",
	    "root/ksr-root-2017-q2-0.xml", "root/skr-root-2017-q2-0.xml",
	    "2017-02-15T12:00:00Z");

	(void)state;
	struct history *history =
	    history_of_previous(p.in.previous, p.in.previous_sha256);

	p.in.history = history;
	p.in.keys_in_hsm = 1;
	p.in.schema = config_schema(p.config, "normal");
	assert_refusing_ids(&p.in, ALL_STAGES, "");
	assert_int_equal(
	    count_verdicts(&p.in, ALL_STAGES, VERDICT_PASS),
	    count_in_force());
	history_free(history);
	published_free(&p);
}

static void
checks_root_2018_q1_accepts(void **state)
{
	struct published p =
	    published_read(NULL, "root/ksr-root-2018-q1-0-d_to_e.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml", "2017-11-15T12:00:00Z");

	(void)state;
	assert_refusing_ids(&p.in, STAGE_REQUEST | STAGE_RESPONSE, "");
	/* ID, once, the chain's keys, previous and overlap, the clock, the
	 * schedule's two. */
	assert_int_equal(
	    count_verdicts(&p.in, STAGE_REQUEST, VERDICT_NOT_RUN), 8);
	p.in.schema = config_schema(p.config, "rollover");
	assert_refusing_ids(&p.in, STAGE_REQUEST | STAGE_RESPONSE, "");
	p.in.schema = config_schema(p.config, "normal");
	assert_refuses(&p.in, STAGE_RESPONSE, "SKR-PAIR", 2,
	    "KSK ksk_next is published and signs", "absent by schema normal");
	published_free(&p);
}

static void
checks_root_2016_q3_refuses_with_every_reason(void **state)
{
	struct published p = published_read(
	    NULL, "root/ksr-root-2016-q3-0.xml", NULL, "2016-05-01T00:00:00Z");
	const struct check_input *in = &p.in;

	(void)state;
	assert_refusing_ids(in, STAGE_REQUEST,
	    "KSR-POLICY-ALG KSR-POLICY-SIG-VALIDITY KSR-POLICY-SIG-OVERLAP");
	for (size_t i = 1; i <= 9; i++)
		assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", i,
		    "valid for P1",
		    "P21D to P21D (1814400 to 1814400 s) by "
		    "the KSK operator's policy");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", 7,
	    "valid for P14DT23H59M59S (1295999 s), from 2016-08-30T00:00:00 "
	    "to 2016-09-13T23:59:59",
	    "P15D to P20D (1296000 to 1728000 s) by the request's own policy");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 2,
	    "overlaps the bundle before by P4DT23H59M59S (431999 s)",
	    "P5D to P5D (432000 to 432000 s) by the request's own policy");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-SIG-OVERLAP", 9,
	    "by P4DT23H59M59S", "P9D to P16D");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-ALG", 1, "key 46551 (",
	    "one of rsa_approved_key_sizes: 2048");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-ALG", 1, "key 60615 (",
	    "one of rsa_approved_key_sizes: 2048");
	assert_refuses(in, STAGE_REQUEST, "KSR-POLICY-ALG", 0,
	    "SignatureAlgorithm 2 (RSASHA256) has 1024 bits",
	    "one of rsa_approved_key_sizes: 2048");
	published_free(&p);
}

static void
checks_fixture_passes(void **state)
{
	struct fixture *f = fixture_new();
	struct history *history =
	    history_of_previous(f->previous, f->in.previous_sha256);

	(void)state;
	f->in.history = history;
	assert_refusing_ids(&f->in, ALL_STAGES, "");
	assert_int_equal(
	    count_verdicts(&f->in, ALL_STAGES, VERDICT_PASS),
	    count_in_force());
	history_free(history);
	fixture_free(f);
}

/*
 * Each row by its rule, not by its id: of one id a part may be overridden and
 * another not.  All others guard what no ceremony can decide.
 */
static void
checks_that_may_be_overridden_are_these(void **state)
{
	static enum verdict (*const rules[])(
	    const struct check_input *, struct check_result *) = {
		check_id,
		check_bundle_unique,
		check_keys_declared,
		check_exponents_declared,
		check_bundle_count,
		check_cycle_duration,
		check_policy_keys,
		check_algorithms_declared,
		check_validity_min,
		check_own_validity,
		check_horizon,
		check_clock,
		check_overlap,
		check_bundle_distance,
		check_publish_safety,
		check_retire_safety,
		check_chain_overlap,
		check_request_tag_clash_apart,
		check_trust,
		check_followers,
		check_bundle_order,
		check_declarations_once,
	};

	(void)state;
	for (size_t i = 0; i < n_checks; i++) {
		bool may = false;

		if (!check_in_force(&checks[i], RULES_TODAY))
			continue;
		for (size_t j = 0; j < ARRAY_LEN(rules); j++)
			may = may || checks[i].run == rules[j];
		if (may != checks[i].may_override)
			fail_msg("%s (\"%s\") may%s be overridden",
			    checks[i].id, checks[i].title, may ? " not" : "");
	}
}

static void
checks_hold_every_id_of_the_field(void **state)
{
	static const char *const ids[] = { "KSR-DOMAIN", "KSR-ID",
		"KSR-BUNDLE-UNIQUE", "KSR-BUNDLE-KEYS", "KSR-BUNDLE-POP",
		"KSR-BUNDLE-COUNT", "KSR-BUNDLE-CYCLE-DURATION",
		"KSR-POLICY-KEYS", "KSR-POLICY-ALG", "KSR-POLICY-SIG-VALIDITY",
		"KSR-POLICY-SIG-HORIZON", "KSR-POLICY-SIG-OVERLAP",
		"KSR-POLICY-BUNDLE-INTERVAL", "KSR-POLICY-SAFETY",
		"KSR-CHAIN-KEYS", "KSR-CHAIN-OVERLAP", "KSR-TAG-CLASH",
		"KSR-KEY-VALID", "SKR-SCHEDULE", "SKR-VERIFY", "SKR-MATCH",
		"SKR-PAIR" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		bool found = false;

		for (size_t j = 0; j < n_checks; j++)
			found = found ||
			    (strcmp(checks[j].id, ids[i]) == 0 &&
				check_in_force(&checks[j], RULES_TODAY));
		if (!found)
			fail_msg("no row for %s", ids[i]);
	}
}

/* What a ceremony may decide: times, counts and names, with a reason. */
static void
override_allowed_accepts(void **state)
{
	static const char *const ids[] = { "KSR-ID",
		"KSR-BUNDLE-UNIQUE", "KSR-BUNDLE-KEYS", "KSR-BUNDLE-COUNT",
		"KSR-BUNDLE-ORDER", "KSR-BUNDLE-CYCLE-DURATION", "KSR-POLICY-KEYS",
		"KSR-POLICY-ALG", "KSR-POLICY-REPEATED",
		"KSR-POLICY-SIG-VALIDITY",
		"KSR-POLICY-SIG-HORIZON", "KSR-POLICY-CLOCK",
		"KSR-POLICY-SIG-OVERLAP", "KSR-POLICY-BUNDLE-INTERVAL",
		"KSR-POLICY-SAFETY", "KSR-CHAIN-OVERLAP", "KSR-TAG-CLASH",
		"SKR-TRUST", "SKR-FOLLOWERS" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct override override = { ids[i], "three quarters at once" };
		struct err err;

		assert_ok(override_allowed(&override, RULES_TODAY, &err), &err);
	}
}

static void
override_allowed_refuses(void **state)
{
	static const struct {
		struct override override;
		const char *message;
	} cases[] = {
		{ { "KSR-FOO", "why not" }, "there is no check \"KSR-FOO\"" },
		{ { "ksr-domain", "why" }, "there is no check \"ksr-domain\"" },
		{ { "KSR-ID", "" }, "overriding KSR-ID needs a reason" },
		{ { "KSR-ID", NULL }, "needs a reason" },
		{ { "KSR-DOMAIN", "x" }, "KSR-DOMAIN may not be" },
		{ { "KSR-BUNDLE-POP", "x" }, "KSR-BUNDLE-POP may not be" },
		{ { "KSR-CHAIN-KEYS", "x" }, "KSR-CHAIN-KEYS may not be" },
		{ { "KSR-KEY-VALID", "x" }, "KSR-KEY-VALID may not be" },
		{ { "KSR-ZSK-NOT-KSK", "x" }, "KSR-ZSK-NOT-KSK may not be" },
		{ { "SKR-SCHEDULE", "x" }, "SKR-SCHEDULE may not be" },
		{ { "SKR-REVOKED", "x" }, "SKR-REVOKED may not be" },
		{ { "SKR-VERIFY", "x" }, "SKR-VERIFY may not be" },
		{ { "SKR-MATCH", "x" }, "SKR-MATCH may not be" },
		{ { "SKR-PAIR", "x" }, "SKR-PAIR may not be" },
		{ { "SKR-BOUNDARY", "x" }, "SKR-BOUNDARY may not be" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(override_allowed(
		    &cases[i].override, RULES_TODAY, &err));
		assert_int_equal(err.code, E_USAGE);
		assert_message_has(&err, cases[i].message);
	}
}

/* The first row of the id, which must be there. */
static const struct check_result *
result_of(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (strcmp(report->results[i].check->id, id) == 0)
			return &report->results[i];
	fail_msg("no result of %s", id);
	return NULL;
}

static void
checks_run_override_lets_pass_with_its_reason(void **state)
{
	static const struct override overrides[] = {
		{ "KSR-POLICY-SIG-HORIZON", "three quarters at once" },
	};
	struct fixture *f = fixture_new();
	const struct check_result *result;
	struct report report = { 0 };
	struct err err;

	(void)state;
	f->in.now -= 100 * DAY_S;
	assert_ok(
	    checks_run(STAGE_REQUEST, &f->in, overrides, 1, &report, &err),
	    &err);
	result = result_of(&report, "KSR-POLICY-SIG-HORIZON");
	assert_int_equal(result->verdict, VERDICT_OVERRIDDEN);
	assert_string_equal(result->reason, "three quarters at once");
	assert_true(result->n_findings > 0);
	assert_true(report_accepted(&report));
	report_clear(&report);
	fixture_free(f);
}

/* Also where the caller forgot to ask override_allowed. */
static void
checks_run_override_without_right_or_reason_refuses(void **state)
{
	static const struct override overrides[] = {
		{ "KSR-BUNDLE-POP", "we know them" },
		{ "KSR-POLICY-SIG-HORIZON", "" },
	};
	struct fixture *f = fixture_new();
	struct report report = { 0 };
	struct err err;

	(void)state;
	f->in.now -= 100 * DAY_S;
	f->request->bundles[0].signatures[0].signature[0] ^= 1;
	assert_ok(
	    checks_run(STAGE_REQUEST, &f->in, overrides, 2, &report, &err),
	    &err);
	assert_int_equal(
	    result_of(&report, "KSR-BUNDLE-POP")->verdict, VERDICT_REFUSE);
	assert_int_equal(result_of(&report, "KSR-POLICY-SIG-HORIZON")->verdict,
	    VERDICT_REFUSE);
	assert_false(report_accepted(&report));
	report_clear(&report);
	fixture_free(f);
}

/* An RSA-1024 key of the fixture's whose exponent is 3 from now on. */
static const struct dnskey *
key_of_2010(const char *identifier)
{
	const struct keypair *pair =
	    fixture_key(identifier, 256, ALGORITHM_RSASHA256, 1024);
	struct keypair *changed = (struct keypair *)(uintptr_t)pair;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();

	assert_true(BN_set_word(e, 3) && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024) == 1 &&
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1);
	EVP_PKEY_free(changed->pkey);
	changed->pkey = NULL;
	assert_int_equal(EVP_PKEY_generate(ctx, &changed->pkey), 1);
	encode_rsa(changed->pkey, &changed->dnskey);
	changed->dnskey.tag = dnskey_tag(&changed->dnskey);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return &changed->dnskey;
}

/* A request of so many slots: 15 days less a second, and five days shared. */
static struct ksr *
request_of_2010(int64_t start, size_t n_bundles)
{
	struct ksr *request = fixture_request(start, 0);
	struct signature_policy *policy = &request->zsk_policy;

	strcpy(request->domain, ".");
	fixture_replace_key(request, fixture_zsk(0), key_of_2010("old-0"));
	fixture_replace_key(request, fixture_zsk(1), key_of_2010("old-1"));
	fixture_replace_key(request, fixture_zsk(2), key_of_2010("old-2"));
	for (; request->n_bundles > n_bundles; request->n_bundles--) {
		free(request->bundles[request->n_bundles - 1].keys);
		free(request->bundles[request->n_bundles - 1].signatures);
	}
	for (size_t i = 0; i < n_bundles; i++) {
		request->bundles[i].expiration =
		    request->bundles[i].inception + 15 * DAY_S - 1;
		fixture_prove(request, i);
	}
	policy->algorithms[0].size = 1024;
	policy->algorithms[0].exponent = 3;
	policy->min_signature_validity_s = 15 * DAY_S;
	policy->max_signature_validity_s = 15 * DAY_S;
	policy->min_validity_overlap_s = 5 * DAY_S;
	policy->max_validity_overlap_s = 5 * DAY_S;
	return request;
}

/*
 * docs/examples/historic-2010.yaml: of its shape there is no document at hand,
 * so these are made.  Each line of the policy is needed.
 */
static void
checks_shape_of_2010_is_accepted_by_its_policy(void **state)
{
	static const struct {
		const char *schema;
		size_t n_bundles;
		size_t n_waived;
	} cases[] = { { "first-quarter", 6, 5 }, { "normal", 9, 2 } };
	struct buf yaml = read_whole("docs/examples/historic-2010.yaml");
	struct config *config = NULL;
	struct err err;

	(void)state;
	assert_ok(config_read(buf_bytes(&yaml), "historic-2010.yaml", &config,
		      &err),
	    &err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksr *request =
		    request_of_2010(INT64_C(1279152000), cases[i].n_bundles);
		struct check_input in = { .config = config,
			.now = INT64_C(1279152000) - 45 * DAY_S,
			.request = request,
			.schema = config_schema(config, cases[i].schema),
			.key_tests = fixture_key_tests() };
		struct report report = { 0 };
		size_t n_waived = 0;

		assert_refusing_ids(&in, STAGE_REQUEST, "");
		assert_ok(
		    checks_run(STAGE_REQUEST, &in, NULL, 0, &report, &err),
		    &err);
		for (size_t j = 0; j < report.n_results; j++)
			n_waived +=
			    report.results[j].verdict == VERDICT_WAIVED;
		assert_int_equal(n_waived, cases[i].n_waived);
		report_clear(&report);
		config->request_policy.rsa_exponents[0] = 65537;
		assert_refusing_ids(&in, STAGE_REQUEST, "KSR-POLICY-ALG");
		config->request_policy.rsa_exponents[0] = 3;
		ksr_free(request);
	}
	config_free(config);
	buf_free(&yaml);
}

/* A request that every rule with a switch has something to say about. */
static struct fixture *
fixture_spoilt(void)
{
	const struct dnskey *small =
	    &fixture_key("small", 256, 8, 1024)->dnskey;
	struct fixture *f = fixture_new();

	f->in.now -= 100 * DAY_S;
	f->in.keys_in_hsm = 0;
	f->config->request_policy.num_bundles = 10;
	f->config->request_policy.check_bundle_order = true;
	f->request->bundles[2].place = 4;
	f->previous->bundles[8].signatures[0].signature[0] ^= 1;
	f->previous->bundles[8].expiration -= 30 * DAY_S;
	f->request->bundles[8].inception += 20 * DAY_S;
	f->request->bundles[0].signatures[0].algorithm = 10;
	f->request->bundles[3].keys[0].ttl_s = 1;
	f->request->zsk_policy.publish_safety_s = 30 * DAY_S;
	f->request->zsk_policy.retire_safety_s = 20 * DAY_S;
	f->request->zsk_policy.min_signature_validity_s = 22 * DAY_S;
	f->request->zsk_policy.algorithms[0].exponent = 3;
	f->request->zsk_policy.algorithms[1] =
	    f->request->zsk_policy.algorithms[0];
	f->request->zsk_policy.n_algorithms = 2;
	for (size_t i = 0; i < f->config->n_keys; i++) {
		f->config->keys[i].has_valid_until = true;
		f->config->keys[i].valid_until =
		    f->request->bundles[8].expiration - 1;
	}
	fixture_replace_key(f->request, fixture_zsk(3), small);
	return f;
}

#define SWITCH(name)                                         \
	{                                                    \
#name, offsetof(struct request_policy, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	SWITCH(check_bundle_count),
	SWITCH(check_bundle_order),
	SWITCH(check_declarations_once),
	SWITCH(check_valid_until),
	SWITCH(validate_signatures),
	SWITCH(keys_match_zsk_policy),
	SWITCH(rsa_exponent_match_zsk_policy),
	SWITCH(check_cycle_length),
	SWITCH(check_keys_match_ksk_operator_policy),
	SWITCH(signature_algorithms_match_zsk_policy),
	SWITCH(signature_validity_match_zsk_policy),
	SWITCH(signature_check_expire_horizon),
	SWITCH(check_bundle_overlap),
	SWITCH(check_bundle_intervals),
	SWITCH(check_keys_publish_safety),
	SWITCH(check_keys_retire_safety),
	SWITCH(check_chain_keys),
	SWITCH(check_chain_keys_in_hsm),
	SWITCH(check_chain_overlap),
};

/* The stages of a rule as docs/checks.md names them. */
static const char *
stages_text(const struct check *check)
{
	static const char *const stages[] = {
		[STAGE_REQUEST] = "request",
		[STAGE_TOKEN] = "token",
		[STAGE_PREVIOUS] = "previous",
		[STAGE_RESPONSE] = "response",
		[STAGE_BUILT] = "built",
		[STAGE_BUILT | STAGE_RESPONSE] = "built, response",
		[STAGE_REQUEST | STAGE_CHAIN] = "request, chain",
		[STAGE_REQUEST | STAGE_SCHEDULE] = "request, schedule",
		[STAGE_REQUEST | STAGE_SCHEDULE | STAGE_RESPONSE] =
		    "request, schedule, response",
		[STAGE_REQUEST | STAGE_SCHEDULE | STAGE_CHAIN] =
		    "request, schedule, chain",
	};

	assert_true(check->stages < ARRAY_LEN(stages));
	return stages[check->stages];
}

/* The docs name the switch in the row that it waives. */
static void
assert_row_names_switch(const struct check *check, const char *name)
{
	struct buf docs = read_whole("docs/checks.md");
	struct buf text = buf_new(1024);

	buf_printf(&text, " | %s | ", check->reason);
	buf_printf(&text, "%s | %s | `%s` | ", stages_text(check),
	    rules_text(check->since), name);
	buf_u8(&text, 0);
	if (strstr((char *)docs.data, (char *)text.data) == NULL)
		fail_msg("docs/checks.md has no \"%s\"", text.data);
	buf_free(&text);
	buf_free(&docs);
}

/* Each switch waives one row, which runs and keeps its findings. */
static void
checks_run_switched_off_waives_with_its_findings(void **state)
{
	struct fixture *f = fixture_spoilt();
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		bool *on = (bool *)((char *)&f->config->request_policy +
		    switches[i].offset);
		struct report report = { 0 };
		size_t n_waived = 0;

		*on = false;
		assert_ok(checks_run(STAGE_REQUEST | STAGE_TOKEN, &f->in, NULL,
			      0, &report, &err),
		    &err);
		*on = true;
		for (size_t j = 0; j < report.n_results; j++) {
			const struct check_result *result = &report.results[j];

			if (result->verdict != VERDICT_WAIVED)
				continue;
			n_waived++;
			assert_true(result->n_findings > 0);
			assert_row_names_switch(
			    result->check, switches[i].name);
		}
		assert_int_equal(n_waived, 1);
		report_clear(&report);
	}
	fixture_free(f);
}

static void
checks_with_a_switch_have_one_each(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < n_checks; i++)
		n += checks[i].enabled != NULL && checks[i].instead == 0 &&
		    check_in_force(&checks[i], RULES_TODAY);
	assert_int_equal(n, ARRAY_LEN(switches));
}

/* A switch does not waive a rule that could not finish. */
static void
checks_run_broken_rule_refuses(void **state)
{
	static const struct override overrides[] = {
		{ "KSR-CHAIN-OVERLAP", "because" },
	};
	struct fixture *f = fixture_new();
	struct report report = { 0 };
	const struct check_result *result;
	struct err err;

	(void)state;
	f->config->request_policy.check_chain_overlap = false;
	f->in.request = ksr_new(KSR_REQUEST, 1);
	((struct ksr *)(uintptr_t)f->in.request)->n_bundles = 0;
	assert_ok(
	    checks_run(STAGE_REQUEST, &f->in, overrides, 1, &report, &err),
	    &err);
	result = result_of(&report, "KSR-CHAIN-OVERLAP");
	assert_int_equal(result->verdict, VERDICT_REFUSE);
	assert_non_null(strstr(
	    result->findings[0].seen, "the rule could not run: a document"));
	report_clear(&report);
	ksr_free((struct ksr *)(uintptr_t)f->in.request);
	fixture_free(f);
}

/* Rows in force that have all of these stages. */
static size_t
count_of_stages(unsigned stages)
{
	size_t n = 0;

	for (size_t i = 0; i < n_checks; i++)
		n += check_in_force(&checks[i], RULES_TODAY) &&
		    checks[i].instead == 0 &&
		    (checks[i].stages & stages) == stages;
	return n;
}

static void
checks_run_stages_append(void **state)
{
	struct fixture *f = fixture_new();
	struct report report = { 0 };
	size_t n_request;
	struct err err;

	(void)state;
	assert_false(report_accepted(&report));
	assert_ok(
	    checks_run(STAGE_REQUEST, &f->in, NULL, 0, &report, &err), &err);
	n_request = report.n_results;
	assert_ok(
	    checks_run(STAGE_TOKEN, &f->in, NULL, 0, &report, &err), &err);
	assert_ok(
	    checks_run(STAGE_BUILT | STAGE_RESPONSE | STAGE_PREVIOUS, &f->in,
		NULL, 0, &report, &err),
	    &err);
	assert_true(n_request > 0);
	/* Rows of the request and the response have run twice. */
	assert_int_equal(report.n_results,
	    count_in_force() + count_of_stages(STAGE_REQUEST | STAGE_RESPONSE));
	assert_true(report_accepted(&report));
	report.results[3].verdict = VERDICT_NONE;
	assert_false(report_accepted(&report));
	report_clear(&report);
	/* A row of two stages runs once. */
	assert_ok(checks_run(STAGE_REQUEST | STAGE_CHAIN, &f->in, NULL, 0,
		      &report, &err),
	    &err);
	assert_int_equal(report.n_results, n_request);
	report_clear(&report);
	fixture_free(f);
}

static void
verdict_text_has_words_for_all(void **state)
{
	static const char *const words[] = { "no verdict", "pass", "REFUSE",
		"waived", "overridden", "not run" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_string_equal(verdict_text((enum verdict)i), words[i]);
}

/* Documents are hostile and findings end on a terminal. */
static void
finding_add_escapes_and_cuts(void **state)
{
	struct check_result result = { 0 };
	char big[2 * FINDING_TEXT_MAX];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	finding_required(&result, "of nothing");
	finding_add(&result, NULL, NO_BUNDLE, "a\x1b[2Jb");
	finding_required(&result, "%s", big);
	assert_string_equal(result.findings[0].seen, "a\\x1b[2Jb");
	assert_int_equal(
	    strlen(result.findings[0].required), FINDING_TEXT_MAX - 1);
	assert_int_equal(result.findings[0].bundle, 0);
	for (size_t i = 1; i < FINDINGS_MAX; i++)
		finding_add(&result, NULL, NO_BUNDLE, "another");
	finding_required(&result, "the last that is kept");
	finding_add(&result, NULL, NO_BUNDLE, "one too many");
	finding_required(&result, "of what is not kept");
	assert_int_equal(result.n_findings, FINDINGS_MAX);
	assert_int_equal(result.n_more, 1);
	assert_string_equal(result.findings[FINDINGS_MAX - 1].required,
	    "the last that is kept");
	free(result.findings);
}

/* BUNDLES_MAX bundles, each a copy of one of the fixture's, well signed. */
static struct ksr *
enlarge(const struct ksr *model)
{
	struct ksr *ksr = ksr_new(model->kind, BUNDLES_MAX);
	struct bundle *bundles = ksr->bundles;
	const struct bundle *from = &model->bundles[4];
	struct err err;

	*ksr = *model;
	ksr->n_bundles = BUNDLES_MAX;
	ksr->bundles = bundles;
	for (size_t i = 0; i < BUNDLES_MAX; i++) {
		struct bundle *to = &bundles[i];

		assert_ok(
		    bundle_alloc(to, from->n_keys, from->n_signatures, &err),
		    &err);
		memcpy(to->id, from->id, sizeof(to->id));
		to->inception = from->inception;
		to->expiration = from->expiration;
		memcpy(
		    to->keys, from->keys, from->n_keys * sizeof(from->keys[0]));
		memcpy(to->signatures, from->signatures,
		    from->n_signatures * sizeof(from->signatures[0]));
	}
	return ksr;
}

/* The most there can be, and no more is kept than a person can read. */
static void
checks_run_largest_documents_keep_a_bounded_number_of_findings(void **state)
{
	struct fixture *f = fixture_new();
	struct ksr *request = enlarge(f->request);
	struct ksr *previous = enlarge(f->previous);
	const struct check_result *result;
	struct report report = { 0 };
	struct err err;

	(void)state;
	f->in.request = request;
	f->in.previous = previous;
	assert_ok(
	    checks_run(STAGE_REQUEST, &f->in, NULL, 0, &report, &err), &err);
	result = result_of(&report, "KSR-BUNDLE-UNIQUE");
	assert_int_equal(result->n_findings, BUNDLES_MAX - 1);
	assert_int_equal(result->n_more, 0);
	result = result_of(&report, "KSR-POLICY-SIG-OVERLAP");
	assert_int_equal(result->n_findings, FINDINGS_MAX);
	assert_int_equal(result->n_more, 2 * (BUNDLES_MAX - 1) - FINDINGS_MAX);
	result = result_of(&report, "KSR-BUNDLE-POP");
	assert_int_equal(result->verdict, VERDICT_PASS);
	report_clear(&report);
	ksr_free(request);
	ksr_free(previous);
	fixture_free(f);
}

/* Every row of the table as docs/checks.md must have it, up to the tests. */
static void
row_prefix(const struct check *check, struct buf *ret)
{
	buf_printf(ret, "| %s | %s | %s | %s | %s | %s", check->id,
	    check->clause, check->title, check->reason, stages_text(check),
	    rules_text(check->since));
	if (check->until != RULES_TODAY)
		buf_printf(ret, ", until %s", rules_text(check->until));
	buf_puts(ret, " | ");
	if (check->enabled == NULL)
		buf_printf(ret, "always on | %s | `",
		    check->may_override ? "yes" : "no");
	else
		buf_puts(ret, "`");
	buf_u8(ret, 0);
	assert_false(ret->failed);
}

/* The source of every test of a rule, in one text. */
static struct buf
read_tests(void)
{
	static const char *const files[] = { "tests/unit/ksr/rules/test_check_request.c",
		"tests/unit/ksr/rules/test_check_timing.c", "tests/unit/ksr/rules/test_check_chain.c",
		"tests/unit/ksr/rules/test_check_response.c", "tests/unit/ksr/rules/test_check_safety.c",
		"tests/unit/ksr/rules/test_check_trust.c", "tests/unit/ksr/rules/test_check_0_1_0.c",
		"tests/unit/ksr/rules/test_check_once.c",
		"tests/unit/ksr/rules/test_check_text.c" };
	struct buf all = buf_new(1024 * 1024);

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf one = read_whole(files[i]);

		buf_put(&all, one.data, one.len);
		buf_free(&one);
	}
	buf_u8(&all, 0);
	assert_false(all.failed);
	return all;
}

/* The cell holds `name`, a test that exists and is named after the id. */
static void
assert_test_exists(
    const char *cell, const char *id, const char *kind, const char *sources)
{
	char name[128], start[128] = "check_", definition[160];
	size_t len = strlen(start);

	assert_int_equal(1, cell[0] == '`');
	snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(cell + 1, "`"), cell + 1);
	for (; *id != '\0'; id++)
		start[len++] = *id == '-' ? '_' : (char)(*id - 'A' + 'a');
	snprintf(start + len, sizeof(start) - len, "_%s", kind);
	if (strncmp(name, start, strlen(start)) != 0)
		fail_msg("test %s is not called %s...", name, start);
	snprintf(definition, sizeof(definition), "\n%s(void **state)", name);
	if (strstr(sources, definition) == NULL)
		fail_msg("there is no test %s", name);
}

/* The last two cells of a row. */
static void
assert_tests_exist(
    const struct check *check, const char *row, const char *sources)
{
	const char *cell = row;

	for (size_t i = 0; i < 9; i++) {
		cell = strstr(cell, " | ");
		assert_non_null(cell);
		cell += 3;
		if (i == 7)
			assert_test_exists(cell, check->id, "passes", sources);
	}
	assert_test_exists(cell, check->id, "refuses", sources);
}

static void
docs_checks_have_every_row_and_its_tests(void **state)
{
	struct buf docs = read_whole("docs/checks.md");
	struct buf sources = read_tests();

	(void)state;
	for (size_t i = 0; i < n_checks; i++) {
		struct buf prefix = buf_new(4096);
		const char *row;

		row_prefix(&checks[i], &prefix);
		row = strstr((char *)docs.data, (char *)prefix.data);
		if (row == NULL)
			fail_msg("docs/checks.md has no row %s", prefix.data);
		assert_tests_exist(&checks[i], row, (const char *)sources.data);
		buf_free(&prefix);
	}
	buf_free(&sources);
	buf_free(&docs);
}

/* As many rows as the table has, and in its order: docs name it row by row. */
static void
docs_checks_have_the_rows_in_order(void **state)
{
	struct buf docs = read_whole("docs/checks.md");
	const char *at = strstr((char *)docs.data, "## Rows");
	size_t n = 0;

	(void)state;
	assert_non_null(at);
	while ((at = strstr(at, "\n| ")) != NULL) {
		char id[64];

		at += strlen("\n| ");
		snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, " "), at);
		if (strncmp(id, "KSR-", 4) != 0 && strncmp(id, "SKR-", 4) != 0)
			continue;
		if (n == n_checks)
			fail_msg("docs/checks.md has a row more: %s", id);
		assert_string_equal(id, checks[n++].id);
	}
	assert_int_equal(n, n_checks);
	buf_free(&docs);
}

/* Whether the list, "6.6, 6.9", has the clause. */
static bool
list_has(const char *list, const char *clause)
{
	size_t len = strlen(clause);

	for (; *list != '\0'; list += strspn(list, ", ")) {
		size_t n = strcspn(list, ",");

		if (n == len && strncmp(list, clause, n) == 0)
			return true;
		list += n;
	}
	return false;
}

/* Whether some line, "\n| CLAUSES | ...", about the clause names the id. */
static bool
clause_names(const char *lines, const char *clause, const char *id)
{
	while ((lines = strstr(lines, "\n| ")) != NULL) {
		char line[1024], *rest;

		lines += strlen("\n| ");
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(lines, "\n"),
		    lines);
		rest = strstr(line, " | ");
		if (rest == NULL || strstr(rest, id) == NULL)
			continue;
		*rest = '\0';
		if (list_has(line, clause))
			return true;
	}
	return false;
}

/* A clause of the practice statement names every check that has it. */
static void
docs_checks_map_clauses_to_checks(void **state)
{
	struct buf docs = read_whole("docs/checks.md");
	char *section =
	    strstr((char *)docs.data, "\n## Practice statement to checks\n");
	char *end;

	(void)state;
	assert_non_null(section);
	end = strstr(section + 1, "\n## ");
	assert_non_null(end);
	*end = '\0';
	for (size_t i = 0; i < n_checks; i++) {
		const char *at = checks[i].clause;

		for (; *at != '\0'; at += strspn(at, ", ")) {
			char clause[32];

			snprintf(clause, sizeof(clause), "%.*s",
			    (int)strcspn(at, ","), at);
			at += strlen(clause);
			if (strncmp(clause, "RFC ", 4) != 0 &&
			    !clause_names(section, clause, checks[i].id))
				fail_msg("docs/checks.md: clause %s does not "
					 "name %s",
				    clause, checks[i].id);
		}
	}
	buf_free(&docs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_fixture_passes),
		cmocka_unit_test(checks_that_may_be_overridden_are_these),
		cmocka_unit_test(checks_hold_every_id_of_the_field),
		cmocka_unit_test(override_allowed_accepts),
		cmocka_unit_test(override_allowed_refuses),
		cmocka_unit_test(checks_run_override_lets_pass_with_its_reason),
		cmocka_unit_test(
		    checks_run_override_without_right_or_reason_refuses),
		cmocka_unit_test(
		    checks_run_switched_off_waives_with_its_findings),
		cmocka_unit_test(checks_with_a_switch_have_one_each),
		cmocka_unit_test(checks_run_broken_rule_refuses),
		cmocka_unit_test(checks_run_stages_append),
		cmocka_unit_test(verdict_text_has_words_for_all),
		cmocka_unit_test(finding_add_escapes_and_cuts),
		cmocka_unit_test(
		    checks_run_largest_documents_keep_a_bounded_number_of_findings),
		cmocka_unit_test(docs_checks_have_every_row_and_its_tests),
		cmocka_unit_test(docs_checks_have_the_rows_in_order),
		cmocka_unit_test(docs_checks_map_clauses_to_checks),
		cmocka_unit_test(checks_root_2017_q2_accepts),
		cmocka_unit_test(checks_root_2018_q1_accepts),
		cmocka_unit_test(checks_root_2016_q3_refuses_with_every_reason),
		cmocka_unit_test(checks_shape_of_2010_is_accepted_by_its_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
