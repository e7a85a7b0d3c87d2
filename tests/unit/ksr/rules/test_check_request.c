/* Rules about the request as a whole and about its keys. */
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

static void
check_ksr_domain_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-DOMAIN", VERDICT_PASS);
	strcpy(f->config->request_policy.domains[0], "Example.NET");
	strcpy(f->config->ksk_policy.signers_name, "example.net.");
	strcpy(f->request->domain, "EXAMPLE.net.");
	strcpy(f->previous->domain, "example.net");
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-DOMAIN", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_domain_refuses_another_zone(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->request->domain, "example.");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-DOMAIN", 0,
	    "domain \"example.\"", "one of acceptable_domains: \".\"");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-DOMAIN", 0,
	    "domain \"example.\"", "signers_name of ksk_policy: \".\"");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-DOMAIN", 0,
	    "domain \"example.\"", "the previous SKR's domain: \".\"");
	fixture_free(f);
}

static void
check_ksr_id_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ID", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ID", VERDICT_NOT_RUN);
	fixture_free(f);
}

static void
check_ksr_id_refuses_the_previous_id(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->request->id, f->previous->id);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ID", 0,
	    "id cycle-0, which is the previous SKR's",
	    "an id that was never processed before");
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-ID", 0, "id cycle-0", "");
	fixture_free(f);
}

/* What the register says of a request that was signed before. */
static const char *const old_bundles[] = { "old-1", "bundle-1-5" };

static struct processed
processed_as(const struct fixture *f, const uint8_t *sha256)
{
	return (struct processed){ .request_id = f->request->id,
		.request_sha256 = sha256,
		.schema = "normal",
		.published = true,
		.n_bundle_ids = ARRAY_LEN(old_bundles),
		.bundle_ids = old_bundles };
}

/* Nothing but other requests: with a register alone the rule runs. */
static void
check_ksr_id_passes_a_register_without_it(void **state)
{
	static const uint8_t sha256[SHA256_SIZE] = { 1 };
	struct fixture *f = fixture_new();
	struct processed other = processed_as(f, sha256);

	(void)state;
	other.request_id = "other";
	other.n_bundle_ids = 1;
	f->in.processed = &other;
	f->in.previous = NULL;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ID", VERDICT_PASS);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", VERDICT_PASS);
	f->in.n_processed = 1;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ID", VERDICT_PASS);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_id_judges_requests_of_the_register(void **state)
{
	static const struct {
		bool same, published;
		const char *before, *schema; /* as it was signed */
		const char *now;	     /* the alternative asked for */
		const char *required;	     /* NULL: passes */
	} cases[] = {
		{ false, true, NULL, "normal", NULL, "no other request was" },
		{ false, true, NULL, "normal", "a", "no other request was" },
		{ false, false, NULL, "normal", NULL, "no other request was" },
		{ true, true, NULL, "normal", NULL, "an alternative name" },
		{ true, true, "a", "normal", NULL, "an alternative name" },
		{ true, true, "a", "normal", "a", "an alternative name" },
		{ true, true, "a", "rollover", "a", "an alternative name" },
		{ true, true, NULL, "normal", "a", NULL },
		{ true, true, "a", "rollover", "b", NULL },
		{ true, false, NULL, "normal", NULL, NULL },
		{ true, false, "a", "normal", "a", NULL },
		{ true, false, NULL, "rollover", NULL,
		    "repeated as it was: schema \"rollover\", no alternative" },
		{ true, false, NULL, "normal", "a",
		    "repeated as it was: schema \"normal\", no alternative" },
		{ true, false, "a", "normal", "b",
		    "repeated as it was: schema \"normal\", alternative \"a\"" },
		{ true, false, "a", "normal", NULL, "repeated as it was" },
	};
	static const uint8_t other[SHA256_SIZE] = { 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = fixture_new();
		struct processed before = processed_as(
		    f, cases[i].same ? f->in.request_sha256 : other);

		before.published = cases[i].published;
		before.alternative = cases[i].before;
		before.schema = cases[i].schema;
		f->in.processed = &before;
		f->in.n_processed = 1;
		f->in.alternative = cases[i].now;
		if (cases[i].required == NULL) {
			assert_refusing_ids(&f->in, STAGE_REQUEST, "");
		} else {
			assert_refuses(&f->in, STAGE_REQUEST, "KSR-ID", 0,
			    "which was signed before", cases[i].required);
			assert_refuses(&f->in, STAGE_REQUEST,
			    "KSR-BUNDLE-UNIQUE", 5,
			    "that of bundle 2 of request cycle-1, signed before",
			    "a bundle id that was never used");
		}
		fixture_free(f);
	}
}

static void
check_ksr_bundle_unique_refuses_ids_of_the_register(void **state)
{
	static const uint8_t sha256[SHA256_SIZE] = { 1 };
	static const char *ids[2];
	struct fixture *f = fixture_new();
	struct processed before = processed_as(f, sha256);

	(void)state;
	ids[0] = f->request->bundles[7].id;
	ids[1] = f->previous->bundles[2].id;
	before.request_id = "long-ago";
	before.bundle_ids = ids;
	f->in.processed = &before;
	f->in.n_processed = 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", 8,
	    "that of bundle 1 of request long-ago, signed before", "");
	assert_refusing_ids(&f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE");
	/* Where both have it the previous SKR is named. */
	strcpy(f->request->bundles[3].id, f->previous->bundles[2].id);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", 4,
	    "that of bundle 3 of the previous SKR", "");
	fixture_free(f);
}

static void
check_ksr_bundle_unique_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_unique_refuses_repeated_ids(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->request->bundles[6].id, f->request->bundles[1].id);
	strcpy(f->request->bundles[3].id, f->previous->bundles[8].id);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", 7,
	    "the id is also that of bundle 2 of the request",
	    "a bundle id that was never used");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-UNIQUE", 4,
	    "the id is also that of bundle 9 of the previous SKR",
	    "a bundle id that was never used");
	fixture_free(f);
}

static void
check_ksr_bundle_count_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-BUNDLE-COUNT", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_count_refuses_another_number(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->request_policy.num_bundles = 10;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-COUNT", 0,
	    "9 bundles", "10 bundles");
	f->config->request_policy.num_bundles = 8;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-COUNT", 0,
	    "9 bundles", "8 bundles");
	f->config->request_policy.num_bundles = 9;
	f->config->response_policy.num_bundles = 8;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-COUNT", 0,
	    "9 bundles in the previous SKR", "8 bundles");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_wrong_fields(void **state)
{
	static const struct {
		uint16_t flags;
		uint8_t protocol;
		const char *seen, *required;
	} cases[] = {
		{ 257, 3, "has flags 257", "flags 256" },
		{ 0, 3, "has flags 0", "flags 256" },
		{ 384, 3, "has flags 384", "flags 256" },
		{ 256, 2, "has protocol 2", "protocol 3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = fixture_new();
		struct dnskey *key = &f->request->bundles[4].keys[0];

		key->flags = cases[i].flags;
		key->protocol = cases[i].protocol;
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5,
		    cases[i].seen, cases[i].required);
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5,
		    "instead of", "the key of that identifier in bundle 1");
		fixture_free(f);
	}
}

static void
check_ksr_bundle_keys_refuses_a_wrong_tag(void **state)
{
	struct fixture *f = fixture_new();
	char seen[64], required[64];

	(void)state;
	snprintf(seen, sizeof(seen), "declares tag %u",
	    (fixture_zsk(2)->tag + 1) & 0xffff);
	snprintf(required, sizeof(required), "tag %u, computed from the key",
	    fixture_zsk(2)->tag);
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		f->request->bundles[i].keys[0].tag++;
	assert_refuses(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 1, seen, required);
	assert_refuses(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 9, seen, required);
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_one_name_for_two_keys(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey *key = &f->request->bundles[4].keys[0];

	(void)state;
	*key = *fixture_zsk(7);
	strcpy(key->identifier, fixture_zsk(2)->identifier);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5, "tag ",
	    "the key of that identifier in bundle 1");
	*key = *fixture_zsk(2);
	key->ttl_s = 172801;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5,
	    "TTL 172801 instead of 172800",
	    "the key of that identifier in bundle 1");
	*key = *fixture_zsk(2);
	key->algorithm = ALGORITHM_RSASHA512;
	key->tag = dnskey_tag(key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5, "instead",
	    "the key of that identifier in bundle 1");
	*key = *fixture_zsk(2);
	key->public_key[100] ^= 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5,
	    "another public key", "the key of that identifier in bundle 1");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_two_names_for_one_key(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	strcpy(f->request->bundles[4].keys[0].identifier, "other");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 5,
	    "(other) is called zsk-2 in bundle 4",
	    "one identifier for one key");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_a_key_twice(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_add_key(f->request, 3, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 4,
	    "(zsk-2) stands twice in the bundle", "each key once in a bundle");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_undeclared_parameters(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->zsk_policy.algorithms[0].size = 3072;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 1,
	    "(zsk-2) is RSASHA256 of 2048 bits",
	    "as the request's own policy declares: RSASHA256 of 3072 bits with "
	    "exponent 65537");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_refuses_an_undeclared_exponent(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->zsk_policy.algorithms[0].exponent = 3;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 1,
	    "(zsk-2) is RSASHA256 of 2048 bits with exponent 65537",
	    "as the request's own policy declares: RSASHA256 of 2048 bits with "
	    "exponent 3");
	fixture_free(f);
}

static void
check_ksr_bundle_keys_waives_what_is_switched_off(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->request_policy.keys_match_zsk_policy = false;
	f->config->request_policy.rsa_exponent_match_zsk_policy = false;
	f->request->zsk_policy.algorithms[0].size = 3072;
	f->config->request_policy
	    .rsa_sizes[f->config->request_policy.n_rsa_sizes++] = 3072;
	assert_refusing_ids(&f->in, STAGE_REQUEST, "");
	f->request->zsk_policy.algorithms[0].size = 2048;
	f->request->zsk_policy.algorithms[0].exponent = 3;
	assert_refusing_ids(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG");
	fixture_free(f);
}

static void
check_ksr_bundle_pop_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_a_bad_signature(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[8].signatures[1].signature[17] ^= 0x10;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 9,
	    "(zsk-3) does not verify",
	    "a valid signature over the bundle's keys");
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_another_key_set(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	/* A proof of the bundle before, without the key that was slipped in. */
	fixture_add_key(f->request, 4, fixture_zsk(7));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 5,
	    "(zsk-2) does not verify",
	    "a valid signature over the bundle's keys");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 5,
	    "(zsk-7) has 0 signatures", "one signature by each key");
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_a_signature_without_key(void **state)
{
	struct fixture *f = fixture_new();
	char seen[64];

	(void)state;
	fixture_drop_key(f->request, 0, fixture_zsk(1));
	snprintf(seen, sizeof(seen), "a signature by key %u (zsk-1)",
	    fixture_zsk(1)->tag);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 1, seen,
	    "signatures by the bundle's keys");
	/* The identifier is the key's, the tag is not. */
	f->request->bundles[4].signatures[0].tag++;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 5,
	    "(zsk-2), algorithm 8, which is not in the bundle",
	    "signatures by the bundle's keys");
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_two_signatures_by_one_key(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->request->bundles[0];

	(void)state;
	bundle->signatures[1] = bundle->signatures[0];
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 1,
	    "(zsk-2) has 2 signatures", "one signature by each key");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 1,
	    "(zsk-1) has 0 signatures", "one signature by each key");
	fixture_free(f);
}

/* What is signed is the original TTL; the RRSIG's own is anybody's. */
static void
check_ksr_bundle_pop_passes_an_rrsigs_own_ttl(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		f->request->bundles[i].signatures[0].ttl_s = 60;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_another_ttl(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[5].signatures[0].original_ttl_s = 3600;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 6,
	    "(zsk-2) has TTL 172800 and original TTL 3600",
	    "the key's TTL, 172800");
	fixture_free(f);
}

static void
check_ksr_bundle_pop_refuses_by_the_rules_of_its_day(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->bundles[8].signatures[0].ttl_s = 3600;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 9,
	    "has TTL 3600 and original TTL 172800", "the key's TTL, 172800");
	fixture_free(f);
}

static void
check_ksr_policy_keys_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_keys_refuses_other_counts(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_add_key(f->request, 4, fixture_zsk(7));
	fixture_prove(f->request, 4);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 5, "2 keys",
	    "1 by num_keys_per_bundle");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 0,
	    "4 different keys in all bundles",
	    "3 by num_different_keys_in_all_bundles");
	fixture_drop_key(f->request, 8, fixture_zsk(3));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 9, "1 keys",
	    "2 by num_keys_per_bundle");
	fixture_free(f);
}

static struct key_count
counted(uint8_t algorithm, const uint8_t per_bundle[FIXTURE_SLOTS],
    uint64_t different)
{
	struct key_count count = { .algorithm = algorithm,
		.n_per_bundle = FIXTURE_SLOTS,
		.different = different };

	memcpy(count.per_bundle, per_bundle, FIXTURE_SLOTS);
	return count;
}

/* RSA and, in the last bundle, the first ECDSA key. */
static void
count_by_algorithm(struct fixture *f)
{
	static const uint8_t rsa[] = { 2, 1, 1, 1, 1, 1, 1, 1, 2 };
	static const uint8_t ecdsa[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct key_counts *counts = &f->config->request_policy.key_counts;

	counts->n = 2;
	counts->counts[0] = counted(ALGORITHM_RSASHA256, rsa, 3);
	counts->counts[1] = counted(ALGORITHM_ECDSAP256SHA256, ecdsa, 1);
	fixture_add_key(f->request, 8,
	    &fixture_key("ecdsa-1", DNSKEY_FLAGS_ZSK,
		ALGORITHM_ECDSAP256SHA256, 0)
		 ->dnskey);
	fixture_prove(f->request, 8);
}

static void
check_ksr_policy_keys_counts_by_algorithm(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	count_by_algorithm(f);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", VERDICT_PASS);
	/* As many keys as before, of the other algorithm. */
	fixture_drop_key(f->request, 8, fixture_zsk(3));
	fixture_add_key(f->request, 8,
	    &fixture_key("ecdsa-2", DNSKEY_FLAGS_ZSK,
		ALGORITHM_ECDSAP256SHA256, 0)
		 ->dnskey);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 9,
	    "1 RSASHA256 keys", "2 by num_keys_per_bundle");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 9,
	    "2 ECDSAP256SHA256 keys", "1 by num_keys_per_bundle");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 0,
	    "2 different RSASHA256 keys in all bundles",
	    "3 by num_different_keys_in_all_bundles");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 0,
	    "2 different ECDSAP256SHA256 keys in all bundles",
	    "1 by num_different_keys_in_all_bundles");
	fixture_free(f);
}

static void
check_ksr_policy_keys_refuses_an_algorithm_without_counts(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	count_by_algorithm(f);
	fixture_add_key(f->request, 4,
	    &fixture_key("ed-1", DNSKEY_FLAGS_ZSK, ALGORITHM_ED25519, 0)
		 ->dnskey);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 5,
	    "(ed-1) is of ED25519",
	    "an algorithm that num_keys_per_bundle names");
	fixture_free(f);
}

/* As many keys as before, one of them of another size. */
static void
check_ksr_policy_keys_counts_by_size(void **state)
{
	static const uint8_t large[] = { 2, 1, 1, 1, 1, 1, 1, 1, 1 };
	static const uint8_t small[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct fixture *f = fixture_new();
	struct key_counts *counts = &f->config->request_policy.key_counts;

	(void)state;
	counts->n = 2;
	counts->counts[0] = counted(ALGORITHM_RSASHA256, large, 2);
	counts->counts[1] = counted(ALGORITHM_RSASHA256, small, 1);
	counts->counts[0].bits = 2048;
	counts->counts[1].bits = 1536;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 9,
	    "2 RSASHA256:2048 keys", "1 by num_keys_per_bundle");
	fixture_drop_key(f->request, 8, fixture_zsk(3));
	fixture_add_key(f->request, 8,
	    &fixture_key("rsa-1536", DNSKEY_FLAGS_ZSK, ALGORITHM_RSASHA256,
		1536)
		 ->dnskey);
	fixture_prove(f->request, 8);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", VERDICT_PASS);
	counts->counts[1].bits = 3072;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 9,
	    "(rsa-1536) of RSASHA256 has 1536 bits",
	    "a size that num_keys_per_bundle names");
	fixture_free(f);
}

static void
check_ksr_policy_keys_refuses_another_ttl(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		f->request->bundles[i].keys[0].ttl_s = 86400;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-KEYS", 6,
	    "(zsk-2) has TTL 86400", "TTL 172800");
	fixture_free(f);
}

static void
check_ksr_policy_alg_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_RESPONSE,
	    "KSR-POLICY-ALG", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_alg_refuses_declarations(void **state)
{
	static const struct {
		struct signature_algorithm declared;
		const char *seen, *required;
	} cases[] = {
		{ { 5, FAMILY_RSA, 2048, 65537 }, "RSASHA1 is declared",
		    "one of approved_algorithms: RSASHA256" },
		{ { 5, FAMILY_RSA, 2048, 65537 }, "RSASHA1 (5) is declared",
		    "supported and not deprecated (RFC 8624" },
		{ { 250, FAMILY_RSA, 2048, 65537 }, "(250) is declared",
		    "supported and not deprecated (RFC 8624" },
		{ { 10, FAMILY_RSA, 2048, 65537 }, "RSASHA512 is declared",
		    "one of approved_algorithms: RSASHA256" },
		{ { 13, FAMILY_ECDSA, 256, 0 }, "ECDSAP256SHA256 is declared",
		    "enable_unsupported_ecdsa: true" },
		{ { 15, FAMILY_EDDSA, 256, 0 }, "ED25519 is declared",
		    "enable_unsupported_edwards_dsa: true" },
		{ { 13, FAMILY_ECDSA, 384, 0 }, "not of ECDSAP256SHA256",
		    "the algorithm's own parameters" },
		{ { 13, FAMILY_RSA, 2048, 65537 }, "not of ECDSAP256SHA256",
		    "the algorithm's own parameters" },
		{ { 8, FAMILY_ECDSA, 256, 0 }, "not of RSASHA256",
		    "the algorithm's own parameters" },
		{ { 8, FAMILY_RSA, 1024, 65537 }, "has 1024 bits",
		    "one of rsa_approved_key_sizes: 2048" },
		{ { 8, FAMILY_RSA, 2048, 3 }, "has exponent 3",
		    "one of rsa_approved_exponents: 65537" },
	};
	struct fixture *f = fixture_new();

	(void)state;
	f->request->zsk_policy.n_algorithms = 2;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		f->request->zsk_policy.algorithms[1] = cases[i].declared;
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 0,
		    cases[i].seen, cases[i].required);
	}
	fixture_free(f);
}

static void
check_ksr_policy_alg_refuses_a_ksk_that_is_not_approved(void **state)
{
	struct fixture *f = fixture_new();
	struct request_policy *policy = &f->config->request_policy;

	(void)state;
	policy->rsa_sizes[0] = 1024;
	policy->rsa_exponents[0] = 3;
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-POLICY-ALG", 1,
	    "KSK ", "one of rsa_approved_exponents: 3");
	policy->rsa_exponents[0] = 65537;
	/* Its own entry says 2048. */
	assert_verdict(
	    &f->in, STAGE_RESPONSE, "KSR-POLICY-ALG", VERDICT_PASS);
	for (size_t i = 0; i < f->config->n_keys; i++)
		f->config->keys[i].rsa_size = 0;
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-POLICY-ALG", 1,
	    "(ksk-0) has 2048 bits", "one of rsa_approved_key_sizes: 1024");
	policy->rsa_sizes[0] = 2048;
	assert_verdict(
	    &f->in, STAGE_RESPONSE, "KSR-POLICY-ALG", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_repeated_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->zsk_policy.n_algorithms = 2;
	f->request->zsk_policy.algorithms[1] =
	    (struct signature_algorithm){ 8, FAMILY_RSA, 2048, 3 };
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-REPEATED", VERDICT_PASS);
	fixture_free(f);
}

/* Which nothing else minds: what is declared is approved. */
static void
check_ksr_policy_repeated_refuses_a_repetition(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->zsk_policy.n_algorithms = 2;
	f->request->zsk_policy.algorithms[1] =
	    f->request->zsk_policy.algorithms[0];
	assert_refusing_ids(&f->in, STAGE_REQUEST, "KSR-POLICY-REPEATED");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-REPEATED", 0,
	    "2 (RSASHA256) is a repetition", "each declaration once");
	f->config->request_policy.check_declarations_once = false;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-REPEATED", VERDICT_WAIVED);
	f->in.rules = RULES_0_1_0;
	assert_refusing_ids(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG");
	fixture_free(f);
}

static void
check_ksr_policy_alg_refuses_by_the_rules_of_its_day(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->zsk_policy.n_algorithms = 2;
	f->request->zsk_policy.algorithms[1] =
	    f->request->zsk_policy.algorithms[0];
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 0,
	    "2 (RSASHA256) is a repetition", "each declaration once");
	fixture_free(f);
}

static void
check_ksr_policy_alg_refuses_a_small_key(void **state)
{
	struct fixture *f = fixture_new();
	const struct dnskey *small =
	    &fixture_key("small", 256, ALGORITHM_RSASHA256, 1024)->dnskey;

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), small);
	fixture_prove(f->request, 8);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 9,
	    "(small) has 1024 bits", "one of rsa_approved_key_sizes: 2048");
	fixture_free(f);
}

static void
check_ksr_policy_alg_refuses_algorithms_used(void **state)
{
	struct fixture *f = fixture_new();
	const struct dnskey *ec =
	    &fixture_key("ec", 256, ALGORITHM_ECDSAP256SHA256, 0)->dnskey;

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), ec);
	fixture_prove(f->request, 8);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 9,
	    "ECDSAP256SHA256 is used", "one of approved_algorithms: RSASHA256");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 9,
	    "ECDSAP256SHA256 is used", "enable_unsupported_ecdsa: true");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 9,
	    "ECDSAP256SHA256 is used",
	    "an algorithm that the request's own policy declares: RSASHA256");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-KEYS", 9,
	    "(ec) is ECDSAP256SHA256 of 256 bits", "RSASHA256 of 2048 bits");
	fixture_free(f);
}

/* What OpenSSL cannot verify is refused by what it is, and nothing crashes. */
static void
check_ksr_policy_alg_refuses_deprecated_and_unknown_keys(void **state)
{
	static const struct {
		uint8_t algorithm;
		const char *seen;
	} cases[] = { { 1, "RSAMD5 (1) is used" }, { 5, "RSASHA1 (5) is used" },
		{ 12, "(12) is used" }, { 17, "(17) is used" },
		{ 99, "(99) is used" }, { 0, "(0) is used" },
		{ 255, "(255) is used" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = fixture_new();
		struct dnskey key = *fixture_zsk(3);

		key.algorithm = cases[i].algorithm;
		key.tag = dnskey_tag(&key);
		fixture_replace_key(f->request, fixture_zsk(3), &key);
		f->request->bundles[8].signatures[1].algorithm = key.algorithm;
		f->request->bundles[8].signatures[1].tag = key.tag;
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 9,
		    cases[i].seen, "supported and not deprecated");
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-BUNDLE-POP", 9,
		    "(zsk-3) does not verify", "a valid signature");
		fixture_free(f);
	}
}

/* In a key alone, and in a signature alone. */
static void
check_ksr_policy_alg_refuses_an_algorithm_used_anywhere(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[2].keys[0].algorithm = ALGORITHM_RSASHA512;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 3,
	    "RSASHA512 is used", "one of approved_algorithms: RSASHA256");
	f->request->bundles[2].keys[0].algorithm = ALGORITHM_RSASHA256;
	f->request->bundles[6].signatures[0].algorithm = ALGORITHM_RSASHA512;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-ALG", 7,
	    "RSASHA512 is used", "one of approved_algorithms: RSASHA256");
	fixture_free(f);
}

static void
check_ksr_policy_alg_passes_ecdsa_where_enabled(void **state)
{
	struct fixture *f = fixture_new();
	struct request_policy *policy = &f->config->request_policy;
	const struct dnskey *ec =
	    &fixture_key("ec", 256, ALGORITHM_ECDSAP256SHA256, 0)->dnskey;

	(void)state;
	policy->algorithms[policy->n_algorithms++] = ALGORITHM_ECDSAP256SHA256;
	policy->enable_unsupported_ecdsa = true;
	f->request->zsk_policy.algorithms[1] =
	    (struct signature_algorithm){ 13, FAMILY_ECDSA, 256, 0 };
	f->request->zsk_policy.n_algorithms = 2;
	fixture_replace_key(f->request, fixture_zsk(3), ec);
	fixture_prove(f->request, 8);
	/* No KSK of the schedule has the algorithm. */
	assert_refusing_ids(&f->in, STAGE_REQUEST, "SKR-SCHEDULE");
	fixture_free(f);
}

static void
check_ksr_key_valid_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_RESPONSE, "KSR-KEY-VALID",
	    VERDICT_PASS);
	fixture_free(f);
}

/* Today's root tool refuses the second too; the policy may let it pass. */
static void
check_skr_schedule_refuses_a_signature_beyond_valid_until(void **state)
{
	struct fixture *f = fixture_new();
	struct config_key *key = NULL;

	(void)state;
	for (size_t i = 0; i < f->config->n_keys; i++)
		if (strcmp(f->config->keys[i].name, "ksk_current") == 0)
			key = &f->config->keys[i];
	assert_non_null(key);
	key->has_valid_until = true;
	key->valid_until = f->request->bundles[8].expiration;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	key->valid_until--;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 9,
	    "KSK ksk_current is in an RRset whose signatures expire 2026-04-12",
	    "not after valid_until, 2026-04-11T23:59:59");
	f->config->request_policy.check_valid_until = false;
	assert_refusing_ids(&f->in, STAGE_REQUEST, "");
	f->config->request_policy.check_valid_until = true;
	f->in.rules = RULES_0_1_0;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_zsk_not_ksk_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_zsk_not_ksk_refuses_a_label(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = *fixture_zsk(3);

	(void)state;
	/* Of ksk_current, which is in the previous SKR; of ksk_next. */
	strcpy(key.identifier, "ksk-0");
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "has the label of KSK ksk_current", "no KSK has");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "(ksk-0) of the previous SKR", "no KSK has");
	strcpy(key.identifier, "ksk-1");
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "has the label of KSK ksk_next", "no KSK has");
	fixture_free(f);
}

/* Under any name and tag, and known by any of its descriptions. */
static void
check_ksr_zsk_not_ksk_refuses_a_ksk(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = *fixture_ksk(1);
	struct config_key *pin = NULL;

	(void)state;
	key.flags = DNSKEY_FLAGS_ZSK;
	key.tag = dnskey_tag(&key);
	strcpy(key.identifier, "zsk-3");
	for (size_t i = 0; i < f->config->n_keys; i++)
		if (strcmp(f->config->keys[i].name, "ksk_next") == 0)
			pin = &f->config->keys[i];
	assert_non_null(pin);
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "(zsk-3) is KSK ksk_next by its DS", "no KSK");
	pin->has_ds = false;
	pin->has_tag = true;
	pin->tag = fixture_ksk(1)->tag;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "(zsk-3) is KSK ksk_next by its tag", "no KSK");
	pin->tag ^= 1;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", VERDICT_PASS);
	fixture_free(f);
}

/* One that the configuration has forgotten, with another algorithm's number. */
static void
check_ksr_zsk_not_ksk_refuses_a_previous_ksk(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = *fixture_ksk(0);

	(void)state;
	key.flags = DNSKEY_FLAGS_ZSK;
	key.algorithm = ALGORITHM_RSASHA512;
	key.tag = dnskey_tag(&key);
	strcpy(key.identifier, "zsk-3");
	for (size_t i = 0; i < f->config->n_keys; i++)
		f->config->keys[i].has_ds = f->config->keys[i].has_tag = false;
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ZSK-NOT-KSK", 9,
	    "(ksk-0) of the previous SKR", "no KSK");
	fixture_free(f);
}

/* Each row of the id, by its own words: the even modulus is the other's. */
static void
check_ksr_key_valid_refuses_a_shared_prime(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = dnskey_sharing_a_prime(
	    fixture_key("zsk-1", 256, ALGORITHM_RSASHA256, 2048), "zsk-3");

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 9,
	    "(zsk-3) has a prime in common with key", "no other key has");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 1,
	    "(zsk-1) has a prime in common with key", "no other key has");
	fixture_replace_key(f->response, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-KEY-VALID", 9,
	    "(zsk-3) has a prime in common with key", "no other key has");
	fixture_free(f);
}

/* The other key is gone since; the KSK of the new response is not. */
static void
check_ksr_key_valid_refuses_a_prime_of_the_previous(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey of_zsk = dnskey_sharing_a_prime(
	    fixture_key("zsk-0", 256, ALGORITHM_RSASHA256, 2048), "zsk-3");
	struct dnskey of_ksk = dnskey_sharing_a_prime(
	    fixture_key("ksk-0", 257, ALGORITHM_RSASHA256, 2048), "zsk-3");

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), &of_zsk);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 9, "(zsk-3)",
	    "no other key has");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 0,
	    "(zsk-0) of the previous SKR has a prime in common",
	    "no other key has");
	fixture_replace_key(f->request, &of_zsk, &of_ksk);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 9,
	    "(ksk-0) of the previous SKR", "no other key has");
	/* Without it the KSK is known where the response is. */
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-KEY-VALID", VERDICT_PASS);
	fixture_replace_key(f->response, fixture_zsk(3), &of_ksk);
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-KEY-VALID", 1, "(ksk-0)",
	    "no other key has");
	fixture_free(f);
}

/* A revoked form, or one key with two algorithms, has one modulus. */
static void
check_ksr_key_valid_passes_one_modulus_twice(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = *fixture_zsk(2);

	(void)state;
	key.algorithm = ALGORITHM_RSASHA512;
	key.tag = dnskey_tag(&key);
	fixture_add_key(f->request, 4, &key);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-KEY-VALID", VERDICT_PASS);
	fixture_free(f);
}

/* What 0.1.0 let pass, its records let pass. */
static void
check_ksr_key_valid_refuses_by_the_rules_of_its_day(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = dnskey_sharing_a_prime(
	    fixture_key("zsk-1", 256, ALGORITHM_RSASHA256, 2048), "zsk-3");

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	fixture_replace_key(f->response, fixture_zsk(3), &key);
	f->in.rules = RULES_0_1_0;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_RESPONSE, "KSR-KEY-VALID",
	    VERDICT_PASS);
	key.public_key[key.public_key_len - 1] &= 0xfe;
	fixture_replace_key(f->request, fixture_zsk(2), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 1, "(zsk-3): ",
	    "a sound public key");
	key = *fixture_ksk(0);
	key.public_key[key.public_key_len - 1] &= 0xfe;
	fixture_replace_key(f->response, fixture_ksk(0), &key);
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-KEY-VALID", 1,
	    "(ksk-0): ", "a sound public key");
	fixture_free(f);
}

static void
check_ksr_key_valid_refuses_an_even_modulus(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key = *fixture_zsk(3);
	struct dnskey ksk = *fixture_ksk(0);

	(void)state;
	key.public_key[key.public_key_len - 1] &= 0xfe;
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-KEY-VALID", 9,
	    "(zsk-3): ", "a sound public key");
	ksk.public_key[ksk.public_key_len - 1] &= 0xfe;
	fixture_replace_key(f->response, fixture_ksk(0), &ksk);
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-KEY-VALID", 1,
	    "(ksk-0): ", "a sound public key");
	fixture_free(f);
}

static void
check_ksr_tag_clash_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_RESPONSE, "KSR-TAG-CLASH",
	    VERDICT_PASS);
	fixture_free(f);
}

/* Another key of the given tag: two octets of the modulus make up for it. */
static struct dnskey
key_with_tag(const struct dnskey *model, uint16_t tag)
{
	struct dnskey key = *model;

	strcpy(key.identifier, "forged");
	for (unsigned v = 0; v <= UINT16_MAX; v++) {
		key.public_key[100] = (uint8_t)(v >> 8);
		key.public_key[101] = (uint8_t)v;
		key.tag = dnskey_tag(&key);
		if (key.tag == tag)
			return key;
	}
	fail_msg("no key of tag %u", tag);
	return key;
}

static uint16_t
revoked_tag(const struct dnskey *key)
{
	struct dnskey revoked = *key;

	revoked.flags |= DNSKEY_FLAG_REVOKE;
	return dnskey_tag(&revoked);
}

static void
check_ksr_tag_clash_refuses_a_shared_tag(void **state)
{
	const struct {
		uint16_t tag;
		const char *with;
	} cases[] = {
		{ fixture_zsk(2)->tag, "zsk-2 (request)" },
		{ fixture_ksk(0)->tag, "ksk-0 (" },
		{ fixture_ksk(1)->tag, "ksk-1 (configured)" },
		{ revoked_tag(fixture_ksk(0)), "ksk-0 (revoked)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = fixture_new();
		struct dnskey key = key_with_tag(fixture_zsk(7), cases[i].tag);
		char share[64];

		snprintf(share, sizeof(share),
		    "share tag %u and algorithm RSASHA256", cases[i].tag);
		fixture_replace_key(f->request, fixture_zsk(3), &key);
		fixture_replace_key(f->response, fixture_zsk(3), &key);
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-TAG-CLASH", 9,
		    cases[i].with, "a tag and algorithm that no other key has");
		assert_refuses(
		    &f->in, STAGE_REQUEST, "KSR-TAG-CLASH", 9, share, "");
		assert_refuses(
		    &f->in, STAGE_RESPONSE, "KSR-TAG-CLASH", 9, share, "");
		assert_refuses(
		    &f->in, STAGE_BUILT, "KSR-TAG-CLASH", 9, share, "");
		fixture_free(f);
	}
}

/* Which rows of the id refuse: "together", "apart", both or none. */
static void
assert_clash_rows(const struct fixture *f, const char *wanted)
{
	static const struct override override = { "KSR-TAG-CLASH", "why" };
	struct report report = { 0 };
	char found[64] = "";
	struct err err;

	assert_ok(checks_run(STAGE_REQUEST, &f->in, &override, 1, &report,
		      &err),
	    &err);
	for (size_t i = 0; i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];

		if (result->check->run == check_request_tag_clash &&
		    result->verdict == VERDICT_REFUSE)
			strcat(found, "together ");
		if (result->check->run == check_request_tag_clash_apart &&
		    result->verdict == VERDICT_OVERRIDDEN)
			strcat(found, "apart ");
	}
	assert_string_equal(found, wanted);
	report_clear(&report);
}

/*
 * ZSKs that are never published together are for a person to decide; but not
 * those that are, whatever stands between them in the list of keys.
 */
static void
check_ksr_tag_clash_refuses_zsks_apart(void **state)
{
	const uint16_t tag = fixture_zsk(0)->tag;

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct fixture *f = fixture_new();
		struct dnskey key = key_with_tag(fixture_zsk(7), tag);
		struct dnskey other = key_with_tag(fixture_zsk(8), tag);
		struct dnskey third = key_with_tag(fixture_zsk(9), tag);

		strcpy(other.identifier, "other");
		strcpy(third.identifier, "third");
		fixture_replace_key(
		    f->request, fixture_zsk(3), first == 0 ? &key : &other);
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-TAG-CLASH", 9,
		    "zsk-0 (", "a tag and algorithm that no other key has");
		assert_clash_rows(f, "apart ");
		assert_verdict(
		    &f->in, STAGE_RESPONSE, "KSR-TAG-CLASH", VERDICT_PASS);
		/* Three of one tag, two of them in one bundle. */
		fixture_add_key(f->request, 8, &third);
		assert_clash_rows(f, "together apart ");
		fixture_drop_key(f->request, 8, &third);
		fixture_add_key(f->request, 4, &third);
		assert_clash_rows(f, "apart ");
		fixture_free(f);
	}
}

/* The rule looks at neighbours: one of these stands beside the other. */
static void
check_ksr_tag_clash_passes_one_tag_in_two_algorithms(void **state)
{
	const uint16_t tags[] = { fixture_zsk(0)->tag, fixture_zsk(1)->tag,
		fixture_zsk(2)->tag, fixture_ksk(0)->tag, fixture_ksk(1)->tag,
		revoked_tag(fixture_ksk(0)) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct fixture *f = fixture_new();
		struct dnskey key = *fixture_zsk(7);

		key.algorithm = ALGORITHM_RSASHA512;
		key = key_with_tag(&key, tags[i]);
		fixture_replace_key(f->request, fixture_zsk(3), &key);
		assert_verdict(
		    &f->in, STAGE_REQUEST, "KSR-TAG-CLASH", VERDICT_PASS);
		fixture_free(f);
	}
}

/* A KSK's revoked tag is known when its public key is: in the response. */
static void
check_ksr_tag_clash_refuses_the_next_revoked_tag(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey key =
	    key_with_tag(fixture_zsk(7), revoked_tag(fixture_ksk(1)));

	(void)state;
	fixture_replace_key(f->response, fixture_zsk(3), &key);
	assert_verdict(&f->in, STAGE_RESPONSE, "KSR-TAG-CLASH", VERDICT_PASS);
	fixture_add_key(f->response, 4, fixture_ksk(1));
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-TAG-CLASH", 9,
	    "ksk-1 (revoked)", "a tag and algorithm that no other key has");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ksr_domain_passes),
		cmocka_unit_test(check_ksr_domain_refuses_another_zone),
		cmocka_unit_test(check_ksr_id_passes),
		cmocka_unit_test(check_ksr_id_refuses_the_previous_id),
		cmocka_unit_test(check_ksr_id_passes_a_register_without_it),
		cmocka_unit_test(check_ksr_id_judges_requests_of_the_register),
		cmocka_unit_test(
		    check_ksr_bundle_unique_refuses_ids_of_the_register),
		cmocka_unit_test(check_ksr_bundle_unique_passes),
		cmocka_unit_test(check_ksr_bundle_unique_refuses_repeated_ids),
		cmocka_unit_test(check_ksr_bundle_count_passes),
		cmocka_unit_test(check_ksr_bundle_count_refuses_another_number),
		cmocka_unit_test(check_ksr_bundle_keys_passes),
		cmocka_unit_test(check_ksr_bundle_keys_refuses_wrong_fields),
		cmocka_unit_test(check_ksr_bundle_keys_refuses_a_wrong_tag),
		cmocka_unit_test(
		    check_ksr_bundle_keys_refuses_one_name_for_two_keys),
		cmocka_unit_test(
		    check_ksr_bundle_keys_refuses_two_names_for_one_key),
		cmocka_unit_test(check_ksr_bundle_keys_refuses_a_key_twice),
		cmocka_unit_test(
		    check_ksr_bundle_keys_refuses_undeclared_parameters),
		cmocka_unit_test(
		    check_ksr_bundle_keys_refuses_an_undeclared_exponent),
		cmocka_unit_test(
		    check_ksr_bundle_keys_waives_what_is_switched_off),
		cmocka_unit_test(check_ksr_bundle_pop_passes),
		cmocka_unit_test(check_ksr_bundle_pop_refuses_a_bad_signature),
		cmocka_unit_test(check_ksr_bundle_pop_refuses_another_key_set),
		cmocka_unit_test(
		    check_ksr_bundle_pop_refuses_a_signature_without_key),
		cmocka_unit_test(
		    check_ksr_bundle_pop_refuses_two_signatures_by_one_key),
		cmocka_unit_test(check_ksr_bundle_pop_passes_an_rrsigs_own_ttl),
		cmocka_unit_test(check_ksr_bundle_pop_refuses_another_ttl),
		cmocka_unit_test(
		    check_ksr_bundle_pop_refuses_by_the_rules_of_its_day),
		cmocka_unit_test(check_ksr_policy_keys_passes),
		cmocka_unit_test(check_ksr_policy_keys_refuses_other_counts),
		cmocka_unit_test(check_ksr_policy_keys_counts_by_algorithm),
		cmocka_unit_test(
		    check_ksr_policy_keys_refuses_an_algorithm_without_counts),
		cmocka_unit_test(check_ksr_policy_keys_counts_by_size),
		cmocka_unit_test(check_ksr_policy_keys_refuses_another_ttl),
		cmocka_unit_test(check_ksr_policy_alg_passes),
		cmocka_unit_test(check_ksr_policy_alg_refuses_declarations),
		cmocka_unit_test(
		    check_ksr_policy_alg_refuses_by_the_rules_of_its_day),
		cmocka_unit_test(
		    check_ksr_policy_alg_refuses_a_ksk_that_is_not_approved),
		cmocka_unit_test(check_ksr_policy_repeated_passes),
		cmocka_unit_test(check_ksr_policy_repeated_refuses_a_repetition),
		cmocka_unit_test(check_ksr_policy_alg_refuses_a_small_key),
		cmocka_unit_test(check_ksr_policy_alg_refuses_algorithms_used),
		cmocka_unit_test(
		    check_ksr_policy_alg_refuses_deprecated_and_unknown_keys),
		cmocka_unit_test(
		    check_ksr_policy_alg_refuses_an_algorithm_used_anywhere),
		cmocka_unit_test(
		    check_ksr_policy_alg_passes_ecdsa_where_enabled),
		cmocka_unit_test(check_ksr_key_valid_passes),
		cmocka_unit_test(check_ksr_key_valid_refuses_an_even_modulus),
		cmocka_unit_test(
		    check_skr_schedule_refuses_a_signature_beyond_valid_until),
		cmocka_unit_test(check_ksr_zsk_not_ksk_passes),
		cmocka_unit_test(check_ksr_zsk_not_ksk_refuses_a_label),
		cmocka_unit_test(check_ksr_zsk_not_ksk_refuses_a_ksk),
		cmocka_unit_test(check_ksr_zsk_not_ksk_refuses_a_previous_ksk),
		cmocka_unit_test(check_ksr_key_valid_refuses_a_shared_prime),
		cmocka_unit_test(
		    check_ksr_key_valid_refuses_a_prime_of_the_previous),
		cmocka_unit_test(check_ksr_key_valid_passes_one_modulus_twice),
		cmocka_unit_test(
		    check_ksr_key_valid_refuses_by_the_rules_of_its_day),
		cmocka_unit_test(check_ksr_tag_clash_passes),
		cmocka_unit_test(
		    check_ksr_tag_clash_passes_one_tag_in_two_algorithms),
		cmocka_unit_test(check_ksr_tag_clash_refuses_a_shared_tag),
		cmocka_unit_test(check_ksr_tag_clash_refuses_zsks_apart),
		cmocka_unit_test(
		    check_ksr_tag_clash_refuses_the_next_revoked_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
