#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "signer/token/backup.h"
#include "tests/support/support.h"

struct scene {
	struct config *config;
	struct backup backup;
	struct buf text;
};

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct dnskey ksk = { .identifier = "ksk-1",
		.flags = DNSKEY_FLAGS_KSK,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = ALGORITHM_ECDSAP256SHA256,
		.public_key_len = 64 };
	uint8_t recipient[SHA256_SIZE];
	struct err err;

	assert_non_null(s);
	s->config = calloc(1, sizeof(*s->config));
	assert_non_null(s->config);
	snprintf(s->config->ksk_policy.signers_name,
	    sizeof(s->config->ksk_policy.signers_name), "example.");
	s->config->ksk_policy.ttl_s = 3600;
	memset(ksk.public_key, 0x5a, 64);
	memset(recipient, 0xc3, sizeof(recipient));
	assert_ok(
	    backup_begin(s->config, &ksk, recipient, &s->backup, &err), &err);
	memset(s->backup.wrapped.carrier, 0x11, 256);
	s->backup.wrapped.carrier_len = 256;
	memset(s->backup.wrapped.key, 0x22, 144);
	s->backup.wrapped.key_len = 144;
	memcpy(s->backup.wrapped.check, "\xab\xcd\xef", HSM_CHECK_SIZE);
	s->text = buf_new(BACKUP_FILE_MAX);
	assert_ok(backup_format(&s->backup, &s->text, &err), &err);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	buf_free(&s->text);
	free(s->config);
	free(s);
	return 0;
}

static bool
parse(struct scene *s, struct bytes text, struct backup *ret, struct err *err)
{
	return backup_parse(text, "x.backup", s->config, ret, err);
}

/* What a token and a transport key compare, and nothing else does. */
static bool
differs_where_others_look(const struct backup *a, const struct backup *b)
{
	return a->wrapped.carrier_len != b->wrapped.carrier_len ||
	    a->wrapped.key_len != b->wrapped.key_len ||
	    memcmp(a->wrapped.carrier, b->wrapped.carrier,
		sizeof(a->wrapped.carrier)) != 0 ||
	    memcmp(a->wrapped.key, b->wrapped.key, sizeof(a->wrapped.key)) !=
	    0 ||
	    memcmp(a->wrapped.check, b->wrapped.check, HSM_CHECK_SIZE) != 0 ||
	    memcmp(a->recipient_sha256, b->recipient_sha256, SHA256_SIZE) != 0;
}

static bool
is_same_key(const struct backup *a, const struct backup *b)
{
	return memcmp(a->ds_sha256, b->ds_sha256, DS_SHA256_SIZE) == 0 &&
	    dnskey_same_key(&a->dnskey, &b->dnskey);
}

static void
backup_parse_takes_what_was_written(void **state)
{
	struct scene *s = *state;
	struct backup back;
	struct err err;

	assert_ok(parse(s, buf_bytes(&s->text), &back, &err), &err);
	assert_true(dnskey_equal(&back.dnskey, &s->backup.dnskey));
	assert_string_equal(back.zone, "example.");
	assert_true(is_same_key(&back, &s->backup));
	assert_false(differs_where_others_look(&back, &s->backup));
	assert_int_equal(back.wrapped.how, HSM_AES_KEY_WRAP_PAD);
	assert_int_equal(back.size, s->text.len);
}

/*
 * Of each bit: the file is refused, or it is a backup of the same key whose
 * change the token sees; or of another label, which the pin is looked up by.
 */
static void
backup_parse_any_bit_changed_is_seen(void **state)
{
	struct scene *s = *state;
	size_t n_read = 0;

	for (size_t at = 0; at < s->text.len * 8; at++) {
		uint8_t *octet = &s->text.data[at / 8];
		uint8_t was = *octet;
		struct backup back;
		struct err err;

		*octet ^= (uint8_t)(1 << at % 8);
		if (parse(s, buf_bytes(&s->text), &back, &err)) {
			n_read++;
			assert_true(is_same_key(&back, &s->backup));
			assert_true(
			    differs_where_others_look(&back, &s->backup) ||
			    strcmp(back.dnskey.identifier, "ksk-1") != 0 ||
			    back.wrapped.how != s->backup.wrapped.how);
		}
		*octet = was;
	}
	assert_true(n_read > 100);
}

static void
backup_parse_any_end_cut_is_refused(void **state)
{
	struct scene *s = *state;
	struct backup back;
	struct err err;

	for (size_t len = 0; len < s->text.len; len++)
		assert_false(
		    parse(s, (struct bytes){ s->text.data, len }, &back, &err));
}

/* The first such text in the file replaced. */
static void
backup_parse_refused(void **state)
{
	static const struct {
		const char *was, *is, *message;
		enum err_code code;
	} cases[] = {
		{ "{", "[", "x.backup:2:", E_INPUT },
		{ "\"zone\"", "\"key_tag\"", "duplicate object key", E_INPUT },
		{ "backup\": 1", "backup\": 2", "\"anchorite_backup\"",
		    E_INPUT },
		{ "example.", "example", "it is a backup for \"example\"",
		    E_REFUSED },
		{ "example.", "other.", "it is a backup for \"other.\"",
		    E_REFUSED },
		{ "\"ksk-1\"", "\"\"", "\"label\": expected 1 to", E_INPUT },
		{ "\"ksk-1\"", "5", "\"label\": expected 1 to", E_INPUT },
		{ "257", "256", "\"flags\": expected 257", E_INPUT },
		{ "257", "65536", "\"flags\": expected a number", E_INPUT },
		{ "257", "\"257\"", "\"flags\": expected a number", E_INPUT },
		{ "\"protocol\": 3", "\"protocol\": 2", "\"protocol\"",
		    E_INPUT },
		{ "\"algorithm\": 13", "\"algorithm\": 14", "\"key_tag\"",
		    E_INPUT },
		{ "\"ds_sha256\": \"", "\"ds_sha256\": \"0",
		    "\"ds_sha256\": expected 64 hex digits", E_INPUT },
		{ "RSA_PKCS_OAEP_SHA1", "RSA_PKCS_SHA1", "\"carried_by\"",
		    E_INPUT },
		{ "AES_KEY_WRAP_PAD", "AES_CBC_PAD", "\"wrapped_by\"",
		    E_INPUT },
		{ "\"ABCDEF\"", "\"abcdef\"", "is not as `backup` writes it",
		    E_INPUT },
		{ "\"ABCDEF\"", "\"ABCDE\"", "\"check_value\"", E_INPUT },
		{ "\"carrier\": \"", "\"carrier\": \"=", "\"carrier\"",
		    E_INPUT },
		{ "\"label\"", "\"lobel\"", "\"label\"", E_INPUT },
		{ "{\n", "{\n  \"more\": 1,\n", "line 2 is not as `backup`",
		    E_INPUT },
		{ "\n  \"zone\"", " \"zone\"", "is not as `backup`", E_INPUT },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = buf_new(BACKUP_FILE_MAX);
		size_t before, len = strlen(cases[i].was);
		const uint8_t *at =
		    memmem(s->text.data, s->text.len, cases[i].was, len);
		struct backup back;
		struct err err;

		assert_non_null(at);
		before = (size_t)(at - s->text.data);
		buf_put(&text, s->text.data, before);
		buf_puts(&text, cases[i].is);
		buf_put(&text, at + len, s->text.len - before - len);
		assert_false(parse(s, buf_bytes(&text), &back, &err));
		assert_message_has(&err, "x.backup");
		assert_message_has(&err, cases[i].message);
		assert_int_equal(err.code, cases[i].code);
		buf_free(&text);
	}
}

#define backup_test(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		backup_test(backup_parse_takes_what_was_written),
		backup_test(backup_parse_any_bit_changed_is_seen),
		backup_test(backup_parse_any_end_cut_is_refused),
		backup_test(backup_parse_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
