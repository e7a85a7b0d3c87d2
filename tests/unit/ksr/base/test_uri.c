#include <string.h>

#include "ksr/base/uri.h"
#include "tests/support/support.h"

static void
uri_parse_attributes_decoded(void **state)
{
	struct token_uri uri;
	struct err err;

	(void)state;
	assert_ok(uri_parse("PKCS11:token=My%20t%C3%B6ken;serial=00:1=2&;"
			    "manufacturer=A%2fB;model=v2;slot-id=18",
		      &uri, &err),
	    &err);
	assert_string_equal(uri.token.data, "My t\xc3\xb6ken");
	assert_int_equal(uri.token.len, 9);
	assert_string_equal(uri.serial.data, "00:1=2&");
	assert_string_equal(uri.manufacturer.data, "A/B");
	assert_string_equal(uri.model.data, "v2");
	assert_int_equal(uri.slot, 18);
	assert_ok(uri_parse("pkcs11:library-version=3;slot-description=R%201;"
			    "slot-manufacturer=M;library-manufacturer=L;"
			    "library-description=D",
		      &uri, &err),
	    &err);
	assert_int_equal(uri.library_major, 3);
	assert_int_equal(uri.library_minor, 0);
	assert_string_equal(uri.slot_description.data, "R 1");
	assert_string_equal(uri.slot_manufacturer.data, "M");
	assert_string_equal(uri.library_manufacturer.data, "L");
	assert_string_equal(uri.library_description.data, "D");
	assert_ok(uri_parse("pkcs11:library-version=2.40", &uri, &err), &err);
	assert_int_equal(uri.library_major, 2);
	assert_int_equal(uri.library_minor, 40);
}

static void
uri_parse_absent_attributes_not_given(void **state)
{
	struct token_uri uri;
	struct err err;

	(void)state;
	assert_ok(uri_parse("pkcs11:serial=7?", &uri, &err), &err);
	assert_true(uri.serial.given);
	assert_false(uri.token.given);
	assert_false(uri.slot_id.given);
	assert_ok(uri_parse("pkcs11:", &uri, &err), &err);
	assert_false(uri.serial.given);
}

static void
uri_parse_malformed_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "does not start with \"pkcs11:\"" },
		{ "token=a", "does not start with" },
		{ "pkcs11;token=a", "does not start with" },
		{ "pkcs11:token", "has no \"=\"" },
		{ "pkcs11:;token=a", "has no \"=\"" },
		{ "pkcs11:token=a;;serial=b", "has no \"=\"" },
		{ "pkcs11:token=a;", "ends in a separator" },
		{ "pkcs11:token=a?x=y&", "unknown query attribute \"x\"" },
		{ "pkcs11:=a", "unknown path attribute \"\"" },
		{ "pkcs11:tokens=a", "unknown path attribute \"tokens\"" },
		{ "pkcs11:Token=a", "unknown path attribute \"Token\"" },
		{ "pkcs11:x-vendor=a", "unknown path attribute" },
		{ "pkcs11:token=a;token=a", "token is repeated" },
		{ "pkcs11:serial=1;token=a;serial=2", "serial is repeated" },
		{ "pkcs11:token=", "value of token" },
		{ "pkcs11:token=a b", "value of token" },
		{ "pkcs11:token=a/b", "value of token" },
		{ "pkcs11:token=a%", "value of token" },
		{ "pkcs11:token=a%2", "value of token" },
		{ "pkcs11:token=a%2;serial=1", "value of token" },
		{ "pkcs11:token=a%2g", "value of token" },
		{ "pkcs11:token=a%00b", "value of token" },
		{ "pkcs11:token=\xc3\xb6", "value of token" },
		{ "pkcs11:token=a#b", "value of token" },
		{ "pkcs11:slot-id=0x12", "slot-id is not a decimal number" },
		{ "pkcs11:library-version=a", "library-version is no version" },
		{ "pkcs11:library-version=1.", "library-version is no" },
		{ "pkcs11:library-version=.1", "library-version is no" },
		{ "pkcs11:library-version=256", "library-version is no" },
		{ "pkcs11:library-version=2.1.1", "library-version is no" },
		{ "pkcs11:slot-id=-1", "slot-id is not a decimal number" },
		{ "pkcs11:slot-id=99999999999999999999",
		    "slot-id is not a decimal number" },
		{ "pkcs11:object=k", "object: describes a key, not a token" },
		{ "pkcs11:token=a;id=%01", "id: describes a key" },
		{ "pkcs11:token=a;type=private", "type: describes a key" },
		{ "pkcs11:token=a?token=a", "unknown query attribute" },
		{ "pkcs11:token=a?pin-value=1234",
		    "pin-value: a PIN has no place in a URI" },
		{ "pkcs11:token=a;pin-value=1234", "a PIN has no place" },
		{ "pkcs11:?pin-source=file:/pin",
		    "pin-source: a PIN has no place in a URI" },
		{ "pkcs11:?module-path=/x.so", "configured elsewhere" },
		{ "pkcs11:?module-name=x", "configured elsewhere" },
	};
	struct token_uri uri;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memset(&uri, 0x5a, sizeof(uri));
		if (uri_parse(cases[i].text, &uri, &err))
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(err.code, E_INPUT);
		assert_message_has(&err, cases[i].message);
		assert_null(strstr(err.msg, "1234"));
		assert_int_equal(uri.slot, 0x5a5a5a5a5a5a5a5a);
	}
}

static void
uri_parse_value_length_limited(void **state)
{
	char text[] = "pkcs11:token=0123456789012345678901234567890123456789"
		      "0123456789012345678901234";
	struct token_uri uri;
	struct err err;

	(void)state;
	assert_false(uri_parse(text, &uri, &err));
	assert_message_has(&err, "longer than 64 octets");
	text[strlen(text) - 1] = '\0';
	assert_ok(uri_parse(text, &uri, &err), &err);
	assert_int_equal(uri.token.len, 64);
}

static void
uri_escape_any_octet_parses_back(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		uint8_t octet = (uint8_t)c;
		struct buf text = buf_new(64);
		struct token_uri uri;
		struct err err;

		buf_puts(&text, "pkcs11:serial=1;token=");
		uri_escape((struct bytes){ &octet, 1 }, &text);
		buf_u8(&text, 0);
		assert_ok(uri_parse((const char *)text.data, &uri, &err), &err);
		assert_int_equal(uri.token.len, 1);
		assert_int_equal((uint8_t)uri.token.data[0], c);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_parse_attributes_decoded),
		cmocka_unit_test(uri_parse_absent_attributes_not_given),
		cmocka_unit_test(uri_parse_malformed_refused),
		cmocka_unit_test(uri_parse_value_length_limited),
		cmocka_unit_test(uri_escape_any_octet_parses_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
