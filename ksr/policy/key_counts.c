#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/policy/config_value.h"
#include "ksr/policy/key_counts.h"

#define PER_BUNDLE "num_keys_per_bundle"
#define DIFFERENT  "num_different_keys_in_all_bundles"

/* Every key of every bundle another one. */
#define DIFFERENT_MAX (BUNDLES_MAX * BUNDLE_KEYS_MAX)

/* A number of each map may be 0: a slot without keys of that algorithm. */
#define PER_BUNDLE_ROW(least)                                            \
	{                                                                \
		.key = PER_BUNDLE, .type = CONFIG_NUMBER, .list = true,  \
		.at = offsetof(struct key_count, per_bundle), .size = 1, \
		.room = BUNDLES_MAX,                                     \
		.count_at = offsetof(struct key_count, n_per_bundle),    \
		.min = (least), .max = BUNDLE_KEYS_MAX                   \
	}
#define DIFFERENT_ROW(least)                                                   \
	{                                                                      \
		.key = DIFFERENT, .type = CONFIG_NUMBER,                       \
		.at = offsetof(struct key_count, different),                   \
		.size = sizeof(uint64_t), .min = (least), .max = DIFFERENT_MAX \
	}

/* One of the two keys: alone, and as an entry of a map of algorithms. */
struct half {
	enum tree_kind alone;
	const char *expected;
	struct config_row together, by_algorithm;
};

static const struct half per_bundle_half = { TREE_LIST, "a list",
	PER_BUNDLE_ROW(1), PER_BUNDLE_ROW(0) };
static const struct half different_half = { TREE_TEXT, "a number",
	DIFFERENT_ROW(1), DIFFERENT_ROW(0) };

/* RFC 3110 section 2 has 4096 at most; of less than 1024 no key is made. */
#define BITS_MIN 1024u

static bool
read_bits(const struct tree *entry, const char *text,
    const struct algorithm *algorithm, struct key_count *ret, struct err *err)
{
	uint64_t bits = 0;

	if (algorithm->family != FAMILY_RSA ||
	    !number_parse(text, RSA_BITS_MAX, &bits) || bits < BITS_MIN)
		return tree_refuse_key(entry, err,
		    "names a size that is none (expected it of RSA keys alone, "
		    "%u to %u)",
		    BITS_MIN, RSA_BITS_MAX);
	ret->bits = (uint16_t)bits;
	return true;
}

/* "ECDSAP256SHA256", "RSASHA256:1536" */
static bool
read_kind(const struct tree *entry, struct key_count *ret, struct err *err)
{
	const char *colon = strchr(entry->key, ':');
	const struct algorithm *algorithm;
	char names[ALGORITHM_NAMES_SIZE], name[ALGORITHM_TEXT_SIZE];

	snprintf(name, sizeof(name), "%.*s",
	    (int)(colon == NULL ? strlen(entry->key)
				: (size_t)(colon - entry->key)),
	    entry->key);
	algorithm = algorithm_of_mnemonic(name);
	if (algorithm == NULL || !algorithm->supported) {
		algorithm_names(names);
		tree_refuse_key(entry, err,
		    "is not an algorithm this program can verify (expected "
		    "its IANA mnemonic: %s)",
		    names);
		return algorithm_suggest(entry->key, err);
	}
	ret->algorithm = algorithm->number;
	return colon == NULL ||
	    read_bits(entry, colon + 1, algorithm, ret, err);
}

/* A key is counted once: by its size, or with all of its algorithm. */
static bool
check_apart(
    const struct tree *entry, const struct key_counts *counts, struct err *err)
{
	const struct key_count *last = &counts->counts[counts->n - 1];

	for (size_t i = 0; i + 1 < counts->n; i++) {
		const struct key_count *other = &counts->counts[i];

		if (other->algorithm == last->algorithm &&
		    (other->bits == 0 || last->bits == 0 ||
			other->bits == last->bits))
			return tree_refuse_key(entry, err,
			    "counts keys that stand under another name already "
			    "(expected each once: by size, or all of an "
			    "algorithm)");
	}
	return true;
}

static bool
read_half(const struct tree *tree, const struct half *half,
    struct key_counts *ret, struct err *err)
{
	if (tree->kind == half->alone) {
		ret->n = 1;
		return config_value_read(
		    tree, &half->together, &ret->counts[0], err);
	}
	if (tree->kind != TREE_MAP || tree->n == 0 || tree->n > KEY_COUNTS_MAX)
		return tree_refuse(tree, err,
		    "expected %s, or a map of 1 to %u algorithms to %s each",
		    half->expected, KEY_COUNTS_MAX, half->expected);
	for (const struct tree *entry = tree->first; entry != NULL;
	     entry = entry->next) {
		struct key_count *count = &ret->counts[ret->n++];

		if (!read_kind(entry, count, err) ||
		    !check_apart(entry, ret, err) ||
		    !config_value_read(entry, &half->by_algorithm, count, err))
			return false;
	}
	return true;
}

const struct key_count *
key_counts_of(
    const struct key_counts *counts, uint8_t algorithm, uint16_t bits)
{
	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->algorithm == 0 ||
		    (count->algorithm == algorithm &&
			(count->bits == 0 || count->bits == bits)))
			return count;
	}
	return NULL;
}

bool
key_count_has(const struct key_count *count, const struct dnskey *key)
{
	struct pubkey_info info;
	struct err err;

	return count->algorithm == 0 ||
	    (count->algorithm == key->algorithm &&
		(count->bits == 0 ||
		    (pubkey_info(key, &info, &err) &&
			info.bits == count->bits)));
}

const char *
key_count_text(const struct key_count *count, char buf[KEY_COUNT_TEXT_SIZE])
{
	char name[ALGORITHM_TEXT_SIZE];

	buf[0] = '\0';
	if (count->algorithm != 0)
		snprintf(buf, KEY_COUNT_TEXT_SIZE, "%s",
		    algorithm_text(count->algorithm, name));
	if (count->bits != 0)
		snprintf(buf + strlen(buf), KEY_COUNT_TEXT_SIZE - strlen(buf),
		    ":%u", count->bits);
	return buf;
}

/* Puts the numbers of different keys to the algorithms of the lists. */
static bool
join(const struct tree *at, const struct key_counts *different,
    struct key_counts *counts, struct err *err)
{
	bool same = different->n == counts->n;

	for (size_t i = 0; i < counts->n && same; i++) {
		struct key_count *count = &counts->counts[i];
		const struct key_count *other =
		    key_counts_of(different, count->algorithm, count->bits);

		same = other != NULL && other->algorithm == count->algorithm &&
		    other->bits == count->bits;
		if (same)
			count->different = other->different;
	}
	return same ||
	    tree_refuse(at, err,
		PER_BUNDLE " and " DIFFERENT " do not name the same "
			   "algorithms");
}

/*
 * No request could have fewer different keys than its fullest bundle, or more
 * than all bundles together.  Counts of all algorithms together are left as
 * the field's files have them.
 */
static bool
check_count(
    const struct tree *at, const struct key_count *count, struct err *err)
{
	char text[KEY_COUNT_TEXT_SIZE];
	uint64_t least = 0, most = 0;

	for (size_t i = 0; i < count->n_per_bundle; i++) {
		most += count->per_bundle[i];
		if (count->per_bundle[i] > least)
			least = count->per_bundle[i];
	}
	if (count->algorithm == 0 ||
	    (count->different >= least && count->different <= most))
		return true;
	return tree_refuse(at, err,
	    "%" PRIu64 " different keys of %s (expected %" PRIu64 " to %" PRIu64
	    ", as its " PER_BUNDLE " allows)",
	    count->different, key_count_text(count, text), least,
	    most);
}

/* A bundle of a request holds at least one key, and no more than fit. */
static bool
check_bundles(
    const struct tree *at, const struct key_counts *counts, struct err *err)
{
	size_t n_bundles = counts->counts[0].n_per_bundle;

	for (size_t i = 1; i < counts->n; i++)
		if (counts->counts[i].n_per_bundle != n_bundles)
			return tree_refuse(at, err,
			    "algorithms have %zu and %zu numbers (expected "
			    "one number for each bundle)",
			    n_bundles, counts->counts[i].n_per_bundle);
	for (size_t bundle = 0; bundle < n_bundles; bundle++) {
		unsigned sum = 0;

		for (size_t i = 0; i < counts->n; i++)
			sum += counts->counts[i].per_bundle[bundle];
		if (sum < 1 || sum > BUNDLE_KEYS_MAX)
			return tree_refuse(at, err,
			    "%u keys in bundle %zu (expected 1 to %u of all "
			    "algorithms together)",
			    sum, bundle + 1, BUNDLE_KEYS_MAX);
	}
	return true;
}

bool
key_counts_read(
    const struct tree *map, struct key_counts *counts, struct err *err)
{
	const struct tree *per_bundle = tree_given(map, PER_BUNDLE);
	const struct tree *different = tree_given(map, DIFFERENT);
	struct key_counts lists = { 0 }, numbers = { 0 };

	if (per_bundle == NULL && different == NULL)
		return true;
	if (per_bundle == NULL)
		lists = *counts;
	else if (!read_half(per_bundle, &per_bundle_half, &lists, err))
		return false;
	if (different == NULL)
		numbers = *counts;
	else if (!read_half(different, &different_half, &numbers, err))
		return false;
	if (per_bundle == NULL)
		per_bundle = different;
	if (different == NULL)
		different = per_bundle;
	if (!join(different, &numbers, &lists, err) ||
	    !check_bundles(per_bundle, &lists, err))
		return false;
	for (size_t i = 0; i < lists.n; i++)
		if (!check_count(different, &lists.counts[i], err))
			return false;
	*counts = lists;
	return true;
}

bool
key_counts_check_length(const struct tree *map, const struct tree *otherwise,
    const struct key_counts *counts, uint64_t n_bundles, struct err *err)
{
	const struct tree *at = tree_given(map, PER_BUNDLE);

	if (counts->counts[0].n_per_bundle == n_bundles)
		return true;
	return tree_refuse(at != NULL ? at : otherwise, err,
	    PER_BUNDLE " has %zu numbers, num_bundles is %" PRIu64
		       " (expected one number for each bundle)",
	    counts->counts[0].n_per_bundle, n_bundles);
}
