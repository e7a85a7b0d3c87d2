#include <stdio.h>
#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/format.h"
#include "ksr/rules/check.h"
#include "signer/keys/requesting.h"
#include "signer/record/context.h"

#define SEED_MAX 65536u

/*
 * What the request's own policy says of the overlaps: no less than the KSK
 * operator asks for, no more than the longest validity leaves beside the
 * shortest interval.
 */
static bool
set_overlaps(
    const struct requesting *r, struct signature_policy *ret, struct err *err)
{
	const struct signature_policy *ksk = &r->config->ksk_policy.signature;
	int64_t shortest = r->config->request_policy.min_bundle_interval_s;
	int64_t longest = ksk->max_signature_validity_s -
	    (r->cycle.slot_s < shortest ? r->cycle.slot_s : shortest);
	char given[DURATION_TEXT_SIZE];

	ret->min_validity_overlap_s = ksk->min_validity_overlap_s;
	ret->max_validity_overlap_s = longest < ksk->max_validity_overlap_s
	    ? longest
	    : ksk->max_validity_overlap_s;
	if (ret->min_validity_overlap_s <= ret->max_validity_overlap_s)
		return true;
	duration_format(ksk->min_validity_overlap_s, given);
	return err_set(err, E_INPUT,
	    "ksk_policy.min_validity_overlap %s is more than "
	    "ksk_policy.max_signature_validity leaves beside "
	    "request_policy.min_bundle_interval",
	    given);
}

static bool
same_declaration(
    const struct signature_algorithm *a, const struct signature_algorithm *b)
{
	return a->algorithm == b->algorithm && a->size == b->size &&
	    a->exponent == b->exponent;
}

/* Declares what the key is, unless that is declared. */
static bool
declare(const struct dnskey *key, struct signature_policy *ret, struct err *err)
{
	struct signature_algorithm own = { .algorithm = key->algorithm };
	struct pubkey_info info;

	if (!pubkey_info(key, &info, err))
		return false;
	own.family = info.family;
	own.size = info.bits;
	own.exponent = info.exponent;
	for (size_t i = 0; i < ret->n_algorithms; i++)
		if (same_declaration(&ret->algorithms[i], &own))
			return true;
	if (ret->n_algorithms == POLICY_ALGS_MAX)
		return err_set(err, E_INPUT,
		    "the ZSKs are of more than %u kinds", POLICY_ALGS_MAX);
	ret->algorithms[ret->n_algorithms++] = own;
	return true;
}

/* A ZSK is published for a slot before it signs and after it has. */
static bool
fill_policy(struct requesting *r, struct err *err)
{
	const struct signature_policy *ksk = &r->config->ksk_policy.signature;
	struct signature_policy *policy = &r->request->zsk_policy;

	*policy = (struct signature_policy){
		.publish_safety_s = r->cycle.slot_s,
		.retire_safety_s = r->cycle.slot_s,
		.max_signature_validity_s = ksk->max_signature_validity_s,
		.min_signature_validity_s = ksk->min_signature_validity_s,
	};
	if (!set_overlaps(r, policy, err))
		return false;
	for (size_t slot = 0; slot < r->request->n_bundles; slot++)
		for (size_t i = 0; i < r->request->bundles[slot].n_keys; i++)
			if (!declare(&r->request->bundles[slot].keys[i], policy,
				err))
				return false;
	return true;
}

static void
buf_u64(struct buf *buf, uint64_t value)
{
	buf_u32(buf, (uint32_t)(value >> 32));
	buf_u32(buf, (uint32_t)value);
}

/*
 * Ids that depend on the content alone, so that the same keys and slots give
 * the same request: a UUID of version 8 (RFC 9562 5.8) over SHA-256.
 */
static bool
make_id(const struct requesting *r, size_t bundle, char ret[ID_MAX + 1],
    struct err *err)
{
	struct buf seed = buf_new(SEED_MAX);
	uint8_t d[SHA256_SIZE];
	bool ok;

	buf_puts(&seed, r->config->ksk_policy.signers_name);
	buf_u64(&seed, bundle);
	buf_u64(&seed, (uint64_t)r->cycle.start);
	buf_u64(&seed, (uint64_t)r->cycle.n_slots);
	buf_u64(&seed, (uint64_t)r->cycle.slot_s);
	buf_u64(&seed, (uint64_t)r->cycle.validity_s);
	for (size_t i = 0; i < r->n_algorithms; i++)
		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			dnskey_rdata(
			    &r->algorithms[i].zsks[role].dnskey, &seed);
	ok = seed.failed ? err_set(err, E_MEMORY, "out of memory")
			 : sha256(buf_bytes(&seed), d, err);
	buf_free(&seed);
	if (!ok)
		return false;
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	snprintf(ret, ID_MAX + 1,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x"
	    "%02x",
	    d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10],
	    d[11], d[12], d[13], d[14], d[15]);
	return true;
}

/* Proof of possession: the ZSK signs the set it stands in. */
static bool
sign_possession(struct requesting *r, const struct bundle *bundle,
    const struct zsk *zsk, struct rrsig *ret, struct err *err)
{
	const char *zone = r->config->ksk_policy.signers_name;
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	struct dname owner;
	bool ok;

	*ret = (struct rrsig){
		.ttl_s = zsk->dnskey.ttl_s,
		.algorithm = zsk->dnskey.algorithm,
		.original_ttl_s = zsk->dnskey.ttl_s,
		.expiration = bundle->expiration,
		.inception = bundle->inception,
		.tag = zsk->dnskey.tag,
	};
	snprintf(ret->identifier, sizeof(ret->identifier), "%s",
	    zsk->dnskey.identifier);
	snprintf(ret->signers_name, sizeof(ret->signers_name), "%s", zone);
	ok = dname_parse(zone, &owner, err);
	if (ok)
		ret->labels = dname_labels(&owner);
	ok = ok &&
	    rrset_to_be_signed(
		&owner, ret, bundle->keys, bundle->n_keys, &data, err) &&
	    zsk_store_sign(&r->store, zsk, buf_bytes(&data), ret, err);
	buf_free(&data);
	return ok;
}

/* The slot's ZSKs of all algorithms. */
static size_t
zsks_of_slot(const struct requesting *r, size_t slot,
    const struct zsk *ret[KEY_COUNTS_MAX * ZSK_ROLES])
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_algorithms; i++)
		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			if (zsk_stands(&r->algorithms[i].schedule, role, slot))
				ret[n++] = &r->algorithms[i].zsks[role];
	return n;
}

static bool
fill_bundle(struct requesting *r, size_t slot, struct err *err)
{
	struct bundle *bundle = &r->request->bundles[slot];
	const struct zsk *zsks[KEY_COUNTS_MAX * ZSK_ROLES];
	size_t n = zsks_of_slot(r, slot, zsks);

	size_t n_proofs = (format_of(r->format)->lacks & LACKS_PROOF) == 0 ? n : 0;

	bundle->inception = r->cycle.start + (int64_t)slot * r->cycle.slot_s;
	bundle->expiration = bundle->inception + r->cycle.validity_s;
	if (!make_id(r, slot + 1, bundle->id, err) ||
	    !bundle_alloc(bundle, n, n_proofs, err))
		return false;
	for (size_t i = 0; i < n; i++)
		bundle->keys[i] = zsks[i]->dnskey;
	for (size_t i = 0; i < n_proofs; i++)
		if (!sign_possession(
			r, bundle, zsks[i], &bundle->signatures[i], err))
			return false;
	bundle_sort(bundle);
	return true;
}

/*
 * Slots that are shorter than the TTL leave a new key too little time: what
 * the check would refuse is not made.
 */
static bool
judge_safety(const struct requesting *r, struct err *err)
{
	const struct check_input in = { .config = r->config,
		.request = r->request,
		.previous = r->previous.ksr,
		.key_tests = r->store.context->key_tests };
	struct report report = { 0 };
	bool ok = checks_run(STAGE_REQUEST, &in, NULL, 0, &report, err);

	for (size_t i = 0; ok && i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];
		const struct finding *finding = result->findings;

		if (strcmp(result->check->id, "KSR-POLICY-SAFETY") == 0 &&
		    result->verdict == VERDICT_REFUSE)
			ok = err_set(err, E_INPUT,
			    "%s would refuse the request, bundle %zu: %s "
			    "(expected %s)",
			    result->check->id, finding->bundle, finding->seen,
			    finding->required);
	}
	report_clear(&report);
	return ok;
}

bool
requesting_build(struct requesting *r, struct err *err)
{
	const struct ksr *previous = r->previous.ksr;
	const char *zone = r->config->ksk_policy.signers_name;

	r->request = ksr_new(KSR_REQUEST, r->cycle.n_slots);
	if (r->request == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	r->request->serial = previous == NULL ? 1 : previous->serial + 1;
	snprintf(r->request->domain, sizeof(r->request->domain), "%s", zone);
	if (!make_id(r, 0, r->request->id, err))
		return false;
	for (size_t slot = 0; slot < r->cycle.n_slots; slot++)
		if (!fill_bundle(r, slot, err))
			return false;
	return fill_policy(r, err) && judge_safety(r, err) &&
	    ksr_convert(r->request, r->format, &r->losses, err);
}
