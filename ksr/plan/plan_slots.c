/*
 * What depends on a slot alone, whichever path leads to it: the algorithms of
 * its keys and signatures, and the size of the response that they make.
 */
#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
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

static struct sizes
sizes_of(uint8_t number, unsigned rsa_bits, uint64_t rsa_exponent)
{
	const struct algorithm *algorithm = algorithm_of_number(number);

	return algorithm == NULL || algorithm->key_len == 0
	    ? rsa_sizes(rsa_bits, rsa_exponent)
	    : (struct sizes){ algorithm->key_len, algorithm->sig_len };
}

static struct sizes
ksk_sizes(const struct config_key *key)
{
	return sizes_of(key->algorithm,
	    key->rsa_size == 0 ? RSA_BITS_MAX : key->rsa_size,
	    key->rsa_exponent == 0 ? 65537 : key->rsa_exponent);
}

static uint64_t
largest_exponent(const struct request_policy *policy)
{
	uint64_t exponent = 65537;

	for (size_t i = 0; i < policy->n_rsa_exponents; i++)
		if (policy->rsa_exponents[i] > exponent)
			exponent = policy->rsa_exponents[i];
	return exponent;
}

/* The largest that the policy lets a ZSK be whose size nothing else says. */
static size_t
largest_of(const struct request_policy *policy, uint8_t algorithm)
{
	unsigned bits = 0;

	for (size_t i = 0; i < policy->n_rsa_sizes; i++)
		if (policy->rsa_sizes[i] > bits)
			bits = policy->rsa_sizes[i];
	return sizes_of(algorithm, bits == 0 ? RSA_BITS_MAX : bits,
	    largest_exponent(policy))
	    .key;
}

/* Of all algorithms together, where the counts do not tell them apart. */
static size_t
zsk_size(const struct request_policy *policy, const struct key_count *count)
{
	size_t largest = 0;

	if (count->bits != 0)
		return rsa_sizes(count->bits, largest_exponent(policy)).key;
	if (count->algorithm != 0)
		return largest_of(policy, count->algorithm);

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		size_t size = largest_of(policy, policy->algorithms[i]);

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
plan_slot_octets(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot)
{
	const struct request_policy *policy = &config->request_policy;
	const struct key_counts *counts =
	    plan_key_counts(quarter, response, config);
	const struct schema_slot *keys =
	    &quarter->responses[response].schema.slots[slot];
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

		octets += count->per_bundle[slot] *
		    (rr + DNSKEY_RDATA + zsk_size(policy, count));
	}
	return octets;
}

/* A finding about ZSKs is apart from one about the same algorithm's KSKs. */
#define ZSKS_TOO (UINT8_MAX + 1)

uint32_t
plan_ksk_algorithms(const struct config *config, uint32_t keys)
{
	uint32_t algorithms = 0;

	for (size_t i = 0; i < config->n_keys; i++)
		if ((keys & (UINT32_C(1) << i)) != 0)
			algorithms |= UINT32_C(1) << config->keys[i].algorithm;
	return algorithms;
}

static void
judge_algorithm(struct plan_proof *proof, const struct plan_place *place,
    uint8_t number, bool ksk, bool zsk, bool signs)
{
	struct text name = algorithm_name(number);

	if ((ksk || zsk) && !signs)
		plan_find(proof, RULE_ALGORITHM, place, number,
		    "a signature by a KSK of each algorithm that the DNSKEY "
		    "RRset has (RFC 4035 section 2.2, RFC 6840 section 5.11)",
		    "there are %s of %s and no KSK of it signs",
		    ksk && zsk ? "a KSK and ZSKs"
			: ksk  ? "a KSK"
			       : "ZSKs",
		    name.s);
	if (ksk && !zsk)
		plan_find(proof, RULE_ALGORITHM, place, ZSKS_TOO + number,
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
    const struct plan_quarter *quarter)
{
	const struct config *config = proof->config;
	const struct key_counts *counts =
	    plan_key_counts(quarter, place->response, config);

	if (counts->n != 1 || counts->counts[0].algorithm != 0 ||
	    config->request_policy.n_algorithms == 1)
		return true;
	if (place->slot == 0 &&
	    plan_request_of(quarter, place->response) == place->response)
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
	const struct config *config = proof->config;
	uint32_t ksks, zsks, sign;

	if (!counts_tell(proof, place, quarter))
		return;
	ksks = plan_ksk_algorithms(config, keys->publish | keys->revoke);
	sign = plan_ksk_algorithms(config, keys->sign);
	zsks = plan_zsk_algorithms(
	    quarter, place->response, config, place->slot);
	for (uint8_t i = 0; i < 32; i++)
		judge_algorithm(proof, place, i, (ksks >> i & 1) != 0,
		    (zsks >> i & 1) != 0, (sign >> i & 1) != 0);
}

static void
judge_size(struct plan_proof *proof, const struct plan_place *place)
{
	const struct plan *plan = proof->plan;
	struct plan_reach *reach = &proof->reach;
	size_t octets = plan_slot_octets(&plan->quarters[place->step],
	    place->response, proof->config, place->slot);
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
				judge_size(proof, &place);
			}
	}
}
