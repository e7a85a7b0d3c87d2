#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/dns/evp.h"
#include "signer/anchor/anchor_key.h"
#include "signer/cms/certificate.h"
#include "signer/keys/zsk_pair.h"
#include "signer/live/passphrase.h"
#include "signer/record/json.h"

#define KEY_FILE_NAME "key file" /* what its key is called on record */

/* --- A key in a file. */

static bool
read_key_file(const char *path, struct buf *ret, struct err *err)
{
	uint8_t octets[1024];
	bool has_modes;
	ssize_t n;
	int fd;

	if (!file_open_own(path, S_IRWXG | S_IRWXO, &fd, &has_modes, err))
		return false;
	while ((n = read(fd, octets, sizeof(octets))) > 0)
		buf_put(ret, octets, (size_t)n);
	explicit_bzero(octets, sizeof(octets));
	if (n < 0)
		err_set_errno(err, "%s", path);
	close(fd);
	return n == 0 &&
	    (!ret->failed ||
		err_set(err, E_INPUT, "%s: has more than %u octets", path,
		    KEY_FILE_MAX));
}

/* What OpenSSL asks for; it is asked of somebody once at most. */
struct asking {
	const struct config *config;
	const char *path, *passphrase_file;
	struct secret *pin;
	bool asked, failed;
	struct err *err;
};

static int
give_passphrase(char *buf, int size, int writing, void *arg)
{
	struct asking *asking = arg;
	size_t len;

	(void)writing;
	if (asking->asked)
		return -1;
	asking->asked = true;
	if (!passphrase_obtain(asking->config, asking->path,
		asking->passphrase_file, asking->pin, asking->err)) {
		asking->failed = true;
		return -1;
	}
	len = strlen(asking->pin->text);
	if (len > (size_t)size)
		return -1;
	memcpy(buf, asking->pin->text, len);
	secret_wipe(asking->pin);
	return (int)len;
}

static bool
is_protected(const struct asking *asking, struct err *err)
{
	return asking->asked || asking->config->rehearsal ||
	    err_set(err, E_USAGE,
		"%s: the private key is not encrypted, which is for "
		"rehearsals (expected PEM with a passphrase)",
		asking->path);
}

static bool
parse_key(
    struct bytes pem, struct asking *asking, EVP_PKEY **ret, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	EVP_PKEY *pkey;

	ERR_clear_error();
	pkey = bio == NULL
	    ? NULL
	    : PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, asking);
	BIO_free(bio);
	ERR_clear_error();
	if (asking->failed)
		return false;
	if (pkey == NULL)
		return err_set(err, E_INPUT, "%s: is no private key in PEM%s",
		    asking->path,
		    asking->asked ? ", or has another passphrase" : "");
	if (!is_protected(asking, err)) {
		EVP_PKEY_free(pkey);
		return false;
	}
	*ret = pkey;
	return true;
}

static bool
load_key_file(const struct context *context, const struct args *args,
    EVP_PKEY **ret, struct err *err)
{
	struct buf pem = buf_new(KEY_FILE_MAX);
	struct asking asking = { .config = context->config,
		.path = args_value(args, "key-file"),
		.passphrase_file = args_value(args, "passphrase-file"),
		.pin = calloc(1, sizeof(struct secret)),
		.err = err };
	bool ok = asking.pin != NULL || err_set(err, E_MEMORY, "out of memory");

	ok = ok && read_key_file(asking.path, &pem, err) &&
	    parse_key(buf_bytes(&pem), &asking, ret, err);
	if (asking.pin != NULL)
		secret_wipe(asking.pin);
	free(asking.pin);
	buf_free(&pem);
	return ok;
}

/* In a replay the record says which key it was; there is no file then. */
static bool
open_file(const struct context *context, const struct args *args,
    struct anchor_key *key, struct err *err)
{
	key->token = token_of_files(context);
	if (key->token.recorded != NULL)
		return token_find_for(&key->token, context->config,
		    KEY_FILE_NAME, PURPOSE_ANCHOR, &key->key, &key->dnskey,
		    err);
	if (!load_key_file(context, args, &key->pkey, err) ||
	    !dnskey_of_pkey(key->pkey, &key->dnskey, err))
		return false;
	snprintf(key->dnskey.identifier, sizeof(key->dnskey.identifier),
	    KEY_FILE_NAME);
	return true;
}

/* --- Either. */

static bool
open_token(const struct context *context, const struct args *args,
    struct anchor_key *key, struct err *err)
{
	return token_open(context, args_value(args, "hsm"), UINT32_MAX,
		   &key->token, err) &&
	    token_find_for(&key->token, context->config,
		args_value(args, "label"), PURPOSE_ANCHOR, &key->key,
		&key->dnskey, err);
}

/* DPS 5.1.4: whatever it is called, and wherever it is. */
static bool
is_no_ksk(
    const struct config *config, const struct dnskey *key, struct err *err)
{
	const struct config_key *pinned;

	return purpose_pinned(config, key, &pinned, err) &&
	    (pinned == NULL ||
		err_set(err, E_REFUSED,
		    "key \"%s\" is keys.%s of the configuration: a KSK signs "
		    "the zone's DNSKEY RRset and nothing else (DPS 5.1.4)",
		    key->identifier, pinned->name));
}

static bool
is_certified(
    const struct dnskey *key, const struct dnskey *certified, struct err *err)
{
	return dnskey_same_key(key, certified) ||
	    err_set(err, E_REFUSED,
		"key \"%s\" is not the one of the certificate",
		key->identifier);
}

static bool
check_options(const struct args *args, struct err *err)
{
	bool token = args_value(args, "label") != NULL;
	bool file = args_value(args, "key-file") != NULL;

	if (token == file)
		return err_set(err, E_USAGE,
		    "expected either --label, of a key in a token, or "
		    "--key-file");
	return file || args_value(args, "passphrase-file") == NULL ||
	    err_set(err, E_USAGE, "--passphrase-file is for --key-file");
}

bool
anchor_key_open(const struct context *context, const struct args *args,
    const struct dnskey *certified, struct anchor_key *ret, struct err *err)
{
	struct anchor_key key = { .pkey = NULL };
	bool ok = check_options(args, err);

	ok = ok &&
	    (args_value(args, "label") != NULL
		    ? open_token(context, args, &key, err)
		    : open_file(context, args, &key, err)) &&
	    is_no_ksk(context->config, &key.dnskey, err) &&
	    is_certified(&key.dnskey, certified, err) &&
	    record_event(context->record, "anchor key",
		json_pack("{s:o}", "key", json_of_key(&key.dnskey)), err);
	if (!ok) {
		anchor_key_close(&key);
		return false;
	}
	*ret = key;
	return true;
}

void
anchor_key_close(struct anchor_key *key)
{
	EVP_PKEY_free(key->pkey);
	if (key->token.hsm != NULL || key->token.recorded != NULL)
		token_close(&key->token);
	*key = (struct anchor_key){ .pkey = NULL };
}

bool
anchor_key_sign(struct anchor_key *key, struct bytes attributes,
    struct rrsig *ret, struct err *err)
{
	if (key->pkey != NULL)
		return zsk_pair_sign(
		    key->pkey, &key->dnskey, attributes, ret, err);
	return token_sign_attributes(
	    &key->token, &key->key, &key->dnskey, attributes, ret, err);
}
