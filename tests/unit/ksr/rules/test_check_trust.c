/*
 * What followers can make of a response after the one before it: SKR-REVOKED,
 * SKR-TRUST, SKR-FOLLOWERS, and the table of docs/schemas.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/rules/history.h"
#include "ksr/rules/outlook.h"
#include "tests/support/fixture.h"

#define CURRENT 1u /* bits of the configuration's keys */
#define NEXT    2u

/* A quarter before, by its schema, and one to come. */
struct two {
	struct config *config;
	struct ksr *previous, *request;
	struct schema schema; /* owned: may be spoilt */
	struct check_input in;
};

/* before: NULL if there was none. */
static struct two
two_new(const char *more, const char *before, const char *schema)
{
	struct two two = { .config = fixture_config(0, 1, more) };
	struct err err;

	if (before != NULL) {
		struct ksr *request =
		    fixture_request(FIXTURE_START - CYCLE_S, 0);

		two.previous = fixture_respond(two.config, before, request);
		ksr_free(request);
	}
	two.request = fixture_request(FIXTURE_START, 1);
	assert_ok(
	    schema_copy(config_schema(two.config, schema), &two.schema, &err),
	    &err);
	two.in = (struct check_input){
		.config = two.config,
		.now = FIXTURE_START - 45 * DAY_S,
		.request = two.request,
		.previous = two.previous,
		.keys_in_hsm = CURRENT | NEXT,
	};
	return two;
}

static void
two_free(struct two *two)
{
	schema_clear(&two->schema);
	ksr_free(two->previous);
	ksr_free(two->request);
	config_free(two->config);
}

/* The input with its schema: two may have been moved since. */
static struct check_input *
input_of(struct two *two)
{
	two->in.schema = &two->schema;
	return &two->in;
}

static void
refuse(const char *before, const char *schema, const char *id, size_t bundle,
    const char *seen, const char *required)
{
	struct two two = two_new("", before, schema);

	assert_refuses(
	    input_of(&two), STAGE_REQUEST, id, bundle, seen, required);
	two_free(&two);
}

static void
check_skr_trust_passes(void **state)
{
	static const char *const orders[][2] = { { "normal", "normal" },
		{ "normal", "pre-publish" }, { "normal", "publish+" },
		{ "pre-publish", "publish+" }, { "pre-publish", "rollover" },
		{ "rollover", "rollover+" }, { "rollover", "revoke" },
		{ "rollover", "publish+" }, { "revoke", "revoke+" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct two two = two_new("", orders[i][0], orders[i][1]);

		assert_verdict(
		    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
		two_free(&two);
	}
}

static void
check_skr_trust_refuses_a_ksk_that_nobody_knows(void **state)
{
	static const char wanted[] =
	    "a signature by a KSK that was in the previous SKR's last bundle";

	(void)state;
	refuse("normal", "revoke", "SKR-TRUST", 1,
	    "signs and is not in the previous SKR's last bundle", wanted);
	refuse("normal", "rollover+", "SKR-TRUST", 1, "KSK ksk_next", wanted);
	refuse("normal", "revoke+", "SKR-TRUST", 1, "KSK ksk_next", wanted);
	refuse("normal", "rollover", "SKR-TRUST", 2, "KSK ksk_next", wanted);
}

/* What it would have published from its fifth slot on it never did. */
static void
check_skr_trust_takes_no_slot_that_is_replaced(void **state)
{
	struct two two = two_new("", "pre-publish", "rollover");
	static const uint8_t replaced[SHA256_SIZE] = { 1 };
	int64_t earlier;

	(void)state;
	for (size_t slot = 1; slot < 5; slot++) {
		fixture_drop_key(two.previous, slot, fixture_ksk(1));
		fixture_sign(two.previous, slot);
	}
	earlier = two.request->bundles[0].inception -
	    two.previous->bundles[5].inception;
	for (size_t slot = 0; slot < FIXTURE_SLOTS; slot++) {
		two.request->bundles[slot].inception -= earlier;
		two.request->bundles[slot].expiration -= earlier;
	}
	two.in.replaces = replaced;
	two.config->ksk_policy.signature.publish_safety_s = 10 * DAY_S;
	two.schema.slots[0].sign = NEXT;
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 1,
	    "is not in the previous SKR's bundle 5", "bundle 5");
	assert_refuses(input_of(&two), STAGE_REQUEST, "KSR-POLICY-SAFETY", 1,
	    "ksk_next", "");
	two_free(&two);
}

/* Within one response nobody can know it, however long it has been there. */
static void
check_skr_trust_refuses_a_ksk_of_this_response(void **state)
{
	struct two two = two_new("", "normal", "pre-publish");

	(void)state;
	two.schema.slots[8].sign = NEXT;
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 9,
	    "KSK ksk_next", "every follower trusts by then");
	two_free(&two);
}

/* In the last slots only: too late for all to trust it in the next quarter. */
static void
check_skr_trust_counts_the_hold_down(void **state)
{
	static const struct {
		size_t slots; /* that the key was published in, at the end */
		size_t
		    refused; /* the slot that it may not sign alone; 0: none */
	} cases[] = { { 1, 2 }, { 2, 2 }, { 3, 2 }, { 4, 0 }, { 8, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct two two = two_new("", "pre-publish", "rollover");

		/* 11 + 1 + 30 + 1 days after it appeared, in slot 2 of 10. */
		for (size_t slot = 1; slot + cases[i].slots < 9; slot++) {
			fixture_drop_key(two.previous, slot, fixture_ksk(1));
			fixture_sign(two.previous, slot);
		}
		if (cases[i].refused == 0)
			assert_verdict(input_of(&two), STAGE_REQUEST,
			    "SKR-TRUST", VERDICT_PASS);
		else
			assert_refuses(input_of(&two), STAGE_REQUEST,
			    "SKR-TRUST", cases[i].refused,
			    "and trusted by every follower from", "");
		two_free(&two);
	}
}

/* Beside a trusted key anything may sign. */
static void
check_skr_trust_passes_a_ksk_that_signs_beside(void **state)
{
	struct two two = two_new("", "normal", "rollover+");

	(void)state;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		two.schema.slots[i].sign = CURRENT | NEXT;
	assert_refusing_ids(input_of(&two), STAGE_REQUEST | STAGE_TOKEN, "");
	two_free(&two);
}

/* --first: what is not known is no finding, what is in the schema is. */
static void
check_skr_trust_takes_the_first_response_as_it_is(void **state)
{
	struct two two = two_new("", NULL, "rollover");

	(void)state;
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	two.schema.slots[0].publish = CURRENT;
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 2,
	    "KSK ksk_next", "every follower trusts");
	two_free(&two);
}

/* The next key's DS since that time; the current one's for ever. */
static struct config *
with_ds(struct two *two, int64_t since, int64_t withdrawn)
{
	struct config_key *keys = two->config->keys;

	keys[0].has_ds_published = keys[1].has_ds_published = true;
	keys[0].ds_published = 0;
	keys[1].ds_published = since;
	keys[0].has_ds_withdrawn = withdrawn != 0;
	keys[0].ds_withdrawn = withdrawn;
	two->config->trust = TRUST_PARENT_DS;
	two->config->parent_ds =
	    (struct config_parent_ds){ .ttl_s = 86400, .propagation_s = 3600 };
	return two->config;
}

/* Double DS: the new key signs at once, unpublished before. */
static void
check_skr_trust_passes_a_ksk_with_a_ds(void **state)
{
	const int64_t lag_s = 86400 + 3600;
	struct two two = two_new("", "normal", "rollover+");

	(void)state;
	with_ds(&two, FIXTURE_START - lag_s, 0);
	assert_refusing_ids(input_of(&two), STAGE_REQUEST | STAGE_TOKEN, "");
	with_ds(&two, FIXTURE_START - lag_s + 1, 0);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 1,
	    "KSK ksk_next (", "for its TTL and propagation, P1DT1H");
	/* The key that signed until now has lost its DS. */
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		two.schema.slots[i].sign = CURRENT;
	with_ds(&two, FIXTURE_START - lag_s, FIXTURE_START + 10 * DAY_S);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 2,
	    "KSK ksk_current", "and publishes still");
	/* Both sign, while the one DS takes the other's place. */
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		two.schema.slots[i].sign = CURRENT | NEXT;
	with_ds(&two, FIXTURE_START + 10 * DAY_S, FIXTURE_START + 10 * DAY_S);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	two_free(&two);
}

/* The last slot's DS is needed until the next response may begin. */
static void
check_skr_trust_refuses_a_ds_withdrawn_on_a_spare_day(void **state)
{
	struct two two = two_new("", "normal", "normal");
	const struct bundle *last = &two.request->bundles[FIXTURE_SLOTS - 1];
	int64_t latest = last->expiration -
	    two.config->ksk_policy.signature.min_validity_overlap_s;

	(void)state;
	assert_true(latest > last->inception + 10 * DAY_S);
	with_ds(&two, 0, latest);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	with_ds(&two, 0, latest - 1);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST",
	    FIXTURE_SLOTS, "KSK ksk_current", "and publishes still");
	two_free(&two);
}

/* Before the first DS nobody takes the zone for signed. */
static void
check_skr_trust_passes_before_the_first_ds(void **state)
{
	struct two two = two_new("", "normal", "normal");

	(void)state;
	with_ds(&two, FIXTURE_START + 200 * DAY_S, 0);
	two.config->keys[0].ds_published = FIXTURE_START + 100 * DAY_S;
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	/* All withdrawn is not before the first. */
	with_ds(&two, FIXTURE_START + 200 * DAY_S, FIXTURE_START - DAY_S);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-TRUST", 1,
	    "KSK ksk_current", "");
	two_free(&two);
}

static void
check_skr_revoked_passes(void **state)
{
	struct two two = two_new("", "rollover", "revoke");

	(void)state;
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-REVOKED", VERDICT_PASS);
	two_free(&two);
	two = two_new("", "revoke", "revoke+");
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-REVOKED", VERDICT_PASS);
	two.in.schema = NULL;
	assert_verdict(&two.in, STAGE_REQUEST, "SKR-REVOKED", VERDICT_NOT_RUN);
	two_free(&two);
}

static void
check_skr_revoked_refuses_a_key_that_comes_back(void **state)
{
	static const char *const schemas[] = { "normal", "pre-publish",
		"rollover", "publish+", "rollover+", "revoke" };
	struct two two;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
		refuse("revoke", schemas[i], "SKR-REVOKED", 1,
		    "unrevoked; it was revoked in slot 2 of the previous SKR",
		    "stays revoked");
	/* By another name it is the same key. */
	two = two_new("", "revoke", "publish+");
	strcpy(two.config->keys[0].label, "renamed");
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-REVOKED", 1,
	    "KSK ksk_current", "stays revoked");
	/* Nor with a DS at the parent. */
	with_ds(&two, 0, 0);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-REVOKED", 1,
	    "KSK ksk_current", "stays revoked");
	two_free(&two);
}

static void
check_skr_revoked_refuses_a_return_within_the_response(void **state)
{
	struct two two = two_new("", "rollover", "revoke");
	struct check_input *in = input_of(&two);
	struct ksr *response;

	(void)state;
	two.schema.slots[5] =
	    (struct schema_slot){ CURRENT | NEXT, CURRENT, 0 };
	assert_refuses(in, STAGE_REQUEST, "SKR-REVOKED", 6,
	    "is published and signs unrevoked; it was revoked in slot 2 of "
	    "this response",
	    "stays revoked");
	assert_refuses(in, STAGE_SCHEDULE, "SKR-REVOKED", 6, "", "");
	/* The response is judged by what is in it. */
	response = fixture_respond(two.config, "revoke", two.request);
	in->response = response;
	in->schema = NULL;
	assert_verdict(in, STAGE_RESPONSE, "SKR-REVOKED", VERDICT_PASS);
	for (size_t i = 0; i < response->bundles[5].n_keys; i++)
		response->bundles[5].keys[i].flags &=
		    (uint16_t)~DNSKEY_FLAG_REVOKE;
	assert_refuses(in, STAGE_RESPONSE, "SKR-REVOKED", 6, "KSK ksk_current",
	    "stays revoked");
	ksr_free(response);
	two_free(&two);
}

/* What the register knows of two quarters: the KSKs of each slot. */
struct past {
	struct history_ksk ksks[2];
	struct history_slot slots[2][FIXTURE_SLOTS];
	struct history_response responses[2];
	uint8_t hashes[2][SHA256_SIZE];
	struct history *history; /* owned */
};

static struct history_ksk
past_ksk(size_t n)
{
	struct history_ksk ksk = { .published = true, .signs = n == 0 };
	struct dname root;
	struct err err;

	assert_ok(dname_parse(".", &root, &err), &err);
	assert_ok(dnskey_ds(&root, fixture_ksk(n), ksk.ds_sha256, &err), &err);
	return ksk;
}

/* Responses 0 and 1 begin then; each slot has the current KSK alone. */
static void
past_init(struct past *past, int64_t start0, int64_t start1)
{
	past->ksks[0] = past_ksk(0);
	past->ksks[1] = past_ksk(1);
	for (size_t i = 0; i < 2; i++) {
		int64_t start = i == 0 ? start0 : start1;

		memset(past->hashes[i], (int)(10 + i), SHA256_SIZE);
		for (int64_t k = 0; k < FIXTURE_SLOTS; k++)
			past->slots[i][k] = (struct history_slot){
				.inception = start + k * 10 * DAY_S,
				.expiration = start + (k * 10 + 21) * DAY_S,
				.n_ksks = 1,
				.ksks = past->ksks,
			};
		past->responses[i] = (struct history_response){
			.request_id = "request",
			.request_sha256 = past->hashes[i],
			.response_sha256 = past->hashes[i],
			.schema = "normal",
			.state = HISTORY_PUBLISHED,
			.inception = start,
			.expiration = start + 101 * DAY_S,
			.n_slots = FIXTURE_SLOTS,
			.slots = past->slots[i],
			.line = 2 * i + 2,
		};
	}
}

/* The previous response is number 1, with its hash. */
static void
past_set(struct past *past, struct two *two,
    const struct history_activation *activations, size_t n)
{
	struct err err;

	history_free(past->history);
	assert_ok(history_new(".", past->responses, 2, activations, n,
		      &past->history, &err),
	    &err);
	two->in.history = past->history;
	memcpy(two->in.previous_sha256, past->hashes[1], SHA256_SIZE);
}

/* Whatever was revoked before the previous response is revoked still. */
static void
check_skr_revoked_refuses_what_the_register_has_revoked(void **state)
{
	struct two two = two_new("", "normal", "pre-publish");
	struct past past = { 0 };

	(void)state;
	past_init(&past, FIXTURE_START - 2 * CYCLE_S, FIXTURE_START - CYCLE_S);
	past_set(&past, &two, NULL, 0);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-REVOKED", VERDICT_PASS);
	past.slots[0][3].n_ksks = 2;
	past_set(&past, &two, NULL, 0);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-REVOKED", VERDICT_PASS);
	past.ksks[1].published = false;
	past.ksks[1].revoked = true;
	past_set(&past, &two, NULL, 0);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-REVOKED", 2,
	    "as the register has it", "stays revoked");
	/* What the zone never used was never published. */
	past.responses[0].state = HISTORY_INTERRUPTED;
	past_set(&past, &two, NULL, 0);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-REVOKED", VERDICT_PASS);
	history_free(past.history);
	two_free(&two);
}

/*
 * The previous response has the next KSK in every slot, as if it had long been
 * there; the register knows from which slot on the zone used that response.
 */
static void
check_skr_trust_knows_from_the_register_when_a_key_appeared(void **state)
{
	struct two two = two_new("", "publish+", "rollover");
	struct past past = { 0 };
	struct history_activation used = { .response = 1, .line = 6 };

	(void)state;
	past_init(&past, FIXTURE_START - CYCLE_S, FIXTURE_START - CYCLE_S);
	for (size_t k = 0; k < FIXTURE_SLOTS; k++)
		past.slots[1][k].n_ksks = 2;
	past.responses[1].alternative = "more";
	for (size_t slot = 2; slot <= 9; slot++) {
		used.slot = slot - 1;
		used.from = past.slots[1][slot - 1].inception;
		past_set(&past, &two, &used, 1);
		/* Slot 7 begins 40 days before slot 2 of the next quarter; it
		 * takes 11 of replay, 1 and 30 and 1 until all trust it. */
		if (slot <= 6)
			assert_verdict(input_of(&two), STAGE_REQUEST,
			    "SKR-TRUST", VERDICT_PASS);
		else
			assert_refuses(input_of(&two), STAGE_REQUEST,
			    "SKR-TRUST", 2,
			    "and trusted by every follower from", "");
	}
	/* Another previous response than the register's is judged alone. */
	two.in.previous_sha256[0] ^= 1;
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	/* Its slots are not known. */
	two.in.previous_sha256[0] ^= 1;
	past.responses[1].slots = NULL;
	past_set(&past, &two, &used, 1);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-TRUST", VERDICT_PASS);
	history_free(past.history);
	two_free(&two);
}

static void
check_skr_followers_passes(void **state)
{
	struct two two = two_new("", "pre-publish", "rollover");
	struct outlook_followers followers;
	struct err err;

	(void)state;
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-FOLLOWERS", VERDICT_PASS);
	/* Who was there goes on; who comes now, or never learns, does not. */
	assert_ok(outlook_of(input_of(&two), &followers, &err), &err);
	assert_int_equal(followers.n, 3);
	assert_string_equal(followers.followers[0].kind, "follows");
	assert_false(followers.followers[0].fails);
	for (size_t i = 1; i < 3; i++) {
		assert_true(followers.followers[i].fails);
		assert_int_equal(followers.followers[i].slot, 1);
		assert_int_equal(followers.followers[i].fails_at,
		    FIXTURE_START + 10 * DAY_S);
	}
	two_free(&two);
	two = two_new("", "normal", "normal");
	assert_ok(outlook_of(input_of(&two), &followers, &err), &err);
	for (size_t i = 0; i < 3; i++)
		assert_false(followers.followers[i].fails);
	two_free(&two);
}

static void
check_skr_followers_refuses_where_all_fail(void **state)
{
	(void)state;
	refuse("normal", "revoke", "SKR-FOLLOWERS", 1,
	    "every kind of follower fails: \"follows\" at 2026-01-01T00:00:00",
	    "some follower can validate throughout");
	refuse("normal", "rollover", "SKR-FOLLOWERS", 2, "\"static\"", "");
	refuse("revoke", "normal", "SKR-FOLLOWERS", 1, "\"starts now\"", "");
}

static void
check_skr_followers_go_by_the_parent(void **state)
{
	struct two two = two_new("", "normal", "rollover+");
	struct outlook_followers followers;
	struct err err;

	(void)state;
	with_ds(&two, FIXTURE_START - 3600, 0);
	assert_ok(outlook_of(input_of(&two), &followers, &err), &err);
	/* With the DS of now, with one from before, with the key of before. */
	assert_false(followers.followers[0].fails);
	assert_true(followers.followers[1].fails);
	assert_true(followers.followers[2].fails);
	assert_verdict(
	    input_of(&two), STAGE_REQUEST, "SKR-FOLLOWERS", VERDICT_PASS);
	with_ds(&two, FIXTURE_START + 1, 0);
	assert_refuses(input_of(&two), STAGE_REQUEST, "SKR-FOLLOWERS", 1,
	    "\"caches DS\"", "");
	two_free(&two);
}

/* docs/schemas.md */

static const char *const schemas[] = { "normal", "pre-publish", "rollover",
	"revoke", "publish+", "rollover+", "revoke+" };

struct column {
	bool parent;
	int64_t publish_safety_s;
};

static const struct column columns[] = { { false, 0 }, { false, 10 * DAY_S },
	{ true, 0 }, { true, 10 * DAY_S } };

/* "accepted", or what refuses and the slot in which it is first found. */
static void
put_cell(const struct check_input *in, struct buf *ret)
{
	struct report report = { 0 };
	const struct check_result *last = NULL;
	struct err err;

	assert_ok(
	    checks_run(STAGE_REQUEST | STAGE_TOKEN, in, NULL, 0, &report, &err),
	    &err);
	for (size_t i = 0; i < report.n_results; i++) {
		const struct check_result *result = &report.results[i];

		if (result->verdict != VERDICT_REFUSE)
			continue;
		assert_true(result->n_findings > 0);
		/* Two rows of one id need not say the same twice. */
		if (last == NULL ||
		    strcmp(last->check->id, result->check->id) != 0 ||
		    last->findings[0].bundle != result->findings[0].bundle)
			buf_printf(ret, "%s%s %zu", last == NULL ? "" : ", ",
			    result->check->id, result->findings[0].bundle);
		last = result;
	}
	if (report_accepted(&report))
		buf_puts(ret, "accepted");
	report_clear(&report);
}

static void
put_row(
    struct two *two, const char *before, const char *schema, struct buf *ret)
{
	buf_printf(
	    ret, "| %s | %s |", before == NULL ? "none" : before, schema);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		with_ds(two, 0, 0);
		if (!columns[i].parent)
			two->config->trust = TRUST_RFC5011;
		two->config->ksk_policy.signature.publish_safety_s =
		    columns[i].publish_safety_s;
		buf_puts(ret, " ");
		put_cell(input_of(two), ret);
		buf_puts(ret, " |");
	}
	buf_puts(ret, "\n");
}

static void
schemas_one_after_another_are_judged_as_documented(void **state)
{
	struct buf page = read_whole("docs/schemas.md");
	struct buf table = buf_new(1 << 16);
	const char *at;

	(void)state;
	for (size_t i = 0; i <= ARRAY_LEN(schemas); i++)
		for (size_t j = 0; j < ARRAY_LEN(schemas); j++) {
			const char *before = i == 0 ? NULL : schemas[i - 1];
			struct two two = two_new("", before, schemas[j]);

			put_row(&two, before, schemas[j], &table);
			two_free(&two);
		}
	buf_puts(&table, "\n");
	assert_false(table.failed);
	at = strstr((const char *)page.data, "| none | normal |");
	if (at == NULL ||
	    strncmp(at, (const char *)table.data, table.len - 1) != 0) {
		printf("%.*s", (int)table.len, (const char *)table.data);
		fail_msg("docs/schemas.md has another table than this");
	}
	buf_free(&table);
	buf_free(&page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_skr_trust_passes),
		cmocka_unit_test(
		    check_skr_trust_refuses_a_ksk_that_nobody_knows),
		cmocka_unit_test(
		    check_skr_trust_refuses_a_ksk_of_this_response),
		cmocka_unit_test(
		    check_skr_trust_takes_no_slot_that_is_replaced),
		cmocka_unit_test(check_skr_trust_counts_the_hold_down),
		cmocka_unit_test(
		    check_skr_trust_passes_a_ksk_that_signs_beside),
		cmocka_unit_test(
		    check_skr_trust_takes_the_first_response_as_it_is),
		cmocka_unit_test(check_skr_trust_passes_a_ksk_with_a_ds),
		cmocka_unit_test(
		    check_skr_trust_refuses_a_ds_withdrawn_on_a_spare_day),
		cmocka_unit_test(check_skr_trust_passes_before_the_first_ds),
		cmocka_unit_test(check_skr_revoked_passes),
		cmocka_unit_test(
		    check_skr_revoked_refuses_a_key_that_comes_back),
		cmocka_unit_test(
		    check_skr_revoked_refuses_a_return_within_the_response),
		cmocka_unit_test(
		    check_skr_revoked_refuses_what_the_register_has_revoked),
		cmocka_unit_test(
		    check_skr_trust_knows_from_the_register_when_a_key_appeared),
		cmocka_unit_test(check_skr_followers_passes),
		cmocka_unit_test(check_skr_followers_refuses_where_all_fail),
		cmocka_unit_test(check_skr_followers_go_by_the_parent),
		cmocka_unit_test(
		    schemas_one_after_another_are_judged_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
