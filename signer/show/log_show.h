/*
 * The record as people read it: run by run, step by step, with the tables of
 * the documents that it stores.  Judges nothing but the stored files' hashes.
 */
#pragma once

#include "signer/record/ceremony.h"

/*
 * On stdout, in at most 80 columns.  Of several zones a line each, or of the one
 * that is named all of its lines.  E_MEMORY.
 */
MUST_USE bool log_show(const struct ceremony *ceremony, const char *zone,
    bool colour, struct err *err);
