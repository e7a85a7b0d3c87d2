#include "ksr/rules/independent.h"
#include "tests/support/keys.h"

#define INCEPTION  INT64_C(1491868800)
#define EXPIRATION INT64_C(1493683200)

/* A response of one bundle in "se", signed by its KSK. */
struct sample {
	struct keypair ksk;
	struct ksr *response;
};

static struct bundle *
sample_bundle(struct sample *s)
{
	return &s->response->bundles[0];
}

static struct rrsig *
sample_sig(struct sample *s)
{
	return &s->response->bundles[0].signatures[0];
}

static void
sample_sign(struct sample *s, int64_t inception, int64_t expiration)
{
	struct bundle *b = sample_bundle(s);

	b->inception = inception;
	b->expiration = expiration;
	rrset_sign(&s->ksk, s->response->domain, b->keys, b->n_keys, inception,
	    expiration, sample_sig(s));
}

static struct sample
sample_new(
    const char *domain, uint8_t algorithm, uint16_t ksk_flags, uint8_t protocol)
{
	struct sample s = {
		.ksk = keypair_new("Ksk", ksk_flags, algorithm, 1024),
		.response = ksr_new(KSR_RESPONSE, 1),
	};
	struct keypair zsk = keypair_new("zsk", 256, algorithm, 1024);
	struct err err;

	assert_non_null(s.response);
	s.ksk.dnskey.protocol = protocol;
	s.ksk.dnskey.tag = dnskey_tag(&s.ksk.dnskey);
	while (zsk.dnskey.tag == s.ksk.dnskey.tag) {
		keypair_free(&zsk);
		zsk = keypair_new("zsk", 256, algorithm, 1024);
	}
	strcpy(s.response->domain, domain);
	strcpy(s.response->bundles[0].id, "b1");
	assert_ok(bundle_alloc(sample_bundle(&s), 2, 1, &err), &err);
	sample_bundle(&s)->keys[0] = s.ksk.dnskey;
	sample_bundle(&s)->keys[1] = zsk.dnskey;
	sample_sign(&s, INCEPTION, EXPIRATION);
	keypair_free(&zsk);
	return s;
}

static void
sample_free(struct sample *s)
{
	keypair_free(&s->ksk);
	ksr_free(s->response);
}

static void
assert_refused(const struct sample *s, const char *message)
{
	struct err err;

	assert_false(independent_verify(s->response, 0, 0, &err));
	assert_message_has(&err, message);
	assert_message_has(&err, "bundle 1 (b1): signature 1 by ");
	assert_int_equal(err.code, E_REFUSED);
}

static void
independent_verify_corpus_verifies(void **state)
{
	static const char *const corpus[] = {
		"root/skr-root-2017-q1-0.xml",
		"root/skr-root-2017-q2-0.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml",
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(corpus); f++) {
		struct ksr *skr = corpus_ksr(corpus[f]);
		struct err err;

		assert_int_equal(skr->n_bundles, 9);
		for (size_t i = 0; i < skr->n_bundles; i++)
			assert_ok(independent_verify(skr, i, 0, &err), &err);
		ksr_free(skr);
	}
}

/* One octet of any corpus signature, key or time makes ldns refuse it. */
static void
independent_verify_altered_corpus_is_refused(void **state)
{
	struct ksr *skr = corpus_ksr("root/skr-root-2017-q2-0.xml");
	struct bundle *b = &skr->bundles[4];
	struct err err;

	(void)state;
	b->signatures[0].signature[100] ^= 4;
	assert_false(independent_verify(skr, 4, 0, &err));
	assert_message_has(&err, "bundle 5 (");
	assert_message_has(&err, "does not verify: Bogus DNSSEC signature");
	b->signatures[0].signature[100] ^= 4;
	assert_ok(independent_verify(skr, 4, 0, &err), &err);
	b->keys[0].public_key[100] ^= 4;
	assert_false(independent_verify(skr, 4, 0, &err));
	assert_message_has(&err, "but its RDATA gives");
	b->keys[0].public_key[100] ^= 4;
	b->expiration += 86400;
	b->signatures[0].expiration += 86400;
	assert_false(independent_verify(skr, 4, 0, &err));
	assert_message_has(&err, "does not verify");
	ksr_free(skr);
}

#define L60 "abcdefghijklmnopqrstabcdefghijklmnopqrstABCDEFGHIJKLMNOPQRST"
#define L63 L60 "xyz"

static void
independent_verify_every_algorithm_and_name_verifies(void **state)
{
	static const struct {
		const char *domain;
		uint8_t algorithm;
		uint16_t flags;
	} cases[] = {
		{ ".", 8, 257 },
		{ "se", 8, 385 },
		{ "Example.NET.", 10, 257 },
		{ "se", 13, 257 },
		{ "a.b.c.se.", 14, 257 },
		{ "se", 15, 257 },
		{ "se", 16, 257 },
		{ "A\\.b\\;\\\\.Example", 13, 257 },
		{ "\\000\\032\\255\\090", 13, 257 },
		{ "!a\\$*.xn--4gbrim.", 13, 257 },
		{ L63 "." L63 "." L63 ".\\046" L60, 13, 257 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sample s = sample_new(
		    cases[i].domain, cases[i].algorithm, cases[i].flags, 3);
		struct err err;

		assert_ok(independent_verify(s.response, 0, 0, &err), &err);
		sample_sig(&s)->signature[3] ^= 1;
		assert_refused(&s, "does not verify");
		sample_free(&s);
	}
}

static void
independent_verify_past_2038_verifies(void **state)
{
	static const int64_t inceptions[] = {
		INT64_C(2147483647) - 86400, /* spans 2038-01-19 */
		INT64_C(2147483648),
		INT64_C(4294967296) - 86400, /* spans 2106-02-07 */
		INT64_C(4294967296) + 86400,
	};
	struct sample s = sample_new("se", 13, 257, 3);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inceptions); i++) {
		struct err err;

		sample_sign(&s, inceptions[i], inceptions[i] + 21 * 86400);
		assert_ok(independent_verify(s.response, 0, 0, &err), &err);
	}
	sample_free(&s);
}

/* Everything here is signed correctly, or is what ldns does not look at. */
static void
independent_verify_wrong_field_is_refused(void **state)
{
	struct sample s = sample_new("se", 13, 257, 3);
	struct bundle *b = sample_bundle(&s), good = *b;
	struct rrsig good_sig = *sample_sig(&s);
	struct dnskey good_keys[2] = { b->keys[0], b->keys[1] };

	(void)state;
#define REFUSED(change, message)                               \
	do {                                                   \
		change;                                        \
		assert_refused(&s, message);                   \
		*b = good;                                     \
		*sample_sig(&s) = good_sig;                    \
		memcpy(b->keys, good_keys, sizeof(good_keys)); \
		strcpy(s.response->domain, "se");              \
	} while (0)
	REFUSED(sample_sig(&s)->algorithm = 8, "no key Ksk with tag");
	REFUSED(sample_sig(&s)->tag++, "no key Ksk with tag");
	REFUSED(strcpy(sample_sig(&s)->identifier, "zsk"), "no key zsk with");
	REFUSED(strcpy(b->keys[0].identifier, "K"), "no key Ksk with tag");
	REFUSED(sample_sig(&s)->labels = 2, "2 labels, but the owner has 1");
	REFUSED(sample_sig(&s)->ttl_s++, "is not the original TTL 172800");
	REFUSED(sample_sig(&s)->original_ttl_s++,
	    "key Ksk: TTL 172800, but signed with 172801");
	REFUSED(b->keys[1].ttl_s = 1, "key zsk: TTL 1, but signed with");
	REFUSED(b->keys[1].tag++, "key zsk: key tag");
	REFUSED(b->keys[0].tag++, "key Ksk: key tag");
	REFUSED(b->keys[1] = b->keys[0], "key Ksk: in the RRset twice");
	REFUSED(sample_sig(&s)->inception++, "are not the bundle's");
	REFUSED(b->inception--, "are not the bundle's");
	REFUSED(sample_sig(&s)->expiration++, "are not the bundle's");
	REFUSED(b->expiration--, "are not the bundle's");
	/* The same 32 bits on the wire. */
	REFUSED(sample_sig(&s)->expiration += INT64_C(1) << 32,
	    "are not the bundle's");
	REFUSED(strcpy(sample_sig(&s)->signers_name, "."), "signer's name .");
	REFUSED(strcpy(s.response->domain, "no"), "signer's name se.");
	strcpy(s.response->domain, "s\\101");
	assert_true(independent_verify(s.response, 0, 0, &(struct err){ 0 }));
	REFUSED(strcpy(s.response->domain, "s\\1"), "is no domain name");
	REFUSED(strcpy(s.response->domain, "s\\256"), "is no domain name");
	REFUSED(strcpy(s.response->domain, "se\\"), "is no domain name");
	REFUSED(strcpy(s.response->domain, "\\046..se"), "is no domain name");
	REFUSED(strcpy(s.response->domain, L63 "\\046"), "is no domain name");
	REFUSED(strcpy(s.response->domain, L63 "\\046.se"), "is no domain name");
	REFUSED(strcpy(s.response->domain,
		    L63 "." L63 "." L63 ".\\046xx" L60), "is no domain name");
	REFUSED(strcpy(s.response->domain, "s\\102"), "signer's name se.");
	REFUSED(strcpy(s.response->domain, ""), "is no domain name");
	REFUSED(strcpy(sample_sig(&s)->signers_name, ""), "no domain name");
	REFUSED(sample_sig(&s)->signature_len--, "does not verify");
	REFUSED(sample_sig(&s)->signature_len = 0, "does not verify");
	REFUSED(b->n_keys = 1, "does not verify");
	assert_true(independent_verify(s.response, 0, 0, &(struct err){ 0 }));
	sample_free(&s);
}

static void
independent_verify_correctly_signed_but_forbidden_is_refused(void **state)
{
	static const struct {
		uint16_t flags;
		uint8_t protocol;
		int64_t expiration;
		const char *message;
	} cases[] = {
		{ 1, 3, EXPIRATION, "flags 1 have no ZONE bit" },
		{ 129, 3, EXPIRATION, "flags 129 have no ZONE bit" },
		{ 257, 2, EXPIRATION, "protocol 2, not 3" },
		{ 257, 3, INCEPTION, "not after inception" },
		{ 257, 3, INCEPTION - 1, "not after inception" },
		{ 257, 3, INCEPTION + (INT64_C(1) << 31),
		    "not after inception" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sample s =
		    sample_new("se", 13, cases[i].flags, cases[i].protocol);

		sample_sign(&s, INCEPTION, cases[i].expiration);
		assert_refused(&s, cases[i].message);
		sample_free(&s);
	}
}

static void
independent_verify_other_keys_signature_is_refused(void **state)
{
	struct sample s = sample_new("se", 13, 257, 3);
	struct sample other = sample_new("se", 13, 257, 3);

	(void)state;
	memcpy(sample_sig(&s)->signature, sample_sig(&other)->signature, 64);
	assert_refused(&s, "does not verify");
	sample_free(&other);
	sample_free(&s);
}

static void
independent_verify_no_such_signature_is_an_error(void **state)
{
	struct sample s = sample_new("se", 13, 257, 3);
	struct err err;

	(void)state;
	assert_false(independent_verify(s.response, 0, 1, &err));
	assert_message_has(&err, "no signature 2 in bundle 1");
	assert_false(independent_verify(s.response, 1, 0, &err));
	assert_message_has(&err, "no signature 1 in bundle 2");
	sample_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(independent_verify_corpus_verifies),
		cmocka_unit_test(independent_verify_altered_corpus_is_refused),
		cmocka_unit_test(
		    independent_verify_every_algorithm_and_name_verifies),
		cmocka_unit_test(independent_verify_past_2038_verifies),
		cmocka_unit_test(independent_verify_wrong_field_is_refused),
		cmocka_unit_test(
		    independent_verify_correctly_signed_but_forbidden_is_refused),
		cmocka_unit_test(
		    independent_verify_other_keys_signature_is_refused),
		cmocka_unit_test(
		    independent_verify_no_such_signature_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
