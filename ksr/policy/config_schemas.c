#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/policy/config_schemas.h"
#include "ksr/policy/config_value.h"

/* The mask of a configured key; 0 if there is none of that name. */
static uint32_t
key_mask(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_keys; i++)
		if (strcmp(config->keys[i].name, name) == 0)
			return UINT32_C(1) << i;
	return 0;
}

bool
config_key_name_read(const struct tree *tree, const struct config *config,
    uint32_t *mask, struct err *err)
{
	uint32_t key;

	if (!tree_expect(tree, TREE_TEXT, err))
		return false;
	if (tree->text[0] == '\0')
		return tree_refuse(tree, err,
		    "is empty (expected a key's name, or [] for none)");
	key = key_mask(config, tree->text);
	if (key == 0)
		return tree_refuse(tree, err,
		    "\"%.63s\" is not the name of a key in this configuration",
		    tree->text);
	if ((*mask & key) != 0)
		return tree_refuse(
		    tree, err, "\"%.63s\" is named twice", tree->text);
	*mask |= key;
	return true;
}

/* One key's name, or a list of them. */
static bool
read_key_names(const struct tree *tree, const struct config *config,
    uint32_t *ret, struct err *err)
{
	uint32_t mask = 0;

	if (tree->kind != TREE_LIST) {
		if (!config_key_name_read(tree, config, &mask, err))
			return false;
	} else {
		for (const struct tree *item = tree->first; item != NULL;
		     item = item->next)
			if (!config_key_name_read(item, config, &mask, err))
				return false;
	}
	*ret = mask;
	return true;
}

static bool
read_slot(const struct tree *map, const struct config *config,
    struct schema_slot *ret, struct err *err)
{
	struct schema_slot slot = { 0 };

	if (!tree_expect(map, TREE_MAP, err))
		return false;
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		uint32_t *mask;

		if (strcmp(entry->key, "publish") == 0)
			mask = &slot.publish;
		else if (strcmp(entry->key, "sign") == 0)
			mask = &slot.sign;
		else if (strcmp(entry->key, "revoke") == 0)
			mask = &slot.revoke;
		else
			return tree_refuse_key(entry, err,
			    "is not known (expected publish, sign or revoke)");
		if (!read_key_names(entry, config, mask, err))
			return false;
	}
	if ((slot.publish & slot.revoke) != 0)
		return tree_refuse(
		    map, err, "publishes a key both revoked and not");
	if (slot.sign == 0)
		return tree_refuse_key(map, err, "no key signs");
	/* A key that signs a DNSKEY RRset is in it. */
	slot.publish |= slot.sign & ~slot.revoke;
	*ret = slot;
	return true;
}

bool
config_slots_read(const struct tree *slot, size_t n_slots, size_t *ret_first,
    size_t *ret_last, struct err *err)
{
	char first[24], last[24];
	const char *dash = strchr(slot->key, '-');
	size_t len = strlen(slot->key);
	size_t len_first = dash == NULL ? len : (size_t)(dash - slot->key);
	uint64_t from = 0, to = 0;

	snprintf(first, sizeof(first), "%.*s",
	    len_first < sizeof(first) ? (int)len_first : 0, slot->key);
	snprintf(last, sizeof(last), "%s", dash == NULL ? slot->key : dash + 1);
	if (len >= sizeof(last) || !config_number_plain(first) ||
	    !config_number_plain(last) ||
	    !number_parse(first, n_slots, &from) ||
	    !number_parse(last, n_slots, &to) || from < 1 || from > to)
		return tree_refuse_key(slot, err,
		    "is not a slot (expected 1 to %zu, or a range such as "
		    "2-8)",
		    n_slots);
	*ret_first = (size_t)from;
	*ret_last = (size_t)to;
	return true;
}

static bool
read_slots(const struct tree *map, const struct config *config,
    struct schema *schema, struct err *err)
{
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		struct schema_slot slot;
		size_t first = 0, last = 0;

		if (!config_slots_read(entry, BUNDLES_MAX, &first, &last, err) ||
		    !read_slot(entry, config, &slot, err))
			return false;
		for (size_t i = first; i <= last; i++) {
			if (schema->slots[i - 1].sign != 0)
				return tree_refuse_key(
				    entry, err, "slot %zu is given twice", i);
			schema->slots[i - 1] = slot;
		}
	}
	for (size_t i = 1; i <= schema->n_slots; i++)
		if (schema->slots[i - 1].sign == 0)
			return tree_refuse_key(map, err,
			    "slot %zu is missing (expected 1 to %zu)", i,
			    schema->n_slots);
	return true;
}

/*
 * As many as its highest number says: a file has schemas for requests of more
 * than one length, and SKR-SCHEDULE holds one against the request.
 */
static bool
count_slots(const struct tree *map, size_t *ret, struct err *err)
{
	size_t first, last, n = 0;

	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		if (!config_slots_read(entry, BUNDLES_MAX, &first, &last, err))
			return false;
		if (last > n)
			n = last;
	}
	*ret = n;
	return n > 0 || tree_refuse(map, err, "has no slot");
}

bool
config_schema_read(const struct tree *map, const struct config *config,
    struct schema *ret, struct err *err)
{
	struct schema schema = { 0 };

	if (!config_name_read(map, schema.name, err) ||
	    !tree_expect(map, TREE_MAP, err) ||
	    !count_slots(map, &schema.n_slots, err))
		return false;
	schema.slots = calloc(schema.n_slots, sizeof(*schema.slots));
	if (schema.slots == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", map->name);
	if (!read_slots(map, config, &schema, err)) {
		schema_clear(&schema);
		return false;
	}
	*ret = schema;
	return true;
}

static bool
add_standard(struct config *config, struct err *err)
{
	uint32_t current = key_mask(config, ROLE_CURRENT);
	uint32_t next = key_mask(config, ROLE_NEXT);

	for (size_t i = 0; i < SCHEMA_STANDARD_COUNT; i++) {
		struct schema *schema = &config->schemas[config->n_schemas];
		bool possible;

		if (config_schema(config, schema_standard_name(i)) != NULL)
			continue;
		if (!schema_standard(i, config->request_policy.num_bundles,
			current, next, schema, &possible, err))
			return false;
		if (possible)
			config->n_schemas++;
	}
	return true;
}

bool
config_schemas_read(
    const struct tree *map, struct config *config, struct err *err)
{
	const size_t max = CONFIG_SCHEMAS_MAX - SCHEMA_STANDARD_COUNT;

	if (map != NULL) {
		if (!tree_expect(map, TREE_MAP, err))
			return false;
		if (map->n > max)
			return tree_refuse(map, err,
			    "has %zu entries (expected at most %zu)", map->n,
			    max);
		for (const struct tree *entry = map->first; entry != NULL;
		     entry = entry->next) {
			if (!config_schema_read(entry, config,
				&config->schemas[config->n_schemas], err))
				return false;
			config->n_schemas++;
		}
	}
	return add_standard(config, err);
}
