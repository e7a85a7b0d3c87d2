/*
 * KSR-ZSK-NOT-KSK: what a ZSK of the request may neither be called nor be.  In
 * a response KSKs and ZSKs stand side by side, each under its identifier.
 */
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"

/* A label is taken whether its key is pinned, is in the HSM or is neither. */
static void
judge_label(const struct check_input *in, const struct placed_key *at,
    struct check_result *result)
{
	for (size_t i = 0; i < in->config->n_keys; i++) {
		const struct config_key *ksk = &in->config->keys[i];

		if (strcmp(ksk->label, at->key->identifier) != 0)
			continue;
		finding_add(result, in->request, at->bundle,
		    "key %s has the label of KSK %s", key_text(at->key).s,
		    ksk->name);
		finding_required(result, "an identifier that no KSK has");
	}
}

/* Nor does a KSK of the previous response share its identifier. */
static void
judge_previous_names(const struct check_input *in, const struct placed_key *at,
    const struct key_list *before, struct check_result *result)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct dnskey *ksk = before->keys[i].key;

		if (!is_ksk(ksk) || dnskey_same_key(ksk, at->key) ||
		    strcmp(ksk->identifier, at->key->identifier) != 0)
			continue;
		finding_add(result, in->request, at->bundle,
		    "key %s has the identifier of KSK %s of the previous SKR",
		    key_text(at->key).s, key_text(ksk).s);
		finding_required(result, "an identifier that no KSK has");
	}
}

/* Each key where it first has a name: one key may have several. */
static void
judge_names(const struct check_input *in, const struct key_list *names,
    const struct key_list *before, struct check_result *result)
{
	for (size_t i = 0; i < names->n; i++) {
		if (i > 0 &&
		    strcmp(names->keys[i - 1].key->identifier,
			names->keys[i].key->identifier) == 0 &&
		    dnskey_same_key(
			names->keys[i - 1].key, names->keys[i].key))
			continue;
		judge_label(in, &names->keys[i], result);
		judge_previous_names(in, &names->keys[i], before, result);
	}
}

enum verdict
check_zsk_names(const struct check_input *in, struct check_result *result)
{
	struct key_list names = { 0, NULL }, before = { 0, NULL };
	struct err err;
	bool ok = key_list_by_identifier(in->request, &names, &err) &&
	    (in->previous == NULL ||
		key_list_by_key(in->previous, &before, &err));

	if (ok && in->previous != NULL)
		key_list_distinct(&before);
	if (ok)
		judge_names(in, &names, &before, result);
	key_list_clear(&before);
	key_list_clear(&names);
	return ok ? VERDICT_PASS : check_broken(result, err.msg);
}

/* The public key with another algorithm's number is the same key. */
static bool
same_public_key(const struct dnskey *a, const struct dnskey *b)
{
	return bytes_equal((struct bytes){ a->public_key, a->public_key_len },
	    (struct bytes){ b->public_key, b->public_key_len });
}

/* What the configuration knows of a KSK: its DS, or a tag where it has none. */
static bool
is_pinned_as(const struct config_key *ksk, const struct dname *owner,
    const struct dnskey *zsk, bool *ret, struct err *err)
{
	struct dnskey key = *zsk;
	uint8_t ds[DS_SHA256_SIZE];

	key.flags = DNSKEY_FLAGS_KSK;
	key.algorithm = ksk->algorithm;
	*ret = !ksk->has_ds && ksk->has_tag && ksk->tag == dnskey_tag(&key);
	if (!ksk->has_ds)
		return true;
	if (!dnskey_ds(owner, &key, ds, err))
		return false;
	*ret = memcmp(ds, ksk->ds_sha256, sizeof(ds)) == 0;
	return true;
}

static bool
judge_pins(const struct check_input *in, const struct dname *owner,
    const struct placed_key *at, struct check_result *result, struct err *err)
{
	for (size_t i = 0; i < in->config->n_keys; i++) {
		const struct config_key *ksk = &in->config->keys[i];
		bool same;

		if (!is_pinned_as(ksk, owner, at->key, &same, err))
			return false;
		if (!same)
			continue;
		finding_add(result, in->request, at->bundle,
		    "key %s is KSK %s by its %s", key_text(at->key).s,
		    ksk->name, ksk->has_ds ? "DS" : "tag");
		finding_required(result, "a ZSK that is no KSK");
	}
	return true;
}

static void
judge_previous_keys(const struct check_input *in, const struct placed_key *at,
    const struct key_list *before, struct check_result *result)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct dnskey *ksk = before->keys[i].key;

		if (!is_ksk(ksk) || !same_public_key(ksk, at->key))
			continue;
		finding_add(result, in->request, at->bundle,
		    "key %s is KSK %s of the previous SKR",
		    key_text(at->key).s, key_text(ksk).s);
		finding_required(result, "a ZSK that is no KSK");
	}
}

static bool
judge_material(const struct check_input *in, const struct key_list *keys,
    const struct key_list *before, struct check_result *result,
    struct err *err)
{
	struct dname owner;

	if (!dname_parse(in->request->domain, &owner, err))
		return false;
	for (size_t i = 0; i < keys->n; i++) {
		if (!judge_pins(in, &owner, &keys->keys[i], result, err))
			return false;
		judge_previous_keys(in, &keys->keys[i], before, result);
	}
	return true;
}

enum verdict
check_zsk_material(const struct check_input *in, struct check_result *result)
{
	struct key_list keys = { 0, NULL }, before = { 0, NULL };
	struct err err;
	bool ok = key_list_by_key(in->request, &keys, &err) &&
	    (in->previous == NULL ||
		key_list_by_key(in->previous, &before, &err));

	if (ok) {
		key_list_distinct(&keys);
		if (in->previous != NULL)
			key_list_distinct(&before);
		ok = judge_material(in, &keys, &before, result, &err);
	}
	key_list_clear(&before);
	key_list_clear(&keys);
	return ok ? VERDICT_PASS : check_broken(result, err.msg);
}
