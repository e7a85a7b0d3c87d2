/*
 * A simulation from its arguments and the files that they name: for the command
 * and for its replay.
 */
#pragma once

#include <jansson.h>

#include "ksr/zone/anchor.h"
#include "signer/foresight/resolver_args.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/input.h"

struct simulated {
	struct resolver_args args;
	struct resolver resolver;
	struct anchor anchors[RESOLVER_ANCHORS_MAX]; /* resolver's, with tags */
	struct parent_ds parent; /* the resolver's, of kind ds */
	struct validator_run run;
};

struct simulating {
	/* Filled by the caller, in the order of the arguments. */
	size_t n_documents;
	struct document *documents; /* owned */
	size_t n_anchor_files;
	struct buf anchor_files[RESOLVERS_MAX]; /* owned */

	/* Filled by simulating_run. */
	struct timeline_part *parts; /* owned */
	struct timeline timeline;
	size_t n_resolvers;
	struct simulated *resolvers; /* owned */
};

/*
 * The path of "SKR@TIME", owned by the caller, and since when it takes over; an
 * argument that does not end so is a path as a whole.
 */
MUST_USE bool simulating_path(const char *argument, char **ret,
    struct timeline_part *ret_part, struct err *err);

/* The resolvers asked for, or the default ones.  *ret is owned. */
MUST_USE bool simulating_resolvers(const struct args *args,
    struct simulated **ret, size_t *ret_n, struct err *err);

/*
 * Everything that follows from arguments and files.  E_USAGE and E_INPUT; each
 * document must have passed independent_verify_all.
 */
MUST_USE bool simulating_run(
    struct simulating *simulating, const struct args *args, struct err *err);
void simulating_clear(struct simulating *simulating);

/* "1.9": the ninth slot of the first response. */
#define SLOT_TEXT_SIZE 48
void simulating_slot_text(
    const struct timeline_slot *slot, char ret[SLOT_TEXT_SIZE]);

/* simulate_json.c */
json_t *simulate_json(const struct simulating *simulating);
/* What each resolver came to: what is on record. */
json_t *simulate_json_results(const struct simulating *simulating);

/* simulate_svg.c: a file of its own. */
#define SIMULATE_SVG_MAX (64u * 1024 * 1024)
void simulate_svg(const struct simulating *simulating, struct buf *ret);

/* simulate_text.c */
void simulate_print(
    const struct simulating *simulating, const struct context *context);
