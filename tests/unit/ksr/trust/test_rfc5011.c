/*
 * RFC 5011 section 4: every transition of the table, every event that must not
 * bring one, and the times of section 2.3 and 2.4.
 */
#include <string.h>

#include "ksr/trust/rfc5011.h"
#include "tests/support/support.h"

#define DAY_S  INT64_C(86400)
#define TTL_S  172800u
#define BEGIN  INT64_C(1700000000)
#define OLD    1
#define NEW    2
#define OTHER  3
#define ZSK    4
#define VALIDITY_S (400 * DAY_S)

enum part { P, S, R, RS }; /* as in the operator's table */

struct seen_as {
	uint8_t key; /* 0 ends */
	enum part part;
};

static struct rfc5011_rrset
rrset_of(const struct seen_as *keys)
{
	struct rfc5011_rrset rrset = { .inception = BEGIN,
		.expiration = BEGIN + VALIDITY_S,
		.ttl_s = TTL_S };

	for (; keys->key != 0; keys++) {
		struct rfc5011_seen *seen = &rrset.keys[rrset.n++];

		memset(seen->ds, keys->key, sizeof(seen->ds));
		seen->sep = keys->key != ZSK;
		seen->revoked = keys->part == R || keys->part == RS;
		seen->signs = keys->part == S || keys->part == RS;
	}
	return rrset;
}

#define RRSET(...) rrset_of((const struct seen_as[]){ __VA_ARGS__, { 0, P } })

static enum rfc5011_state
state_of(const struct rfc5011 *view, uint8_t key)
{
	uint8_t ds[DS_SHA256_SIZE];

	memset(ds, key, sizeof(ds));
	return rfc5011_state(view, ds);
}

#define assert_state(view, key, wanted)                                        \
	assert_string_equal(rfc5011_state_text(state_of(view, key)), wanted)

static void
see(struct rfc5011 *view, int64_t day, struct rfc5011_rrset rrset)
{
	struct err err;

	assert_true(rfc5011_see(view, &rrset, BEGIN + day * DAY_S, &err));
}

static struct rfc5011
view_with(uint8_t key)
{
	struct rfc5011 view = { 0 };
	uint8_t ds[DS_SHA256_SIZE];
	struct err err;

	memset(ds, key, sizeof(ds));
	assert_true(rfc5011_anchor(&view, ds, &err));
	assert_true(rfc5011_trusts(&view, ds));
	return view;
}

static void
times_are_those_of_section_2(void **state)
{
	(void)state;
	assert_int_equal(rfc5011_refresh_s(TTL_S, 21 * DAY_S), DAY_S);
	assert_int_equal(rfc5011_refresh_s(TTL_S, DAY_S), DAY_S / 2);
	assert_int_equal(rfc5011_refresh_s(60, 21 * DAY_S), 3600);
	assert_int_equal(
	    rfc5011_refresh_s(90 * 86400, 90 * DAY_S), 15 * DAY_S);
	assert_int_equal(rfc5011_retry_s(TTL_S, 21 * DAY_S), 17280);
	assert_int_equal(rfc5011_retry_s(TTL_S, DAY_S), 8640);
	assert_int_equal(rfc5011_retry_s(TTL_S, 0), 3600);
	assert_int_equal(rfc5011_retry_s(90 * 86400, 90 * DAY_S), DAY_S);
	assert_int_equal(rfc5011_add_hold_down_s(TTL_S), 30 * DAY_S);
	assert_int_equal(rfc5011_add_hold_down_s(31 * 86400), 31 * DAY_S);
}

static void
new_key_waits_for_its_hold_down(void **state)
{
	struct rfc5011 view = view_with(OLD);
	struct rfc5011_rrset rrset = RRSET({ OLD, S }, { NEW, P }, { ZSK, P });
	struct err err;

	(void)state;
	assert_state(&view, NEW, "Start");
	see(&view, 0, RRSET({ OLD, S }, { ZSK, P }));
	assert_state(&view, NEW, "Start");
	see(&view, 10, rrset); /* NewKey */
	assert_state(&view, NEW, "AddPend");
	assert_state(&view, OLD, "Valid");
	see(&view, 39, rrset);
	assert_true(
	    rfc5011_see(&view, &rrset, BEGIN + 40 * DAY_S - 1, &err));
	assert_state(&view, NEW, "AddPend");
	see(&view, 40, rrset); /* AddTime */
	assert_state(&view, NEW, "Valid");
	/* A ZSK is never followed. */
	assert_state(&view, ZSK, "Start");
	assert_int_equal(view.n, 2);
}

/* Two RRsets at least, however late the second is. */
static void
new_key_must_be_seen_again_after_its_hold_down(void **state)
{
	struct rfc5011 view = view_with(OLD);

	(void)state;
	see(&view, 0, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 200, RRSET({ OLD, S }));
	assert_state(&view, NEW, "Start");
	see(&view, 201, RRSET({ OLD, S }, { NEW, P }));
	assert_state(&view, NEW, "AddPend");
	see(&view, 231, RRSET({ OLD, S }, { NEW, P }));
	assert_state(&view, NEW, "Valid");
}

static void
long_ttl_prolongs_the_hold_down(void **state)
{
	struct rfc5011 view = view_with(OLD);
	struct rfc5011_rrset rrset = RRSET({ OLD, S }, { NEW, P });

	(void)state;
	rrset.ttl_s = 40 * 86400;
	see(&view, 0, rrset);
	rrset.ttl_s = TTL_S; /* the first TTL counts */
	see(&view, 39, rrset);
	assert_state(&view, NEW, "AddPend");
	see(&view, 40, rrset);
	assert_state(&view, NEW, "Valid");
}

static void
pending_key_that_vanishes_begins_anew(void **state)
{
	struct rfc5011 view = view_with(OLD);

	(void)state;
	see(&view, 0, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 29, RRSET({ OLD, S })); /* KeyRem */
	assert_state(&view, NEW, "Start");
	see(&view, 30, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 59, RRSET({ OLD, S }, { NEW, P }));
	assert_state(&view, NEW, "AddPend");
	see(&view, 60, RRSET({ OLD, S }, { NEW, P }));
	assert_state(&view, NEW, "Valid");
}

/* Not in the table: a pending key is not revoked, it is gone. */
static void
pending_key_that_is_revoked_begins_anew(void **state)
{
	struct rfc5011 view = view_with(OLD);

	(void)state;
	see(&view, 0, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 1, RRSET({ OLD, S }, { NEW, RS }));
	assert_state(&view, NEW, "Start");
	see(&view, 50, RRSET({ OLD, S }, { NEW, RS }));
	assert_state(&view, NEW, "Start");
}

static void
missing_key_stays_trusted_and_returns(void **state)
{
	struct rfc5011 view = view_with(OLD);

	(void)state;
	see(&view, 0, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 30, RRSET({ OLD, S }, { NEW, P }));
	see(&view, 40, RRSET({ NEW, S })); /* KeyRem */
	assert_state(&view, OLD, "Missing");
	see(&view, 41, RRSET({ OLD, S })); /* it validates; KeyPres */
	assert_state(&view, OLD, "Valid");
	assert_state(&view, NEW, "Missing");
}

static void
revoked_key_is_never_trusted_again(void **state)
{
	struct rfc5011 view = view_with(OLD);
	struct rfc5011_rrset both = RRSET({ OLD, S }, { NEW, P });
	struct rfc5011_rrset gone = RRSET({ NEW, S });

	(void)state;
	see(&view, 0, both);
	see(&view, 30, both);
	see(&view, 40, RRSET({ OLD, RS }, { NEW, S })); /* RevBit */
	assert_state(&view, OLD, "Revoked");
	see(&view, 50, gone);
	assert_state(&view, OLD, "Revoked");
	see(&view, 79, gone);
	assert_state(&view, OLD, "Revoked");
	see(&view, 80, gone); /* RemTime */
	assert_state(&view, OLD, "Removed");
	see(&view, 90, RRSET({ OLD, P }, { NEW, S }));
	see(&view, 130, RRSET({ OLD, P }, { NEW, S }));
	assert_state(&view, OLD, "Removed");
	assert_false(rfc5011_validates(
	    &view, &(struct rfc5011_rrset){ 0 }, BEGIN));
	both = RRSET({ OLD, S });
	assert_false(rfc5011_validates(&view, &both, BEGIN + 131 * DAY_S));
}

static void
revoked_key_that_returns_is_kept_longer(void **state)
{
	struct rfc5011 view = view_with(OLD);
	uint8_t ds[DS_SHA256_SIZE];
	struct err err;

	(void)state;
	memset(ds, NEW, sizeof(ds));
	assert_true(rfc5011_anchor(&view, ds, &err));
	see(&view, 0, RRSET({ OLD, RS }, { NEW, S }));
	see(&view, 10, RRSET({ NEW, S }));
	see(&view, 20, RRSET({ OLD, R }, { NEW, S }));
	see(&view, 41, RRSET({ NEW, S }));
	assert_state(&view, OLD, "Revoked");
	see(&view, 71, RRSET({ NEW, S }));
	assert_state(&view, OLD, "Removed");
}

static void
missing_key_can_be_revoked(void **state)
{
	struct rfc5011 view = view_with(OLD);
	uint8_t ds[DS_SHA256_SIZE];
	struct err err;

	(void)state;
	memset(ds, NEW, sizeof(ds));
	assert_true(rfc5011_anchor(&view, ds, &err));
	see(&view, 0, RRSET({ NEW, S }));
	assert_state(&view, OLD, "Missing");
	see(&view, 1, RRSET({ OLD, RS }, { NEW, S }));
	assert_state(&view, OLD, "Revoked");
}

/* Section 2.1: somebody else cannot revoke a key. */
static void
revocation_without_its_own_signature_is_none(void **state)
{
	struct rfc5011 view = view_with(OLD);
	struct rfc5011_rrset both = RRSET({ OLD, S }, { NEW, P });

	(void)state;
	see(&view, 0, both);
	see(&view, 30, both);
	see(&view, 40, RRSET({ OLD, R }, { NEW, S }));
	assert_state(&view, OLD, "Missing");
}

/* Nothing but its own signature is needed, and it validates nothing. */
static void
last_anchor_can_revoke_itself(void **state)
{
	struct rfc5011 view = view_with(OLD);

	(void)state;
	see(&view, 0, RRSET({ OLD, RS }, { NEW, S }));
	assert_state(&view, OLD, "Revoked");
	assert_state(&view, NEW, "Start");
	assert_int_equal(view.n, 1);
}

static void
rrset_that_does_not_validate_says_nothing(void **state)
{
	struct rfc5011 view = view_with(OLD);
	struct rfc5011_rrset early = RRSET({ OLD, S }, { NEW, P });
	struct rfc5011_rrset revoking = RRSET({ OLD, RS });
	struct err err;

	(void)state;
	see(&view, 0, RRSET({ OLD, P }, { NEW, S }, { OTHER, S }));
	assert_int_equal(view.n, 1);
	assert_state(&view, OLD, "Valid");
	assert_true(rfc5011_see(&view, &early, BEGIN - 1, &err));
	assert_true(
	    rfc5011_see(&view, &revoking, BEGIN + VALIDITY_S + 1, &err));
	assert_state(&view, NEW, "Start");
	assert_state(&view, OLD, "Valid");
	assert_true(rfc5011_validates(&view, &early, BEGIN));
	assert_true(rfc5011_validates(&view, &early, BEGIN + VALIDITY_S));
	assert_false(rfc5011_validates(&view, &early, BEGIN - 1));
	assert_false(rfc5011_validates(&view, &early, BEGIN + VALIDITY_S + 1));
	/* A pending key's signature is worth nothing. */
	see(&view, 1, early);
	early = RRSET({ OLD, P }, { NEW, S });
	assert_false(rfc5011_validates(&view, &early, BEGIN + DAY_S));
}

static void
too_many_keys_are_refused(void **state)
{
	struct rfc5011 view = { 0 };
	uint8_t ds[DS_SHA256_SIZE] = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < RFC5011_KEYS_MAX; i++) {
		ds[0] = (uint8_t)i;
		assert_true(rfc5011_anchor(&view, ds, &err));
	}
	assert_true(rfc5011_anchor(&view, ds, &err));
	ds[1] = 1;
	assert_false(rfc5011_anchor(&view, ds, &err));
	assert_int_equal(err.code, E_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_those_of_section_2),
		cmocka_unit_test(new_key_waits_for_its_hold_down),
		cmocka_unit_test(new_key_must_be_seen_again_after_its_hold_down),
		cmocka_unit_test(long_ttl_prolongs_the_hold_down),
		cmocka_unit_test(pending_key_that_vanishes_begins_anew),
		cmocka_unit_test(pending_key_that_is_revoked_begins_anew),
		cmocka_unit_test(missing_key_stays_trusted_and_returns),
		cmocka_unit_test(revoked_key_is_never_trusted_again),
		cmocka_unit_test(revoked_key_that_returns_is_kept_longer),
		cmocka_unit_test(missing_key_can_be_revoked),
		cmocka_unit_test(revocation_without_its_own_signature_is_none),
		cmocka_unit_test(last_anchor_can_revoke_itself),
		cmocka_unit_test(rrset_that_does_not_validate_says_nothing),
		cmocka_unit_test(too_many_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
