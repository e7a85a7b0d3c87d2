/*
 * Replay: from a ceremony record alone to the same conclusions and the same
 * bytes.  No HSM, no network, no configuration but the recorded one, no clock.
 *
 * A difference is whatever is not as a run of this program leaves it.  A note
 * is what a reader should know and what is no fault: an interrupted run, a
 * failure outside of what can be replayed, another program's version.
 */
#pragma once

#include "signer/record/today.h"
#include "signer/record/ceremony.h"
#include "signer/record/differences.h"

struct replayed_run {
	size_t n_differences;
	char outcome[ERR_MSG_MAX]; /* how the run ended, in words */
};

struct replay {
	struct ceremony ceremony;
	char binary[CHAIN_HASH_SIZE]; /* of the program that replays */
	struct replayed_run *runs; /* owned, one for each of the ceremony's */
	struct key_tests *key_tests; /* owned: runs share their keys */
	struct differences differences;
	struct differences notes;
	struct today today;
};

/* E_REFUSED for a broken chain; differences are no error. */
MUST_USE bool
replay_ceremony(const char *dir, struct replay *ret, struct err *err);
void replay_clear(struct replay *replay);
