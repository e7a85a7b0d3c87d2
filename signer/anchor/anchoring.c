#include <stdlib.h>
#include <string.h>

#include "signer/anchor/anchoring.h"
#include "signer/token/token_facts.h"

static bool
add_key(const struct config *config, const char *name, uint32_t *keys,
    struct err *err)
{
	for (size_t i = 0; i < config->n_keys; i++) {
		if (strcmp(config->keys[i].name, name) != 0)
			continue;
		*keys |= UINT32_C(1) << i;
		return true;
	}
	return err_set(err, E_USAGE,
	    "--key %s: the configuration has no key of that name", name);
}

/* Those that --key names, or else that are meant, or all. */
static bool
choose_keys(const struct config *config, const struct args *args,
    const struct anchoring_wish *wish, uint32_t *ret, struct err *err)
{
	uint32_t all = (UINT32_C(1) << config->n_keys) - 1, keys = 0;

	for (size_t i = 0; i < args->n_values; i++)
		if (strcmp(args->values[i].row->name, "key") == 0 &&
		    !add_key(config, args->values[i].value, &keys, err))
			return false;
	*ret = keys != 0 ? keys : wish->keys != 0 ? wish->keys : all;
	return true;
}

static bool
look_in_tokens(const struct context *context, const struct args *args,
    struct anchoring *a, struct err *err)
{
	const struct ksks_wanted wanted = { .config = context->config,
		.all = a->wanted.keys };
	struct tokens tokens;
	bool ok;

	if (!tokens_open(context, args_value(args, "hsm"), &wanted, 1, &tokens,
		err))
		return false;
	ok = tokens_look(
		 &tokens, context->config, a->wanted.keys, a->ksks, err) &&
	    facts_ksks(context->record, context->config, &tokens, a->ksks, err);
	tokens_close(&tokens);
	return ok;
}

static bool
look(const struct context *context, const struct args *args, bool ask_tokens,
    struct anchoring *a, struct err *err)
{
	struct tokens none = { .n = 0 };

	if (args_flag(args, "offline") && args_value(args, "hsm") != NULL)
		return err_set(
		    err, E_USAGE, "--offline and --hsm contradict each other");
	if (ask_tokens && !args_flag(args, "offline") &&
	    context->config->n_hsms > 0)
		return look_in_tokens(context, args, a, err);
	return tokens_look(
	    &none, context->config, a->wanted.keys, a->ksks, err);
}

static bool
load(const struct context *context, const struct args *args,
    const struct anchoring_wish *wish, struct anchoring *a, struct err *err)
{
	const char *plan = args_value(args, "plan");
	const struct config *config = context->config;

	a->wanted.config = config;
	a->wanted.timeless = wish->timeless;
	a->wanted.n_digests = wish->n_digests;
	memcpy(a->wanted.digests, wish->digests, sizeof(wish->digests));
	if (!choose_keys(config, args, wish, &a->wanted.keys, err) ||
	    (plan != NULL &&
		!planned_load(
		    context->record, plan, config, &a->planned, err)) ||
	    !look(context, args, wish->ask_tokens, a, err))
		return false;
	a->wanted.plan = a->planned.plan;
	for (size_t i = 0; i < config->n_keys; i++)
		if (a->ksks[i].present)
			a->wanted.known[i] = &a->ksks[i].dnskey;
	return anchors_declared(&a->wanted, &a->declared, err) &&
	    trust_anchors_identify(&a->declared, err);
}

bool
anchoring_load(const struct context *context, const struct args *args,
    const struct anchoring_wish *wish, struct anchoring **ret, struct err *err)
{
	struct anchoring *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!load(context, args, wish, a, err)) {
		anchoring_free(a);
		return false;
	}
	*ret = a;
	return true;
}

void
anchoring_free(struct anchoring *anchoring)
{
	if (anchoring == NULL)
		return;
	planned_clear(&anchoring->planned);
	free(anchoring);
}

void
anchors_keep_valid(struct trust_anchors *anchors, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < anchors->n; i++)
		if (trust_anchor_is_valid(&anchors->list[i], now))
			anchors->list[n++] = anchors->list[i];
	anchors->n = n;
}
