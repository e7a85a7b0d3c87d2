/*
 * KSR-TAG-CLASH.  A validator finds the key of a signature by algorithm and
 * tag; two keys that share both cost it work at best.  A KSK has a second tag
 * waiting: the one it gets when it is revoked (RFC 5011 section 7).
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"

/* One algorithm and tag that a key has or will have. */
struct tag_use {
	uint8_t algorithm;
	uint16_t tag;
	uint8_t ds[DS_SHA256_SIZE]; /* which key: the same revoked or not */
	const char *identifier;
	const char *where;
	bool ksk;
	bool judged; /* of the document that is judged */
	size_t bundle;
};

struct tag_uses {
	size_t n;
	struct tag_use *uses; /* owned */
};

static int
by_tag(const void *left, const void *right)
{
	const struct tag_use *a = left, *b = right;
	int order;

	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	order = memcmp(a->ds, b->ds, sizeof(a->ds));
	if (order != 0)
		return order;
	if (a->judged != b->judged)
		return a->judged ? -1 : 1;
	return (a->bundle > b->bundle) - (a->bundle < b->bundle);
}

/* The key's use of its tag, and of the tag it would have revoked. */
static bool
add_key(const struct dname *owner, const struct dnskey *key, struct tag_use use,
    struct tag_uses *uses, struct err *err)
{
	struct dnskey revoked = *key;

	use.algorithm = key->algorithm;
	use.tag = dnskey_tag(key);
	use.identifier = key->identifier;
	use.ksk = is_ksk(key);
	if (!dnskey_ds(owner, key, use.ds, err))
		return false;
	uses->uses[uses->n++] = use;
	if (!is_ksk(key) || is_revoked(key))
		return true;
	revoked.flags |= DNSKEY_FLAG_REVOKE;
	use.tag = dnskey_tag(&revoked);
	use.where = "revoked";
	uses->uses[uses->n++] = use;
	return true;
}

static bool
add_document(const struct ksr *ksr, const struct dname *owner,
    const char *where, bool judged, struct tag_uses *uses, struct err *err)
{
	for (size_t i = 0; ksr != NULL && i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];
		struct tag_use use = {
			.where = where, .judged = judged, .bundle = i
		};

		for (size_t j = 0; j < bundle->n_keys; j++)
			if (!add_key(owner, &bundle->keys[j], use, uses, err))
				return false;
	}
	return true;
}

/* A key without a DS is never used, and nothing says which key it is. */
static void
add_configured(const struct config *config, struct tag_uses *uses)
{
	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];
		struct tag_use *use = &uses->uses[uses->n];

		if (!key->has_tag || !key->has_ds)
			continue;
		*use = (struct tag_use){ .algorithm = key->algorithm,
			.tag = key->tag,
			.identifier = key->label,
			.where = "configured",
			.ksk = true };
		memcpy(use->ds, key->ds_sha256, sizeof(use->ds));
		uses->n++;
	}
}

static size_t
count_keys(const struct ksr *ksr)
{
	size_t n = 0;

	for (size_t i = 0; ksr != NULL && i < ksr->n_bundles; i++)
		n += ksr->bundles[i].n_keys;
	return n;
}

/* The entry in whose bundle the later of the two keys first appears. */
static const struct tag_use *
later_of(const struct tag_use *a, const struct tag_use *b)
{
	if (a->judged != b->judged)
		return a->judged ? a : b;
	return a->bundle > b->bundle ? a : b;
}

static bool
same_tag(const struct tag_use *a, const struct tag_use *b)
{
	return a->algorithm == b->algorithm && a->tag == b->tag;
}

static bool
is_same(const struct tag_use *a, const struct tag_use *b)
{
	return memcmp(a->ds, b->ds, sizeof(a->ds)) == 0;
}

static void
add_clash(const struct ksr *ksr, const struct tag_use *a,
    const struct tag_use *b, struct check_result *result)
{
	const struct tag_use *later = later_of(a, b);

	finding_add(result, ksr, later->judged ? later->bundle : NO_BUNDLE,
	    "keys %.120s (%s) and %.120s (%s) share tag %u and algorithm %s",
	    a->identifier, a->where, b->identifier, b->where, b->tag,
	    algorithm_name(b->algorithm).s);
	finding_required(result, "a tag and algorithm that no other key has");
}

static bool
begin_together(const struct tag_use *a, const struct tag_use *b)
{
	return a->judged && b->judged && a->bundle == b->bundle;
}

/*
 * before and at are the first uses of two keys that stand side by side.  What
 * TAGS_TOGETHER refuses may be found here as well, and need not be.
 */
static void
judge_neighbours(const struct ksr *ksr, const struct tag_uses *uses,
    enum tag_clashes which, struct check_result *result)
{
	const struct tag_use *before = uses->uses;

	for (size_t i = 1; i < uses->n; i++) {
		const struct tag_use *at = &uses->uses[i];
		bool clash = same_tag(before, at);

		if (clash && is_same(before, at))
			continue;
		if (clash &&
		    (which == TAGS_ALL ||
			(!before->ksk && !at->ksk && !begin_together(before, at))))
			add_clash(ksr, before, at, result);
		before = at;
	}
}

/* Each key that has a KSK's tag, once: against the first KSK of that tag. */
static void
judge_ksks(const struct ksr *ksr, const struct tag_uses *uses,
    struct check_result *result)
{
	size_t begin = 0;

	while (begin < uses->n) {
		const struct tag_use *first = &uses->uses[begin], *ksk = NULL;
		size_t end = begin;

		for (; end < uses->n && same_tag(first, &uses->uses[end]);
		     end++)
			if (ksk == NULL && uses->uses[end].ksk)
				ksk = &uses->uses[end];
		for (size_t i = begin; ksk != NULL && i < end; i++) {
			const struct tag_use *use = &uses->uses[i];

			if (!is_same(ksk, use) &&
			    (i == begin || !is_same(use - 1, use)))
				add_clash(ksr, use < ksk ? use : ksk,
				    use < ksk ? ksk : use, result);
		}
		begin = end;
	}
}

/* ZSKs that share a bundle. */
static void
judge_bundles(
    const struct ksr *ksr, const char *where, struct check_result *result)
{
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];

		for (size_t j = 0; j < bundle->n_keys; j++) {
			for (size_t k = 0; k < j; k++) {
				const struct dnskey *a = &bundle->keys[k];
				const struct dnskey *b = &bundle->keys[j];
				const struct tag_use first = {
					.algorithm = a->algorithm,
					.tag = dnskey_tag(a),
					.identifier = a->identifier,
					.where = where,
					.judged = true,
					.bundle = i
				};
				struct tag_use second = first;

				second.identifier = b->identifier;
				second.tag = dnskey_tag(b);
				second.algorithm = b->algorithm;
				if (!is_ksk(a) && !is_ksk(b) &&
				    !dnskey_same_key(a, b) &&
				    same_tag(&first, &second))
					add_clash(
					    ksr, &first, &second, result);
			}
		}
	}
}

static void
judge_uses(const struct ksr *ksr, const char *where, struct tag_uses *uses,
    enum tag_clashes which, struct check_result *result)
{
	qsort(uses->uses, uses->n, sizeof(uses->uses[0]), by_tag);
	if (which != TAGS_TOGETHER) {
		judge_neighbours(ksr, uses, which, result);
		return;
	}
	judge_ksks(ksr, uses, result);
	judge_bundles(ksr, where, result);
}

enum verdict
check_tags(const struct check_input *in, const struct ksr *ksr,
    const char *where, enum tag_clashes which, struct check_result *result)
{
	struct tag_uses uses = { 0 };
	size_t n_max;
	enum verdict verdict = VERDICT_PASS;
	struct dname owner;
	struct err err;

	n_max =
	    2 * (count_keys(ksr) + count_keys(in->previous)) + CONFIG_KEYS_MAX;
	uses.uses = calloc(n_max, sizeof(uses.uses[0]));
	if (uses.uses == NULL)
		return check_broken(result, "out of memory");
	if (!dname_parse(ksr->domain, &owner, &err) ||
	    !add_document(ksr, &owner, where, true, &uses, &err) ||
	    !add_document(
		in->previous, &owner, "previous SKR", false, &uses, &err)) {
		verdict = check_broken(result, err.msg);
	} else {
		add_configured(in->config, &uses);
		judge_uses(ksr, where, &uses, which, result);
	}
	free(uses.uses);
	return verdict;
}

enum verdict
check_request_tag_clash(
    const struct check_input *in, struct check_result *result)
{
	return check_tags(in, in->request, "request", TAGS_TOGETHER, result);
}

/* Signatures that a cache still holds may meet the other key's records. */
enum verdict
check_request_tag_clash_apart(
    const struct check_input *in, struct check_result *result)
{
	return check_tags(in, in->request, "request", TAGS_APART, result);
}

enum verdict
check_response_tag_clash(
    const struct check_input *in, struct check_result *result)
{
	return check_tags(in, in->response, "response", TAGS_TOGETHER, result);
}
