#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/bundle.h"
#include "ksr/document/format.h"
#include "ksr/policy/records.h"

/* How each record of a request is signed. */
struct timing {
	int64_t lead_s, validity_s, step_s, last_s;
};

static bool
choose_timing(const struct config *config, const struct ksr *ksr,
    struct timing *ret, struct err *err)
{
	const struct records_policy *policy = &config->records;
	struct timing timing = {
		.lead_s = policy->has_inception_before
		    ? policy->inception_before_s
		    : format_of(ksr->format)->lead_s,
		.validity_s = policy->validity_s,
		.last_s = policy->cover_last_s,
	};

	if (timing.validity_s == 0)
		timing.validity_s =
		    config->ksk_policy.signature.max_signature_validity_s -
		    timing.lead_s;
	timing.step_s = timing.validity_s - policy->refresh_s;
	if (timing.step_s <= 0)
		return err_set(err, E_INPUT,
		    "records: a validity of %lld s leaves no time before a "
		    "refresh of %lld s",
		    (long long)timing.validity_s,
		    (long long)policy->refresh_s);
	*ret = timing;
	return true;
}

/* When the record behind the one at that time is used; false: none is. */
static bool
next_record(const struct ksr *request, size_t i, const struct timing *timing,
    int64_t at, int64_t *ret)
{
	int64_t end = request->bundles[i].inception + timing->last_s;

	*ret = at + timing->step_s;
	if (i + 1 < request->n_bundles)
		return *ret < request->bundles[i + 1].inception;
	/* The last goes on for as long as it is to be covered, to the end. */
	if (*ret > end)
		*ret = end;
	return at < end;
}

static size_t
count_records(const struct ksr *request, const struct timing *timing)
{
	size_t n = 0;

	for (size_t i = 0; i < request->n_bundles; i++) {
		int64_t at = request->bundles[i].inception;

		do {
			n++;
		} while (n <= BUNDLES_MAX &&
		    next_record(request, i, timing, at, &at));
	}
	return n;
}

/* The id of the file's record, with the time of this one. */
static void
put_id(struct bundle *bundle, const char *id)
{
	const char *dash = strrchr(id, '-');
	char stamp[TIME_TEXT_SIZE];

	time_format_rrsig(bundle_begins(bundle), stamp);
	snprintf(bundle->id, sizeof(bundle->id), "%.*s-%s",
	    dash == NULL ? 0 : (int)(dash - id), id, stamp);
}

static bool
make_record(const struct bundle *from, const struct timing *timing, int64_t at,
    struct bundle *ret, struct err *err)
{
	ret->inception = at - timing->lead_s;
	ret->lead_s = timing->lead_s;
	ret->expiration = at + timing->validity_s;
	ret->refreshes = at != from->inception;
	put_id(ret, from->id);
	if (!bundle_alloc(ret, from->n_keys, 0, err))
		return false;
	memcpy(ret->keys, from->keys, from->n_keys * sizeof(*from->keys));
	return true;
}

static bool
make_records(const struct ksr *request, const struct timing *timing,
    struct ksr *ret, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < request->n_bundles; i++) {
		const struct bundle *from = &request->bundles[i];
		int64_t at = from->inception;

		do {
			if (!make_record(
				from, timing, at, &ret->bundles[n++], err))
				return false;
		} while (next_record(request, i, timing, at, &at));
	}
	return true;
}

static void
exchange_bundles(struct ksr *a, struct ksr *b)
{
	const struct ksr old = *a;

	a->bundles = b->bundles;
	a->n_bundles = b->n_bundles;
	b->bundles = old.bundles;
	b->n_bundles = old.n_bundles;
}

static bool
complete_request(
    const struct config *config, struct ksr *request, struct err *err)
{
	struct timing timing = { 0 };
	struct ksr *made;
	size_t n;
	bool ok;

	if (!choose_timing(config, request, &timing, err))
		return false;
	n = count_records(request, &timing);
	if (n > BUNDLES_MAX)
		return err_set(err, E_REFUSED,
		    "the request's records and their refreshes are more than "
		    "%u", BUNDLES_MAX);
	made = ksr_new(KSR_REQUEST, n);
	if (made == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = make_records(request, &timing, made, err);
	if (ok)
		exchange_bundles(request, made);
	ksr_free(made);
	return ok;
}

/* A label that the configuration pins to this very key. */
static void
name_ksk(const struct config *config, const struct dname *owner,
    struct bundle *bundle, struct dnskey *key)
{
	char before[ID_MAX + 1];

	memcpy(before, key->identifier, sizeof(before));
	for (size_t i = 0; i < config->n_keys; i++) {
		memcpy(key->identifier, config->keys[i].label,
		    sizeof(key->identifier));
		if (config_key_of(config, owner, key) == &config->keys[i]) {
			bundle_rename(bundle, before, key->identifier);
			return;
		}
	}
	memcpy(key->identifier, before, sizeof(key->identifier));
}

static bool
name_ksks(const struct config *config, struct ksr *response, struct err *err)
{
	struct dname owner;

	if (!dname_parse(response->domain, &owner, err))
		return false;
	for (size_t i = 0; i < response->n_bundles; i++) {
		struct bundle *bundle = &response->bundles[i];

		for (size_t j = 0; j < bundle->n_keys; j++)
			if ((bundle->keys[j].flags & DNSKEY_FLAG_SEP) != 0)
				name_ksk(config, &owner, bundle,
				    &bundle->keys[j]);
	}
	return true;
}

/* The operator's durations, and the algorithms that the keys have. */
static bool
state_policies(
    const struct config *config, struct ksr *ksr, struct err *err)
{
	ksr->zsk_policy = ksr->ksk_policy = config->ksk_policy.signature;
	ksr->zsk_policy.n_algorithms = ksr->ksk_policy.n_algorithms = 0;
	memset(ksr->zsk_policy.algorithms, 0,
	    sizeof(ksr->zsk_policy.algorithms));
	memset(ksr->ksk_policy.algorithms, 0,
	    sizeof(ksr->ksk_policy.algorithms));
	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++) {
			const struct dnskey *key = &ksr->bundles[i].keys[j];

			if (!signature_policy_add(
				(key->flags & DNSKEY_FLAG_SEP) != 0
				    ? &ksr->ksk_policy : &ksr->zsk_policy,
				key, err))
				return false;
		}
	return true;
}

bool
records_complete(
    const struct config *config, struct ksr *ksr, struct err *err)
{
	unsigned lacks = ksr_lacks(ksr);

	if (config == NULL || ksr->completed)
		return true;
	if (((lacks & LACKS_POLICY) != 0 &&
		!state_policies(config, ksr, err)) ||
	    (ksr->kind == KSR_REQUEST && (lacks & LACKS_EXPIRATION) != 0 &&
		!complete_request(config, ksr, err)) ||
	    (ksr->kind == KSR_RESPONSE && (lacks & LACKS_ID) != 0 &&
		!name_ksks(config, ksr, err)))
		return false;
	ksr->completed = true;
	return true;
}

void
records_take_ids(struct ksr *response, const struct ksr *request)
{
	if ((ksr_lacks(response) & LACKS_ID) == 0)
		return;
	memcpy(response->id, request->id, sizeof(response->id));
	for (size_t i = 0; i < response->n_bundles && i < request->n_bundles;
	     i++)
		memcpy(response->bundles[i].id, request->bundles[i].id,
		    sizeof(response->bundles[i].id));
}

static size_t
count_superseded(const struct ksr *response)
{
	size_t n = 0;

	for (size_t i = 0; i < response->n_bundles; i++)
		n += bundle_is_superseded(response, i);
	return n;
}

/* The record signed again as long after its own beginning as that is. */
static bool
sign_again(const struct bundle *from, int64_t at, struct bundle *ret,
    struct err *err)
{
	const struct timing timing = {
		.lead_s = from->lead_s,
		.validity_s = from->expiration - bundle_begins(from),
	};

	if (!make_record(from, &timing, at, ret, err))
		return false;
	ret->refreshes = true;
	snprintf(ret->id + strlen(ret->id), sizeof(ret->id) - strlen(ret->id),
	    "%s", BUNDLE_AGAIN);
	return true;
}

/* *from, which loses its bundles, with the response's superseded ones. */
static bool
repeat(struct ksr *from, const struct ksr *response, struct ksr *ret,
    struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n_bundles; i++) {
		if (n > 0 && n < response->n_bundles &&
		    !from->bundles[i].refreshes &&
		    bundle_is_superseded(response, n) &&
		    bundle_begins(&response->bundles[n]) ==
			bundle_begins(&from->bundles[i])) {
			if (!sign_again(&ret->bundles[n - 1],
				bundle_begins(&from->bundles[i]),
				&ret->bundles[n], err))
				return false;
			n++;
		}
		ret->bundles[n++] = from->bundles[i];
		from->bundles[i] = (struct bundle){ 0 };
	}
	ret->n_bundles = n;
	return true;
}

bool
records_meet(struct ksr *response, struct ksr *request, struct err *err)
{
	size_t n_more = count_superseded(response);
	struct ksr *made;
	bool ok = true;

	if (n_more > 0 && (ksr_lacks(request) & LACKS_SLOTS) != 0) {
		made = ksr_new(KSR_REQUEST, request->n_bundles + n_more);
		if (made == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		ok = repeat(request, response, made, err);
		exchange_bundles(request, made);
		ksr_free(made);
	}
	records_take_ids(response, request);
	return ok;
}

bool
schema_of_document(const struct config *config, const char *name,
    const struct ksr *request, struct schema *stretched,
    const struct schema **ret, struct err *err)
{
	const struct schema *schema;

	*ret = NULL;
	if (name == NULL)
		return true;
	schema = config_schema(config, name);
	if (schema == NULL)
		return err_set_schema(config, name, err);
	*ret = schema;
	if ((ksr_lacks(request) & LACKS_SLOTS) == 0)
		return true;
	*ret = stretched;
	return schema_fit(schema, request->n_bundles, stretched, err);
}
