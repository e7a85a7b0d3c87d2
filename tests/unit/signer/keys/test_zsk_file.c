#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "signer/keys/zsk_file.h"
#include "signer/keys/zsk_pair.h"
#include "signer/keys/zsk_private.h"
#include "tests/support/support.h"

/* A folder of its own, with one pair in it. */
struct files {
	char path[64];
	struct dnskey key;
	char public[256], private[256]; /* paths */
	char *public_text, *private_text;
};

static struct dnskey
new_key(uint8_t algorithm, const char *label, EVP_PKEY **pkey)
{
	struct dnskey key;
	struct err err;

	assert_ok(zsk_pair_make(algorithm, 2048, &key, pkey, &err), &err);
	strcpy(key.identifier, label);
	key.flags = DNSKEY_FLAGS_ZSK;
	key.protocol = DNSKEY_PROTOCOL;
	key.ttl_s = 172800;
	key.tag = dnskey_tag(&key);
	return key;
}

static char *
text_of(const char *path)
{
	struct buf buf = read_whole(path);
	char *text = strndup((const char *)buf.data, buf.len);

	assert_non_null(text);
	buf_free(&buf);
	return text;
}

static struct files
files_new(uint8_t algorithm)
{
	struct files files = { .path = "/tmp/anchorite-test.XXXXXX" };
	struct zsk_folder folder;
	EVP_PKEY *pkey = NULL;
	struct err err;

	assert_non_null(mkdtemp(files.path));
	assert_ok(zsk_folder_open(files.path, "Example", &folder, &err), &err);
	assert_int_equal(folder.n, 0);
	files.key = new_key(algorithm, "zsk-2027-q1", &pkey);
	assert_ok(zsk_file_write(&folder, &files.key, pkey, &err), &err);
	assert_false(zsk_file_write(&folder, &files.key, pkey, &err));
	assert_message_has(&err, "never overwritten");
	EVP_PKEY_free(pkey);
	zsk_folder_close(&folder);
	snprintf(files.public, sizeof(files.public),
	    "%s/Kexample.+%03u+%05u.key", files.path, algorithm, files.key.tag);
	snprintf(files.private, sizeof(files.private),
	    "%s/Kexample.+%03u+%05u.private", files.path, algorithm,
	    files.key.tag);
	files.public_text = text_of(files.public);
	files.private_text = text_of(files.private);
	return files;
}

static void
files_free(struct files *files)
{
	struct dirent *entry;
	DIR *dir = opendir(files->path);
	char path[400];

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		snprintf(
		    path, sizeof(path), "%s/%s", files->path, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(files->path);
	free(files->public_text);
	free(files->private_text);
}

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* text with its first `from` replaced; freed by the caller. */
static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *made = malloc(strlen(text) + strlen(to) + 1);

	assert_non_null(at);
	assert_non_null(made);
	sprintf(
	    made, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return made;
}

static void
assert_folder_refused(const struct files *files, const char *message)
{
	struct zsk_folder folder;
	struct err err = { 0 };

	if (zsk_folder_open(files->path, "example", &folder, &err))
		fail_msg("accepted, where it should say %s", message);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
}

static void
assert_private_refused(const struct files *files, const char *message)
{
	struct zsk_folder folder;
	EVP_PKEY *pkey = NULL;
	struct err err = { 0 };

	assert_ok(zsk_folder_open(files->path, "example", &folder, &err), &err);
	if (zsk_file_load(&folder.files[0], &pkey, &err))
		fail_msg("loaded, where it should say %s", message);
	assert_null(pkey);
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, message);
	zsk_folder_close(&folder);
}

static void
zsk_file_written_is_read_and_signs(void **state)
{
	static const uint8_t algorithms[] = { ALGORITHM_RSASHA256,
		ALGORITHM_RSASHA512, ALGORITHM_ECDSAP256SHA256,
		ALGORITHM_ECDSAP384SHA384 };
	struct bytes data = bytes_of_string("data");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		struct files files = files_new(algorithms[i]);
		const struct zsk_file *file;
		struct zsk_folder folder;
		EVP_PKEY *pkey = NULL;
		struct rrsig rrsig;
		struct stat st;
		struct err err;

		assert_ok(
		    zsk_folder_open(files.path, "EXAMPLE.", &folder, &err),
		    &err);
		assert_int_equal(folder.n, 1);
		file = zsk_folder_find(&folder, "zsk-2027-q1");
		assert_non_null(file);
		assert_ptr_equal(
		    file, zsk_folder_find_key(&folder, &files.key));
		assert_null(zsk_folder_find(&folder, "zsk-2027-q2"));
		assert_int_equal(file->dnskey.tag, files.key.tag);
		assert_ok(zsk_file_load(file, &pkey, &err), &err);
		assert_ok(
		    zsk_pair_sign(pkey, &files.key, data, &rrsig, &err), &err);
		assert_int_equal(stat(files.private, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		EVP_PKEY_free(pkey);
		zsk_folder_close(&folder);
		files_free(&files);
	}
}

/* RFC 6605 section 6: as many octets as the curve's order has. */
static void
zsk_private_format_pads_a_short_number(void **state)
{
	struct buf text = buf_new(ZSK_FILE_MAX);
	EVP_PKEY *pkey = NULL;
	BIGNUM *number = NULL;
	struct dnskey key;
	struct err err;
	uint8_t octets[64];
	size_t n;
	int len = 32;

	(void)state;
	for (size_t i = 0; i < 100000 && len == 32; i++) {
		EVP_PKEY_free(pkey);
		key = new_key(ALGORITHM_ECDSAP256SHA256, "zsk", &pkey);
		assert_int_equal(EVP_PKEY_get_bn_param(
				     pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number),
		    1);
		len = BN_num_bytes(number);
	}
	assert_in_range(len, 1, 31);
	assert_ok(zsk_private_format(&key, pkey, &text, &err), &err);
	buf_u8(&text, 0);
	assert_true(
	    base64_parse(strstr((const char *)text.data, "PrivateKey: ") +
		    strlen("PrivateKey: "),
		octets, sizeof(octets), &n));
	assert_int_equal(n, 32);
	assert_int_equal(octets[0], 0);
	buf_free(&text);
	BN_free(number);
	EVP_PKEY_free(pkey);
}

/* A key that another program made has no label, and dates. */
static void
zsk_file_of_bind_is_read(void **state)
{
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);
	char *public =
	    replaced(files.public_text, "; Label: zsk-2027-q1\n", "");
	char *less = replaced(public, "172800 IN", "IN");
	char *dated = replaced(files.private_text, "Algorithm",
	    "Created: 20270101000000\nAlgorithm");
	char *older = replaced(dated, "v1.3", "v1.2");
	char name[64];
	struct zsk_folder folder;
	EVP_PKEY *pkey = NULL;
	struct err err;

	(void)state;
	put(files.public, less);
	put(files.private, older);
	snprintf(name, sizeof(name), "Kexample.+013+%05u", files.key.tag);
	assert_ok(zsk_folder_open(files.path, "example", &folder, &err), &err);
	assert_non_null(zsk_folder_find(&folder, name));
	assert_ok(zsk_file_load(&folder.files[0], &pkey, &err), &err);
	EVP_PKEY_free(pkey);
	zsk_folder_close(&folder);
	files_free(&files);
	free(public);
	free(less);
	free(dated);
	free(older);
}

static void
zsk_folder_open_refuses_public_halves(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{ "DNSKEY 256", "DNSKEY 257",
		    ":3: expected \"example. [TTL] "
		    "IN DNSKEY 256 3 ALGORITHM" },
		{ "256 3 ", "256 2 ", ":3: expected" },
		{ "example. 172800", "example.org. 172800", ":3: expected" },
		{ " IN ", " CH ", ":3: expected" },
		{ "172800", "-1", ":3: expected" },
		{ "DNSKEY", "DNSKEY DNSKEY", ":3: expected" },
		{ " 13 ", " 14 ", "" },
		{ " 13 ", " 15 ", "" },
		{ " 13 ", " 300 ", ":3: expected" },
		{ " 13 ", " 13 A", "" },
		{ " 13 ", " 13 *", ":3: expected" },
		{ "; Label: ", "; Label: a\n; Label: ", ":3: a second label" },
		{ "; Label: zsk", "; Label: z sk", ":2: the label is not" },
		{ "; Label: zsk-2027-q1", "; Label: ", ":2: the label is not" },
		{ "; Label: zsk", "; Label: z\"k", ":2: the label is not" },
		{ "; Label: zsk", "; Label: z\x1bk", ":2: the label is not" },
		{ "example. 172800", "; no record", "no DNSKEY record" },
		{ "example. 172800", "x\nexample. 172800", ":3: expected" },
	};
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text =
		    replaced(files.public_text, cases[i].from, cases[i].to);

		put(files.public, text);
		assert_folder_refused(&files, cases[i].message);
		free(text);
	}
	put(files.public, "");
	assert_folder_refused(&files, "no DNSKEY record");
	files_free(&files);
}

static void
zsk_folder_open_refuses_two_records_and_wrong_names(void **state)
{
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);
	const char *record = strstr(files.public_text, "example. 172800");
	char *twice = replaced(files.public_text, record, "");
	char text[2048], other[256];

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s", twice, record, record);
	put(files.public, text);
	assert_folder_refused(&files, ":4: a second record");
	put(files.public, files.public_text);
	snprintf(other, sizeof(other), "%s/Kexample.+013+%05u.key", files.path,
	    (files.key.tag + 1) & 0xffff);
	put(other, files.public_text);
	unlink(files.public);
	assert_folder_refused(&files, "holds the key that is called Kexample.");
	unlink(other);
	put(files.public, files.public_text);
	snprintf(other, sizeof(other), "%s/Kexample.+013+x.key", files.path);
	assert_int_equal(mkdir(other, 0700), 0);
	{
		struct zsk_folder folder;
		struct err err;

		assert_false(
		    zsk_folder_open(files.path, "example", &folder, &err));
		assert_message_has(&err, "not a regular file");
	}
	rmdir(other);
	free(twice);
	files_free(&files);
}

static void
zsk_folder_open_refuses_one_label_twice(void **state)
{
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);
	struct zsk_folder folder;
	EVP_PKEY *pkey = NULL;
	struct dnskey key;
	struct err err;

	(void)state;
	do {
		EVP_PKEY_free(pkey);
		key = new_key(ALGORITHM_ECDSAP256SHA256, "zsk-2027-q1", &pkey);
	} while (key.tag == files.key.tag);
	assert_ok(zsk_folder_open(files.path, "example", &folder, &err), &err);
	assert_ok(zsk_file_write(&folder, &key, pkey, &err), &err);
	zsk_folder_close(&folder);
	assert_folder_refused(
	    &files, "another key has its label \"zsk-2027-q1\"");
	EVP_PKEY_free(pkey);
	files_free(&files);
}

/* Other zones' keys and other files are nobody's business here. */
static void
zsk_folder_open_passes_over_other_files(void **state)
{
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);
	static const char *const names[] = { "Kexample.org.+008+00001.key",
		"K.+008+00001.key", "dsset-example.", "Kexample.+013+1.key.bak",
		".key" };
	struct zsk_folder folder;
	char path[256];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", files.path, names[i]);
		put(path, "nonsense");
	}
	assert_ok(zsk_folder_open(files.path, "example", &folder, &err), &err);
	assert_int_equal(folder.n, 1);
	zsk_folder_close(&folder);
	files_free(&files);
}

static void
zsk_file_load_refuses_private_halves(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{ "v1.3", "v1.4", "expected \"Private-key-format: v1.3\"" },
		{ "Private-key-format: v1.3\n", "", "expected \"Private" },
		{ "Algorithm: 8", "Algorithm: 13",
		    "expected \"Algorithm: 8\"" },
		{ "Algorithm: 8 ", "Algorithm: 80 ", "expected \"Algorithm" },
		{ "Algorithm: 8 (RSASHA256)\n", "", "expected \"Algorithm" },
		{ "Prime1: ", "Prime1: *", "no \"Prime1\", or it is not" },
		{ "Prime2: ", "Prime3: ", ":7: \"Prime3\" is not known" },
		{ "Coefficient: ", "Exponent2: ", "a second \"Exponent2\"" },
		{ "Modulus: ", "Modulus", ":3: expected \"Name: value\"" },
		{ "Modulus: ", "Label: x\nModulus: ",
		    "\"Label\" is not known" },
		{ "Modulus: ", "Engine: x\nModulus: ", "is not known" },
		{ "PublicExponent: AQAB\n", "",
		    "no \"PublicExponent\", or it is not base64" },
		{ "PublicExponent: AQAB", "PublicExponent: AQAD",
		    "does not fit its .key file" },
	};
	struct files files = files_new(ALGORITHM_RSASHA256);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text =
		    replaced(files.private_text, cases[i].from, cases[i].to);

		put(files.private, text);
		assert_private_refused(&files, cases[i].message);
		free(text);
	}
	put(files.private, "");
	assert_private_refused(&files, "expected \"Private-key-format");
	put(files.private, files.private_text);
	assert_int_equal(chmod(files.private, 0640), 0);
	assert_private_refused(
	    &files, "has mode 0640, expected that its owner");
	files_free(&files);
}

static void
zsk_file_load_refuses_another_key_s_private_half(void **state)
{
	static const uint8_t algorithms[] = { ALGORITHM_RSASHA256,
		ALGORITHM_ECDSAP256SHA256 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		struct files files = files_new(algorithms[i]);
		struct files others = files_new(algorithms[i]);

		put(files.private, others.private_text);
		assert_private_refused(&files, "does not fit its .key file");
		files_free(&others);
		files_free(&files);
	}
}

static void
zsk_file_load_refuses_what_is_no_file(void **state)
{
	struct files files = files_new(ALGORITHM_ECDSAP256SHA256);
	struct zsk_folder folder;
	EVP_PKEY *pkey = NULL;
	struct err err;

	(void)state;
	assert_ok(zsk_folder_open(files.path, "example", &folder, &err), &err);
	unlink(files.private);
	assert_false(zsk_file_load(&folder.files[0], &pkey, &err));
	assert_message_has(&err, "No such file");
	zsk_folder_close(&folder);
	assert_false(zsk_folder_open(files.public, "example", &folder, &err));
	assert_message_has(&err, "Not a directory");
	assert_false(zsk_folder_open("", "example", &folder, &err));
	assert_int_equal(err.code, E_USAGE);
	assert_false(zsk_folder_open("/nonexistent/a", ".", &folder, &err));
	assert_message_has(&err, "/nonexistent/a: No such file");
	files_free(&files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zsk_file_written_is_read_and_signs),
		cmocka_unit_test(zsk_private_format_pads_a_short_number),
		cmocka_unit_test(zsk_file_of_bind_is_read),
		cmocka_unit_test(zsk_folder_open_refuses_public_halves),
		cmocka_unit_test(
		    zsk_folder_open_refuses_two_records_and_wrong_names),
		cmocka_unit_test(zsk_folder_open_refuses_one_label_twice),
		cmocka_unit_test(zsk_folder_open_passes_over_other_files),
		cmocka_unit_test(zsk_file_load_refuses_private_halves),
		cmocka_unit_test(
		    zsk_file_load_refuses_another_key_s_private_half),
		cmocka_unit_test(zsk_file_load_refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
