/*
 * The record as people read it: run by run, step by step, with the tables of
 * the documents that it stores.  Judges nothing but the stored files' hashes.
 */
#pragma once

#include "signer/record/ceremony.h"

/* On stdout, in at most 80 columns. */
void log_show(const struct ceremony *ceremony, bool colour);
