#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "tests/support/keys.h"

static struct dnskey
key_of_base64(uint16_t flags, uint8_t algorithm, const char *base64)
{
	struct dnskey key = {
		.ttl_s = 172800,
		.flags = flags,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = algorithm,
	};
	size_t len;

	assert_true(
	    base64_parse(base64, key.public_key, sizeof(key.public_key), &len));
	key.public_key_len = (uint16_t)len;
	return key;
}

static void
assert_ds(const char *owner, const struct dnskey *key, const char *hex)
{
	uint8_t expected[DS_SHA256_SIZE], ds[DS_SHA256_SIZE];
	struct dname name;
	struct err err;

	assert_true(hex_parse(hex, expected, sizeof(expected)));
	assert_ok(dname_parse(owner, &name, &err), &err);
	assert_ok(dnskey_ds(&name, key, ds, &err), &err);
	assert_memory_equal(ds, expected, sizeof(ds));
}

/* The examples of RFC 5702, RFC 6605 and RFC 8080. */
static const char p256_key[] =
    "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+"
    "e+MAnLr+Wi9xMWyQLc8NAA==";
static const char p384_key[] =
    "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RC"
    "OpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40";
static const char ed25519_key[] =
    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";
static const char ed448_key[] =
    "3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYU"
    "cJKm1MDpJtIA";
static const char rsa512_key[] =
    "AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4"
    "cAgtvd4Qs8PkxUdp6p/DlUmObdk=";

static void
dnskey_tag_published_examples_agree(void **state)
{
	static const struct {
		uint16_t flags;
		uint8_t algorithm;
		const char *base64;
		uint16_t tag;
		const char *ds; /* SHA-256, or NULL if it has another */
		const char *owner;
	} cases[] = {
		{ 256, 8, rsa512_key, 9033, NULL, NULL },
		{ 257, 13, p256_key, 55648,
		    "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e3"
		    "7df61d17",
		    "example.net" },
		{ 257, 14, p384_key, 10771, NULL, NULL },
		{ 257, 15, ed25519_key, 3613,
		    "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78"
		    "e79a304b",
		    "example.com" },
		{ 257, 16, ed448_key, 9713,
		    "6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5"
		    "cb2b19c7",
		    "example.com" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = key_of_base64(
		    cases[i].flags, cases[i].algorithm, cases[i].base64);

		assert_int_equal(dnskey_tag(&key), cases[i].tag);
		if (cases[i].ds != NULL)
			assert_ds(cases[i].owner, &key, cases[i].ds);
	}
}

static void
dnskey_tag_rsamd5_is_of_the_modulus(void **state)
{
	struct dnskey key = { .flags = 256,
		.protocol = 3,
		.algorithm = 1,
		.public_key = { 1, 3, 0xaa, 0xbb, 0xcc, 0xdd },
		.public_key_len = 6 };

	(void)state;
	assert_int_equal(dnskey_tag(&key), 0xbbcc);
	key.public_key_len = 2;
	assert_int_equal(dnskey_tag(&key), 0);
}

static const char *const corpus[] = {
	"root/ksr-root-2016-q3-0.xml",
	"root/ksr-root-2017-q2-0.xml",
	"root/ksr-root-2018-q1-0-d_to_e.xml",
	"root/skr-root-2017-q1-0.xml",
	"root/skr-root-2017-q2-0.xml",
	"root/skr-root-2018-q1-0-d_to_e.xml",
};

static void
dnskey_tag_corpus_is_as_declared(void **state)
{
	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(corpus); f++) {
		struct ksr *ksr = corpus_ksr(corpus[f]);

		for (size_t i = 0; i < ksr->n_bundles; i++)
			for (size_t j = 0; j < ksr->bundles[i].n_keys; j++) {
				struct dnskey *key = &ksr->bundles[i].keys[j];

				assert_int_equal(dnskey_tag(key), key->tag);
			}
		ksr_free(ksr);
	}
}

/* The key with this label, from the 2018 response. */
static struct dnskey
root_ksk(const char *label)
{
	struct ksr *ksr = corpus_ksr("root/skr-root-2018-q1-0-d_to_e.xml");
	struct bundle *bundle = &ksr->bundles[1];
	struct dnskey key = { .flags = 0 };

	for (size_t i = 0; i < bundle->n_keys; i++)
		if (strcmp(bundle->keys[i].identifier, label) == 0)
			key = bundle->keys[i];
	assert_int_equal(key.flags, DNSKEY_FLAGS_KSK);
	ksr_free(ksr);
	return key;
}

static void
dnskey_ds_root_ksks_are_the_published_ones(void **state)
{
	static const struct {
		const char *label;
		uint16_t tag;
		uint16_t revoked_tag;
		const char *ds;
	} cases[] = {
		{ "Kjqmt7v", 19036, 19164,
		    "49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32"
		    "F24E8FB5" },
		{ "Klajeyz", 20326, 20454,
		    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237"
		    "C7F8EC8D" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = root_ksk(cases[i].label);

		assert_int_equal(dnskey_tag(&key), cases[i].tag);
		assert_ds(".", &key, cases[i].ds);
		key.flags = DNSKEY_FLAGS_KSK_REVOKED;
		assert_int_equal(dnskey_tag(&key), cases[i].revoked_tag);
		assert_ds(".", &key, cases[i].ds);
	}
}

static void
dnskey_ds_ksk_2024_is_the_published_one(void **state)
{
	struct dnskey key = key_of_base64(DNSKEY_FLAGS_KSK, 8,
	    "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyG"
	    "wCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8"
	    "e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/"
	    "dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGO"
	    "HOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2"
	    "vaF18UYH9Z9GNUUeayffKC73PYc=");

	(void)state;
	assert_int_equal(dnskey_tag(&key), 38696);
	assert_ds(".", &key,
	    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16");
}

static void
dnskey_equal_sees_every_field(void **state)
{
	struct dnskey key = key_of_base64(257, 13, p256_key);
	struct dnskey other;

	(void)state;
	other = key;
	assert_true(dnskey_equal(&key, &other));
#define DIFFERS(change, same)                                          \
	do {                                                           \
		other = key;                                           \
		change;                                                \
		assert_false(dnskey_equal(&key, &other));              \
		assert_int_equal(dnskey_same_key(&key, &other), same); \
	} while (0)
	DIFFERS(other.flags = 385, true);
	DIFFERS(other.protocol = 2, true);
	DIFFERS(other.tag++, true);
	DIFFERS(other.ttl_s++, true);
	DIFFERS(other.identifier[0] = 'x', true);
	DIFFERS(other.algorithm = 8, false);
	DIFFERS(other.public_key[63] ^= 1, false);
	DIFFERS(other.public_key_len--, false);
}

/* An RRset small enough to write down. */
static struct dnskey
tiny_key(uint16_t flags, uint8_t octet, uint16_t len)
{
	struct dnskey key = {
		.ttl_s = 1,
		.flags = flags,
		.protocol = 3,
		.algorithm = 8,
		.public_key = { octet, octet },
		.public_key_len = len,
	};

	return key;
}

static const struct rrsig tiny_rrsig = {
	.ttl_s = 7,
	.algorithm = 8,
	.labels = 1,
	.original_ttl_s = 0x0002a300,
	.expiration = INT64_C(0x100000005), /* 2106, cut to 5 */
	.inception = INT64_C(0xfffffffe),
	.tag = 0x4a5c,
	.signers_name = "SE.",
	.signature_len = 3,
	.signature = { 9, 9, 9 },
};

static const uint8_t tiny_tbs[] = {
	0, 48, 8, 1, 0, 2, 0xa3, 0, /* covered, algorithm, labels, TTL */
	0, 0, 0, 5, 0xff, 0xff, 0xff, 0xfe, 0x4a, 0x5c, /* times, tag */
	2, 's', 'e', 0,                                 /* signer's name */
	/* The shorter RDATA first, then by octets, each once. */
	2, 's', 'e', 0, 0, 48, 0, 1, 0, 2, 0xa3, 0, 0, 5, /* ... length */
	1, 0, 3, 8, 0x80,                                 /* RDATA */
	2, 's', 'e', 0, 0, 48, 0, 1, 0, 2, 0xa3, 0, 0, 6, /* */
	1, 0, 3, 8, 0x80, 0x80,                           /* */
	2, 's', 'e', 0, 0, 48, 0, 1, 0, 2, 0xa3, 0, 0, 5, /* */
	1, 1, 3, 8, 0x7f,                                 /* */
	2, 's', 'e', 0, 0, 48, 0, 1, 0, 2, 0xa3, 0, 0, 5, /* */
	1, 0x81, 3, 8, 0x01,                              /* */
};

static void
rrset_to_be_signed_any_order_gives_the_canonical_one(void **state)
{
	const struct dnskey a = tiny_key(256, 0x80, 1);
	const struct dnskey b = tiny_key(256, 0x80, 2);
	const struct dnskey c = tiny_key(257, 0x7f, 1);
	const struct dnskey d = tiny_key(385, 0x01, 1);
	const struct dnskey orders[][5] = {
		{ a, b, c, d, a },
		{ d, c, b, a, d },
		{ b, d, b, a, c },
		{ c, a, a, b, d },
	};
	struct dname owner;
	struct err err;

	(void)state;
	assert_ok(dname_parse("Se", &owner, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct buf tbs = buf_new(TO_BE_SIGNED_MAX);

		assert_ok(rrset_to_be_signed(
			      &owner, &tiny_rrsig, orders[i], 5, &tbs, &err),
		    &err);
		assert_int_equal(tbs.len, sizeof(tiny_tbs));
		assert_memory_equal(tbs.data, tiny_tbs, sizeof(tiny_tbs));
		buf_free(&tbs);
	}
}

static void
rrset_to_be_signed_impossible_is_refused(void **state)
{
	struct dnskey keys[BUNDLE_KEYS_MAX + 1];
	struct rrsig rrsig = tiny_rrsig;
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct buf small = buf_new(20);
	struct dname owner;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = tiny_key(256, (uint8_t)i, 1);
	assert_ok(dname_parse(".", &owner, &err), &err);
	assert_false(rrset_to_be_signed(&owner, &rrsig, keys, 17, &tbs, &err));
	assert_message_has(&err, "17 keys, not 1 to 16");
	assert_false(rrset_to_be_signed(&owner, &rrsig, keys, 0, &tbs, &err));
	assert_message_has(&err, "0 keys");
	assert_false(
	    rrset_to_be_signed(&owner, &rrsig, keys, 16, &small, &err));
	assert_int_equal(err.code, E_MEMORY);
	strcpy(rrsig.signers_name, "a..b");
	assert_false(rrset_to_be_signed(&owner, &rrsig, keys, 1, &tbs, &err));
	assert_message_has(&err, "signer's name: a domain name has an empty");
	buf_free(&small);
	buf_free(&tbs);
}

static void
rrset_to_be_signed_largest_fits(void **state)
{
	struct dnskey keys[BUNDLE_KEYS_MAX];
	struct rrsig rrsig = tiny_rrsig;
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct dname owner;
	struct err err;

	(void)state;
	memset(rrsig.signers_name, 'a', 253);
	for (size_t dot = 63; dot < 253; dot += 64)
		rrsig.signers_name[dot] = '.';
	rrsig.signers_name[253] = '\0';
	assert_ok(dname_parse(rrsig.signers_name, &owner, &err), &err);
	assert_int_equal(owner.len, DNAME_WIRE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = tiny_key(256, (uint8_t)i, PUBLIC_KEY_MAX);
	assert_ok(rrset_to_be_signed(
		      &owner, &rrsig, keys, ARRAY_LEN(keys), &tbs, &err),
	    &err);
	assert_int_equal(tbs.len, TO_BE_SIGNED_MAX);
	buf_free(&tbs);
}

/* Fails unless docs/signed-bytes.md holds the text. */
static void assert_document_has(
    const struct buf *document, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
assert_document_has(const struct buf *document, const char *fmt, ...)
{
	char part[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	if (strstr((const char *)document->data, part) == NULL)
		fail_msg("docs/signed-bytes.md does not have \"%s\"", part);
}

static void
assert_document_has_hex(const struct buf *document, struct bytes bytes)
{
	struct buf hex = buf_new(2 * bytes.len + 1);

	buf_hex(&hex, bytes);
	buf_u8(&hex, 0);
	assert_document_has(document, "%s", (const char *)hex.data);
	buf_free(&hex);
}

static void
signed_bytes_document_example_is_true(void **state)
{
	struct ksr *ksr = corpus_ksr("root/skr-root-2017-q2-0.xml");
	struct buf document = read_whole("docs/signed-bytes.md");
	const struct bundle *bundle = &ksr->bundles[1];
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	uint8_t digest[SHA256_SIZE];
	struct dname root;
	struct err err;
	size_t at = 19; /* RRSIG RDATA, and the root as signer's name */

	(void)state;
	assert_ok(dname_parse(".", &root, &err), &err);
	assert_ok(rrset_to_be_signed(&root, &bundle->signatures[0],
		      bundle->keys, bundle->n_keys, &tbs, &err),
	    &err);
	assert_ok(sha256(buf_bytes(&tbs), digest, &err), &err);
	assert_document_has(&document, "bundle 2 (`%s`)", bundle->id);
	assert_document_has(&document, "%zu octets", tbs.len);
	assert_document_has_hex(
	    &document, (struct bytes){ digest, sizeof(digest) });
	assert_document_has_hex(&document, (struct bytes){ tbs.data, 19 });
	for (size_t i = 0; i < bundle->n_keys; i++) {
		size_t rdata_len =
		    (size_t)tbs.data[at + 9] << 8 | tbs.data[at + 10];

		/* The RR up to its RDATA; the RDATA's first and last octets. */
		assert_document_has_hex(
		    &document, (struct bytes){ tbs.data + at, 11 });
		assert_document_has_hex(
		    &document, (struct bytes){ tbs.data + at + 11, 12 });
		at += 11 + rdata_len;
		assert_document_has_hex(
		    &document, (struct bytes){ tbs.data + at - 4, 4 });
	}
	assert_int_equal(at, tbs.len);
	buf_free(&tbs);
	buf_free(&document);
	ksr_free(ksr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dnskey_tag_published_examples_agree),
		cmocka_unit_test(dnskey_tag_rsamd5_is_of_the_modulus),
		cmocka_unit_test(dnskey_tag_corpus_is_as_declared),
		cmocka_unit_test(dnskey_ds_ksk_2024_is_the_published_one),
		cmocka_unit_test(dnskey_equal_sees_every_field),
		cmocka_unit_test(
		    rrset_to_be_signed_any_order_gives_the_canonical_one),
		cmocka_unit_test(rrset_to_be_signed_impossible_is_refused),
		cmocka_unit_test(rrset_to_be_signed_largest_fits),
	};
	const struct CMUnitTest published[] = {
		cmocka_unit_test(dnskey_ds_root_ksks_are_the_published_ones),
		cmocka_unit_test(signed_bytes_document_example_is_true),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (corpus_is_published())
		failed += cmocka_run_group_tests(published, NULL, NULL);
	return failed;
}
