#include <string.h>

#include "ksr/readiness/classes.h"
#include "ksr/readiness/siphash.h"
#include "ksr/readiness/summary.h"
#include "tests/support/support.h"

#define DAY 17410

static const uint64_t key[2] = { 7, 11 };

static struct source
address(uint32_t n)
{
	struct source source = { .family = 4 };

	for (size_t i = 0; i < 4; i++)
		source.octets[i] = (uint8_t)(n >> (24 - 8 * i));
	return source;
}

static enum tally_added
add(struct tally *tally, int32_t day, uint32_t n, const char *tags)
{
	struct source source = address(n);
	struct tag_set set;

	assert_true(tag_set_parse(tags, strlen(tags), &set));
	return tally_add(tally, day, &source, &set);
}

/* The first and the last vector of the paper's reference. */
static void
siphash_answers_as_published(void **state)
{
	static const uint64_t k[2] = { 0x0706050403020100u,
		0x0f0e0d0c0b0a0908u };
	uint8_t data[15];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	assert_true(siphash(k, data, 0) == 0x726fdb47dd0e0e31u);
	assert_true(siphash(k, data, 15) == 0xa129ca6149be45e5u);
}

static void
tally_holds_each_row_once(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 1u << 20, key);
	for (int again = 0; again < 2; again++)
		for (uint32_t n = 0; n < 5000; n++) {
			add(&tally, DAY, n, "4a5c");
			add(&tally, DAY + 1, n, "4a5c-4f66");
		}
	assert_int_equal(tally.n, 10000);
	assert_int_equal(tally.level, 0);
	tally_free(&tally);
}

/* At a limit that is just reached nothing is sampled, whoever comes again. */
static void
tally_at_its_limit_keeps_all(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 100, key);
	for (int again = 0; again < 2; again++)
		for (uint32_t n = 0; n < 100; n++)
			assert_int_equal(
			    add(&tally, DAY, n, "4a5c"), TALLY_ADDED);
	assert_int_equal(tally.n, 100);
	assert_int_equal(tally.level, 0);
	add(&tally, DAY, 100, "4a5c");
	assert_int_equal(tally.level, 1);
	assert_true(tally.n <= 100);
	tally_free(&tally);
}

/* A source is in a sample with all its days; the order does not matter. */
static void
sample_is_the_same_in_any_order(void **state)
{
	struct buf texts[2] = { buf_new(1u << 20), buf_new(1u << 20) };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct summary summary = { .zone = "." };

		tally_init(&summary.tally, 1000, key);
		for (uint32_t n = 0; n < 4000; n++)
			for (int32_t day = 0; day < 3; day++)
				add(&summary.tally, DAY + day,
				    i == 0 ? n : 3999 - n, "4a5c");
		assert_true(summary.tally.level > 2);
		assert_int_equal(summary.tally.n % 3, 0);
		assert_true(summary.tally.n > 100);
		summary_write(&summary, &texts[i]);
		tally_free(&summary.tally);
	}
	assert_true(bytes_equal(buf_bytes(&texts[0]), buf_bytes(&texts[1])));
	buf_free(&texts[0]);
	buf_free(&texts[1]);
}

static void
sets_beyond_four_are_counted_and_the_smallest_kept(void **state)
{
	static const char *const sets[] = { "0006", "0001", "0005", "0002", "0004",
		"0003" };
	struct tally tally;

	(void)state;
	tally_init(&tally, 100, key);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		assert_int_equal(add(&tally, DAY, 1, sets[i]),
		    i < TALLY_SETS_MAX ? TALLY_ADDED : TALLY_MORE_SETS);
	tally_sort(&tally);
	assert_int_equal(tally.n, TALLY_SETS_MAX);
	for (size_t i = 0; i < TALLY_SETS_MAX; i++)
		assert_int_equal(tally.rows[i].set.tags[0], i + 1);
	tally_free(&tally);
}

/* One source that has ever new days fills it, and is told so. */
static void
tally_without_room_says_so(void **state)
{
	struct tally tally;
	size_t refused = 0;

	(void)state;
	tally_init(&tally, 16, key);
	tally_deepen(&tally, TALLY_LEVEL_MAX);
	/* Nobody of these is in a sample this deep. */
	assert_int_equal(add(&tally, DAY, 1, "4a5c"), TALLY_ADDED);
	assert_int_equal(tally.n, 0);
	tally.level = 0;
	tally.limit = 0;
	for (uint32_t n = 0; n < 100; n++)
		refused += add(&tally, DAY, n, "4a5c") == TALLY_NO_ROOM;
	assert_int_equal(refused, 0);
	assert_int_equal(tally.level, TALLY_LEVEL_MAX);
	tally_free(&tally);
}

static void
classes_follow_the_rules(void **state)
{
	struct question question = { .old_tag = 19036,
		.new_tag = 20326,
		.until = INT32_MAX };
	struct readiness readiness;
	struct tally tally;
	struct err err;

	(void)state;
	tally_init(&tally, 1000, key);
	/* 1 learns on a day, contradicting itself on that day alone. */
	add(&tally, DAY, 1, "4a5c");
	add(&tally, DAY + 1, 1, "4a5c");
	add(&tally, DAY + 1, 1, "4a5c-4f66");
	add(&tally, DAY + 2, 1, "4a5c-4f66");
	/* 2 does so on two days, and is well at last: a forwarder. */
	for (int32_t day = 0; day < 2; day++) {
		add(&tally, DAY + day, 2, "4a5c");
		add(&tally, DAY + day, 2, "4f66");
	}
	add(&tally, DAY + 2, 2, "4f66");
	/* 3 comes once; 4 says two sets of one class; 5 a compiled-in one. */
	add(&tally, DAY, 3, "4a5c");
	for (int32_t day = 0; day < 2; day++) {
		add(&tally, DAY + day, 4, "4a5c-4f66");
		add(&tally, DAY + day, 4, "0001-4a5c-4f66");
		add(&tally, DAY + day, 5, "0001-4a5c");
		add(&tally, DAY + day, 6, "0001");
	}
	assert_true(tag_set_parse_decimal("1,19036", ',', question.compiled));
	question.n_compiled = 1;
	assert_true(readiness_measure(&tally, &question, &readiness, &err));
	assert_int_equal(readiness.n[KIND_STEADY][CLASS_BOTH], 2);
	assert_int_equal(readiness.n[KIND_FORWARDER][CLASS_CONTRADICTORY], 1);
	assert_int_equal(readiness.n[KIND_ONCE][CLASS_OLD], 1);
	assert_int_equal(readiness.n[KIND_STEADY][CLASS_COMPILED_IN], 1);
	assert_int_equal(readiness.n[KIND_STEADY][CLASS_NEITHER], 1);
	assert_int_equal(kind_sources(&readiness, KINDS), 6);
	assert_int_equal(readiness.n_days, 3);
	assert_int_equal(readiness.days[0].n[CLASS_OLD], 2);
	assert_int_equal(readiness.days[1].n[CLASS_CONTRADICTORY], 2);
	assert_int_equal(readiness.days[2].n[CLASS_NEW], 1);
	readiness_free(&readiness);
	/* Of its last two days alone, source 2 is contradictory once. */
	question.from = DAY + 1;
	assert_true(readiness_measure(&tally, &question, &readiness, &err));
	assert_int_equal(readiness.n[KIND_FORWARDER][CLASS_CONTRADICTORY], 0);
	assert_int_equal(readiness.n[KIND_STEADY][CLASS_NEW], 1);
	assert_int_equal(kind_sources(&readiness, KINDS), 5);
	readiness_free(&readiness);
	tally_free(&tally);
}

/* Reckoned by hand: Wilson's interval, and a sample of one in four or two. */
static void
errors_are_those_of_a_sample(void **state)
{
	(void)state;
	assert_int_equal(share(1, 3), 333333);
	assert_int_equal(share(0, 0), 0);
	assert_int_equal(share_error(50, 1000, 0), 0);
	/* p = 0.05, n = 1000: 0.013592, times the root of 3/4. */
	assert_in_range(share_error(50, 1000, 2), 11765, 11775);
	/* None of 100 is no certainty: 0.0185, times the root of 1/2. */
	assert_in_range(share_error(0, 100, 1), 13050, 13100);
	assert_int_equal(share_error(0, 0, 1), SHARE_WHOLE);
	assert_int_equal(estimate(1000, 2), 4000);
	/* 1.96 * 4 * sqrt(1000 * 3/4) = 214.7 */
	assert_int_equal(estimate_error(1000, 2), 215);
	assert_int_equal(estimate_error(1000, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_answers_as_published),
		cmocka_unit_test(tally_holds_each_row_once),
		cmocka_unit_test(tally_at_its_limit_keeps_all),
		cmocka_unit_test(sample_is_the_same_in_any_order),
		cmocka_unit_test(
		    sets_beyond_four_are_counted_and_the_smallest_kept),
		cmocka_unit_test(tally_without_room_says_so),
		cmocka_unit_test(classes_follow_the_rules),
		cmocka_unit_test(errors_are_those_of_a_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
