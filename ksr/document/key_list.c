#include <stdlib.h>
#include <string.h>

#include "ksr/document/key_list.h"

static int
compare_places(const struct placed_key *a, const struct placed_key *b)
{
	if (a->bundle != b->bundle)
		return a->bundle < b->bundle ? -1 : 1;
	/* Keys of one bundle stand in one array. */
	return (a->key > b->key) - (a->key < b->key);
}

static int
compare_public_keys(const struct dnskey *a, const struct dnskey *b)
{
	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	return bytes_compare((struct bytes){ a->public_key, a->public_key_len },
	    (struct bytes){ b->public_key, b->public_key_len });
}

static int
by_identifier(const void *left, const void *right)
{
	const struct placed_key *a = left, *b = right;
	int order = strcmp(a->key->identifier, b->key->identifier);

	return order != 0 ? order : compare_places(a, b);
}

static int
by_place(const void *left, const void *right)
{
	return compare_places(left, right);
}

static int
by_key(const void *left, const void *right)
{
	const struct placed_key *a = left, *b = right;
	int order = compare_public_keys(a->key, b->key);

	return order != 0 ? order : compare_places(a, b);
}

static bool
list_keys(const struct ksr *ksr, int (*order)(const void *, const void *),
    struct key_list *ret, struct err *err)
{
	struct placed_key *keys;
	size_t n = 0;

	for (size_t i = 0; i < ksr->n_bundles; i++)
		n += ksr->bundles[i].n_keys;
	keys = calloc(n + 1, sizeof(keys[0]));
	if (keys == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	n = 0;
	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++)
			keys[n++] =
			    (struct placed_key){ i, &ksr->bundles[i].keys[j] };
	qsort(keys, n, sizeof(keys[0]), order);
	*ret = (struct key_list){ n, keys };
	return true;
}

bool
key_list_by_identifier(
    const struct ksr *ksr, struct key_list *ret, struct err *err)
{
	return list_keys(ksr, by_identifier, ret, err);
}

bool
key_list_by_key(const struct ksr *ksr, struct key_list *ret, struct err *err)
{
	return list_keys(ksr, by_key, ret, err);
}

void
key_list_distinct(struct key_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (n == 0 ||
		    compare_public_keys(
			list->keys[n - 1].key, list->keys[i].key) != 0)
			list->keys[n++] = list->keys[i];
	list->n = n;
	qsort(list->keys, n, sizeof(list->keys[0]), by_place);
}

struct key_list
key_list_run(const struct key_list *list, size_t from)
{
	size_t end = from;

	while (end < list->n &&
	    compare_public_keys(list->keys[from].key, list->keys[end].key) == 0)
		end++;
	return (struct key_list){ end - from, list->keys + from };
}

struct key_list
key_list_find(const struct key_list *list, const struct dnskey *key)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_public_keys(list->keys[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->n ||
	    compare_public_keys(list->keys[low].key, key) != 0)
		return (struct key_list){ 0, NULL };
	return key_list_run(list, low);
}

void
key_list_clear(struct key_list *list)
{
	free(list->keys);
	*list = (struct key_list){ 0, NULL };
}
