#include <string.h>

#include "ksr/base/bytes.h"
#include "ksr/policy/schema.h"
#include "tests/support/support.h"

#define O 1u
#define N 4u
#define B (O | N)

static void
assert_slot(const struct schema *schema, size_t slot, struct schema_slot want)
{
	const struct schema_slot *is = &schema->slots[slot];

	if (is->publish != want.publish || is->sign != want.sign ||
	    is->revoke != want.revoke)
		fail_msg("%s, slot %zu: publish %x sign %x revoke %x",
		    schema->name, slot + 1, is->publish, is->sign, is->revoke);
}

static struct schema
build(size_t i, size_t n_slots)
{
	struct schema schema = { 0 };
	bool possible = false;
	struct err err;

	assert_ok(
	    schema_standard(i, n_slots, O, N, &schema, &possible, &err), &err);
	assert_true(possible);
	assert_true(schema.built_in);
	assert_int_equal(schema.n_slots, n_slots);
	return schema;
}

/* The root's phases: publish, sign, revoke in slot 1, slots 2-8, slot 9. */
static const struct {
	const char *name;
	struct schema_slot first, middle, last;
} phases[SCHEMA_STANDARD_COUNT] = {
	{ "normal", { O, O, 0 }, { O, O, 0 }, { O, O, 0 } },
	{ "pre-publish", { O, O, 0 }, { B, O, 0 }, { B, O, 0 } },
	{ "rollover", { B, O, 0 }, { B, N, 0 }, { B, N, 0 } },
	{ "revoke", { B, N, 0 }, { N, B, O }, { N, N, 0 } },
	{ "publish+", { B, O, 0 }, { B, O, 0 }, { B, O, 0 } },
	{ "rollover+", { B, N, 0 }, { B, N, 0 }, { B, N, 0 } },
	{ "revoke+", { N, N, 0 }, { N, B, O }, { N, N, 0 } },
};

static void
schema_standard_nine_slots_has_roots_phases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		struct schema schema = build(i, 9);

		assert_string_equal(schema_standard_name(i), phases[i].name);
		assert_string_equal(schema.name, phases[i].name);
		assert_slot(&schema, 0, phases[i].first);
		for (size_t slot = 1; slot < 8; slot++)
			assert_slot(&schema, slot, phases[i].middle);
		assert_slot(&schema, 8, phases[i].last);
		schema_clear(&schema);
		assert_null(schema.slots);
	}
}

static void
schema_standard_few_slots_keeps_first_then_last(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		struct schema one = build(i, 1), two = build(i, 2),
			      three = build(i, 3);

		assert_slot(&one, 0, phases[i].first);
		assert_slot(&two, 0, phases[i].first);
		assert_slot(&two, 1, phases[i].last);
		assert_slot(&three, 0, phases[i].first);
		assert_slot(&three, 1, phases[i].middle);
		assert_slot(&three, 2, phases[i].last);
		schema_clear(&one);
		schema_clear(&two);
		schema_clear(&three);
	}
}

/* RFC 5011 2.1: what is revoked signs; what signs is in the RRset. */
static void
schema_standard_every_slot_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCHEMA_STANDARD_COUNT; i++) {
		struct schema schema = build(i, 9);

		for (size_t k = 0; k < schema.n_slots; k++) {
			const struct schema_slot *slot = &schema.slots[k];

			assert_int_not_equal(slot->sign, 0);
			assert_int_equal(slot->publish & slot->revoke, 0);
			assert_int_equal(
			    slot->sign & ~(slot->publish | slot->revoke), 0);
			assert_int_equal(slot->revoke & ~slot->sign, 0);
		}
		schema_clear(&schema);
	}
}

static void
schema_standard_missing_role_is_impossible(void **state)
{
	struct schema schema = { .name = "untouched" };
	struct err err;
	bool possible;

	(void)state;
	for (size_t i = 0; i < SCHEMA_STANDARD_COUNT; i++) {
		possible = true;
		assert_true(
		    schema_standard(i, 9, 0, N, &schema, &possible, &err));
		assert_false(possible);
		assert_string_equal(schema.name, "untouched");
		if (i == 0)
			continue;
		possible = true;
		assert_true(
		    schema_standard(i, 9, O, 0, &schema, &possible, &err));
		assert_false(possible);
	}
	assert_ok(schema_standard(0, 9, O, 0, &schema, &possible, &err), &err);
	assert_true(possible);
	schema_clear(&schema);
}

static void
schema_standard_misuse_fails(void **state)
{
	struct schema schema = { 0 };
	struct err err = { 0 };
	bool possible;

	(void)state;
	assert_false(schema_standard(
	    SCHEMA_STANDARD_COUNT, 9, O, N, &schema, &possible, &err));
	assert_int_equal(err.code, E_INTERNAL);
	assert_message_has(&err, "no standard schema 7 for 9 slots");
	assert_false(schema_standard(0, 0, O, N, &schema, &possible, &err));
	assert_message_has(&err, "no standard schema 0 for 0 slots");
	assert_null(schema_standard_name(SCHEMA_STANDARD_COUNT));
	schema_clear(NULL);
}

/* The first, as many of those in the middle as it takes, and the last. */
static void
schema_fit_stretches_the_middle(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 4, 9, 40 };
	struct schema_slot slots[] = { { 1, 1, 0 }, { 3, 1, 0 }, { 3, 1, 0 },
		{ 2, 2, 0 } };
	const struct schema schema = { "x", false, ARRAY_LEN(slots), slots };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		size_t n = counts[i];
		struct schema fit;
		struct err err;

		assert_ok(schema_fit(&schema, n, &fit, &err), &err);
		assert_int_equal(fit.n_slots, n);
		assert_string_equal(fit.name, "x");
		assert_memory_equal(&fit.slots[0], &slots[0], sizeof(slots[0]));
		for (size_t j = 1; j + 1 < n; j++)
			assert_memory_equal(
			    &fit.slots[j], &slots[1], sizeof(slots[0]));
		if (n > 1)
			assert_memory_equal(
			    &fit.slots[n - 1], &slots[3], sizeof(slots[0]));
		schema_clear(&fit);
	}
}

static void
schema_fit_of_unlike_slots_is_refused(void **state)
{
	struct schema_slot slots[] = { { 1, 1, 0 }, { 3, 1, 0 }, { 3, 2, 0 },
		{ 2, 2, 0 } };
	const struct schema schema = { "x", false, ARRAY_LEN(slots), slots };
	struct schema fit = { 0 };
	struct err err;

	(void)state;
	assert_false(schema_fit(&schema, 5, &fit, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "cannot be stretched to 5 records");
	/* As long as it is, it fits. */
	assert_ok(schema_fit(&schema, 4, &fit, &err), &err);
	assert_memory_equal(fit.slots, slots, sizeof(slots));
	schema_clear(&fit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_fit_stretches_the_middle),
		cmocka_unit_test(schema_fit_of_unlike_slots_is_refused),
		cmocka_unit_test(schema_standard_nine_slots_has_roots_phases),
		cmocka_unit_test(
		    schema_standard_few_slots_keeps_first_then_last),
		cmocka_unit_test(schema_standard_every_slot_is_sound),
		cmocka_unit_test(schema_standard_missing_role_is_impossible),
		cmocka_unit_test(schema_standard_misuse_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
