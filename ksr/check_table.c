/*
 * The table.  Clauses are those of the root's KSK practice statement (DPS)
 * unless they name an RFC.  docs/checks.md has the same rows with their tests.
 */
#include "ksr/check_rules.h"

#define SWITCH(name)                                           \
	static bool switch_##name(const struct config *config) \
	{                                                      \
		return config->request_policy.name;            \
	}

SWITCH(check_bundle_count)
SWITCH(check_bundle_order)
SWITCH(check_declarations_once)
SWITCH(check_valid_until)
SWITCH(validate_signatures)
SWITCH(keys_match_zsk_policy)
SWITCH(rsa_exponent_match_zsk_policy)
SWITCH(check_cycle_length)
SWITCH(check_keys_match_ksk_operator_policy)
SWITCH(signature_algorithms_match_zsk_policy)
SWITCH(signature_validity_match_zsk_policy)
SWITCH(signature_check_expire_horizon)
SWITCH(check_bundle_overlap)
SWITCH(check_bundle_intervals)
SWITCH(check_keys_publish_safety)
SWITCH(check_keys_retire_safety)
SWITCH(check_chain_keys)
SWITCH(check_chain_keys_in_hsm)
SWITCH(check_chain_overlap)

/* clang-format off */
const struct check checks[] = {
	{ "KSR-DOMAIN", "5.1.4",
	  "the request is for the zone that the policy accepts",
	  "The KSK signs one zone's apex DNSKEY RRset and nothing else.",
	  STAGE_REQUEST, true, NULL, check_domain,
	  .since = RULES_0_1_0 },
	{ "KSR-ID", "5.1.2",
	  "the request's id was never processed before",
	  "A request that is signed twice, or last quarter's replayed, gives "
	  "the zone's owner a response that was not asked for.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true, NULL, check_id,
	  .since = RULES_0_1_0 },
	{ "KSR-BUNDLE-UNIQUE", "5.1.2",
	  "bundle ids are unique, also against the previous SKR and the "
	  "register",
	  "A response is matched to its request bundle by bundle, by id.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true, NULL,
	  check_bundle_unique,
	  .since = RULES_0_1_0 },
	{ "KSR-BUNDLE-KEYS", "5.1.3, RFC 4034 2.1",
	  "one identifier is one key, with the flags, protocol and tag of a ZSK",
	  "People and logs speak of keys by identifier and tag; both must mean "
	  "one key throughout.",
	  STAGE_REQUEST, true, NULL, check_bundle_keys,
	  .since = RULES_0_1_0 },
	{ "KSR-BUNDLE-KEYS", "5.1.3",
	  "each key has an algorithm and size that the request declares",
	  "The policy section is what the two operators agreed on.",
	  STAGE_REQUEST, true, switch_keys_match_zsk_policy,
	  check_keys_declared,
	  .since = RULES_0_1_0 },
	{ "KSR-BUNDLE-KEYS", "5.1.3",
	  "each RSA key has an exponent that the request declares",
	  "An exponent that no key had stood in the policy sections for six "
	  "years, unnoticed.",
	  STAGE_REQUEST, true, switch_rsa_exponent_match_zsk_policy,
	  check_exponents_declared,
	  .since = RULES_0_1_0 },
	{ "KSR-ZSK-NOT-KSK", "5.1.3",
	  "no ZSK of the request has the identifier of a KSK",
	  "In a response one identifier names one key; the KSK's is its label "
	  "in the HSM.",
	  STAGE_REQUEST, false, NULL, check_zsk_names,
	  .since = RULES_0_2_0 },
	{ "KSR-ZSK-NOT-KSK", "5.1.4",
	  "no ZSK of the request is a KSK",
	  "A KSK signs the apex DNSKEY RRset and nothing else; a ZSK signs "
	  "the rest of the zone, and is on machines that are networked.",
	  STAGE_REQUEST, false, NULL, check_zsk_material,
	  .since = RULES_0_2_0 },
	{ "KSR-BUNDLE-POP", "5.1.2, 6.7",
	  "each ZSK signs the key set of each of its bundles",
	  "Only who has the private key may have a public key published.",
	  STAGE_REQUEST, false, switch_validate_signatures,
	  check_bundle_pop_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-BUNDLE-POP", "5.1.2, 6.7",
	  "each ZSK signs the key set of each of its bundles",
	  "Only who has the private key may have a public key published.",
	  STAGE_REQUEST, false, switch_validate_signatures, check_bundle_pop,
	  .since = RULES_0_2_0 },
	{ "KSR-BUNDLE-COUNT", "6.6",
	  "the request has the configured number of bundles",
	  "A request cut short leaves the zone without signatures at its end.",
	  STAGE_REQUEST, true, NULL, check_bundle_count,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-BUNDLE-COUNT", "6.6",
	  "the request has the configured number of bundles",
	  "A request cut short leaves the zone without signatures at its end.",
	  STAGE_REQUEST, true, switch_check_bundle_count,
	  check_bundle_count,
	  .since = RULES_0_2_0 },
	{ "KSR-BUNDLE-ORDER", "6.6",
	  "bundles stand in the file in order of time",
	  "They are read and answered in order of time wherever they stand; "
	  "who reads the file should know.",
	  STAGE_REQUEST, true, switch_check_bundle_order, check_bundle_order,
	  .since = RULES_0_2_0 },
	{ "KSR-BUNDLE-CYCLE-DURATION", "6.6",
	  "the first and last inception are a cycle apart",
	  "A cycle is a quarter; a longer one delays every rollover, a shorter "
	  "one leaves a hole before the next.",
	  STAGE_REQUEST, true, switch_check_cycle_length,
	  check_cycle_duration,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-KEYS", "6.6, 6.9",
	  "keys in each bundle and in all, and their TTL, are as configured",
	  "One key too many enlarges every response; two TTLs make caches "
	  "disagree about what is published.",
	  STAGE_REQUEST, true, switch_check_keys_match_ksk_operator_policy,
	  check_policy_keys,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-ALG", "5.1.3, 6.1, RFC 8624 3.1",
	  "algorithms, sizes and exponents, declared or used, are approved",
	  "A key set is as strong as its weakest key.",
	  STAGE_REQUEST, true, NULL, check_algorithms_approved_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-POLICY-ALG", "5.1.3, 6.1, RFC 8624 3.1",
	  "algorithms, sizes and exponents, declared or used, are approved",
	  "A key set is as strong as its weakest key.",
	  STAGE_REQUEST, true, NULL, check_algorithms_approved,
	  .since = RULES_0_2_0 },
	{ "KSR-POLICY-ALG", "5.1.3, 6.1",
	  "sizes and exponents of the response's KSKs are approved",
	  "A key set is as strong as its weakest key.",
	  STAGE_RESPONSE, true, NULL, check_ksks_approved,
	  .since = RULES_0_2_0 },
	{ "KSR-POLICY-REPEATED", "5.1.3",
	  "no algorithm is declared twice",
	  "A declaration that stands twice was meant to be another.",
	  STAGE_REQUEST, true, switch_check_declarations_once,
	  check_declarations_once,
	  .since = RULES_0_2_0 },
	{ "KSR-POLICY-ALG", "5.1.3",
	  "each algorithm used is declared in the request's policy",
	  "An algorithm that nobody announced is a mistake or an attack.",
	  STAGE_REQUEST, true, switch_signature_algorithms_match_zsk_policy,
	  check_algorithms_declared,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-SIG-VALIDITY", "5.1.4",
	  "each bundle's validity is within the KSK operator's range",
	  "A stolen or mistaken RRset can be replayed for as long as its "
	  "signature is valid.",
	  STAGE_REQUEST, true, NULL, check_validity,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-SIG-VALIDITY", "5.1.4",
	  "each bundle's validity is within the request's own range",
	  "The policy section is what the two operators agreed on.",
	  STAGE_REQUEST, true, switch_signature_validity_match_zsk_policy,
	  check_own_validity,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-SIG-HORIZON", "5.1.4",
	  "nothing expires beyond the horizon and nothing has expired",
	  "Signatures for a far future outlive the decision that they rest on.",
	  STAGE_REQUEST, true, switch_signature_check_expire_horizon,
	  check_horizon,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-CLOCK", "5.7",
	  "the clock is not behind the program, the register or the previous "
	  "SKR",
	  "Every rule about time rests on a clock that is set by hand.",
	  STAGE_REQUEST, true, NULL, check_clock,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-SIG-OVERLAP", "6.6",
	  "neighbouring bundles overlap within both operators' ranges",
	  "In a gap the zone is bogus; the overlap is the time there is to "
	  "move from one RRset to the next.",
	  STAGE_REQUEST, true, switch_check_bundle_overlap, check_overlap,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-BUNDLE-INTERVAL", "6.6",
	  "inceptions are in order and a slot apart",
	  "The zone signer takes one RRset a slot.",
	  STAGE_REQUEST, true, switch_check_bundle_intervals,
	  check_bundle_interval,
	  .since = RULES_0_1_0 },
	{ "KSR-POLICY-SAFETY", "6.6, RFC 7583 3.2.1",
	  "a key signs only after it was published for PublishSafety",
	  "A resolver that has the old key set in its cache cannot verify what "
	  "a new key signed.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true,
	  switch_check_keys_publish_safety, check_publish_safety_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-POLICY-SAFETY", "RFC 7583 3.2.1",
	  "at each moment a key can sign that caches have had for PublishSafety",
	  "A resolver that has the old key set in its cache cannot verify what "
	  "a new key signed.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true,
	  switch_check_keys_publish_safety, check_publish_safety,
	  .since = RULES_0_2_0 },
	{ "KSR-POLICY-SAFETY", "6.6, RFC 7583 3.2.1",
	  "a key stays published for RetireSafety after it last signed",
	  "A resolver that has the old key's signatures in its cache needs the "
	  "old key.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true,
	  switch_check_keys_retire_safety, check_retire_safety_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-POLICY-SAFETY", "RFC 7583 3.2.1",
	  "a key that signs stays published for RetireSafety after it last signed",
	  "A resolver that has the old key's signatures in its cache needs the "
	  "old key.",
	  STAGE_REQUEST | STAGE_CHAIN | STAGE_SCHEDULE, true,
	  switch_check_keys_retire_safety, check_retire_safety,
	  .since = RULES_0_2_0 },
	{ "KSR-CHAIN-KEYS", "5.1.2, 6.6",
	  "the previous SKR is signed by known KSKs and its last ZSKs are the "
	  "request's first",
	  "The request must continue the zone as it is published.",
	  STAGE_REQUEST | STAGE_CHAIN, false, switch_check_chain_keys,
	  check_chain_keys,
	  .since = RULES_0_1_0 },
	{ "KSR-CHAIN-KEYS", "6.5",
	  "the KSK that signed the previous SKR's last bundle is in the HSM",
	  "A ceremony with another token than last time is a rollover that "
	  "nobody planned.",
	  STAGE_TOKEN, false, switch_check_chain_keys_in_hsm,
	  check_chain_keys_in_hsm,
	  .since = RULES_0_1_0 },
	{ "KSR-CHAIN-OVERLAP", "6.6",
	  "the previous SKR's last bundle and the request's first overlap "
	  "within both ranges",
	  "In a gap between two cycles the zone is bogus.",
	  STAGE_REQUEST | STAGE_CHAIN, true, switch_check_chain_overlap,
	  check_chain_overlap,
	  .since = RULES_0_1_0 },
	{ "KSR-TAG-CLASH", "RFC 4034 B",
	  "no two keys, revoked forms included, share a tag and algorithm",
	  "Validators look a signature's key up by tag and algorithm; a clash "
	  "makes them try keys in vain, or the wrong one first.",
	  STAGE_REQUEST, false, NULL, check_request_tag_clash,
	  .since = RULES_0_1_0 },
	{ "KSR-TAG-CLASH", "RFC 4034 B",
	  "no two keys of the response, revoked forms included, share a tag and "
	  "algorithm",
	  "The KSKs' public keys, and with them their revoked tags, are known "
	  "here at the latest.",
	  STAGE_RESPONSE, false, NULL, check_response_tag_clash,
	  .since = RULES_0_1_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "each public key passes the full public-key test",
	  "A key that is weak or no key at all signs for everybody.",
	  STAGE_REQUEST, false, NULL, check_request_key_valid_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "each KSK of the response passes the full public-key test",
	  "A key that is weak or no key at all signs for everybody.",
	  STAGE_RESPONSE, false, NULL, check_response_key_valid_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "each public key of the request passes the full public-key test",
	  "A key that is weak or no key at all signs for everybody.",
	  STAGE_REQUEST, false, NULL, check_request_key_valid,
	  .since = RULES_0_2_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "each public key of the response passes the full public-key test",
	  "A key that is weak or no key at all signs for everybody.",
	  STAGE_RESPONSE, false, NULL, check_response_key_valid,
	  .since = RULES_0_2_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "no two RSA keys of request and previous SKR have a prime in common",
	  "Whoever sees both divides each by what they have in common, and has "
	  "both private keys.",
	  STAGE_REQUEST, false, NULL, check_request_shared_primes,
	  .since = RULES_0_2_0 },
	{ "KSR-KEY-VALID", "5.1.3",
	  "no two RSA keys of response and previous SKR have a prime in common",
	  "The KSKs' public keys are known here at the latest.",
	  STAGE_RESPONSE, false, NULL, check_response_shared_primes,
	  .since = RULES_0_2_0 },
	{ "SKR-SCHEDULE", "6.5, RFC 5011 2.1, RFC 6840 5.11",
	  "the schema may be signed: slots, key validity, algorithms, "
	  "revocation, pins",
	  "A schedule that breaks the zone is cheapest found before the HSM is "
	  "touched.",
	  STAGE_REQUEST | STAGE_SCHEDULE, false, NULL, check_schedule,
	  .since = RULES_0_1_0 },
	{ "SKR-SCHEDULE", "6.5",
	  "no signature outlives the valid_until of a KSK beside it",
	  "After its time a key vouches for nothing, and what it vouched for "
	  "is not shown any more.",
	  STAGE_REQUEST | STAGE_SCHEDULE, false, switch_check_valid_until,
	  check_valid_until,
	  .since = RULES_0_2_0 },
	{ "SKR-REVOKED", "RFC 5011 2.1",
	  "a KSK that was revoked is never unrevoked again",
	  "A revocation says that the key may be in other hands; who heeded it "
	  "never trusts the key again.",
	  STAGE_REQUEST | STAGE_SCHEDULE | STAGE_RESPONSE, false, NULL,
	  check_revoked,
	  .since = RULES_0_2_0 },
	{ "SKR-TRUST", "RFC 5011 2.4.1, RFC 7583 2.2",
	  "no KSK signs alone before every follower trusts it",
	  "Who does not trust the only key that signs has lost the zone, and "
	  "what he needs to find it again.",
	  STAGE_REQUEST | STAGE_SCHEDULE | STAGE_RESPONSE, true, NULL,
	  check_trust,
	  .since = RULES_0_2_0 },
	{ "SKR-FOLLOWERS", "RFC 5011 4, RFC 4035 5.2",
	  "of the kinds of followers at least one validates throughout",
	  "A response that nobody can validate is worse than none: the zone is "
	  "gone for all who look.",
	  STAGE_REQUEST | STAGE_SCHEDULE | STAGE_RESPONSE, true, NULL,
	  check_followers,
	  .since = RULES_0_2_0 },
	{ "SKR-VERIFY", "6.8",
	  "each signature of the written response verifies, by a pinned KSK",
	  "What leaves the ceremony is the file, not what was in memory.",
	  STAGE_RESPONSE, false, NULL, check_skr_verify,
	  .since = RULES_0_1_0 },
	{ "SKR-MATCH", "5.1.2",
	  "the response answers this request: id, serial, domain, bundles and "
	  "policies",
	  "The zone's owner finds its bundles by what it asked for.",
	  STAGE_RESPONSE, false, NULL, check_skr_match_0_1_0,
	  .since = RULES_0_1_0, .until = RULES_0_2_0 },
	{ "SKR-MATCH", "5.1.2",
	  "the response answers this request: id, serial, domain, bundles and "
	  "policies",
	  "The zone's owner finds its bundles by what it asked for.",
	  STAGE_RESPONSE, false, NULL, check_skr_match,
	  .since = RULES_0_2_0 },
	{ "SKR-PAIR", "5.1.4, 6.6, 6.9",
	  "each bundle has the request's ZSKs, the schedule's KSKs and nothing "
	  "else",
	  "A key too many is published to the world; a key too few breaks the "
	  "zone.",
	  STAGE_RESPONSE, false, NULL, check_skr_pair,
	  .since = RULES_0_1_0 },
};
/* clang-format on */
const size_t n_checks = ARRAY_LEN(checks);
