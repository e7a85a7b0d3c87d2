/*
 * Known answers: each case asks a part of this program a question whose answer
 * is published, and then one whose answer must be no.  Pure, but for
 * selftest_signing, which makes a token of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/err.h"
#include "ksr/base/macros.h"

#define SELFTEST_TEXTS_MAX 6

struct selftest_case {
	const char *id;	    /* "SELF-SHA256" */
	const char *title;  /* what is tested */
	const char *source; /* where question and answer are from */
	/* E_REFUSED with what came out instead. */
	bool (*run)(const struct selftest_case *self, struct err *err);
	const char *texts[SELFTEST_TEXTS_MAX]; /* question and answer */
};

extern const struct selftest_case selftest_cases[];
extern const size_t selftest_n_cases;

/* NULL: there is none of that id. */
const struct selftest_case *selftest_find(const char *id);

MUST_USE bool
selftest_run(const struct selftest_case *self, struct err *err);

/* The refusal of a run in which so many cases failed; false. */
bool selftest_refuse(size_t n_failed, struct err *err);

/* The functions of the table; what their texts are stands at each. */
bool selftest_sha256(const struct selftest_case *self, struct err *err);
bool selftest_words(const struct selftest_case *self, struct err *err);
bool selftest_document(const struct selftest_case *self, struct err *err);
bool selftest_covered(const struct selftest_case *self, struct err *err);
bool selftest_possession(const struct selftest_case *self, struct err *err);
bool selftest_signature(const struct selftest_case *self, struct err *err);
bool selftest_ds(const struct selftest_case *self, struct err *err);
bool selftest_tag(const struct selftest_case *self, struct err *err);
bool selftest_independent(const struct selftest_case *self, struct err *err);

#define SELFTEST_SIGNING "SELF-SIGNING"
#define SELFTEST_SIGNING_TITLE \
	"a quarter signed and replayed with SoftHSM"

/*
 * A whole signing by this very program in a new token of SoftHSM, in a private
 * temporary folder that is removed.  *ret_there is false, and nothing was done,
 * where SoftHSM is not installed.
 */
MUST_USE bool selftest_signing(bool *ret_there, struct err *err);
