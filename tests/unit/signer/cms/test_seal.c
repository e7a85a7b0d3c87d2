/*
 * The record's signature, on a record that must keep verifying: signed-rsa.p7s
 * and signed-ec.p7s beside tests/data/records/signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "signer/cms/seal.h"
#include "signer/cms/seal_parts.h"
#include "signer/record/json.h"
#include "tests/support/support.h"

#define RECORDS "tests/data/records/"
#define DIR	RECORDS "signed"

static const struct {
	const char *path;
	size_t n_lines;
	const char *key_sha256;
} seals[] = {
	{ RECORDS "signed-rsa.p7s", 71,
	    "a066d2a2366c5d6d891735c1c3b88fc0e6f7a089fd496226797b766ffd0d6826" },
	{ RECORDS "signed-ec.p7s", 76,
	    "1e486af0d405e486a0d8abd8b01485ac1e6dee1c6f89fb0f4fae1d124689d875" },
};

static struct ceremony
the_ceremony(void)
{
	struct ceremony ceremony;
	struct err err;

	assert_ok(ceremony_read(DIR, &ceremony, &err), &err);
	return ceremony;
}

static void
seal_find_signed_lines_are_found(void **state)
{
	struct ceremony ceremony = the_ceremony();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
		struct buf der = read_whole(seals[i].path);
		uint8_t key[SHA256_SIZE];
		struct seal *seal;
		struct err err;
		size_t n;

		assert_ok(
		    seal_read(buf_bytes(&der), "p7s", &seal, &err), &err);
		assert_ok(
		    seal_find(seal, &ceremony.log, &n, &err), &err);
		assert_int_equal(n, seals[i].n_lines);
		assert_true(hex_parse(seals[i].key_sha256, key, sizeof(key)));
		assert_memory_equal(seal_key(seal), key, sizeof(key));
		seal_free(seal);
		buf_free(&der);
	}
	ceremony_clear(&ceremony);
}

/* Not one bit of a signature's file can be another. */
static void
seal_read_changed_octet_is_refused(void **state)
{
	struct ceremony ceremony = the_ceremony();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
		struct buf der = read_whole(seals[i].path);

		for (size_t bit = 0; bit < 8 * der.len; bit++) {
			struct seal *seal = NULL;
			struct err err;
			size_t n;

			der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (seal_read(buf_bytes(&der), "p7s", &seal, &err) &&
			    seal_find(seal, &ceremony.log, &n, &err))
				fail_msg("%s: octet %zu, bit %zu",
				    seals[i].path, bit / 8, bit % 8);
			assert_int_equal(err.code, E_REFUSED);
			der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			seal_free(seal);
		}
		buf_free(&der);
	}
	ceremony_clear(&ceremony);
}

static void
seal_read_cut_or_longer_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
		struct buf der = read_whole(seals[i].path);
		struct seal *seal;
		struct err err;

		for (size_t len = 0; len < der.len; len++) {
			assert_false(seal_read(
			    (struct bytes){ der.data, len }, "p7s", &seal,
			    &err));
			assert_int_equal(err.code, E_REFUSED);
			assert_message_has(&err, "p7s: is no signature of");
		}
		buf_u8(&der, 0);
		assert_false(
		    seal_read(buf_bytes(&der), "p7s", &seal, &err));
		buf_free(&der);
	}
}

/* Signed by its own key as ours is, but it says something else. */
static X509 *
other_certificate(EVP_PKEY *pkey)
{
	X509 *certificate = X509_new();
	X509_NAME *name;

	assert_non_null(certificate);
	name = X509_get_subject_name(certificate);
	assert_int_equal(X509_set_version(certificate, 2), 1);
	assert_int_equal(
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			     (const unsigned char *)"root KSK 2024", -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(certificate, name), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 9));
	assert_int_equal(X509_set_pubkey(certificate, pkey), 1);
	assert_true(X509_sign(certificate, pkey, EVP_sha256()) > 0);
	return certificate;
}

static void
seal_read_certificate_that_says_more_is_refused(void **state)
{
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	X509 *certificate = other_certificate(pkey);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf der = buf_new(CMS_MAX);
	struct cms_signed cms = { .algorithm = CMS_RSA_SHA256,
		.certificates = &certificate,
		.n_certificates = 1 };
	uint8_t signature[256];
	size_t len = sizeof(signature);
	struct seal *seal;
	struct err err;

	(void)state;
	assert_int_equal(
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len,
			     (const unsigned char *)"log", 3),
	    1);
	cms.signature = (struct bytes){ signature, len };
	assert_ok(cms_encode(&cms, &der, &err), &err);
	assert_false(seal_read(buf_bytes(&der), "p7s", &seal, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(
	    &err, "its certificate says more or other than the key");
	buf_free(&der);
	EVP_MD_CTX_free(ctx);
	X509_free(certificate);
	EVP_PKEY_free(pkey);
}

/* A signature of one state says nothing of any other. */
static void
seal_covers_other_content_is_refused(void **state)
{
	struct ceremony ceremony = the_ceremony();
	struct bytes log = buf_bytes(&ceremony.log.content);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seals); i++) {
		const struct chain_line *last =
		    &ceremony.log.lines[seals[i].n_lines - 1];
		size_t end = (size_t)(last->raw.data + last->raw.len - log.data);
		struct buf der = read_whole(seals[i].path);
		struct seal *seal;
		struct err err;

		assert_ok(
		    seal_read(buf_bytes(&der), "p7s", &seal, &err), &err);
		assert_true(
		    seal_covers(seal, (struct bytes){ log.data, end }));
		assert_false(
		    seal_covers(seal, (struct bytes){ log.data, end - 1 }));
		assert_false(
		    seal_covers(seal, (struct bytes){ log.data, end + 1 }));
		assert_false(seal_covers(seal, log));
		for (size_t at = 0; at < end; at += 211) {
			ceremony.log.content.data[at] ^= 1;
			assert_false(seal_covers(
			    seal, (struct bytes){ log.data, end }));
			ceremony.log.content.data[at] ^= 1;
		}
		seal_free(seal);
		buf_free(&der);
	}
	ceremony_clear(&ceremony);
}

/* The first key of the kind in the record's response, as of a line "ksks". */
static struct dnskey
key_of_event(const struct ceremony *ceremony, const char *event)
{
	struct dnskey key = { .flags = DNSKEY_FLAGS_KSK,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = ALGORITHM_RSASHA256 };

	for (size_t i = 0; i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json, *from;
		size_t len;

		if (strcmp(fact_text(line, "event"), event) != 0)
			continue;
		from = json_array_get(json_object_get(line, "ksks"), 0);
		from = json_object_get(from == NULL ? line : from, "key");
		assert_true(base64_parse(fact_text(from, "public_key"),
		    key.public_key, sizeof(key.public_key), &len));
		key.public_key_len = (uint16_t)len;
		snprintf(key.identifier, sizeof(key.identifier), "other");
		return key;
	}
	fail_msg("no %s", event);
	return key;
}

static void
seal_may_sign_ksk_is_refused(void **state)
{
	struct ceremony ceremony = the_ceremony();
	struct dnskey ksk = key_of_event(&ceremony, "ksks");
	struct dnskey audit = key_of_event(&ceremony, "signing record");
	size_t n = ceremony.log.n, at = 0;
	struct err err;

	(void)state;
	assert_ok(seal_may_sign(NULL, &ceremony, n, &audit, &err), &err);
	assert_false(seal_may_sign(NULL, &ceremony, n, &ksk, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "found in the token before");
	/* Known by the response alone, too; and by nothing before. */
	while (strcmp(fact_text(ceremony.log.lines[at].json, "event"),
		   "ksks") != 0)
		at++;
	assert_ok(seal_may_sign(NULL, &ceremony, at, &ksk, &err), &err);
	json_object_del(ceremony.log.lines[at].json, "ksks");
	assert_false(seal_may_sign(NULL, &ceremony, n, &ksk, &err));
	assert_message_has(&err, "in a response on this record");
	ksk.public_key[100] ^= 1;
	assert_ok(seal_may_sign(NULL, &ceremony, n, &ksk, &err), &err);
	ceremony_clear(&ceremony);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seal_find_signed_lines_are_found),
		cmocka_unit_test(seal_read_changed_octet_is_refused),
		cmocka_unit_test(seal_read_cut_or_longer_is_refused),
		cmocka_unit_test(
		    seal_read_certificate_that_says_more_is_refused),
		cmocka_unit_test(seal_covers_other_content_is_refused),
		cmocka_unit_test(seal_may_sign_ksk_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
