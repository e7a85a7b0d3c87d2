#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnu/libc-version.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hsm/hsm.h"
#include "ksr/base/file.h"
#include "tests/support/support.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define PIN     "123456"
#define SO_PIN  "654321"

/*
 * Each test has a SoftHSM of its own in an empty folder.  hsm is open only
 * between token_open and token_shut.
 */
struct rig {
	char *folder;
	struct hsm *hsm;
};

static int
rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	char path[512];
	FILE *conf;

	assert_non_null(rig);
	rig->folder = scratch_new();
	snprintf(path, sizeof(path), "%s/softhsm2.conf", rig->folder);
	conf = fopen(path, "w");
	assert_non_null(conf);
	fprintf(conf,
	    "directories.tokendir = %s\nobjectstore.backend = file\n"
	    "log.level = ERROR\n",
	    rig->folder);
	assert_int_equal(fclose(conf), 0);
	setenv("SOFTHSM2_CONF", path, 1);
	setenv("FAULTY_TARGET", SOFTHSM, 1);
	unsetenv("FAULTY");
	setenv("QUIRKY_TARGET", SOFTHSM, 1);
	setenv("QUIRKY_PIN", PIN, 1);
	unsetenv("QUIRKY");
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

static void
rig_open(struct rig *rig, const char *module)
{
	struct err err;

	hsm_close(rig->hsm);
	rig->hsm = NULL;
	assert_ok(hsm_open(module, &rig->hsm, &err), &err);
}

static void
rig_close(struct rig *rig)
{
	hsm_close(rig->hsm);
	rig->hsm = NULL;
}

static struct hsm_token
rig_token(struct rig *rig, const char *label)
{
	struct hsm_token token;
	struct err err;

	if (rig->hsm == NULL)
		rig_open(rig, SOFTHSM);
	assert_ok(
	    hsm_init_token(rig->hsm, label, SO_PIN, PIN, &token, &err), &err);
	return token;
}

/* The token "ksk", initialised, selected and logged in. */
static void
rig_login(struct rig *rig)
{
	struct err err;

	rig_token(rig, "ksk");
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
}

static struct hsm_key
rig_keygen(struct rig *rig, const char *label, enum hsm_key_type type)
{
	struct hsm_keygen what = { label, type, 2048, NULL, { 0 } };
	struct hsm_key key;
	struct err err;

	assert_ok(hsm_keygen(rig->hsm, &what, &key, &err), &err);
	return key;
}

/* Opens the faulty module on the token "ksk", selected. */
static void
rig_break(struct rig *rig, const char *fault)
{
	struct err err;

	setenv("FAULTY", fault, 1);
	rig_open(rig, FAULTY_MODULE);
	assert_ok(hsm_select(rig->hsm, "pkcs11:token=ksk", &err), &err);
}

/* Also logged in. */
static void
rig_break_login(struct rig *rig, const char *fault)
{
	struct err err;

	rig_break(rig, fault);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
}

/* A token of another make, selected by the URI. */
static void
rig_quirky(struct rig *rig, const char *quirks, const char *uri)
{
	struct err err;

	setenv("QUIRKY", quirks, 1);
	rig_open(rig, QUIRKY_MODULE);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
}

static void
run(const char *command)
{
	char whole[1024];

	snprintf(whole, sizeof(whole), "%s >/dev/null", command);
	assert_int_equal(system(whole), 0);
}

/* Imports pkey as both halves of a pair into "ksk". */
static void
import_key(
    const struct rig *rig, EVP_PKEY *pkey, const char *label, const char *id)
{
	char path[256], command[600];
	FILE *pem;

	snprintf(path, sizeof(path), "%s/key.pem", rig->folder);
	pem = fopen(path, "w");
	assert_non_null(pem);
	assert_int_equal(
	    PEM_write_PKCS8PrivateKey(pem, pkey, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(pem), 0);
	snprintf(command, sizeof(command),
	    "softhsm2-util --import %s --token ksk --label '%s' --id %s "
	    "--pin " PIN,
	    path, label, id);
	run(command);
}

static void
pkcs11_tool(const char *arguments)
{
	char command[600];

	snprintf(command, sizeof(command),
	    "pkcs11-tool --module " SOFTHSM
	    " --token-label ksk --login --pin " PIN " %s 2>/dev/null",
	    arguments);
	run(command);
}

static EVP_PKEY *
rsa_public(const struct hsm_key *key, OSSL_PARAM_BLD *build)
{
	BIGNUM *n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
	BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return pkey;
}

/* SubjectPublicKeyInfo (RFC 5480), assembled by hand. */
static EVP_PKEY *
ec_public(const struct hsm_key *key)
{
	static const uint8_t p256[] = "\x30\x59\x30\x13\x06\x07\x2a\x86\x48"
				      "\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
				      "\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
	static const uint8_t p384[] = "\x30\x76\x30\x10\x06\x07\x2a\x86\x48"
				      "\xce\x3d\x02\x01\x06\x05\x2b\x81\x04"
				      "\x00\x22\x03\x62\x00\x04";
	struct buf der = buf_new(256);
	const unsigned char *at;
	EVP_PKEY *pkey;

	if (key->type == HSM_EC_P256)
		buf_put(&der, p256, sizeof(p256) - 1);
	else
		buf_put(&der, p384, sizeof(p384) - 1);
	buf_put(&der, key->point, key->point_len);
	at = der.data;
	pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
	assert_non_null(pkey);
	buf_free(&der);
	return pkey;
}

static EVP_PKEY *
edwards_public(const struct hsm_key *key)
{
	int type = key->type == HSM_ED25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;

	return EVP_PKEY_new_raw_public_key(
	    type, NULL, key->point, key->point_len);
}

static bool
is_edwards(const struct hsm_key *key)
{
	return key->type == HSM_ED25519 || key->type == HSM_ED448;
}

static EVP_PKEY *
key_public(const struct hsm_key *key)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = key->type == HSM_RSA ? rsa_public(key, build)
	    : is_edwards(key)                 ? edwards_public(key)
					      : ec_public(key);

	OSSL_PARAM_BLD_free(build);
	return pkey;
}

static struct buf
ecdsa_to_der(const uint8_t *sig, size_t len)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	struct buf der = buf_new(256);
	unsigned char *out = NULL;
	int n;

	ECDSA_SIG_set0(pair, BN_bin2bn(sig, (int)(len / 2), NULL),
	    BN_bin2bn(sig + len / 2, (int)(len / 2), NULL));
	n = i2d_ECDSA_SIG(pair, &out);
	assert_true(n > 0);
	buf_put(&der, out, (size_t)n);
	OPENSSL_free(out);
	ECDSA_SIG_free(pair);
	return der;
}

static bool
verifies(EVP_PKEY *pkey, const EVP_MD *md, struct bytes data,
    const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf copy = buf_new(1024);
	bool ok;

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		copy = ecdsa_to_der(sig, len);
	else
		buf_put(&copy, sig, len);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey), 1);
	ok = EVP_DigestVerify(ctx, copy.data, copy.len, data.data, data.len) ==
	    1;
	EVP_MD_CTX_free(ctx);
	buf_free(&copy);
	return ok;
}

static void
hsm_open_no_module_fails(void **state)
{
	struct {
		const char *path, *message;
	} cases[] = {
		{ "/nonexistent/module.so",
		    "cannot load PKCS#11 module: "
		    "/nonexistent/module.so" },
		{ "./CMakeLists.txt", "cannot load PKCS#11 module" },
		{ "/tmp", "cannot load PKCS#11 module" },
		{ "libsofthsm2.so", "is not a path" },
		{ "", "is not a path" },
		{ NULL,
		    "is not a PKCS#11 module: it has no "
		    "C_GetFunctionList" },
	};
	struct hsm *hsm = NULL;
	Dl_info libc;
	struct err err;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)&gnu_get_libc_version, &libc));
	cases[ARRAY_LEN(cases) - 1].path = libc.dli_fname;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(hsm_open(cases[i].path, &hsm, &err));
		assert_int_equal(err.code, E_HSM);
		assert_message_has(&err, cases[i].message);
		assert_null(hsm);
	}
	hsm_close(NULL);
}

static void
hsm_open_bad_module_fails(void **state)
{
	static const struct {
		const char *fault, *message;
	} cases[] = {
		{ "function_missing", "lacks functions of PKCS#11 2" },
		{ "version_one", "does not offer the functions" },
		{ "initialize_fails",
		    "does not initialise: CKR_GENERAL_ERROR (0x5)" },
	};
	struct hsm *hsm = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setenv("FAULTY", cases[i].fault, 1);
		assert_false(hsm_open(FAULTY_MODULE, &hsm, &err));
		assert_message_has(&err, cases[i].message);
		assert_null(hsm);
	}
	unsetenv("FAULTY");
	assert_ok(hsm_open(FAULTY_MODULE, &hsm, &err), &err);
	hsm_close(hsm);
}

static void
copy_file(const char *from, const char *to)
{
	struct buf content = buf_new(16u * 1024 * 1024);
	struct err err;
	FILE *file = fopen(to, "w");

	assert_ok(file_read(from, 16u * 1024 * 1024, &content, &err), &err);
	assert_non_null(file);
	assert_int_equal(
	    fwrite(content.data, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
	buf_free(&content);
}

/* Between the hash and the load somebody renames another file there. */
static void
hsm_load_other_file_at_its_path_loads_the_hashed(void **state)
{
	struct rig *rig = *state;
	struct hsm_module *module;
	struct hsm_object *objects;
	char path[256], other[256];
	struct err err;
	size_t n;

	snprintf(path, sizeof(path), "%s/module.so", rig->folder);
	snprintf(other, sizeof(other), "%s/other.so", rig->folder);
	copy_file(FAULTY_MODULE, path);
	copy_file("CMakeLists.txt", other);
	assert_ok(hsm_module_open(path, &module, &err), &err);
	assert_int_equal(rename(other, path), 0);
	assert_ok(hsm_load(module, &rig->hsm, &err), &err);
	/* And it is seen that the file of that name is none of it. */
	assert_false(hsm_mapped(rig->hsm, &objects, &n, &err));
	assert_message_has(&err, "cannot be hashed");
}

/*
 * Code in memory is that of its file, wherever it came from: a module's process
 * has what was in memory before it.
 */
static void
hsm_mapped_code_changed_in_memory_is_refused(void **state)
{
	struct rig *rig = *state;
	size_t size = (size_t)sysconf(_SC_PAGESIZE), n;
	uint8_t *code, *page;
	char path[256];
	void *library;

	snprintf(path, sizeof(path), "%s/library.so", rig->folder);
	copy_file(FAULTY_MODULE, path);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(library);
	code = dlsym(library, "C_GetFunctionList");
	assert_non_null(code);
	page = code - (uintptr_t)code % size;
	for (int i = 0; i < 2; i++) {
		struct hsm_object *objects;
		struct hsm *hsm;
		struct err err;

		if (i == 1) {
			assert_int_equal(mprotect(page, size,
					     PROT_READ | PROT_WRITE | PROT_EXEC),
			    0);
			*code ^= 1;
			assert_int_equal(
			    mprotect(page, size, PROT_READ | PROT_EXEC), 0);
		}
		assert_ok(hsm_open(FAULTY_MODULE, &hsm, &err), &err);
		if (i == 0) {
			assert_ok(hsm_mapped(hsm, &objects, &n, &err), &err);
			free(objects);
		} else {
			assert_false(hsm_mapped(hsm, &objects, &n, &err));
			assert_message_has(&err, "library.so is not the file "
						 "that was loaded from there");
		}
		hsm_close(hsm);
	}
	dlclose(library);
}

static void
hsm_load_changed_file_fails(void **state)
{
	struct rig *rig = *state;
	struct hsm_module *module;
	struct hsm *hsm = NULL;
	char path[256];
	struct err err;
	FILE *file;

	snprintf(path, sizeof(path), "%s/changed.so", rig->folder);
	copy_file(FAULTY_MODULE, path);
	assert_ok(hsm_module_open(path, &module, &err), &err);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fputs("more", file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	assert_false(hsm_load(module, &hsm, &err));
	assert_message_has(&err, "was changed while it was loaded");
	assert_null(hsm);
}

static void
hsm_open_again_works(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_EC_P256);
	for (int i = 0; i < 3; i++) {
		rig_open(rig, SOFTHSM);
		assert_ok(hsm_select(rig->hsm, "", &err), &err);
		assert_false(hsm_find(rig->hsm, "k", &key, &err));
		assert_message_has(&err, "not logged in");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	}
}

static void
hsm_select_no_token_fails(void **state)
{
	struct rig *rig = *state;
	struct hsm_token *tokens;
	struct err err;
	size_t n;

	rig_open(rig, SOFTHSM);
	assert_ok(hsm_tokens(rig->hsm, &tokens, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_false(tokens[0].initialised);
	free(tokens);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_int_equal(err.code, E_HSM);
	assert_message_has(&err, "no initialised token");
	assert_false(hsm_select(rig->hsm, "pkcs11:slot-id=0", &err));
	assert_message_has(&err, "no initialised token");
	assert_null(hsm_selected(rig->hsm));
}

static void
hsm_select_several_tokens_lists_uris(void **state)
{
	struct rig *rig = *state;
	struct hsm_token a = rig_token(rig, "alpha one");
	struct hsm_token b = rig_token(rig, "beta");
	char uri[128], listed[256];
	struct err err;

	assert_string_not_equal(a.serial, b.serial);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "2 tokens match, choose one by its URI");
	snprintf(
	    uri, sizeof(uri), "pkcs11:token=alpha%%20one;serial=%s", a.serial);
	snprintf(listed, sizeof(listed), "\"alpha one\" (serial %s): %s",
	    a.serial, uri);
	assert_message_has(&err, listed);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
	assert_string_equal(hsm_selected(rig->hsm)->label, "alpha one");

	snprintf(uri, sizeof(uri), "pkcs11:serial=%s", b.serial);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
	assert_string_equal(hsm_selected(rig->hsm)->label, "beta");
	snprintf(uri, sizeof(uri),
	    "pkcs11:slot-id=%lu;manufacturer=SoftHSM%%20project", a.slot);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
	assert_string_equal(hsm_selected(rig->hsm)->serial, a.serial);

	/* The slot numbers last: another process sees the same. */
	rig_open(rig, SOFTHSM);
	snprintf(uri, sizeof(uri), "pkcs11:slot-id=%lu", b.slot);
	assert_ok(hsm_select(rig->hsm, uri, &err), &err);
	assert_string_equal(hsm_selected(rig->hsm)->serial, b.serial);
}

static void
hsm_select_wrong_uri_fails(void **state)
{
	static const struct {
		const char *uri, *message;
		enum err_code code;
	} cases[] = {
		{ "pkcs11:token=other",
		    "no token matches the URI; present: "
		    "\"ksk\" (serial ",
		    E_HSM },
		{ "pkcs11:token=KSK", "no token matches", E_HSM },
		{ "pkcs11:token=ks", "no token matches", E_HSM },
		{ "pkcs11:token=ksk%20", "no token matches", E_HSM },
		{ "pkcs11:token=ksk;model=x", "no token matches", E_HSM },
		{ "pkcs11:manufacturer=SoftHSM", "no token matches", E_HSM },
		{ "pkcs11:slot-id=77", "no token matches", E_HSM },
		{ "pkcs11:serial=0", "no token matches", E_HSM },
		{ "pkcs11:token=ksk?pin-value=" PIN, "a PIN has no place",
		    E_INPUT },
		{ "ksk", "does not start with \"pkcs11:\"", E_INPUT },
	};
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(hsm_select(rig->hsm, cases[i].uri, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_message_has(&err, cases[i].message);
		assert_null(hsm_selected(rig->hsm));
	}
}

static void
hsm_tokens_label_made_printable(void **state)
{
	struct rig *rig = *state;
	struct hsm_token *tokens;
	struct err err;
	size_t n;

	rig_token(rig, "ksk");
	setenv("FAULTY", "label_not_printable", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_ok(hsm_tokens(rig->hsm, &tokens, &n, &err), &err);
	assert_int_equal(n, 2);
	assert_string_equal(tokens[0].label, "?[2J?");
	assert_string_equal(tokens[0].name, "?[2J\xff");
	free(tokens);
	assert_false(hsm_select(rig->hsm, "pkcs11:token=%3F[2J%3F", &err));
	assert_message_has(&err, "token=%1B%5B2J%FF;serial=");
	assert_ok(hsm_select(rig->hsm, "pkcs11:token=%1b[2J%ff", &err), &err);
}

static void
hsm_init_token_refused(void **state)
{
	struct rig *rig = *state;
	struct hsm_token token;
	struct err err;

	rig_token(rig, "ksk");
	assert_false(
	    hsm_init_token(rig->hsm, "ksk", SO_PIN, PIN, &token, &err));
	assert_message_has(&err, "a token \"ksk\" exists already");
	assert_false(hsm_init_token(rig->hsm, "", SO_PIN, PIN, &token, &err));
	assert_message_has(&err, "a token's label is 1 to 32");
	assert_false(hsm_init_token(rig->hsm,
	    "012345678901234567890123456789012", SO_PIN, PIN, &token, &err));
	assert_message_has(&err, "a token's label is 1 to 32");
	assert_false(
	    hsm_init_token(rig->hsm, "a\nb", SO_PIN, PIN, &token, &err));
	assert_message_has(&err, "a token's label is 1 to 32");
	assert_false(hsm_init_token(rig->hsm, "next", "1", PIN, &token, &err));
	assert_message_has(&err, "token \"next\": C_InitToken: CKR_");
}

static void
hsm_login_wrong_pin_then_right_one_works(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	assert_false(hsm_login(rig->hsm, PIN, &err));
	assert_message_has(&err, "no token is selected");
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	for (int i = 0; i < 3; i++) {
		assert_false(hsm_login(rig->hsm, "999999", &err));
		assert_message_has(&err, "token \"ksk\" (serial ");
		assert_message_has(&err, "wrong PIN: CKR_PIN_INCORRECT (0xa0)");
		assert_null(strstr(err.msg, "999999"));
	}
	assert_false(hsm_login(rig->hsm, "", &err));
	assert_message_has(&err, "wrong PIN");
	assert_false(hsm_find(rig->hsm, "k", &key, &err));
	assert_message_has(&err, "not logged in");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_find(rig->hsm, "k", &key, &err));
	assert_message_has(&err, "no key with label \"k\"");
}

static void
hsm_login_twice_fails(void **state)
{
	struct rig *rig = *state;
	struct err err;

	rig_login(rig);
	assert_false(hsm_login(rig->hsm, "999999", &err));
	assert_message_has(&err, "already logged in");
	assert_false(hsm_login(rig->hsm, PIN, &err));
	assert_message_has(&err, "already logged in");
}

static void
hsm_select_again_logs_out(void **state)
{
	struct rig *rig = *state;
	struct hsm_key *keys;
	struct err err;
	size_t n;

	rig_login(rig);
	assert_ok(hsm_select(rig->hsm, "pkcs11:token=ksk", &err), &err);
	assert_false(hsm_keys(rig->hsm, &keys, &n, &err));
	assert_message_has(&err, "not logged in");
	assert_false(hsm_login(rig->hsm, "999999", &err));
	assert_message_has(&err, "wrong PIN");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
	assert_int_equal(n, 0);
	free(keys);
}

static void
hsm_login_fault_fails(void **state)
{
	static const struct {
		const char *fault, *pin, *message;
	} cases[] = {
		{ "login_lies", PIN,
		    "the token took the PIN, but: not logged "
		    "in" },
		{ "login_lies", "999999", "not logged in" },
		{ "login_locks", PIN, "PIN locked: CKR_PIN_LOCKED (0xa4)" },
		{ "login_finds_no_pin", PIN,
		    "no user PIN is set: CKR_USER_PIN_NOT_INITIALIZED" },
		{ "login_expired", PIN, "the PIN has expired" },
		{ "pin_locked", PIN, "PIN locked" },
		{ "pin_locked:4", "999999", "wrong PIN, PIN locked" },
		{ "pin_final_try", "999999", "wrong PIN, one try left" },
		{ "login_fails", PIN, "login failed: CKR_FUNCTION_FAILED" },
		{ "session_info_fails", PIN,
		    "C_GetSessionInfo: CKR_DEVICE_ERROR" },
		{ "session_info_fails:2", PIN,
		    "the token took the PIN, but: C_GetSessionInfo" },
		{ "token_gone_after_login", PIN,
		    "C_GetSessionInfo: CKR_DEVICE_REMOVED (0x32)" },
	};
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_break(rig, cases[i].fault);
		if (hsm_login(rig->hsm, cases[i].pin, &err))
			fail_msg("%s: logged in", cases[i].fault);
		assert_int_equal(err.code, E_HSM);
		assert_message_has(&err, "token \"ksk\" (serial ");
		assert_message_has(&err, cases[i].message);
		assert_false(hsm_find(rig->hsm, "k", &key, &err));
	}
}

/*
 * Whatever the token answers to any of the calls round a login, on whichever
 * of them, an answer comes back, and nothing holds a login that is not one.
 */
static void
hsm_login_any_session_fault_ends(void **state)
{
	static const char *const faults[] = { "open_session_fails",
		"close_session_fails", "session_info_fails", "login_fails",
		"login_lies", "login_locks", "logout_fails", "token_info_fails",
		"slot_list_fails", "write_protected",
		"close_session_fails,logout_fails",
		"login_fails,close_session_fails",
		"session_info_fails:2,logout_fails,close_session_fails" };
	struct rig *rig = *state;
	unsigned failed = 0, tried = 0;

	rig_token(rig, "ksk");
	alarm(120); /* a wait for ever ends the test */
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		for (unsigned call = 0; call <= 4; call++) {
			struct hsm_key *keys = NULL;
			char fault[80];
			struct err err;
			size_t n;

			snprintf(fault, sizeof(fault), call == 0 ||
				strchr(faults[i], ',') != NULL ? "%s" : "%s:%u",
			    faults[i], call);
			setenv("FAULTY", fault, 1);
			rig_open(rig, FAULTY_MODULE);
			tried++;
			if (!hsm_select(rig->hsm, "pkcs11:token=ksk", &err) ||
			    !hsm_login(rig->hsm, PIN, &err)) {
				failed++;
				assert_false(
				    hsm_keys(rig->hsm, &keys, &n, &err));
			} else if (hsm_keys(rig->hsm, &keys, &n, &err)) {
				free(keys);
			}
			rig_close(rig);
		}
	}
	alarm(0);
	assert_int_equal(tried, ARRAY_LEN(faults) * 5);
	assert_in_range(failed, 20, tried - 10);
}

/* A list that grows between the two calls for it, and slots that are broken. */
static void
hsm_select_strange_slots_takes_the_one_named(void **state)
{
	struct rig *rig = *state;
	struct hsm_token *tokens;
	struct err err;
	size_t n;

	rig_token(rig, "ksk");
	setenv("FAULTY", "slot_list_claims_more", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "slots, expected at most 4096");
	setenv("FAULTY", "slot_list_fails:2", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "cannot list its slots: CKR_GENERAL_ERROR");

	setenv("FAULTY", "foreign_card", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_ok(hsm_tokens(rig->hsm, &tokens, &n, &err), &err);
	free(tokens);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);

	setenv("FAULTY", "broken_slot", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_ok(hsm_select(rig->hsm, "pkcs11:token=ksk", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "slot 7777777: C_GetTokenInfo: CKR_DEVICE_");
	assert_false(hsm_select(rig->hsm, "pkcs11:token=other", &err));
	assert_message_has(&err, "slot 7777777: C_GetTokenInfo: CKR_DEVICE_");
}

static void
hsm_login_after_a_lie_asks_the_token_again(void **state)
{
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	rig_break(rig, "login_lies:1");
	assert_false(hsm_login(rig->hsm, PIN, &err));
	assert_false(hsm_login(rig->hsm, "999999", &err));
	assert_message_has(&err, "wrong PIN");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
}

static void
hsm_login_no_user_pin_fails(void **state)
{
	struct rig *rig = *state;
	struct hsm_token token;
	struct err err;

	setenv("FAULTY", "init_pin_fails", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_false(
	    hsm_init_token(rig->hsm, "ksk", SO_PIN, PIN, &token, &err));
	assert_message_has(&err, "token \"ksk\": C_InitPIN: CKR_PIN_TOO_WEAK");
	rig_open(rig, SOFTHSM);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_false(hsm_selected(rig->hsm)->user_pin_set);
	assert_false(hsm_login(rig->hsm, PIN, &err));
	assert_message_has(&err, "no user PIN is set");
}

static void
hsm_select_session_fails(void **state)
{
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	setenv("FAULTY", "open_session_fails", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "C_OpenSession: CKR_SESSION_COUNT (0xb1)");
	setenv("FAULTY", "token_info_fails:1", 1);
	rig_open(rig, FAULTY_MODULE);
	assert_false(hsm_select(rig->hsm, "", &err));
	assert_message_has(&err, "C_GetTokenInfo: CKR_DEVICE_ERROR");
}

static void
hsm_find_no_usable_pair_fails(void **state)
{
	static const struct {
		const char *label, *message;
	} cases[] = {
		{ "absent", "no key with label \"absent\"" },
		{ "Twins", "no key with label \"Twins\"" },
		{ "twin", "no key with label \"twin\"" },
		{ "twins", "2 keys with label \"twins\"" },
		{ "private", "private key without a public key: \"private\"" },
		{ "public", "public key without a private key: \"public\"" },
		{ "secp", "key \"secp\" cannot be used: CKA_EC_PARAMS" },
		{ "", "a key's label is 1 to 255" },
		{ "a\\b", "a key's label is 1 to 255" },
		{ "a\nb", "a key's label is 1 to 255" },
	};
	struct rig *rig = *state;
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	import_key(rig, pkey, "twins", "01");
	import_key(rig, pkey, "twins", "02");
	import_key(rig, pkey, "private", "03");
	import_key(rig, pkey, "public", "04");
	import_key(rig, pkey, "good", "05");
	EVP_PKEY_free(pkey);
	pkcs11_tool("--delete-object --type pubkey --id 03");
	pkcs11_tool("--delete-object --type privkey --id 04");
	pkcs11_tool("--keypairgen --key-type EC:secp521r1 --id 07 "
		    "--label secp");
	rig_open(rig, SOFTHSM);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (hsm_find(rig->hsm, cases[i].label, &key, &err))
			fail_msg("found %s", cases[i].label);
		assert_int_equal(err.code, E_HSM);
		assert_message_has(&err, cases[i].message);
	}
	assert_ok(hsm_find(rig->hsm, "good", &key, &err), &err);
	assert_int_equal(key.id_len, 1);
	assert_int_equal(key.id[0], 5);
	assert_false(key.local);
}

static void
hsm_keys_lists_pairs_and_halves_sorted(void **state)
{
	static const struct {
		const char *label;
		bool has_private, has_public;
		enum hsm_key_type type;
		unsigned bits;
	} expected[] = {
		{ "a", true, true, HSM_EC_P384, 384 },
		{ "copies", true, false, HSM_RSA, 2048 },
		{ "copies", false, true, HSM_RSA, 2048 },
		{ "copies", false, true, HSM_RSA, 2048 },
		{ "edwards", true, true, HSM_ED25519, 256 },
		{ "half", true, false, HSM_RSA, 2048 },
		{ "twins", true, true, HSM_RSA, 2048 },
		{ "twins", true, true, HSM_RSA, 2048 },
		{ "z\\x0ay\\xc3\\xbc", true, true, HSM_RSA, 2048 },
	};
	struct rig *rig = *state;
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	struct hsm_key *keys;
	struct err err;
	size_t n;

	rig_login(rig);
	rig_keygen(rig, "a", HSM_EC_P384);
	rig_close(rig);
	import_key(rig, pkey, "twins", "02");
	import_key(rig, pkey, "twins", "01");
	import_key(rig, pkey, "half", "03");
	import_key(rig, pkey, "copies", "05 --force");
	import_key(rig, pkey, "copies", "05 --force");
	import_key(rig, pkey, "z\ny\xc3\xbc", "04");
	EVP_PKEY_free(pkey);
	pkcs11_tool("--delete-object --type pubkey --id 03");
	pkcs11_tool("--delete-object --type privkey --id 05");
	pkcs11_tool("--keypairgen --key-type EC:edwards25519 --id 06 "
		    "--label edwards");
	rig_open(rig, SOFTHSM);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
	assert_int_equal(n, ARRAY_LEN(expected));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(keys[i].label, expected[i].label);
		assert_string_equal(keys[i].name,
		    i + 1 < n ? expected[i].label : "z\\x0ay\xc3\xbc");
		assert_int_equal(keys[i].has_private, expected[i].has_private);
		assert_int_equal(keys[i].has_public, expected[i].has_public);
		assert_int_equal(keys[i].type, expected[i].type);
		assert_int_equal(keys[i].bits, expected[i].bits);
	}
	assert_int_equal(keys[6].id[0], 1);
	assert_int_equal(keys[7].id[0], 2);
	free(keys);
}

static void
hsm_keygen_each_type_signs(void **state)
{
	static const struct {
		struct hsm_keygen what;
		enum hsm_mechanism mechanism;
		size_t sig_len;
	} cases[] = {
		{ { "r2048", HSM_RSA, 2048, NULL, { 0 } }, HSM_RSA_PKCS1_SHA256, 256 },
		{ { "r3072", HSM_RSA, 3072, NULL, { 0 } }, HSM_RSA_PKCS1_SHA512, 384 },
		{ { "r4096", HSM_RSA, 4096, NULL, { 0 } }, HSM_RSA_PKCS1_SHA256, 512 },
		{ { "p256", HSM_EC_P256, 0, NULL, { 0 } }, HSM_ECDSA_SHA256, 64 },
		{ { "p384", HSM_EC_P384, 0, NULL, { 0 } }, HSM_ECDSA_SHA384, 96 },
		{ { "ed25519", HSM_ED25519, 0, NULL, { 0 } }, HSM_EDDSA_25519, 64 },
		{ { "ed448", HSM_ED448, 0, NULL, { 0 } }, HSM_EDDSA_448, 114 },
	};
	static const char *const digests[] = { "SHA256", "SHA512", "SHA256",
		"SHA384", "", "" };
	struct bytes data = bytes_of_string("canonical RRset");
	struct bytes other = bytes_of_string("canonical RRsEt");
	struct rig *rig = *state;
	struct err err;

	rig_login(rig);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const EVP_MD *md =
		    EVP_get_digestbyname(digests[cases[i].mechanism]);
		uint8_t sig[SIGNATURE_MAX];
		struct hsm_key made, found;
		EVP_PKEY *pkey;
		size_t len;

		assert_ok(
		    hsm_keygen(rig->hsm, &cases[i].what, &made, &err), &err);
		assert_ok(hsm_find(rig->hsm, cases[i].what.label, &found, &err),
		    &err);
		assert_memory_equal(&made, &found, sizeof(made));
		assert_int_equal(made.type, cases[i].what.type);
		assert_int_equal(made.id_len, 20);
		assert_true(made.has_private && made.has_public);
		assert_true(made.sensitive && made.always_sensitive);
		assert_true(made.never_extractable && made.local);
		assert_true(made.sign && made.token_object);
		assert_true(made.private_object);
		assert_false(made.extractable || made.decrypt || made.unwrap);
		assert_false(made.derive || made.always_authenticate);
		assert_ok(hsm_sign(rig->hsm, &made, cases[i].mechanism, data,
			      sig, &len, &err),
		    &err);
		assert_int_equal(len, cases[i].sig_len);
		pkey = key_public(&made);
		assert_true(verifies(pkey, md, data, sig, len));
		assert_false(verifies(pkey, md, other, sig, len));
		EVP_PKEY_free(pkey);
	}
}

static void
hsm_keygen_id_is_hash_of_label(void **state)
{
	static const uint8_t sha256_of_abc[] =
	    "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	    "\xb0\x03\x61\xa3";
	struct hsm_key key;

	rig_login(*state);
	key = rig_keygen(*state, "abc", HSM_EC_P256);
	assert_int_equal(key.id_len, 20);
	assert_memory_equal(key.id, sha256_of_abc, 20);
}

static void
hsm_keygen_id_given_is_kept(void **state)
{
	static const uint8_t id[] = "abcdefghijklmnopqrst";
	const struct hsm_keygen what = { "marked", HSM_EC_P256, 0, id, { 0 } };
	struct rig *rig = *state;
	struct hsm_key made, found;
	struct err err;

	rig_login(rig);
	assert_ok(hsm_keygen(rig->hsm, &what, &made, &err), &err);
	assert_ok(hsm_find(rig->hsm, "marked", &found, &err), &err);
	assert_int_equal(found.id_len, HSM_ID_SIZE);
	assert_memory_equal(found.id, id, HSM_ID_SIZE);
}

static void
hsm_keygen_refused(void **state)
{
	static const struct {
		struct hsm_keygen what;
		const char *message;
	} cases[] = {
		{ { "taken", HSM_EC_P256, 0, NULL, { 0 } },
		    "an object with this label exists already" },
		{ { "taken", HSM_RSA, 2048, NULL, { 0 } },
		    "an object with this label exists already" },
		{ { "half", HSM_EC_P384, 0, NULL, { 0 } },
		    "an object with this label exists already" },
		{ { "abc", HSM_EC_P256, 0, NULL, { 0 } },
		    "an object with this CKA_ID exists already" },
		{ { "x", HSM_RSA, 1024, NULL, { 0 } },
		    "2048, 3072 or 4096 bits, not "
		    "1024" },
		{ { "x", HSM_RSA, 0, NULL, { 0 } }, "2048, 3072 or 4096 bits, not 0" },
		{ { "x", HSM_OTHER, 0, NULL, { 0 } }, "keys of this type are not made here" },
		{ { "", HSM_EC_P256, 0, NULL, { 0 } }, "a key's label is" },
		{ { "a\tb", HSM_EC_P256, 0, NULL, { 0 } }, "a key's label is" },
	};
	struct rig *rig = *state;
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	struct hsm_key *keys, key;
	struct err err;
	size_t n;

	rig_token(rig, "ksk");
	import_key(rig, pkey, "half", "01");
	import_key(
	    rig, pkey, "foreign", "ba7816bf8f01cfea414140de5dae2223b00361a3");
	EVP_PKEY_free(pkey);
	pkcs11_tool("--delete-object --type privkey --id 01");
	rig_open(rig, SOFTHSM);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_false(hsm_keygen(rig->hsm, &cases[0].what, &key, &err));
	assert_message_has(&err, "not logged in");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	rig_keygen(rig, "taken", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(hsm_keygen(rig->hsm, &cases[i].what, &key, &err));
		assert_message_has(&err, cases[i].message);
	}
	assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
	assert_int_equal(n, 3);
	free(keys);
}

static void
assert_no_keys(struct rig *rig)
{
	struct hsm_key *keys;
	struct err err;
	size_t n;

	unsetenv("FAULTY");
	rig_open(rig, SOFTHSM);
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
	free(keys);
	assert_int_equal(n, 0);
}

static void
hsm_keygen_fault_fails_and_destroys(void **state)
{
	static const struct {
		const char *fault;
		struct hsm_keygen what;
		const char *message;
	} cases[] = {
		{ "keygen_extractable", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "CKA_EXTRACTABLE of the private key is true, false was "
		    "asked for" },
		{ "sensitive_missing", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "CKA_SENSITIVE of the private key is not given" },
		{ "extractable_missing", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "CKA_EXTRACTABLE of the private key is not given, false "
		    "was asked for" },
		{ "sign_forbidden", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "CKA_SIGN of the private key is false" },
		{ "sensitive_garbage", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "attribute 0x103 is not a truth value" },
		{ "id_differs", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "its CKA_ID is not the one" },
		{ "exponent_three", { "k", HSM_RSA, 2048, NULL, { 0 } },
		    "its CKA_PUBLIC_EXPONENT is not 65537" },
		{ "params_foreign", { "k", HSM_EC_P384, 0, NULL, { 0 } },
		    "CKA_EC_PARAMS names none" },
		{ "label_differs", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "the token gave \"\\x1b[2J\"" },
		{ "sign_flips_bit", { "k", HSM_RSA, 2048, NULL, { 0 } },
		    "its test signature does not verify" },
		{ "sign_flips_bit", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "its test signature does not verify" },
		{ "sign_fails", { "k", HSM_EC_P384, 0, NULL, { 0 } },
		    "key \"k\": C_Sign: CKR_DEVICE_ERROR (0x30)" },
		{ "always_authenticate", { "k", HSM_EC_P256, 0, NULL, { 0 } },
		    "CKA_ALWAYS_AUTHENTICATE" },
	};
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_break_login(rig, cases[i].fault);
		if (hsm_keygen(rig->hsm, &cases[i].what, &key, &err))
			fail_msg("%s: made a key", cases[i].fault);
		assert_message_has(&err,
		    "keygen \"k\": the new key was "
		    "destroyed: ");
		assert_message_has(&err, cases[i].message);
		assert_no_keys(rig);
	}
}

static void
hsm_delete_leaves_others(void **state)
{
	static const enum hsm_key_type types[] = { HSM_RSA, HSM_EC_P256 };
	struct rig *rig = *state;
	struct hsm_key key, other, found;
	struct err err;

	rig_login(rig);
	other = rig_keygen(rig, "other", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		key = rig_keygen(rig, "k", types[i]);
		assert_ok(hsm_delete(rig->hsm, &key, &err), &err);
		assert_false(hsm_find(rig->hsm, "k", &found, &err));
		assert_message_has(&err, "no key with label \"k\"");
	}
	assert_ok(hsm_find(rig->hsm, "other", &found, &err), &err);
	assert_memory_equal(found.point, other.point, other.point_len);
	assert_false(hsm_delete(rig->hsm, &key, &err));
	assert_message_has(&err, "delete \"k\": no key with label \"k\"");
}

/* What is deleted is the key that was looked at, not its label. */
static void
hsm_delete_other_key_of_label_refused(void **state)
{
	struct rig *rig = *state;
	struct hsm_key key, found;
	struct err err;

	rig_login(rig);
	key = rig_keygen(rig, "k", HSM_EC_P256);
	assert_ok(hsm_delete(rig->hsm, &key, &err), &err);
	rig_keygen(rig, "k", HSM_EC_P256);
	assert_false(hsm_delete(rig->hsm, &key, &err));
	assert_message_has(&err, "another key of this label");
	assert_ok(hsm_find(rig->hsm, "k", &found, &err), &err);
}

static void
hsm_delete_fault_fails(void **state)
{
	static const struct {
		const char *fault, *message;
	} cases[] = {
		{ "write_protected", "the token is write-protected" },
		{ "destroy_fails:1",
		    "nothing was deleted: C_DestroyObject: "
		    "CKR_ACTION_PROHIBITED" },
		{ "destroy_forgets",
		    "says that it deleted the private key, and still shows "
		    "it" },
		{ "destroy_fails:2",
		    "the private half was deleted, the public half not: "
		    "C_DestroyObject: CKR_ACTION_PROHIBITED" },
	};
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_break_login(rig, cases[i].fault);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
		assert_false(hsm_delete(rig->hsm, &key, &err));
		assert_message_has(&err, "delete \"k\": ");
		assert_message_has(&err, cases[i].message);
	}
	unsetenv("FAULTY");
}

static void
hsm_keygen_cannot_make_or_destroy_fails(void **state)
{
	static const struct {
		const char *fault, *message;
	} cases[] = {
		{ "keygen_fails",
		    "C_GenerateKeyPair: CKR_ATTRIBUTE_VALUE_INVALID (0x13)" },
		{ "write_protected", "the token is write-protected" },
		{ "keygen_extractable,destroy_fails",
		    "the new key is bad, and could not be destroyed: "
		    "CKA_EXTRACTABLE" },
	};
	struct hsm_keygen what = { "k", HSM_EC_P256, 0, NULL, { 0 } };
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_break_login(rig, cases[i].fault);
		assert_false(hsm_keygen(rig->hsm, &what, &key, &err));
		assert_message_has(&err, cases[i].message);
	}
}

/* Whatever form it was read in, the point is that of the key of its label. */
static void
assert_made(const struct hsm_key *key, const struct hsm_key *made, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(key->label, made[i].label) != 0)
			continue;
		assert_int_equal(key->type, made[i].type);
		assert_int_equal(key->point_len, made[i].point_len);
		assert_memory_equal(
		    key->point, made[i].point, key->point_len);
		return;
	}
	fail_msg("no key \"%s\" was made", key->label);
}

static void
hsm_find_hostile_answer_fails(void **state)
{
	static const struct {
		const char *fault, *label, *message;
	} cases[] = {
		{ "modulus_too_long", "rsa",
		    "CKA_MODULUS is missing, zero or "
		    "longer than 4096 bits" },
		{ "modulus_zero", "rsa", "CKA_MODULUS is missing, zero" },
		{ "modulus_missing", "rsa", "CKA_MODULUS is missing, zero" },
		{ "modulus_zero:1", "rsa", NULL },
		{ "modulus_other:1", "rsa", "\"rsa\" are not one key" },
		{ "modulus_missing:1", "rsa", NULL },
		{ "exponent_too_long", "rsa", "CKA_PUBLIC_EXPONENT is" },
		{ "params_foreign", "ec", "CKA_EC_PARAMS names none" },
		{ "params_foreign:1", "ec", "CKA_EC_PARAMS names none" },
		{ "params_name", "ec", NULL },
		{ "params_edwards", "ec", "CKA_EC_POINT is no point" },
		{ "params_edwards", "ed25519", NULL },
		{ "params_p384:1", "ec", "\"ec\" are not one key" },
		{ "point_garbage", "ec", "CKA_EC_POINT is no point" },
		{ "point_garbage", "ed25519", "CKA_EC_POINT is no point" },
		{ "point_too_long", "ec", "CKA_EC_POINT is no point" },
		{ "point_short", "ec", "CKA_EC_POINT is no point" },
		{ "point_short", "ed25519", "CKA_EC_POINT is no point" },
		{ "point_hybrid", "ec", "CKA_EC_POINT is no point" },
		{ "point_off_curve", "ec", "CKA_EC_POINT is no point" },
		{ "point_bare", "ec", NULL },
		{ "point_bare", "ed25519", NULL },
		{ "point_compressed", "ec", NULL },
		{ "point_compressed,point_bare", "ec", NULL },
		{ "point_bits", "ec", NULL },
		{ "point_bits", "ed25519", NULL },
		{ "point_bare,point_short", "ec", "CKA_EC_POINT is no" },
		{ "label_too_long", "ec", "cannot be used: CKA_LABEL is too long" },
		{ "label_lies", "ec", "cannot be used: CKA_LABEL is too long" },
		{ "label_differs:2", "ec",
		    "the token gave \"ec\" and "
		    "\"\\x1b[2J\"" },
		{ "find_ignores_label", "ec", "3 keys with label" },
		{ "id_too_long", "ec", "CKA_ID is longer than 1024 octets" },
		{ "id_differs:1", "ec", "differ in CKA_ID" },
		{ "key_type_foreign", "ec", "CKA_KEY_TYPE is none of" },
		{ "key_type_short", "ec", "attribute 0x100 is not a number" },
		{ "sensitive_garbage", "ec", "is not a truth value" },
		{ "sensitive_missing", "ec", NULL },
		{ "attributes_fail:8", "ec",
		    "C_GetAttributeValue of attribute 0x162: "
		    "CKR_DEVICE_ERROR" },
		{ "find_fails", "ec",
		    "C_FindObjects: CKR_DEVICE_ERROR (0x30)" },
		{ "find_overflows", "ec",
		    "C_FindObjects gave 65 objects, 64 "
		    "were asked for" },
		{ "huge_object_count", "ec", "more than 4096 objects match" },
	};
	struct rig *rig = *state;
	struct hsm_key made[3], key;
	struct err err;

	rig_login(rig);
	made[0] = rig_keygen(rig, "rsa", HSM_RSA);
	made[1] = rig_keygen(rig, "ec", HSM_EC_P256);
	made[2] = rig_keygen(rig, "ed25519", HSM_ED25519);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool ok;

		rig_break_login(rig, cases[i].fault);
		ok = hsm_find(rig->hsm, cases[i].label, &key, &err);
		if (cases[i].message == NULL) {
			assert_ok(ok, &err);
			assert_made(&key, made, ARRAY_LEN(made));
			continue;
		}
		if (ok)
			fail_msg("%s: found", cases[i].fault);
		assert_message_has(&err, "token \"ksk\" (serial ");
		assert_message_has(&err, cases[i].message);
	}
}

static void
hsm_keys_hostile_key_is_of_other_type(void **state)
{
	static const char *const faults[] = { "modulus_too_long",
		"modulus_zero", "exponent_too_long", "id_too_long",
		"label_too_long" };
	struct rig *rig = *state;
	struct hsm_key *keys;
	struct err err;
	size_t n;

	rig_login(rig);
	rig_keygen(rig, "rsa", HSM_RSA);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		rig_break_login(rig, faults[i]);
		assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
		assert_true(n > 0);
		for (size_t k = 0; k < n; k++) {
			if (keys[k].has_public) {
				assert_int_equal(keys[k].type, HSM_OTHER);
				assert_int_equal(keys[k].modulus_len, 0);
			}
		}
		free(keys);
	}
}

static void
hsm_keys_fault_fails(void **state)
{
	static const struct {
		const char *fault, *message;
	} cases[] = {
		{ "find_fails:2", "C_FindObjects: CKR_DEVICE_ERROR" },
		{ "huge_object_count", "more than 4096 objects match" },
		{ "attributes_fail:30", "C_GetAttributeValue of attribute" },
	};
	struct rig *rig = *state;
	struct hsm_key *keys = NULL;
	struct err err;
	size_t n;

	rig_login(rig);
	rig_keygen(rig, "a", HSM_EC_P256);
	rig_keygen(rig, "b", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_break_login(rig, cases[i].fault);
		assert_false(hsm_keys(rig->hsm, &keys, &n, &err));
		assert_message_has(&err, cases[i].message);
		assert_null(keys);
	}
}

static void
hsm_sign_fault_fails(void **state)
{
	static const struct {
		const char *fault, *message;
	} cases[] = {
		{ "sign_fails", "key \"k\": C_Sign: CKR_DEVICE_ERROR (0x30)" },
		{ "sign_init_fails", "C_SignInit: CKR_MECHANISM_INVALID" },
		{ "sign_short",
		    "C_Sign gave 63 octets, the key's signatures have 64" },
		{ "sign_long", "C_Sign gave 65 octets" },
		{ "sign_huge", "C_Sign gave 1000000 octets" },
		{ "sign_forbidden", "its CKA_SIGN is not true" },
		{ "always_authenticate", "CKA_ALWAYS_AUTHENTICATE asks for" },
	};
	struct bytes data = bytes_of_string("data");
	struct rig *rig = *state;
	uint8_t sig[SIGNATURE_MAX], untouched[SIGNATURE_MAX];
	struct hsm_key key;
	struct err err;

	memset(untouched, 0x5a, sizeof(untouched));
	rig_login(rig);
	rig_keygen(rig, "k", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = 7;

		memcpy(sig, untouched, sizeof(sig));
		rig_break_login(rig, cases[i].fault);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
		if (hsm_sign(rig->hsm, &key, HSM_ECDSA_SHA256, data, sig, &len,
			&err))
			fail_msg("%s: signed", cases[i].fault);
		assert_message_has(&err, cases[i].message);
		assert_int_equal(len, 7);
		assert_memory_equal(sig, untouched, sizeof(sig));
	}
}

static bool
login_find_sign(struct hsm *hsm, struct err *err)
{
	struct bytes data = bytes_of_string("data");
	uint8_t sig[SIGNATURE_MAX];
	struct hsm_key key;
	size_t len;

	return hsm_login(hsm, PIN, err) && hsm_find(hsm, "k", &key, err) &&
	    hsm_sign(hsm, &key, HSM_ECDSA_SHA256, data, sig, &len, err);
}

static void
hsm_token_gone_at_any_call_fails(void **state)
{
	struct rig *rig = *state;
	unsigned calls = 0;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_EC_P256);
	for (;; calls++) {
		char fault[64];

		snprintf(
		    fault, sizeof(fault), "token_gone_after_login:%u", calls);
		rig_break(rig, fault);
		if (login_find_sign(rig->hsm, &err))
			break;
		assert_message_has(&err, "CKR_DEVICE_REMOVED (0x32)");
		assert_true(calls < 100);
	}
	/* At least the session, two searches, 20 attributes, a signature. */
	assert_true(calls > 25);
}

static void
hsm_sign_wrong_use_fails(void **state)
{
	struct bytes data = bytes_of_string("data");
	struct rig *rig = *state;
	uint8_t sig[SIGNATURE_MAX];
	struct hsm_key key, half;
	struct err err;
	size_t len;

	rig_login(rig);
	key = rig_keygen(rig, "k", HSM_EC_P256);
	assert_false(hsm_sign(
	    rig->hsm, &key, HSM_RSA_PKCS1_SHA256, data, sig, &len, &err));
	assert_message_has(&err, "key \"k\": its type does not fit");
	assert_false(
	    hsm_sign(rig->hsm, &key, HSM_ECDSA_SHA384, data, sig, &len, &err));
	assert_message_has(&err, "its type does not fit");
	half = key;
	half.has_private = false;
	assert_false(
	    hsm_sign(rig->hsm, &half, HSM_ECDSA_SHA256, data, sig, &len, &err));
	assert_message_has(&err, "it is not a key pair");
	rig_open(rig, SOFTHSM);
	assert_false(
	    hsm_sign(rig->hsm, &key, HSM_ECDSA_SHA256, data, sig, &len, &err));
	assert_message_has(&err, "no token is selected");
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_false(
	    hsm_sign(rig->hsm, &key, HSM_ECDSA_SHA256, data, sig, &len, &err));
	assert_message_has(&err, "C_SignInit: CKR_");
}

static void
hsm_sign_third_call_alone_is_bad(void **state)
{
	struct bytes data = bytes_of_string("data");
	struct rig *rig = *state;
	uint8_t sig[SIGNATURE_MAX];
	struct hsm_key key;
	EVP_PKEY *pkey;
	struct err err;
	size_t len;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_RSA);
	rig_break_login(rig, "sign_flips_bit:3");
	assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	pkey = key_public(&key);
	for (int i = 1; i <= 4; i++) {
		assert_ok(hsm_sign(rig->hsm, &key, HSM_RSA_PKCS1_SHA256, data,
			      sig, &len, &err),
		    &err);
		assert_int_equal(
		    verifies(pkey, EVP_sha256(), data, sig, len), i != 3);
	}
	EVP_PKEY_free(pkey);
}

/* RFC 8017 section 8.2.1 is deterministic. */
static void
hsm_sign_rsa_equals_openssl(void **state)
{
	static const struct {
		enum hsm_mechanism mechanism;
		const char *digest;
		unsigned bits;
	} cases[] = {
		{ HSM_RSA_PKCS1_SHA256, "SHA256", 2048 },
		{ HSM_RSA_PKCS1_SHA512, "SHA512", 2048 },
		{ HSM_RSA_PKCS1_SHA256, "SHA256", 4096 },
		{ HSM_RSA_PKCS1_SHA512, "SHA512", 1024 },
	};
	struct bytes data = bytes_of_string("the same bytes");
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t ours[SIGNATURE_MAX], theirs[SIGNATURE_MAX];
		size_t len, their_len = sizeof(theirs);
		EVP_PKEY *pkey = EVP_RSA_gen(cases[i].bits);
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		char label[2] = { (char)('a' + i), 0 }, id[3];
		struct hsm_key key;

		snprintf(id, sizeof(id), "%02zu", i);
		rig_close(rig);
		import_key(rig, pkey, label, id);
		rig_open(rig, SOFTHSM);
		assert_ok(hsm_select(rig->hsm, "", &err), &err);
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(hsm_find(rig->hsm, label, &key, &err), &err);
		assert_ok(hsm_sign(rig->hsm, &key, cases[i].mechanism, data,
			      ours, &len, &err),
		    &err);
		assert_int_equal(
		    EVP_DigestSignInit(ctx, NULL,
			EVP_get_digestbyname(cases[i].digest), NULL, pkey),
		    1);
		assert_int_equal(EVP_DigestSign(ctx, theirs, &their_len,
				     data.data, data.len),
		    1);
		assert_int_equal(len, their_len);
		assert_memory_equal(ours, theirs, len);
		EVP_MD_CTX_free(ctx);
		EVP_PKEY_free(pkey);
	}
}

static void
assert_signs(struct rig *rig, const struct hsm_key *key, const EVP_MD *md,
    enum hsm_mechanism mechanism)
{
	struct bytes data = bytes_of_string("canonical RRset");
	EVP_PKEY *pkey = key_public(key);
	uint8_t sig[SIGNATURE_MAX];
	struct err err;
	size_t len;

	assert_ok(
	    hsm_sign(rig->hsm, key, mechanism, data, sig, &len, &err), &err);
	assert_true(verifies(pkey, md, data, sig, len));
	EVP_PKEY_free(pkey);
}

static void
hsm_open_module_of_other_make_works(void **state)
{
	static const char *const quirks[] = { "version_three", "cant_lock",
		"exact_sizes", "serial=,label=", "foreign_slot", "label_nul" };
	struct rig *rig = *state;
	struct hsm *worker = NULL;
	struct hsm_key key;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_RSA);
	for (size_t i = 0; i < ARRAY_LEN(quirks); i++) {
		rig_quirky(rig, quirks[i], "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
		assert_int_equal(key.bits, 2048);
		assert_string_equal(key.label, "k");
		assert_signs(rig, &key, EVP_sha256(), HSM_RSA_PKCS1_SHA256);
		if (strcmp(quirks[i], "cant_lock") != 0)
			continue;
		assert_false(hsm_worker_open(rig->hsm, &worker, &err));
		assert_message_has(&err, "does no locking (CKR_CANT_LOCK)");
	}
}

static void
hsm_tokens_foreign_card_is_named(void **state)
{
	struct rig *rig = *state;
	struct hsm_token *tokens;
	struct err err;
	size_t n;

	rig_token(rig, "ksk");
	rig_quirky(rig, "foreign_slot", "");
	assert_ok(hsm_tokens(rig->hsm, &tokens, &n, &err), &err);
	assert_int_equal(n, 3);
	assert_string_equal(tokens[0].trouble, "");
	assert_string_equal(
	    tokens[2].trouble, "CKR_TOKEN_NOT_RECOGNIZED (0xe1)");
	assert_false(tokens[2].initialised);
	free(tokens);
}

/* Each URI in the message leads to one token, and to another than the last. */
static void
hsm_select_equal_names_proposes_a_uri_each(void **state)
{
	static const char *const quirks[] = { "twin,serial=,label=Same",
		"twin,serial=,label=", "twin", "twin,serial=1" };
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(quirks); i++) {
		unsigned long slots[2];
		const char *at = err.msg;

		setenv("QUIRKY", quirks[i], 1);
		rig_open(rig, QUIRKY_MODULE);
		assert_false(hsm_select(rig->hsm, "", &err));
		assert_message_has(&err, "2 tokens match");
		for (size_t k = 0; k < 2; k++) {
			struct err ignored;
			char uri[160];

			at = strstr(at + 1, "pkcs11:");
			assert_non_null(at);
			snprintf(uri, sizeof(uri), "%s", at);
			if (strstr(uri, "; ") != NULL)
				*strstr(uri, "; ") = '\0';
			assert_ok(hsm_select(rig->hsm, uri, &ignored), &ignored);
			slots[k] = hsm_selected(rig->hsm)->slot;
		}
		assert_int_not_equal(slots[0], slots[1]);
	}
}

static void
hsm_login_serial_shown_later_is_compared(void **state)
{
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	rig_quirky(rig, "late_serial=H1404001", "pkcs11:serial=H1404001");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_string_equal(hsm_selected(rig->hsm)->serial, "H1404001");

	rig_quirky(rig, "late_serial=H1404001",
	    "pkcs11:token=ksk;serial=H1404002");
	assert_false(hsm_login(rig->hsm, PIN, &err));
	assert_message_has(&err,
	    "after the login its serial is H1404001, the token URI wants "
	    "H1404002");
	assert_false(hsm_login(rig->hsm, "999999", &err));
	assert_message_has(&err, "wrong PIN");

	/* One that has a serial is not given a PIN to try, nor one of two. */
	assert_false(hsm_select(rig->hsm, "pkcs11:token=other;serial=1", &err));
	assert_message_has(&err, "no token matches");
	setenv("QUIRKY", "serial=H1404003", 1);
	rig_open(rig, QUIRKY_MODULE);
	assert_false(hsm_select(rig->hsm, "pkcs11:serial=H1404001", &err));
	assert_message_has(&err, "no token matches");
	setenv("QUIRKY", "twin,late_serial=H1404001", 1);
	rig_open(rig, QUIRKY_MODULE);
	assert_false(hsm_select(rig->hsm, "pkcs11:serial=H1404001", &err));
	assert_message_has(&err, "no token matches");
}

static void
hsm_select_by_slot_and_library_works(void **state)
{
	static const struct {
		const char *uri;
		bool matches;
	} cases[] = {
		{ "pkcs11:library-manufacturer=SoftHSM", true },
		{ "pkcs11:library-manufacturer=Other", false },
		{ "pkcs11:library-description=Implementation%20of%20PKCS11",
		    true },
		{ "pkcs11:library-version=2.6", true },
		{ "pkcs11:library-version=2", false },
		{ "pkcs11:library-version=3.6", false },
		{ "pkcs11:library-version=2.7", false },
		{ "pkcs11:slot-manufacturer=SoftHSM%20project", true },
		{ "pkcs11:slot-manufacturer=SoftHSM", false },
		{ "pkcs11:slot-description=SoftHSM", false },
	};
	struct rig *rig = *state;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (hsm_select(rig->hsm, cases[i].uri, &err) !=
		    cases[i].matches)
			fail_msg("%s: %s", cases[i].uri, err.msg);
}

static void
hsm_keys_one_odd_object_disturbs_no_other(void **state)
{
	static const struct {
		const char *quirk, *defect;
	} cases[] = {
		{ "flag_empty=odd", "attribute 0x202 is not a truth value" },
		{ "flag_odd=odd", "attribute 0x202 is not a truth value" },
		{ "flag_fails=odd",
		    "C_GetAttributeValue of attribute 0x202: "
		    "CKR_FUNCTION_FAILED (0x6)" },
	};
	struct rig *rig = *state;
	struct hsm_key *keys, key;
	struct err err;
	size_t n;

	rig_login(rig);
	rig_keygen(rig, "good", HSM_EC_P256);
	rig_keygen(rig, "odd", HSM_EC_P256);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_quirky(rig, cases[i].quirk, "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
		assert_int_equal(n, 3);
		assert_string_equal(keys[0].label, "good");
		assert_string_equal(keys[0].defect, "");
		assert_string_equal(keys[1].label, "odd");
		assert_true(keys[1].has_private);
		assert_string_equal(keys[1].defect, cases[i].defect);
		free(keys);
		assert_ok(hsm_find(rig->hsm, "good", &key, &err), &err);
		assert_false(hsm_find(rig->hsm, "odd", &key, &err));
		assert_int_equal(err.code, E_HSM);
		assert_message_has(&err, "key \"odd\" cannot be used: ");
		assert_message_has(&err, cases[i].defect);
	}
}

static bool
has_modulus(const struct hsm_key *key, const void *arg)
{
	const struct hsm_key *wanted = arg;

	return key->modulus_len == wanted->modulus_len &&
	    memcmp(key->modulus, wanted->modulus, key->modulus_len) == 0;
}

static bool
has_point(const struct hsm_key *key, const void *arg)
{
	const struct hsm_key *wanted = arg;

	return key->point_len == wanted->point_len &&
	    memcmp(key->point, wanted->point, key->point_len) == 0;
}

static void
hsm_find_pinned_whatever_it_is_called(void **state)
{
	static const char *const quirks[] = { "label_nul", "id_long",
		"id_private=x", "no_public", "no_numbers",
		"no_numbers,id_private=x", "exact_sizes" };
	struct rig *rig = *state;
	struct hsm_key made, key;
	struct hsm_pin pin = { has_modulus, &made, NULL };
	struct err err;

	rig_login(rig);
	made = rig_keygen(rig, "k", HSM_RSA);
	for (size_t i = 0; i < ARRAY_LEN(quirks); i++) {
		rig_quirky(rig, quirks[i], "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(
		    hsm_find_pinned(rig->hsm, "k", &pin, &key, &err), &err);
		assert_string_equal(key.label, "k");
		assert_signs(rig, &key, EVP_sha256(), HSM_RSA_PKCS1_SHA256);
	}
	/* A curve's point stands in no private half of this token. */
	made = rig_keygen(rig, "ec", HSM_EC_P256);
	pin.is_it = has_point;
	rig_quirky(rig, "no_public", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_find_pinned(rig->hsm, "ec", &pin, &key, &err));
	assert_message_has(&err, "private key without a public key: \"ec\"");
	pin.known = &made;
	assert_ok(hsm_find_pinned(rig->hsm, "ec", &pin, &key, &err), &err);
	assert_signs(rig, &key, EVP_sha256(), HSM_ECDSA_SHA256);
	/* Where the token shows another, that is what counts. */
	rig_quirky(rig, "", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_find_pinned(rig->hsm, "k", &pin, &key, &err) &&
	    key.type == HSM_EC_P256);
}

/* Two pairs of one label, and a pair whose halves have different labels. */
static void
hsm_find_pinned_tells_equal_labels_apart(void **state)
{
	struct rig *rig = *state;
	EVP_PKEY *pkeys[] = { EVP_RSA_gen(2048), EVP_RSA_gen(2048) };
	struct hsm_key *keys, key;
	struct hsm_pin pin = { has_modulus, NULL, NULL };
	struct err err;
	size_t n;

	rig_token(rig, "ksk");
	rig_close(rig);
	import_key(rig, pkeys[0], "twins", "01");
	import_key(rig, pkeys[1], "twins", "02");
	EVP_PKEY_free(pkeys[0]);
	EVP_PKEY_free(pkeys[1]);
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			pkcs11_tool("--delete-object --type privkey --id 01");
		rig_quirky(rig, i == 0 ? "" : "no_numbers", "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_false(hsm_find(rig->hsm, "twins", &key, &err));
		assert_ok(hsm_keys(rig->hsm, &keys, &n, &err), &err);
		for (size_t k = 0; k < n; k++) {
			bool whole = keys[k].has_private && keys[k].has_public;

			pin.arg = &keys[k];
			if (!keys[k].has_public)
				continue;
			if (!hsm_find_pinned(
				rig->hsm, "twins", &pin, &key, &err))
				assert_false(whole);
			else if (whole)
				assert_signs(rig, &key, EVP_sha256(),
				    HSM_RSA_PKCS1_SHA256);
		}
		free(keys);
	}
}

static void
hsm_login_other_ways_work(void **state)
{
	static const struct {
		const char *quirks, *pin;
	} cases[] = {
		{ "pin_pad", NULL },
		{ "empty_pin", "" },
		{ "no_login", NULL },
		{ "no_login", "not asked for" },
	};
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_RSA);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rig_quirky(rig, cases[i].quirks, "");
		assert_ok(hsm_login(rig->hsm, cases[i].pin, &err), &err);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
		assert_signs(rig, &key, EVP_sha256(), HSM_RSA_PKCS1_SHA256);
	}
	rig_quirky(rig, "", "");
	assert_false(hsm_login(rig->hsm, NULL, &err));
	assert_message_has(&err, "the token has no pin pad");
}

static void
hsm_sign_pin_before_each_works(void **state)
{
	struct bytes data = bytes_of_string("data");
	struct rig *rig = *state;
	uint8_t sig[SIGNATURE_MAX];
	struct hsm *worker;
	struct hsm_key key;
	struct err err;
	size_t len;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_EC_P256);
	rig_quirky(rig, "always_authenticate", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	assert_false(
	    hsm_can_sign(rig->hsm, &key, HSM_ECDSA_SHA256, false, &err));
	assert_message_has(&err, "key \"k\": its CKA_ALWAYS_AUTHENTICATE");
	assert_ok(hsm_pin_each(rig->hsm, "999999", &err), &err);
	assert_false(hsm_sign(
	    rig->hsm, &key, HSM_ECDSA_SHA256, data, sig, &len, &err));
	assert_message_has(
	    &err, "the PIN before the signature: C_Login: CKR_PIN_INCORRECT");
	rig_quirky(rig, "always_authenticate", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	assert_ok(hsm_pin_each(rig->hsm, PIN, &err), &err);
	for (int i = 0; i < 3; i++)
		assert_signs(rig, &key, EVP_sha256(), HSM_ECDSA_SHA256);
	assert_ok(hsm_worker_open(rig->hsm, &worker, &err), &err);
	assert_ok(hsm_sign(worker, &key, HSM_ECDSA_SHA256, data, sig, &len,
		      &err),
	    &err);
	hsm_worker_close(worker);
	/* Not for the next token. */
	assert_ok(hsm_select(rig->hsm, "", &err), &err);
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_sign(
	    rig->hsm, &key, HSM_ECDSA_SHA256, data, sig, &len, &err));
}

static void
hsm_can_sign_chooses_who_hashes(void **state)
{
	static const struct {
		const char *quirks, *message;
		bool hash_in_hsm, hashes;
	} cases[] = {
		{ "", NULL, false, false },
		{ "", NULL, true, true },
		{ "hashed_only", NULL, false, true },
		{ "hashed_only", NULL, true, true },
		{ "no_signing",
		    "the token does not offer CKM_RSA_PKCS, nor "
		    "CKM_SHA256_RSA_PKCS",
		    false, false },
		{ "no_signing",
		    "the token does not offer CKM_SHA256_RSA_PKCS", true,
		    false },
	};
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_login(rig);
	rig_keygen(rig, "k", HSM_RSA);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool ok;

		rig_quirky(rig, cases[i].quirks, "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
		ok = hsm_can_sign(rig->hsm, &key, HSM_RSA_PKCS1_SHA256,
		    cases[i].hash_in_hsm, &err);
		assert_int_equal(ok, cases[i].message == NULL);
		assert_int_equal(key.hash_in_hsm, cases[i].hashes);
		if (ok)
			assert_signs(
			    rig, &key, EVP_sha256(), HSM_RSA_PKCS1_SHA256);
		else
			assert_message_has(&err, cases[i].message);
	}
	rig_quirky(rig, "", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	assert_ok(hsm_can_sign(rig->hsm, &key, HSM_RSA_PKCS1_SHA512, true,
		      &err),
	    &err);
	assert_signs(rig, &key, EVP_sha512(), HSM_RSA_PKCS1_SHA512);
}

static void
hsm_keygen_failed_after_the_act_is_told(void **state)
{
	struct hsm_keygen what = { "k", HSM_EC_P256, 0, NULL, { 0 } };
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	rig_quirky(rig, "keygen_after", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_keygen(rig->hsm, &what, &key, &err));
	assert_message_has(&err,
	    "C_GenerateKeyPair: CKR_DEVICE_ERROR (0x30); a key was made all "
	    "the same, that nobody has looked at: delete it with `keydelete`");
	assert_ok(hsm_find(rig->hsm, "k", &key, &err), &err);
	assert_ok(hsm_delete(rig->hsm, &key, &err), &err);

	/* A bad key whose destruction fails after it is gone. */
	rig_quirky(rig, "extractable,destroy_after", "");
	assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
	assert_false(hsm_keygen(rig->hsm, &what, &key, &err));
	assert_message_has(
	    &err, "keygen \"k\": the new key was destroyed: CKA_EXTRACTABLE");
	assert_no_keys(rig);
}

static void
hsm_delete_failed_after_the_act_is_told(void **state)
{
	static const char *const quirks[] = { "destroy_after=1",
		"destroy_after=2", "destroy_after" };
	struct rig *rig = *state;
	struct hsm_key key;
	struct err err;

	rig_token(rig, "ksk");
	for (size_t i = 0; i < ARRAY_LEN(quirks); i++) {
		rig_quirky(rig, quirks[i], "");
		assert_ok(hsm_login(rig->hsm, PIN, &err), &err);
		key = rig_keygen(rig, "k", HSM_EC_P256);
		assert_false(hsm_delete(rig->hsm, &key, &err));
		assert_message_has(&err,
		    "delete \"k\": both halves are gone, though the token "
		    "says: C_DestroyObject: CKR_DEVICE_ERROR (0x30)");
		assert_no_keys(rig);
	}
}

#define hsm_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		hsm_test(hsm_open_no_module_fails),
		hsm_test(hsm_open_bad_module_fails),
		hsm_test(hsm_open_again_works),
		hsm_test(hsm_select_no_token_fails),
		hsm_test(hsm_select_several_tokens_lists_uris),
		hsm_test(hsm_select_wrong_uri_fails),
		hsm_test(hsm_select_session_fails),
		hsm_test(hsm_select_again_logs_out),
		hsm_test(hsm_tokens_label_made_printable),
		hsm_test(hsm_init_token_refused),
		hsm_test(hsm_login_wrong_pin_then_right_one_works),
		hsm_test(hsm_login_twice_fails),
		hsm_test(hsm_login_fault_fails),
		hsm_test(hsm_login_any_session_fault_ends),
		hsm_test(hsm_select_strange_slots_takes_the_one_named),
		hsm_test(hsm_login_after_a_lie_asks_the_token_again),
		hsm_test(hsm_login_no_user_pin_fails),
		hsm_test(hsm_find_no_usable_pair_fails),
		hsm_test(hsm_find_hostile_answer_fails),
		hsm_test(hsm_keys_lists_pairs_and_halves_sorted),
		hsm_test(hsm_keys_hostile_key_is_of_other_type),
		hsm_test(hsm_keys_fault_fails),
		hsm_test(hsm_keygen_each_type_signs),
		hsm_test(hsm_keygen_id_is_hash_of_label),
		hsm_test(hsm_keygen_id_given_is_kept),
		hsm_test(hsm_keygen_refused),
		hsm_test(hsm_keygen_fault_fails_and_destroys),
		hsm_test(hsm_keygen_cannot_make_or_destroy_fails),
		hsm_test(hsm_delete_leaves_others),
		hsm_test(hsm_delete_other_key_of_label_refused),
		hsm_test(hsm_delete_fault_fails),
		hsm_test(hsm_sign_fault_fails),
		hsm_test(hsm_token_gone_at_any_call_fails),
		hsm_test(hsm_sign_wrong_use_fails),
		hsm_test(hsm_sign_third_call_alone_is_bad),
		hsm_test(hsm_sign_rsa_equals_openssl),
		hsm_test(hsm_open_module_of_other_make_works),
		hsm_test(hsm_tokens_foreign_card_is_named),
		hsm_test(hsm_select_equal_names_proposes_a_uri_each),
		hsm_test(hsm_login_serial_shown_later_is_compared),
		hsm_test(hsm_select_by_slot_and_library_works),
		hsm_test(hsm_keys_one_odd_object_disturbs_no_other),
		hsm_test(hsm_find_pinned_whatever_it_is_called),
		hsm_test(hsm_find_pinned_tells_equal_labels_apart),
		hsm_test(hsm_login_other_ways_work),
		hsm_test(hsm_sign_pin_before_each_works),
		hsm_test(hsm_can_sign_chooses_who_hashes),
		hsm_test(hsm_keygen_failed_after_the_act_is_told),
		hsm_test(hsm_delete_failed_after_the_act_is_told),
		hsm_test(hsm_mapped_code_changed_in_memory_is_refused),
		hsm_test(hsm_load_changed_file_fails),
		hsm_test(hsm_load_other_file_at_its_path_loads_the_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
