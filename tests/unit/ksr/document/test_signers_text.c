/*
 * BIND's and Knot's text: files of theirs to the octet, what is refused and
 * where, and every file near to one of theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/document/convert.h"
#include "ksr/document/format.h"
#include "tests/support/support.h"

#define SIGNERS "tests/data/signers/"
#define TEXT_MAX (1u << 20)

static const struct file {
	const char *path;
	enum ksr_format format;
	enum ksr_kind kind;
	size_t n_bundles;
} files[] = {
	{ "bind/9.20.30-example/ksr.txt", KSR_BIND, KSR_REQUEST, 4 },
	{ "bind/9.20.30-example/skr.txt", KSR_BIND, KSR_RESPONSE, 9 },
	{ "bind/9.20.30-small/ksr.txt", KSR_BIND, KSR_REQUEST, 1 },
	{ "bind/9.20.30-small/skr.txt", KSR_BIND, KSR_RESPONSE, 2 },
	{ "knot/3.2.6-example/ksr.txt", KSR_KNOT, KSR_REQUEST, 8 },
	{ "knot/3.2.6-example/skr.txt", KSR_KNOT, KSR_RESPONSE, 12 },
	{ "knot/3.2.6-small/ksr.txt", KSR_KNOT, KSR_REQUEST, 2 },
	{ "knot/3.2.6-small/skr.txt", KSR_KNOT, KSR_RESPONSE, 3 },
};

static struct buf
file_of(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), SIGNERS "%s", name);
	return read_whole(path);
}

static struct ksr *
document_of(struct bytes octets)
{
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(octets, "it", &ksr, &err), &err);
	return ksr;
}

static struct buf
written(const struct ksr *ksr)
{
	struct buf buf = buf_new(TEXT_MAX);

	ksr_write(ksr, &buf);
	assert_false(buf.failed);
	return buf;
}

static void
text_of_each_signer_is_written_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf octets = file_of(files[i].path);
		struct ksr *ksr = document_of(buf_bytes(&octets));
		struct buf again = written(ksr);

		assert_int_equal(ksr->format, files[i].format);
		assert_int_equal(ksr->kind, files[i].kind);
		assert_int_equal(ksr->n_bundles, files[i].n_bundles);
		assert_true(bytes_equal(buf_bytes(&octets), buf_bytes(&again)));
		buf_free(&again);
		ksr_free(ksr);
		buf_free(&octets);
	}
}

static void
text_ids_are_of_the_octets_and_the_times(void **state)
{
	struct buf octets = file_of("bind/9.20.30-small/skr.txt");
	struct ksr *a = document_of(buf_bytes(&octets)), *b;

	(void)state;
	assert_string_equal(a->id, "bind-dbbd7a04854fc7e23d3fb72f24ece2c4");
	assert_string_equal(
	    a->bundles[1].id, "bind-dbbd7a04854fc7e2-20270115000000");
	/* The signer's version, in the last line. */
	octets.data[octets.len - 2] ^= 1;
	b = document_of(buf_bytes(&octets));
	assert_string_not_equal(a->id, b->id);
	assert_string_equal(
	    a->bundles[0].keys[0].identifier, b->bundles[0].keys[0].identifier);
	ksr_free(b);
	ksr_free(a);
	buf_free(&octets);
}

static void
format_begins_by_id_knows_the_ids_of_that_file(void **state)
{
	static const struct {
		const char *file;
		size_t record;
		const char *begins;
	} cases[] = {
		{ "bind/9.20.30-small/ksr.txt", 0, "2027-01-01T00:00:00Z" },
		{ "knot/3.2.6-small/ksr.txt", 0, "2027-01-01T00:00:00Z" },
		{ "bind/9.20.30-small/skr.txt", 1, "2027-01-15T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf octets = file_of(cases[i].file);
		struct ksr *ksr = document_of(buf_bytes(&octets));
		const char *id = ksr->bundles[cases[i].record].id;
		char longer[ID_MAX + sizeof(BUNDLE_AGAIN)];
		uint8_t digest[SHA256_SIZE];
		int64_t begins, seen = 0;
		struct err err;

		assert_true(time_parse(cases[i].begins, &begins));
		assert_ok(sha256(buf_bytes(&octets), digest, &err), &err);
		assert_true(format_begins_by_id(id, digest, &seen));
		assert_int_equal(seen, begins);
		snprintf(longer, sizeof(longer), "%s" BUNDLE_AGAIN, id);
		assert_false(format_begins_by_id(longer, digest, &seen));
		assert_false(format_begins_by_id(ksr->id, digest, &seen));
		digest[0] ^= 1;
		assert_false(format_begins_by_id(id, digest, &seen));
		ksr_free(ksr);
		buf_free(&octets);
	}
}

/* The file with the first `from` as `to`. */
static struct buf
edited(const char *name, const char *from, const char *to)
{
	struct buf octets = file_of(name), made = buf_new(TEXT_MAX);
	const uint8_t *at =
	    memmem(octets.data, octets.len, from, strlen(from));

	assert_non_null(at);
	buf_put(&made, octets.data, (size_t)(at - octets.data));
	buf_puts(&made, to);
	at += strlen(from);
	buf_put(&made, at, (size_t)(octets.data + octets.len - at));
	assert_false(made.failed);
	buf_free(&octets);
	return made;
}

static void
assert_refused(struct bytes octets, const char *message)
{
	struct ksr *ksr = NULL;
	struct err err;

	if (ksr_read(octets, "it", &ksr, &err))
		fail_msg("read, wanted: %s", message);
	if (strstr(err.msg, message) == NULL)
		fail_msg("\"%s\", wanted \"%s\"", err.msg, message);
	assert_int_equal(err.code, E_INPUT);
}

#define BIND_KSR "bind/9.20.30-example/ksr.txt"
#define BIND_SKR "bind/9.20.30-small/skr.txt"
#define KNOT_KSR "knot/3.2.6-example/ksr.txt"
#define KNOT_SKR "knot/3.2.6-small/skr.txt"
#define FIRST_BIND ";; KeySigningRequest 1.0 20270101000000 (Fri Jan  1 " \
		   "00:00:00 2027)\n"

static void
text_that_the_signers_accept_and_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *file, *from, *to, *message;
	} cases[] = {
		{ BIND_KSR, FIRST_BIND, "",
		    "it:1:1: holds DNS records and no header" },
		{ BIND_KSR, "\nexample.\t\t3600", "\nexample.net.\t\t3600",
		    "it:4:1: owner \"example.\", the record before has "
		    "\"example.net.\"" },
		{ BIND_KSR, "DNSKEY\t256", "DNSKEY\t257",
		    "it:2:1: flags 257 in a request, wanted 256" },
		{ BIND_KSR, "DNSKEY\t256", "DNSKEY\t128",
		    "it:2:1: flags 128, wanted 256, 257 or 385" },
		{ BIND_KSR, "256 3 13", "256 2 13",
		    "it:2:1: protocol 2, wanted 3" },
		{ BIND_KSR, "256 3 13 hFLXqiNivC+Qw3zxxQ4iEjJqMxxTs+Cn2Vv4FvAxbp"
			    "AoSeiJOP1wnAcH 0qHcV31B3nbPpz3MB5gRsmqRbj3Peg==",
		    "256 3 13 AAAA", "it:2:1: ECDSAP256SHA256 public key has 3 octets" },
		{ BIND_KSR, "256 3 13", "256 3 14",
		    "it:2:1: ECDSAP384SHA384 public key has 64 octets" },
		{ BIND_KSR, "256 3 13", "256 3 5",
		    "it:2:1: RSASHA1 is not supported" },
		{ BIND_KSR, "20270130210000", "6443030101000000",
		    "it:3:1: \"64430301010000" }, /* the year 644303 */
		{ BIND_KSR, "20270130210000", "+30d", "it:3:1: \"+30d (Sat" },
		{ BIND_KSR, "256 3 13", "256 3 300",
		    "it:2:32: \"300\", wanted an algorithm, 0 to 255" },
		{ BIND_KSR, "\t3600\t", "\t3601\t",
		    NULL }, /* the first record's alone: read */
		{ BIND_KSR, "\tIN\t", "\tCH\t",
		    "it:2:16: \"CH\", wanted class IN" },
		{ BIND_KSR, "20270130210000", "20261231000000",
		    "it:3:1: a record that is not used after the one before" },
		{ BIND_KSR, "20270130210000", "20270101000000",
		    "it:3:1: a record that is not used after the one before" },
		{ BIND_KSR, "20270130210000", "now+30d",
		    "it:3:1: \"now+30d (Sat" },
		{ BIND_KSR, "20270130210000", "1801342800",
		    "it:3:1: \"1801342800 (Sat" },
		{ BIND_KSR, "20270130210000", "20270230210000", "it:3:1: " },
		{ BIND_KSR, "1.0 20270130210000", "2.0 20270130210000",
		    "it:3:1: version \"2.0 2027013021000" },
		{ BIND_KSR, "Request 1.0 20270130210000",
		    "Requests 1.0 20270130210000",
		    "it:3:1: \";; KeySigningRequests" },
		{ BIND_KSR, ";; KeySigningRequest 1.0 20270130210000",
		    ";; SignedKeyResponse 1.0 20270130210000",
		    "it:3:1: a request's and a response's headers" },
		{ BIND_KSR, FIRST_BIND, FIRST_BIND "$INCLUDE /etc/passwd\n",
		    "it:2:1: '$' may not be here" },
		{ BIND_KSR, FIRST_BIND, FIRST_BIND "$ORIGIN example.\n",
		    "it:2:1: '$' may not be here" },
		{ BIND_KSR, "\nexample.", "\nexample",
		    "it:2:1: \"example\", wanted an owner with its final "
		    "dot" },
		{ BIND_KSR, "\nexample.", "\n@", "it:2:1: '@' may not" },
		{ BIND_KSR, "\nexample.", "\n", "it:2:3: \"3600\"" },
		{ BIND_KSR, FIRST_BIND, FIRST_BIND "; a comment\n",
		    "it:2:1: \"; a comment\"" },
		{ BIND_KSR, FIRST_BIND, FIRST_BIND "\n",
		    "it:2:1: an empty line" },
		{ BIND_KSR, ";; KeySigningRequest 1.0 generated", "",
		    "it:11:2: \"at\", wanted an owner" },
		{ BIND_KSR, "DNSKEY\t256 3 13 hF", "DNSKEY\t256 3 13 (hF",
		    "it:2:35: '(' may not be here" },
		{ BIND_KSR, "IN\tDNSKEY", "IN\tA",
		    "it:2:19: \"A\", wanted DNSKEY" },
		{ KNOT_KSR, "1798761600", "18446744073709551615",
		    "it:1:1: " },
		{ KNOT_KSR, "1798761600", "20332483200000",
		    "it:1:1: " }, /* the year 644303 */
		{ KNOT_KSR, "1798761600 (2027", "1798761601 (2027",
		    "it:1:1: 2027-01-01T00:00:00Z in parentheses is another" },
		{ KNOT_KSR, "1801353600 (2027-01-31T00:00:00Z)",
		    "1601353600 (2020-09-29T04:26:40Z)",
		    "it:7:1: a record that is not used after" },
		{ KNOT_KSR, "(2027-01-31T00:00:00Z) =========",
		    "(2027-01-31T00:00:00Z)", "it:7:1: wanted a time" },
		{ KNOT_KSR, "Cv3kpA==\n\t\t\t\t)", "Cv3kpA==\n\t\t\t\t",
		    "it:" },
		{ KNOT_KSR, "Cv3kpA==", "Cv3kpB==",
		    "it:3:5: wanted a public key in base64" },
		{ BIND_SKR, "RRSIG\tDNSKEY 13 1", "RRSIG\tA 13 1",
		    "it:4:25: \"A\", wanted DNSKEY" },
		{ BIND_SKR, "20270122000000", "20270122000060", "it:4:" },
		{ KNOT_SKR, "example.            	3600 RRSIG",
		    "example.            	3600 DNSKEY", "it:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf octets =
		    edited(cases[i].file, cases[i].from, cases[i].to);

		if (cases[i].message == NULL)
			ksr_free(document_of(buf_bytes(&octets)));
		else
			assert_refused(buf_bytes(&octets), cases[i].message);
		buf_free(&octets);
	}
}

/* Held to a text format; recognised, these are taken for something else. */
static void
text_without_its_head_is_refused(void **state)
{
	static const char headless[] =
	    "example.\t\t3600\tIN\tDNSKEY\t256 3 13 AAAA\n";
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "it:1:1: the file is empty" },
		{ "\n", "it:1:1: an empty line" },
		{ headless, "it:1:1: a record before the first header" },
		{ ";; KeySigningRequest 1.0 generated at x by y\n",
		    "it:1:1: a file without a record" },
		{ ";; KeySigningRequest", "it:1:21: the file is cut off" },
	};

	(void)state;
	for (enum ksr_format format = KSR_BIND; format <= KSR_KNOT; format++)
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			struct ksr *ksr = NULL;
			struct err err;

			assert_false(ksr_read_as(format,
			    bytes_of_string(cases[i].text), "it", &ksr, &err));
			if (strstr(err.msg, cases[i].message) == NULL)
				fail_msg("\"%s\", wanted \"%s\"", err.msg,
				    cases[i].message);
		}
}

#define REFRESH ";; SignedKeyResponse 1.0 20270115000000"

/* The second record once more, as the answer to a request's record then. */
static struct buf
with_superseded(bool gap)
{
	struct buf octets = file_of(BIND_SKR), made = buf_new(TEXT_MAX);
	const uint8_t *at =
	    memmem(octets.data, octets.len, REFRESH, strlen(REFRESH));
	const uint8_t *end = memmem(octets.data, octets.len,
	    ";; SignedKeyResponse 1.0 generated",
	    strlen(";; SignedKeyResponse 1.0 generated"));

	assert_non_null(at);
	assert_non_null(end);
	buf_put(&made, octets.data, (size_t)(end - octets.data));
	if (gap)
		buf_puts(&made, "\n");
	buf_put(&made, at, (size_t)(octets.data + octets.len - at));
	buf_free(&octets);
	return made;
}

static void
text_record_that_another_supersedes_is_read(void **state)
{
	struct buf octets = with_superseded(true), again;
	struct ksr *ksr = document_of(buf_bytes(&octets));
	struct losses losses;
	size_t slot;
	struct err err;

	(void)state;
	assert_int_equal(ksr->n_bundles, 3);
	assert_false(bundle_is_superseded(ksr, 0));
	assert_true(bundle_is_superseded(ksr, 1));
	assert_false(bundle_is_superseded(ksr, 2));
	assert_string_not_equal(ksr->bundles[1].id, ksr->bundles[2].id);
	assert_ok(bundle_find_used(ksr, INT64_C(1799971200), &slot, &err), &err);
	assert_int_equal(slot, 2);
	again = written(ksr);
	assert_true(bytes_equal(buf_bytes(&octets), buf_bytes(&again)));
	assert_ok(ksr_convert(ksr, KSR_KNOT, &losses, &err), &err);
	assert_int_equal(losses.n, 2);
	assert_int_equal(ksr->n_bundles, 2);
	buf_free(&again);
	ksr_free(ksr);
	buf_free(&octets);

	octets = with_superseded(false);
	assert_refused(buf_bytes(&octets),
	    "a record that is not used after the one before it");
	buf_free(&octets);
}

/* A response that nobody signed, which one signer calls a success. */
static void
text_response_without_signatures_is_refused(void **state)
{
	struct buf octets = file_of(BIND_KSR), made = buf_new(TEXT_MAX);
	const char *at = (const char *)octets.data;
	const char *end = at + octets.len;

	(void)state;
	while (at < end) {
		const char *word = memmem(at, (size_t)(end - at),
		    "KeySigningRequest", strlen("KeySigningRequest"));

		if (word == NULL)
			break;
		buf_put(&made, at, (size_t)(word - at));
		buf_puts(&made, "SignedKeyResponse");
		at = word + strlen("KeySigningRequest");
	}
	buf_put(&made, at, (size_t)(end - at));
	assert_refused(buf_bytes(&made),
	    "it:1:1: a record without a signature of its DNSKEYs");
	buf_free(&made);
	buf_free(&octets);
}

static void
text_record_without_a_key_is_refused(void **state)
{
	struct buf octets =
	    edited(BIND_KSR, FIRST_BIND, FIRST_BIND
		";; KeySigningRequest 1.0 20270101000001 (Fri Jan  1 "
		"00:00:01 2027)\n");

	(void)state;
	assert_refused(buf_bytes(&octets), "it:1:1: a record without a key");
	buf_free(&octets);
}

/* No part of a file is a file. */
static void
text_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf octets = file_of(files[i].path);

		for (size_t len = 0; len < octets.len; len++) {
			struct ksr *ksr = NULL;
			struct err err;

			if (ksr_read((struct bytes){ octets.data, len }, "it",
				&ksr, &err))
				fail_msg("%s: %zu octets are read",
				    files[i].path, len);
		}
		buf_free(&octets);
	}
}

struct outcomes {
	size_t refused, same, other;
};

/*
 * What is read near a file of theirs is written in one way, and what is written
 * reads as the same.
 */
static void
judge(struct bytes octets, struct bytes origin, struct outcomes *outcomes)
{
	struct ksr *ksr = NULL, *again;
	struct buf text, twice;
	struct err err;

	if (!ksr_read(octets, "it", &ksr, &err)) {
		assert_true(err.code == E_INPUT);
		outcomes->refused++;
		return;
	}
	text = written(ksr);
	again = document_of(buf_bytes(&text));
	twice = written(again);
	assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&twice)));
	if (bytes_equal(buf_bytes(&text), origin))
		outcomes->same++;
	else
		outcomes->other++;
	buf_free(&twice);
	ksr_free(again);
	buf_free(&text);
	ksr_free(ksr);
}

static void
mutate_octets(struct bytes origin, struct outcomes *outcomes)
{
	static const char with[] = " \n\t;()$09A=/.";
	uint8_t *copy = malloc(origin.len + 1);

	for (size_t i = 0; i < origin.len; i++)
		for (size_t j = i % 3; j < sizeof(with) - 1; j += 3) {
			memcpy(copy, origin.data, origin.len);
			copy[i] = (uint8_t)with[j];
			if (copy[i] != origin.data[i])
				judge((struct bytes){ copy, origin.len },
				    origin, outcomes);
			memcpy(copy + i + 1, origin.data + i, origin.len - i);
			judge((struct bytes){ copy, origin.len + 1 }, origin,
			    outcomes);
		}
	for (size_t i = 0; i < origin.len; i += 7)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(copy, origin.data, origin.len);
			copy[i] = (uint8_t)(copy[i] ^ (1u << bit));
			judge((struct bytes){ copy, origin.len }, origin,
			    outcomes);
		}
	free(copy);
}

/* Each line left out, twice, or behind another. */
static void
mutate_lines(struct bytes origin, struct outcomes *outcomes)
{
	size_t starts[512], n = 0;

	for (size_t i = 0; i < origin.len; i++)
		if (i == 0 || origin.data[i - 1] == '\n') {
			assert_true(n < ARRAY_LEN(starts) - 1);
			starts[n++] = i;
		}
	starts[n] = origin.len;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= n; j += 1 + n / 16) {
			struct buf made = buf_new(TEXT_MAX);
			struct bytes line = { origin.data + starts[i],
				starts[i + 1] - starts[i] };

			for (size_t k = 0; k <= n; k++) {
				if (k == j)
					buf_put(&made, line.data, line.len);
				if (k < n && k != i)
					buf_put(&made,
					    origin.data + starts[k],
					    starts[k + 1] - starts[k]);
			}
			judge(buf_bytes(&made), origin, outcomes);
			buf_free(&made);
		}
}

static void
text_near_a_file_of_theirs_has_one_of_three_outcomes(void **state)
{
	struct outcomes outcomes = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf octets = file_of(files[i].path);

		if (octets.len < 8000)
			mutate_octets(buf_bytes(&octets), &outcomes);
		mutate_lines(buf_bytes(&octets), &outcomes);
		buf_free(&octets);
	}
	print_message("%zu refused, %zu read as the same document, %zu as "
		      "another\n",
	    outcomes.refused, outcomes.same, outcomes.other);
	assert_true(outcomes.refused > 20000);
	assert_true(outcomes.same > 1000); /* white space */
	assert_true(outcomes.other > 1000); /* TTLs, tags, times, base64 */
}

static void
text_of_another_kind_is_named(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "<?xml version=\"1.0\"?>\n<!-- x -->\n<TrustAnchor id=\"a\">",
		    "it: is trust anchors (RFC 9718), expected a request" },
		{ "example. 3600 IN DNSKEY 256 3 13 AAAA\n",
		    "it:1:1: holds DNS records and no header" },
		{ "example.\t3600\tIN\tSOA\ta. b. 1 2 3 4 5\n",
		    "it:1:1: holds DNS records and no header" },
		{ "$ORIGIN example.\n", "it: is a zone" },
		{ "; This is a key-signing key, keyid 1, for example.\n",
		    "it: is a key file of dnssec-keygen" },
		{ "Private-key-format: v1.3\n", "it: is a private key" },
		{ "-----BEGIN PRIVATE KEY-----\n", "in PEM" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(
		    bytes_of_string(cases[i].text), cases[i].what);
}

static void
text_forced_to_another_format_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		for (enum ksr_format format = KSR_XML; format <= KSR_KNOT;
		     format++) {
			struct buf octets = file_of(files[i].path);
			struct ksr *ksr = NULL;
			struct err err;

			if (format != files[i].format)
				assert_false(ksr_read_as(format,
				    buf_bytes(&octets), "it", &ksr, &err));
			buf_free(&octets);
		}
}

/* To the other text and back: nothing but the signer's spelling changes. */
static void
text_converted_there_and_back_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		enum ksr_format there =
		    files[i].format == KSR_BIND ? KSR_KNOT : KSR_BIND;
		struct buf octets = file_of(files[i].path), text, back;
		struct ksr *ksr = document_of(buf_bytes(&octets)), *other;
		struct losses losses;
		struct err err;

		assert_ok(ksr_convert(ksr, there, &losses, &err), &err);
		if (there == KSR_KNOT && ksr->kind == KSR_RESPONSE) {
			assert_int_equal(losses.n, 1);
			assert_string_equal(losses.what[0],
			    "which records only sign the same keys once more");
		} else {
			assert_int_equal(losses.n, 0);
		}
		text = written(ksr);
		other = document_of(buf_bytes(&text));
		assert_int_equal(other->format, there);
		/* Gaps say which records refresh: Knot has none. */
		for (size_t j = 0; j < other->n_bundles; j++)
			other->bundles[j].refreshes =
			    ksr->bundles[j].refreshes;
		assert_ok(
		    ksr_convert(other, files[i].format, &losses, &err), &err);
		back = written(other);
		assert_true(bytes_equal(buf_bytes(&octets), buf_bytes(&back)));
		buf_free(&back);
		ksr_free(other);
		buf_free(&text);
		ksr_free(ksr);
		buf_free(&octets);
	}
}

/*
 * What of a document a conversion may lose: each as the document is written and
 * read again in the other format.
 */
static bool
same_keys(const struct bundle *a, const struct bundle *b)
{
	if (a->n_keys != b->n_keys)
		return false;
	for (size_t i = 0; i < a->n_keys; i++) {
		bool found = false;

		for (size_t j = 0; j < b->n_keys; j++)
			found = found ||
			    (dnskey_same_key(&a->keys[i], &b->keys[j]) &&
				a->keys[i].flags == b->keys[j].flags &&
				a->keys[i].ttl_s == b->keys[j].ttl_s &&
				a->keys[i].protocol == b->keys[j].protocol &&
				a->keys[i].tag == b->keys[j].tag);
		if (!found)
			return false;
	}
	return true;
}

static bool
same_signatures(const struct rrsig *a, const struct rrsig *b, size_t n)
{
	bool same = true;

	for (size_t i = 0; i < n; i++)
		same = same && a[i].ttl_s == b[i].ttl_s &&
		    a[i].algorithm == b[i].algorithm &&
		    a[i].labels == b[i].labels &&
		    a[i].original_ttl_s == b[i].original_ttl_s &&
		    a[i].expiration == b[i].expiration &&
		    a[i].inception == b[i].inception && a[i].tag == b[i].tag &&
		    strcmp(a[i].signers_name, b[i].signers_name) == 0 &&
		    a[i].signature_len == b[i].signature_len &&
		    memcmp(a[i].signature, b[i].signature,
			a[i].signature_len) == 0;
	return same;
}

static bool
same_child(const struct child_set *a, const struct child_set *b)
{
	bool same = a->n_records == b->n_records &&
	    a->n_signatures == b->n_signatures && a->ttl_s == b->ttl_s;

	for (size_t i = 0; same && i < a->n_records; i++)
		same = a->records[i].len == b->records[i].len &&
		    memcmp(a->records[i].octets, b->records[i].octets,
			a->records[i].len) == 0;
	return same &&
	    same_signatures(a->signatures, b->signatures, a->n_signatures);
}

static unsigned
bundle_differences(enum ksr_kind kind, const struct bundle *a,
    const struct bundle *b)
{
	unsigned d = strcmp(a->id, b->id) != 0 ? LACKS_ID : 0;

	/* No format lacks keys, nor a response its signatures. */
	assert_true(same_keys(a, b));
	if (a->n_signatures != b->n_signatures ||
	    !same_signatures(a->signatures, b->signatures, a->n_signatures)) {
		assert_int_equal(kind, KSR_REQUEST);
		d |= LACKS_PROOF;
	}
	if (a->expiration != b->expiration) {
		assert_int_equal(kind, KSR_REQUEST);
		d |= LACKS_EXPIRATION;
	}
	assert_int_equal(a->inception, b->inception);
	if (a->lead_s != b->lead_s)
		d |= LACKS_USE;
	if (a->refreshes && !b->refreshes)
		d |= LACKS_REFRESHES;
	for (size_t i = 0; i < CHILD_TYPES; i++)
		if (!same_child(&a->child[i], &b->child[i]))
			d |= LACKS_CHILD;
	return d;
}

static unsigned
differences(const struct ksr *a, const struct ksr *b)
{
	unsigned d = strcmp(a->id, b->id) != 0 ? LACKS_ID : 0;
	size_t at = 0;

	assert_int_equal(a->kind, b->kind);
	assert_true(same_domain(a->domain, b->domain));
	if (a->serial != b->serial)
		d |= LACKS_SERIAL;
	if (memcmp(&a->zsk_policy, &b->zsk_policy, sizeof(a->zsk_policy)) != 0 ||
	    memcmp(&a->ksk_policy, &b->ksk_policy, sizeof(a->ksk_policy)) != 0)
		d |= LACKS_POLICY;
	if (a->generated[0] != '\0' && strcmp(a->generated, b->generated) != 0)
		d |= LACKS_GENERATED;
	for (size_t i = 0; i < a->n_bundles; i++) {
		if (a->n_bundles != b->n_bundles && bundle_is_superseded(a, i)) {
			d |= LACKS_AGAIN;
			continue;
		}
		assert_true(at < b->n_bundles);
		d |= bundle_differences(a->kind, &a->bundles[i],
		    &b->bundles[at++]);
	}
	assert_int_equal(at, b->n_bundles);
	return d;
}

static bool
is_said(const struct losses *losses, unsigned lack)
{
	static const struct {
		unsigned lack;
		const char *what;
	} said[] = {
		{ LACKS_ID, "ids, and" },
		{ LACKS_SERIAL, "the serial" },
		{ LACKS_POLICY, "the policy sections" },
		{ LACKS_EXPIRATION, "expirations" },
		{ LACKS_PROOF, "proofs of possession" },
		{ LACKS_USE, "when a record is used" },
		{ LACKS_CHILD, "CDNSKEY and CDS" },
		{ LACKS_GENERATED, "by what the file was generated" },
		{ LACKS_REFRESHES, "only sign the same keys" },
		{ LACKS_AGAIN, "end when they begin" },
	};

	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		for (size_t j = 0; said[i].lack == lack && j < losses->n; j++)
			if (strstr(losses->what[j], said[i].what) != NULL)
				return true;
	return false;
}

/* As the configuration states them. */
static void
give_policies(struct ksr *ksr)
{
	struct err err;

	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++)
			assert_ok(signature_policy_add(
				      is_ksk(&ksr->bundles[i].keys[j])
					  ? &ksr->ksk_policy : &ksr->zsk_policy,
				      &ksr->bundles[i].keys[j], &err),
			    &err);
	ksr->completed = true;
}

/* To another format: lost is what is said, and it lacks; false: refused. */
static bool
convert_once(struct bytes octets, enum ksr_format to, struct buf *ret)
{
	struct ksr *before = document_of(octets), *ksr = document_of(octets);
	enum ksr_format from = ksr->format;
	struct losses losses;
	struct err err;
	bool ok;

	if (from != KSR_XML) {
		give_policies(before);
		give_policies(ksr);
	}
	ok = ksr_convert(ksr, to, &losses, &err);
	if (ok) {
		unsigned d;
		struct ksr *again;

		*ret = written(ksr);
		again = document_of(buf_bytes(ret));
		assert_int_equal(again->format, to);
		/* Their ids and names are derived of the file. */
		d = differences(before, again);
		if (from != KSR_XML)
			d &= ~(unsigned)(LACKS_ID | LACKS_POLICY);
		for (unsigned bit = 1; bit <= LACKS_AGAIN; bit <<= 1)
			if ((d & bit) != 0 && !is_said(&losses, bit))
				fail_msg("lost without a word: 0x%x", bit);
		for (unsigned bit = 1; bit <= LACKS_AGAIN; bit <<= 1)
			if ((d & bit) != 0)
				assert_true((format_of(to)->lacks & bit) != 0);
		ksr_free(again);
	} else {
		assert_int_equal(err.code, E_INPUT);
		assert_int_equal(to, KSR_XML);
		assert_int_equal(ksr->kind, KSR_REQUEST);
	}
	ksr_free(ksr);
	ksr_free(before);
	return ok;
}

/* From each to each, and on to each. */
static size_t
convert_all_ways(struct bytes octets)
{
	size_t n = 0;

	for (enum ksr_format to = KSR_XML; to <= KSR_KNOT; to++) {
		struct buf there, back;

		if (!convert_once(octets, to, &there))
			continue;
		for (enum ksr_format on = KSR_XML; on <= KSR_KNOT; on++)
			if (convert_once(buf_bytes(&there), on, &back)) {
				n++;
				buf_free(&back);
			}
		buf_free(&there);
	}
	return n;
}

static void
conversion_loses_what_it_says_and_no_more(void **state)
{
	static const char *const roots[] = { "root/ksr-root-2016-q3-0.xml",
		"root/ksr-root-2017-q2-0.xml", "root/skr-root-2017-q1-0.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml" };
	struct buf made = with_superseded(true);
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf octets = file_of(files[i].path);

		n += convert_all_ways(buf_bytes(&octets));
		buf_free(&octets);
	}
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		struct buf octets = read_whole(corpus_path(roots[i]));

		n += convert_all_ways(buf_bytes(&octets));
		buf_free(&octets);
	}
	n += convert_all_ways(buf_bytes(&made));
	buf_free(&made);
	/* Nine ways of a response; four of a text request, seven of one in XML. */
	assert_int_equal(n, 4 * 9 + 4 * 4 + 2 * 9 + 2 * 7 + 9);
}

static void
text_request_is_never_one_in_xml(void **state)
{
	struct buf octets = file_of(BIND_KSR);
	struct ksr *ksr = document_of(buf_bytes(&octets));
	struct losses losses;
	struct err err;

	(void)state;
	assert_false(ksr_convert(ksr, KSR_XML, &losses, &err));
	assert_non_null(strstr(err.msg, "proves nothing"));
	ksr_free(ksr);
	buf_free(&octets);
}

static void
xml_converted_to_text_says_what_is_lost(void **state)
{
	static const char *const names[] = { "root/ksr-root-2017-q2-0.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf octets = read_whole(corpus_path(names[i])), text;
		struct ksr *ksr = document_of(buf_bytes(&octets)), *again;
		struct losses losses;
		struct err err;

		assert_ok(ksr_convert(ksr, KSR_BIND, &losses, &err), &err);
		assert_int_equal(
		    losses.n, ksr->kind == KSR_REQUEST ? 5 : 3);
		text = written(ksr);
		again = document_of(buf_bytes(&text));
		assert_int_equal(again->n_bundles, ksr->n_bundles);
		for (size_t j = 0; j < again->n_bundles; j++) {
			assert_int_equal(again->bundles[j].inception,
			    ksr->bundles[j].inception);
			assert_int_equal(
			    again->bundles[j].n_keys, ksr->bundles[j].n_keys);
		}
		ksr_free(again);
		buf_free(&text);
		ksr_free(ksr);
		buf_free(&octets);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_each_signer_is_written_as_it_was),
		cmocka_unit_test(text_ids_are_of_the_octets_and_the_times),
		cmocka_unit_test(
		    format_begins_by_id_knows_the_ids_of_that_file),
		cmocka_unit_test(
		    text_that_the_signers_accept_and_is_wrong_is_refused),
		cmocka_unit_test(text_without_its_head_is_refused),
		cmocka_unit_test(text_record_that_another_supersedes_is_read),
		cmocka_unit_test(text_response_without_signatures_is_refused),
		cmocka_unit_test(text_record_without_a_key_is_refused),
		cmocka_unit_test(text_cut_anywhere_is_refused),
		cmocka_unit_test(
		    text_near_a_file_of_theirs_has_one_of_three_outcomes),
		cmocka_unit_test(text_of_another_kind_is_named),
		cmocka_unit_test(text_forced_to_another_format_is_refused),
		cmocka_unit_test(text_converted_there_and_back_is_the_same),
		cmocka_unit_test(conversion_loses_what_it_says_and_no_more),
		cmocka_unit_test(text_request_is_never_one_in_xml),
		cmocka_unit_test(xml_converted_to_text_says_what_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
