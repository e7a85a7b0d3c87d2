/*
 * What depends on a slot alone, whichever path leads to it: the algorithms of
 * its keys and signatures, and the size of the response that they make.
 */
#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/plan/plan_walk.h"

enum {
	DNS_HEADER = 12,  /* RFC 1035 section 4.1.1 */
	DNS_QUESTION = 4, /* besides the name */
	DNS_RR = 10,      /* type, class, TTL and length, besides the owner */
	DNS_POINTER = 2,
	EDNS = 11,        /* RFC 6891 section 6.1.2, without options */
	DNSKEY_RDATA = 4, /* RFC 4034 section 2.1, besides the key */
	RRSIG_RDATA = 18, /* section 3.1, besides signer and signature */
};

/* Octets of a public key and of a signature. */
struct sizes {
	size_t key, signature;
};

/* RFC 3110 section 2, with an exponent of less than 256 octets. */
static struct sizes
rsa_sizes(unsigned bits, uint64_t exponent)
{
	struct sizes sizes = { 1 + (bits + 7) / 8, (bits + 7) / 8 };

	for (; exponent > 0; exponent >>= 8)
		sizes.key++;
	return sizes;
}

/* RFC 6605 section 4; RFC 8080 section 3 and 4. */
static struct sizes
sizes_of(uint8_t algorithm, unsigned rsa_bits, uint64_t rsa_exponent)
{
	switch (algorithm) {
	case ALGORITHM_ECDSAP256SHA256:
		return (struct sizes){ 64, 64 };
	case ALGORITHM_ECDSAP384SHA384:
		return (struct sizes){ 96, 96 };
	case ALGORITHM_ED25519:
		return (struct sizes){ 32, 64 };
	case ALGORITHM_ED448:
		return (struct sizes){ 57, 114 };
	default:
		return rsa_sizes(rsa_bits, rsa_exponent);
	}
}

static struct sizes
ksk_sizes(const struct config_key *key)
{
	return sizes_of(key->algorithm,
	    key->rsa_size == 0 ? RSA_BITS_MAX : key->rsa_size,
	    key->rsa_exponent == 0 ? 65537 : key->rsa_exponent);
}

/* The largest that the policy lets a ZSK of this algorithm be. */
static size_t
zsk_size(const struct request_policy *policy, uint8_t algorithm)
{
	unsigned bits = 0;
	uint64_t exponent = 65537;

	for (size_t i = 0; i < policy->n_rsa_sizes; i++)
		if (policy->rsa_sizes[i] > bits)
			bits = policy->rsa_sizes[i];
	for (size_t i = 0; i < policy->n_rsa_exponents; i++)
		if (policy->rsa_exponents[i] > exponent)
			exponent = policy->rsa_exponents[i];
	return sizes_of(algorithm, bits == 0 ? RSA_BITS_MAX : bits, exponent)
	    .key;
}

/* Of all algorithms together, where the counts do not tell them apart. */
static size_t
largest_zsk_size(const struct request_policy *policy)
{
	size_t largest = 0;

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		size_t size = zsk_size(policy, policy->algorithms[i]);

		if (size > largest)
			largest = size;
	}
	return largest;
}

/* The length of the zone's name on the wire; a name that is none is long. */
static size_t
zone_length(const struct config *config)
{
	struct dname zone;
	struct err err;

	return dname_parse(config->ksk_policy.signers_name, &zone, &err)
	    ? zone.len
	    : DNAME_WIRE_MAX;
}

size_t
plan_slot_octets(const struct plan_quarter *quarter,
    const struct config *config, const struct schema_slot *keys, size_t slot)
{
	const struct request_policy *policy = &config->request_policy;
	const struct key_counts *counts = plan_key_counts(quarter, config);
	size_t zone = zone_length(config);
	/* The root's name is shorter than a pointer to it. */
	size_t rr = (zone == 1 ? 1 : DNS_POINTER) + DNS_RR;
	size_t octets = DNS_HEADER + zone + DNS_QUESTION + EDNS;

	for (size_t i = 0; i < config->n_keys; i++) {
		struct sizes sizes = ksk_sizes(&config->keys[i]);
		uint32_t mask = UINT32_C(1) << i;

		if (((keys->publish | keys->revoke) & mask) != 0)
			octets += rr + DNSKEY_RDATA + sizes.key;
		if ((keys->sign & mask) != 0)
			octets += rr + RRSIG_RDATA + zone + sizes.signature;
	}
	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];
		size_t size = count->algorithm == 0
		    ? largest_zsk_size(policy)
		    : zsk_size(policy, count->algorithm);

		octets += count->per_bundle[slot] * (rr + DNSKEY_RDATA + size);
	}
	return octets;
}

#define ALGORITHMS (UINT8_MAX + 1)

/* The algorithms of a slot's keys, by number. */
struct algorithms {
	bool ksk[ALGORITHMS], zsk[ALGORITHMS], signs[ALGORITHMS];
};

static void
collect_zsks(const struct key_counts *counts, const struct config *config,
    size_t slot, struct algorithms *ret)
{
	const struct request_policy *policy = &config->request_policy;

	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];

		if (count->per_bundle[slot] == 0)
			continue;
		if (count->algorithm != 0)
			ret->zsk[count->algorithm] = true;
		else if (policy->n_algorithms == 1)
			ret->zsk[policy->algorithms[0]] = true;
	}
}

static void
collect_ksks(const struct schema_slot *keys, const struct config *config,
    struct algorithms *ret)
{
	for (size_t i = 0; i < config->n_keys; i++) {
		uint8_t algorithm = config->keys[i].algorithm;
		uint32_t mask = UINT32_C(1) << i;

		if (((keys->publish | keys->revoke) & mask) != 0)
			ret->ksk[algorithm] = true;
		if ((keys->sign & mask) != 0)
			ret->signs[algorithm] = true;
	}
}

static void
judge_algorithm(struct plan_proof *proof, const struct plan_place *place,
    const struct algorithms *algorithms, uint8_t number)
{
	struct text name = algorithm_name(number);
	bool ksk = algorithms->ksk[number], zsk = algorithms->zsk[number];

	if ((ksk || zsk) && !algorithms->signs[number])
		plan_find(proof, RULE_ALGORITHM, place, number,
		    "a signature by a KSK of each algorithm that the DNSKEY "
		    "RRset has (RFC 4035 section 2.2, RFC 6840 section 5.11)",
		    "there are %s of %s and no KSK of it signs",
		    ksk && zsk ? "a KSK and ZSKs"
			: ksk  ? "a KSK"
			       : "ZSKs",
		    name.s);
	if (ksk && !zsk)
		plan_find(proof, RULE_ALGORITHM, place, ALGORITHMS + number,
		    "a ZSK of each algorithm that the DNSKEY RRset has: the "
		    "zone's other RRsets are signed with each of them too (RFC "
		    "4035 section 2.2)",
		    "there is a KSK of %s and, by num_keys_per_bundle, no ZSK "
		    "of it",
		    name.s);
}

/* One list of counts for several algorithms cannot say where which is. */
static bool
counts_tell(struct plan_proof *proof, const struct plan_place *place,
    const struct key_counts *counts)
{
	const struct config *config = proof->config;

	if (counts->n != 1 || counts->counts[0].algorithm != 0 ||
	    config->request_policy.n_algorithms == 1)
		return true;
	if (place->slot == 0 && place->response == 0)
		plan_find(proof, RULE_ALGORITHM, place, NOTHING,
		    "num_keys_per_bundle by algorithm, in the plan's quarter "
		    "or "
		    "in request_policy",
		    "num_keys_per_bundle does not say of which of the %zu "
		    "approved algorithms ZSKs are",
		    config->request_policy.n_algorithms);
	return false;
}

static void
judge_algorithms(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *keys)
{
	const struct plan_quarter *quarter =
	    &proof->plan->quarters[place->step];
	const struct key_counts *counts =
	    plan_key_counts(quarter, proof->config);
	struct algorithms algorithms;

	if (!counts_tell(proof, place, counts))
		return;
	memset(&algorithms, 0, sizeof(algorithms));
	collect_zsks(counts, proof->config, place->slot, &algorithms);
	collect_ksks(keys, proof->config, &algorithms);
	for (size_t i = 0; i < ALGORITHMS; i++)
		judge_algorithm(proof, place, &algorithms, (uint8_t)i);
}

static void
judge_size(struct plan_proof *proof, const struct plan_place *place,
    const struct schema_slot *keys)
{
	const struct plan *plan = proof->plan;
	struct plan_reach *reach = &proof->reach;
	size_t octets = plan_slot_octets(
	    &plan->quarters[place->step], proof->config, keys, place->slot);
	struct text required = { 0 };

	if (octets > reach->octets) {
		reach->octets = octets;
		reach->quarter = place->step;
		reach->response = place->response;
		reach->slot = place->slot;
	}
	if (octets <= plan->max_response_size)
		return;
	text_add(&required, "%u octets at the most (max_response_size)",
	    plan->max_response_size);
	plan_find(proof, RULE_SIZE, place, NOTHING, required.s,
	    "the DNSKEY response has %zu octets", octets);
}

void
plan_judge_slots(struct plan_proof *proof)
{
	const struct plan *plan = proof->plan;
	struct plan_place place = { 0 };

	for (place.step = 0; place.step < plan->n_quarters; place.step++) {
		const struct plan_quarter *quarter =
		    &plan->quarters[place.step];

		place.cycle = place.step;
		for (place.response = 0; place.response < quarter->n_responses;
		     place.response++)
			for (place.slot = 0; place.slot < plan->n_slots;
			     place.slot++) {
				const struct schema_slot *keys =
				    &quarter->responses[place.response]
					 .schema.slots[place.slot];

				judge_algorithms(proof, &place, keys);
				judge_size(proof, &place, keys);
			}
	}
}
