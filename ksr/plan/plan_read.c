#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/plan/plan.h"
#include "ksr/plan/proceed.h"
#include "ksr/policy/config_schemas.h"
#include "ksr/policy/config_value.h"
#include "ksr/request/quarter.h"

#define DAY_S INT64_C(86400)

/* Dates end where quarters do. */
#define YEAR_MAX 2100

#define PLAN_MEMBER(member)                  \
	.at = offsetof(struct plan, member), \
	.size = sizeof(((struct plan *)NULL)->member)

static const struct config_row row_description = { "description", CONFIG_TEXT,
	PLAN_MEMBER(description) };
static const struct config_row row_delays = { "delays", CONFIG_NUMBER,
	PLAN_MEMBER(delays), .max = PLAN_DELAYS_MAX };
static const struct config_row row_max_response_size = { "max_response_size",
	CONFIG_NUMBER, PLAN_MEMBER(max_response_size), .min = 512,
	.max = UINT16_MAX };

/* The two keys that the standard schemas are made for; 0: none. */
struct roles {
	uint32_t old, new;
};

struct reader {
	const struct config *config;
	struct plan *plan;
	struct roles roles;
	size_t n_schemas; /* the plan's own */
	struct schema schemas[CONFIG_SCHEMAS_MAX];
};

static bool
refuse_unknown(
    const struct tree *map, const char *const *known, size_t n, struct err *err)
{
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		struct nearest nearest = { .given = entry->key };
		size_t i = 0;

		while (i < n && strcmp(known[i], entry->key) != 0)
			i++;
		if (i < n)
			continue;
		tree_refuse_key(entry, err, "is not a known key");
		for (i = 0; i < n; i++)
			nearest_try(&nearest, known[i]);
		return nearest_say(&nearest, "", err);
	}
	return true;
}

/* What a map has of `old` and `new` replaces what was said further up. */
static bool
read_roles(const struct tree *map, const struct config *config,
    struct roles *roles, struct err *err)
{
	const struct tree *old = tree_find(map, "old");
	const struct tree *new = tree_find(map, "new");
	struct roles read = *roles;

	if (old != NULL) {
		read.old = 0;
		if (!tree_expect(old, TREE_TEXT, err) ||
		    !config_key_name_read(old, config, &read.old, err))
			return false;
	}
	if (new != NULL) {
		read.new = 0;
		if (!tree_expect(new, TREE_TEXT, err) ||
		    !config_key_name_read(new, config, &read.new, err))
			return false;
	}
	*roles = read;
	return true;
}

static bool
read_schemas(const struct tree *map, struct reader *reader, struct err *err)
{
	if (map == NULL)
		return true;
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	if (map->n > CONFIG_SCHEMAS_MAX)
		return tree_refuse(map, err,
		    "has %zu entries (expected at most %u)", map->n,
		    CONFIG_SCHEMAS_MAX);
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		if (!config_schema_read(entry, reader->config,
			&reader->schemas[reader->n_schemas], err))
			return false;
		reader->n_schemas++;
	}
	return true;
}

/*
 * Slots whose length the configuration leaves open are as long as the middle
 * of the range, in whole days.
 */
static bool
set_slots(const struct request_policy *policy, const char *name,
    struct plan *plan, struct err *err)
{
	int64_t middle_s = policy->min_bundle_interval_s +
	    (policy->max_bundle_interval_s - policy->min_bundle_interval_s) / 2;
	int64_t days_s = middle_s / DAY_S * DAY_S;

	plan->n_slots = policy->num_bundles;
	plan->slot_s =
	    days_s >= policy->min_bundle_interval_s ? days_s : middle_s;
	return (plan->slot_s > 0 &&
		   plan->slot_s <= DURATION_MAX_S / (int64_t)plan->n_slots) ||
	    err_set(err, E_INPUT,
		"%s: the configuration's %zu slots of %zu s make no quarter",
		name, plan->n_slots, (size_t)plan->slot_s);
}

static bool
read_start(const struct tree *entry, struct plan_quarter *ret, struct err *err)
{
	char time[64];
	struct quarter quarter;
	struct err none;

	if (strlen(entry->key) >= sizeof(ret->name))
		goto bad;
	snprintf(time, sizeof(time), "%sT00:00:00", entry->key);
	if (quarter_parse(entry->key, &quarter, &none))
		ret->start = quarter_start(quarter);
	else if (strlen(entry->key) != strlen("2027-02-01") ||
	    !time_parse(time, &ret->start) ||
	    quarter_of_time(ret->start).year > YEAR_MAX)
		goto bad;
	memcpy(ret->name, entry->key, strlen(entry->key) + 1);
	return true;
bad:
	return tree_refuse_key(entry, err,
	    "is not a quarter (expected one such as 2027-q1, or the day on "
	    "which it begins such as 2027-02-01)");
}

static bool
is_root_name(const char *name)
{
	return strchr(name, 'q') != NULL;
}

/* Quarter i follows the one before; of the root's quarters none is left out. */
static bool
check_sequence(const struct tree *entry, const struct plan *plan, size_t i,
    struct err *err)
{
	const struct plan_quarter *quarter = &plan->quarters[i];
	const struct plan_quarter *before = quarter - 1;
	char name[QUARTER_TEXT_SIZE];

	if (i == 0 || !is_root_name(quarter->name) ||
	    !is_root_name(before->name))
		return i == 0 || quarter->start > before->start ||
		    tree_refuse_key(
			entry, err, "does not begin after %s", before->name);
	quarter_format(quarter_next(quarter_of_time(before->start)), name);
	return strcmp(name, quarter->name) == 0 ||
	    tree_refuse_key(entry, err, "does not follow %s (expected %s)",
		before->name, name);
}

/* Its last slot begins before the next quarter's first. */
static bool
check_length(const struct tree *entry, const struct plan *plan, size_t i,
    struct err *err)
{
	int64_t last_s = (int64_t)(plan->n_slots - 1) * plan->slot_s;

	return plan_start(plan, i) + last_s < plan_start(plan, i + 1) ||
	    tree_refuse_key(entry, err,
		"%zu slots of %zu s do not fit in before the next quarter "
		"begins",
		plan->n_slots, (size_t)plan->slot_s);
}

static bool
read_starts(const struct tree *map, struct plan *plan, struct err *err)
{
	const struct tree *entry;
	size_t i = 0;

	if (!tree_expect(map, TREE_MAP, err))
		return false;
	if (map->n == 0 || map->n > PLAN_QUARTERS_MAX)
		return tree_refuse(map, err,
		    "has %zu entries (expected 1 to %u)", map->n,
		    PLAN_QUARTERS_MAX);
	plan->quarters = calloc(map->n, sizeof(*plan->quarters));
	if (plan->quarters == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (entry = map->first; entry != NULL; entry = entry->next) {
		i = plan->n_quarters;
		if (!read_start(entry, &plan->quarters[i], err))
			return false;
		plan->n_quarters++;
		if (!check_sequence(entry, plan, i, err))
			return false;
	}
	for (entry = map->first, i = 0; entry != NULL; entry = entry->next, i++)
		if (!check_length(entry, plan, i, err))
			return false;
	return true;
}

static size_t
standard_index(const char *name)
{
	size_t i = 0;

	while (i < SCHEMA_STANDARD_COUNT &&
	    strcmp(schema_standard_name(i), name) != 0)
		i++;
	return i;
}

/* One key cannot play both parts: a schema that needs two has one missing. */
static bool
make_standard(const struct tree *text, const struct reader *reader, size_t i,
    struct roles roles, struct schema *ret, struct err *err)
{
	bool possible;

	if (!schema_standard(i, reader->plan->n_slots, roles.old,
		roles.new == roles.old ? 0 : roles.new, ret, &possible, err))
		return false;
	return possible ||
	    tree_refuse(text, err,
		"the schema \"%s\" is made for two keys (expected `old` and "
		"`new` to name two, `old` alone for \"normal\")",
		schema_standard_name(i));
}

static bool
find_schema(const struct tree *map, const struct reader *reader,
    struct roles roles, struct schema *ret, struct err *err)
{
	const struct tree *text = tree_find(map, "schema");
	const struct schema *schema = NULL;
	size_t standard;

	if (text == NULL)
		return tree_refuse_key(map, err, "has no key \"schema\"");
	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	for (size_t i = 0; i < reader->n_schemas && schema == NULL; i++)
		if (strcmp(reader->schemas[i].name, text->text) == 0)
			schema = &reader->schemas[i];
	standard = standard_index(text->text);
	if (schema == NULL && standard < SCHEMA_STANDARD_COUNT)
		return make_standard(text, reader, standard, roles, ret, err);
	if (schema == NULL)
		schema = config_schema(reader->config, text->text);
	if (schema == NULL)
		return tree_refuse(text, err,
		    "\"%.63s\" is the name of no schema: neither a standard "
		    "one nor the plan's or the configuration's",
		    text->text);
	if (schema->n_slots != reader->plan->n_slots)
		return tree_refuse(text, err,
		    "\"%.63s\" has %zu slots (expected %zu, as "
		    "request_policy.num_bundles says)",
		    text->text, schema->n_slots, reader->plan->n_slots);
	return schema_copy(schema, ret, err);
}

/* The field's names for a quarter's phases: from where to where it leads. */
static const char *
default_name(const struct schema *schema)
{
	static const struct {
		const char *schema, *name;
	} names[] = {
		{ "normal", "normal" },
		{ "pre-publish", "c_to_d" },
		{ "rollover", "d_to_e" },
		{ "revoke", "e_to_f" },
		{ "publish+", "d_to_d" },
		{ "rollover+", "e_to_e" },
		{ "revoke+", "f_to_f" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].schema, schema->name) == 0)
			return names[i].name;
	return schema->name;
}

static bool
is_response_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_LEN &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static bool
refuse_name(const struct tree *at, const char *name, struct err *err)
{
	return tree_refuse_key(at, err,
	    "\"%.63s\" is no response's name (expected 1 to %u of a-z, 0-9, _ "
	    "and -)",
	    name, NAME_MAX_LEN);
}

/* Adds an empty response of this name, distinct in its quarter. */
static bool
add_response(const struct tree *at, const char *name,
    struct plan_quarter *quarter, struct plan_response **ret, struct err *err)
{
	struct plan_response *response =
	    &quarter->responses[quarter->n_responses];

	if (!is_response_name(name))
		return refuse_name(at, name, err);
	for (size_t i = 0; i < quarter->n_responses; i++)
		if (strcmp(quarter->responses[i].name, name) == 0)
			return tree_refuse_key(at, err,
			    "\"%s\" is the name of two responses", name);
	memcpy(response->name, name, strlen(name) + 1);
	quarter->n_responses++;
	*ret = response;
	return true;
}

/* One algorithm that signs the zone in some slots, added to the set. */
static bool
add_algorithm(const struct tree *text, uint32_t *set, struct err *err)
{
	const struct algorithm *algorithm;

	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	algorithm = algorithm_of_mnemonic(text->text);
	if (algorithm == NULL || !algorithm->supported)
		return tree_refuse(text, err,
		    "\"%.63s\" is no algorithm that this program knows",
		    text->text);
	*set |= UINT32_C(1) << algorithm->number;
	return true;
}

static bool
read_algorithms(const struct tree *tree, uint32_t *set, struct err *err)
{
	if (tree->kind != TREE_LIST)
		return add_algorithm(tree, set, err);
	for (const struct tree *item = tree->first; item != NULL;
	     item = item->next)
		if (!add_algorithm(item, set, err))
			return false;
	return true;
}

/* {5-9: ECDSAP256SHA256}: slots, and what signs in them. */
static bool
read_zone_signatures(const struct tree *map, const struct plan *plan,
    uint32_t **ret, struct err *err)
{
	size_t first, last;

	if (map == NULL)
		return true;
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	*ret = calloc(plan->n_slots, sizeof(**ret));
	if (*ret == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next) {
		uint32_t set = 0;

		if (!config_slots_read(
			entry, plan->n_slots, &first, &last, err) ||
		    !read_algorithms(entry, &set, err))
			return false;
		for (size_t i = first; i <= last; i++)
			(*ret)[i - 1] |= set;
	}
	return true;
}

/* What of the two is left out is as `otherwise` has it. */
static bool
read_counts(const struct tree *map, const struct plan *plan,
    const struct key_counts *otherwise, struct key_counts **ret,
    struct err *err)
{
	const struct tree *per_bundle = tree_find(map, "num_keys_per_bundle");
	const struct tree *different =
	    tree_find(map, "num_different_keys_in_all_bundles");

	if (per_bundle == NULL && different == NULL)
		return true;
	*ret = malloc(sizeof(**ret));
	if (*ret == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	**ret = *otherwise;
	return key_counts_read(map, *ret, err) &&
	    key_counts_check_length(map, different, *ret, plan->n_slots, err);
}

/* Which request it answers, and which algorithms sign the zone beside it. */
static bool
read_zone(const struct tree *map, const struct reader *reader,
    struct plan_response *ret, struct err *err)
{
	return read_counts(map, reader->plan,
		   &reader->config->request_policy.key_counts,
		   &ret->key_counts, err) &&
	    read_zone_signatures(tree_find(map, "zone_signatures"),
		reader->plan, &ret->zone_signatures, err);
}

static bool
read_planned(const struct tree *map, const struct reader *reader,
    struct roles roles, size_t i, struct err *err)
{
	struct plan_quarter *quarter = &reader->plan->quarters[i];
	const struct tree *name = tree_find(map, "name");
	struct plan_response *response;
	struct schema schema;

	if (name != NULL && !tree_expect(name, TREE_TEXT, err))
		return false;
	if (!find_schema(map, reader, roles, &schema, err))
		return false;
	if (!add_response(name == NULL ? tree_find(map, "schema") : name,
		name == NULL ? default_name(&schema) : name->text, quarter,
		&response, err)) {
		schema_clear(&schema);
		return false;
	}
	response->schema = schema;
	response->next = i + 1;
	response->until = reader->plan->n_slots;
	return read_zone(map, reader, response, err);
}

/* The quarter whose step is next, or the plan's end; no step is skipped. */
static bool
read_resume(const struct tree *text, const struct plan *plan, size_t i,
    size_t *ret, struct err *err)
{
	if (text == NULL) {
		*ret = i;
		return true;
	}
	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	if (strcmp(text->text, "end") == 0) {
		*ret = plan->n_quarters;
		return true;
	}
	for (size_t k = 0; k < plan->n_quarters; k++) {
		if (strcmp(plan->quarters[k].name, text->text) != 0)
			continue;
		if (k > i + 1)
			return tree_refuse(text, err,
			    "%s is further on than the step after this one "
			    "(a fallback does not skip steps)",
			    text->text);
		*ret = k;
		return true;
	}
	return tree_refuse(text, err,
	    "\"%.63s\" is none of the plan's quarters (nor \"end\")",
	    text->text);
}

static bool
read_until(const struct tree *text, const struct plan *plan,
    struct plan_response *ret, struct err *err)
{
	const struct config_row row = { "until", CONFIG_NUMBER,
		.at = offsetof(struct plan_response, until),
		.size = sizeof(ret->until), .min = 1, .max = plan->n_slots };

	ret->until = plan->n_slots;
	return text == NULL || config_value_read(text, &row, ret, err);
}

/* The zone is signed as with the planned response unless it says otherwise. */
static bool
sign_as_planned(const struct tree *map, const struct plan_quarter *quarter,
    struct plan_response *ret, const struct plan *plan, struct err *err)
{
	const uint32_t *planned = quarter->responses[0].zone_signatures;

	if (planned == NULL || tree_find(map, "zone_signatures") != NULL)
		return true;
	ret->zone_signatures = calloc(plan->n_slots, sizeof(planned[0]));
	if (ret->zone_signatures == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(ret->zone_signatures, planned,
	    plan->n_slots * sizeof(planned[0]));
	return true;
}

static bool
read_fallback(const struct tree *map, const struct reader *reader,
    struct roles roles, size_t i, struct err *err)
{
	static const char *const known[] = { "schema", "old", "new", "resume",
		"until", "num_keys_per_bundle",
		"num_different_keys_in_all_bundles", "zone_signatures" };
	struct plan_response *response;

	return tree_expect(map, TREE_MAP, err) &&
	    refuse_unknown(map, known, ARRAY_LEN(known), err) &&
	    read_roles(map, reader->config, &roles, err) &&
	    add_response(
		map, map->key, &reader->plan->quarters[i], &response, err) &&
	    find_schema(map, reader, roles, &response->schema, err) &&
	    read_resume(tree_find(map, "resume"), reader->plan, i,
		&response->next, err) &&
	    read_until(
		tree_find(map, "until"), reader->plan, response, err) &&
	    read_zone(map, reader, response, err) &&
	    sign_as_planned(map, &reader->plan->quarters[i], response,
		reader->plan, err);
}

static bool
read_fallbacks(const struct tree *map, const struct reader *reader,
    struct roles roles, size_t i, struct err *err)
{
	if (map == NULL)
		return true;
	if (!tree_expect(map, TREE_MAP, err))
		return false;
	if (map->n > PLAN_RESPONSES_MAX - 1)
		return tree_refuse(map, err,
		    "has %zu entries (expected at most %u)", map->n,
		    PLAN_RESPONSES_MAX - 1);
	for (const struct tree *entry = map->first; entry != NULL;
	     entry = entry->next)
		if (!read_fallback(entry, reader, roles, i, err))
			return false;
	return true;
}

static bool
read_quarter(const struct tree *map, const struct reader *reader, size_t i,
    struct err *err)
{
	static const char *const known[] = { "name", "schema", "old", "new",
		"num_keys_per_bundle", "num_different_keys_in_all_bundles",
		"zone_signatures", "fallbacks", "proceed" };
	const struct tree *proceed = tree_find(map, "proceed");
	struct plan_quarter *quarter = &reader->plan->quarters[i];
	struct roles roles = reader->roles;

	if (!tree_expect(map, TREE_MAP, err) ||
	    !refuse_unknown(map, known, ARRAY_LEN(known), err) ||
	    !read_roles(map, reader->config, &roles, err))
		return false;
	quarter->responses =
	    calloc(PLAN_RESPONSES_MAX, sizeof(*quarter->responses));
	if (quarter->responses == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	return read_planned(map, reader, roles, i, err) &&
	    read_fallbacks(
		tree_find(map, "fallbacks"), reader, roles, i, err) &&
	    (proceed == NULL ||
		proceed_read(proceed, reader->config, quarter, roles.old,
		    roles.new, &quarter->proceed, err));
}

static bool
read_values(const struct tree *root, struct plan *plan, struct err *err)
{
	static const struct config_row *const rows[] = { &row_description,
		&row_delays, &row_max_response_size };

	plan->max_response_size = PLAN_RESPONSE_SIZE_DEFAULT;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct tree *entry = tree_find(root, rows[i]->key);

		if (entry != NULL &&
		    !config_value_read(entry, rows[i], plan, err))
			return false;
	}
	return true;
}

static bool
read_order(const struct tree *text, struct plan *plan, struct err *err)
{
	if (text == NULL)
		return true;
	if (!tree_expect(text, TREE_TEXT, err))
		return false;
	if (strcmp(text->text, "signatures-first") == 0)
		plan->order = ORDER_SIGNATURES_FIRST;
	else if (strcmp(text->text, "together") != 0)
		return tree_refuse(text, err,
		    "\"%.63s\" is no order (expected together or "
		    "signatures-first)",
		    text->text);
	return true;
}

static bool
read_plan(const struct tree *root, struct reader *reader, struct err *err)
{
	static const char *const known[] = { "description", "old", "new",
		"delays", "max_response_size", "order", "schemas", "quarters" };
	const struct tree *quarters = tree_find(root, "quarters");
	size_t i = 0;

	if (!refuse_unknown(root, known, ARRAY_LEN(known), err) ||
	    !read_values(root, reader->plan, err) ||
	    !read_order(tree_find(root, "order"), reader->plan, err) ||
	    !read_roles(root, reader->config, &reader->roles, err) ||
	    !read_schemas(tree_find(root, "schemas"), reader, err))
		return false;
	if (quarters == NULL)
		return tree_refuse(root, err, "has no key \"quarters\"");
	if (!read_starts(quarters, reader->plan, err))
		return false;
	for (const struct tree *entry = quarters->first; entry != NULL;
	     entry = entry->next, i++)
		if (!read_quarter(entry, reader, i, err))
			return false;
	return true;
}

bool
plan_read(struct bytes yaml, const char *name, const struct config *config,
    struct plan **ret, struct err *err)
{
	struct reader reader = { .config = config };
	struct tree *root;
	bool ok;

	if (!tree_read(yaml, name, &root, err))
		return false;
	reader.plan = calloc(1, sizeof(*reader.plan));
	if (reader.plan == NULL) {
		tree_free(root);
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	}
	ok = set_slots(&config->request_policy, name, reader.plan, err) &&
	    read_plan(root, &reader, err);
	for (size_t i = 0; i < reader.n_schemas; i++)
		schema_clear(&reader.schemas[i]);
	tree_free(root);
	if (ok)
		*ret = reader.plan;
	else
		plan_free(reader.plan);
	return ok;
}
