/*
 * The boundary and the two types that a child zone may have besides: octets
 * that may be signed under one policy may not with one bit, record or field
 * changed, nor under another policy, for another slot, or for the root.
 */
#include <stdlib.h>

#include "ksr/document/bundle.h"
#include "ksr/response/clear.h"
#include "ksr/response/response.h"
#include "tests/support/keys.h"

#define NOW	  INT64_C(1796000000)
#define INCEPTION (NOW + 45 * INT64_C(86400))
#define VALID_S	  (21 * INT64_C(86400))
#define TTL_S	  3600u

enum { OLD, NEW, KSKS };
enum { OLD_BIT = 1, NEW_BIT = 2 };

struct scene {
	struct config *config;
	struct keypair ksks[KSKS], zsk;
	struct schema_slot slot;
	struct schema schema;
	struct ksr *request, *response;
	struct dnskey known[CONFIG_KEYS_MAX];
	struct clear_wanted wanted;
};

static void
scene_ask(struct scene *s)
{
	struct bundle *bundle;
	struct err err;

	s->request = ksr_new(KSR_REQUEST, 1);
	assert_non_null(s->request);
	s->request->format = KSR_BIND;
	strcpy(s->request->domain, s->config->ksk_policy.signers_name);
	bundle = &s->request->bundles[0];
	assert_ok(bundle_alloc(bundle, 1, 0, &err), &err);
	bundle->inception = INCEPTION;
	bundle->expiration = INCEPTION + VALID_S;
	bundle->keys[0] = s->zsk.dnskey;
}

static void
scene_new(struct scene *s, const struct cds_policy *cds,
    struct schema_slot slot, size_t signer)
{
	struct err err;

	*s = (struct scene){ .slot = slot };
	s->config = test_calloc(1, sizeof(*s->config));
	strcpy(s->config->ksk_policy.signers_name, "Example.ORG.");
	s->config->ksk_policy.ttl_s = TTL_S;
	s->config->ksk_policy.signature.max_signature_validity_s = VALID_S;
	s->config->n_keys = KSKS;
	s->config->cds = *cds;
	s->ksks[OLD] = keypair_new("Kold", 257, 13, 0);
	s->ksks[NEW] = keypair_new("Knew", 257, 13, 0);
	s->zsk = keypair_new("zsk", 256, 13, 0);
	for (size_t i = 0; i < KSKS; i++) {
		pin_ksk(s->config, i, &s->ksks[i].dnskey);
		s->known[i] = s->ksks[i].dnskey;
	}
	scene_ask(s);
	s->schema = (struct schema){ "test", false, 1, &s->slot };
	assert_ok(response_build(s->config, &s->schema, s->request, s->known,
		      &s->response, &err),
	    &err);
	s->wanted = (struct clear_wanted){ .config = s->config,
		.slot = &s->slot,
		.request = &s->request->bundles[0],
		.signer = signer,
		.now = NOW,
		.ksks = { &s->known[OLD], &s->known[NEW] } };
}

static void
scene_free(struct scene *s)
{
	ksr_free(s->response);
	ksr_free(s->request);
	for (size_t i = 0; i < KSKS; i++)
		keypair_free(&s->ksks[i]);
	keypair_free(&s->zsk);
	test_free(s->config);
}

static bool
is_cleared(const struct scene *s, struct bytes octets)
{
	struct cleared *cleared = NULL;
	struct err err;
	bool ok = clear_rrset(octets, &s->wanted, &cleared, &err);

	if (ok) {
		assert_true(bytes_equal(cleared_octets(cleared), octets));
		assert_true(dnskey_same_key(
		    cleared_key(cleared), &s->ksks[s->wanted.signer].dnskey));
		assert_string_equal(cleared_key(cleared)->identifier,
		    s->config->keys[s->wanted.signer].label);
	} else {
		assert_int_equal(err.code, E_REFUSED);
		assert_message_has(&err, "may not be signed: ");
	}
	cleared_free(cleared);
	return ok;
}

/* What the wanted signer is to sign of the type; false: it signs none. */
static bool
octets_of(struct scene *s, uint16_t type, struct buf *ret)
{
	const struct bundle *b = &s->response->bundles[0];
	const char *label = s->config->keys[s->wanted.signer].label;
	struct err err;

	for (size_t i = 0; i < bundle_count_signatures(b); i++) {
		const struct child_set *set;
		uint16_t covers;
		const struct rrsig *rrsig =
		    bundle_signature(b, i, &set, &covers);

		if (covers != type || strcmp(rrsig->identifier, label) != 0)
			continue;
		*ret = buf_new(TO_BE_SIGNED_MAX);
		assert_ok(
		    response_to_be_signed(s->response, 0, i, ret, &err), &err);
		s->wanted.covers = type;
		return true;
	}
	return false;
}

static const struct cds_policy policies[] = {
	{ .cdnskey = true, .n_digests = 1, .digests = { DS_DIGEST_SHA256 } },
	{ .cdnskey = true, .n_digests = 2,
	    .digests = { DS_DIGEST_SHA256, DS_DIGEST_SHA384 } },
	{ .n_digests = 1, .digests = { DS_DIGEST_SHA384 } },
	{ .delete = true },
};

static const struct {
	struct schema_slot slot;
	size_t signer;
} slots[] = {
	{ { OLD_BIT, OLD_BIT, 0 }, OLD },
	{ { OLD_BIT | NEW_BIT, NEW_BIT, 0 }, NEW },
	{ { NEW_BIT, OLD_BIT | NEW_BIT, OLD_BIT }, NEW },
};

static const uint16_t types[] = { RRTYPE_CDNSKEY, RRTYPE_CDS };

/* Each of policy, slot and type that there is, by itself. */
static void
each(void (*try)(struct scene *, const struct buf *))
{
	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		for (size_t j = 0; j < ARRAY_LEN(slots); j++)
			for (size_t k = 0; k < ARRAY_LEN(types); k++) {
				struct scene s;
				struct buf octets;

				scene_new(&s, &policies[i], slots[j].slot,
				    slots[j].signer);
				if (octets_of(&s, types[k], &octets)) {
					assert_true(is_cleared(
					    &s, buf_bytes(&octets)));
					try(&s, &octets);
					assert_true(is_cleared(
					    &s, buf_bytes(&octets)));
					buf_free(&octets);
				}
				scene_free(&s);
			}
}

static void
change_bits(struct scene *s, const struct buf *octets)
{
	uint8_t *copy = malloc(octets->len);

	assert_non_null(copy);
	for (size_t i = 0; i < 8 * octets->len; i++) {
		memcpy(copy, octets->data, octets->len);
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ (1u << i % 8));
		if (is_cleared(s, (struct bytes){ copy, octets->len }))
			fail_msg("bit %zu of octet %zu", i % 8, i / 8);
	}
	for (size_t len = 0; len < octets->len; len++)
		assert_false(
		    is_cleared(s, (struct bytes){ octets->data, len }));
	free(copy);
}

static void
clear_child_refuses_every_changed_bit(void **state)
{
	(void)state;
	each(change_bits);
}

/* Where the records begin, and how long the first is. */
static size_t
head_len(const struct buf *octets)
{
	size_t at = 18;

	while (octets->data[at] != 0)
		at += 1u + octets->data[at];
	return at + 1;
}

static size_t
record_len(const struct buf *octets, size_t at)
{
	size_t len = at;

	while (octets->data[len] != 0)
		len += 1u + octets->data[len];
	len += 1 + 8;
	return len - at + 2u +
	    (size_t)(octets->data[len] << 8 | octets->data[len + 1]);
}

/* The first record left out, twice, or behind the others. */
static void
change_records(struct scene *s, const struct buf *octets)
{
	size_t at = head_len(octets), len = record_len(octets, at);
	size_t rest = octets->len - at - len;
	struct buf made = buf_new(2 * TO_BE_SIGNED_MAX);

	buf_put(&made, octets->data, at);
	buf_put(&made, octets->data + at + len, rest);
	assert_false(is_cleared(s, buf_bytes(&made)));
	buf_put(&made, octets->data + at, len);
	if (rest > 0)
		assert_false(is_cleared(s, buf_bytes(&made)));
	buf_free(&made);
	made = buf_new(2 * TO_BE_SIGNED_MAX);
	buf_put(&made, octets->data, at + len);
	buf_put(&made, octets->data + at, octets->len - at);
	assert_false(is_cleared(s, buf_bytes(&made)));
	buf_free(&made);
}

static void
clear_child_refuses_records_left_out_added_or_moved(void **state)
{
	(void)state;
	each(change_records);
}

/* The same octets under what else could be wanted. */
static void
change_wanted(struct scene *s, const struct buf *octets)
{
	const struct bytes bytes = buf_bytes(octets);
	const struct clear_wanted wanted = s->wanted;
	const struct cds_policy cds = s->config->cds;
	struct schema_slot slot = s->slot;

	/* As the other type, as DNSKEYs, as something else. */
	for (uint16_t type = 0; type < 300; type++) {
		s->wanted.covers = type;
		assert_int_equal(
		    is_cleared(s, bytes), type == wanted.covers);
	}
	s->wanted = wanted;
	/* Under no policy, and each other one. */
	s->config->cds = (struct cds_policy){ 0 };
	assert_false(is_cleared(s, bytes));
	s->config->cds.delete = !cds.delete;
	s->config->cds.cdnskey = cds.delete;
	assert_false(is_cleared(s, bytes));
	s->config->cds = cds;
	/* Nobody knows the key, or it is not the pinned one. */
	s->wanted.ksks[s->wanted.signer] = NULL;
	assert_false(is_cleared(s, bytes));
	s->wanted.ksks[s->wanted.signer] = &s->known[1 - s->wanted.signer];
	assert_false(is_cleared(s, bytes));
	s->wanted = wanted;
	s->config->keys[s->wanted.signer].ds_sha256[31] ^= 1;
	assert_false(is_cleared(s, bytes));
	s->config->keys[s->wanted.signer].ds_sha256[31] ^= 1;
	/* A slot in which the signer is revoked, or does not sign. */
	slot.revoke |= UINT32_C(1) << s->wanted.signer;
	slot.publish &= ~(UINT32_C(1) << s->wanted.signer);
	s->wanted.slot = &slot;
	assert_false(is_cleared(s, bytes));
	slot = s->slot;
	slot.sign &= ~(UINT32_C(1) << s->wanted.signer);
	assert_false(is_cleared(s, bytes));
	s->wanted = wanted;
	/* A slot that publishes one KSK less, and one more. */
	for (uint32_t bit = OLD_BIT; bit <= NEW_BIT; bit <<= 1) {
		slot = s->slot;
		slot.publish ^= bit;
		slot.revoke &= ~bit;
		s->wanted.slot = &slot;
		if ((slot.publish & UINT32_C(1) << wanted.signer) != 0 &&
		    !cds.delete)
			assert_false(is_cleared(s, bytes));
	}
	s->wanted = wanted;
	/* Another zone, TTL, and times. */
	strcpy(s->config->ksk_policy.signers_name, "example.net.");
	assert_false(is_cleared(s, bytes));
	strcpy(s->config->ksk_policy.signers_name, "Example.ORG.");
	s->config->ksk_policy.ttl_s++;
	assert_false(is_cleared(s, bytes));
	s->config->ksk_policy.ttl_s--;
	s->request->bundles[0].expiration--;
	assert_false(is_cleared(s, bytes));
	s->request->bundles[0].expiration++;
}

static void
clear_child_refuses_what_is_wanted_otherwise(void **state)
{
	(void)state;
	each(change_wanted);
}

/* RFC 7344 is about a parent: whatever the policy says, the root has none. */
static void
clear_child_of_the_root_is_refused(void **state)
{
	static const uint8_t names[] = { 0 };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(types); k++) {
		struct scene s;
		struct buf octets, made = buf_new(TO_BE_SIGNED_MAX);
		size_t at;

		scene_new(&s, &policies[3], slots[0].slot, OLD);
		assert_true(octets_of(&s, types[k], &octets));
		strcpy(s.config->ksk_policy.signers_name, ".");
		pin_ksk(s.config, OLD, &s.known[OLD]);
		/* The same, of the root. */
		at = head_len(&octets);
		buf_put(&made, octets.data, 3);
		buf_u8(&made, 0); /* labels */
		buf_put(&made, octets.data + 4, 14);
		buf_put(&made, names, 1);
		buf_put(&made, names, 1);
		at += head_len(&octets) - 18;
		buf_put(&made, octets.data + at, octets.len - at);
		assert_false(is_cleared(&s, buf_bytes(&made)));
		buf_free(&made);
		buf_free(&octets);
		scene_free(&s);
	}
}

/* What no format has a place for, or no zone a parent, is not built either. */
static void
response_without_a_place_for_child_records_is_refused(void **state)
{
	struct ksr *response = NULL;
	struct scene s;
	struct err err;

	(void)state;
	scene_new(&s, &policies[0], slots[0].slot, OLD);
	s.request->format = KSR_XML;
	assert_false(response_build(
	    s.config, &s.schema, s.request, s.known, &response, &err));
	assert_message_has(&err, "has no place for the CDNSKEY and CDS");
	s.request->format = KSR_BIND;
	strcpy(s.request->domain, ".");
	assert_false(response_build(
	    s.config, &s.schema, s.request, s.known, &response, &err));
	assert_message_has(&err, "the root has no parent");
	scene_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_child_refuses_every_changed_bit),
		cmocka_unit_test(
		    clear_child_refuses_records_left_out_added_or_moved),
		cmocka_unit_test(clear_child_refuses_what_is_wanted_otherwise),
		cmocka_unit_test(clear_child_of_the_root_is_refused),
		cmocka_unit_test(
		    response_without_a_place_for_child_records_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
