/*
 * A plan that a command reads, with the hash of the very bytes that were parsed.
 */
#pragma once

#include "ksr/dns/sha256.h"
#include "ksr/plan/plan.h"
#include "ksr/policy/config.h"
#include "signer/record/record.h"

/* A plan's file. */
struct planned {
	const char *path; /* borrowed; NULL: no plan was loaded */
	uint8_t sha256[SHA256_SIZE];
	struct plan *plan; /* owned */
};

/* On record under the role "plan" before it is parsed. */
MUST_USE bool planned_load(struct record *record, const char *path,
    const struct config *config, struct planned *ret, struct err *err);
void planned_clear(struct planned *planned);
