/*
 * Plans proved: the templates hold, each planted error is found by the rule and
 * at the place that it belongs to, and what the search says of a plan is what
 * each of its paths says when it is walked alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/plan/plan_check.h"
#include "tests/support/support.h"

#define EXAMPLES "docs/examples/"

struct proved {
	struct config *config;
	struct plan *plan;
	struct report report;
	struct plan_reach reach;
};

/* The text with `from`, which it has, replaced by `to`; NULL changes nothing.
 */
static struct buf
with(const char *text, const char *from, const char *to)
{
	struct buf changed = buf_new(1 << 20);
	const char *at = from == NULL ? text : strstr(text, from);

	if (at == NULL)
		fail_msg("there is no \"%s\"", from);
	buf_put(&changed, text, (size_t)(at - text));
	if (from != NULL)
		buf_puts(&changed, to);
	buf_puts(&changed, at + (from == NULL ? 0 : strlen(from)));
	assert_false(changed.failed);
	return changed;
}

static void
prove(const char *config, const char *plan, struct proved *ret)
{
	struct err err = { 0 };

	*ret = (struct proved){ 0 };
	assert_ok(
	    config_read(bytes_of_string(config), "c.yaml", &ret->config, &err),
	    &err);
	assert_ok(plan_read(bytes_of_string(plan), "p.yaml", ret->config,
		      &ret->plan, &err),
	    &err);
	assert_ok(
	    plan_check(ret->plan, ret->config, RULES_TODAY, &ret->report, &ret->reach, &err),
	    &err);
}

static void
prove_example(const char *config, const char *plan, const char *from,
    const char *to, struct proved *ret)
{
	char path[256];
	struct buf yaml, file, changed;

	snprintf(path, sizeof(path), EXAMPLES "%s.yaml", config);
	yaml = read_whole(path);
	snprintf(path, sizeof(path), EXAMPLES "%s.yaml", plan);
	file = read_whole(path);
	changed = with((const char *)file.data, from, to);
	buf_u8(&changed, 0);
	prove((const char *)yaml.data, (const char *)changed.data, ret);
	buf_free(&changed);
	buf_free(&file);
	buf_free(&yaml);
}

static void
proved_clear(struct proved *proved)
{
	report_clear(&proved->report);
	plan_free(proved->plan);
	config_free(proved->config);
}

static const struct check_result *
result_of(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (strcmp(report->results[i].check->id, id) == 0)
			return &report->results[i];
	fail_msg("no rule %s", id);
	return NULL;
}

/* Every finding, for the message of a failure. */
static const char *
findings_text(const struct report *report)
{
	static char text[16384];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < report->n_results; i++)
		for (size_t k = 0; k < report->results[i].n_findings; k++) {
			const struct finding *finding =
			    &report->results[i].findings[k];

			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "\n%s slot %zu of %s: %s",
			    report->results[i].check->id, finding->bundle,
			    finding->bundle_id, finding->seen);
			if (len > sizeof(text) - 2 * FINDING_TEXT_MAX)
				return text;
		}
	return text;
}

static void
assert_found(const struct report *report, const char *id, size_t slot,
    const char *place, const char *seen)
{
	const struct check_result *result = result_of(report, id);

	assert_int_equal(result->verdict, VERDICT_REFUSE);
	for (size_t i = 0; i < result->n_findings; i++)
		if (result->findings[i].bundle == slot &&
		    strcmp(result->findings[i].bundle_id, place) == 0 &&
		    strstr(result->findings[i].seen, seen) != NULL) {
			assert_true(result->findings[i].required[0] != '\0');
			return;
		}
	fail_msg("%s does not find \"%s\" in slot %zu of %s:%s", id, seen, slot,
	    place, findings_text(report));
}

static void
assert_holds(const struct report *report)
{
	if (!report_accepted(report))
		fail_msg("refused:%s", findings_text(report));
	assert_int_equal(report->n_results, n_plan_rules);
}

static void
plan_templates_hold(void **state)
{
	static const struct {
		const char *config, *plan;
		size_t octets;
	} templates[] = {
		{ "root", "plan-rollover", 1425 },
		{ "root-algorithm", "plan-algorithm", 1470 },
		{ "root-algorithm", "plan-algorithm-back-out", 1470 },
		{ "root-algorithm", "plan-algorithm-withdraw", 1391 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
		struct proved proved;

		prove_example(templates[i].config, templates[i].plan, NULL,
		    NULL, &proved);
		assert_holds(&proved.report);
		assert_int_equal(proved.reach.octets, templates[i].octets);
		proved_clear(&proved);
	}
}

#define PUBLISH_BOTH "publish: [ksk_current, ksk_next], "
/* In the place of the standard schema, since a plan's own come first. */
#define OWN(name, slots) "schemas:\n", "schemas:\n  " name ": {" slots "}\n"
#define ROLLOVER         "root", "plan-rollover"
#define ALGORITHM        "root-algorithm", "plan-algorithm"
#define PROPOSAL         "root-algorithm", "plan-proposal"
#define CLASSIC          "root-algorithm", "plan-classic"

/* One change to a template, and which rule finds it where. */
static const struct planted {
	const char *config, *plan, *from, *to;
	const char *id;
	size_t slot;
	const char *place, *seen;
} planted[] = {
	/* The new key signs 20 days after it appeared. */
	{ ROLLOVER,
	    OWN("pre-publish",
		"1: {sign: ksk_current}, 2-3: {" PUBLISH_BOTH
		"sign: ksk_current}, 4-9: {" PUBLISH_BOTH "sign: ksk_next}"),
	    "PLAN-HOLD-DOWN", 4, "2027-q2 c_to_d",
	    "KSK ksk_next (38696) signs from 2027-05-01T00:00:00, published "
	    "since 2027-04-11T00:00:00; path: as planned" },
	{ ROLLOVER,
	    OWN("pre-publish",
		"1: {sign: ksk_current}, 2-3: {" PUBLISH_BOTH
		"sign: ksk_current}, 4-9: {" PUBLISH_BOTH "sign: ksk_next}"),
	    "PLAN-TRUST", 4, "2027-q2 c_to_d",
	    "KSK ksk_next (38696) signs and is not trusted by all" },
	/* It signs beside the old one, of the same algorithm: no need to. */
	{ ROLLOVER,
	    OWN("pre-publish",
		"1: {sign: ksk_current}, 2-9: {sign: [ksk_current, "
		"ksk_next]}"),
	    "PLAN-HOLD-DOWN", 2, "2027-q2 c_to_d", "path: as planned" },
	/* Revoked without its own signature. */
	{ ROLLOVER,
	    OWN("revoke",
		"1: {" PUBLISH_BOTH "sign: ksk_next}, 2-8: {revoke: "
		"ksk_current, sign: ksk_next}, 9: {sign: ksk_next}"),
	    "PLAN-REVOKE", 2, "2027-q4 e_to_f",
	    "KSK ksk_current (20326) is published revoked and does not sign" },
	/* Revoked for 20 days only. */
	{ ROLLOVER,
	    OWN("revoke",
		"1: {" PUBLISH_BOTH "sign: ksk_next}, 2-3: {revoke: "
		"ksk_current, sign: [ksk_current, ksk_next]}, 4-9: {sign: "
		"ksk_next}"),
	    "PLAN-REVOKE", 4, "2027-q4 e_to_f",
	    "is no longer published revoked, P10D (864000 s) before "
	    "2027-11-10T00:00:00" },
	/* The new key is missing in one slot of D. */
	{ ROLLOVER,
	    OWN("pre-publish",
		"1: {sign: ksk_current}, 2-4: {" PUBLISH_BOTH
		"sign: ksk_current}, 5: {sign: ksk_current}, 6-9: "
		"{" PUBLISH_BOTH "sign: ksk_current}"),
	    "PLAN-CHAIN", 6, "2027-q2 c_to_d",
	    "KSK ksk_next (38696) returns after it was missing in this "
	    "quarter" },
	/* ... and at its end. */
	{ ROLLOVER,
	    OWN("pre-publish",
		"1: {sign: ksk_current}, 2-8: {" PUBLISH_BOTH
		"sign: ksk_current}, 9: {sign: ksk_current}"),
	    "PLAN-CHAIN", 1, "2027-q3 d_to_e",
	    "KSK ksk_next (38696) appears; path: as planned" },
	/* A fallback that does not go on where D ended. */
	{ ROLLOVER, "d_to_d: {schema: publish+}", "d_to_d: {schema: normal}",
	    "PLAN-CHAIN", 1, "2027-q3 d_to_d",
	    "KSK ksk_next (38696) is missing; path: 2027-q3 d_to_d" },
	/* ... switched to where the new key signs already. */
	{ ROLLOVER, "d_to_d: {schema: publish+}", "d_to_d: {schema: normal}",
	    "PLAN-RETIRE", 3, "2027-q3 d_to_d",
	    "KSK ksk_next (38696) leaves unrevoked; path: 2027-q3 d_to_e, from "
	    "slot 3 d_to_d" },
	/* A hold that skips D: the new key appears out of nothing. */
	{ ROLLOVER, "c_to_c: {schema: normal}",
	    "c_to_c: {schema: normal, resume: 2027-q3}", "PLAN-CHAIN", 1,
	    "2027-q3 d_to_e", "appears; path: 2027-q2 c_to_c" },
	{ ROLLOVER, "c_to_c: {schema: normal}",
	    "c_to_c: {schema: normal, resume: 2027-q3}", "PLAN-HOLD-DOWN", 2,
	    "2027-q3 d_to_e", "path: 2027-q2 c_to_c" },
	/* The revocation is taken back. */
	{ ROLLOVER, "rollover+, until: 2", "rollover+, until: 3", "PLAN-REVOKE",
	    3, "2027-q4 e_to_e",
	    "KSK ksk_current (20326) returns unrevoked; path: 2027-q4 e_to_f, "
	    "from slot 3 e_to_e" },
	/* The old key is simply left out. */
	{ ROLLOVER,
	    OWN("revoke",
		"1: {" PUBLISH_BOTH "sign: ksk_next}, 2-9: {sign: ksk_next}"),
	    "PLAN-RETIRE", 2, "2027-q4 e_to_f",
	    "KSK ksk_current (20326) leaves unrevoked" },
	/* It leaves 20 days after it last signed, in haste. */
	{ ROLLOVER,
	    OWN("rollover",
		"1: {" PUBLISH_BOTH "sign: ksk_current}, 2: {revoke: "
		"ksk_current, sign: [ksk_current, ksk_next]}, 3-9: {sign: "
		"ksk_next}"),
	    "PLAN-RETIRE", 3, "2027-q3 d_to_e",
	    "leaves P10D (864000 s) after it last signed unrevoked, "
	    "RetireSafety is P28D" },
	/* A response too many octets. */
	{ ROLLOVER, "delays: 3", "max_response_size: 1424", "PLAN-SIZE", 2,
	    "2027-q4 e_to_f", "the DNSKEY response has 1425 octets" },
	/* ECDSA keys that no ECDSA key signs. */
	{ ALGORITHM, "  both:\n    1-9: {sign: [ksk_current, ksk_next]}",
	    "  both:\n    1-9: {" PUBLISH_BOTH "sign: ksk_current}",
	    "PLAN-ALGORITHM", 1, "2028-q3 both",
	    "there are a KSK and ZSKs of ECDSAP256SHA256 and no KSK of it "
	    "signs" },
	/* A ZSK of the new algorithm a slot before its KSK. */
	{ ALGORITHM, "[0, 0, 0, 0, 0, 0, 0, 0, 1]",
	    "[0, 0, 0, 0, 0, 0, 0, 1, 1]", "PLAN-ALGORITHM", 8,
	    "2028-q2 introduce",
	    "there are ZSKs of ECDSAP256SHA256 and no KSK of it signs" },
	/* Its KSK where the ZSK is not yet. */
	{ ALGORITHM,
	    "    1-8: {sign: ksk_current}\n    9: {sign: [ksk_current, "
	    "ksk_next]}",
	    "    1-7: {sign: ksk_current}\n    8-9: {sign: [ksk_current, "
	    "ksk_next]}",
	    "PLAN-ALGORITHM", 8, "2028-q2 introduce",
	    "there is a KSK of ECDSAP256SHA256 and, by num_keys_per_bundle, no "
	    "ZSK of it" },
	/* The old KSK is revoked before all trust the new one. */
	{ ALGORITHM, "  both:\n    1-9: {sign: [ksk_current, ksk_next]}",
	    "  both:\n    1: {sign: [ksk_current, ksk_next]}\n"
	    "    2-9: {revoke: ksk_current, sign: [ksk_current, ksk_next]}",
	    "PLAN-HOLD-DOWN", 2, "2028-q3 both",
	    "KSK ksk_next signs from 2028-07-11T00:00:00, published since "
	    "2028-06-20T00:00:00" },
	{ ALGORITHM, "  both:\n    1-9: {sign: [ksk_current, ksk_next]}",
	    "  both:\n    1: {sign: [ksk_current, ksk_next]}\n"
	    "    2-9: {revoke: ksk_current, sign: [ksk_current, ksk_next]}",
	    "PLAN-TRUST", 2, "2028-q3 both",
	    "KSK ksk_current (38696) signs revoked, KSK ksk_next signs and is "
	    "not trusted by all" },
	/* The trusted new KSK is withdrawn and not revoked. */
	{ ALGORITHM,
	    "    2-9: {revoke: ksk_next, sign: [ksk_current, ksk_next]}",
	    "    2-9: {sign: ksk_current}", "PLAN-RETIRE", 2,
	    "2028-q4 back-out", "KSK ksk_next leaves unrevoked" },
	/* A switch to a signer that nobody has seen. */
	{ ALGORITHM, "    schema: alone\n",
	    "    schema: alone\n    fallbacks: {x: {schema: both}}\n",
	    "PLAN-CHAIN", 2, "2028-q1 x",
	    "KSK ksk_next signs and was not published before; path: 2028-q1 "
	    "alone, from slot 2 x" },
	/* The RSA ZSK rolls while both algorithms are there. */
	{ PROPOSAL,
	    "      RSASHA256:1536: [1, 1, 1, 1, 1, 1, 1, 1, 1]\n      "
	    "ECDSAP256SHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n    "
	    "num_different_keys_in_all_bundles: {RSASHA256:1536: 1",
	    "      RSASHA256:1536: [2, 1, 1, 1, 1, 1, 1, 1, 1]\n      "
	    "ECDSAP256SHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n    "
	    "num_different_keys_in_all_bundles: {RSASHA256:1536: 2",
	    "PLAN-CHAIN", 1, "2028-q4 ee",
	    "2 RSASHA256:1536 ZSKs, 2 ECDSAP256SHA256 ZSKs by "
	    "num_keys_per_bundle, 1 RSASHA256:1536 ZSK, 2 ECDSAP256SHA256 ZSKs "
	    "before" },
	/* With two RSA ZSKs the aim is missed by 31 octets. */
	{ PROPOSAL,
	    "      RSASHA256:1536: [1, 1, 1, 1, 1, 1, 1, 1, 1]\n      "
	    "ECDSAP256SHA256: [1, 1, 1, 1, 1, 1, 1, 1, 2]\n    "
	    "num_different_keys_in_all_bundles: {RSASHA256:1536: 1",
	    "      RSASHA256:1536: [1, 1, 1, 1, 1, 1, 1, 2, 1]\n      "
	    "ECDSAP256SHA256: [1, 1, 1, 1, 1, 1, 1, 1, 2]\n    "
	    "num_different_keys_in_all_bundles: {RSASHA256:1536: 2",
	    "PLAN-SIZE", 8, "2028-q3 dd",
	    "the DNSKEY response has 1263 octets" },
	/* A hold without the ZSK that the next quarter begins with. */
	{ PROPOSAL,
	    "          RSASHA256:2048: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n",
	    "          RSASHA256:2048: [2, 1, 1, 1, 1, 1, 1, 1, 1]\n",
	    "PLAN-CHAIN", 1, "2028-q1 bb",
	    "2 RSASHA256:2048 ZSKs by num_keys_per_bundle, 1 RSASHA256:2048 "
	    "ZSK before; path: 2027-q4 hold" },
	/* A hold in mid-quarter with other ZSKs than the zone has. */
	{ PROPOSAL,
	    "          RSASHA256:1536: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n",
	    "          RSASHA256:1536: [2, 1, 2, 1, 1, 1, 1, 1, 2]\n",
	    "PLAN-CHAIN", 4, "2028-q2 hold",
	    "2 RSASHA256:1536 ZSKs by num_keys_per_bundle, 1 RSASHA256:1536 "
	    "ZSK before; path: 2028-q2 cc, from slot 4 hold" },
	/* Keys come with their signatures, and go with them. */
	{ CLASSIC, "    zone_signatures: {1-8: ECDSAP256SHA256}\n",
	    "    zone_signatures: {1-7: ECDSAP256SHA256}\n", "PLAN-ALGORITHM",
	    9, "2028-q3 introduce",
	    "keys of ECDSAP256SHA256 come, and in the slot before no "
	    "zone_signatures are of it" },
	{ CLASSIC, "    zone_signatures: {2: RSASHA256}\n", "",
	    "PLAN-ALGORITHM", 2, "2029-q2 remove",
	    "keys of RSASHA256 left, and no zone_signatures are of it" },
	{ CLASSIC, "        zone_signatures: {2: ECDSAP256SHA256}\n", "",
	    "PLAN-ALGORITHM", 2, "2028-q4 withdraw",
	    "keys of ECDSAP256SHA256 left, and no zone_signatures are of it; "
	    "path: 2028-q4 withdraw" },
	/* One list for two algorithms. */
	{ ALGORITHM,
	    "    num_keys_per_bundle: {ECDSAP256SHA256: [2, 1, 1, 1, 1, 1, 1, "
	    "1, 2]}\n    num_different_keys_in_all_bundles: {ECDSAP256SHA256: "
	    "3}",
	    "    num_keys_per_bundle: [2, 1, 1, 1, 1, 1, 1, 1, 2]\n"
	    "    num_different_keys_in_all_bundles: 3",
	    "PLAN-ALGORITHM", 1, "2029-q2 new-alone",
	    "does not say of which of the 2 approved algorithms ZSKs are" },
};

static void
plan_planted_errors_are_found_in_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(planted); i++) {
		const struct planted *error = &planted[i];
		struct proved proved;

		prove_example(error->config, error->plan, error->from,
		    error->to, &proved);
		assert_found(&proved.report, error->id, error->slot,
		    error->place, error->seen);
		proved_clear(&proved);
	}
}

/* A rule that no planted error is found by would be none. */
static void
plan_every_rule_has_a_planted_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_plan_rules; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(planted) &&
		    strcmp(planted[k].id, plan_rules[i].id) != 0)
			k++;
		if (k == ARRAY_LEN(planted))
			fail_msg("nothing planted for %s", plan_rules[i].id);
	}
}

static void
plan_every_rule_stands_in_the_document(void **state)
{
	struct buf docs = read_whole("docs/plan.md");

	(void)state;
	for (size_t i = 0; i < n_plan_rules; i++) {
		const struct check *rule = &plan_rules[i];
		char row[1024];

		snprintf(row, sizeof(row), "\n| %s | %s | %s | %s |\n",
		    rule->id, rule->clause, rule->title, rule->reason);
		if (strstr((const char *)docs.data, row) == NULL)
			fail_msg("docs/plan.md has no row %s", row);
	}
	buf_free(&docs);
}

/*
 * Quarters of a single slot put every slot on a day of its own: the bounds of
 * each time can be tried to the day.
 */
#define DAILY_CONFIG                                                          \
	"keys:\n"                                                             \
	"  a: {label: a, algorithm: RSASHA256, rsa_size: 2048}\n"             \
	"  b: {label: b, algorithm: RSASHA256, rsa_size: 2048}\n"             \
	"request_policy: {num_bundles: 1, num_keys_per_bundle: [1],\n"        \
	"  num_different_keys_in_all_bundles: 1, min_bundle_interval: P1D,\n" \
	"  max_bundle_interval: P1D}\n"                                       \
	"ksk_policy: {publish_safety: %s, retire_safety: %s, ttl: %u,\n"      \
	"  max_signature_validity: P21D, min_signature_validity: P21D}\n"
#define DAILY_PLAN                                \
	"schemas:\n"                              \
	"  a: {1: {sign: a}}\n"                   \
	"  a+b: {1: {publish: b, sign: a}}\n"     \
	"  b+a: {1: {publish: a, sign: b}}\n"     \
	"  b-a: {1: {sign: [a, b], revoke: a}}\n" \
	"  b: {1: {sign: b}}\n"                   \
	"quarters:\n"

static void
assert_daily(const char *publish, const char *retire, unsigned ttl,
    const char *quarters, const char *id, bool holds)
{
	char config[2048], plan[2048];
	struct proved proved;

	snprintf(config, sizeof(config), DAILY_CONFIG, publish, retire, ttl);
	snprintf(plan, sizeof(plan), DAILY_PLAN "%s", quarters);
	prove(config, plan, &proved);
	if ((result_of(&proved.report, id)->verdict == VERDICT_PASS) != holds)
		fail_msg("%s: expected to %s:%s", id, holds ? "hold" : "refuse",
		    findings_text(&proved.report));
	proved_clear(&proved);
}

#define DAY(day, schema) "  2027-" day ": {schema: " schema ", name: x}\n"
#define USUAL            "PT0S", "P28D", 172800

/*
 * The RRset of 20 January can be replayed until 10 February; then a refresh of
 * a day, 30 days of hold-down and another refresh: 14 March.
 */
static void
plan_hold_down_counts_replay_and_refreshes(void **state)
{
	static const char *const rules[] = { "PLAN-HOLD-DOWN", "PLAN-TRUST" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		assert_daily(USUAL,
		    DAY("01-20", "a") DAY("02-01", "a+b") DAY("03-14", "b+a"),
		    rules[i], true);
		assert_daily(USUAL,
		    DAY("01-20", "a") DAY("02-01", "a+b") DAY("03-13", "b+a"),
		    rules[i], false);
		/* A gap begins it anew. */
		assert_daily(USUAL,
		    DAY("01-20", "a") DAY("02-01", "a+b") DAY("02-03", "a")
			DAY("02-04", "a+b") DAY("03-27", "b+a"),
		    rules[i], false);
		assert_daily(USUAL,
		    DAY("01-20", "a") DAY("02-01", "a+b") DAY("02-03", "a")
			DAY("02-04", "a+b") DAY("03-28", "b+a"),
		    rules[i], true);
	}
}

/* A TTL beyond 30 days is the hold-down (RFC 5011 section 2.4.1). */
static void
plan_hold_down_counts_a_long_ttl(void **state)
{
	(void)state;
	/* 10 February, 40 days and two refreshes of 10.5 days: 12 April. */
	assert_daily("PT0S", "P28D", 40 * 86400,
	    DAY("01-20", "a") DAY("02-01", "a+b") DAY("04-12", "b+a"),
	    "PLAN-HOLD-DOWN", true);
	assert_daily("PT0S", "P28D", 40 * 86400,
	    DAY("01-20", "a") DAY("02-01", "a+b") DAY("04-11", "b+a"),
	    "PLAN-HOLD-DOWN", false);
}

static void
plan_publish_safety_counts_where_it_is_longer(void **state)
{
	(void)state;
	assert_daily("P60D", "P28D", 172800,
	    DAY("01-20", "a") DAY("02-01", "a+b") DAY("04-02", "b+a"),
	    "PLAN-HOLD-DOWN", true);
	assert_daily("P60D", "P28D", 172800,
	    DAY("01-20", "a") DAY("02-01", "a+b") DAY("04-01", "b+a"),
	    "PLAN-HOLD-DOWN", false);
}

#define ROLLED DAY("01-01", "a") DAY("01-20", "a+b") DAY("04-01", "b+a")

static void
plan_revocation_lasts_the_remove_hold_down(void **state)
{
	(void)state;
	assert_daily(USUAL, ROLLED DAY("06-01", "b-a") DAY("07-01", "b"),
	    "PLAN-REVOKE", true);
	assert_daily(USUAL, ROLLED DAY("06-01", "b-a") DAY("06-30", "b"),
	    "PLAN-REVOKE", false);
}

/* Replayed for 21 days from 31 May on, then a refresh of 10.5 days: 1 July. */
static void
plan_revocation_lasts_until_it_is_seen(void **state)
{
	(void)state;
	assert_daily("PT0S", "P28D", 29 * 86400,
	    ROLLED DAY("05-31", "b+a") DAY("06-01", "b-a") DAY("07-02", "b"),
	    "PLAN-REVOKE", true);
	assert_daily("PT0S", "P28D", 29 * 86400,
	    ROLLED DAY("05-31", "b+a") DAY("06-01", "b-a") DAY("07-01", "b"),
	    "PLAN-REVOKE", false);
}

/* The last signature ended on 1 April; 28 days later the key may leave. */
static void
plan_retired_key_stays_for_retire_safety(void **state)
{
	(void)state;
	assert_daily("PT0S", "P61D", 172800,
	    ROLLED DAY("05-01", "b-a") DAY("06-01", "b"), "PLAN-RETIRE", true);
	assert_daily("PT0S", "P61DT1S", 172800,
	    ROLLED DAY("05-01", "b-a") DAY("06-01", "b"), "PLAN-RETIRE", false);
}

/* Nobody trusts a key that was there for less than the hold-down. */
static void
plan_key_may_leave_before_it_is_trusted(void **state)
{
	(void)state;
	/* It signs too early, which another rule finds. */
	assert_daily(USUAL,
	    DAY("01-01", "a") DAY("01-20", "a+b") DAY("02-10", "b+a")
		DAY("02-18", "a"),
	    "PLAN-RETIRE", true);
	assert_daily(USUAL,
	    DAY("01-01", "a") DAY("01-20", "a+b") DAY("02-10", "b+a")
		DAY("02-19", "a"),
	    "PLAN-RETIRE", false);
	/* One that never signed waits: it may be needed yet. */
	assert_daily(USUAL,
	    DAY("01-01", "a") DAY("01-20", "a+b") DAY("05-01", "a"),
	    "PLAN-RETIRE", true);
}

/* Whatever is published for how long: nobody trusts a revoked key again. */
static void
plan_revoked_key_is_never_trusted_again(void **state)
{
	(void)state;
	assert_daily(USUAL, ROLLED DAY("06-01", "b-a") DAY("07-01", "a+b"),
	    "PLAN-TRUST", false);
	assert_daily(USUAL,
	    ROLLED DAY("06-01", "b-a") DAY("07-01", "b+a") DAY("12-01", "a+b"),
	    "PLAN-TRUST", false);
	assert_daily(USUAL,
	    ROLLED DAY("06-01", "b-a") DAY("07-01", "b+a") DAY("12-01", "a+b"),
	    "PLAN-HOLD-DOWN", false);
}

/* Only what signs changes, and only one way. */
static void
plan_edge_keeps_its_signers(void **state)
{
	static const char config[] =
	    "keys:\n"
	    "  a: {label: a, algorithm: RSASHA256, rsa_size: 2048}\n"
	    "  b: {label: b, algorithm: RSASHA256, rsa_size: 2048}\n"
	    "request_policy: {num_bundles: 1, num_keys_per_bundle: [1],\n"
	    "  num_different_keys_in_all_bundles: 1}\n";
	static const char plan[] = "schemas:\n"
				   "  one: {1: {publish: [a, b], sign: a}}\n"
				   "  two: {1: {sign: [a, b]}}\n"
				   "quarters:\n"
				   "  2027-q1: {schema: one}\n"
				   "  2027-q2: {schema: one}\n"
				   "  2027-q3: {schema: two}\n"
				   "  2027-q4: {schema: one}\n";
	struct proved proved;

	(void)state;
	prove(config, plan, &proved);
	assert_int_equal(
	    result_of(&proved.report, "PLAN-CHAIN")->n_findings, 2);
	assert_found(&proved.report, "PLAN-CHAIN", 1, "2027-q3 two",
	    "KSK b begins to sign; path: as planned");
	assert_found(&proved.report, "PLAN-CHAIN", 1, "2027-q4 one",
	    "KSK b no longer signs; path: as planned");
	proved_clear(&proved);
}

/* A cycle of 28 days is shorter than the hold-down. */
static void
plan_short_cycles_are_found_too_short(void **state)
{
	static const char config[] =
	    "keys:\n"
	    "  a: {label: a, algorithm: RSASHA256, rsa_size: 2048}\n"
	    "  b: {label: b, algorithm: RSASHA256, rsa_size: 2048}\n"
	    "request_policy: {num_bundles: 4, num_keys_per_bundle: [2, 1, 1, "
	    "2],\n  min_bundle_interval: P7D, max_bundle_interval: P7D}\n"
	    "ksk_policy: {max_signature_validity: P14D,\n"
	    "  min_signature_validity: P14D}\n";
	static const char plan[] = "old: a\nnew: b\nquarters:\n"
				   "  2027-02-01: {schema: pre-publish}\n"
				   "  2027-03-01: {schema: rollover}\n"
				   "  2027-03-29: {schema: revoke}\n";
	static const char longer[] = "old: a\nnew: b\nquarters:\n"
				     "  2027-02-01: {schema: pre-publish}\n"
				     "  2027-03-01: {schema: publish+}\n"
				     "  2027-03-29: {schema: rollover}\n"
				     "  2027-04-26: {schema: rollover+}\n";
	struct proved proved;

	(void)state;
	prove(config, plan, &proved);
	assert_found(&proved.report, "PLAN-HOLD-DOWN", 2, "2027-03-01 d_to_e",
	    "KSK b signs from 2027-03-08T00:00:00, published since "
	    "2027-02-08T00:00:00");
	assert_found(&proved.report, "PLAN-TRUST", 2, "2027-03-01 d_to_e", "");
	assert_found(&proved.report, "PLAN-REVOKE", 4, "2027-03-29 e_to_f", "");
	proved_clear(&proved);
	prove(config, longer, &proved);
	assert_holds(&proved.report);
	proved_clear(&proved);
}

/* Of nine slots each, with a hold from any of them. */
static void
plan_paths_are_counted(void **state)
{
	static const struct {
		unsigned delays;
		const char *fallbacks;
		uint64_t n_paths;
	} cases[] = {
		{ 0, "{x: {schema: normal}}", 1 },
		{ 1, "{x: {schema: normal}}", 1 + 9 },
		{ 2, "{x: {schema: normal}}", 1 + 9 + 81 },
		{ 2, "{x: {schema: normal, until: 1}}", 3 },
		{ 1, "{x: {schema: normal}, y: {schema: normal, until: 2}}",
		    1 + 9 + 2 },
		/* No delay, so it is always there to take. */
		{ 0, "{x: {schema: normal, resume: end, until: 1}}", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char plan[512];
		struct proved proved;

		snprintf(plan, sizeof(plan),
		    "old: a\ndelays: %u\nquarters:\n"
		    "  2027-q1: {schema: normal, fallbacks: %s}\n",
		    cases[i].delays, cases[i].fallbacks);
		prove("keys: {a: {label: a, algorithm: RSASHA256}}\n", plan,
		    &proved);
		assert_true(proved.reach.n_paths == cases[i].n_paths);
		assert_holds(&proved.report);
		proved_clear(&proved);
	}
}

/* As many quarters, fallbacks and delays as there can be, all harmless. */
static void
plan_largest_is_proved_or_refused(void **state)
{
	struct buf plan = buf_new(1 << 16);
	struct proved proved;

	(void)state;
	buf_puts(&plan, "old: a\ndelays: 16\nquarters:\n");
	for (size_t i = 0; i < PLAN_QUARTERS_MAX; i++) {
		buf_printf(&plan, "  %zu-q%zu: {schema: normal, fallbacks: {",
		    2027 + i / 4, i % 4 + 1);
		for (size_t k = 1; k < PLAN_RESPONSES_MAX; k++)
			buf_printf(&plan, "%sf%zu: {schema: normal}",
			    k == 1 ? "" : ", ", k);
		buf_puts(&plan, "}}\n");
	}
	buf_u8(&plan, 0);
	assert_false(plan.failed);
	prove("keys: {a: {label: a, algorithm: RSASHA256}}\n",
	    (const char *)plan.data, &proved);
	assert_holds(&proved.report);
	assert_true(proved.reach.n_paths == UINT64_MAX);
	proved_clear(&proved);
	buf_free(&plan);
}

/* Every path of a plan as a plan of its own, without fallbacks. */
struct unrolled {
	const struct proved *proved;
	size_t n;
	struct {
		size_t step, response, from;
	} turns[PLAN_QUARTERS_MAX];
	uint64_t n_paths;
	bool refused[16]; /* by rule: in any path */
};

static struct schema
spliced(const struct plan_quarter *quarter, size_t response, size_t from)
{
	struct schema schema;
	struct err err;

	assert_ok(
	    schema_copy(&quarter->responses[response].schema, &schema, &err),
	    &err);
	memcpy(schema.slots, quarter->responses[0].schema.slots,
	    from * sizeof(schema.slots[0]));
	return schema;
}

static void
prove_alone(struct unrolled *unrolled)
{
	const struct plan *whole = unrolled->proved->plan;
	struct plan *plan = calloc(1, sizeof(*plan));
	struct report report = { 0 };
	struct plan_reach reach;
	struct err err;

	assert_non_null(plan);
	*plan = *whole;
	plan->n_quarters = unrolled->n;
	plan->quarters = calloc(unrolled->n, sizeof(*plan->quarters));
	assert_non_null(plan->quarters);
	for (size_t i = 0; i < unrolled->n; i++) {
		struct plan_quarter *quarter = &plan->quarters[i];

		plan_quarter_name(whole, i, quarter->name);
		quarter->start = plan_start(whole, i);
		quarter->n_responses = 1;
		quarter->responses = calloc(1, sizeof(*quarter->responses));
		assert_non_null(quarter->responses);
		quarter->responses[0].next = i + 1;
		quarter->responses[0].schema =
		    spliced(&whole->quarters[unrolled->turns[i].step],
			unrolled->turns[i].response, unrolled->turns[i].from);
	}
	assert_ok(
	    plan_check(plan, unrolled->proved->config, RULES_TODAY, &report, &reach, &err),
	    &err);
	assert_true(reach.n_paths == 1);
	for (size_t i = 0; i < report.n_results; i++)
		if (report.results[i].verdict != VERDICT_PASS)
			unrolled->refused[i] = true;
	report_clear(&report);
	plan_free(plan);
	unrolled->n_paths++;
}

static void unroll(struct unrolled *unrolled, size_t step, unsigned delays);

static void
unroll_turn(struct unrolled *unrolled, size_t step, size_t response,
    size_t from, unsigned delays)
{
	const struct plan *plan = unrolled->proved->plan;
	size_t next = plan->quarters[step].responses[response].next;
	size_t cost = next > step ? 0 : step + 1 - next;

	if (cost > delays)
		return;
	unrolled->turns[unrolled->n].step = step;
	unrolled->turns[unrolled->n].response = response;
	unrolled->turns[unrolled->n].from = from;
	unrolled->n++;
	unroll(unrolled, next, delays - (unsigned)cost);
	unrolled->n--;
}

static void
unroll(struct unrolled *unrolled, size_t step, unsigned delays)
{
	const struct plan *plan = unrolled->proved->plan;
	const struct plan_quarter *quarter;

	if (step == plan->n_quarters) {
		prove_alone(unrolled);
		return;
	}
	quarter = &plan->quarters[step];
	unroll_turn(unrolled, step, 0, 0, delays);
	for (size_t i = 1; i < quarter->n_responses; i++)
		for (size_t from = 0; from < quarter->responses[i].until;
		     from++)
			unroll_turn(unrolled, step, i, from, delays);
}

/*
 * What the search finds is found by a path walked alone, and the other way
 * round; and both count as many paths.  A path that was joined to another one
 * that is not the same would be seen here.
 */
static void
plan_search_agrees_with_every_path_alone(void **state)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
		{ "delays: 3", "delays: 2" },
		{ "rollover+, until: 2", "rollover+, until: 3" },
		{ "d_to_d: {schema: publish+}", "d_to_d: {schema: normal}" },
		{ "c_to_c: {schema: normal}",
		    "c_to_c: {schema: normal, resume: 2027-q3, until: 2}" },
		{ OWN("pre-publish",
		    "1-5: {sign: ksk_current}, 6-9: {" PUBLISH_BOTH
		    "sign: ksk_current}") },
		{ OWN("publish+",
		    "1-4: {" PUBLISH_BOTH "sign: ksk_current}, 5: {sign: "
		    "ksk_current}, 6-9: {" PUBLISH_BOTH "sign: ksk_current}") },
		{ OWN("rollover+",
		    "1-8: {" PUBLISH_BOTH "sign: ksk_next}, 9: {revoke: "
		    "ksk_current, sign: [ksk_current, ksk_next]}") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct proved proved;
		struct unrolled unrolled = { .proved = &proved };

		prove_example("root", "plan-rollover", changes[i].from,
		    changes[i].to, &proved);
		proved.plan->delays = 2;
		report_clear(&proved.report);
		assert_ok(plan_check(proved.plan, proved.config, RULES_TODAY, &proved.report,
			      &proved.reach, &(struct err){ 0 }),
		    &(struct err){ 0 });
		unroll(&unrolled, 0, proved.plan->delays);
		assert_true(unrolled.n_paths == proved.reach.n_paths);
		for (size_t k = 0; k < n_plan_rules; k++)
			if (unrolled.refused[k] !=
			    (proved.report.results[k].verdict != VERDICT_PASS))
				fail_msg("%s, %s: the paths %s, the search %s",
				    changes[i].to, plan_rules[k].id,
				    unrolled.refused[k] ? "refuse" : "hold",
				    verdict_text(
					proved.report.results[k].verdict));
		proved_clear(&proved);
	}
}

/* The domain's published sizes, and those of other algorithms and zones. */
static void
plan_response_sizes_are_the_publics(void **state)
{
	static const struct {
		const char *key, *policy, *zone;
		size_t octets; /* one KSK that signs, one ZSK */
	} cases[] = {
		{ "RSASHA256, rsa_size: 2048", "rsa_approved_key_sizes: [2048]",
		    ".", 28 + 2 * 275 + 286 },
		{ "RSASHA256, rsa_size: 2048", "rsa_approved_key_sizes: [1024]",
		    ".", 28 + 275 + 147 + 286 },
		{ "RSASHA256", "rsa_approved_key_sizes: [1024, 2048]", ".",
		    28 + (1 + 10 + 4 + 4 + 512) + 275 +
			(1 + 10 + 18 + 1 + 512) },
		{ "ECDSAP256SHA256", "approved_algorithms: [ECDSAP256SHA256]",
		    ".", 28 + 2 * 79 + 94 },
		{ "ECDSAP384SHA384", "approved_algorithms: [ECDSAP384SHA384]",
		    ".", 28 + 2 * 111 + 126 },
		{ "ED25519", "approved_algorithms: [ED25519]", ".",
		    28 + 2 * 47 + 94 },
		{ "ED448", "approved_algorithms: [ED448]", ".",
		    28 + 2 * 72 + 144 },
		/* A name of 9 octets: once in the question, once as signer. */
		{ "ECDSAP256SHA256", "approved_algorithms: [ECDSAP256SHA256]",
		    "example", 36 + 2 * 80 + 103 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char config[1024];
		struct proved proved;

		snprintf(config, sizeof(config),
		    "keys: {a: {label: a, algorithm: %s}}\n"
		    "request_policy: {num_bundles: 1, num_keys_per_bundle: "
		    "[1], num_different_keys_in_all_bundles: 1, "
		    "acceptable_domains: [\"%s\"], %s}\n"
		    "ksk_policy: {signers_name: \"%s\"}\n",
		    cases[i].key, cases[i].zone, cases[i].policy,
		    cases[i].zone);
		prove(config, "old: a\nquarters: {2027-q1: {schema: normal}}\n",
		    &proved);
		assert_int_equal(proved.reach.octets, cases[i].octets);
		proved_clear(&proved);
	}
}

#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS  "2222222222222222222222222222222222222222222222222222222222222222"
#define BY_DS                                                                 \
	"trust: parent-ds\n"                                                  \
	"parent_ds: {ttl: 86400, propagation: PT0S}\n"                        \
	"keys:\n"                                                             \
	"  a: {label: a, algorithm: RSASHA256, ds_sha256: \"" ONES "\",\n"     \
	"    ds_published: 2020-01-01T00:00:00Z,\n"                           \
	"    ds_withdrawn: 2027-02-10T00:00:00Z}\n"                           \
	"  b: {label: b, algorithm: RSASHA256, ds_sha256: \"" TWOS "\",\n"     \
	"    ds_published: 2027-02-01T00:00:00Z}\n"                           \
	"request_policy: {num_bundles: 1, num_keys_per_bundle: [1],\n"        \
	"  num_different_keys_in_all_bundles: 1, min_bundle_interval: P1D,\n" \
	"  max_bundle_interval: P1D}\n"                                       \
	"ksk_policy: {publish_safety: PT0S, retire_safety: PT0S}\n"

/* Double DS: from the day on which every follower holds the new one. */
static void
plan_check_goes_by_the_parents_ds(void **state)
{
	static const struct {
		const char *quarters;
		const char *refused; /* in the last slot of the plan; or NULL */
	} cases[] = {
		{ DAY("02-01", "a") DAY("02-02", "b"), NULL },
		{ DAY("01-31", "a") DAY("02-01", "b"), "2027-02-01 x" },
		{ DAY("02-08", "a") DAY("02-09", "a"), NULL },
		{ DAY("02-09", "a") DAY("02-10", "a"), "2027-02-10 x" },
		/* While both sign, neither day matters. */
		{ DAY("01-31", "a") DAY("02-01", "ab") DAY("02-02", "ab"),
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char plan[2048];
		struct proved proved;

		snprintf(plan, sizeof(plan),
		    "schemas:\n  a: {1: {sign: a}}\n  b: {1: {sign: b}}\n"
		    "  ab: {1: {sign: [a, b]}}\nquarters:\n%s",
		    cases[i].quarters);
		prove(BY_DS, plan, &proved);
		if (cases[i].refused != NULL)
			assert_found(&proved.report, "PLAN-TRUST", 1,
			    cases[i].refused, "not every follower holds");
		else if (result_of(&proved.report, "PLAN-TRUST")->verdict !=
			VERDICT_PASS ||
		    result_of(&proved.report, "PLAN-HOLD-DOWN")->verdict !=
			VERDICT_PASS ||
		    result_of(&proved.report, "PLAN-RETIRE")->verdict !=
			VERDICT_PASS)
			fail_msg("case %zu:%s", i,
			    findings_text(&proved.report));
		proved_clear(&proved);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_check_goes_by_the_parents_ds),
		cmocka_unit_test(plan_templates_hold),
		cmocka_unit_test(plan_planted_errors_are_found_in_their_place),
		cmocka_unit_test(plan_every_rule_has_a_planted_error),
		cmocka_unit_test(plan_every_rule_stands_in_the_document),
		cmocka_unit_test(plan_hold_down_counts_replay_and_refreshes),
		cmocka_unit_test(plan_hold_down_counts_a_long_ttl),
		cmocka_unit_test(plan_publish_safety_counts_where_it_is_longer),
		cmocka_unit_test(plan_revocation_lasts_the_remove_hold_down),
		cmocka_unit_test(plan_revocation_lasts_until_it_is_seen),
		cmocka_unit_test(plan_retired_key_stays_for_retire_safety),
		cmocka_unit_test(plan_key_may_leave_before_it_is_trusted),
		cmocka_unit_test(plan_revoked_key_is_never_trusted_again),
		cmocka_unit_test(plan_edge_keeps_its_signers),
		cmocka_unit_test(plan_short_cycles_are_found_too_short),
		cmocka_unit_test(plan_paths_are_counted),
		cmocka_unit_test(plan_largest_is_proved_or_refused),
		cmocka_unit_test(plan_search_agrees_with_every_path_alone),
		cmocka_unit_test(plan_response_sizes_are_the_publics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
