/*
 * What a zone's parent is to have, and has.  Pure.
 */
#pragma once

#include "ksr/anchor/trust_anchor.h"
#include "ksr/policy/config.h"

#define PARENT_FILE_MAX (64u * 1024)

/* Of one key, as far as the configuration says. */
enum parent_state {
	PARENT_HAS,      /* its DS is there */
	PARENT_HAS_NOT,  /* not yet, or it is not said */
	PARENT_WITHDREW, /* no more */
};

/*
 * By `ds_published` and `ds_withdrawn` with trust: parent-ds; else a key whose
 * validity the time is in is said to be there.
 */
enum parent_state parent_state_of(
    const struct config *config, const struct config_key *key, int64_t now);

/* A mask of the keys whose DS is to be there. */
uint32_t parent_keys(const struct config *config, int64_t now);

/* A mask of those that a parent may be told of: not withdrawn, nor ended. */
uint32_t parent_candidates(const struct config *config, int64_t now);

/* E_USAGE for the root, which has no parent. */
MUST_USE bool parent_exists(const struct config *config, struct err *err);

/*
 * DS records as `dig +noall +answer` prints them; the set has the zone, ids of
 * the records, and no validity.
 */
MUST_USE bool parent_read(struct bytes text, const char *name, const char *zone,
    struct trust_anchors *ret, struct err *err);
