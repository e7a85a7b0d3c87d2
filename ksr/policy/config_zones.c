#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/policy/config_rows.h"
#include "ksr/policy/config_zones.h"

static int
compare_names(const struct dname *a, const struct dname *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->wire, b->wire, len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int
compare_zones(const void *a, const void *b)
{
	const struct config_zone *x = a, *y = b;

	return compare_names(&x->dname, &y->dname);
}

const struct config_zone *
config_find_zone(const struct config *config, const char *name)
{
	struct config_zone wanted;
	struct err err;

	if (config->n_zones == 0 || !dname_parse(name, &wanted.dname, &err))
		return NULL;
	return bsearch(&wanted, config->zones, config->n_zones,
	    sizeof(wanted), compare_zones);
}

void
config_shared_derive(struct config *config)
{
	struct dname owner;
	struct err err;

	if (!dname_parse(config->ksk_policy.signers_name, &owner, &err))
		return;
	for (size_t i = 0; i < config->n_keys; i++) {
		struct config_key *key = &config->keys[i];
		struct dnskey dnskey;

		if (key->shared && !key->has_ds && key->public_key.len > 0 &&
		    config_key_dnskey(config, key, &dnskey, &err))
			key->has_ds = dnskey_ds(
			    &owner, &dnskey, key->ds_sha256, &err);
	}
}

/* --- What a zone may have. */

static const struct config_section *
section_named(const char *key)
{
	for (size_t i = 0; i < n_config_sections; i++)
		if (strcmp(config_sections[i].name, key) == 0)
			return &config_sections[i];
	return NULL;
}

/* Sections of single values go over those outside; lists take their place. */
static bool
merges(const char *key)
{
	const struct config_section *section = section_named(key);

	return section != NULL && section->room == 0;
}

static bool
is_of_zone(const char *key)
{
	const struct config_section *section = section_named(key);

	return section != NULL ? section->of_zone
			       : strcmp(key, "trust") == 0 ||
		strcmp(key, "schemas") == 0;
}

/* The zone's name is said once, where it is the key. */
static bool
refuse_names(const struct tree *map, struct err *err)
{
	static const char *const names[][2] = {
		{ "ksk_policy", "signers_name" },
		{ "request_policy", "acceptable_domains" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct tree *section = tree_given(map, names[i][0]);
		const struct tree *at = section == NULL ||
			section->kind != TREE_MAP
		    ? NULL
		    : tree_given(section, names[i][1]);

		if (at != NULL)
			return tree_refuse_key(at, err,
			    "is the name below `zones` where there are zones");
	}
	return true;
}

static bool
check_entries(const struct tree *zone, struct err *err)
{
	if (!tree_expect(zone, TREE_MAP, err))
		return false;
	for (const struct tree *entry = zone->first; entry != NULL;
	     entry = entry->next) {
		struct nearest nearest = { .given = entry->key };

		if (is_of_zone(entry->key))
			continue;
		for (size_t i = 0; i < n_config_sections; i++)
			if (config_sections[i].of_zone)
				nearest_try(&nearest, config_sections[i].name);
		tree_refuse_key(entry, err, "is not a key of a zone");
		return nearest_say(&nearest, "", err);
	}
	return refuse_names(zone, err);
}

/* --- One zone. */

bool
config_zone(const struct config *config, const struct config_zone *zone,
    struct config **ret, struct err *err)
{
	struct config *one = calloc(1, sizeof(*one));
	struct tree *overlay = NULL;
	bool ok = one != NULL
	    ? tree_overlay(config->tree, zone->tree, merges, &overlay, err)
	    : err_set(err, E_MEMORY, "out of memory");

	if (ok && !config_zone_read(overlay, config, zone->name, one, err))
		ok = err_append(err, " (of zone %.255s)", zone->name);
	tree_free(overlay);
	if (ok)
		*ret = one;
	else
		config_free(one);
	return ok;
}

/* --- Keys that several zones pin. */

/* One zone's pin of a key. */
struct use {
	const struct config_zone *zone;
	const struct tree *entry;
	char label[ID_MAX + 1], hsm[NAME_MAX_LEN + 1];
	struct config_public_key public_key;
	bool shared;
};

struct uses {
	size_t n, room;
	struct use *list;
};

static bool
uses_add(struct uses *uses, const struct config *config,
    const struct config_zone *zone, struct err *err)
{
	const struct tree *keys = tree_given(zone->tree, "keys");
	const struct tree *entry = tree_given(config->tree, "keys");
	struct config *one;

	if (!config_zone(config, zone, &one, err))
		return false;
	if (uses->n + one->n_keys > uses->room) {
		size_t room = 2 * uses->room + CONFIG_KEYS_MAX;
		void *grown = realloc(uses->list, room * sizeof(*uses->list));

		if (grown == NULL) {
			config_free(one);
			return err_set(err, E_MEMORY, "out of memory");
		}
		uses->list = grown;
		uses->room = room;
	}
	entry = keys != NULL ? keys->first
	    : entry != NULL  ? entry->first
			     : NULL;
	for (size_t i = 0; i < one->n_keys; i++, entry = entry->next) {
		const struct config_key *key = &one->keys[i];
		struct use *use = &uses->list[uses->n++];

		*use = (struct use){ .zone = zone,
			.entry = entry,
			.public_key = key->public_key,
			.shared = key->shared };
		memcpy(use->label, key->label, sizeof(use->label));
		memcpy(use->hsm, key->hsm, sizeof(use->hsm));
	}
	config_free(one);
	return true;
}

static int
compare_places(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = strcmp(x->label, y->label);

	return order != 0 ? order : strcmp(x->hsm, y->hsm);
}

static int
compare_halves(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->public_key.len != y->public_key.len)
		return x->public_key.len < y->public_key.len ? -1 : 1;
	return memcmp(x->public_key.octets, y->public_key.octets,
	    x->public_key.len);
}

/* Two HSMs may each have a key of that label. */
static bool
is_one_label(const struct use *one, const struct use *other)
{
	return strcmp(one->label, other->label) == 0 &&
	    (one->hsm[0] == '\0' || other->hsm[0] == '\0' ||
		strcmp(one->hsm, other->hsm) == 0);
}

static bool
is_one_half(const struct use *one, const struct use *other)
{
	return one->public_key.len > 0 && compare_halves(one, other) == 0;
}

/* Neither zone is told of the other's use by its own entry. */
static bool
may_share(const struct use *one, const struct use *other, struct err *err)
{
	const struct use *at = one->shared ? other : one;

	if ((one->shared && other->shared) || one->zone == other->zone)
		return true;
	return tree_refuse_key(at->entry, err,
	    "the key \"%.60s\" is pinned by zone %.255s and by %.255s (a KSK "
	    "that zones share says `shared: true` in each)",
	    at->label, one->zone->name, other->zone->name);
}

/*
 * Sorted by what would be the same, each is held against the one before and
 * against the first of those with its label, which may be in any HSM.
 */
static bool
check_uses(struct uses *uses, int (*compare)(const void *, const void *),
    bool (*is_one)(const struct use *, const struct use *), struct err *err)
{
	const struct use *first = uses->list;

	if (uses->n == 0)
		return true;
	qsort(uses->list, uses->n, sizeof(*uses->list), compare);
	for (size_t i = 1; i < uses->n; i++) {
		const struct use *use = &uses->list[i];

		if (!is_one(first, use))
			first = use;
		if ((is_one(use - 1, use) && !may_share(use - 1, use, err)) ||
		    !may_share(first, use, err))
			return false;
	}
	return true;
}

static bool
check_sharing(const struct config *config, struct err *err)
{
	struct uses uses = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < config->n_zones; i++)
		ok = uses_add(&uses, config, &config->zones[i], err);
	ok = ok && check_uses(&uses, compare_places, is_one_label, err) &&
	    check_uses(&uses, compare_halves, is_one_half, err);
	free(uses.list);
	return ok;
}

/* --- All of them. */

static bool
take_zone(const struct tree *entry, struct config_zone *ret, struct err *err)
{
	struct err why;

	*ret = (struct config_zone){ .name = entry->key, .tree = entry };
	if (!dname_parse(entry->key, &ret->dname, &why))
		return tree_refuse_key(
		    entry, err, "%.300s (expected a domain name)", why.msg);
	return check_entries(entry, err);
}

/* A name may be written in two ways. */
static bool
check_once(const struct config *config, struct err *err)
{
	for (size_t i = 1; i < config->n_zones; i++) {
		const struct config_zone *zone = &config->zones[i];

		if (dname_equal(&zone[-1].dname, &zone->dname))
			return tree_refuse_key(zone->tree, err,
			    "is the zone of line %zu too",
			    zone[-1].tree->key_at.line);
	}
	return true;
}

bool
config_zones_read(
    const struct tree *root, struct config *config, struct err *err)
{
	const struct tree *zones = tree_given(root, ZONES_KEY);

	if (!tree_expect(zones, TREE_MAP, err) || !refuse_names(root, err))
		return false;
	if (zones->n == 0)
		return tree_refuse(zones, err, "has no zone");
	config->zones = calloc(zones->n, sizeof(*config->zones));
	if (config->zones == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", root->name);
	for (const struct tree *entry = zones->first; entry != NULL;
	     entry = entry->next)
		if (!take_zone(entry, &config->zones[config->n_zones++], err))
			return false;
	qsort(config->zones, config->n_zones, sizeof(*config->zones),
	    compare_zones);
	return check_once(config, err) && check_sharing(config, err);
}
