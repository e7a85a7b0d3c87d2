/*
 * Which step of a plan a request is due: what the register has as signed and
 * used before decides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/request/quarter.h"
#include "signer/foresight/plan_asked.h"
#include "signer/sign/asked.h"
#include "tests/support/support.h"

#define LINES_MAX 10

#define HASH(c)   c c c c c c c c c c c c c c c c
#define H1        HASH("1111")
#define H2        HASH("2222")
#define H3        HASH("3333")

#define START(event, response)                                           \
	"\"format\":1,\"time\":\"2027-01-15T12:00:00+00:00\",\"event\":" \
	"\"" event "\",\"response_sha256\":\"" response "\""
#define SIGNING_AT(domain, id, inception, schema, alternative, response)      \
	START("signing", response)                                            \
	",\"request_id\":\"" id "\",\"request_sha256\":\"" HASH(              \
	    "aaaa") "\",\"domain\":\"" domain                                 \
		    "\",\"serial\":1,\"inception\":\"" inception              \
		    "+00:00\",\"expiration\":\"2028-04-12T00:00:00+00:00\"," \
		    "\"schema\":\"" schema "\",\"alternative\":" alternative  \
		    ",\"bundles\":[\"" id "\"]"
#define SIGNING_FOR(domain, day, schema, alternative, response) \
	SIGNING_AT(domain, day, day "T00:00:00", schema, alternative, response)
#define SIGNING(day, schema, alternative, response) \
	SIGNING_FOR(".", day, schema, alternative, response)
#define PUBLISHED(response) START("published", response)
#define ACTIVATED(response) START("activated", response)

#define Q1                  "2027-01-01"
#define Q2                  "2027-04-01"
#define Q3                  "2027-07-01"
#define Q4                  "2027-10-01"
/* The second quarter's two responses. */
#define PLANNED_2  SIGNING(Q2, "normal", "null", H1), PUBLISHED(H1)
#define FALLBACK_2 SIGNING(Q2, "hold", "\"wait\"", H2), PUBLISHED(H2)
/* A fallback of BIND's or Knot's: its record is used later than it is signed. */
#define FALLBACK_OF(id, inception) \
	SIGNING_AT(".", id, inception, "hold", "\"wait\"", H2), PUBLISHED(H2)
#define PLANNED_3  SIGNING(Q3, "normal", "null", H3), PUBLISHED(H3)

static struct plan_response planned[3] = {
	{ .name = "first", .schema.name = "normal", .next = 1 },
	{ .name = "second", .schema.name = "normal", .next = 2 },
	{ .name = "third", .schema.name = "normal", .next = 3 },
};
static struct plan_response both[2] = {
	{ .name = "second", .schema.name = "normal", .next = 2 },
	{ .name = "wait", .schema.name = "hold", .next = 1 },
};
static struct plan_quarter quarters[3] = {
	{ .name = "2027-q1", .n_responses = 1, .responses = &planned[0] },
	{ .name = "2027-q2", .n_responses = 2, .responses = both },
	{ .name = "2027-q3", .n_responses = 1, .responses = &planned[2] },
};

static struct plan
plan_of(uint8_t delays)
{
	for (int i = 0; i < 3; i++)
		quarters[i].start =
		    quarter_start((struct quarter){ 2027, i + 1 });
	return (struct plan){ .delays = delays,
		.n_slots = 9,
		.slot_s = INT64_C(864000),
		.n_quarters = 3,
		.quarters = quarters };
}

/* A chain whose links are right; NULL if there are no lines. */
static struct ledger *
ledger_of(const char *const lines[LINES_MAX])
{
	struct buf all = buf_new(1024 * 1024);
	char prev[CHAIN_HASH_SIZE];
	struct ledger *ledger = NULL;
	struct err err;

	memset(prev, '0', sizeof(prev) - 1);
	prev[sizeof(prev) - 1] = '\0';
	for (size_t i = 0; i < LINES_MAX && lines[i] != NULL; i++) {
		size_t start = all.len;
		uint8_t digest[SHA256_SIZE];

		buf_printf(&all, "{\"seq\":%zu,\"prev\":\"%s\",%s}\n", i + 1,
		    prev, lines[i]);
		assert_ok(
		    sha256((struct bytes){ all.data + start, all.len - start },
			digest, &err),
		    &err);
		for (size_t j = 0; j < SHA256_SIZE; j++)
			snprintf(prev + 2 * j, 3, "%02x", digest[j]);
	}
	if (all.len > 0)
		assert_ok(
		    ledger_of_bytes(buf_bytes(&all), "r.jsonl", &ledger, &err),
		    &err);
	buf_free(&all);
	return ledger;
}

struct due_case {
	const char *lines[LINES_MAX];
	uint8_t delays;
	const char *day;      /* the request's first */
	const char *previous; /* SHA-256 in hex, or NULL */
	const char *refused;  /* NULL: the step below is due */
	size_t step;
	bool other_active;
};

static void
judge(const struct due_case *c, size_t number)
{
	struct plan plan = plan_of(c->delays);
	struct ledger *ledger = ledger_of(c->lines);
	struct bundle bundle = { 0 };
	struct ksr request = {
		.domain = ".", .n_bundles = 1, .bundles = &bundle
	};
	uint8_t previous[SHA256_SIZE];
	char start[32];
	struct plan_due due;
	struct err err = { 0 };
	bool ok;

	snprintf(start, sizeof(start), "%sT00:00:00Z", c->day);
	assert_true(time_parse(start, &bundle.inception));
	if (c->previous != NULL)
		assert_true(hex_parse(c->previous, previous, SHA256_SIZE));
	ok = plan_due_find(&plan, &request, NULL, ledger,
	    c->previous == NULL ? NULL : previous, &due, &err);
	ledger_close(ledger);
	if (ok != (c->refused == NULL))
		fail_msg("case %zu: %s", number, ok ? "accepted" : err.msg);
	if (!ok) {
		assert_message_has(&err, c->refused);
		assert_int_equal(err.code, E_REFUSED);
	} else if (due.step != c->step || due.other_active != c->other_active) {
		fail_msg("case %zu: step %zu, other active %d", number,
		    due.step, due.other_active);
	}
}

#define NOT_ANY  "when no quarter of the plan does; it has 2027-q1 to "
#define AT_END   "the plan is at its end: its last step, 2027-q3"
#define NOT_THAT "none is what the plan has for that quarter"
#define NO_PREVIOUS \
	"the previous response is none that the register has for 2027-q2"
#define UNDECIDED "more than one step of the plan may be due"

static void
plan_due_find_follows_what_was_used(void **state)
{
	static const struct due_case cases[] = {
		/* Nothing is known: as planned, to the plan's end. */
		{ { NULL }, 1, Q1, NULL, NULL, 0, false },
		{ { NULL }, 1, Q2, NULL, NULL, 1, false },
		{ { NULL }, 1, Q3, H1, NULL, 2, false },
		{ { NULL }, 1, Q4, NULL, AT_END, 0, false },
		{ { NULL }, 1, "2028-01-01", NULL, NOT_ANY "2027-q4", 0,
		    false },
		{ { NULL }, 0, Q4, NULL, NOT_ANY "2027-q3", 0, false },
		{ { NULL }, 1, "2027-07-02", NULL, NOT_ANY, 0, false },
		{ { NULL }, 1, "2026-10-01", NULL, NOT_ANY, 0, false },
		/* The previous response decides. */
		{ { PLANNED_2, FALLBACK_2 }, 1, Q3, H1, NULL, 2, false },
		{ { PLANNED_2, FALLBACK_2 }, 1, Q3, H2, NULL, 1, false },
		{ { PLANNED_2, FALLBACK_2 }, 1, Q3, H3, NO_PREVIOUS, 0, false },
		{ { PLANNED_2, FALLBACK_2, ACTIVATED(H1) }, 1, Q3, H2, NULL, 1,
		    true },
		{ { PLANNED_2, FALLBACK_2, ACTIVATED(H2) }, 1, Q3, H2, NULL, 1,
		    false },
		/* Without one the register does, if it can. */
		{ { PLANNED_2 }, 1, Q3, NULL, NULL, 2, false },
		{ { PLANNED_2, FALLBACK_2 }, 1, Q3, NULL, UNDECIDED, 0, false },
		{ { PLANNED_2, FALLBACK_2, ACTIVATED(H1) }, 1, Q3, NULL, NULL,
		    2, false },
		{ { PLANNED_2, FALLBACK_2, ACTIVATED(H2) }, 1, Q3, NULL, NULL,
		    1, false },
		/* Further back, where the previous one alone is no answer. */
		{ { PLANNED_2, FALLBACK_2, PLANNED_3 }, 1, Q4, H3, UNDECIDED, 0,
		    false },
		{ { PLANNED_2, FALLBACK_2, PLANNED_3, ACTIVATED(H2) }, 1, Q4,
		    H3, NULL, 2, false },
		{ { PLANNED_2, FALLBACK_2, PLANNED_3, ACTIVATED(H1) }, 1, Q4,
		    H3, AT_END, 0, false },
		/* What the plan does not have or allow, or nobody used. */
		{ { SIGNING(Q2, "normal", "\"wait\"", H2), PUBLISHED(H2) }, 1,
		    Q3, NULL, NOT_THAT, 0, false },
		{ { SIGNING(Q2, "hold", "null", H2), PUBLISHED(H2) }, 1, Q3,
		    NULL, NOT_THAT, 0, false },
		{ { FALLBACK_2 }, 0, Q3, H2, NO_PREVIOUS, 0, false },
		{ { SIGNING(Q2, "hold", "\"wait\"", H2) }, 1, Q3, H2, NULL, 2,
		    false },
		{ { SIGNING_FOR("example.", Q2, "hold", "\"wait\"", H2),
		      PUBLISHED(H2) },
		    1, Q3, H2, NULL, 2, false },
		/* Another plan's fallback, which this one has as planned. */
		{ { SIGNING(Q2, "normal", "\"elsewhere\"", H2), PUBLISHED(H2) },
		    1, Q3, H2, NULL, 2, false },
		/* In text it is of the quarter in which it is used. */
		{ { FALLBACK_OF("bind-aaaaaaaaaaaaaaaa-20270401000000",
		      "2027-03-31T23:00:00") },
		    1, Q3, H2, NULL, 1, false },
		{ { FALLBACK_OF("knot-aaaaaaaaaaaaaaaa-20270401000000",
		      "2027-03-20T22:30:00") },
		    1, Q3, H2, NULL, 1, false },
		{ { FALLBACK_OF("knot-aaaaaaaaaaaaaaaa-20270401000001",
		      "2027-03-31T22:30:00") },
		    1, Q3, H2, NULL, 2, false },
		/* An id that is not of this request's text says nothing. */
		{ { FALLBACK_OF("bind-aaaaaaaaaaaaaaab-20270401000000",
		      "2027-03-31T23:00:00") },
		    1, Q3, H2, NULL, 2, false },
		{ { FALLBACK_OF("bine-aaaaaaaaaaaaaaaa-20270401000000",
		      "2027-03-31T23:00:00") },
		    1, Q3, H2, NULL, 2, false },
		{ { FALLBACK_OF("bind-aaaaaaaaaaaaaaaa-20270301000000",
		      "2027-04-01T00:00:00") },
		    1, Q3, H2, NULL, 1, false },
		/* The register's own quarter does not count. */
		{ { PLANNED_3 }, 1, Q3, NULL, NULL, 2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		judge(&cases[i], i);
}

static void
plan_due_allows_what_the_delays_leave(void **state)
{
	static const struct {
		uint8_t delays;
		size_t cycle, response;
		bool allowed;
	} cases[] = { { 0, 1, 0, true }, { 0, 1, 1, false }, { 1, 1, 1, true },
		{ 1, 2, 0, true }, { 1, 2, 1, false }, { 2, 2, 1, true },
		{ 2, 3, 1, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct plan plan = plan_of(cases[i].delays);
		const struct plan_due due = { .cycle = cases[i].cycle,
			.step = 1 };

		if (plan_due_allows(&plan, &due, cases[i].response) !=
		    cases[i].allowed)
			fail_msg("case %zu", i);
	}
}

static void
asked_of_plan_names_files_by_the_requests_quarter(void **state)
{
	struct plan plan = plan_of(2);
	const struct plan_due due = { .cycle = 2, .step = 1 };
	const struct ksr request = { .format = KSR_XML };
	struct asked asked;
	struct err err;

	(void)state;
	assert_ok(asked_of_plan(&plan, &due, &request, "example.", "out",
		      &asked, &err),
	    &err);
	assert_int_equal(asked.n, 2);
	assert_string_equal(asked.quarter, "2027-q3");
	assert_string_equal(asked.step, "2027-q2");
	assert_string_equal(
	    asked.responses[0].path, "out/skr-example-2027-q3-0-second.xml");
	assert_null(asked.responses[0].alternative);
	assert_string_equal(
	    asked.responses[1].path, "out/skr-example-2027-q3-1-wait.xml");
	assert_string_equal(asked.responses[1].alternative, "wait");
	asked_clear(&asked);
}

static void
asked_of_plan_names_files_by_the_requests_format(void **state)
{
	static const char *const paths[] = {
		[KSR_XML] = "out/skr-root-2027-q1-0-first.xml",
		[KSR_BIND] = "out/skr-root-2027-q1-0-first.txt",
		[KSR_KNOT] = "out/skr-root-2027-q1-0-first.txt",
	};
	struct plan plan = plan_of(1);
	const struct plan_due due = { .cycle = 0, .step = 0 };

	(void)state;
	for (enum ksr_format i = KSR_XML; i < ARRAY_LEN(paths); i++) {
		const struct ksr request = { .format = i };
		struct asked asked;
		struct err err;

		assert_ok(asked_of_plan(&plan, &due, &request, ".", "out",
			      &asked, &err),
		    &err);
		assert_string_equal(asked.responses[0].path, paths[i]);
		asked_clear(&asked);
	}
}

/* The plan's proof is of its slots: 9 of 10 days from 2027-01-01 on. */
static void
plan_due_find_holds_records_to_the_slots(void **state)
{
	static const struct {
		enum ksr_format format;
		size_t n, moved; /* this record, by so many seconds */
		int64_t by_s, lead_s;
		const char *refused;
	} cases[] = {
		{ KSR_BIND, 9, 0, 0, 0, NULL },
		{ KSR_KNOT, 9, 0, 0, 0, NULL },
		{ KSR_BIND, 9, 0, 0, 3600, NULL },
		{ KSR_KNOT, 9, 0, 0, 5400, NULL },
		{ KSR_BIND, 8, 0, 0, 0, "has 8 records" },
		{ KSR_KNOT, 10, 0, 0, 0, "proved for 9 slots" },
		{ KSR_KNOT, 9, 4, -1, 5400,
		    "record 5 begins 2027-02-09T23:59:59; the plan is proved "
		    "for a slot that begins 2027-02-10T00:00:00" },
		{ KSR_BIND, 9, 8, 1, 0,
		    "record 9 begins 2027-03-22T00:00:01" },
		/* What is used earlier is not in the slot by its lead. */
		{ KSR_BIND, 9, 0, -3600, 3600,
		    "begins 2026-12-31T23:00:00, when no quarter of the plan "
		    "does" },
		/* A format with slots is held to them by its own checks. */
		{ KSR_XML, 8, 4, -1, 0, NULL },
	};
	const struct plan plan = plan_of(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bundle bundles[10] = { 0 };
		const struct ksr request = { .format = cases[i].format,
			.domain = ".", .n_bundles = cases[i].n,
			.bundles = bundles };
		struct plan_due due;
		struct err err = { 0 };
		bool ok;

		for (size_t k = 0; k < ARRAY_LEN(bundles); k++) {
			bundles[k].lead_s = cases[i].lead_s;
			bundles[k].inception = plan_slot_start(&plan, 0, 0) +
			    (int64_t)k * plan.slot_s - cases[i].lead_s;
		}
		bundles[cases[i].moved].inception += cases[i].by_s;
		ok = plan_due_find(
		    &plan, &request, NULL, NULL, NULL, &due, &err);
		if (ok != (cases[i].refused == NULL))
			fail_msg("case %zu: %s", i, ok ? "accepted" : err.msg);
		if (!ok) {
			assert_message_has(&err, cases[i].refused);
			assert_int_equal(err.code, E_REFUSED);
		}
	}
}

static void
asked_of_plan_names_no_folder_by_the_zone(void **state)
{
	struct plan plan = plan_of(1);
	const struct plan_due due = { .cycle = 0, .step = 0 };
	const struct ksr request = { .format = KSR_XML };
	struct asked asked;
	struct err err;

	(void)state;
	assert_ok(asked_of_plan(&plan, &due, &request,
		      "0/25.2.0.192.in-addr.arpa.", "out", &asked, &err),
	    &err);
	assert_string_equal(asked.responses[0].path,
	    "out/skr-0%2F25.2.0.192.in-addr.arpa-2027-q1-0-first.xml");
	asked_clear(&asked);
}

static void
plan_due_policy_has_the_steps_counts_and_no_hsm(void **state)
{
	static struct config_hsm hsm;
	static struct config config = { .n_hsms = 1, .hsms = &hsm };
	static struct key_counts counts = { .n = 1, .counts[0].different = 7 };
	struct plan plan = plan_of(0);
	struct plan_due due = { .cycle = 0, .step = 0 };
	struct config *policy;
	struct err err;

	(void)state;
	assert_ok(plan_due_policy(&plan, &due, &config, &policy, &err), &err);
	assert_null(policy);
	quarters[1].responses[0].key_counts = &counts;
	due.step = 1;
	assert_ok(plan_due_policy(&plan, &due, &config, &policy, &err), &err);
	quarters[1].responses[0].key_counts = NULL;
	assert_int_equal(
	    policy->request_policy.key_counts.counts[0].different, 7);
	assert_int_equal(policy->n_hsms, 0);
	assert_null(policy->hsms);
	free(policy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_due_find_follows_what_was_used),
		cmocka_unit_test(plan_due_allows_what_the_delays_leave),
		cmocka_unit_test(
		    asked_of_plan_names_files_by_the_requests_quarter),
		cmocka_unit_test(
		    asked_of_plan_names_files_by_the_requests_format),
		cmocka_unit_test(plan_due_find_holds_records_to_the_slots),
		cmocka_unit_test(asked_of_plan_names_no_folder_by_the_zone),
		cmocka_unit_test(
		    plan_due_policy_has_the_steps_counts_and_no_hsm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
