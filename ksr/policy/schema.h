/*
 * Schemas: for each slot of a cycle, which KSKs are published, which sign and
 * which are published revoked (rollover phases, RFC 5011, RFC 7583).
 *
 * A slot is three bit masks over the configuration's keys: bit i is key i.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/base/limits.h"

struct schema_slot {
	uint32_t publish; /* in the RRset, not revoked */
	uint32_t sign;
	uint32_t revoke; /* in the RRset with the REVOKE flag */
};

struct schema {
	char name[NAME_MAX_LEN + 1];
	bool built_in;
	size_t n_slots;
	struct schema_slot *slots; /* owned */
};

/*
 * The seven standard schemas are written for two roles.  In the configuration
 * these are the keys named ksk_current and ksk_next; where no key has a name,
 * the schemas that need it are left out.
 */
#define ROLE_CURRENT "ksk_current" /* the "old" key of a rollover */
#define ROLE_NEXT    "ksk_next"	   /* the "new" key of a rollover */

/*
 * Builds the i-th standard schema for n_slots slots (3 or more, or 1 or 2 where
 * first and last coincide with what is left) with these key masks; a mask of 0
 * means that there is no such key.  *ret_possible is false if the schema needs
 * a missing key.
 */
#define SCHEMA_STANDARD_COUNT 7
MUST_USE bool schema_standard(size_t i, size_t n_slots, uint32_t current,
    uint32_t next, struct schema *ret, bool *ret_possible, struct err *err);
const char *schema_standard_name(size_t i);

/*
 * A copy for n slots: those between the first and the last are as many as that
 * takes.  E_REFUSED where they are not all the same.  A request that has a
 * record for each change has as many as there are changes.
 */
MUST_USE bool schema_fit(const struct schema *schema, size_t n,
    struct schema *ret, struct err *err);

MUST_USE bool schema_copy(
    const struct schema *schema, struct schema *ret, struct err *err);

/* Every key that it publishes, signs with or revokes in some slot. */
uint32_t schema_keys(const struct schema *schema);

/* Every key that signs in some slot, as a revoked one does of itself. */
uint32_t schema_signers(const struct schema *schema);

void schema_clear(struct schema *schema);
