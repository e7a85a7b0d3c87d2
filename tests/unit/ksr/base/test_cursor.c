#include "ksr/base/cursor.h"
#include "tests/support/support.h"

static const uint8_t octets[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 };

static struct cursor
over_octets(void)
{
	return cursor_new((struct bytes){ octets, sizeof(octets) });
}

static void
cursor_within_bytes_reads_in_order(void **state)
{
	struct cursor cursor = over_octets();
	struct bytes taken;

	(void)state;
	assert_int_equal(cursor_u8(&cursor), 0x01);
	assert_int_equal(cursor_u16(&cursor), 0x0203);
	taken = cursor_take(&cursor, 2);
	assert_ptr_equal(taken.data, octets + 3);
	assert_int_equal(taken.len, 2);
	assert_false(cursor_done(&cursor));
	taken = cursor_rest(&cursor);
	assert_ptr_equal(taken.data, octets + 5);
	assert_int_equal(taken.len, 1);
	assert_true(cursor_done(&cursor));
}

static void
cursor_u16_with_high_bit_is_unsigned(void **state)
{
	static const uint8_t high[] = { 0xff, 0xfe };
	struct cursor cursor = cursor_new((struct bytes){ high, 2 });

	(void)state;
	assert_int_equal(cursor_u16(&cursor), 0xfffe);
}

static void
cursor_take_of_nothing_succeeds_at_the_end(void **state)
{
	struct cursor cursor = over_octets();

	(void)state;
	cursor_take(&cursor, sizeof(octets));
	assert_int_equal(cursor_take(&cursor, 0).len, 0);
	assert_int_equal(cursor_rest(&cursor).len, 0);
	assert_true(cursor_done(&cursor));
}

static void
cursor_over_nothing_is_done(void **state)
{
	struct cursor cursor = cursor_new((struct bytes){ NULL, 0 });

	(void)state;
	assert_int_equal(cursor_take(&cursor, 0).len, 0);
	assert_true(cursor_done(&cursor));
	assert_int_equal(cursor_u8(&cursor), 0);
	assert_false(cursor_done(&cursor));
}

/* What would fit after a failure is not read: the position is lost. */
static void
cursor_after_a_failure_reads_nothing(void **state)
{
	static const size_t too_many[] = { sizeof(octets) + 1, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(too_many); i++) {
		struct cursor cursor = over_octets();
		struct bytes taken = cursor_take(&cursor, too_many[i]);

		assert_null(taken.data);
		assert_int_equal(taken.len, 0);
		assert_true(cursor.failed);
		assert_int_equal(cursor_u8(&cursor), 0);
		assert_int_equal(cursor_u16(&cursor), 0);
		assert_int_equal(cursor_take(&cursor, 1).len, 0);
		assert_null(cursor_rest(&cursor).data);
		assert_false(cursor_done(&cursor));
	}
}

static void
cursor_u16_across_the_end_fails(void **state)
{
	struct cursor cursor = cursor_new((struct bytes){ octets, 1 });

	(void)state;
	assert_int_equal(cursor_u16(&cursor), 0);
	assert_true(cursor.failed);
	assert_false(cursor_done(&cursor));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursor_within_bytes_reads_in_order),
		cmocka_unit_test(cursor_u16_with_high_bit_is_unsigned),
		cmocka_unit_test(cursor_take_of_nothing_succeeds_at_the_end),
		cmocka_unit_test(cursor_over_nothing_is_done),
		cmocka_unit_test(cursor_after_a_failure_reads_nothing),
		cmocka_unit_test(cursor_u16_across_the_end_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
