#include <stdint.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config_relations.h"

/* Two durations of a section, the first no longer than the second. */
struct pair {
	const char *section, *min, *max;
	size_t min_at, max_at; /* in struct config */
};

#define PAIR(of, in, name)                                        \
	.section = #of, .min = "min_" #name, .max = "max_" #name, \
	.min_at = offsetof(struct config, of in min_##name##_s),  \
	.max_at = offsetof(struct config, of in max_##name##_s)

/* The value at fault is in the file: the defaults agree with each other. */
static bool
check_pair(const struct tree *root, const struct config *config,
    const struct pair *pair, struct err *err)
{
	const struct tree *section = tree_given(root, pair->section);
	const struct tree *at = tree_given(section, pair->min);
	char min_text[DURATION_TEXT_SIZE], max_text[DURATION_TEXT_SIZE];
	int64_t min, max;

	memcpy(&min, (const uint8_t *)config + pair->min_at, sizeof(min));
	memcpy(&max, (const uint8_t *)config + pair->max_at, sizeof(max));
	if (min <= max)
		return true;
	if (at == NULL)
		at = tree_given(section, pair->max);
	duration_format(min, min_text);
	duration_format(max, max_text);
	return tree_refuse(at == NULL ? root : at, err,
	    "%s %s is longer than %s %s", pair->min, min_text, pair->max,
	    max_text);
}

static bool
check_pairs(
    const struct tree *root, const struct config *config, struct err *err)
{
	static const struct pair pairs[] = {
		{ PAIR(request_policy, ., cycle_inception_length) },
		{ PAIR(request_policy, ., bundle_interval) },
		{ PAIR(ksk_policy, .signature., signature_validity) },
		{ PAIR(ksk_policy, .signature., validity_overlap) },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (!check_pair(root, config, &pairs[i], err))
			return false;
	return true;
}

static bool
check_counts(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct request_policy *request = &config->request_policy;
	const struct tree *section = tree_given(root, "request_policy");
	const struct tree *bundles = tree_given(section, "num_bundles");

	return key_counts_check_length(section, bundles, &request->key_counts,
	    request->num_bundles, err);
}

static bool
check_key(
    const struct tree *entry, const struct config_key *key, struct err *err)
{
	const struct algorithm *algorithm = algorithm_of_number(key->algorithm);
	const struct tree *size = tree_given(entry, "rsa_size");
	const struct tree *exponent = tree_given(entry, "rsa_exponent");

	if (algorithm == NULL || !algorithm->supported)
		return tree_refuse(tree_given(entry, "algorithm"), err,
		    "is not an algorithm this program can verify");
	if (algorithm->family != FAMILY_RSA &&
	    (size != NULL || exponent != NULL))
		return tree_refuse_key(size != NULL ? size : exponent, err,
		    "has no place in a key of algorithm %s",
		    algorithm->mnemonic);
	if (exponent != NULL && key->rsa_exponent % 2 == 0)
		return tree_refuse(
		    exponent, err, "is even (an RSA exponent is odd)");
	if (key->has_valid_until && key->valid_from >= key->valid_until)
		return tree_refuse(tree_given(entry, "valid_until"), err,
		    "is not after valid_from");
	if (key->has_ds_published && !key->has_ds)
		return tree_refuse(tree_find(entry, "ds_published"), err,
		    "says when a DS was published, and there is no ds_sha256");
	if (key->has_ds_withdrawn &&
	    (!key->has_ds_published || key->ds_withdrawn <= key->ds_published))
		return tree_refuse(tree_find(entry, "ds_withdrawn"), err,
		    "is not after ds_published");
	return true;
}

static bool
has_hsm(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_hsms; i++)
		if (strcmp(config->hsms[i].name, name) == 0)
			return true;
	return false;
}

/* Which HSM has it, and the public half, which its DS proves. */
static bool
check_place(const struct tree *entry, const struct config *config,
    const struct config_key *key, struct err *err)
{
	const struct tree *public = tree_given(entry, "public_key");
	struct dnskey dnskey;
	struct err why;

	if (key->hsm[0] != '\0' && !has_hsm(config, key->hsm))
		return tree_refuse(tree_given(entry, "hsm"), err,
		    "\"%.60s\" is no HSM of this file (expected a name below "
		    "`hsm`)",
		    key->hsm);
	if (public == NULL)
		return true;
	if (!key->has_ds)
		return tree_refuse_key(public, err,
		    "has no ds_sha256 beside it, which proves it");
	if (!config_key_dnskey(config, key, &dnskey, &why) ||
	    !config_key_check(config, key, "it", &dnskey, &why))
		return tree_refuse(public, err,
		    "is not the key that is pinned beside it: %s", why.msg);
	return true;
}

/* What the parent publishes is said in whole, or has no meaning. */
static bool
check_trust_section(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct tree *parent = tree_find(root, "parent_ds");
	const struct tree *keys = tree_find(root, "keys");
	const struct tree *entry = keys == NULL ? NULL : keys->first;
	bool by_parent = config->trust == TRUST_PARENT_DS, declared = false;

	for (; entry != NULL; entry = entry->next) {
		const struct tree *from = tree_find(entry, "ds_published");

		declared |= from != NULL;
		if (from != NULL && !by_parent)
			return tree_refuse_key(from, err,
			    "has a meaning only with trust: parent-ds");
	}
	if (parent != NULL && !by_parent)
		return tree_refuse_key(
		    parent, err, "has a meaning only with trust: parent-ds");
	if (by_parent && (parent == NULL || !declared))
		return tree_refuse(tree_find(root, "trust"), err,
		    "parent-ds wants %s",
		    parent == NULL
			? "a section parent_ds with ttl and propagation"
			: "a key with ds_published");
	return true;
}

/* A label says which key of a token is meant, so no two keys share one. */
static bool
check_keys(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct tree *keys = tree_given(root, "keys");
	const struct tree *entry = keys == NULL ? NULL : keys->first;

	for (size_t i = 0; i < config->n_keys; i++, entry = entry->next) {
		const struct config_key *key = &config->keys[i];

		if (!check_key(entry, key, err) ||
		    !check_place(entry, config, key, err))
			return false;
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->keys[k].label, key->label) == 0)
				return tree_refuse(tree_given(entry, "label"),
				    err, "\"%.60s\" is the label of %s too",
				    key->label, config->keys[k].name);
	}
	return true;
}

/* A PIN is empty or it is something. */
bool
config_hsms_check(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct tree *hsms = tree_find(root, "hsm");
	const struct tree *entry = hsms == NULL ? NULL : hsms->first;

	for (size_t i = 0; i < config->n_hsms; i++, entry = entry->next) {
		const struct config_hsm *hsm = &config->hsms[i];

		if (hsm->empty_pin && (hsm->has_pin || hsm->pin_file[0] != '\0'))
			return tree_refuse(tree_find(entry, "empty_pin"), err,
			    "there is a PIN as well (expected neither pin nor "
			    "pin_file with it)");
	}
	return true;
}

/* A label names one key, and a key has one purpose. */
static bool
check_other_keys(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct tree *others = tree_find(root, "other_keys");
	const struct tree *entry = others == NULL ? NULL : others->first;

	for (size_t i = 0; i < config->n_other_keys; i++, entry = entry->next) {
		const char *label = config->other_keys[i].label;
		const char *twin = NULL;

		for (size_t k = 0; k < config->n_keys; k++)
			if (strcmp(config->keys[k].label, label) == 0)
				twin = config->keys[k].name;
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->other_keys[k].label, label) == 0)
				twin = config->other_keys[k].name;
		if (twin != NULL)
			return tree_refuse(tree_find(entry, "label"), err,
			    "\"%.60s\" is the label of %s too (expected one "
			    "purpose for each key)",
			    label, twin);
	}
	return true;
}

/* RFC 7344 is about a parent: the root has none. */
static bool
check_cds(
    const struct tree *root, const struct config *config, struct err *err)
{
	const struct tree *section = tree_given(root, "cds");
	const struct cds_policy *cds = &config->cds;
	bool some = cds->cdnskey || cds->n_digests > 0;

	if (!some && !cds->delete)
		return true;
	if (same_domain(config->ksk_policy.signers_name, "."))
		return tree_refuse(section, err,
		    "the root has no parent to tell of its keys");
	if (some && cds->delete)
		return tree_refuse(section, err,
		    "delete says that there be no DS, and others which "
		    "(RFC 8078 section 4)");
	if (cds->n_digests == 2 && cds->digests[0] == cds->digests[1])
		return tree_refuse(
		    section, err, "digests names one digest type twice");
	return true;
}

bool
config_relations_check(
    const struct tree *root, const struct config *config, struct err *err)
{
	return check_pairs(root, config, err) &&
	    check_counts(root, config, err) && check_keys(root, config, err) &&
	    check_trust_section(root, config, err) &&
	    check_cds(root, config, err) &&
	    config_hsms_check(root, config, err) &&
	    check_other_keys(root, config, err);
}
