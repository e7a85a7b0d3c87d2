/*
 * Rules about the keys of the request: what they are called, that their owner
 * has them, and how many there are.
 */
#include <inttypes.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/format.h"
#include "ksr/rules/check_rules.h"

/* RFC 4034 2.1: what every ZSK's DNSKEY RR holds, and its tag (appendix B). */
static void
judge_fields(const struct check_input *in, size_t bundle,
    const struct dnskey *key, struct check_result *result)
{
	uint16_t tag = dnskey_tag(key);

	if (key->flags != DNSKEY_FLAGS_ZSK) {
		finding_add(result, in->request, bundle, "key %s has flags %u",
		    key_text(key).s, key->flags);
		finding_required(result, "flags %d", DNSKEY_FLAGS_ZSK);
	}
	if (key->protocol != DNSKEY_PROTOCOL) {
		finding_add(result, in->request, bundle,
		    "key %s has protocol %u", key_text(key).s, key->protocol);
		finding_required(result, "protocol %d", DNSKEY_PROTOCOL);
	}
	if (key->tag != tag) {
		finding_add(result, in->request, bundle,
		    "key %s declares tag %u", key_text(key).s, key->tag);
		finding_required(result, "tag %u, computed from the key", tag);
	}
}

/* The first of the values by which two keys of one name differ. */
static struct text
difference_text(const struct dnskey *key, const struct dnskey *first)
{
	const struct {
		const char *name;
		uint32_t key, first;
	} values[] = { { "tag", key->tag, first->tag },
		{ "TTL", key->ttl_s, first->ttl_s },
		{ "flags", key->flags, first->flags },
		{ "protocol", key->protocol, first->protocol },
		{ "algorithm", key->algorithm, first->algorithm } };
	struct text text = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(values) && text.len == 0; i++)
		if (values[i].key != values[i].first)
			text_add(&text, "%s %" PRIu32 " instead of %" PRIu32,
			    values[i].name, values[i].key, values[i].first);
	if (text.len == 0)
		text_add(&text, "another public key");
	return text;
}

static void
judge_identifiers(const struct check_input *in, const struct key_list *list,
    struct check_result *result)
{
	const struct placed_key *first = list->keys;

	for (size_t i = 1; i < list->n; i++) {
		const struct placed_key *at = &list->keys[i];

		if (strcmp(at->key->identifier, first->key->identifier) != 0) {
			first = at;
		} else if (!dnskey_equal(at->key, first->key)) {
			finding_add(result, in->request, at->bundle,
			    "key %s has %s", key_text(at->key).s,
			    difference_text(at->key, first->key).s);
			finding_required(result,
			    "the key of that identifier in bundle %zu",
			    first->bundle + 1);
		}
	}
}

static void
judge_names(const struct check_input *in, const struct key_list *list,
    struct check_result *result)
{
	for (size_t i = 1; i < list->n; i++) {
		const struct placed_key *before = &list->keys[i - 1];
		const struct placed_key *at = &list->keys[i];

		if (!dnskey_same_key(before->key, at->key))
			continue;
		if (before->bundle == at->bundle) {
			finding_add(result, in->request, at->bundle,
			    "key %s stands twice in the bundle",
			    key_text(at->key).s);
			finding_required(result, "each key once in a bundle");
		}
		if (strcmp(before->key->identifier, at->key->identifier) != 0) {
			finding_add(result, in->request, at->bundle,
			    "key %s is called %.120s in bundle %zu",
			    key_text(at->key).s, before->key->identifier,
			    before->bundle + 1);
			finding_required(result, "one identifier for one key");
		}
	}
}

enum verdict
check_bundle_keys(const struct check_input *in, struct check_result *result)
{
	const struct ksr *ksr = in->request;
	struct key_list list;
	struct err err;

	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < ksr->bundles[i].n_keys; j++)
			judge_fields(in, i, &ksr->bundles[i].keys[j], result);
	if (!key_list_by_identifier(ksr, &list, &err))
		return check_broken(result, err.msg);
	judge_identifiers(in, &list, result);
	key_list_clear(&list);
	if (!key_list_by_key(ksr, &list, &err))
		return check_broken(result, err.msg);
	judge_names(in, &list, result);
	key_list_clear(&list);
	return VERDICT_PASS;
}

/*
 * The RRSIG's own TTL is not signed and nobody publishes it: 0.1.0 held it
 * against the key's all the same.
 */
enum proof_ttl { SIGNED_TTL, BOTH_TTLS };

/* One signature of a request: by a key of its bundle, as that key has it. */
static void
judge_proof(const struct check_input *in, size_t index,
    const struct rrsig *rrsig, enum proof_ttl ttl, struct check_result *result)
{
	const struct bundle *bundle = &in->request->bundles[index];
	const struct dnskey *key = bundle_signer(bundle, rrsig);
	struct err err;

	if (key == NULL) {
		finding_add(result, in->request, index,
		    "a signature by key %u (%.120s), algorithm %u, which is "
		    "not in the bundle",
		    rrsig->tag, rrsig->identifier, rrsig->algorithm);
		finding_required(result, "signatures by the bundle's keys");
		return;
	}
	if ((ttl == BOTH_TTLS && rrsig->ttl_s != key->ttl_s) ||
	    rrsig->original_ttl_s != key->ttl_s) {
		finding_add(result, in->request, index,
		    "the signature by key %s has TTL %" PRIu32
		    " and original TTL %" PRIu32,
		    key_text(key).s, rrsig->ttl_s, rrsig->original_ttl_s);
		finding_required(result, "the key's TTL, %" PRIu32, key->ttl_s);
	}
	if (!rrsig_verify(rrsig, key, in->request->domain, bundle->keys,
		bundle->n_keys, &err)) {
		finding_add(result, in->request, index,
		    "the signature by key %s does not verify: %s",
		    key_text(key).s, err.msg);
		finding_required(
		    result, "a valid signature over the bundle's keys");
	}
}

static enum verdict
judge_proofs(const struct check_input *in, enum proof_ttl ttl,
    struct check_result *result)
{
	for (size_t i = 0; i < in->request->n_bundles; i++) {
		const struct bundle *bundle = &in->request->bundles[i];

		for (size_t j = 0; j < bundle->n_signatures; j++)
			judge_proof(
			    in, i, &bundle->signatures[j], ttl, result);
		for (size_t j = 0; j < bundle->n_keys; j++) {
			size_t n =
			    bundle_signatures_by(bundle, &bundle->keys[j]);

			if (n == 1)
				continue;
			finding_add(result, in->request, i,
			    "key %s has %zu signatures",
			    key_text(&bundle->keys[j]).s, n);
			finding_required(result, "one signature by each key");
		}
	}
	return VERDICT_PASS;
}

/*
 * DPS 6.7: every ZSK set proves possession.  The signatures' own times say
 * when the proof was made and are not judged.
 */
enum verdict
check_bundle_pop(const struct check_input *in, struct check_result *result)
{
	return judge_proofs(in, SIGNED_TTL, result);
}

enum verdict
check_bundle_pop_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	return judge_proofs(in, BOTH_TTLS, result);
}

/* Of a format without signatures of ZSKs. */
enum verdict
check_bundle_no_pop(const struct check_input *in, struct check_result *result)
{
	finding_add(result, in->request, NO_BUNDLE,
	    "the request proves possession of none of its ZSKs: %s has no "
	    "signatures of theirs",
	    format_of(in->request->format)->title);
	finding_required(result,
	    "proof_of_possession: none in request_policy, and that somebody "
	    "knows whose the keys are");
	return VERDICT_PASS;
}

static void
judge_ttls(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct bundle *bundle = &in->request->bundles[index];
	uint32_t ttl_s = config_request_ttl_s(in->config);

	for (size_t i = 0; i < bundle->n_keys; i++) {
		if (bundle->keys[i].ttl_s == ttl_s)
			continue;
		finding_add(result, in->request, index,
		    "key %s has TTL %" PRIu32, key_text(&bundle->keys[i]).s,
		    bundle->keys[i].ttl_s);
		finding_required(result, "TTL %" PRIu32, ttl_s);
	}
}

/* "3 keys", "3 RSASHA256 keys" where algorithms are counted by themselves. */
static struct text
count_text(size_t n, const char *different, const struct key_count *count)
{
	struct text text = { 0 };
	char kind[KEY_COUNT_TEXT_SIZE];

	text_add(&text, "%zu %s%s%skeys", n, different,
	    key_count_text(count, kind), count->algorithm == 0 ? "" : " ");
	return text;
}

static bool
is_counted_at_all(const struct key_counts *counts, const struct dnskey *key)
{
	for (size_t i = 0; i < counts->n; i++)
		if (key_count_has(&counts->counts[i], key))
			return true;
	return false;
}

/* Of another algorithm than is named, or of another size. */
static void
refuse_uncounted(const struct check_input *in, size_t index,
    const struct dnskey *key, struct check_result *result)
{
	const struct key_counts *counts =
	    &in->config->request_policy.key_counts;
	struct pubkey_info info = { 0 };
	struct err err;
	bool named = false;

	for (size_t i = 0; i < counts->n; i++)
		named = named || counts->counts[i].algorithm == key->algorithm;
	if (!named) {
		finding_add(result, in->request, index, "key %s is of %s",
		    key_text(key).s, algorithm_name(key->algorithm).s);
		finding_required(
		    result, "an algorithm that num_keys_per_bundle names");
		return;
	}
	finding_add(result, in->request, index, "key %s of %s has %u bits",
	    key_text(key).s, algorithm_name(key->algorithm).s,
	    pubkey_info(key, &info, &err) ? info.bits : 0);
	finding_required(result, "a size that num_keys_per_bundle names");
}

static void
judge_bundle_counts(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct key_counts *counts =
	    &in->config->request_policy.key_counts;
	const struct bundle *bundle = &in->request->bundles[index];

	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];
		size_t n = 0;

		for (size_t j = 0; j < bundle->n_keys; j++)
			n += key_count_has(count, &bundle->keys[j]);
		if (index >= count->n_per_bundle ||
		    n == count->per_bundle[index])
			continue;
		finding_add(result, in->request, index, "%s",
		    count_text(n, "", count).s);
		finding_required(result, "%u by num_keys_per_bundle",
		    count->per_bundle[index]);
	}
	for (size_t j = 0; j < bundle->n_keys; j++)
		if (!is_counted_at_all(counts, &bundle->keys[j]))
			refuse_uncounted(in, index, &bundle->keys[j], result);
}

static void
judge_different_keys(const struct check_input *in, const struct key_list *list,
    struct check_result *result)
{
	const struct key_counts *counts =
	    &in->config->request_policy.key_counts;

	for (size_t i = 0; i < counts->n; i++) {
		const struct key_count *count = &counts->counts[i];
		size_t n = 0;

		for (size_t j = 0; j < list->n; j++)
			n += key_count_has(count, list->keys[j].key);
		if (n == count->different)
			continue;
		finding_add(result, in->request, NO_BUNDLE,
		    "%s in all bundles", count_text(n, "different ", count).s);
		finding_required(result,
		    "%" PRIu64 " by num_different_keys_in_all_bundles",
		    count->different);
	}
}

/* DPS 6.6: how many ZSKs each slot has; DPS 6.9: their TTL. */
enum verdict
check_policy_keys(const struct check_input *in, struct check_result *result)
{
	struct key_list list;
	struct err err;
	bool counted = (ksr_lacks(in->request) & LACKS_SLOTS) == 0;

	for (size_t i = 0; i < in->request->n_bundles; i++) {
		if (counted)
			judge_bundle_counts(in, i, result);
		judge_ttls(in, i, result);
	}
	if (!counted)
		return VERDICT_PASS;
	if (!key_list_by_key(in->request, &list, &err))
		return check_broken(result, err.msg);
	key_list_distinct(&list);
	judge_different_keys(in, &list, result);
	key_list_clear(&list);
	return VERDICT_PASS;
}
