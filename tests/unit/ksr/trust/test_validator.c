/*
 * Resolvers over generated rollovers, to the second: the same story as the
 * root's, normal, pre-publish, rollover, revoke, normal, in quarters of 90 days,
 * and what goes wrong with it.  Also sizes, and trust anchors as text.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/document/message.h"
#include "ksr/rules/independent.h"
#include "ksr/trust/validator.h"
#include "ksr/zone/anchor.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define OLD	 1
#define NEW	 2
#define DAY(n)	 (FIXTURE_START + (n)*DAY_S)
#define QUARTERS 5

/* The new KSK appears on day 100, signs from 190, the old is revoked at 280. */
static const char *const schemas[QUARTERS] = { "normal", "pre-publish",
	"rollover", "revoke", "normal" };

struct story {
	struct ksr *responses[QUARTERS + 1];
	size_t n;
	struct timeline_part parts[QUARTERS + 1];
	struct timeline timeline;
};

static struct ksr *
respond(size_t current, const char *schema, size_t quarter)
{
	struct config *config = fixture_config(current, current + 1, "");
	struct ksr *request = fixture_request(
	    FIXTURE_START + (int64_t)quarter * CYCLE_S, quarter);
	struct ksr *response = fixture_respond(config, schema, request);

	ksr_free(request);
	config_free(config);
	return response;
}

static void
story_add(struct story *story, struct ksr *response)
{
	story->parts[story->n] =
	    (struct timeline_part){ .response = response, .name = "skr" };
	story->responses[story->n++] = response;
}

static struct story *
story_new(void)
{
	struct story *story = calloc(1, sizeof(*story));

	assert_non_null(story);
	for (size_t i = 0; i < QUARTERS; i++)
		story_add(
		    story, respond(i < 4 ? OLD : NEW, schemas[i], i));
	return story;
}

static void
story_tell(struct story *story)
{
	struct err err;

	for (size_t i = 0; i < story->n; i++)
		assert_ok(independent_verify_all(story->responses[i], &err), &err);
	timeline_clear(&story->timeline);
	assert_ok(timeline_make(
		      story->parts, story->n, &story->timeline, &err),
	    &err);
}

static void
story_free(struct story *story)
{
	timeline_clear(&story->timeline);
	for (size_t i = 0; i < story->n; i++)
		ksr_free(story->responses[i]);
	free(story);
}

/* The first quarters only. */
static void
story_cut(struct story *story, size_t n)
{
	while (story->n > n)
		ksr_free(story->responses[--story->n]);
}

static void
give_anchor(struct resolver *resolver, size_t ksk)
{
	struct dname root;
	struct err err;

	assert_true(dname_parse(".", &root, &err));
	assert_true(dnskey_ds(&root, fixture_ksk(ksk),
	    resolver->anchors[resolver->n_anchors++], &err));
}

static struct resolver
resolver_of(bool follows, int64_t start, size_t ksk)
{
	struct resolver resolver = { .follows = follows, .start = start };

	give_anchor(&resolver, ksk);
	return resolver;
}

static struct resolver
absent(int64_t from, int64_t until)
{
	struct resolver resolver = resolver_of(true, DAY(0), OLD);

	resolver.off[resolver.n_off++] = (struct resolver_off){ from, until };
	return resolver;
}

static struct validator_run
run_of(const struct story *story, struct resolver resolver)
{
	struct validator_run run;
	struct err err;

	assert_ok(
	    validator_run(&story->timeline, &resolver, &run, &err), &err);
	return run;
}

static void
assert_never_fails(const struct story *story, struct resolver resolver)
{
	struct validator_run run = run_of(story, resolver);

	assert_int_equal(run.n_failures, 0);
	validator_run_clear(&run);
}

/* hidden or recovers is 0: it does not. */
static void
assert_fails(const struct story *story, struct resolver resolver, int64_t at,
    int64_t hidden, int64_t recovers)
{
	struct validator_run run = run_of(story, resolver);

	assert_int_equal(run.n_failures, 1);
	assert_int_equal(run.failures[0].at, at);
	assert_int_equal(run.failures[0].hidden, hidden != 0);
	assert_int_equal(run.failures[0].recovers, recovers != 0);
	if (hidden != 0)
		assert_int_equal(run.failures[0].hidden_until, hidden);
	if (recovers != 0)
		assert_int_equal(run.failures[0].recovers_at, recovers);
	validator_run_clear(&run);
}

struct step {
	int64_t at;
	size_t ksk;
	enum rfc5011_state from, to;
};

/* The history is exactly this; a step with state 0 to 0 ends it. */
static void
assert_history(const struct story *story, struct resolver resolver,
    const struct step *steps)
{
	struct validator_run run = run_of(story, resolver);
	size_t i;

	for (i = 0; steps[i].from != steps[i].to; i++) {
		const struct validator_event *event = &run.events[i];

		assert_true(i < run.n_events);
		assert_int_equal(event->at, steps[i].at);
		assert_true(
		    dnskey_same_key(story->timeline.keys[event->key].key,
			fixture_ksk(steps[i].ksk)));
		assert_int_equal(event->from, steps[i].from);
		assert_int_equal(event->to, steps[i].to);
	}
	assert_int_equal(run.n_events, i);
	validator_run_clear(&run);
}

#define HISTORY(story, resolver, ...)                                          \
	assert_history(story, resolver,                                        \
	    (const struct step[]){ __VA_ARGS__,                                \
		{ 0, 0, RFC5011_START, RFC5011_START } })
#define NEW_KEY(day)  { DAY(day), NEW, RFC5011_START, RFC5011_ADDPEND }
#define KEY_REM(day)  { DAY(day), NEW, RFC5011_ADDPEND, RFC5011_START }
#define ADD_TIME(day) { DAY(day), NEW, RFC5011_ADDPEND, RFC5011_VALID }
#define REV_BIT(day)  { DAY(day), OLD, RFC5011_VALID, RFC5011_REVOKED }
#define REM_TIME(day) { DAY(day), OLD, RFC5011_REVOKED, RFC5011_REMOVED }
#define MISSING(day)  { DAY(day), OLD, RFC5011_VALID, RFC5011_MISSING }

static void
follower_follows(void **state)
{
	struct story *story = story_new();
	struct resolver follower = resolver_of(true, DAY(0), OLD);

	(void)state;
	story_tell(story);
	assert_int_equal(story->timeline.n_slots, 9 * QUARTERS);
	assert_int_equal(story->timeline.n_keys, 2);
	HISTORY(story, follower, NEW_KEY(100), ADD_TIME(130), REV_BIT(280),
	    REM_TIME(380));
	assert_never_fails(story, follower);
	story_free(story);
}

/* Polls that begin at noon see a change of midnight at noon. */
static void
follower_sees_changes_when_it_asks(void **state)
{
	struct story *story = story_new();
	struct resolver follower = resolver_of(true, DAY(0) + 43200, OLD);

	(void)state;
	story_tell(story);
	assert_history(story, follower,
	    (const struct step[]){
		{ DAY(100) + 43200, NEW, RFC5011_START, RFC5011_ADDPEND },
		{ DAY(130) + 43200, NEW, RFC5011_ADDPEND, RFC5011_VALID },
		{ DAY(280) + 43200, OLD, RFC5011_VALID, RFC5011_REVOKED },
		{ DAY(380) + 43200, OLD, RFC5011_REVOKED, RFC5011_REMOVED },
		{ 0, 0, RFC5011_START, RFC5011_START } });
	story_free(story);
}

static void
static_old_anchor_fails_when_the_new_key_signs(void **state)
{
	struct story *story = story_new();
	struct resolver both = resolver_of(false, DAY(0), OLD);
	struct validator_run run;

	(void)state;
	story_tell(story);
	assert_fails(story, resolver_of(false, DAY(0), OLD), DAY(190),
	    DAY(192), 0);
	assert_fails(story, resolver_of(false, DAY(0), NEW), DAY(0), 0,
	    DAY(190));
	give_anchor(&both, NEW);
	assert_never_fails(story, both);
	run = run_of(story, resolver_of(false, DAY(0), OLD));
	assert_int_equal(run.n_events, 0);
	for (size_t i = 0; i < story->timeline.n_slots; i++)
		assert_int_equal(run.outcomes[i],
		    i < 19 ? OUTCOME_OK : OUTCOME_FAILS);
	assert_int_equal(run.failures[0].slot, 19);
	validator_run_clear(&run);
	story_free(story);
}

/* The hold-down ends with the very poll that no old signature answers. */
static void
late_follower_needs_the_whole_hold_down(void **state)
{
	struct story *story = story_new();

	(void)state;
	story_tell(story);
	assert_never_fails(story, resolver_of(true, DAY(160) - 1, OLD));
	assert_fails(story, resolver_of(true, DAY(160), OLD), DAY(190),
	    DAY(192), 0);
	/* It believes the old key's own word, though it validates nothing. */
	HISTORY(story, resolver_of(true, DAY(160), OLD), NEW_KEY(160),
	    REV_BIT(280));
	assert_fails(story, resolver_of(true, DAY(195), OLD), DAY(195), 0, 0);
	story_free(story);
}

static void
absent_follower_begins_where_it_returns(void **state)
{
	struct story *story = story_new();
	struct validator_run run;

	(void)state;
	story_tell(story);
	HISTORY(story, absent(DAY(95), DAY(135)), NEW_KEY(135), ADD_TIME(165),
	    REV_BIT(280), REM_TIME(380));
	assert_never_fails(story, absent(DAY(95), DAY(135)));
	/* The hold-down goes on while it is off. */
	HISTORY(story, absent(DAY(105), DAY(170)), NEW_KEY(100), ADD_TIME(170),
	    REV_BIT(280), REM_TIME(380));
	/* Too late: it failed before it could know, and hears so on return. */
	assert_fails(story, absent(DAY(95), DAY(165)), DAY(190), DAY(192), 0);
	assert_fails(story, absent(DAY(95), DAY(200)), DAY(200), 0, 0);
	/* An empty cache hides nothing. */
	assert_fails(story, absent(DAY(95), DAY(189) + 43200), DAY(190),
	    DAY(192), 0);
	assert_fails(story, absent(DAY(95), DAY(190)), DAY(190), 0, 0);
	run = run_of(story, absent(DAY(95), DAY(200)));
	assert_int_equal(run.outcomes[9], OUTCOME_OK); /* until day 95 */
	assert_int_equal(run.outcomes[10], OUTCOME_OFF);
	assert_int_equal(run.outcomes[19], OUTCOME_OFF);
	assert_int_equal(run.outcomes[20], OUTCOME_FAILS);
	validator_run_clear(&run);
	story_free(story);
}

static void
returning_resolver_has_an_empty_cache_and_asks(void **state)
{
	struct story *story = story_new();
	struct resolver resolver = resolver_of(false, DAY(0), OLD);

	(void)state;
	story_tell(story);
	resolver.off[resolver.n_off++] =
	    (struct resolver_off){ DAY(185), DAY(191) };
	assert_fails(story, resolver, DAY(191), 0, 0);
	/* Off between two polls at noon: it does not wait for the next. */
	resolver = resolver_of(true, DAY(0) + 43200, OLD);
	resolver.off[resolver.n_off++] = (struct resolver_off){
		DAY(99) + 64800, DAY(100) + 21600
	};
	assert_history(story, resolver,
	    (const struct step[]){
		{ DAY(100) + 21600, NEW, RFC5011_START, RFC5011_ADDPEND },
		{ DAY(130) + 21600, NEW, RFC5011_ADDPEND, RFC5011_VALID },
		{ DAY(280) + 21600, OLD, RFC5011_VALID, RFC5011_REVOKED },
		{ DAY(380) + 21600, OLD, RFC5011_REVOKED, RFC5011_REMOVED },
		{ 0, 0, RFC5011_START, RFC5011_START } });
	story_free(story);
}

/* It never hears of the revocation: it trusts the old key, and does not fail. */
static void
absent_through_the_revocation_still_trusts(void **state)
{
	struct story *story = story_new();

	(void)state;
	story_tell(story);
	HISTORY(story, absent(DAY(279), DAY(351)), NEW_KEY(100), ADD_TIME(130),
	    MISSING(351));
	assert_never_fails(story, absent(DAY(279), DAY(351)));
	story_free(story);
}

static void
key_that_vanishes_for_a_slot_begins_anew(void **state)
{
	struct story *story = story_new();

	(void)state;
	fixture_drop_key(story->responses[1], 3, fixture_ksk(NEW));
	fixture_sign(story->responses[1], 3);
	story_tell(story);
	HISTORY(story, resolver_of(true, DAY(0), OLD), NEW_KEY(100),
	    KEY_REM(120), NEW_KEY(130), ADD_TIME(160), REV_BIT(280),
	    REM_TIME(380));
	assert_never_fails(story, resolver_of(true, DAY(0), OLD));
	/* For those who would have just made it, it is too late. */
	fixture_drop_key(story->responses[1], 7, fixture_ksk(NEW));
	fixture_sign(story->responses[1], 7);
	story_tell(story);
	assert_fails(story, resolver_of(true, DAY(0), OLD), DAY(190), DAY(192),
	    0);
	story_free(story);
}

/* A key that signs revoked alone validates nothing, and takes itself away. */
static void
key_that_signs_revoked_alone_fails_everybody(void **state)
{
	struct story *story = story_new();
	struct bundle *bundle = &story->responses[3]->bundles[1];

	(void)state;
	for (size_t i = 0; i < bundle->n_signatures; i++)
		if (strcmp(bundle->signatures[i].identifier,
			fixture_ksk(OLD)->identifier) == 0)
			bundle->signatures[0] = bundle->signatures[i];
	bundle->n_signatures = 1;
	story_tell(story);
	assert_fails(story, resolver_of(true, DAY(0), OLD), DAY(280), DAY(282),
	    DAY(290));
	HISTORY(story, resolver_of(true, DAY(0), OLD), NEW_KEY(100),
	    ADD_TIME(130), REV_BIT(280), REM_TIME(380));
	story_free(story);
}

/* Between the expiration of a slot and the next one nothing is valid. */
static void
hole_between_slots_fails_everybody(void **state)
{
	struct story *story = story_new();
	struct bundle *bundle = &story->responses[0]->bundles[4];

	(void)state;
	story_cut(story, 1);
	bundle->expiration = DAY(49);
	fixture_sign(story->responses[0], 4);
	story_tell(story);
	assert_fails(story, resolver_of(false, DAY(0), OLD), DAY(49) + 1, 0,
	    DAY(50));
	assert_fails(story, resolver_of(true, DAY(0), OLD), DAY(49) + 1, 0,
	    DAY(50));
	story_free(story);
}

/* Signatures that end before the TTL does do not hide for as long. */
static void
expiration_cuts_what_caches_hide(void **state)
{
	struct story *story = story_new();
	struct bundle *bundle = &story->responses[2]->bundles[0];

	(void)state;
	bundle->expiration = DAY(191);
	fixture_sign(story->responses[2], 0);
	story_tell(story);
	assert_fails(story, resolver_of(false, DAY(0), OLD), DAY(190),
	    DAY(191), 0);
	story_free(story);
}

/* A fallback takes over in mid-quarter: phase E is broken off for D. */
static void
fallback_takes_over_in_mid_quarter(void **state)
{
	struct story *story = story_new();
	struct ksr *fallback = respond(OLD, "publish+", 2);
	const struct timeline *timeline = &story->timeline;

	(void)state;
	story_cut(story, 3);
	story_add(story, fallback);
	story->parts[3].takes_over = true;
	story->parts[3].from = DAY(205);
	story_tell(story);
	/* 18 slots before, slots 1 to 3 of E, then from slot 3 of D+. */
	assert_int_equal(timeline->n_slots, 18 + 3 + 7);
	assert_int_equal(timeline->slots[20].until, DAY(205));
	assert_int_equal(timeline->slots[21].part, 3);
	assert_int_equal(timeline->slots[21].slot, 2);
	assert_int_equal(timeline->slots[21].from, DAY(205));
	assert_int_equal(timeline->slots[21].until, DAY(210));
	assert_fails(story, resolver_of(false, DAY(0), OLD), DAY(190),
	    DAY(192), DAY(205));
	/* At a slot's very beginning it replaces that slot. */
	story->parts[3].from = DAY(200);
	story_tell(story);
	assert_int_equal(timeline->n_slots, 18 + 2 + 7);
	assert_int_equal(timeline->slots[20].part, 3);
	assert_fails(story, resolver_of(false, DAY(0), OLD), DAY(190),
	    DAY(192), DAY(200));
	story_free(story);
}

static void
assert_no_timeline(struct story *story, const char *why)
{
	struct timeline timeline;
	struct err err;

	assert_false(timeline_make(story->parts, story->n, &timeline, &err));
	assert_int_equal(err.code, E_INPUT);
	assert_non_null(strstr(err.msg, why));
}

static void
parts_that_do_not_follow_are_refused(void **state)
{
	struct story *story = story_new();
	struct timeline_part kept;

	(void)state;
	kept = story->parts[1];
	story->parts[1] = story->parts[0];
	assert_no_timeline(story, "has begun; one that takes over");
	story->parts[1] = story->parts[2];
	assert_no_timeline(story, "a response is missing between them");
	story->parts[1] = kept;
	snprintf(story->responses[3]->domain, DNAME_TEXT_MAX, "test.");
	assert_no_timeline(story, "is for zone test.");
	snprintf(story->responses[3]->domain, DNAME_TEXT_MAX, ".");
	story->responses[2]->bundles[3].inception -= 10 * DAY_S;
	assert_no_timeline(story, "not after the one before it");
	story_free(story);
}

static void
signature_that_does_not_verify_is_refused(void **state)
{
	struct ksr *response = respond(OLD, "normal", 0);
	struct err err;

	(void)state;
	assert_true(independent_verify_all(response, &err));
	response->bundles[8].signatures[0].signature[5] ^= 1;
	assert_false(independent_verify_all(response, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_non_null(strstr(err.msg, "bundle 9"));
	ksr_free(response);
}

/*
 * Published sizes of the root's answers, with ZSKs of 1024 bits until 2016 and
 * of 2048 since.
 */
static void
sizes_are_the_published_ones(void **state)
{
	const struct dnskey *small = &fixture_key(
	    "small", DNSKEY_FLAGS_ZSK, ALGORITHM_RSASHA256, 1024)->dnskey;
	struct story *story = story_new();
	const struct timeline_slot *slots;
	struct ksr *revoking = story->responses[3];

	(void)state;
	story_tell(story);
	slots = story->timeline.slots;
	assert_int_equal(slots[0].octets, 1139);      /* 3 keys, 1 signature */
	assert_int_equal(slots[1].octets, 864);	      /* 2 keys, 1 */
	assert_int_equal(slots[10].octets, 1139);     /* 3 keys, 1 */
	assert_int_equal(slots[17].octets, 1414);     /* 4 keys, 1 */
	assert_int_equal(slots[9 * 3 + 1].octets, 1425); /* 3 keys, 2 */
	for (size_t i = 0; i < revoking->bundles[1].n_keys; i++)
		if (revoking->bundles[1].keys[i].flags == DNSKEY_FLAGS_ZSK)
			revoking->bundles[1].keys[i] = *small;
	fixture_sign(revoking, 1);
	story_tell(story);
	assert_int_equal(story->timeline.slots[9 * 3 + 1].octets, 1297);
	story_free(story);
}

/* Worked by hand for another zone: its name counts, and is compressed. */
static void
size_counts_the_owner(void **state)
{
	struct dname root, name;
	struct err err;

	(void)state;
	assert_true(dname_parse(".", &root, &err));
	assert_true(dname_parse("example.", &name, &err)); /* 9 octets */
	assert_int_equal(message_base_octets(&root), 28);
	assert_int_equal(message_base_octets(&name), 12 + 9 + 4 + 11);
	assert_int_equal(message_dnskey_octets(&root, 260), 275);
	assert_int_equal(message_dnskey_octets(&root, 132), 147);
	assert_int_equal(message_dnskey_octets(&name, 64), 2 + 10 + 4 + 64);
	assert_int_equal(message_rrsig_octets(&root, 256), 286);
	assert_int_equal(
	    message_rrsig_octets(&name, 64), 2 + 10 + 18 + 9 + 64);
}

static void
resolver_outside_of_the_timeline_is_refused(void **state)
{
	struct story *story = story_new();
	struct resolver early = resolver_of(true, DAY(0) - 1, OLD);
	struct resolver late = resolver_of(true, DAY(461), OLD);
	struct validator_run run;
	struct err err;

	(void)state;
	story_tell(story);
	assert_int_equal(timeline_end(&story->timeline), DAY(461));
	assert_false(validator_run(&story->timeline, &early, &run, &err));
	assert_int_equal(err.code, E_INPUT);
	assert_false(validator_run(&story->timeline, &late, &run, &err));
	late.start--;
	assert_never_fails(story, resolver_of(true, DAY(461) - 1, NEW));
	story_free(story);
}

static void
anchors_agree_as_ds_and_dnskey(void **state)
{
	const struct dnskey *ksk = fixture_ksk(OLD);
	struct buf text = buf_new(ANCHOR_FILE_MAX);
	struct anchor anchors[3];
	struct dname root;
	uint8_t ds[DS_SHA256_SIZE];
	struct err err;
	size_t n;

	(void)state;
	assert_true(dname_parse(".", &root, &err));
	assert_true(dnskey_ds(&root, ksk, ds, &err));
	buf_printf(&text, "; comment\n\n. 60 IN DS %u 8 2 ", ksk->tag);
	buf_hex(&text, (struct bytes){ ds, sizeof(ds) });
	buf_puts(&text, " ; another\n.\tDNSKEY 257 3 8 ");
	buf_base64(
	    &text, (struct bytes){ ksk->public_key, ksk->public_key_len });
	assert_ok(anchors_read(buf_bytes(&text), "anchors", &root, 3, anchors,
		      &n, &err),
	    &err);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(anchors[i].tag, ksk->tag);
		assert_memory_equal(anchors[i].ds, ds, sizeof(ds));
	}
	assert_false(anchors_read(
	    buf_bytes(&text), "anchors", &root, 1, anchors, &n, &err));
	assert_non_null(strstr(err.msg, "anchors:4: more than 1 anchors"));
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follower_follows),
		cmocka_unit_test(follower_sees_changes_when_it_asks),
		cmocka_unit_test(static_old_anchor_fails_when_the_new_key_signs),
		cmocka_unit_test(late_follower_needs_the_whole_hold_down),
		cmocka_unit_test(absent_follower_begins_where_it_returns),
		cmocka_unit_test(returning_resolver_has_an_empty_cache_and_asks),
		cmocka_unit_test(absent_through_the_revocation_still_trusts),
		cmocka_unit_test(key_that_vanishes_for_a_slot_begins_anew),
		cmocka_unit_test(key_that_signs_revoked_alone_fails_everybody),
		cmocka_unit_test(hole_between_slots_fails_everybody),
		cmocka_unit_test(expiration_cuts_what_caches_hide),
		cmocka_unit_test(fallback_takes_over_in_mid_quarter),
		cmocka_unit_test(parts_that_do_not_follow_are_refused),
		cmocka_unit_test(signature_that_does_not_verify_is_refused),
		cmocka_unit_test(sizes_are_the_published_ones),
		cmocka_unit_test(size_counts_the_owner),
		cmocka_unit_test(resolver_outside_of_the_timeline_is_refused),
		cmocka_unit_test(anchors_agree_as_ds_and_dnskey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
