#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config.h"

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->n_schemas; i++)
		schema_clear(&config->schemas[i]);
	explicit_bzero(config, sizeof(*config));
	free(config);
}

const struct schema *
config_schema(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_schemas; i++)
		if (strcmp(config->schemas[i].name, name) == 0)
			return &config->schemas[i];
	return NULL;
}

bool
err_set_schema(const struct config *config, const char *name, struct err *err)
{
	struct nearest nearest = { .given = name };

	err_set(err, E_USAGE,
	    "schema \"%.100s\" is neither in the configuration nor a standard "
	    "one whose keys are configured (they are named " ROLE_CURRENT
	    " and " ROLE_NEXT "); there %s",
	    name, config->n_schemas == 0 ? "is none" : "are");
	for (size_t i = 0; i < config->n_schemas; i++) {
		err_append(err, "%s%s", i == 0 ? " " : ", ",
		    config->schemas[i].name);
		nearest_try(&nearest, config->schemas[i].name);
	}
	return nearest_say(&nearest, "", err);
}

static bool
matches_parameters(
    const struct config_key *pinned, const struct dnskey *key, struct err *err)
{
	struct pubkey_info info;

	if (pinned->rsa_size == 0 && pinned->rsa_exponent == 0)
		return true;
	return pubkey_info(key, &info, err) && info.family == FAMILY_RSA &&
	    (pinned->rsa_size == 0 || info.bits == pinned->rsa_size) &&
	    (pinned->rsa_exponent == 0 ||
		info.exponent == pinned->rsa_exponent);
}

/* The tag and the DS are those that the key has before it is revoked. */
static bool
matches(const struct config_key *pinned, const struct dname *owner,
    const struct dnskey *key)
{
	struct dnskey unrevoked = dnskey_unrevoked(key);
	uint8_t ds[DS_SHA256_SIZE];
	struct err err;

	return pinned->has_ds && pinned->algorithm == key->algorithm &&
	    (!pinned->has_tag || dnskey_tag(&unrevoked) == pinned->tag) &&
	    matches_parameters(pinned, key, &err) &&
	    dnskey_ds(owner, &unrevoked, ds, &err) &&
	    memcmp(ds, pinned->ds_sha256, sizeof(ds)) == 0;
}

const struct config_key *
config_key_of(const struct config *config, const struct dname *owner,
    const struct dnskey *key)
{
	for (size_t i = 0; i < config->n_keys; i++)
		if (strcmp(config->keys[i].label, key->identifier) == 0 &&
		    matches(&config->keys[i], owner, key))
			return &config->keys[i];
	return NULL;
}

uint32_t
config_request_ttl_s(const struct config *config)
{
	return config->request_policy.dns_ttl_s != 0
	    ? config->request_policy.dns_ttl_s
	    : config->ksk_policy.ttl_s;
}

uint32_t
config_ttl_s(const struct config *config)
{
	return config->rules == RULES_0_1_0 ? config_request_ttl_s(config)
					    : config->ksk_policy.ttl_s;
}

bool
config_keeps_ksks(const struct config *config)
{
	enum config_demand extractable = config->key_policy.extractable;

	return extractable == DEMAND_NONE || extractable == DEMAND_FALSE;
}

struct parent_ds
config_parent_ds(const struct config *config)
{
	struct parent_ds parent = { .lag_s = config->parent_ds.ttl_s +
		    config->parent_ds.propagation_s };

	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];
		struct parent_ds_record *record = &parent.records[parent.n];

		if (!key->has_ds_published)
			continue;
		record->from = key->ds_published;
		record->until =
		    key->has_ds_withdrawn ? key->ds_withdrawn : INT64_MAX;
		memcpy(record->ds, key->ds_sha256, DS_SHA256_SIZE);
		parent.n++;
	}
	return parent;
}
