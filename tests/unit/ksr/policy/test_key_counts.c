#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/policy/key_counts.h"
#include "tests/support/support.h"

#define TWO                                                             \
	"num_keys_per_bundle: {RSASHA256: [2, 1, 1], ECDSAP256SHA256: " \
	"[0, 0, 1]}\n"                                                  \
	"num_different_keys_in_all_bundles: {ECDSAP256SHA256: 1, "      \
	"RSASHA256: 2}\n"

static bool
read_into(const char *yaml, struct key_counts *counts, struct err *err)
{
	struct tree *map = NULL;
	bool ok;

	*err = (struct err){ 0 };
	assert_ok(tree_read(bytes_of_string(yaml), "c.yaml", &map, err), err);
	ok = key_counts_read(map, counts, err);
	tree_free(map);
	return ok;
}

static struct key_counts
accept(const char *yaml)
{
	struct key_counts counts = { .n = 1,
		.counts = { { .n_per_bundle = 3,
		    .per_bundle = { 2, 1, 2 },
		    .different = 3 } } };
	struct err err;

	assert_ok(read_into(yaml, &counts, &err), &err);
	return counts;
}

static void
assert_refused(const char *yaml, const char *message)
{
	struct key_counts counts = { .n = 1,
		.counts = { { .n_per_bundle = 3,
		    .per_bundle = { 2, 1, 2 },
		    .different = 3 } } };
	const struct key_counts before = counts;
	struct err err;

	if (read_into(yaml, &counts, &err))
		fail_msg("accepted: %s", yaml);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
	assert_memory_equal(&counts, &before, sizeof(counts));
}

static void
key_counts_read_list_counts_all_together(void **state)
{
	struct key_counts counts = accept("num_keys_per_bundle: [3, 2]\n"
					  "num_different_keys_in_all_bundles: "
					  "4\n");

	(void)state;
	assert_int_equal(counts.n, 1);
	assert_int_equal(counts.counts[0].algorithm, 0);
	assert_int_equal(counts.counts[0].n_per_bundle, 2);
	assert_int_equal(counts.counts[0].per_bundle[0], 3);
	assert_int_equal(counts.counts[0].per_bundle[1], 2);
	assert_int_equal(counts.counts[0].different, 4);
	assert_ptr_equal(
	    key_counts_of(&counts, ALGORITHM_ED448, 0), &counts.counts[0]);
}

static void
key_counts_read_map_counts_each_algorithm(void **state)
{
	struct key_counts counts = accept(TWO);
	const struct key_count *rsa =
	    key_counts_of(&counts, ALGORITHM_RSASHA256, 0);
	const struct key_count *ecdsa =
	    key_counts_of(&counts, ALGORITHM_ECDSAP256SHA256, 0);

	(void)state;
	assert_int_equal(counts.n, 2);
	assert_int_equal(rsa->different, 2);
	assert_int_equal(rsa->per_bundle[0], 2);
	assert_int_equal(ecdsa->different, 1);
	assert_int_equal(ecdsa->per_bundle[0], 0);
	assert_int_equal(ecdsa->per_bundle[2], 1);
	assert_null(key_counts_of(&counts, ALGORITHM_RSASHA512, 0));
}

static void
key_counts_read_leaves_what_is_not_given(void **state)
{
	struct key_counts counts = accept("num_bundles: 3\n");
	struct err err;

	(void)state;
	assert_int_equal(counts.counts[0].per_bundle[0], 2);
	assert_int_equal(counts.counts[0].different, 3);
	counts = accept("num_keys_per_bundle: [1, 1, 1]\n");
	assert_int_equal(counts.counts[0].per_bundle[0], 1);
	assert_int_equal(counts.counts[0].different, 3);
	counts = accept("num_different_keys_in_all_bundles: 5\n");
	assert_int_equal(counts.counts[0].per_bundle[0], 2);
	assert_int_equal(counts.counts[0].different, 5);
	counts = accept(TWO);
	assert_ok(read_into("num_keys_per_bundle: {ECDSAP256SHA256: [0, 1, 1], "
			    "RSASHA256: [2, 1, 0]}\n",
		      &counts, &err),
	    &err);
	assert_int_equal(
	    key_counts_of(&counts, ALGORITHM_RSASHA256, 0)->different, 2);
	assert_int_equal(
	    key_counts_of(&counts, ALGORITHM_RSASHA256, 0)->per_bundle[2], 0);
}

static void
key_counts_read_map_counts_rsa_by_size(void **state)
{
	struct key_counts counts = accept(
	    "num_keys_per_bundle: {RSASHA256:2048: [2, 1, 0], RSASHA256:1536: "
	    "[0, 0, 1]}\n"
	    "num_different_keys_in_all_bundles: {RSASHA256:1536: 1, "
	    "RSASHA256:2048: 2}\n");
	const struct key_count *large =
	    key_counts_of(&counts, ALGORITHM_RSASHA256, 2048);
	const struct key_count *small =
	    key_counts_of(&counts, ALGORITHM_RSASHA256, 1536);
	char text[KEY_COUNT_TEXT_SIZE];

	(void)state;
	assert_int_equal(counts.n, 2);
	assert_int_equal(large->different, 2);
	assert_int_equal(small->different, 1);
	assert_int_equal(small->per_bundle[2], 1);
	assert_null(key_counts_of(&counts, ALGORITHM_RSASHA256, 3072));
	assert_string_equal(key_count_text(small, text), "RSASHA256:1536");
}

static void
key_counts_read_hostile_refused(void **state)
{
	static const struct {
		const char *yaml, *message;
	} cases[] = {
		{ "num_keys_per_bundle: 2\n",
		    "c.yaml:1:22: num_keys_per_bundle: expected a list, or a "
		    "map of 1 to 8 algorithms to a list each" },
		{ "num_keys_per_bundle: {}\n", "expected a list, or a map" },
		{ "num_different_keys_in_all_bundles: [3]\n",
		    "expected a number, or a map of 1 to 8 algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: 2}\n",
		    "c.yaml:1:34: num_keys_per_bundle.RSASHA256: is a single "
		    "value (expected a list)" },
		{ "num_keys_per_bundle: {RSASHA256: [17]}\n",
		    "17 is out of range (expected 0 to 16)" },
		{ "num_keys_per_bundle: [1, 0, 1]\n", "(expected 1 to 16)" },
		{ "num_keys_per_bundle: {8: [1, 1, 1]}\n",
		    "num_keys_per_bundle.8: is not an algorithm" },
		{ "num_keys_per_bundle: {RSASHA1: [1, 1, 1]}\n",
		    "is not an algorithm this program can verify" },
		{ "num_keys_per_bundle: {rsasha256: [1, 1, 1]}\n",
		    "is not an algorithm this program can verify" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1, 1]}\n",
		    "do not name the same algorithms" },
		{ "num_different_keys_in_all_bundles: {RSASHA256: 3}\n",
		    "do not name the same algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1, 1]}\n"
		  "num_different_keys_in_all_bundles: {ED25519: 3}\n",
		    "c.yaml:2:36: num_different_keys_in_all_bundles: "
		    "num_keys_per_bundle and num_different_keys_in_all_bundles "
		    "do not name the same algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1, 1]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 3, "
		  "ED25519: 0}\n",
		    "do not name the same algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1, 1]}\n"
		  "num_different_keys_in_all_bundles: 3\n",
		    "do not name the same algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1], ED25519: [1]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 2, "
		  "ED25519: 1}\n",
		    "algorithms have 2 and 1 numbers" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 0], ED25519: [0, 0]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 2, "
		  "ED25519: 0}\n",
		    "0 keys in bundle 2 (expected 1 to 16 of all" },
		{ "num_keys_per_bundle: {RSASHA256: [1, 9], ED25519: [0, 8]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 9, "
		  "ED25519: 8}\n",
		    "17 keys in bundle 2" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 1}\n",
		    "1 different keys of RSASHA256 (expected 2 to 3" },
		{ "num_keys_per_bundle: {RSASHA256:1023: [2, 1, 1]}\n",
		    "names a size that is none (expected it of RSA keys "
		    "alone, 1024 to 4096)" },
		{ "num_keys_per_bundle: {RSASHA256:: [2, 1, 1]}\n",
		    "names a size that is none" },
		{ "num_keys_per_bundle: {RSASHA256:99999999999: [2, 1, 1]}\n",
		    "names a size that is none" },
		{ "num_keys_per_bundle: {ED25519:256: [2, 1, 1]}\n",
		    "names a size that is none" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1], RSASHA256:1536: "
		  "[0, 1]}\n",
		    "counts keys that stand under another name already" },
		{ "num_keys_per_bundle: {RSASHA256:1536: [2, 1], "
		  "RSASHA256:01536: [0, 1]}\n",
		    "counts keys that stand under another name already" },
		{ "num_keys_per_bundle: {RSASHA256:1536: [2, 1]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 2}\n",
		    "do not name the same algorithms" },
		{ "num_keys_per_bundle: {RSASHA256: [2, 1]}\n"
		  "num_different_keys_in_all_bundles: {RSASHA256: 4}\n",
		    "4 different keys of RSASHA256 (expected 2 to 3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(cases[i].yaml, cases[i].message);
}

static void
key_counts_check_length_compares_with_bundles(void **state)
{
	struct key_counts counts = accept(TWO);
	struct tree *map = NULL;
	struct err err;

	(void)state;
	assert_ok(tree_read(bytes_of_string("num_bundles: 4\n"), "c.yaml", &map,
		      &err),
	    &err);
	assert_ok(
	    key_counts_check_length(map, map->first, &counts, 3, &err), &err);
	assert_false(
	    key_counts_check_length(map, map->first, &counts, 4, &err));
	assert_message_has(&err,
	    "c.yaml:1:14: num_bundles: num_keys_per_bundle has 3 numbers, "
	    "num_bundles is 4");
	tree_free(map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_counts_read_list_counts_all_together),
		cmocka_unit_test(key_counts_read_map_counts_each_algorithm),
		cmocka_unit_test(key_counts_read_leaves_what_is_not_given),
		cmocka_unit_test(key_counts_read_map_counts_rsa_by_size),
		cmocka_unit_test(key_counts_read_hostile_refused),
		cmocka_unit_test(key_counts_check_length_compares_with_bundles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
