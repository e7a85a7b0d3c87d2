/*
 * Rules about what public keys are made of, whatever they are for: each by
 * itself, and all that a run sees against each other.
 */
#include <stdlib.h>

#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/key_tests.h"

static enum verdict
judge_soundness(struct key_tests *tests, const struct ksr *ksr,
    const struct ksr *previous, struct check_result *result)
{
	struct key_list list;
	struct err err;

	(void)previous; /* its keys were judged in its day */
	if (!key_list_by_key(ksr, &list, &err))
		return check_broken(result, err.msg);
	key_list_distinct(&list);
	for (size_t i = 0; i < list.n; i++) {
		const struct dnskey *key = list.keys[i].key;

		if (key_tests_valid(tests, key, &err))
			continue;
		finding_add(result, ksr, list.keys[i].bundle, "key %s: %s",
		    key_text(key).s, err.msg);
		finding_required(result, "a sound public key");
	}
	key_list_clear(&list);
	return VERDICT_PASS;
}

/* Looks at one document by what the run knows, or by a memory of its own. */
static enum verdict
with_key_tests(const struct check_input *in, const struct ksr *ksr,
    struct check_result *result,
    enum verdict (*look)(struct key_tests *tests, const struct ksr *ksr,
	const struct ksr *previous, struct check_result *result))
{
	struct key_tests *tests;
	enum verdict verdict;
	struct err err;

	if (in->key_tests != NULL)
		return look(in->key_tests, ksr, in->previous, result);
	if (!key_tests_new(&key_limits_full, &tests, &err))
		return check_broken(result, err.msg);
	verdict = look(tests, ksr, in->previous, result);
	key_tests_free(tests);
	return verdict;
}

enum verdict
check_request_key_valid(
    const struct check_input *in, struct check_result *result)
{
	return with_key_tests(in, in->request, result, judge_soundness);
}

/* `verify` sees the request's keys here only; in `sign` they are known. */
enum verdict
check_response_key_valid(
    const struct check_input *in, struct check_result *result)
{
	return with_key_tests(in, in->response, result, judge_soundness);
}

/* The distinct keys of a document and of the previous response, in a row. */
struct gathered {
	size_t n, n_own;	    /* the document's own come first */
	const struct dnskey **keys; /* owned; the keys are borrowed */
	size_t *bundle;
	size_t *partner;
};

static void
gathered_clear(struct gathered *gathered)
{
	free(gathered->keys);
	free(gathered->bundle);
	free(gathered->partner);
}

static bool
gather(const struct key_list *own, const struct key_list *previous,
    struct gathered *ret)
{
	size_t n = own->n + previous->n;

	ret->n = 0;
	ret->n_own = own->n;
	ret->keys = calloc(n + 1, sizeof(ret->keys[0]));
	ret->bundle = calloc(n + 1, sizeof(ret->bundle[0]));
	ret->partner = calloc(n + 1, sizeof(ret->partner[0]));
	if (ret->keys == NULL || ret->bundle == NULL || ret->partner == NULL)
		return false;
	for (; ret->n < n; ret->n++) {
		const struct placed_key *at = ret->n < own->n
		    ? &own->keys[ret->n]
		    : &previous->keys[ret->n - own->n];

		ret->keys[ret->n] = at->key;
		ret->bundle[ret->n] = at->bundle;
	}
	return true;
}

static void
report_partners(const struct gathered *gathered, const struct ksr *ksr,
    struct check_result *result)
{
	for (size_t i = 0; i < gathered->n; i++) {
		bool own = i < gathered->n_own;
		size_t partner = gathered->partner[i];

		if (partner == NO_PARTNER)
			continue;
		finding_add(result, ksr, own ? gathered->bundle[i] : NO_BUNDLE,
		    "key %s%s has a prime in common with key %s%s",
		    key_text(gathered->keys[i]).s,
		    own ? "" : " of the previous SKR",
		    key_text(gathered->keys[partner]).s,
		    partner < gathered->n_own ? "" : " of the previous SKR");
		finding_required(result, "primes that no other key has");
	}
}

static enum verdict
judge_primes(struct key_tests *tests, const struct ksr *ksr,
    const struct ksr *previous, struct check_result *result)
{
	struct key_list own = { 0, NULL }, before = { 0, NULL };
	struct gathered gathered = { 0 };
	enum verdict verdict = VERDICT_PASS;
	struct err err;
	bool ok = key_list_by_key(ksr, &own, &err) &&
	    (previous == NULL || key_list_by_key(previous, &before, &err));

	if (ok) {
		key_list_distinct(&own);
		if (previous != NULL)
			key_list_distinct(&before);
		ok = gather(&own, &before, &gathered) ||
		    err_set(&err, E_MEMORY, "out of memory");
	}
	ok = ok &&
	    key_tests_share_primes(
		tests, gathered.keys, gathered.n, gathered.partner, &err);
	if (ok && gathered.n < 2)
		verdict = check_not_run(
		    result, "there are not two RSA keys to be compared");
	else if (ok)
		report_partners(&gathered, ksr, result);
	gathered_clear(&gathered);
	key_list_clear(&before);
	key_list_clear(&own);
	return ok ? verdict : check_broken(result, err.msg);
}

enum verdict
check_request_shared_primes(
    const struct check_input *in, struct check_result *result)
{
	return with_key_tests(in, in->request, result, judge_primes);
}

enum verdict
check_response_shared_primes(
    const struct check_input *in, struct check_result *result)
{
	return with_key_tests(in, in->response, result, judge_primes);
}
