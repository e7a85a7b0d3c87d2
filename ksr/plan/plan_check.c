#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/plan/plan_walk.h"

#define PATH_TEXT_MAX 240

struct plan_times
plan_times(const struct config *config)
{
	const struct signature_policy *policy = &config->ksk_policy.signature;
	uint32_t ttl_s = config_ttl_s(config);

	return (struct plan_times){
		.validity_s = policy->max_signature_validity_s,
		.followers =
		    followers_times(ttl_s, policy->max_signature_validity_s),
		.publish_safety_s = policy->publish_safety_s,
		.retire_safety_s = policy->retire_safety_s,
	};
}

struct text
plan_key_text(const struct plan_proof *proof, size_t key)
{
	const struct config_key *pinned = &proof->config->keys[key];
	struct text text = { 0 };

	text_add(&text, "KSK %s", pinned->name);
	if (pinned->has_tag)
		text_add(&text, " (%u)", pinned->tag);
	return text;
}

/* "2027-q1 d_to_d, then 2027-q2 d_to_e, from slot 4 d_to_d" */
static struct text
path_text(const struct plan_proof *proof)
{
	struct text text = { 0 };

	for (size_t i = 0; i < proof->n_turns; i++) {
		const struct plan_turn *turn = &proof->turns[i];
		const struct plan_response *responses =
		    proof->plan->quarters[turn->step].responses;
		char name[PLAN_QUARTER_NAME_SIZE];

		if (turn->response == 0)
			continue;
		plan_quarter_name(proof->plan, i, name);
		text_add(&text, "%s%s %.40s", text.len == 0 ? "" : ", then ",
		    name, responses[turn->from > 0 ? 0 : turn->response].name);
		if (turn->from > 0)
			text_add(&text, ", from slot %zu %.40s", turn->from + 1,
			    responses[turn->response].name);
		if (text.len > PATH_TEXT_MAX) {
			text_add(&text, ", then ...");
			break;
		}
	}
	if (text.len == 0)
		text_add(&text, "as planned");
	return text;
}

static struct plan_finding *
find_like(const struct plan_proof *proof, enum plan_rule rule,
    const struct plan_place *place, size_t key)
{
	for (size_t i = 0; i < proof->n_findings; i++) {
		struct plan_finding *other = &proof->findings[i];

		if (other->rule == rule && other->key == key &&
		    other->place.step == place->step &&
		    other->place.response == place->response &&
		    other->place.slot == place->slot)
			return other;
	}
	return NULL;
}

static struct plan_finding *
new_finding(struct plan_proof *proof)
{
	size_t n = proof->n_findings;
	struct plan_finding *findings;

	if (n == FINDINGS_MAX)
		return NULL;
	if ((n & (n - 1)) == 0) {
		findings = realloc(proof->findings,
		    (n == 0 ? 1 : 2 * n) * sizeof(findings[0]));
		if (findings == NULL)
			return NULL;
		proof->findings = findings;
	}
	return &proof->findings[proof->n_findings++];
}

void
plan_find(struct plan_proof *proof, enum plan_rule rule,
    const struct plan_place *place, size_t key, const char *required,
    const char *fmt, ...)
{
	char name[PLAN_QUARTER_NAME_SIZE];
	struct plan_finding *found = find_like(proof, rule, place, key);
	char seen[FINDING_TEXT_MAX];
	va_list ap;

	if (found != NULL && found->place.cycle <= place->cycle)
		return;
	if (found == NULL)
		found = new_finding(proof);
	if (found == NULL) {
		proof->n_more++;
		return;
	}
	memset(found, 0, sizeof(*found));
	found->rule = rule;
	found->place = *place;
	found->key = key;
	va_start(ap, fmt);
	vsnprintf(seen, sizeof(seen), fmt, ap);
	va_end(ap);
	plan_quarter_name(proof->plan, place->cycle, name);
	found->finding.bundle = place->slot + 1;
	snprintf(found->finding.bundle_id, sizeof(found->finding.bundle_id),
	    "%s %s", name,
	    proof->plan->quarters[place->step].responses[place->response].name);
	if (proof->n_turns > 0)
		snprintf(found->finding.seen, sizeof(found->finding.seen),
		    "%.250s; path: %.250s", seen, path_text(proof).s);
	else
		memcpy(found->finding.seen, seen, sizeof(seen));
	snprintf(found->finding.required, sizeof(found->finding.required), "%s",
	    required);
}

/* The proof was made for all rules at once: a row takes what is its own. */
static enum verdict
answer(const struct check_input *in, struct check_result *result)
{
	enum plan_rule rule = (enum plan_rule)(result->check - plan_rules);

	if (in->proof->n_more > 0)
		return check_broken(result, "there are too many findings");
	for (size_t i = 0; i < in->proof->n_findings; i++)
		if (in->proof->findings[i].rule == rule)
			finding_copy(result, &in->proof->findings[i].finding);
	return VERDICT_PASS;
}

/* clang-format off */
const struct check plan_rules[] = {
	[RULE_HOLD_DOWN] = { "PLAN-HOLD-DOWN", "RFC 5011 2.3, 2.4.1",
	  "a KSK signs only after caches and followers can know it",
	  "A follower trusts a new key after it has seen it for 30 days; who "
	  "does not yet is lost when it signs alone.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_RETIRE] = { "PLAN-RETIRE", "RFC 5011 6.2",
	  "a KSK that signed is revoked before it leaves, after RetireSafety",
	  "What leaves unrevoked stays a trust anchor for all who learned it.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_REVOKE] = { "PLAN-REVOKE", "RFC 5011 2.1, 6.2",
	  "a revoked KSK signs its revocation, long enough, and never returns",
	  "Only a revocation signed by the key itself counts, and only for who "
	  "sees it.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_CHAIN] = { "PLAN-CHAIN", "RFC 5011 2.2",
	  "each quarter's first slot continues the last, no key skips a slot",
	  "Between two responses the zone's operator may have to use either.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_TRUST] = { "PLAN-TRUST", "RFC 5011 4",
	  "a key that every follower trusts signs each slot",
	  "A slot without it ends validation for those who follow RFC 5011.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_ALGORITHM] = { "PLAN-ALGORITHM", "RFC 4035 2.2, RFC 6840 5.11",
	  "every algorithm of a slot's keys signs them",
	  "Validators may insist on a path for each algorithm they see.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
	[RULE_SIZE] = { "PLAN-SIZE", "RFC 6891 6.2.5",
	  "no DNSKEY response is larger than the plan allows",
	  "A response beyond what resolvers take goes by TCP, or is lost.",
	  STAGE_PLAN, false, NULL, answer,
	  .since = RULES_0_1_0 },
};
/* clang-format on */

const size_t n_plan_rules = sizeof(plan_rules) / sizeof(plan_rules[0]);

bool
plan_check(const struct plan *plan, const struct config *config,
    enum rules rules, struct report *report, struct plan_reach *ret,
    struct err *err)
{
	struct plan_proof proof = { .plan = plan,
		.config = config,
		.times = plan_times(config),
		.parent = config_parent_ds(config) };
	const struct check_input in = {
		.rules = rules, .config = config, .proof = &proof
	};
	bool ok;

	plan_judge_slots(&proof);
	ok = plan_walk(&proof, err) &&
	    check_rows_run(plan_rules, n_plan_rules, STAGE_PLAN, &in, NULL, 0,
		report, err);
	if (ok)
		*ret = proof.reach;
	free(proof.findings);
	return ok;
}
