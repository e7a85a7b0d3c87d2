/*
 * What holds of every ceremony record, by event, whatever the command: facts
 * that speak of the same thing agree, and an act has what must come before it.
 * Replay runs a command again and so cannot see what only the world could say:
 * this looks at the record alone, calls none of the commands' code, and has
 * names and constants of its own, so that one mistake is not made twice.
 *
 * A broken law is a difference.  A law holds of every format that has the fact
 * that it looks at; records of older versions keep them.
 */
#pragma once

#include "signer/record/ceremony.h"
#include "signer/record/differences.h"

/* binary: the SHA-256 of the program that judges, in hex. */
void laws_judge(const struct ceremony *ceremony, const char *binary,
    struct differences *differences, struct differences *notes);
