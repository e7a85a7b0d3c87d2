#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/keys/holdings.h"
#include "signer/keys/keyinfo.h"

bool
holdings_open(const struct context *context, const char *hsm_name,
    struct holdings *ret, struct err *err)
{
	const struct config *config = context->config;
	struct err why[CONFIG_HSMS_MAX];

	*ret = (struct holdings){ .n = config->n_hsms,
		.together = hsm_name == NULL && config->n_hsms > 1 };
	if (!tokens_open_all(context, hsm_name, &ret->open, why, err))
		return false;
	for (size_t i = 0; i < config->n_hsms; i++) {
		const struct config_hsm *hsm = &config->hsms[i];

		ret->list[i] = (struct holding){ .hsm = hsm,
			.token = tokens_of(&ret->open, hsm),
			.why = why[i] };
	}
	return true;
}

void
holdings_close(struct holdings *holdings)
{
	for (size_t i = 0; i < holdings->n; i++)
		free(holdings->list[i].keys);
	tokens_close(&holdings->open);
}

bool
holding_read(struct holding *holding, struct err *err)
{
	return token_keys(
	    holding->token, &holding->keys, &holding->n_keys, err);
}

static bool
is_looked_at(const struct holding *holding)
{
	return holding->token != NULL && holding->why.code == E_NONE;
}

const struct holding *
holdings_of(const struct holdings *holdings, const char *hsm)
{
	for (size_t i = 0; i < holdings->n; i++)
		if (is_looked_at(&holdings->list[i]) &&
		    strcmp(holdings->list[i].hsm->name, hsm) == 0)
			return &holdings->list[i];
	return NULL;
}

size_t
holdings_count_closed(const struct holdings *holdings)
{
	size_t n = 0;

	for (size_t i = 0; i < holdings->n; i++)
		if (holdings->list[i].why.code != E_NONE)
			n++;
	return n;
}

/*
 * Of a key that is not all that is pinned under its label: whether it need not
 * be, since the configuration has that one in another HSM, or, of several, this
 * may have a public half alone.
 */
static bool
is_beside(const struct holdings *holdings, const struct holding *holding,
    const struct config *config, const struct hsm_key *key,
    const struct config_key *pinned, char *ret, size_t size)
{
	bool bound = !tokens_may_hold(holding->hsm, pinned);
	struct ksk ksk;
	struct err err;
	bool same;

	if (!bound &&
	    (!holdings->together || pinned->hsm[0] != '\0' || key->has_private))
		return false;
	same =
	    token_find_ksk(holding->token, config, pinned, false, &ksk, &err);
	if (!bound && !same)
		return false;
	snprintf(ret, size, "%s keys.%s%s%s",
	    !same                  ? "another key than"
		: key->has_private ? "copy of"
				   : "public half of",
	    pinned->name, bound ? ", which is bound to HSM " : "",
	    bound ? pinned->hsm : "");
	return true;
}

static void
name_text(const struct holding *holding, const struct config *config,
    const struct config_key *pinned, char *ret, size_t size)
{
	bool bound = !tokens_may_hold(holding->hsm, pinned);

	snprintf(ret, size, "%.500s%skeys.%s%s%s",
	    config->is_one_of_many ? config->ksk_policy.signers_name : "",
	    config->is_one_of_many ? " " : "", pinned->name,
	    bound ? ", which is bound to HSM " : "", bound ? pinned->hsm : "");
}

bool
holdings_role(const struct holdings *holdings, const struct holding *holding,
    const struct config *config, const struct hsm_key *key, char *ret,
    size_t size)
{
	const struct config_key *pinned =
	    keyinfo_configured(config, key->label);
	struct ksk ksk;
	struct err err;

	ret[0] = '\0';
	if (pinned == NULL)
		return true;
	if (token_find_ksk(holding->token, config, pinned, true, &ksk, &err)) {
		name_text(holding, config, pinned, ret, size);
		return true;
	}
	if (is_beside(holdings, holding, config, key, pinned, ret, size))
		return true;
	snprintf(ret, size, "MISMATCH: %s", err.msg);
	return false;
}

/*
 * Whether a key of its label is the one that is meant, or should be.  Of
 * several HSMs that is one in its place, and no public half beside the pair.
 */
static bool
is_meant(const struct holdings *holdings, const struct holding *holding,
    const struct config *config, const struct hsm_key *key,
    const struct config_key *pinned)
{
	struct ksk ksk;
	struct err err;

	if (!holdings->together)
		return true;
	return tokens_may_hold(holding->hsm, pinned) &&
	    (pinned->hsm[0] != '\0' || key->has_private ||
		token_find_ksk(
		    holding->token, config, pinned, true, &ksk, &err));
}

static bool
is_there(const struct holdings *holdings, const struct config *config,
    const struct config_key *pinned)
{
	for (size_t i = 0; i < holdings->n; i++) {
		const struct holding *holding = &holdings->list[i];

		for (size_t k = 0; k < holding->n_keys; k++)
			if (strcmp(holding->keys[k].label, pinned->label) ==
				0 &&
			    is_meant(holdings, holding, config,
				&holding->keys[k], pinned))
				return true;
	}
	return false;
}

/* Whether all were looked at that may have it. */
static bool
is_looked_for(const struct holdings *holdings, const struct config_key *key)
{
	for (size_t i = 0; i < holdings->n; i++)
		if (tokens_may_hold(holdings->list[i].hsm, key) &&
		    !is_looked_at(&holdings->list[i]))
			return false;
	return true;
}

enum absence
holdings_absence(const struct holdings *holdings, const struct context *zone,
    const struct config_key *key)
{
	if (is_there(holdings, zone->config, key))
		return ABSENT_NOT;
	if (key->has_valid_until && key->valid_until <= zone->now)
		return ABSENT_RETIRED;
	return is_looked_for(holdings, key) ? ABSENT_MISSING : ABSENT_ELSEWHERE;
}
