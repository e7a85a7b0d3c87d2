/*
 * usage: broken_requests DIR: writes requests DIR/NAME.xml for 2027-q1, each of
 * which breaks one rule and proves possession all the same where it can.
 * DIR/before.xml is the request of the quarter before them.  Run by
 * tests/attack/cmd_overrides.sh.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/key_valid.h"
#include "ksr/dns/rrset.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define START  INT64_C(1798761600) /* 2027-01-01T00:00:00 */
#define LAST   (FIXTURE_SLOTS - 1)
#define MIDDLE 4

static void
shift(struct bundle *bundle, int64_t by_s)
{
	bundle->inception += by_s;
	bundle->expiration += by_s;
}

static void
another_zone(struct ksr *request)
{
	strcpy(request->domain, "com.");
}

static void
id_again(struct ksr *request)
{
	strcpy(request->id, "cycle-0");
}

static void
bundle_id_twice(struct ksr *request)
{
	strcpy(request->bundles[MIDDLE].id, request->bundles[LAST].id);
}

static void
flags(struct ksr *request, uint16_t value)
{
	struct dnskey key = *fixture_zsk(3);

	key.flags = value;
	key.tag = dnskey_tag(&key);
	fixture_replace_key(request, fixture_zsk(3), &key);
}

static void
flags_of_a_ksk(struct ksr *request)
{
	flags(request, DNSKEY_FLAGS_KSK);
}

static void
flags_revoked(struct ksr *request)
{
	flags(request, DNSKEY_FLAGS_KSK_REVOKED);
}

static void
flags_none(struct ksr *request)
{
	flags(request, 0);
}

static void
tag_declared_wrong(struct ksr *request)
{
	struct dnskey key = *fixture_zsk(3);

	key.tag++;
	fixture_replace_key(request, fixture_zsk(3), &key);
}

static void
one_name_for_two(struct ksr *request)
{
	struct dnskey key = *fixture_zsk(3);

	strcpy(key.identifier, fixture_zsk(2)->identifier);
	fixture_replace_key(request, fixture_zsk(3), &key);
}

static void
size_undeclared(struct ksr *request)
{
	request->zsk_policy.algorithms[0].size = 3072;
}

static void
exponent_undeclared(struct ksr *request)
{
	request->zsk_policy.algorithms[0].exponent = 3;
}

static void
algorithm_undeclared(struct ksr *request)
{
	request->zsk_policy.algorithms[0].algorithm = ALGORITHM_RSASHA512;
}

static void
proof_wrong(struct ksr *request)
{
	request->bundles[MIDDLE].signatures[0].signature[9] ^= 1;
}

static void
bundle_missing(struct ksr *request)
{
	request->n_bundles--;
}

static void
cycle_too_long(struct ksr *request)
{
	for (size_t i = 1; i < FIXTURE_SLOTS; i++)
		shift(&request->bundles[i], (int64_t)i * DAY_S / 4);
}

static void
ttl_other(struct ksr *request)
{
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		for (size_t j = 0; j < request->bundles[i].n_keys; j++)
			request->bundles[i].keys[j].ttl_s = 3600;
}

static void
key_too_small(struct ksr *request)
{
	const struct dnskey *small =
	    &fixture_key("small", 256, ALGORITHM_RSASHA256, 1024)->dnskey;

	fixture_replace_key(request, fixture_zsk(3), small);
	request->zsk_policy.algorithms[1] = request->zsk_policy.algorithms[0];
	request->zsk_policy.algorithms[1].size = 1024;
	request->zsk_policy.n_algorithms = 2;
}

static void
valid_too_long(struct ksr *request)
{
	request->bundles[MIDDLE].expiration++;
}

static void
valid_too_short(struct ksr *request)
{
	request->bundles[MIDDLE].expiration--;
}

static void
expires_before_it_begins(struct ksr *request)
{
	struct bundle *bundle = &request->bundles[MIDDLE];

	bundle->expiration = bundle->inception - 1;
}

/* 2^32 s later: on the wire this is 2027-q1. */
static void
wire_time(struct ksr *request)
{
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		shift(&request->bundles[i], INT64_C(1) << 32);
}

static void
overlap_undeclared(struct ksr *request)
{
	request->zsk_policy.max_validity_overlap_s = 9 * DAY_S;
}

static void
same_inception_twice(struct ksr *request)
{
	shift(&request->bundles[MIDDLE], -10 * DAY_S);
}

static void
distance_other(struct ksr *request)
{
	shift(&request->bundles[MIDDLE], DAY_S + 1);
}

static void
retired_too_early(struct ksr *request)
{
	request->zsk_policy.retire_safety_s = 20 * DAY_S;
}

static void
chain_broken(struct ksr *request)
{
	fixture_replace_key(request, fixture_zsk(1), fixture_zsk(9));
}

static void
chain_late(struct ksr *request)
{
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		shift(&request->bundles[i], 3 * DAY_S);
}

/* The sum of the RDATA, and so the tag, stays as it is. */
static void
next_of_tag(struct dnskey *key)
{
	do {
		key->public_key[120]++;
		key->public_key[140]--;
		if (key->public_key[120] == 0) {
			key->public_key[122]++;
			key->public_key[142]--;
		}
		key->tag = dnskey_tag(key);
	} while (key->public_key[140] == 0 || key->public_key[142] == 0);
}

/* A sound key with that tag; its private half nobody has. */
static struct dnskey
forged(const char *identifier, uint16_t tag, uint8_t seed)
{
	struct dnskey key = *fixture_zsk(7);
	struct small_primes *primes = NULL;
	struct err err;

	assert_ok(small_primes_new(&primes, &err), &err);
	snprintf(key.identifier, sizeof(key.identifier), "%s", identifier);
	key.public_key[200] = seed;
	for (;;) {
		next_of_tag(&key);
		for (unsigned v = 0; v <= UINT16_MAX && key.tag != tag; v++) {
			key.public_key[100] = (uint8_t)(v >> 8);
			key.public_key[101] = (uint8_t)v;
			key.tag = dnskey_tag(&key);
		}
		if (key.tag == tag &&
		    pubkey_valid(&key, &key_limits_full, primes, &err))
			break;
	}
	small_primes_free(primes);
	return key;
}

static void
tag_in_a_bundle(struct ksr *request)
{
	struct dnskey key = forged("forged", fixture_zsk(2)->tag, 1);

	fixture_replace_key(request, fixture_zsk(3), &key);
}

static void
tag_apart(struct ksr *request)
{
	struct dnskey key = forged("forged", fixture_zsk(1)->tag, 2);

	fixture_replace_key(request, fixture_zsk(3), &key);
}

static void
key_weak(struct ksr *request)
{
	struct dnskey key = *fixture_zsk(7);

	key.public_key[key.public_key_len - 1] &= 0xfe;
	key.tag = dnskey_tag(&key);
	fixture_replace_key(request, fixture_zsk(3), &key);
}

static const struct {
	const char *name;
	void (*spoil)(struct ksr *request);
	bool unproved; /* its keys are nobody's */
} rows[] = {
	{ "zone", another_zone, false },
	{ "id", id_again, false },
	{ "bundle-id", bundle_id_twice, false },
	{ "flags-257", flags_of_a_ksk, false },
	{ "flags-385", flags_revoked, false },
	{ "flags-0", flags_none, false },
	{ "tag-declared", tag_declared_wrong, false },
	{ "one-name", one_name_for_two, false },
	{ "size-undeclared", size_undeclared, false },
	{ "exponent-undeclared", exponent_undeclared, false },
	{ "algorithm-undeclared", algorithm_undeclared, false },
	{ "proof", NULL, false },
	{ "count", bundle_missing, false },
	{ "cycle", cycle_too_long, false },
	{ "ttl", ttl_other, false },
	{ "small", key_too_small, false },
	{ "too-long", valid_too_long, false },
	{ "too-short", valid_too_short, false },
	{ "backwards", expires_before_it_begins, false },
	{ "wire-time", wire_time, false },
	{ "overlap", overlap_undeclared, false },
	{ "order", same_inception_twice, false },
	{ "distance", distance_other, false },
	{ "safety", retired_too_early, false },
	{ "chain", chain_broken, false },
	{ "chain-overlap", chain_late, false },
	{ "tag-together", tag_in_a_bundle, true },
	{ "tag-apart", tag_apart, true },
	{ "weak", key_weak, true },
	{ "sound", NULL, false },
};

static void
write_request(const char *dir, const char *name, const struct ksr *request)
{
	struct buf xml = buf_new(KSR_FILE_MAX);
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.xml", dir, name);
	ksr_write(request, &xml);
	file = fopen(path, "w");
	if (xml.failed || file == NULL ||
	    fwrite(xml.data, 1, xml.len, file) != xml.len || fclose(file) != 0)
		exit(2);
	buf_free(&xml);
}

int
main(int argc, char **argv)
{
	struct ksr *request;

	if (argc != 2)
		return 2;
	request = fixture_request(START - CYCLE_S, 0);
	write_request(argv[1], "before", request);
	ksr_free(request);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		request = fixture_request(START, 1);
		if (rows[i].spoil != NULL)
			rows[i].spoil(request);
		for (size_t j = 0; j < request->n_bundles && !rows[i].unproved;
		     j++)
			fixture_prove(request, j);
		if (strcmp(rows[i].name, "proof") == 0)
			proof_wrong(request);
		write_request(argv[1], rows[i].name, request);
		ksr_free(request);
	}
	return 0;
}
