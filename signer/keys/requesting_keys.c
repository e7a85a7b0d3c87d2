#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/document/format.h"
#include "signer/foresight/planned.h"
#include "signer/keys/generate.h"
#include "signer/keys/requesting.h"
#include "signer/record/input.h"

#define ZSK_BITS 2048

void
requesting_clear(struct requesting *r)
{
	for (size_t i = 0; i < r->n_algorithms; i++)
		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			zsk_clear(&r->algorithms[i].zsks[role]);
	zsk_store_close(&r->store);
	ksr_free(r->request);
	planned_clear(&r->planned);
	document_free(&r->previous);
}

/* The entry by which such keys are counted. */
static struct requesting_algorithm *
algorithm_of(struct requesting *r, uint8_t number, unsigned bits)
{
	for (size_t i = 0; i < r->n_algorithms; i++)
		if (r->algorithms[i].number == number &&
		    (r->algorithms[i].count->bits == 0 ||
			r->algorithms[i].count->bits == bits))
			return &r->algorithms[i];
	return NULL;
}

/* Whether the key is one of those of the entry: of its algorithm, and size. */
static bool
is_of(const struct requesting_algorithm *algorithm, const struct dnskey *key)
{
	return algorithm->number == key->algorithm &&
	    key_count_has(algorithm->count, key);
}

/* Of keys of which nothing else is said. */
static unsigned
bits_of(uint8_t number)
{
	return algorithm_of_number(number)->family == FAMILY_RSA ? ZSK_BITS : 0;
}

/* "RSASHA256:1536" */
static bool
parse_algorithm(
    const char *text, uint8_t *ret_number, unsigned *ret_bits, struct err *err)
{
	static const uint64_t sizes[] = { 1536, 2048, 3072, 4096 };
	const char *colon = strchr(text, ':');
	const struct algorithm *algorithm;
	char name[32];
	uint64_t bits = 0;
	bool good = colon == NULL;

	snprintf(name, sizeof(name), "%.*s",
	    (int)(colon == NULL ? strlen(text) : (size_t)(colon - text)), text);
	algorithm = algorithm_of_mnemonic(name);
	if (algorithm == NULL || !algorithm->supported)
		return err_set_algorithm(text, err);
	if (colon != NULL && number_parse(colon + 1, 4096, &bits))
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			good = good || bits == sizes[i];
	if (!good || (colon != NULL && algorithm->family != FAMILY_RSA))
		return err_set(err, E_USAGE,
		    "--algorithm %.60s: a size is for RSA, and is 1536, 2048, "
		    "3072 or 4096",
		    text);
	*ret_number = algorithm->number;
	*ret_bits = colon == NULL ? bits_of(algorithm->number) : (unsigned)bits;
	return true;
}

static bool
add_algorithm(struct requesting *r, uint8_t number, unsigned bits,
    const struct key_count *count, struct err *err)
{
	struct requesting_algorithm *algorithm =
	    &r->algorithms[r->n_algorithms];

	*algorithm =
	    (struct requesting_algorithm){ .number = number,
		    .bits = count->bits != 0 ? count->bits : bits,
		    .count = count };
	if (!zsk_schedule_of(count, &algorithm->schedule, err))
		return false;
	r->n_algorithms++;
	return true;
}

/* The algorithms that have keys by the counts, RSA ones of the usual size. */
static bool
add_counted(
    struct requesting *r, const struct key_counts *counts, struct err *err)
{
	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->different > 0 &&
		    !add_algorithm(r, count->algorithm,
			bits_of(count->algorithm), count, err))
			return false;
	}
	return true;
}

/* Of the ZSKs of a request about which nothing is said. */
static uint8_t
usual_algorithm(const struct request_policy *policy)
{
	bool one = policy->n_algorithms == 1 &&
	    algorithm_of_number(policy->algorithms[0])->supported;

	return one ? policy->algorithms[0] : ALGORITHM_RSASHA256;
}

static bool
check_repeated(
    const char *const *given, size_t i, uint8_t number, struct err *err)
{
	uint8_t other = 0;
	unsigned bits = 0;

	for (size_t k = 0; k < i; k++)
		if (parse_algorithm(given[k], &other, &bits, err) &&
		    other == number)
			return err_set(err, E_USAGE,
			    "--algorithm %s: is given twice", given[i]);
	return true;
}

bool
requesting_algorithms(struct requesting *r, const char *const *given,
    size_t n_given, struct err *err)
{
	const struct key_counts *counts = r->counts;
	bool together = counts->counts[0].algorithm == 0;
	struct requesting_algorithm *algorithm;
	uint8_t number = usual_algorithm(&r->config->request_policy);
	unsigned bits = bits_of(number);

	if (together && n_given > 1)
		return err_set(err, E_USAGE,
		    "--algorithm %s: two algorithms need key counts of each: "
		    "num_keys_per_bundle counts all together",
		    given[1]);
	if (!together && !add_counted(r, counts, err))
		return false;
	for (size_t i = 0; i < n_given; i++) {
		if (!parse_algorithm(given[i], &number, &bits, err) ||
		    !check_repeated(given, i, number, err))
			return false;
		if (together)
			break;
		algorithm = algorithm_of(r, number, bits);
		if (algorithm == NULL)
			return err_set(err, E_USAGE,
			    "--algorithm %s: num_keys_per_bundle has no key "
			    "of it",
			    given[i]);
		algorithm->bits = bits;
	}
	return !together ||
	    add_algorithm(r, number, bits, &counts->counts[0], err);
}

/*
 * A ZSK is named by the cycle in which it signs the zone: zsk-2027-q1.  The
 * root's algorithm is not named, others are: zsk-2027-q1-ecdsap256sha256; nor
 * is a size but where keys are counted by it: zsk-2027-q1-1536.
 */
static void
zsk_label(const struct requesting *r,
    const struct requesting_algorithm *algorithm, enum zsk_role role,
    char ret[ID_MAX + 1])
{
	uint8_t number = algorithm->number;
	int64_t start = role == ZSK_OLD ? cycle_before_start(&r->cycle)
	    : role == ZSK_NEXT          ? cycle_next_start(&r->cycle)
					: r->cycle.start;
	char name[CYCLE_NAME_SIZE];
	int len;

	cycle_name(&r->cycle, start, name);
	len = snprintf(ret, ID_MAX + 1, "zsk-%s%s%s", name,
	    number == ALGORITHM_RSASHA256 ? "" : "-",
	    number == ALGORITHM_RSASHA256
		? ""
		: algorithm_of_number(number)->mnemonic);
	if (algorithm->count->bits != 0)
		len += snprintf(ret + len, ID_MAX + 1 - (size_t)len, "-%u",
		    algorithm->count->bits);
	for (int i = 0; i < len; i++)
		if (ret[i] >= 'A' && ret[i] <= 'Z')
			ret[i] = (char)(ret[i] - 'A' + 'a');
}

/* The bundle in which the key stands first; n_bundles if it never does. */
static size_t
first_bundle(const struct ksr *ksr, const struct dnskey *key)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++)
			if (dnskey_same_key(&ksr->bundles[i].keys[j], key))
				return i;
	return ksr->n_bundles;
}

/*
 * What the first slot goes on from: the last bundle, or where there is a record
 * for each change the one that is in use when the request begins.
 */
static const struct bundle *
bundle_before(const struct requesting *r)
{
	const struct ksr *previous = r->previous.ksr;
	size_t i = previous->n_bundles - 1;
	struct err none;

	if ((ksr_lacks(previous) & LACKS_SLOTS) != 0 &&
	    !bundle_find_used(previous, r->cycle.start, &i, &none))
		i = previous->n_bundles - 1;
	return &previous->bundles[i];
}

/* What it has of such keys. */
static size_t
last_zsks(const struct requesting *r,
    const struct requesting_algorithm *algorithm, const struct dnskey *ret[2])
{
	const struct ksr *previous = r->previous.ksr;
	const struct bundle *last = bundle_before(r);
	size_t n = 0;

	for (size_t i = 0; i < last->n_keys; i++) {
		const struct dnskey *key = &last->keys[i];

		if ((key->flags & DNSKEY_FLAG_SEP) != 0 ||
		    !is_of(algorithm, key))
			continue;
		if (n < 2)
			ret[n] = key;
		n++;
	}
	/* The one that came later signs from now on. */
	if (n == 2 &&
	    first_bundle(previous, ret[0]) > first_bundle(previous, ret[1])) {
		const struct dnskey *later = ret[0];

		ret[0] = ret[1];
		ret[1] = later;
	}
	return n;
}

/* A response without identifiers does not say what the key is called. */
static bool
take_one(struct requesting *r, struct requesting_algorithm *algorithm,
    enum zsk_role role, const struct dnskey *key, struct err *err)
{
	struct dnskey wanted = *key;

	if ((ksr_lacks(r->previous.ksr) & LACKS_ID) != 0)
		zsk_label(r, algorithm, role, wanted.identifier);
	return zsk_store_take(
	    &r->store, &wanted, &algorithm->zsks[role], err);
}

/* The algorithm where the counts do not name one. */
static const char *
key_kind_text(const struct requesting_algorithm *algorithm,
    char buf[KEY_COUNT_TEXT_SIZE])
{
	return algorithm->count->algorithm == 0
	    ? algorithm_of_number(algorithm->number)->mnemonic
	    : key_count_text(algorithm->count, buf);
}

/* The keys of the first slot, where there is a previous response. */
static bool
take_chained(struct requesting *r, struct requesting_algorithm *algorithm,
    struct err *err)
{
	const struct dnskey *last[2] = { NULL, NULL };
	size_t n = last_zsks(r, algorithm, last);
	size_t n_wanted = 0, taken = 0;
	char text[KEY_COUNT_TEXT_SIZE];

	for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
		n_wanted += zsk_stands(&algorithm->schedule, role, 0);
	if (n != n_wanted)
		return err_set(err, E_INPUT,
		    "%s: its last bundle holds %zu ZSKs of %s, where "
		    "num_keys_per_bundle wants %zu in this request's first",
		    r->previous.path, n, key_kind_text(algorithm, text),
		    n_wanted);
	for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
		if (zsk_stands(&algorithm->schedule, role, 0) &&
		    !take_one(r, algorithm, role, last[taken++], err))
			return err_prefix(err,
			    "%s: its last bundle holds a ZSK that this request "
			    "begins with",
			    r->previous.path);
	return true;
}

/* What stood before and left stays away: another may have got hold of it. */
static bool
check_not_retired(
    const struct requesting *r, const struct dnskey *key, struct err *err)
{
	const struct ksr *previous = r->previous.ksr;
	size_t bundle;

	if (previous == NULL)
		return true;
	bundle = first_bundle(previous, key);
	return bundle == previous->n_bundles ||
	    err_set(err, E_INPUT,
		"key \"%s\" (key tag %u) is retired: it stands in bundle %zu "
		"of %s and not in its last",
		key->identifier, key->tag, bundle + 1, r->previous.path);
}

/* What is there under the name may have been made for something else. */
static bool
check_kind(const struct requesting_algorithm *algorithm,
    const struct dnskey *key, struct err *err)
{
	char text[KEY_COUNT_TEXT_SIZE];

	return is_of(algorithm, key) ||
	    err_set(err, E_INPUT,
		"key \"%s\" (key tag %u) is there and is no %s",
		key->identifier, key->tag, key_kind_text(algorithm, text));
}

static bool
choose_keys(struct requesting *r, struct requesting_algorithm *algorithm,
    struct err *err)
{
	bool chained = r->previous.ksr != NULL;
	char label[ID_MAX + 1];
	const struct key_wanted wanted = { label, algorithm->number,
		algorithm->bits, PURPOSE_ZSK,
		r->store.in_files ? NULL
				  : keygen_leaves(r->store.context->config,
					PURPOSE_ZSK) };

	if (chained && !take_chained(r, algorithm, err))
		return false;
	for (enum zsk_role role = 0; role < ZSK_ROLES; role++) {
		const struct zsk_schedule *schedule = &algorithm->schedule;
		struct zsk *zsk = &algorithm->zsks[role];

		if (schedule->slots[role].from == schedule->slots[role].until ||
		    (chained && zsk_stands(schedule, role, 0)))
			continue;
		zsk_label(r, algorithm, role, label);
		if (!zsk_store_find_or_make(&r->store, &wanted, zsk, err) ||
		    !check_kind(algorithm, &zsk->dnskey, err) ||
		    !check_not_retired(r, &zsk->dnskey, err))
			return false;
	}
	return true;
}

static bool
any_has(const struct requesting *r, const struct dnskey *key)
{
	for (size_t i = 0; i < r->n_algorithms; i++)
		if (is_of(&r->algorithms[i], key))
			return true;
	return false;
}

/* Every ZSK of the last bundle is of a kind that this request has. */
static bool
check_algorithms_stay(struct requesting *r, struct err *err)
{
	const struct bundle *last = bundle_before(r);
	char text[ALGORITHM_TEXT_SIZE];

	for (size_t i = 0; i < last->n_keys; i++) {
		const struct dnskey *key = &last->keys[i];

		if ((key->flags & DNSKEY_FLAG_SEP) == 0 && !any_has(r, key))
			return err_set(err, E_INPUT,
			    "%s: its last bundle holds ZSK \"%.100s\" of %s, "
			    "which this request has no key of",
			    r->previous.path, key->identifier,
			    algorithm_text(key->algorithm, text));
	}
	return true;
}

/* The last bundle is still valid for long enough when the first begins. */
static bool
check_follows(const struct requesting *r, struct err *err)
{
	const struct bundle *last = bundle_before(r);
	int64_t overlap_s =
	    r->config->ksk_policy.signature.min_validity_overlap_s;
	char start[TIME_TEXT_SIZE], from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	if (r->cycle.start > last->inception &&
	    r->cycle.start <= last->expiration - overlap_s)
		return true;
	time_format(r->cycle.start, start);
	time_format(last->inception, from);
	time_format(last->expiration - overlap_s, to);
	return err_set(err, E_INPUT,
	    "%s: a request that begins at %s does not follow it (expected "
	    "after %s, when its last bundle begins, and not after %s, by "
	    "ksk_policy.min_validity_overlap)",
	    r->previous.path, start, from, to);
}

bool
requesting_keys(struct requesting *r, struct err *err)
{
	if (r->previous.ksr != NULL &&
	    (!check_follows(r, err) || !check_algorithms_stay(r, err)))
		return false;
	if (!known_tags_add_document(&r->store.known, r->previous.ksr, err))
		return false;
	for (size_t i = 0; i < r->n_algorithms; i++)
		if (!choose_keys(r, &r->algorithms[i], err))
			return false;
	return true;
}
