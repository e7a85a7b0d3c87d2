/*
 * The head that a witness wrote on paper at a run's end.  The chain shows that
 * no line was changed alone; only the head shows that the record was not cut
 * at a line's end or written anew.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/chain.h"

struct witness {
	bool given;
	char head[CHAIN_HASH_SIZE];
};

#define WITNESS_OPTIONS                                                     \
	{ "head", "HEX", "the witnessed head, 64 hex digits", false },      \
	{                                                                   \
		"words", "WORDS", "the witnessed head, 32 PGP words", false \
	}

/* --head or --words, or none.  E_USAGE. */
MUST_USE bool
witness_of_args(const struct args *args, struct witness *ret, struct err *err);

/* E_REFUSED unless none was given or it is the hash of the last line. */
MUST_USE bool witness_agrees(const struct witness *witness,
    const struct chain_lines *log, struct err *err);

/* The head in hex and words, and what it was compared with. */
void witness_print(const struct witness *witness, const char *dir,
    const struct chain_lines *log);
