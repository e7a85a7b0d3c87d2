#include <string.h>

#include "ksr/dns/rrset.h"
#include "signer/keys/distinct_key.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"
#include "tests/support/support.h"

/* The keys that are made, in order, and what became of them. */
struct script {
	const struct dnskey *made[DISTINCT_KEY_TRIES];
	size_t n_made, n_kept, n_discarded;
	bool discard_fails;
};

static bool
make(void *arg, struct dnskey *ret, struct err *err)
{
	struct script *script = arg;

	(void)err;
	*ret = *script->made[script->n_made++];
	return true;
}

static bool
keep(void *arg, const struct dnskey *key, struct err *err)
{
	struct script *script = arg;

	(void)err;
	assert_true(dnskey_equal(key, script->made[script->n_made - 1]));
	script->n_kept++;
	return true;
}

static bool
discard(void *arg, const struct dnskey *key, struct err *err)
{
	struct script *script = arg;

	assert_true(dnskey_equal(key, script->made[script->n_made - 1]));
	script->n_discarded++;
	return !script->discard_fails ||
	    err_set(err, E_HSM, "it cannot be deleted");
}

static bool
run(struct script *script, const struct known_tags *known, struct dnskey *ret,
    struct err *err)
{
	const struct key_wanted wanted = { "zsk-x",
		ALGORITHM_RSASHA256, 2048, PURPOSE_ZSK, false };
	const struct key_maker maker = { script, make, keep, discard };

	return distinct_key_make(NULL, known, &wanted, &maker, ret, err);
}

/* Bytes at the end of the public key are changed until the tag is that. */
static struct dnskey
with_tag(const struct dnskey *key, uint16_t tag)
{
	struct dnskey changed = *key;
	uint8_t *end = changed.public_key + changed.public_key_len - 2;

	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		end[0] = (uint8_t)(i >> 8);
		end[1] = (uint8_t)i;
		changed.tag = dnskey_tag(&changed);
		if (changed.tag == tag)
			return changed;
	}
	fail_msg("no such tag");
	return changed;
}

static struct known_tags
knowing(const struct dnskey *key)
{
	struct known_tags known = { 0 };
	struct err err;

	assert_ok(known_tags_add(&known, key, &err), &err);
	return known;
}

static void
distinct_key_make_discards_a_clash_and_makes_another(void **state)
{
	const struct dnskey *ksk = fixture_ksk(1);
	struct known_tags known = knowing(ksk);
	struct dnskey same = with_tag(fixture_zsk(1), dnskey_tag(ksk));
	struct dnskey revoked =
	    with_tag(fixture_zsk(1), dnskey_revoked_tag(ksk));
	struct script script = { .made = { &same, &revoked, fixture_zsk(2) } };
	struct dnskey made;
	struct err err;

	(void)state;
	assert_ok(run(&script, &known, &made, &err), &err);
	assert_true(dnskey_equal(&made, fixture_zsk(2)));
	assert_int_equal(script.n_made, 3);
	assert_int_equal(script.n_discarded, 2);
	assert_int_equal(script.n_kept, 1);
	known_tags_clear(&known);
}

static void
distinct_key_make_gives_up(void **state)
{
	struct known_tags known = knowing(fixture_zsk(3));
	struct dnskey same =
	    with_tag(fixture_zsk(1), dnskey_tag(fixture_zsk(3)));
	struct script script = { .n_made = 0 };
	struct dnskey made;
	struct err err;

	(void)state;
	for (size_t i = 0; i < DISTINCT_KEY_TRIES; i++)
		script.made[i] = &same;
	assert_false(run(&script, &known, &made, &err));
	assert_message_has(&err, "8 keys were made and discarded");
	assert_int_equal(script.n_discarded, DISTINCT_KEY_TRIES);
	assert_int_equal(script.n_kept, 0);
	known_tags_clear(&known);
}

static void
distinct_key_make_stops_where_a_key_cannot_be_discarded(void **state)
{
	struct known_tags known = knowing(fixture_zsk(3));
	struct dnskey same =
	    with_tag(fixture_zsk(1), dnskey_tag(fixture_zsk(3)));
	struct script script = { .made = { &same }, .discard_fails = true };
	struct dnskey made;
	struct err err;

	(void)state;
	assert_false(run(&script, &known, &made, &err));
	assert_message_has(&err, "it cannot be deleted");
	assert_int_equal(script.n_made, 1);
	known_tags_clear(&known);
}

static void
known_tags_clash_is_of_another_key_and_the_algorithm(void **state)
{
	struct known_tags known = knowing(fixture_zsk(3));
	struct dnskey same =
	    with_tag(fixture_zsk(1), dnskey_tag(fixture_zsk(3)));

	(void)state;
	assert_ptr_equal(known_tags_clash(&known, &same), &known.tags[0]);
	assert_null(known_tags_clash(&known, fixture_zsk(3)));
	same = with_tag(&same, (uint16_t)(same.tag + 1));
	assert_null(known_tags_clash(&known, &same));
	same.algorithm = ALGORITHM_RSASHA512;
	same = with_tag(&same, dnskey_tag(fixture_zsk(3)));
	assert_null(known_tags_clash(&known, &same));
	known_tags_clear(&known);
}

/* A new KSK's second tag waits for it; a ZSK has none. */
static void
known_tags_clash_looks_at_a_ksk_s_revoked_tag(void **state)
{
	const struct dnskey *ksk = fixture_ksk(1);
	struct dnskey taken = with_tag(fixture_zsk(1), dnskey_revoked_tag(ksk));
	struct known_tags known = knowing(&taken);

	(void)state;
	assert_non_null(known_tags_clash(&known, ksk));
	assert_null(known_tags_clash(&known, fixture_zsk(2)));
	known_tags_clear(&known);
}

/* Without its public key a configured KSK's revoked tag is one of two. */
static void
known_tags_add_config_takes_both_revoked_tags(void **state)
{
	struct config *config = fixture_config(1, 2, "");
	struct known_tags known = { 0 };
	struct err err;

	(void)state;
	assert_ok(known_tags_add_config(&known, config, &err), &err);
	assert_true(config->n_keys > 0);
	assert_int_equal(known.n, 3 * config->n_keys);
	for (size_t i = 0; i < config->n_keys; i++) {
		const uint16_t tag = config->keys[i].tag;
		struct dnskey key = with_tag(fixture_zsk(1), tag);

		assert_non_null(known_tags_clash(&known, &key));
		key = with_tag(&key, (uint16_t)(tag + 128));
		assert_non_null(known_tags_clash(&known, &key));
		key = with_tag(&key, (uint16_t)(tag + 129));
		assert_non_null(known_tags_clash(&known, &key));
	}
	known_tags_clear(&known);
	config_free(config);
}

static void
known_tags_add_document_takes_every_key(void **state)
{
	struct fixture *f = fixture_new();
	struct known_tags known = { 0 };
	struct dnskey key;
	struct err err;

	(void)state;
	assert_ok(known_tags_add_document(&known, NULL, &err), &err);
	assert_int_equal(known.n, 0);
	assert_ok(known_tags_add_document(&known, f->previous, &err), &err);
	for (size_t i = 0; i < f->previous->n_bundles; i++) {
		for (size_t j = 0; j < f->previous->bundles[i].n_keys; j++) {
			key = with_tag(fixture_zsk(7),
			    f->previous->bundles[i].keys[j].tag);
			assert_non_null(known_tags_clash(&known, &key));
		}
	}
	known_tags_clear(&known);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    distinct_key_make_discards_a_clash_and_makes_another),
		cmocka_unit_test(distinct_key_make_gives_up),
		cmocka_unit_test(
		    distinct_key_make_stops_where_a_key_cannot_be_discarded),
		cmocka_unit_test(
		    known_tags_clash_is_of_another_key_and_the_algorithm),
		cmocka_unit_test(known_tags_clash_looks_at_a_ksk_s_revoked_tag),
		cmocka_unit_test(known_tags_add_config_takes_both_revoked_tags),
		cmocka_unit_test(known_tags_add_document_takes_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
