#include <ldns/ldns.h>

#include "ksr/document/presentation.h"
#include "tests/support/keys.h"

static char *
text_of(void (*format)(const struct ksr *, struct buf *), const struct ksr *ksr)
{
	struct buf buf = buf_new(1024 * 1024);
	char *text;

	format(ksr, &buf);
	buf_u8(&buf, 0);
	assert_false(buf.failed);
	text = test_malloc(buf.len);
	memcpy(text, buf.data, buf.len);
	buf_free(&buf);
	return text;
}

/* A bundle of January 2018 with this many keys and signatures. */
static struct bundle *
fill(struct ksr *ksr, size_t i, size_t n_keys, size_t n_signatures)
{
	struct bundle *b = &ksr->bundles[i];
	struct err err;

	assert_ok(bundle_alloc(b, n_keys, n_signatures, &err), &err);
	strcpy(b->id, "id");
	b->inception = INT64_C(1514764800) + (int64_t)i * 864000;
	b->expiration = b->inception + 21 * 86400;
	return b;
}

static void
set_key(
    struct dnskey *key, const char *identifier, uint16_t tag, uint16_t flags)
{
	strcpy(key->identifier, identifier);
	key->tag = tag;
	key->flags = flags;
	key->protocol = 3;
	key->algorithm = 8;
}

static void
set_signer(struct rrsig *sig, const char *identifier, uint16_t tag)
{
	strcpy(sig->identifier, identifier);
	sig->tag = tag;
	sig->algorithm = 8;
}

static void
ksr_table_corpus_response_is_as_published(void **state)
{
	static const char expected[] =
	    "#  Inception           Expiration           ZSK Tags      "
	    "KSK Tag(CKA_LABEL)\n"
	    "1  2018-01-01T00:00:00 2018-01-22T00:00:00  41824,46809   "
	    "19036(Kjqmt7v)/S,20326(Klajeyz)/P\n"
	    "2  2018-01-11T00:00:00 2018-02-01T00:00:00  41824         "
	    "19036(Kjqmt7v)/P,20326(Klajeyz)/S\n";
	struct ksr *skr = corpus_ksr("root/skr-root-2018-q1-0-d_to_e.xml");
	char *text = text_of(ksr_table, skr);

	(void)state;
	text[sizeof(expected) - 1] = '\0';
	assert_string_equal(text, expected);
	test_free(text);
	ksr_free(skr);
}

static void
ksr_table_corpus_request_has_no_ksks(void **state)
{
	struct ksr *ksr = corpus_ksr("root/ksr-root-2017-q2-0.xml");
	char *text = text_of(ksr_table, ksr), *line = text;
	size_t n = 0;

	(void)state;
	for (char *end; (end = strchr(line, '\n')) != NULL; n++) {
		assert_int_not_equal(end[-1], ' ');
		if (n > 0)
			assert_true(end - line < 58);
		line = end + 1;
	}
	assert_int_equal(n, 10);
	assert_non_null(strstr(text, "ZSK Tags      KSK Tag(CKA_LABEL)\n"));
	test_free(text);
	ksr_free(ksr);
}

/* Every role of a KSK, and columns as wide as their widest row. */
static void
ksr_table_roles_and_columns_are_aligned(void **state)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 10);
	char *text;
	struct bundle *b;

	(void)state;
	b = fill(ksr, 0, 4, 2);
	set_key(&b->keys[0], "z", 7, 256);
	set_key(&b->keys[1], "a", 1, 257);
	set_key(&b->keys[2], "b", 2, 385);
	set_key(&b->keys[3], "c", 3, 385);
	set_signer(&b->signatures[0], "a", 1);
	set_signer(&b->signatures[1], "c", 3);
	b = fill(ksr, 1, 4, 2);
	set_key(&b->keys[0], "x", 11111, 256);
	set_key(&b->keys[1], "y", 22222, 256);
	set_key(&b->keys[2], "z", 33333, 256);
	set_key(&b->keys[3], "a", 65535, 257);
	/* Neither is this key's signature. */
	set_signer(&b->signatures[0], "b", 65535);
	set_signer(&b->signatures[1], "a", 1);
	for (size_t i = 2; i < 10; i++)
		fill(ksr, i, 0, 0);
	text = text_of(ksr_table, ksr);
	assert_non_null(strstr(text,
	    "#   Inception           Expiration           "
	    "ZSK Tags            KSK Tag(CKA_LABEL)\n"
	    "1   2018-01-01T00:00:00 2018-01-22T00:00:00  "
	    "7                   1(a)/S,2(b)/R,3(c)/RS\n"
	    "2   2018-01-11T00:00:00 2018-02-01T00:00:00  "
	    "11111,22222,33333   65535(a)/P\n"
	    "3   2018-01-21T00:00:00 2018-02-11T00:00:00\n"));
	assert_non_null(
	    strstr(text, "\n10  2018-04-01T00:00:00 2018-04-22T00:00:00\n"));
	test_free(text);
	ksr_free(ksr);
}

static void
ksr_table_hostile_label_cannot_look_like_a_key(void **state)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 1);
	struct bundle *b = fill(ksr, 0, 1, 0);
	char *text;

	(void)state;
	set_key(&b->keys[0], "K)/S,2(\\x \x1b\n~", 1, 257);
	text = text_of(ksr_table, ksr);
	assert_non_null(strstr(
	    text, " 1(K\\x29\\x2fS\\x2c2\\x28\\x5cx\\x20\\x1b\\x0a~)/P\n"));
	test_free(text);
	ksr_free(ksr);
}

static void
ksr_dns_records_are_in_presentation_form(void **state)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 1);
	struct bundle *b = fill(ksr, 0, 1, 1);
	char *text;

	(void)state;
	strcpy(ksr->domain, "Example.SE");
	set_key(&b->keys[0], "K", 1, 257);
	b->keys[0].ttl_s = 172800;
	b->keys[0].public_key_len = 3;
	memcpy(b->keys[0].public_key, "abc", 3);
	b->signatures[0] = (struct rrsig){
		.ttl_s = 3600,
		.algorithm = 8,
		.labels = 2,
		.original_ttl_s = 7200,
		.inception = b->inception,
		.expiration = b->expiration,
		.tag = 19036,
		.signers_name = "EXAMPLE.se.",
		.signature = "defg",
		.signature_len = 4,
	};
	strcpy(b->id, "a\nb");
	text = text_of(ksr_dns, ksr);
	assert_string_equal(text,
	    "; bundle 1 a\\x0ab 2018-01-01T00:00:00 2018-01-22T00:00:00\n"
	    "example.se. 172800 IN DNSKEY 257 3 8 YWJj\n"
	    "example.se. 3600 IN RRSIG DNSKEY 8 2 7200 20180122000000 "
	    "20180101000000 19036 example.se. ZGVmZw==\n");
	test_free(text);
	ksr_free(ksr);
}

static void
ksr_dns_impossible_name_fails(void **state)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 1);
	struct bundle *b = fill(ksr, 0, 0, 1);
	struct buf buf = buf_new(1000);

	(void)state;
	strcpy(ksr->domain, ". 1 IN A 192.0.2.1\n.");
	strcpy(b->signatures[0].signers_name, ".");
	ksr_dns(ksr, &buf);
	assert_true(buf.failed);
	buf_free(&buf);
	buf = buf_new(1000);
	strcpy(ksr->domain, ".");
	strcpy(b->signatures[0].signers_name, ". x\n");
	ksr_dns(ksr, &buf);
	assert_true(buf.failed);
	buf_free(&buf);
	ksr_free(ksr);
}

/* What ldns read of one bundle's lines. */
struct zone {
	ldns_rr_list *keys, *signatures;
};

static void
zone_add(struct zone *zone, const char *line)
{
	ldns_rr *rr = NULL;

	assert_int_equal(
	    LDNS_STATUS_OK, ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL));
	assert_true(ldns_rr_list_push_rr(
	    ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG ? zone->signatures
						       : zone->keys,
	    rr));
}

/* Verifies and forgets what was read; returns how many signatures. */
static size_t
zone_verify(struct zone *zone)
{
	size_t n = ldns_rr_list_rr_count(zone->signatures);

	for (size_t i = 0; i < n; i++) {
		ldns_rr_list *good = ldns_rr_list_new();

		assert_int_equal(LDNS_STATUS_OK,
		    ldns_verify_rrsig_keylist_notime(zone->keys,
			ldns_rr_list_rr(zone->signatures, i), zone->keys,
			good));
		ldns_rr_list_free(good);
	}
	ldns_rr_list_deep_free(zone->keys);
	ldns_rr_list_deep_free(zone->signatures);
	zone->keys = ldns_rr_list_new();
	zone->signatures = ldns_rr_list_new();
	return n;
}

static void
ksr_dns_corpus_is_read_and_verified_by_ldns(void **state)
{
	static const struct {
		const char *name;
		size_t n_signatures;
	} cases[] = {
		{ "root/ksr-root-2017-q2-0.xml", 11 },
		{ "root/skr-root-2017-q2-0.xml", 9 },
		{ "root/skr-root-2018-q1-0-d_to_e.xml", 9 },
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(cases); f++) {
		struct ksr *ksr = corpus_ksr(cases[f].name);
		char *text = text_of(ksr_dns, ksr), *rest = text, *line;
		struct zone zone = { ldns_rr_list_new(), ldns_rr_list_new() };
		size_t n = 0;

		while ((line = strsep(&rest, "\n")) != NULL)
			if (*line == ';')
				n += zone_verify(&zone);
			else if (*line != '\0')
				zone_add(&zone, line);
		n += zone_verify(&zone);
		assert_int_equal(n, cases[f].n_signatures);
		ldns_rr_list_free(zone.keys);
		ldns_rr_list_free(zone.signatures);
		test_free(text);
		ksr_free(ksr);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ksr_table_corpus_response_is_as_published),
		cmocka_unit_test(ksr_table_corpus_request_has_no_ksks),
		cmocka_unit_test(ksr_table_roles_and_columns_are_aligned),
		cmocka_unit_test(
		    ksr_table_hostile_label_cannot_look_like_a_key),
		cmocka_unit_test(ksr_dns_records_are_in_presentation_form),
		cmocka_unit_test(ksr_dns_impossible_name_fails),
		cmocka_unit_test(ksr_dns_corpus_is_read_and_verified_by_ldns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
