/*
 * What the tokens of the configuration hold, or that of one HSM alone, and what
 * the configuration says of it.  Where all of several are looked at they are
 * judged together: what one lacks another may have.
 */
#pragma once

#include "signer/token/tokens.h"

/* One HSM of the configuration. */
struct holding {
	const struct config_hsm *hsm;
	struct token *token;  /* borrowed; NULL: it is not open */
	struct err why;       /* it cannot be looked at; E_NONE: nothing */
	struct hsm_key *keys; /* owned */
	size_t n_keys;
};

struct holdings {
	struct tokens open;
	bool together; /* all, of several */
	size_t n;      /* of the configuration */
	struct holding list[CONFIG_HSMS_MAX];
};

/* By hsm_name (--hsm) that one alone.  tokens_open_all says what is an error.
 */
MUST_USE bool holdings_open(const struct context *context, const char *hsm_name,
    struct holdings *ret, struct err *err);
void holdings_close(struct holdings *holdings);

/* The keys of one that is open. */
MUST_USE bool holding_read(struct holding *holding, struct err *err);

/* That of this name, which is open and could be looked at; or NULL. */
const struct holding *
holdings_of(const struct holdings *holdings, const char *hsm);

/* How many were to be looked at and could not be. */
size_t holdings_count_closed(const struct holdings *holdings);

/*
 * What the configuration says of a key in the HSM: "", "keys.NAME", something
 * that a key may be besides, or "MISMATCH: ...", which is true of what it
 * returns.
 */
bool holdings_role(const struct holdings *holdings,
    const struct holding *holding, const struct config *config,
    const struct hsm_key *key, char *ret, size_t size);

enum absence {
	ABSENT_NOT,       /* it is there */
	ABSENT_RETIRED,   /* its validity has ended */
	ABSENT_ELSEWHERE, /* an HSM that was not looked at may have it */
	ABSENT_MISSING,
};

/* Of a key of the configuration, in all that was looked at. */
enum absence holdings_absence(const struct holdings *holdings,
    const struct context *zone, const struct config_key *key);
