#include <string.h>

#include "tests/support/support.h"

static void
bytes_compare_orders_as_canonical_rdata(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} cases[] = {
		{ "", "", 0 }, { "", "a", -1 }, { "a", "a", 0 },
		{ "a", "b", -1 },
		{ "a", "aa", -1 }, /* RFC 4034 6.3: absence sorts first */
		{ "b", "aa", 1 },
		{ "\x7f", "\x80", -1 }, /* octets are unsigned */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bytes a = bytes_of_string(cases[i].a);
		struct bytes b = bytes_of_string(cases[i].b);
		int ab = bytes_compare(a, b), ba = bytes_compare(b, a);

		assert_int_equal((ab > 0) - (ab < 0), cases[i].sign);
		assert_int_equal((ba > 0) - (ba < 0), -cases[i].sign);
		assert_int_equal(bytes_equal(a, b), cases[i].sign == 0);
	}
}

static void
bytes_without_data_are_equal_and_empty(void **state)
{
	struct bytes none = { NULL, 0 };

	(void)state;
	assert_true(bytes_equal(none, none));
	assert_true(bytes_equal(none, bytes_of_string("")));
	assert_int_equal(bytes_compare(none, bytes_of_string("")), 0);
	assert_true(bytes_compare(none, bytes_of_string("a")) < 0);
}

static void
buf_puts_append_in_order_big_endian(void **state)
{
	static const uint8_t expected[] = { 'a', 0x01, 0x02, 0x03, 0x04, 0x05,
		0x06, 0x07, 'b', 'c', '7' };
	struct buf buf = buf_new(sizeof(expected));

	(void)state;
	buf_put(&buf, "a", 1);
	buf_u8(&buf, 0x01);
	buf_u16(&buf, 0x0203);
	buf_u32(&buf, 0x04050607);
	buf_puts(&buf, "bc");
	buf_printf(&buf, "%d", 7);
	assert_false(buf.failed);
	assert_int_equal(buf.len, sizeof(expected));
	assert_memory_equal(buf.data, expected, sizeof(expected));
	buf_free(&buf);
}

static void
buf_of_many_small_puts_keeps_them_all(void **state)
{
	struct buf buf = buf_new(100000);

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		buf_u8(&buf, (uint8_t)(i * 7));
	assert_false(buf.failed);
	assert_int_equal(buf.len, 100000);
	for (size_t i = 0; i < buf.len; i++)
		assert_int_equal(buf.data[i], (uint8_t)(i * 7));
	buf_free(&buf);
}

/* vsnprintf ends with a NUL, for which there must be room in every case. */
static void
buf_printf_of_any_length_stays_in_its_memory(void **state)
{
	(void)state;
	for (size_t len = 0; len < 600; len++) {
		struct buf buf = buf_new(1000);

		for (size_t n = 0; n < len; n++)
			buf_u8(&buf, 0);
		buf_printf(&buf, "%s", "abcd");
		assert_false(buf.failed);
		assert_int_equal(buf.len, len + 4);
		assert_memory_equal(buf.data + len, "abcd", 4);
		buf_free(&buf);
	}
}

/* Each put by itself, one octet beyond the cap and exactly at it. */
static void
buf_takes_its_cap_and_not_one_octet_more(void **state)
{
	static const struct {
		const char *what;
		size_t len;
	} cases[] = { { "put", 4 }, { "u8", 1 }, { "u16", 2 }, { "u32", 4 },
		{ "puts", 4 }, { "printf", 4 }, { "hex", 4 }, { "base64", 4 } };
	static const uint8_t octets[4] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		const char *what = cases[i / 2].what;
		size_t len = cases[i / 2].len;
		bool fits = i % 2 == 0;
		struct buf buf = buf_new(fits ? 130 + len : 130 + len - 1);

		for (size_t n = 0; n < 130; n++)
			buf_u8(&buf, 0);
		if (strcmp(what, "put") == 0)
			buf_put(&buf, octets, 4);
		else if (strcmp(what, "u8") == 0)
			buf_u8(&buf, 1);
		else if (strcmp(what, "u16") == 0)
			buf_u16(&buf, 1);
		else if (strcmp(what, "u32") == 0)
			buf_u32(&buf, 1);
		else if (strcmp(what, "puts") == 0)
			buf_puts(&buf, "abcd");
		else if (strcmp(what, "printf") == 0)
			buf_printf(&buf, "%s", "abcd");
		else if (strcmp(what, "hex") == 0)
			buf_hex(&buf, (struct bytes){ octets, 2 });
		else
			buf_base64(&buf, (struct bytes){ octets, 3 });
		if (buf.failed == fits)
			fail_msg("%s: failed is %d", what, buf.failed);
		assert_true(buf.len <= buf.cap);
		assert_int_equal(fits, buf.len == 130 + len);
		buf_free(&buf);
	}
}

static void
buf_after_a_failure_takes_nothing(void **state)
{
	struct buf buf = buf_new(4);

	(void)state;
	buf_puts(&buf, "ab");
	buf_puts(&buf, "cde");
	assert_true(buf.failed);
	buf_puts(&buf, "c");
	buf_u8(&buf, 'c');
	buf_printf(&buf, "c");
	buf_hex(&buf, bytes_of_string("c"));
	assert_true(buf.failed);
	assert_int_equal(buf.len, 2);
	assert_memory_equal(buf.data, "ab", 2);
	buf_free(&buf);
}

static void
buf_put_of_absurd_length_fails(void **state)
{
	static const size_t lengths[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2,
		SIZE_MAX / 2 + 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct buf buf = buf_new(SIZE_MAX);

		buf_u8(&buf, 1);
		buf_put(&buf, "x", lengths[i]);
		assert_true(buf.failed);
		assert_int_equal(buf.len, 1);
		buf_free(&buf);
	}
}

static void
buf_free_leaves_an_empty_buffer_with_its_cap(void **state)
{
	struct buf buf = buf_new(2);

	(void)state;
	buf_puts(&buf, "abc");
	assert_true(buf.failed);
	buf_free(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.cap, 2);
	buf_puts(&buf, "ab");
	assert_false(buf.failed);
	assert_true(bytes_equal(buf_bytes(&buf), bytes_of_string("ab")));
	buf_free(&buf);
	buf_free(&buf);
	buf_free(NULL);
}

static void
buf_put_of_nothing_allocates_nothing(void **state)
{
	struct buf buf = buf_new(0);

	(void)state;
	buf_put(&buf, NULL, 0);
	buf_puts(&buf, "");
	assert_false(buf.failed);
	assert_null(buf.data);
}

static void
buf_hex_is_upper_case(void **state)
{
	static const uint8_t octets[] = { 0x00, 0x09, 0xaf, 0xff };
	struct buf buf = buf_new(8);

	(void)state;
	buf_hex(&buf, (struct bytes){ octets, sizeof(octets) });
	assert_true(bytes_equal(buf_bytes(&buf), bytes_of_string("0009AFFF")));
	buf_free(&buf);
}

static void
hex_parse_takes_exactly_its_digits(void **state)
{
	static const uint8_t expected[] = { 0x00, 0x9a, 0xFf };
	static const char *const refused[] = { "", "009aF", "009aFf0",
		"009aFf00", "009aFg", "009a F", " 09aFf", "0x9aFf", "009a:F",
		"-09aFf" };
	uint8_t octets[3];

	(void)state;
	assert_true(hex_parse("009aFf", octets, sizeof(octets)));
	assert_memory_equal(octets, expected, sizeof(octets));
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (hex_parse(refused[i], octets, sizeof(octets)))
			fail_msg("\"%s\" is accepted", refused[i]);
		assert_memory_equal(octets, expected, sizeof(octets));
	}
}

/* RFC 4648 section 10, and XML white space where a document may have it. */
static const struct {
	const char *text, *octets;
} base64_good[] = {
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ " Z\tm\n9\rv ", "foo" },
	{ "Z g = =", "f" },
	{ "\n    Zm9v\n    Yg==\n", "foob" },
};

static void
base64_parse_of_good_text_gives_its_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(base64_good); i++) {
		size_t len = 0, expected = strlen(base64_good[i].octets);
		uint8_t octets[8];

		/* The room is exactly what the octets take. */
		if (!base64_parse(base64_good[i].text, octets, expected, &len))
			fail_msg("\"%s\" is refused", base64_good[i].text);
		assert_int_equal(len, expected);
		assert_memory_equal(octets, base64_good[i].octets, len);
		len = 99;
		assert_false(base64_parse(
		    base64_good[i].text, octets, expected - 1, &len));
		assert_int_equal(len, 99);
	}
}

static void
base64_parse_of_bad_text_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" \n",
		"=",
		"==",
		"====",
		"Z",
		"Zg",
		"Zg=",
		"Zg===",
		"Zm8",
		"Zm8==",
		"Zm9v=",
		"Zm9v====",
		"Zm9vY",
		"Zg==Zg==", /* padding ends the text */
		"Zg=g",
		"=Zg=",
		"Zh==", /* unused bits are not zero */
		"Zm9=",
		"Zm-_", /* the alphabet for URLs */
		"Zm9v!",
		"Zm9v\vZm9v", /* white space, but not XML's */
		"Zm9v\f",
		"Zm9v\xc2\xa0",
		"Zm9v\x80",
		"Zm9v&#10;",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t octets[32];
		size_t len = 99;

		if (base64_parse(cases[i], octets, sizeof(octets), &len))
			fail_msg("\"%s\" is accepted", cases[i]);
		assert_int_equal(len, 99);
	}
}

static void
base64_of_any_octets_comes_back(void **state)
{
	uint8_t octets[256], back[256];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(255 - i);
	for (size_t n = 1; n <= sizeof(octets); n++) {
		struct buf buf = buf_new(512);
		size_t len;

		buf_base64(&buf, (struct bytes){ octets, n });
		buf_u8(&buf, 0);
		assert_false(buf.failed);
		assert_true(base64_parse(
		    (const char *)buf.data, back, sizeof(back), &len));
		assert_int_equal(len, n);
		assert_memory_equal(back, octets, n);
		buf_free(&buf);
	}
}

static void
buf_base64_pads_and_keeps_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct buf buf = buf_new(64);

		buf_base64(&buf, bytes_of_string(base64_good[i].octets));
		assert_true(bytes_equal(
		    buf_bytes(&buf), bytes_of_string(base64_good[i].text)));
		buf_free(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_compare_orders_as_canonical_rdata),
		cmocka_unit_test(bytes_without_data_are_equal_and_empty),
		cmocka_unit_test(buf_puts_append_in_order_big_endian),
		cmocka_unit_test(buf_of_many_small_puts_keeps_them_all),
		cmocka_unit_test(buf_printf_of_any_length_stays_in_its_memory),
		cmocka_unit_test(buf_takes_its_cap_and_not_one_octet_more),
		cmocka_unit_test(buf_after_a_failure_takes_nothing),
		cmocka_unit_test(buf_put_of_absurd_length_fails),
		cmocka_unit_test(buf_free_leaves_an_empty_buffer_with_its_cap),
		cmocka_unit_test(buf_put_of_nothing_allocates_nothing),
		cmocka_unit_test(buf_hex_is_upper_case),
		cmocka_unit_test(hex_parse_takes_exactly_its_digits),
		cmocka_unit_test(base64_parse_of_good_text_gives_its_octets),
		cmocka_unit_test(base64_parse_of_bad_text_is_refused),
		cmocka_unit_test(base64_of_any_octets_comes_back),
		cmocka_unit_test(buf_base64_pads_and_keeps_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
