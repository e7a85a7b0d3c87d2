/* Rules that join two cycles, and the schedule: chain, safety, schemas. */
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/rules/history.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define CURRENT 1u /* bits of the configuration's keys */
#define NEXT    2u

static void
check_ksr_chain_keys_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_TOKEN, "KSR-CHAIN-KEYS",
	    VERDICT_PASS);
	f->in.keys_in_hsm = CURRENT | NEXT;
	assert_verdict(&f->in, STAGE_TOKEN, "KSR-CHAIN-KEYS", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(&f->in, STAGE_REQUEST | STAGE_TOKEN, "KSR-CHAIN-KEYS",
	    VERDICT_NOT_RUN);
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_a_bad_signature(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->previous->bundles[3].signatures[0].signature[5] ^= 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(ksk-0) does not verify",
	    "a valid signature over the bundle's keys");
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-CHAIN-KEYS", 4,
	    "previous SKR: the signature", "");
	fixture_free(f);
}

static void
check_ksr_chain_keys_passes_a_previous_skr_alone(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.request = NULL; /* it is yet to be made */
	assert_verdict(&f->in, STAGE_PREVIOUS, "KSR-CHAIN-KEYS", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_PREVIOUS, "KSR-CHAIN-KEYS", VERDICT_NOT_RUN);
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_a_previous_skr_alone(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.request = NULL;
	f->previous->bundles[3].signatures[0].signature[5] ^= 1;
	f->previous->bundles[5].n_signatures = 0;
	assert_refuses(&f->in, STAGE_PREVIOUS, "KSR-CHAIN-KEYS", 4,
	    "(ksk-0) does not verify",
	    "a valid signature over the bundle's keys");
	assert_refuses(&f->in, STAGE_PREVIOUS, "KSR-CHAIN-KEYS", 6,
	    "previous SKR: no signature", "a signature by a known KSK");
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_an_unsigned_bundle(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->previous->bundles[3].n_signatures = 0;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "previous SKR: no signature", "a signature by a known KSK");
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_an_unknown_ksk(void **state)
{
	struct fixture *f = fixture_new();
	struct dnskey impostor = *fixture_ksk(5);

	(void)state;
	/* The label alone proves nothing: the DS must be the pinned one. */
	strcpy(impostor.identifier, fixture_ksk(0)->identifier);
	fixture_replace_key(f->previous, fixture_ksk(0), &impostor);
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		fixture_sign(f->previous, i);
	for (size_t i = 1; i <= FIXTURE_SLOTS; i++)
		assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", i,
		    "(ksk-0), which is unknown",
		    "a KSK whose DS the configuration pins");
	assert_refuses(&f->in, STAGE_TOKEN, "KSR-CHAIN-KEYS", 9,
	    "no configured KSK signed the last bundle",
	    "a KSK that is in the HSM");
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_a_signature_without_key(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_drop_key(f->previous, 3, fixture_ksk(0));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(ksk-0), which is not in the bundle",
	    "signatures by the bundle's keys");
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_other_signature_times(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->previous->bundles[8].expiration += DAY_S;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 9,
	    "is valid from 2025-12-22T00:00:00 to 2026-01-12T00:00:00",
	    "2025-12-22T00:00:00 to 2026-01-13T00:00:00");
	fixture_free(f);
}

/* Each of these leaves every signature of the previous SKR good. */
static void
check_ksr_chain_keys_refuses_what_no_signature_covers(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->previous->bundles[3];
	struct bundle other = f->previous->bundles[4];

	(void)state;
	bundle->keys[0].tag++;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(zsk-1) declares tag", "computed from the key");
	bundle->keys[0].tag--;
	bundle->keys[0].ttl_s = 172801;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(zsk-1) has TTL 172801", "original TTL, 172800");
	bundle->keys[0].ttl_s = 172800;
	bundle->signatures[0].ttl_s = 172799;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(ksk-0) has TTL 172799", "original TTL, 172800");
	bundle->signatures[0].ttl_s = 172800;
	f->previous->bundles[4] = *bundle;
	*bundle = other;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 5,
	    "is not after that of the bundle before", "inceptions in order");
	*bundle = f->previous->bundles[4];
	f->previous->bundles[4] = other;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_what_stands_twice(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *bundle = &f->previous->bundles[3];
	struct rrsig twice[2];

	(void)state;
	fixture_add_key(f->previous, 3, fixture_zsk(1));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(zsk-1) stands twice in the bundle", "each key once");
	bundle->n_keys--;
	twice[0] = twice[1] = bundle->signatures[0];
	free(bundle->signatures);
	bundle->signatures = twice;
	bundle->n_signatures = 2;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 4,
	    "(ksk-0) has 2 signatures", "one signature by each signing key");
	bundle->signatures = NULL;
	bundle->n_signatures = 0;
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_other_zsks(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(1), fixture_zsk(7));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 1,
	    "(zsk-7) is not in the previous SKR's last bundle",
	    "the ZSKs of the previous SKR's last bundle");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 1,
	    "(zsk-1) of the previous SKR's last bundle is missing",
	    "the ZSKs of the previous SKR's last bundle");
	fixture_replace_key(f->request, fixture_zsk(7), fixture_zsk(1));
	for (size_t i = 0; i < f->previous->bundles[8].n_keys; i++)
		strcpy(f->previous->bundles[8].keys[i].identifier, "renamed");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-CHAIN-KEYS", 1,
	    "(zsk-1) is not in the previous SKR's last bundle",
	    "the ZSKs of the previous SKR's last bundle");
	fixture_free(f);
}

/* A replacement in mid-quarter continues the slot before it. */
static void
check_ksr_chain_follows_the_slot_before_a_replacement(void **state)
{
	static const uint8_t replaced[SHA256_SIZE] = { 1 };
	struct fixture *f = fixture_new();

	(void)state;
	f->request->bundles[0].inception = f->previous->bundles[4].inception;
	f->request->bundles[0].expiration = f->previous->bundles[4].expiration;
	f->in.replaces = replaced;
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-CHAIN-KEYS", 1,
	    "(zsk-2) is not in the previous SKR's bundle 4",
	    "the ZSKs of the previous SKR's bundle 4");
	fixture_drop_key(f->request, 0, fixture_zsk(2));
	assert_verdict(&f->in, STAGE_CHAIN, "KSR-CHAIN-KEYS", VERDICT_PASS);
	assert_verdict(&f->in, STAGE_CHAIN, "KSR-CHAIN-OVERLAP", VERDICT_PASS);
	/* So does a fallback request for the slots of such a one. */
	f->in.replaces = NULL;
	f->in.fallback = "fallback-1";
	assert_verdict(&f->in, STAGE_CHAIN, "KSR-CHAIN-KEYS", VERDICT_PASS);
	assert_verdict(&f->in, STAGE_CHAIN, "KSR-CHAIN-OVERLAP", VERDICT_PASS);
	f->in.fallback = NULL;
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-CHAIN-KEYS", 1,
	    "(zsk-2) of the previous SKR's last bundle is missing", "");
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-CHAIN-OVERLAP", 1, "", "");
	fixture_free(f);
}

static void
check_ksr_chain_keys_refuses_a_ksk_outside_the_hsm(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.keys_in_hsm = NEXT;
	assert_refuses(&f->in, STAGE_TOKEN, "KSR-CHAIN-KEYS", 9,
	    "KSK ksk_current (ksk-0) signed the last bundle and is not in the "
	    "HSM",
	    "a KSK that is in the HSM");
	fixture_free(f);
}

/* Several cycles in a row, each after the last one's response. */
struct chain {
	struct config *config;
	struct ksr *previous;
	size_t n; /* cycles so far */
};

static struct chain
chain_new(void)
{
	return (struct chain){ .config = fixture_config(0, 1, "") };
}

static void
chain_free(struct chain *chain)
{
	ksr_free(chain->previous);
	config_free(chain->config);
}

static struct check_input
chain_next(const struct chain *chain, const char *schema)
{
	int64_t start = FIXTURE_START + (int64_t)chain->n * CYCLE_S;

	return (struct check_input){
		.config = chain->config,
		.now = start - 45 * DAY_S,
		.request = fixture_request(start, chain->n),
		.previous = chain->previous,
		.schema = config_schema(chain->config, schema),
		.keys_in_hsm = CURRENT | NEXT,
		.key_tests = fixture_key_tests(),
	};
}

/* Answers by the schema, and goes on with the answer. */
static void
chain_advance(struct chain *chain, struct check_input *in, const char *schema)
{
	struct ksr *request = (struct ksr *)(uintptr_t)in->request;
	struct ksr *response = fixture_respond(chain->config, schema, request);

	in->response = response;
	assert_refusing_ids(in, STAGE_RESPONSE, "");
	ksr_free(request);
	ksr_free(chain->previous);
	chain->previous = response;
	chain->n++;
}

static void
chain_accept(struct chain *chain, const char *schema)
{
	struct check_input in = chain_next(chain, schema);

	assert_refusing_ids(&in, STAGE_REQUEST | STAGE_TOKEN, "");
	chain_advance(chain, &in, schema);
}

/* A whole rollover, as short as it goes and with each phase prolonged. */
static void
check_skr_schedule_passes_in_the_orders_of_a_rollover(void **state)
{
	static const char *const orders[][8] = {
		{ "normal", "pre-publish", "rollover", "revoke" },
		{ "normal", "pre-publish", "publish+", "publish+", "rollover",
		    "rollover+", "rollover+", "revoke" },
		{ "pre-publish", "rollover", "publish+" }, /* backed out */
		{ "rollover+", "revoke+" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct chain chain = chain_new();
		bool last_is_revoke = false;

		for (size_t j = 0; j < 8 && orders[i][j] != NULL; j++) {
			chain_accept(&chain, orders[i][j]);
			last_is_revoke =
			    strncmp(orders[i][j], "revoke", 6) == 0;
		}
		if (last_is_revoke) {
			/* The new key has become the current one. */
			config_free(chain.config);
			chain.config = fixture_config(1, 2, "");
			chain_accept(&chain, "normal");
		}
		chain_free(&chain);
	}
}

static void
check_skr_schedule_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	f->in.schema = NULL;
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_NOT_RUN);
	fixture_free(f);
}

/* The schema of the fixture with slot 5 as given. */
static void
refuse_slot(struct schema_slot slot, const char *seen, const char *required)
{
	struct fixture *f = fixture_new();

	f->in.schema->slots[4] = slot;
	assert_refuses(
	    &f->in, STAGE_REQUEST, "SKR-SCHEDULE", 5, seen, required);
	fixture_free(f);
}

static void
check_skr_schedule_refuses_illegal_slots(void **state)
{
	(void)state;
	refuse_slot((struct schema_slot){ CURRENT, NEXT, 0 },
	    "KSK ksk_next signs and is not published",
	    "a signing key is in the RRset");
	refuse_slot((struct schema_slot){ CURRENT, CURRENT, NEXT },
	    "KSK ksk_next is revoked and does not sign",
	    "a revoked key signs itself (RFC 5011 section 2.1)");
	refuse_slot((struct schema_slot){ CURRENT, 0, 0 },
	    "no KSK signs that is not revoked", "at least one signing KSK");
	refuse_slot((struct schema_slot){ 0, CURRENT, CURRENT },
	    "no KSK signs that is not revoked", "at least one signing KSK");
	refuse_slot((struct schema_slot){ CURRENT, CURRENT, CURRENT },
	    "KSK ksk_current is published both revoked and not",
	    "each key once in a slot");
	refuse_slot((struct schema_slot){ CURRENT | 8, CURRENT, 0 },
	    "the slot uses a key that is not configured",
	    "keys of the configuration");
}

static void
check_skr_schedule_refuses_another_slot_count(void **state)
{
	struct fixture *f = fixture_new();
	struct schema schema = *f->in.schema;

	(void)state;
	schema.n_slots = 8;
	f->in.schema = &schema;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 0,
	    "schema normal has 8 slots", "9, one for each bundle");
	fixture_free(f);
}

static void
check_skr_schedule_refuses_a_key_outside_its_validity(void **state)
{
	struct fixture *f = fixture_new();
	struct config_key *key = &f->config->keys[0];

	(void)state;
	key->valid_from = FIXTURE_START + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 1,
	    "KSK ksk_current is used at inception 2026-01-01T00:00:00",
	    "not before valid_from, 2026-01-01T00:00:01");
	key->valid_from = FIXTURE_START;
	key->has_valid_until = true;
	key->valid_until = f->request->bundles[8].expiration;
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	key->valid_until = f->request->bundles[8].expiration - 1;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 9,
	    "KSK ksk_current is in an RRset whose signatures expire "
	    "2026-04-12T00:00:00",
	    "not after valid_until, 2026-04-11T23:59:59");
	/* Revoked, it is published after its validity ended. */
	key->valid_until = f->request->bundles[0].expiration;
	f->in.schema = config_schema(f->config, "revoke");
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	fixture_free(f);
}

static void
check_skr_schedule_refuses_a_key_without_ds(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config->keys[0].has_ds = false;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 0,
	    "KSK ksk_current of schema normal has no ds_sha256",
	    "a DS that pins the key");
	fixture_free(f);
}

static void
check_skr_schedule_refuses_algorithms_that_differ(void **state)
{
	struct fixture *f = fixture_new();
	const struct dnskey *ec =
	    &fixture_key("ec", 256, ALGORITHM_ECDSAP256SHA256, 0)->dnskey;

	(void)state;
	fixture_replace_key(f->request, fixture_zsk(3), ec);
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 9,
	    "a ZSK of ECDSAP256SHA256 and no KSK of it that signs",
	    "RFC 6840 section 5.11");
	f->config->keys[1].algorithm = ALGORITHM_ECDSAP256SHA256;
	f->in.schema->slots[4].publish |= NEXT;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 5,
	    "a KSK of ECDSAP256SHA256 and no KSK of it that signs",
	    "RFC 6840 section 5.11");
	f->in.schema->slots[4].sign |= NEXT;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 5,
	    "a KSK of ECDSAP256SHA256 signs and no ZSK has it",
	    "RFC 6840 section 5.11");
	f->in.schema->slots[8].publish |= NEXT;
	f->in.schema->slots[8].sign |= NEXT;
	f->in.schema->slots[4] = f->in.schema->slots[3];
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	/* A revoked key's signature is one of its algorithm. */
	f->in.schema->slots[8] =
	    (struct schema_slot){ NEXT, CURRENT | NEXT, CURRENT };
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	f->in.rules = RULES_0_1_0;
	assert_refuses(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", 9,
	    "a ZSK of RSASHA256 and no KSK of it that signs",
	    "RFC 6840 section 5.11");
	f->in.rules = RULES_0_2_0;
	/* It asks for no ZSK of its algorithm. */
	for (size_t i = 0; i < f->request->bundles[8].n_keys; i++)
		f->request->bundles[8].keys[i] = *ec;
	assert_verdict(&f->in, STAGE_REQUEST, "SKR-SCHEDULE", VERDICT_PASS);
	fixture_free(f);
}

static void
check_ksr_policy_safety_passes(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", VERDICT_PASS);
	/* Without a past the request alone is judged. */
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", VERDICT_PASS);
	fixture_free(f);
}

/* A key that signed before has been published, however long ago. */
static void
check_ksr_policy_safety_passes_keys_that_signed_before_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->zsk_policy.publish_safety_s = 100 * DAY_S;
	f->request->zsk_policy.retire_safety_s = 0;
	for (size_t i = 1; i < FIXTURE_SLOTS - 1; i++)
		fixture_add_key(f->previous, i, fixture_zsk(2));
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", VERDICT_PASS);
	/* It signs on, so that its pause is no retirement. */
	f->request->zsk_policy.retire_safety_s = 10 * DAY_S;
	f->config->request_policy.check_keys_publish_safety = false;
	f->config->request_policy.check_chain_keys = false;
	f->config->request_policy.validate_signatures = false;
	f->config->request_policy.check_keys_match_ksk_operator_policy = false;
	fixture_drop_key(f->request, 0, fixture_zsk(2));
	assert_refusing_ids(&f->in, STAGE_REQUEST, "");
	fixture_free(f);
}

static void
check_ksr_policy_safety_passes_a_ksk_that_signed_before(void **state)
{
	static const struct schema_slot current = { CURRENT | NEXT, CURRENT,
		0 };
	static const struct schema_slot next = { NEXT, NEXT, 0 };
	struct chain chain = chain_new();
	struct check_input in;

	(void)state;
	chain.config->ksk_policy.signature.publish_safety_s = 15 * DAY_S;
	chain.config->ksk_policy.signature.retire_safety_s = 0;
	chain_accept(&chain, "publish+");
	in = chain_next(&chain, "publish+");
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		in.schema->slots[i] = i == 3 || i == 4 ? next : current;
	assert_refusing_ids(&in, STAGE_REQUEST, "");
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

static void
check_ksr_policy_safety_refuses_a_zsk_published_too_late_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->zsk_policy.publish_safety_s = 10 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "(zsk-2) signs from 2026-01-01T00:00:00 and is published since "
	    "2025-12-22T00:00:00, P10D (864000 s) before",
	    "published for PublishSafety, P10DT1S (864001 s), before");
	f->request->zsk_policy.publish_safety_s = 10 * DAY_S;
	fixture_drop_key(f->previous, 8, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-POLICY-SAFETY", 1,
	    "(zsk-2) signs from 2026-01-01T00:00:00 and is published since "
	    "2026-01-01T00:00:00, PT0S (0 s) before",
	    "published for PublishSafety, P10D (864000 s), before");
	fixture_free(f);
}

/* Published long ago and again, with a break between, counts from the break. */
static void
check_ksr_policy_safety_refuses_a_zsk_published_with_a_break_by_0_1_0(
    void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->zsk_policy.publish_safety_s = 20 * DAY_S;
	fixture_add_key(f->previous, 0, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "published since 2025-12-22T00:00:00", "P20D");
	fixture_free(f);
}

static void
check_ksr_policy_safety_refuses_a_signing_zsk_that_pauses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	fixture_drop_key(f->request, 8, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 9,
	    "(zsk-2) is not in bundles 9 to 9",
	    "a ZSK that signs is in every bundle of its cycle");
	fixture_replace_key(f->request, fixture_zsk(2), fixture_zsk(3));
	fixture_add_key(f->request, 4, fixture_zsk(2));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "(zsk-2) is not in bundles 1 to 4", "in every bundle of its cycle");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 6,
	    "(zsk-2) is not in bundles 6 to 9", "in every bundle of its cycle");
	fixture_free(f);
}

static void
check_ksr_policy_safety_refuses_a_zsk_removed_too_early_by_0_1_0(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->in.rules = RULES_0_1_0;
	f->request->zsk_policy.retire_safety_s = 10 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2,
	    "(zsk-1) is not in bundles 2 to 2",
	    "a ZSK that signed the cycle before is published for RetireSafety, "
	    "P10DT1S (864001 s), until 2026-01-11T00:00:01");
	/* Back in the last bundle, it is missing no longer than required. */
	fixture_add_key(f->request, 8, fixture_zsk(1));
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2,
	    "(zsk-1) is not in bundles 2 to 2", "P10DT1S");
	fixture_drop_key(f->request, 8, fixture_zsk(1));
	f->request->zsk_policy.retire_safety_s = 10 * DAY_S;
	fixture_drop_key(f->request, 0, fixture_zsk(1));
	assert_refuses(&f->in, STAGE_CHAIN, "KSR-POLICY-SAFETY", 1,
	    "(zsk-1) is not in bundles 1 to 1",
	    "P10D (864000 s), until "
	    "2026-01-11T00:00:00");
	fixture_free(f);
}

static void
check_ksr_policy_safety_refuses_a_ksk_published_too_late(void **state)
{
	struct chain chain = chain_new();
	struct check_input in;

	(void)state;
	chain.config->ksk_policy.signature.publish_safety_s = 90 * DAY_S;
	chain_accept(&chain, "normal");
	chain_accept(&chain, "pre-publish");
	in = chain_next(&chain, "rollover");
	/* From slot 2 of one cycle to slot 2 of the next. */
	assert_refusing_ids(&in, STAGE_REQUEST, "");
	chain.config->ksk_policy.signature.publish_safety_s = 90 * DAY_S + 1;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2,
	    "KSK ksk_next signs from 2026-07-10T00:00:00 and is published "
	    "since 2026-04-11T00:00:00, P90D (7776000 s) before",
	    "published for publish_safety of ksk_policy, P90DT1S");
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

static void
check_ksr_policy_safety_refuses_a_ksk_removed_too_early(void **state)
{
	static const struct schema_slot both = { CURRENT | NEXT, NEXT, 0 };
	static const struct schema_slot alone = { NEXT, NEXT, 0 };
	static const struct schema_slot revoked = { NEXT, CURRENT | NEXT,
		CURRENT };
	struct chain chain = chain_new();
	struct check_input in;

	(void)state;
	chain_accept(&chain, "pre-publish");
	in = chain_next(&chain, "rollover");
	chain.config->ksk_policy.signature.retire_safety_s = 30 * DAY_S;
	/* It signed until slot 2: 30 days are over in slot 5. */
	for (size_t i = 2; i < FIXTURE_SLOTS; i++)
		in.schema->slots[i] = i < 4 ? both : alone;
	assert_refusing_ids(&in, STAGE_REQUEST, "");
	chain.config->ksk_policy.signature.retire_safety_s += 1;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 5,
	    "P30D (2592000 s) before", "P30DT1S (2592001 s)");
	chain.config->ksk_policy.signature.retire_safety_s = 28 * DAY_S;
	in.schema->slots[3] = alone;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 4,
	    "KSK ksk_current is not in the bundle and signed until "
	    "2026-04-11T00:00:00, P20D (1728000 s) before",
	    "published for retire_safety of ksk_policy, P28D (2419200 s)");
	/* What it signs revoked is no use; being published revoked is. */
	in.schema->slots[2] = revoked;
	in.schema->slots[3] = revoked;
	assert_refusing_ids(&in, STAGE_REQUEST, "");
	/* In the slot after it last signed. */
	in.schema->slots[1] = alone;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2,
	    "KSK ksk_current is not in the bundle and signed until "
	    "2026-04-11T00:00:00, PT0S (0 s) before",
	    "P28D");
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

/*
 * A KSK that signs beside another from slot 4 on and leaves again: nobody trusts
 * it before the add hold-down is over, so nobody misses it.
 */
static void
check_ksr_policy_safety_passes_a_ksk_that_nobody_trusts_yet(void **state)
{
	static const struct schema_slot beside = { CURRENT | NEXT,
		CURRENT | NEXT, 0 };
	struct chain chain = chain_new();
	struct check_input in;

	(void)state;
	chain_accept(&chain, "normal");
	in = chain_next(&chain, "normal");
	chain.config->ksk_policy.signature.publish_safety_s = 0;
	in.schema->slots[3] = in.schema->slots[4] = beside;
	assert_verdict(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", VERDICT_PASS);
	/* Some trust it after 30 days. */
	in.schema->slots[5] = beside;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 7,
	    "KSK ksk_next is not in the bundle and signed until", "P28D");
	in.schema->slots[5] = in.schema->slots[6];
	/* Whoever goes by a DS may trust it at once. */
	chain.config->trust = TRUST_PARENT_DS;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 6,
	    "KSK ksk_next is not in the bundle and signed until", "P28D");
	chain.config->trust = TRUST_RFC5011;
	in.rules = RULES_0_1_0;
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 6,
	    "KSK ksk_next is not in the bundle and signed until", "P28D");
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

/* A register of one slot at that time, in which the next KSK was published. */
static struct history *
history_of_next(int64_t inception)
{
	static struct history_ksk ksk = { .published = true };
	static struct history_slot slot = { .n_ksks = 1, .ksks = &ksk };
	static const uint8_t hash[SHA256_SIZE] = { 1 };
	struct history_response response = {
		.request_id = "request",
		.request_sha256 = hash,
		.response_sha256 = hash,
		.schema = "pre-publish",
		.state = HISTORY_PUBLISHED,
		.inception = inception,
		.expiration = inception + 21 * DAY_S,
		.n_slots = 1,
		.slots = &slot,
		.line = 1,
	};
	struct history *history;
	struct dname root;
	struct err err;

	slot.inception = inception;
	slot.expiration = response.expiration;
	assert_ok(dname_parse(".", &root, &err), &err);
	assert_ok(dnskey_ds(&root, fixture_ksk(1), ksk.ds_sha256, &err), &err);
	assert_ok(history_new(".", &response, 1, NULL, 0, &history, &err), &err);
	return history;
}

/* What was known of it before the previous SKR counts. */
static void
check_ksr_policy_safety_refuses_a_ksk_that_came_back(void **state)
{
	static const struct schema_slot beside = { CURRENT | NEXT,
		CURRENT | NEXT, 0 };
	struct chain chain = chain_new();
	struct history *history;
	struct check_input in;

	(void)state;
	chain_accept(&chain, "normal");
	chain_accept(&chain, "normal");
	in = chain_next(&chain, "normal");
	chain.config->ksk_policy.signature.publish_safety_s = 0;
	in.schema->slots[3] = in.schema->slots[4] = beside;
	assert_verdict(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", VERDICT_PASS);
	in.history = history = history_of_next(FIXTURE_START);
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 6,
	    "KSK ksk_next is not in the bundle and signed until", "P28D");
	history_free(history);
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

/* The key that signed the whole cycle before is gone in the next. */
static void
check_ksr_policy_safety_refuses_a_ksk_gone_between_cycles(void **state)
{
	struct chain chain = chain_new();
	struct check_input in;

	(void)state;
	chain_accept(&chain, "normal");
	in = chain_next(&chain, "revoke+");
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "KSK ksk_current is not in the bundle and signed until "
	    "2026-04-01T00:00:00, PT0S (0 s) before",
	    "P28D");
	ksr_free((struct ksr *)(uintptr_t)in.request);

	chain_accept(&chain, "pre-publish");
	chain_accept(&chain, "rollover");
	/* A way back has to keep the new key: publish+. */
	in = chain_next(&chain, "normal");
	assert_refuses(&in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "KSK ksk_next is not in the bundle", "P28D");
	ksr_free((struct ksr *)(uintptr_t)in.request);
	chain_free(&chain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ksr_chain_keys_passes),
		cmocka_unit_test(check_ksr_chain_keys_refuses_a_bad_signature),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_an_unsigned_bundle),
		cmocka_unit_test(
		    check_ksr_chain_keys_passes_a_previous_skr_alone),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_a_previous_skr_alone),
		cmocka_unit_test(check_ksr_chain_keys_refuses_an_unknown_ksk),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_a_signature_without_key),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_other_signature_times),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_what_no_signature_covers),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_what_stands_twice),
		cmocka_unit_test(check_ksr_chain_keys_refuses_other_zsks),
		cmocka_unit_test(
		    check_ksr_chain_follows_the_slot_before_a_replacement),
		cmocka_unit_test(
		    check_ksr_chain_keys_refuses_a_ksk_outside_the_hsm),
		cmocka_unit_test(
		    check_skr_schedule_passes_in_the_orders_of_a_rollover),
		cmocka_unit_test(check_skr_schedule_passes),
		cmocka_unit_test(check_skr_schedule_refuses_illegal_slots),
		cmocka_unit_test(check_skr_schedule_refuses_another_slot_count),
		cmocka_unit_test(
		    check_skr_schedule_refuses_a_key_outside_its_validity),
		cmocka_unit_test(check_skr_schedule_refuses_a_key_without_ds),
		cmocka_unit_test(
		    check_skr_schedule_refuses_algorithms_that_differ),
		cmocka_unit_test(check_ksr_policy_safety_passes),
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_keys_that_signed_before_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_a_ksk_that_signed_before),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_zsk_published_too_late_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_zsk_published_with_a_break_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_signing_zsk_that_pauses_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_zsk_removed_too_early_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_ksk_published_too_late),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_ksk_removed_too_early),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_ksk_gone_between_cycles),
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_a_ksk_that_nobody_trusts_yet),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_ksk_that_came_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
