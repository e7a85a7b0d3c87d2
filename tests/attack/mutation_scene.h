/*
 * A quarter to be signed, and what becomes of it: a request, the previous
 * response and a schema go through everything that `sign` does but the HSM,
 * and what comes out is held against what comes of the documents unchanged.
 */
#pragma once

#include "ksr/policy/config.h"
#include "tests/attack/mutate.h"

struct scene {
	const char *schema;
	int64_t now;
	struct config *config;
	struct dnskey *ksks; /* owned; by the configuration's order */
	struct xml *trees[DOCUMENTS];
	struct buf bytes[DOCUMENTS]; /* as the trees are written */
	struct buf skr;              /* as `sign` writes it */
	struct xml *skr_tree;
	struct xml *request_tree; /* as ksr_write spells the request */
};

/* Cycle 1 by the schema, after cycle 0 by another. */
struct scene *scene_new(const char *schema_before, const char *schema);
void scene_free(struct scene *scene);
/* Another configuration: text for fixture_config. */
void scene_configure(struct scene *scene, const char *more);

enum outcome_kind {
	REFUSED_BY_READER,
	REFUSED_BY_CHECK,
	SAME_RESPONSE,
	ECHOED,
	ILLEGAL,
};

#define WHY_MAX 1024

/* Rows of the table of checks. */
#define ROWS_MAX 128u
struct row_set {
	uint64_t bits[ROWS_MAX / 64];
};

static inline void
row_set_add(struct row_set *set, size_t row)
{
	set->bits[row / 64] |= UINT64_C(1) << row % 64;
}

static inline bool
row_set_has(const struct row_set *set, size_t row)
{
	return (set->bits[row / 64] >> row % 64 & 1) != 0;
}

struct outcome {
	enum outcome_kind kind;
	struct row_set rows; /* that refused */
	char why[WHY_MAX];
};

enum mutant_family {
	FAMILY_PLAIN,
	FAMILY_RESIGNED, /* the ZSKs' proofs were made anew */
	FAMILY_SPELLING, /* nothing but the same answer will do */
};

/* The request and the previous response are signed. */
void scene_sign(const struct scene *scene, struct bytes request,
    struct bytes previous, enum mutant_family family, struct outcome *ret);

/* The response is judged as one to the scene's request. */
void scene_verify(const struct scene *scene, struct bytes response,
    enum mutant_family family, struct outcome *ret);

/*
 * The request with every proof made anew, by the keys that the fixture has;
 * false if the reader refuses the request.
 */
bool scene_prove(struct bytes request, struct buf *ret);
