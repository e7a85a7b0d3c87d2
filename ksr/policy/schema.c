#include <stdlib.h>
#include <string.h>

#include "ksr/policy/schema.h"

/* Of the keys in the two roles. */
enum { NONE = 0, OLD = 1, NEW = 2, BOTH = OLD | NEW };

struct phase {
	uint8_t publish, sign, revoke;
};

/*
 * The root zone's rollover phases, one row a schema: the first slot, those in
 * the middle, the last.  The first slot continues the cycle before; a KSK
 * changes its part in the second, and a revoked one leaves in the last.  A
 * revoked key signs, since only that revokes it (RFC 5011 section 2.1).
 */
static const struct {
	const char *name;
	struct phase first, middle, last;
} standard[SCHEMA_STANDARD_COUNT] = {
	{ "normal", { OLD, OLD, NONE }, { OLD, OLD, NONE },
	    { OLD, OLD, NONE } },
	{ "pre-publish", { OLD, OLD, NONE }, { BOTH, OLD, NONE },
	    { BOTH, OLD, NONE } },
	{ "rollover", { BOTH, OLD, NONE }, { BOTH, NEW, NONE },
	    { BOTH, NEW, NONE } },
	{ "revoke", { BOTH, NEW, NONE }, { NEW, BOTH, OLD },
	    { NEW, NEW, NONE } },
	{ "publish+", { BOTH, OLD, NONE }, { BOTH, OLD, NONE },
	    { BOTH, OLD, NONE } },
	{ "rollover+", { BOTH, NEW, NONE }, { BOTH, NEW, NONE },
	    { BOTH, NEW, NONE } },
	{ "revoke+", { NEW, NEW, NONE }, { NEW, BOTH, OLD },
	    { NEW, NEW, NONE } },
};

const char *
schema_standard_name(size_t i)
{
	return i < SCHEMA_STANDARD_COUNT ? standard[i].name : NULL;
}

static uint32_t
mask_of(uint8_t roles, uint32_t current, uint32_t next)
{
	return ((roles & OLD) != 0 ? current : 0) |
	    ((roles & NEW) != 0 ? next : 0);
}

static const struct phase *
phase_of_slot(size_t i, size_t slot, size_t n_slots)
{
	if (slot == 0)
		return &standard[i].first;
	return slot + 1 == n_slots ? &standard[i].last : &standard[i].middle;
}

/* By its middle: a role that a schema has is published or revoked there. */
static bool
is_possible(size_t i, uint32_t current, uint32_t next)
{
	uint8_t roles = standard[i].middle.publish | standard[i].middle.revoke;

	return ((roles & OLD) == 0 || current != 0) &&
	    ((roles & NEW) == 0 || next != 0);
}

bool
schema_standard(size_t i, size_t n_slots, uint32_t current, uint32_t next,
    struct schema *ret, bool *ret_possible, struct err *err)
{
	struct schema schema = { .built_in = true, .n_slots = n_slots };

	if (i >= SCHEMA_STANDARD_COUNT || n_slots == 0)
		return err_set(err, E_INTERNAL,
		    "no standard schema %zu for %zu slots", i, n_slots);
	if (!is_possible(i, current, next)) {
		*ret_possible = false;
		return true;
	}
	schema.slots = calloc(n_slots, sizeof(*schema.slots));
	if (schema.slots == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(schema.name, standard[i].name, strlen(standard[i].name) + 1);
	for (size_t slot = 0; slot < n_slots; slot++) {
		const struct phase *phase = phase_of_slot(i, slot, n_slots);

		schema.slots[slot] = (struct schema_slot){
			.publish = mask_of(phase->publish, current, next),
			.sign = mask_of(phase->sign, current, next),
			.revoke = mask_of(phase->revoke, current, next),
		};
	}
	*ret = schema;
	*ret_possible = true;
	return true;
}

bool
schema_copy(const struct schema *schema, struct schema *ret, struct err *err)
{
	struct schema copy = *schema;

	copy.slots = calloc(copy.n_slots, sizeof(*copy.slots));
	if (copy.slots == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(copy.slots, schema->slots, copy.n_slots * sizeof(*copy.slots));
	*ret = copy;
	return true;
}

static bool
same_slot(const struct schema_slot *a, const struct schema_slot *b)
{
	return a->publish == b->publish && a->sign == b->sign &&
	    a->revoke == b->revoke;
}

/* The slot of the schema that slot i of n is. */
static size_t
fitted(const struct schema *schema, size_t i, size_t n)
{
	if (i == 0)
		return 0;
	if (i + 1 == n || schema->n_slots < 3)
		return schema->n_slots - 1;
	return 1;
}

bool
schema_fit(const struct schema *schema, size_t n, struct schema *ret,
    struct err *err)
{
	struct schema fit = *schema;

	for (size_t i = 2; n != schema->n_slots && i + 1 < schema->n_slots;
	     i++)
		if (!same_slot(&schema->slots[i], &schema->slots[1]))
			return err_set(err, E_REFUSED,
			    "schema %s has %zu slots that are not all the "
			    "same between the first and the last: it cannot "
			    "be stretched to %zu records",
			    schema->name, schema->n_slots, n);
	if (n == schema->n_slots)
		return schema_copy(schema, ret, err);
	fit.n_slots = n;
	fit.slots = calloc(n + 1, sizeof(*fit.slots));
	if (fit.slots == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		fit.slots[i] = schema->slots[fitted(schema, i, n)];
	*ret = fit;
	return true;
}

uint32_t
schema_keys(const struct schema *schema)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < schema->n_slots; i++)
		keys |= schema->slots[i].publish | schema->slots[i].sign |
		    schema->slots[i].revoke;
	return keys;
}

uint32_t
schema_signers(const struct schema *schema)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < schema->n_slots; i++)
		keys |= schema->slots[i].sign | schema->slots[i].revoke;
	return keys;
}

void
schema_clear(struct schema *schema)
{
	if (schema == NULL)
		return;
	free(schema->slots);
	*schema = (struct schema){ 0 };
}
