/*
 * Trust anchors read and written: what the grammar lets through and what it
 * does not, what the parts of an anchor say of each other, and what becomes of
 * a document that somebody changed octet by octet.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/anchor/anchor_compare.h"
#include "ksr/anchor/anchor_declared.h"
#include "ksr/anchor/anchor_forms.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"
#include "tests/support/support.h"

/* Two anchors: of one the digest alone, of the other the key as well. */
static struct trust_anchors *
sample(void)
{
	struct config *config = fixture_config(1, 2, "");
	struct anchors_wanted wanted = { .config = config, .keys = 6 };
	struct trust_anchors *anchors = test_calloc(1, sizeof(*anchors));
	struct err err;

	/* ksk_old, ksk_current, ksk_next */
	config->keys[1].valid_from = 1262304000; /* 2010 */
	config->keys[1].has_valid_until = true;
	config->keys[1].valid_until = 1577836800; /* 2020 */
	config->keys[2].valid_from = 1483228800;  /* 2017 */
	for (size_t i = 1; i <= 2; i++)
		for (size_t n = 0; n < 4; n++)
			if (strcmp(fixture_ksk(n)->identifier,
				config->keys[i].label) == 0)
				wanted.known[i] = fixture_ksk(n);
	assert_non_null(wanted.known[1]);
	strcpy(config->trust_anchor.source, "https://a.test/x?a=1&b=\"2\"");
	assert_ok(anchors_declared(&wanted, anchors, &err), &err);
	anchors->list[0].public_key_len = 0;
	anchors->list[0].has_flags = false;
	assert_ok(trust_anchors_identify(anchors, &err), &err);
	config_free(config);
	return anchors;
}

static char *
written(const struct trust_anchors *anchors)
{
	struct buf text = buf_new(TRUST_ANCHOR_FILE_MAX);

	trust_anchors_write(anchors, &text);
	assert_false(text.failed);
	return text_of_buf(&text);
}

static struct trust_anchors *
read_text(const char *text, struct err *err)
{
	struct trust_anchors *anchors = NULL;

	return trust_anchors_read(bytes_of_string(text), "x", &anchors, err)
	    ? anchors
	    : NULL;
}

static void
anchors_written_and_read_are_the_same(void **state)
{
	struct trust_anchors *anchors = sample(), *again;
	char *text = written(anchors), *twice;
	struct err err;

	(void)state;
	again = read_text(text, &err);
	assert_ok(again != NULL, &err);
	assert_int_equal(again->n, 2);
	assert_string_equal(again->source, anchors->source);
	assert_true(again->list[0].has_valid_until);
	assert_int_equal(again->list[0].valid_until, 1577836800);
	assert_int_equal(again->list[1].flags, 257);
	twice = written(again);
	assert_string_equal(twice, text);
	free(twice);
	free(text);
	free(again);
	test_free(anchors);
}

/* The same content has the same id, another has another. */
static void
anchors_identified_by_content(void **state)
{
	struct trust_anchors *anchors = sample();
	char id[ID_MAX + 1];
	struct err err;

	(void)state;
	strcpy(id, anchors->id);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[14], '8');
	assert_ok(trust_anchors_identify(anchors, &err), &err);
	assert_string_equal(anchors->id, id);
	anchors->list[0].valid_until++;
	assert_ok(trust_anchors_identify(anchors, &err), &err);
	assert_string_not_equal(anchors->id, id);
	test_free(anchors);
}

/* The text with `was` replaced once by `is`; NULL: it is not there. */
static char *
replaced(const char *text, const char *was, const char *is)
{
	const char *at = strstr(text, was);
	struct buf out = buf_new(TRUST_ANCHOR_FILE_MAX);

	if (at == NULL)
		return NULL;
	buf_put(&out, text, (size_t)(at - text));
	buf_puts(&out, is);
	buf_puts(&out, at + strlen(was));
	return text_of_buf(&out);
}

static void
anchors_spoiled_are_refused(void **state)
{
	static const struct {
		const char *was, *is, *message;
	} cases[] = {
		{ "<TrustAnchor", "<!DOCTYPE TrustAnchor><TrustAnchor",
		    "a DOCTYPE is not allowed" },
		{ "<TrustAnchor",
		    "<!DOCTYPE x [<!ENTITY z \".\">]><TrustAnchor",
		    "a DOCTYPE is not allowed" },
		{ "<Zone>.", "<Zone>&z;", "undefined entity" },
		{ "<TrustAnchor", "<?x y?><TrustAnchor",
		    "a processing instruction is not allowed" },
		{ "UTF-8", "ISO-8859-1", "encoding \"ISO-8859-1\"" },
		{ " source=", " sources=", "unknown attribute \"sources\"" },
		{ "<Zone>.</Zone>", "", "wanted Zone" },
		{ "<Zone>.</Zone>", "<Zone>.</Zone><Zone>.</Zone>",
		    "repeated or misplaced element \"Zone\"" },
		{ "<Zone>.</Zone>", "<Zone>a..b</Zone>", "\"a..b\"" },
		{ "<Zone>.</Zone>", "<Zone>other</Zone>",
		    "Digest is not that of the PublicKey" },
		{ "</TrustAnchor>", "", "the document is cut off" },
		{ "</TrustAnchor>", "</TrustAnchor><x/>", "junk" },
		{ " validFrom=\"2010-01-01T00:00:00+00:00\"", "",
		    "attribute validFrom is missing" },
		{ "validUntil=\"2020-", "validUntil=\"2009-",
		    "validUntil is not after validFrom" },
		{ "validUntil=\"2020-01-01T00:00:00+00:00\"",
		    "validUntil=\"2010-01-01T00:00:00+00:00\"",
		    "validUntil is not after validFrom" },
		{ "validUntil=\"2020-01", "validUntil=\"2020-13",
		    "wanted a time" },
		{ "<DigestType>2", "<DigestType>1",
		    "DigestType 1: expected 2 (SHA-256) or 4 (SHA-384)" },
		{ "<DigestType>2", "<DigestType>4",
		    "Digest of 32 octets: expected 48" },
		{ "<DigestType>2", "<DigestType>256", "from 0 to 255" },
		{ "<Digest>", "<Digest>0", "hex digits" },
		{ "<Digest>", "<Digest>zz", "hex digits" },
		{ "<Flags>257", "<Flags>385", "that is not revoked" },
		{ "<Flags>257", "<Flags>1", "a zone's key" },
		{ "<Flags>257", "<Flags>256", "the tag of the PublicKey is" },
		{ "<Flags>257</Flags>", "", "PublicKey stands there without" },
		{ "<PublicKey>AwEAA", "<PublicKey>AwEAB",
		    "the tag of the PublicKey is" },
		{ "<PublicKey>AwEAA", "<PublicKey>!", "base64" },
	};
	struct trust_anchors *anchors = sample();
	char *text = written(anchors);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *spoiled = replaced(text, cases[i].was, cases[i].is);
		struct err err;

		if (spoiled == NULL)
			fail_msg("no \"%s\" to spoil", cases[i].was);
		if (read_text(spoiled, &err) != NULL)
			fail_msg("case %zu is accepted: %s", i, cases[i].is);
		assert_message_has(&err, cases[i].message);
		assert_message_has(&err, "x:");
		free(spoiled);
	}
	free(text);
	test_free(anchors);
}

/* Another digest of a key that stands beside it, and twins. */
static void
anchors_contradicting_are_refused(void **state)
{
	struct trust_anchors *anchors = sample();
	struct err err;
	char *text;

	(void)state;
	anchors->list[1].digest[31] ^= 1;
	text = written(anchors);
	assert_null(read_text(text, &err));
	assert_message_has(&err, "Digest is not that of the PublicKey");
	free(text);
	anchors->list[1].digest[31] ^= 1;
	anchors->list[1].tag ^= 1;
	text = written(anchors);
	assert_null(read_text(text, &err));
	assert_message_has(&err, "the tag of the PublicKey is");
	free(text);
	anchors->list[1] = anchors->list[0];
	text = written(anchors);
	assert_null(read_text(text, &err));
	assert_message_has(&err, "is that of another KeyDigest");
	free(text);
	strcpy(anchors->list[1].id, "twin");
	anchors->list[1].valid_until += 9;
	text = written(anchors);
	assert_null(read_text(text, &err));
	assert_message_has(&err, "the digest is that of KeyDigest");
	free(text);
	test_free(anchors);
}

/* What somebody else reads the same says the same. */
static bool
same_anchors(const struct trust_anchors *a, const struct trust_anchors *b)
{
	char *one = written(a), *other = written(b);
	bool same = strcmp(one, other) == 0;

	free(one);
	free(other);
	return same;
}

/*
 * A changed document that is still read is one that says so itself: written and
 * read again it is the same, and a key in it is never another than the digest's.
 */
static void
judge_mutant(const struct trust_anchors *original, struct bytes xml,
    size_t *n_read, size_t *n_other)
{
	struct trust_anchors *anchors = NULL, *again;
	struct err err;
	char *text;

	if (!trust_anchors_read(xml, "x", &anchors, &err)) {
		assert_true(err.code == E_INPUT);
		return;
	}
	++*n_read;
	*n_other += !same_anchors(anchors, original);
	for (size_t i = 0; i < anchors->n; i++)
		if (anchors->list[i].public_key_len > 0)
			assert_memory_equal(anchors->list[i].digest,
			    original->list[1].digest, 32);
	text = written(anchors);
	again = read_text(text, &err);
	assert_ok(again != NULL, &err);
	assert_true(same_anchors(anchors, again));
	free(text);
	free(again);
	free(anchors);
}

static void
anchors_mutated_say_what_they_say(void **state)
{
	static const char others[] = "\0<>&\"'/09 zA\x80\xff";
	struct trust_anchors *anchors = sample();
	char *text = written(anchors);
	size_t len = strlen(text), n_read = 0, n_other = 0;
	uint8_t *mutant = test_malloc(2 * len);

	(void)state;
	for (size_t at = 0; at < len; at++) {
		for (size_t o = 0; o < sizeof(others) - 1; o++) {
			memcpy(mutant, text, len);
			mutant[at] = (uint8_t)others[o];
			judge_mutant(anchors, (struct bytes){ mutant, len },
			    &n_read, &n_other);
		}
		/* Cut off, without this octet, and with it twice. */
		memcpy(mutant, text, len);
		judge_mutant(anchors, (struct bytes){ mutant, at }, &n_read,
		    &n_other);
		memmove(mutant + at, text + at + 1, len - at - 1);
		judge_mutant(anchors, (struct bytes){ mutant, len - 1 },
		    &n_read, &n_other);
		memcpy(mutant, text, at + 1);
		memcpy(mutant + at + 1, text + at, len - at);
		judge_mutant(anchors, (struct bytes){ mutant, len + 1 },
		    &n_read, &n_other);
	}
	/* Neither is trivial: most are refused, some say something else. */
	assert_true(n_read > 100 && n_read < len * 4);
	assert_true(n_other > 50);
	test_free(mutant);
	free(text);
	test_free(anchors);
}

/* --- What is declared against what is found. */

static enum anchor_verdict
verdict_of(const struct trust_anchors *declared,
    const struct trust_anchors *found, size_t row, size_t n)
{
	struct anchor_comparisons comparisons;
	struct err err;

	assert_ok(anchors_compare(declared, found, 1500000000, true,
		      &comparisons, &err),
	    &err);
	assert_int_equal(comparisons.n, n);
	return comparisons.list[row].verdict;
}

static void
anchors_compared_one_by_one(void **state)
{
	struct trust_anchors *declared = sample(), *found = sample();
	struct anchor_comparisons comparisons;
	struct err err;

	(void)state;
	assert_int_equal(verdict_of(declared, found, 0, 2), ANCHOR_SAME);
	found->list[1].valid_from--;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_VALIDITY);
	found->list[1].valid_from++;
	found->list[1].has_valid_until = true;
	found->list[1].valid_until = INT64_MAX;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_VALIDITY);
	found->list[1].digest[0] ^= 1;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_DIGEST);
	/* By its id alone it is still the one that is meant. */
	found->list[1].tag++;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_DIGEST);
	strcpy(found->list[1].id, "other");
	assert_int_equal(verdict_of(declared, found, 1, 3), ANCHOR_MISSING);
	assert_int_equal(verdict_of(declared, found, 2, 3), ANCHOR_UNKNOWN);
	found->n = 1;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_MISSING);
	declared->list[1].has_valid_until = true;
	declared->list[1].valid_until = 1500000001;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_MISSING);
	declared->list[1].valid_until = 1500000000;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_ENDED);
	strcpy(found->zone, "other.");
	assert_false(anchors_compare(
	    declared, found, 0, true, &comparisons, &err));
	assert_message_has(&err, "is of the zone other.: expected .");
	test_free(declared);
	test_free(found);
}

/* A SHA-384 of the same key is the same, where either has the key. */
static void
anchors_of_two_digests_compared_by_their_key(void **state)
{
	struct trust_anchors *declared = sample(), *found = sample();
	struct trust_anchor *anchor = &found->list[1];
	struct dname root;
	struct dnskey key;
	struct err err;
	size_t len;

	(void)state;
	assert_ok(dname_parse(".", &root, &err), &err);
	assert_true(trust_anchor_key(anchor, &key));
	assert_ok(dnskey_digest(&root, &key, 4, anchor->digest, &len, &err),
	    &err);
	anchor->digest_type = 4;
	anchor->digest_len = (uint16_t)len;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_SAME);
	anchor->public_key_len = 0;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_SAME);
	anchor->digest[47] ^= 1;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_DIGEST);
	anchor->digest[47] ^= 1;
	declared->list[1].public_key_len = 0;
	assert_int_equal(verdict_of(declared, found, 1, 2), ANCHOR_DIGEST);
	test_free(declared);
	test_free(found);
}

static void
form_without_its_key_is_refused(void **state)
{
	struct trust_anchors *anchors = sample();
	struct buf text = buf_new(4096);
	struct err err;

	(void)state;
	for (size_t i = 0; i < n_parent_forms; i++) {
		bool ok = anchor_form_put(
		    &parent_forms[i], anchors, &text, &err);

		assert_int_equal(ok, !parent_forms[i].needs_key);
		if (!ok)
			assert_message_has(&err, "is neither in a token nor");
	}
	anchors->n = 0;
	assert_false(
	    anchor_form_put(&parent_forms[0], anchors, &text, &err));
	assert_message_has(&err, "no key is valid at this time");
	buf_free(&text);
	test_free(anchors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anchors_written_and_read_are_the_same),
		cmocka_unit_test(anchors_identified_by_content),
		cmocka_unit_test(anchors_spoiled_are_refused),
		cmocka_unit_test(anchors_contradicting_are_refused),
		cmocka_unit_test(anchors_mutated_say_what_they_say),
		cmocka_unit_test(anchors_compared_one_by_one),
		cmocka_unit_test(
		    anchors_of_two_digests_compared_by_their_key),
		cmocka_unit_test(form_without_its_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
