/*
 * The anchors that this zone is to have, for the commands that make, compare
 * and sign them and tell the parent: which keys, what tokens and configuration
 * have of each, and until when by the plan.
 */
#pragma once

#include "ksr/anchor/anchor_declared.h"
#include "signer/foresight/planned.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/token/tokens.h"

/* Options of each such command. */
#define ANCHORING_OPTIONS                                                     \
	{ "key", "NAME", "only this one of the configuration's keys", true }, \
	    { "plan", "PLAN", "keys end where the plan takes them away",      \
		    false },                                                  \
	    { "offline", NULL,                                                \
		    "ask no token: keys as the configuration has "            \
		    "them",                                                   \
		    false },                                                  \
	{                                                                     \
		"hsm", "NAME", "which HSM of the configuration", false        \
	}

/* What of them a command wants. */
struct anchoring_wish {
	uint32_t keys; /* where --key names none; 0: all */
	bool ask_tokens;
	bool timeless;    /* validities do not matter */
	size_t n_digests; /* as anchors_wanted has them */
	uint8_t digests[CDS_DIGESTS_MAX];
};

struct anchoring {
	struct planned planned;           /* owned */
	struct ksk ksks[CONFIG_KEYS_MAX]; /* what is known of each */
	struct anchors_wanted wanted;
	struct trust_anchors declared;
};

/*
 * Reads the plan; asks the tokens, unless --offline or where there are none:
 * opens them, finds the keys, which is on record, and closes them.  The
 * declared set has an id.  Owned by the caller; freed by anchoring_free.
 */
MUST_USE bool
anchoring_load(const struct context *context, const struct args *args,
    const struct anchoring_wish *wish, struct anchoring **ret, struct err *err);
void anchoring_free(struct anchoring *anchoring); /* NULL does nothing */

/* Leaves out what is not valid at that time. */
void anchors_keep_valid(struct trust_anchors *anchors, int64_t now);
