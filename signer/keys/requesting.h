/*
 * A request in the making: which cycle, which algorithms, which ZSKs stand in
 * which slot, and the document with their proofs of possession.
 */
#pragma once

#include "ksr/document/convert.h"
#include "ksr/request/cycle.h"
#include "ksr/request/zsk_schedule.h"
#include "signer/foresight/planned.h"
#include "signer/keys/zsk_store.h"
#include "signer/record/input.h"

struct requesting_algorithm {
	uint8_t number;
	unsigned bits; /* of the RSA keys that are made; 0 for others */
	const struct key_count *count; /* of requesting's counts */
	struct zsk_schedule schedule;
	struct zsk zsks[ZSK_ROLES]; /* those that stand somewhere; owned */
};

struct requesting {
	const struct config *config;
	struct document previous; /* ksr is NULL for the first request; owned */
	struct planned planned; /* plan is NULL if none was given; owned */
	struct cycle cycle;
	const struct key_counts *counts; /* the plan's or the configuration's */
	size_t n_algorithms;
	struct requesting_algorithm algorithms[KEY_COUNTS_MAX];
	struct zsk_store store; /* owned */
	enum ksr_format format; /* that it is to be written in */
	struct ksr *request;    /* owned; in that format once it is built */
	struct losses losses;   /* what the format has no place for */
};

void requesting_clear(struct requesting *r);

/* requesting_keys.c */

/*
 * The algorithms, or algorithms and sizes, that the key counts name, or, where they count all together,
 * the one given, or the only one that the policy approves; RSASHA256 where
 * nothing says otherwise, with 2048 bits.  Each
 * given text is "NAME" or "NAME:BITS".  E_USAGE, or E_INPUT for counts that no
 * request can be made with.
 */
MUST_USE bool requesting_algorithms(struct requesting *r,
    const char *const *given, size_t n_given, struct err *err);

/*
 * Takes the ZSKs of the previous response's last bundle, which are those of the
 * first slot, from the open store, and finds or makes the others.  E_INPUT if
 * the request would not follow on, or a retired key would come back.
 */
MUST_USE bool requesting_keys(struct requesting *r, struct err *err);

/* requesting_build.c */

/*
 * Fills r->request: every key of every slot signs the slot's keys, where the
 * format has a place for that.
 */
MUST_USE bool requesting_build(struct requesting *r, struct err *err);
