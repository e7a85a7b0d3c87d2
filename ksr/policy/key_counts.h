/*
 * How many ZSKs a request holds: for all algorithms together, or for each.
 *
 *   num_keys_per_bundle: [2, 1, 1, 1, 1, 1, 1, 1, 2]
 *   num_different_keys_in_all_bundles: 3
 *
 *   num_keys_per_bundle: {RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2],
 *                         ECDSAP256SHA256: [0, 0, 0, 0, 0, 0, 0, 0, 1]}
 *   num_different_keys_in_all_bundles: {RSASHA256: 3, ECDSAP256SHA256: 1}
 *
 * With a map there are no keys of an algorithm that is not in it.  RSA keys may
 * be counted by size as well, where that changes with time: a name is then as
 * "RSASHA256:1536", and there are no RSA keys of another size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/tree.h"

struct key_count {
	uint8_t algorithm; /* 0: all together, and no other count beside it */
	uint16_t bits;     /* of an RSA modulus; 0: of any that is approved */
	size_t n_per_bundle;
	uint8_t per_bundle[BUNDLES_MAX];
	uint64_t different; /* keys in all bundles */
};

struct key_counts {
	size_t n;
	struct key_count counts[KEY_COUNTS_MAX]; /* in the file's order */
};

/*
 * Replaces what the map's two keys give; the one that is left out stays as it
 * is in counts.  E_INPUT with the position: both must name the same
 * algorithms, each once, and each number must be within what its bundles can
 * hold.  counts is untouched on failure.
 */
MUST_USE bool key_counts_read(
    const struct tree *map, struct key_counts *counts, struct err *err);

/*
 * One number for each of n_bundles.  The map is the one that was read; where
 * it has no "num_keys_per_bundle" the error is at otherwise, which says how
 * many bundles there are.
 */
MUST_USE bool
key_counts_check_length(const struct tree *map, const struct tree *otherwise,
    const struct key_counts *counts, uint64_t n_bundles, struct err *err);

/* The count of such keys, or of all together; NULL if it has none. */
const struct key_count *key_counts_of(
    const struct key_counts *counts, uint8_t algorithm, uint16_t bits);

/* Whether the key is one of those that are counted. */
bool key_count_has(const struct key_count *count, const struct dnskey *key);

/* "RSASHA256", "RSASHA256:1536"; "" of all together. */
#define KEY_COUNT_TEXT_SIZE (ALGORITHM_TEXT_SIZE + 8)
const char *key_count_text(
    const struct key_count *count, char buf[KEY_COUNT_TEXT_SIZE]);
