/* Rules as they were in version 0.1.0. */
#include <string.h>

#include "ksr/dns/rrset.h"
#include "tests/support/fixture.h"

static struct fixture *
fixture_0_1_0(void)
{
	struct fixture *f = fixture_new();

	f->in.rules = RULES_0_1_0;
	return f;
}

static void
check_ksr_policy_sig_validity_refuses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_0_1_0();
	struct bundle *bundle = &f->request->bundles[4];

	(void)state;
	bundle->expiration++;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", 5,
	    "P21DT1S (1814401 s)", "by the KSK operator's policy");
	bundle->expiration -= 2;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", 5,
	    "P20DT23H59M59S (1814399 s)", "by the KSK operator's policy");
	bundle->expiration = bundle->inception;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-SIG-VALIDITY", 5,
	    "incepted", "an expiration after the inception");
	fixture_free(f);
}

static void
check_ksr_policy_bundle_interval_refuses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_0_1_0();

	(void)state;
	f->request->bundles[4].inception = f->request->bundles[3].inception;
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 5,
	    "inception 2026-01-31T00:00:00 is not after",
	    "inceptions in order");
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL", 6,
	    "P20D (1728000 s) after that of the bundle before", "P9D to P11D");
	/* Both in one row: switched off it waived either. */
	f->config->request_policy.check_bundle_intervals = false;
	assert_verdict(&f->in, STAGE_REQUEST, "KSR-POLICY-BUNDLE-INTERVAL",
	    VERDICT_WAIVED);
	fixture_free(f);
}

static void
check_ksr_tag_clash_refuses_by_0_1_0(void **state)
{
	struct fixture *f = fixture_0_1_0();
	struct dnskey key = *fixture_zsk(7);

	(void)state;
	strcpy(key.identifier, "forged");
	for (unsigned v = 0; dnskey_tag(&key) != fixture_zsk(0)->tag; v++) {
		assert_true(v <= UINT16_MAX);
		key.public_key[100] = (uint8_t)(v >> 8);
		key.public_key[101] = (uint8_t)v;
	}
	key.tag = dnskey_tag(&key);
	fixture_replace_key(f->request, fixture_zsk(3), &key);
	fixture_replace_key(f->response, fixture_zsk(3), &key);
	assert_refuses(&f->in, STAGE_REQUEST, "KSR-TAG-CLASH", 9, "zsk-0 (",
	    "a tag and algorithm that no other key has");
	assert_refuses(&f->in, STAGE_RESPONSE, "KSR-TAG-CLASH", 9, "zsk-0 (",
	    "a tag and algorithm that no other key has");
	fixture_free(f);
}

static void
checks_of_0_1_0_pass_the_fixture(void **state)
{
	struct fixture *f = fixture_0_1_0();

	(void)state;
	assert_refusing_ids(
	    &f->in, STAGE_REQUEST | STAGE_TOKEN | STAGE_RESPONSE, "");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    check_ksr_policy_sig_validity_refuses_by_0_1_0),
		cmocka_unit_test(
		    check_ksr_policy_bundle_interval_refuses_by_0_1_0),
		cmocka_unit_test(check_ksr_tag_clash_refuses_by_0_1_0),
		cmocka_unit_test(checks_of_0_1_0_pass_the_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
