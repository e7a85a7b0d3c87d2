#include <string.h>

#include "ksr/policy/config.h"
#include "ksr/policy/purpose.h"
#include "tests/support/fixture.h"
#include "tests/support/support.h"

#define OTHERS                                          \
	"other_keys:\n"                                 \
	"  z: {label: zsk-9, purpose: zsk}\n"           \
	"  a: {label: audit-9, purpose: audit}\n"

static void
name_key(struct dnskey *key, const char *label)
{
	memset(key->identifier, 0, sizeof(key->identifier));
	memcpy(key->identifier, label, strlen(label));
}

/* A key of the token that no configuration pins, under this label. */
static struct dnskey
stranger(const char *label)
{
	struct dnskey key = *fixture_zsk(9);

	name_key(&key, label);
	return key;
}

static struct bytes
mark_of(enum key_purpose purpose, const char *zone, const char *label,
    uint8_t octets[PURPOSE_MARK_SIZE])
{
	struct err err;

	assert_ok(purpose_mark(purpose, zone, label, octets, &err), &err);
	return (struct bytes){ octets, PURPOSE_MARK_SIZE };
}

static void
purpose_mark_differs_by_each_part(void **state)
{
	uint8_t marks[6][PURPOSE_MARK_SIZE];

	(void)state;
	mark_of(PURPOSE_KSK, ".", "a", marks[0]);
	mark_of(PURPOSE_ZSK, ".", "a", marks[1]);
	mark_of(PURPOSE_AUDIT, ".", "a", marks[2]);
	mark_of(PURPOSE_KSK, ".", "b", marks[3]);
	mark_of(PURPOSE_KSK, "example.", "a", marks[4]);
	/* Zone and label do not run into one another. */
	mark_of(PURPOSE_KSK, "a.", "b", marks[5]);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(
			    marks[i], marks[k], PURPOSE_MARK_SIZE);
	/* The name's case and final dot are no part of it. */
	mark_of(PURPOSE_KSK, "EXAMPLE", "a", marks[0]);
	assert_memory_equal(marks[0], marks[4], PURPOSE_MARK_SIZE);
}

static void
purpose_of_key_by_mark_and_configuration(void **state)
{
	static const struct {
		const char *label;
		enum key_purpose marked;
		const char *zone; /* of the mark; NULL: there is none */
		const char *marked_label; /* NULL: the key's own */
		enum key_purpose wanted;
		const char *message; /* NULL: it may be used so */
	} cases[] = {
		/* Nothing said: a KSK. */
		{ "x", 0, NULL, NULL, PURPOSE_KSK, NULL },
		{ "x", 0, NULL, NULL, PURPOSE_ZSK, "\"x\" counts as a KSK" },
		{ "x", 0, NULL, NULL, PURPOSE_AUDIT, "\"x\" counts as a KSK" },
		/* The mark. */
		{ "x", PURPOSE_ZSK, ".", NULL, PURPOSE_ZSK, NULL },
		{ "x", PURPOSE_ZSK, ".", NULL, PURPOSE_KSK,
		    "is a ZSK (expected a KSK)" },
		{ "x", PURPOSE_ZSK, ".", NULL, PURPOSE_AUDIT,
		    "is a ZSK (expected an audit key)" },
		{ "x", PURPOSE_AUDIT, ".", NULL, PURPOSE_AUDIT, NULL },
		{ "x", PURPOSE_AUDIT, "other.", NULL, PURPOSE_AUDIT, NULL },
		{ "x", PURPOSE_AUDIT, ".", NULL, PURPOSE_ZSK,
		    "is an audit key (expected a ZSK)" },
		{ "x", PURPOSE_KSK, ".", NULL, PURPOSE_KSK, NULL },
		{ "x", PURPOSE_KSK, ".", NULL, PURPOSE_ZSK, "\"x\" is a KSK" },
		{ "x", PURPOSE_KSK, "other.", NULL, PURPOSE_KSK,
		    "marked as the KSK of another zone" },
		{ "x", PURPOSE_KSK, "other.", NULL, PURPOSE_ZSK,
		    "\"x\" is a KSK" },
		/* Renamed, or another zone's: the mark is none. */
		{ "x", PURPOSE_ZSK, ".", "y", PURPOSE_ZSK, "counts as a KSK" },
		{ "x", PURPOSE_ZSK, "other.", NULL, PURPOSE_ZSK,
		    "counts as a KSK" },
		/* The configuration. */
		{ "zsk-9", 0, NULL, NULL, PURPOSE_ZSK, NULL },
		{ "zsk-9", 0, NULL, NULL, PURPOSE_AUDIT, "is a ZSK" },
		{ "audit-9", 0, NULL, NULL, PURPOSE_AUDIT, NULL },
		{ "audit-9", 0, NULL, NULL, PURPOSE_KSK, "is an audit key" },
		{ "ksk-1", 0, NULL, NULL, PURPOSE_KSK, NULL },
		{ "ksk-1", 0, NULL, NULL, PURPOSE_AUDIT, "\"ksk-1\" is a KSK" },
		/* Both, agreeing or not. */
		{ "zsk-9", PURPOSE_ZSK, ".", NULL, PURPOSE_ZSK, NULL },
		{ "zsk-9", PURPOSE_KSK, ".", NULL, PURPOSE_ZSK,
		    "is a KSK by its mark in the token and a ZSK by z" },
		{ "zsk-9", PURPOSE_KSK, "other.", NULL, PURPOSE_ZSK,
		    "is a KSK by its mark in the token and a ZSK by z" },
		{ "audit-9", PURPOSE_ZSK, ".", NULL, PURPOSE_AUDIT,
		    "is a ZSK by its mark in the token and an audit key by a" },
		{ "ksk-1", PURPOSE_ZSK, ".", NULL, PURPOSE_ZSK,
		    "is a ZSK by its mark in the token and a KSK by "
		    "ksk_current" },
	};
	struct config *config = fixture_config(1, 2, OTHERS);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dnskey key = stranger(cases[i].label);
		const char *label = cases[i].marked_label != NULL
		    ? cases[i].marked_label
		    : cases[i].label;
		uint8_t octets[PURPOSE_MARK_SIZE] = { 0 };
		struct bytes id = { octets, PURPOSE_MARK_SIZE };
		struct err err = { 0 };
		bool ok;

		if (cases[i].zone != NULL)
			id = mark_of(
			    cases[i].marked, cases[i].zone, label, octets);
		ok = purpose_require(config, &key, id, cases[i].wanted, &err);
		if (cases[i].message == NULL) {
			assert_ok(ok, &err);
			continue;
		}
		assert_false(ok);
		assert_int_equal(err.code, E_REFUSED);
		assert_message_has(&err, cases[i].message);
	}
	config_free(config);
}

static void
purpose_of_pinned_key_whatever_its_label(void **state)
{
	struct config *config = fixture_config(1, 2, OTHERS);
	struct dnskey key = *fixture_ksk(1);
	uint8_t octets[PURPOSE_MARK_SIZE];
	struct bytes none = { octets, 0 };
	struct err err = { 0 };

	(void)state;
	name_key(&key, "renamed");
	assert_false(purpose_require(config, &key, none, PURPOSE_ZSK, &err));
	assert_message_has(&err, "\"renamed\" is a KSK");
	/* Nor does its own configuration turn it into another key. */
	name_key(&key, "zsk-9");
	assert_false(purpose_require(config, &key, none, PURPOSE_ZSK, &err));
	assert_message_has(&err, "is a KSK by ksk_current and a ZSK by z");
	assert_false(purpose_require(config, &key,
	    mark_of(PURPOSE_ZSK, ".", "zsk-9", octets), PURPOSE_ZSK, &err));
	config_free(config);
}

/* A mark is read as a whole: each changed bit makes it none, or a KSK's. */
static void
purpose_of_damaged_mark_is_ksk(void **state)
{
	struct config *config = fixture_config(1, 2, "");
	struct dnskey key = stranger("x");
	uint8_t octets[PURPOSE_MARK_SIZE];
	struct err err = { 0 };

	(void)state;
	for (size_t bit = 0; bit < 8 * PURPOSE_MARK_SIZE; bit++) {
		struct bytes id = mark_of(PURPOSE_ZSK, ".", "x", octets);
		enum key_purpose purpose = PURPOSE_AUDIT;

		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_ok(purpose_of(config, &key, id, &purpose, &err), &err);
		assert_int_equal(purpose, PURPOSE_KSK);
	}
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(purpose_mark_differs_by_each_part),
		cmocka_unit_test(purpose_of_key_by_mark_and_configuration),
		cmocka_unit_test(purpose_of_pinned_key_whatever_its_label),
		cmocka_unit_test(purpose_of_damaged_mark_is_ksk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
