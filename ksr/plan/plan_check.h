/*
 * A plan proved before any ceremony: what must hold in every slot, whichever of
 * its responses the zone comes to use.  Another table of rules, over a plan and
 * its configuration alone, with the checks' verdicts and report.
 *
 * A path is one way through the plan: each quarter the planned response, or a
 * fallback from the first slot on, or the planned one up to some slot and a
 * fallback from there, until the delays that the plan allows are used up.
 * Every path is walked slot by slot; those that come to the same state go on
 * together.
 */
#pragma once

#include "ksr/plan/plan.h"
#include "ksr/rules/check.h"
#include "ksr/trust/followers.h"

extern const struct check plan_rules[];
extern const size_t n_plan_rules;

/* UDP responses above these are cut or lost by some: worth a warning. */
#define PLAN_SIZE_IPV6	   1232u /* what the least IPv6 MTU, 1280, carries */
#define PLAN_SIZE_ETHERNET 1452u /* what IPv6 over Ethernet carries */

/* What was proved. */
struct plan_reach {
	uint64_t n_paths; /* UINT64_MAX: that many or more */
	uint64_t n_slots; /* judged; paths share those of what they share */
	/* The largest DNSKEY response, the first where several are. */
	size_t octets, quarter, response, slot;
};

/*
 * Runs every rule that is in force by `rules`.  A finding's bundle is the slot, its bundle_id the quarter
 * and the response ("2027-q1 d_to_e"), and what was seen ends with the path.
 * E_MEMORY, or E_REFUSED where the plan has more ways than can be proved.
 */
MUST_USE bool plan_check(const struct plan *plan, const struct config *config,
    enum rules rules, struct report *report, struct plan_reach *ret,
    struct err *err);

/*
 * The octets of the DNSKEY response in that slot, with EDNS, RFC 1035 names
 * compressed.  ZSKs are as many as the key counts say, and as large as these
 * say or the policy approves; a KSK of unknown size is as large as any.
 */
size_t plan_slot_octets(const struct plan_quarter *quarter, size_t response,
    const struct config *config, size_t slot);

/* What RFC 5011 and the policy make of time; docs/plan.md explains it. */
struct plan_times {
	int64_t validity_s; /* how long an RRset can be replayed */
	struct followers_times followers;
	int64_t publish_safety_s, retire_safety_s;
};

struct plan_times plan_times(const struct config *config);
