/*
 * Which slot is released, and what is not released.
 */
#include <string.h>

#include "ksr/zone/release.h"
#include "tests/support/fixture.h"

static void
assert_slot(const struct ksr *response, int64_t at, size_t wanted)
{
	struct release release;
	struct err err;

	assert_ok(release_make(response, NULL, at, &release, &err), &err);
	assert_int_equal(release.slot, wanted);
	assert_false(release.pinned);
}

static void
assert_not_released(const struct ksr *response, const struct config *config,
    int64_t at, const char *why)
{
	struct release release;
	struct err err;

	assert_false(release_make(response, config, at, &release, &err));
	assert_int_equal(err.code, E_REFUSED);
	if (strstr(err.msg, why) == NULL)
		fail_msg("\"%s\" is not \"%s\"", err.msg, why);
}

static void
slot_is_the_last_that_has_begun(void **state)
{
	struct fixture *f = fixture_new();
	struct bundle *slots = f->response->bundles;

	(void)state;
	for (size_t i = 0; i < FIXTURE_SLOTS; i++) {
		assert_slot(f->response, slots[i].inception, i);
		if (i > 0)
			assert_slot(
			    f->response, slots[i].inception - 1, i - 1);
	}
	assert_slot(f->response, slots[8].expiration - 1, 8);
	assert_not_released(f->response, NULL, slots[8].expiration,
	    "and it is the last");
	assert_not_released(f->response, NULL, slots[0].inception - 1,
	    "the first slot begins at 2026-01-01T00:00:00");
	/* Two that begin at once: neither is the last. */
	slots[4].inception = slots[3].inception;
	assert_not_released(f->response, NULL, slots[0].inception,
	    "slot 5 (bundle-1-5) begins at");
	fixture_free(f);
}

static void
signature_is_wanted_that_somebody_can_use(void **state)
{
	struct config *config = fixture_config(0, 1, "");
	struct ksr *request = fixture_request(FIXTURE_START, 1);
	struct ksr *response = fixture_respond(config, "revoke", request);
	struct bundle *slot = &response->bundles[1];
	size_t n = 0;

	(void)state;
	assert_slot(response, slot->inception, 1);
	/* Only the revoked key's own signature is left. */
	for (size_t i = 0; i < slot->n_signatures; i++)
		if (strcmp(slot->signatures[i].identifier,
			fixture_ksk(0)->identifier) == 0)
			slot->signatures[n++] = slot->signatures[i];
	assert_int_equal(n, 1);
	slot->n_signatures = n;
	assert_not_released(response, NULL, slot->inception,
	    "no signature by a key that is not revoked");
	slot->n_signatures = 0;
	assert_not_released(response, NULL, slot->inception, "no signature");
	ksr_free(response);
	ksr_free(request);
	config_free(config);
}

static void
every_ksk_must_be_pinned(void **state)
{
	struct fixture *f = fixture_new();
	struct ksr *response = fixture_respond(
	    f->config, "pre-publish", f->request);
	struct config *other = fixture_config(3, 4, "");
	struct release release;
	struct err err;

	(void)state;
	assert_ok(release_make(
		      response, f->config, FIXTURE_START, &release, &err),
	    &err);
	assert_true(release.pinned);
	assert_not_released(response, other, FIXTURE_START,
	    "is none that the configuration pins");
	/* Published only, and still one that nobody knows. */
	fixture_add_key(response, 0, fixture_ksk(5));
	fixture_sign(response, 0);
	assert_slot(response, FIXTURE_START, 0);
	assert_not_released(response, f->config, FIXTURE_START,
	    "is none that the configuration pins");
	config_free(other);
	ksr_free(response);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slot_is_the_last_that_has_begun),
		cmocka_unit_test(signature_is_wanted_that_somebody_can_use),
		cmocka_unit_test(every_ksk_must_be_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
