/*
 * A key leaves the token, wrapped for somebody: what `backup` and `handover` do,
 * each with the keys that are its own.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/token/token.h"

struct copying {
	const char *command;
	const char *shown, *begun, *done; /* on record; copy_facts.h */
	const char *question, *verb;	  /* "Copy this key?", "copy" */
	const char *not_done;		  /* "no copy was made" */
	const char *result;		  /* "Backup" */
	bool by_components;		  /* officers may be the recipient */
	/* The key of this label, if it is one that leaves so. */
	bool (*find)(const struct context *context, struct token *token,
	    const char *label, struct hsm_key *ret, struct dnskey *ret_dnskey,
	    struct err *err);
};

/*
 * Options: label, to, recipient-sha256, component-file, hsm, batch.  Without
 * --hsm the key's own HSM is meant, or with that NULL the only one.
 */
MUST_USE bool copying_run(const struct copying *copying,
    const struct context *context, const struct args *args,
    const char *own_hsm, struct err *err);
