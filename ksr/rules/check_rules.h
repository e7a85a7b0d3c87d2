/*
 * What the rules share: the questions several of them ask, and their names for
 * the table.  Used by check_*.c, and by
 * what judges as they do.
 */
#pragma once

#include "ksr/dns/dname.h"
#include "ksr/document/bundle.h"
#include "ksr/document/key_list.h"
#include "ksr/document/wording.h"
#include "ksr/rules/check.h"

bool in_range(int64_t value, int64_t min, int64_t max);

/*
 * The parts that the configured KSKs play in a response's bundle, as its keys
 * and signatures claim them.
 */
struct schema_slot bundle_slot(const struct config *config,
    const struct dname *owner, const struct bundle *bundle);

/*
 * A rule that cannot finish refuses, and neither configuration nor override
 * lets that pass.
 */
enum verdict check_broken(struct check_result *result, const char *why);

/* checks_run over any table: the checks' own, or practice.c's clauses. */
MUST_USE bool
check_rows_run(const struct check *rows, size_t n_rows, unsigned stages,
    const struct check_input *in, const struct override *overrides,
    size_t n_overrides, struct report *report, struct err *err);

/* check_timing.c: each bundle's validity against the ends of a range. */
enum { TOO_SHORT = 1, TOO_LONG = 2 };
void
judge_validity(const struct ksr *ksr, const struct signature_policy *policy,
    const char *whose, unsigned ends, struct check_result *result);
void judge_clock(const struct check_input *in, struct check_result *result);
void judge_overlaps(const struct check_input *in, struct check_result *result);
struct signature_policy operator_policy(const struct check_input *in);
void judge_expirations(const struct ksr *ksr, struct check_result *result);
#define OPERATOR_POLICY  "the KSK operator's policy"

#define NO_PREVIOUS      "no previous SKR was given"
#define NO_SCHEMA        "no schema was named"
#define NO_REGISTER      "there is no register"
#define NO_HISTORY       "there is neither a previous SKR nor a register"
#define NOT_SLOT_BY_SLOT "no schema with a slot for each bundle was named"

/* check_request.c */
enum verdict check_domain(const struct check_input *, struct check_result *);
enum verdict check_id(const struct check_input *, struct check_result *);
enum verdict
check_bundle_unique(const struct check_input *, struct check_result *);
enum verdict
check_bundle_count(const struct check_input *, struct check_result *);

/* check_once.c */
enum verdict check_once(const struct check_input *, struct check_result *);
enum verdict
check_chain_previous(const struct check_input *, struct check_result *);

/*
 * check_chain.c: how many of the previous SKR's bundles the request follows,
 * and the last of these: all; of a request that is declared for slots that are
 * signed, or by the policy's routine begins within them, those that begin before
 * it, and at least one.  0 without a previous SKR.
 */
size_t bundles_followed(const struct check_input *in);
const struct bundle *bundle_followed(const struct check_input *in);
/* "last bundle", or "bundle 3", as findings name it. */
struct text bundle_followed_text(const struct check_input *in);

/* check_timing.c */
enum verdict
check_bundle_order(const struct check_input *, struct check_result *);
enum verdict
check_cycle_duration(const struct check_input *, struct check_result *);
enum verdict
check_inceptions(const struct check_input *, struct check_result *);
enum verdict
check_bundle_distance(const struct check_input *, struct check_result *);
enum verdict
check_own_validity(const struct check_input *, struct check_result *);
enum verdict
check_validity_max(const struct check_input *, struct check_result *);
enum verdict
check_validity_min(const struct check_input *, struct check_result *);
enum verdict check_clock(const struct check_input *, struct check_result *);
enum verdict check_horizon(const struct check_input *, struct check_result *);
enum verdict check_wire_time(const struct check_input *, struct check_result *);
enum verdict check_overlap(const struct check_input *, struct check_result *);
enum verdict
check_chain_overlap(const struct check_input *, struct check_result *);

/* check_keys.c */
enum verdict
check_bundle_keys(const struct check_input *, struct check_result *);
enum verdict
check_bundle_pop(const struct check_input *, struct check_result *);
enum verdict
check_bundle_no_pop(const struct check_input *, struct check_result *);
enum verdict
check_policy_keys(const struct check_input *, struct check_result *);

/* check_names.c */
enum verdict check_zsk_names(const struct check_input *, struct check_result *);
enum verdict
check_zsk_material(const struct check_input *, struct check_result *);

/* check_soundness.c */
enum verdict
check_request_key_valid(const struct check_input *, struct check_result *);
enum verdict
check_response_key_valid(const struct check_input *, struct check_result *);
enum verdict
check_request_shared_primes(const struct check_input *, struct check_result *);
enum verdict
check_response_shared_primes(const struct check_input *, struct check_result *);

/* check_tags.c */
/* Which clashes of tags are judged. */
enum tag_clashes {
	TAGS_ALL,      /* of 0.1.0 */
	TAGS_TOGETHER, /* of keys that share a bundle, or with a KSK */
	TAGS_APART,    /* the others: of ZSKs in different bundles */
};
enum verdict check_tags(const struct check_input *in, const struct ksr *ksr,
    const char *where, enum tag_clashes which, struct check_result *result);

enum verdict
check_request_tag_clash(const struct check_input *, struct check_result *);
enum verdict check_request_tag_clash_apart(
    const struct check_input *, struct check_result *);
enum verdict
check_response_tag_clash(const struct check_input *, struct check_result *);

/* check_policy.c */
enum verdict
check_keys_declared(const struct check_input *, struct check_result *);
enum verdict
check_exponents_declared(const struct check_input *, struct check_result *);
enum verdict
check_algorithms_approved(const struct check_input *, struct check_result *);
enum verdict
check_algorithms_declared(const struct check_input *, struct check_result *);
enum verdict
check_ksks_approved(const struct check_input *, struct check_result *);
enum verdict
check_declarations_once(const struct check_input *, struct check_result *);

/* check_0_1_0.c */
enum verdict
check_publish_safety_0_1_0(const struct check_input *, struct check_result *);
enum verdict
check_retire_safety_0_1_0(const struct check_input *, struct check_result *);

/* check_safety.c */
enum safety { SAFETY_PUBLISH, SAFETY_RETIRE };
enum verdict
safety_of_ksks(const struct check_input *, enum safety, bool trusted_alone,
    struct check_result *);
enum verdict
check_publish_safety(const struct check_input *, struct check_result *);
enum verdict
check_retire_safety(const struct check_input *, struct check_result *);

/* check_chain.c */
enum verdict
check_chain_keys(const struct check_input *, struct check_result *);
enum verdict
check_previous_signed(const struct check_input *, struct check_result *);
enum verdict
check_chain_keys_in_hsm(const struct check_input *, struct check_result *);

/* check_schedule.c */
enum verdict check_schedule(const struct check_input *, struct check_result *);
enum verdict
check_schedule_0_1_0(const struct check_input *, struct check_result *);
enum verdict
check_valid_until(const struct check_input *, struct check_result *);

/* check_revoked.c */
enum verdict check_revoked(const struct check_input *, struct check_result *);

/* check_trust.c */
enum verdict check_trust(const struct check_input *, struct check_result *);
enum verdict check_followers(const struct check_input *, struct check_result *);

/* check_response.c */
enum verdict
check_skr_verify(const struct check_input *, struct check_result *);
enum verdict check_skr_match(const struct check_input *, struct check_result *);
enum verdict
check_skr_match_records(const struct check_input *, struct check_result *);
enum verdict check_skr_pair(const struct check_input *, struct check_result *);

/* check_0_1_0.c */
enum verdict check_request_key_valid_0_1_0(
    const struct check_input *, struct check_result *);
enum verdict check_response_key_valid_0_1_0(
    const struct check_input *, struct check_result *);

/* As 0.1.0 had them, beside what is in force. */
enum verdict
check_bundle_pop_0_1_0(const struct check_input *, struct check_result *);
enum verdict check_algorithms_approved_0_1_0(
    const struct check_input *, struct check_result *);
enum verdict
check_skr_match_0_1_0(const struct check_input *, struct check_result *);

/* check_child.c */
enum verdict check_skr_child(const struct check_input *, struct check_result *);

/* check_boundary.c */
enum verdict
check_skr_boundary(const struct check_input *, struct check_result *);

/* check_0_1_0.c: rules of version 0.1.0 that were changed since. */
enum verdict check_clock_0_1_0(const struct check_input *, struct check_result *);
enum verdict
check_overlap_0_1_0(const struct check_input *, struct check_result *);
enum verdict
check_bundle_interval_0_1_0(const struct check_input *, struct check_result *);
enum verdict
check_validity_0_1_0(const struct check_input *, struct check_result *);
enum verdict check_request_tag_clash_0_1_0(
    const struct check_input *, struct check_result *);
enum verdict check_response_tag_clash_0_1_0(
    const struct check_input *, struct check_result *);
