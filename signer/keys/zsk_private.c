#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "ksr/base/file.h"
#include "ksr/dns/evp.h"
#include "ksr/dns/pubkey.h"
#include "signer/keys/zsk_pair.h"
#include "signer/keys/zsk_private.h"

#define PART_MAX  512u /* octets of one number: a modulus of 4096 bits */
#define PARTS_MAX 8

/* BIND's dates for its own key management, which nothing here goes by. */
static const char *const dates[] = { "Created", "Publish", "Activate", "Revoke",
	"Inactive", "Delete", "SyncPublish", "SyncDelete", "DSPublish",
	"DSRemoved" };

/* A number as big as the curve's order for ECDSA, as short as can be for RSA.
 */
static bool
number_octets(const EVP_PKEY *pkey, const char *param, int size,
    uint8_t ret[PART_MAX], size_t *ret_len)
{
	BIGNUM *number = NULL;
	bool ok = EVP_PKEY_get_bn_param(pkey, param, &number) == 1 &&
	    BN_num_bytes(number) <= (int)PART_MAX;

	if (ok) {
		if (size == 0)
			size = BN_num_bytes(number);
		ok = BN_bn2binpad(number, ret, size) == size;
	}
	*ret_len = (size_t)size;
	BN_clear_free(number);
	return ok;
}

static bool
format_part(const EVP_PKEY *pkey, const struct zsk_part *part,
    const struct algorithm *algorithm, struct buf *ret)
{
	uint8_t octets[PART_MAX];
	size_t len = sizeof(octets);
	bool ok = algorithm->family == FAMILY_EDDSA
	    ? EVP_PKEY_get_raw_private_key(pkey, octets, &len) == 1
	    : number_octets(
		  pkey, part->param, algorithm->size / 8, octets, &len);

	if (ok) {
		buf_printf(ret, "%s: ", part->name);
		buf_base64(ret, (struct bytes){ octets, len });
		buf_puts(ret, "\n");
	}
	explicit_bzero(octets, sizeof(octets));
	return ok;
}

bool
zsk_private_format(const struct dnskey *key, const EVP_PKEY *pkey,
    struct buf *ret, struct err *err)
{
	const struct algorithm *algorithm = algorithm_of_number(key->algorithm);
	const struct zsk_part *part = zsk_parts(algorithm->family);

	buf_printf(ret, "Private-key-format: v1.3\nAlgorithm: %u (%s)\n",
	    algorithm->number, algorithm->mnemonic);
	for (; part->name != NULL; part++)
		if (!format_part(pkey, part, algorithm, ret))
			return evp_fail(
			    err, E_INTERNAL, "OpenSSL gives no private key");
	return true;
}

/* The values of a file, borrowed from its text. */
struct values {
	const char *format, *algorithm;
	const char *parts[PARTS_MAX];
};

/* Where the value of that name goes; NULL if none is called that. */
static const char **
place_of(struct values *values, const struct zsk_part *parts, const char *name)
{
	if (strcmp(name, "Private-key-format") == 0)
		return &values->format;
	if (strcmp(name, "Algorithm") == 0)
		return &values->algorithm;
	for (size_t i = 0; parts[i].name != NULL; i++)
		if (strcmp(name, parts[i].name) == 0)
			return &values->parts[i];
	return NULL;
}

static bool
is_date(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		if (strcmp(name, dates[i]) == 0)
			return true;
	return false;
}

static bool
parse_line(char *line, const char *place, const struct zsk_part *parts,
    struct values *values, struct err *err)
{
	char *value = strstr(line, ": ");
	const char **at;

	if (line[0] == '\0')
		return true;
	if (value == NULL)
		return err_set(
		    err, E_INPUT, "%s: expected \"Name: value\"", place);
	*value = '\0';
	if (is_date(line))
		return true;
	at = place_of(values, parts, line);
	if (at == NULL)
		return err_set(err, E_INPUT,
		    "%s: \"%.40s\" is not known in a key of this algorithm",
		    place, line);
	if (*at != NULL)
		return err_set(
		    err, E_INPUT, "%s: a second \"%s\"", place, line);
	*at = value + 2;
	return true;
}

/* "v1.2" or "v1.3"; "8 (RSASHA256)", of which the number counts. */
static bool
check_head(const struct values *values, const struct dnskey *key,
    const char *path, struct err *err)
{
	const char *algorithm = values->algorithm;
	char wanted[8];

	if (values->format == NULL ||
	    (strcmp(values->format, "v1.2") != 0 &&
		strcmp(values->format, "v1.3") != 0))
		return err_set(err, E_INPUT,
		    "%s: expected \"Private-key-format: v1.3\"", path);
	snprintf(wanted, sizeof(wanted), "%u", key->algorithm);
	if (algorithm == NULL ||
	    strncmp(algorithm, wanted, strlen(wanted)) != 0 ||
	    strchr(" ", algorithm[strlen(wanted)]) == NULL)
		return err_set(err, E_INPUT,
		    "%s: expected \"Algorithm: %u\", as in its .key file", path,
		    key->algorithm);
	return true;
}

static bool
push_part(OSSL_PARAM_BLD *builder, const struct zsk_part *part,
    const char *value, BIGNUM **ret_number)
{
	uint8_t octets[PART_MAX];
	size_t len;
	bool ok =
	    value != NULL && base64_parse(value, octets, sizeof(octets), &len);

	if (ok) {
		*ret_number = BN_bin2bn(octets, (int)len, NULL);
		ok = *ret_number != NULL &&
		    OSSL_PARAM_BLD_push_BN(builder, part->param, *ret_number) ==
			1;
	}
	explicit_bzero(octets, sizeof(octets));
	return ok;
}

/* The curve and the point, which the private file does not have. */
static bool
push_curve(OSSL_PARAM_BLD *builder, const struct dnskey *key,
    uint8_t point[1 + PUBLIC_KEY_MAX])
{
	const char *curve = algorithm_of_number(key->algorithm)->curve;

	point[0] = 4; /* SEC 1 2.3.3: uncompressed */
	memcpy(point + 1, key->public_key, key->public_key_len);
	return OSSL_PARAM_BLD_push_utf8_string(
		   builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
		point, 1u + key->public_key_len) == 1;
}

static EVP_PKEY *
pkey_of_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
edwards_pkey(const char *value, const char *curve)
{
	uint8_t octets[PART_MAX];
	EVP_PKEY *pkey = NULL;
	size_t len;

	if (base64_parse(value, octets, sizeof(octets), &len))
		pkey = EVP_PKEY_new_raw_private_key_ex(
		    NULL, curve, NULL, octets, len);
	explicit_bzero(octets, sizeof(octets));
	return pkey;
}

static bool
build_edwards(const struct values *values, const char *curve, const char *path,
    EVP_PKEY **ret, struct err *err)
{
	if (values->parts[0] == NULL)
		return err_set(err, E_INPUT, "%s: no \"PrivateKey\"", path);
	*ret = edwards_pkey(values->parts[0], curve);
	if (*ret != NULL)
		return true;
	evp_fail(err, E_INPUT, "its \"PrivateKey\" is no private key");
	return err_prefix(err, "%s", path);
}

static bool
build(const struct values *values, const struct zsk_part *parts,
    const struct dnskey *key, const char *path, EVP_PKEY **ret, struct err *err)
{
	bool rsa = algorithm_of_number(key->algorithm)->family == FAMILY_RSA;
	uint8_t point[1 + PUBLIC_KEY_MAX];
	BIGNUM *numbers[PARTS_MAX] = { NULL };
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	bool ok = builder != NULL && (rsa || push_curve(builder, key, point));

	for (size_t i = 0; parts[i].name != NULL && ok; i++) {
		ok = push_part(
		    builder, &parts[i], values->parts[i], &numbers[i]);
		if (!ok)
			err_set(err, E_INPUT,
			    "%s: no \"%s\", or it is not base64 of a number",
			    path, parts[i].name);
	}
	if (ok) {
		params = OSSL_PARAM_BLD_to_param(builder);
		pkey = params == NULL
		    ? NULL
		    : pkey_of_params(rsa ? "RSA" : "EC", params);
		ok = pkey != NULL ||
		    evp_fail(err, E_INPUT, "its numbers are no private key") ||
		    err_prefix(err, "%s", path);
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	for (size_t i = 0; i < PARTS_MAX; i++)
		BN_clear_free(numbers[i]);
	if (ok)
		*ret = pkey;
	return ok;
}

bool
zsk_private_parse(char *text, const char *path, const struct dnskey *key,
    EVP_PKEY **ret, struct err *err)
{
	const struct algorithm *algorithm = algorithm_of_number(key->algorithm);
	const struct zsk_part *parts = zsk_parts(algorithm->family);
	struct values values = { 0 };
	char place[PATH_MAX_LEN + 32];
	size_t number = 1;

	for (char *line = text, *end; line != NULL; line = end, number++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		snprintf(place, sizeof(place), "%s:%zu", path, number);
		if (!parse_line(line, place, parts, &values, err))
			return false;
	}
	if (!check_head(&values, key, path, err))
		return false;
	return algorithm->family == FAMILY_EDDSA
	    ? build_edwards(&values, algorithm->curve, path, ret, err)
	    : build(&values, parts, key, path, ret, err);
}

static bool
check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set_errno(err, "%s", path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(err, E_INPUT,
		    "%s: has mode %04o, expected that its owner alone may read "
		    "it (0600)",
		    path, (unsigned)(st.st_mode & 07777));
	return true;
}

bool
zsk_file_load(const struct zsk_file *file, EVP_PKEY **ret, struct err *err)
{
	struct bytes probe =
	    bytes_of_string("proof that the halves are a pair");
	char path[PATH_MAX_LEN + sizeof(".private")];
	char text[ZSK_FILE_MAX + 1];
	struct rrsig ignored;
	EVP_PKEY *pkey = NULL;
	struct err why;
	bool ok;

	snprintf(path, sizeof(path), "%s.private", file->base);
	ok = check_mode(path, err) && zsk_text_read(path, text, err) &&
	    zsk_private_parse(text, path, &file->dnskey, &pkey, err) &&
	    (zsk_pair_sign(pkey, &file->dnskey, probe, &ignored, &why) ||
		err_set(err, E_INPUT, "%s: does not fit its .key file: %s",
		    path, why.msg));
	explicit_bzero(text, sizeof(text));
	if (!ok) {
		EVP_PKEY_free(pkey);
		return false;
	}
	*ret = pkey;
	return true;
}
