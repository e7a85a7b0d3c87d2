#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/document/ksr.h"
#include "tests/support/support.h"

/* Sizes beyond memory are tried below; the sanitizer would end the program. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static struct ksr *
read_back(struct bytes xml)
{
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(xml, "it", &ksr, &err), &err);
	return ksr;
}

static struct buf
written(const struct ksr *ksr)
{
	struct buf buf = buf_new(KSR_FILE_MAX);

	ksr_write(ksr, &buf);
	assert_false(buf.failed);
	return buf;
}

/* Structures are zeroed before they are filled, so memory can be compared. */
static void
assert_bundle_equal(const struct bundle *a, const struct bundle *b)
{
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->inception, b->inception);
	assert_int_equal(a->expiration, b->expiration);
	assert_int_equal(a->n_signers, b->n_signers);
	assert_int_equal(a->n_keys, b->n_keys);
	assert_memory_equal(a->keys, b->keys, a->n_keys * sizeof(*a->keys));
	assert_int_equal(a->n_signatures, b->n_signatures);
	assert_memory_equal(a->signatures, b->signatures,
	    a->n_signatures * sizeof(*a->signatures));
}

static void
assert_ksr_equal(const struct ksr *a, const struct ksr *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->domain, b->domain);
	assert_true(a->serial == b->serial);
	assert_int_equal(a->has_timestamp, b->has_timestamp);
	assert_int_equal(a->timestamp, b->timestamp);
	assert_memory_equal(
	    &a->ksk_policy, &b->ksk_policy, sizeof(a->ksk_policy));
	assert_memory_equal(
	    &a->zsk_policy, &b->zsk_policy, sizeof(a->zsk_policy));
	assert_int_equal(a->n_bundles, b->n_bundles);
	for (size_t i = 0; i < a->n_bundles; i++)
		assert_bundle_equal(&a->bundles[i], &b->bundles[i]);
}

/* What is written reads as what it was, and is written the same again. */
static void
assert_round_trip(const struct ksr *ksr)
{
	struct buf once = written(ksr);
	struct ksr *back = read_back(buf_bytes(&once));
	struct buf twice = written(back);

	assert_ksr_equal(ksr, back);
	assert_true(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
	buf_free(&once);
	buf_free(&twice);
	ksr_free(back);
}

/* Field by field: the padding between them is compared, too. */
static void
algorithm_fill(struct signature_algorithm *ret, uint8_t algorithm,
    enum algorithm_family family, uint16_t size, uint64_t exponent)
{
	ret->algorithm = algorithm;
	ret->family = family;
	ret->size = size;
	ret->exponent = exponent;
}

static void
policy_fill(struct signature_policy *policy)
{
	policy->publish_safety_s = 864000;
	policy->max_signature_validity_s = 21 * 86400;
	policy->min_signature_validity_s = 21 * 86400 - 1;
	policy->max_validity_overlap_s = DURATION_MAX_S;
	policy->min_validity_overlap_s = 3600;
	policy->n_algorithms = 3;
	algorithm_fill(&policy->algorithms[0], 8, FAMILY_RSA, 4096, UINT64_MAX);
	algorithm_fill(&policy->algorithms[1], 13, FAMILY_ECDSA, 256, 0);
	algorithm_fill(&policy->algorithms[2], 15, FAMILY_EDDSA, 65535, 0);
}

static void
key_fill(struct dnskey *key, const char *identifier, uint16_t flags)
{
	snprintf(key->identifier, sizeof(key->identifier), "%s", identifier);
	key->tag = 5017;
	key->ttl_s = DNS_TTL_MAX;
	key->flags = flags;
	key->protocol = 3;
	key->algorithm = 13;
	key->public_key_len = 4;
	memcpy(key->public_key, "\xff\x00\x01\x02", 4);
}

static void
signature_fill(struct rrsig *rrsig, const char *identifier)
{
	snprintf(
	    rrsig->identifier, sizeof(rrsig->identifier), "%s", identifier);
	rrsig->ttl_s = 172800;
	rrsig->algorithm = 255;
	rrsig->labels = 2;
	rrsig->original_ttl_s = 0;
	rrsig->inception = 0;
	rrsig->expiration = 253402300799; /* 9999-12-31T23:59:59 */
	rrsig->tag = 65535;
	snprintf(
	    rrsig->signers_name, sizeof(rrsig->signers_name), "Example.Org.");
	rrsig->signature_len = 2;
	memcpy(rrsig->signature, "\x00\xff", 2);
}

/* Two bundles; in the second everything is as long as it may be. */
static struct ksr *
made_up(enum ksr_kind kind)
{
	struct ksr *ksr = ksr_new(kind, 2);
	struct err err;

	assert_non_null(ksr);
	snprintf(ksr->id, sizeof(ksr->id), "a&b<c>d\"e'f ");
	snprintf(ksr->domain, sizeof(ksr->domain), "example.org");
	ksr->serial = INT64_MAX;
	policy_fill(&ksr->zsk_policy);
	if (kind == KSR_RESPONSE)
		policy_fill(&ksr->ksk_policy);
	for (size_t i = 0; i < 2; i++) {
		struct bundle *bundle = &ksr->bundles[i];

		snprintf(bundle->id, sizeof(bundle->id), "\"%zu\"", i);
		bundle->inception = 1514764800;
		bundle->expiration = 1516579200;
		assert_ok(bundle_alloc(bundle, 2, 2, &err), &err);
		key_fill(&bundle->keys[0], "<key>", 256);
		key_fill(&bundle->keys[1], "]]>", 257);
		signature_fill(&bundle->signatures[0], "&amp;");
		signature_fill(&bundle->signatures[1], " ' ");
	}
	memset(ksr->bundles[1].id, '&', ID_MAX);
	ksr->bundles[1].keys[1].public_key_len = PUBLIC_KEY_MAX;
	ksr->bundles[1].signatures[1].signature_len = SIGNATURE_MAX;
	return ksr;
}

static void
request_is_read_back_as_it_was(void **state)
{
	struct ksr *ksr = made_up(KSR_REQUEST);

	(void)state;
	assert_round_trip(ksr);
	ksr_free(ksr);
}

static void
response_is_read_back_as_it_was(void **state)
{
	struct ksr *ksr = made_up(KSR_RESPONSE);

	(void)state;
	assert_round_trip(ksr);
	ksr_free(ksr);
}

static void
timestamp_is_read_back_as_it_was(void **state)
{
	static const int64_t times[] = { 0, 951782399, 1510747200,
		253402300799 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct ksr *ksr =
		    made_up(i % 2 == 0 ? KSR_REQUEST : KSR_RESPONSE);

		ksr->has_timestamp = true;
		ksr->timestamp = times[i];
		assert_round_trip(ksr);
		ksr_free(ksr);
	}
}

static void
corpus_is_read_back_as_it_was(void **state)
{
	static const char *const names[] = { "root/ksr-root-2016-q3-0.xml",
		"root/ksr-root-2017-q2-0.xml", "root/skr-root-2017-q1-0.xml",
		"root/skr-root-2017-q2-0.xml",
		"root/ksr-root-2018-q1-0-d_to_e.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf file = read_whole(corpus_path(names[i]));
		struct ksr *ksr = read_back(buf_bytes(&file));

		assert_round_trip(ksr);
		ksr_free(ksr);
		buf_free(&file);
	}
}

/* The text without white space at the beginning of its lines. */
static struct buf
unindented(struct bytes text)
{
	struct buf out = buf_new(KSR_FILE_MAX);
	bool inside = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];

		inside = c != '\n' && (inside || c != ' ');
		if (inside || c == '\n')
			buf_u8(&out, (uint8_t)c);
	}
	assert_false(out.failed);
	return out;
}

/* The root's own signer spells responses as we do, but for indentation. */
static void
corpus_response_is_written_as_published(void **state)
{
	struct buf file =
	    read_whole(corpus_path("root/skr-root-2018-q1-0-d_to_e.xml"));
	struct ksr *ksr = read_back(buf_bytes(&file));
	struct buf ours = written(ksr);
	struct buf a = unindented(buf_bytes(&file));
	struct buf b = unindented(buf_bytes(&ours));

	(void)state;
	assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	buf_free(&a);
	buf_free(&b);
	buf_free(&ours);
	buf_free(&file);
	ksr_free(ksr);
}

/* Every octet of the spelling. */
static void
small_request_is_spelt_so(void **state)
{
	static const char spelling[] =
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<KSR id=\"&lt;&amp;&gt;&quot;&apos;\" domain=\".\" "
	    "serial=\"9223372036854775807\">\n"
	    "  <Request timestamp=\"1970-01-01T00:00:00+00:00\">\n"
	    "    <RequestPolicy>\n"
	    "      <ZSK>\n"
	    "        <PublishSafety>P10D</PublishSafety>\n"
	    "        <RetireSafety>PT0S</RetireSafety>\n"
	    "        <MaxSignatureValidity>P21D</MaxSignatureValidity>\n"
	    "        <MinSignatureValidity>P20DT23H59M59S"
	    "</MinSignatureValidity>\n"
	    "        <MaxValidityOverlap>P36525D</MaxValidityOverlap>\n"
	    "        <MinValidityOverlap>PT1H</MinValidityOverlap>\n"
	    "        <SignatureAlgorithm algorithm=\"8\">\n"
	    "          <RSA size=\"4096\" exponent=\"18446744073709551615\"/>\n"
	    "        </SignatureAlgorithm>\n"
	    "        <SignatureAlgorithm algorithm=\"13\">\n"
	    "          <ECDSA size=\"256\"/>\n"
	    "        </SignatureAlgorithm>\n"
	    "        <SignatureAlgorithm algorithm=\"15\">\n"
	    "          <EdDSA size=\"65535\"/>\n"
	    "        </SignatureAlgorithm>\n"
	    "      </ZSK>\n"
	    "    </RequestPolicy>\n"
	    "    <RequestBundle id=\"b\">\n"
	    "      <Inception>2018-01-01T00:00:00+00:00</Inception>\n"
	    "      <Expiration>2018-01-22T00:00:00+00:00</Expiration>\n"
	    "      <Key keyIdentifier=\"k\" keyTag=\"5017\">\n"
	    "        <TTL>2147483647</TTL>\n"
	    "        <Flags>256</Flags>\n"
	    "        <Protocol>3</Protocol>\n"
	    "        <Algorithm>13</Algorithm>\n"
	    "        <PublicKey>/wABAg==</PublicKey>\n"
	    "      </Key>\n"
	    "      <Signature keyIdentifier=\"k\">\n"
	    "        <TTL>172800</TTL>\n"
	    "        <TypeCovered>DNSKEY</TypeCovered>\n"
	    "        <Algorithm>255</Algorithm>\n"
	    "        <Labels>2</Labels>\n"
	    "        <OriginalTTL>0</OriginalTTL>\n"
	    "        <SignatureExpiration>9999-12-31T23:59:59+00:00"
	    "</SignatureExpiration>\n"
	    "        <SignatureInception>1970-01-01T00:00:00+00:00"
	    "</SignatureInception>\n"
	    "        <KeyTag>65535</KeyTag>\n"
	    "        <SignersName>Example.Org.</SignersName>\n"
	    "        <SignatureData>AP8=</SignatureData>\n"
	    "      </Signature>\n"
	    "    </RequestBundle>\n"
	    "  </Request>\n"
	    "</KSR>\n";
	struct ksr *ksr = ksr_new(KSR_REQUEST, 1);
	struct buf buf;
	struct err err;

	(void)state;
	assert_non_null(ksr);
	snprintf(ksr->id, sizeof(ksr->id), "<&>\"'");
	snprintf(ksr->domain, sizeof(ksr->domain), ".");
	ksr->serial = INT64_MAX;
	ksr->has_timestamp = true;
	policy_fill(&ksr->zsk_policy);
	snprintf(ksr->bundles[0].id, sizeof(ksr->bundles[0].id), "b");
	ksr->bundles[0].inception = 1514764800;
	ksr->bundles[0].expiration = 1516579200;
	assert_ok(bundle_alloc(&ksr->bundles[0], 1, 1, &err), &err);
	key_fill(&ksr->bundles[0].keys[0], "k", 256);
	signature_fill(&ksr->bundles[0].signatures[0], "k");
	buf = written(ksr);
	buf_u8(&buf, 0);
	assert_string_equal((const char *)buf.data, spelling);
	buf_free(&buf);
	ksr_free(ksr);
}

static void
full_buffer_is_noticed(void **state)
{
	struct ksr *ksr = made_up(KSR_REQUEST);
	struct buf buf = buf_new(1000);

	(void)state;
	ksr_write(ksr, &buf);
	assert_true(buf.failed);
	buf_free(&buf);
	ksr_free(ksr);
}

/* keys by flags, protocol, algorithm, octets, identifier: each in turn. */
static void
bundle_sort_gives_canonical_order(void **state)
{
	static const struct {
		const char *identifier;
		uint16_t flags;
		uint8_t protocol, algorithm;
		const char *octets;
	} sorted[] = {
		{ "h", 256, 2, 8, "b" },
		{ "g", 256, 3, 8, "a" },
		{ "f", 256, 3, 8, "ab" },
		{ "d", 256, 3, 8, "b" },
		{ "e", 256, 3, 8, "b" },
		{ "c", 256, 3, 13, "a" },
		{ "b", 257, 3, 8, "a" },
		{ "a", 385, 3, 8, "a" },
	};
	const size_t n = ARRAY_LEN(sorted);
	struct bundle bundle = { 0 };
	struct err err;

	(void)state;
	assert_ok(bundle_alloc(&bundle, n, 0, &err), &err);
	for (size_t turn = 0; turn < n; turn++) {
		for (size_t i = 0; i < n; i++) {
			struct dnskey *key = &bundle.keys[(i * 5 + turn) % n];

			key->identifier[0] = sorted[i].identifier[0];
			key->flags = sorted[i].flags;
			key->protocol = sorted[i].protocol;
			key->algorithm = sorted[i].algorithm;
			key->public_key_len =
			    (uint16_t)strlen(sorted[i].octets);
			memcpy(key->public_key, sorted[i].octets,
			    key->public_key_len);
		}
		bundle_sort(&bundle);
		for (size_t i = 0; i < n; i++)
			assert_string_equal(
			    bundle.keys[i].identifier, sorted[i].identifier);
	}
	free(bundle.keys);
	free(bundle.signatures);
}

static void
bundle_sort_orders_signatures(void **state)
{
	static const struct {
		const char *identifier;
		uint8_t algorithm;
		uint16_t tag;
		const char *octets;
	} sorted[] = {
		{ "f", 8, 1, "z" },
		{ "d", 8, 300, "" },
		{ "e", 8, 300, "" },
		{ "c", 8, 300, "a" },
		{ "b", 8, 300, "aa" },
		{ "a", 13, 1, "a" },
	};
	const size_t n = ARRAY_LEN(sorted);
	struct bundle bundle = { 0 };
	struct err err;

	(void)state;
	assert_ok(bundle_alloc(&bundle, 0, n, &err), &err);
	for (size_t turn = 0; turn < n; turn++) {
		for (size_t i = 0; i < n; i++) {
			struct rrsig *rrsig =
			    &bundle.signatures[(i * 5 + turn) % n];

			rrsig->identifier[0] = sorted[i].identifier[0];
			rrsig->algorithm = sorted[i].algorithm;
			rrsig->tag = sorted[i].tag;
			rrsig->signature_len =
			    (uint16_t)strlen(sorted[i].octets);
			memcpy(rrsig->signature, sorted[i].octets,
			    rrsig->signature_len);
		}
		bundle_sort(&bundle);
		for (size_t i = 0; i < n; i++)
			assert_string_equal(bundle.signatures[i].identifier,
			    sorted[i].identifier);
	}
	free(bundle.keys);
	free(bundle.signatures);
}

static void
empty_documents_are_freed(void **state)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 0);

	(void)state;
	assert_non_null(ksr);
	assert_int_equal(ksr->kind, KSR_RESPONSE);
	assert_int_equal(ksr->n_bundles, 0);
	ksr_free(ksr);
	ksr_free(NULL);
}

static void
allocation_beyond_memory_fails(void **state)
{
	struct bundle bundle = { 0 };
	struct err err;

	(void)state;
	assert_null(ksr_new(KSR_REQUEST, SIZE_MAX / 2));
	assert_false(bundle_alloc(&bundle, SIZE_MAX / 2, 1, &err));
	assert_int_equal(err.code, E_MEMORY);
	assert_false(bundle_alloc(&bundle, 1, SIZE_MAX / 2, &err));
	assert_int_equal(err.code, E_MEMORY);
	assert_int_equal(bundle.n_keys, 0);
	assert_null(bundle.keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_read_back_as_it_was),
		cmocka_unit_test(response_is_read_back_as_it_was),
		cmocka_unit_test(timestamp_is_read_back_as_it_was),
		cmocka_unit_test(corpus_is_read_back_as_it_was),
		cmocka_unit_test(corpus_response_is_written_as_published),
		cmocka_unit_test(small_request_is_spelt_so),
		cmocka_unit_test(full_buffer_is_noticed),
		cmocka_unit_test(bundle_sort_gives_canonical_order),
		cmocka_unit_test(bundle_sort_orders_signatures),
		cmocka_unit_test(empty_documents_are_freed),
		cmocka_unit_test(allocation_beyond_memory_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
