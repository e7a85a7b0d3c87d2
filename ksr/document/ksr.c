#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/document/ksr.h"

struct ksr *
ksr_new(enum ksr_kind kind, size_t n_bundles)
{
	struct ksr *ksr = calloc(1, sizeof(*ksr));

	if (ksr == NULL)
		return NULL;
	ksr->kind = kind;
	if (n_bundles == 0)
		return ksr;
	ksr->bundles = calloc(n_bundles, sizeof(*ksr->bundles));
	if (ksr->bundles == NULL) {
		free(ksr);
		return NULL;
	}
	ksr->n_bundles = n_bundles;
	return ksr;
}

/* An array of n zeroed items, NULL if n is 0. */
static bool
array_new(size_t n, size_t size, void **ret)
{
	*ret = n == 0 ? NULL : calloc(n, size);
	return n == 0 || *ret != NULL;
}

bool
bundle_alloc(
    struct bundle *bundle, size_t n_keys, size_t n_signatures, struct err *err)
{
	void *keys, *signatures;

	if (!array_new(n_keys, sizeof(struct dnskey), &keys))
		return err_set(err, E_MEMORY, "out of memory");
	if (!array_new(n_signatures, sizeof(struct rrsig), &signatures)) {
		free(keys);
		return err_set(err, E_MEMORY, "out of memory");
	}
	bundle->keys = keys;
	bundle->n_keys = n_keys;
	bundle->signatures = signatures;
	bundle->n_signatures = n_signatures;
	return true;
}

bool
child_alloc(struct child_set *set, size_t n_records, size_t n_signatures,
    struct err *err)
{
	void *records, *signatures;

	if (!array_new(n_records, sizeof(struct child_record), &records))
		return err_set(err, E_MEMORY, "out of memory");
	if (!array_new(n_signatures, sizeof(struct rrsig), &signatures)) {
		free(records);
		return err_set(err, E_MEMORY, "out of memory");
	}
	set->records = records;
	set->n_records = n_records;
	set->signatures = signatures;
	set->n_signatures = n_signatures;
	return true;
}

void
bundle_clear(struct bundle *bundle)
{
	free(bundle->keys);
	free(bundle->signatures);
	for (size_t i = 0; i < CHILD_TYPES; i++) {
		free(bundle->child[i].records);
		free(bundle->child[i].signatures);
	}
	*bundle = (struct bundle){ 0 };
}

int64_t
bundle_begins(const struct bundle *bundle)
{
	return bundle->inception + bundle->lead_s;
}

void
ksr_free(struct ksr *ksr)
{
	if (ksr == NULL)
		return;
	for (size_t i = 0; i < ksr->n_bundles; i++)
		bundle_clear(&ksr->bundles[i]);
	free(ksr->bundles);
	free(ksr);
}

static int
compare_numbers(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

/* The identifier decides between keys whose RDATA is the same. */
static int
compare_keys(const void *left, const void *right)
{
	const struct dnskey *a = left, *b = right;
	int cmp = compare_numbers(a->flags, b->flags);

	if (cmp == 0)
		cmp = compare_numbers(a->protocol, b->protocol);
	if (cmp == 0)
		cmp = compare_numbers(a->algorithm, b->algorithm);
	if (cmp == 0)
		cmp = bytes_compare(
		    (struct bytes){ a->public_key, a->public_key_len },
		    (struct bytes){ b->public_key, b->public_key_len });
	return cmp != 0 ? cmp : strcmp(a->identifier, b->identifier);
}

/* The identifier decides where there are no octets yet. */
static int
compare_signatures(const void *left, const void *right)
{
	const struct rrsig *a = left, *b = right;
	int cmp = compare_numbers(a->algorithm, b->algorithm);

	if (cmp == 0)
		cmp = compare_numbers(a->tag, b->tag);
	if (cmp == 0)
		cmp = bytes_compare(
		    (struct bytes){ a->signature, a->signature_len },
		    (struct bytes){ b->signature, b->signature_len });
	return cmp != 0 ? cmp : strcmp(a->identifier, b->identifier);
}

void
bundle_sort(struct bundle *bundle)
{
	if (bundle->n_keys > 0)
		qsort(bundle->keys, bundle->n_keys, sizeof(*bundle->keys),
		    compare_keys);
	if (bundle->n_signatures > 0)
		qsort(bundle->signatures, bundle->n_signatures,
		    sizeof(*bundle->signatures), compare_signatures);
}

static int
by_time(const void *left, const void *right)
{
	const struct bundle *a = left, *b = right;

	if (a->inception != b->inception)
		return a->inception < b->inception ? -1 : 1;
	if (a->expiration != b->expiration)
		return a->expiration < b->expiration ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

void
ksr_order(struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		ksr->bundles[i].place = i + 1;
	if (ksr->n_bundles > 0)
		qsort(ksr->bundles, ksr->n_bundles, sizeof(ksr->bundles[0]),
		    by_time);
}

bool
signature_policy_add(
    struct signature_policy *policy, const struct dnskey *key, struct err *err)
{
	struct signature_algorithm *algorithm =
	    &policy->algorithms[policy->n_algorithms];
	struct pubkey_info info;

	if (!pubkey_info(key, &info, err))
		return false;
	for (size_t i = 0; i < policy->n_algorithms; i++)
		if (policy->algorithms[i].algorithm == key->algorithm &&
		    policy->algorithms[i].size == info.bits &&
		    policy->algorithms[i].exponent == info.exponent)
			return true;
	if (policy->n_algorithms == POLICY_ALGS_MAX)
		return err_set(err, E_REFUSED, "more than %u kinds of key",
		    POLICY_ALGS_MAX);
	*algorithm = (struct signature_algorithm){
		.algorithm = key->algorithm,
		.family = info.family,
		.size = info.bits,
		.exponent = info.exponent,
	};
	policy->n_algorithms++;
	return true;
}
