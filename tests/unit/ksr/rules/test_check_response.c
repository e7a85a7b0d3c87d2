/* Rules about the response that was written. */
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

static void
check_skr_verify_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-VERIFY", VERDICT_PASS);
	fixture_free(f);
}

static void
check_skr_verify_refuses_a_bad_signature(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->response->bundles[6].signatures[0].signature[200] ^= 4;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-VERIFY", 7,
	    "(ksk-0) does not verify",
	    "a valid signature over the bundle's keys");
	fixture_free(f);
}

static void
check_skr_verify_refuses_a_changed_key_set(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_add_key(f->response, 2, fixture_zsk(7));
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-VERIFY", 3,
	    "(ksk-0) does not verify",
	    "a valid signature over the bundle's keys");
	fixture_free(f);
}

static void
check_skr_verify_refuses_an_unsigned_bundle(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->response->bundles[8].n_signatures = 0;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-VERIFY", 9, "no signature",
	    "a signature by a known KSK");
	fixture_free(f);
}

static void
check_skr_verify_refuses_an_unknown_signer(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey impostor = *fixture_ksk(5);

	(void)state;
	strcpy(impostor.identifier, fixture_ksk(0)->identifier);
	fixture_replace_key(f->response, fixture_ksk(0), &impostor);
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		fixture_sign(f->response, i);
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-VERIFY", 1,
	    "(ksk-0), which is unknown",
	    "a KSK whose DS the configuration pins");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 1,
	    "(ksk-0) is unknown", "a KSK whose DS the configuration pins");
	fixture_free(f);
}

/* A ZSK may not vouch for the set that it is in. */
static void
check_skr_verify_refuses_a_zsk_as_signer(void **state)
{
	struct fixture *f = fixture_new();
	struct rrsig *rrsig = &f->response->bundles[4].signatures[0];

	(void)state;
	strcpy(rrsig->identifier, fixture_zsk(2)->identifier);
	fixture_sign(f->response, 4);
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-VERIFY", 5,
	    "(zsk-2), which is unknown",
	    "a KSK whose DS the configuration pins");
	fixture_free(f);
}

static void
check_skr_boundary_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_BUILT, "SKR-BOUNDARY", VERDICT_PASS);
	f->in.schema = NULL;
	assert_verdict(&f->in, STAGE_BUILT, "SKR-BOUNDARY", VERDICT_NOT_RUN);
	fixture_free(f);
}

/* Whatever made it so: the token would sign it. */
static void
check_skr_boundary_refuses_other_octets(void **state)
{
	struct fixture *f = fixture_new();
	struct rrsig *rrsig = &f->response->bundles[4].signatures[0];

	(void)state;
	rrsig->expiration += INT64_C(1) << 32;
	assert_verdict(&f->in, STAGE_BUILT, "SKR-BOUNDARY", VERDICT_PASS);
	rrsig->expiration++;
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 5,
	    "is to sign may not be signed: inception",
	    "the DNSKEY RRset that the request and schema normal ask for");
	rrsig->expiration = f->request->bundles[4].expiration;
	strcpy(rrsig->signers_name, "com.");
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 5,
	    "the signer's name is not \".\"", "");
	strcpy(rrsig->signers_name, ".");
	fixture_add_key(f->response, 4, fixture_zsk(7));
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 5,
	    "is neither a ZSK of the request nor a KSK of the slot", "");
	fixture_drop_key(f->response, 4, fixture_zsk(7));
	strcpy(rrsig->identifier, "nobody");
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 5,
	    "is none of the configuration's", "");
	f->response->n_bundles--;
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 0, "8 bundles",
	    "9 slots of schema normal");
	f->response->n_bundles++;
	fixture_free(f);
}

static void
check_skr_boundary_refuses_slots_that_are_not_there(void **state)
{
	struct fixture *f = fixture_new();
	struct schema schema = *f->in.schema;

	(void)state;
	schema.n_slots--;
	f->in.schema = &schema;
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 0, "9 bundles",
	    "8 slots of schema normal, 9 bundles of the request");
	fixture_free(f);
}

/* Each of a bundle's signatures is one that the token would make. */
static void
check_skr_boundary_judges_every_signature(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->response->bundles[8];
	struct rrsig *was = bundle->signatures;
	struct rrsig both[2] = { was[0], was[0] };

	(void)state;
	bundle->signatures = both;
	bundle->n_signatures = 2;
	assert_verdict(&f->in, STAGE_BUILT, "SKR-BOUNDARY", VERDICT_PASS);
	both[1].original_ttl_s++;
	assert_refuses(&f->in, STAGE_BUILT, "SKR-BOUNDARY", 9,
	    "is to sign may not be signed: original TTL", "schema normal");
	bundle->signatures = was;
	bundle->n_signatures = 1;
	fixture_free(f);
}

static void
check_skr_match_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-MATCH", VERDICT_PASS);
	/* The KSK policy is about KSKs. */
	fixture_replace_key(f->response, fixture_zsk(3),
	    &fixture_key("small", 256, ALGORITHM_RSASHA256, 1024)->dnskey);
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-MATCH", VERDICT_PASS);
	fixture_free(f);
}

static void
check_skr_match_refuses_another_head(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->response->id, "other");
	f->response->serial = 7;
	strcpy(f->response->domain, "example");
	f->response->n_bundles--;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0, "id other",
	    "the request's id, cycle-1");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0, "serial 7",
	    "the request's serial, 1");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "domain \"example\"", "the request's domain, \".\"");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0, "8 bundles",
	    "as many as the request has, 9");
	f->response->n_bundles++;
	fixture_free(f);
}

static void
check_skr_match_refuses_a_request(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->response->kind = KSR_REQUEST;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0, "not a response",
	    "a response");
	fixture_free(f);
}

static void
check_skr_match_refuses_other_bundles(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->response->bundles[1].id, "other");
	f->response->bundles[2].inception += 1;
	f->response->bundles[3].expiration -= 1;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 2, "id other",
	    "the request's id, bundle-1-2");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 3,
	    "from 2026-01-21T00:00:01 to 2026-02-11T00:00:00",
	    "the request's times, 2026-01-21T00:00:00 to 2026-02-11T00:00:00");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 4,
	    "to 2026-02-20T23:59:59", "the request's times");
	fixture_free(f);
}

static void
check_skr_match_refuses_other_policies(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->response->zsk_policy.publish_safety_s += 1;
	f->response->zsk_policy.algorithms[0].size = 1024;
	f->response->ksk_policy.retire_safety_s -= DAY_S;
	f->response->ksk_policy.algorithms[0].exponent = 3;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "PublishSafety of the ZSK policy is P10DT1S (864001 s)",
	    "P10D (864000 s) by the request");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the ZSK policy declares RSASHA256 of 1024 bits",
	    "exactly RSASHA256 of 2048 bits with exponent 65537 by the "
	    "request");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "RetireSafety of the KSK policy is P27D (2332800 s)",
	    "P28D (2419200 s) by ksk_policy");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the KSK policy declares RSASHA256 of 2048 bits with exponent 3",
	    "RSASHA256 of 2048 bits with exponent 65537 by the KSKs in the "
	    "response");
	fixture_free(f);
}

/* As today's root tool writes it, whose ZSKs may have another size. */
static void
check_skr_match_passes_zsks_beside_ksks(void **state)
{
	struct fixture *f = fixture_new();
	const struct signature_algorithm small = { 8, FAMILY_RSA, 1024, 3 };
	struct signature_policy *policy = &f->response->ksk_policy;

	(void)state;
	f->request->zsk_policy.algorithms[1] = small;
	f->request->zsk_policy.n_algorithms = 2;
	f->response->zsk_policy = f->request->zsk_policy;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-MATCH", VERDICT_PASS);
	policy->algorithms[1] = policy->algorithms[0];
	policy->algorithms[0] = small;
	policy->n_algorithms = 2;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-MATCH", VERDICT_PASS);
	/* But the KSKs' own are there. */
	policy->n_algorithms = 1;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the KSK policy declares RSASHA256 of 1024 bits with exponent 3",
	    "RSASHA256 of 2048 bits with exponent 65537 by the KSKs");
	fixture_free(f);
}

/* 0.1.0 refused what is not the KSKs' alone. */
static void
check_skr_match_refuses_by_the_rules_of_its_day(void **state)
{
	struct fixture *f = fixture_new();
	struct signature_policy *policy = &f->response->ksk_policy;

	(void)state;
	f->in.rules = RULES_0_1_0;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-MATCH", VERDICT_PASS);
	f->request->zsk_policy.algorithms[1] =
	    (struct signature_algorithm){ 8, FAMILY_RSA, 1024, 3 };
	f->request->zsk_policy.n_algorithms = 2;
	f->response->zsk_policy = f->request->zsk_policy;
	policy->algorithms[1] = f->request->zsk_policy.algorithms[1];
	policy->n_algorithms = 2;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the KSK policy declares", "exactly RSASHA256 of 2048 bits");
	fixture_free(f);
}

static void
check_skr_match_refuses_a_policy_of_absent_keys(void **state)
{
	struct fixture *f = fixture_new();
	struct signature_policy *policy = &f->response->ksk_policy;

	(void)state;
	policy->algorithms[policy->n_algorithms++] =
	    (struct signature_algorithm){ 8, FAMILY_RSA, 4096, 65537 };
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "RSASHA256 of 4096 bits", "by the KSKs in the response");
	policy->algorithms[1] = policy->algorithms[0];
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "with exponent 65537, RSASHA256 of 2048 bits with exponent 65537",
	    "by the KSKs in the response");
	policy->n_algorithms = 1;
	/* Of two declared by the request, one twice. */
	f->request->zsk_policy.algorithms[1] =
	    (struct signature_algorithm){ 8, FAMILY_RSA, 3072, 65537 };
	f->request->zsk_policy.n_algorithms = 2;
	f->response->zsk_policy.algorithms[1] = policy->algorithms[0];
	f->response->zsk_policy.n_algorithms = 2;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the ZSK policy declares", "RSASHA256 of 3072 bits");
	fixture_free(f);
}

static void
check_skr_match_refuses_a_policy_without_ksks(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (size_t i = 0; i < f->response->n_bundles; i++)
		for (size_t j = 0; j < f->response->bundles[i].n_keys; j++)
			f->response->bundles[i].keys[j].flags =
			    DNSKEY_FLAGS_ZSK;
	f->response->ksk_policy.algorithms[0].size = 4096;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-MATCH", 0,
	    "the KSK policy declares RSASHA256 of 4096 bits",
	    "nothing by the KSKs in the response");
	fixture_free(f);
}

static void
check_skr_pair_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-PAIR", VERDICT_PASS);
	f->in.schema = NULL;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-PAIR", VERDICT_PASS);
	fixture_free(f);
}

static void
check_skr_pair_refuses_other_zsks(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_drop_key(f->response, 0, fixture_zsk(1));
	fixture_add_key(f->response, 4, fixture_zsk(7));
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 1,
	    "(zsk-1) is not in the bundle", "every ZSK of the request");
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 5,
	    "(zsk-7) is not in the request's bundle",
	    "no ZSK but the request's");
	fixture_free(f);
}

static void
check_skr_pair_refuses_wrong_fields(void **state)
{
	static const struct {
		uint16_t flags;
		uint8_t protocol;
		uint32_t ttl_s;
		const char *seen, *required;
	} cases[] = {
		{ 256, 3, 3600, "has TTL 3600", "TTL 172800" },
		{ 0, 3, 172800, "has flags 0",
		    "flags 256 of a ZSK, 257 of a "
		    "KSK or 385 of a revoked KSK" },
		{ 384, 3, 172800, "has flags 384", "flags 256 of a ZSK" },
		{ 1, 3, 172800, "has flags 1", "flags 256 of a ZSK" },
		{ 256, 2, 172800, "has protocol 2", "protocol 3" },
	};
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->response->bundles[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t j = 0; j < bundle->n_keys; j++) {
			bundle->keys[j].flags = cases[i].flags;
			bundle->keys[j].protocol = cases[i].protocol;
			bundle->keys[j].ttl_s = cases[i].ttl_s;
		}
		assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 5,
		    cases[i].seen, cases[i].required);
	}
	bundle->keys[0].tag++;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 5, "declares tag",
	    "computed from the key");
	fixture_free(f);
}

static void
check_skr_pair_refuses_duplicates(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->response->bundles[0];

	(void)state;
	fixture_add_key(f->response, 4, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 5,
	    "(zsk-2) stands twice in the bundle", "each key once in a bundle");
	bundle->signatures =
	    realloc(bundle->signatures, 2 * sizeof(bundle->signatures[0]));
	bundle->signatures[bundle->n_signatures++] = bundle->signatures[0];
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 1,
	    "(ksk-0) has 2 signatures", "one signature by each signing key");
	fixture_free(f);
}

static void
check_skr_pair_refuses_another_schedule(void **state)
{
	static const struct {
		const char *schema;
		size_t bundle;
		const char *seen, *required;
	} cases[] = {
		{ "pre-publish", 2, "KSK ksk_next is absent",
		    "published by schema pre-publish" },
		{ "rollover", 2, "KSK ksk_current is published and signs",
		    "published by schema rollover" },
		{ "rollover", 9, "KSK ksk_next is absent",
		    "published and signs by schema rollover" },
		{ "revoke", 5, "KSK ksk_current is published and signs",
		    "revoked and signs by schema revoke" },
		{ "revoke", 9, "KSK ksk_current is published and signs",
		    "absent by schema revoke" },
	};
	struct fixture *f = fixture_new();
	struct schema short_schema;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		f->in.schema = config_schema(f->config, cases[i].schema);
		assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR",
		    cases[i].bundle, cases[i].seen, cases[i].required);
	}
	short_schema = *config_schema(f->config, "normal");
	short_schema.n_slots = 8;
	f->in.schema = &short_schema;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 0, "9 bundles",
	    "8 slots of schema normal");
	fixture_free(f);
}

/* What holds for every schedule. */
static void
check_skr_pair_refuses_signers_without_schema(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey revoked = *fixture_ksk(0);

	(void)state;
	f->in.schema = NULL;
	f->response->bundles[3].n_signatures = 0;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 4,
	    "no KSK signs that is not revoked", "at least one signing KSK");
	revoked.flags |= DNSKEY_FLAG_REVOKE;
	revoked.tag = dnskey_tag(&revoked);
	fixture_replace_key(f->response, fixture_ksk(0), &revoked);
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 4,
	    "KSK ksk_current is revoked and does not sign",
	    "a revoked key signs itself (RFC 5011 section 2.1)");
	fixture_sign(f->response, 5);
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 6,
	    "no KSK signs that is not revoked", "at least one signing KSK");
	fixture_free(f);
}

static void
check_skr_pair_refuses_times_that_do_not_cover(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->response->bundles[3].expiration += DAY_S;
	assert_verdict(&f->in, STAGE_RESPONSE, "SKR-PAIR", VERDICT_PASS);
	f->response->bundles[3].inception += 1;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 4,
	    "from 2026-01-31T00:00:01 to 2026-02-22T00:00:00",
	    "covers the request's 2026-01-31T00:00:00 to 2026-02-21T00:00:00");
	f->response->bundles[5].expiration -= 1;
	assert_refuses(&f->in, STAGE_RESPONSE, "SKR-PAIR", 6,
	    "from 2026-02-20T00:00:00 to 2026-03-12T23:59:59",
	    "covers the request's");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_skr_verify_passes),
		cmocka_unit_test(check_skr_verify_refuses_a_bad_signature),
		cmocka_unit_test(check_skr_verify_refuses_a_changed_key_set),
		cmocka_unit_test(check_skr_verify_refuses_an_unsigned_bundle),
		cmocka_unit_test(check_skr_verify_refuses_an_unknown_signer),
		cmocka_unit_test(check_skr_verify_refuses_a_zsk_as_signer),
		cmocka_unit_test(check_skr_boundary_passes),
		cmocka_unit_test(check_skr_boundary_refuses_other_octets),
		cmocka_unit_test(
		    check_skr_boundary_refuses_slots_that_are_not_there),
		cmocka_unit_test(check_skr_boundary_judges_every_signature),
		cmocka_unit_test(check_skr_match_passes),
		cmocka_unit_test(check_skr_match_refuses_another_head),
		cmocka_unit_test(check_skr_match_refuses_a_request),
		cmocka_unit_test(check_skr_match_refuses_other_bundles),
		cmocka_unit_test(check_skr_match_refuses_other_policies),
		cmocka_unit_test(check_skr_match_passes_zsks_beside_ksks),
		cmocka_unit_test(
		    check_skr_match_refuses_by_the_rules_of_its_day),
		cmocka_unit_test(
		    check_skr_match_refuses_a_policy_of_absent_keys),
		cmocka_unit_test(
		    check_skr_match_refuses_a_policy_without_ksks),
		cmocka_unit_test(check_skr_pair_passes),
		cmocka_unit_test(check_skr_pair_refuses_other_zsks),
		cmocka_unit_test(check_skr_pair_refuses_wrong_fields),
		cmocka_unit_test(check_skr_pair_refuses_duplicates),
		cmocka_unit_test(check_skr_pair_refuses_another_schedule),
		cmocka_unit_test(check_skr_pair_refuses_signers_without_schema),
		cmocka_unit_test(
		    check_skr_pair_refuses_times_that_do_not_cover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
