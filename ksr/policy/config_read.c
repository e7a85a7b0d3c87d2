#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config.h"
#include "ksr/policy/config_relations.h"
#include "ksr/policy/config_rows.h"
#include "ksr/policy/config_schemas.h"
#include "ksr/policy/config_value.h"
#include "ksr/policy/config_zones.h"

#define DEFAULTS_MAX 4096u

static const struct config_row *
find_row(const struct config_section *section, const char *key)
{
	for (size_t i = 0; i < section->n_rows; i++)
		if (strcmp(section->rows[i].key, key) == 0)
			return &section->rows[i];
	return NULL;
}

/* A key that is none, and which one was probably meant. */
static bool
refuse_unknown(const struct tree *entry, const struct config_section *section,
    struct err *err)
{
	struct nearest nearest = { .given = entry->key };

	for (size_t i = 0; i < section->n_rows; i++)
		nearest_try(&nearest, section->rows[i].key);
	for (size_t i = 0; section == &config_top && i < n_config_sections; i++)
		nearest_try(&nearest, config_sections[i].name);
	tree_refuse_key(entry, err, "is not a known key");
	return nearest_say(&nearest, "", err);
}

/* Reads a map of the section's keys into the struct at base. */
static bool
read_rows(const struct tree *map, const struct config_section *section,
    void *base, struct err *err)
{
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		const struct config_row *row = find_row(section, entry->key);

		if (row == NULL)
			return refuse_unknown(entry, section, err);
		if (row->type != CONFIG_KEY_COUNT && !tree_is_null(entry) &&
		    !config_value_read(entry, row, base, err))
			return false;
	}
	for (size_t i = 0; i < section->n_rows; i++)
		if (section->rows[i].required &&
		    tree_given(map, section->rows[i].key) == NULL)
			return tree_refuse_key(map, err, "has no key \"%s\"",
			    section->rows[i].key);
	return section->read_rest == NULL || section->read_rest(map, base, err);
}

/* The defaults go the way of the file: as YAML through the same rows. */
static bool
read_defaults(const struct config_section *section, void *base, struct err *err)
{
	struct buf yaml = buf_new(DEFAULTS_MAX);
	struct tree *map = NULL;
	bool ok;

	for (size_t i = 0; i < section->n_rows; i++)
		if (section->rows[i].fallback != NULL)
			buf_printf(&yaml, "%s: %s\n", section->rows[i].key,
			    section->rows[i].fallback);
	if (yaml.failed)
		ok = err_set(err, E_MEMORY, "out of memory");
	else if (yaml.len == 0)
		ok = true;
	else
		ok = tree_read(buf_bytes(&yaml), "defaults", &map, err) &&
		    read_rows(map, section, base, err);
	tree_free(map);
	buf_free(&yaml);
	return ok;
}

static bool
read_entries(const struct tree *map, const struct config_section *section,
    uint8_t *config, struct err *err)
{
	uint8_t *array = config + section->at;
	size_t n = 0;

	if (section->of_file) {
		void *apart;

		memcpy(&apart, array, sizeof(apart));
		array = apart;
	}
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	if (map->n > section->room)
		return tree_refuse(map, err,
		    "has %zu entries (expected at most %zu)", map->n,
		    section->room);
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next, n++) {
		uint8_t *base = array + n * section->size;

		if (!config_name_read(entry, (char *)base, err) ||
		    !read_rows(entry, section, base, err))
			return false;
	}
	memcpy(config + section->count_at, &n, sizeof(n));
	return true;
}

static bool
read_section(const struct tree *root, const struct config_section *section,
    struct config *config, struct err *err)
{
	const struct tree *map = tree_given(root, section->name);
	uint8_t *base = (uint8_t *)config;

	if (section->of_file && config->is_one_of_many)
		return true;
	if (section->room > 0)
		return map == NULL || read_entries(map, section, base, err);
	return read_defaults(section, base + section->at, err) &&
	    (map == NULL || read_rows(map, section, base + section->at, err));
}

static bool
is_section(const char *key)
{
	for (size_t i = 0; i < n_config_sections; i++)
		if (strcmp(config_sections[i].name, key) == 0)
			return true;
	return strcmp(key, "schemas") == 0 || strcmp(key, ZONES_KEY) == 0;
}

static bool
read_top(const struct tree *root, struct config *config, struct err *err)
{
	if (!read_defaults(&config_top, config, err))
		return false;
	for (const struct tree *entry = root->first; entry != NULL;
	     entry = entry->next) {
		const struct config_row *row =
		    find_row(&config_top, entry->key);

		if (row == NULL && !is_section(entry->key))
			return refuse_unknown(entry, &config_top, err);
		if (row != NULL && !tree_is_null(entry) &&
		    !config_value_read(entry, row, config, err))
			return false;
	}
	return true;
}

static int
compare_algorithms(const void *a, const void *b)
{
	const struct signature_algorithm *x = a, *y = b;

	if (x->algorithm != y->algorithm)
		return x->algorithm < y->algorithm ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->exponent < y->exponent ? -1 : x->exponent > y->exponent;
}

static_assert(CONFIG_KEYS_MAX <= POLICY_ALGS_MAX, "one for each key");

/*
 * A response's policy states what its keys are.  An RSA key pinned without
 * size or exponent gives nothing to state.
 */
static void
derive_algorithms(const struct config *config, struct signature_policy *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];
		const struct algorithm *algorithm =
		    algorithm_of_number(key->algorithm);
		bool rsa = algorithm->family == FAMILY_RSA;
		struct signature_algorithm stated = {
			.algorithm = key->algorithm,
			.family = algorithm->family,
			.size = rsa ? key->rsa_size : algorithm->size,
			.exponent = key->rsa_exponent,
		};
		size_t k = 0;

		if (rsa && (key->rsa_size == 0 || key->rsa_exponent == 0))
			continue;
		while (k < n &&
		    compare_algorithms(&ret->algorithms[k], &stated) != 0)
			k++;
		if (k == n)
			ret->algorithms[n++] = stated;
	}
	qsort(
	    ret->algorithms, n, sizeof(ret->algorithms[0]), compare_algorithms);
	ret->n_algorithms = n;
}

static bool
read_values(const struct tree *root, struct config *config, struct err *err)
{
	if (!read_top(root, config, err))
		return false;
	for (size_t i = 0; i < n_config_sections; i++)
		if (!read_section(root, &config_sections[i], config, err))
			return false;
	if (config->response_policy.num_bundles == 0)
		config->response_policy.num_bundles =
		    config->request_policy.num_bundles;
	return true;
}

static bool
read_zone(const struct tree *root, struct config *config, struct err *err)
{
	config_shared_derive(config);
	if (!config_relations_check(root, config, err))
		return false;
	derive_algorithms(config, &config->ksk_policy.signature);
	return config_schemas_read(tree_given(root, "schemas"), config, err);
}

bool
config_zone_read(const struct tree *root, const struct config *whole,
    const char *name, struct config *ret, struct err *err)
{
	ret->is_one_of_many = true;
	ret->rules = whole->rules;
	ret->n_hsms = whole->n_hsms;
	ret->hsms = whole->hsms;
	if (!read_values(root, ret, err))
		return false;
	snprintf(ret->ksk_policy.signers_name,
	    sizeof(ret->ksk_policy.signers_name), "%s", name);
	ret->request_policy.n_domains = 1;
	snprintf(ret->request_policy.domains[0],
	    sizeof(ret->request_policy.domains[0]), "%s", name);
	return read_zone(root, ret, err);
}

/* Of one zone, or of many; *ret_kept: the tree is the configuration's. */
static bool
read_config(
    struct tree *root, struct config *config, bool *ret_kept, struct err *err)
{
	config->hsms = calloc(CONFIG_HSMS_MAX, sizeof(*config->hsms));
	if (config->hsms == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", root->name);
	if (!read_values(root, config, err))
		return false;
	if (tree_given(root, ZONES_KEY) == NULL)
		return read_zone(root, config, err);
	config->tree = root;
	*ret_kept = true;
	return config_hsms_check(root, config, err) &&
	    config_zones_read(root, config, err);
}

bool
config_read(
    struct bytes yaml, const char *name, struct config **ret, struct err *err)
{
	struct config *config;
	struct tree *root;
	bool ok, kept = false;

	if (!tree_read(yaml, name, &root, err))
		return false;
	config = calloc(1, sizeof(*config));
	ok = config == NULL ? err_set(err, E_MEMORY, "%s: out of memory", name)
			    : read_config(root, config, &kept, err);
	if (!kept)
		tree_free(root);
	if (ok)
		*ret = config;
	else
		config_free(config);
	return ok;
}
