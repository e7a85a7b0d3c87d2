#include "ksr/response/response.h"
#include "ksr/rules/independent.h"
#include "tests/support/keys.h"

enum { OLD = 1, NEW = 2, OTHER = 4 }; /* bits of the three KSKs */

#define TTL_S 86400u

/* Three KSKs, a configuration that names them, and a request. */
struct sample {
	struct config *config;
	struct keypair pairs[3];
	struct dnskey ksks[CONFIG_KEYS_MAX];
	struct ksr *request;
	struct schema_slot slots[3];
	struct schema schema;
};

static void
sample_add_ksk(struct sample *s, size_t i, uint8_t algorithm, unsigned rsa_bits)
{
	static const char *const names[] = { "ksk_old", "ksk_new", "ksk_x" };
	static const char *const labels[] = { "Kold", "Knew", "Kx" };

	s->pairs[i] = keypair_new(labels[i], 257, algorithm, rsa_bits);
	s->ksks[i] = s->pairs[i].dnskey;
	/* What a reader of the token may or may not have filled in. */
	s->ksks[i].ttl_s = 5;
	s->ksks[i].tag = 0;
	strcpy(s->ksks[i].identifier, "from the token");
	strcpy(s->config->keys[i].name, names[i]);
	strcpy(s->config->keys[i].label, labels[i]);
}

static struct sample
sample_new(uint8_t algorithm)
{
	struct sample s = {
		.config = test_calloc(1, sizeof(*s.config)),
		.request = ksr_new(KSR_REQUEST, 3),
	};
	struct err err;

	s.config->n_keys = 3;
	s.config->ksk_policy.ttl_s = TTL_S;
	s.config->ksk_policy.signature.publish_safety_s = 11;
	s.config->ksk_policy.signature.min_validity_overlap_s = 16;
	s.config->ksk_policy.signature.n_algorithms = 1;
	s.config->ksk_policy.signature.algorithms[0].algorithm = 5;
	sample_add_ksk(&s, 0, algorithm, 1024);
	sample_add_ksk(&s, 1, algorithm, 1024);
	sample_add_ksk(&s, 2, 8, 1536);
	strcpy(s.request->id, "request-id");
	strcpy(s.request->domain, "Example");
	s.request->serial = 77;
	s.request->has_timestamp = true;
	s.request->timestamp = 1;
	s.request->zsk_policy.retire_safety_s = 12;
	for (size_t i = 0; i < 3; i++) {
		struct bundle *b = &s.request->bundles[i];
		struct keypair zsk = keypair_new("zsk", 256, algorithm, 1024);

		assert_ok(bundle_alloc(b, 1, 1, &err), &err);
		snprintf(b->id, sizeof(b->id), "bundle-%zu", i);
		b->inception = INT64_C(1514764800) + (int64_t)i * 864000;
		b->expiration = b->inception + 21 * 86400;
		b->keys[0] = zsk.dnskey;
		keypair_free(&zsk);
	}
	strcpy(s.schema.name, "test");
	s.schema.n_slots = 3;
	return s;
}

/* The same slot three times. */
static void
sample_slots(struct sample *s, uint32_t publish, uint32_t sign, uint32_t revoke)
{
	for (size_t i = 0; i < 3; i++)
		s->slots[i] = (struct schema_slot){ publish, sign, revoke };
}

static void
sample_free(struct sample *s)
{
	for (size_t i = 0; i < 3; i++)
		keypair_free(&s->pairs[i]);
	ksr_free(s->request);
	test_free(s->config);
}

static bool
build(struct sample *s, struct ksr **ret, struct err *err)
{
	s->schema.slots = s->slots;
	return response_build(
	    s->config, &s->schema, s->request, s->ksks, ret, err);
}

static struct ksr *
built(struct sample *s)
{
	struct ksr *response = NULL;
	struct err err;

	assert_ok(build(s, &response, &err), &err);
	return response;
}

static void
assert_refused(struct sample *s, const char *message)
{
	struct ksr *response = NULL;
	struct err err;

	assert_false(build(s, &response, &err));
	assert_message_has(&err, message);
	assert_int_equal(err.code, E_REFUSED);
	assert_null(response);
}

static const struct dnskey *
key_named(const struct bundle *b, const char *identifier)
{
	for (size_t i = 0; i < b->n_keys; i++)
		if (strcmp(b->keys[i].identifier, identifier) == 0)
			return &b->keys[i];
	return NULL;
}

static void
response_build_document_echoes_request(void **state)
{
	struct sample s = sample_new(13);
	struct ksr *response;

	(void)state;
	sample_slots(&s, OLD, OLD, 0);
	response = built(&s);
	assert_int_equal(response->kind, KSR_RESPONSE);
	assert_string_equal(response->id, "request-id");
	assert_string_equal(response->domain, "Example");
	assert_int_equal(response->serial, 77);
	assert_false(response->has_timestamp);
	assert_int_equal(response->zsk_policy.retire_safety_s, 12);
	assert_int_equal(response->n_bundles, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct bundle *b = &response->bundles[i];
		const struct bundle *asked = &s.request->bundles[i];
		struct dnskey zsk = asked->keys[0];

		assert_string_equal(b->id, asked->id);
		assert_int_equal(b->inception, asked->inception);
		assert_int_equal(b->expiration, asked->expiration);
		assert_int_equal(b->n_keys, 2);
		zsk.ttl_s = TTL_S;
		assert_true(dnskey_equal(key_named(b, "zsk"), &zsk));
	}
	ksr_free(response);
	sample_free(&s);
}

/* The old key revoked and both signing: phase F of a rollover. */
static void
response_build_slots_follow_schema(void **state)
{
	struct sample s = sample_new(13);
	struct ksr *response;
	const struct bundle *b;
	const struct dnskey *old, *new;

	(void)state;
	s.slots[0] = (struct schema_slot){ OLD | NEW, NEW, 0 };
	s.slots[1] = (struct schema_slot){ NEW, OLD | NEW, OLD };
	s.slots[2] = (struct schema_slot){ NEW, NEW, 0 };
	response = built(&s);

	b = &response->bundles[0];
	assert_int_equal(b->n_keys, 3);
	assert_int_equal(key_named(b, "Kold")->flags, 257);
	assert_int_equal(b->n_signatures, 1);
	assert_string_equal(b->signatures[0].identifier, "Knew");

	b = &response->bundles[1];
	assert_int_equal(b->n_keys, 3);
	old = key_named(b, "Kold");
	new = key_named(b, "Knew");
	assert_int_equal(old->flags, DNSKEY_FLAGS_KSK_REVOKED);
	assert_int_equal(old->tag, dnskey_tag(old));
	assert_int_not_equal(old->tag, s.pairs[0].dnskey.tag);
	assert_int_equal(new->flags, DNSKEY_FLAGS_KSK);
	assert_int_equal(new->tag, s.pairs[1].dnskey.tag);
	assert_int_equal(b->n_signatures, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct rrsig *sig = &b->signatures[i];

		assert_int_equal(sig->tag, key_named(b, sig->identifier)->tag);
	}
	/* Canonical order: ZSK, KSK, revoked KSK. */
	assert_int_equal(b->keys[0].flags, 256);
	assert_int_equal(b->keys[1].flags, 257);
	assert_int_equal(b->keys[2].flags, 385);

	b = &response->bundles[2];
	assert_int_equal(b->n_keys, 2);
	assert_null(key_named(b, "Kold"));
	ksr_free(response);
	sample_free(&s);
}

static void
response_build_signature_fields_are_set(void **state)
{
	struct sample s = sample_new(13);
	struct ksr *response;
	const struct rrsig *sig;

	(void)state;
	sample_slots(&s, OLD | NEW, NEW, 0);
	response = built(&s);
	sig = &response->bundles[1].signatures[0];
	assert_string_equal(sig->identifier, "Knew");
	assert_int_equal(sig->ttl_s, TTL_S);
	assert_int_equal(sig->original_ttl_s, TTL_S);
	assert_int_equal(sig->algorithm, 13);
	assert_int_equal(sig->labels, 1);
	assert_int_equal(sig->inception, s.request->bundles[1].inception);
	assert_int_equal(sig->expiration, s.request->bundles[1].expiration);
	assert_int_equal(sig->tag, s.pairs[1].dnskey.tag);
	assert_string_equal(sig->signers_name, "example.");
	assert_int_equal(sig->signature_len, 0);
	for (size_t i = 0; i < response->bundles[1].n_keys; i++)
		assert_int_equal(response->bundles[1].keys[i].ttl_s, TTL_S);
	ksr_free(response);
	sample_free(&s);
}

/* The root has no labels; dns_ttl, where given, goes before ksk_policy.ttl. */
static void
response_build_root_and_other_ttl(void **state)
{
	struct sample s = sample_new(13);
	struct ksr *response;

	(void)state;
	sample_slots(&s, OLD, OLD, 0);
	strcpy(s.request->domain, ".");
	s.config->ksk_policy.ttl_s = 172800;
	s.config->request_policy.dns_ttl_s = 60;
	response = built(&s);
	assert_int_equal(response->bundles[0].signatures[0].labels, 0);
	assert_string_equal(
	    response->bundles[0].signatures[0].signers_name, ".");
	assert_int_equal(
	    response->bundles[0].signatures[0].original_ttl_s, 172800);
	assert_int_equal(response->bundles[0].keys[0].ttl_s, 172800);
	ksr_free(response);
	sample_free(&s);
}

static void
response_build_policy_describes_the_keys_used(void **state)
{
	struct sample s = sample_new(13);
	const struct signature_policy *policy;
	struct ksr *response;

	(void)state;
	sample_slots(&s, OLD | NEW, OLD, 0);
	response = built(&s);
	policy = &response->ksk_policy;
	assert_int_equal(policy->publish_safety_s, 11);
	assert_int_equal(policy->min_validity_overlap_s, 16);
	assert_int_equal(policy->n_algorithms, 1);
	assert_int_equal(policy->algorithms[0].algorithm, 13);
	assert_int_equal(policy->algorithms[0].family, FAMILY_ECDSA);
	assert_int_equal(policy->algorithms[0].size, 256);
	assert_int_equal(policy->algorithms[0].exponent, 0);
	ksr_free(response);

	s.slots[2].revoke = OTHER;
	response = built(&s);
	policy = &response->ksk_policy;
	assert_int_equal(policy->n_algorithms, 2);
	assert_int_equal(policy->algorithms[1].algorithm, 8);
	assert_int_equal(policy->algorithms[1].family, FAMILY_RSA);
	assert_int_equal(policy->algorithms[1].size, 1536);
	assert_int_equal(policy->algorithms[1].exponent, 65537);
	ksr_free(response);
	sample_free(&s);
}

static void
response_build_impossible_slot_is_refused(void **state)
{
	static const struct {
		struct schema_slot slot;
		const char *message;
	} cases[] = {
		{ { OLD, OLD | NEW, 0 },
		    "key ksk_new signs and is not published" },
		{ { 0, OLD, 0 }, "key ksk_old signs and is not published" },
		{ { OLD | NEW, NEW, OLD },
		    "key ksk_old is both published and revoked" },
		{ { OLD, 0, 0 }, "no key signs" },
		{ { 0, 0, 0 }, "no key signs" },
		{ { OLD | 8, OLD, 0 }, "the configuration has no key 4" },
		{ { OLD, OLD, UINT32_C(1) << 31 }, "has no key 32" },
		{ { OLD, OLD | 8, 0 }, "has no key 4" },
	};
	struct sample s = sample_new(13);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sample_slots(&s, OLD, OLD, 0);
		s.slots[1] = cases[i].slot;
		assert_refused(&s, cases[i].message);
		assert_refused(&s, "bundle 2 (bundle-1), schema test: ");
	}
	sample_free(&s);
}

static void
response_build_slot_count_must_agree(void **state)
{
	struct sample s = sample_new(13);

	(void)state;
	sample_slots(&s, OLD, OLD, 0);
	s.schema.n_slots = 2;
	assert_refused(
	    &s, "schema test has 2 slots, the request has 3 bundles");
	s.schema.n_slots = 3;
	s.request->kind = KSR_RESPONSE;
	assert_refused(&s, "only a request can be answered");
	s.request->kind = KSR_REQUEST;
	strcpy(s.request->domain, "a..b");
	assert_refused(&s, "domain \"a..b\": ");
	sample_free(&s);
}

static void
response_build_one_key_twice_is_refused(void **state)
{
	struct sample s = sample_new(13);

	(void)state;
	sample_slots(&s, OLD | NEW, OLD, 0);
	s.ksks[1] = s.ksks[0];
	assert_refused(&s, "are the same key");
	/* One published, one revoked: still one key. */
	sample_slots(&s, OLD, OLD, NEW);
	assert_refused(&s, "are the same key");
	sample_slots(&s, OLD, OLD, 0);
	memcpy(s.request->bundles[2].keys[0].public_key, s.ksks[0].public_key,
	    sizeof(s.ksks[0].public_key));
	assert_refused(&s, "zsk and Kold are the same key");
	assert_refused(&s, "bundle 3 (bundle-2)");
	sample_free(&s);
}

static void
response_build_too_many_keys_is_refused(void **state)
{
	struct sample s = sample_new(13);
	struct bundle *b = &s.request->bundles[0];
	struct dnskey zsk = b->keys[0];
	struct ksr *response;
	struct err err;

	(void)state;
	free(b->keys);
	free(b->signatures);
	assert_ok(bundle_alloc(b, BUNDLE_KEYS_MAX - 1, 1, &err), &err);
	for (size_t i = 0; i < b->n_keys; i++) {
		b->keys[i] = zsk;
		b->keys[i].public_key[0] = (uint8_t)i;
	}
	sample_slots(&s, OLD, OLD, 0);
	response = built(&s);
	assert_int_equal(response->bundles[0].n_keys, BUNDLE_KEYS_MAX);
	ksr_free(response);
	sample_slots(&s, OLD | NEW, OLD, 0);
	assert_refused(&s, "17 keys, more than 16");
	sample_free(&s);
}

/* Signs what response_to_be_signed gives; ldns must agree. */
static void
response_to_be_signed_signatures_verify_independently(void **state)
{
	static const uint8_t algorithms[] = { 8, 13 };

	(void)state;
	for (size_t a = 0; a < ARRAY_LEN(algorithms); a++) {
		struct sample s = sample_new(algorithms[a]);
		struct ksr *response;

		s.slots[0] = (struct schema_slot){ OLD | NEW, NEW, 0 };
		s.slots[1] = (struct schema_slot){ NEW, OLD | NEW, OLD };
		s.slots[2] = (struct schema_slot){ NEW, NEW, 0 };
		response = built(&s);
		for (size_t i = 0; i < 3; i++) {
			struct bundle *b = &response->bundles[i];

			for (size_t j = 0; j < b->n_signatures; j++) {
				struct rrsig *sig = &b->signatures[j];
				size_t pair =
				    strcmp(sig->identifier, "Knew") == 0;
				struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
				struct err err;

				assert_ok(response_to_be_signed(
					      response, i, j, &tbs, &err),
				    &err);
				keypair_sign(
				    &s.pairs[pair], buf_bytes(&tbs), sig);
				assert_ok(
				    independent_verify(response, i, j, &err),
				    &err);
				buf_free(&tbs);
			}
		}
		ksr_free(response);
		sample_free(&s);
	}
}

static void
response_to_be_signed_no_such_signature_is_an_error(void **state)
{
	struct sample s = sample_new(13);
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct ksr *response;
	struct err err;

	(void)state;
	sample_slots(&s, OLD, OLD, 0);
	response = built(&s);
	assert_false(response_to_be_signed(response, 3, 0, &tbs, &err));
	assert_message_has(&err, "no signature 1 in bundle 4");
	assert_false(response_to_be_signed(response, 0, 1, &tbs, &err));
	assert_message_has(&err, "no signature 2 in bundle 1");
	assert_int_equal(tbs.len, 0);
	ksr_free(response);
	sample_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(response_build_document_echoes_request),
		cmocka_unit_test(response_build_slots_follow_schema),
		cmocka_unit_test(response_build_signature_fields_are_set),
		cmocka_unit_test(response_build_root_and_other_ttl),
		cmocka_unit_test(response_build_policy_describes_the_keys_used),
		cmocka_unit_test(response_build_impossible_slot_is_refused),
		cmocka_unit_test(response_build_slot_count_must_agree),
		cmocka_unit_test(response_build_one_key_twice_is_refused),
		cmocka_unit_test(response_build_too_many_keys_is_refused),
		cmocka_unit_test(
		    response_to_be_signed_signatures_verify_independently),
		cmocka_unit_test(
		    response_to_be_signed_no_such_signature_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
