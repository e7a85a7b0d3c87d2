/*
 * The tokens of one run and its KSKs in them: keys of one schema may be in
 * different modules and tokens.  A token is opened, and asked for its own PIN,
 * where one of its keys is needed: to sign, or to be published where its public
 * half is nowhere else.
 */
#pragma once

#include "signer/token/token.h"

/* Zero is empty.  In the order of the configuration. */
struct tokens {
	struct token list[CONFIG_HSMS_MAX];
	bool signs[CONFIG_HSMS_MAX]; /* a wanted key of it does */
	size_t n;
};

/* Of one zone: masks over its configuration's keys. */
struct ksks_wanted {
	const struct config *config;
	uint32_t all;
	uint32_t signing; /* of these the private half is used */
};

/*
 * Opens what the wanted keys, of n zones, are in: by hsm_name (--hsm) that one alone; else
 * the only HSM configured; else each that a key names (keys.*.hsm).
 */
MUST_USE bool tokens_open(const struct context *context, const char *hsm_name,
    const struct ksks_wanted *wanted, size_t n, struct tokens *ret,
    struct err *err);

/*
 * To look, whatever is there: by hsm_name that HSM alone, which must open; else
 * every one of the configuration.  Of several, one that cannot be opened is left
 * out: ret_why, in the order of the configuration, says why; that of one which is
 * open is E_NONE.
 */
MUST_USE bool tokens_open_all(const struct context *context,
    const char *hsm_name, struct tokens *ret,
    struct err ret_why[CONFIG_HSMS_MAX], struct err *err);

void tokens_close(struct tokens *tokens);

/* Whether the configuration lets the key be in that HSM. */
bool tokens_may_hold(
    const struct config_hsm *hsm, const struct config_key *key);

/*
 * Finds each wanted key: in the HSM that it names, else in the first that has
 * it.  One that does not sign may come from the configuration.  The first that
 * is missing or differs is the error.  Then what else the tokens have of the
 * configuration's keys.
 */
MUST_USE bool tokens_find_ksks(struct tokens *tokens,
    const struct ksks_wanted *wanted,
    struct ksk ret[CONFIG_KEYS_MAX], struct err *err);

/*
 * Each of these keys as far as somebody has it: in a token that shows its
 * label, where it must be the pinned one, or else in the configuration.  What
 * nobody has is not present.
 */
MUST_USE bool tokens_look(struct tokens *tokens, const struct config *config,
    uint32_t keys, struct ksk ret[CONFIG_KEYS_MAX], struct err *err);

/* That of this HSM, which was opened. */
struct token *tokens_of(struct tokens *tokens, const struct config_hsm *hsm);

/* The tokens that sign for one further thread (token.h). */
MUST_USE bool tokens_worker_open(
    const struct tokens *tokens, struct tokens *ret, struct err *err);
void tokens_worker_close(struct tokens *worker);
