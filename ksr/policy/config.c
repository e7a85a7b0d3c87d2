#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/nearest.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config.h"
#include "ksr/policy/tree.h"

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->n_schemas; i++)
		schema_clear(&config->schemas[i]);
	if (config->hsms != NULL && !config->is_one_of_many) {
		explicit_bzero(config->hsms,
		    CONFIG_HSMS_MAX * sizeof(*config->hsms));
		free(config->hsms);
	}
	free(config->zones);
	tree_free(config->tree);
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

static void
hex_of(const uint8_t *digest, char *ret)
{
	for (size_t i = 0; i < DS_SHA256_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02X", digest[i]);
}

bool
config_key_check(const struct config *config, const struct config_key *pinned,
    const char *whose, const struct dnskey *dnskey, struct err *err)
{
	char seen[2 * DS_SHA256_SIZE + 1], wanted[2 * DS_SHA256_SIZE + 1];
	uint8_t ds[DS_SHA256_SIZE];
	struct pubkey_info info;
	struct dname owner;

	if (!dname_parse(config->ksk_policy.signers_name, &owner, err) ||
	    !dnskey_ds(&owner, dnskey, ds, err))
		return false;
	hex_of(ds, seen);
	if (!pinned->has_ds)
		return err_set(err, E_INPUT,
		    "the configuration pins no ds_sha256, so the key cannot be "
		    "told from another; %s has %s",
		    whose, seen);
	hex_of(pinned->ds_sha256, wanted);
	if (memcmp(ds, pinned->ds_sha256, sizeof(ds)) != 0)
		return err_set(err, E_HSM,
		    "%s has DS SHA-256 %s, the configuration pins %s", whose,
		    seen, wanted);
	if (pinned->has_tag && dnskey->tag != pinned->tag)
		return err_set(err, E_HSM,
		    "%s has key tag %u, the configuration pins %u", whose,
		    dnskey->tag, pinned->tag);
	if (!pubkey_info(dnskey, &info, err))
		return false;
	if (pinned->rsa_size != 0 && info.bits != pinned->rsa_size)
		return err_set(err, E_HSM,
		    "%s has %u bits, the configuration pins %u", whose,
		    info.bits, pinned->rsa_size);
	if (pinned->rsa_exponent != 0 && info.exponent != pinned->rsa_exponent)
		return err_set(err, E_HSM,
		    "%s has exponent %llu, the configuration pins %llu", whose,
		    (unsigned long long)info.exponent,
		    (unsigned long long)pinned->rsa_exponent);
	return true;
}

bool
config_key_dnskey(const struct config *config, const struct config_key *key,
    struct dnskey *ret, struct err *err)
{
	struct dnskey dnskey = { .ttl_s = config_ttl_s(config),
		.flags = DNSKEY_FLAGS_KSK,
		.protocol = DNSKEY_PROTOCOL,
		.algorithm = key->algorithm,
		.public_key_len = key->public_key.len };
	struct pubkey_info info;

	memcpy(dnskey.public_key, key->public_key.octets, key->public_key.len);
	memcpy(dnskey.identifier, key->label, strlen(key->label) + 1);
	dnskey.tag = dnskey_tag(&dnskey);
	if (!pubkey_info(&dnskey, &info, err))
		return false;
	*ret = dnskey;
	return true;
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
