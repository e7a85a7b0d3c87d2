/*
 * A resolver to be simulated, as --resolver describes it:
 *   KIND[,name=NAME][,anchor=TAG]...[,anchor-file=FILE][,start=TIME]
 *       [,off=TIME/DURATION]...[,ds=TAG@TIME[/TIME]]...[,lag=DURATION]
 *       [,lacks=ALGORITHM]...
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/trust/validator.h"

#define RESOLVERS_MAX 32u

/* A DS at the parent, from the one time until the other; INT64_MAX: open. */
struct resolver_ds {
	char key[ID_MAX + 1]; /* tag or keyIdentifier */
	int64_t from, until;
};

struct resolver_args {
	/* "follower", "static", "absent", "late", "ds"; static */
	const char *kind;
	char name[NAME_MAX_LEN + 1];
	bool follows;
	size_t n_anchors;
	/* key tags or keyIdentifiers */
	char anchors[RESOLVER_ANCHORS_MAX][ID_MAX + 1];
	char anchor_file[PATH_MAX_LEN + 1]; /* "" if none */
	bool has_start;
	int64_t start;
	size_t n_off;
	struct resolver_off off[RESOLVER_OFF_MAX];
	/* Of kind "ds": what the parent publishes, instead of anchors. */
	size_t n_ds;
	struct resolver_ds ds[PARENT_DS_MAX];
	int64_t lag_s; /* parent_ds.h */
	uint32_t lacks; /* validator.h */
};

/* E_USAGE. */
MUST_USE bool resolver_args_parse(
    const char *text, struct resolver_args *ret, struct err *err);
