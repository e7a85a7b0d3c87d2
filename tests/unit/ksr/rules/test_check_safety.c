/*
 * KSR-POLICY-SAFETY of ZSKs: whether caches always have a key for what the
 * zone's ZSKs sign, in every shape that requests have.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/request/zsk_schedule.h"
#include "ksr/rules/check_rules.h"
#include "tests/support/fixture.h"

#define QUARTER_SLOTS 9u

/* Which ZSKs, by number, stand in which slot: "12" is 1 and 2. */
static struct ksr *
request_of(const char *const *slots, size_t n, int64_t start)
{
	struct ksr *request = ksr_new(KSR_REQUEST, n);
	struct err err;

	assert_non_null(request);
	strcpy(request->domain, ".");
	request->zsk_policy.publish_safety_s = 10 * DAY_S;
	request->zsk_policy.retire_safety_s = 10 * DAY_S;
	for (size_t i = 0; i < n; i++) {
		struct bundle *bundle = &request->bundles[i];

		bundle->inception = start + (int64_t)i * 10 * DAY_S;
		bundle->expiration = bundle->inception + 21 * DAY_S;
		assert_ok(
		    bundle_alloc(bundle, strlen(slots[i]), 0, &err), &err);
		for (size_t k = 0; k < bundle->n_keys; k++)
			bundle->keys[k] =
			    *fixture_zsk((size_t)(slots[i][k] - '0'));
	}
	return request;
}

/* The two rules alone: without signatures all others would refuse. */
static struct check_result
judge(const struct check_input *in,
    enum verdict (*rule)(const struct check_input *, struct check_result *))
{
	struct check_result result = { 0 };

	result.verdict = rule(in, &result);
	assert_int_equal(result.verdict, VERDICT_PASS);
	return result;
}

struct scene {
	struct config *config;
	struct ksr *previous, *request;
	struct check_input in;
};

/* Slots in two documents: the first n_before are the previous response's. */
static struct scene
scene_new(const char *const *slots, size_t n_before, size_t n)
{
	struct scene scene = { .config = fixture_config(0, 1, "") };

	if (n_before > 0)
		scene.previous = request_of(slots, n_before,
		    FIXTURE_START - (int64_t)n_before * 10 * DAY_S);
	scene.request =
	    request_of(slots + n_before, n - n_before, FIXTURE_START);
	scene.in = (struct check_input){ .config = scene.config,
		.request = scene.request,
		.previous = scene.previous };
	return scene;
}

static void
scene_free(struct scene *scene)
{
	ksr_free(scene->previous);
	ksr_free(scene->request);
	config_free(scene->config);
}

static void
assert_findings(const struct scene *scene,
    enum verdict (*rule)(const struct check_input *, struct check_result *),
    size_t n, size_t bundle, const char *seen)
{
	struct check_result result = judge(&scene->in, rule);

	if (result.n_findings != n)
		fail_msg("%zu findings, wanted %zu: %s", result.n_findings, n,
		    result.n_findings > 0 ? result.findings[0].seen : "");
	if (n > 0) {
		assert_int_equal(result.findings[0].bundle, bundle);
		if (strstr(result.findings[0].seen, seen) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", result.findings[0].seen,
			    seen);
	}
	free(result.findings);
}

static void
assert_safe(const char *const *slots, size_t n_before, size_t n)
{
	struct scene scene = scene_new(slots, n_before, n);

	assert_findings(&scene, check_publish_safety, 0, 0, "");
	assert_findings(&scene, check_retire_safety, 0, 0, "");
	scene_free(&scene);
}

/* Shapes that the root has used, and others that no cache minds. */
static void
check_ksr_policy_safety_passes_shapes_of_the_field(void **state)
{
	static const struct {
		size_t n_before, n;
		const char *slots[2 * QUARTER_SLOTS];
	} cases[] = {
		/* the ordinary quarter */
		{ 0, 9, { "01", "1", "1", "1", "1", "1", "1", "1", "12" } },
		/* 2016-q4: the old key stays for three slots */
		{ 0, 9, { "01", "01", "01", "1", "1", "1", "1", "1", "12" } },
		/* a roll in mid-quarter */
		{ 0, 9, { "1", "1", "1", "12", "12", "2", "2", "2", "2" } },
		/* one that leaves before the end */
		{ 0, 9, { "12", "12", "12", "12", "12", "2", "2", "2", "2" } },
		/* two all the time; one that only visits */
		{ 0, 9,
		    { "12", "12", "12", "12", "12", "12", "12", "12", "12" } },
		{ 0, 9, { "1", "1", "13", "1", "1", "13", "1", "1", "12" } },
		/* across two quarters */
		{ 4, 8, { "1", "1", "1", "12", "12", "2", "2", "23" } },
		{ 4, 8, { "1", "1", "12", "12", "2", "2", "2", "2" } },
		{ 3, 4, { "1", "1", "1", "1" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_safe(cases[i].slots, cases[i].n_before, cases[i].n);
}

static void
check_ksr_policy_safety_refuses_a_zsk_published_too_late(void **state)
{
	static const char *const swapped[] = { "1", "1", "1", "2", "2", "2" };
	static const char *const gap[] = { "1", "1", "12", "1", "12", "2" };
	struct fixture *f = fixture_new();
	struct scene scene = scene_new(swapped, 0, 6);

	(void)state;
	assert_findings(&scene, check_publish_safety, 1, 4,
	    "no ZSK of RSASHA256 can sign from 2026-01-31T00:00:00 to "
	    "2026-02-10T00:00:00: key ");
	/* Whatever the request says, caches keep what they have for the TTL. */
	scene.request->zsk_policy.publish_safety_s = 0;
	assert_findings(&scene, check_publish_safety, 1, 4,
	    "from 2026-01-31T00:00:00 to 2026-02-02T00:00:00");
	/* In the quarter before nothing can be changed any more. */
	scene_free(&scene);
	scene = scene_new(swapped, 5, 6);
	assert_findings(&scene, check_publish_safety, 0, 0, "");
	/* But what it began late is not ready earlier. */
	scene_free(&scene);
	scene = scene_new(swapped, 3, 6);
	assert_findings(&scene, check_publish_safety, 1, 1,
	    "no ZSK of RSASHA256 can sign from 2026-01-01T00:00:00");
	/* Since the break it was there for one slot. */
	scene_free(&scene);
	scene = scene_new(gap, 0, 6);
	scene.request->zsk_policy.publish_safety_s = 10 * DAY_S + 1;
	assert_findings(&scene, check_publish_safety, 1, 6,
	    "no ZSK of RSASHA256 can sign from 2026-02-20T00:00:00 to "
	    "2026-02-20T00:00:01");
	scene_free(&scene);
	/* Through the table. */
	f->request->zsk_policy.publish_safety_s = 20 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2, "key ",
	    "published for PublishSafety and for the TTL, P20DT1S");
	fixture_free(f);
}

static void
check_ksr_policy_safety_refuses_a_zsk_removed_too_early(void **state)
{
	static const char *const late[] = { "1", "1", "12", "2", "2", "2" };
	struct fixture *f = fixture_new();
	struct scene scene = scene_new(late, 0, 6);

	(void)state;
	assert_findings(&scene, check_retire_safety, 1, 4,
	    "is published until 2026-01-31T00:00:00, and no other ZSK of "
	    "RSASHA256 can sign at 2026-01-21T00:00:00");
	assert_findings(&scene, check_publish_safety, 0, 0, "");
	scene.request->zsk_policy.retire_safety_s = 0;
	assert_findings(&scene, check_retire_safety, 0, 0, "");
	scene_free(&scene);
	/* The request takes away what the quarter before still needed. */
	scene = scene_new(late, 3, 6);
	assert_findings(&scene, check_retire_safety, 1, 1,
	    "and no other ZSK of RSASHA256 can sign at 2025-12-22T00:00:00");
	scene_free(&scene);
	/* Done in the quarter before: not the request's fault. */
	scene = scene_new(late, 4, 6);
	assert_findings(&scene, check_retire_safety, 0, 0, "");
	scene_free(&scene);
	/* Through the table. */
	f->request->zsk_policy.retire_safety_s = 10 * DAY_S + 1;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SAFETY", 2,
	    "(zsk-1) is published until 2026-01-11T00:00:00",
	    "published for RetireSafety, P10DT1S");
	fixture_free(f);
}

/* An algorithm's first key signs at once, its last one until it leaves. */
static void
check_ksr_policy_safety_passes_an_algorithm_that_comes_and_goes(void **state)
{
	static const char *const slots[] = { "1", "12", "12", "12", "1", "12" };
	struct scene scene = scene_new(slots, 0, 6);

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < scene.request->bundles[i].n_keys; k++)
			if (strcmp(scene.request->bundles[i].keys[k].identifier,
				"zsk-2") == 0)
				scene.request->bundles[i].keys[k].algorithm =
				    ALGORITHM_RSASHA512;
	assert_findings(&scene, check_publish_safety, 0, 0, "");
	assert_findings(&scene, check_retire_safety, 0, 0, "");
	scene_free(&scene);
}

/* The slots that `request` makes of these counts, for the cycle's keys. */
static bool
slots_of(const struct key_count *count, char old,
    char (*ret)[QUARTER_SLOTS][ZSK_ROLES + 1], char *ret_next)
{
	struct zsk_schedule schedule;
	bool comes;
	struct err err;

	if (!zsk_schedule_of(count, &schedule, &err))
		return false;
	comes = schedule.slots[ZSK_OLD].from == schedule.slots[ZSK_OLD].until;
	for (size_t i = 0; i < count->n_per_bundle; i++) {
		size_t n = 0;

		for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
			if (zsk_stands(&schedule, role, i))
				(*ret)[i][n++] =
				    (char)(old + (char)role - (comes ? 1 : 0));
		(*ret)[i][n] = '\0';
	}
	/* The key that goes on is the next cycle's old one, or its only one. */
	*ret_next = (char)(old + 1 - (comes ? 1 : 0));
	return true;
}

/* One after another: the second begins with what the first ends with. */
static void
judge_pair(const struct key_count *one, const struct key_count *two)
{
	char first[QUARTER_SLOTS][ZSK_ROLES + 1], second[QUARTER_SLOTS][ZSK_ROLES + 1];
	const char *slots[2 * QUARTER_SLOTS];
	size_t n = one->n_per_bundle, k = two->n_per_bundle;
	char next = '1', last;

	if (!slots_of(one, '1', &first, &next))
		return;
	for (size_t i = 0; i < n; i++)
		slots[i] = first[i];
	assert_safe(slots, 0, n);
	if (!slots_of(two, next, &second, &last) ||
	    strcmp(second[0], first[n - 1]) != 0)
		return;
	for (size_t i = 0; i < k; i++)
		slots[n + i] = second[i];
	assert_safe(slots, n, n + k);
}

static void
next_count(struct key_count *count, size_t code, size_t n)
{
	size_t roles = 1;

	*count = (struct key_count){ .n_per_bundle = n };
	for (size_t i = 0; i < n; i++, code /= 3)
		count->per_bundle[i] = (uint8_t)(code % 3);
	/* As many keys as the counts make, whichever number that is. */
	for (; roles <= ZSK_ROLES; roles++) {
		struct zsk_schedule schedule;
		struct err err;

		count->different = roles;
		if (zsk_schedule_of(count, &schedule, &err))
			return;
	}
}

/* Every shape that `request` makes of up to five slots, and what follows it. */
static void
check_ksr_policy_safety_passes_every_shape_of_request(void **state)
{
	static const uint8_t documented[][QUARTER_SLOTS] = {
		{ 2, 1, 1, 1, 1, 1, 1, 1, 2 },
		{ 0, 0, 0, 0, 0, 0, 0, 0, 1 },
		{ 1, 1, 1, 1, 1, 1, 1, 1, 2 },
		{ 2, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ 1, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 2, 2, 1, 1, 1, 1, 1, 2, 2 },
		{ 2, 2, 2, 1, 1, 1, 1, 1, 2 },
	};
	struct key_count counts[ARRAY_LEN(documented)], one, two;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documented); i++) {
		size_t code = 0;

		for (size_t k = QUARTER_SLOTS; k-- > 0;)
			code = 3 * code + documented[i][k];
		next_count(&counts[i], code, QUARTER_SLOTS);
	}
	for (size_t i = 0; i < ARRAY_LEN(documented); i++)
		for (size_t k = 0; k < ARRAY_LEN(documented); k++)
			judge_pair(&counts[i], &counts[k]);
	for (size_t i = 0; i < 243; i++) {
		next_count(&one, i, 5);
		/* A sample of what may follow: primes meet all in time. */
		for (size_t k = i % 7; k < 243; k += 7) {
			next_count(&two, k, 5);
			judge_pair(&one, &two);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_shapes_of_the_field),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_zsk_published_too_late),
		cmocka_unit_test(
		    check_ksr_policy_safety_refuses_a_zsk_removed_too_early),
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_an_algorithm_that_comes_and_goes),
		cmocka_unit_test(
		    check_ksr_policy_safety_passes_every_shape_of_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
