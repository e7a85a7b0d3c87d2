/*
 * Rules about algorithms: what the request declares, what it uses, and what
 * the KSK operator approves.
 */
#include <inttypes.h>

#include "ksr/dns/pubkey.h"
#include "ksr/rules/check_rules.h"

static struct text
parameters_text(
    uint8_t algorithm, const struct pubkey_info *info, bool with_exponent)
{
	struct text text = { 0 };

	text_add(
	    &text, "%s of %u bits", algorithm_name(algorithm).s, info->bits);
	if (with_exponent && info->family == FAMILY_RSA)
		text_add(&text, " with exponent %" PRIu64, info->exponent);
	return text;
}

static struct text
declared_text(const struct signature_policy *policy)
{
	struct text text = { 0 };

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		const struct signature_algorithm *a = &policy->algorithms[i];
		struct pubkey_info info = { a->family, a->size, a->exponent };

		text_add(&text, "%s%s", i == 0 ? "" : " or ",
		    parameters_text(a->algorithm, &info, true).s);
	}
	return text;
}

static bool
size_declared(const struct signature_policy *policy, uint8_t algorithm,
    const struct pubkey_info *info)
{
	for (size_t i = 0; i < policy->n_algorithms; i++)
		if (policy->algorithms[i].algorithm == algorithm &&
		    policy->algorithms[i].size == info->bits)
			return true;
	return false;
}

static bool
exponent_declared(const struct signature_policy *policy, uint8_t algorithm,
    const struct pubkey_info *info)
{
	for (size_t i = 0; i < policy->n_algorithms; i++)
		if (policy->algorithms[i].algorithm == algorithm &&
		    policy->algorithms[i].size == info->bits &&
		    policy->algorithms[i].exponent == info->exponent)
			return true;
	return false;
}

/* Runs judge on every distinct key, at its first place. */
static enum verdict
each_key(const struct check_input *in, struct check_result *result,
    void (*judge)(const struct check_input *in, const struct placed_key *at,
	const struct pubkey_info *info, struct check_result *result))
{
	struct key_list list;
	struct err err;

	if (!key_list_by_key(in->request, &list, &err))
		return check_broken(result, err.msg);
	key_list_distinct(&list);
	for (size_t i = 0; i < list.n; i++) {
		struct pubkey_info info;

		if (pubkey_info(list.keys[i].key, &info, &err)) {
			judge(in, &list.keys[i], &info, result);
			continue;
		}
		finding_add(result, in->request, list.keys[i].bundle,
		    "key %s: %s", key_text(list.keys[i].key).s, err.msg);
		finding_required(
		    result, "a public key whose parameters can be read");
	}
	key_list_clear(&list);
	return VERDICT_PASS;
}

static void
judge_size_declared(const struct check_input *in, const struct placed_key *at,
    const struct pubkey_info *info, struct check_result *result)
{
	const struct signature_policy *policy = &in->request->zsk_policy;

	if (size_declared(policy, at->key->algorithm, info))
		return;
	finding_add(result, in->request, at->bundle, "key %s is %s",
	    key_text(at->key).s,
	    parameters_text(at->key->algorithm, info, false).s);
	finding_required(result, "as the request's own policy declares: %s",
	    declared_text(policy).s);
}

enum verdict
check_keys_declared(const struct check_input *in, struct check_result *result)
{
	return each_key(in, result, judge_size_declared);
}

/*
 * An exponent of 3 stood in both sides' policies until 2016 while every key
 * had 65537.  A size that is not declared is the rule's above.
 */
static void
judge_exponent_declared(const struct check_input *in,
    const struct placed_key *at, const struct pubkey_info *info,
    struct check_result *result)
{
	const struct signature_policy *policy = &in->request->zsk_policy;

	if (info->family != FAMILY_RSA ||
	    !size_declared(policy, at->key->algorithm, info) ||
	    exponent_declared(policy, at->key->algorithm, info))
		return;
	finding_add(result, in->request, at->bundle, "key %s is %s",
	    key_text(at->key).s,
	    parameters_text(at->key->algorithm, info, true).s);
	finding_required(result, "as the request's own policy declares: %s",
	    declared_text(policy).s);
}

enum verdict
check_exponents_declared(
    const struct check_input *in, struct check_result *result)
{
	return each_key(in, result, judge_exponent_declared);
}

/* One algorithm number, declared or used, against what is approved. */
static void
judge_algorithm(const struct check_input *in, size_t bundle, uint8_t number,
    const char *how, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;
	const struct algorithm *algorithm = algorithm_of_number(number);
	struct text approved = { 0 };
	bool found = false;

	for (size_t i = 0; i < policy->n_algorithms; i++) {
		found = found || policy->algorithms[i] == number;
		text_add(&approved, "%s%s", i == 0 ? "" : ", ",
		    algorithm_name(policy->algorithms[i]).s);
	}
	if (!found) {
		finding_add(result, in->request, bundle, "%s is %s",
		    algorithm_name(number).s, how);
		finding_required(
		    result, "one of approved_algorithms: %s", approved.s);
	}
	if (algorithm == NULL || !algorithm->supported ||
	    algorithm->deprecated) {
		finding_add(result, in->request, bundle, "%s (%u) is %s",
		    algorithm_name(number).s, number, how);
		finding_required(result,
		    "an algorithm that is supported and not deprecated "
		    "(RFC 8624 section 3.1)");
	} else if (algorithm->family == FAMILY_ECDSA &&
	    !policy->enable_unsupported_ecdsa) {
		finding_add(result, in->request, bundle, "%s is %s",
		    algorithm->mnemonic, how);
		finding_required(result, "enable_unsupported_ecdsa: true");
	} else if (algorithm->family == FAMILY_EDDSA &&
	    !policy->enable_unsupported_edwards_dsa) {
		finding_add(result, in->request, bundle, "%s is %s",
		    algorithm->mnemonic, how);
		finding_required(
		    result, "enable_unsupported_edwards_dsa: true");
	}
}

static bool
size_approved(const struct request_policy *policy, uint16_t bits)
{
	for (size_t i = 0; i < policy->n_rsa_sizes; i++)
		if (policy->rsa_sizes[i] == bits)
			return true;
	return false;
}

static bool
exponent_approved(const struct request_policy *policy, uint64_t exponent)
{
	for (size_t i = 0; i < policy->n_rsa_exponents; i++)
		if (policy->rsa_exponents[i] == exponent)
			return true;
	return false;
}

static struct text
approved_sizes(const struct request_policy *policy)
{
	struct text text = { 0 };

	for (size_t i = 0; i < policy->n_rsa_sizes; i++)
		text_add(
		    &text, "%s%u", i == 0 ? "" : ", ", policy->rsa_sizes[i]);
	return text;
}

static struct text
approved_exponents(const struct request_policy *policy)
{
	struct text text = { 0 };

	for (size_t i = 0; i < policy->n_rsa_exponents; i++)
		text_add(&text, "%s%" PRIu64, i == 0 ? "" : ", ",
		    policy->rsa_exponents[i]);
	return text;
}

/* The parameters of one key or declaration, called by what. */
static void
judge_parameters(const struct check_input *in, size_t bundle, const char *what,
    uint8_t number, const struct pubkey_info *info, struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;
	const struct algorithm *algorithm = algorithm_of_number(number);

	if (algorithm == NULL || !algorithm->supported)
		return; /* refused by its number */
	if (info->family != algorithm->family ||
	    (info->family != FAMILY_RSA && info->bits != algorithm->size)) {
		finding_add(result, in->request, bundle,
		    "%s has parameters that are not of %s, size %u", what,
		    algorithm->mnemonic, info->bits);
		finding_required(result, "the algorithm's own parameters");
	}
	if (info->family != FAMILY_RSA)
		return;
	if (!size_approved(policy, info->bits)) {
		finding_add(result, in->request, bundle, "%s has %u bits", what,
		    info->bits);
		finding_required(result, "one of rsa_approved_key_sizes: %s",
		    approved_sizes(policy).s);
	}
	if (!exponent_approved(policy, info->exponent)) {
		finding_add(result, in->request, bundle,
		    "%s has exponent %" PRIu64, what, info->exponent);
		finding_required(result, "one of rsa_approved_exponents: %s",
		    approved_exponents(policy).s);
	}
}

static void
judge_key_approved(const struct check_input *in, const struct placed_key *at,
    const struct pubkey_info *info, struct check_result *result)
{
	struct text what = { 0 };

	text_add(&what, "key %s", key_text(at->key).s);
	judge_parameters(
	    in, at->bundle, what.s, at->key->algorithm, info, result);
}

static bool
is_declared_before(const struct signature_policy *policy, size_t index)
{
	const struct signature_algorithm *a = &policy->algorithms[index];

	for (size_t i = 0; i < index; i++) {
		const struct signature_algorithm *b = &policy->algorithms[i];

		if (a->algorithm == b->algorithm && a->family == b->family &&
		    a->size == b->size && a->exponent == b->exponent)
			return true;
	}
	return false;
}

static void
judge_declaration(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct signature_algorithm *a =
	    &in->request->zsk_policy.algorithms[index];
	struct pubkey_info info = { a->family, a->size, a->exponent };
	struct text what = { 0 };

	text_add(&what, "SignatureAlgorithm %zu (%s)", index + 1,
	    algorithm_name(a->algorithm).s);
	judge_algorithm(in, NO_BUNDLE, a->algorithm, "declared", result);
	judge_parameters(in, NO_BUNDLE, what.s, a->algorithm, &info, result);
}

/* The response repeats the declarations: what stands twice is a mistake. */
static void
judge_repetition(
    const struct check_input *in, size_t index, struct check_result *result)
{
	const struct signature_policy *policy = &in->request->zsk_policy;

	if (!is_declared_before(policy, index))
		return;
	finding_add(result, in->request, NO_BUNDLE,
	    "SignatureAlgorithm %zu (%s) is a repetition", index + 1,
	    algorithm_name(policy->algorithms[index].algorithm).s);
	finding_required(result, "each declaration once");
}

enum verdict
check_declarations_once(
    const struct check_input *in, struct check_result *result)
{
	for (size_t i = 0; i < in->request->zsk_policy.n_algorithms; i++)
		judge_repetition(in, i, result);
	return VERDICT_PASS;
}

/* The bundle where each algorithm number is first used; NO_BUNDLE if nowhere.
 */
static void
first_uses(const struct ksr *ksr, size_t ret[UINT8_MAX + 1])
{
	for (size_t i = 0; i <= UINT8_MAX; i++)
		ret[i] = NO_BUNDLE;
	for (size_t i = ksr->n_bundles; i-- > 0;) {
		const struct bundle *bundle = &ksr->bundles[i];

		for (size_t j = 0; j < bundle->n_keys; j++)
			ret[bundle->keys[j].algorithm] = i;
		for (size_t j = 0; j < bundle->n_signatures; j++)
			ret[bundle->signatures[j].algorithm] = i;
	}
}

static void
judge_used(const struct check_input *in, struct check_result *result)
{
	size_t first[UINT8_MAX + 1];

	first_uses(in->request, first);
	for (size_t i = 0; i <= UINT8_MAX; i++)
		if (first[i] != NO_BUNDLE)
			judge_algorithm(
			    in, first[i], (uint8_t)i, "used", result);
}

/* DPS 6.1: key types, sizes; 5.1.3: public key parameters. */
enum verdict
check_algorithms_approved(
    const struct check_input *in, struct check_result *result)
{
	for (size_t i = 0; i < in->request->zsk_policy.n_algorithms; i++)
		judge_declaration(in, i, result);
	judge_used(in, result);
	return each_key(in, result, judge_key_approved);
}

/* This one found repetitions too, each after its declaration. */
enum verdict
check_algorithms_approved_0_1_0(
    const struct check_input *in, struct check_result *result)
{
	for (size_t i = 0; i < in->request->zsk_policy.n_algorithms; i++) {
		judge_declaration(in, i, result);
		judge_repetition(in, i, result);
	}
	judge_used(in, result);
	return each_key(in, result, judge_key_approved);
}

/*
 * A KSK of another size than the ZSKs' is approved by rsa_size in its own
 * entry.  Exponents are those of the list alone, whoever has them.
 */
static void
judge_ksk(const struct check_input *in, const struct placed_key *at,
    const struct pubkey_info *info, const struct config_key *pin,
    struct check_result *result)
{
	const struct request_policy *policy = &in->config->request_policy;

	if (!size_approved(policy, info->bits) &&
	    (pin == NULL || pin->rsa_size != info->bits)) {
		finding_add(result, in->response, at->bundle,
		    "KSK %s has %u bits", key_text(at->key).s, info->bits);
		finding_required(result,
		    "the rsa_size of its key, or one of "
		    "rsa_approved_key_sizes: %s",
		    approved_sizes(policy).s);
	}
	if (!exponent_approved(policy, info->exponent)) {
		finding_add(result, in->response, at->bundle,
		    "KSK %s has exponent %" PRIu64, key_text(at->key).s,
		    info->exponent);
		finding_required(result, "one of rsa_approved_exponents: %s",
		    approved_exponents(policy).s);
	}
}

enum verdict
check_ksks_approved(const struct check_input *in, struct check_result *result)
{
	struct key_list list;
	struct dname owner;
	struct err err;

	if (!dname_parse(in->response->domain, &owner, &err) ||
	    !key_list_by_key(in->response, &list, &err))
		return check_broken(result, err.msg);
	key_list_distinct(&list);
	for (size_t i = 0; i < list.n; i++) {
		const struct dnskey *key = list.keys[i].key;
		struct pubkey_info info;

		/* What cannot be read is KSR-KEY-VALID's matter. */
		if (!is_ksk(key) || !pubkey_info(key, &info, &err) ||
		    info.family != FAMILY_RSA)
			continue;
		judge_ksk(in, &list.keys[i], &info,
		    config_key_of(in->config, &owner, key), result);
	}
	key_list_clear(&list);
	return VERDICT_PASS;
}

static bool
algorithm_declared(const struct signature_policy *policy, uint8_t number)
{
	for (size_t i = 0; i < policy->n_algorithms; i++)
		if (policy->algorithms[i].algorithm == number)
			return true;
	return false;
}

enum verdict
check_algorithms_declared(
    const struct check_input *in, struct check_result *result)
{
	const struct signature_policy *policy = &in->request->zsk_policy;
	size_t first[UINT8_MAX + 1];

	first_uses(in->request, first);
	for (size_t i = 0; i <= UINT8_MAX; i++) {
		if (first[i] == NO_BUNDLE ||
		    algorithm_declared(policy, (uint8_t)i))
			continue;
		finding_add(result, in->request, first[i], "%s is used",
		    algorithm_name((uint8_t)i).s);
		finding_required(result,
		    "an algorithm that the request's own policy declares: %s",
		    declared_text(policy).s);
	}
	return VERDICT_PASS;
}
