#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/plan/plan.h"
#include "tests/support/support.h"

#define CONFIG                                                            \
	"keys:\n"                                                         \
	"  ksk_old: {label: a, algorithm: RSASHA256}\n"                   \
	"  ksk_current: {label: b, algorithm: RSASHA256}\n"               \
	"  ksk_next: {label: c, algorithm: RSASHA256}\n"                  \
	"schemas:\n"                                                      \
	"  both: {1-9: {publish: [ksk_old, ksk_next], sign: ksk_next}}\n" \
	"  normal: {1-9: {sign: ksk_old}}\n"

#define OLD      1u /* the masks of CONFIG's keys */
#define CURR     2u
#define NEXT     4u

#define ROLES    "old: ksk_current\nnew: ksk_next\n"
#define QUARTERS "quarters:\n"

static const char usual[] =
    "description: from one key to the next\n" ROLES "delays: 3\n"
    "max_response_size: 1452\n"
    "schemas:\n"
    "  alone: {1: {sign: ksk_old}, 2-9: {publish: ksk_old, sign: "
    "ksk_next}}\n" QUARTERS "  2026-q4: {schema: pre-publish}\n"
    "  2027-q1:\n"
    "    schema: rollover\n"
    "    fallbacks:\n"
    "      d_to_d: {schema: publish+}\n"
    "      back: {schema: normal, resume: 2026-q4, until: 4}\n"
    "      other: {schema: alone, resume: 2027-q2}\n"
    "  2027-q2: {schema: revoke, name: f}\n"
    "  2027-q3: {schema: normal, old: ksk_next}\n";

static struct config *
read_config(const char *more)
{
	struct config *config = NULL;
	struct err err = { 0 };
	char yaml[4096];

	snprintf(yaml, sizeof(yaml), "%s%s", CONFIG, more);
	assert_ok(
	    config_read(bytes_of_string(yaml), "c.yaml", &config, &err), &err);
	return config;
}

static struct plan *
accept(const char *yaml)
{
	struct config *config = read_config("");
	struct plan *plan = NULL;
	struct err err = { 0 };

	assert_ok(
	    plan_read(bytes_of_string(yaml), "p.yaml", config, &plan, &err),
	    &err);
	config_free(config); /* a plan does not need it any more */
	return plan;
}

static void
assert_refused_with(const char *yaml, const char *more, const char *message)
{
	struct config *config = read_config(more);
	struct plan *plan = NULL;
	struct err err = { 0 };

	if (plan_read(bytes_of_string(yaml), "p.yaml", config, &plan, &err))
		fail_msg("accepted: %s", yaml);
	assert_null(plan);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
	config_free(config);
}

static void
assert_slot(const struct plan_response *response, size_t slot, uint32_t publish,
    uint32_t sign, uint32_t revoke)
{
	const struct schema_slot *is = &response->schema.slots[slot - 1];

	if (is->publish != publish || is->sign != sign || is->revoke != revoke)
		fail_msg("%s slot %zu: publish %x sign %x revoke %x",
		    response->name, slot, is->publish, is->sign, is->revoke);
}

static void
plan_usual_is_read(void **state)
{
	struct plan *plan = accept(usual);

	(void)state;
	assert_string_equal(plan->description, "from one key to the next");
	assert_int_equal(plan->delays, 3);
	assert_int_equal(plan->max_response_size, 1452);
	assert_int_equal(plan->n_slots, 9);
	assert_int_equal(plan->slot_s, 10 * 86400);
	assert_int_equal(plan->n_quarters, 4);
	assert_string_equal(plan->quarters[0].name, "2026-q4");
	assert_string_equal(plan->quarters[0].responses[0].name, "c_to_d");
	assert_int_equal(plan->quarters[0].n_responses, 1);
	assert_int_equal(plan->quarters[1].n_responses, 4);
	assert_string_equal(plan->quarters[2].responses[0].name, "f");
	assert_string_equal(plan->quarters[3].responses[0].name, "normal");
	plan_free(plan);
}

static void
plan_responses_say_what_comes_next(void **state)
{
	struct plan *plan = accept(usual);
	const struct plan_response *responses = plan->quarters[1].responses;

	(void)state;
	assert_string_equal(responses[0].name, "d_to_e");
	assert_int_equal(responses[0].next, 2);
	assert_int_equal(responses[0].until, 9);
	assert_string_equal(responses[1].name, "d_to_d");
	assert_int_equal(responses[1].next, 1); /* held */
	assert_int_equal(responses[1].until, 9);
	assert_string_equal(responses[2].name, "back");
	assert_int_equal(responses[2].next, 0);
	assert_int_equal(responses[2].until, 4);
	assert_int_equal(responses[3].next, 2);
	assert_int_equal(plan->quarters[3].responses[0].next, 4); /* the end */
	plan_free(plan);
}

/* The plan's own, then the standard ones for its keys, not the file's. */
static void
plan_schemas_are_the_plans_first(void **state)
{
	struct plan *plan = accept(usual);
	const struct plan_response *responses = plan->quarters[1].responses;

	(void)state;
	assert_slot(&responses[0], 1, CURR | NEXT, CURR, 0);
	assert_slot(&responses[0], 2, CURR | NEXT, NEXT, 0);
	assert_slot(&responses[2], 1, CURR, CURR, 0);
	assert_slot(&responses[3], 9, OLD | NEXT, NEXT, 0);
	assert_slot(
	    &plan->quarters[2].responses[0], 5, NEXT, CURR | NEXT, CURR);
	assert_slot(&plan->quarters[3].responses[0], 5, NEXT, NEXT, 0);
	plan_free(plan);
	plan =
	    accept("schemas: {normal: {1-9: {sign: ksk_next}}}\n" ROLES QUARTERS
		   "  2027-q1: {schema: normal}\n"
		   "  2027-q2: {schema: both}\n");
	assert_slot(&plan->quarters[0].responses[0], 5, NEXT, NEXT, 0);
	assert_slot(&plan->quarters[1].responses[0], 5, OLD | NEXT, NEXT, 0);
	plan_free(plan);
}

/* A fallback with counts answers a request of its own. */
static void
plan_fallback_may_have_a_request_of_its_own(void **state)
{
	struct config *config = read_config("");
	struct plan *plan = accept("old: ksk_old\n" QUARTERS
	    "  2027-q1:\n    schema: normal\n    zone_signatures: {2-3: "
	    "ECDSAP256SHA256, 3: [ED25519]}\n    fallbacks:\n"
	    "      own: {schema: normal, num_different_keys_in_all_bundles: 4, "
	    "zone_signatures: {}}\n"
	    "      same: {schema: normal}\n");
	const struct plan_quarter *quarter = &plan->quarters[0];
	uint32_t rsa = UINT32_C(1) << ALGORITHM_RSASHA256;
	uint32_t ecdsa = UINT32_C(1) << ALGORITHM_ECDSAP256SHA256;
	uint32_t edwards = UINT32_C(1) << ALGORITHM_ED25519;

	(void)state;
	assert_int_equal(plan->order, ORDER_TOGETHER);
	assert_int_equal(plan_fallback(quarter, "own"), 1);
	assert_int_equal(plan_fallback(quarter, "same"), 2);
	assert_int_equal(plan_fallback(quarter, "normal"), 0);
	assert_int_equal(plan_request_of(quarter, 0), 0);
	assert_int_equal(plan_request_of(quarter, 1), 1);
	assert_int_equal(plan_request_of(quarter, 2), 0);
	assert_int_equal(
	    plan_key_counts(quarter, 1, config)->counts[0].different, 4);
	assert_int_equal(
	    plan_key_counts(quarter, 2, config)->counts[0].different, 3);
	assert_int_equal(plan_zone_algorithms(quarter, 0, config, 0), rsa);
	assert_int_equal(
	    plan_zone_algorithms(quarter, 0, config, 1), rsa | ecdsa);
	assert_int_equal(
	    plan_zone_algorithms(quarter, 2, config, 2), rsa | ecdsa | edwards);
	assert_int_equal(plan_zone_algorithms(quarter, 1, config, 2), rsa);
	assert_int_equal(plan_zsk_algorithms(quarter, 0, config, 1), rsa);
	plan_free(plan);
	config_free(config);
}

/* For a quarter's own request; others have the configuration's. */
static void
plan_quarter_may_have_key_counts_of_its_own(void **state)
{
	struct config *config = read_config("");
	struct plan *plan = accept(
	    "old: ksk_old\n" QUARTERS
	    "  2027-q1: {schema: normal, num_different_keys_in_all_bundles: "
	    "2}\n"
	    "  2027-q2: {schema: normal}\n");
	const struct key_counts *counts =
	    plan_key_counts(&plan->quarters[0], 0, config);

	(void)state;
	assert_int_equal(counts->n, 1);
	assert_int_equal(counts->counts[0].different, 2);
	assert_int_equal(counts->counts[0].per_bundle[8], 2);
	assert_ptr_equal(plan_key_counts(&plan->quarters[1], 0, config),
	    &config->request_policy.key_counts);
	plan_free(plan);
	config_free(config);
}

/* A fallback's keys may be others than its quarter's, and end the plan. */
static void
plan_fallback_may_have_keys_and_an_end(void **state)
{
	struct plan *plan = accept(ROLES QUARTERS
	    "  2027-q1: {schema: normal, old: ksk_next, fallbacks: {x: "
	    "{schema: revoke+, old: ksk_current, new: ksk_next, resume: "
	    "end}}}\n"
	    "  2027-q2: {schema: normal, old: ksk_next}\n");
	const struct plan_response *x = &plan->quarters[0].responses[1];

	(void)state;
	assert_slot(x, 5, NEXT, CURR | NEXT, CURR);
	assert_int_equal(x->next, 2);
	plan_free(plan);
}

static void
plan_defaults_are_no_delay_and_edns(void **state)
{
	struct plan *plan =
	    accept("old: ksk_old\n" QUARTERS "  2027-q1: {schema: normal}\n");

	(void)state;
	assert_string_equal(plan->description, "");
	assert_int_equal(plan->delays, 0);
	assert_int_equal(plan->max_response_size, 4096);
	plan_free(plan);
}

static int64_t
time_of(const char *text)
{
	int64_t time = 0;

	assert_true(time_parse(text, &time));
	return time;
}

static void
plan_root_quarters_go_on_beyond_the_plan(void **state)
{
	struct plan *plan = accept(usual);
	char name[PLAN_QUARTER_NAME_SIZE];

	(void)state;
	assert_int_equal(plan_start(plan, 1), time_of("2027-01-01T00:00:00"));
	assert_int_equal(plan_start(plan, 4), time_of("2027-10-01T00:00:00"));
	assert_int_equal(plan_start(plan, 6), time_of("2028-04-01T00:00:00"));
	assert_int_equal(
	    plan_slot_start(plan, 1, 8), time_of("2027-03-22T00:00:00"));
	assert_int_equal(plan_slot_start(plan, 1, 9), plan_start(plan, 2));
	plan_quarter_name(plan, 1, name);
	assert_string_equal(name, "2027-q1");
	plan_quarter_name(plan, 5, name);
	assert_string_equal(name, "2028-q1");
	assert_ptr_equal(plan_quarter_at(plan, time_of("2027-01-01T00:00:00")),
	    &plan->quarters[1]);
	assert_null(plan_quarter_at(plan, time_of("2027-10-01T00:00:00")));
	plan_free(plan);
}

static void
plan_other_quarters_begin_on_any_day(void **state)
{
	static const char weeks[] =
	    "keys: {a: {label: a, algorithm: RSASHA256}}\n"
	    "request_policy: {num_bundles: 4, min_bundle_interval: P7D,\n"
	    "  max_bundle_interval: P8D, num_keys_per_bundle: [2, 1, 1, 2]}\n";
	static const char yaml[] =
	    "old: a\n" QUARTERS "  2027-02-01: {schema: normal}\n"
	    "  2027-03-01: {schema: normal}\n"
	    "  2027-03-31: {schema: normal}\n";
	char name[PLAN_QUARTER_NAME_SIZE];
	struct config *config = NULL;
	struct plan *plan = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(
	    config_read(bytes_of_string(weeks), "c.yaml", &config, &err), &err);
	assert_ok(
	    plan_read(bytes_of_string(yaml), "p.yaml", config, &plan, &err),
	    &err);
	assert_int_equal(plan->n_slots, 4);
	assert_int_equal(plan->slot_s, 7 * 86400);
	assert_int_equal(plan_start(plan, 4), time_of("2027-05-30T00:00:00"));
	plan_quarter_name(plan, 4, name);
	assert_string_equal(name, "2027-05-30");
	plan_free(plan);
	config_free(config);
}

static void
plan_file_names_say_zone_quarter_and_response(void **state)
{
	struct plan *plan = accept(usual);
	char name[PLAN_FILE_NAME_SIZE];

	(void)state;
	plan_file_name(&plan->quarters[1], 0, ".", "xml", name);
	assert_string_equal(name, "skr-root-2027-q1-0-d_to_e.xml");
	plan_file_name(&plan->quarters[1], 2, "example.org.", "txt", name);
	assert_string_equal(name, "skr-example.org-2027-q1-2-back.txt");
	plan_file_name(&plan->quarters[1], 2, "A\\/\\.\\032b.Example.org",
	    "xml", name);
	assert_string_equal(
	    name, "skr-a%2F%2E%20b.example.org-2027-q1-2-back.xml");
	plan_file_name(&plan->quarters[2], 0, "example", "xml", name);
	assert_string_equal(name, "skr-example-2027-q2-0-f.xml");
	plan_free(plan);
}

#define Q1(rest)       ROLES QUARTERS "  2027-q1: " rest "\n"
#define FALLBACK(rest) Q1("{schema: rollover, fallbacks: {d_to_d: " rest "}}")

static void
plan_malformed_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *yaml, *message;
	} cases[] = {
		{ "old: ksk_old\n", "p.yaml:1:1: has no key \"quarters\"" },
		{ QUARTERS "  []\n", "quarters: is a list (expected a map" },
		{ QUARTERS "  {}\n", "has 0 entries (expected 1 to 64)" },
		{ Q1("{schema: normal}") "surprise: 1\n",
		    "p.yaml:5:1: surprise: is not a known key" },
		{ "old: ksk_new\n" Q1("{schema: normal}"),
		    "old: is given twice" },
		{ "old: nobody\n" QUARTERS "  2027-q1: {schema: normal}\n",
		    "p.yaml:1:6: old: \"nobody\" is not the name of a key" },
		{ "old: [ksk_old]\n" QUARTERS "  2027-q1: {schema: normal}\n",
		    "old: is a list" },
		{ "delays: 17\n" Q1("{schema: normal}"),
		    "delays: 17 is out of range (expected 0 to 16)" },
		{ "delays: -1\n" Q1("{schema: normal}"),
		    "delays: \"-1\" is not a whole number" },
		{ "delays: 010\n" Q1("{schema: normal}"), "octal" },
		{ "max_response_size: 511\n" Q1("{schema: normal}"),
		    "out of range (expected 512 to 65535)" },
		{ "schemas: []\n" Q1("{schema: normal}"),
		    "schemas: is a list" },
		{ "schemas: {x: {1-8: {sign: ksk_old}}}\n" Q1("{schema: x}"),
		    "quarters.2027-q1.schema: \"x\" has 8 slots (expected 9" },
		{ Q1("{}"), "quarters.2027-q1: has no key \"schema\"" },
		{ Q1("[]"), "quarters.2027-q1: is a list" },
		{ Q1("{schema: nothing}"),
		    "\"nothing\" is the name of no schema" },
		{ Q1("{schema: [normal]}"), "schema: is a list" },
		{ Q1("{schema: normal, color: red}"),
		    "quarters.2027-q1.color: is not a known key" },
		{ Q1("{schema: normal, name: D}"),
		    "\"D\" is no response's name" },
		{ Q1("{schema: normal, name: ../x}"), "is no response's name" },
		{ Q1("{schema: normal, name: ''}"), "is no response's name" },
		{ Q1("{schema: rollover, new: ksk_current}"),
		    "the schema \"rollover\" is made for two keys" },
		{ "new: ksk_old\n" QUARTERS "  2027-q1: {schema: normal}\n",
		    "the schema \"normal\" is made for two keys" },
		{ QUARTERS "  2027-q5: {schema: both}\n",
		    "quarters.2027-q5: is not a quarter" },
		{ QUARTERS "  2027-02-30: {schema: both}\n",
		    "is not a quarter" },
		{ QUARTERS "  2101-02-01: {schema: both}\n",
		    "is not a quarter" },
		{ QUARTERS "  2027-02-01T00: {schema: both}\n",
		    "is not a quarter" },
		{ QUARTERS "  2027-q1: {schema: both}\n"
			   "  2027-q3: {schema: both}\n",
		    "p.yaml:3:3: quarters.2027-q3: does not follow 2027-q1 "
		    "(expected 2027-q2)" },
		{ QUARTERS "  2027-q2: {schema: both}\n"
			   "  2027-q1: {schema: both}\n",
		    "does not follow 2027-q2 (expected 2027-q3)" },
		{ QUARTERS "  2027-04-02: {schema: both}\n"
			   "  2027-q2: {schema: both}\n",
		    "does not begin after 2027-04-02" },
		{ QUARTERS "  2027-02-01: {schema: both}\n"
			   "  2027-04-22: {schema: both}\n",
		    "9 slots of 864000 s do not fit" },
		{ FALLBACK("[]"), "fallbacks.d_to_d: is a list" },
		{ FALLBACK("{resume: 2027-q1}"), "has no key \"schema\"" },
		{ FALLBACK("{schema: publish+, resume: 2026-q4}"),
		    "\"2026-q4\" is none of the plan's quarters (nor "
		    "\"end\")" },
		{ "order: keys-first\nold: ksk_old\n" QUARTERS
		  "  2027-q1: {schema: normal}\n",
		    "\"keys-first\" is no order (expected together or "
		    "signatures-first)" },
		{ Q1("{schema: normal, zone_signatures: {10: RSASHA256}}"),
		    "is not a slot (expected 1 to 9, or a range" },
		{ Q1("{schema: normal, zone_signatures: {1: RSA}}"),
		    "\"RSA\" is no algorithm that this program knows" },
		{ Q1("{schema: normal, zone_signatures: [1]}"),
		    "zone_signatures" },
		{ Q1("{schema: normal, num_keys_per_bundle: [1, 2]}"),
		    "num_keys_per_bundle has 2 numbers, num_bundles is 9" },
		{ Q1("{schema: normal, num_keys_per_bundle: {RSASHA256: [1, "
		     "1, 1, 1, 1, 1, 1, 1, 1]}}"),
		    "do not name the same algorithms" },
		{ Q1("{schema: normal, num_different_keys_in_all_bundles: x}"),
		    "is not a whole number" },
		{ FALLBACK(
		      "{schema: publish+, resume: 2027-q3}") "  2027-q2: "
							     "{schema: both}\n "
							     " 2027-q3: "
							     "{schema: both}\n",
		    "2027-q3 is further on than the step after this one" },
		{ FALLBACK("{schema: publish+, until: 0}"),
		    "until: 0 is out of range (expected 1 to 9)" },
		{ FALLBACK("{schema: publish+, until: 10}"),
		    "until: 10 is out of range (expected 1 to 9)" },
		{ FALLBACK("{schema: publish+, name: x}"),
		    "d_to_d.name: is not a known key" },
		{ Q1("{schema: rollover, fallbacks: {d_to_e: {schema: "
		     "publish+}}}"),
		    "\"d_to_e\" is the name of two responses" },
		{ Q1("{schema: rollover, fallbacks: {A.b: {schema: both}}}"),
		    "\"A.b\" is no response's name" },
		{ Q1("{schema: rollover, fallbacks: [x]}"),
		    "fallbacks: is a list" },
		{ Q1("{schema: both, fallbacks: {a: {schema: both}, b: "
		     "{schema: both}, c: {schema: both}, d: {schema: both}, "
		     "e: {schema: both}, f: {schema: both}, g: {schema: "
		     "both}, h: {schema: both}}}"),
		    "has 8 entries (expected at most 7)" },
		{ "description: *x\n", "p.yaml:1:14" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused_with(cases[i].yaml, "", cases[i].message);
}

/* Whatever a file is cut to, nothing is read beyond it or left behind. */
static void
plan_cut_anywhere_is_read_or_refused(void **state)
{
	struct config *config = read_config("");

	(void)state;
	for (size_t len = 0; len < strlen(usual); len++) {
		struct bytes cut = { (const uint8_t *)usual, len };
		struct plan *plan = NULL;
		struct err err = { 0 };

		if (plan_read(cut, "p.yaml", config, &plan, &err))
			plan_free(plan);
		else
			assert_int_equal(err.code, E_INPUT);
	}
	config_free(config);
}

static void
plan_without_time_for_slots_is_refused(void **state)
{
	static const char instant[] = "request_policy: {min_bundle_interval: "
				      "PT0S, max_bundle_interval: PT0S}\n";
	static const char endless[] =
	    "request_policy: {max_bundle_interval: P36525D}\n";

	(void)state;
	assert_refused_with(
	    Q1("{schema: normal}"), instant, "slots of 0 s make no quarter");
	assert_refused_with(Q1("{schema: normal}"), endless, "make no quarter");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_usual_is_read),
		cmocka_unit_test(plan_responses_say_what_comes_next),
		cmocka_unit_test(plan_schemas_are_the_plans_first),
		cmocka_unit_test(plan_fallback_may_have_a_request_of_its_own),
		cmocka_unit_test(plan_quarter_may_have_key_counts_of_its_own),
		cmocka_unit_test(plan_fallback_may_have_keys_and_an_end),
		cmocka_unit_test(plan_defaults_are_no_delay_and_edns),
		cmocka_unit_test(plan_root_quarters_go_on_beyond_the_plan),
		cmocka_unit_test(plan_other_quarters_begin_on_any_day),
		cmocka_unit_test(plan_file_names_say_zone_quarter_and_response),
		cmocka_unit_test(plan_malformed_is_refused_with_its_place),
		cmocka_unit_test(plan_cut_anywhere_is_read_or_refused),
		cmocka_unit_test(plan_without_time_for_slots_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
