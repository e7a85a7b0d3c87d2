/*
 * A document in another format: what that has no place for is lost and told,
 * what it needs and the document has not is refused.
 */
#pragma once

#include "ksr/document/ksr.h"

#define LOSSES_MAX 12u

struct losses {
	size_t n;
	const char *what[LOSSES_MAX]; /* static */
};

/*
 * Makes it a document of the format.  E_INPUT: the format demands what this
 * one lacks, and nothing but a guess could give it.
 */
MUST_USE bool ksr_convert(struct ksr *ksr, enum ksr_format to,
    struct losses *ret, struct err *err);
