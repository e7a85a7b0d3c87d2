#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/hsm.h"
#include "tests/support/support.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define PIN     "123456"
#define SO_PIN  "654321"

static const uint8_t id[HSM_ID_SIZE] = { 'k', 's', 'k', ':' };

/* Two tokens of one SoftHSM, of which one at a time is logged in to. */
struct rig {
	char *folder;
	struct hsm *hsm;
	struct hsm_key transport; /* in "to" */
};

static void
rig_use(struct rig *rig, const char *label)
{
	char uri[64];
	struct err err;

	snprintf(uri, sizeof(uri), "pkcs11:token=%s", label);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	/* A handle is a session's. */
	if (rig->transport.label[0] != '\0' && strcmp(label, "to") == 0)
		assert_ok(
		    hsm_find(rig->hsm, "transport", &rig->transport, &err),
		    &err);
}

static const struct hsm_wishes stays = { .extractable = HSM_FALSE },
			       leaves = { .extractable = HSM_TRUE },
			       unwraps = { .sign = HSM_FALSE,
				       .unwrap = HSM_TRUE };

static struct hsm_key
rig_keygen(struct rig *rig, const char *label, enum hsm_key_type type,
    struct hsm_wishes wishes)
{
	const struct hsm_keygen what = { label, type, 2048, NULL, wishes };
	struct hsm_key key;
	struct err err;

	assert_ok(hsm_keygen(rig->hsm, &what, &key, &err), &err);
	return key;
}

static int
rig_setup(void **state)
{
	static const char *const labels[] = { "from", "to" };
	struct rig *rig = calloc(1, sizeof(*rig));
	struct hsm_token token;
	char path[512];
	struct err err;
	FILE *conf;

	assert_non_null(rig);
	rig->folder = scratch_new();
	snprintf(path, sizeof(path), "%s/softhsm2.conf", rig->folder);
	conf = fopen(path, "w");
	assert_non_null(conf);
	fprintf(conf, "directories.tokendir = %s\nobjectstore.backend = file\n",
	    rig->folder);
	assert_int_equal(fclose(conf), 0);
	setenv("SOFTHSM2_CONF", path, 1);
	assert_ok(hsm_open(SOFTHSM, &rig->hsm, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		assert_ok(hsm_init_token(
			      rig->hsm, labels[i], SO_PIN, PIN, &token, &err),
		    &err);
	rig_use(rig, "to");
	rig->transport = rig_keygen(rig, "transport", HSM_RSA, unwraps);
	rig_use(rig, "from");
	*state = rig;
	return 0;
}

static int
rig_teardown(void **state)
{
	struct rig *rig = *state;

	hsm_close(rig->hsm);
	scratch_remove(rig->folder);
	free(rig);
	return 0;
}

static size_t
rig_count(struct rig *rig)
{
	struct hsm_key *keys;
	struct err err;
	size_t n;

	assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
	free(keys);
	return n;
}

static struct hsm_wrapped
rig_backup(struct rig *rig, const struct hsm_key *key)
{
	struct hsm_wrapped wrapped;
	struct err err;

	assert_ok(
	    hsm_backup(rig->hsm, key, &rig->transport, &wrapped, &err), &err);
	return wrapped;
}

static void
hsm_keygen_transport_only_unwraps(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key = rig->transport;
	struct err err;

	assert_true(key.unwrap && key.sensitive && key.token_object);
	assert_true(key.private_object && key.never_extractable);
	assert_false(key.sign || key.decrypt || key.derive || key.extractable);
	assert_false(
	    hsm_can_sign(rig->hsm, &key, HSM_RSA_PKCS1_SHA256, false, &err));
	assert_message_has(&err, "its CKA_SIGN is not true");
}

static void
hsm_keygen_transport_is_rsa(void **state)
{
	const struct hsm_keygen what = { "t", HSM_EC_P256, 0, NULL, unwraps };
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	assert_false(hsm_keygen(rig->hsm, &what, &key, &err));
	assert_message_has(&err, "a transport key is an RSA key");
	assert_int_equal(rig_count(rig), 0);
}

static void
hsm_restore_each_type_is_the_key(void **state)
{
	static const enum hsm_key_type types[] = { HSM_RSA, HSM_EC_P256,
		HSM_EC_P384 };
	static const enum hsm_mechanism mechanisms[] = { HSM_RSA_PKCS1_SHA256,
		HSM_ECDSA_SHA256, HSM_ECDSA_SHA384 };
	struct bytes data = bytes_of_string("canonical RRset");
	uint8_t first[SIGNATURE_MAX], second[SIGNATURE_MAX];
	struct rig *rig = *state;
	size_t len, len_second;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char label[] = "ksk-0";
		struct hsm_restore what;
		struct hsm_wrapped wrapped;
		struct hsm_key key, copy;
		uint8_t own[HSM_ID_SIZE] = { (uint8_t)i };

		label[4] = (char)('0' + i);
		rig_use(rig, "from");
		key = rig_keygen(rig, label, types[i], leaves);
		assert_true(key.extractable && key.always_sensitive);
		assert_ok(hsm_sign(rig->hsm, &key, mechanisms[i], data, first,
			      &len, &err),
		    &err);
		wrapped = rig_backup(rig, &key);
		assert_int_equal(wrapped.how, HSM_AES_KEY_WRAP_PAD);
		assert_int_equal(wrapped.carrier_len, 256);

		rig_use(rig, "to");
		what = (struct hsm_restore){ label, own, stays, &key,
			&rig->transport, &wrapped };
		assert_ok(hsm_restore(rig->hsm, &what, &copy, &err), &err);
		assert_true(copy.sign && copy.sensitive && copy.token_object);
		assert_false(copy.extractable || copy.unwrap || copy.decrypt);
		assert_false(copy.local || copy.always_sensitive);
		assert_false(copy.derive || copy.never_extractable);
		assert_memory_equal(copy.id, own, HSM_ID_SIZE);
		assert_ok(hsm_sign(rig->hsm, &copy, mechanisms[i], data, second,
			      &len_second, &err),
		    &err);
		assert_int_equal(len, len_second);
		if (types[i] == HSM_RSA)
			assert_memory_equal(first, second, len);
		assert_int_equal(rig_count(rig), 2 + i);
	}
}

static void
hsm_restore_extractable_is_copied_again(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key = rig_keygen(rig, "k", HSM_EC_P256, leaves);
	struct hsm_wrapped wrapped = rig_backup(rig, &key);
	struct hsm_restore what = { "k", id, leaves, &key, &rig->transport,
		&wrapped };
	struct hsm_key copy;
	enum hsm_wrap how;
	struct err err;

	rig_use(rig, "to");
	assert_ok(hsm_restore(rig->hsm, &what, &copy, &err), &err);
	assert_true(copy.extractable);
	assert_ok(hsm_can_backup(
		      rig->hsm, &copy, HSM_BY_OAEP, &how, &err), &err);
}

static void
hsm_backup_refused(void **state)
{
	struct rig *rig = *state;
	const struct {
		struct hsm_key key;
		const char *message;
	} cases[] = {
		{ rig_keygen(rig, "stays", HSM_EC_P256, stays),
		    "its CKA_EXTRACTABLE is false" },
		{ rig_keygen(rig, "ed25519", HSM_ED25519, leaves),
		    "ED25519 keys are wrapped by no token" },
		{ rig_keygen(rig, "ed448", HSM_ED448, leaves),
		    "ED448 keys are wrapped by no token" },
	};
	struct hsm_wrapped wrapped;
	enum hsm_wrap how;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(hsm_can_backup(
		    rig->hsm, &cases[i].key, HSM_BY_OAEP, &how, &err));
		assert_message_has(&err, cases[i].message);
		assert_false(hsm_backup(
		    rig->hsm, &cases[i].key, &rig->transport, &wrapped, &err));
		assert_message_has(&err, cases[i].message);
	}
	assert_int_equal(rig_count(rig), ARRAY_LEN(cases));
}

/* What is wrong with a backup, or with how it is to be restored. */
enum wrong {
	CHECK_VALUE,
	CARRIER,
	KEY_BEGIN,
	KEY_END,
	KEY_CUT,
	KEY_EMPTY,
	OTHER_NUMBERS,
	SIGNING_TRANSPORT,
	TAKEN_LABEL,
};

static void
spoil(enum wrong wrong, const struct hsm_key *other, struct hsm_wrapped *w,
    struct hsm_restore *what)
{
	switch (wrong) {
	case CHECK_VALUE:
		w->check[2] ^= 1;
		break;
	case CARRIER:
		w->carrier[17] ^= 0x80;
		break;
	case KEY_BEGIN:
		w->key[0] ^= 1;
		break;
	case KEY_END:
		w->key[w->key_len - 1] ^= 1;
		break;
	case KEY_CUT:
		w->key_len -= 8;
		break;
	case KEY_EMPTY:
		w->key_len = 0;
		break;
	case OTHER_NUMBERS:
		what->public = other;
		break;
	case SIGNING_TRANSPORT:
		what->transport = other;
		break;
	case TAKEN_LABEL:
		what->label = "transport";
		break;
	}
}

static void
hsm_restore_refused_leaves_nothing(void **state)
{
	static const struct {
		enum wrong wrong;
		enum err_code code;
		const char *message;
	} cases[] = {
		{ CHECK_VALUE, E_REFUSED, "the AES key's check value is" },
		{ CARRIER, E_HSM, "C_UnwrapKey with CKM_RSA_PKCS_OAEP" },
		{ KEY_BEGIN, E_HSM, "C_UnwrapKey with CKM_AES_KEY_WRAP_PAD" },
		{ KEY_END, E_HSM, "nothing of it is left in the token" },
		{ KEY_CUT, E_HSM, "nothing of it is left in the token" },
		{ KEY_EMPTY, E_HSM, "nothing of it is left in the token" },
		{ OTHER_NUMBERS, E_HSM, "nothing of it is left in the token" },
		{ SIGNING_TRANSPORT, E_HSM, "may not unwrap (CKA_UNWRAP)" },
		{ TAKEN_LABEL, E_HSM, "an object with this label exists" },
	};
	struct rig *rig = *state;
	struct hsm_key other, copy, key = rig_keygen(rig, "k", HSM_RSA, leaves);
	struct hsm_wrapped good = rig_backup(rig, &key);
	struct err err;

	rig_use(rig, "to");
	other = rig_keygen(rig, "other", HSM_RSA, stays);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hsm_wrapped wrapped = good;
		struct hsm_restore what = { "k", id, stays, &key,
			&rig->transport, &wrapped };

		spoil(cases[i].wrong, &other, &wrapped, &what);
		assert_false(hsm_restore(rig->hsm, &what, &copy, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_message_has(&err, cases[i].message);
		assert_int_equal(rig_count(rig), 2);
	}
	assert_ok(hsm_restore(rig->hsm,
		      &(struct hsm_restore){
			  "k", id, stays, &key, &rig->transport, &good },
		      &copy, &err),
	    &err);
}

/* Private halves of curves show no point: the test signature tells. */
/* Two officers' components, of which nobody has both. */
static const uint8_t components[2][COMPONENT_SIZE] = {
	{ 0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae,
	    0xf0, 0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61,
	    0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4 },
	{ [COMPONENT_SIZE - 1] = 1 },
};

static void
rig_give(struct rig *rig, enum hsm_side side, size_t n,
    uint8_t ret_whole[HSM_CHECK_SIZE])
{
	uint8_t check[HSM_CHECK_SIZE];
	struct err err;

	assert_ok(hsm_can_take_components(rig->hsm, side, &err), &err);
	for (size_t i = 0; i < n; i++)
		assert_ok(hsm_component(rig->hsm, side, components[i], check,
			      ret_whole, &err),
		    &err);
}

static void
hsm_component_check_value_is_aes(void **state)
{
	/* openssl enc -aes-256-ecb -nopad -K ... of 16 zeros */
	static const uint8_t wanted[HSM_CHECK_SIZE] = { 0xe5, 0x68, 0xf6 };
	struct rig *rig = *state;
	uint8_t check[HSM_CHECK_SIZE], whole[HSM_CHECK_SIZE];
	struct err err;

	assert_ok(hsm_component(rig->hsm, HSM_SENDS, components[0], check,
		      whole, &err),
	    &err);
	assert_memory_equal(check, wanted, sizeof(wanted));
	assert_memory_equal(whole, wanted, sizeof(wanted));
	assert_int_equal(rig_count(rig), 0);
}

static void
hsm_component_of_nothing_is_refused(void **state)
{
	static const uint8_t zeros[COMPONENT_SIZE];
	struct rig *rig = *state;
	uint8_t check[HSM_CHECK_SIZE], whole[HSM_CHECK_SIZE];
	struct err err;

	assert_false(hsm_component(
	    rig->hsm, HSM_SENDS, zeros, check, whole, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "all zeros");
	rig_give(rig, HSM_SENDS, 1, whole);
	assert_false(hsm_component(
	    rig->hsm, HSM_SENDS, components[0], check, whole, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "cancel each other out");
}

static void
hsm_restore_by_components_is_the_key(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key = rig_keygen(rig, "k", HSM_EC_P384, leaves), copy;
	struct hsm_wrapped wrapped;
	struct hsm_restore what = { "k", id, stays, &key, NULL, &wrapped };
	uint8_t whole[HSM_CHECK_SIZE];
	struct err err;

	rig_give(rig, HSM_SENDS, 2, whole);
	assert_ok(hsm_backup(rig->hsm, &key, NULL, &wrapped, &err), &err);
	assert_int_equal(wrapped.carriage, HSM_FROM_COMPONENTS);
	assert_int_equal(wrapped.carrier_len, 0);
	assert_memory_equal(wrapped.check, whole, sizeof(whole));

	rig_use(rig, "to");
	/* One officer's alone is another key. */
	rig_give(rig, HSM_RECEIVES, 1, whole);
	assert_false(hsm_restore(rig->hsm, &what, &copy, &err));
	assert_int_equal(err.code, E_REFUSED);
	assert_message_has(&err, "the AES key's check value is");
	/* Nothing of it is kept: a second try has no components at all. */
	assert_false(hsm_restore(rig->hsm, &what, &copy, &err));
	assert_int_equal(rig_count(rig), 1);
	rig_give(rig, HSM_RECEIVES, 2, whole);
	assert_ok(hsm_restore(rig->hsm, &what, &copy, &err), &err);
	assert_false(copy.extractable || copy.local || copy.always_sensitive);
	assert_int_equal(rig_count(rig), 2);
}

static void
hsm_restore_point_of_another_key_is_refused(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key = rig_keygen(rig, "k", HSM_EC_P384, leaves);
	struct hsm_key other = rig_keygen(rig, "other", HSM_EC_P384, stays);
	struct hsm_wrapped wrapped = rig_backup(rig, &key);
	struct hsm_restore what = { "k", id, stays, &other, &rig->transport,
		&wrapped };
	struct hsm_key copy;
	struct err err;

	rig_use(rig, "to");
	assert_false(hsm_restore(rig->hsm, &what, &copy, &err));
	assert_message_has(&err, "its test signature does not verify");
	assert_message_has(&err, "nothing of it is left in the token");
	assert_int_equal(rig_count(rig), 1);
}

#define wrap_test(function) \
	cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		wrap_test(hsm_keygen_transport_only_unwraps),
		wrap_test(hsm_keygen_transport_is_rsa),
		wrap_test(hsm_restore_each_type_is_the_key),
		wrap_test(hsm_restore_extractable_is_copied_again),
		wrap_test(hsm_backup_refused),
		wrap_test(hsm_component_check_value_is_aes),
		wrap_test(hsm_component_of_nothing_is_refused),
		wrap_test(hsm_restore_by_components_is_the_key),
		wrap_test(hsm_restore_refused_leaves_nothing),
		wrap_test(hsm_restore_point_of_another_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
