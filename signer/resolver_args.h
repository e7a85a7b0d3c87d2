/*
 * A resolver to be simulated, as --resolver describes it:
 *   KIND[,name=NAME][,anchor=TAG]...[,anchor-file=FILE][,start=TIME]
 *       [,off=TIME/DURATION]...
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/trust/validator.h"

#define RESOLVERS_MAX 32u

struct resolver_args {
	const char *kind; /* "follower", "static", "absent", "late"; static */
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
};

/* E_USAGE. */
MUST_USE bool resolver_args_parse(
    const char *text, struct resolver_args *ret, struct err *err);
