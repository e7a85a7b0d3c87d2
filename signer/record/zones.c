#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/zones.h"

struct zones {
	const struct config *whole;
	const struct config_zone *chosen; /* by --zone; or NULL */
	struct config **list; /* of each zone, or NULL */
};

bool
zones_new(const struct config *config, struct zones **ret, struct err *err)
{
	struct zones *zones;

	if (config->n_zones == 0)
		return true;
	zones = calloc(1, sizeof(*zones));
	if (zones != NULL)
		zones->list = calloc(config->n_zones, sizeof(*zones->list));
	if (zones == NULL || zones->list == NULL) {
		free(zones);
		return err_set(err, E_MEMORY, "out of memory");
	}
	zones->whole = config;
	*ret = zones;
	return true;
}

void
zones_free(struct zones *zones)
{
	if (zones == NULL)
		return;
	for (size_t i = 0; i < zones->whole->n_zones; i++)
		config_free(zones->list[i]);
	free(zones->list);
	free(zones);
}

static bool
enter(struct context *context, const struct config_zone *zone, struct err *err)
{
	struct zones *zones = context->zones;
	struct config **config = &zones->list[zone - zones->whole->zones];

	if (*config == NULL && !config_zone(zones->whole, zone, config, err))
		return false;
	context->config = *config;
	return true;
}

/* Which there are, as far as they are few; and which was meant. */
#define ZONES_NAMED 8
static bool
err_set_zones(struct err *err, enum err_code code, const struct config *config,
    const char *name)
{
	struct nearest nearest = { .given = name };

	err_set(err, code, "zone \"%.255s\" is not in the configuration; there "
			   "%s", name, config->n_zones == 1 ? "is" : "are");
	for (size_t i = 0; i < config->n_zones; i++) {
		nearest_try(&nearest, config->zones[i].name);
		if (i < ZONES_NAMED)
			err_append(err, "%s%.64s", i == 0 ? " " : ", ",
			    config->zones[i].name);
	}
	if (config->n_zones > ZONES_NAMED)
		err_append(err, " and %zu more", config->n_zones - ZONES_NAMED);
	return nearest_say(&nearest, "", err);
}

static bool
choose_of_one(
    const struct context *context, const char *name, struct err *err)
{
	const struct config *config = context->config;

	return same_domain(config->ksk_policy.signers_name, name) ||
	    err_set(err, E_USAGE,
		"--zone %.255s: the configuration is of zone %.255s alone",
		name, config->ksk_policy.signers_name);
}

bool
zone_is_known(const struct context *context)
{
	return context->zones == NULL || context->zones->chosen != NULL;
}

bool
zone_require(const struct context *context, struct err *err)
{
	return zone_is_known(context) ||
	    err_set(err, E_USAGE,
		"the configuration has %zu zones: say which with --zone NAME",
		context->zones->whole->n_zones);
}

bool
zones_choose(struct context *context, const struct command *command,
    const struct args *args, struct err *err)
{
	const char *name = args_value(args, "zone");
	struct zones *zones = context->zones;

	if (command->zone == ZONE_OWN)
		return true;
	if (name != NULL && context->config == NULL)
		return err_set(err, E_USAGE,
		    "--zone has no meaning for %s without a configuration",
		    command->name);
	if (zones == NULL)
		return name == NULL || choose_of_one(context, name, err);
	if (name != NULL)
		zones->chosen = config_find_zone(zones->whole, name);
	if (name != NULL && zones->chosen == NULL)
		return err_set_zones(err, E_USAGE, zones->whole, name);
	if (name == NULL && zones->whole->n_zones == 1)
		zones->chosen = &zones->whole->zones[0];
	if (zones->chosen != NULL)
		return enter(context, zones->chosen, err);
	return command->zone != ZONE_NAMED || zone_require(context, err);
}


bool
context_of_zone(const struct context *context, const char *zone,
    struct context *ret, struct err *err)
{
	const struct zones *zones = context->zones;
	const struct config_zone *found;

	*ret = *context;
	if (zones == NULL)
		return true;
	found = config_find_zone(zones->whole, zone);
	if (found == NULL)
		return err_set_zones(err, E_REFUSED, zones->whole, zone);
	if (zones->chosen != NULL && found != zones->chosen)
		return err_set(err, E_USAGE,
		    "is of zone %.255s, and --zone says %.255s", zone,
		    zones->chosen->name);
	return enter(ret, found, err);
}

bool
zones_each(const struct context *context,
    bool (*each)(const struct context *zone, const void *arg, struct err *err),
    const void *arg, struct err *err)
{
	const struct zones *zones = context->zones;

	if ((zones == NULL || zones->chosen != NULL) &&
	    !each(context, arg, err))
		return false;
	for (size_t i = 0; zones != NULL && i < zones->whole->n_zones; i++) {
		const struct config_zone *zone = &zones->whole->zones[i];
		struct context other = *context;

		if (zone == zones->chosen)
			continue;
		if (!enter(&other, zone, err))
			return false;
		if (!each(&other, arg, err))
			return err_prefix(err, "zone %.255s", zone->name);
	}
	return true;
}
