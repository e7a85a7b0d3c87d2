/* KSR-ONCE and KSR-CHAIN-PREVIOUS, and what the zone uses by the register. */
#include <stdio.h>
#include <string.h>

#include "ksr/rules/history.h"
#include "tests/support/fixture.h"

#define CASES_MAX 8

static const uint8_t *
hash_of(uint8_t fill)
{
	static uint8_t hashes[256][SHA256_SIZE];

	memset(hashes[fill], fill, SHA256_SIZE);
	return hashes[fill];
}

static struct history_slot slots_of[CASES_MAX][FIXTURE_SLOTS];

/* Response i: nine slots of ten days from the start; its hash is 10 + i. */
static struct history_response
response(size_t i, int64_t start)
{
	for (size_t k = 0; k < FIXTURE_SLOTS; k++)
		slots_of[i][k] = (struct history_slot){ .bundle_id = "b",
			.inception = start + (int64_t)k * 10 * DAY_S,
			.expiration = start + (int64_t)(k * 10 + 21) * DAY_S };
	return (struct history_response){
		.request_id = "request",
		.request_sha256 = hash_of((uint8_t)(100 + i)),
		.response_sha256 = hash_of((uint8_t)(10 + i)),
		.schema = "normal",
		.state = HISTORY_PUBLISHED,
		.inception = start,
		.expiration = slots_of[i][FIXTURE_SLOTS - 1].expiration,
		.n_slots = FIXTURE_SLOTS,
		.slots = slots_of[i],
		.line = 2 * i + 2,
	};
}

static struct history *
history_of(const struct history_response *responses, size_t n,
    const struct history_activation *activations, size_t n_activations)
{
	struct history *history;
	struct err err;

	assert_ok(history_new(".", responses, n, activations, n_activations,
		      &history, &err),
	    &err);
	return history;
}

/*
 * The register has that from here on, in the place of what it had.  The
 * fixture's previous response is response 0, with its hash.
 */
static struct history *known;

static void
know(struct fixture *f, const struct history_response *responses, size_t n,
    const struct history_activation *activations, size_t n_activations)
{
	history_free(known);
	known = history_of(responses, n, activations, n_activations);
	f->in.history = known;
	memcpy(f->in.previous_sha256, hash_of(10), SHA256_SIZE);
	memcpy(f->in.request_sha256, hash_of(1), SHA256_SIZE);
}

static void
end(struct fixture *f)
{
	history_free(known);
	known = NULL;
	fixture_free(f);
}

static int64_t
previous_start(const struct fixture *f)
{
	return f->previous->bundles[0].inception;
}

static int64_t
request_start(const struct fixture *f)
{
	return f->request->bundles[0].inception;
}

static void
check_ksr_once_passes(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)) };

	(void)state;
	know(f, list, 1, NULL, 0);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	f->in.history = NULL;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_NOT_RUN);
	end(f);
}

static void
check_ksr_once_refuses_signed_slots(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, request_start(f)) };

	(void)state;
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "were signed in response 0b0b0b", "later slots; or --fallback");
	/* Its last slot is signed as its first is; behind it, it is later. */
	for (size_t i = 0; i < 2; i++) {
		int64_t last = request_start(f) - (i == 0 ? 0 : DAY_S);

		list[1] = response(1, last - 80 * DAY_S);
		know(f, list, 2, NULL, 0);
		if (i == 0)
			assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
			    "were signed", "later slots");
		else
			assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE",
			    VERDICT_PASS);
	}
	/* The very same octets are for KSR-ID to judge. */
	list[1] = response(1, request_start(f));
	list[1].request_sha256 = hash_of(1);
	know(f, list, 2, NULL, 0);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	/* Other octets under an alternative's name are another request. */
	list[1].request_sha256 = hash_of(2);
	know(f, list, 2, NULL, 0);
	f->in.alternative = "alternative";
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0, "were signed",
	    "later slots");
	f->in.alternative = NULL;
	/* An interrupted run may have left a response; a repeated one's did. */
	list[1].request_sha256 = hash_of(2);
	list[1].state = HISTORY_INTERRUPTED;
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0, "were signed",
	    "later slots");
	end(f);
}

/* Of form 1 the slots are not known: nine of nine days at least. */
static void
check_ksr_once_knows_slots_of_form_1(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(
	    0, request_start(f) - 72 * DAY_S) };

	(void)state;
	list[0].slots = NULL;
	for (size_t i = 0; i < 2; i++) {
		know(f, list, 1, NULL, 0);
		if (i == 0)
			assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
			    "were signed", "later slots");
		else
			assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE",
			    VERDICT_PASS);
		list[0].inception -= 1;
	}
	end(f);
}

static void
check_ksr_once_judges_fallback_requests(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, request_start(f)) };

	(void)state;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		slots_of[1][i].expiration = f->request->bundles[i].expiration;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++)
		slots_of[1][i].inception = f->request->bundles[i].inception;
	list[1].expiration =
	    f->request->bundles[FIXTURE_SLOTS - 1].expiration;
	f->in.fallback = "fallback-1";
	know(f, list, 2, NULL, 0);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);

	list[1].fallback = "fallback-1";
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "fallback \"fallback-1\" for these slots is another request's",
	    "a name that is not taken");

	slots_of[1][4].expiration++;
	list[1].fallback = NULL;
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "no request for these very slots was signed", "slots that another");
	end(f);
}

/* Slot by slot; tags alone would not tell two keys apart. */
static void
give_zsks(const struct ksr *request, struct history_slot *slots)
{
	static struct history_zsk zsks[FIXTURE_SLOTS][2];
	struct dname owner;
	struct err err;

	assert_ok(dname_parse(request->domain, &owner, &err), &err);
	for (size_t i = 0; i < FIXTURE_SLOTS; i++) {
		const struct bundle *b = &request->bundles[i];

		assert_in_range(b->n_keys, 1, 2);
		for (size_t k = 0; k < b->n_keys; k++) {
			zsks[i][k].tag = b->keys[k].tag;
			zsks[i][k].algorithm = b->keys[k].algorithm;
			assert_ok(dnskey_ds(&owner, &b->keys[k],
				      zsks[i][k].sha256, &err),
			    &err);
		}
		slots[i].inception = b->inception;
		slots[i].expiration = b->expiration;
		slots[i].n_zsks = b->n_keys;
		slots[i].zsks = zsks[i];
	}
}

static void
check_ksr_once_refuses_a_fallback_with_the_same_zsks(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, request_start(f)) };
	uint8_t *digest;

	(void)state;
	give_zsks(f->request, slots_of[1]);
	list[1].expiration = slots_of[1][FIXTURE_SLOTS - 1].expiration;
	f->in.fallback = "fallback-1";
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "but its ZSKs are those of 0b0b0b", "other ZSKs");
	/* One other key in one slot makes it another request. */
	digest = (uint8_t *)(uintptr_t)slots_of[1][8].zsks[1].sha256;
	digest[31] ^= 1;
	know(f, list, 2, NULL, 0);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	digest[31] ^= 1;
	slots_of[1][8].n_zsks = 1;
	know(f, list, 2, NULL, 0);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	end(f);
}

static void
check_ksr_once_judges_replacements(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, request_start(f) - 40 * DAY_S),
		response(2, request_start(f) - 40 * DAY_S) };
	struct history_activation active = { .response = 2,
		.from = request_start(f) - 40 * DAY_S, .line = 20 };

	(void)state;
	know(f, list, 2, NULL, 0);
	f->in.replaces = hash_of(11);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	f->in.replaces = hash_of(10);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "outside of the slots of the response that it is declared", "to ");
	f->in.replaces = hash_of(99);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "a response that the register has not", "register list");

	/* Where one is active it is that one. */
	f->in.replaces = hash_of(11);
	know(f, list, 3, &active, 1);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "a response that is not the active one", "0c0c0c");

	/* Nobody takes the place of what was replaced. */
	list[2].replaces = hash_of(11);
	know(f, list, 3, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "a response that was replaced before", "0c0c0c");
	end(f);
}

/* A hash that differs in its last bit is another response's. */
static void
check_ksr_once_compares_whole_hashes_of_the_replaced(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, request_start(f) - 40 * DAY_S),
		response(2, request_start(f) - 40 * DAY_S) };
	uint8_t near[SHA256_SIZE];

	(void)state;
	memcpy(near, hash_of(11), SHA256_SIZE);
	near[SHA256_SIZE - 1] ^= 1;
	know(f, list, 2, NULL, 0);
	f->in.replaces = near;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-ONCE", 0,
	    "a response that the register has not", "register list");
	/* What replaced such a one did not replace this one. */
	list[2].replaces = near;
	know(f, list, 3, NULL, 0);
	f->in.replaces = hash_of(11);
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-ONCE", VERDICT_PASS);
	end(f);
}

static void
check_ksr_chain_previous_passes(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, previous_start(f)) };

	(void)state;
	/* Of two that were never activated either. */
	know(f, list, 2, NULL, 0);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-PREVIOUS", VERDICT_PASS);
	memcpy(f->in.previous_sha256, hash_of(11), SHA256_SIZE);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-PREVIOUS", VERDICT_PASS);
	f->in.previous = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-PREVIOUS", VERDICT_NOT_RUN);
	f->in.first = true;
	know(f, list, 0, NULL, 0);
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-PREVIOUS", VERDICT_PASS);
	f->in.history = NULL;
	assert_verdict(
	    &f->in, STAGE_REQUEST, "KSR-CHAIN-PREVIOUS", VERDICT_NOT_RUN);
	end(f);
}

static void
check_ksr_chain_previous_refuses_another(void **state)
{
	struct fixture *f = fixture_new();
	struct history_response list[] = { response(0, previous_start(f)),
		response(1, previous_start(f)) };
	struct history_activation active = { .response = 1,
		.from = previous_start(f), .line = 9 };
	static const char id[] = "KSR-CHAIN-PREVIOUS";

	(void)state;
	know(f, list, 0, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is none that the register has", "`register adopt`");
	know(f, list, 2, &active, 1);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is not what the zone uses", "the active response: 0b0b0b");
	f->in.previous = NULL;
	f->in.first = true;
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "declared the zone's first", "the active response: 0b0b0b");

	/* An older quarter's; one that was replaced; one that never left. */
	f->in.first = false;
	f->in.previous = f->previous;
	list[1] = response(1, previous_start(f) + 5 * DAY_S);
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is not what the zone uses", "the newest quarter's response: 0b");
	list[1] = response(1, previous_start(f));
	list[1].replaces = hash_of(10);
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is not what the zone uses", "the newest quarter's response: 0b");
	list[0].state = HISTORY_INTERRUPTED;
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is not what the zone uses", "the newest quarter's response: 0b");
	/* Beside one that left, which nothing replaced. */
	list[1].replaces = NULL;
	know(f, list, 2, NULL, 0);
	assert_refuses(&f->in, STAGE_REQUEST, id, 0,
	    "is not what the zone uses", "the newest quarter's response: 0b");
	end(f);
}

/* "11@0 12@30": which response from which day on; "*" if it is active. */
static void
assert_uses(const struct history *history, const char *wanted)
{
	char text[256] = "";

	for (size_t i = 0; i < history->n_uses; i++) {
		const struct history_use *use = &history->uses[i];
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%u@%d%s",
		    i == 0 ? "" : " ", use->response->response_sha256[0],
		    (int)(use->from / DAY_S), use->active ? "*" : "");
		assert_true(use->until == INT64_MAX
			? i + 1 == history->n_uses
			: use->until == history->uses[i + 1].from);
	}
	assert_string_equal(text, wanted);
}

static void
history_new_finds_what_is_used(void **state)
{
	/* Two quarters; of the first an alternative and a fallback. */
	struct history_response list[] = { response(0, 0), response(1, 0),
		response(2, 0), response(3, 90 * DAY_S),
		response(4, 30 * DAY_S) };
	static const struct {
		size_t n;
		size_t n_activations;
		struct history_activation activations[3];
		const char *uses;
	} cases[] = {
		{ 4, 0, { { 0 } }, "10@0 13@90" },
		{ 4, 1, { { 1, 0, 0, 20 } }, "11@0* 13@90" },
		/* Back out in slot 4, and again in slot 6. */
		{ 4, 2, { { 0, 0, 0, 20 }, { 1, 3, 30 * DAY_S, 21 } },
		    "10@0* 11@30* 13@90" },
		{ 4, 1, { { 1, 3, 30 * DAY_S, 21 } }, "10@0 11@30* 13@90" },
		{ 4, 3,
		    { { 0, 0, 0, 20 }, { 1, 3, 30 * DAY_S, 21 },
			{ 0, 5, 50 * DAY_S, 22 } },
		    "10@0* 11@30* 10@50* 13@90" },
		/* The later decision takes all that comes after it. */
		{ 4, 3,
		    { { 0, 0, 0, 20 }, { 1, 3, 30 * DAY_S, 21 },
			{ 2, 1, 10 * DAY_S, 22 } },
		    "10@0* 12@10* 13@90" },
		/* A decision for one quarter is none for the next. */
		{ 4, 2,
		    { { 3, 0, 90 * DAY_S, 20 }, { 1, 3, 30 * DAY_S, 21 } },
		    "10@0 11@30* 13@90*" },
		/* One that replaces, from its own beginning on. */
		{ 5, 0, { { 0 } }, "10@0 14@30 13@90" },
		{ 5, 1, { { 0, 0, 0, 2 } }, "10@0* 14@30 13@90" },
		{ 5, 1, { { 1, 5, 50 * DAY_S, 22 } }, "10@0 14@30 11@50* 13@90" },
	};

	(void)state;
	list[1].alternative = "a";
	list[2].fallback = "f";
	list[4].replaces = hash_of(10);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct history *history = history_of(list, cases[i].n,
		    cases[i].activations, cases[i].n_activations);

		assert_uses(history, cases[i].uses);
		assert_null(history_before(history, 0));
		assert_ptr_equal(
		    history_before(history, 1)->response->response_sha256,
		    history->uses[0].response->response_sha256);
		assert_int_equal(history_before(history, 91 * DAY_S)
				     ->response->response_sha256[0],
		    13);
		history_free(history);
	}
}

/* What replaces a whole quarter was decided after that one was activated. */
static void
history_new_has_a_replacement_overtake_what_was_activated(void **state)
{
	struct history_response list[] = { response(0, 0),
		response(1, 90 * DAY_S), response(2, 0) };
	const struct history_activation before = { 0, 0, 0, 5 };
	const struct history_activation after = { 0, 0, 0, 7 };
	struct history *history;

	(void)state;
	list[2].replaces = hash_of(10);
	history = history_of(list, 3, &before, 1);
	assert_uses(history, "12@0 11@90");
	history_free(history);
	history = history_of(list, 3, &after, 1);
	assert_uses(history, "10@0* 11@90");
	history_free(history);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_ksr_once_passes),
		cmocka_unit_test(check_ksr_once_refuses_signed_slots),
		cmocka_unit_test(check_ksr_once_knows_slots_of_form_1),
		cmocka_unit_test(check_ksr_once_judges_fallback_requests),
		cmocka_unit_test(
		    check_ksr_once_refuses_a_fallback_with_the_same_zsks),
		cmocka_unit_test(check_ksr_once_judges_replacements),
		cmocka_unit_test(
		    check_ksr_once_compares_whole_hashes_of_the_replaced),
		cmocka_unit_test(check_ksr_chain_previous_passes),
		cmocka_unit_test(check_ksr_chain_previous_refuses_another),
		cmocka_unit_test(history_new_finds_what_is_used),
		cmocka_unit_test(
		    history_new_has_a_replacement_overtake_what_was_activated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
