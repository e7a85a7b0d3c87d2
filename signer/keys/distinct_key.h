/*
 * Making a key whose tag no known key of its algorithm has.  One that has is
 * discarded, on record, and another is made in its place.  One that cannot be
 * put on record is deleted again, unless it was kept where the next run looks.
 */
#pragma once

#include "ksr/policy/purpose.h"
#include "ksr/request/known_tags.h"
#include "signer/record/record.h"

/*
 * Where keys are made: each function gets arg.  make's key must be gone again
 * after discard; keep, which may be NULL, is called for the one that stays.
 */
struct key_maker {
	void *arg;
	bool (*make)(void *arg, struct dnskey *ret, struct err *err);
	bool (*keep)(void *arg, const struct dnskey *key, struct err *err);
	bool (*discard)(void *arg, const struct dnskey *key, struct err *err);
};

/* One key in some thousands clashes: so many in a row are no accident. */
#define DISTINCT_KEY_TRIES 8

/* What "generating" says on record. */
struct key_wanted {
	const char *label;
	uint8_t algorithm;
	unsigned bits; /* 0 unless RSA */
	enum key_purpose purpose;
	const char *leaves; /* its token, and for what; or NULL */
};

MUST_USE bool distinct_key_make(struct record *record,
    const struct known_tags *known, const struct key_wanted *wanted,
    const struct key_maker *maker, struct dnskey *ret, struct err *err);
