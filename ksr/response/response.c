#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/document/format.h"
#include "ksr/response/child.h"
#include "ksr/response/response.h"

/* What every bundle of the response is made from. */
struct making {
	const struct config *config;
	const struct dnskey *ksks;
	uint32_t ttl_s;
	uint8_t labels;
	char signers_name[DNAME_TEXT_MAX + 1];
};

static bool
has_key(uint32_t mask, size_t i)
{
	return (mask >> i & 1) != 0;
}

static size_t
count_keys(uint32_t mask)
{
	return (size_t)__builtin_popcount(mask);
}

/* Configuration key i as it stands in the slot. */
static struct dnskey
ksk_in_slot(
    const struct making *making, const struct schema_slot *slot, size_t i)
{
	struct dnskey key = making->ksks[i];

	memcpy(key.identifier, making->config->keys[i].label,
	    sizeof(key.identifier));
	key.ttl_s = making->ttl_s;
	key.protocol = DNSKEY_PROTOCOL;
	key.flags = has_key(slot->revoke, i) ? DNSKEY_FLAGS_KSK_REVOKED
					     : DNSKEY_FLAGS_KSK;
	key.tag = dnskey_tag(&key); /* RFC 5011 section 2.1: flags count */
	return key;
}

static struct rrsig
unsigned_rrsig(const struct making *making, const struct bundle *bundle,
    const struct dnskey *key)
{
	struct rrsig sig = {
		.ttl_s = making->ttl_s,
		.algorithm = key->algorithm,
		.labels = making->labels,
		.original_ttl_s = making->ttl_s,
		.expiration = bundle->expiration,
		.inception = bundle->inception,
		.tag = key->tag,
	};

	memcpy(sig.identifier, key->identifier, sizeof(sig.identifier));
	memcpy(
	    sig.signers_name, making->signers_name, sizeof(sig.signers_name));
	return sig;
}

/* Whether an RRset and its signatures can be made of the slot at all. */
static bool
slot_possible(const struct config *config, const struct schema_slot *slot,
    const struct bundle *request, struct err *err)
{
	uint32_t present = slot->publish | slot->revoke;
	size_t n_keys = request->n_keys + count_keys(present);

	for (size_t i = config->n_keys; i < 32; i++)
		if (has_key(present | slot->sign, i))
			return err_set(err, E_REFUSED,
			    "the configuration has no key %zu", i + 1);
	for (size_t i = 0; i < config->n_keys; i++) {
		if (has_key(slot->publish & slot->revoke, i))
			return err_set(err, E_REFUSED,
			    "key %s is both published and revoked",
			    config->keys[i].name);
		if (has_key(slot->sign & ~present, i))
			return err_set(err, E_REFUSED,
			    "key %s signs and is not published",
			    config->keys[i].name);
	}
	if (slot->sign == 0)
		return err_set(err, E_REFUSED, "no key signs");
	if (n_keys > BUNDLE_KEYS_MAX)
		return err_set(err, E_REFUSED, "%zu keys, more than %u", n_keys,
		    BUNDLE_KEYS_MAX);
	return true;
}

/* Two names for one key, or a KSK that the request calls a ZSK. */
static bool
no_key_twice(const struct bundle *bundle, struct err *err)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		for (size_t j = 0; j < i; j++)
			if (dnskey_same_key(&bundle->keys[i], &bundle->keys[j]))
				return err_set(err, E_REFUSED,
				    "%s and %s are the same key",
				    bundle->keys[j].identifier,
				    bundle->keys[i].identifier);
	return true;
}

/* By each KSK that signs and is not on its way out (RFC 7344 4.1). */
static void
sign_child(const struct making *making, const struct bundle *bundle,
    struct child_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < bundle->n_signatures; i++) {
		const struct dnskey *key =
		    bundle_signer(bundle, &bundle->signatures[i]);

		if (key == NULL || is_revoked(key))
			continue;
		set->signatures[n] = unsigned_rrsig(making, bundle, key);
		set->signatures[n].ttl_s = set->ttl_s;
		set->signatures[n++].original_ttl_s = set->ttl_s;
	}
	set->n_signatures = n;
}

static bool
fill_child(const struct making *making, const struct format *format,
    struct bundle *bundle, enum child_type type, struct err *err)
{
	struct child_record records[BUNDLE_KEYS_MAX];
	struct child_set *set = &bundle->child[type];
	size_t n;

	if (!child_records(making->config, making->signers_name, bundle, type,
		records, &n, err))
		return false;
	if (n == 0)
		return true;
	if ((format->lacks & LACKS_CHILD) != 0)
		return err_set(err, E_REFUSED,
		    "%s has no place for the CDNSKEY and CDS records that the "
		    "policy asks for", format->title);
	if (!child_alloc(set, n, bundle->n_signatures, err))
		return false;
	set->ttl_s = format->child_ttl_zero ? 0 : making->ttl_s;
	memcpy(set->records, records, n * sizeof(records[0]));
	sign_child(making, bundle, set);
	return true;
}

static bool
fill_children(const struct making *making, const struct format *format,
    struct bundle *bundle, struct err *err)
{
	for (size_t i = 0; i < CHILD_TYPES; i++)
		if (!fill_child(
			making, format, bundle, (enum child_type)i, err))
			return false;
	return true;
}

static bool
fill_bundle(const struct making *making, const struct schema_slot *slot,
    const struct bundle *request, struct bundle *ret, struct err *err)
{
	size_t n_keys = 0, n_signatures = 0;

	if (!slot_possible(making->config, slot, request, err) ||
	    !bundle_alloc(ret,
		request->n_keys + count_keys(slot->publish | slot->revoke),
		count_keys(slot->sign), err))
		return false;
	memcpy(ret->id, request->id, sizeof(ret->id));
	ret->inception = request->inception;
	ret->expiration = request->expiration;
	ret->lead_s = request->lead_s;
	ret->refreshes = request->refreshes;
	for (size_t i = 0; i < request->n_keys; i++) {
		ret->keys[n_keys] = request->keys[i];
		ret->keys[n_keys++].ttl_s = making->ttl_s;
	}
	for (size_t i = 0; i < making->config->n_keys; i++) {
		struct dnskey key;

		if (!has_key(slot->publish | slot->revoke, i))
			continue;
		key = ksk_in_slot(making, slot, i);
		ret->keys[n_keys++] = key;
		if (has_key(slot->sign, i))
			ret->signatures[n_signatures++] =
			    unsigned_rrsig(making, ret, &key);
	}
	bundle_sort(ret);
	return no_key_twice(ret, err);
}

/*
 * The configuration's durations, and the algorithms, sizes and exponents of
 * the KSKs that are in the response: taken from the keys themselves, so that
 * the policy section cannot differ from what it describes.
 */
static bool
fill_ksk_policy(const struct making *making, const struct schema *schema,
    struct signature_policy *ret, struct err *err)
{
	uint32_t used = 0;

	*ret = making->config->ksk_policy.signature;
	memset(ret->algorithms, 0, sizeof(ret->algorithms));
	ret->n_algorithms = 0;
	for (size_t i = 0; i < schema->n_slots; i++)
		used |= schema->slots[i].publish | schema->slots[i].revoke;
	for (size_t i = 0; i < making->config->n_keys; i++)
		if (has_key(used, i) &&
		    !signature_policy_add(ret, &making->ksks[i], err))
			return err_prefix(
			    err, "key %s", making->config->keys[i].name);
	return true;
}

static bool
fill_response(const struct making *making, const struct schema *schema,
    const struct ksr *request, struct ksr *ret, struct err *err)
{
	memcpy(ret->id, request->id, sizeof(ret->id));
	memcpy(ret->domain, request->domain, sizeof(ret->domain));
	ret->format = request->format;
	ret->completed = request->completed;
	ret->serial = request->serial;
	ret->zsk_policy = request->zsk_policy;
	for (size_t i = 0; i < request->n_bundles; i++)
		if (!fill_bundle(making, &schema->slots[i],
			&request->bundles[i], &ret->bundles[i], err) ||
		    !fill_children(making, format_of(request->format),
			&ret->bundles[i], err))
			return err_prefix(err, "bundle %zu (%s), schema %s",
			    i + 1, request->bundles[i].id, schema->name);
	return fill_ksk_policy(making, schema, &ret->ksk_policy, err);
}

static bool
name_signer(const char *domain, struct making *making, struct err *err)
{
	struct dname name;

	if (!dname_parse(domain, &name, err)) {
		err->code = E_REFUSED;
		return err_prefix(err, "domain \"%s\"", domain);
	}
	dname_text(&name, making->signers_name);
	making->labels = dname_labels(&name);
	return true;
}

bool
response_build(const struct config *config, const struct schema *schema,
    const struct ksr *request, const struct dnskey ksks[CONFIG_KEYS_MAX],
    struct ksr **ret, struct err *err)
{
	struct making making = {
		.config = config,
		.ksks = ksks,
		.ttl_s = config_ttl_s(config),
	};
	struct ksr *response;

	if (request->kind != KSR_REQUEST)
		return err_set(
		    err, E_REFUSED, "only a request can be answered");
	if (schema->n_slots != request->n_bundles)
		return err_set(err, E_REFUSED,
		    "schema %s has %zu slots, the request has %zu bundles",
		    schema->name, schema->n_slots, request->n_bundles);
	if (!name_signer(request->domain, &making, err))
		return false;
	response = ksr_new(KSR_RESPONSE, request->n_bundles);
	if (response == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!fill_response(&making, schema, request, response, err)) {
		ksr_free(response);
		return false;
	}
	*ret = response;
	return true;
}

static bool
child_to_be_signed(const struct dname *owner, uint16_t type,
    const struct rrsig *rrsig, const struct child_set *set, struct buf *ret,
    struct err *err)
{
	struct bytes rdata[BUNDLE_KEYS_MAX];

	for (size_t i = 0; i < set->n_records && i < BUNDLE_KEYS_MAX; i++)
		rdata[i] = (struct bytes){ set->records[i].octets,
			set->records[i].len };
	return rdata_to_be_signed(
	    owner, type, rrsig, rdata, set->n_records, ret, err);
}

bool
response_to_be_signed(const struct ksr *response, size_t bundle,
    size_t signature, struct buf *ret, struct err *err)
{
	const struct bundle *b;
	const struct child_set *set;
	const struct rrsig *rrsig = NULL;
	struct dname owner;
	uint16_t type = 0;

	if (bundle < response->n_bundles)
		rrsig = bundle_signature(
		    &response->bundles[bundle], signature, &set, &type);
	if (rrsig == NULL)
		return err_set(err, E_INTERNAL,
		    "there is no signature %zu in bundle %zu", signature + 1,
		    bundle + 1);
	b = &response->bundles[bundle];
	if (!dname_parse(response->domain, &owner, err))
		return false;
	return set == NULL
	    ? rrset_to_be_signed(
		  &owner, rrsig, b->keys, b->n_keys, ret, err)
	    : child_to_be_signed(&owner, type, rrsig, set, ret, err);
}
