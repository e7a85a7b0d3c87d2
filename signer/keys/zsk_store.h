/*
 * Where the ZSK operator's keys are: in the token, or, in rehearsals, in a
 * folder of files.  Keys are found by label or by public key; what is missing
 * is made.
 */
#pragma once

#include "signer/keys/distinct_key.h"
#include "signer/keys/zsk_file.h"
#include "signer/token/token.h"

struct zsk {
	struct dnskey dnskey;
	struct hsm_key key; /* in the token */
	EVP_PKEY *pkey;     /* in a file; owned; NULL if in the token */
	bool is_new;	    /* made in this run */
};

void zsk_clear(struct zsk *zsk);

struct zsk_store {
	const struct context *context;
	bool in_files;
	bool by_files; /* and they are there: it is no replay */
	struct token token;
	struct zsk_folder folder;
	struct known_tags known; /* what a new key must not clash with */
};

/*
 * Opens the folder dir, in rehearsals only, or the token if dir is NULL; which
 * is on record.
 */
MUST_USE bool zsk_store_open(const struct context *context, const char *dir,
    const char *hsm_name, struct zsk_store *ret, struct err *err);
void zsk_store_close(struct zsk_store *store);

/* The key that this DNSKEY of an earlier document names.  E_INPUT. */
MUST_USE bool zsk_store_take(struct zsk_store *store,
    const struct dnskey *wanted, struct zsk *ret, struct err *err);

/*
 * The key of that label, which must be of the algorithm and clash with no known
 * one; or a new one.  It is known from then on.
 */
MUST_USE bool zsk_store_find_or_make(struct zsk_store *store,
    const struct key_wanted *wanted, struct zsk *ret, struct err *err);

/* Signs, and verifies the signature in software. */
MUST_USE bool zsk_store_sign(struct zsk_store *store, const struct zsk *zsk,
    struct bytes data, struct rrsig *ret, struct err *err);
